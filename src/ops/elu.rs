//! Linear units with exponential tails.
//!
//! In the derivatives the exponential is taken of the negative part alone: where it overflows its branch is not the one
//! taken, but a second derivative would make NaN of it.

use super::activation::activation;
#[cfg(test)]
use super::case::Case;
use crate::error::Result;
use crate::kernels::math::Math as _;
use crate::tape::{Cx, Op, Saved};
use crate::{Operand, Tensor};

/// `SELU`'s constants (Klambauer et al. 2017), for which the activations keep mean 0 and variance 1.
const SELU_ALPHA: f64 = 1.673_263_242_354_377_2;
const SELU_SCALE: f64 = 1.050_700_987_355_480_5;

activation! {
    /// `x` where it is positive, else `alpha (exp(x) - 1)`. PyTorch's default `alpha` is 1.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::{functional::elu, prelude::*};
    /// assert_eq!(elu(&tensor![2.0, f64::NEG_INFINITY], 0.5), tensor![2.0, -0.5]);
    /// ```
    elu / try_elu(alpha) | Elu "EluBackward0",
        float |v| if v < 0.0 { v.expm1_() * alpha } else { v },
        |g, x| Tensor::try_where(&x.try_le(0)?, g.try_mul(x.try_clamp_max(0)?.exp().try_mul(alpha)?)?, g),
        on (1.0) in -2.0 .. -0.1, (0.5) in -2.0 .. 2.0;

    /// `x` where it is positive, else `alpha (exp(x / alpha) - 1)`, of which the slope at 0 is 1 whatever `alpha`, by
    /// default 1 in PyTorch.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers, or `alpha` is 0.
    ///
    /// ```
    /// use retrograd::{functional::celu, prelude::*};
    /// assert_eq!(celu(&tensor![2.0, f64::NEG_INFINITY], 0.5), tensor![2.0, -0.5]);
    /// ```
    celu / try_celu(alpha) | Celu "CeluBackward0",
        [refuse alpha if alpha == 0.0, "the elements are divided by it", "Give another number; 1 is the default."]
        float |v| if v < 0.0 { (v * (1.0 / alpha)).expm1_() * alpha } else { v },
        |g, x| Tensor::try_where(&x.try_le(0)?, g.try_mul(x.try_clamp_max(0)?.try_mul(1.0 / alpha)?.exp())?, g),
        on (1.0) in -2.0 .. -0.1, (0.5) in -2.0 .. 2.0;

    /// `scale x` where `x` is positive, else `scale alpha (exp(x) - 1)`, with `alpha` = 1.6733 and `scale` = 1.0507
    /// (Klambauer et al. 2017).
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::{functional::selu, prelude::*};
    /// assert!(selu(&tensor![1.0, 0.0]).allclose(&tensor![1.0507010, 0.0]));
    /// ```
    selu / try_selu() | Selu "EluBackward0",
        float |v| {
            let (alpha, scale) = (SELU_ALPHA as T, SELU_SCALE as T);
            if v < 0.0 { v.expm1_() * (alpha * scale) } else { v * scale }
        },
        |g, x| {
            let tail = g.try_mul(SELU_ALPHA * SELU_SCALE)?.try_mul(x.try_clamp_max(0)?.exp())?;
            Tensor::try_where(&x.try_le(0)?, tail, g.try_mul(SELU_SCALE)?)
        },
        on () in -2.0 .. -0.1, () in -2.0 .. 2.0;
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Elu>("nn.functional.elu", "functional::elu").elementwise(),
        Operator::node::<Celu>("nn.functional.celu", "functional::celu").elementwise(),
        Operator::node::<Selu>("nn.functional.selu", "functional::selu").elementwise(),
    ]
}
