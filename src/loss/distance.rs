//! Losses of real numbers.

use super::{Reduction, forward, prepare};
use crate::Tensor;
use crate::error::{OrPanic, Result};

macro_rules! distance {
    ($Loss:ident $function:ident $name:literal, $doc:literal, |$d:ident| $e:expr, $example:literal;) => {
        #[doc = $doc]
        ///
        /// ```
        /// use retrograd::{loss, prelude::*};
        #[doc = concat!("let loss = loss::", stringify!($Loss), "::new().forward(&tensor![1.0, 2.0], &tensor![3.0, 2.0]);")]
        #[doc = concat!("assert_eq!(loss.item::<f32>(), ", $example, ");")]
        /// ```
        #[derive(Debug, Clone, Default)]
        pub struct $Loss {
            reduction: Reduction,
        }

        impl $Loss {
            /// The loss, reduced by the mean.
            pub fn new() -> Self {
                Self::default()
            }

            /// As [`forward`](Self::forward), with the error returned.
            ///
            /// # Errors
            /// If the shapes differ, or the input holds no floats.
            #[track_caller]
            pub fn try_forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
                let target = prepare($name, input, target)?;
                let $d = input.try_sub(&target)?;
                Ok(self.reduction.of($e))
            }
        }
        forward!($Loss);

        #[doc = concat!("[`", stringify!($Loss), "`] with its defaults.")]
        ///
        /// # Panics
        /// If the shapes differ, or the input holds no floats.
        ///
        /// ```
        /// use retrograd::{loss, prelude::*};
        #[doc = concat!("let loss = loss::", stringify!($function), "(&tensor![1.0, 2.0], &tensor![3.0, 2.0]);")]
        #[doc = concat!("assert_eq!(loss.item::<f32>(), ", $example, ");")]
        /// ```
        #[track_caller]
        pub fn $function(input: &Tensor, target: &Tensor) -> Tensor {
            $Loss::new().try_forward(input, target).or_panic()
        }
    };
}
distance! {
    Mse mse "mse", "Squared error, `torch.nn.MSELoss`. Input and target have one shape.", |d| d.square(), "2.0";
}
distance! {
    L1 l1 "l1", "Absolute error, `torch.nn.L1Loss`. Input and target have one shape.", |d| d.abs(), "1.0";
}

/// The mean squared error with broadcasting, for those who mean it: `[4, 1]` against `[4]` gives the mean of 16.
///
/// # Panics
/// If the shapes do not broadcast.
///
/// ```
/// use retrograd::prelude::*;
/// assert_eq!(retrograd::loss::mse_broadcast(&zeros([4, 1]), &ones([4])).item::<f32>(), 1.0);
/// ```
#[track_caller]
pub fn mse_broadcast(input: &Tensor, target: &Tensor) -> Tensor {
    (input - target).square().mean()
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
            "loss::mse loss::mse_broadcast",
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
            "loss::l1",
            [Case::new(pair(), |x| l1(&x[0], &x[1])).apart()],
        ),
    ]
}
