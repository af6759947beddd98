//! Arguments that a distribution cannot have.

use crate::{Error, Result};
use std::fmt::Display;

fn refuse(
    op: &'static str,
    argument: &'static str,
    value: impl Display,
    problem: impl Into<String>,
    cure: &str,
) -> Error {
    Error::InvalidArgument {
        op,
        argument,
        value: value.to_string(),
        problem: problem.into(),
        cure: cure.into(),
    }
}

/// A standard deviation or scale, which may be zero.
pub(super) fn not_negative(op: &'static str, argument: &'static str, value: f64) -> Result<()> {
    if value >= 0.0 {
        return Ok(());
    }
    Err(refuse(
        op,
        argument,
        value,
        "it is negative or not a number",
        "Give zero or more.",
    ))
}

/// The ends of an interval of floats.
pub(super) fn interval(op: &'static str, low: f64, high: f64) -> Result<()> {
    if low <= high && (high - low).is_finite() {
        return Ok(());
    }
    let cure = "Give finite ends, the lower one first.";
    Err(refuse(
        op,
        "low",
        low,
        format!("no interval leads from there to {high}"),
        cure,
    ))
}

/// An interval where hardly any normal falls.
pub(super) fn far_interval(op: &'static str, a: f64, b: f64, mean: f64, std: f64) -> Error {
    let problem = format!(
        "hardly any normal of mean {mean} and standard deviation {std} lies from there to {b}"
    );
    refuse(op, "a", a, problem, "Give an interval near the mean.")
}

/// The ends of a range of integers, the upper one excluded.
pub(super) fn range(op: &'static str, low: i64, high: i64) -> Result<()> {
    if low < high {
        return Ok(());
    }
    let cure = "The upper end is excluded: make it larger than the lower one.";
    Err(refuse(
        op,
        "high",
        high,
        format!("no integer is from {low} up to but without it"),
        cure,
    ))
}

/// A probability.
pub(super) fn probability(op: &'static str, p: f64) -> Result<()> {
    if (0.0..=1.0).contains(&p) {
        return Ok(());
    }
    Err(refuse(
        op,
        "p",
        p,
        "it is no probability",
        "Give a value from 0 to 1.",
    ))
}

/// A rate.
pub(super) fn positive(op: &'static str, argument: &'static str, value: f64) -> Result<()> {
    if value > 0.0 {
        return Ok(());
    }
    Err(refuse(
        op,
        argument,
        value,
        "it is not positive",
        "Give a value above zero.",
    ))
}

/// Weights of categories, of which `samples` are to be drawn.
pub(super) fn weights(
    op: &'static str,
    weights: &[f64],
    samples: usize,
    replacement: bool,
) -> Result<()> {
    if let Some(w) = weights.iter().find(|w| !(0.0..f64::INFINITY).contains(*w)) {
        let cure = "Give finite weights of zero or more.";
        return Err(refuse(op, "weights", w, "it is no weight", cure));
    }
    let possible = weights.iter().filter(|&&w| w > 0.0).count();
    if possible == 0 {
        let cure = "Give at least one category a weight above zero.";
        return Err(refuse(
            op,
            "weights",
            format!("{weights:?}"),
            "they sum to zero",
            cure,
        ));
    }
    if replacement {
        Ok(())
    } else {
        population(op, samples, possible)
    }
}

/// Probabilities of all that can be drawn.
pub(super) fn sum_to_one(op: &'static str, p: &[f64]) -> Result<()> {
    let sum: f64 = p.iter().sum();
    if (sum - 1.0).abs() <= f64::EPSILON.sqrt() {
        return Ok(());
    }
    Err(refuse(
        op,
        "p",
        format!("{p:?}"),
        format!("it sums to {sum}, not to 1"),
        "Divide it by its sum.",
    ))
}

/// A number of draws without replacement.
pub(super) fn population(op: &'static str, samples: usize, population: usize) -> Result<()> {
    if samples <= population {
        return Ok(());
    }
    let problem = format!("without replacement, {population} is the most that can be drawn");
    Err(refuse(
        op,
        "samples",
        samples,
        problem,
        "Draw fewer, or with replacement.",
    ))
}

/// A population to draw from.
pub(super) fn not_empty(op: &'static str, population: usize) -> Result<()> {
    if population > 0 {
        return Ok(());
    }
    let cure = "Give a population of at least one.";
    Err(refuse(
        op,
        "n",
        population,
        "there is nothing to draw from",
        cure,
    ))
}
