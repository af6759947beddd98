//! Convolutions as modules.

use super::init::{Fan, Init, Nonlinearity};
use super::print::{flag, list};
use super::{Forward, Module, Param};
use crate::error::{Error, OrPanic};
use crate::functional::{
    self, Conv1dOptions, Conv2dOptions, ConvTranspose1dOptions, ConvTranspose2dOptions, PadMode,
    Padding, Sizes,
};
use crate::{Result, Tensor, zeros};

/// A weight `[.., fan in .., kernel]`, uniform in ±1/√fan_in.
fn weight(shape: &[usize]) -> Param {
    let weight = Param::new(zeros(shape));
    if weight.numel() > 0 {
        Init::KaimingUniform {
            fan: Fan::In,
            nonlinearity: Nonlinearity::LeakyRelu(5f64.sqrt()),
        }
        .apply_(&weight);
    }
    weight
}

/// A bias for a weight of that shape, uniform in ±1/√fan_in.
fn bias(count: usize, weight: &[usize]) -> Param {
    let bias = Param::new(zeros([count]));
    let fan: usize = weight[1..].iter().product();
    if fan > 0 {
        let bound = 1.0 / (fan as f64).sqrt();
        Init::Uniform {
            low: -bound,
            high: bound,
        }
        .apply_(&bias);
    }
    bias
}

fn check(op: &'static str, groups: usize, channels: [usize; 2], kernel: &[usize]) -> Result<()> {
    let refuse = |argument, value: String, problem: &str, cure: &str| {
        Err(Error::InvalidArgument {
            op,
            argument,
            value,
            problem: problem.into(),
            cure: cure.into(),
        })
    };
    if kernel.contains(&0) {
        return refuse(
            "kernel_size",
            format!("{kernel:?}"),
            "a window has at least one element",
            "Give sizes from 1 up.",
        );
    }
    if groups == 0
        || channels
            .iter()
            .any(|channels| !channels.is_multiple_of(groups))
    {
        return refuse(
            "groups",
            groups.to_string(),
            &format!(
                "{} channels in and {} out do not make so many groups",
                channels[0], channels[1]
            ),
            "Give a divisor of both.",
        );
    }
    Ok(())
}

macro_rules! convolution {
    ($(#[$doc:meta])* $Conv:ident, $D:literal, $Options:ident, $try_conv:ident, $shape:literal, $kernel:literal, $input:literal;) => {
        $(#[$doc])*
        ///
        /// The weight is uniform in ±1/√fan_in, then the bias, as PyTorch draws them.
        ///
        /// ```
        /// use retrograd::functional::*;
        #[doc = concat!("use retrograd::nn::{Forward, ", stringify!($Conv), "};")]
        #[doc = concat!("let layer = ", stringify!($Conv), "::with(4, 6, 3, ", stringify!($Options), "::new().padding(1).groups(2));")]
        #[doc = concat!("assert_eq!(layer.weight.shape(), ", $kernel, ");")]
        #[doc = concat!("assert_eq!(layer.forward(&retrograd::zeros(", $input, ")).shape(), ", $shape, ");")]
        /// ```
        #[derive(Debug, Module)]
        #[module(extra_repr = $Conv::describe)]
        pub struct $Conv {
            /// `[out_channels, in_channels / groups, kernel ..]`.
            pub weight: Param,
            /// `[out_channels]`.
            pub bias: Option<Param>,
            #[module(skip)]
            options: $Options,
            #[module(skip)]
            padding_mode: PadMode,
        }

        impl $Conv {
            /// A layer of the default settings, with a bias.
            ///
            /// # Panics
            /// If a size of the kernel is 0.
            #[track_caller]
            pub fn new(in_channels: usize, out_channels: usize, kernel_size: impl Sizes<$D>) -> Self {
                Self::with(in_channels, out_channels, kernel_size, $Options::new())
            }

            /// A layer of these settings, with a bias.
            ///
            /// # Panics
            /// If the channels do not make so many groups, or a size of the kernel is 0.
            #[track_caller]
            pub fn with(
                in_channels: usize,
                out_channels: usize,
                kernel_size: impl Sizes<$D>,
                options: $Options,
            ) -> Self {
                let mut layer = Self::without_bias(in_channels, out_channels, kernel_size, options);
                layer.bias = Some(bias(out_channels, layer.weight.shape()));
                layer
            }

            /// A layer of these settings without a bias: nothing is drawn for one either.
            ///
            /// # Panics
            /// If the channels do not make so many groups, or a size of the kernel is 0.
            #[track_caller]
            pub fn without_bias(
                in_channels: usize,
                out_channels: usize,
                kernel_size: impl Sizes<$D>,
                options: $Options,
            ) -> Self {
                let kernel = kernel_size.sizes();
                check(stringify!($Conv), options.groups, [in_channels, out_channels], &kernel).or_panic();
                let shape: Vec<usize> = [out_channels, in_channels / options.groups].into_iter().chain(kernel).collect();
                $Conv { weight: weight(&shape), bias: None, options, padding_mode: PadMode::default() }
            }

            /// What the padding consists of; default zeros.
            pub fn padding_mode(mut self, padding_mode: PadMode) -> Self {
                self.padding_mode = padding_mode;
                self
            }

            fn describe(&self) -> String {
                let shape = self.weight.shape();
                let options = &self.options;
                let mut text = format!(
                    "{}, {}, kernel_size={}, stride={}",
                    shape[1] * options.groups,
                    shape[0],
                    list(&shape[2..]),
                    list(&options.stride)
                );
                match options.padding {
                    Padding::Sizes(sizes) if sizes == [0; $D] => {}
                    Padding::Sizes(sizes) => text += &format!(", padding={}", list(&sizes)),
                    Padding::Same => text += ", padding=same",
                    Padding::Valid => {}
                }
                if options.dilation != [1; $D] {
                    text += &format!(", dilation={}", list(&options.dilation));
                }
                if options.groups != 1 {
                    text += &format!(", groups={}", options.groups);
                }
                if self.bias.is_none() {
                    text += ", bias=False";
                }
                match self.padding_mode {
                    PadMode::Constant(_) => {}
                    mode => text += &format!(", padding_mode={}", format!("{mode:?}").to_lowercase()),
                }
                text
            }
        }

        impl Forward for $Conv {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                self.try_forward(x).or_panic()
            }

            #[track_caller]
            fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
                let bias = self.bias.as_deref();
                if self.padding_mode == PadMode::default() {
                    return functional::$try_conv(x, &self.weight, bias, self.options);
                }
                let mut kernel = [0; $D];
                kernel.copy_from_slice(&self.weight.shape()[2..]);
                let pads = self.options.pads(stringify!($Conv), kernel)?;
                let pads: Vec<i64> = pads.iter().rev().flat_map(|&(a, b)| [a as i64, b as i64]).collect();
                let padded = functional::try_pad(x, pads, self.padding_mode)?;
                functional::$try_conv(&padded, &self.weight, bias, self.options.padding(Padding::Valid))
            }
        }
    };
}

convolution! {
    /// A convolution over one axis: `[batch, in_channels, length]` to `[batch, out_channels, length]`.
    Conv1d, 1, Conv1dOptions, try_conv1d, "[5, 6, 8]", "[6, 2, 3]", "[5, 4, 8]";
}
convolution! {
    /// A convolution over two axes: `[batch, in_channels, height, width]` to `[batch, out_channels, height, width]`.
    Conv2d, 2, Conv2dOptions, try_conv2d, "[5, 6, 8, 8]", "[6, 2, 3, 3]", "[5, 4, 8, 8]";
}

macro_rules! transposed {
    ($(#[$doc:meta])* $Conv:ident, $D:literal, $Options:ident, $try_conv:ident, $shape:literal, $kernel:literal, $input:literal;) => {
        $(#[$doc])*
        ///
        /// The weight is uniform in ±1/√fan_in, then the bias, as PyTorch draws them.
        ///
        /// ```
        /// use retrograd::functional::*;
        #[doc = concat!("use retrograd::nn::{Forward, ", stringify!($Conv), "};")]
        #[doc = concat!("let layer = ", stringify!($Conv), "::with(4, 6, 2, ", stringify!($Options), "::new().stride(2));")]
        #[doc = concat!("assert_eq!(layer.weight.shape(), ", $kernel, ");")]
        #[doc = concat!("assert_eq!(layer.forward(&retrograd::zeros(", $input, ")).shape(), ", $shape, ");")]
        /// ```
        #[derive(Debug, Module)]
        #[module(extra_repr = $Conv::describe)]
        pub struct $Conv {
            /// `[in_channels, out_channels / groups, kernel ..]`.
            pub weight: Param,
            /// `[out_channels]`.
            pub bias: Option<Param>,
            #[module(skip)]
            options: $Options,
        }

        impl $Conv {
            /// A layer of the default settings, with a bias.
            ///
            /// # Panics
            /// If a size of the kernel is 0.
            #[track_caller]
            pub fn new(in_channels: usize, out_channels: usize, kernel_size: impl Sizes<$D>) -> Self {
                Self::with(in_channels, out_channels, kernel_size, $Options::new())
            }

            /// A layer of these settings, with a bias.
            ///
            /// # Panics
            /// If the channels do not make so many groups, or a size of the kernel is 0.
            #[track_caller]
            pub fn with(
                in_channels: usize,
                out_channels: usize,
                kernel_size: impl Sizes<$D>,
                options: $Options,
            ) -> Self {
                let mut layer = Self::without_bias(in_channels, out_channels, kernel_size, options);
                layer.bias = Some(bias(out_channels, layer.weight.shape()));
                layer
            }

            /// A layer of these settings without a bias: nothing is drawn for one either.
            ///
            /// # Panics
            /// If the channels do not make so many groups, or a size of the kernel is 0.
            #[track_caller]
            pub fn without_bias(
                in_channels: usize,
                out_channels: usize,
                kernel_size: impl Sizes<$D>,
                options: $Options,
            ) -> Self {
                let kernel = kernel_size.sizes();
                check(stringify!($Conv), options.groups, [in_channels, out_channels], &kernel).or_panic();
                let shape: Vec<usize> = [in_channels, out_channels / options.groups].into_iter().chain(kernel).collect();
                $Conv { weight: weight(&shape), bias: None, options }
            }

            fn describe(&self) -> String {
                let (shape, options) = (self.weight.shape(), &self.options);
                let mut text = format!(
                    "{}, {}, kernel_size={}, stride={}",
                    shape[0],
                    shape[1] * options.groups,
                    list(&shape[2..]),
                    list(&options.stride)
                );
                for (name, sizes, default) in [
                    ("padding", options.padding, [0; $D]),
                    ("dilation", options.dilation, [1; $D]),
                    ("output_padding", options.output_padding, [0; $D]),
                ] {
                    if sizes != default {
                        text += &format!(", {name}={}", list(&sizes));
                    }
                }
                if options.groups != 1 {
                    text += &format!(", groups={}", options.groups);
                }
                if self.bias.is_none() {
                    text += &format!(", bias={}", flag(false));
                }
                text
            }
        }

        impl Forward for $Conv {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                self.try_forward(x).or_panic()
            }

            #[track_caller]
            fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
                functional::$try_conv(x, &self.weight, self.bias.as_deref(), self.options)
            }
        }
    };
}

transposed! {
    /// A transposed convolution over one axis: `[batch, in_channels, length]` to `[batch, out_channels, length]`.
    ConvTranspose1d, 1, ConvTranspose1dOptions, try_conv_transpose1d, "[5, 6, 16]", "[4, 6, 2]", "[5, 4, 8]";
}
transposed! {
    /// A transposed convolution over two axes: `[batch, in_channels, height, width]` to
    /// `[batch, out_channels, height, width]`.
    ConvTranspose2d, 2, ConvTranspose2dOptions, try_conv_transpose2d, "[5, 6, 16, 16]", "[4, 6, 2, 2]", "[5, 4, 8, 8]";
}
