//! The losses of classes, from their scores in one operation, without the logarithm of the softmax being written out,
//! or from such logarithms.

use super::binary::load;
#[cfg(test)]
use super::case::{Case, sample};
use super::softmax;
use crate::dtype::with_float;
use crate::error::Result;
use crate::kernels::softmax::{scores, slope_of_scores};
use crate::shape::Dims;
use crate::tape::{Cx, Op, RECORDING, Saved, TRACING, is_grad_enabled, modes, trace};
use crate::tensor::Inner;
use crate::tensor::storage::Data;
use crate::{Element, Operand, Tensor};
use num_traits::Float;
use smallvec::SmallVec;

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

    /// What the losses are computed from: scores or logarithms, then the classes, the weights and what is ignored.
    fn beside<'a>(&'a self, x: &'a Tensor) -> SmallVec<[&'a Tensor; 4]> {
        let operands = [
            Some(x),
            Some(&self.index),
            Some(&self.weights),
            self.ignored.as_ref(),
        ];
        operands.into_iter().flatten().collect()
    }

    /// Numbers of the examples, each at its class in a row of zeros.
    fn placed(&self, numbers: &Tensor, classes: usize) -> Result<Tensor> {
        let axis = numbers.rank() as i64;
        let own = self.index.try_unsqueeze(axis)?;
        let own = own.try_eq(crate::arange(classes as i64))?;
        own.to(numbers.dtype())
            .try_mul(numbers.try_unsqueeze(axis)?)
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
        let slopes = self.classes.slopes(grad)?;
        let slopes = self.classes.placed(&slopes, x.shape()[axis as usize])?;
        let shares = x.try_log_softmax(axis)?.exp();
        slopes.try_sub(shares.try_mul(slopes.try_sum_keepdim(axis)?)?)
    }
}

/// The gradient of the scores, from what the losses kept.
fn gradient(operands: &[&Tensor]) -> Tensor {
    let &[x, tops, shifts, index, slopes] = operands else {
        unreachable!("the backward names five operands")
    };
    with_float!(x.dtype(), T => {
        let (tops, shifts) = (load::<T>(tops.arg()), load::<T>(shifts.arg()));
        let (classes, slopes) = (load::<i64>(index.arg()), load::<T>(slopes.arg()));
        let len = x.shape()[x.rank() - 1];
        let data = slope_of_scores(&x.values::<T>(), len, &classes, [&tops, &shifts], &slopes);
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
            let [gradient] = trace::computed(&operands, |x| [gradient(x)]);
            Ok(gradient)
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

/// The losses, from the logarithms of the shares of the examples' own classes.
fn weighted<T: Element + Float>(
    logs: impl Iterator<Item = T>,
    weights: &Tensor,
    ignored: Option<&Tensor>,
) -> Data<T> {
    let weights = load::<T>(weights.arg());
    let mut losses = Data::<T>::scratch(weights.len());
    for (loss, (log, &weight)) in losses.make_mut().iter_mut().zip(logs.zip(weights.iter())) {
        *loss = -log * weight;
    }
    if let Some(mask) = ignored {
        let mask = load::<bool>(mask.arg());
        let ignored = losses.make_mut().iter_mut().zip(mask.iter());
        ignored
            .filter(|(_, mask)| **mask)
            .for_each(|(loss, _)| *loss = T::zero());
    }
    losses
}

/// The losses of scores by classes, weights and what is ignored, with the greatest score of each row and the logarithm
/// of its sum above that.
fn losses(operands: &[&Tensor]) -> [Tensor; 3] {
    let (x, index, weights) = (operands[0], operands[1], operands[2]);
    let shape = index.shape();
    with_float!(x.dtype(), T => {
        let index = load::<i64>(index.arg());
        let len = x.shape()[x.rank() - 1];
        let [tops, shifts, own] = scores::<T>(&x.values::<T>(), len, &index);
        let parts = own.iter().zip(tops.iter().zip(shifts.iter()));
        let logs = parts.map(|(own, (top, shift))| own - top - shift);
        let data = weighted(logs, weights, operands.get(3).copied());
        [data, tops, shifts].map(|data| Tensor::from_data(shape.into(), data))
    }, else unreachable!("the loss refuses what is no float"))
}

/// The negative of the logarithm at each row's class, weighted.
pub(crate) struct NllLoss {
    classes: Classes,
    /// The logarithms, where they are a log-softmax whose input is the second one of this operation.
    log: Option<Saved>,
}

/// The gradient of logarithms of `shape` from those of each row's own and the classes; of the scores behind them where
/// the logarithms themselves are the third operand.
fn spread(operands: &[&Tensor], shape: Dims) -> Tensor {
    let (slopes, index, log) = (operands[0], operands[1], operands.get(2));
    let len = shape.last().copied().unwrap_or(0);
    with_float!(slopes.dtype(), T => {
        let (classes, slopes) = (load::<i64>(index.arg()), load::<T>(slopes.arg()));
        let data = match log {
            Some(log) => {
                let zeros = Data::full(classes.len(), 0.0);
                slope_of_scores(&log.values::<T>(), len, &classes, [&zeros, &zeros], &slopes)
            }
            None => {
                let mut data = Data::full(classes.len() * len, 0.0);
                let rows = data.make_mut().chunks_exact_mut(len.max(1));
                for (row, (&class, &slope)) in rows.zip(classes.iter().zip(slopes.iter())) {
                    row[class as usize] = slope;
                }
                data
            }
        };
        Tensor::from_data(shape, data)
    }, else unreachable!("only floats stand in a graph"))
}

impl Op for NllLoss {
    const NAME: &'static str = "NllLossBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let slopes = self.classes.slopes(grad)?;
        let shape = Dims::from_slice(cx.input_shape(0));
        let len = shape.last().copied().unwrap_or(0);
        if is_grad_enabled() {
            return cx.give(0, |_| self.classes.placed(&slopes, len));
        }
        // The gradient of the logarithms has one number a row: the log-softmax's own is taken from these at once.
        let log = match &self.log {
            Some(log) if cx.wants(1) && cx.may_pass_by(0) => Some(cx.saved(log)?),
            _ => None,
        };
        let operands = [Some(&slopes), Some(&self.classes.index), log.as_ref()];
        let operands: SmallVec<[&Tensor; 3]> = operands.into_iter().flatten().collect();
        let [out] = trace::computed(&operands, move |x| [spread(x, shape.clone())]);
        cx.give(usize::from(log.is_some()), |_| Ok(out))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let classes = |labels: &[i64]| Classes {
            index: Tensor::from(labels),
            weights: sample(&[labels.len()], 0.5, 1.5, 3),
            ignored: None,
        };
        let scores = || [sample(&[3, 4], -2.0, 2.0, 0)];
        vec![
            Case::new(scores(), move |x| {
                nll_losses(&x[0], classes(&[1, 0, 3])).pow(2)
            }),
            Case::new(scores(), move |x| {
                nll_losses(&x[0].log_softmax(1), classes(&[1, 0, 3])).pow(2)
            }),
            Case::new(scores(), move |x| {
                nll_losses(&x[0].log_softmax(0), classes(&[1, 0, 3])).pow(2)
            }),
            Case::new([sample(&[0, 3], -2.0, 2.0, 0)], move |x| {
                nll_losses(&x[0].log_softmax(1), classes(&[]))
            }),
        ]
    }
}

/// The weighted losses of logarithms `[classes]` or `[batch, classes]`, whose classes are known to be there.
#[track_caller]
pub(crate) fn nll_losses(log: &Tensor, classes: Classes) -> Tensor {
    let out = trace::computed_one(&classes.beside(log), |x| {
        let (log, index) = (x[0], x[1]);
        with_float!(log.dtype(), T => {
            let (values, classes) = (log.values::<T>(), load::<i64>(index.arg()));
            let rows = values.chunks_exact((values.len() / classes.len().max(1)).max(1));
            let own = rows.zip(classes.iter()).map(|(row, &class)| row[class as usize]);
            let data = weighted(own, x[2], x.get(3).copied());
            Inner::new(index.shape().into(), data)
        }, else unreachable!("the loss refuses what is no float"))
    });
    // Whoever watches operations is to see each of them.
    let plain = modes() & !(RECORDING | TRACING) == 0;
    let source = softmax::source(log, log.rank() as i64 - 1).filter(|_| plain);
    let source = source.map(|node| {
        let mut place = Inner::view(log, log.layout().clone());
        place.set_node_mut(node);
        place.untracked()
    });
    let inputs = std::iter::once(log).chain(&source);
    let inputs: SmallVec<[_; 2]> = inputs.map(Tensor::arg).collect();
    out.record(&inputs, |_| NllLoss {
        log: source.is_some().then(|| Saved::input(log)),
        classes,
    })
}

/// The weighted losses of scores `[classes]` or `[batch, classes]`, whose classes are known to be there.
#[track_caller]
pub(crate) fn class_losses(x: &Tensor, classes: Classes) -> Tensor {
    let [out, tops, shifts] = trace::computed(&classes.beside(x), losses);
    out.into_inner().record(&[x.arg()], |_| ClassLoss {
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
