//! Activations as modules.

use super::print::python;
use super::{Forward, Module};
use crate::error::OrPanic;
use crate::functional;
use crate::{Result, Tensor};

macro_rules! activations {
    ($($(#[$doc:meta])* $T:ident = |$x:ident| $forward:expr, $at:literal => $value:literal;)*) => { $(
        $(#[$doc])*
        ///
        /// ```
        #[doc = concat!("use retrograd::nn::{Forward, ", stringify!($T), "};")]
        #[doc = concat!("let y = ", stringify!($T), ".forward(&retrograd::tensor![", $at, "]).item::<f32>();")]
        #[doc = concat!("assert!((y - ", $value, ").abs() < 1e-6, \"{y}\");")]
        /// ```
        #[derive(Debug, Clone, Copy, Default, Module)]
        pub struct $T;

        impl Forward for $T {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                self.try_forward(x).or_panic()
            }

            #[track_caller]
            fn try_forward(&self, $x: &Tensor) -> Result<Tensor> {
                $forward
            }
        }
    )* };
}

activations! {
    /// `1 / (1 + exp(-x))`, elementwise.
    Sigmoid = |x| Ok(x.sigmoid()), "0.0" => "0.5";
    /// The hyperbolic tangent, elementwise.
    Tanh = |x| Ok(x.tanh()), "0.0" => "0.0";
    /// `max(x, 0)`, elementwise.
    ReLU = |x| x.try_relu(), "-1.0" => "0.0";
    /// `min(max(x, 0), 6)`, elementwise.
    ReLU6 = |x| functional::try_relu6(x), "7.0" => "6.0";
    /// `scale (max(0, x) + min(0, alpha (exp(x) - 1)))` with the constants that keep mean 0 and variance 1
    /// (Klambauer et al. 2017), elementwise.
    SELU = |x| functional::try_selu(x), "1.0" => "1.050_701";
    /// `x sigmoid(x)`, elementwise.
    SiLU = |x| functional::try_silu(x), "0.0" => "0.0";
    /// `x tanh(softplus(x))`, elementwise.
    Mish = |x| functional::try_mish(x), "0.0" => "0.0";
    /// `x / (1 + |x|)`, elementwise.
    Softsign = |x| functional::try_softsign(x), "1.0" => "0.5";
    /// `log(sigmoid(x))`, elementwise.
    LogSigmoid = |x| functional::try_logsigmoid(x), "0.0" => "-0.693_147_2";
    /// `min(max(x + 3, 0), 6) / 6`, elementwise.
    Hardsigmoid = |x| functional::try_hardsigmoid(x), "0.0" => "0.5";
    /// `x min(max(x + 3, 0), 6) / 6`, elementwise.
    Hardswish = |x| functional::try_hardswish(x), "3.0" => "3.0";
    /// `x - tanh(x)`, elementwise.
    Tanhshrink = |x| functional::try_tanhshrink(x), "0.0" => "0.0";
}

/// `x Phi(x)` with the normal distribution function, by erf or by an approximation through tanh (Hendrycks and Gimpel
/// 2016), elementwise.
///
/// ```
/// use retrograd::nn::{Forward, GELU};
/// let y = GELU::new().forward(&retrograd::tensor![1.0]).item::<f32>();
/// assert!((y - 0.841_345).abs() < 1e-6);
/// assert_eq!(GELU::tanh().to_string(), "GELU(approximate='tanh')");
/// ```
#[derive(Debug, Clone, Copy, Default, Module)]
#[module(extra_repr = GELU::describe)]
pub struct GELU {
    approximate: bool,
}

impl GELU {
    /// By erf, PyTorch's `approximate="none"`.
    pub fn new() -> Self {
        Self::default()
    }

    /// By `tanh(sqrt(2 / pi) (x + 0.044715 x^3))`, PyTorch's `approximate="tanh"`.
    pub fn tanh() -> Self {
        GELU { approximate: true }
    }

    fn describe(&self) -> String {
        let how = if self.approximate { "tanh" } else { "none" };
        format!("approximate='{how}'")
    }
}

impl Forward for GELU {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        self.try_forward(x).or_panic()
    }

    #[track_caller]
    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        match self.approximate {
            true => functional::try_gelu_tanh(x),
            false => functional::try_gelu(x),
        }
    }
}

/// The input itself.
///
/// ```
/// use retrograd::nn::{Forward, Identity};
/// let x = retrograd::tensor![1.0];
/// assert!(Identity.forward(&x).is_same(&x));
/// ```
#[derive(Debug, Clone, Copy, Default, Module)]
pub struct Identity;

impl Forward for Identity {
    fn forward(&self, x: &Tensor) -> Tensor {
        x.clone()
    }
}

macro_rules! with_settings {
    ($($(#[$doc:meta])* $T:ident { $($setting:ident: $default:literal $what:literal),+ } = $try_function:ident,
        $printed:literal, $text:literal;)*) => { $(
        $(#[$doc])*
        ///
        /// ```
        #[doc = concat!("assert_eq!(retrograd::nn::", stringify!($T), "::new().to_string(), \"", $printed, "\");")]
        /// ```
        #[derive(Debug, Clone, Copy, Module)]
        #[module(extra_repr = $T::describe)]
        pub struct $T {
            $($setting: f64,)+
        }

        impl Default for $T {
            fn default() -> Self {
                $T { $($setting: $default),+ }
            }
        }

        impl $T {
            /// The default settings.
            pub fn new() -> Self {
                Self::default()
            }

            $(
                #[doc = concat!($what, "; default ", stringify!($default), ".")]
                pub fn $setting(mut self, $setting: f64) -> Self {
                    self.$setting = $setting;
                    self
                }
            )+

            fn describe(&self) -> String {
                format!($text $(, $setting = python(self.$setting))+)
            }
        }

        impl Forward for $T {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                self.try_forward(x).or_panic()
            }

            #[track_caller]
            fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
                functional::$try_function(x $(, self.$setting)+)
            }
        }
    )* };
}

with_settings! {
    /// `x` where it is positive, `negative_slope x` elsewhere.
    LeakyReLU { negative_slope: 0.01 "The slope below 0" } = try_leaky_relu,
        "LeakyReLU(negative_slope=0.01)", "negative_slope={negative_slope}";
    /// `x` where it is positive, `alpha (exp(x) - 1)` elsewhere (Clevert, Unterthiner and Hochreiter 2015).
    ELU { alpha: 1.0 "The level far below 0, negated" } = try_elu, "ELU(alpha=1.0)", "alpha={alpha}";
    /// `x` where it is positive, `alpha (exp(x / alpha) - 1)` elsewhere (Barron 2017).
    CELU { alpha: 1.0 "The level far below 0, negated" } = try_celu, "CELU(alpha=1.0)", "alpha={alpha}";
    /// `log(1 + exp(beta x)) / beta`, and `x` where `beta x` is above the threshold.
    Softplus { beta: 1.0 "The sharpness of the bend", threshold: 20.0 "From where on it is `x`" } = try_softplus,
        "Softplus(beta=1.0, threshold=20.0)", "beta={beta}, threshold={threshold}";
    /// `x` held between two bounds.
    Hardtanh { min_val: -1.0 "The lower bound", max_val: 1.0 "The upper bound" } = try_hardtanh,
        "Hardtanh(min_val=-1.0, max_val=1.0)", "min_val={min_val}, max_val={max_val}";
    /// `x` moved towards 0 by `lambd`, and 0 where that would change its sign.
    Softshrink { lambd: 0.5 "By how much" } = try_softshrink, "Softshrink(0.5)", "{lambd}";
    /// `x`, and 0 where its size is not above `lambd`.
    Hardshrink { lambd: 0.5 "The size from which `x` stays" } = try_hardshrink, "Hardshrink(0.5)", "{lambd}";
}

/// `x` where it is above a threshold, and one value elsewhere.
///
/// ```
/// use retrograd::nn::{Forward, Threshold};
/// let layer = Threshold::new(1.0, 9.0);
/// assert_eq!(layer.forward(&retrograd::tensor![0.5, 2.0]).to_vec::<f32>(), [9.0, 2.0]);
/// assert_eq!(layer.to_string(), "Threshold(threshold=1.0, value=9.0)");
/// ```
#[derive(Debug, Clone, Copy, Module)]
#[module(extra_repr = Threshold::describe)]
pub struct Threshold {
    threshold: f64,
    value: f64,
}

impl Threshold {
    /// `value` where the input is not above `threshold`.
    pub fn new(threshold: f64, value: f64) -> Self {
        Threshold { threshold, value }
    }

    fn describe(&self) -> String {
        format!(
            "threshold={}, value={}",
            python(self.threshold),
            python(self.value)
        )
    }
}

impl Forward for Threshold {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        self.try_forward(x).or_panic()
    }

    #[track_caller]
    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        functional::try_threshold(x, self.threshold, self.value)
    }
}

macro_rules! along_an_axis {
    ($($(#[$doc:meta])* $T:ident = |$x:ident, $dim:ident| $forward:expr;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Module)]
        #[module(extra_repr = $T::describe)]
        pub struct $T {
            dim: i64,
        }

        impl $T {
            /// Along `dim`; a negative one counts from the end.
            ///
            /// ```
            #[doc = concat!("let printed = retrograd::nn::", stringify!($T), "::new(1).to_string();")]
            #[doc = concat!("assert_eq!(printed, \"", stringify!($T), "(dim=1)\");")]
            /// ```
            pub fn new(dim: i64) -> Self {
                $T { dim }
            }

            fn describe(&self) -> String {
                format!("dim={}", self.dim)
            }
        }

        impl Forward for $T {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                self.try_forward(x).or_panic()
            }

            #[track_caller]
            fn try_forward(&self, $x: &Tensor) -> Result<Tensor> {
                let $dim = self.dim;
                $forward
            }
        }
    )* };
}

along_an_axis! {
    /// `exp(x) / sum(exp(x))` along one axis.
    ///
    /// ```
    /// use retrograd::nn::{Forward, Softmax};
    /// assert_eq!(Softmax::new(-1).forward(&retrograd::tensor![[1.0, 1.0]]).to_vec::<f32>(), [0.5, 0.5]);
    /// ```
    Softmax = |x, dim| x.try_softmax(dim);

    /// [`Softmax`] of the negated input.
    ///
    /// ```
    /// use retrograd::nn::{Forward, Softmin};
    /// assert_eq!(Softmin::new(-1).forward(&retrograd::tensor![[1.0, 1.0]]).to_vec::<f32>(), [0.5, 0.5]);
    /// ```
    Softmin = |x, dim| functional::try_softmin(x, dim);

    /// The logarithm of [`Softmax`], without its loss of accuracy.
    ///
    /// ```
    /// use retrograd::nn::{Forward, LogSoftmax};
    /// let out = LogSoftmax::new(1).forward(&retrograd::tensor![[1e4, 0.0]]);
    /// assert_eq!(out.to_vec::<f32>(), [0.0, -1e4]);
    /// ```
    LogSoftmax = |x, dim| x.try_log_softmax(dim);

    /// The first half along an axis times the sigmoid of the second (Dauphin et al. 2017).
    ///
    /// ```
    /// use retrograd::nn::{Forward, GLU};
    /// assert_eq!(GLU::new(-1).forward(&retrograd::tensor![4.0, 0.0]).to_vec::<f32>(), [2.0]);
    /// ```
    GLU = |x, dim| functional::try_glu(x, dim);
}
