//! Logarithms of odds.

use super::binary::map_fused;
#[cfg(test)]
use super::case::Case;
use crate::Operand;
use crate::Tensor;
use crate::dtype::with_float;
use crate::error::{OrPanic, Result};
use crate::kernels::math::Math as _;
use crate::tape::{Cx, Op, Saved};

/// `log(x / (1 - x))`, of `x` brought into the range from `eps` to `1 - eps` where it is given.
pub(crate) struct Logit {
    input: Saved,
    eps: Option<f64>,
}

impl Op for Logit {
    const NAME: &'static str = "LogitBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let x = cx.saved(&self.input)?;
        // Outside the value is NaN, or the bound's.
        let (low, high, outside) = match self.eps {
            Some(eps) => (eps, 1.0 - eps, 0.0),
            None => (0.0, 1.0, f64::NAN),
        };
        let inside = x.try_ge(low)?.try_logical_and(x.try_le(high)?)?;
        cx.give(0, |_| {
            let slope = grad.try_div(x.try_mul(1.0 - &x)?)?;
            Tensor::try_where(&inside, slope, outside)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let mut cases = Case::unary(0.2, 0.8, Tensor::logit);
        cases.extend(Case::unary(0.2, 0.8, |x| x.logit_eps(0.3)));
        cases
    }
}

#[track_caller]
fn logit(x: &Tensor, eps: Option<f64>) -> Result<Tensor> {
    let out = with_float!(x.dtype().or_default_float(), T => {
        let bounds = eps.map(|eps| (eps as T, 1.0 - eps as T));
        map_fused::<T, T>(
            x,
            #[inline(always)]
            move |v| {
                let v = match bounds {
                    Some((low, _)) if v < low => low,
                    Some((_, high)) if v > high => high,
                    _ => v,
                };
                (v / (1.0 - v)).log_()
            },
        )
    }, else unreachable!("a floating-point type was chosen"));
    Ok(out.record(&[x.arg()], |_| Logit {
        input: Saved::input(x),
        eps,
    }))
}

impl Tensor {
    /// `log(x / (1 - x))`, the inverse of [`sigmoid`](Tensor::sigmoid); NaN outside of 0 to 1. Integers give the
    /// default floating-point type.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.5, 1.0].logit(), tensor![0.0, f64::INFINITY]);
    /// ```
    #[track_caller]
    pub fn logit(&self) -> Tensor {
        logit(self, None).or_panic()
    }

    /// As [`logit`](Tensor::logit), of each element brought into the range from `eps` to `1 - eps`, outside of which
    /// the derivative is 0.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0, 1.0].logit_eps(0.5), tensor![0.0, 0.0]);
    /// ```
    #[track_caller]
    pub fn logit_eps(&self, eps: f64) -> Tensor {
        logit(self, Some(eps)).or_panic()
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![Operator::node::<Logit>("logit", "Tensor::logit Tensor::logit_eps").elementwise()]
}
