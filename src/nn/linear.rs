//! The affine layer.

use super::init::{Fan, Init, Nonlinearity};
use super::{Forward, Module, Param};
use crate::error::OrPanic;
use crate::{Error, Result, Tensor, zeros};

/// `y = x Wᵀ + b`: from `[.., in_features]` to `[.., out_features]`.
///
/// The weight has shape `[out_features, in_features]`, the bias `[out_features]`; both are drawn uniformly from
/// ±1/√in_features, the weight first, as PyTorch does.
///
/// ```
/// use retrograd::nn::{Forward, Linear};
/// let layer = Linear::new(30, 100);
/// assert_eq!(layer.forward(&retrograd::zeros([5, 30])).shape(), [5, 100]);
/// assert_eq!(layer.to_string(), "Linear(in_features=30, out_features=100, bias=True)");
/// ```
#[derive(Debug, Module)]
#[module(extra_repr = Linear::describe)]
pub struct Linear {
    /// `[out_features, in_features]`.
    pub weight: Param,
    /// `[out_features]`.
    pub bias: Option<Param>,
}

impl Linear {
    /// A layer with a bias, of the default element type.
    ///
    /// ```
    /// retrograd::manual_seed(42);
    /// let layer = retrograd::nn::Linear::new(2, 1);
    /// assert_eq!(layer.weight.to_vec::<f32>(), [0.540_610_4, 0.586_904_2]);
    /// ```
    pub fn new(in_features: usize, out_features: usize) -> Self {
        let mut layer = Self::without_bias(in_features, out_features);
        let bound = match in_features {
            0 => 0.0,
            n => 1.0 / (n as f64).sqrt(),
        };
        let bias = Param::new(zeros([out_features]));
        Init::Uniform {
            low: -bound,
            high: bound,
        }
        .apply_(&bias);
        layer.bias = Some(bias);
        layer
    }

    /// A layer without a bias: nothing is drawn for one either.
    ///
    /// ```
    /// assert!(retrograd::nn::Linear::without_bias(2, 1).bias.is_none());
    /// ```
    pub fn without_bias(in_features: usize, out_features: usize) -> Self {
        let weight = Param::new(zeros([out_features, in_features]));
        if in_features > 0 {
            let nonlinearity = Nonlinearity::LeakyRelu(5f64.sqrt());
            Init::KaimingUniform {
                fan: Fan::In,
                nonlinearity,
            }
            .apply_(&weight);
        }
        Linear { weight, bias: None }
    }

    /// The size of the input's last axis.
    ///
    /// ```
    /// assert_eq!(retrograd::nn::Linear::new(4, 3).in_features(), 4);
    /// ```
    pub fn in_features(&self) -> usize {
        self.weight.shape()[1]
    }

    /// The size of the output's last axis.
    ///
    /// ```
    /// assert_eq!(retrograd::nn::Linear::new(4, 3).out_features(), 3);
    /// ```
    pub fn out_features(&self) -> usize {
        self.weight.shape()[0]
    }

    fn describe(&self) -> String {
        let bias = if self.bias.is_some() { "True" } else { "False" };
        format!(
            "in_features={}, out_features={}, bias={bias}",
            self.in_features(),
            self.out_features()
        )
    }

    fn check(&self, x: &Tensor) -> Result<()> {
        let (inputs, outputs) = (self.in_features(), self.out_features());
        if x.shape().last() != Some(&inputs) {
            return Err(Error::Shape {
                op: "Linear",
                problem: format!(
                    "Linear(in={inputs}, out={outputs}) got input {:?}: the last dim must be {inputs}",
                    x.shape()
                ),
                cure: "Transpose or reshape the input, or build the layer with its in_features."
                    .into(),
            });
        }
        if x.dtype() != self.weight.dtype() {
            return Err(Error::DType {
                op: "Linear",
                problem: format!(
                    "the input has type {}, the weight {}",
                    x.dtype(),
                    self.weight.dtype()
                ),
                cure: format!(
                    "Cast the input with `.to(DType::{:?})`, or the layer with `.to(DType::{:?})`.",
                    self.weight.dtype(),
                    x.dtype()
                ),
            });
        }
        Ok(())
    }
}

impl Forward for Linear {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        self.try_forward(x).or_panic()
    }

    #[track_caller]
    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        self.check(x)?;
        let out = x.try_matmul(&self.weight.t())?;
        match &self.bias {
            Some(bias) => Ok(out + &**bias),
            None => Ok(out),
        }
    }
}
