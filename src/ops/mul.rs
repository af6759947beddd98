//! Products of two operands, element by element.

use super::binary::{Arithmetic, zip};
#[cfg(test)]
use super::case::Case;
use super::fallible;
use crate::dtype::with_dtype;
use crate::error::Result;
use crate::shape::broadcast;
use crate::tape::{Cx, Op, SavedArg};
use crate::tensor::{Arg, result_dtype};
use crate::{Operand, Tensor};

pub(crate) struct Mul {
    lhs: SavedArg,
    rhs: SavedArg,
}

impl Op for Mul {
    const NAME: &'static str = "MulBackward0";
    const BROADCASTS: bool = true;

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |cx| grad.try_mul(cx.saved_arg(&self.rhs)?))?;
        cx.give(1, |cx| grad.try_mul(cx.saved_arg(&self.lhs)?))
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
