//! Padding as modules.

use super::print::{list, python};
use super::{Forward, Module};
use crate::error::OrPanic;
use crate::functional::{self, PadMode};
use crate::{Result, Tensor};

/// How much comes before and behind each axis: one number for all, or two for the last axis, then two for the one
/// before it.
pub trait Edges<const N: usize> {
    #[doc(hidden)]
    fn edges(self) -> [i64; N];
}

impl<const N: usize> Edges<N> for i64 {
    fn edges(self) -> [i64; N] {
        [self; N]
    }
}

impl<const N: usize> Edges<N> for [i64; N] {
    fn edges(self) -> [i64; N] {
        self
    }
}

macro_rules! pads {
    ($($(#[$doc:meta])* $Pad:ident, $N:literal, $mode:expr, $input:expr, $output:expr;)*) => { $(
        $(#[$doc])*
        ///
        /// ```
        #[doc = concat!("use retrograd::nn::{Forward, ", stringify!($Pad), "};")]
        #[doc = concat!("let y = ", stringify!($Pad), "::new(1).forward(&retrograd::ones(", stringify!($input), "));")]
        #[doc = concat!("assert_eq!(y.shape(), ", stringify!($output), ");")]
        /// ```
        #[derive(Debug, Clone, Copy, Module)]
        #[module(extra_repr = $Pad::describe)]
        pub struct $Pad {
            #[module(skip)]
            padding: [i64; $N],
        }

        impl $Pad {
            /// One number for all edges, or two for the last axis, then two for the one before it.
            pub fn new(padding: impl Edges<$N>) -> Self {
                $Pad { padding: padding.edges() }
            }

            fn describe(&self) -> String {
                list(&self.padding)
            }
        }

        impl Forward for $Pad {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                self.try_forward(x).or_panic()
            }

            #[track_caller]
            fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
                functional::try_pad(x, self.padding, $mode)
            }
        }
    )* };
}

pads! {
    /// Zeros around the last axis.
    ZeroPad1d, 2, PadMode::Constant(0.0), [2, 3], [2, 5];
    /// Zeros around the last two axes.
    ZeroPad2d, 4, PadMode::Constant(0.0), [1, 2, 3], [1, 4, 5];
    /// The last axis reflected at its ends.
    ReflectionPad1d, 2, PadMode::Reflect, [2, 3], [2, 5];
    /// The last two axes reflected at their ends.
    ReflectionPad2d, 4, PadMode::Reflect, [1, 2, 3], [1, 4, 5];
    /// The outermost elements repeated beyond the ends of the last axis.
    ReplicationPad1d, 2, PadMode::Replicate, [2, 3], [2, 5];
    /// The outermost elements repeated beyond the ends of the last two axes.
    ReplicationPad2d, 4, PadMode::Replicate, [1, 2, 3], [1, 4, 5];
    /// The last axis goes on from its other end.
    CircularPad1d, 2, PadMode::Circular, [2, 3], [2, 5];
    /// The last two axes go on from their other ends.
    CircularPad2d, 4, PadMode::Circular, [1, 2, 3], [1, 4, 5];
}

macro_rules! constant {
    ($($(#[$doc:meta])* $Pad:ident, $N:literal, $printed:literal;)*) => { $(
        $(#[$doc])*
        ///
        /// ```
        #[doc = concat!("use retrograd::nn::", stringify!($Pad), ";")]
        #[doc = concat!("assert_eq!(", stringify!($Pad), "::new(1, 2.0).to_string(), \"", $printed, "\");")]
        /// ```
        #[derive(Debug, Clone, Copy, Module)]
        #[module(extra_repr = $Pad::describe)]
        pub struct $Pad {
            #[module(skip)]
            padding: [i64; $N],
            value: f64,
        }

        impl $Pad {
            /// One number for all edges, or two for the last axis, then two for the one before it; and what stands
            /// there.
            pub fn new(padding: impl Edges<$N>, value: f64) -> Self {
                $Pad { padding: padding.edges(), value }
            }

            fn describe(&self) -> String {
                format!("padding={}, value={}", list(&self.padding), python(self.value))
            }
        }

        impl Forward for $Pad {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                self.try_forward(x).or_panic()
            }

            #[track_caller]
            fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
                functional::try_pad(x, self.padding, PadMode::Constant(self.value))
            }
        }
    )* };
}

constant! {
    /// A number around the last axis.
    ConstantPad1d, 2, "ConstantPad1d(padding=(1, 1), value=2.0)";
    /// A number around the last two axes.
    ConstantPad2d, 4, "ConstantPad2d(padding=(1, 1, 1, 1), value=2.0)";
}
