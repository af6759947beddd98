//! Products of two operands, element by element.

use super::binary::{Arithmetic, zip};
#[cfg(test)]
use super::case::Case;
use super::fallible;
use super::owned::{Side, over};
use crate::dtype::{with_dtype, with_number};
use crate::error::Result;
use crate::shape::broadcast;
use crate::tape::{Cx, Op, SavedArg, is_grad_enabled};
use crate::tensor::{Arg, result_dtype};
use crate::{Operand, Tensor};

pub(crate) struct Mul {
    lhs: SavedArg,
    rhs: SavedArg,
}

impl Op for Mul {
    const NAME: &'static str = "MulBackward0";
    const BROADCASTS: bool = true;

    fn backward_owned(&self, grad: Tensor, cx: &mut Cx<'_>) -> Result<()> {
        if !cx.wants(1) {
            return cx.give(0, |cx| times(grad, cx.saved_arg(&self.rhs)?.arg()));
        }
        cx.give(0, |cx| grad.try_mul(cx.saved_arg(&self.rhs)?))?;
        cx.give(1, |cx| times(grad, cx.saved_arg(&self.lhs)?.arg()))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        Case::binary((-2.0, 2.0), (-2.0, 2.0), |a, b| a * b)
    }
}

#[track_caller]
pub(crate) fn mul_args(lhs: Arg<'_>, rhs: Arg<'_>) -> Result<Tensor> {
    let shape = broadcast("mul", lhs.shape(), rhs.shape())?;
    let out = with_dtype!(result_dtype(&[lhs, rhs]), T => zip::<T, T>(lhs, rhs, shape, Arithmetic::times));
    Ok(out.record(&[lhs, rhs], |_| Mul {
        lhs: SavedArg::new(lhs, rhs.requires_grad()),
        rhs: SavedArg::new(rhs, lhs.requires_grad()),
    }))
}

/// The product written over an operand that nobody else holds and no backward reads, or that operand again.
#[track_caller]
pub(crate) fn mul_owned(own: Tensor, side: Side, other: Arg<'_>) -> Result<Tensor, Tensor> {
    if other.requires_grad() && is_grad_enabled() {
        return Err(own);
    }
    let read = own.requires_grad();
    let op = || match (side, SavedArg::new(other, read)) {
        (Side::Left, rhs) => Mul {
            lhs: SavedArg::Nothing,
            rhs,
        },
        (Side::Right, lhs) => Mul {
            lhs,
            rhs: SavedArg::Nothing,
        },
    };
    with_number!(own.dtype(), T => over(own, side, other, |a: T, b| a.times(b), op), else Err(own))
}

/// As [`mul_args`], over the left operand where that can be.
#[track_caller]
pub(super) fn times(lhs: Tensor, rhs: Arg<'_>) -> Result<Tensor> {
    mul_owned(lhs, Side::Left, rhs).or_else(|lhs| mul_args(lhs.arg(), rhs))
}

fallible! {
    /// Elementwise product, with broadcasting: `&x * &y`. Two `bool` give their "and".
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 2.0].mul(tensor![3.0, 4.0]), tensor![3.0, 8.0]);
    /// ```
    fn mul | try_mul(&self, other: impl Operand) -> Tensor {
        mul_args(self.arg(), other.arg())
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![Operator::node::<Mul>("mul", "Tensor::mul").elementwise()]
}
