//! Precision, recall and their harmonic mean.

use super::classification::Confusion;
use crate::{Error, Result, Tensor};

/// How the classes' figures make one.
///
/// ```
/// use retrograd::{metrics::{Average, recall_score}, tensor};
/// let (y, predicted) = (tensor![0, 0, 0, 1], tensor![0, 0, 0, 0]);
/// assert_eq!(recall_score(&y, &predicted, Average::Macro)?, 0.5);
/// assert_eq!(recall_score(&y, &predicted, Average::Weighted)?, 0.75);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Average {
    /// That of class 1, of labels 0 and 1 or -1 and 1.
    Binary,
    /// From the counts of all classes together.
    Micro,
    /// The mean over the classes.
    Macro,
    /// The mean over the classes, weighted by their numbers of rows.
    Weighted,
}

/// One class's figures; see [`class_scores`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct ClassScores {
    /// The label.
    pub class: i64,
    /// Of the rows predicted as the class, the share that is of it.
    pub precision: f64,
    /// Of the class's rows, the share that was predicted so.
    pub recall: f64,
    /// The harmonic mean of both.
    pub f1: f64,
    /// The class's number of rows.
    pub support: usize,
}

/// Right predictions, predictions and rows of a class, or of several.
#[derive(Default)]
struct Counts {
    right: usize,
    predicted: usize,
    support: usize,
}

/// A share of nothing is 0, as scikit-learn has it.
fn share(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

impl Counts {
    fn of(confusion: &Confusion, i: usize) -> Self {
        Counts {
            right: confusion.counts[i][i],
            predicted: confusion.predicted(i),
            support: confusion.support(i),
        }
    }

    fn precision(&self) -> f64 {
        share(self.right, self.predicted)
    }

    fn recall(&self) -> f64 {
        share(self.right, self.support)
    }

    fn f1(&self) -> f64 {
        share(2 * self.right, self.predicted + self.support)
    }
}

fn score(
    op: &'static str,
    y_true: &Tensor,
    y_pred: &Tensor,
    average: Average,
    figure: fn(&Counts) -> f64,
) -> Result<f64> {
    let confusion = Confusion::new(op, y_true, y_pred)?;
    let classes: Vec<Counts> = (0..confusion.classes.len())
        .map(|i| Counts::of(&confusion, i))
        .collect();
    let rows: usize = classes.iter().map(|counts| counts.support).sum();
    Ok(match average {
        Average::Binary => match positive(op, &confusion.classes)? {
            Some(at) => figure(&classes[at]),
            None => figure(&Counts::default()),
        },
        Average::Micro => figure(&Counts {
            right: classes.iter().map(|counts| counts.right).sum(),
            predicted: rows,
            support: rows,
        }),
        Average::Macro => classes.iter().map(figure).sum::<f64>() / classes.len() as f64,
        Average::Weighted => {
            let weighted = |counts: &Counts| figure(counts) * counts.support as f64;
            classes.iter().map(weighted).sum::<f64>() / rows as f64
        }
    })
}

/// Where class 1 stands among the classes, if it occurs.
fn positive(op: &'static str, classes: &[i64]) -> Result<Option<usize>> {
    if !matches!(classes, [0 | 1] | [-1] | [0 | -1, 1]) {
        return Err(Error::InvalidArgument {
            op,
            argument: "average",
            value: "Binary".into(),
            problem: format!("the labels are {classes:?}, not 0 and 1"),
            cure: "Use `Average::Macro`, `Micro` or `Weighted`, or give `y.eq(class)` for the class you mean.".into(),
        });
    }
    Ok(classes.iter().position(|&class| class == 1))
}

/// Precision: of what was predicted as a class, the share that is of it. Where nothing was predicted so it is 0, as in
/// scikit-learn.
///
/// # Errors
/// If the arguments are not labels of the same rows, or for [`Average::Binary`] not 0 and 1.
///
/// ```
/// use retrograd::{metrics::{Average, precision_score}, tensor};
/// let (y, predicted) = (tensor![0, 1, 1, 0], tensor![1, 1, 1, 0]);
/// assert_eq!(precision_score(&y, &predicted, Average::Binary)?, 2.0 / 3.0);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn precision_score(y_true: &Tensor, y_pred: &Tensor, average: Average) -> Result<f64> {
    score(
        "precision_score",
        y_true,
        y_pred,
        average,
        Counts::precision,
    )
}

/// Recall: of a class's rows, the share that was predicted so. Where the class has no row it is 0, as in scikit-learn.
///
/// # Errors
/// If the arguments are not labels of the same rows, or for [`Average::Binary`] not 0 and 1.
///
/// ```
/// use retrograd::{metrics::{Average, recall_score}, tensor};
/// let (y, predicted) = (tensor![0, 1, 1, 0], tensor![1, 1, 1, 0]);
/// assert_eq!(recall_score(&y, &predicted, Average::Macro)?, 0.75);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn recall_score(y_true: &Tensor, y_pred: &Tensor, average: Average) -> Result<f64> {
    score("recall_score", y_true, y_pred, average, Counts::recall)
}

/// F1: the harmonic mean of precision and recall, `2 tp / (2 tp + fp + fn)`; 0 where a class neither occurs nor was
/// predicted, as in scikit-learn.
///
/// # Errors
/// If the arguments are not labels of the same rows, or for [`Average::Binary`] not 0 and 1.
///
/// ```
/// use retrograd::{metrics::{Average, f1_score}, tensor};
/// let (y, predicted) = (tensor![0, 1, 1, 0], tensor![1, 1, 1, 0]);
/// assert_eq!(f1_score(&y, &predicted, Average::Binary)?, 0.8);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn f1_score(y_true: &Tensor, y_pred: &Tensor, average: Average) -> Result<f64> {
    score("f1_score", y_true, y_pred, average, Counts::f1)
}

/// Precision, recall, F1 and number of rows of each class, in order of the labels.
///
/// # Errors
/// If the arguments are not labels of the same rows.
///
/// ```
/// use retrograd::{metrics::class_scores, tensor};
/// let scores = class_scores(&tensor![0, 2, 2], &tensor![0, 0, 2])?;
/// assert_eq!((scores[1].class, scores[1].precision, scores[1].recall), (2, 1.0, 0.5));
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn class_scores(y_true: &Tensor, y_pred: &Tensor) -> Result<Vec<ClassScores>> {
    let confusion = Confusion::new("class_scores", y_true, y_pred)?;
    let scores = confusion.classes.iter().enumerate().map(|(i, &class)| {
        let counts = Counts::of(&confusion, i);
        ClassScores {
            class,
            precision: counts.precision(),
            recall: counts.recall(),
            f1: counts.f1(),
            support: counts.support,
        }
    });
    Ok(scores.collect())
}
