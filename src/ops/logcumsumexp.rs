//! Logarithms of running sums of exponentials.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use super::join::try_cat;
use super::mean::check_float;
use super::reduce::Plan;
use super::scan::scan;
use crate::dtype::with_float;
use crate::error::Result;
use crate::kernels::math::{Exp as _, Math as _};
use crate::tape::{Cx, Op, Saved};
use crate::tensor::Inner;
use crate::{Operand, Tensor};

pub(crate) struct Logcumsumexp {
    input: Saved,
    out: Saved,
    axis: i64,
}

impl Op for Logcumsumexp {
    const NAME: &'static str = "LogcumsumexpBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let (x, out) = (cx.saved(&self.input)?, cx.saved(&self.out)?);
        cx.give(0, |_| {
            let sums = match x.rank() {
                0 => grad.clone(),
                _ => scan(grad, &ratios(&out, self.axis)?, self.axis, true)?,
            };
            sums.try_mul(x.try_sub(&out)?.exp())
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let shapes: [(&[usize], i64); 5] = [
            (&[], 0),
            (&[4], 0),
            (&[2, 3], -1),
            (&[2, 3, 2], 1),
            (&[0, 2], 1),
        ];
        let case = |&(shape, axis): &(&[usize], i64)| {
            Case::new([sample(shape, -2.0, 2.0, 0)], move |x| {
                x[0].logcumsumexp(axis)
            })
        };
        shapes.iter().map(case).collect()
    }
}

/// Each running sum over the next one: at most 1, so that nothing overflows.
#[track_caller]
fn ratios(out: &Tensor, axis: i64) -> Result<Tensor> {
    let len = out.size(axis);
    if len == 0 {
        return Ok(out.clone());
    }
    let (these, next) = (
        out.try_narrow(axis, 0, len - 1)?,
        out.try_narrow(axis, 1, len - 1)?,
    );
    let last = out.detach().try_narrow(axis, 0, 1)?.zeros_like();
    // Equal infinities have no difference, and their sums are alike.
    let alike = these.isinf().try_logical_and(these.try_eq(&next)?)?;
    let differences = these.try_sub(next)?.try_masked_fill(&alike, 0)?;
    try_cat([differences.exp(), last], axis)
}

fallible! {
    /// `log(exp(x[0]) + .. + exp(x[k]))` for each position along an axis, computed so that it does not overflow.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers, or has no such axis.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0, 1e4].logcumsumexp(0), tensor![0.0, 1e4]);
    /// ```
    fn logcumsumexp | try_logcumsumexp(&self, axis: i64) -> Tensor {
        let plan = Plan::over("logcumsumexp", self, [axis], false)?;
        check_float("logcumsumexp", self)?;
        let out = with_float!(self.dtype(), T => {
            let data = plan.blocks::<T>(self).rows(|row: &[T], out: &mut [T]| {
                let mut sum = T::NEG_INFINITY;
                for (out, &v) in out.iter_mut().zip(row) {
                    let (low, high) = if v > sum { (sum, v) } else { (v, sum) };
                    sum = if v.is_nan() || sum.is_nan() {
                        v + sum
                    } else if low == high && low.is_infinite() {
                        // Equal infinities have no difference.
                        low
                    } else {
                        (low - high).exp_().log1p_() + high
                    };
                    *out = sum;
                }
            });
            Inner::new(self.shape().into(), data)
        }, else unreachable!("only floats come here"));
        Ok(out.record(&[self.arg()], |out| Logcumsumexp {
            input: Saved::input(self),
            out: Saved::output(out),
            axis,
        }))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![Operator::node::<Logcumsumexp>(
        "logcumsumexp",
        "Tensor::logcumsumexp",
    )]
}
