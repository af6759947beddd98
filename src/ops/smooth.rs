//! Smooth activations.

use super::activation::activation;
#[cfg(test)]
use super::case::Case;
use crate::error::Result;
use crate::kernels::math::{Exp as _, Math as _};
use crate::tape::{Cx, Op, Saved};
use crate::{Operand, Tensor};

activation! {
    /// `x sigmoid(x)`, also called swish.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::{functional::silu, prelude::*};
    /// assert_eq!(silu(&tensor![0.0, 100.0]), tensor![0.0, 100.0]);
    /// ```
    silu / try_silu() | Silu "SiluBackward0",
        float |v| v / (1.0 + (-v).exp_()),
        |g, x| {
            let share = x.sigmoid();
            g.try_mul(&share)?.try_mul(x.try_mul(1.0 - &share)?.try_add(1)?)
        },
        on () in -2.0 .. 2.0;

    /// `x tanh(log(1 + exp(x)))` (Misra 2019).
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::{functional::mish, prelude::*};
    /// assert_eq!(mish(&tensor![0.0, 1000.0]), tensor![0.0, 1000.0]);
    /// ```
    mish / try_mish() | Mish "MishBackward0",
        float |v| v * v.exp_().log1p_().tanh_(),
        |g, x| {
            let tanh = try_softplus(x, 1.0, 20.0)?.tanh();
            let slope = x.try_mul(x.sigmoid())?.try_mul(1.0 - tanh.square())?;
            g.try_mul(tanh.try_add(slope)?)
        },
        on () in -2.0 .. 2.0;

    /// `log(1 + exp(beta x)) / beta`, and `x` itself where `beta x` is above `threshold`. PyTorch's defaults are 1 and
    /// 20.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::{functional::softplus, prelude::*};
    /// assert!(softplus(&tensor![0.0, 30.0], 1.0, 20.0).allclose(&tensor![2f64.ln(), 30.0].float()));
    /// ```
    softplus / try_softplus(beta, threshold) | Softplus "SoftplusBackward0",
        float |v| if v * beta > threshold { v } else { (v * beta).exp_().log1p_() / beta },
        |g, x| {
            let scaled = x.try_mul(beta)?;
            // Above the threshold, where it may overflow, the exponential is not asked for.
            let power = scaled.try_clamp_max(threshold)?.exp();
            let slope = g.try_mul(&power)?.try_div(power.try_add(1)?)?;
            Tensor::try_where(&scaled.try_gt(threshold)?, g, slope)
        },
        on (1.0, 20.0) in -2.0 .. 2.0, (3.0, 1.5) in -2.0 .. 2.0;

    /// `log(sigmoid(x))`, exact where the sigmoid is 0 or 1 to the last bit.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::{functional::logsigmoid, prelude::*};
    /// assert_eq!(logsigmoid(&tensor![-1000.0, 1000.0]), tensor![-1000.0, 0.0]);
    /// ```
    logsigmoid / try_logsigmoid() | Logsigmoid "LogSigmoidBackward0",
        float |v| {
            let negative = if v > 0.0 { 0.0 } else { v };
            negative - (-v.abs()).exp_().log1p_()
        },
        |g, x| g.try_mul(x.neg().sigmoid()),
        on () in -2.0 .. 2.0;
}

super::fallible_fn! {
    /// `x / (1 + |x|)`. Integers give the default floating-point type.
    ///
    /// # Panics
    /// If the tensor is `bool`.
    ///
    /// ```
    /// use retrograd::{functional::softsign, prelude::*};
    /// assert_eq!(softsign(&tensor![-1.0, 3.0]), tensor![-0.5, 0.75]);
    /// ```
    fn softsign | try_softsign(x: &Tensor) -> Tensor {
        x.try_div(x.try_abs()?.try_add(1)?)
    }

    /// One half of the tensor along an axis times the sigmoid of the other one (Dauphin et al. 2017). PyTorch's default
    /// axis is -1.
    ///
    /// # Panics
    /// If the tensor has no such axis, its size is odd, or the tensor holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::{functional::glu, prelude::*};
    /// assert_eq!(glu(&tensor![[4.0, 0.0]], -1), tensor![[2.0]]);
    /// ```
    fn glu | try_glu(x: &Tensor, axis: i64) -> Tensor {
        super::mean::check_float("glu", x)?;
        let at = crate::shape::axis("glu", axis, x.rank())?;
        let Some(&size) = x.shape().get(at).filter(|&size| size % 2 == 0) else {
            return Err(crate::Error::Shape {
                op: "glu",
                problem: format!("axis {axis} of shape {:?} has no two halves", x.shape()),
                cure: "Give a tensor with an even size along this axis.".into(),
            });
        };
        let half = size / 2;
        x.try_narrow(axis, 0, half)?.try_mul(x.try_narrow(axis, half, half)?.sigmoid())
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let halves: [(&[usize], i64); 4] = [(&[2], 0), (&[2, 4], -1), (&[4, 3], 0), (&[0, 2], 1)];
    let glu_case = |&(shape, axis): &(&[usize], i64)| {
        Case::new([super::case::sample(shape, -2.0, 2.0, 0)], move |x| {
            glu(&x[0], axis)
        })
    };
    vec![
        Operator::node::<Silu>("nn.functional.silu", "functional::silu").elementwise(),
        Operator::node::<Mish>("nn.functional.mish", "functional::mish").elementwise(),
        Operator::node::<Softplus>("nn.functional.softplus", "functional::softplus").elementwise(),
        Operator::node::<Logsigmoid>("nn.functional.logsigmoid", "functional::logsigmoid")
            .elementwise(),
        Operator::new(
            "nn.functional.softsign",
            "functional::softsign",
            Case::unary(-2.0, -0.1, softsign),
        )
        .elementwise(),
        Operator::new(
            "nn.functional.glu",
            "functional::glu",
            halves.iter().map(glu_case),
        ),
    ]
}
