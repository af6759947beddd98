//! Losses of two classes.

use super::{Reduction, loss, prepare};
use crate::Tensor;
use crate::error::{Error, Result};
use crate::nn::Buffer;
use crate::ops::losses;
use crate::tape::trace;

/// Binary cross-entropy of probabilities, `torch.nn.BCELoss`: `-(y log p + (1 - y) log(1 - p))`, with the
/// logarithms clamped at -100. Input and target have one shape; integer and `bool` targets are cast.
///
/// ```
/// use retrograd::{loss::Bce, prelude::*};
/// assert_eq!(Bce::new().forward(&tensor![1.0], &tensor![0.0]).item::<f32>(), 100.0);
/// ```
#[derive(Debug, Default)]
pub struct Bce {
    weight: Option<Buffer>,
    reduction: Reduction,
}

impl Bce {
    /// A factor on each element's loss, of a shape that broadcasts to the input's.
    pub fn weight(mut self, weight: Tensor) -> Self {
        self.weight = Some(Buffer::new(weight));
        self
    }

    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the shapes differ, the input holds no floats, or a value lies outside of 0 to 1.
    #[track_caller]
    pub fn try_forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        let target = prepare("bce", input, target)?;
        trace::checked(&[input], |x| check_probabilities(x[0]))?;
        let losses = losses::binary_cross_entropy(input, &target);
        Ok(self.reduction.of(weighted(losses, self.weight.as_deref())?))
    }
}
loss!(Bce "BCELoss" [weight] bce try_bce (input, target) {
    "let loss = loss::bce(&tensor![0.5], &tensor![1.0]);"
    "assert_eq!(loss.to_string(), \"tensor(0.6931)\");"
});

#[track_caller]
fn weighted(losses: Tensor, weight: Option<&Tensor>) -> Result<Tensor> {
    match weight {
        Some(weight) => losses.try_mul(weight),
        None => Ok(losses),
    }
}

fn check_probabilities(input: &Tensor) -> Result<()> {
    use crate::dtype::{Element, with_float};
    let outside = with_float!(input.dtype(), T => {
        let values = input.values::<T>();
        let fits = |v: &T| *v >= 0.0 && *v <= 1.0;
        // Without a branch in the loop the compiler makes vector code of the check.
        if values.iter().fold(true, |all, v| all & fits(v)) {
            return Ok(());
        }
        values.iter().position(|v| !fits(v)).map(|at| (at, values[at].cast::<f64>()))
    }, else None);
    let Some((at, value)) = outside else {
        return Ok(());
    };
    let steps = crate::shape::row_major(input.shape());
    let place: Vec<usize> = (0..input.rank())
        .map(|axis| at / steps[axis] % input.shape()[axis])
        .collect();
    Err(Error::InvalidArgument {
        op: "bce",
        argument: "input",
        value: format!("{value} at {place:?}"),
        problem: match value.is_nan() {
            true => "it is not a number".into(),
            false => "a probability lies from 0 to 1".into(),
        },
        cure: match value.is_nan() {
            true => "Look for the first operation that gives NaN: a logarithm of 0 or less, 0 / 0, a learning rate \
                     that is too high.",
            false => "Did you pass logits? Then use `bce_with_logits`, or apply `sigmoid()` first.",
        }
        .into(),
    })
}

/// Binary cross-entropy of logits, `torch.nn.BCEWithLogitsLoss`: [`Bce`] of their sigmoid, without overflow.
///
/// ```
/// use retrograd::{loss::BceWithLogits, prelude::*};
/// let loss = BceWithLogits::new().pos_weight(tensor![3.0]);
/// assert_eq!(loss.forward(&tensor![-1e4], &tensor![1.0]).item::<f32>(), 3e4);
/// ```
#[derive(Debug, Default)]
pub struct BceWithLogits {
    weight: Option<Buffer>,
    pos_weight: Option<Buffer>,
    reduction: Reduction,
}

impl BceWithLogits {
    /// A factor on each element's loss, of a shape that broadcasts to the input's.
    pub fn weight(mut self, weight: Tensor) -> Self {
        self.weight = Some(Buffer::new(weight));
        self
    }

    /// A factor on the part of the positive class, of a shape that broadcasts to the input's.
    pub fn pos_weight(mut self, pos_weight: Tensor) -> Self {
        self.pos_weight = Some(Buffer::new(pos_weight));
        self
    }

    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the shapes differ, or the input holds no floats.
    #[track_caller]
    pub fn try_forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        let target = prepare("bce_with_logits", input, target)?;
        let pos_weight = match &self.pos_weight {
            Some(w) => Some(w.to(input.dtype()).try_expand(input.shape())?),
            None => None,
        };
        let losses = losses::binary_cross_entropy_with_logits(input, &target, pos_weight.as_ref())?;
        Ok(self.reduction.of(weighted(losses, self.weight.as_deref())?))
    }
}
loss!(BceWithLogits "BCEWithLogitsLoss" [weight, pos_weight] bce_with_logits try_bce_with_logits (input, target) {
    "let loss = loss::bce_with_logits(&tensor![0.0], &tensor![1.0]);"
    "assert_eq!(loss.to_string(), \"tensor(0.6931)\");"
});

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    use crate::ops::case::{Case, sample};
    use crate::ops::operator::Operator;
    let pair = |low, high| [sample(&[2, 3], low, high, 0), sample(&[2, 3], 0.1, 0.9, 1)];
    vec![
        Operator::new(
            "nn.functional.binary_cross_entropy",
            "loss::bce functional::binary_cross_entropy",
            [Case::new(pair(0.2, 0.8), |x| bce(&x[0], &x[1])).apart()],
        ),
        Operator::new(
            "nn.functional.binary_cross_entropy_with_logits",
            "loss::bce_with_logits functional::binary_cross_entropy_with_logits",
            [Case::new(pair(-2.0, 2.0), |x| {
                bce_with_logits(&x[0], &x[1])
            })],
        ),
    ]
}
