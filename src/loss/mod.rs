//! Losses, as modules with settings and as functions with the defaults.
//!
//! All reduce by the mean unless told otherwise. Shapes that do not agree are refused: a loss never broadcasts, unless
//! its documentation says so. The functions stand in [`functional`](crate::functional) too, under PyTorch's names; the
//! structs are modules, print as PyTorch's, and keep their class weights in the state.
//!
//! ```
//! use retrograd::{functional, loss, prelude::*};
//! let (out, y) = (tensor![[0.8], [0.3]], tensor![[1.0], [0.0]]);
//! let loss = loss::bce(&out, &y);
//! assert_eq!(loss, loss::Bce::new().forward(&out, &y));
//! assert_eq!(loss, functional::binary_cross_entropy(&out, &y));
//! assert_eq!(loss::Bce::new().to_string(), "BCELoss()");
//! ```

mod binary;
mod class;
mod count;
mod distance;
mod embedding;
mod margin;
mod multi_margin;
mod robust;

pub use binary::{Bce, BceWithLogits, bce, bce_with_logits, try_bce, try_bce_with_logits};
pub use class::{CrossEntropy, Nll, cross_entropy, nll, try_cross_entropy, try_nll};
pub use count::{
    GaussianNll, KlDiv, PoissonNll, gaussian_nll, kl_div, poisson_nll, try_gaussian_nll,
    try_kl_div, try_poisson_nll,
};
pub use distance::{L1, Mse, l1, mse, mse_broadcast, try_l1, try_mse, try_mse_broadcast};
pub use embedding::{
    CosineEmbedding, TripletMargin, cosine_embedding, triplet_margin, try_cosine_embedding,
    try_triplet_margin,
};
pub use margin::{
    HingeEmbedding, MarginRanking, MultiLabelSoftMargin, SoftMargin, hinge_embedding,
    margin_ranking, multilabel_soft_margin, soft_margin, try_hinge_embedding, try_margin_ranking,
    try_multilabel_soft_margin, try_soft_margin,
};
pub use multi_margin::{
    MultiLabelMargin, MultiMargin, multi_margin, multilabel_margin, try_multi_margin,
    try_multilabel_margin,
};
pub use robust::{Huber, SmoothL1, huber, smooth_l1, try_huber, try_smooth_l1};

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

/// By PyTorch's names, for settings that come as text.
///
/// ```
/// use retrograd::loss::Reduction;
/// assert_eq!("sum".parse::<Reduction>()?, Reduction::Sum);
/// assert!("total".parse::<Reduction>().is_err());
/// # Ok::<(), retrograd::Error>(())
/// ```
impl std::str::FromStr for Reduction {
    type Err = Error;

    fn from_str(name: &str) -> Result<Self> {
        match name {
            "mean" => Ok(Reduction::Mean),
            "sum" => Ok(Reduction::Sum),
            "none" => Ok(Reduction::None),
            other => Err(Error::InvalidArgument {
                op: "Reduction",
                argument: "reduction",
                value: format!("{other:?}"),
                problem: "there is no reduction of that name".into(),
                cure: "Give \"mean\", \"sum\" or \"none\".".into(),
            }),
        }
    }
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

/// Refuses an input that holds no floats.
fn check_float(op: &'static str, input: &Tensor) -> Result<()> {
    if input.dtype().is_float() {
        return Ok(());
    }
    Err(Error::DType {
        op,
        problem: format!(
            "the input holds {}, and a loss needs floating-point numbers",
            input.dtype()
        ),
        cure: "Cast it first, with `.to(F32)`.".into(),
    })
}

/// The target in the input's type; an `f64` one stays, as PyTorch's promotion has it.
fn cast(input: &Tensor, target: &Tensor) -> Tensor {
    match target.dtype() {
        DType::F64 if input.dtype() == DType::F32 => target.clone(),
        _ => target.to(input.dtype()),
    }
}

/// Refuses an input that is no float, and casts the target to the input's type.
fn prepare(op: &'static str, input: &Tensor, target: &Tensor) -> Result<Tensor> {
    check_float(op, input)?;
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
    Ok(cast(input, target))
}

/// A setting that the loss cannot use.
fn refuse(op: &'static str, argument: &'static str, value: f64, problem: &str) -> Error {
    Error::InvalidArgument {
        op,
        argument,
        value: value.to_string(),
        problem: problem.into(),
        cure: "The documentation of the loss names its default.".into(),
    }
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
    // The run before the one that is recorded has warned.
    let looks = cfg!(debug_assertions) && !crate::tape::trace::tracing();
    if looks && looks_like_probabilities(input, axis) {
        crate::warning::warn(format!(
            "{op}: every row of the input adds up to 1, as probabilities do. {cure}"
        ));
    }
}

/// Declares what all losses share: the constructor, the reduction, the forward pass that panics, the module with its
/// name as PyTorch prints it and its buffers, and the functions with the defaults.
macro_rules! loss {
    ($Loss:ident $printed:literal [$($buffer:ident),*] $function:ident $try_function:ident ($($arg:ident),+) {
        $($example:literal)+
    }) => {
        impl $Loss {
            /// The loss with its defaults, reduced by the mean.
            pub fn new() -> Self {
                Self::default()
            }

            /// What becomes of the elements' losses; default the mean.
            pub fn reduction(mut self, reduction: $crate::loss::Reduction) -> Self {
                self.reduction = reduction;
                self
            }

            /// The loss.
            ///
            /// # Panics
            /// If shapes, types or values do not fit; [`try_forward`](Self::try_forward) returns the error.
            #[track_caller]
            pub fn forward(&self, $($arg: &Tensor),+) -> Tensor {
                $crate::error::OrPanic::or_panic(self.try_forward($($arg),+))
            }
        }

        impl $crate::nn::Module for $Loss {
            fn name(&self) -> &str {
                $printed
            }

            fn visit<'a>(&'a self, _visitor: &mut dyn $crate::nn::Visitor<'a>) {
                $($crate::nn::Field::visit_field(&self.$buffer, stringify!($buffer), _visitor);)*
            }

            fn visit_mut(&mut self, _visitor: &mut dyn $crate::nn::VisitorMut) {
                $($crate::nn::Field::visit_field_mut(&mut self.$buffer, stringify!($buffer), _visitor);)*
            }
        }

        impl std::fmt::Display for $Loss {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                $crate::nn::fmt_module(self, f)
            }
        }

        #[doc = concat!("[`", stringify!($Loss), "`] with its defaults.")]
        ///
        /// # Panics
        #[doc = concat!("If shapes, types or values do not fit; [`", stringify!($try_function), "`] returns the error.")]
        ///
        /// ```
        /// use retrograd::{loss, prelude::*};
        $(#[doc = $example])+
        /// ```
        #[track_caller]
        pub fn $function($($arg: &Tensor),+) -> Tensor {
            $crate::error::OrPanic::or_panic($try_function($($arg),+))
        }

        #[doc = concat!("As [`", stringify!($function), "`], with the error returned.")]
        ///
        /// # Errors
        /// If shapes, types or values do not fit.
        #[track_caller]
        pub fn $try_function($($arg: &Tensor),+) -> Result<Tensor> {
            $Loss::new().try_forward($($arg),+)
        }
    };
}
use loss;

/// What the losses say of themselves as operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    let parts = [
        binary::operators(),
        class::operators(),
        count::operators(),
        distance::operators(),
        embedding::operators(),
        margin::operators(),
        multi_margin::operators(),
        robust::operators(),
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
