//! Losses of vectors that should lie near one another or apart.

use super::{Reduction, cast, check_float, loss, refuse};
use crate::Tensor;
use crate::error::{Error, Result};
use crate::shape::broadcast;

/// The triplet loss, `torch.nn.TripletMarginLoss`: `max(|a - p| - |a - n| + margin, 0)` for an anchor `a`, a vector `p`
/// that belongs to it and one `n` that does not, along the last axis. The distances are p-norms of the differences plus
/// `eps`. All three have as many axes, and broadcast.
///
/// ```
/// use retrograd::{loss::TripletMargin, prelude::*};
/// let (a, p, n) = (tensor![[0.0, 0.0]], tensor![[3.0, 4.0]], tensor![[0.0, 5.0]]);
/// let loss = TripletMargin::new().margin(2.0).eps(0.0).forward(&a, &p, &n);
/// assert_eq!(loss.item::<f32>(), 2.0);
/// ```
#[derive(Debug, Clone)]
pub struct TripletMargin {
    margin: f64,
    p: f64,
    eps: f64,
    swap: bool,
    reduction: Reduction,
}

impl Default for TripletMargin {
    fn default() -> Self {
        TripletMargin {
            margin: 1.0,
            p: 2.0,
            eps: 1e-6,
            swap: false,
            reduction: Reduction::Mean,
        }
    }
}

impl TripletMargin {
    /// By how much nearer the belonging vector should be; default 1.
    pub fn margin(mut self, margin: f64) -> Self {
        self.margin = margin;
        self
    }

    /// The norm of the differences; default 2.
    pub fn p(mut self, p: f64) -> Self {
        self.p = p;
        self
    }

    /// What is added to each difference; default 1e-6.
    pub fn eps(mut self, eps: f64) -> Self {
        self.eps = eps;
        self
    }

    /// Whether the distance of the other two is taken instead where it is less than that of the anchor and the vector
    /// that does not belong to it; default no.
    pub fn swap(mut self, swap: bool) -> Self {
        self.swap = swap;
        self
    }

    fn distance(&self, a: &Tensor, b: &Tensor) -> Result<Tensor> {
        a.try_sub(b)?
            .try_add(self.eps)?
            .try_norm_with(self.p, -1, false)
    }

    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the numbers of axes differ, the shapes do not broadcast, the tensors hold no floats, or the margin is not
    /// positive.
    #[track_caller]
    pub fn try_forward(
        &self,
        anchor: &Tensor,
        positive: &Tensor,
        negative: &Tensor,
    ) -> Result<Tensor> {
        const OP: &str = "triplet_margin";
        for x in [anchor, positive, negative] {
            check_float(OP, x)?;
        }
        if self.margin.is_nan() || self.margin <= 0.0 {
            return Err(refuse(OP, "margin", self.margin, "the margin is positive"));
        }
        if anchor.rank() == 0
            || anchor.rank() != positive.rank()
            || anchor.rank() != negative.rank()
        {
            return Err(Error::Shape {
                op: OP,
                problem: format!(
                    "the anchor has shape {:?}, the others {:?} and {:?}",
                    anchor.shape(),
                    positive.shape(),
                    negative.shape()
                ),
                cure: "Give all three as many axes, the last of which holds the vectors.".into(),
            });
        }
        let shape = broadcast(OP, anchor.shape(), positive.shape())?;
        broadcast(OP, &shape, negative.shape())?;
        let near = self.distance(anchor, positive)?;
        let mut far = self.distance(anchor, negative)?;
        if self.swap {
            far = far.try_minimum(self.distance(positive, negative)?)?;
        }
        let losses = near.try_add(self.margin)?.try_sub(far)?.try_clamp_min(0)?;
        Ok(self.reduction.of(losses))
    }
}
loss!(TripletMargin "TripletMarginLoss" [] triplet_margin try_triplet_margin (anchor, positive, negative) {
    "let loss = loss::triplet_margin(&tensor![[0.0]], &tensor![[0.0]], &tensor![[3.0]]);"
    "assert_eq!(loss.item::<f32>(), 0.0);"
});

/// The loss of angles, `torch.nn.CosineEmbeddingLoss`: `1 - cos` where the target is 1, and `max(cos - margin, 0)` where
/// it is -1, for vectors `[batch, features]` and a target `[batch]`, or `[features]` and one target; `margin` is 0 by
/// default.
///
/// ```
/// use retrograd::{loss::CosineEmbedding, prelude::*};
/// let loss = CosineEmbedding::new().forward(&tensor![[1.0, 0.0]], &tensor![[0.0, 1.0]], &tensor![1.0]);
/// assert_eq!(loss.item::<f32>(), 1.0);
/// ```
#[derive(Debug, Clone, Default)]
pub struct CosineEmbedding {
    margin: f64,
    reduction: Reduction,
}

impl CosineEmbedding {
    /// Up to which cosine an unlike pair counts for nothing, from -1 to 1; default 0.
    pub fn margin(mut self, margin: f64) -> Self {
        self.margin = margin;
        self
    }

    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the shapes do not fit, or the inputs hold no floats.
    #[track_caller]
    pub fn try_forward(&self, input1: &Tensor, input2: &Tensor, target: &Tensor) -> Result<Tensor> {
        const OP: &str = "cosine_embedding";
        check_float(OP, input1)?;
        check_float(OP, input2)?;
        let rank = target.rank() + 1;
        if target.rank() > 1 || input1.rank() != rank || input2.rank() != rank {
            return Err(Error::Shape {
                op: OP,
                problem: format!(
                    "the inputs have shapes {:?} and {:?} and the target {:?}",
                    input1.shape(),
                    input2.shape(),
                    target.shape()
                ),
                cure: "Give [batch, features] twice and a target [batch], or [features] and one target.".into(),
            });
        }
        let shape = broadcast(OP, input1.shape(), input2.shape())?;
        broadcast(OP, &shape[..rank - 1], target.shape())?;
        let dot = |a: &Tensor, b: &Tensor| a.try_mul(b)?.try_sum_dim(-1);
        let square = |a: &Tensor| dot(a, a)?.try_add(1e-12);
        let size = square(input1)?.try_mul(square(input2)?)?.sqrt();
        let cos = dot(input1, input2)?.try_div(size)?;
        let target = cast(input1, target).detach();
        let like = Tensor::try_where(&target.try_eq(1)?, cos.neg().try_add(1)?, 0)?;
        let unlike = cos.try_sub(self.margin)?.try_clamp_min(0)?;
        let unlike = Tensor::try_where(&target.try_eq(-1)?, unlike, 0)?;
        Ok(self.reduction.of(like.try_add(unlike)?))
    }
}
loss!(CosineEmbedding "CosineEmbeddingLoss" [] cosine_embedding try_cosine_embedding (input1, input2, target) {
    "let loss = loss::cosine_embedding(&tensor![1.0, 0.0], &tensor![1.0, 0.0], &tensor![1.0].squeeze());"
    "assert_eq!(loss.item::<f32>(), 0.0);"
});

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    use crate::ops::case::{Case, sample};
    use crate::ops::operator::Operator;
    let vectors = |i: usize| sample(&[3, 2], -2.0, 2.0, i);
    vec![
        Operator::new(
            "nn.functional.triplet_margin_loss",
            "loss::triplet_margin functional::triplet_margin_loss",
            [false, true].map(|swap| {
                Case::new([vectors(0), vectors(1), vectors(2)], move |x| {
                    let loss = TripletMargin::new()
                        .margin(3.0)
                        .swap(swap)
                        .reduction(Reduction::None);
                    loss.forward(&x[0], &x[1], &x[2])
                })
                .apart()
            }),
        ),
        Operator::new(
            "nn.functional.cosine_embedding_loss",
            "loss::cosine_embedding functional::cosine_embedding_loss",
            [Case::new([vectors(0), vectors(1)], |x| {
                cosine_embedding(&x[0], &x[1], &Tensor::from([1.0, -1.0, 1.0]))
            })],
        ),
    ]
}
