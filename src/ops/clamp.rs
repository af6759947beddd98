//! Elements brought between two bounds.

use super::binary::{load, zip};
#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use crate::dtype::with_number;
use crate::error::{Error, Result};
use crate::kernels::elementwise;
use crate::shape::broadcast;
use crate::tape::{Cx, Op, Saved, SavedArg};
use crate::tensor::{Arg, Inner, Number, result_dtype};
use crate::{Element, Operand, Tensor};

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
        let read = |bound: &Option<SavedArg>| bound.as_ref().map(|b| cx.saved_arg(b)).transpose();
        let (low, high) = (read(&self.low)?, read(&self.high)?);
        let inside = match (&low, &high) {
            (Some(low), Some(high)) => x.try_ge(low)?.try_logical_and(x.try_le(high)?)?,
            (Some(low), None) => x.try_ge(low)?,
            (None, Some(high)) => x.try_le(high)?,
            (None, None) => return Ok(()),
        };
        cx.give(0, |_| Tensor::try_where(&inside, grad, 0))?;
        // Where the bounds cross the upper one stands.
        let crossed = match (&low, &high) {
            (Some(low), Some(high)) => Some(below(high.arg(), low.arg())?),
            _ => None,
        };
        if let Some(low) = &low {
            cx.give(1, |_| {
                let mut taken = x.try_lt(low)?;
                if let (Some(high), Some(_)) = (&high, &crossed) {
                    taken = taken.try_logical_and(below(low.arg(), high.arg())?)?;
                }
                Tensor::try_where(&taken, grad, 0)
            })?;
        }
        if let Some(high) = &high {
            cx.give(2, |_| {
                let mut taken = x.try_gt(high)?;
                if let Some(crossed) = &crossed {
                    taken = taken.try_logical_or(crossed)?;
                }
                Tensor::try_where(&taken, grad, 0)
            })?;
        }
        Ok(())
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

/// Where the first is less.
fn below(a: Arg<'_>, b: Arg<'_>) -> Result<Tensor> {
    let shape = broadcast("clamp", a.shape(), b.shape())?;
    Ok(zip::<f64, bool>(a, b, shape, |a, b| a < b).untracked())
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
        let clamp = |v: T| {
            let v = low.map_or(v, |low| raised(v, low));
            high.map_or(v, |high| lowered(v, high))
        };
        let data = elementwise::map(&load::<T>(x), clamp);
        return Ok(Inner::new(x.shape().into(), data));
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
    let out = with_number!(result_dtype(&present), T => clamped::<T>(x.arg(), low, high)?, else {
        return Err(Error::DType {
            op: "clamp",
            problem: "a bool tensor has nothing between its two values".into(),
            cure: "Cast it first, with `.to(I64)`.".into(),
        });
    });
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
    /// Each element brought into the range from `low` to `high`, numbers or tensors, with broadcasting; the gradient
    /// passes inside it, the bounds included. Outside of it the bound gets the gradient. A bound that is NaN makes NaN,
    /// and where `low` is above `high` the result is `high`.
    ///
    /// # Panics
    /// If the tensor is `bool` or the shapes do not broadcast.
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
    /// If the tensor is `bool` or the shapes do not broadcast.
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
    /// If the tensor is `bool` or the shapes do not broadcast.
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
