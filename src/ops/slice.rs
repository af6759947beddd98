//! Parts of a tensor along an axis: views.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use crate::dtype::with_dtype;
use crate::error::{Error, Result};
use crate::kernels::strided::for_each_position;
use crate::shape::{self, Layout, Size};
use crate::tape::trace;
use crate::tape::{Cx, Op};
use crate::tensor::Inner;
use crate::tensor::storage::Data;
use crate::{Operand, Tensor};

/// Evenly spaced positions along one axis.
#[derive(Clone, Copy)]
pub(crate) struct Region {
    pub(crate) axis: usize,
    pub(crate) start: usize,
    pub(crate) len: usize,
    pub(crate) step: usize,
}

impl Region {
    fn of(self, layout: &Layout) -> Layout {
        let Region {
            axis,
            start,
            len,
            step,
        } = self;
        let (mut shape, mut strides) = (layout.shape.clone(), layout.strides());
        let offset = layout.offset + start * strides[axis];
        shape[axis] = len;
        strides[axis] *= step;
        Layout::strided(shape, strides, offset)
    }
}

/// A part of the input.
pub(crate) struct Slice {
    region: Region,
}

impl Op for Slice {
    const NAME: &'static str = "SliceBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |cx| Ok(embed(grad, self.region, cx.input_shape(0))))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |shape: &[usize], region: Region| {
            Case::new([sample(shape, -2.0, 2.0, 0)], move |x| {
                slice(&x[0], region).pow(2)
            })
        };
        vec![
            case(
                &[5],
                Region {
                    axis: 0,
                    start: 1,
                    len: 2,
                    step: 2,
                },
            ),
            case(
                &[3, 4],
                Region {
                    axis: 1,
                    start: 2,
                    len: 2,
                    step: 1,
                },
            ),
            case(
                &[3, 4],
                Region {
                    axis: 0,
                    start: 3,
                    len: 0,
                    step: 1,
                },
            ),
            case(
                &[2, 0],
                Region {
                    axis: 0,
                    start: 1,
                    len: 1,
                    step: 1,
                },
            ),
        ]
    }
}

/// The input as a part of zeros: what a slice's gradient is.
pub(crate) struct Embed {
    region: Region,
}

impl Op for Embed {
    const NAME: &'static str = "SliceBackward0Backward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |_| Ok(slice(grad, self.region)))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let region = Region {
            axis: 1,
            start: 1,
            len: 2,
            step: 2,
        };
        vec![
            Case::new([sample(&[3, 2], -2.0, 2.0, 0)], move |x| {
                embed(&x[0].pow(2), region, &[3, 5])
            }),
            Case::new([sample(&[0, 2], -2.0, 2.0, 0)], move |x| {
                embed(&x[0].pow(2), region, &[0, 5])
            }),
        ]
    }
}

/// One position of an axis, which goes.
pub(crate) struct Select {
    region: Region,
}

impl Op for Select {
    const NAME: &'static str = "SelectBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let axis = self.region.axis as i64;
        cx.give(0, |cx| {
            Ok(embed(
                &grad.try_unsqueeze(axis)?,
                self.region,
                cx.input_shape(0),
            ))
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |shape: &[usize], axis: i64, index: i64| {
            Case::new([sample(shape, -2.0, 2.0, 0)], move |x| {
                x[0].select(axis, index).pow(2)
            })
        };
        vec![
            case(&[3], 0, -1),
            case(&[2, 3], 1, 1),
            case(&[2, 3, 2], 0, 1),
            case(&[0, 2], 1, 0),
        ]
    }
}

#[track_caller]
pub(crate) fn slice(x: &Tensor, region: Region) -> Tensor {
    Inner::view(x, region.of(x.layout())).record(&[x.arg()], |_| Slice { region })
}

#[track_caller]
pub(crate) fn embed(x: &Tensor, region: Region, shape: &[usize]) -> Tensor {
    placed(x, shape, |whole| region.of(whole)).record(&[x.arg()], |_| Embed { region })
}

/// The elements where `place` puts them in a tensor of `shape`, among zeros.
pub(super) fn placed(x: &Tensor, shape: &[usize], place: impl Fn(&Layout) -> Layout) -> Inner {
    let whole = Layout::contiguous(shape.into());
    let places = place(&whole);
    trace::computed_one(&[x], move |x| {
        with_dtype!(x[0].dtype(), T => {
            let mut data = Data::<T>::full(whole.numel(), T::default());
            let target = data.make_mut();
            let values = x[0].values::<T>();
            let mut values = values.iter();
            for_each_position(&places, |at| {
                if let Some(&value) = values.next() {
                    target[at] = value;
                }
            });
            Inner::new(whole.shape.clone(), data)
        })
    })
}

/// A possibly negative position along an axis.
pub(crate) fn position(op: &'static str, index: i64, axis: usize, size: usize) -> Result<usize> {
    let at = if index < 0 {
        index + size as i64
    } else {
        index
    };
    if at < 0 || at >= size as i64 {
        return Err(Error::Index {
            op,
            index,
            axis,
            size,
        });
    }
    Ok(at as usize)
}

fn own_axis(op: &'static str, x: &Tensor, axis: i64) -> Result<usize> {
    if x.rank() == 0 {
        return Err(Error::Axis { op, axis, rank: 0 });
    }
    shape::axis(op, axis, x.rank())
}

fn parts(
    op: &'static str,
    x: &Tensor,
    sizes: impl Iterator<Item = usize>,
    axis: i64,
) -> Result<Vec<Tensor>> {
    let axis = own_axis(op, x, axis)?;
    let mut start = 0;
    let mut parts = Vec::new();
    for len in sizes {
        if start + len > x.shape()[axis] {
            break;
        }
        parts.push(slice(
            x,
            Region {
                axis,
                start,
                len,
                step: 1,
            },
        ));
        start += len;
    }
    if start != x.shape()[axis] {
        return Err(Error::InvalidArgument {
            op,
            argument: "sizes",
            value: start.to_string(),
            problem: format!(
                "the parts do not add up to axis {axis} of shape {:?}",
                x.shape()
            ),
            cure: "Give sizes whose sum is the size of the axis.".into(),
        });
    }
    Ok(parts)
}

fn count(op: &'static str, argument: &'static str, value: usize) -> Result<usize> {
    if value > 0 {
        return Ok(value);
    }
    Err(Error::InvalidArgument {
        op,
        argument,
        value: value.to_string(),
        problem: "it must be at least 1".into(),
        cure: "Give a whole number from 1.".into(),
    })
}

fallible! {
    /// One position of an axis, which goes; a negative one counts from the end. A view.
    ///
    /// # Panics
    /// If there is no such axis or position.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1.0, 2.0], [3.0, 4.0]].select(1, -1), tensor![2.0, 4.0]);
    /// ```
    fn select | try_select(&self, axis: i64, index: i64) -> Tensor {
        let axis = own_axis("select", self, axis)?;
        let start = position("select", index, axis, self.shape()[axis])?;
        let region = Region { axis, start, len: 1, step: 1 };
        let mut layout = region.of(self.layout());
        let mut strides = layout.strides();
        layout.shape.remove(axis);
        strides.remove(axis);
        let layout = Layout::strided(layout.shape, strides, layout.offset);
        Ok(Inner::view(self, layout).record(&[self.arg()], |_| Select { region }))
    }

    /// The `index`-th item along the first axis, as `x[index]`; a negative one counts from the end. A view.
    ///
    /// # Panics
    /// If there is no such item.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1.0, 2.0], [3.0, 4.0]].at(-1), tensor![3.0, 4.0]);
    /// ```
    fn at | try_at(&self, index: impl Into<i64>) -> Tensor {
        self.try_select(0, index.into())
    }

    /// `len` positions of an axis from `start` on, which counts from the end where negative. A view.
    ///
    /// # Panics
    /// If there is no such axis or it is too short.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(arange(5).narrow(0, 1, 3), tensor![1, 2, 3]);
    /// ```
    fn narrow | try_narrow(&self, axis: i64, start: impl Size, len: usize) -> Tensor {
        let axis = own_axis("narrow", self, axis)?;
        let (start, size) = (start.size(), self.shape()[axis]);
        // The end of the axis is a start too, of an empty part.
        let start = if start == size as i64 { size } else { position("narrow", start, axis, size)? };
        if len > size - start {
            return Err(Error::InvalidArgument {
                op: "narrow",
                argument: "len",
                value: format!("{len} from {start} on"),
                problem: format!("axis {axis} of shape {:?} ends before", self.shape()),
                cure: "Give a part that lies within the axis.".into(),
            });
        }
        Ok(slice(self, Region { axis, start, len, step: 1 }))
    }

    /// Parts of `size` positions of an axis; the last one may be shorter. Views.
    ///
    /// # Panics
    /// If there is no such axis or `size` is 0.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(arange(5).split(2, 0).len(), 3);
    /// ```
    fn split | try_split(&self, size: usize, axis: i64) -> Vec<Tensor> {
        let whole = self.shape()[own_axis("split", self, axis)?];
        let size = if whole == 0 { size.max(1) } else { count("split", "size", size)? };
        let sizes = (0..whole.div_ceil(size).max(1)).map(|i| size.min(whole - i * size));
        parts("split", self, sizes, axis)
    }

    /// Parts of an axis of the given sizes. Views.
    ///
    /// # Panics
    /// If there is no such axis or the sizes do not add up to it.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(arange(5).split_with_sizes(&[1, 4], 0)[1], tensor![1, 2, 3, 4]);
    /// ```
    fn split_with_sizes | try_split_with_sizes(&self, sizes: &[usize], axis: i64) -> Vec<Tensor> {
        parts("split", self, sizes.iter().copied(), axis)
    }

    /// At most `chunks` parts of an axis, all of one size but the last. Views.
    ///
    /// # Panics
    /// If there is no such axis or `chunks` is 0.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(arange(5).chunk(2, 0)[0], tensor![0, 1, 2]);
    /// ```
    fn chunk | try_chunk(&self, chunks: usize, axis: i64) -> Vec<Tensor> {
        let chunks = count("chunk", "chunks", chunks)?;
        let whole = self.shape()[own_axis("chunk", self, axis)?];
        if whole == 0 {
            return parts("chunk", self, std::iter::repeat_n(0, chunks), axis);
        }
        self.try_split(whole.div_ceil(chunks), axis)
    }
}

macro_rules! dims {
    ($($name:ident $count:literal ($($size:ident),*) $type:ty, $shape:literal, $sizes:literal;)*) => { impl Tensor { $(
        #[doc = concat!("The sizes of a tensor of ", stringify!($count), " axes.")]
        ///
        /// # Errors
        /// If it has another number of axes.
        ///
        /// ```
        #[doc = concat!("assert_eq!(retrograd::zeros(", $shape, ").", stringify!($name), "().unwrap(), ", $sizes, ");")]
        /// ```
        pub fn $name(&self) -> Result<$type> {
            match *self.shape() {
                [$($size),*] => Ok(($($size),*)),
                _ => Err(Error::Shape {
                    op: stringify!($name),
                    problem: format!("shape {:?} has {} axes, not {}", self.shape(), self.rank(), $count),
                    cure: "Reshape the tensor first, or read `shape()`.".into(),
                }),
            }
        }
    )* } };
}
dims! {
    dims1 1 (a) usize, "[2]", "2";
    dims2 2 (a, b) (usize, usize), "[2, 3]", "(2, 3)";
    dims3 3 (a, b, c) (usize, usize, usize), "[2, 3, 4]", "(2, 3, 4)";
    dims4 4 (a, b, c, d) (usize, usize, usize, usize), "[2, 3, 4, 5]", "(2, 3, 4, 5)";
}

impl Tensor {
    /// The items along the first axis, one after the other, as Python's `for row in x`. Views.
    ///
    /// # Panics
    /// If the tensor is 0-d.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let sums: Vec<i64> = tensor![[1, 2], [3, 4]].iter().map(|row| row.sum().item()).collect();
    /// assert_eq!(sums, [3, 7]);
    /// ```
    #[track_caller]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Tensor> + ExactSizeIterator + '_ {
        use crate::error::OrPanic;
        let refused = (self.rank() == 0).then_some(Error::Axis {
            op: "iter",
            axis: 0,
            rank: 0,
        });
        refused.map_or(Ok(()), Err).or_panic();
        (0..self.shape()[0]).map(|i| self.select(0, i as i64))
    }
}

/// Every `step`-th position of an axis from `start` up to, but without, `stop`.
pub(crate) fn stepped(x: &Tensor, axis: usize, start: usize, stop: usize, step: usize) -> Tensor {
    let len = stop.saturating_sub(start).div_ceil(step);
    slice(
        x,
        Region {
            axis,
            start,
            len,
            step,
        },
    )
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Select>("select", "Tensor::select Tensor::at Tensor::iter"),
        Operator::node::<Slice>("narrow", "Tensor::narrow"),
        Operator::node::<Slice>("split", "Tensor::split"),
        Operator::node::<Slice>("split_with_sizes", "Tensor::split_with_sizes"),
        Operator::node::<Slice>("chunk", "Tensor::chunk"),
    ]
}
