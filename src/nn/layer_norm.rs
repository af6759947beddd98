//! Normalisation within each sample as modules.

use super::print::{flag, list, python};
use super::{Forward, Module, Param};
use crate::error::{Error, OrPanic};
use crate::functional::{self, NormOptions, RmsNormOptions};
use crate::{IntoShape, Result, Tensor, ones, zeros};

/// The sizes of the axes that are normalised.
#[track_caller]
fn sizes(op: &'static str, shape: impl IntoShape) -> Vec<usize> {
    crate::shape::full_shape(op, shape).or_panic().to_vec()
}

fn options(weight: Option<&Param>, bias: Option<&Param>, eps: f64) -> NormOptions {
    let mut options = NormOptions::new().eps(eps);
    if let Some(weight) = weight {
        options = options.weight(weight);
    }
    if let Some(bias) = bias {
        options = options.bias(bias);
    }
    options
}

/// Normalisation over the last axes, whose sizes are given.
///
/// ```
/// use retrograd::nn::{Forward, LayerNorm};
/// let layer = LayerNorm::new([4]).eps(0.0);
/// let y = layer.forward(&retrograd::tensor![[1.0, 3.0, 1.0, 3.0]]);
/// assert_eq!(y.to_vec::<f32>(), [-1.0, 1.0, -1.0, 1.0]);
/// let printed = "LayerNorm((4,), eps=1e-05, elementwise_affine=True, bias=True)";
/// assert_eq!(LayerNorm::new(4).to_string(), printed);
/// ```
#[derive(Debug, Module)]
#[module(extra_repr = LayerNorm::describe)]
pub struct LayerNorm {
    /// What the normalised values are multiplied by, at first ones.
    pub weight: Option<Param>,
    /// What is added to them then, at first zeros.
    pub bias: Option<Param>,
    normalized_shape: Vec<usize>,
    eps: f64,
}

impl LayerNorm {
    /// A layer with a weight and a bias.
    ///
    /// # Panics
    /// If a size is negative.
    #[track_caller]
    pub fn new(normalized_shape: impl IntoShape) -> Self {
        let norm = LayerNorm {
            weight: None,
            bias: None,
            normalized_shape: sizes("LayerNorm", normalized_shape),
            eps: 1e-5,
        };
        norm.elementwise_affine(true)
    }

    /// What is added to the variance; default 1e-5.
    pub fn eps(mut self, eps: f64) -> Self {
        self.eps = eps;
        self
    }

    /// Whether there are a weight and a bias; default true.
    pub fn elementwise_affine(mut self, elementwise_affine: bool) -> Self {
        self.weight = elementwise_affine.then(|| Param::new(ones(&self.normalized_shape)));
        self.bias = elementwise_affine.then(|| Param::new(zeros(&self.normalized_shape)));
        self
    }

    /// Whether a layer with a weight has a bias too; default true.
    pub fn bias(mut self, bias: bool) -> Self {
        self.bias =
            (bias && self.weight.is_some()).then(|| Param::new(zeros(&self.normalized_shape)));
        self
    }

    fn describe(&self) -> String {
        format!(
            "{}, eps={}, elementwise_affine={}, bias={}",
            list(&self.normalized_shape),
            python(self.eps),
            flag(self.weight.is_some()),
            flag(self.bias.is_some())
        )
    }
}

impl Forward for LayerNorm {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        self.try_forward(x).or_panic()
    }

    #[track_caller]
    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        let options = options(self.weight.as_ref(), self.bias.as_ref(), self.eps);
        functional::try_layer_norm(x, &self.normalized_shape, options)
    }
}

/// Normalisation over groups of the channels of each sample, of `[batch, num_channels, ..]`.
///
/// ```
/// use retrograd::nn::GroupNorm;
/// assert_eq!(GroupNorm::new(2, 4).to_string(), "GroupNorm(2, 4, eps=1e-05, affine=True, bias=True)");
/// ```
#[derive(Debug, Module)]
#[module(extra_repr = GroupNorm::describe)]
pub struct GroupNorm {
    /// What the normalised values are multiplied by, `[num_channels]`, at first ones.
    pub weight: Option<Param>,
    /// What is added to them then, `[num_channels]`, at first zeros.
    pub bias: Option<Param>,
    num_groups: usize,
    num_channels: usize,
    eps: f64,
}

impl GroupNorm {
    /// A layer with a weight and a bias.
    ///
    /// # Panics
    /// If the channels do not make so many groups.
    #[track_caller]
    pub fn new(num_groups: usize, num_channels: usize) -> Self {
        if num_groups == 0 || !num_channels.is_multiple_of(num_groups) {
            let refused: Result<()> = Err(Error::InvalidArgument {
                op: "GroupNorm",
                argument: "num_groups",
                value: num_groups.to_string(),
                problem: format!("{num_channels} channels do not make so many groups"),
                cure: "Give a divisor of the channels.".into(),
            });
            refused.or_panic();
        }
        let norm = GroupNorm {
            weight: None,
            bias: None,
            num_groups,
            num_channels,
            eps: 1e-5,
        };
        norm.affine(true)
    }

    /// What is added to the variance; default 1e-5.
    pub fn eps(mut self, eps: f64) -> Self {
        self.eps = eps;
        self
    }

    /// Whether there are a weight and a bias; default true.
    pub fn affine(mut self, affine: bool) -> Self {
        self.weight = affine.then(|| Param::new(ones([self.num_channels])));
        self.bias = affine.then(|| Param::new(zeros([self.num_channels])));
        self
    }

    /// Whether a layer with a weight has a bias too; default true.
    pub fn bias(mut self, bias: bool) -> Self {
        self.bias = (bias && self.weight.is_some()).then(|| Param::new(zeros([self.num_channels])));
        self
    }

    fn describe(&self) -> String {
        format!(
            "{}, {}, eps={}, affine={}, bias={}",
            self.num_groups,
            self.num_channels,
            python(self.eps),
            flag(self.weight.is_some()),
            flag(self.bias.is_some())
        )
    }
}

impl Forward for GroupNorm {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        self.try_forward(x).or_panic()
    }

    #[track_caller]
    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        let options = options(self.weight.as_ref(), self.bias.as_ref(), self.eps);
        functional::try_group_norm(x, self.num_groups, options)
    }
}

/// Division by the root mean square over the last axes, whose sizes are given.
///
/// ```
/// use retrograd::nn::RMSNorm;
/// assert_eq!(RMSNorm::new(4).to_string(), "RMSNorm((4,), eps=None, elementwise_affine=True)");
/// ```
#[derive(Debug, Module)]
#[module(extra_repr = RMSNorm::describe)]
pub struct RMSNorm {
    /// What the normalised values are multiplied by, at first ones.
    pub weight: Option<Param>,
    normalized_shape: Vec<usize>,
    eps: Option<f64>,
}

impl RMSNorm {
    /// A layer with a weight.
    ///
    /// # Panics
    /// If a size is negative.
    #[track_caller]
    pub fn new(normalized_shape: impl IntoShape) -> Self {
        let norm = RMSNorm {
            weight: None,
            normalized_shape: sizes("RMSNorm", normalized_shape),
            eps: None,
        };
        norm.elementwise_affine(true)
    }

    /// What is added to the mean square; default the distance from 1 to the next number of the input's type.
    pub fn eps(mut self, eps: f64) -> Self {
        self.eps = Some(eps);
        self
    }

    /// Whether there is a weight; default true.
    pub fn elementwise_affine(mut self, elementwise_affine: bool) -> Self {
        self.weight = elementwise_affine.then(|| Param::new(ones(&self.normalized_shape)));
        self
    }

    fn describe(&self) -> String {
        format!(
            "{}, eps={}, elementwise_affine={}",
            list(&self.normalized_shape),
            self.eps.map_or("None".into(), python),
            flag(self.weight.is_some())
        )
    }
}

impl Forward for RMSNorm {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        self.try_forward(x).or_panic()
    }

    #[track_caller]
    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        let mut options = RmsNormOptions::new();
        if let Some(weight) = &self.weight {
            options = options.weight(weight);
        }
        if let Some(eps) = self.eps {
            options = options.eps(eps);
        }
        functional::try_rms_norm(x, &self.normalized_shape, options)
    }
}
