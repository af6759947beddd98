//! Cholesky's factorisation.

use super::batch::{check_square, matrices, mt, push, refuse, tensor};
use super::system::solved;
use super::{factor, functions};
use crate::error::Result;
#[cfg(test)]
use crate::ops::case::Case;
use crate::tape::{Cx, Op, Saved};
use crate::{Operand, Tensor};

/// The lower factor of each matrix.
pub(crate) struct Cholesky {
    out: Saved,
}

impl Op for Cholesky {
    const NAME: &'static str = "LinalgCholeskyExBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        const OP: &str = "linalg.cholesky";
        let l = cx.saved(&self.out)?;
        cx.give(0, |_| {
            let product = mt(&l)?.try_matmul(&grad.try_tril(0)?)?;
            // The lower triangle with half of the diagonal.
            let phi = product
                .try_tril(0)?
                .try_add(product.try_tril(-1)?)?
                .try_div(2)?;
            let left = solved(OP, &mt(&l)?, &phi)?;
            let whole = mt(&solved(OP, &mt(&l)?, &mt(&left)?)?)?;
            whole.try_add(mt(&whole)?)?.try_div(2)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |shape: &[usize]| {
            Case::new([super::system::regular(shape, 0)], |x| {
                let positive = x[0].matmul(&x[0].transpose(-2, -1));
                cholesky(&positive).pow(2)
            })
            .apart()
        };
        vec![
            case(&[2, 2]),
            case(&[2, 3, 3]),
            case(&[1, 1]),
            case(&[0, 0]),
        ]
    }
}

functions! {
    /// The lower triangular `L` of `A = L L^T`, for symmetric positive definite matrices `[.., n, n]`, of which only the
    /// lower triangle is read; the gradient is symmetric.
    ///
    /// # Panics
    /// If a matrix is not square or not positive definite.
    ///
    /// ```
    /// use retrograd::{linalg, prelude::*};
    /// assert_eq!(linalg::cholesky(&tensor![[4.0, 2.0], [2.0, 5.0]]), tensor![[2.0, 0.0], [1.0, 2.0]]);
    /// ```
    fn cholesky | try_cholesky(a: &Tensor) -> Tensor {
        const OP: &str = "linalg.cholesky";
        check_square(OP, a)?;
        let mut values = Vec::with_capacity(a.numel());
        for (at, matrix) in matrices(a).iter().enumerate() {
            let l = factor::cholesky(matrix).map_err(|order| {
                let problem = format!("the leading minor of order {order} is not positive definite");
                refuse(OP, a, at, problem, "Add a small number to the diagonal, or use `eigh` or `qr`.")
            })?;
            push(&mut values, &l);
        }
        let out = tensor(a.dtype(), a.shape(), &values);
        Ok(out.record(&[a.arg()], |out| Cholesky { out: Saved::output(out) }))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    use crate::ops::operator::Operator;
    vec![Operator::node::<Cholesky>(
        "linalg.cholesky",
        "linalg::cholesky",
    )]
}
