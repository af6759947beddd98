//! The losses of classes from their scores, in one operation: the logarithm of the softmax is never written out.

use super::binary::load;
#[cfg(test)]
use super::case::{Case, sample};
use crate::dtype::with_float;
use crate::error::Result;
use crate::kernels::softmax::{Kept, scores, slope_of_scores};
use crate::tape::{Cx, Op, Saved, is_grad_enabled};
use crate::tensor::Inner;
use crate::tensor::storage::Data;
use crate::{Operand, Tensor};

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

impl Op for ClassLoss {
    const NAME: &'static str = "NllLossBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let x = cx.saved(&self.input)?;
        cx.give(0, |_| {
            if is_grad_enabled() {
                return self.in_steps(&x, grad);
            }
            let slopes = self.classes.slopes(grad)?;
            Ok(with_float!(x.dtype(), T => {
                let (tops, shifts) = (load::<T>(self.tops.arg()), load::<T>(self.shifts.arg()));
                let kept = tops.iter().zip(shifts.iter()).map(|(&top, &shift)| Kept { top, shift, own: 0.0 });
                let classes = load::<i64>(self.classes.index.arg());
                let len = x.shape()[x.rank() - 1];
                let kept: Vec<Kept<T>> = kept.collect();
                let slopes = load::<T>(slopes.arg());
                let data = slope_of_scores(&x.values::<T>(), len, &classes, &kept, &slopes);
                Tensor::from_data(x.shape().into(), data)
            }, else unreachable!("only floats stand in a graph")))
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

/// The weighted losses of scores `[classes]` or `[batch, classes]`, whose classes are known to be there.
#[track_caller]
pub(crate) fn class_losses(x: &Tensor, classes: Classes) -> Tensor {
    let shape = classes.index.shape();
    let (out, tops, shifts) = with_float!(x.dtype(), T => {
        let index = load::<i64>(classes.index.arg());
        let len = x.shape()[x.rank() - 1];
        let kept: Vec<Kept<T>> = scores(&x.values::<T>(), len, &index);
        let weights = load::<T>(classes.weights.arg());
        let mut losses = Data::<T>::scratch(kept.len());
        for (loss, (kept, &weight)) in losses.make_mut().iter_mut().zip(kept.iter().zip(weights.iter())) {
            *loss = -(kept.own - kept.top - kept.shift) * weight;
        }
        if let Some(mask) = &classes.ignored {
            let mask = load::<bool>(mask.arg());
            let ignored = losses.make_mut().iter_mut().zip(mask.iter());
            ignored.filter(|(_, mask)| **mask).for_each(|(loss, _)| *loss = 0.0);
        }
        let pick = |of: fn(&Kept<T>) -> T| {
            Tensor::from_data(shape.into(), Data::from_vec(kept.iter().map(of).collect()))
        };
        (Inner::new(shape.into(), losses), pick(|kept| kept.top), pick(|kept| kept.shift))
    }, else unreachable!("the loss refuses what is no float"));
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
