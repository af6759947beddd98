//! Eigenvalues of symmetric matrices and their vectors.

use super::batch::{check_square, lead, matrices, mt, push, ratio, refuse, sizes, tensor, unpack};
use super::{factor, functions};
use crate::error::Result;
#[cfg(test)]
use crate::ops::case::{Case, sample};
use crate::tape::{Cx, Op, Saved};
use crate::{Operand, Tensor};

/// The eigenvalues and the vectors of each matrix, one after the other.
pub(crate) struct Eigh {
    out: Saved,
    n: usize,
}

impl Op for Eigh {
    const NAME: &'static str = "LinalgEighBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let shapes: [&[usize]; 2] = [&[self.n], &[self.n, self.n]];
        let ([l, v], [of_l, of_v]) = (
            unpack(&cx.saved(&self.out)?, shapes)?,
            unpack(grad, shapes)?,
        );
        cx.give(0, |_| {
            let gaps = l.try_unsqueeze(-2)?.try_sub(l.try_unsqueeze(-1)?)?;
            let product = mt(&v)?.try_matmul(&of_v)?;
            let turned = product.try_sub(mt(&product)?)?.try_div(2)?;
            let inner = ratio(&turned, &gaps)?.try_add(of_l.try_diag_embed(0)?)?;
            v.try_matmul(&inner)?.try_matmul(&mt(&v)?)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        // What does not hang on the vectors' signs.
        let f = |x: &Tensor| {
            let (l, v) = eigh(&(x + x.transpose(-2, -1)));
            l.pow(3).sum() + v.pow(4).sum()
        };
        let case =
            |shape: &[usize]| Case::new([sample(shape, -1.0, 1.0, 0)], move |x| f(&x[0])).apart();
        vec![
            case(&[2, 2]),
            case(&[2, 3, 3]),
            case(&[1, 1]),
            case(&[0, 0]),
        ]
    }
}

/// The eigenvalues of each matrix.
pub(crate) struct Eigvalsh {
    a: Saved,
}

impl Op for Eigvalsh {
    const NAME: &'static str = "LinalgEigvalshBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let a = cx.saved(&self.a)?;
        cx.give(0, |_| {
            let (_, v) = try_eigh(&a)?;
            v.try_mul(grad.try_unsqueeze(-2)?)?.try_matmul(&mt(&v)?)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |shape: &[usize]| {
            Case::new([sample(shape, -1.0, 1.0, 0)], |x| {
                eigvalsh(&(&x[0] + x[0].transpose(-2, -1))).pow(2)
            })
            .apart()
        };
        vec![case(&[2, 2]), case(&[2, 3, 3]), case(&[0, 2, 2])]
    }
}

/// The eigenvalues and vectors of each matrix.
fn factors(
    op: &'static str,
    a: &Tensor,
    mut take: impl FnMut(&[f64], &factor::Matrix),
) -> Result<()> {
    check_square(op, a)?;
    for (at, matrix) in matrices(a).iter().enumerate() {
        let (values, vectors) = factor::eigh(matrix).ok_or_else(|| {
            let problem = "the eigenvalues were not found".into();
            refuse(
                op,
                a,
                at,
                problem,
                "Check the input for infinities and NaN.",
            )
        })?;
        take(&values, &vectors);
    }
    Ok(())
}

functions! {
    /// The eigenvalues in ascending order, `[.., n]`, and the orthonormal eigenvectors as columns, `[.., n, n]`, of
    /// symmetric matrices `[.., n, n]`, of which only the lower triangle is read; the gradient is symmetric.
    ///
    /// The vectors are not unique, and have no gradient where eigenvalues are repeated; see the
    /// [module's documentation](crate::linalg). For the values alone use [`eigvalsh`].
    ///
    /// # Panics
    /// If a matrix is not square, or holds NaN or infinities.
    ///
    /// ```
    /// use retrograd::{linalg, prelude::*};
    /// let (values, _) = linalg::eigh(&tensor![[2.0, 0.0], [0.0, 1.0]]);
    /// assert_eq!(values, tensor![1.0, 2.0]);
    /// ```
    fn eigh | try_eigh(a: &Tensor) -> (Tensor, Tensor) {
        let mut packed = Vec::new();
        factors("linalg.eigh", a, |values, vectors| {
            packed.extend_from_slice(values);
            push(&mut packed, vectors);
        })?;
        let n = sizes(a)[0];
        let packed = tensor(a.dtype(), &[lead(a), &[n * (n + 1)]].concat(), &packed);
        let packed = packed.record(&[a.arg()], |out| Eigh { out: Saved::output(out), n });
        let [values, vectors] = unpack(&packed, [&[n], &[n, n]])?;
        Ok((values, vectors))
    }

    /// The eigenvalues of symmetric matrices `[.., n, n]` in ascending order, `[.., n]`; only the lower triangles are read.
    ///
    /// They have a first derivative where they are repeated too, by the vectors that were found; a second one only where
    /// they are distinct.
    ///
    /// # Panics
    /// If a matrix is not square, or holds NaN or infinities.
    ///
    /// ```
    /// use retrograd::{linalg, prelude::*};
    /// assert_eq!(linalg::eigvalsh(&tensor![[2.0, 0.0], [0.0, 1.0]]), tensor![1.0, 2.0]);
    /// ```
    fn eigvalsh | try_eigvalsh(a: &Tensor) -> Tensor {
        let mut found = Vec::new();
        factors("linalg.eigvalsh", a, |values, _| found.extend_from_slice(values))?;
        let out = tensor(a.dtype(), &a.shape()[..a.rank() - 1], &found);
        Ok(out.record(&[a.arg()], |_| Eigvalsh { a: Saved::input(a) }))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    use crate::ops::operator::Operator;
    vec![
        Operator::node::<Eigh>("linalg.eigh", "linalg::eigh"),
        Operator::node::<Eigvalsh>("linalg.eigvalsh", "linalg::eigvalsh"),
    ]
}
