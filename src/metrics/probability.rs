//! Metrics of predicted probabilities.

use crate::inputs::{distinct, labels, same_rows};
use crate::{DType, Error, Result, Tensor};

/// The mean of `-log p` over the rows, where `p` is the probability that was given to the row's class, kept from 0 and
/// 1 by the machine epsilon of its type, as in scikit-learn.
///
/// `probabilities` are those of the second of two classes, `[rows]`, or of all classes, `[rows, classes]`. The classes
/// are the labels in order; labels that are positions, from 0, need not all occur.
///
/// # Errors
/// If labels and probabilities are not of the same rows, there are more labels than probabilities, a probability lies
/// outside of 0 to 1, or a row of them does not add up to 1.
///
/// ```
/// use retrograd::{metrics::log_loss, tensor};
/// let loss = log_loss(&tensor![1, 0], &tensor![0.5, 0.5])?;
/// assert!((loss - 2f64.ln()).abs() < 1e-7);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn log_loss(y_true: &Tensor, probabilities: &Tensor) -> Result<f64> {
    const OP: &str = "log_loss";
    let y = labels(OP, "y_true", y_true)?;
    let (columns, cells) = match *probabilities.shape() {
        [_] => (1, probabilities),
        [_, columns] if columns > 1 => (columns, probabilities),
        ref shape => {
            return Err(Error::Shape {
                op: OP,
                problem: format!(
                    "probabilities has shape {shape:?}, not [rows] or [rows, classes]"
                ),
                cure:
                    "Take the one column with `.squeeze_dim(1)`, or give a column for each class."
                        .into(),
            });
        }
    };
    same_rows(
        OP,
        ("y_true", y.len()),
        ("probabilities", probabilities.size(0)),
    )?;
    let epsilon = match probabilities.dtype() {
        DType::F32 => f64::from(f32::EPSILON),
        _ => f64::EPSILON,
    };
    let p = cells.detach().to(DType::F64).to_vec::<f64>();
    check(&p, columns, epsilon)?;
    let classes = positions(OP, &y, columns.max(2))?;
    let losses = classes.iter().enumerate().map(|(row, &class)| {
        let p = match (columns, class) {
            (1, 0) => 1.0 - p[row],
            (1, _) => p[row],
            _ => p[row * columns + class],
        };
        -p.clamp(epsilon, 1.0 - epsilon).ln()
    });
    Ok(losses.sum::<f64>() / y.len() as f64)
}

fn check(p: &[f64], columns: usize, epsilon: f64) -> Result<()> {
    let refuse = |value: String, problem: &str, cure: &str| {
        Err(Error::InvalidArgument {
            op: "log_loss",
            argument: "probabilities",
            value,
            problem: problem.into(),
            cure: cure.into(),
        })
    };
    if let Some(at) = p.iter().position(|p| !(0.0..=1.0).contains(p)) {
        return refuse(
            format!("{} at row {}", p[at], at / columns),
            "a probability lies from 0 to 1",
            "Apply `sigmoid()` or `softmax(1)` to logits first.",
        );
    }
    let whole = |row: &[f64]| (row.iter().sum::<f64>() - 1.0).abs() <= epsilon.sqrt();
    match p.chunks(columns).position(|row| columns > 1 && !whole(row)) {
        None => Ok(()),
        Some(row) => refuse(
            format!("{:?} at row {row}", &p[row * columns..][..columns]),
            "they do not add up to 1",
            "Apply `softmax(1)` to the logits, or divide each row by its sum.",
        ),
    }
}

/// Labels as positions of `classes` classes.
pub(super) fn positions(op: &'static str, y: &[i64], classes: usize) -> Result<Vec<usize>> {
    if y.iter().all(|&label| (0..classes as i64).contains(&label)) {
        return Ok(y.iter().map(|&label| label as usize).collect());
    }
    let seen = distinct(y.iter().copied());
    if seen.len() == classes {
        let at = |label: &i64| seen.binary_search(label).expect("it was seen");
        return Ok(y.iter().map(at).collect());
    }
    let outside = y
        .iter()
        .position(|&label| !(0..classes as i64).contains(&label));
    let at = outside.expect("not all labels are positions");
    Err(Error::InvalidArgument {
        op,
        argument: "y_true",
        value: format!("{} at row {at}", y[at]),
        problem: format!(
            "the predictions are of {classes} classes and the labels of {}",
            seen.len()
        ),
        cure: format!("Give labels from 0 to {}.", classes - 1),
    })
}
