//! Linear recurrences along an axis, of which the derivatives of running products and running sums of exponentials
//! are made.

#[cfg(test)]
use super::case::{Case, sample};
use super::join::try_cat;
use super::reduce::Plan;
use crate::dtype::with_float;
use crate::error::Result;
use crate::tape::{Cx, Op, Saved};
use crate::tensor::Inner;
use crate::tensor::storage::Data;
use crate::{Operand, Scalar, Tensor};

/// `y[k] = x[k] + weight[k] y[k - 1]`, or from the other end, `y[k] = x[k] + weight[k] y[k + 1]`.
pub(crate) struct Scan {
    weight: Saved,
    out: Saved,
    axis: i64,
    from_end: bool,
}

impl Op for Scan {
    const NAME: &'static str = "ScanBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let Scan { axis, from_end, .. } = *self;
        // The transposed recurrence runs the other way.
        let weight = shift(&cx.saved(&self.weight)?, axis, 1, from_end, 0.0)?;
        let sums = scan(grad, &weight, axis, !from_end)?;
        cx.give(0, |_| Ok(sums.clone()))?;
        cx.give(1, |cx| {
            sums.try_mul(shift(&cx.saved(&self.out)?, axis, 1, !from_end, 0.0)?)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let shapes: [(&[usize], i64); 5] = [
            (&[], 0),
            (&[4], 0),
            (&[2, 3], -1),
            (&[2, 3, 2], 1),
            (&[0, 2], 1),
        ];
        let case = |&(shape, axis): &(&[usize], i64)| {
            [false, true].map(|from_end| {
                let inputs = [sample(shape, -2.0, 2.0, 0), sample(shape, 0.2, 1.5, 1)];
                Case::new(inputs, move |x| {
                    scan(&x[0], &x[1], axis, from_end).unwrap().pow(2)
                })
            })
        };
        shapes.iter().flat_map(case).collect()
    }
}

/// The recurrence along an axis; both tensors have one shape and one floating-point type.
#[track_caller]
pub(crate) fn scan(x: &Tensor, weight: &Tensor, axis: i64, from_end: bool) -> Result<Tensor> {
    let plan = Plan::over("scan", x, [axis], false)?;
    let out = with_float!(x.dtype(), T => {
        let (blocks, weights) = (plan.blocks::<T>(x), weight.values::<T>());
        let (len, inner) = (blocks.len, blocks.inner);
        let mut data = Data::<T>::scratch(blocks.values.len());
        let out = data.make_mut();
        for lane in 0..blocks.outer * inner {
            let start = lane / inner * len * inner + lane % inner;
            let mut before: Option<T> = None;
            for k in 0..len {
                let k = if from_end { len - 1 - k } else { k };
                let at = start + k * inner;
                let value = blocks.values[at];
                let sum = before.map_or(value, |before| value + weights[at] * before);
                out[at] = sum;
                before = Some(sum);
            }
        }
        Inner::new(x.shape().into(), data)
    }, else unreachable!("only floats come here"));
    Ok(out.record(&[x.arg(), weight.arg()], |out| Scan {
        weight: Saved::input(weight),
        out: Saved::output(out),
        axis,
        from_end,
    }))
}

/// The tensor moved along an axis by some places, to the end or to the front; a value fills what gets free.
#[track_caller]
pub(crate) fn shift(
    x: &Tensor,
    axis: i64,
    by: usize,
    to_end: bool,
    fill: impl Scalar,
) -> Result<Tensor> {
    if x.rank() == 0 {
        return Ok(if by == 0 {
            x.clone()
        } else {
            x.full_like(fill)
        });
    }
    let len = x.size(axis);
    let by = by.min(len);
    let filled = x.detach().try_narrow(axis, 0, by)?.full_like(fill);
    match to_end {
        true => try_cat([filled, x.try_narrow(axis, 0, len - by)?], axis),
        false => try_cat([x.try_narrow(axis, by, len - by)?, filled], axis),
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    Vec::new()
}
