//! Elementwise losses whose formulas must not be left to compositions, which overflow.

use super::binary::{load, zip, zip_fused};
#[cfg(test)]
use super::case::{Case, sample};
use crate::dtype::with_float;
use crate::error::Result;
use crate::kernels::math::{Exp as _, Math as _};
use crate::kernels::simd;
use crate::tape::trace;
use crate::tape::{Cx, Op, Saved};
use crate::tensor::{Inner, result_dtype};
use crate::{Operand, Tensor};

/// `-(y log p + (1 - y) log(1 - p))`, with the logarithms clamped at -100.
pub(crate) struct BinaryCrossEntropy {
    input: Saved,
    target: Saved,
}

impl Op for BinaryCrossEntropy {
    const NAME: &'static str = "BinaryCrossEntropyBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let (p, y) = (cx.saved(&self.input)?, cx.saved(&self.target)?);
        cx.give(0, |_| grad.try_mul(slope(&p, &y)?))?;
        cx.give(1, |_| {
            let odds = p
                .log()
                .try_clamp_min(-100.0)?
                .try_sub((1.0 - &p).log().try_clamp_min(-100.0)?)?;
            grad.neg().try_mul(odds)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let shapes: [&[usize]; 4] = [&[], &[3], &[2, 3], &[0, 2]];
        let case = |shape: &&[usize]| {
            let inputs = [sample(shape, 0.2, 0.8, 0), sample(shape, 0.1, 0.9, 1)];
            Case::new(inputs, |x| binary_cross_entropy(&x[0], &x[1])).apart()
        };
        shapes.iter().map(case).collect()
    }
}

/// `(p - y) / max(p (1 - p), 1e-12)`, PyTorch's derivative by `p`.
#[track_caller]
fn slope(p: &Tensor, y: &Tensor) -> Result<Tensor> {
    if !p.requires_grad() && !y.requires_grad() {
        let dtype = result_dtype(&[p.arg(), y.arg()]);
        return Ok(with_float!(dtype, T => {
            zip::<T, T>(p.arg(), y.arg(), p.shape().into(), |p, y| {
                let variance: T = (1.0 - p) * p;
                // A comparison that keeps a NaN.
                (p - y) / if variance < 1e-12 { 1e-12 } else { variance }
            })
        }, else unreachable!("only floats come here"))
        .untracked());
    }
    p.try_sub(y)?
        .try_div((1.0 - p).try_mul(p)?.try_clamp_min(1e-12)?)
}

/// The loss of each element; both tensors have one shape.
#[track_caller]
pub(crate) fn binary_cross_entropy(p: &Tensor, y: &Tensor) -> Tensor {
    let out = with_float!(p.dtype(), T => {
        zip_fused::<T, T>(p.arg(), y.arg(), p.shape().into(), #[inline(always)] |p, y| {
            let clamp = |log: T| if log < -100.0 { -100.0 } else { log };
            (y - 1.0) * clamp((-p).log1p_()) - y * clamp(p.log_())
        })
    }, else unreachable!("the loss casts what is no float"));
    out.record(&[p.arg(), y.arg()], |_| BinaryCrossEntropy {
        input: Saved::input(p),
        target: Saved::input(y),
    })
}

/// The same loss from the logit `x`: `(1 - y) x + (1 + (w - 1) y) log(1 + exp(-x))`.
pub(crate) struct BinaryCrossEntropyWithLogits {
    input: Saved,
    target: Saved,
    /// The weight of the positive class, of any shape that broadcasts.
    pos_weight: Option<Tensor>,
}

/// `1 + (w - 1) y`.
fn weight(y: &Tensor, pos_weight: Option<&Tensor>) -> Result<Tensor> {
    match pos_weight {
        Some(w) => y.try_mul(w.try_sub(1)?)?.try_add(1),
        None => Ok(y.ones_like()),
    }
}

impl Op for BinaryCrossEntropyWithLogits {
    const NAME: &'static str = "BinaryCrossEntropyWithLogitsBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let (x, y) = (cx.saved(&self.input)?, cx.saved(&self.target)?);
        cx.give(0, |_| {
            let slope = match &self.pos_weight {
                None => x.sigmoid().try_sub(&y)?,
                Some(w) => (1.0 - &y).try_sub(weight(&y, Some(w))?.try_mul(x.neg().sigmoid())?)?,
            };
            grad.try_mul(slope)
        })?;
        cx.give(1, |_| {
            let Some(w) = &self.pos_weight else {
                return grad.try_mul(x.neg());
            };
            grad.try_mul(
                softplus_of_negative(&x)?
                    .try_mul(w.try_sub(1)?)?
                    .try_sub(&x)?,
            )
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let shapes: [&[usize]; 4] = [&[], &[3], &[2, 3], &[0, 3]];
        let case = |shape: &&[usize]| {
            let inputs = || [sample(shape, -3.0, 3.0, 0), sample(shape, 0.1, 0.9, 1)];
            let w = sample(if shape.is_empty() { &[] } else { &[3] }, 0.5, 3.0, 2);
            [
                Case::new(inputs(), |x| {
                    binary_cross_entropy_with_logits(&x[0], &x[1], None).unwrap()
                })
                .apart(),
                Case::new(inputs(), move |x| {
                    binary_cross_entropy_with_logits(&x[0], &x[1], Some(&w)).unwrap()
                })
                .apart(),
            ]
        };
        shapes.iter().flat_map(case).collect()
    }
}

/// `log(1 + exp(-x))`, finite wherever `x` is.
fn softplus_of_negative(x: &Tensor) -> Result<Tensor> {
    let sum = x.neg().exp().try_add(1)?.log();
    // Far below zero the sum is -x to the last bit, where the exponential overflows.
    Tensor::try_where(&x.detach().try_lt(-30)?, x.neg(), sum)
}

fn logit_losses(x: &Tensor, y: &Tensor, weights: &Tensor) -> Inner {
    with_float!(x.dtype(), T => {
        let (values, targets, weights) = (x.values::<T>(), load::<T>(y.arg()), load::<T>(weights.arg()));
        let losses = values.iter().zip(targets.iter().zip(weights.iter())).map(|(&x, (&y, &w))| {
            let softplus = (-x.abs()).exp_().log1p_() + if x < 0.0 { -x } else { 0.0 };
            (1.0 - y) * x + w * softplus
        });
        let mut data = crate::tensor::storage::Data::<T>::scratch(x.numel());
        let out = data.make_mut();
        simd::fused(#[inline(always)] || {
            out.iter_mut().zip(losses).for_each(|(out, loss)| *out = loss);
        });
        Inner::new(x.shape().into(), data)
    }, else unreachable!("the loss casts what is no float"))
}

/// The loss of each element; the tensors have one shape, and `pos_weight` broadcasts to it.
#[track_caller]
pub(crate) fn binary_cross_entropy_with_logits(
    x: &Tensor,
    y: &Tensor,
    pos_weight: Option<&Tensor>,
) -> Result<Tensor> {
    let weights = weight(&y.detach(), pos_weight)?;
    let out = trace::computed_one(&[x, y, &weights], |x| logit_losses(x[0], x[1], x[2]));
    Ok(
        out.record(&[x.arg(), y.arg()], |_| BinaryCrossEntropyWithLogits {
            input: Saved::input(x),
            target: Saved::input(y),
            pos_weight: pos_weight.map(Tensor::snapshot_tensor),
        }),
    )
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    Vec::new()
}
