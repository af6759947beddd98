//! Several axes as one, and one as several.

use super::print::list;
use super::{Forward, Module};
use crate::error::OrPanic;
use crate::{IntoShape, Result, Tensor};

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

/// Makes several axes of one: the reverse of [`Flatten`].
///
/// ```
/// use retrograd::nn::{Forward, Unflatten};
/// let layer = Unflatten::new(1, [2, -1]);
/// assert_eq!(layer.forward(&retrograd::zeros([5, 6])).shape(), [5, 2, 3]);
/// assert_eq!(layer.to_string(), "Unflatten(dim=1, unflattened_size=(2, -1))");
/// ```
#[derive(Debug, Clone, Module)]
#[module(extra_repr = Unflatten::describe)]
pub struct Unflatten {
    dim: i64,
    unflattened_size: Vec<i64>,
}

impl Unflatten {
    /// The axis `dim` as axes of these sizes, of which one may be -1.
    pub fn new(dim: i64, unflattened_size: impl IntoShape) -> Self {
        Unflatten {
            dim,
            unflattened_size: unflattened_size.into_sizes().to_vec(),
        }
    }

    fn describe(&self) -> String {
        format!(
            "dim={}, unflattened_size={}",
            self.dim,
            list(&self.unflattened_size)
        )
    }
}

impl Forward for Unflatten {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        self.try_forward(x).or_panic()
    }

    #[track_caller]
    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        x.try_unflatten(self.dim, &self.unflattened_size)
    }
}
