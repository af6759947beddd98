//! Sums of two operands.

use super::binary::{Arithmetic, zip};
#[cfg(test)]
use super::case::Case;
use super::fallible;
use super::owned::{Side, over};
use crate::dtype::{with_dtype, with_number};
use crate::error::Result;
use crate::shape::broadcast;
use crate::tape::{Cx, Op};
use crate::tensor::{Arg, result_dtype};
use crate::{Operand, Tensor};

pub(crate) struct Add;

impl Op for Add {
    const NAME: &'static str = "AddBackward0";
    const BROADCASTS: bool = true;

    fn backward_owned(&self, grad: Tensor, cx: &mut Cx<'_>) -> Result<()> {
        if !cx.wants(1) {
            return cx.give(0, |_| Ok(grad));
        }
        cx.give(0, |_| Ok(grad.clone()))?;
        cx.give(1, |_| Ok(grad))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        Case::binary((-2.0, 2.0), (-2.0, 2.0), |a, b| a + b)
    }
}

#[track_caller]
pub(crate) fn add_args(lhs: Arg<'_>, rhs: Arg<'_>) -> Result<Tensor> {
    let shape = broadcast("add", lhs.shape(), rhs.shape())?;
    let out =
        with_dtype!(result_dtype(&[lhs, rhs]), T => zip::<T, T>(lhs, rhs, shape, Arithmetic::plus));
    Ok(out.record(&[lhs, rhs], |_| Add))
}

/// The sum written over an operand that nobody else holds, or that operand again.
#[track_caller]
pub(crate) fn add_owned(own: Tensor, side: Side, other: Arg<'_>) -> Result<Tensor, Tensor> {
    with_number!(own.dtype(), T => over(own, side, other, |a: T, b| a.plus(b), || Add), else Err(own))
}

fallible! {
    /// Elementwise sum, with broadcasting: `&x + &y`. Two `bool` give their "or".
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1.0], [2.0]].add(tensor![10.0, 20.0]), tensor![[11.0, 21.0], [12.0, 22.0]]);
    /// ```
    fn add | try_add(&self, other: impl Operand) -> Tensor {
        add_args(self.arg(), other.arg())
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![Operator::node::<Add>("add", "Tensor::add").elementwise()]
}
