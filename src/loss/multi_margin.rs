//! Hinge losses of several classes.

use super::{Reduction, check_float, loss, refuse};
use crate::error::{Error, Result};
use crate::nn::Buffer;
use crate::{DType, Tensor};

/// The scores as `[batch, classes]`, and their shape without the classes.
fn rows(op: &'static str, input: &Tensor) -> Result<(Tensor, Vec<usize>)> {
    check_float(op, input)?;
    if input.rank() > 2 || input.shape().last() == Some(&0) {
        return Err(Error::Shape {
            op,
            problem: format!("an input of shape {:?} holds no scores", input.shape()),
            cure: "Give [classes] or [batch, classes], with at least one class.".into(),
        });
    }
    let lead = input.shape()[..input.rank().saturating_sub(1)].to_vec();
    let (batch, classes) = (
        lead.iter().product::<usize>(),
        input.shape().last().copied().unwrap_or(1),
    );
    Ok((input.try_reshape([batch, classes])?, lead))
}

fn misfit(op: &'static str, input: &Tensor, target: &Tensor, expected: &[usize]) -> Error {
    Error::Shape {
        op,
        problem: format!(
            "the input has shape {:?} and the target {:?}",
            input.shape(),
            target.shape()
        ),
        cure: format!("The target has shape {expected:?}."),
    }
}

fn labels(op: &'static str, target: &Tensor, least: i64, classes: usize) -> Result<Vec<i64>> {
    if target.dtype() != DType::I64 {
        return Err(Error::DType {
            op,
            problem: format!("the target holds {}, not class indices", target.dtype()),
            cure: "Cast the labels with `.to(I64)`.".into(),
        });
    }
    let labels = target.to_vec::<i64>();
    match labels
        .iter()
        .find(|label| !(least..classes as i64).contains(label))
    {
        None => Ok(labels),
        Some(label) => Err(Error::InvalidArgument {
            op,
            argument: "target",
            value: label.to_string(),
            problem: format!("classes are from 0 to {classes} - 1"),
            cure:
                "Number the classes from 0, or give the layer as many outputs as there are classes."
                    .into(),
        }),
    }
}

/// The multi-class hinge loss, `torch.nn.MultiMarginLoss`: the sum over all wrong classes `j` of
/// `max(margin - x[y] + x[j], 0)^p / classes`, for scores `[batch, classes]` and class indices `[batch]`, or `[classes]`
/// and one index; `p` is 1 or 2, `margin` 1 by default.
///
/// ```
/// use retrograd::{loss::MultiMargin, prelude::*};
/// let loss = MultiMargin::new().p(2).forward(&tensor![[0.0, 1.0]], &tensor![0]);
/// assert_eq!(loss.item::<f32>(), 2.0);
/// ```
#[derive(Debug)]
pub struct MultiMargin {
    p: i64,
    margin: f64,
    weight: Option<Buffer>,
    reduction: Reduction,
}

impl Default for MultiMargin {
    fn default() -> Self {
        MultiMargin {
            p: 1,
            margin: 1.0,
            weight: None,
            reduction: Reduction::Mean,
        }
    }
}

impl MultiMargin {
    /// The power of the differences, 1 or 2; default 1.
    pub fn p(mut self, p: i64) -> Self {
        self.p = p;
        self
    }

    /// By how much the right class should lead; default 1.
    pub fn margin(mut self, margin: f64) -> Self {
        self.margin = margin;
        self
    }

    /// A factor on the loss of each class, `[classes]`.
    pub fn weight(mut self, weight: Tensor) -> Self {
        self.weight = Some(Buffer::new(weight));
        self
    }

    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the shapes or types do not fit, a target is no class, or `p` is neither 1 nor 2.
    #[track_caller]
    pub fn try_forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        const OP: &str = "multi_margin";
        let (x, lead) = rows(OP, input)?;
        if !(1..=2).contains(&self.p) {
            return Err(refuse(OP, "p", self.p as f64, "the power is 1 or 2"));
        }
        let (batch, classes) = (x.shape()[0], x.shape()[1]);
        // One score vector may have its label in a vector of one.
        let fits = target.shape() == lead || lead.is_empty() && target.shape() == [1];
        if !fits {
            return Err(misfit(OP, input, target, &lead));
        }
        labels(OP, target, 0, classes)?;
        let index = target.try_reshape([batch, 1])?;
        let own = x.try_gather(1, &index)?;
        let mut losses = x
            .try_sub(own)?
            .try_add(self.margin)?
            .relu()
            .try_pow(self.p)?;
        let right = crate::arange(classes).try_eq(&index)?;
        losses = losses.try_masked_fill(&right, 0)?;
        if let Some(weight) = &self.weight {
            if weight.shape() != [classes] {
                return Err(Error::Shape {
                    op: OP,
                    problem: format!(
                        "a weight of shape {:?} for {classes} classes",
                        weight.shape()
                    ),
                    cure: format!("Give one weight for each class: [{classes}]."),
                });
            }
            losses = losses.try_mul(weight.to(input.dtype()).try_i(&index)?)?;
        }
        let losses = losses.try_sum_dim(1)?.try_div(classes)?;
        Ok(self.reduction.of(losses.try_reshape(target.shape())?))
    }
}
loss!(MultiMargin "MultiMarginLoss" [weight] multi_margin try_multi_margin (input, target) {
    "let loss = loss::multi_margin(&tensor![[0.0, 1.0]], &tensor![0]);"
    "assert_eq!(loss.item::<f32>(), 1.0);"
});

/// The hinge loss of several labels each, `torch.nn.MultiLabelMarginLoss`: the sum over the right classes `y` and all
/// others `j` of `max(1 - x[y] + x[j], 0) / classes`, for scores `[batch, classes]` or `[classes]` and class indices of
/// the same shape, of which those before the first -1 count. The differences of all pairs of classes stand in memory.
///
/// ```
/// use retrograd::{loss::MultiLabelMargin, prelude::*};
/// let loss = MultiLabelMargin::new().forward(&tensor![[0.0, 1.0]], &tensor![[0, -1]]);
/// assert_eq!(loss.item::<f32>(), 1.0);
/// ```
#[derive(Debug, Clone, Default)]
pub struct MultiLabelMargin {
    reduction: Reduction,
}

impl MultiLabelMargin {
    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the shapes or types do not fit, or a target is neither class nor -1.
    #[track_caller]
    pub fn try_forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        const OP: &str = "multilabel_margin";
        let (x, lead) = rows(OP, input)?;
        let (batch, classes) = (x.shape()[0], x.shape()[1]);
        if target.shape() != input.shape() {
            return Err(misfit(OP, input, target, input.shape()));
        }
        let named = labels(OP, target, -1, classes)?;
        let (mut counts, mut wrong) = (vec![false; named.len()], vec![true; named.len()]);
        let examples = named.chunks_exact(classes).enumerate();
        for (n, (k, &label)) in examples.flat_map(|(n, row)| {
            let right = row.iter().take_while(|label| **label >= 0).enumerate();
            right.map(move |label| (n, label))
        }) {
            counts[n * classes + k] = true;
            wrong[n * classes + label as usize] = false;
        }
        let counts = Tensor::from_vec(counts, [batch, classes, 1]);
        let wrong = Tensor::from_vec(wrong, [batch, 1, classes]);
        let index = target.try_reshape([batch, classes])?.try_clamp_min(0)?;
        let right = x.try_gather(1, &index)?.try_unsqueeze(2)?;
        let hinge = right.neg().try_add(1)?.try_add(x.try_unsqueeze(1)?)?.relu();
        let losses = hinge.try_masked_fill(&counts.try_logical_and(&wrong)?.logical_not(), 0)?;
        let losses = losses.try_sum_dim([1, 2])?.try_div(classes)?;
        Ok(self.reduction.of(losses.try_reshape(lead)?))
    }
}
loss!(MultiLabelMargin "MultiLabelMarginLoss" [] multilabel_margin try_multilabel_margin (input, target) {
    "let loss = loss::multilabel_margin(&tensor![[0.0, 1.0]], &tensor![[1, -1]]);"
    "assert_eq!(loss.item::<f32>(), 0.0);"
});

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    use crate::ops::case::{Case, sample};
    use crate::ops::operator::Operator;
    let scores = || [sample(&[2, 3], -2.0, 2.0, 0)];
    let classes = || Tensor::from([2i64, 0]);
    vec![
        Operator::new(
            "nn.functional.multi_margin_loss",
            "loss::multi_margin functional::multi_margin_loss",
            [
                Case::new(scores(), move |x| multi_margin(&x[0].pow(3), &classes())),
                Case::new(scores(), move |x| {
                    let weight = Tensor::from([1.0, 2.0, 0.5]);
                    MultiMargin::new()
                        .p(2)
                        .weight(weight)
                        .forward(&x[0], &classes())
                }),
            ],
        ),
        Operator::new(
            "nn.functional.multilabel_margin_loss",
            "loss::multilabel_margin functional::multilabel_margin_loss",
            [Case::new(scores(), |x| {
                let labels = Tensor::from([[2i64, 0, -1], [1, -1, 0]]);
                multilabel_margin(&x[0].pow(3), &labels)
            })
            .apart()],
        ),
    ]
}
