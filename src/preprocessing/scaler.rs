//! Features with mean 0 and variance 1.

use super::columns::{Columns, check, float};
use crate::{Result, Tensor};

/// Subtracts each column's mean and divides by its standard deviation, as scikit-learn's `StandardScaler`.
///
/// The statistics are f64 and count all rows (`ddof = 0`); a column of one value is only centred. What is transformed
/// keeps its element type.
///
/// ```
/// use retrograd::preprocessing::StandardScaler;
/// use retrograd::tensor;
/// let train = tensor![[1.0, 10.0], [3.0, 10.0]];
/// let scaler = StandardScaler::fit(&train)?;
/// assert_eq!(scaler.transform(&train)?, tensor![[-1.0, 0.0], [1.0, 0.0]]);
/// assert_eq!(scaler.transform(&tensor![[5.0, 12.0]])?, tensor![[3.0, 2.0]]);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct StandardScaler {
    mean: Tensor,
    scale: Tensor,
    options: StandardOptions,
}

/// Settings of [`StandardScaler`]; see [`StandardScaler::options`].
#[derive(Debug, Clone)]
pub struct StandardOptions {
    with_mean: bool,
    with_std: bool,
}

impl StandardOptions {
    /// Whether the mean is subtracted; `true` by default.
    ///
    /// ```
    /// use retrograd::{preprocessing::StandardScaler, tensor};
    /// let x = tensor![[1.0], [3.0]];
    /// let scaler = StandardScaler::options().with_mean(false).fit(&x)?;
    /// assert_eq!(scaler.transform(&x)?, x);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn with_mean(mut self, with_mean: bool) -> Self {
        self.with_mean = with_mean;
        self
    }

    /// Whether columns are divided by their standard deviation; `true` by default.
    ///
    /// ```
    /// use retrograd::{preprocessing::StandardScaler, tensor};
    /// let x = tensor![[1.0], [5.0]];
    /// let scaler = StandardScaler::options().with_std(false).fit(&x)?;
    /// assert_eq!(scaler.transform(&x)?, tensor![[-2.0], [2.0]]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn with_std(mut self, with_std: bool) -> Self {
        self.with_std = with_std;
        self
    }

    /// As [`StandardScaler::fit`], with these settings.
    ///
    /// # Errors
    /// As [`StandardScaler::fit`].
    ///
    /// ```
    /// use retrograd::{preprocessing::StandardScaler, tensor};
    /// assert!(StandardScaler::options().fit(&tensor![1.0, 2.0]).is_err());
    /// ```
    pub fn fit(&self, x: &Tensor) -> Result<StandardScaler> {
        let columns = Columns::new("StandardScaler::fit", x)?;
        Ok(StandardScaler {
            mean: Tensor::from(columns.each(|column| mean(&column))),
            scale: Tensor::from(columns.each(|column| scale(&column))),
            options: self.clone(),
        })
    }
}

impl StandardScaler {
    /// Takes mean and standard deviation of each column of `x`, `[rows, columns]`. NaN is passed over.
    ///
    /// # Errors
    /// If `x` is no matrix, has no row, or a column holds an infinity or no number.
    ///
    /// ```
    /// use retrograd::{preprocessing::StandardScaler, tensor};
    /// let x = tensor![[1.0, 10.0], [3.0, 10.0]];
    /// assert!(StandardScaler::fit(&x).is_ok());
    /// ```
    pub fn fit(x: &Tensor) -> Result<Self> {
        Self::options().fit(x)
    }

    /// Settings to change before [`StandardOptions::fit`].
    ///
    /// ```
    /// use retrograd::{preprocessing::StandardScaler, tensor};
    /// assert!(StandardScaler::options().with_mean(false).fit(&tensor![[1.0], [3.0]]).is_ok());
    /// ```
    pub fn options() -> StandardOptions {
        StandardOptions {
            with_mean: true,
            with_std: true,
        }
    }

    /// The columns' means, f64, `[columns]`.
    ///
    /// ```
    /// use retrograd::{preprocessing::StandardScaler, tensor};
    /// let x = tensor![[1.0, 10.0], [3.0, 10.0]];
    /// assert_eq!(StandardScaler::fit(&x)?.mean().to_vec::<f64>(), [2.0, 10.0]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn mean(&self) -> &Tensor {
        &self.mean
    }

    /// What each column is divided by, f64, `[columns]`.
    ///
    /// ```
    /// use retrograd::{preprocessing::StandardScaler, tensor};
    /// let x = tensor![[1.0, 10.0], [3.0, 10.0]];
    /// assert_eq!(StandardScaler::fit(&x)?.scale().to_vec::<f64>(), [1.0, 1.0]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn scale(&self) -> &Tensor {
        &self.scale
    }

    /// `(x - mean) / scale`.
    ///
    /// # Errors
    /// If `x` is no matrix with the columns that were fitted.
    ///
    /// ```
    /// use retrograd::{preprocessing::StandardScaler, tensor};
    /// let x = tensor![[1.0, 10.0], [3.0, 10.0]];
    /// assert_eq!(StandardScaler::fit(&x)?.transform(&x)?, tensor![[-1.0, 0.0], [1.0, 0.0]]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn transform(&self, x: &Tensor) -> Result<Tensor> {
        check("StandardScaler::transform", x, self.mean.numel())?;
        let mut out = x.to(float(x));
        if self.options.with_mean {
            out = out.try_sub(self.mean.to(float(x)))?;
        }
        if self.options.with_std {
            out = out.try_div(self.scale.to(float(x)))?;
        }
        Ok(out)
    }

    /// `x * scale + mean`, which undoes [`transform`](Self::transform).
    ///
    /// # Errors
    /// If `x` is no matrix with the columns that were fitted.
    ///
    /// ```
    /// use retrograd::{preprocessing::StandardScaler, tensor};
    /// let x = tensor![[1.0, 10.0], [3.0, 10.0]];
    /// let (scaler, scaled) = StandardScaler::fit_transform(&x)?;
    /// assert_eq!(scaler.inverse_transform(&scaled)?, x);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn inverse_transform(&self, x: &Tensor) -> Result<Tensor> {
        check("StandardScaler::inverse_transform", x, self.mean.numel())?;
        let mut out = x.to(float(x));
        if self.options.with_std {
            out = out.try_mul(self.scale.to(float(x)))?;
        }
        if self.options.with_mean {
            out = out.try_add(self.mean.to(float(x)))?;
        }
        Ok(out)
    }

    /// [`fit`](Self::fit) and [`transform`](Self::transform) of the same rows.
    ///
    /// # Errors
    /// As both.
    ///
    /// ```
    /// use retrograd::{preprocessing::StandardScaler, tensor};
    /// let x = tensor![[1.0, 10.0], [3.0, 10.0]];
    /// let (_, scaled) = StandardScaler::fit_transform(&x)?;
    /// assert_eq!(scaled, tensor![[-1.0, 0.0], [1.0, 0.0]]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn fit_transform(x: &Tensor) -> Result<(Self, Tensor)> {
        let scaler = Self::fit(x)?;
        let out = scaler.transform(x)?;
        Ok((scaler, out))
    }
}

fn mean(column: &[f64]) -> f64 {
    column.iter().sum::<f64>() / column.len() as f64
}

/// The standard deviation by scikit-learn's formula: the variance is corrected for the rounding of the mean, and what
/// is constant up to rounding gets 1.
fn scale(column: &[f64]) -> f64 {
    let (n, mean) = (column.len() as f64, mean(column));
    let off: f64 = column.iter().map(|v| v - mean).sum();
    let squares: f64 = column.iter().map(|v| (v - mean) * (v - mean)).sum();
    let variance = (squares - off * off / n) / n;
    let rounding = n * f64::EPSILON * variance + (n * mean * f64::EPSILON).powi(2);
    if variance <= rounding {
        1.0
    } else {
        variance.sqrt()
    }
}
