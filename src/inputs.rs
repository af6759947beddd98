//! What learners and metrics are given: tables of features and lists of labels, checked once for all.

use crate::{DType, Error, Result, Tensor};

/// `x` as a f64 matrix `[rows, columns]` with at least one of each.
pub(crate) fn matrix(op: &'static str, argument: &str, x: &Tensor) -> Result<Tensor> {
    let cure = match *x.shape() {
        [rows, columns] if rows > 0 && columns > 0 => return Ok(x.detach().to(DType::F64)),
        [_] => "Make it a matrix: `.unsqueeze(1)` for one feature, `.unsqueeze(0)` for one row.",
        [0, _] => "Give at least one row.",
        [_, 0] => "Give at least one column.",
        _ => "Reshape it to one row for each example.",
    };
    Err(Error::Shape {
        op,
        problem: format!("{argument} has shape {:?}, not [rows, columns]", x.shape()),
        cure: cure.into(),
    })
}

/// As [`matrix`], of numbers that are all finite.
pub(crate) fn finite_matrix(
    op: &'static str,
    argument: &'static str,
    x: &Tensor,
) -> Result<Tensor> {
    let x = matrix(op, argument, x)?;
    let columns = x.size(1);
    match x
        .to_vec::<f64>()
        .iter()
        .enumerate()
        .find(|(_, v)| !v.is_finite())
    {
        None => Ok(x),
        Some((at, value)) => Err(Error::InvalidArgument {
            op,
            argument,
            value: format!("{value} at row {}, column {}", at / columns, at % columns),
            problem: "it is not a finite number".into(),
            cure: "Fill missing values (`preprocessing::SimpleImputer`), or leave the row out."
                .into(),
        }),
    }
}

/// Refuses another shape than `[rows]`.
fn is_vector(op: &'static str, argument: &str, values: &Tensor) -> Result<()> {
    let cure = match *values.shape() {
        [_] => return Ok(()),
        [_, 1] => "Take its one column, with `.squeeze_dim(1)`.",
        [1, _] => "Take its one row, with `.squeeze_dim(0)`.",
        _ => "Give one value for each row.",
    };
    Err(Error::Shape {
        op,
        problem: format!("{argument} has shape {:?}, not [rows]", values.shape()),
        cure: cure.into(),
    })
}

/// Numbers, `[rows]`.
pub(crate) fn vector(op: &'static str, argument: &str, values: &Tensor) -> Result<Vec<f64>> {
    is_vector(op, argument, values)?;
    Ok(values.detach().to(DType::F64).to_vec())
}

/// Classes, `[rows]`: integers, `bool`, or floats that hold whole numbers.
pub(crate) fn labels(op: &'static str, argument: &'static str, y: &Tensor) -> Result<Vec<i64>> {
    is_vector(op, argument, y)?;
    if !y.dtype().is_float() {
        return Ok(y.to(DType::I64).to_vec());
    }
    let values: Vec<f64> = y.detach().to(DType::F64).to_vec();
    let is_whole = |v: &f64| v.fract() == 0.0 && v.abs() < 2f64.powi(53);
    match values.iter().position(|v| !is_whole(v)) {
        None => Ok(values.iter().map(|&v| v as i64).collect()),
        Some(at) => Err(Error::InvalidArgument {
            op,
            argument,
            value: format!("{} at row {at}", values[at]),
            problem: "a label is a whole number".into(),
            cure: "Make classes of it first, for example with `.gt(0.5)` or `.argmax_dim(1)`."
                .into(),
        }),
    }
}

/// Refuses two arguments of different lengths, and empty ones.
pub(crate) fn same_rows(op: &'static str, one: (&str, usize), other: (&str, usize)) -> Result<()> {
    let (problem, cure) = if one.1 != other.1 {
        (
            format!(
                "{} has {} rows and {} has {}",
                one.0, one.1, other.0, other.1
            ),
            "Give one of each for every example.",
        )
    } else if one.1 == 0 {
        (
            format!("{} and {} have no rows", one.0, other.0),
            "Give at least one example.",
        )
    } else {
        return Ok(());
    };
    Err(Error::Shape {
        op,
        problem,
        cure: cure.into(),
    })
}

/// The different labels, in order.
pub(crate) fn distinct(labels: impl IntoIterator<Item = i64>) -> Vec<i64> {
    let mut classes: Vec<i64> = labels.into_iter().collect();
    classes.sort_unstable();
    classes.dedup();
    classes
}
