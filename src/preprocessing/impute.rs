//! Missing numbers.

use super::columns::{Columns, check, float};
use crate::inputs::matrix;
use crate::{Result, Tensor};

/// What stands in for a missing number.
///
/// ```
/// use retrograd::{preprocessing::{SimpleImputer, Strategy}, tensor};
/// let x = tensor![[1.0], [1.0], [4.0]];
/// let figure = |strategy| retrograd::Result::Ok(SimpleImputer::fit(&x, strategy)?.statistics().item::<f64>());
/// assert_eq!((figure(Strategy::Mean)?, figure(Strategy::MostFrequent)?), (2.0, 1.0));
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Strategy {
    /// The mean of the column's other numbers.
    Mean,
    /// Their median; of an even number, the mean of the middle two.
    Median,
    /// The most frequent, of equally frequent ones the least.
    MostFrequent,
    /// This number.
    Constant(f64),
}

/// Puts a figure of the column in place of each NaN, as scikit-learn's `SimpleImputer`.
///
/// ```
/// use retrograd::preprocessing::{SimpleImputer, Strategy};
/// use retrograd::tensor;
/// let x = tensor![[1.0], [f64::NAN], [2.0], [9.0]];
/// let imputer = SimpleImputer::fit(&x, Strategy::Median)?;
/// assert_eq!(imputer.transform(&x)?, tensor![[1.0], [2.0], [2.0], [9.0]]);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SimpleImputer {
    statistics: Tensor,
}

impl SimpleImputer {
    /// Takes the figure of each column of `x`, `[rows, columns]`, without the missing numbers.
    ///
    /// # Errors
    /// If `x` is no matrix, has no row, or, unless the strategy is a constant, a column holds an infinity or no number.
    ///
    /// ```
    /// use retrograd::{preprocessing::{SimpleImputer, Strategy}, tensor};
    /// assert!(SimpleImputer::fit(&tensor![[f64::NAN], [f64::NAN]], Strategy::Mean).is_err());
    /// ```
    pub fn fit(x: &Tensor, strategy: Strategy) -> Result<Self> {
        if let Strategy::Constant(value) = strategy {
            let columns = matrix("SimpleImputer::fit", "x", x)?.size(1);
            let statistics = Tensor::from(vec![value; columns]);
            return Ok(SimpleImputer { statistics });
        }
        let columns = Columns::new("SimpleImputer::fit", x)?;
        let statistics = columns.each(|mut column| {
            column.sort_by(f64::total_cmp);
            match strategy {
                Strategy::Mean => column.iter().sum::<f64>() / column.len() as f64,
                Strategy::Median => {
                    let half = column.len() / 2;
                    match column.len() % 2 {
                        1 => column[half],
                        _ => (column[half - 1] + column[half]) / 2.0,
                    }
                }
                Strategy::MostFrequent => most_frequent(&column),
                Strategy::Constant(_) => unreachable!("a constant asks no column"),
            }
        });
        Ok(SimpleImputer {
            statistics: Tensor::from(statistics),
        })
    }

    /// What stands in for a missing number of each column, f64 `[columns]`.
    ///
    /// ```
    /// use retrograd::{preprocessing::{SimpleImputer, Strategy}, tensor};
    /// let imputer = SimpleImputer::fit(&tensor![[1.0], [2.0]], Strategy::Mean)?;
    /// assert_eq!(imputer.statistics().to_vec::<f64>(), [1.5]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn statistics(&self) -> &Tensor {
        &self.statistics
    }

    /// `x`, `[rows, columns]`, without NaN.
    ///
    /// # Errors
    /// If `x` is no matrix with the columns that were fitted.
    ///
    /// ```
    /// use retrograd::{preprocessing::{SimpleImputer, Strategy}, tensor};
    /// let x = tensor![[1.0], [f64::NAN]];
    /// let imputer = SimpleImputer::fit(&x, Strategy::Constant(0.5))?;
    /// assert_eq!(imputer.transform(&x)?, tensor![[1.0], [0.5]]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn transform(&self, x: &Tensor) -> Result<Tensor> {
        check("SimpleImputer::transform", x, self.statistics.numel())?;
        let x = x.to(float(x));
        Tensor::try_where(&x.isnan(), self.statistics.to(x.dtype()), &x)
    }
}

/// The longest run of a sorted column, the first of equally long ones.
fn most_frequent(sorted: &[f64]) -> f64 {
    let runs = sorted.chunk_by(|a, b| a == b);
    let longest = runs.reduce(|best, run| if run.len() > best.len() { run } else { best });
    longest.map_or(f64::NAN, |run| run[0])
}
