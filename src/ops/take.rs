//! Elements by their places in row-major order, and by positions along an axis.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use crate::Tensor;
use crate::error::{Error, Result};
use crate::shape;

/// Both shapes stretched over each other along every axis but one.
fn stretched(x: &Tensor, index: &Tensor, axis: usize) -> Result<(Tensor, Tensor)> {
    const OP: &str = "take_along_dim";
    if x.rank() != index.rank() {
        return Err(Error::Shape {
            op: OP,
            problem: format!(
                "an index of shape {:?} for a tensor of shape {:?}",
                index.shape(),
                x.shape()
            ),
            cure: "Give an index of as many axes as the tensor has.".into(),
        });
    }
    let without = |shape: &[usize]| -> Vec<usize> {
        shape
            .iter()
            .enumerate()
            .map(|(a, &size)| if a == axis { 1 } else { size })
            .collect()
    };
    let common = shape::broadcast(OP, &without(x.shape()), &without(index.shape()))?;
    let stretch = |part: &Tensor| {
        let mut shape = common.clone();
        if let Some(size) = shape.get_mut(axis) {
            *size = part.shape()[axis];
        }
        part.try_expand(&shape[..])
    };
    Ok((stretch(x)?, stretch(index)?))
}

fallible! {
    /// The elements at places of the flattened tensor, in the shape of `index`; a negative place counts from the end.
    ///
    /// # Panics
    /// If `index` does not hold `i64`, or a place is out of bounds.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1, 2], [3, 4]].take(&tensor![0, -1]), tensor![1, 4]);
    /// ```
    fn take | try_take(&self, index: &Tensor) -> Tensor {
        super::pick::positions("take", index)?;
        self.try_reshape([self.numel()])?.try_i(index)
    }

    /// For each position of `index`, the element found there along `axis`: [`gather`](Tensor::gather) with the other
    /// axes broadcast, NumPy's `take_along_axis`.
    ///
    /// # Panics
    /// If `index` does not hold `i64` or does not broadcast, or a position is out of bounds.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = tensor![[3.0, 1.0, 2.0]];
    /// assert_eq!(x.take_along_dim(&x.argsort(1, false), 1), tensor![[1.0, 2.0, 3.0]]);
    /// ```
    fn take_along_dim | try_take_along_dim(&self, index: &Tensor, axis: i64) -> Tensor {
        let place = shape::axis("take_along_dim", axis, self.rank())?;
        let (x, index) = stretched(self, index, place)?;
        x.try_gather(axis, &index)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let case = |shape: &[usize], f: fn(&Tensor) -> Tensor| {
        Case::new([sample(shape, -2.0, 2.0, 0)], move |x| f(&x[0]).pow(2))
    };
    vec![
        Operator::new(
            "take",
            "Tensor::take",
            [case(&[2, 3], |x| {
                x.take(&Tensor::from([[0i64, -1], [2, 0]]))
            })],
        ),
        Operator::new(
            "take_along_dim",
            "Tensor::take_along_dim",
            [case(&[2, 3], |x| {
                x.take_along_dim(&Tensor::from([[2i64, 0]]), 1)
            })],
        ),
    ]
}
