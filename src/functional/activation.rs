//! Tensor methods as functions, for those who look for `torch.nn.functional`'s names.

use crate::Tensor;
use crate::ops::fallible_fn;

fallible_fn! {
    /// [`Tensor::relu`] as a function.
    ///
    /// # Panics
    /// If the tensor is `bool`.
    ///
    /// ```
    /// use retrograd::{functional::relu, prelude::*};
    /// assert_eq!(relu(&tensor![-1.0, 2.0]), tensor![0.0, 2.0]);
    /// ```
    fn relu | try_relu(x: &Tensor) -> Tensor {
        x.try_relu()
    }

    /// [`Tensor::softmax`] as a function.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers, or has no such axis.
    ///
    /// ```
    /// use retrograd::{functional::softmax, prelude::*};
    /// assert_eq!(softmax(&tensor![1.0, 1.0], 0), tensor![0.5, 0.5]);
    /// ```
    fn softmax | try_softmax(x: &Tensor, axis: i64) -> Tensor {
        x.try_softmax(axis)
    }

    /// [`Tensor::log_softmax`] as a function.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers, or has no such axis.
    ///
    /// ```
    /// use retrograd::{functional::log_softmax, prelude::*};
    /// assert_eq!(log_softmax(&tensor![1e4, 0.0], 0), tensor![0.0, -1e4]);
    /// ```
    fn log_softmax | try_log_softmax(x: &Tensor, axis: i64) -> Tensor {
        x.try_log_softmax(axis)
    }
}

/// [`Tensor::sigmoid`] as a function.
///
/// ```
/// use retrograd::{functional::sigmoid, prelude::*};
/// assert_eq!(sigmoid(&tensor![0.0]), tensor![0.5]);
/// ```
#[track_caller]
pub fn sigmoid(x: &Tensor) -> Tensor {
    x.sigmoid()
}

/// [`Tensor::tanh`] as a function.
///
/// ```
/// use retrograd::{functional::tanh, prelude::*};
/// assert_eq!(tanh(&tensor![0.0]), tensor![0.0]);
/// ```
#[track_caller]
pub fn tanh(x: &Tensor) -> Tensor {
    x.tanh()
}
