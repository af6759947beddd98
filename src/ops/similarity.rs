//! Lengths and angles of vectors: `normalize`, `cosine_similarity`, `pairwise_distance`.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible_fn;
use super::mean::check_float;
use crate::error::{Error, Result};
use crate::shape::broadcast;
use crate::tensor::result_dtype;
use crate::{Operand, Tensor};

macro_rules! options {
    ($($(#[$doc:meta])* $Options:ident { $($(#[$field_doc:meta])* $field:ident: $ty:ty = $default:expr),* })*) => { $(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq)]
        pub struct $Options {
            $($field: $ty,)*
        }

        impl Default for $Options {
            fn default() -> Self {
                Self::new()
            }
        }

        impl $Options {
            /// PyTorch's defaults.
            pub fn new() -> Self {
                $Options { $($field: $default),* }
            }

            $(
                $(#[$field_doc])*
                pub fn $field(mut self, $field: $ty) -> Self {
                    self.$field = $field;
                    self
                }
            )*
        }
    )* };
}
options! {
    /// Options of [`normalize`].
    ///
    /// ```
    /// use retrograd::functional::NormalizeOptions;
    /// let options = NormalizeOptions::new().p(1.0).axis(-1);
    /// ```
    NormalizeOptions {
        /// Which norm; default 2.
        p: f64 = 2.0,
        /// Along which axis the vectors lie; default 1.
        axis: i64 = 1,
        /// The least length that a vector is divided by; default 1e-12.
        eps: f64 = 1e-12
    }
    /// Options of [`cosine_similarity`].
    ///
    /// ```
    /// use retrograd::functional::CosineSimilarityOptions;
    /// let options = CosineSimilarityOptions::new().axis(-1);
    /// ```
    CosineSimilarityOptions {
        /// Along which axis the vectors lie; default 1.
        axis: i64 = 1,
        /// The least length that a vector is divided by; default 1e-8.
        eps: f64 = 1e-8
    }
    /// Options of [`pairwise_distance`].
    ///
    /// ```
    /// use retrograd::functional::PairwiseDistanceOptions;
    /// let options = PairwiseDistanceOptions::new().p(1.0).keepdim(true);
    /// ```
    PairwiseDistanceOptions {
        /// Which norm; default 2.
        p: f64 = 2.0,
        /// What is added to each difference; default 1e-6.
        eps: f64 = 1e-6,
        /// Whether the last axis stays, with size 1; default false.
        keepdim: bool = false
    }
}

/// The lengths along an axis, which stays.
#[track_caller]
fn lengths(x: &Tensor, p: f64, axis: i64) -> Result<Tensor> {
    x.try_norm_with(p, [axis], true)
}

fallible_fn! {
    /// Each vector along an axis over its length: `x / max(norm(x), eps)`.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers, or has no such axis.
    ///
    /// ```
    /// use retrograd::{functional::{NormalizeOptions, normalize}, prelude::*};
    /// let x = tensor![[3.0, 1.0], [0.0, 1.0]];
    /// let y = normalize(&x, NormalizeOptions::new().p(1.0));
    /// assert_eq!(y, tensor![[0.75, 0.25], [0.0, 1.0]]);
    /// ```
    fn normalize | try_normalize(x: &Tensor, options: NormalizeOptions) -> Tensor {
        check_float("normalize", x)?;
        x.try_div(lengths(x, options.p, options.axis)?.try_clamp_min(options.eps)?)
    }

    /// The cosine of the angle between vectors along an axis, which goes, with broadcasting: the sum of
    /// `x / max(norm(x), eps) * y / max(norm(y), eps)`. As in PyTorch, the derivative is that of the formula without
    /// `eps`.
    ///
    /// # Panics
    /// If the shapes do not broadcast, no tensor holds floating-point numbers, or there is no such axis.
    ///
    /// ```
    /// use retrograd::{functional::{CosineSimilarityOptions, cosine_similarity}, prelude::*};
    /// let (x, y) = (tensor![[1.0, 0.0], [3.0, 0.0]], tensor![[0.0, 2.0], [1.0, 0.0]]);
    /// assert_eq!(cosine_similarity(&x, &y, CosineSimilarityOptions::new()), tensor![0.0, 1.0]);
    /// ```
    fn cosine_similarity | try_cosine_similarity(x: &Tensor, y: &Tensor, options: CosineSimilarityOptions) -> Tensor {
        let dtype = result_dtype(&[x.arg(), y.arg()]);
        if !dtype.is_float() {
            return Err(Error::DType {
                op: "cosine_similarity",
                problem: format!("the tensors hold {} and {}, and no angle is a whole number", x.dtype(), y.dtype()),
                cure: "Cast one of them first, with `.to(F32)`.".into(),
            });
        }
        let shape = broadcast("cosine_similarity", x.shape(), y.shape())?;
        let direction = |x: &Tensor| -> Result<Tensor> {
            let x = x.to(dtype).try_expand(&shape[..])?;
            let length = lengths(&x, 2.0, options.axis)?;
            x.try_div(at_least(&length, options.eps)?)
        };
        direction(x)?.try_mul(direction(y)?)?.try_sum_dim(options.axis)
    }

    /// The norm of `x - y + eps` along the last axis, with broadcasting.
    ///
    /// # Panics
    /// If the shapes do not broadcast, or the difference holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::{functional::{PairwiseDistanceOptions, pairwise_distance}, prelude::*};
    /// let (x, y) = (tensor![[1.0, 2.0]], tensor![[4.0, 6.0]]);
    /// assert_eq!(pairwise_distance(&x, &y, PairwiseDistanceOptions::new().eps(0.0)), tensor![5.0]);
    /// ```
    fn pairwise_distance | try_pairwise_distance(x: &Tensor, y: &Tensor, options: PairwiseDistanceOptions) -> Tensor {
        let difference = x.try_sub(y)?.try_add(options.eps)?;
        difference.try_norm_with(options.p, [-1], options.keepdim)
    }
}

/// The lengths, but at least `eps`, with the derivative of the lengths themselves.
#[track_caller]
fn at_least(length: &Tensor, eps: f64) -> Result<Tensor> {
    let short = length.detach().try_lt(eps)?;
    let raised = length.try_sub(length.detach())?.try_add(eps)?;
    Tensor::try_where(&short, raised, length)
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let pair = || [sample(&[3, 4], 0.5, 2.0, 0), sample(&[3, 4], -2.0, -0.5, 1)];
    let rows = || {
        [
            sample(&[2, 1, 3], 0.5, 2.0, 0),
            sample(&[2, 3], -2.0, -0.5, 1),
        ]
    };
    let last = CosineSimilarityOptions::new().axis(-1);
    vec![
        Operator::new(
            "nn.functional.normalize",
            "functional::normalize",
            [
                Case::new([sample(&[2, 3], 0.5, 2.0, 0)], |x| {
                    normalize(&x[0], NormalizeOptions::new())
                }),
                Case::new([sample(&[2, 3], 0.5, 2.0, 0)], |x| {
                    normalize(&x[0], NormalizeOptions::new().p(3.0).axis(0))
                }),
                Case::new([sample(&[2, 3], 0.5, 2.0, 0)], |x| {
                    normalize(&x[0], NormalizeOptions::new().eps(9.0))
                }),
            ],
        ),
        Operator::new(
            "nn.functional.cosine_similarity",
            "functional::cosine_similarity",
            [
                Case::new(pair(), move |x| cosine_similarity(&x[0], &x[1], last)),
                Case::new(rows(), move |x| cosine_similarity(&x[0], &x[1], last)),
            ],
        ),
        Operator::new(
            "nn.functional.pairwise_distance",
            "functional::pairwise_distance",
            [
                Case::new(pair(), |x| {
                    pairwise_distance(&x[0], &x[1], PairwiseDistanceOptions::new())
                })
                .apart(),
                Case::new(rows(), |x| {
                    let options = PairwiseDistanceOptions::new().p(3.0).eps(0.1).keepdim(true);
                    pairwise_distance(&x[0], &x[1], options)
                })
                .apart(),
            ],
        ),
    ]
}
