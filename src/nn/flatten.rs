//! Several axes as one.

use super::{Forward, Module};
use crate::error::OrPanic;
use crate::{Result, Tensor};

/// Makes one axis of several: by default of all but the first, `[batch, ..]` to `[batch, features]`.
///
/// ```
/// use retrograd::nn::{Flatten, Forward};
/// assert_eq!(Flatten::new().forward(&retrograd::zeros([5, 2, 3])).shape(), [5, 6]);
/// ```
#[derive(Debug, Clone, Copy, Module)]
#[module(extra_repr = Flatten::describe)]
pub struct Flatten {
    start_dim: i64,
    end_dim: i64,
}

impl Default for Flatten {
    fn default() -> Self {
        Self::new()
    }
}

impl Flatten {
    /// All axes from the second on.
    ///
    /// ```
    /// assert_eq!(retrograd::nn::Flatten::new().to_string(), "Flatten(start_dim=1, end_dim=-1)");
    /// ```
    pub fn new() -> Self {
        Self::between(1, -1)
    }

    /// The axes from `start_dim` to `end_dim`, both included; negative ones count from the end.
    ///
    /// ```
    /// use retrograd::nn::{Flatten, Forward};
    /// assert_eq!(Flatten::between(0, 1).forward(&retrograd::zeros([5, 2, 3])).shape(), [10, 3]);
    /// ```
    pub fn between(start_dim: i64, end_dim: i64) -> Self {
        Flatten { start_dim, end_dim }
    }

    fn describe(&self) -> String {
        format!("start_dim={}, end_dim={}", self.start_dim, self.end_dim)
    }
}

impl Forward for Flatten {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        self.try_forward(x).or_panic()
    }

    #[track_caller]
    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        x.try_flatten_dims(self.start_dim, self.end_dim)
    }
}
