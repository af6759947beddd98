//! Sums of exponentials, of which only the logarithms are kept.

use super::align::in_type;
use super::binary::zip_fused;
#[cfg(test)]
use super::case::Case;
use super::fallible;
use super::mean::check_float;
use crate::dtype::with_float;
use crate::error::Result;
use crate::kernels::math::{Exp as _, Math as _};
use crate::shape::broadcast;
use crate::tape::{Cx, Op, Saved};
use crate::tensor::result_dtype;
use crate::{Operand, Tensor};

pub(crate) struct Logaddexp {
    lhs: Saved,
    rhs: Saved,
}

impl Op for Logaddexp {
    const NAME: &'static str = "LogaddexpBackward0";
    const BROADCASTS: bool = true;

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let (l, r) = (cx.saved(&self.lhs)?, cx.saved(&self.rhs)?);
        cx.give(0, |_| grad.try_mul(l.try_sub(&r)?.sigmoid()))?;
        cx.give(1, |_| grad.try_mul(r.try_sub(&l)?.sigmoid()))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        Case::binary((-2.0, 2.0), (-3.0, 2.0), |a, b| a.logaddexp(b))
    }
}

fallible! {
    /// `log(exp(self) + exp(other))`, with broadcasting, computed so that it does not overflow.
    ///
    /// # Panics
    /// If the shapes do not broadcast, or no tensor holds floating-point numbers.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1e4].logaddexp(tensor![0.0]), tensor![1e4]);
    /// ```
    fn logaddexp | try_logaddexp(&self, other: impl Operand) -> Tensor {
        let (l, r) = (self.arg(), other.arg());
        let shape = broadcast("logaddexp", l.shape(), r.shape())?;
        let dtype = result_dtype(&[l, r]);
        let (a, b) = (in_type(l, dtype), in_type(r, dtype));
        check_float("logaddexp", &a)?;
        let out = with_float!(dtype, T => zip_fused::<T, T>(a.arg(), b.arg(), shape, #[inline(always)] |a, b| {
            if a.is_infinite() && a == b {
                return a;
            }
            let top = if a > b || a.is_nan() { a } else { b };
            top + (-(a - b).abs()).exp_().log1p_()
        }), else unreachable!("only floats come here"));
        Ok(out.record(&[a.arg(), b.arg()], |_| Logaddexp { lhs: Saved::input(&a), rhs: Saved::input(&b) }))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![Operator::node::<Logaddexp>("logaddexp", "Tensor::logaddexp").elementwise()]
}
