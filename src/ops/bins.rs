//! How often values stand in a tensor, which they are, and where.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use super::pick::{Runs, kind, pick, positions};
use crate::dtype::{with_dtype, with_float};
use crate::error::{Error, Result};
use crate::shape::{Dims, row_major};
use crate::tensor::Inner;
use crate::tensor::storage::Data;
use crate::{DType, Element, Operand, Tensor};
use std::sync::Arc;

/// The distinct elements of a tensor; see [`Tensor::unique_all`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Unique {
    /// The elements in ascending order, `[n]`.
    pub values: Tensor,
    /// For each element of the tensor its place among the values, in the tensor's shape.
    pub inverse: Tensor,
    /// How often each value stands in the tensor, `[n]`.
    pub counts: Tensor,
}

/// Positions in row-major order, by the value that stands there: the first of each value, its count, and the
/// value's number for each position.
fn groups<T: Element>(values: &[T], order: &[i64]) -> (Vec<usize>, Vec<i64>, Vec<i64>) {
    let (mut firsts, mut counts, mut inverse) = (Vec::new(), Vec::new(), vec![0; values.len()]);
    for &at in order {
        let at = at as usize;
        // A NaN equals nothing, so each stands for itself.
        if firsts
            .last()
            .is_none_or(|&first: &usize| values[first] != values[at])
        {
            firsts.push(at);
            counts.push(0);
        }
        *counts.last_mut().expect("one was pushed") += 1;
        inverse[at] = counts.len() as i64 - 1;
    }
    (firsts, counts, inverse)
}

fn unique(x: &Tensor) -> Result<Unique> {
    let flat = x.try_reshape([x.numel()])?;
    let order = flat.try_argsort(0, false)?.to_vec::<i64>();
    let (firsts, counts, inverse) =
        with_dtype!(x.dtype(), T => groups(&flat.values::<T>(), &order));
    let runs = Runs {
        to: Dims::from_slice(&[firsts.len()]),
        from: flat.shape().into(),
        run: 1,
        starts: firsts,
    };
    Ok(Unique {
        values: pick::<kind::Index>(&flat, Arc::new(runs)),
        inverse: Tensor::from_vec(inverse, x.shape()),
        counts: Tensor::from(counts),
    })
}

fn counted(op: &'static str, x: &Tensor, least: usize) -> Result<(Vec<i64>, usize)> {
    if x.rank() != 1 {
        return Err(Error::Shape {
            op,
            problem: format!("shape {:?} is not that of a vector", x.shape()),
            cure: "Flatten it first, with `flatten()`.".into(),
        });
    }
    let values = positions(op, x)?;
    if let Some(value) = values.iter().find(|&&value| value < 0) {
        return Err(Error::InvalidArgument {
            op,
            argument: "input",
            value: value.to_string(),
            problem: "only numbers from 0 are counted".into(),
            cure: "Shift the values, or count them with `unique_all`.".into(),
        });
    }
    let greatest = values.iter().max().copied();
    let len = greatest.map_or(0, |value| value as usize + 1).max(least);
    if Vec::<i64>::new().try_reserve_exact(len).is_err() {
        return Err(Error::InvalidArgument {
            op,
            argument: "input",
            value: (len - 1).to_string(),
            problem: "there is no memory for a count of every number up to it".into(),
            cure: "Count the values that there are, with `unique_all`.".into(),
        });
    }
    Ok((values, len))
}

fn histogram<T: Element>(values: &[T], bins: usize, low: f64, high: f64) -> Vec<T> {
    let (low, high): (T, T) = (T::from_f64(low), T::from_f64(high));
    let (from, width) = (low.cast::<f64>(), high.cast::<f64>() - low.cast::<f64>());
    let mut counts = vec![0u64; bins];
    for &value in values
        .iter()
        .filter(|&&value| value >= low && value <= high)
    {
        let at = ((value.cast::<f64>() - from) * bins as f64 / width) as usize;
        // The last bin holds its upper bound too.
        counts[at.min(bins - 1)] += 1;
    }
    counts
        .into_iter()
        .map(|count| T::from_f64(count as f64))
        .collect()
}

fn refuse_bins(argument: &'static str, value: String, problem: &str, cure: &str) -> Error {
    Error::InvalidArgument {
        op: "histc",
        argument,
        value,
        problem: problem.into(),
        cure: cure.into(),
    }
}

fallible! {
    /// The distinct elements in ascending order, as a vector, `torch.unique`. Of equal elements the first one gets the
    /// gradient. Each NaN counts as distinct.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![3, 1, 3].unique(), tensor![1, 3]);
    /// ```
    fn unique | try_unique(&self) -> Tensor {
        Ok(unique(self)?.values)
    }

    /// As [`unique`](Tensor::unique), with each element's place among the distinct ones and their counts.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let unique = tensor![3, 1, 3].unique_all();
    /// assert_eq!((unique.inverse, unique.counts), (tensor![1, 0, 1], tensor![1, 2]));
    /// ```
    fn unique_all | try_unique_all(&self) -> Unique {
        unique(self)
    }

    /// How often each number from 0 stands in a vector of `i64`, with at least `least` counts.
    ///
    /// # Panics
    /// If the tensor is no vector of `i64`, or a number is negative.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1, 3, 1].bincount(0), tensor![0, 2, 0, 1]);
    /// ```
    fn bincount | try_bincount(&self, least: usize) -> Tensor {
        let (values, len) = counted("bincount", self, least)?;
        let mut counts = vec![0i64; len];
        values.iter().for_each(|&value| counts[value as usize] += 1);
        Ok(Tensor::from(counts))
    }

    /// The sums of the weights of each number from 0 in a vector of `i64`, with at least `least` sums. Weights of
    /// `f32` give `f32`, others `f64`; they get gradients.
    ///
    /// # Panics
    /// If the tensor is no vector of `i64`, a number is negative, or there is not one weight for each.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let sums = tensor![1, 3, 1].bincount_weighted(&tensor![0.5, 2.0, 1.0], 0);
    /// assert_eq!(sums, tensor![0.0, 1.5, 0.0, 2.0]);
    /// ```
    fn bincount_weighted | try_bincount_weighted(&self, weights: &Tensor, least: usize) -> Tensor {
        let (_, len) = counted("bincount", self, least)?;
        if weights.shape() != self.shape() {
            return Err(Error::Shape {
                op: "bincount",
                problem: format!("weights of shape {:?} for values of shape {:?}", weights.shape(), self.shape()),
                cure: "Give one weight for each value.".into(),
            });
        }
        let weights = if weights.dtype() == DType::F32 { weights.clone() } else { weights.to(DType::F64) };
        crate::zeros_dtype([len], weights.dtype()).try_scatter_add(0, self, weights)
    }

    /// The counts of elements in `bins` parts of equal width from `low` to `high`, both included, in the tensor's own
    /// type; elements outside are not counted. If both bounds are 0 they are the least and the greatest element.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers, there is no bin, or the bounds are not finite or in order.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0, 1.0, 1.5, 4.0].histc(4, 0.0, 4.0), tensor![1.0, 2.0, 0.0, 1.0]);
    /// ```
    fn histc | try_histc(&self, bins: usize, low: f64, high: f64) -> Tensor {
        if bins == 0 {
            return Err(refuse_bins("bins", "0".into(), "there is nothing to count in", "Give at least one bin."));
        }
        let (mut low, mut high) = (low, high);
        if low == high && self.numel() > 0 {
            let bound = |x: Tensor| x.detach().to(DType::F64).item::<f64>();
            (low, high) = (bound(self.detach().try_min()?), bound(self.detach().try_max()?));
        }
        if low == high {
            (low, high) = (low - 1.0, high + 1.0);
        }
        if !(low.is_finite() && high.is_finite() && low < high) {
            let cure = "Give finite bounds in order, or 0 and 0 for those of the data, which then must be finite.";
            return Err(refuse_bins("low", format!("{low}, high = {high}"), "these bounds are no range", cure));
        }
        let counts = with_float!(self.dtype(), T => {
            Inner::new(Dims::from_slice(&[bins]), Data::from_vec(histogram(&self.values::<T>(), bins, low, high)))
        }, else return Err(Error::DType {
            op: "histc",
            problem: format!("the tensor holds {}", self.dtype()),
            cure: "Cast it first, with `.to(F32)`; `bincount` counts integers.".into(),
        }));
        Ok(counts.record_without_derivative("histc", &[self.arg()]))
    }

    /// The positions of all elements other than 0 or false, `[n, axes]`, in row-major order.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[0.0, 2.0], [3.0, 0.0]].nonzero(), tensor![[0, 1], [1, 0]]);
    /// ```
    fn nonzero | try_nonzero(&self) -> Tensor {
        let mask = self.detach().to(DType::Bool);
        let steps = row_major(self.shape());
        let hits = mask.values::<bool>();
        let places = (0..hits.len()).filter(|&i| hits[i]);
        let found: Vec<i64> = places
            .flat_map(|i| steps.iter().zip(self.shape()).map(move |(step, size)| (i / step % size) as i64))
            .collect();
        let count = hits.iter().filter(|&&hit| hit).count();
        Ok(Tensor::from_vec(found, [count, self.rank()]))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let distinct = |shape: &[usize], f: fn(&Tensor) -> Tensor| {
        Case::new([sample(shape, -2.0, 2.0, 0)], move |x| f(&x[0]).pow(2)).apart()
    };
    let bins = || Tensor::from([2i64, 0, 2]);
    vec![
        Operator::new(
            "unique",
            "Tensor::unique Tensor::unique_all",
            [
                distinct(&[2, 3], Tensor::unique),
                distinct(&[], |x| x.unique_all().values),
            ],
        ),
        Operator::new(
            "bincount",
            "Tensor::bincount_weighted Tensor::bincount",
            [Case::new([sample(&[3], -2.0, 2.0, 0)], move |x| {
                bins().bincount_weighted(&x[0], 4).pow(2)
            })],
        ),
        Operator::not_differentiable("histc", "Tensor::histc", "counts", |x| {
            vec![x.histc(4, -1.0, 1.0)]
        }),
        Operator::not_differentiable("nonzero", "Tensor::nonzero", "positions", |x| {
            vec![x.nonzero()]
        }),
    ]
}

#[cfg(test)]
mod tests {
    use crate::{tensor, zeros};

    #[test]
    fn distinct_elements_are_sorted_and_counted() {
        let x = tensor![[2.0, 1.0], [2.0, f64::NAN]];
        let unique = x.unique_all();
        assert_eq!(unique.values.narrow(0, 0, 2), tensor![1.0, 2.0]);
        assert_eq!(unique.inverse, tensor![[1, 0], [1, 2]]);
        assert_eq!(unique.counts, tensor![1, 2, 1]);
        assert_eq!(zeros([0, 2]).unique().shape(), [0]);
    }

    #[test]
    fn what_cannot_be_counted_is_refused() {
        assert_eq!(zeros([0]).long().bincount(2), tensor![0, 0]);
        assert!(tensor![1i64 << 60].try_bincount(0).is_err());
        assert!(tensor![-1].try_bincount(0).is_err() && tensor![1.0].try_bincount(0).is_err());
        assert!(tensor![1.0, f64::NAN].try_histc(3, 0.0, 0.0).is_err());
        assert!(
            tensor![1.0].try_histc(0, 0.0, 1.0).is_err()
                && tensor![1].try_histc(1, 0.0, 1.0).is_err()
        );
        assert_eq!(tensor![2.0, 2.0].histc(2, 0.0, 0.0), tensor![0.0, 2.0]);
        assert_eq!(tensor![5].squeeze().nonzero().shape(), [1, 0]);
    }
}
