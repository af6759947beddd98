//! Losses that count for nothing beyond a margin.

use super::{Reduction, cast, check_float, loss, prepare};
use crate::Tensor;
use crate::error::{Error, Result};
use crate::nn::Buffer;
use crate::ops::losses::binary_cross_entropy_with_logits;
use crate::shape::broadcast;

/// The hinge loss of distances, `torch.nn.HingeEmbeddingLoss`: the input where the target is 1, and
/// `max(margin - input, 0)` where it is -1; `margin` is 1 by default. Input and target have one shape.
///
/// ```
/// use retrograd::{loss::HingeEmbedding, prelude::*};
/// let loss = HingeEmbedding::new().margin(2.0).forward(&tensor![0.5, 0.5], &tensor![1.0, -1.0]);
/// assert_eq!(loss.item::<f32>(), (0.5 + 1.5) / 2.0);
/// ```
#[derive(Debug, Clone)]
pub struct HingeEmbedding {
    margin: f64,
    reduction: Reduction,
}

impl Default for HingeEmbedding {
    fn default() -> Self {
        HingeEmbedding {
            margin: 1.0,
            reduction: Reduction::Mean,
        }
    }
}

impl HingeEmbedding {
    /// From which distance on an unlike pair counts for nothing; default 1.
    pub fn margin(mut self, margin: f64) -> Self {
        self.margin = margin;
        self
    }

    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the shapes differ, or the input holds no floats.
    #[track_caller]
    pub fn try_forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        let target = prepare("hinge_embedding", input, target)?.detach();
        let unlike = input.neg().try_add(self.margin)?.try_clamp_min(0)?;
        let unlike = Tensor::try_where(&target.try_ne(1)?, unlike, 0)?;
        let like = Tensor::try_where(&target.try_ne(-1)?, input, 0)?;
        Ok(self.reduction.of(unlike.try_add(like)?))
    }
}
loss!(HingeEmbedding "HingeEmbeddingLoss" [] hinge_embedding try_hinge_embedding (input, target) {
    "let loss = loss::hinge_embedding(&tensor![0.5, 0.5], &tensor![1.0, -1.0]);"
    "assert_eq!(loss.item::<f32>(), 0.5);"
});

/// The loss of a wrong order, `torch.nn.MarginRankingLoss`: `max(-t (input1 - input2) + margin, 0)`, where the target
/// `t` is 1 if the first input should be greater and -1 if the second; `margin` is 0 by default. All three have as many
/// axes, and broadcast.
///
/// ```
/// use retrograd::{loss::MarginRanking, prelude::*};
/// let loss = MarginRanking::new().margin(0.5).forward(&tensor![1.0], &tensor![2.0], &tensor![1.0]);
/// assert_eq!(loss.item::<f32>(), 1.5);
/// ```
#[derive(Debug, Clone, Default)]
pub struct MarginRanking {
    margin: f64,
    reduction: Reduction,
}

impl MarginRanking {
    /// By how much the greater input should lead; default 0.
    pub fn margin(mut self, margin: f64) -> Self {
        self.margin = margin;
        self
    }

    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the numbers of axes differ, the shapes do not broadcast, or the inputs hold no floats.
    #[track_caller]
    pub fn try_forward(&self, input1: &Tensor, input2: &Tensor, target: &Tensor) -> Result<Tensor> {
        const OP: &str = "margin_ranking";
        check_float(OP, input1)?;
        check_float(OP, input2)?;
        if input1.rank() != input2.rank() || input1.rank() != target.rank() {
            return Err(Error::Shape {
                op: OP,
                problem: format!(
                    "the inputs have shapes {:?} and {:?} and the target {:?}",
                    input1.shape(),
                    input2.shape(),
                    target.shape()
                ),
                cure: "Give all three as many axes.".into(),
            });
        }
        let shape = broadcast(OP, input1.shape(), input2.shape())?;
        broadcast(OP, &shape, target.shape())?;
        let lead = cast(input1, target)
            .neg()
            .try_mul(input1.try_sub(input2)?)?;
        Ok(self
            .reduction
            .of(lead.try_add(self.margin)?.try_clamp_min(0)?))
    }
}
loss!(MarginRanking "MarginRankingLoss" [] margin_ranking try_margin_ranking (input1, input2, target) {
    "let loss = loss::margin_ranking(&tensor![1.0], &tensor![2.0], &tensor![1.0]);"
    "assert_eq!(loss.item::<f32>(), 1.0);"
});

/// The logistic loss of two classes 1 and -1, `torch.nn.SoftMarginLoss`: `log(1 + exp(-t x))`. Input and target have one
/// shape.
///
/// ```
/// use retrograd::{loss::SoftMargin, prelude::*};
/// let loss = SoftMargin::new().forward(&tensor![0.0], &tensor![1.0]);
/// assert_eq!(loss.to_string(), "tensor(0.6931)");
/// ```
#[derive(Debug, Clone, Default)]
pub struct SoftMargin {
    reduction: Reduction,
}

impl SoftMargin {
    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the shapes differ, or the input holds no floats.
    #[track_caller]
    pub fn try_forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        let target = prepare("soft_margin", input, target)?;
        Ok(self
            .reduction
            .of(target.neg().try_mul(input)?.exp().log1p()))
    }
}
loss!(SoftMargin "SoftMarginLoss" [] soft_margin try_soft_margin (input, target) {
    "let loss = loss::soft_margin(&tensor![0.0, 0.0], &tensor![1.0, -1.0]);"
    "assert_eq!(loss.to_string(), \"tensor(0.6931)\");"
});

/// The logistic loss of several labels each, `torch.nn.MultiLabelSoftMarginLoss`: for each example the mean over the
/// classes, along the last axis, of [`BceWithLogits`](super::BceWithLogits)'s losses. Input and target have one shape,
/// `[.., classes]`.
///
/// ```
/// use retrograd::{loss::MultiLabelSoftMargin, prelude::*};
/// let loss = MultiLabelSoftMargin::new().forward(&tensor![[0.0, 0.0]], &tensor![[1.0, 0.0]]);
/// assert_eq!(loss.to_string(), "tensor(0.6931)");
/// ```
#[derive(Debug, Default)]
pub struct MultiLabelSoftMargin {
    weight: Option<Buffer>,
    reduction: Reduction,
}

impl MultiLabelSoftMargin {
    /// A factor on the losses of each class, `[classes]`.
    pub fn weight(mut self, weight: Tensor) -> Self {
        self.weight = Some(Buffer::new(weight));
        self
    }

    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the shapes differ, there are no classes, or the input holds no floats.
    #[track_caller]
    pub fn try_forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        const OP: &str = "multilabel_soft_margin";
        let target = prepare(OP, input, target)?;
        if input.rank() == 0 {
            return Err(Error::Axis {
                op: OP,
                axis: -1,
                rank: 0,
            });
        }
        let mut losses = binary_cross_entropy_with_logits(input, &target, None)?;
        if let Some(weight) = &self.weight {
            losses = losses.try_mul(weight.to(input.dtype()))?;
        }
        Ok(self.reduction.of(losses.try_mean_dim(-1)?))
    }
}
loss!(MultiLabelSoftMargin "MultiLabelSoftMarginLoss" [weight]
    multilabel_soft_margin try_multilabel_soft_margin (input, target) {
    "let loss = loss::multilabel_soft_margin(&tensor![[0.0, 0.0]], &tensor![[1.0, 1.0]]);"
    "assert_eq!(loss.to_string(), \"tensor(0.6931)\");"
});

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    use crate::ops::case::{Case, sample};
    use crate::ops::operator::Operator;
    let one = || [sample(&[2, 3], -2.0, 2.0, 0)];
    let pair = || [sample(&[2, 3], -2.0, 2.0, 0), sample(&[2, 3], -2.0, 2.0, 1)];
    let signs = || sample(&[2, 3], -1.0, 1.0, 5).sign();
    vec![
        Operator::new(
            "nn.functional.hinge_embedding_loss",
            "loss::hinge_embedding functional::hinge_embedding_loss",
            [Case::new(one(), move |x| hinge_embedding(&x[0].pow(2), &signs())).apart()],
        ),
        Operator::new(
            "nn.functional.margin_ranking_loss",
            "loss::margin_ranking functional::margin_ranking_loss",
            [Case::new(pair(), move |x| {
                margin_ranking(&x[0].pow(3), &x[1], &signs())
            })
            .apart()],
        ),
        Operator::new(
            "nn.functional.soft_margin_loss",
            "loss::soft_margin functional::soft_margin_loss",
            [Case::new(pair(), |x| soft_margin(&x[0], &x[1]))],
        ),
        Operator::new(
            "nn.functional.multilabel_soft_margin_loss",
            "loss::multilabel_soft_margin functional::multilabel_soft_margin_loss",
            [Case::new(pair(), |x| {
                let weight = Tensor::from([1.0, 2.0, 0.5]);
                MultiLabelSoftMargin::new()
                    .weight(weight)
                    .forward(&x[0], &x[1])
            })],
        ),
    ]
}
