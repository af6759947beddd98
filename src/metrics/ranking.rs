//! Metrics of scores by which rows are ranked.

use super::probability::positions;
use crate::inputs::{finite_matrix, labels, same_rows, vector};
use crate::{Error, Result, Tensor};

/// Rows that are ranked by a score, from the highest: how many of each kind stand above each distinct score.
struct Ranking {
    scores: Vec<f64>,
    /// Rows of the class with at least that score.
    hits: Vec<usize>,
    /// Other rows with at least that score.
    false_alarms: Vec<usize>,
}

impl Ranking {
    fn new(op: &'static str, is_positive: &[bool], scores: &[f64]) -> Result<Self> {
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        let mut ranking = Ranking {
            scores: Vec::new(),
            hits: Vec::new(),
            false_alarms: Vec::new(),
        };
        let (mut hits, mut false_alarms) = (0, 0);
        for (at, &row) in order.iter().enumerate() {
            match is_positive[row] {
                true => hits += 1,
                false => false_alarms += 1,
            }
            if order
                .get(at + 1)
                .is_none_or(|&next| scores[next] != scores[row])
            {
                ranking.scores.push(scores[row]);
                ranking.hits.push(hits);
                ranking.false_alarms.push(false_alarms);
            }
        }
        if hits > 0 && false_alarms > 0 {
            return Ok(ranking);
        }
        Err(Error::InvalidArgument {
            op,
            argument: "y_true",
            value: format!("{hits} rows of the class and {false_alarms} others"),
            problem: "there is nothing to tell apart".into(),
            cure: "Give rows of both.".into(),
        })
    }

    fn of(op: &'static str, y_true: &Tensor, scores: &Tensor) -> Result<Self> {
        let y = labels(op, "y_true", y_true)?;
        let scores = finite(op, scores)?;
        same_rows(op, ("y_true", y.len()), ("scores", scores.len()))?;
        let is_positive: Vec<bool> = positions(op, &y, 2)?.iter().map(|&at| at == 1).collect();
        Ranking::new(op, &is_positive, &scores)
    }

    fn shares(counts: &[usize]) -> Vec<f64> {
        let all = *counts.last().expect("at least one score") as f64;
        counts.iter().map(|&n| n as f64 / all).collect()
    }

    /// The area under the curve of hits over false alarms, by trapezoids.
    fn area(&self) -> f64 {
        let (x, y) = (Self::shares(&self.false_alarms), Self::shares(&self.hits));
        let mut last = (0.0, 0.0);
        let mut area = 0.0;
        for (x, y) in x.into_iter().zip(y) {
            area += (x - last.0) * (y + last.1) / 2.0;
            last = (x, y);
        }
        area
    }
}

/// Scores, `[rows]`; of two columns the second.
fn finite(op: &'static str, scores: &Tensor) -> Result<Vec<f64>> {
    let values = vector(op, "scores", scores)?;
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(values),
        Some(at) => Err(Error::InvalidArgument {
            op,
            argument: "scores",
            value: format!("{} at row {at}", values[at]),
            problem: "it is not a finite number".into(),
            cure: "Look for what made the model's output so.".into(),
        }),
    }
}

/// The area under the ROC curve: the probability that a row of the class has a higher score than another one, where
/// equal scores count half.
///
/// `scores` are those of the second of two classes, `[rows]`, or of all classes, `[rows, classes]`; then it is the mean
/// over the classes of each against the others (scikit-learn's `multi_class="ovr"`), and with two classes the area of
/// the second.
///
/// # Errors
/// If labels and scores are not of the same rows, a score is not finite, or a class does not occur.
///
/// ```
/// use retrograd::{metrics::roc_auc_score, tensor};
/// let area = roc_auc_score(&tensor![0, 0, 1, 1], &tensor![0.1, 0.4, 0.35, 0.8])?;
/// assert_eq!(area, 0.75);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn roc_auc_score(y_true: &Tensor, scores: &Tensor) -> Result<f64> {
    const OP: &str = "roc_auc_score";
    let &[_, classes] = scores.shape() else {
        return Ok(Ranking::of(OP, y_true, scores)?.area());
    };
    if classes < 2 {
        return Ok(Ranking::of(OP, y_true, scores)?.area());
    }
    let scores = finite_matrix(OP, "scores", scores)?;
    if classes == 2 {
        return Ok(Ranking::of(OP, y_true, &scores.i((.., 1)))?.area());
    }
    let y = labels(OP, "y_true", y_true)?;
    same_rows(OP, ("y_true", y.len()), ("scores", scores.size(0)))?;
    let y = positions(OP, &y, classes)?;
    let area = |class: usize| -> Result<f64> {
        let is_positive: Vec<bool> = y.iter().map(|&at| at == class).collect();
        let column: Vec<f64> = scores.i((.., class as i64)).to_vec();
        Ok(Ranking::new(OP, &is_positive, &column)?.area())
    };
    let areas = (0..classes).map(area).collect::<Result<Vec<_>>>()?;
    Ok(areas.iter().sum::<f64>() / classes as f64)
}

/// The points of a ROC curve; see [`roc_curve`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct RocCurve {
    /// The share of other rows with at least the threshold, rising from 0; f64 `[points]`.
    pub fpr: Tensor,
    /// The share of the class's rows with at least the threshold, rising from 0; f64 `[points]`.
    pub tpr: Tensor,
    /// The thresholds, falling from infinity; f64 `[points]`.
    pub thresholds: Tensor,
}

/// The ROC curve of the second of two classes, by its scores, `[rows]`. Points on a straight line between others are
/// left out, as by default in scikit-learn.
///
/// # Errors
/// If labels and scores are not of the same rows, a score is not finite, or a class does not occur.
///
/// ```
/// use retrograd::{metrics::roc_curve, tensor};
/// let curve = roc_curve(&tensor![0, 0, 1, 1], &tensor![0.1, 0.4, 0.35, 0.8])?;
/// assert_eq!(curve.fpr.to_vec::<f64>(), [0.0, 0.0, 0.5, 0.5, 1.0]);
/// assert_eq!(curve.tpr.to_vec::<f64>(), [0.0, 0.5, 0.5, 1.0, 1.0]);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn roc_curve(y_true: &Tensor, scores: &Tensor) -> Result<RocCurve> {
    let ranking = Ranking::of("roc_curve", y_true, scores)?;
    let (hits, alarms) = (&ranking.hits, &ranking.false_alarms);
    let bends = |counts: &[usize], i: usize| counts[i] - counts[i - 1] != counts[i + 1] - counts[i];
    let last = hits.len() - 1;
    let kept: Vec<usize> = (0..=last)
        .filter(|&i| i == 0 || i == last || bends(hits, i) || bends(alarms, i))
        .collect();
    let points = |start: f64, values: &[f64]| -> Tensor {
        let kept = kept.iter().map(|&i| values[i]);
        std::iter::once(start).chain(kept).collect()
    };
    Ok(RocCurve {
        fpr: points(0.0, &Ranking::shares(alarms)),
        tpr: points(0.0, &Ranking::shares(hits)),
        thresholds: points(f64::INFINITY, &ranking.scores),
    })
}

/// The mean precision over the rows of the second of two classes, where each is found as the threshold sinks:
/// `sum((R_n - R_(n-1)) P_n)`.
///
/// # Errors
/// If labels and scores are not of the same rows, a score is not finite, or a class does not occur.
///
/// ```
/// use retrograd::{metrics::average_precision_score, tensor};
/// let score = average_precision_score(&tensor![0, 1, 1], &tensor![0.2, 0.1, 0.9])?;
/// assert_eq!(score, 0.5 + 0.5 * 2.0 / 3.0);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn average_precision_score(y_true: &Tensor, scores: &Tensor) -> Result<f64> {
    let ranking = Ranking::of("average_precision_score", y_true, scores)?;
    let recalls = Ranking::shares(&ranking.hits);
    let mut last = 0.0;
    let parts = recalls.iter().enumerate().map(|(i, &recall)| {
        let found = ranking.hits[i] + ranking.false_alarms[i];
        let part = (recall - last) * (ranking.hits[i] as f64 / found as f64);
        last = recall;
        part
    });
    Ok(parts.sum())
}
