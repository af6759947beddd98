//! The error function and the gamma function's logarithm, with their kin.

use super::binary::load;
#[cfg(test)]
use super::case::Case;
use super::unary::unary;
use crate::Element as _;
use crate::dtype::with_float;
use crate::error::Result;
use crate::kernels::elementwise;
use crate::kernels::math::{Math as _, Polygamma};
use crate::kernels::simd::Cost;
use crate::tape::{Cx, Op, Saved, trace};
use crate::tensor::Inner;
use crate::{Operand, Tensor};
use std::f64::consts::FRAC_2_SQRT_PI;

unary! {
    functions;

    /// The error function, `2 / sqrt(pi)` times the integral of `exp(-t^2)` from 0 to each element.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0, 6.0].erf(), tensor![0.0, 1.0]);
    /// ```
    erf | Erf "ErfBackward0", lift |v| v.erf_(), input |g, x| g * ((x * x).neg().exp() * FRAC_2_SQRT_PI), on -2.0 .. 2.0;

    /// `1 - erf(x)`, exact where `erf(x)` is close to 1.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0].erfc(), tensor![1.0]);
    /// assert!(tensor![9.0].erfc().item::<f32>() > 0.0);
    /// ```
    erfc | Erfc "ErfcBackward0", lift |v| v.erfc_(), input |g, x| g * ((x * x).neg().exp() * -FRAC_2_SQRT_PI),
        on -2.0 .. 2.0;

    /// The number whose error function is the element: infinite at -1 and 1, NaN beyond.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0, 1.0].erfinv(), tensor![0.0, f32::INFINITY]);
    /// ```
    erfinv | Erfinv "ErfinvBackward0", lift |v| v.erfinv_(), output |g, y| g * ((y * y).exp() / FRAC_2_SQRT_PI),
        on -0.8 .. 0.8;

    /// The natural logarithm of the gamma function's absolute value; infinite at 0, -1, -2, .. The derivative is
    /// [`digamma`](Tensor::digamma).
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 2.0].lgamma(), tensor![0.0, 0.0]);
    /// ```
    lgamma | Lgamma "LgammaBackward0", lift |v| v.lgamma_(), input |g, x| g * x.digamma(), on 0.5 .. 4.0;

    /// The derivative of [`lgamma`](Tensor::lgamma). It is infinite at 0 and NaN at -1, -2, ..; its own derivative is
    /// [`polygamma(1)`](Tensor::polygamma).
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0].digamma(), tensor![-0.577_215_66]);
    /// ```
    digamma | Digamma "DigammaBackward0", lift |v| v.digamma_(), input |g, x| g * x.polygamma(1), on 0.5 .. 4.0;
}

pub(crate) struct PolygammaOp {
    n: usize,
    input: Saved,
}

impl Op for PolygammaOp {
    const NAME: &'static str = "PolygammaBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let x = cx.saved(&self.input)?;
        cx.give(0, |_| grad.try_mul(x.polygamma(self.n + 1)))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let of = |n| {
            let positive = Case::unary(1.0, 4.0, move |x| x.polygamma(n));
            let negative = Case::unary(-2.7, -2.3, move |x| x.polygamma(n));
            positive.into_iter().chain(negative)
        };
        [0, 1, 2, 3].into_iter().flat_map(of).collect()
    }
}

impl Tensor {
    /// The n-th derivative of [`digamma`](Tensor::digamma), which is the one for `n = 0`:
    /// `(-1)^(n + 1) n!` times the sum of `1 / (x + k)^(n + 1)` over k = 0, 1, ..
    ///
    /// PyTorch's order of the arguments is `torch.polygamma(n, x)`. At 0, -1, -2, .. the value is infinite, with the
    /// sign that it has to the right.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// // pi^2 / 6
    /// assert_eq!(tensor![1.0].polygamma(1), tensor![1.644_934_1]);
    /// ```
    #[track_caller]
    pub fn polygamma(&self, n: usize) -> Tensor {
        let function = Polygamma::new(n);
        let out = trace::computed_one(&[self], move |x| {
            let (x, function) = (x[0], &function);
            with_float!(x.dtype().or_default_float(), T => {
                let at = move |v: T| function.at(v.cast::<f64>()).cast::<T>();
                Inner::new(x.shape().into(), elementwise::map(&load::<T>(x.arg()), Cost::Plain, at))
            }, else unreachable!("a floating-point type was chosen"))
        });
        out.record(&[self.arg()], |_| PolygammaOp {
            n,
            input: Saved::input(self),
        })
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let polygamma = Operator::node::<PolygammaOp>("polygamma", "Tensor::polygamma").elementwise();
    functions().into_iter().chain([polygamma]).collect()
}
