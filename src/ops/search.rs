//! Places in sorted rows.

use super::fallible;
use crate::dtype::with_dtype;
use crate::error::{Error, Result};
use crate::{Element, Tensor, promote_types};

/// The first place before which `value` keeps a sorted row in order, or the last one with `right`.
fn place<T: Element>(row: &[T], value: T, right: bool) -> i64 {
    // Written so that a NaN goes to the end.
    let before = |v: &T| match right {
        true => !matches!(v.partial_cmp(&value), Some(std::cmp::Ordering::Greater)),
        false => !matches!(
            v.partial_cmp(&value),
            Some(std::cmp::Ordering::Greater | std::cmp::Ordering::Equal)
        ),
    };
    row.partition_point(before) as i64
}

fn search(op: &'static str, sorted: &Tensor, values: &Tensor, right: bool) -> Result<Tensor> {
    let lead = |x: &Tensor| x.shape()[..x.rank().saturating_sub(1)].to_vec();
    if sorted.rank() == 0
        || (sorted.rank() > 1 && (sorted.rank() != values.rank() || lead(sorted) != lead(values)))
    {
        return Err(Error::Shape {
            op,
            problem: format!(
                "sorted rows of shape {:?} do not fit values of shape {:?}",
                sorted.shape(),
                values.shape()
            ),
            cure: "Give one sorted vector, or a row for each row of values.".into(),
        });
    }
    let len = sorted.shape()[sorted.rank() - 1];
    let per_row = if sorted.rank() == 1 {
        values.numel()
    } else {
        values.shape()[values.rank() - 1]
    };
    let places = with_dtype!(promote_types(sorted.dtype(), values.dtype()), T => {
        let (rows, wanted) = (sorted.to(T::DTYPE), values.to(T::DTYPE));
        let (rows, wanted) = (rows.values::<T>(), wanted.values::<T>());
        let at = |(i, &value): (usize, &T)| {
            let row = i / per_row.max(1);
            place(&rows[row * len..][..len], value, right)
        };
        wanted.iter().enumerate().map(at).collect::<Vec<i64>>()
    });
    Ok(Tensor::from_vec(places, values.shape()))
}

fallible! {
    /// Where `values` belong in this sorted vector, or each row of them in its row of `[.., n]`: the first place that
    /// keeps the order, or with `right` the last. A NaN belongs at the end.
    ///
    /// # Panics
    /// If there are rows and not as many rows of values.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let sorted = tensor![1, 3, 3, 5];
    /// assert_eq!(sorted.searchsorted(&tensor![3, 9], false), tensor![1, 4]);
    /// assert_eq!(sorted.searchsorted(&tensor![3, 9], true), tensor![3, 4]);
    /// ```
    fn searchsorted | try_searchsorted(&self, values: &Tensor, right: bool) -> Tensor {
        search("searchsorted", self, values, right)
    }

    /// In which bucket each element lies: the place among the sorted `boundaries` that keeps the order, the first one,
    /// or with `right` the last.
    ///
    /// # Panics
    /// If `boundaries` is no vector.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0, 3, 7].bucketize(&tensor![1, 3, 5], false), tensor![0, 1, 3]);
    /// ```
    fn bucketize | try_bucketize(&self, boundaries: &Tensor, right: bool) -> Tensor {
        if boundaries.rank() != 1 {
            return Err(Error::Shape {
                op: "bucketize",
                problem: format!("boundaries of shape {:?} are no vector", boundaries.shape()),
                cure: "Give a sorted vector; `searchsorted` takes rows.".into(),
            });
        }
        search("bucketize", boundaries, self, right)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::not_differentiable("searchsorted", "Tensor::searchsorted", "positions", |x| {
            vec![Tensor::from([0.0, 1.0]).searchsorted(x, false)]
        }),
        Operator::not_differentiable("bucketize", "Tensor::bucketize", "positions", |x| {
            vec![x.bucketize(&Tensor::from([0.0, 1.0]), true)]
        }),
    ]
}

#[cfg(test)]
mod tests {
    use crate::tensor;

    #[test]
    fn places_keep_the_order() {
        let rows = tensor![[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]];
        let values = tensor![[2.0, f64::NAN], [5.0, 30.0]];
        assert_eq!(rows.searchsorted(&values, false), tensor![[1, 3], [0, 2]]);
        assert_eq!(rows.searchsorted(&values, true), tensor![[2, 3], [0, 3]]);
        assert_eq!(tensor![1, 2].searchsorted(&tensor![1.5], false), tensor![1]);
        assert!(rows.try_searchsorted(&tensor![1.0], false).is_err());
        assert_eq!(
            crate::zeros([0]).searchsorted(&tensor![[1.0]], false),
            tensor![[0]]
        );
    }
}
