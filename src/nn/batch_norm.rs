//! Normalisation of channels as modules, with running statistics.

use super::print::{flag, python};
use super::{Buffer, Forward, Module, Param, Training};
use crate::error::{Error, OrPanic};
use crate::functional::{self, BatchNormOptions};
use crate::{Result, Tensor, no_grad, ones, zeros};

macro_rules! norms {
    ($($(#[$doc:meta])* $Norm:ident, $try_norm:ident, $affine:literal, $track:literal, [$($rank:literal),+], $axes:literal,
        $printed:literal;)*) => { $(
        $(#[$doc])*
        ///
        /// ```
        #[doc = concat!("use retrograd::nn::", stringify!($Norm), ";")]
        #[doc = concat!("assert_eq!(", stringify!($Norm), "::new(4).to_string(), \"", $printed, "\");")]
        /// ```
        #[derive(Debug, Module)]
        #[module(extra_repr = $Norm::describe)]
        pub struct $Norm {
            /// What the normalised values are multiplied by, `[num_features]`, at first ones.
            pub weight: Option<Param>,
            /// What is added to them then, `[num_features]`, at first zeros.
            pub bias: Option<Param>,
            /// `[num_features]`, at first zeros.
            pub running_mean: Option<Buffer>,
            /// `[num_features]`, at first ones.
            pub running_var: Option<Buffer>,
            /// The batches seen in training.
            pub num_batches_tracked: Option<Buffer>,
            num_features: usize,
            eps: f64,
            momentum: Option<f64>,
            /// Whether statistics are the input's, and the running ones updated.
            pub training: Training,
        }

        impl $Norm {
            /// A layer of PyTorch's default settings for so many channels.
            pub fn new(num_features: usize) -> Self {
                let norm = $Norm {
                    weight: None,
                    bias: None,
                    running_mean: None,
                    running_var: None,
                    num_batches_tracked: None,
                    num_features,
                    eps: 1e-5,
                    momentum: Some(0.1),
                    training: Training::new(),
                };
                norm.affine($affine).track_running_stats($track)
            }

            /// What is added to the variance; default 1e-5.
            pub fn eps(mut self, eps: f64) -> Self {
                self.eps = eps;
                self
            }

            /// The weight of a batch in the running statistics; default 0.1. `None` gives all batches the same.
            pub fn momentum(mut self, momentum: impl Into<Option<f64>>) -> Self {
                self.momentum = momentum.into();
                self
            }

            /// Whether there are a weight and a bias.
            pub fn affine(mut self, affine: bool) -> Self {
                self.weight = affine.then(|| Param::new(ones([self.num_features])));
                self.bias = affine.then(|| Param::new(zeros([self.num_features])));
                self
            }

            /// Whether a layer with a weight has a bias too.
            pub fn bias(mut self, bias: bool) -> Self {
                self.bias = (bias && self.weight.is_some()).then(|| Param::new(zeros([self.num_features])));
                self
            }

            /// Whether running statistics are kept; without them evaluation uses the input's too.
            pub fn track_running_stats(mut self, track: bool) -> Self {
                self.running_mean = track.then(|| Buffer::new(zeros([self.num_features])));
                self.running_var = track.then(|| Buffer::new(ones([self.num_features])));
                self.num_batches_tracked = track.then(|| Buffer::new(Tensor::scalar(0i64)));
                self
            }

            fn describe(&self) -> String {
                format!(
                    "{}, eps={}, momentum={}, affine={}, bias={}, track_running_stats={}",
                    self.num_features,
                    python(self.eps),
                    self.momentum.map_or("None".into(), python),
                    flag(self.weight.is_some()),
                    flag(self.bias.is_some()),
                    flag(self.running_mean.is_some())
                )
            }

            fn check(&self, x: &Tensor) -> Result<()> {
                if [$($rank),+].contains(&x.rank()) {
                    return Ok(());
                }
                Err(Error::Shape {
                    op: stringify!($Norm),
                    problem: format!("the input has shape {:?}", x.shape()),
                    cure: concat!("Give ", $axes, ".").into(),
                })
            }

            /// The weight of this batch, which is counted if it is one of training.
            fn momentum_now(&self) -> Result<f64> {
                if let Some(tracked) = self.num_batches_tracked.as_deref().filter(|_| self.training.get()) {
                    no_grad(|| tracked.try_add_(1))?;
                    if self.momentum.is_none() {
                        return Ok(1.0 / tracked.try_item::<i64>()? as f64);
                    }
                }
                Ok(self.momentum.unwrap_or(0.0))
            }
        }

        impl Forward for $Norm {
            #[track_caller]
            fn forward(&self, x: &Tensor) -> Tensor {
                self.try_forward(x).or_panic()
            }

            #[track_caller]
            fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
                self.check(x)?;
                let momentum = self.momentum_now()?;
                let by_input = self.training.get() || self.running_mean.is_none();
                let mut options = BatchNormOptions::new().training(by_input).momentum(momentum).eps(self.eps);
                if let Some(weight) = &self.weight {
                    options = options.weight(weight);
                }
                if let Some(bias) = &self.bias {
                    options = options.bias(bias);
                }
                functional::$try_norm(x, self.running_mean.as_deref(), self.running_var.as_deref(), options)
            }
        }
    )* };
}

norms! {
    /// Normalisation of every channel over the batch: of `[batch, num_features]` or `[batch, num_features, length]`.
    BatchNorm1d, try_batch_norm, true, true, [2, 3], "`[batch, features]` or `[batch, features, length]`",
        "BatchNorm1d(4, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)";
    /// Normalisation of every channel over the batch: of `[batch, num_features, height, width]`.
    BatchNorm2d, try_batch_norm, true, true, [4], "`[batch, features, height, width]`",
        "BatchNorm2d(4, eps=1e-05, momentum=0.1, affine=True, bias=True, track_running_stats=True)";
    /// Normalisation of every channel of every sample: of `[batch, num_features, length]`.
    InstanceNorm1d, try_instance_norm, false, false, [3], "`[batch, features, length]`",
        "InstanceNorm1d(4, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)";
    /// Normalisation of every channel of every sample: of `[batch, num_features, height, width]`.
    InstanceNorm2d, try_instance_norm, false, false, [4], "`[batch, features, height, width]`",
        "InstanceNorm2d(4, eps=1e-05, momentum=0.1, affine=False, bias=False, track_running_stats=False)";
}
