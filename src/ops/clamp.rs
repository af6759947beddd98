//! Elements brought between two bounds.

use super::binary::{map, zip};
#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use super::select::{below, compare, tied};
use crate::dtype::with_dtype;
use crate::error::Result;
use crate::shape::{Dims, broadcast};
use crate::tape::{Cx, Op, Saved, SavedArg};
use crate::tensor::{Arg, Inner, Number, result_dtype};
use crate::{Element, Operand, Tensor};
use std::cmp::Ordering;

pub(crate) struct Clamp {
    input: Saved,
    low: Option<SavedArg>,
    high: Option<SavedArg>,
}

impl Op for Clamp {
    const NAME: &'static str = "ClampBackward1";
    const BROADCASTS: bool = true;

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let x = cx.saved(&self.input)?.detach();
        let read = |bound| cx.saved_arg(bound);
        let low = self.low.as_ref().map(read).transpose()?;
        let high = self.high.as_ref().map(read).transpose()?;
        match (&low, &high) {
            (Some(low), Some(high)) => between(grad, &x, low.arg(), high.arg(), cx),
            (Some(low), None) => {
                let low = low.arg();
                one_sided(
                    grad,
                    &x,
                    low,
                    (1, below(x.arg(), low)?, below(low, x.arg())?),
                    cx,
                )
            }
            (None, Some(high)) => {
                let high = high.arg();
                one_sided(
                    grad,
                    &x,
                    high,
                    (2, below(high, x.arg())?, below(x.arg(), high)?),
                    cx,
                )
            }
            (None, None) => Ok(()),
        }
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let mut cases = Case::unary(-2.0, 2.0, |x| x.pow(3).clamp(-1.0, 1.5));
        let x = || sample(&[2, 3], -2.0, 2.0, 0);
        cases.push(Case::new([x()], |x| x[0].clamp_min(0.1).pow(2)));
        cases.push(Case::new([x()], |x| x[0].clamp_max(0.1).pow(2)));
        let bounds = || [sample(&[3], -1.5, 0.5, 1), sample(&[2, 1], -0.5, 1.5, 2)];
        let with = |[low, high]: [Tensor; 2]| [x(), low, high];
        cases.push(Case::new(with(bounds()), |x| x[0].clamp(&x[1], &x[2]).pow(2)).apart());
        cases.push(Case::new(with(bounds()), |x| x[0].clamp_min(&x[1]).pow(2)).apart());
        cases.push(Case::new(with(bounds()), |x| x[0].clamp_max(&x[2]).pow(2)).apart());
        cases
    }
}

fn is_tensor(arg: Arg<'_>) -> bool {
    matches!(arg, Arg::Tensor(_))
}

/// The gradients of one bound, which stands at `place` among the inputs, with the elements outside and inside of it.
/// An element at a number has none; it shares its gradient with a tensor.
#[track_caller]
fn one_sided(
    grad: &Tensor,
    x: &Tensor,
    bound: Arg<'_>,
    (place, outside, inside): (usize, Tensor, Tensor),
    cx: &mut Cx<'_>,
) -> Result<()> {
    if !is_tensor(bound) {
        return cx.give(0, |_| Tensor::try_where(&inside, grad, 0));
    }
    let tie = tied(x.arg(), bound)?;
    let split = Tensor::try_where(&tie, grad.try_div(2)?, grad)?;
    cx.give(0, |_| split.try_masked_fill(&outside, 0))?;
    cx.give(place, |_| split.try_masked_fill(&inside, 0))
}

/// The gradients of two bounds. Elements at numbers have none; they share theirs with tensors, unless these are equal.
/// Where the bounds cross the upper one has it all.
#[track_caller]
fn between(grad: &Tensor, x: &Tensor, low: Arg<'_>, high: Arg<'_>, cx: &mut Cx<'_>) -> Result<()> {
    let x = x.arg();
    if !is_tensor(low) && !is_tensor(high) {
        let inside = below(low, x)?.try_logical_and(below(x, high)?)?;
        return cx.give(0, |_| Tensor::try_where(&inside, grad, 0));
    }
    let apart = below(low, high)?;
    let crossed = below(high, low)?;
    let (under, over) = (below(x, low)?, below(high, x)?);
    let at = |bound: Arg<'_>| tied(x, bound)?.try_logical_and(&apart);
    let (at_low, at_high) = (at(low)?, at(high)?);
    let half = grad.try_div(2)?;
    cx.give(0, |_| {
        let split = Tensor::try_where(&at_low.try_logical_or(&at_high)?, &half, grad)?;
        split.try_masked_fill(&under.try_logical_or(&over)?, 0)
    })?;
    let ordered = compare(low, high, |order| order.is_some_and(Ordering::is_le))?;
    cx.give(1, |_| {
        let whole = Tensor::try_where(&under.try_logical_and(&ordered)?, grad, 0)?;
        Tensor::try_where(&at_low, &half, whole)
    })?;
    cx.give(2, |_| {
        let beyond = over.try_logical_and(&ordered)?.try_logical_or(&crossed)?;
        let whole = Tensor::try_where(&beyond, grad, 0)?;
        Tensor::try_where(&at_high, &half, whole)
    })
}

fn raised<T: Element>(v: T, low: T) -> T {
    if v < low || (low.is_nan() && !v.is_nan()) {
        low
    } else {
        v
    }
}

fn lowered<T: Element>(v: T, high: T) -> T {
    if v > high || (high.is_nan() && !v.is_nan()) {
        high
    } else {
        v
    }
}

/// Bounds that are numbers take one pass, tensors one for each.
fn clamped<T: Element>(x: Arg<'_>, low: Option<Arg<'_>>, high: Option<Arg<'_>>) -> Result<Inner> {
    let number = |bound: Option<Arg<'_>>| match bound {
        None => Some(None),
        Some(Arg::Number(number)) => Some(Some(number.cast::<T>())),
        Some(Arg::Tensor(_)) => None,
    };
    if let (Some(low), Some(high)) = (number(low), number(high)) {
        let clamp = move |v: T| {
            let v = low.map_or(v, |low| raised(v, low));
            high.map_or(v, |high| lowered(v, high))
        };
        return Ok(match x {
            Arg::Tensor(x) => map::<T, T>(x, clamp),
            Arg::Number(_) => zip::<T, T>(x, x, Dims::new(), move |v, _| clamp(v)),
        });
    }
    let bound = |x: Arg<'_>, bound: Arg<'_>, f: fn(T, T) -> T| {
        let shape = broadcast("clamp", x.shape(), bound.shape())?;
        Ok(zip::<T, T>(x, bound, shape, f))
    };
    match (low, high) {
        (Some(low), Some(high)) => bound(bound(x, low, raised)?.untracked().arg(), high, lowered),
        (Some(low), None) => bound(x, low, raised),
        (None, Some(high)) => bound(x, high, lowered),
        (None, None) => bound(x, x, |v, _| v),
    }
}

#[track_caller]
fn clamp(x: &Tensor, low: Option<Arg<'_>>, high: Option<Arg<'_>>) -> Result<Tensor> {
    let args = [Some(x.arg()), low, high];
    let present: Vec<Arg<'_>> = args.into_iter().flatten().collect();
    let out = with_dtype!(result_dtype(&present), T => clamped::<T>(x.arg(), low, high)?);
    // A missing bound keeps its place among the inputs, without an edge.
    let inputs = args.map(|arg| arg.unwrap_or(Arg::Number(Number::Bool(false))));
    let save = |bound: Option<Arg<'_>>| bound.map(|bound| SavedArg::new(bound, true));
    Ok(out.record(&inputs, |_| Clamp {
        input: Saved::input(x),
        low: save(low),
        high: save(high),
    }))
}

fallible! {
    /// Each element brought into the range from `low` to `high`, numbers or tensors, with broadcasting. The gradient
    /// passes inside the range, and goes to the bound outside of it; at a bound it is 0 where that is a number, and
    /// shared with a tensor, as in PyTorch from 2.15 on. A bound that is NaN makes NaN, and where `low` is above `high`
    /// the result is `high`.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![-2.0, 0.5, 9.0].clamp(0, 1), tensor![0.0, 0.5, 1.0]);
    /// assert_eq!(tensor![-2.0, 9.0].clamp(tensor![-1.0, 0.0], tensor![1.0, 2.0]), tensor![-1.0, 2.0]);
    /// ```
    fn clamp | try_clamp(&self, low: impl Operand, high: impl Operand) -> Tensor {
        clamp(self, Some(low.arg()), Some(high.arg()))
    }

    /// Each element, but at least `low`, a number or a tensor, with broadcasting.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![-2.0, 0.5].clamp_min(0), tensor![0.0, 0.5]);
    /// ```
    fn clamp_min | try_clamp_min(&self, low: impl Operand) -> Tensor {
        clamp(self, Some(low.arg()), None)
    }

    /// Each element, but at most `high`, a number or a tensor, with broadcasting.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.5, 9.0].clamp_max(1), tensor![0.5, 1.0]);
    /// ```
    fn clamp_max | try_clamp_max(&self, high: impl Operand) -> Tensor {
        clamp(self, None, Some(high.arg()))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let numbers = |f: fn(&Tensor) -> Tensor| Case::unary(-2.0, 2.0, f);
    vec![
        Operator::node::<Clamp>("clamp", "Tensor::clamp").elementwise(),
        Operator::new(
            "clamp_min",
            "Tensor::clamp_min",
            numbers(|x| x.clamp_min(0.1).pow(3)),
        )
        .elementwise(),
        Operator::new(
            "clamp_max",
            "Tensor::clamp_max",
            numbers(|x| x.clamp_max(0.1).pow(3)),
        )
        .elementwise(),
    ]
}
