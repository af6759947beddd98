//! First values of parameters, by the names of `torch.nn.init`.
//!
//! Each function takes PyTorch's defaults; an [`Init`] has the settings as fields. All of them write in place,
//! without a gradient, and draw from the thread's default generator unless given another.
//!
//! ```
//! use retrograd::nn::{Linear, init};
//! retrograd::manual_seed(42);
//! let layer = Linear::new(2, 3);
//! init::xavier_uniform_(&layer.weight);
//! init::Init::Normal { mean: 0.0, std: 0.02 }.apply_(&layer.weight);
//! ```

use crate::error::OrPanic;
use crate::random::{Generator, Real, default_generator};
use crate::{DType, Element, Error, Result, Tensor};

/// Which of a weight's sizes the variance is kept by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Fan {
    /// The number of inputs of an output: keeps the variance of the forward pass.
    #[default]
    In,
    /// The number of outputs of an input: keeps the variance of the backward pass.
    Out,
}

/// What follows a layer, by which kaiming's rule scales its weight.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Nonlinearity {
    /// Nothing.
    Linear,
    /// The logistic function.
    Sigmoid,
    /// The hyperbolic tangent.
    Tanh,
    /// `max(x, 0)`.
    Relu,
    /// A rectifier with this slope below 0.
    LeakyRelu(f64),
    /// The self-normalising unit.
    Selu,
}

impl Nonlinearity {
    /// The recommended factor, `torch.nn.init.calculate_gain`.
    ///
    /// ```
    /// use retrograd::nn::init::Nonlinearity;
    /// assert_eq!(Nonlinearity::Tanh.gain(), 5.0 / 3.0);
    /// ```
    pub fn gain(self) -> f64 {
        match self {
            Nonlinearity::Linear | Nonlinearity::Sigmoid => 1.0,
            Nonlinearity::Tanh => 5.0 / 3.0,
            Nonlinearity::Relu => 2f64.sqrt(),
            Nonlinearity::LeakyRelu(slope) => (2.0 / (1.0 + slope * slope)).sqrt(),
            Nonlinearity::Selu => 0.75,
        }
    }
}

/// A rule for first values, with its settings.
///
/// ```
/// use retrograd::nn::init::{Fan, Init, Nonlinearity};
/// let weight = retrograd::zeros([3, 4]);
/// Init::KaimingNormal { fan: Fan::Out, nonlinearity: Nonlinearity::Relu }.apply_(&weight);
/// assert!(weight.to_vec::<f32>().iter().all(|w| *w != 0.0));
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Init {
    /// Uniform from `low` to `high`.
    Uniform {
        /// The least value.
        low: f64,
        /// The bound above.
        high: f64,
    },
    /// Normal.
    Normal {
        /// The mean.
        mean: f64,
        /// The standard deviation.
        std: f64,
    },
    /// Normal, drawn again until all values are from `low` to `high`.
    TruncNormal {
        /// The mean of the normal.
        mean: f64,
        /// The standard deviation of the normal.
        std: f64,
        /// The least value.
        low: f64,
        /// The greatest value.
        high: f64,
    },
    /// One value.
    Constant(f64),
    /// Ones on the diagonal of a matrix, zeros elsewhere.
    Eye,
    /// Uniform with variance `2 gain² / (fan_in + fan_out)`, after Glorot and Bengio 2010.
    XavierUniform {
        /// A factor on the standard deviation.
        gain: f64,
    },
    /// Normal with variance `2 gain² / (fan_in + fan_out)`, after Glorot and Bengio 2010.
    XavierNormal {
        /// A factor on the standard deviation.
        gain: f64,
    },
    /// Uniform with variance `gain² / fan`, after He et al. 2015.
    KaimingUniform {
        /// Which fan.
        fan: Fan,
        /// What follows the layer.
        nonlinearity: Nonlinearity,
    },
    /// Normal with variance `gain² / fan`, after He et al. 2015.
    KaimingNormal {
        /// Which fan.
        fan: Fan,
        /// What follows the layer.
        nonlinearity: Nonlinearity,
    },
}

impl Init {
    /// Writes first values into `tensor`, drawn from the thread's default generator.
    ///
    /// # Panics
    /// If the rule does not fit the tensor; [`try_apply_`](Self::try_apply_) returns the error.
    ///
    /// ```
    /// let bias = retrograd::zeros([3]);
    /// retrograd::nn::init::Init::Constant(0.5).apply_(&bias);
    /// assert_eq!(bias.to_vec::<f32>(), [0.5; 3]);
    /// ```
    #[track_caller]
    pub fn apply_(&self, tensor: &Tensor) {
        self.try_apply_(tensor).or_panic();
    }

    /// As [`apply_`](Self::apply_), with the error returned.
    ///
    /// # Errors
    /// If the tensor is not of floating point, a fan is asked of less than two axes, or a setting is out of range.
    ///
    /// ```
    /// use retrograd::nn::init::Init;
    /// assert!(Init::XavierNormal { gain: 1.0 }.try_apply_(&retrograd::zeros([3])).is_err());
    /// ```
    pub fn try_apply_(&self, tensor: &Tensor) -> Result<()> {
        default_generator(|g| self.try_apply_with(tensor, g))
    }

    /// As [`try_apply_`](Self::try_apply_), drawn from `generator`.
    ///
    /// # Errors
    /// As [`try_apply_`](Self::try_apply_).
    ///
    /// ```
    /// use retrograd::{Generator, nn::init::Init};
    /// let weight = retrograd::zeros([3]);
    /// Init::Normal { mean: 0.0, std: 1.0 }.try_apply_with(&weight, &mut Generator::new(42))?;
    /// assert_eq!(weight.to_vec::<f32>(), [0.33669037, 0.1288094, 0.23446237]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn try_apply_with(&self, tensor: &Tensor, generator: &mut Generator) -> Result<()> {
        match tensor.dtype() {
            DType::F32 => self.write::<f32>(tensor, generator),
            DType::F64 => self.write::<f64>(tensor, generator),
            other => Err(Error::DType {
                op: self.name(),
                problem: format!("the tensor has type {other}"),
                cure: "Initialise a tensor of floating point.".into(),
            }),
        }
    }

    fn write<T: Element + Real>(&self, tensor: &Tensor, generator: &mut Generator) -> Result<()> {
        let mut values = vec![<T as num_traits::Zero>::zero(); tensor.numel()];
        self.fill(&mut values, tensor.shape(), generator)?;
        crate::no_grad(|| tensor.try_copy_(&Tensor::try_from_vec(values, tensor.shape())?))
    }

    fn fill<T: Element + Real>(
        &self,
        out: &mut [T],
        shape: &[usize],
        generator: &mut Generator,
    ) -> Result<()> {
        let mut uniform =
            |std: f64| generator.fill_uniform(out, -3f64.sqrt() * std, 3f64.sqrt() * std);
        match *self {
            Init::Uniform { low, high } => {
                self.ordered(low, high)?;
                generator.fill_uniform(out, low, high);
            }
            Init::Normal { mean, std } => {
                self.not_negative("std", std)?;
                generator.fill_normal(out, mean, std);
            }
            Init::TruncNormal {
                mean,
                std,
                low,
                high,
            } => {
                self.ordered(low, high)?;
                generator.fill_trunc_normal(out, mean, std, low, high)?;
            }
            Init::Constant(value) => out.fill(real(value)),
            Init::Eye => {
                let &[_, columns] = shape else {
                    return Err(self.refuse_shape(
                        shape,
                        "a matrix has two axes",
                        "Give a tensor of two axes.",
                    ));
                };
                out.iter_mut()
                    .step_by(columns + 1)
                    .take(columns)
                    .for_each(|x| *x = real(1.0));
            }
            Init::XavierUniform { gain } => uniform(self.xavier(shape, gain)?),
            Init::XavierNormal { gain } => {
                generator.fill_normal(out, 0.0, self.xavier(shape, gain)?)
            }
            Init::KaimingUniform { fan, nonlinearity } => {
                uniform(self.kaiming(shape, fan, nonlinearity)?)
            }
            Init::KaimingNormal { fan, nonlinearity } => {
                generator.fill_normal(out, 0.0, self.kaiming(shape, fan, nonlinearity)?);
            }
        }
        Ok(())
    }

    fn xavier(&self, shape: &[usize], gain: f64) -> Result<f64> {
        self.not_negative("gain", gain)?;
        let (fan_in, fan_out) = self.fans(shape)?;
        Ok(gain * (2.0 / (fan_in + fan_out)).sqrt())
    }

    fn kaiming(&self, shape: &[usize], fan: Fan, nonlinearity: Nonlinearity) -> Result<f64> {
        let (fan_in, fan_out) = self.fans(shape)?;
        let fan = if fan == Fan::In { fan_in } else { fan_out };
        Ok(nonlinearity.gain() / fan.sqrt())
    }

    /// The inputs of an output and the outputs of an input, of a weight `[out, in, kernel ..]`.
    fn fans(&self, shape: &[usize]) -> Result<(f64, f64)> {
        let &[outputs, inputs, ref kernel @ ..] = shape else {
            let cure = "Give a weight `[out, in, ..]`, or another rule, such as uniform or zeros.";
            return Err(self.refuse_shape(
                shape,
                "fan in and fan out need at least two axes",
                cure,
            ));
        };
        let field: usize = kernel.iter().product();
        Ok(((inputs * field) as f64, (outputs * field) as f64))
    }

    fn refuse_shape(&self, shape: &[usize], rule: &str, cure: &str) -> Error {
        let problem = format!("the tensor has shape {shape:?}: {rule}");
        Error::Shape {
            op: self.name(),
            problem,
            cure: cure.into(),
        }
    }

    fn not_negative(&self, argument: &'static str, value: f64) -> Result<()> {
        if value >= 0.0 {
            return Ok(());
        }
        Err(Error::InvalidArgument {
            op: self.name(),
            argument,
            value: value.to_string(),
            problem: "it has to be a number from 0 up".into(),
            cure: "Give another one.".into(),
        })
    }

    fn ordered(&self, low: f64, high: f64) -> Result<()> {
        if low <= high {
            return Ok(());
        }
        Err(Error::InvalidArgument {
            op: self.name(),
            argument: "low",
            value: low.to_string(),
            problem: format!("it is not below high = {high}"),
            cure: "Give the smaller number as low.".into(),
        })
    }

    fn name(&self) -> &'static str {
        match self {
            Init::Uniform { .. } => "uniform_",
            Init::Normal { .. } => "normal_",
            Init::TruncNormal { .. } => "trunc_normal_",
            Init::Constant(_) => "constant_",
            Init::Eye => "eye_",
            Init::XavierUniform { .. } => "xavier_uniform_",
            Init::XavierNormal { .. } => "xavier_normal_",
            Init::KaimingUniform { .. } => "kaiming_uniform_",
            Init::KaimingNormal { .. } => "kaiming_normal_",
        }
    }
}

fn real<T: Real>(value: f64) -> T {
    <T as num_traits::NumCast>::from(value).expect("a float holds every f64, rounded")
}

/// Writes `value`.
///
/// # Panics
/// If the tensor is not of floating point.
///
/// ```
/// let bias = retrograd::zeros([2]);
/// retrograd::nn::init::constant_(&bias, 0.1);
/// assert_eq!(bias.to_vec::<f32>(), [0.1, 0.1]);
/// ```
#[track_caller]
pub fn constant_(tensor: &Tensor, value: f64) {
    Init::Constant(value).apply_(tensor);
}

macro_rules! with_defaults {
    ($($(#[$doc:meta])* $name:ident = $init:expr;)*) => { $(
        $(#[$doc])*
        ///
        /// # Panics
        /// If the tensor is not of floating point, or the rule does not fit its shape; [`Init::try_apply_`] returns
        /// the error.
        ///
        /// ```
        /// let weight = retrograd::zeros([3, 4]);
        #[doc = concat!("retrograd::nn::init::", stringify!($name), "(&weight);")]
        /// assert_eq!(weight.shape(), [3, 4]);
        /// ```
        #[track_caller]
        pub fn $name(tensor: &Tensor) {
            $init.apply_(tensor);
        }
    )* };
}

const KAIMING: Nonlinearity = Nonlinearity::LeakyRelu(0.0);

with_defaults! {
    /// Uniform from 0 to 1.
    uniform_ = Init::Uniform { low: 0.0, high: 1.0 };
    /// Normal with mean 0 and standard deviation 1.
    normal_ = Init::Normal { mean: 0.0, std: 1.0 };
    /// Standard normal between -2 and 2.
    trunc_normal_ = Init::TruncNormal { mean: 0.0, std: 1.0, low: -2.0, high: 2.0 };
    /// Zeros.
    zeros_ = Init::Constant(0.0);
    /// Ones.
    ones_ = Init::Constant(1.0);
    /// The identity matrix.
    eye_ = Init::Eye;
    /// [`Init::XavierUniform`] with gain 1.
    xavier_uniform_ = Init::XavierUniform { gain: 1.0 };
    /// [`Init::XavierNormal`] with gain 1.
    xavier_normal_ = Init::XavierNormal { gain: 1.0 };
    /// [`Init::KaimingUniform`] by the inputs, for a rectifier.
    kaiming_uniform_ = Init::KaimingUniform { fan: Fan::In, nonlinearity: KAIMING };
    /// [`Init::KaimingNormal`] by the inputs, for a rectifier.
    kaiming_normal_ = Init::KaimingNormal { fan: Fan::In, nonlinearity: KAIMING };
}
