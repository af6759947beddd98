//! Determinants.

use super::batch::{check_square, lead, matrices, mt, sizes, tensor, unpack};
use super::singular::try_svd;
use super::system::solved;
use super::{factor, functions};
use crate::error::Result;
#[cfg(test)]
use crate::ops::case::Case;
use crate::tape::{Cx, Op, Saved};
use crate::{Operand, Tensor};

/// `grad A^-T` times a factor for each matrix.
fn scaled_inverse(op: &'static str, a: &Tensor, factor: &Tensor) -> Result<Tensor> {
    let one = crate::eye(sizes(a)[0]).to(a.dtype());
    let diagonal = one.try_mul(factor.try_unsqueeze(-1)?.try_unsqueeze(-1)?)?;
    solved(op, &mt(a)?, &diagonal)
}

/// The cofactors by the singular value decomposition, which a singular matrix has too.
fn cofactors(a: &Tensor) -> Result<Tensor> {
    let n = sizes(a)[0];
    let (u, s, vh) = try_svd(a)?;
    let orientation = try_det(&u.detach())?
        .try_mul(try_det(&vh.detach())?)?
        .round();
    let own = crate::eye(n).to(crate::DType::Bool);
    let others = s
        .try_unsqueeze(-2)?
        .try_expand(a.shape())?
        .try_masked_fill(&own, 1)?;
    let others = others
        .try_prod_dim(-1)?
        .try_mul(orientation.try_unsqueeze(-1)?)?;
    u.try_mul(others.try_unsqueeze(-2)?)?.try_matmul(&vh)
}

/// The determinant of each matrix.
pub(crate) struct Det {
    a: Saved,
    out: Saved,
}

impl Op for Det {
    const NAME: &'static str = "LinalgDetBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let (a, out) = (cx.saved(&self.a)?, cx.saved(&self.out)?);
        cx.give(0, |_| {
            // A singular matrix has no inverse, but cofactors.
            let zero = out.detach().try_eq(0)?;
            if zero.any().item::<bool>() {
                return cofactors(&a)?.try_mul(grad.try_unsqueeze(-1)?.try_unsqueeze(-1)?);
            }
            scaled_inverse("linalg.det", &a, &grad.try_mul(&out)?)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |shape: &[usize]| {
            Case::new([super::system::regular(shape, 0)], |x| det(&x[0]).pow(2)).apart()
        };
        vec![
            case(&[2, 2]),
            case(&[2, 3, 3]),
            case(&[1, 1]),
            case(&[0, 0]),
            case(&[0, 2, 2]),
        ]
    }
}

/// The determinant of each matrix as its sign and the logarithm of its size, side by side.
pub(crate) struct Slogdet {
    a: Saved,
}

impl Op for Slogdet {
    const NAME: &'static str = "LinalgSlogdetBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let a = cx.saved(&self.a)?;
        // The sign is a step: its derivative is 0.
        let [_, grad] = unpack(grad, [&[], &[]])?;
        cx.give(0, |_| scaled_inverse("linalg.slogdet", &a, &grad))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |shape: &[usize]| {
            Case::new([super::system::regular(shape, 0)], |x| {
                slogdet(&x[0]).1.pow(2)
            })
            .apart()
        };
        vec![case(&[2, 2]), case(&[2, 3, 3]), case(&[0, 2, 2])]
    }
}

functions! {
    /// The determinants of square matrices, `[.., n, n]` to `[..]`. The gradient is that of the cofactors where a matrix
    /// is singular.
    ///
    /// # Panics
    /// If a matrix is not square.
    ///
    /// ```
    /// use retrograd::{linalg, prelude::*};
    /// assert_eq!(linalg::det(&tensor![[1.0, 2.0], [3.0, 5.0]]).to_string(), "tensor(-1.)");
    /// ```
    fn det | try_det(a: &Tensor) -> Tensor {
        check_square("linalg.det", a)?;
        let values: Vec<f64> = matrices(a).iter().map(factor::det).collect();
        let out = tensor(a.dtype(), lead(a), &values);
        Ok(out.record(&[a.arg()], |out| Det { a: Saved::input(a), out: Saved::output(out) }))
    }

    /// The signs of the determinants of square matrices and the logarithms of their sizes, `[.., n, n]` to `[..]` each:
    /// 0 and minus infinity where a matrix is singular.
    ///
    /// # Panics
    /// If a matrix is not square.
    ///
    /// ```
    /// use retrograd::{linalg, prelude::*};
    /// let (sign, log) = linalg::slogdet(&tensor![[0.0, 1.0], [1.0, 0.0]]);
    /// assert_eq!((sign.item::<f32>(), log.item::<f32>()), (-1.0, 0.0));
    /// ```
    fn slogdet | try_slogdet(a: &Tensor) -> (Tensor, Tensor) {
        check_square("linalg.slogdet", a)?;
        let values: Vec<f64> = matrices(a)
            .iter()
            .map(factor::slogdet)
            .flat_map(|(sign, log)| [sign, log])
            .collect();
        let packed = tensor(a.dtype(), &[lead(a), &[2]].concat(), &values);
        let packed = packed.record(&[a.arg()], |_| Slogdet { a: Saved::input(a) });
        let [sign, log] = unpack(&packed, [&[], &[]])?;
        Ok((sign, log))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    use crate::ops::operator::Operator;
    vec![
        Operator::node::<Det>("linalg.det", "linalg::det"),
        Operator::node::<Slogdet>("linalg.slogdet", "linalg::slogdet"),
    ]
}
