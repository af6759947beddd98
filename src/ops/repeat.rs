//! A tensor's elements several times.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use crate::Tensor;
use crate::error::{Error, Result};
use crate::shape::{self, Dims, IntoShape, full_shape};

mod sealed {
    pub trait Sealed {}
}

/// How often elements are repeated: one count for all, or a vector of `i64` with one for each.
pub trait Repeats: sealed::Sealed {
    /// A count for each of `len` positions.
    #[doc(hidden)]
    fn counts(&self, len: usize) -> Result<Vec<usize>>;
}

fn refuse(value: String, problem: String) -> Error {
    Error::InvalidArgument {
        op: "repeat_interleave",
        argument: "repeats",
        value,
        problem,
        cure: "Give a count from 0, or a vector of `i64` with one for each position of the axis."
            .into(),
    }
}

impl sealed::Sealed for usize {}
impl Repeats for usize {
    fn counts(&self, len: usize) -> Result<Vec<usize>> {
        Ok(vec![*self; len])
    }
}
impl sealed::Sealed for &Tensor {}
impl Repeats for &Tensor {
    fn counts(&self, len: usize) -> Result<Vec<usize>> {
        let values = super::pick::positions("repeat_interleave", self)?;
        let fits = values.len() == 1 || values.len() == len;
        if self.rank() > 1 || !fits {
            let shape = format!("a tensor of shape {:?}", self.shape());
            return Err(refuse(shape, format!("the axis has size {len}")));
        }
        let counts = values.iter().map(|&n| {
            usize::try_from(n).map_err(|_| refuse(n.to_string(), "a count is not negative".into()))
        });
        let counts = counts.collect::<Result<Vec<usize>>>()?;
        Ok(match counts[..] {
            [one] => vec![one; len],
            _ => counts,
        })
    }
}

fn interleave(x: &Tensor, repeats: &impl Repeats, axis: usize) -> Result<Tensor> {
    let counts = repeats.counts(x.shape()[axis])?;
    let index: Vec<i64> = counts
        .iter()
        .enumerate()
        .flat_map(|(i, &count)| std::iter::repeat_n(i as i64, count))
        .collect();
    x.try_index_select(axis as i64, &Tensor::from(index))
}

fallible! {
    /// The tensor laid out several times along each axis; more counts than axes make new leading ones.
    ///
    /// # Panics
    /// If there are fewer counts than axes, or one is negative.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1, 2].repeat([2, 2]), tensor![[1, 2, 1, 2], [1, 2, 1, 2]]);
    /// ```
    fn repeat | try_repeat(&self, counts: impl IntoShape) -> Tensor {
        let counts = full_shape("repeat", counts)?;
        let lead = counts.len().checked_sub(self.rank()).ok_or_else(|| Error::InvalidArgument {
            op: "repeat",
            argument: "counts",
            value: format!("{:?}", &counts[..]),
            problem: format!("shape {:?} has {} axes", self.shape(), self.rank()),
            cure: "Give a count for every axis, or use `tile`, which takes 1 for the leading ones.".into(),
        })?;
        let own: Vec<usize> = std::iter::repeat_n(1, lead).chain(self.shape().iter().copied()).collect();
        let apart = own.iter().flat_map(|&size| [1, size]).collect::<Vec<_>>();
        let stretched = own.iter().zip(&counts).flat_map(|(&size, &count)| [count, size]).collect::<Vec<_>>();
        let whole: Dims = own.iter().zip(&counts).map(|(size, count)| size * count).collect();
        self.try_reshape(apart)?.try_expand(stretched)?.try_reshape(&whole[..])
    }

    /// As [`repeat`](Tensor::repeat), with the count 1 for the leading axes that are not named.
    ///
    /// # Panics
    /// If a count is negative.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1], [2]].tile([2]), tensor![[1, 1], [2, 2]]);
    /// ```
    fn tile | try_tile(&self, counts: impl IntoShape) -> Tensor {
        let counts = counts.into_sizes();
        let missing = self.rank().saturating_sub(counts.len());
        let all: Vec<i64> = std::iter::repeat_n(1, missing).chain(counts).collect();
        self.try_repeat(all)
    }

    /// All elements, in row-major order, each repeated on the spot.
    ///
    /// # Panics
    /// If `repeats` is neither a count nor a vector of one or of a count for each element.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1, 2].repeat_interleave(2), tensor![1, 1, 2, 2]);
    /// assert_eq!(tensor![1, 2].repeat_interleave(&tensor![0, 3]), tensor![2, 2, 2]);
    /// ```
    fn repeat_interleave | try_repeat_interleave(&self, repeats: impl Repeats) -> Tensor {
        interleave(&self.try_reshape([self.numel()])?, &repeats, 0)
    }

    /// The parts along an axis, each repeated on the spot.
    ///
    /// # Panics
    /// If there is no such axis, or `repeats` is neither a count nor a vector of one or of a count for each part.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1], [2]].repeat_interleave_dim(2, 0), tensor![[1], [1], [2], [2]]);
    /// ```
    fn repeat_interleave_dim | try_repeat_interleave_dim(&self, repeats: impl Repeats, axis: i64) -> Tensor {
        let axis = shape::axis("repeat_interleave", axis, self.rank())?;
        if self.rank() == 0 {
            return interleave(&self.try_reshape([1])?, &repeats, 0);
        }
        interleave(self, &repeats, axis)
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
            "repeat",
            "Tensor::repeat",
            [
                case(&[2, 3], |x| x.repeat([2, 1, 2])),
                case(&[], |x| x.repeat([2])),
                case(&[2], |x| x.repeat([0])),
            ],
        ),
        Operator::new(
            "tile",
            "Tensor::tile",
            [
                case(&[2, 3], |x| x.tile([2])),
                case(&[2], |x| x.tile([2, 2])),
            ],
        ),
        Operator::new(
            "repeat_interleave",
            "Tensor::repeat_interleave Tensor::repeat_interleave_dim",
            [
                case(&[2, 3], |x| x.repeat_interleave(2)),
                case(&[], |x| x.repeat_interleave(3)),
                case(&[2, 3], |x| {
                    x.repeat_interleave_dim(&Tensor::from([2i64, 0, 1]), -1)
                }),
            ],
        ),
    ]
}
