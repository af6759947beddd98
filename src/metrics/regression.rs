//! Metrics of predicted numbers.

use crate::inputs::{same_rows, vector};
use crate::{Error, Result, Tensor};

/// True and predicted numbers of each row.
fn pairs(op: &'static str, y_true: &Tensor, y_pred: &Tensor) -> Result<Vec<(f64, f64)>> {
    let (y, predicted) = (vector(op, "y_true", y_true)?, vector(op, "y_pred", y_pred)?);
    same_rows(op, ("y_true", y.len()), ("y_pred", predicted.len()))?;
    for (argument, values) in [("y_true", &y), ("y_pred", &predicted)] {
        if let Some(at) = values.iter().position(|v| !v.is_finite()) {
            return Err(Error::InvalidArgument {
                op,
                argument,
                value: format!("{} at row {at}", values[at]),
                problem: "it is not a finite number".into(),
                cure: "Leave the row out, or look for what made it so.".into(),
            });
        }
    }
    Ok(y.into_iter().zip(predicted).collect())
}

fn mean(pairs: &[(f64, f64)], of: impl Fn(f64, f64) -> f64) -> f64 {
    pairs.iter().map(|&(y, p)| of(y, p)).sum::<f64>() / pairs.len() as f64
}

/// The mean of `(y - p)^2`.
///
/// # Errors
/// If the arguments are not finite numbers of the same rows, `[rows]`.
///
/// ```
/// use retrograd::{metrics::mean_squared_error, tensor};
/// assert_eq!(mean_squared_error(&tensor![1.0, 2.0], &tensor![1.0, 4.0])?, 2.0);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn mean_squared_error(y_true: &Tensor, y_pred: &Tensor) -> Result<f64> {
    let pairs = pairs("mean_squared_error", y_true, y_pred)?;
    Ok(mean(&pairs, |y, p| (y - p) * (y - p)))
}

/// The mean of `|y - p|`.
///
/// # Errors
/// If the arguments are not finite numbers of the same rows, `[rows]`.
///
/// ```
/// use retrograd::{metrics::mean_absolute_error, tensor};
/// assert_eq!(mean_absolute_error(&tensor![1.0, 2.0], &tensor![1.0, 4.0])?, 1.0);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn mean_absolute_error(y_true: &Tensor, y_pred: &Tensor) -> Result<f64> {
    let pairs = pairs("mean_absolute_error", y_true, y_pred)?;
    Ok(mean(&pairs, |y, p| (y - p).abs()))
}

/// The share of the variance that the predictions explain, `1 - sum((y - p)^2) / sum((y - mean)^2)`; of constant
/// numbers 1 if all are predicted and else 0, as in scikit-learn.
///
/// # Errors
/// If the arguments are not finite numbers of the same rows, `[rows]`, or there is only one row.
///
/// ```
/// use retrograd::{metrics::r2_score, tensor};
/// assert_eq!(r2_score(&tensor![1.0, 3.0], &tensor![1.0, 2.0])?, 0.5);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn r2_score(y_true: &Tensor, y_pred: &Tensor) -> Result<f64> {
    let pairs = pairs("r2_score", y_true, y_pred)?;
    if pairs.len() < 2 {
        return Err(Error::Shape {
            op: "r2_score",
            problem: "y_true has one row, which has no variance".into(),
            cure: "Give at least two rows.".into(),
        });
    }
    let centre = mean(&pairs, |y, _| y);
    let off = mean(&pairs, |y, p| (y - p) * (y - p));
    let spread = mean(&pairs, |y, _| (y - centre) * (y - centre));
    Ok(match (off, spread) {
        (0.0, 0.0) => 1.0,
        (_, 0.0) => 0.0,
        _ => 1.0 - off / spread,
    })
}
