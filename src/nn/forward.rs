//! What a module computes.

use crate::{Result, Tensor};

/// A module from one tensor to another.
///
/// ```
/// use retrograd::nn::{Forward, Linear};
/// let y = Linear::new(4, 3).forward(&retrograd::zeros([5, 4]));
/// assert_eq!(y.shape(), [5, 3]);
/// ```
pub trait Forward {
    /// The module's output.
    ///
    /// # Panics
    /// If the input does not fit the module; the message says why.
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor;

    /// As [`forward`](Forward::forward), with the error returned. A module of one's own that has only `forward` panics
    /// here too; with inputs from outside, write this one and let `forward` call it.
    ///
    /// # Errors
    /// If the input does not fit the module.
    ///
    /// ```
    /// use retrograd::nn::{Forward, Linear};
    /// let error = Linear::new(10, 1).try_forward(&retrograd::zeros([5, 9])).unwrap_err();
    /// assert!(error.to_string().contains("got input [5, 9]"));
    /// ```
    #[track_caller]
    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        Ok(self.forward(x))
    }
}

impl<F: Forward + ?Sized> Forward for Box<F> {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        (**self).forward(x)
    }

    #[track_caller]
    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        (**self).try_forward(x)
    }
}
