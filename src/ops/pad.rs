//! Axes made longer or shorter at their ends.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible_fn;
use super::pick::{Runs, kind, pick};
use crate::dtype::{Element, with_dtype};
use crate::error::{Error, Result};
use crate::kernels::strided::{for_each_run, gather};
use crate::shape::{Dims, Layout, row_major};
use crate::tape::trace;
use crate::tape::{Cx, Op};
use crate::tensor::Inner;
use crate::tensor::storage::Data;
use crate::{Operand, Tensor};
use std::ops::Range;
use std::sync::Arc;

/// What stands beyond the ends of an axis.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum PadMode {
    /// One number.
    Constant(f64),
    /// The elements before the end, read backwards; the outermost one is not repeated.
    Reflect,
    /// The outermost element.
    Replicate,
    /// The elements from the other end.
    Circular,
}

impl Default for PadMode {
    /// Zeros.
    fn default() -> Self {
        PadMode::Constant(0.0)
    }
}

/// For every axis, how many elements come before and behind; negative ones go.
type Pads = Vec<(i64, i64)>;

/// A constant around the input, or the input without its edges.
pub(crate) struct ConstantPad {
    pads: Pads,
}

impl Op for ConstantPad {
    const NAME: &'static str = "ConstantPadNdBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let back = self
            .pads
            .iter()
            .map(|(before, behind)| (-before, -behind))
            .collect();
        cx.give(0, |cx| Ok(constant(grad, back, cx.input_shape(0), 0.0)))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |shape: &[usize], pads: &'static [i64]| {
            Case::new([sample(shape, -1.0, 1.0, 0)], move |x| {
                pad(&x[0], pads, PadMode::Constant(0.5)).pow(2)
            })
        };
        vec![
            case(&[3], &[1, 2]),
            case(&[2, 3], &[-1, 1, 1, -1]),
            case(&[2, 2, 2], &[0, 1]),
            case(&[2, 3], &[-1, -2]),
            case(&[0, 2], &[1, 0]),
        ]
    }
}

fn fill<T: Element>(x: &Tensor, pads: &Pads, to: &[usize], value: f64) -> Data<T> {
    let mut out = Data::<T>::full(to.iter().product(), T::from_f64(value));
    // The part of each axis that stays, where it begins on both sides.
    let (mut kept, mut from, mut at) = (Dims::new(), x.layout().offset, 0);
    let (own_steps, steps) = (x.layout().strides(), row_major(to));
    for (axis, &(before, behind)) in pads.iter().enumerate() {
        let lost = |pad: i64| pad.min(0).unsigned_abs() as usize;
        kept.push(x.shape()[axis].saturating_sub(lost(before) + lost(behind)));
        from += lost(before) * own_steps[axis];
        at += before.max(0) as usize * steps[axis];
    }
    if kept.contains(&0) {
        return out;
    }
    let source = Layout::strided(kept.clone(), own_steps, from);
    let values = gather(&x.snapshot::<T>(), &source);
    let target = out.make_mut();
    let run = kept.last().copied().unwrap_or(1);
    let mut runs = values.chunks_exact(run);
    for_each_run(&kept, &steps, at, |start| {
        if let Some(values) = runs.next() {
            target[start..start + run].copy_from_slice(values);
        }
    });
    out
}

#[track_caller]
fn constant(x: &Tensor, pads: Pads, to: &[usize], value: f64) -> Tensor {
    let (again, shape) = (pads.clone(), Dims::from_slice(to));
    let out = trace::computed_one(
        &[x],
        move |x| with_dtype!(x[0].dtype(), T => Inner::new(shape.clone(), fill::<T>(x[0], &again, &shape, value))),
    );
    out.record(&[x.arg()], |_| ConstantPad { pads })
}

impl PadMode {
    /// Where the element at `at`, counted from the first one of an axis, is read; `kept` is what negative pads leave
    /// of the axis, and what goes round.
    fn source(self, at: i64, size: i64, kept: &Range<i64>) -> usize {
        let inside = match self {
            PadMode::Circular => kept.start + (at - kept.start).rem_euclid(kept.end - kept.start),
            PadMode::Reflect if at < 0 => -at,
            PadMode::Reflect if at >= size => 2 * (size - 1) - at,
            _ => at.clamp(0, size - 1),
        };
        inside as usize
    }

    /// The most elements that can stand beyond an end of an axis.
    fn limit(self, size: usize) -> i64 {
        match self {
            PadMode::Reflect => size as i64 - 1,
            PadMode::Circular => size as i64,
            PadMode::Constant(_) => i64::MAX,
            PadMode::Replicate => {
                if size == 0 {
                    0
                } else {
                    i64::MAX
                }
            }
        }
    }
}

/// What negative pads leave of an axis.
fn kept(size: usize, (before, behind): (i64, i64)) -> Range<i64> {
    (-before).max(0)..size as i64 + behind.min(0)
}

/// One axis made longer by elements of its own.
#[track_caller]
fn along(x: &Tensor, axis: usize, (before, behind): (i64, i64), mode: PadMode) -> Tensor {
    let size = x.shape()[axis];
    let inner: usize = x.shape()[axis + 1..].iter().product();
    let outer: usize = x.shape()[..axis].iter().product();
    let kept = kept(size, (before, behind));
    let places: Vec<usize> = (-before..size as i64 + behind)
        .map(|at| mode.source(at, size as i64, &kept))
        .collect();
    let mut to: Dims = x.shape().into();
    to[axis] = places.len();
    let rows = (0..outer).flat_map(|o| places.iter().map(move |place| (o * size + place) * inner));
    let runs = Runs {
        starts: rows.collect(),
        run: inner,
        from: x.shape().into(),
        to,
    };
    pick::<kind::IndexSelect>(x, Arc::new(runs))
}

/// The pads of every axis, and the sizes that come out.
fn plan(x: &Tensor, pads: &[i64], mode: PadMode) -> Result<(Pads, Dims)> {
    let refuse = |problem: String, cure: &str| {
        Err(Error::InvalidArgument {
            op: "pad",
            argument: "pad",
            value: format!("{pads:?}"),
            problem,
            cure: cure.into(),
        })
    };
    let axes = pads.len() / 2;
    if !pads.len().is_multiple_of(2) || axes > x.rank() {
        return refuse(
            format!("the input has {} axes", x.rank()),
            "Give two numbers, before and behind, for the last axis, then for the one before it, and so on.",
        );
    }
    let mut whole = vec![(0, 0); x.rank() - axes];
    whole.extend(pads.chunks_exact(2).rev().map(|pair| (pair[0], pair[1])));
    let mut sizes = Dims::new();
    for (&size, &(before, behind)) in x.shape().iter().zip(&whole) {
        let kept = kept(size, (before, behind));
        let limit = match mode {
            PadMode::Circular => mode.limit(size).min(kept.end - kept.start),
            _ => mode.limit(size),
        };
        if (before, behind) != (0, 0) && before.max(behind) > limit {
            return refuse(
                format!("an axis of size {size} has too few elements for {mode:?}"),
                "Give less padding, or a constant.",
            );
        }
        let sum = (size as i64)
            .checked_add(before)
            .and_then(|sum| sum.checked_add(behind));
        match sum.and_then(|sum| usize::try_from(sum).ok()) {
            Some(sum) => sizes.push(sum),
            None => {
                return refuse(
                    format!("of an axis of size {size} less than nothing remains"),
                    "Take no more from an axis than it has.",
                );
            }
        }
    }
    Ok((whole, sizes))
}

fallible_fn! {
    /// The input with elements added at the ends of its last axes: `pad` has two numbers, before and behind, for the
    /// last axis, then for the one before it, and so on. Negative ones take elements away.
    ///
    /// # Panics
    /// If there are more pairs than axes, an axis would get a negative size, or the mode asks for more elements than
    /// an axis has.
    ///
    /// ```
    /// use retrograd::{functional::{PadMode, pad}, prelude::*};
    /// let x = tensor![1.0, 2.0, 3.0];
    /// assert_eq!(pad(&x, [1, 2], PadMode::Constant(0.0)), tensor![0.0, 1.0, 2.0, 3.0, 0.0, 0.0]);
    /// assert_eq!(pad(&x, [2, 1], PadMode::Reflect), tensor![3.0, 2.0, 1.0, 2.0, 3.0, 2.0]);
    /// assert_eq!(pad(&x, [1, 1], PadMode::Circular), tensor![3.0, 1.0, 2.0, 3.0, 1.0]);
    /// assert_eq!(pad(&x, [-1, 1], PadMode::Circular), tensor![2.0, 3.0, 2.0]);
    /// assert_eq!(pad(&x, [-1, 1], PadMode::Replicate), tensor![2.0, 3.0, 3.0]);
    /// ```
    fn pad | try_pad(input: &Tensor, pad: impl AsRef<[i64]>, mode: PadMode) -> Tensor {
        let (pads, sizes) = plan(input, pad.as_ref(), mode)?;
        if let PadMode::Constant(value) = mode {
            return Ok(constant(input, pads, &sizes, value));
        }
        let axes = pads.into_iter().enumerate().filter(|(_, pad)| *pad != (0, 0));
        Ok(axes.fold(input.clone(), |x, (axis, pad)| along(&x, axis, pad, mode)))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let case = |mode: PadMode| {
        Case::new([sample(&[2, 3], -1.0, 1.0, 0)], move |x| {
            pad(&x[0], [2, 1, -1, 1], mode).pow(2)
        })
    };
    vec![
        Operator::node::<ConstantPad>("nn.functional.pad", "functional::pad"),
        Operator::new(
            "nn.functional.pad",
            "functional::pad",
            [
                case(PadMode::Reflect),
                case(PadMode::Replicate),
                case(PadMode::Circular),
            ],
        ),
    ]
}
