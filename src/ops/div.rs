//! Quotients of two operands.

use super::binary::zip;
#[cfg(test)]
use super::case::Case;
use super::fallible;
use super::mul::times;
use super::owned::{Side, over};
use crate::dtype::with_float;
use crate::error::Result;
use crate::shape::broadcast;
use crate::tape::{Cx, Op, SavedArg, is_grad_enabled};
use crate::tensor::{Arg, result_dtype};
use crate::{Operand, Tensor};

pub(crate) struct Div {
    lhs: SavedArg,
    rhs: SavedArg,
}

impl Op for Div {
    const NAME: &'static str = "DivBackward0";
    const BROADCASTS: bool = true;

    fn backward_owned(&self, grad: Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let divisor = cx.saved_arg(&self.rhs)?;
        if !cx.wants(1) {
            return cx.give(0, |_| over_divisor(grad, divisor.arg()));
        }
        cx.give(0, |_| grad.try_div(&divisor))?;
        // PyTorch's order: -g * ((a / b) / b).
        cx.give(1, |cx| {
            let quotient = div_args(cx.saved_arg(&self.lhs)?.arg(), divisor.arg())?;
            times(-grad, over_divisor(quotient, divisor.arg())?.arg())
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        Case::binary((-2.0, 2.0), (0.5, 2.0), |a, b| a / b)
    }
}

#[track_caller]
pub(crate) fn div_args(lhs: Arg<'_>, rhs: Arg<'_>) -> Result<Tensor> {
    let shape = broadcast("div", lhs.shape(), rhs.shape())?;
    let dtype = result_dtype(&[lhs, rhs]).or_default_float();
    let out = with_float!(dtype, T => zip::<T, T>(lhs, rhs, shape, |a, b| a / b),
        else unreachable!("a floating-point type was chosen"));
    Ok(out.record(&[lhs, rhs], |_| Div {
        lhs: SavedArg::new(lhs, rhs.requires_grad()),
        rhs: SavedArg::new(rhs, true),
    }))
}

/// The quotient written over a left operand that nobody else holds and no backward reads, or that operand again.
#[track_caller]
pub(crate) fn div_owned(own: Tensor, side: Side, other: Arg<'_>) -> Result<Tensor, Tensor> {
    // A right operand is read by its own derivative and by the left one's.
    let read = match side {
        Side::Left => other.requires_grad(),
        Side::Right => other.requires_grad() || own.requires_grad(),
    };
    if read && is_grad_enabled() {
        return Err(own);
    }
    let op = || Div {
        lhs: SavedArg::Nothing,
        rhs: SavedArg::new(other, true),
    };
    with_float!(own.dtype(), T => match side {
        Side::Left => over(own, side, other, |a: T, b| a / b, op),
        Side::Right => over(own, side, other, |b: T, a| a / b, op),
    }, else Err(own))
}

/// As [`div_args`], over the left operand where that can be.
#[track_caller]
fn over_divisor(lhs: Tensor, rhs: Arg<'_>) -> Result<Tensor> {
    div_owned(lhs, Side::Left, rhs).or_else(|lhs| div_args(lhs.arg(), rhs))
}

fallible! {
    /// Elementwise quotient, with broadcasting: `&x / &y`. Integers give the default floating-point type.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1, 3].div(2), tensor![0.5, 1.5]);
    /// ```
    fn div | try_div(&self, other: impl Operand) -> Tensor {
        div_args(self.arg(), other.arg())
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![Operator::node::<Div>("div", "Tensor::div").elementwise()]
}
