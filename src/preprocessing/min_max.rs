//! Features within given bounds.

use super::columns::{Columns, check, float};
use crate::{Error, Result, Tensor};

/// Moves and stretches each column so that its least and greatest number come to 0 and 1, as scikit-learn's
/// `MinMaxScaler`.
///
/// The statistics are f64; a constant column comes to the lower bound. What is transformed keeps its element type, and
/// rows that were not fitted can lie outside.
///
/// ```
/// use retrograd::preprocessing::MinMaxScaler;
/// use retrograd::tensor;
/// let train = tensor![[1.0, 10.0], [3.0, 20.0]];
/// let scaler = MinMaxScaler::fit(&train)?;
/// assert_eq!(scaler.transform(&train)?, tensor![[0.0, 0.0], [1.0, 1.0]]);
/// assert_eq!(scaler.transform(&tensor![[5.0, 15.0]])?, tensor![[2.0, 0.5]]);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct MinMaxScaler {
    scale: Tensor,
    shift: Tensor,
}

/// Settings of [`MinMaxScaler`]; see [`MinMaxScaler::options`].
#[derive(Debug, Clone)]
pub struct MinMaxOptions {
    low: f64,
    high: f64,
}

impl MinMaxOptions {
    /// What the least and the greatest number of a column come to; 0 and 1 by default.
    ///
    /// ```
    /// use retrograd::{preprocessing::MinMaxScaler, tensor};
    /// let x = tensor![[1.0], [2.0], [3.0]];
    /// let scaler = MinMaxScaler::options().feature_range(-1.0, 1.0).fit(&x)?;
    /// assert_eq!(scaler.transform(&x)?, tensor![[-1.0], [0.0], [1.0]]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn feature_range(mut self, low: f64, high: f64) -> Self {
        (self.low, self.high) = (low, high);
        self
    }

    /// As [`MinMaxScaler::fit`], with these settings.
    ///
    /// # Errors
    /// As [`MinMaxScaler::fit`], and if the range is not finite and rising.
    ///
    /// ```
    /// use retrograd::{preprocessing::MinMaxScaler, tensor};
    /// assert!(MinMaxScaler::options().feature_range(1.0, 0.0).fit(&tensor![[1.0]]).is_err());
    /// ```
    pub fn fit(&self, x: &Tensor) -> Result<MinMaxScaler> {
        let &MinMaxOptions { low, high } = self;
        if !(low < high && (high - low).is_finite()) {
            return Err(Error::InvalidArgument {
                op: "MinMaxScaler::fit",
                argument: "feature_range",
                value: format!("({low}, {high})"),
                problem: "it does not rise from one finite number to another".into(),
                cure: "Give the lower bound first, such as (0.0, 1.0).".into(),
            });
        }
        let columns = Columns::new("MinMaxScaler::fit", x)?;
        let least = columns.each(|column| column.into_iter().fold(f64::INFINITY, f64::min));
        let greatest = columns.each(|column| column.into_iter().fold(f64::NEG_INFINITY, f64::max));
        // What is constant up to rounding is only moved.
        let range = |(least, greatest): (&f64, &f64)| match greatest - least {
            range if range < 10.0 * f64::EPSILON => 1.0,
            range => range,
        };
        let ranges = least.iter().zip(&greatest).map(range);
        let scale: Vec<f64> = ranges.map(|range| (high - low) / range).collect();
        let shift = least
            .iter()
            .zip(&scale)
            .map(|(least, scale)| low - least * scale);
        Ok(MinMaxScaler {
            shift: shift.collect(),
            scale: Tensor::from(scale),
        })
    }
}

impl MinMaxScaler {
    /// Takes the least and the greatest number of each column of `x`, `[rows, columns]`. NaN is passed over.
    ///
    /// # Errors
    /// If `x` is no matrix, has no row, or a column holds an infinity or no number.
    ///
    /// ```
    /// use retrograd::{preprocessing::MinMaxScaler, tensor};
    /// assert!(MinMaxScaler::fit(&tensor![[1.0], [3.0]]).is_ok());
    /// ```
    pub fn fit(x: &Tensor) -> Result<Self> {
        Self::options().fit(x)
    }

    /// Settings to change before [`MinMaxOptions::fit`].
    ///
    /// ```
    /// use retrograd::{preprocessing::MinMaxScaler, tensor};
    /// assert!(MinMaxScaler::options().feature_range(0.0, 255.0).fit(&tensor![[1.0], [3.0]]).is_ok());
    /// ```
    pub fn options() -> MinMaxOptions {
        MinMaxOptions {
            low: 0.0,
            high: 1.0,
        }
    }

    /// [`fit`](Self::fit) and [`transform`](Self::transform) of the same rows.
    ///
    /// # Errors
    /// As both.
    ///
    /// ```
    /// use retrograd::{preprocessing::MinMaxScaler, tensor};
    /// let (_, scaled) = MinMaxScaler::fit_transform(&tensor![[1.0], [3.0]])?;
    /// assert_eq!(scaled, tensor![[0.0], [1.0]]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn fit_transform(x: &Tensor) -> Result<(Self, Tensor)> {
        let scaler = Self::fit(x)?;
        let out = scaler.transform(x)?;
        Ok((scaler, out))
    }

    /// `x * scale + shift`, `[rows, columns]`.
    ///
    /// # Errors
    /// If `x` is no matrix with the columns that were fitted.
    ///
    /// ```
    /// use retrograd::{preprocessing::MinMaxScaler, tensor};
    /// let scaler = MinMaxScaler::fit(&tensor![[1.0], [3.0]])?;
    /// assert_eq!(scaler.transform(&tensor![[2.0]])?, tensor![[0.5]]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn transform(&self, x: &Tensor) -> Result<Tensor> {
        check("MinMaxScaler::transform", x, self.scale.numel())?;
        x.try_mul(self.scale.to(float(x)))?
            .try_add(self.shift.to(float(x)))
    }

    /// `(x - shift) / scale`, which undoes [`transform`](Self::transform).
    ///
    /// # Errors
    /// If `x` is no matrix with the columns that were fitted.
    ///
    /// ```
    /// use retrograd::{preprocessing::MinMaxScaler, tensor};
    /// let scaler = MinMaxScaler::fit(&tensor![[1.0], [3.0]])?;
    /// assert_eq!(scaler.inverse_transform(&tensor![[0.5]])?, tensor![[2.0]]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn inverse_transform(&self, x: &Tensor) -> Result<Tensor> {
        check("MinMaxScaler::inverse_transform", x, self.scale.numel())?;
        x.try_sub(self.shift.to(float(x)))?
            .try_div(self.scale.to(float(x)))
    }
}
