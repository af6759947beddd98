//! Singular values and their vectors.

use super::batch::{check, lead, matrices, mt, push, ratio, refuse, sizes, tensor, unpack};
use super::{factor, functions};
use crate::error::{Error, Result};
#[cfg(test)]
use crate::ops::case::{Case, sample};
use crate::tape::{Cx, Op, Saved};
use crate::{Operand, Tensor};

/// `U`, `S` and `V^T` of each matrix, one after the other.
pub(crate) struct Svd {
    out: Saved,
    rows: usize,
    cols: usize,
}

/// `a - a^T`.
fn skew(a: &Tensor) -> Result<Tensor> {
    a.try_sub(mt(a)?)
}

/// The part of a gradient of the vectors `u` (as columns) that leaves the space which they span, over the singular
/// values.
fn outside(u: &Tensor, of_u: &Tensor, s: &Tensor) -> Result<Tensor> {
    let share = ratio(of_u, &s.try_unsqueeze(-2)?)?;
    share.try_sub(u.try_matmul(&mt(u)?.try_matmul(&share)?)?)
}

impl Svd {
    fn split(&self, packed: &Tensor) -> Result<[Tensor; 3]> {
        let least = self.rows.min(self.cols);
        unpack(packed, [&[self.rows, least], &[least], &[least, self.cols]])
    }
}

impl Op for Svd {
    const NAME: &'static str = "LinalgSvdBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let ([u, s, vh], [of_u, of_s, of_vh]) =
            (self.split(&cx.saved(&self.out)?)?, self.split(grad)?);
        cx.give(0, |_| {
            let (row, column) = (s.try_unsqueeze(-2)?, s.try_unsqueeze(-1)?);
            let squares = |s: &Tensor| s.try_mul(s);
            let gaps = squares(&row)?.try_sub(squares(&column)?)?;
            let (of_v, v) = (mt(&of_vh)?, mt(&vh)?);
            let left = skew(&mt(&u)?.try_matmul(&of_u)?)?.try_mul(&row)?;
            let right = skew(&vh.try_matmul(&of_v)?)?.try_mul(&column)?;
            let inner = ratio(&left.try_add(right)?, &gaps)?.try_add(of_s.try_diag_embed(0)?)?;
            let mut whole = u.try_matmul(&inner)?.try_matmul(&vh)?;
            if self.rows > self.cols {
                whole = whole.try_add(outside(&u, &of_u, &s)?.try_matmul(&vh)?)?;
            }
            if self.cols > self.rows {
                whole = whole.try_add(u.try_matmul(&mt(&outside(&v, &of_v, &s)?)?)?)?;
            }
            Ok(whole)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        // What does not hang on the vectors' signs.
        let case = |shape: &[usize]| {
            Case::new([sample(shape, -1.0, 1.0, 0)], |x| {
                let (u, s, vh) = svd(&x[0]);
                let weights = sample(s.shape(), 0.5, 1.5, 3).to(s.dtype());
                (&u * (s * weights).unsqueeze(-2)).matmul(&vh).pow(2).sum()
                    + u.pow(4).sum()
                    + vh.pow(4).sum()
            })
            .apart()
        };
        vec![
            case(&[2, 2]),
            case(&[3, 2]),
            case(&[2, 3]),
            case(&[2, 2, 3]),
            case(&[0, 2, 2]),
        ]
    }
}

/// The singular values of each matrix.
pub(crate) struct Svdvals {
    a: Saved,
}

impl Op for Svdvals {
    const NAME: &'static str = "LinalgSvdvalsBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let a = cx.saved(&self.a)?;
        cx.give(0, |_| {
            let (u, _, vh) = try_svd(&a)?;
            u.try_mul(grad.try_unsqueeze(-2)?)?.try_matmul(&vh)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |shape: &[usize]| {
            Case::new([sample(shape, -1.0, 1.0, 0)], |x| svdvals(&x[0]).pow(2)).apart()
        };
        vec![
            case(&[2, 2]),
            case(&[3, 2]),
            case(&[2, 2, 3]),
            case(&[0, 3]),
        ]
    }
}

/// The refusal of a matrix that has no singular values.
pub(super) fn not_found(op: &'static str, a: &Tensor, at: usize) -> Error {
    let problem = "the singular values were not found".into();
    refuse(
        op,
        a,
        at,
        problem,
        "Check the input for infinities and NaN.",
    )
}

functions! {
    /// The factors of `A = U diag(S) V^T`, for matrices `[.., m, n]`: `U`, `[.., m, k]`, the singular values in descending
    /// order, `[.., k]`, and `V^T`, `[.., k, n]`, where `k` is the lesser of `m` and `n`; PyTorch's `full_matrices=False`.
    ///
    /// The vectors are not unique, and have no gradient where singular values are repeated or, if a matrix is not square,
    /// vanish; see the [module's documentation](crate::linalg). For the values alone use [`svdvals`].
    ///
    /// # Panics
    /// If the tensor holds no matrices of floating-point numbers, or they hold NaN or infinities.
    ///
    /// ```
    /// use retrograd::{linalg, prelude::*};
    /// let (u, s, vh) = linalg::svd(&tensor![[0.0, 2.0], [3.0, 0.0]]);
    /// assert_eq!(s, tensor![3.0, 2.0]);
    /// assert_eq!((u * s.unsqueeze(-2)).mm(&vh), tensor![[0.0, 2.0], [3.0, 0.0]]);
    /// ```
    fn svd | try_svd(a: &Tensor) -> (Tensor, Tensor, Tensor) {
        const OP: &str = "linalg.svd";
        check(OP, a)?;
        let [rows, cols] = sizes(a);
        let least = rows.min(cols);
        let mut values = Vec::new();
        for (at, matrix) in matrices(a).into_iter().enumerate() {
            let (u, s, vh) = factor::svd(&matrix).ok_or_else(|| not_found(OP, a, at))?;
            push(&mut values, &u);
            values.extend(s);
            push(&mut values, &vh);
        }
        let packed = tensor(a.dtype(), &[lead(a), &[least * (rows + 1 + cols)]].concat(), &values);
        let packed = packed.record(&[a.arg()], |out| Svd { out: Saved::output(out), rows, cols });
        let [u, s, vh] = unpack(&packed, [&[rows, least], &[least], &[least, cols]])?;
        Ok((u, s, vh))
    }

    /// The singular values of matrices `[.., m, n]` in descending order, `[.., k]`, where `k` is the lesser of `m` and `n`.
    ///
    /// They have a first derivative where they are repeated too, by the vectors that were found; a second one only where
    /// they are distinct, and positive if a matrix is not square.
    ///
    /// # Panics
    /// If the tensor holds no matrices of floating-point numbers, or they hold NaN or infinities.
    ///
    /// ```
    /// use retrograd::{linalg, prelude::*};
    /// assert_eq!(linalg::svdvals(&tensor![[0.0, 2.0], [3.0, 0.0]]), tensor![3.0, 2.0]);
    /// ```
    fn svdvals | try_svdvals(a: &Tensor) -> Tensor {
        const OP: &str = "linalg.svdvals";
        check(OP, a)?;
        let [rows, cols] = sizes(a);
        let mut values = Vec::new();
        for (at, matrix) in matrices(a).into_iter().enumerate() {
            let s = factor::svdvals(&matrix).ok_or_else(|| not_found(OP, a, at))?;
            values.extend(s);
        }
        let out = tensor(a.dtype(), &[lead(a), &[rows.min(cols)]].concat(), &values);
        Ok(out.record(&[a.arg()], |_| Svdvals { a: Saved::input(a) }))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    use crate::ops::operator::Operator;
    vec![
        Operator::node::<Svd>("linalg.svd", "linalg::svd"),
        Operator::node::<Svdvals>("linalg.svdvals", "linalg::svdvals"),
    ]
}
