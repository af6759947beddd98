//! Rows of norm 1.

use super::columns::float;
use crate::inputs::finite_matrix;
use crate::{Result, Tensor};

/// How the size of a row is measured.
///
/// ```
/// use retrograd::preprocessing::{Norm, normalize};
/// use retrograd::tensor;
/// assert_eq!(normalize(&tensor![[1.0, -3.0]], Norm::L1)?, tensor![[0.25, -0.75]]);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Norm {
    /// The sum of the magnitudes.
    L1,
    /// The root of the sum of the squares.
    L2,
    /// The greatest magnitude.
    Max,
}

/// Divides each row of `x`, `[rows, columns]`, by its norm, as scikit-learn's `Normalizer`. A row of zeros stays.
///
/// # Errors
/// If `x` is no matrix, or holds a number that is not finite.
///
/// ```
/// use retrograd::preprocessing::{Norm, normalize};
/// use retrograd::tensor;
/// assert_eq!(normalize(&tensor![[3.0, 4.0], [0.0, 0.0]], Norm::L2)?, tensor![[0.6, 0.8], [0.0, 0.0]]);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn normalize(x: &Tensor, norm: Norm) -> Result<Tensor> {
    finite_matrix("normalize", "x", x)?;
    let x = x.to(float(x));
    let size = match norm {
        Norm::L1 => x.abs().sum_dim(1),
        Norm::L2 => x.square().sum_dim(1).sqrt(),
        Norm::Max => x.abs().max_dim(1).0,
    };
    x.try_div(Tensor::where_(&size.eq(0.0), 1.0, &size).unsqueeze(1))
}
