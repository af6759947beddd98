//! Differences of two operands.

use super::binary::{Arithmetic, zip};
#[cfg(test)]
use super::case::Case;
use super::fallible;
use super::owned::{Side, over};
use crate::dtype::{with_dtype, with_number};
use crate::error::{Error, Result};
use crate::shape::broadcast;
use crate::tape::{Cx, Op};
use crate::tensor::{Arg, result_dtype};
use crate::{DType, Operand, Tensor};

pub(crate) struct Sub;

impl Op for Sub {
    const NAME: &'static str = "SubBackward0";
    const BROADCASTS: bool = true;

    fn backward_owned(&self, grad: Tensor, cx: &mut Cx<'_>) -> Result<()> {
        if !cx.wants(1) {
            return cx.give(0, |_| Ok(grad));
        }
        cx.give(0, |_| Ok(grad.clone()))?;
        cx.give(1, |_| Ok(-grad))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        Case::binary((-2.0, 2.0), (-2.0, 2.0), |a, b| a - b)
    }
}

#[track_caller]
pub(crate) fn sub_args(lhs: Arg<'_>, rhs: Arg<'_>) -> Result<Tensor> {
    if lhs.dtype() == DType::Bool || rhs.dtype() == DType::Bool {
        return Err(Error::DType {
            op: "sub",
            problem: format!("{} minus {} has no meaning", lhs.dtype(), rhs.dtype()),
            cure: "Cast the bool operand first, with `.to(I64)`, or use `logical_xor` for the difference of masks."
                .into(),
        });
    }
    let shape = broadcast("sub", lhs.shape(), rhs.shape())?;
    let out = with_dtype!(result_dtype(&[lhs, rhs]), T => zip::<T, T>(lhs, rhs, shape, Arithmetic::minus));
    Ok(out.record(&[lhs, rhs], |_| Sub))
}

/// The difference written over an operand that nobody else holds, or that operand again.
#[track_caller]
pub(crate) fn sub_owned(own: Tensor, side: Side, other: Arg<'_>) -> Result<Tensor, Tensor> {
    if other.dtype() == DType::Bool {
        return Err(own);
    }
    with_number!(own.dtype(), T => match side {
        Side::Left => over(own, side, other, |a: T, b| a.minus(b), || Sub),
        Side::Right => over(own, side, other, |b: T, a| a.minus(b), || Sub),
    }, else Err(own))
}

fallible! {
    /// Elementwise difference, with broadcasting: `&x - &y`.
    ///
    /// # Panics
    /// If the shapes do not broadcast, or an operand is `bool`.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![3.0, 4.0].sub(1.0), tensor![2.0, 3.0]);
    /// ```
    fn sub | try_sub(&self, other: impl Operand) -> Tensor {
        sub_args(self.arg(), other.arg())
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![Operator::node::<Sub>("sub", "Tensor::sub").elementwise()]
}
