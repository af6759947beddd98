//! Whether tensors are equal, or close to it.

use super::binary::zip;
use super::fallible;
use crate::dtype::with_float;
use crate::error::{Error, Result};
use crate::shape::broadcast;
use crate::tensor::{Arg, result_dtype};
use crate::{DType, Tensor};

/// How far two elements may be apart to count as close: `|a - b| <= atol + rtol |b|`.
///
/// ```
/// use retrograd::{Tolerance, prelude::*};
/// let (a, b) = (tensor![1.0, f64::NAN], tensor![1.05, f64::NAN]);
/// let close = a.isclose_with(&b, Tolerance::new().rtol(0.1).equal_nan(true));
/// assert_eq!(close, tensor![true, true]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tolerance {
    rtol: f64,
    atol: f64,
    equal_nan: bool,
}

impl Default for Tolerance {
    fn default() -> Self {
        Self::new()
    }
}

impl Tolerance {
    /// PyTorch's and NumPy's defaults: `rtol` 1e-5, `atol` 1e-8, and NaN is close to nothing.
    pub fn new() -> Self {
        Tolerance {
            rtol: 1e-5,
            atol: 1e-8,
            equal_nan: false,
        }
    }

    /// The distance allowed as a share of the second element's size.
    pub fn rtol(mut self, rtol: f64) -> Self {
        self.rtol = rtol;
        self
    }

    /// The distance allowed whatever the elements' sizes.
    pub fn atol(mut self, atol: f64) -> Self {
        self.atol = atol;
        self
    }

    /// Whether two NaN are close.
    pub fn equal_nan(mut self, equal_nan: bool) -> Self {
        self.equal_nan = equal_nan;
        self
    }

    fn check(&self) -> Result<()> {
        for (argument, value) in [("rtol", self.rtol), ("atol", self.atol)] {
            if value.is_nan() || value < 0.0 {
                return Err(Error::InvalidArgument {
                    op: "isclose",
                    argument,
                    value: value.to_string(),
                    problem: "it is no distance".into(),
                    cure: "Give 0 or a positive number.".into(),
                });
            }
        }
        Ok(())
    }
}

fallible! {
    /// Where both elements are close by the default [`Tolerance`], with broadcasting.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 2.0].isclose(&tensor![1.0 + 1e-7, 2.1]), tensor![true, false]);
    /// ```
    fn isclose | try_isclose(&self, other: &Tensor) -> Tensor {
        self.try_isclose_with(other, Tolerance::new())
    }

    /// Where both elements are close, with broadcasting.
    ///
    /// # Panics
    /// If the shapes do not broadcast, or a tolerance is negative.
    ///
    /// ```
    /// use retrograd::{Tolerance, prelude::*};
    /// assert_eq!(tensor![1.0].isclose_with(&tensor![1.4], Tolerance::new().atol(0.5)), tensor![true]);
    /// ```
    fn isclose_with | try_isclose_with(&self, other: &Tensor, tolerance: Tolerance) -> Tensor {
        tolerance.check()?;
        let (l, r) = (Arg::Tensor(self), Arg::Tensor(other));
        let shape = broadcast("isclose", l.shape(), r.shape())?;
        // Whole numbers are compared as f64, of which few are too large.
        let dtype = match result_dtype(&[l, r]) {
            DType::F32 => DType::F32,
            _ => DType::F64,
        };
        Ok(with_float!(dtype, T => {
            let (rtol, atol) = (tolerance.rtol as T, tolerance.atol as T);
            zip::<T, bool>(l, r, shape, move |a, b| {
                let distance = (a - b).abs();
                a == b
                    || (tolerance.equal_nan && a.is_nan() && b.is_nan())
                    || (distance.is_finite() && distance <= atol + (rtol * b).abs())
            })
        }, else unreachable!("a floating-point type was chosen")).untracked())
    }

    /// Whether all elements are close by the default [`Tolerance`], with broadcasting.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert!(tensor![1.0, 2.0].allclose(&tensor![1.0 + 1e-7, 2.0]));
    /// ```
    fn allclose | try_allclose(&self, other: &Tensor) -> bool {
        self.try_allclose_with(other, Tolerance::new())
    }

    /// Whether all elements are close, with broadcasting.
    ///
    /// # Panics
    /// If the shapes do not broadcast, or a tolerance is negative.
    ///
    /// ```
    /// use retrograd::{Tolerance, prelude::*};
    /// assert!(!tensor![1.0].allclose_with(&tensor![1.4], Tolerance::new().rtol(0.1)));
    /// ```
    fn allclose_with | try_allclose_with(&self, other: &Tensor, tolerance: Tolerance) -> bool {
        Ok(self.try_isclose_with(other, tolerance)?.all().item::<bool>())
    }
}

impl Tensor {
    /// Whether shape, element type and every element agree, as `==` of two tensors; a NaN agrees with nothing.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert!(tensor![1.0, 2.0].equal(&tensor![1.0, 2.0]));
    /// assert!(!tensor![1.0, 1.0].equal(&tensor![1.0]));
    /// ```
    pub fn equal(&self, other: &Tensor) -> bool {
        self == other
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::not_differentiable(
            "isclose",
            "Tensor::isclose Tensor::isclose_with",
            "a mask",
            |x| vec![x.isclose(x), x.isclose_with(x, Tolerance::new())],
        ),
        Operator::not_differentiable(
            "allclose",
            "Tensor::allclose Tensor::allclose_with",
            "an answer",
            |x| {
                assert!(x.allclose(x) && x.allclose_with(x, Tolerance::new()));
                Vec::new()
            },
        ),
        Operator::not_differentiable("equal", "Tensor::equal", "an answer", |x| {
            assert!(x.equal(x));
            Vec::new()
        }),
    ]
}
