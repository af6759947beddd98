//! Angles of points.

use super::binary::zip_fused;
#[cfg(test)]
use super::case::Case;
use super::fallible;
use crate::dtype::with_float;
use crate::error::Result;
use crate::kernels::math::Math as _;
use crate::shape::broadcast;
use crate::tape::{Cx, Op, Saved};
use crate::tensor::{Arg, result_dtype};
use crate::{Operand, Tensor};

pub(crate) struct Atan2 {
    y: Saved,
    x: Saved,
}

impl Op for Atan2 {
    const NAME: &'static str = "Atan2Backward0";
    const BROADCASTS: bool = true;

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let (y, x) = (cx.saved(&self.y)?, cx.saved(&self.x)?);
        let square = y.square().try_add(x.square())?;
        // The origin has no angle, and PyTorch takes 0 for its slope.
        let share = grad
            .try_div(&square)?
            .try_masked_fill(&square.try_eq(0)?, 0)?;
        cx.give(0, |_| share.try_mul(&x))?;
        cx.give(1, |_| share.try_mul(y.neg()))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        Case::binary((0.5, 2.0), (-2.0, 2.0), |y, x| y.atan2(x))
    }
}

fallible! {
    /// The angle in radians of the point with this tensor as `y` and the other as `x`, from -pi to pi, with
    /// broadcasting.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0].atan2(&tensor![1.0]), tensor![0.0]);
    /// ```
    fn atan2 | try_atan2(&self, x: &Tensor) -> Tensor {
        let shape = broadcast("atan2", self.shape(), x.shape())?;
        let (y, x_arg) = (self.arg(), Arg::Tensor(x));
        let dtype = result_dtype(&[y, x_arg]).or_default_float();
        let out = with_float!(dtype, T => zip_fused::<T, T>(y, x_arg, shape, #[inline(always)] |y, x| y.atan2_(x)),
            else unreachable!("a floating-point type was chosen"));
        Ok(out.record(&[y, x_arg], |_| Atan2 { y: Saved::input(self), x: Saved::input(x) }))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![Operator::node::<Atan2>("atan2", "Tensor::atan2").elementwise()]
}
