//! Dropout of elements and of channels.

use super::{Forward, Module, Training};
use crate::error::OrPanic;
use crate::{Error, Result, Tensor, functional};

macro_rules! dropouts {
    ($($(#[$doc:meta])* $Dropout:ident = $try_dropout:ident;)*) => { $(
        $(#[$doc])*
        /// In evaluation it returns its input. Draws from the thread's default generator, as PyTorch does.
        ///
        /// ```
        #[doc = concat!("use retrograd::nn::{", stringify!($Dropout), ", Forward, Module};")]
        #[doc = concat!("let (dropout, x) = (", stringify!($Dropout), "::new(0.5), retrograd::ones([2, 3, 4]));")]
        /// assert_eq!(dropout.forward(&x).shape(), [2, 3, 4]);
        /// dropout.eval();
        /// assert_eq!(dropout.forward(&x), x);
        /// ```
        #[derive(Debug, Module)]
        #[module(extra_repr = $Dropout::describe)]
        pub struct $Dropout {
            p: f64,
            /// Whether anything is dropped.
            pub training: Training,
        }

        impl $Dropout {
            /// Drops with probability `p`.
            ///
            /// # Panics
            /// If `p` is not from 0 to 1; [`try_new`](Self::try_new) returns the error.
            ///
            /// ```
            #[doc = concat!("let printed = retrograd::nn::", stringify!($Dropout), "::new(0.25).to_string();")]
            #[doc = concat!("assert_eq!(printed, \"", stringify!($Dropout), "(p=0.25, inplace=False)\");")]
            /// ```
            #[track_caller]
            pub fn new(p: f64) -> Self {
                Self::try_new(p).or_panic()
            }

            /// As [`new`](Self::new), with the error returned.
            ///
            /// # Errors
            /// If `p` is not from 0 to 1.
            ///
            /// ```
            #[doc = concat!("assert!(retrograd::nn::", stringify!($Dropout), "::try_new(1.5).is_err());")]
            /// ```
            pub fn try_new(p: f64) -> Result<Self> {
                check(stringify!($Dropout), p)?;
                Ok($Dropout { p, training: Training::new() })
            }

            fn describe(&self) -> String {
                format!("p={:?}, inplace=False", self.p)
            }
        }

        impl Forward for $Dropout {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                self.try_forward(x).or_panic()
            }

            #[track_caller]
            fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
                functional::$try_dropout(x, self.p, self.training.get())
            }
        }
    )* };
}

fn check(op: &'static str, p: f64) -> Result<()> {
    if (0.0..=1.0).contains(&p) {
        return Ok(());
    }
    Err(Error::InvalidArgument {
        op,
        argument: "p",
        value: p.to_string(),
        problem: "a probability is from 0 to 1".into(),
        cure: "Give the share of elements to drop, such as 0.5.".into(),
    })
}

dropouts! {
    /// In training, zeroes each element with probability `p` and multiplies the others by `1 / (1 - p)`.
    Dropout = try_dropout;
    /// In training, zeroes each channel of `[batch, channels, length]` with probability `p` and multiplies the others
    /// by `1 / (1 - p)`.
    Dropout1d = try_dropout1d;
    /// In training, zeroes each channel of `[batch, channels, height, width]` with probability `p` and multiplies the
    /// others by `1 / (1 - p)`.
    Dropout2d = try_dropout2d;
    /// In training, sets each element with probability `p` to the floor of a [`SELU`](super::SELU), and keeps mean 0
    /// and variance 1.
    AlphaDropout = try_alpha_dropout;
    /// In training, sets each channel of `[batch, channels, ..]` with probability `p` to the floor of a
    /// [`SELU`](super::SELU), and keeps mean 0 and variance 1.
    FeatureAlphaDropout = try_feature_alpha_dropout;
}
