//! Losses, as modules with settings and as functions with the defaults.
//!
//! All reduce by the mean unless told otherwise. Shapes that do not agree are refused: a loss never broadcasts.
//!
//! ```
//! use retrograd::{loss, prelude::*};
//! let (out, y) = (tensor![[0.8], [0.3]], tensor![[1.0], [0.0]]);
//! let loss = loss::bce(&out, &y);
//! let same = loss::Bce::new().forward(&out, &y);
//! assert_eq!(loss, same);
//! ```

mod binary;
mod class;
mod distance;

pub use binary::{Bce, BceWithLogits, bce, bce_with_logits};
pub use class::{CrossEntropy, Nll, cross_entropy, nll};
pub use distance::{L1, Mse, l1, mse, mse_broadcast};

use crate::error::{Error, Result};
use crate::{DType, Tensor};

/// What becomes of the losses of a batch's elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Reduction {
    /// Their mean, weighted where the loss has weights of classes.
    #[default]
    Mean,
    /// Their sum.
    Sum,
    /// They are returned as they are.
    None,
}

impl Reduction {
    #[track_caller]
    fn of(self, losses: Tensor) -> Tensor {
        match self {
            Reduction::Mean => losses.mean(),
            Reduction::Sum => losses.sum(),
            Reduction::None => losses,
        }
    }
}

/// Refuses an input that is no float, and casts the target to the input's type.
fn prepare(op: &'static str, input: &Tensor, target: &Tensor) -> Result<Tensor> {
    if !input.dtype().is_float() {
        return Err(Error::DType {
            op,
            problem: format!(
                "the input holds {}, and a loss needs floating-point numbers",
                input.dtype()
            ),
            cure: "Cast it first, with `.to(F32)`.".into(),
        });
    }
    if input.shape() != target.shape() {
        return Err(Error::Shape {
            op,
            problem: format!(
                "the input has shape {:?} and the target {:?}",
                input.shape(),
                target.shape()
            ),
            cure: match (input.rank(), target.rank()) {
                (i, t) if i == t + 1 => {
                    "Add the axis to the target, with `unsqueeze(-1)`, or squeeze the input."
                }
                (i, t) if t == i + 1 => {
                    "Add the axis to the input, with `unsqueeze(-1)`, or squeeze the target."
                }
                _ if op == "mse" => {
                    "Both must have one shape; `mse_broadcast` is there for those who mean it."
                }
                _ => "Both must have one shape: a loss does not broadcast.",
            }
            .into(),
        });
    }
    Ok(match target.dtype() {
        DType::F64 if input.dtype() == DType::F32 => target.clone(),
        _ => target.to(input.dtype()),
    })
}

/// Whether every row along the classes adds up to 1 with nothing outside of 0 to 1: the work of a softmax.
fn looks_like_probabilities(input: &Tensor, axis: i64) -> bool {
    let rows = input.detach().double();
    let inside = rows.ge(0.0) & rows.le(1.0);
    let whole = (rows.sum_dim(axis) - 1.0).abs().le(1e-4);
    input.numel() > 0 && (inside.all().item::<bool>()) && whole.all().item::<bool>()
}

/// Warns of a likely slip, in debug builds.
#[track_caller]
fn warn_if_probabilities(op: &str, input: &Tensor, axis: i64, cure: &str) {
    if cfg!(debug_assertions) && looks_like_probabilities(input, axis) {
        crate::warning::warn(format!(
            "{op}: every row of the input adds up to 1, as probabilities do. {cure}"
        ));
    }
}

/// Declares what all losses share: how the reduction is set, and the forward pass with its panicking twin.
macro_rules! forward {
    ($Loss:ident) => {
        impl $Loss {
            /// What becomes of the elements' losses; default the mean.
            pub fn reduction(mut self, reduction: Reduction) -> Self {
                self.reduction = reduction;
                self
            }

            /// The loss of `input` against `target`.
            ///
            /// # Panics
            /// If shapes, types or values do not fit; [`try_forward`](Self::try_forward) returns the error.
            #[track_caller]
            pub fn forward(&self, input: &Tensor, target: &Tensor) -> Tensor {
                crate::error::OrPanic::or_panic(self.try_forward(input, target))
            }
        }
    };
}
use forward;

/// What the losses say of themselves as operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    let parts = [
        binary::operators(),
        class::operators(),
        distance::operators(),
    ];
    parts.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tensor;

    #[test]
    fn probabilities_are_told_from_scores() {
        let scores = tensor![[1.0, -2.0, 0.5], [0.1, 0.2, 0.9]];
        assert!(!looks_like_probabilities(&scores, 1));
        assert!(looks_like_probabilities(&scores.softmax(1), 1));
        assert!(!looks_like_probabilities(&scores.log_softmax(1), 1));
    }
}
