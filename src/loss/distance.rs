//! Losses of real numbers.

use super::{Reduction, loss, prepare};
use crate::Tensor;
use crate::error::{OrPanic, Result};

/// Squared error, `torch.nn.MSELoss`. Input and target have one shape.
///
/// ```
/// use retrograd::{loss::Mse, prelude::*};
/// let loss = Mse::new().forward(&tensor![1.0, 2.0], &tensor![3.0, 2.0]);
/// assert_eq!(loss.item::<f32>(), 2.0);
/// ```
#[derive(Debug, Clone, Default)]
pub struct Mse {
    reduction: Reduction,
}

impl Mse {
    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the shapes differ, or the input holds no floats.
    #[track_caller]
    pub fn try_forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        let target = prepare("mse", input, target)?;
        Ok(self.reduction.of(input.try_sub(&target)?.square()))
    }
}
loss!(Mse "MSELoss" [] mse try_mse (input, target) {
    "let loss = loss::mse(&tensor![1.0, 2.0], &tensor![3.0, 2.0]);"
    "assert_eq!(loss.item::<f32>(), 2.0);"
});

/// Absolute error, `torch.nn.L1Loss`. Input and target have one shape.
///
/// ```
/// use retrograd::{loss::L1, prelude::*};
/// let loss = L1::new().forward(&tensor![1.0, 2.0], &tensor![3.0, 2.0]);
/// assert_eq!(loss.item::<f32>(), 1.0);
/// ```
#[derive(Debug, Clone, Default)]
pub struct L1 {
    reduction: Reduction,
}

impl L1 {
    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the shapes differ, or the input holds no floats.
    #[track_caller]
    pub fn try_forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        let target = prepare("l1", input, target)?;
        Ok(self.reduction.of(input.try_sub(&target)?.abs()))
    }
}
loss!(L1 "L1Loss" [] l1 try_l1 (input, target) {
    "let loss = loss::l1(&tensor![1.0, 2.0], &tensor![3.0, 2.0]);"
    "assert_eq!(loss.item::<f32>(), 1.0);"
});

/// The mean squared error with broadcasting, for those who mean it: `[4, 1]` against `[4]` gives the mean of 16.
///
/// # Panics
/// If the shapes do not broadcast; [`try_mse_broadcast`] returns the error.
///
/// ```
/// use retrograd::prelude::*;
/// assert_eq!(retrograd::loss::mse_broadcast(&zeros([4, 1]), &ones([4])).item::<f32>(), 1.0);
/// ```
#[track_caller]
pub fn mse_broadcast(input: &Tensor, target: &Tensor) -> Tensor {
    try_mse_broadcast(input, target).or_panic()
}

/// As [`mse_broadcast`], with the error returned.
///
/// # Errors
/// If the shapes do not broadcast.
#[track_caller]
pub fn try_mse_broadcast(input: &Tensor, target: &Tensor) -> Result<Tensor> {
    Ok(input.try_sub(target)?.square().mean())
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    use crate::ops::case::{Case, sample};
    use crate::ops::operator::Operator;
    let pair = || [sample(&[2, 3], -2.0, 2.0, 0), sample(&[2, 3], -2.0, 2.0, 1)];
    vec![
        Operator::new(
            "nn.functional.mse_loss",
            "loss::mse loss::mse_broadcast functional::mse_loss",
            [
                Case::new(pair(), |x| mse(&x[0], &x[1])),
                Case::new(
                    [sample(&[2, 1], -2.0, 2.0, 0), sample(&[3], -2.0, 2.0, 1)],
                    |x| mse_broadcast(&x[0], &x[1]),
                ),
            ],
        ),
        Operator::new(
            "nn.functional.l1_loss",
            "loss::l1 functional::l1_loss",
            [Case::new(pair(), |x| l1(&x[0], &x[1])).apart()],
        ),
    ]
}
