//! Elements in order: sorted, the greatest few, the k-th.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use super::pick::{Kind, Pick, Runs, kind, pick};
use crate::dtype::with_dtype;
use crate::error::{Error, Result};
use crate::shape::{self, Dims};
use crate::{Element, Tensor};
use std::cmp::Ordering;
use std::sync::Arc;

/// The order of two elements; a NaN is greater than every number, as in PyTorch.
fn compare<T: Element>(a: &T, b: &T) -> Ordering {
    a.partial_cmp(b)
        .unwrap_or_else(|| a.is_nan().cmp(&b.is_nan()))
}

/// The positions of a row's elements in order; equal ones keep theirs.
fn order<T: Element>(row: &[T], descending: bool) -> Vec<usize> {
    let mut order: Vec<usize> = (0..row.len()).collect();
    order.sort_by(|&i, &j| match descending {
        true => compare(&row[j], &row[i]),
        false => compare(&row[i], &row[j]),
    });
    order
}

/// An axis cut out of a shape: how many rows lie before and after one another, and how long they are.
struct Rows {
    axis: usize,
    outer: usize,
    len: usize,
    inner: usize,
}

impl Rows {
    /// A 0-d tensor counts as having one axis of size 1.
    fn new(op: &'static str, x: &Tensor, axis: i64) -> Result<Rows> {
        let axis = shape::axis(op, axis, x.rank())?;
        let sizes = |shape: &[usize]| shape.iter().product();
        Ok(Rows {
            axis,
            outer: sizes(&x.shape()[..axis]),
            len: x.shape().get(axis).copied().unwrap_or(1),
            inner: sizes(x.shape().get(axis + 1..).unwrap_or(&[])),
        })
    }

    fn shape(&self, x: &Tensor, len: usize) -> Dims {
        let mut shape: Dims = x.shape().into();
        if let Some(size) = shape.get_mut(self.axis) {
            *size = len;
        }
        shape
    }

    /// The places that `chosen` takes from the order of each row, `count` of them, and their positions in the row.
    fn choose(
        &self,
        x: &Tensor,
        descending: bool,
        chosen: std::ops::Range<usize>,
    ) -> (Runs, Tensor) {
        let to = self.shape(x, chosen.len());
        let mut positions = vec![0i64; to.iter().product()];
        let count = chosen.len();
        with_dtype!(x.dtype(), T => {
            let values = x.values::<T>();
            let mut row = Vec::with_capacity(self.len);
            for (o, i) in (0..self.outer).flat_map(|o| (0..self.inner).map(move |i| (o, i))) {
                row.clear();
                row.extend((0..self.len).map(|at| values[(o * self.len + at) * self.inner + i]));
                for (k, &at) in order(&row, descending)[chosen.clone()].iter().enumerate() {
                    positions[(o * count + k) * self.inner + i] = at as i64;
                }
            }
        });
        let block = (count * self.inner).max(1);
        let place = |(n, &at): (usize, &i64)| {
            (n / block * self.len + at as usize) * self.inner + n % self.inner
        };
        let runs = Runs {
            starts: positions.iter().enumerate().map(place).collect(),
            run: 1,
            from: x.shape().into(),
            to: to.clone(),
        };
        (runs, Tensor::from_vec(positions, &to[..]))
    }
}

#[track_caller]
fn chosen<K: Kind>(
    op: &'static str,
    x: &Tensor,
    axis: i64,
    descending: bool,
    range: impl FnOnce(usize) -> Result<std::ops::Range<usize>>,
) -> Result<(Tensor, Tensor)>
where
    Pick<K>: super::Listed,
{
    let rows = Rows::new(op, x, axis)?;
    let (runs, positions) = rows.choose(x, descending, range(rows.len)?);
    Ok((pick::<K>(x, Arc::new(runs)), positions))
}

fn out_of_range(op: &'static str, k: usize, len: usize, least: usize) -> Error {
    Error::InvalidArgument {
        op,
        argument: "k",
        value: k.to_string(),
        problem: format!("the axis has size {len}"),
        cure: format!("Give a number from {least} to {len}."),
    }
}

#[track_caller]
fn kth(x: &Tensor, k: usize, axis: i64) -> Result<(Tensor, Tensor)> {
    chosen::<kind::Kthvalue>("kthvalue", x, axis, false, |len| match k {
        k if (1..=len).contains(&k) => Ok(k - 1..k),
        _ => Err(out_of_range("kthvalue", k, len, 1)),
    })
}

fallible! {
    /// The elements along an axis in ascending order, or in descending, and the positions where they stood. Equal
    /// elements keep their order, so the sort is PyTorch's stable one; a NaN counts as greater than every number.
    ///
    /// # Panics
    /// If there is no such axis.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let (values, positions) = tensor![3.0, 1.0, 2.0].sort(-1, false);
    /// assert_eq!((values, positions), (tensor![1.0, 2.0, 3.0], tensor![1, 2, 0]));
    /// ```
    fn sort | try_sort(&self, axis: i64, descending: bool) -> (Tensor, Tensor) {
        chosen::<kind::Sort>("sort", self, axis, descending, |len| Ok(0..len))
    }

    /// The positions that put the elements along an axis in order, as [`sort`](Tensor::sort) gives them.
    ///
    /// # Panics
    /// If there is no such axis.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![3.0, 1.0, 2.0].argsort(0, true), tensor![0, 2, 1]);
    /// ```
    fn argsort | try_argsort(&self, axis: i64, descending: bool) -> Tensor {
        let rows = Rows::new("argsort", self, axis)?;
        Ok(rows.choose(self, descending, 0..rows.len).1)
    }

    /// The `k` greatest elements along an axis, in descending order, or the `k` least in ascending, and the positions
    /// where they stood.
    ///
    /// # Panics
    /// If there is no such axis, or it has fewer than `k` elements.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let (values, positions) = tensor![3.0, 1.0, 2.0].topk(2, 0, true);
    /// assert_eq!((values, positions), (tensor![3.0, 2.0], tensor![0, 2]));
    /// ```
    fn topk | try_topk(&self, k: usize, axis: i64, largest: bool) -> (Tensor, Tensor) {
        chosen::<kind::Topk>("topk", self, axis, largest, |len| match k <= len {
            true => Ok(0..k),
            false => Err(out_of_range("topk", k, len, 0)),
        })
    }

    /// The `k`-th least element along an axis, counted from 1, and its position; the axis goes.
    ///
    /// # Panics
    /// If there is no such axis, or no such element.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let (value, position) = tensor![3.0, 1.0, 2.0].kthvalue(2, 0);
    /// assert_eq!((value.item::<f32>(), position.item::<i64>()), (2.0, 2));
    /// ```
    fn kthvalue | try_kthvalue(&self, k: usize, axis: i64) -> (Tensor, Tensor) {
        let (value, position) = kth(self, k, axis)?;
        Ok((value.try_squeeze_dim(axis)?, position.try_squeeze_dim(axis)?))
    }

    /// As [`kthvalue`](Tensor::kthvalue); the axis stays, with size 1.
    ///
    /// # Panics
    /// If there is no such axis, or no such element.
    fn kthvalue_keepdim | try_kthvalue_keepdim(&self, k: usize, axis: i64) -> (Tensor, Tensor) {
        kth(self, k, axis)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let apart = |shape: &[usize], f: fn(&Tensor) -> Tensor| {
        Case::new([sample(shape, -2.0, 2.0, 0)], move |x| f(&x[0]).pow(2)).apart()
    };
    vec![
        Operator::node::<Pick<kind::Sort>>("sort", "Tensor::sort"),
        Operator::node::<Pick<kind::Topk>>("topk", "Tensor::topk"),
        Operator::node::<Pick<kind::Kthvalue>>(
            "kthvalue",
            "Tensor::kthvalue Tensor::kthvalue_keepdim",
        ),
        Operator::new(
            "msort",
            "Tensor::sort",
            [apart(&[3, 2], |x| x.sort(0, false).0)],
        ),
        Operator::not_differentiable("argsort", "Tensor::argsort", "positions", |x| {
            vec![x.argsort(1, false)]
        }),
    ]
}
