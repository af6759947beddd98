//! Gaussian error linear units (Hendrycks and Gimpel 2016).

use super::activation::activation;
#[cfg(test)]
use super::case::Case;
use crate::error::Result;
use crate::kernels::math::Math as _;
use crate::tape::{Cx, Op, Saved};
use crate::{Operand, Tensor};
use std::f64::consts::{FRAC_1_SQRT_2, FRAC_2_SQRT_PI, SQRT_2};

/// The density of the normal distribution at 0.
const DENSITY: f64 = FRAC_2_SQRT_PI * FRAC_1_SQRT_2 * 0.5;
/// The factors of the approximation by tanh.
const BETA: f64 = SQRT_2 * FRAC_2_SQRT_PI * 0.5;
const KAPPA: f64 = 0.044715;

activation! {
    /// `x` times the share of a normal distribution below `x`: `x (1 + erf(x / sqrt(2))) / 2`.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::{functional::gelu, prelude::*};
    /// assert!(gelu(&tensor![0.0, 1.0, -9.0]).allclose(&tensor![0.0, 0.84134475, 0.0]));
    /// ```
    gelu / try_gelu() | Gelu "GeluBackward0",
        float |v| 0.5 * v * (1.0 + (v * FRAC_1_SQRT_2 as T).erf_()),
        |g, x| {
            let share = x.try_mul(FRAC_1_SQRT_2)?.erf().try_add(1)?.try_mul(0.5)?;
            let density = x.square().try_mul(-0.5)?.exp().try_mul(DENSITY)?;
            g.try_mul(share.try_add(x.try_mul(density)?)?)
        },
        on () in -2.0 .. 2.0;

    /// [`gelu`] with the share approximated by `(1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) / 2`: PyTorch's `gelu` with
    /// `approximate="tanh"`.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::{functional::gelu_tanh, prelude::*};
    /// assert!(gelu_tanh(&tensor![0.0, 1.0, -9.0]).allclose(&tensor![0.0, 0.841192, 0.0]));
    /// ```
    gelu_tanh / try_gelu_tanh() | GeluTanh "GeluBackward0",
        float |v| 0.5 * v * (1.0 + (BETA as T * (v + KAPPA as T * (v * v * v))).tanh_()),
        |g, x| {
            let square = x.square();
            let tanh = x.try_add(square.try_mul(x)?.try_mul(KAPPA)?)?.try_mul(BETA)?.tanh();
            let inner = square.try_mul(3.0 * KAPPA)?.try_add(1)?.try_mul(BETA)?;
            let bend = x.try_mul(0.5)?.try_mul(1.0 - tanh.square())?.try_mul(inner)?;
            g.try_mul(tanh.try_add(1)?.try_mul(0.5)?.try_add(bend)?)
        },
        on () in -2.0 .. 2.0;
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Gelu>("nn.functional.gelu", "functional::gelu").elementwise(),
        Operator::node::<GeluTanh>("nn.functional.gelu", "functional::gelu_tanh").elementwise(),
    ]
}
