//! Normalisations within each sample: over its last axes, over groups of its channels, by its root mean square.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible_fn;
use super::normalize::{Affine, normalize};
use crate::error::{Error, Result};
use crate::kernels::norm::Frame;
use crate::shape::{Dims, full_shape};
use crate::{DType, IntoShape, Tensor};

/// Settings of [`layer_norm`] and [`group_norm`]: no weights, and `eps` 1e-5, by default.
///
/// ```
/// use retrograd::functional::NormOptions;
/// let options = NormOptions::new().weight(&retrograd::ones([3])).bias(&retrograd::zeros([3])).eps(1e-6);
/// ```
#[derive(Debug, Clone)]
pub struct NormOptions {
    weight: Option<Tensor>,
    bias: Option<Tensor>,
    eps: f64,
}

impl Default for NormOptions {
    fn default() -> Self {
        NormOptions {
            weight: None,
            bias: None,
            eps: 1e-5,
        }
    }
}

impl NormOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the normalised values are multiplied by; default 1.
    pub fn weight(mut self, weight: &Tensor) -> Self {
        self.weight = Some(weight.clone());
        self
    }

    /// What is added then; default 0.
    pub fn bias(mut self, bias: &Tensor) -> Self {
        self.bias = Some(bias.clone());
        self
    }

    /// What is added to the variance; default 1e-5.
    pub fn eps(mut self, eps: f64) -> Self {
        self.eps = eps;
        self
    }

    fn affine(&self) -> Affine<'_> {
        Affine {
            weight: self.weight.as_ref(),
            bias: self.bias.as_ref(),
            eps: self.eps,
        }
    }
}

/// Settings of [`rms_norm`].
///
/// ```
/// use retrograd::functional::RmsNormOptions;
/// let options = RmsNormOptions::new().weight(&retrograd::ones([3])).eps(1e-6);
/// ```
#[derive(Debug, Clone, Default)]
pub struct RmsNormOptions {
    weight: Option<Tensor>,
    eps: Option<f64>,
}

impl RmsNormOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the normalised values are multiplied by; default 1.
    pub fn weight(mut self, weight: &Tensor) -> Self {
        self.weight = Some(weight.clone());
        self
    }

    /// What is added to the mean square; default the distance from 1 to the next number of the input's type.
    pub fn eps(mut self, eps: f64) -> Self {
        self.eps = Some(eps);
        self
    }
}

/// The last axes that are normalised, which must be the input's.
fn trailing(op: &'static str, x: &Tensor, shape: impl IntoShape) -> Result<Dims> {
    let shape = full_shape(op, shape)?;
    let fits = !shape.is_empty() && x.shape().ends_with(&shape);
    if fits {
        return Ok(shape);
    }
    Err(Error::Shape {
        op,
        problem: format!(
            "an input of shape {:?} normalised over {:?}",
            x.shape(),
            &shape[..]
        ),
        cure: "Give the sizes of one or more of its last axes.".into(),
    })
}

fallible_fn! {
    /// The input with mean 0 and variance 1 over its last axes, whose sizes are `normalized_shape`, times the weight
    /// plus the bias of that shape (Ba, Kiros and Hinton 2016).
    ///
    /// # Panics
    /// If the input does not end with that shape, or a weight has another shape or type.
    ///
    /// ```
    /// use retrograd::{functional::{NormOptions, layer_norm}, prelude::*};
    /// let x = tensor![[1.0, 3.0], [10.0, 30.0]];
    /// let y = layer_norm(&x, [2], NormOptions::new().eps(0.0));
    /// assert_eq!(y, tensor![[-1.0, 1.0], [-1.0, 1.0]]);
    /// ```
    fn layer_norm | try_layer_norm(input: &Tensor, normalized_shape: impl IntoShape, options: NormOptions) -> Tensor {
        let shape = trailing("layer_norm", input, normalized_shape)?;
        let affine = options.affine();
        affine.check("layer_norm", input, &shape)?;
        let frame = Frame {
            outer: 1,
            rows: input.shape()[..input.rank() - shape.len()].iter().product(),
            len: shape.iter().product(),
            groups: 1,
            run: 1,
        };
        Ok(normalize(input, frame, affine).0)
    }

    /// Each sample of `[batch, channels, ..]` with mean 0 and variance 1 over each of `num_groups` groups of channels,
    /// times the weight plus the bias of each channel (Wu and He 2018).
    ///
    /// # Panics
    /// If the channels do not make so many groups of one size, there is nothing to take a mean of, or a weight has
    /// another shape or type.
    ///
    /// ```
    /// use retrograd::{functional::{NormOptions, group_norm}, prelude::*};
    /// let y = group_norm(&tensor![[1.0, 3.0, 10.0, 30.0]], 2, NormOptions::new().eps(0.0));
    /// assert_eq!(y, tensor![[-1.0, 1.0, -1.0, 1.0]]);
    /// ```
    fn group_norm | try_group_norm(input: &Tensor, num_groups: usize, options: NormOptions) -> Tensor {
        let refuse = |problem: String, cure: &str| Err(Error::Shape { op: "group_norm", problem, cure: cure.into() });
        let &[batch, channels, ref space @ ..] = input.shape() else {
            return refuse(format!("the input has shape {:?}", input.shape()), "Give `[batch, channels, ..]`.");
        };
        if num_groups == 0 || !channels.is_multiple_of(num_groups) {
            return refuse(
                format!("an input of shape {:?} has {channels} channels, no multiple of num_groups = {num_groups}", input.shape()),
                "Give a number of groups that divides the channels.",
            );
        }
        let run: usize = space.iter().product();
        if channels * run == 0 {
            return refuse(format!("an input of shape {:?} has samples without elements", input.shape()), "Only the batch may be empty.");
        }
        let affine = options.affine();
        affine.check("group_norm", input, &[channels])?;
        let frame = Frame {
            outer: 1,
            rows: batch * num_groups,
            len: channels / num_groups * run,
            groups: num_groups,
            run,
        };
        Ok(normalize(input, frame, affine).0)
    }

    /// The input divided by its root mean square over its last axes, whose sizes are `normalized_shape`, times the
    /// weight of that shape: `x / sqrt(mean(x²) + eps) * weight` (Zhang and Sennrich 2019).
    ///
    /// # Panics
    /// If the input does not end with that shape, or the weight has another shape or type.
    ///
    /// ```
    /// use retrograd::{functional::{RmsNormOptions, rms_norm}, prelude::*};
    /// let y = rms_norm(&tensor![[3.0, -3.0]], [2], RmsNormOptions::new().eps(0.0));
    /// assert_eq!(y, tensor![[1.0, -1.0]]);
    /// ```
    fn rms_norm | try_rms_norm(input: &Tensor, normalized_shape: impl IntoShape, options: RmsNormOptions) -> Tensor {
        let shape = trailing("rms_norm", input, normalized_shape)?;
        let weight = options.weight.as_ref();
        Affine { weight, bias: None, eps: 0.0 }.check("rms_norm", input, &shape)?;
        let eps = options.eps.unwrap_or(match input.dtype() {
            DType::F32 => f64::from(f32::EPSILON),
            _ => f64::EPSILON,
        });
        let axes: Vec<i64> = (1..=shape.len() as i64).map(|back| -back).collect();
        let scale = input.square().try_mean_keepdim(&axes[..])?.try_add(eps)?.rsqrt();
        let out = input.try_mul(scale)?;
        match weight {
            Some(weight) => out.try_mul(weight),
            None => Ok(out),
        }
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let inputs = |shape: &[usize], weights: &[usize]| {
        [
            sample(shape, -1.0, 1.0, 0),
            sample(weights, 0.5, 1.5, 1),
            sample(weights, -1.0, 1.0, 2),
        ]
    };
    let options = |x: &[Tensor]| NormOptions::new().weight(&x[1]).bias(&x[2]).eps(0.1);
    vec![
        Operator::new(
            "nn.functional.layer_norm",
            "functional::layer_norm",
            [
                Case::new(inputs(&[2, 3], &[3]), move |x| {
                    layer_norm(&x[0], [3], options(x)).pow(2)
                }),
                Case::new(inputs(&[2, 2, 2], &[2, 2]), move |x| {
                    layer_norm(&x[0], [2, 2], options(x)).pow(2)
                }),
            ],
        ),
        Operator::new(
            "nn.functional.group_norm",
            "functional::group_norm",
            [
                Case::new(inputs(&[2, 4], &[4]), move |x| {
                    group_norm(&x[0], 2, options(x)).pow(2)
                }),
                Case::new(inputs(&[2, 2, 3], &[2]), move |x| {
                    group_norm(&x[0], 1, options(x)).pow(2)
                }),
            ],
        ),
        Operator::new(
            "nn.functional.rms_norm",
            "functional::rms_norm",
            [Case::new(
                [sample(&[2, 3], -1.0, 1.0, 0), sample(&[3], 0.5, 1.5, 1)],
                |x| rms_norm(&x[0], [3], RmsNormOptions::new().weight(&x[1]).eps(0.1)).pow(2),
            )],
        ),
    ]
}
