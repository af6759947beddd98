//! `x.i(..)`: parts of a tensor by positions, ranges, tensors of positions and masks.

use super::{Operand, Tensor};
use crate::dtype::with_dtype;
use crate::error::{Error, Result};
use crate::ops::fallible;
use crate::ops::pick::{Runs, kind, pick, positions};
use crate::ops::slice::{position, stepped};
use crate::shape::{Dims, broadcast, row_major};
use crate::tensor::Arg;
use crate::{DType, arange};
use std::ops::{Range, RangeFrom, RangeFull, RangeInclusive, RangeTo, RangeToInclusive};
use std::sync::Arc;

/// One component of an index; see [`Tensor::i`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Index {
    /// One position, whose axis goes; a negative one counts from the end.
    At(i64),
    /// Every `step`-th position from `start` up to, but without, `stop`.
    Slice {
        /// The first position; `None` is the beginning.
        start: Option<i64>,
        /// The position before which the slice ends; `None` is the end.
        stop: Option<i64>,
        /// The distance between positions, at least 1.
        step: usize,
    },
    /// A new axis of size 1.
    NewAxis,
    /// As many whole axes as are left.
    Ellipsis,
    /// Positions (`i64`), which are broadcast with each other, or a mask (`bool`) over as many axes as it has.
    Tensor(Tensor),
}

/// A new axis of size 1 in an index: `x.i((.., NewAxis))`.
#[derive(Debug, Clone, Copy)]
pub struct NewAxis;

/// As many whole axes as are left in an index, Python's `...`: `x.i((Ellipsis, 0))`.
#[derive(Debug, Clone, Copy)]
pub struct Ellipsis;

/// Every `step`-th position of a range: `x.i(step(1..6, 2))` is Python's `x[1:6:2]`.
///
/// ```
/// use retrograd::{prelude::*, step};
/// assert_eq!(arange(6).i(step(.., 2)), tensor![0, 2, 4]);
/// ```
pub fn step(range: impl Into<Index>, step: usize) -> Index {
    match range.into() {
        Index::Slice { start, stop, .. } => Index::Slice { start, stop, step },
        other => other,
    }
}

fn slice(start: Option<i64>, stop: Option<i64>) -> Index {
    Index::Slice {
        start,
        stop,
        step: 1,
    }
}

/// The position after an inclusive end; after -1 comes the end of the axis.
fn after(end: i64) -> Option<i64> {
    (end != -1).then_some(end + 1)
}

/// What stands in the parentheses of [`Tensor::i`]: one component or a tuple of them.
pub trait IntoIndex {
    /// The components in order.
    fn into_index(self) -> Vec<Index>;
}

macro_rules! component {
    ($($(<$($g:tt),*>)? $t:ty => |$v:pat_param| $e:expr;)*) => { $(
        impl $(<$($g),*>)? From<$t> for Index {
            fn from($v: $t) -> Index { $e }
        }
        impl $(<$($g),*>)? IntoIndex for $t {
            fn into_index(self) -> Vec<Index> { vec![self.into()] }
        }
    )* };
}
component! {
    RangeFull => |_| slice(None, None);
    NewAxis => |_| Index::NewAxis;
    Ellipsis => |_| Index::Ellipsis;
    Tensor => |t| Index::Tensor(t);
    &Tensor => |t| Index::Tensor(t.clone());
    Vec<i64> => |v| Index::Tensor(Tensor::from(v));
    &[i64] => |v| Index::Tensor(Tensor::from(v));
}
macro_rules! integer_components {
    ($($t:ty),*) => { component! { $(
        $t => |v| Index::At(v as i64);
        Range<$t> => |v| slice(Some(v.start as i64), Some(v.end as i64));
        RangeInclusive<$t> => |v| slice(Some(*v.start() as i64), after(*v.end() as i64));
        RangeFrom<$t> => |v| slice(Some(v.start as i64), None);
        RangeTo<$t> => |v| slice(None, Some(v.end as i64));
        RangeToInclusive<$t> => |v| slice(None, after(v.end as i64));
    )* } };
}
integer_components!(i32, i64, usize);

impl IntoIndex for Index {
    fn into_index(self) -> Vec<Index> {
        vec![self]
    }
}
impl IntoIndex for Vec<Index> {
    fn into_index(self) -> Vec<Index> {
        self
    }
}
impl IntoIndex for &[Index] {
    fn into_index(self) -> Vec<Index> {
        self.to_vec()
    }
}
impl IntoIndex for () {
    fn into_index(self) -> Vec<Index> {
        Vec::new()
    }
}
macro_rules! tuple {
    ($($T:ident $v:ident),*) => {
        impl<$($T: Into<Index>),*> IntoIndex for ($($T,)*) {
            fn into_index(self) -> Vec<Index> {
                let ($($v,)*) = self;
                vec![$($v.into()),*]
            }
        }
    };
}
tuple!(A a);
tuple!(A a, B b);
tuple!(A a, B b, C c);
tuple!(A a, B b, C c, D d);
tuple!(A a, B b, C c, D d, E e);
tuple!(A a, B b, C c, D d, E e, F f);

/// What is left to do after the views: positions along some axes of `view`.
struct Taken {
    view: Tensor,
    /// Positions with their shape, by the view's axes.
    taken: Vec<Option<(Dims, Vec<i64>)>>,
}

/// How many axes a component takes from the tensor.
fn takes(component: &Index) -> usize {
    match component {
        Index::NewAxis | Index::Ellipsis => 0,
        Index::Tensor(mask) if mask.dtype() == DType::Bool => mask.rank(),
        _ => 1,
    }
}

/// Does all that views can do.
fn views(x: &Tensor, index: &[Index]) -> Result<Taken> {
    let used: usize = index.iter().map(takes).sum();
    if used > x.rank() {
        return Err(Error::Shape {
            op: "index",
            problem: format!(
                "too many indices for tensor of dimension {}: {used} axes are named",
                x.rank()
            ),
            cure: "Leave some out, or add axes with `unsqueeze`.".into(),
        });
    }
    let mut out = Taken {
        view: x.clone(),
        taken: Vec::new(),
    };
    let mut open = Some(x.rank() - used);
    for component in index {
        let axis = out.taken.len();
        match component {
            Index::At(at) => out.view = select(&out.view, axis, *at)?,
            Index::Slice { start, stop, step } => {
                out.view = sliced(&out.view, axis, *start, *stop, *step)?;
                out.taken.push(None);
            }
            Index::NewAxis => {
                out.view = out.view.try_unsqueeze(axis as i64)?;
                out.taken.push(None);
            }
            Index::Ellipsis => {
                let whole = open.take().ok_or_else(|| Error::InvalidArgument {
                    op: "index",
                    argument: "index",
                    value: "Ellipsis".into(),
                    problem: "it can stand for the axes that are left only once".into(),
                    cure: "Use `..` for a single whole axis.".into(),
                })?;
                out.taken.extend((0..whole).map(|_| None));
            }
            Index::Tensor(mask) if mask.dtype() == DType::Bool => out.mask(mask)?,
            Index::Tensor(index) => out
                .taken
                .push(Some((index.shape().into(), positions("index", index)?))),
        }
    }
    out.taken.resize_with(out.view.rank(), || None);
    Ok(out)
}

fn select(x: &Tensor, axis: usize, at: i64) -> Result<Tensor> {
    position("index", at, axis, x.shape()[axis])?;
    x.try_select(axis as i64, at)
}

/// Bounds beyond the axis are brought into it, as in Python.
fn sliced(
    x: &Tensor,
    axis: usize,
    start: Option<i64>,
    stop: Option<i64>,
    step: usize,
) -> Result<Tensor> {
    if step == 0 {
        return Err(Error::InvalidArgument {
            op: "index",
            argument: "step",
            value: "0".into(),
            problem: "a slice goes on by at least one position".into(),
            cure: "Give a step from 1; `flip` reverses an axis.".into(),
        });
    }
    let size = x.shape()[axis] as i64;
    let bound = |at: i64| if at < 0 { (at + size).max(0) } else { at.min(size) } as usize;
    let (start, stop) = (start.map_or(0, bound), stop.map_or(size as usize, bound));
    if (start, stop, step) == (0, size as usize, 1) {
        return Ok(x.clone());
    }
    Ok(stepped(x, axis, start, stop, step))
}

impl Taken {
    /// A mask's true places, as positions along each of its axes.
    fn mask(&mut self, mask: &Tensor) -> Result<()> {
        let first = self.taken.len();
        let covered = &self.view.shape()[first..first + mask.rank()];
        if covered != mask.shape() {
            let axis = (0..mask.rank())
                .find(|&a| covered[a] != mask.shape()[a])
                .unwrap_or(0);
            return Err(Error::Shape {
                op: "index",
                problem: format!(
                    "the shape of the mask {:?} at index {axis} does not match the shape of the indexed tensor {:?} \
                     at index {}",
                    mask.shape(),
                    self.view.shape(),
                    first + axis
                ),
                cure: "A mask has the shape of the axes that it covers.".into(),
            });
        }
        let steps = row_major(mask.shape());
        let values = mask.to_vec::<bool>();
        let places: Vec<usize> = (0..values.len()).filter(|&i| values[i]).collect();
        let shape = Dims::from_slice(&[places.len()]);
        if mask.rank() == 0 {
            self.view = self.view.try_unsqueeze(first as i64)?;
            self.taken
                .push(Some((shape.clone(), vec![0; places.len()])));
        }
        for axis in 0..mask.rank() {
            let along = places
                .iter()
                .map(|i| (i / steps[axis] % mask.shape()[axis]) as i64)
                .collect();
            self.taken.push(Some((shape.clone(), along)));
        }
        Ok(())
    }

    /// The runs that are taken from the view.
    fn runs(self) -> Result<Option<(Tensor, Runs)>> {
        let shape: Dims = self.view.shape().into();
        let steps = row_major(&shape);
        let named: Vec<usize> = (0..shape.len())
            .filter(|&axis| self.taken[axis].is_some())
            .collect();
        let (Some(&first), Some(&last)) = (named.first(), named.last()) else {
            return Ok(None);
        };
        let shapes: Vec<Dims> = self
            .taken
            .iter()
            .flatten()
            .map(|(shape, _)| shape.clone())
            .collect();
        let mut joined = Dims::new();
        for own in &shapes {
            joined = broadcast("index", &joined, own).map_err(|_| mismatch(&shapes))?;
        }
        let mut starts = vec![0; joined.iter().product()];
        for &axis in &named {
            let Some((own, at)) = &self.taken[axis] else {
                continue;
            };
            let index = Tensor::from_vec(at.clone(), &own[..])
                .try_expand(&joined[..])?
                .to_vec::<i64>();
            for (start, at) in starts.iter_mut().zip(index) {
                *start += position("index", at, axis, shape[axis])? * steps[axis];
            }
        }
        // Positions along neighbouring axes stay where these were; else they come to the front.
        let adjacent = last - first + 1 == named.len();
        let lead: Vec<usize> = if adjacent {
            (0..first).collect()
        } else {
            Vec::new()
        };
        let rest: Vec<usize> = (0..shape.len())
            .filter(|a| !named.contains(a) && !lead.contains(a))
            .collect();
        let sizes = |axes: &[usize]| axes.iter().map(|&axis| shape[axis]).collect::<Dims>();
        let to: Dims = [sizes(&lead), joined, sizes(&rest)].concat().into();
        let whole = rest.iter().all(|&axis| axis > last);
        let run = if whole {
            sizes(&rest).iter().product()
        } else {
            1
        };
        let mut starts = crossed(&offsets(&lead, &shape, &steps), &starts);
        if !whole {
            starts = crossed(&starts, &offsets(&rest, &shape, &steps));
        }
        Ok(Some((
            self.view,
            Runs {
                starts,
                run,
                from: shape,
                to,
            },
        )))
    }
}

fn mismatch(shapes: &[Dims]) -> Error {
    let list: Vec<String> = shapes
        .iter()
        .map(|shape| format!("{:?}", &shape[..]))
        .collect();
    Error::Shape {
        op: "index",
        problem: format!(
            "shape mismatch: indexing tensors could not be broadcast together with shapes {}",
            list.join(", ")
        ),
        cure: "Give tensors of positions whose shapes broadcast.".into(),
    }
}

/// The places of all positions of some axes.
fn offsets(axes: &[usize], shape: &[usize], steps: &[usize]) -> Vec<usize> {
    axes.iter().fold(vec![0], |places, &axis| {
        let along: Vec<usize> = (0..shape[axis]).map(|at| at * steps[axis]).collect();
        crossed(&places, &along)
    })
}

fn crossed(outer: &[usize], inner: &[usize]) -> Vec<usize> {
    outer
        .iter()
        .flat_map(|a| inner.iter().map(move |b| a + b))
        .collect()
}

fallible! {
    /// A part of the tensor, as Python's `x[..]`: integers, ranges (`..`, `1..3`, `-2..`, [`step`]),
    /// [`NewAxis`], [`Ellipsis`], tensors of positions and masks, or a tuple of them.
    ///
    /// Integers and ranges give a view, tensors a copy. Gradients flow through both.
    ///
    /// # Panics
    /// If there are too many components, a position is out of bounds, or a mask does not fit.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = tensor![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
    /// assert_eq!(x.i((.., 1..3)), tensor![[2.0, 3.0], [5.0, 6.0]]);
    /// assert_eq!(x.i((-1, tensor![0, 0])), tensor![4.0, 4.0]);
    /// assert_eq!(x.i(x.gt(4)), tensor![5.0, 6.0]);
    /// ```
    fn i | try_i(&self, index: impl IntoIndex) -> Tensor {
        let taken = views(self, &index.into_index())?;
        let view = taken.view.clone();
        Ok(match taken.runs()? {
            None => view,
            Some((view, runs)) => pick::<kind::Index>(&view, Arc::new(runs)),
        })
    }

    /// The tensor with `value`, broadcast, at the places that [`i`](Tensor::i) would take.
    ///
    /// # Panics
    /// If the index does not fit, or `value` does not broadcast to its shape.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(zeros([2, 2]).index_put((0, ..), 1.0), tensor![[1.0, 1.0], [0.0, 0.0]]);
    /// ```
    fn index_put | try_index_put(&self, index: impl IntoIndex, value: impl Operand) -> Tensor {
        let places = arange(self.numel()).try_reshape(self.shape())?.try_i(index)?;
        let value = match value.arg() {
            Arg::Tensor(tensor) => tensor.clone(),
            Arg::Number(number) => super::create::filled(Dims::new(), number, number.dtype()),
        };
        let value = value.try_expand(places.shape())?;
        // Where a place is named twice the last value stays.
        let mut source = vec![None; self.numel()];
        places.to_vec::<i64>().iter().enumerate().for_each(|(i, &at)| source[at as usize] = Some(i));
        if places.numel() == 0 {
            return Ok(self.copy());
        }
        let mask = Tensor::from_vec(source.iter().map(Option::is_some).collect(), self.shape());
        let starts = source.iter().map(|i| i.unwrap_or(0)).collect();
        let runs = Runs { starts, run: 1, from: value.shape().into(), to: self.shape().into() };
        let spread = pick::<kind::Index>(&value, Arc::new(runs)).to(self.dtype());
        Tensor::try_where(&mask, spread, self)
    }
}

impl Tensor {
    /// Writes `value`, broadcast, to the places that [`i`](Tensor::i) would take, as Python's `x[..] = value`.
    ///
    /// # Panics
    /// As [`index_put`](Tensor::index_put), and if the change would be recorded where it cannot be, as on a leaf
    /// that requires gradients; [`try_index_put_`](Tensor::try_index_put_) returns the error.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = zeros([2, 2]);
    /// x.index_put_((0, ..), 1.0);
    /// assert_eq!(x, tensor![[1.0, 1.0], [0.0, 0.0]]);
    /// ```
    #[track_caller]
    pub fn index_put_(&self, index: impl IntoIndex, value: impl Operand) -> &Tensor {
        use crate::error::OrPanic;
        self.try_index_put_(index, value).or_panic();
        self
    }

    /// As [`index_put_`](Tensor::index_put_), with the error returned.
    ///
    /// # Errors
    /// As [`index_put`](Tensor::index_put), and if the change would be recorded where it cannot be.
    #[track_caller]
    pub fn try_index_put_(&self, index: impl IntoIndex, value: impl Operand) -> Result<()> {
        let value = value.arg();
        let index = index.into_index();
        let plain = !index
            .iter()
            .any(|component| matches!(component, Index::Tensor(_)));
        if plain && !self.check_in_place("index_put_", value.tensor())? {
            let part = views(&self.detach(), &index)?.view;
            return match value {
                Arg::Tensor(tensor) => part.try_copy_(tensor),
                Arg::Number(number) => {
                    with_dtype!(self.dtype(), T => {
                        let data = super::storage::Data::<T>::full(part.numel(), number.cast());
                        part.assign(data);
                    });
                    Ok(())
                }
            };
        }
        self.in_place("index_put_", value.tensor(), |x| {
            x.try_index_put(index, value)
        })
    }
}
