//! The rectifier with a slope that is learnt.

use super::{Forward, Module, Param};
use crate::error::OrPanic;
use crate::{Result, Tensor, full, functional};

/// `x` where it is positive, and `weight x` elsewhere, with one weight, or one for each channel of
/// `[batch, channels, ..]`; at first 0.25.
///
/// ```
/// use retrograd::nn::{Forward, PReLU};
/// let y = PReLU::new().forward(&retrograd::tensor![-2.0, 3.0]);
/// assert_eq!(y.to_vec::<f32>(), [-0.5, 3.0]);
/// assert_eq!(PReLU::with(4).to_string(), "PReLU(num_parameters=4)");
/// ```
#[derive(Debug, Module)]
#[module(extra_repr = PReLU::describe)]
pub struct PReLU {
    /// `[num_parameters]`.
    pub weight: Param,
}

impl Default for PReLU {
    fn default() -> Self {
        Self::new()
    }
}

impl PReLU {
    /// One weight for all.
    pub fn new() -> Self {
        Self::with(1)
    }

    /// A weight for each of so many channels.
    pub fn with(num_parameters: usize) -> Self {
        PReLU {
            weight: Param::new(full([num_parameters], 0.25)),
        }
    }

    /// The same first value for all weights; default 0.25.
    pub fn init(self, init: f64) -> Self {
        super::init::constant_(&self.weight, init);
        self
    }

    fn describe(&self) -> String {
        format!("num_parameters={}", self.weight.numel())
    }
}

impl Forward for PReLU {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        self.try_forward(x).or_panic()
    }

    #[track_caller]
    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        functional::try_prelu(x, &self.weight)
    }
}
