//! Losses of several classes.

use super::{Reduction, loss, warn_if_probabilities};
use crate::error::{Error, Result};
use crate::nn::Buffer;
use crate::ops::cross_entropy::{Classes, class_losses, nll_losses};
use crate::tape::trace;
use crate::{DType, Tensor};

/// Cross-entropy of logits, `torch.nn.CrossEntropyLoss`. The input is `[classes]`, `[batch, classes]` or
/// `[batch, classes, ..]`. The target holds class indices (`i64`, the input's shape without the classes) or
/// probabilities (floats, the input's shape).
///
/// If every target is ignored, the mean is NaN, as in PyTorch.
///
/// ```
/// use retrograd::{loss::CrossEntropy, prelude::*};
/// let loss = CrossEntropy::new().forward(&tensor![[1e4, -1e4]], &tensor![0]);
/// assert_eq!(loss.item::<f32>(), 0.0);
/// ```
#[derive(Debug, Default)]
pub struct CrossEntropy {
    weight: Option<Buffer>,
    ignore_index: Option<i64>,
    label_smoothing: f64,
    reduction: Reduction,
}

impl CrossEntropy {
    /// A factor on the loss of each class, `[classes]`.
    pub fn weight(mut self, weight: Tensor) -> Self {
        self.weight = Some(Buffer::new(weight));
        self
    }

    /// A class index whose examples count for nothing; default -100.
    pub fn ignore_index(mut self, index: i64) -> Self {
        self.ignore_index = Some(index);
        self
    }

    /// The share of the target that is spread evenly over all classes, from 0 to 1; default 0.
    pub fn label_smoothing(mut self, share: f64) -> Self {
        self.label_smoothing = share;
        self
    }

    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the shapes or types do not fit, a target is no class, there is only one class, or the label smoothing
    /// lies outside of 0 to 1.
    #[track_caller]
    pub fn try_forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        const OP: &str = "cross_entropy";
        check_input(OP, input)?;
        if !(0.0..=1.0).contains(&self.label_smoothing) {
            return Err(Error::InvalidArgument {
                op: OP,
                argument: "label_smoothing",
                value: self.label_smoothing.to_string(),
                problem: "a share lies from 0 to 1".into(),
                cure: "Give a share such as 0.1.".into(),
            });
        }
        let (axis, classes) = classes(input);
        if target.dtype().is_float() && target.shape() == input.shape() {
            return self.of_probabilities(input, &target.to(input.dtype()));
        }
        check_indices(OP, input, target)?;
        let parts = Parts::new(
            OP,
            input,
            target,
            self.weight.as_deref(),
            self.ignore_index.unwrap_or(-100),
        )?;
        if classes == 1 {
            return Err(Error::Shape {
                op: OP,
                problem: format!("input {:?} has one class, so the loss is 0 whatever the input", input.shape()),
                cure: "Use `bce_with_logits` for one output per example, or give the layer two outputs.".into(),
            });
        }
        warn_if_probabilities(
            OP,
            input,
            axis,
            "Pass the scores themselves: the loss applies the softmax.",
        );
        if self.label_smoothing == 0.0 && input.rank() <= 2 {
            let losses = class_losses(input, parts.classes()?);
            return parts.reduce(losses, self.reduction);
        }
        let log = input.try_log_softmax(axis)?;
        let losses = parts.losses(&log)?;
        if self.label_smoothing == 0.0 {
            return parts.reduce(losses, self.reduction);
        }
        let spread = match &self.weight {
            Some(weight) => log.try_mul(along_classes(weight, input)?)?,
            None => log,
        };
        let spread = parts.mask_ignored(spread.try_sum_dim(axis)?.neg())?;
        let share = self.label_smoothing;
        let both = losses
            .try_mul(1.0 - share)?
            .try_add(spread.try_mul(share / classes as f64)?)?;
        parts.reduce(both, self.reduction)
    }

    #[track_caller]
    fn of_probabilities(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        let (axis, classes) = classes(input);
        let share = self.label_smoothing;
        let target = target
            .try_mul(1.0 - share)?
            .try_add(share / classes as f64)?;
        let mut log = input.try_log_softmax(axis)?;
        if let Some(weight) = &self.weight {
            check_weight("cross_entropy", weight, classes)?;
            log = log.try_mul(along_classes(weight, input)?)?;
        }
        let losses = log.try_mul(target)?.try_sum_dim(axis)?.neg();
        match self.reduction {
            // By the number of examples, whatever the weights.
            Reduction::Mean => losses.sum().try_div(losses.numel()),
            other => Ok(other.of(losses)),
        }
    }
}
loss!(CrossEntropy "CrossEntropyLoss" [weight] cross_entropy try_cross_entropy (input, target) {
    "let loss = loss::cross_entropy(&tensor![[0.0, 0.0]], &tensor![1]);"
    "assert_eq!(loss.to_string(), \"tensor(0.6931)\");"
});

/// Negative log-likelihood of logarithms of probabilities, `torch.nn.NLLLoss`: the input is `[classes]`,
/// `[batch, classes]` or `[batch, classes, ..]`, the target holds class indices.
///
/// ```
/// use retrograd::{loss::Nll, prelude::*};
/// assert_eq!(Nll::new().forward(&tensor![[-0.5, -1.0]], &tensor![1]).item::<f32>(), 1.0);
/// ```
#[derive(Debug, Default)]
pub struct Nll {
    weight: Option<Buffer>,
    ignore_index: Option<i64>,
    reduction: Reduction,
}

impl Nll {
    /// A factor on the loss of each class, `[classes]`.
    pub fn weight(mut self, weight: Tensor) -> Self {
        self.weight = Some(Buffer::new(weight));
        self
    }

    /// A class index whose examples count for nothing; default -100.
    pub fn ignore_index(mut self, index: i64) -> Self {
        self.ignore_index = Some(index);
        self
    }

    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the shapes or types do not fit, or a target is no class.
    #[track_caller]
    pub fn try_forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        check_input("nll", input)?;
        check_indices("nll", input, target)?;
        warn_if_probabilities(
            "nll",
            input,
            classes(input).0,
            "Pass their logarithms, from `log_softmax`.",
        );
        let parts = Parts::new(
            "nll",
            input,
            target,
            self.weight.as_deref(),
            self.ignore_index.unwrap_or(-100),
        )?;
        let losses = match input.rank() {
            ..=2 => nll_losses(input, parts.classes()?),
            _ => parts.losses(input)?,
        };
        parts.reduce(losses, self.reduction)
    }
}
loss!(Nll "NLLLoss" [weight] nll try_nll (input, target) {
    "let loss = loss::nll(&tensor![[-0.5, -1.0]], &tensor![0]);"
    "assert_eq!(loss.item::<f32>(), 0.5);"
});

/// The axis of the classes and their number.
fn classes(input: &Tensor) -> (i64, usize) {
    if input.rank() == 1 {
        (0, input.shape()[0])
    } else {
        (1, input.shape()[1])
    }
}

/// A weight for each class, in a shape that broadcasts over the input.
fn along_classes(weight: &Tensor, input: &Tensor) -> Result<Tensor> {
    let (axis, classes) = classes(input);
    let mut shape = vec![1; input.rank()];
    shape[axis as usize] = classes;
    weight.to(input.dtype()).try_reshape(shape)
}

fn check_input(op: &'static str, input: &Tensor) -> Result<()> {
    if input.rank() == 0 || !input.dtype().is_float() {
        return Err(Error::Shape {
            op,
            problem: format!(
                "an input of shape {:?} and type {} holds no scores",
                input.shape(),
                input.dtype()
            ),
            cure: "Give floats of shape [classes] or [batch, classes, ..].".into(),
        });
    }
    Ok(())
}

fn check_weight(op: &'static str, weight: &Tensor, classes: usize) -> Result<()> {
    if weight.shape() == [classes] {
        return Ok(());
    }
    Err(Error::Shape {
        op,
        problem: format!(
            "a weight of shape {:?} for {classes} classes",
            weight.shape()
        ),
        cure: format!("Give one weight for each class: [{classes}]."),
    })
}

fn check_indices(op: &'static str, input: &Tensor, target: &Tensor) -> Result<()> {
    let mut expected = input.shape().to_vec();
    expected.remove(classes(input).0 as usize);
    if target.dtype() != DType::I64 {
        return Err(Error::DType {
            op,
            problem: format!(
                "the target holds {} of shape {:?}, not class indices",
                target.dtype(),
                target.shape()
            ),
            cure: "Cast the labels with `.to(I64)`; probabilities must have the input's own shape."
                .into(),
        });
    }
    if target.shape() != expected {
        let column = target.rank() == expected.len() + 1 && target.shape().last() == Some(&1);
        return Err(Error::Shape {
            op,
            problem: format!(
                "the input has shape {:?} and the target {:?}",
                input.shape(),
                target.shape()
            ),
            cure: match column {
                true => "Squeeze the last dim of the target, with `squeeze_dim(-1)`.".into(),
                false => {
                    format!("The target holds one class index for each example: {expected:?}.")
                }
            },
        });
    }
    Ok(())
}

/// Refuses what is no class of `classes`; tells whether an example is to be ignored.
fn check_classes(op: &'static str, target: &Tensor, classes: usize, ignore: i64) -> Result<bool> {
    let labels = target.values::<i64>();
    let wrong = |&c: &i64| c != ignore && !(0..classes as i64).contains(&c);
    if let Some(at) = labels.iter().position(wrong) {
        let row = if target.rank() == 0 {
            0
        } else {
            at / target.shape()[1..].iter().product::<usize>().max(1)
        };
        return Err(Error::InvalidArgument {
            op,
            argument: "target",
            value: labels[at].to_string(),
            problem: format!(
                "row {row} holds no class of {classes}: classes are from 0 to {classes} - 1"
            ),
            cure:
                "Number the classes from 0, or give the layer as many outputs as there are classes."
                    .into(),
        });
    }
    Ok(labels.contains(&ignore))
}

/// A target's classes, ready to take the losses from the logarithms.
struct Parts {
    /// Class indices with the axis of the classes, 0 where an example is ignored.
    index: Tensor,
    axis: i64,
    /// The weight of each example; 0 where it is ignored.
    weights: Tensor,
    ignored: Option<Tensor>,
}

impl Parts {
    fn new(
        op: &'static str,
        input: &Tensor,
        target: &Tensor,
        weight: Option<&Tensor>,
        ignore: i64,
    ) -> Result<Parts> {
        let (axis, classes) = classes(input);
        let check = move |x: &[&Tensor]| check_classes(op, x[0], classes, ignore);
        let some = trace::checked(&[target], check)?;
        // A later run of a recorded step may have what this one has not.
        let ignored = (some || trace::tracing()).then(|| target.eq(ignore));
        let index = match &ignored {
            Some(mask) => target.try_masked_fill(mask, 0)?,
            None => target.clone(),
        };
        let weights = match weight {
            Some(weight) => {
                check_weight(op, weight, classes)?;
                weight.to(input.dtype()).detach().try_i(&index)?
            }
            None => crate::ones_dtype(target.shape(), input.dtype()),
        };
        let weights = match &ignored {
            Some(mask) => weights.try_masked_fill(mask, 0)?,
            None => weights,
        };
        Ok(Parts {
            index: index.try_unsqueeze(axis)?,
            axis,
            weights,
            ignored,
        })
    }

    /// The same for the operation that takes the losses from the scores.
    fn classes(&self) -> Result<Classes> {
        Ok(Classes {
            index: self.index.try_squeeze_dim(self.axis)?,
            weights: self.weights.clone(),
            ignored: self.ignored.clone(),
        })
    }

    #[track_caller]
    fn mask_ignored(&self, losses: Tensor) -> Result<Tensor> {
        match &self.ignored {
            Some(mask) => losses.try_masked_fill(mask, 0),
            None => Ok(losses),
        }
    }

    /// The weighted losses; 0 where an example is ignored, whatever stands there.
    #[track_caller]
    fn losses(&self, log: &Tensor) -> Result<Tensor> {
        if trace::tracing() {
            return self.losses_by_mask(log);
        }
        let own = log
            .try_gather(self.axis, &self.index)?
            .try_squeeze_dim(self.axis)?
            .neg();
        self.mask_ignored(own.try_mul(&self.weights)?)
    }

    /// As [`losses`](Parts::losses), with the same bits, where the classes differ from run to run.
    #[cold]
    #[track_caller]
    fn losses_by_mask(&self, log: &Tensor) -> Result<Tensor> {
        let mut shape = vec![1; log.rank()];
        shape[self.axis as usize] = log.shape()[self.axis as usize];
        let numbers = crate::arange(shape[self.axis as usize] as i64).try_reshape(shape)?;
        let own = Tensor::try_where(&self.index.try_eq(numbers)?, log, 0.0)?;
        let own = own.try_sum_dim(self.axis)?.neg();
        self.mask_ignored(own.try_mul(&self.weights)?)
    }

    #[track_caller]
    fn reduce(&self, losses: Tensor, reduction: Reduction) -> Result<Tensor> {
        match reduction {
            Reduction::Mean => losses.sum().try_div(self.weights.sum()),
            other => Ok(other.of(losses)),
        }
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    use crate::ops::case::{Case, sample};
    use crate::ops::operator::Operator;
    let scores = || [sample(&[3, 4], -2.0, 2.0, 0)];
    let labels = || Tensor::from([1i64, 0, 3]);
    vec![
        Operator::new(
            "nn.functional.cross_entropy",
            "loss::cross_entropy functional::cross_entropy",
            [
                Case::new(scores(), move |x| cross_entropy(&x[0], &labels())),
                Case::new(
                    [sample(&[3, 4], -2.0, 2.0, 0), sample(&[3, 4], 0.1, 0.4, 1)],
                    |x| cross_entropy(&x[0], &x[1]),
                ),
            ],
        ),
        Operator::new(
            "nn.functional.nll_loss",
            "loss::nll functional::nll_loss",
            [Case::new(scores(), move |x| {
                nll(&x[0].log_softmax(1), &labels())
            })],
        ),
    ]
}
