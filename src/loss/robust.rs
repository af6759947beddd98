//! Losses of real numbers that are square near the target and straight far from it.

use super::{Reduction, loss, prepare, refuse};
use crate::Tensor;
use crate::error::Result;

/// Huber's loss, `torch.nn.HuberLoss`: `0.5 d^2` where the difference `d` is less than `delta` in size, else
/// `delta (|d| - 0.5 delta)`; `delta` is 1 by default. Input and target have one shape.
///
/// ```
/// use retrograd::{loss::Huber, prelude::*};
/// let loss = Huber::new().delta(2.0).forward(&tensor![1.0, 5.0], &tensor![0.0, 0.0]);
/// assert_eq!(loss.item::<f32>(), (0.5 + 8.0) / 2.0);
/// ```
#[derive(Debug, Clone)]
pub struct Huber {
    delta: f64,
    reduction: Reduction,
}

impl Default for Huber {
    fn default() -> Self {
        Huber {
            delta: 1.0,
            reduction: Reduction::Mean,
        }
    }
}

impl Huber {
    /// Where the loss turns straight; default 1.
    pub fn delta(mut self, delta: f64) -> Self {
        self.delta = delta;
        self
    }

    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the shapes differ, the input holds no floats, or `delta` is not positive.
    #[track_caller]
    pub fn try_forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        let target = prepare("huber", input, target)?;
        let delta = self.delta;
        if delta.is_nan() || delta <= 0.0 {
            return Err(refuse(
                "huber",
                "delta",
                delta,
                "the loss turns straight at a positive difference",
            ));
        }
        let d = input.try_sub(&target)?;
        // The square of what is brought into reach is finite, so the branch not taken gives no NaN.
        let near = d.try_clamp(-delta, delta)?;
        let size = d.abs();
        let straight = size.try_sub(0.5 * delta)?.try_mul(delta)?;
        let square = near.try_mul(0.5)?.try_mul(&near)?;
        let losses = Tensor::try_where(&size.detach().try_lt(delta)?, square, straight)?;
        Ok(self.reduction.of(losses))
    }
}
loss!(Huber "HuberLoss" [] huber try_huber (input, target) {
    "let loss = loss::huber(&tensor![1.0, 5.0], &tensor![0.5, 0.0]);"
    "assert_eq!(loss.item::<f32>(), (0.125 + 4.5) / 2.0);"
});

/// The smooth absolute error, `torch.nn.SmoothL1Loss`: `0.5 d^2 / beta` where the difference `d` is less than `beta`
/// in size, else `|d| - 0.5 beta`; `beta` is 1 by default, and 0 gives the absolute error. Input and target have one
/// shape.
///
/// ```
/// use retrograd::{loss::SmoothL1, prelude::*};
/// let loss = SmoothL1::new().beta(2.0).forward(&tensor![1.0, 5.0], &tensor![0.0, 0.0]);
/// assert_eq!(loss.item::<f32>(), (0.25 + 4.0) / 2.0);
/// ```
#[derive(Debug, Clone)]
pub struct SmoothL1 {
    beta: f64,
    reduction: Reduction,
}

impl Default for SmoothL1 {
    fn default() -> Self {
        SmoothL1 {
            beta: 1.0,
            reduction: Reduction::Mean,
        }
    }
}

impl SmoothL1 {
    /// Where the loss turns straight; default 1.
    pub fn beta(mut self, beta: f64) -> Self {
        self.beta = beta;
        self
    }

    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the shapes differ, the input holds no floats, or `beta` is negative.
    #[track_caller]
    pub fn try_forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        let target = prepare("smooth_l1", input, target)?;
        let beta = self.beta;
        if beta.is_nan() || beta < 0.0 {
            return Err(refuse(
                "smooth_l1",
                "beta",
                beta,
                "the loss turns straight at no negative difference",
            ));
        }
        let d = input.try_sub(&target)?;
        let size = d.abs();
        if beta == 0.0 {
            return Ok(self.reduction.of(size));
        }
        let near = d.try_clamp(-beta, beta)?;
        let straight = size.try_sub(0.5 * beta)?;
        let square = near.try_mul(0.5)?.try_mul(&near)?.try_div(beta)?;
        let losses = Tensor::try_where(&size.detach().try_lt(beta)?, square, straight)?;
        Ok(self.reduction.of(losses))
    }
}
loss!(SmoothL1 "SmoothL1Loss" [] smooth_l1 try_smooth_l1 (input, target) {
    "let loss = loss::smooth_l1(&tensor![1.0, 5.0], &tensor![0.5, 0.0]);"
    "assert_eq!(loss.item::<f32>(), (0.125 + 4.5) / 2.0);"
});

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    use crate::ops::case::{Case, sample};
    use crate::ops::operator::Operator;
    let pair = || [sample(&[2, 3], -2.0, 2.0, 0), sample(&[2, 3], -2.0, 2.0, 1)];
    let none = Reduction::None;
    vec![
        Operator::new(
            "nn.functional.huber_loss",
            "loss::huber functional::huber_loss",
            [
                Case::new(pair(), |x| huber(&x[0], &x[1])),
                Case::new(pair(), move |x| {
                    Huber::new()
                        .delta(0.7)
                        .reduction(none)
                        .forward(&x[0], &x[1])
                }),
            ],
        ),
        Operator::new(
            "nn.functional.smooth_l1_loss",
            "loss::smooth_l1 functional::smooth_l1_loss",
            [
                Case::new(pair(), |x| smooth_l1(&x[0], &x[1])),
                Case::new(pair(), move |x| {
                    SmoothL1::new()
                        .beta(0.7)
                        .reduction(none)
                        .forward(&x[0], &x[1])
                }),
            ],
        ),
    ]
}
