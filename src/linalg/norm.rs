//! Norms of matrices.

use super::batch::check;
use super::functions;
use super::singular::try_svdvals;
use crate::error::Result;
#[cfg(test)]
use crate::ops::case::{Case, sample};
use crate::{Tensor, shape};

/// Which norm of a matrix.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub enum MatrixOrder {
    /// Frobenius: the root of the sum of squares; the default.
    #[default]
    Fro,
    /// Nuclear: the sum of the singular values.
    Nuc,
    /// The greatest sum of sizes along a row.
    Inf,
    /// The least sum of sizes along a row.
    NegInf,
    /// The greatest sum of sizes along a column.
    One,
    /// The least sum of sizes along a column.
    NegOne,
    /// The greatest singular value.
    Two,
    /// The least singular value.
    NegTwo,
}

/// The greatest or least sum of sizes over `summed` along the rest; the second axis is counted without the first.
fn extreme_sum(a: &Tensor, summed: i64, greatest: bool) -> Result<Tensor> {
    let sums = a.abs().try_sum_dim(summed)?;
    Ok(if greatest {
        sums.try_max_dim(-1)?
    } else {
        sums.try_min_dim(-1)?
    }
    .0)
}

/// The norms over the last two axes.
fn norms(a: &Tensor, order: MatrixOrder) -> Result<Tensor> {
    match order {
        MatrixOrder::Fro => a.try_norm_dim([-2, -1]),
        MatrixOrder::Nuc => try_svdvals(a)?.try_sum_dim(-1),
        MatrixOrder::Inf => extreme_sum(a, -1, true),
        MatrixOrder::NegInf => extreme_sum(a, -1, false),
        MatrixOrder::One => extreme_sum(a, -2, true),
        MatrixOrder::NegOne => extreme_sum(a, -2, false),
        MatrixOrder::Two => Ok(try_svdvals(a)?.try_max_dim(-1)?.0),
        MatrixOrder::NegTwo => Ok(try_svdvals(a)?.try_min_dim(-1)?.0),
    }
}

functions! {
    /// The norms of matrices, `[.., m, n]` to `[..]`. The nuclear norm has a kink where a singular value vanishes, with the
    /// gradient `U V^T` there; the spectral ones, `Two` and `NegTwo`, have one where the singular value is repeated.
    ///
    /// # Panics
    /// If the tensor holds no matrices of floating-point numbers, or they are empty where no sum is the extreme one.
    ///
    /// ```
    /// use retrograd::{linalg::{self, MatrixOrder}, prelude::*};
    /// let a = tensor![[3.0, 0.0], [0.0, -4.0]];
    /// assert_eq!(linalg::matrix_norm(&a, MatrixOrder::Fro).item::<f32>(), 5.0);
    /// assert_eq!(linalg::matrix_norm(&a, MatrixOrder::Nuc).item::<f32>(), 7.0);
    /// ```
    fn matrix_norm | try_matrix_norm(a: &Tensor, order: MatrixOrder) -> Tensor {
        check("linalg.matrix_norm", a)?;
        norms(a, order)
    }

    /// The norms of the matrices whose rows and columns lie along two axes, which go or, with `keepdim`, stay with size 1.
    ///
    /// # Panics
    /// As [`matrix_norm`], and if there are no such axes or they are the same.
    ///
    /// ```
    /// use retrograd::linalg::{MatrixOrder, matrix_norm_dim};
    /// let norms = matrix_norm_dim(&retrograd::ones([2, 3, 4]), MatrixOrder::One, (0, 2), true);
    /// assert_eq!(norms.shape(), [1, 3, 1]);
    /// ```
    fn matrix_norm_dim | try_matrix_norm_dim(a: &Tensor, order: MatrixOrder, axes: (i64, i64), keepdim: bool) -> Tensor {
        const OP: &str = "linalg.matrix_norm";
        check(OP, a)?;
        shape::axes(OP, &[axes.0, axes.1], a.rank())?;
        let norms = norms(&a.try_movedim([axes.0, axes.1], [-2, -1])?, order)?;
        if !keepdim {
            return Ok(norms);
        }
        let mut kept = a.shape().to_vec();
        for axis in [axes.0, axes.1] {
            kept[shape::axis(OP, axis, a.rank())?] = 1;
        }
        norms.try_reshape(kept)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    use crate::ops::operator::Operator;
    use MatrixOrder::{Fro, Inf, NegInf, NegOne, NegTwo, Nuc, One, Two};
    let orders = [Fro, Nuc, Inf, NegInf, One, NegOne, Two, NegTwo];
    let cases = orders.map(|order| {
        Case::new([sample(&[2, 3, 2], 0.2, 1.5, 1)], move |x| {
            matrix_norm(&x[0], order) + matrix_norm_dim(&x[0], order, (1, 0), true).sum()
        })
        .apart()
    });
    vec![Operator::new(
        "linalg.matrix_norm",
        "linalg::matrix_norm linalg::matrix_norm_dim",
        cases,
    )]
}
