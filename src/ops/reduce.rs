//! What reductions share: which axes go, and how the elements are laid out for the kernels.

use crate::Tensor;
use crate::dtype::{Element, with_float};
use crate::error::Result;
use crate::kernels::reduce::fold_rows;
use crate::kernels::strided::gather;
use crate::shape::{self, Dims, Layout};
use crate::tape::{RECORDING, modes};
use crate::tensor::storage::{Data, INLINE};
use crate::tensor::{Inner, Values};

/// One axis or several, as reductions take them; a negative one counts from the end.
///
/// ```
/// use retrograd::prelude::*;
/// let x = ones([2, 3, 4]);
/// assert_eq!(x.sum_dim(-1).shape(), [2, 3]);
/// assert_eq!(x.sum_dim([0, 2]).shape(), [3]);
/// ```
pub trait Axes {
    /// The axes as they were given.
    fn list(&self) -> Vec<i64>;
}

macro_rules! axes {
    ($($t:ty),*) => { $(
        impl Axes for $t {
            fn list(&self) -> Vec<i64> { vec![*self as i64] }
        }
        impl<const N: usize> Axes for [$t; N] {
            fn list(&self) -> Vec<i64> { self.iter().map(|&axis| axis as i64).collect() }
        }
        impl Axes for &[$t] {
            fn list(&self) -> Vec<i64> { self.iter().map(|&axis| axis as i64).collect() }
        }
    )* };
}
axes!(i32, i64, usize);

impl Axes for () {
    fn list(&self) -> Vec<i64> {
        Vec::new()
    }
}

/// A reduction's axes and shapes.
#[derive(Clone)]
pub(crate) struct Plan {
    /// The axes that go, in order.
    pub(crate) axes: Dims,
    pub(crate) from: Dims,
    /// The shape with every axis that goes at size 1.
    pub(crate) kept: Dims,
    /// The result's shape.
    pub(crate) to: Dims,
}

impl Plan {
    /// Over all axes.
    pub(crate) fn all(x: &Tensor) -> Plan {
        Plan {
            axes: Dims::range(x.rank()),
            from: x.shape().into(),
            kept: Dims::from_elem(1, x.rank()),
            to: Dims::new(),
        }
    }

    /// Over the axes named; none means all of them, as in PyTorch.
    pub(crate) fn over(
        op: &'static str,
        x: &Tensor,
        axes: impl Axes,
        keepdim: bool,
    ) -> Result<Plan> {
        let mut axes = shape::axes(op, &axes.list(), x.rank())?;
        if axes.is_empty() {
            axes = Dims::range(x.rank());
        }
        axes.retain(|axis| *axis < x.rank());
        let mut kept: Dims = x.shape().into();
        axes.iter().for_each(|&axis| kept[axis] = 1);
        let to = match keepdim {
            true => kept.clone(),
            false => (0..x.rank())
                .filter(|axis| !axes.contains(axis))
                .map(|axis| x.shape()[axis])
                .collect(),
        };
        Ok(Plan {
            axes,
            from: x.shape().into(),
            kept,
            to,
        })
    }

    /// How many elements go into one.
    pub(crate) fn len(&self) -> usize {
        self.axes.iter().map(|&axis| self.from[axis]).product()
    }

    /// The elements as `[outer, len, inner]`, of which the middle axis goes.
    pub(crate) fn blocks<T: Element>(&self, x: &Tensor) -> Blocks<T> {
        if self.axes.len() == self.from.len() {
            return Blocks {
                values: x.values(),
                outer: 1,
                len: x.numel(),
                inner: 1,
            };
        }
        let len = self.len();
        let (first, last) = match (self.axes.first(), self.axes.last()) {
            (Some(&first), Some(&last)) => (first, last),
            _ => {
                return Blocks {
                    values: x.values(),
                    outer: x.numel(),
                    len: 1,
                    inner: 1,
                };
            }
        };
        if self.is_joined() {
            let outer = self.from[..first].iter().product();
            return Blocks {
                values: x.values(),
                outer,
                len,
                inner: self.from[last + 1..].iter().product(),
            };
        }
        let values = Inner::view(x, self.moved(x)).untracked().values();
        Blocks {
            values,
            outer: self.to.iter().product(),
            len,
            inner: 1,
        }
    }

    /// Whether the axes that go lie side by side.
    fn is_joined(&self) -> bool {
        match (self.axes.first(), self.axes.last()) {
            (Some(&first), Some(&last)) => {
                (first..=last).all(|axis| self.axes.contains(&axis) || self.from[axis] == 1)
            }
            _ => true,
        }
    }

    /// The elements with the axes that go behind the others.
    fn moved(&self, x: &Tensor) -> Layout {
        let layout = x.layout();
        let stays = (0..x.rank()).filter(|axis| !self.axes.contains(axis));
        let order: Dims = stays.chain(self.axes.iter().copied()).collect();
        let pick = |of: &Dims| order.iter().map(|&axis| of[axis]).collect::<Dims>();
        Layout::strided(pick(&layout.shape), pick(&layout.strides()), layout.offset)
    }

    /// How a row-major tensor's elements are gathered for a reduction, where they do not lie ready.
    pub(crate) fn order(&self, x: &Tensor) -> Option<Layout> {
        (!self.is_joined()).then(|| self.moved(x))
    }

    /// The sums of what goes, with every axis in its place at size 1.
    pub(crate) fn sum_kept(&self, x: &Tensor) -> Result<Tensor> {
        let axes: Vec<i64> = self.axes.iter().map(|&axis| axis as i64).collect();
        x.try_sum_keepdim(&axes[..])
    }

    /// A gradient of the result, stretched over the elements that went into it.
    pub(crate) fn stretch(&self, grad: &Tensor) -> Result<Tensor> {
        stretch(grad, &self.kept, &self.from)
    }
}

/// The gradient of one result as few elements of their own, which are quicker read than one that is stretched.
fn stretch_one(grad: &Tensor, to: &[usize]) -> Option<Tensor> {
    let len = to.iter().product();
    let plain = !grad.requires_grad() && modes() & !RECORDING == 0;
    if len > INLINE || grad.numel() != 1 || !plain {
        return None;
    }
    with_float!(grad.dtype(), T => {
            let &[value] = grad.few::<T>()? else { return None };
            let few = Inner::few::<T>(Dims::from_slice(to), len, |out| out.fill(value));
            Some(few.untracked())
        }, else None)
}

/// A gradient of a reduction's result, stretched over elements of the shape `to` that went into it; `kept` is that
/// shape with every axis that went at size 1.
pub(crate) fn stretch(grad: &Tensor, kept: &[usize], to: &[usize]) -> Result<Tensor> {
    if let Some(few) = stretch_one(grad, to) {
        return Ok(few);
    }
    let grad = if grad.shape() == kept {
        grad.clone()
    } else {
        grad.try_reshape(kept)?
    };
    grad.try_expand(to)
}

/// Elements laid out for a reduction's kernel.
pub(crate) struct Blocks<T: Element> {
    pub(crate) values: Values<T>,
    pub(crate) outer: usize,
    pub(crate) len: usize,
    pub(crate) inner: usize,
}

/// The elements that go into one.
pub(crate) type Lane<'a, T> = std::iter::Take<std::iter::StepBy<std::slice::Iter<'a, T>>>;

impl<T: Element> Blocks<T> {
    pub(crate) fn sizes(&self) -> [usize; 3] {
        [self.outer, self.len, self.inner]
    }

    /// The same with the elements that go into one side by side.
    pub(crate) fn in_rows(self) -> Blocks<T> {
        let Blocks {
            ref values,
            outer,
            len,
            inner,
        } = self;
        if inner == 1 {
            return self;
        }
        let shape = Dims::from_slice(&[outer, inner, len]);
        let steps = Dims::from_slice(&[len * inner, 1, inner]);
        Blocks {
            values: Values::whole(gather(values, &Layout::strided(shape, steps, 0))),
            outer: outer * inner,
            len,
            inner: 1,
        }
    }

    /// `f` of the elements that go into each one of the result.
    pub(crate) fn fold<R: Element>(&self, to: &Dims, f: impl Fn(Lane<'_, T>) -> R) -> Inner {
        let mut data = Data::<R>::scratch(self.outer * self.inner);
        for (i, out) in data.make_mut().iter_mut().enumerate() {
            let start = (i / self.inner) * self.len * self.inner + i % self.inner;
            let from = self.values.get(start..).unwrap_or_default();
            *out = f(from.iter().step_by(self.inner).take(self.len));
        }
        Inner::new(to.clone(), data)
    }

    /// As [`fold`](Blocks::fold), of the elements side by side, in vector code and on several threads.
    #[inline(always)]
    pub(crate) fn fold_rows<R: Element>(self, to: &Dims, f: impl Fn(&[T]) -> R + Sync) -> Inner {
        let Blocks {
            values, outer, len, ..
        } = self.in_rows();
        Inner::new(to.clone(), fold_rows(&values, outer, len, f))
    }

    /// `f` of each lane, which gives another one of the same length.
    pub(crate) fn rows<R: Element>(&self, mut f: impl FnMut(&[T], &mut [R])) -> Data<R> {
        let mut data = Data::<R>::scratch(self.values.len());
        let Blocks {
            outer, len, inner, ..
        } = *self;
        if len == 0 {
            return data;
        }
        let out = data.make_mut();
        if inner == 1 {
            self.values
                .chunks_exact(len)
                .zip(out.chunks_exact_mut(len))
                .for_each(|(row, out)| f(row, out));
            return data;
        }
        let (mut row, mut result) = (vec![T::default(); len], vec![R::default(); len]);
        for start in (0..outer).flat_map(|o| (0..inner).map(move |i| o * len * inner + i)) {
            row.iter_mut()
                .enumerate()
                .for_each(|(k, v)| *v = self.values[start + k * inner]);
            f(&row, &mut result);
            result
                .iter()
                .enumerate()
                .for_each(|(k, &v)| out[start + k * inner] = v);
        }
        data
    }
}
