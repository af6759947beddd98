//! Products with a logarithm that are 0 where the factor is.

use super::align::in_type;
use super::binary::zip_fused;
#[cfg(test)]
use super::case::Case;
use super::fallible;
use crate::dtype::with_float;
use crate::error::Result;
use crate::kernels::math::Math as _;
use crate::shape::broadcast;
use crate::tape::{Cx, Op, Saved};
use crate::tensor::result_dtype;
use crate::{Operand, Tensor};

pub(crate) struct Xlogy {
    x: Saved,
    y: Saved,
}

impl Op for Xlogy {
    const NAME: &'static str = "XlogyBackward0";
    const BROADCASTS: bool = true;

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let (x, y) = (cx.saved(&self.x)?, cx.saved(&self.y)?);
        cx.give(0, |_| {
            let flat = x.try_eq(0)?.try_logical_and(y.try_le(0)?)?;
            grad.try_xlogy(&y)?.try_masked_fill(&flat, 0)
        })?;
        cx.give(1, |_| grad.try_mul(&x)?.try_div(&y))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        // One of its own gradients is 0 where the other operand's is 0 too, and not smooth there.
        let cases = Case::binary((0.5, 2.0), (0.5, 3.0), |x, y| x.xlogy(y));
        cases.into_iter().map(Case::apart).collect()
    }
}

fallible! {
    /// `x log(y)`, with broadcasting; 0 where `x` is 0 and `y` is no NaN. Integers give the default floating-point
    /// type.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0, 2.0].xlogy(tensor![0.0, 1.0]), tensor![0.0, 0.0]);
    /// ```
    fn xlogy | try_xlogy(&self, other: impl Operand) -> Tensor {
        let (l, r) = (self.arg(), other.arg());
        let shape = broadcast("xlogy", l.shape(), r.shape())?;
        let dtype = result_dtype(&[l, r]).or_default_float();
        let (x, y) = (in_type(l, dtype), in_type(r, dtype));
        let out = with_float!(dtype, T => zip_fused::<T, T>(x.arg(), y.arg(), shape, #[inline(always)] |x, y| {
            if x == 0.0 && !y.is_nan() { 0.0 } else { x * y.log_() }
        }), else unreachable!("a floating-point type was chosen"));
        Ok(out.record(&[x.arg(), y.arg()], |_| Xlogy { x: Saved::input(&x), y: Saved::input(&y) }))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![Operator::node::<Xlogy>("xlogy", "Tensor::xlogy").elementwise()]
}
