//! Elements taken by position, and put back: gathers of every kind are one operation.

use super::binary::Arithmetic;
#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use super::slice::position;
use crate::dtype::with_dtype;
use crate::error::{Error, Result};
use crate::shape::{self, Dims, row_major};
use crate::tape::trace;
use crate::tape::{Cx, Op};
use crate::tensor::Inner;
use crate::tensor::storage::Data;
use crate::{DType, Operand, Tensor};
use std::marker::PhantomData;
use std::sync::Arc;

/// Which runs of a row-major tensor are taken, and the shapes on both sides.
pub(crate) struct Runs {
    pub(crate) starts: Vec<usize>,
    /// Elements in each run.
    pub(crate) run: usize,
    pub(crate) from: Dims,
    pub(crate) to: Dims,
}

/// What takes the elements, which gives the node its name.
pub(crate) trait Kind: Send + Sync + 'static {
    const NAME: &'static str;
    #[cfg(test)]
    fn cases() -> Vec<Case>;
}

/// The runs, one after the other.
pub(crate) struct Pick<K> {
    runs: Arc<Runs>,
    kind: PhantomData<fn() -> K>,
}

impl<K: Kind> Op for Pick<K> {
    const NAME: &'static str = K::NAME;

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |_| Ok(scatter(grad, self.runs.clone())))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        K::cases()
    }
}

/// The runs added to where they were taken from, in zeros.
pub(crate) struct Scatter {
    runs: Arc<Runs>,
}

impl Op for Scatter {
    const NAME: &'static str = "IndexPutBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |_| Ok(pick::<kind::Index>(grad, self.runs.clone())))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let index = || Tensor::from([2i64, 0, 2]);
        vec![
            Case::new(
                [sample(&[4], -2.0, 2.0, 0), sample(&[3], -2.0, 2.0, 1)],
                move |x| x[0].scatter_add(0, &index(), &x[1]).pow(2),
            ),
            Case::new(
                [sample(&[4, 2], -2.0, 2.0, 0), sample(&[3, 2], -2.0, 2.0, 1)],
                |x| {
                    let index = Tensor::from([[1i64, 0], [3, 3], [1, 0]]);
                    x[0].scatter_add(0, &index, &x[1]).pow(2)
                },
            ),
        ]
    }
}

macro_rules! kinds {
    ($($Kind:ident $name:literal [$($shape:expr => $f:expr),*];)*) => {
        pub(crate) mod kind {
            $(pub(crate) struct $Kind;)*
        }
        $(
            pub(crate) type $Kind = Pick<kind::$Kind>;

            impl Kind for kind::$Kind {
                const NAME: &'static str = $name;

                #[cfg(test)]
                fn cases() -> Vec<Case> {
                    vec![$({
                        let f: fn(&Tensor) -> Tensor = $f;
                        Case::new([sample(&$shape, -2.0, 2.0, 0)], move |x| f(&x[0]).pow(2))
                    }),*]
                }
            }
        )*
    };
}
kinds! {
    Gather "GatherBackward0" [
        [3] => |x| x.gather(0, &Tensor::from([2i64, 0, 2, 1])),
        [2, 3] => |x| x.gather(1, &Tensor::from([[0i64, 0], [2, 1]])),
        [0, 3] => |x| x.gather(1, &crate::zeros_dtype([0, 2], DType::I64))];
    IndexSelect "IndexSelectBackward0" [
        [3] => |x| x.index_select(0, &Tensor::from([2i64, 0, 2])),
        [2, 3, 2] => |x| x.index_select(1, &Tensor::from([1i64, 1])),
        [0, 3] => |x| x.index_select(1, &Tensor::from([1i64]))];
    Index "IndexBackward0" [
        [3, 2] => |x| x.i((&Tensor::from([0i64, 2, 0]), 1)),
        [2, 3, 2] => |x| x.i((&Tensor::from([0i64, 1]), .., &Tensor::from([1i64, 0]))),
        [0, 2] => |x| x.i((.., &Tensor::from([1i64])))];
    MaskedSelect "MaskedSelectBackward0" [
        [3] => |x| x.masked_select(&crate::tensor![true, false, true]),
        [2, 2] => |x| x.masked_select(&crate::tensor![true, false])];
    Flip "FlipBackward0" [[3] => |x| x.flip(0), [2, 3] => |x| x.flip([0, -1]), [0, 2] => |x| x.flip(1)];
    Roll "RollBackward0" [
        [3] => |x| x.roll(1, 0), [2, 3] => |x| x.roll([1, -1], [0, 1]), [0, 2] => |x| x.roll(1, 1)];
    MaxDim "MaxBackward0" [[3] => |x| x.max_dim(0).0, [2, 3] => |x| x.max_keepdim(-1).0, [0, 3] => |x| x.max_dim(1).0];
    MaxPool "MaxPool2DWithIndicesBackward0" [
        [2, 3, 4] => |x| {
            let options = crate::functional::MaxPool2dOptions::new().stride(1).padding([1, 0]).dilation([1, 2]);
            crate::functional::max_pool2d(x, 2, options)
        },
        [0, 1, 3] => |x| crate::functional::max_pool1d(x, 2, crate::functional::MaxPool1dOptions::new())];
    MedianDim "MedianBackward1" [
        [3] => |x| x.median_dim(0).0, [2, 4] => |x| x.median_keepdim(-1).0, [0, 3] => |x| x.median_dim(1).0];
    NanmedianDim "NanmedianBackward1" [[3] => |x| x.nanmedian_dim(0).0, [2, 4] => |x| x.nanmedian_keepdim(-1).0];
    Cummax "CummaxBackward0" [
        [] => |x| x.cummax(0).0, [4] => |x| x.cummax(0).0, [2, 3, 2] => |x| x.cummax(1).0, [0, 3] => |x| x.cummax(1).0];
    Cummin "CumminBackward0" [
        [] => |x| x.cummin(0).0, [4] => |x| x.cummin(0).0, [2, 3, 2] => |x| x.cummin(1).0, [0, 3] => |x| x.cummin(1).0];
    MinDim "MinBackward0" [[3] => |x| x.min_dim(0).0, [2, 3] => |x| x.min_keepdim(-1).0, [0, 3] => |x| x.min_dim(1).0];
    Sort "SortBackward0" [[3] => |x| x.sort(0, false).0, [2, 3, 2] => |x| x.sort(1, true).0, [0, 3] => |x| x.sort(1, true).0];
    Topk "TopkBackward0" [[4] => |x| x.topk(2, 0, true).0, [2, 3] => |x| x.topk(2, -1, false).0];
    Kthvalue "KthvalueBackward0" [[4] => |x| x.kthvalue(2, 0).0, [2, 3] => |x| x.kthvalue_keepdim(3, 1).0];
}

/// The runs, outside of the tape.
pub(super) fn picked(x: &Tensor, runs: &Runs) -> Inner {
    with_dtype!(x.dtype(), T => {
        let values = x.values::<T>();
        let mut data = Data::<T>::scratch(runs.starts.len() * runs.run);
        let chunks = data.make_mut().chunks_exact_mut(runs.run.max(1));
        chunks.zip(&runs.starts).for_each(|(out, &start)| out.copy_from_slice(&values[start..start + runs.run]));
        Inner::new(runs.to.clone(), data)
    })
}

#[track_caller]
pub(crate) fn pick<K: Kind>(x: &Tensor, runs: Arc<Runs>) -> Tensor
where
    Pick<K>: super::Listed,
{
    let again = runs.clone();
    let out = trace::computed_one(&[x], move |x| picked(x[0], &again));
    out.record(&[x.arg()], |_| Pick::<K> {
        runs,
        kind: PhantomData,
    })
}

/// The elements added up where the runs were taken, among zeros.
fn scattered(x: &Tensor, runs: &Runs) -> Inner {
    with_dtype!(x.dtype(), T => {
        let values = x.values::<T>();
        let mut data = Data::<T>::full(runs.from.iter().product(), T::default());
        let sums = data.make_mut();
        for (chunk, &start) in values.chunks_exact(runs.run.max(1)).zip(&runs.starts) {
            sums[start..start + runs.run].iter_mut().zip(chunk).for_each(|(sum, &v)| *sum = sum.plus(v));
        }
        Inner::new(runs.from.clone(), data)
    })
}

#[track_caller]
pub(crate) fn scatter(x: &Tensor, runs: Arc<Runs>) -> Tensor {
    let again = runs.clone();
    let out = trace::computed_one(&[x], move |x| scattered(x[0], &again));
    out.record(&[x.arg()], |_| Scatter { runs })
}

/// The values of a tensor of positions.
pub(crate) fn positions(op: &'static str, index: &Tensor) -> Result<Vec<i64>> {
    if index.dtype() != DType::I64 {
        return Err(Error::DType {
            op,
            problem: format!("the index holds {}, and positions are i64", index.dtype()),
            cure: "Cast it first, with `.to(I64)`; for a mask use `i(&mask)` or `masked_select`."
                .into(),
        });
    }
    index.try_to_vec()
}

/// A position that may not be negative, as `gather` and its like take it.
pub(super) fn plain_position(
    op: &'static str,
    index: i64,
    axis: usize,
    size: usize,
) -> Result<usize> {
    if index < 0 {
        return Err(Error::InvalidArgument {
            op,
            argument: "index",
            value: index.to_string(),
            problem: format!("positions of axis {axis} are from 0 to {size} - 1 here"),
            cure: "Use `i(..)`, in which negative positions count from the end.".into(),
        });
    }
    position(op, index, axis, size)
}

/// The runs that `gather` takes along an axis.
pub(crate) fn along(op: &'static str, shape: &[usize], axis: i64, index: &Tensor) -> Result<Runs> {
    let values = positions(op, index)?;
    let axis = shape::axis(op, axis, shape.len())?;
    // A number counts as a vector of one on either side, as in PyTorch.
    let one = Dims::from_slice(&[1]);
    let own: Dims = if shape.is_empty() {
        one.clone()
    } else {
        shape.into()
    };
    let sizes: Dims = if index.rank() == 0 {
        one
    } else {
        index.shape().into()
    };
    let fits = sizes.len() == own.len() && (0..own.len()).all(|a| a == axis || sizes[a] <= own[a]);
    if !fits && index.numel() > 0 {
        return Err(Error::Shape {
            op,
            problem: format!(
                "an index of shape {:?} does not fit a tensor of shape {shape:?}",
                index.shape()
            ),
            cure: format!("It needs as many axes, none of them longer but axis {axis}."),
        });
    }
    let steps = row_major(&own);
    let mut starts = Vec::with_capacity(values.len());
    for (i, &value) in values.iter().enumerate() {
        let (mut rest, mut start) = (i, 0);
        for a in (0..sizes.len()).rev() {
            let at = rest % sizes[a];
            rest /= sizes[a];
            start += steps[a]
                * if a == axis {
                    plain_position(op, value, axis, own[axis])?
                } else {
                    at
                };
        }
        starts.push(start);
    }
    Ok(Runs {
        starts,
        run: 1,
        from: shape.into(),
        to: index.shape().into(),
    })
}

fn no_vector(op: &'static str, shape: &[usize], index: &Tensor) -> Error {
    Error::Shape {
        op,
        problem: format!(
            "an index of shape {:?} for a tensor of shape {shape:?}",
            index.shape()
        ),
        cure: "The index is a vector: flatten it, or use `gather` or `i(..)`.".into(),
    }
}

/// The runs at the positions of a vector along an axis; a 0-d tensor counts as a vector of one.
pub(crate) fn rows(op: &'static str, shape: &[usize], axis: i64, index: &Tensor) -> Result<Runs> {
    let axis = shape::axis(op, axis, shape.len())?;
    let values = positions(op, index)?;
    if index.rank() > 1 {
        return Err(no_vector(op, shape, index));
    }
    let mut to: Dims = if shape.is_empty() {
        Dims::from_slice(&[1])
    } else {
        shape.into()
    };
    let size = to[axis];
    let at = |&value: &i64| plain_position(op, value, axis, size);
    let rows = values.iter().map(at).collect::<Result<Vec<_>>>()?;
    let run: usize = to[axis + 1..].iter().product();
    let outer: usize = to[..axis].iter().product();
    let starts = (0..outer)
        .flat_map(|o| rows.iter().map(move |row| (o * size + row) * run))
        .collect();
    to[axis] = rows.len();
    Ok(Runs {
        starts,
        run,
        from: shape.into(),
        to,
    })
}

/// A tensor's elements, each at another place: `place` gets the position along each axis.
fn rearranged(x: &Tensor, place: impl Fn(usize, usize) -> usize) -> Arc<Runs> {
    let mut starts = vec![0];
    for (axis, (&size, &step)) in x.shape().iter().zip(&row_major(x.shape())).enumerate() {
        let along: Vec<usize> = (0..size).map(|at| place(axis, at) * step).collect();
        starts = starts
            .iter()
            .flat_map(|start| along.iter().map(move |at| start + at))
            .collect();
    }
    Arc::new(Runs {
        starts,
        run: 1,
        from: x.shape().into(),
        to: x.shape().into(),
    })
}

fallible! {
    /// For each position of `index`, the element found there along `axis`, as `torch.gather`.
    ///
    /// # Panics
    /// If `index` does not hold `i64`, does not fit the shape, or a position is out of bounds.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = tensor![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(x.gather(1, &tensor![[1], [0]]), tensor![[2.0], [3.0]]);
    /// ```
    fn gather | try_gather(&self, axis: i64, index: &Tensor) -> Tensor {
        Ok(pick::<kind::Gather>(self, Arc::new(along("gather", self.shape(), axis, index)?)))
    }

    /// The positions of `axis` that the vector `index` names, in its order.
    ///
    /// # Panics
    /// If `index` is no vector of `i64`, or a position is out of bounds.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![10.0, 20.0, 30.0].index_select(0, &tensor![2, 0]), tensor![30.0, 10.0]);
    /// ```
    fn index_select | try_index_select(&self, axis: i64, index: &Tensor) -> Tensor {
        let mut runs = rows("index_select", self.shape(), axis, index)?;
        if self.rank() == 0 {
            if index.numel() != 1 {
                return Err(no_vector("index_select", self.shape(), index));
            }
            runs.to = Dims::new();
        }
        Ok(pick::<kind::IndexSelect>(self, Arc::new(runs)))
    }

    /// The elements where `mask` is true, as a vector; both are broadcast.
    ///
    /// # Panics
    /// If `mask` is not `bool` or the shapes do not broadcast.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = tensor![1.0, -2.0, 3.0];
    /// assert_eq!(x.masked_select(&x.gt(0)), tensor![1.0, 3.0]);
    /// ```
    fn masked_select | try_masked_select(&self, mask: &Tensor) -> Tensor {
        if mask.dtype() != DType::Bool {
            return Err(Error::DType {
                op: "masked_select",
                problem: format!("the mask holds {}, not bool", mask.dtype()),
                cure: "Give the result of a comparison, or cast it with `.to(Bool)`.".into(),
            });
        }
        let shape = shape::broadcast("masked_select", self.shape(), mask.shape())?;
        let (x, mask) = (self.try_expand(&shape[..])?, mask.try_expand(&shape[..])?);
        let chosen = mask.values::<bool>();
        let starts: Vec<usize> = (0..chosen.len()).filter(|&i| chosen[i]).collect();
        let to = Dims::from_slice(&[starts.len()]);
        Ok(pick::<kind::MaskedSelect>(&x, Arc::new(Runs { starts, run: 1, from: shape, to })))
    }

    /// The tensor with the order along some axes reversed.
    ///
    /// # Panics
    /// If it has no such axis, or one is named twice.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 2.0, 3.0].flip(0), tensor![3.0, 2.0, 1.0]);
    /// ```
    fn flip | try_flip(&self, axes: impl super::reduce::Axes) -> Tensor {
        let axes = shape::axes("flip", &axes.list(), self.rank())?;
        let size = self.shape();
        let place = |axis: usize, at: usize| if axes.contains(&axis) { size[axis] - 1 - at } else { at };
        Ok(pick::<kind::Flip>(self, rearranged(self, place)))
    }

    /// The tensor rotated along some axes: what leaves at the end comes in at the front. Where no axis is named, by
    /// `()`, all elements are rotated as one row.
    ///
    /// # Panics
    /// If it has no such axis, or there is not one shift for each.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 2.0, 3.0].roll(1, 0), tensor![3.0, 1.0, 2.0]);
    /// assert_eq!(tensor![[1, 2], [3, 4]].roll(1, ()), tensor![[4, 1], [2, 3]]);
    /// ```
    fn roll | try_roll(&self, shifts: impl super::reduce::Axes, axes: impl super::reduce::Axes) -> Tensor {
        let (shifts, named) = (shifts.list(), axes.list());
        if let ([shift], []) = (&shifts[..], &named[..]) {
            return self.try_reshape([self.numel()])?.try_roll(*shift, 0)?.try_reshape(self.shape());
        }
        if shifts.is_empty() || shifts.len() != named.len() {
            return Err(Error::InvalidArgument {
                op: "roll",
                argument: "shifts",
                value: format!("{shifts:?}"),
                problem: format!("there are {} axes", named.len()),
                cure: "Give one shift for each axis.".into(),
            });
        }
        let mut by = vec![0; self.rank()];
        for (&shift, &axis) in shifts.iter().zip(&named) {
            if self.rank() == 0 {
                return Err(Error::Axis { op: "roll", axis, rank: 0 });
            }
            by[shape::axis("roll", axis, self.rank())?] += shift;
        }
        let size = self.shape();
        let place = |axis: usize, at: usize| (at as i64 - by[axis]).rem_euclid(size[axis] as i64) as usize;
        Ok(pick::<kind::Roll>(self, rearranged(self, place)))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Pick<kind::Gather>>("gather", "Tensor::gather"),
        Operator::node::<Pick<kind::IndexSelect>>("index_select", "Tensor::index_select"),
        Operator::node::<Pick<kind::MaskedSelect>>("masked_select", "Tensor::masked_select"),
        Operator::node::<Pick<kind::Flip>>("flip", "Tensor::flip"),
        Operator::node::<Pick<kind::Roll>>("roll", "Tensor::roll"),
        Operator::new(
            "index_put",
            "Tensor::index_put Tensor::index_put_",
            [Case::new(
                [sample(&[3, 2], -2.0, 2.0, 0), sample(&[2], -2.0, 2.0, 1)],
                |x| {
                    let put = x[0].index_put((Tensor::from([2i64, 0]), 1), &x[1]);
                    put.pow(2)
                },
            )],
        ),
        Operator::node::<Pick<kind::Index>>("__getitem__", "Tensor::i")
            .and::<super::slice::Slice>()
            .and::<super::slice::Select>(),
    ]
}
