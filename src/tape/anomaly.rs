//! The search for the first operation whose result is not finite.

use super::mode::{ANOMALY, Modes, QUIET, modes};
use super::node::NodeRef;
use crate::Tensor;
use crate::dtype::{Element, with_float};
use crate::error::{Error, OrPanic, Result};
use crate::tensor::{Arg, Number};
use std::cell::RefCell;
use std::marker::PhantomData;
use std::panic::Location;

thread_local! {
    static FIRST: RefCell<Option<Error>> = const { RefCell::new(None) };
    /// What the node whose backward runs has read of the values it saved.
    static SAVED: RefCell<Vec<Tensor>> = const { RefCell::new(Vec::new()) };
}

/// Searches the results of all operations in `body`, forward and backward, for NaN and for infinities, as
/// `with torch.autograd.detect_anomaly():`, and stops at the first.
///
/// The message names the operation, the line that called it and the ranges of its inputs; for a backward, of the
/// gradient that came in and of the values it had saved. A derivative of a derivative is named by the line of the
/// operation that it comes from. A NaN is reported wherever it stands; an infinity only where it arises, so that
/// masks of `-inf` may be used. A change in place that is not recorded is passed over; what it leaves is found by the
/// next operation. Every result is read once more, so it is a tool for the search, not for each run.
///
/// # Panics
/// At the line of the first operation whose result is not finite. A `try_backward` returns the error;
/// [`try_detect_anomaly`] returns it in every case.
///
/// ```
/// use retrograd::{prelude::*, tape::detect_anomaly};
/// let x = tensor![0.0, 4.0].requires_grad_();
/// let error = detect_anomaly(|| x.sqrt().sum().try_backward()).unwrap_err();
/// let text = error.to_string();
/// assert!(text.starts_with("detect_anomaly: the backward of sqrt, called at "), "{text}");
/// assert!(text.contains("saved: f32 [2] from 0 to 2"), "{text}");
/// ```
pub fn detect_anomaly<R>(body: impl FnOnce() -> R) -> R {
    let _guard = detect_anomaly_guard();
    body()
}

/// As [`detect_anomaly`], until the guard is dropped.
///
/// ```
/// use retrograd::{prelude::*, tape};
/// let _guard = tape::detect_anomaly_guard();
/// assert!(tensor![4.0].sqrt().isfinite().all().item::<bool>());
/// ```
pub fn detect_anomaly_guard() -> DetectAnomaly {
    DetectAnomaly {
        _modes: Modes::set(ANOMALY | QUIET, ANOMALY),
        _not_send: PhantomData,
    }
}

/// Searches for results that are not finite while it lives; see [`detect_anomaly_guard`].
#[must_use = "the search ends as soon as the guard is dropped"]
pub struct DetectAnomaly {
    _modes: Modes,
    /// The mode belongs to the thread, so its guard must stay there.
    _not_send: PhantomData<*const ()>,
}

/// As [`detect_anomaly`], with the first finding returned in the place of a panic: `body` runs on to its end.
///
/// # Errors
/// [`Error::NotFinite`] with the first operation whose result is not finite; else the error that `body` returned.
///
/// ```
/// use retrograd::{Error, prelude::*, tape::try_detect_anomaly};
/// let error = try_detect_anomaly(|| Ok(tensor![-1.0].log() * 2.0)).unwrap_err();
/// let Error::NotFinite { op, location, .. } = &error else { panic!("{error}") };
/// assert_eq!((op.as_str(), location.file()), ("log", file!()));
/// ```
pub fn try_detect_anomaly<R>(body: impl FnOnce() -> Result<R>) -> Result<R> {
    /// Puts the finding of an outer search back, on a panic too.
    struct Outer(Option<Error>);
    impl Drop for Outer {
        fn drop(&mut self) {
            FIRST.set(self.0.take());
        }
    }
    let _outer = Outer(FIRST.take());
    let _modes = Modes::set(ANOMALY | QUIET, ANOMALY | QUIET);
    let result = body();
    match FIRST.take() {
        Some(first) => Err(first),
        None => result,
    }
}

/// What a tensor's elements are like.
struct Range {
    low: f64,
    high: f64,
    nans: usize,
    infinities: usize,
}

impl Range {
    fn of(x: &Tensor) -> Option<Range> {
        with_float!(x.dtype(), T => {
            let mut range = Range { low: f64::INFINITY, high: f64::NEG_INFINITY, nans: 0, infinities: 0 };
            for &value in x.values::<T>().iter() {
                let value: f64 = value.cast();
                if value.is_finite() {
                    range.low = range.low.min(value);
                    range.high = range.high.max(value);
                } else if value.is_nan() {
                    range.nans += 1;
                } else {
                    range.infinities += 1;
                }
            }
            Some(range)
        }, else None)
    }

    /// The elements that are not finite, in words; none where there are none.
    fn strange(&self) -> Option<String> {
        match (self.nans, self.infinities) {
            (0, 0) => None,
            (0, n) => Some(format!("{n} inf")),
            (n, 0) => Some(format!("{n} NaN")),
            (n, m) => Some(format!("{n} NaN and {m} inf")),
        }
    }
}

/// Type, shape and range of a tensor in words.
fn describe(x: &Tensor) -> String {
    let mut text = format!("{} {:?}", x.dtype(), x.shape());
    if let Some(range) = Range::of(x) {
        if range.low <= range.high {
            text += &format!(" from {} to {}", range.low, range.high);
        }
        if let Some(strange) = range.strange() {
            text += &format!(" with {strange}");
        }
    }
    text
}

/// The operation's name without what PyTorch adds for its node.
fn plain(name: &str) -> String {
    let name = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let name = name.strip_suffix("Backward").unwrap_or(name);
    let mut text = String::new();
    for (at, letter) in name.char_indices() {
        if letter.is_uppercase() && at > 0 {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
    }
    text
}

/// Reports `out` if it holds a NaN, or an infinity where no operand does.
#[track_caller]
pub(super) fn check_result(name: &'static str, out: &Tensor, inputs: &[Arg<'_>], modes: u8) {
    let Some(range) = Range::of(out) else { return };
    let Some(found) = range.strange() else { return };
    let infinite = |arg: &Arg<'_>| match arg {
        Arg::Tensor(x) => Range::of(x).is_some_and(|range| range.infinities > 0),
        Arg::Number(Number::Float(value)) => value.is_infinite(),
        Arg::Number(_) => false,
    };
    if range.nans == 0 && inputs.iter().any(infinite) {
        return;
    }
    let inputs: Vec<String> = inputs
        .iter()
        .map(|arg| match arg {
            Arg::Tensor(x) => describe(x),
            Arg::Number(Number::Float(value)) => value.to_string(),
            Arg::Number(Number::Int(value)) => value.to_string(),
            Arg::Number(Number::Bool(value)) => value.to_string(),
        })
        .collect();
    let error = Error::NotFinite {
        op: plain(name),
        pass: "",
        location: Location::caller(),
        found: format!("returned {found} among {} elements", out.numel()),
        inputs: format!("Its inputs: {}", inputs.join(", ")),
    };
    if modes & QUIET == 0 {
        let refused: Result<()> = Err(error);
        refused.or_panic();
    } else {
        note(error);
    }
}

fn note(error: Error) {
    FIRST.with_borrow_mut(|first| {
        first.get_or_insert(error);
    });
}

/// Notes a saved value that the running backward reads.
#[cold]
pub(super) fn saw(saved: &Tensor) {
    SAVED.with_borrow_mut(|seen| seen.push(saved.clone()));
}

/// The saved values that were read since this was last asked.
pub(super) fn seen() -> Vec<Tensor> {
    SAVED.take()
}

/// Whether a search is on.
pub(super) fn is_on() -> bool {
    modes() & ANOMALY != 0
}

/// An error if a gradient that `node` gave for its input `i` holds a NaN, or an infinity where the gradient that
/// came in holds none.
pub(super) fn check_gradient(
    node: &NodeRef,
    i: usize,
    came: &Tensor,
    given: &Tensor,
) -> Result<()> {
    let Some(range) = Range::of(given) else {
        return Ok(());
    };
    let Some(found) = range.strange() else {
        return Ok(());
    };
    if range.nans == 0 && Range::of(came).is_some_and(|range| range.infinities > 0) {
        return Ok(());
    }
    let saved: Vec<String> = seen().iter().map(describe).collect();
    let saved = match saved.is_empty() {
        true => String::new(),
        false => format!("; saved: {}", saved.join(", ")),
    };
    let error = Error::NotFinite {
        op: plain(node.name()),
        pass: "the backward of ",
        location: node.header().location,
        found: format!(
            "gave its input {i} a gradient with {found} among {} elements",
            given.numel()
        ),
        inputs: format!("The gradient that came in: {}{saved}", describe(came)),
    };
    if modes() & QUIET != 0 {
        note(error);
        return Ok(());
    }
    Err(error)
}
