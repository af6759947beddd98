//! Counts of elements, and sums without those that are not numbers.

#[cfg(test)]
use super::case::Case;
use super::fallible;
use super::reduce::Axes;
use crate::Tensor;

fallible! {
    /// How many elements are other than 0 or false, as `i64`.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0, 2.0, -1.0].count_nonzero().item::<i64>(), 2);
    /// ```
    fn count_nonzero | try_count_nonzero(&self) -> Tensor {
        Ok(self.try_ne(0)?.sum())
    }

    /// How many elements along one axis or several, which go, are other than 0 or false, as `i64`.
    ///
    /// # Panics
    /// If the tensor has no such axis, or one is named twice.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[0.0, 2.0], [1.0, 3.0]].count_nonzero_dim(1), tensor![1, 2]);
    /// ```
    fn count_nonzero_dim | try_count_nonzero_dim(&self, axes: impl Axes) -> Tensor {
        self.try_ne(0)?.try_sum_dim(axes)
    }

    /// The sum of all elements that are numbers.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, f64::NAN, 2.0].nansum().item::<f32>(), 3.0);
    /// ```
    fn nansum | try_nansum(&self) -> Tensor {
        Ok(numbers(self)?.sum())
    }

    /// The sums over one axis or several, which go, of the elements that are numbers.
    ///
    /// # Panics
    /// If the tensor has no such axis, or one is named twice.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1.0, f64::NAN], [3.0, 4.0]].nansum_dim(1), tensor![1.0, 7.0]);
    /// ```
    fn nansum_dim | try_nansum_dim(&self, axes: impl Axes) -> Tensor {
        numbers(self)?.try_sum_dim(axes)
    }

    /// As [`nansum_dim`](Tensor::nansum_dim); the axes stay, with size 1.
    ///
    /// # Panics
    /// If the tensor has no such axis, or one is named twice.
    fn nansum_keepdim | try_nansum_keepdim(&self, axes: impl Axes) -> Tensor {
        numbers(self)?.try_sum_keepdim(axes)
    }
}

/// The tensor with 0 in the place of NaN.
#[track_caller]
fn numbers(x: &Tensor) -> crate::Result<Tensor> {
    match x.dtype().is_float() {
        true => x.try_masked_fill(&x.isnan(), 0),
        false => Ok(x.clone()),
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    // The logarithm of a negative number is NaN.
    let mut cases = Case::reduction(-2.0, 2.0, |x| (x.log().nansum() * x.nansum()).pow(2));
    cases.extend(Case::reduction_over_axes(
        -2.0,
        2.0,
        |x, axes, keep| match keep {
            true => x.pow(3).nansum_keepdim(axes),
            false => x.pow(3).nansum_dim(axes),
        },
    ));
    vec![
        Operator::new(
            "nansum",
            "Tensor::nansum Tensor::nansum_dim Tensor::nansum_keepdim",
            cases,
        ),
        Operator::not_differentiable(
            "count_nonzero",
            "Tensor::count_nonzero Tensor::count_nonzero_dim",
            "a count",
            |x| vec![x.count_nonzero(), x.count_nonzero_dim(1)],
        ),
    ]
}
