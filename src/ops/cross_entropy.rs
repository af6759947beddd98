//! The losses of classes from their scores, in one operation: the logarithm of the softmax is never written out.

use super::binary::load;
#[cfg(test)]
use super::case::{Case, sample};
use crate::dtype::with_float;
use crate::error::{OrPanic, Result};
use crate::kernels::softmax::{Kept, scores, slope_of_scores};
use crate::tape::{Cx, Op, Saved, is_grad_enabled, trace};
use crate::tensor::Inner;
use crate::tensor::storage::Data;
use crate::{Operand, Tensor};
use smallvec::SmallVec;
use std::sync::Arc;

/// What the scores of an example are held against.
#[derive(Clone)]
pub(crate) struct Classes {
    /// The class of each example; any where it is ignored.
    pub(crate) index: Tensor,
    /// A factor on the loss of each example.
    pub(crate) weights: Tensor,
    /// The examples that count for nothing.
    pub(crate) ignored: Option<Tensor>,
}

impl Classes {
    /// A gradient of the losses as one of the logarithms of the shares of the examples' own classes.
    fn slopes(&self, grad: &Tensor) -> Result<Tensor> {
        let grad = match &self.ignored {
            Some(mask) => grad.try_masked_fill(mask, 0)?,
            None => grad.clone(),
        };
        Ok(grad.try_mul(&self.weights)?.neg())
    }
}

/// Scores above the logarithm of the sum of their exponentials, negative, weighted.
pub(crate) struct ClassLoss {
    input: Saved,
    classes: Classes,
    /// Of each row its greatest score, and the logarithm of the sum of the exponentials of what the others are above it.
    tops: Tensor,
    shifts: Tensor,
}

impl ClassLoss {
    /// As PyTorch computes it, by the logarithm of the softmax and its gradient, which any order of derivative follows.
    fn in_steps(&self, x: &Tensor, grad: &Tensor) -> Result<Tensor> {
        let axis = x.rank() as i64 - 1;
        let classes = crate::arange(x.shape()[axis as usize] as i64);
        let own = self.classes.index.try_unsqueeze(axis)?.try_eq(classes)?;
        let slopes = self.classes.slopes(grad)?.try_unsqueeze(axis)?;
        let slopes = own.to(x.dtype()).try_mul(slopes)?;
        let shares = x.try_log_softmax(axis)?.exp();
        slopes.try_sub(shares.try_mul(slopes.try_sum_keepdim(axis)?)?)
    }
}

/// The gradient of the scores, from what the losses kept.
fn gradient([x, tops, shifts, index, slopes]: [&Tensor; 5]) -> Tensor {
    with_float!(x.dtype(), T => {
        let (tops, shifts) = (load::<T>(tops.arg()), load::<T>(shifts.arg()));
        let kept = tops.iter().zip(shifts.iter()).map(|(&top, &shift)| Kept { top, shift, own: 0.0 });
        let classes = load::<i64>(index.arg());
        let len = x.shape()[x.rank() - 1];
        let kept: Vec<Kept<T>> = kept.collect();
        let slopes = load::<T>(slopes.arg());
        let data = slope_of_scores(&x.values::<T>(), len, &classes, &kept, &slopes);
        Tensor::from_data(x.shape().into(), data)
    }, else unreachable!("only floats stand in a graph"))
}

impl Op for ClassLoss {
    const NAME: &'static str = "NllLossBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let x = cx.saved(&self.input)?;
        cx.give(0, |_| {
            if is_grad_enabled() {
                return self.in_steps(&x, grad);
            }
            let slopes = self.classes.slopes(grad)?;
            let operands = [&x, &self.tops, &self.shifts, &self.classes.index, &slopes];
            if trace::tracing() {
                let again = |x: &[Tensor]| Ok([gradient([&x[0], &x[1], &x[2], &x[3], &x[4]])]);
                return trace::computed(&operands, again).map(|[gradient]| gradient);
            }
            Ok(gradient(operands))
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let classes = |labels: &[i64], ignored: Option<Tensor>| Classes {
            index: Tensor::from(labels),
            weights: sample(&[labels.len()], 0.5, 1.5, 3),
            ignored,
        };
        let case = |shape: &[usize], classes: Classes| {
            Case::new([sample(shape, -2.0, 2.0, 0)], move |x| {
                class_losses(&x[0], classes.clone()).pow(2)
            })
        };
        let one = Classes {
            index: Tensor::scalar(2i64),
            weights: Tensor::scalar(1.5f64),
            ignored: None,
        };
        vec![
            case(&[3, 4], classes(&[1, 0, 3], None)),
            case(&[2, 20], classes(&[1, 19], None)),
            case(&[0, 3], classes(&[], None)),
            case(
                &[3, 2],
                classes(&[1, 0, 1], Some(crate::tensor![false, true, false])),
            ),
            case(&[3], one),
        ]
    }
}

/// The losses of scores by classes, weights and what is ignored, with the greatest score of each row and the logarithm
/// of its sum above that.
fn losses(operands: &[&Tensor]) -> (Inner, Tensor, Tensor) {
    let (x, index, weights) = (operands[0], operands[1], operands[2]);
    let shape = index.shape();
    with_float!(x.dtype(), T => {
        let index = load::<i64>(index.arg());
        let len = x.shape()[x.rank() - 1];
        let kept: Vec<Kept<T>> = scores(&x.values::<T>(), len, &index);
        let weights = load::<T>(weights.arg());
        let mut losses = Data::<T>::scratch(kept.len());
        for (loss, (kept, &weight)) in losses.make_mut().iter_mut().zip(kept.iter().zip(weights.iter())) {
            *loss = -(kept.own - kept.top - kept.shift) * weight;
        }
        if let Some(mask) = operands.get(3) {
            let mask = load::<bool>(mask.arg());
            let ignored = losses.make_mut().iter_mut().zip(mask.iter());
            ignored.filter(|(_, mask)| **mask).for_each(|(loss, _)| *loss = 0.0);
        }
        let pick = |of: fn(&Kept<T>) -> T| {
            Tensor::from_data(shape.into(), Data::from_vec(kept.iter().map(of).collect()))
        };
        (Inner::new(shape.into(), losses), pick(|kept| kept.top), pick(|kept| kept.shift))
    }, else unreachable!("the loss refuses what is no float"))
}

/// The weighted losses of scores `[classes]` or `[batch, classes]`, whose classes are known to be there.
#[track_caller]
pub(crate) fn class_losses(x: &Tensor, classes: Classes) -> Tensor {
    let operands = [
        Some(x),
        Some(&classes.index),
        Some(&classes.weights),
        classes.ignored.as_ref(),
    ];
    let operands: SmallVec<[&Tensor; 4]> = operands.into_iter().flatten().collect();
    let (out, tops, shifts) = match trace::tracing() {
        false => losses(&operands),
        true => {
            let again = |x: &[Tensor]| {
                let operands: SmallVec<[&Tensor; 4]> = x.iter().collect();
                let (out, tops, shifts) = losses(&operands);
                Ok([out.untracked(), tops, shifts])
            };
            let [out, tops, shifts] = trace::computed(&operands, again).or_panic();
            (
                Arc::into_inner(out.0).expect("nobody else has seen it"),
                tops,
                shifts,
            )
        }
    };
    drop(operands);
    out.record(&[x.arg()], |_| ClassLoss {
        input: Saved::input(x),
        classes,
        tops,
        shifts,
    })
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    Vec::new()
}
