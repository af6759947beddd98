//! Metrics of predicted classes.

use crate::inputs::{distinct, labels, same_rows};
use crate::{Result, Tensor};

/// How often each class was taken for each.
pub(super) struct Confusion {
    /// The classes that occur, true or predicted, in order.
    pub(super) classes: Vec<i64>,
    /// `counts[i][j]`: rows of class `i` that were predicted as class `j`.
    pub(super) counts: Vec<Vec<usize>>,
}

impl Confusion {
    pub(super) fn new(op: &'static str, y_true: &Tensor, y_pred: &Tensor) -> Result<Self> {
        let (y, predicted) = pair(op, y_true, y_pred)?;
        let classes = distinct(y.iter().chain(&predicted).copied());
        let at = |label: &i64| classes.binary_search(label).expect("it occurs");
        let mut counts = vec![vec![0; classes.len()]; classes.len()];
        for (truth, guess) in y.iter().zip(&predicted) {
            counts[at(truth)][at(guess)] += 1;
        }
        Ok(Confusion { classes, counts })
    }

    /// The rows of class `i`.
    pub(super) fn support(&self, i: usize) -> usize {
        self.counts[i].iter().sum()
    }

    /// The rows predicted as class `j`.
    pub(super) fn predicted(&self, j: usize) -> usize {
        self.counts.iter().map(|row| row[j]).sum()
    }
}

fn pair(op: &'static str, y_true: &Tensor, y_pred: &Tensor) -> Result<(Vec<i64>, Vec<i64>)> {
    let y = labels(op, "y_true", y_true)?;
    let predicted = labels(op, "y_pred", y_pred)?;
    same_rows(op, ("y_true", y.len()), ("y_pred", predicted.len()))?;
    Ok((y, predicted))
}

/// The share of rows whose class was predicted.
///
/// # Errors
/// If the arguments are not labels of the same rows.
///
/// ```
/// use retrograd::{metrics::accuracy_score, tensor};
/// assert_eq!(accuracy_score(&tensor![0, 1, 2, 2], &tensor![0, 1, 1, 2])?, 0.75);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn accuracy_score(y_true: &Tensor, y_pred: &Tensor) -> Result<f64> {
    let (y, predicted) = pair("accuracy_score", y_true, y_pred)?;
    let right = y.iter().zip(&predicted).filter(|(a, b)| a == b).count();
    Ok(right as f64 / y.len() as f64)
}

/// The mean over the classes of the share of their rows that was predicted.
///
/// # Errors
/// If the arguments are not labels of the same rows.
///
/// ```
/// use retrograd::{metrics::balanced_accuracy_score, tensor};
/// assert_eq!(balanced_accuracy_score(&tensor![0, 0, 0, 1], &tensor![0, 0, 0, 0])?, 0.5);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn balanced_accuracy_score(y_true: &Tensor, y_pred: &Tensor) -> Result<f64> {
    let confusion = Confusion::new("balanced_accuracy_score", y_true, y_pred)?;
    let recalls: Vec<f64> = (0..confusion.classes.len())
        .filter(|&i| confusion.support(i) > 0)
        .map(|i| confusion.counts[i][i] as f64 / confusion.support(i) as f64)
        .collect();
    Ok(recalls.iter().sum::<f64>() / recalls.len() as f64)
}

/// How often each class was taken for each, i64 `[classes, classes]`: the row is the true class, the column the
/// predicted one. The classes are those that occur, in order.
///
/// # Errors
/// If the arguments are not labels of the same rows.
///
/// ```
/// use retrograd::{metrics::confusion_matrix, tensor};
/// assert_eq!(confusion_matrix(&tensor![0, 0, 1], &tensor![0, 1, 1])?, tensor![[1, 1], [0, 1]]);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn confusion_matrix(y_true: &Tensor, y_pred: &Tensor) -> Result<Tensor> {
    let Confusion { classes, counts } = Confusion::new("confusion_matrix", y_true, y_pred)?;
    let counts: Vec<i64> = counts.into_iter().flatten().map(|n| n as i64).collect();
    Ok(Tensor::from_vec(counts, [classes.len(), classes.len()]))
}

/// Matthews' correlation of true and predicted classes, from -1 to 1; 0 if one of them is constant.
///
/// # Errors
/// If the arguments are not labels of the same rows.
///
/// ```
/// use retrograd::{metrics::matthews_corrcoef, tensor};
/// assert_eq!(matthews_corrcoef(&tensor![0, 1, 1], &tensor![1, 0, 0])?, -1.0);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn matthews_corrcoef(y_true: &Tensor, y_pred: &Tensor) -> Result<f64> {
    let confusion = Confusion::new("matthews_corrcoef", y_true, y_pred)?;
    let classes = 0..confusion.classes.len();
    let sum = |of: &dyn Fn(usize) -> f64| classes.clone().map(of).sum::<f64>();
    let truth = |i| confusion.support(i) as f64;
    let guess = |i| confusion.predicted(i) as f64;
    let n = sum(&truth);
    let together = sum(&|i| confusion.counts[i][i] as f64) * n - sum(&|i| truth(i) * guess(i));
    let spread_guess = n * n - sum(&|i| guess(i) * guess(i));
    let spread_truth = n * n - sum(&|i| truth(i) * truth(i));
    let spread = spread_guess * spread_truth;
    Ok(if spread == 0.0 {
        0.0
    } else {
        together / spread.sqrt()
    })
}
