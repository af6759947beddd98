//! Features with mean 0 and variance 1.

use crate::{Error, Result, Tensor};

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
}

impl StandardScaler {
    /// Takes mean and standard deviation of each column of `x`, `[rows, columns]`. NaN is passed over.
    ///
    /// # Errors
    /// If `x` is no matrix, or has no row.
    ///
    /// ```
    /// use retrograd::{preprocessing::StandardScaler, tensor};
    /// let x = tensor![[1.0, 10.0], [3.0, 10.0]];
    /// assert!(StandardScaler::fit(&x).is_ok());
    /// ```
    pub fn fit(x: &Tensor) -> Result<Self> {
        let &[rows, columns] = x.shape() else {
            return Err(no_matrix("StandardScaler::fit", x));
        };
        if rows == 0 {
            return Err(no_matrix("StandardScaler::fit", x));
        }
        let values = x.try_to_vec::<f64>()?;
        let column = |at: usize| {
            values
                .iter()
                .skip(at)
                .step_by(columns)
                .copied()
                .filter(|v| !v.is_nan())
        };
        let (mean, scale) = (0..columns)
            .map(|at| statistics(column(at)))
            .unzip::<f64, f64, Vec<_>, Vec<_>>();
        Ok(StandardScaler {
            mean: Tensor::from(mean),
            scale: Tensor::from(scale),
        })
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
        self.check("StandardScaler::transform", x)?;
        x.try_sub(self.mean.to(float(x)))?
            .try_div(self.scale.to(float(x)))
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
        self.check("StandardScaler::inverse_transform", x)?;
        x.try_mul(self.scale.to(float(x)))?
            .try_add(self.mean.to(float(x)))
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

    fn check(&self, op: &'static str, x: &Tensor) -> Result<()> {
        match *x.shape() {
            [_, columns] if columns == self.mean.numel() => Ok(()),
            [_, columns] => Err(Error::Shape {
                op,
                problem: format!(
                    "the input has {columns} columns, and {} were fitted",
                    self.mean.numel()
                ),
                cure: "Transform the columns that were fitted.".into(),
            }),
            _ => Err(no_matrix(op, x)),
        }
    }
}

/// The type in which a column is transformed: f64 for integers.
fn float(x: &Tensor) -> crate::DType {
    if x.dtype().is_float() {
        x.dtype()
    } else {
        crate::DType::F64
    }
}

fn no_matrix(op: &'static str, x: &Tensor) -> Error {
    Error::Shape {
        op,
        problem: format!(
            "the input has shape {:?}, not [rows, columns] with at least one row",
            x.shape()
        ),
        cure: "Reshape it; a single feature is [rows, 1].".into(),
    }
}

/// Mean and scale of a column, by scikit-learn's formulas: the variance is corrected for the rounding of the mean, and
/// what is constant up to rounding gets scale 1.
fn statistics(column: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let n = column.clone().count() as f64;
    let mean = column.clone().sum::<f64>() / n;
    let off: f64 = column.clone().map(|v| v - mean).sum();
    let squares: f64 = column.map(|v| (v - mean) * (v - mean)).sum();
    let variance = (squares - off * off / n) / n;
    let rounding = n * f64::EPSILON * variance + (n * mean * f64::EPSILON).powi(2);
    (
        mean,
        if variance <= rounding {
            1.0
        } else {
            variance.sqrt()
        },
    )
}
