//! Pools as modules.

use super::print::{flag, list};
use super::{Forward, Module};
use crate::error::OrPanic;
use crate::functional::{
    self, AvgPool1dOptions, AvgPool2dOptions, MaxPool1dOptions, MaxPool2dOptions, Sizes,
};
use crate::ops::window::Extent;
use crate::{Result, Tensor};

macro_rules! pools {
    ($($(#[$doc:meta])* $Pool:ident, $D:literal, $Options:ident, |$x:ident, $kernel:ident, $options:ident| $forward:expr,
        |$k:ident, $o:ident| $text:expr, $printed:literal;)*) => { $(
        $(#[$doc])*
        ///
        /// ```
        #[doc = concat!("use retrograd::nn::", stringify!($Pool), ";")]
        #[doc = concat!("assert_eq!(", stringify!($Pool), "::new(3).to_string(), \"", $printed, "\");")]
        /// ```
        #[derive(Debug, Clone, Copy, Module)]
        #[module(extra_repr = $Pool::describe)]
        pub struct $Pool {
            #[module(skip)]
            kernel_size: Extent<$D>,
            #[module(skip)]
            options: $Options,
        }

        impl $Pool {
            /// Windows of this size that do not overlap.
            pub fn new(kernel_size: impl Sizes<$D>) -> Self {
                Self::with(kernel_size, $Options::new())
            }

            /// Windows of this size, by these settings.
            pub fn with(kernel_size: impl Sizes<$D>, options: $Options) -> Self {
                $Pool { kernel_size: kernel_size.extent(), options }
            }

            fn describe(&self) -> String {
                let ($k, $o) = (self.kernel_size, &self.options);
                $text
            }
        }

        impl Forward for $Pool {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                self.try_forward(x).or_panic()
            }

            #[track_caller]
            fn try_forward(&self, $x: &Tensor) -> Result<Tensor> {
                let ($kernel, $options) = (self.kernel_size.sizes, self.options);
                $forward
            }
        }
    )* };
}

pools! {
    /// The greatest element of every window along the last axis of `[batch, channels, length]`.
    MaxPool1d, 1, MaxPool1dOptions, |x, kernel, options| functional::try_max_pool1d(x, kernel[0], options),
        |kernel, options| options.describe(kernel),
        "MaxPool1d(kernel_size=3, stride=3, padding=0, dilation=1, ceil_mode=False)";
    /// The greatest element of every window over the last two axes of `[batch, channels, height, width]`.
    MaxPool2d, 2, MaxPool2dOptions, |x, kernel, options| functional::try_max_pool2d(x, kernel, options),
        |kernel, options| options.describe(kernel),
        "MaxPool2d(kernel_size=3, stride=3, padding=0, dilation=1, ceil_mode=False)";
    /// The means of windows along the last axis of `[batch, channels, length]`.
    AvgPool1d, 1, AvgPool1dOptions, |x, kernel, options| functional::try_avg_pool1d(x, kernel[0], options),
        |kernel, options| {
            let stride = options.stride.unwrap_or(kernel);
            let [kernel, stride, padding] = [kernel, stride, options.padding].map(|size| list(&size.sizes));
            format!("kernel_size={kernel}, stride={stride}, padding={padding}")
        },
        "AvgPool1d(kernel_size=(3,), stride=(3,), padding=(0,))";
    /// The means of windows over the last two axes of `[batch, channels, height, width]`.
    AvgPool2d, 2, AvgPool2dOptions, |x, kernel, options| functional::try_avg_pool2d(x, kernel, options),
        |kernel, options| {
            let stride = options.stride.unwrap_or(kernel);
            format!("kernel_size={kernel}, stride={stride}, padding={}", options.padding)
        },
        "AvgPool2d(kernel_size=3, stride=3, padding=0)";
}

impl<const D: usize> functional::MaxPoolOptions<D> {
    fn describe(&self, kernel: Extent<D>) -> String {
        format!(
            "kernel_size={kernel}, stride={}, padding={}, dilation={}, ceil_mode={}",
            self.stride.unwrap_or(kernel),
            self.padding,
            self.dilation,
            flag(self.ceil_mode)
        )
    }
}

macro_rules! adaptive {
    ($($(#[$doc:meta])* $Pool:ident, $D:literal, |$x:ident, $size:ident| $forward:expr, $input:literal, $output:literal;)*) => { $(
        $(#[$doc])*
        ///
        /// ```
        #[doc = concat!("use retrograd::nn::{Forward, ", stringify!($Pool), "};")]
        #[doc = concat!("let y = ", stringify!($Pool), "::new(2).forward(&retrograd::ones(", $input, "));")]
        #[doc = concat!("assert_eq!(y.shape(), ", $output, ");")]
        /// ```
        #[derive(Debug, Clone, Copy, Module)]
        #[module(extra_repr = $Pool::describe)]
        pub struct $Pool {
            #[module(skip)]
            output_size: Extent<$D>,
        }

        impl $Pool {
            /// Windows that divide the axes into this many parts.
            pub fn new(output_size: impl Sizes<$D>) -> Self {
                $Pool { output_size: output_size.extent() }
            }

            fn describe(&self) -> String {
                format!("output_size={}", self.output_size)
            }
        }

        impl Forward for $Pool {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                self.try_forward(x).or_panic()
            }

            #[track_caller]
            fn try_forward(&self, $x: &Tensor) -> Result<Tensor> {
                let $size = self.output_size.sizes;
                $forward
            }
        }
    )* };
}

adaptive! {
    /// The means of windows that divide the last axis of `[batch, channels, length]`.
    AdaptiveAvgPool1d, 1, |x, size| functional::try_adaptive_avg_pool1d(x, size[0]), "[1, 3, 7]", "[1, 3, 2]";
    /// The means of windows that divide the last two axes of `[batch, channels, height, width]`.
    AdaptiveAvgPool2d, 2, |x, size| functional::try_adaptive_avg_pool2d(x, size), "[1, 3, 7, 5]", "[1, 3, 2, 2]";
}
