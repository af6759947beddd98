//! Lengths of the longest sides of right triangles.

use super::align::in_type;
use super::binary::zip_fused;
#[cfg(test)]
use super::case::Case;
use super::fallible;
use super::mean::check_float;
use crate::dtype::with_float;
use crate::error::Result;
use crate::kernels::math::Math as _;
use crate::shape::broadcast;
use crate::tape::{Cx, Op, Saved};
use crate::tensor::result_dtype;
use crate::{Operand, Tensor};

pub(crate) struct Hypot {
    lhs: Saved,
    rhs: Saved,
    out: Saved,
}

impl Op for Hypot {
    const NAME: &'static str = "HypotBackward0";
    const BROADCASTS: bool = true;

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let out = cx.saved(&self.out)?;
        cx.give(0, |cx| grad.try_mul(cx.saved(&self.lhs)?.try_div(&out)?))?;
        cx.give(1, |cx| grad.try_mul(cx.saved(&self.rhs)?.try_div(&out)?))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        Case::binary((0.5, 2.0), (-2.0, -0.5), |a, b| a.hypot(b))
    }
}

fallible! {
    /// `sqrt(self^2 + other^2)`, with broadcasting, without overflow on the way.
    ///
    /// # Panics
    /// If the shapes do not broadcast, or no tensor holds floating-point numbers.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![3.0].hypot(tensor![4.0]), tensor![5.0]);
    /// ```
    fn hypot | try_hypot(&self, other: impl Operand) -> Tensor {
        let (l, r) = (self.arg(), other.arg());
        let shape = broadcast("hypot", l.shape(), r.shape())?;
        let dtype = result_dtype(&[l, r]);
        let (a, b) = (in_type(l, dtype), in_type(r, dtype));
        check_float("hypot", &a)?;
        let out = with_float!(dtype, T => zip_fused::<T, T>(a.arg(), b.arg(), shape, #[inline(always)] |a, b| a.hypot_(b)),
            else unreachable!("only floats come here"));
        Ok(out.record(&[a.arg(), b.arg()], |out| Hypot {
            lhs: Saved::input(&a),
            rhs: Saved::input(&b),
            out: Saved::output(out),
        }))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![Operator::node::<Hypot>("hypot", "Tensor::hypot").elementwise()]
}
