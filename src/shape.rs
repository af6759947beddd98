//! Shapes and strides: broadcasting, axes and reshape rules, judged here and nowhere else.

use crate::error::{Error, Result};
use smallvec::SmallVec;

pub(crate) use crate::dims::{Dims, same};

/// How a tensor's elements lie in its storage.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    pub(crate) shape: Dims,
    /// Kept only where they do not follow from the shape, and apart: most tensors have none, and every tensor is moved to
    /// its place. [`strides`](Layout::strides) gives them always.
    strides: Option<Box<Dims>>,
    pub(crate) offset: usize,
    /// Row-major without gaps, beginning at `offset`.
    pub(crate) contiguous: bool,
}

impl Layout {
    #[inline(always)]
    pub(crate) fn contiguous(shape: Dims) -> Self {
        Layout {
            shape,
            strides: None,
            offset: 0,
            contiguous: true,
        }
    }

    pub(crate) fn strided(shape: Dims, strides: Dims, offset: usize) -> Self {
        let contiguous = is_row_major(&shape, &strides);
        // Where there are no elements the offset of the first one may lie beyond the storage.
        let offset = if shape.contains(&0) { 0 } else { offset };
        Layout {
            shape,
            strides: Some(Box::new(strides)),
            offset,
            contiguous,
        }
    }

    /// The steps along the axes, in elements.
    #[inline]
    pub(crate) fn strides(&self) -> Dims {
        match &self.strides {
            Some(strides) => Dims::clone(strides),
            None => row_major(&self.shape),
        }
    }

    #[inline]
    pub(crate) fn numel(&self) -> usize {
        self.shape.numel()
    }

    pub(crate) fn rank(&self) -> usize {
        self.shape.len()
    }

    /// The same elements read as a tensor of a larger shape, repeated along stretched axes.
    pub(crate) fn broadcast_to(&self, shape: &[usize]) -> Layout {
        let lead = shape.len() - self.shape.len();
        let own_strides = self.strides();
        let strides = (0..shape.len())
            .map(|axis| match axis.checked_sub(lead) {
                Some(own) if self.shape[own] == shape[axis] => own_strides[own],
                _ => 0,
            })
            .collect();
        Layout::strided(shape.into(), strides, self.offset)
    }

    /// The same elements in another shape without a copy, where the strides allow it.
    pub(crate) fn reshape(&self, shape: &[usize]) -> Option<Layout> {
        if self.contiguous {
            return Some(Layout {
                offset: self.offset,
                ..Layout::contiguous(shape.into())
            });
        }
        if self.numel() == 0 {
            return Some(Layout::contiguous(shape.into()));
        }
        // Runs of axes that lie like one axis can be cut anew; the new shape must cut along them.
        let mut runs: SmallVec<[(usize, usize); 4]> = SmallVec::new();
        for (&size, &stride) in self
            .shape
            .iter()
            .zip(&self.strides())
            .filter(|&(&size, _)| size != 1)
        {
            match runs.last_mut() {
                Some((len, last)) if *last == size * stride => {
                    *len *= size;
                    *last = stride;
                }
                _ => runs.push((size, stride)),
            }
        }
        let mut strides = Dims::from_elem(0, shape.len());
        let mut runs = runs.into_iter().rev();
        let (mut left, mut stride) = runs.next().unwrap_or((1, 1));
        for axis in (0..shape.len()).rev() {
            if left == 1 && shape[axis] != 1 {
                (left, stride) = runs.next()?;
            }
            if left % shape[axis] != 0 {
                return None;
            }
            strides[axis] = stride;
            stride *= shape[axis];
            left /= shape[axis];
        }
        Some(Layout::strided(shape.into(), strides, self.offset))
    }
}

/// Strides of a row-major array.
#[inline]
pub(crate) fn row_major(shape: &[usize]) -> Dims {
    let mut strides = Dims::from_slice(shape);
    let mut step = 1;
    for size in strides.iter_mut().rev() {
        step *= std::mem::replace(size, step).max(1);
    }
    strides
}

fn is_row_major(shape: &[usize], strides: &[usize]) -> bool {
    let mut expected = 1;
    for (&size, &stride) in shape.iter().zip(strides).rev() {
        if size == 0 {
            return true;
        }
        if size != 1 && stride != expected {
            return false;
        }
        expected *= size;
    }
    true
}

/// The shape of two operands stretched over each other by NumPy's rule.
#[inline]
pub(crate) fn broadcast(op: &'static str, lhs: &[usize], rhs: &[usize]) -> Result<Dims> {
    let one = match (lhs, rhs) {
        _ if same(lhs, rhs) => lhs,
        (one, []) | ([], one) => one,
        _ => return stretched(op, lhs, rhs),
    };
    Ok(Dims::from_slice(one))
}

#[inline(never)]
fn stretched(op: &'static str, lhs: &[usize], rhs: &[usize]) -> Result<Dims> {
    let rank = lhs.len().max(rhs.len());
    let mut shape = Dims::from_elem(1, rank);
    for back in 1..=rank {
        let size = |shape: &[usize]| shape.len().checked_sub(back).map_or(1, |axis| shape[axis]);
        let (l, r) = (size(lhs), size(rhs));
        shape[rank - back] = match (l, r) {
            (1, size) | (size, 1) => size,
            _ if l == r => l,
            _ => {
                let axis = rank - back;
                return Err(Error::Broadcast {
                    op,
                    lhs: lhs.into(),
                    rhs: rhs.into(),
                    detail: format!("axis {axis} has {l} on the left and {r} on the right"),
                    cure: "Sizes must agree, or one of them be 1, counted from the last axis: reshape, \
                           transpose or unsqueeze one of the operands."
                        .into(),
                });
            }
        };
    }
    Ok(shape)
}

/// A possibly negative axis as a position. A 0-d tensor counts as having one axis, as in PyTorch.
pub(crate) fn axis(op: &'static str, axis: i64, rank: usize) -> Result<usize> {
    let count = rank.max(1) as i64;
    if axis < -count || axis >= count {
        return Err(Error::Axis { op, axis, rank });
    }
    Ok(axis.rem_euclid(count) as usize)
}

/// Several axes as sorted positions, each named once.
pub(crate) fn axes(op: &'static str, axes: &[i64], rank: usize) -> Result<Dims> {
    let mut positions = axes
        .iter()
        .map(|&a| axis(op, a, rank))
        .collect::<Result<Dims>>()?;
    positions.sort_unstable();
    if let Some(pair) = positions.windows(2).find(|pair| pair[0] == pair[1]) {
        return Err(Error::InvalidArgument {
            op,
            argument: "axes",
            value: format!("{axes:?}"),
            problem: format!("axis {} is named more than once", pair[0]),
            cure: "Name each axis once; a negative axis counts from the end.".into(),
        });
    }
    Ok(positions)
}

/// A requested shape, in which one size may be -1, made whole for `numel` elements.
pub(crate) fn infer(
    op: &'static str,
    numel: usize,
    from: &[usize],
    requested: &[i64],
) -> Result<Dims> {
    let refuse = |problem: String| Error::Shape {
        op,
        problem,
        cure: "Give sizes whose product is the number of elements; one of them may be -1.".into(),
    };
    let unknown = requested.iter().filter(|&&size| size == -1).count();
    if unknown > 1 || requested.iter().any(|&size| size < -1) {
        return Err(refuse(format!(
            "{requested:?} is no shape: at most one size may be -1, the others at least 0"
        )));
    }
    let known: usize = requested
        .iter()
        .filter(|&&size| size >= 0)
        .map(|&size| size as usize)
        .product();
    let missing = if unknown == 0 {
        1
    } else {
        numel.checked_div(known).unwrap_or(0)
    };
    let shape: Dims = requested
        .iter()
        .map(|&size| if size == -1 { missing } else { size as usize })
        .collect();
    if shape.iter().product::<usize>() != numel || (unknown == 1 && known == 0) {
        return Err(refuse(format!(
            "shape {from:?} with {numel} elements does not fit into {requested:?}"
        )));
    }
    Ok(shape)
}

mod sealed {
    /// Rust's integers as sizes and positions.
    pub trait Size: Copy {
        fn size(self) -> i64;
    }
    macro_rules! size {
        ($($t:ty),*) => { $(impl Size for $t { fn size(self) -> i64 { self as i64 } })* };
    }
    size!(i32, i64, usize, isize, u32);
}
pub(crate) use sealed::Size;

/// What can be given as a shape: arrays, slices, vectors and tuples of integers, `()` for 0-d.
///
/// Where a shape may be completed, one size may be -1.
///
/// ```
/// use retrograd::prelude::*;
/// let n = 2;
/// assert_eq!(zeros((n, 3)).reshape((-1, n)).shape(), [3, 2]);
/// ```
pub trait IntoShape {
    /// The sizes, of which one may be -1.
    fn into_sizes(self) -> SmallVec<[i64; 4]>;
}

impl<S: Size, const N: usize> IntoShape for [S; N] {
    fn into_sizes(self) -> SmallVec<[i64; 4]> {
        self.into_iter().map(Size::size).collect()
    }
}
impl<S: Size> IntoShape for &[S] {
    fn into_sizes(self) -> SmallVec<[i64; 4]> {
        self.iter().map(|s| s.size()).collect()
    }
}
impl<S: Size, const N: usize> IntoShape for &[S; N] {
    fn into_sizes(self) -> SmallVec<[i64; 4]> {
        self.as_slice().into_sizes()
    }
}
impl<S: Size> IntoShape for Vec<S> {
    fn into_sizes(self) -> SmallVec<[i64; 4]> {
        self.as_slice().into_sizes()
    }
}
impl<S: Size> IntoShape for &Vec<S> {
    fn into_sizes(self) -> SmallVec<[i64; 4]> {
        self.as_slice().into_sizes()
    }
}
impl IntoShape for () {
    fn into_sizes(self) -> SmallVec<[i64; 4]> {
        SmallVec::new()
    }
}
macro_rules! size_alone {
    ($($t:ty),*) => { $(impl IntoShape for $t {
        fn into_sizes(self) -> SmallVec<[i64; 4]> { SmallVec::from_slice(&[self as i64]) }
    })* };
}
size_alone!(i32, i64, usize);
macro_rules! tuple {
    ($($name:ident $value:ident),*) => {
        impl<$($name: Size),*> IntoShape for ($($name,)*) {
            fn into_sizes(self) -> SmallVec<[i64; 4]> {
                let ($($value,)*) = self;
                SmallVec::from_slice(&[$($value.size()),*])
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

/// A shape for a new tensor, where every size must be known.
pub(crate) fn full_shape(op: &'static str, shape: impl IntoShape) -> Result<Dims> {
    let sizes = shape.into_sizes();
    if let Some(size) = sizes.iter().find(|&&size| size < 0) {
        return Err(Error::InvalidArgument {
            op,
            argument: "shape",
            value: format!("{:?}", sizes.as_slice()),
            problem: format!("the size {size} is negative"),
            cure: "Give every size as a whole number from 0.".into(),
        });
    }
    Ok(sizes.iter().map(|&size| size as usize).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn broadcasting_follows_numpy() {
        let shape = |l: &[usize], r: &[usize]| broadcast("add", l, r).map(|s| s.to_vec()).ok();
        assert_eq!(shape(&[2, 3], &[3]), Some(vec![2, 3]));
        assert_eq!(shape(&[2, 1], &[1, 3]), Some(vec![2, 3]));
        assert_eq!(shape(&[0, 3], &[1]), Some(vec![0, 3]));
        assert_eq!(shape(&[], &[4]), Some(vec![4]));
        assert_eq!(shape(&[2, 3], &[2]), None);
        assert_eq!(shape(&[0], &[2]), None);
    }

    #[test]
    fn strided_layouts_reshape_only_along_their_runs() {
        let transposed = Layout::strided(Dims::from_slice(&[3, 2]), Dims::from_slice(&[1, 3]), 0);
        assert!(!transposed.contiguous);
        assert_eq!(transposed.reshape(&[6]), None);
        assert_eq!(transposed.reshape(&[3, 1, 2]).unwrap().strides()[0], 1);
        let rows = Layout::strided(
            Dims::from_slice(&[2, 3, 4]),
            Dims::from_slice(&[24, 4, 1]),
            0,
        );
        assert_eq!(rows.reshape(&[2, 12]).unwrap().strides()[..], [24, 1]);
        assert_eq!(rows.reshape(&[24]), None);
    }
}
