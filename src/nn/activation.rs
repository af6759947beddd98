//! Activations as modules.

use super::{Forward, Module};
use crate::error::OrPanic;
use crate::{Result, Tensor};

macro_rules! activations {
    ($($(#[$doc:meta])* $T:ident = $method:ident;)*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default, Module)]
        pub struct $T;

        impl Forward for $T {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                x.$method()
            }
        }
    )* };
}

activations! {
    /// `1 / (1 + exp(-x))`, elementwise.
    ///
    /// ```
    /// use retrograd::nn::{Forward, Sigmoid};
    /// assert_eq!(Sigmoid.forward(&retrograd::tensor![0.0]).item::<f32>(), 0.5);
    /// ```
    Sigmoid = sigmoid;

    /// The hyperbolic tangent, elementwise.
    ///
    /// ```
    /// use retrograd::nn::{Forward, Tanh};
    /// assert_eq!(Tanh.forward(&retrograd::tensor![0.0]).item::<f32>(), 0.0);
    /// ```
    Tanh = tanh;

    /// `max(x, 0)`, elementwise.
    ///
    /// ```
    /// use retrograd::nn::{Forward, ReLU};
    /// assert_eq!(ReLU.forward(&retrograd::tensor![-1.0, 2.0]).to_vec::<f32>(), [0.0, 2.0]);
    /// ```
    ReLU = relu;

    /// The input itself.
    ///
    /// ```
    /// use retrograd::nn::{Forward, Identity};
    /// let x = retrograd::tensor![1.0];
    /// assert!(Identity.forward(&x).is_same(&x));
    /// ```
    Identity = clone;
}

macro_rules! softmaxes {
    ($($(#[$doc:meta])* $T:ident = $try_method:ident;)*) => { $(
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
            fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
                x.$try_method(self.dim)
            }
        }
    )* };
}

softmaxes! {
    /// `exp(x) / sum(exp(x))` along one axis.
    ///
    /// ```
    /// use retrograd::nn::{Forward, Softmax};
    /// assert_eq!(Softmax::new(-1).forward(&retrograd::tensor![[1.0, 1.0]]).to_vec::<f32>(), [0.5, 0.5]);
    /// ```
    Softmax = try_softmax;

    /// The logarithm of [`Softmax`], without its loss of accuracy.
    ///
    /// ```
    /// use retrograd::nn::{Forward, LogSoftmax};
    /// let out = LogSoftmax::new(1).forward(&retrograd::tensor![[1e4, 0.0]]);
    /// assert_eq!(out.to_vec::<f32>(), [0.0, -1e4]);
    /// ```
    LogSoftmax = try_log_softmax;
}
