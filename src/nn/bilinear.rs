//! A form of two inputs as a module.

use super::init::Init;
use super::print::flag;
use super::{Module, Param};
use crate::error::OrPanic;
use crate::{Result, Tensor, functional, zeros};

/// `y = x1ᵀ W x2 + b`: from `[.., in1_features]` and `[.., in2_features]` to `[.., out_features]`.
///
/// Weight and bias are drawn uniformly from ±1/√in1_features, the weight first, as PyTorch does.
///
/// ```
/// use retrograd::nn::Bilinear;
/// let layer = Bilinear::new(3, 2, 4);
/// assert_eq!(layer.forward(&retrograd::zeros([5, 3]), &retrograd::zeros([5, 2])).shape(), [5, 4]);
/// assert_eq!(layer.to_string(), "Bilinear(in1_features=3, in2_features=2, out_features=4, bias=True)");
/// ```
#[derive(Debug, Module)]
#[module(extra_repr = Bilinear::describe)]
pub struct Bilinear {
    /// `[out_features, in1_features, in2_features]`.
    pub weight: Param,
    /// `[out_features]`.
    pub bias: Option<Param>,
}

fn drawn(shape: &[usize], in1_features: usize) -> Param {
    let param = Param::new(zeros(shape));
    let bound = 1.0 / (in1_features.max(1) as f64).sqrt();
    Init::Uniform {
        low: -bound,
        high: bound,
    }
    .apply_(&param);
    param
}

impl Bilinear {
    /// A layer with a bias.
    pub fn new(in1_features: usize, in2_features: usize, out_features: usize) -> Self {
        let mut layer = Self::without_bias(in1_features, in2_features, out_features);
        layer.bias = Some(drawn(&[out_features], in1_features));
        layer
    }

    /// A layer without a bias: nothing is drawn for one either.
    pub fn without_bias(in1_features: usize, in2_features: usize, out_features: usize) -> Self {
        Bilinear {
            weight: drawn(&[out_features, in1_features, in2_features], in1_features),
            bias: None,
        }
    }

    /// The form of each pair of rows.
    ///
    /// # Panics
    /// If the inputs do not fit the layer; [`try_forward`](Self::try_forward) returns the error.
    #[track_caller]
    pub fn forward(&self, x1: &Tensor, x2: &Tensor) -> Tensor {
        self.try_forward(x1, x2).or_panic()
    }

    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the inputs do not fit the layer.
    #[track_caller]
    pub fn try_forward(&self, x1: &Tensor, x2: &Tensor) -> Result<Tensor> {
        functional::try_bilinear(x1, x2, &self.weight, self.bias.as_deref())
    }

    fn describe(&self) -> String {
        let shape = self.weight.shape();
        format!(
            "in1_features={}, in2_features={}, out_features={}, bias={}",
            shape[1],
            shape[2],
            shape[0],
            flag(self.bias.is_some())
        )
    }
}
