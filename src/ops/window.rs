//! What convolutions and pools share: sizes given for every spatial axis, and how many windows fit.

use crate::Tensor;
use crate::error::{Error, Result};
use std::fmt;

mod sealed {
    pub trait Sealed {}
}

/// A size for each of `D` spatial axes: one number for all of them, an array, or a tuple.
///
/// ```
/// use retrograd::functional::{AvgPool2dOptions, avg_pool2d};
/// let x = retrograd::ones([1, 1, 4, 6]);
/// assert_eq!(avg_pool2d(&x, 2, AvgPool2dOptions::new()).shape(), [1, 1, 2, 3]);
/// assert_eq!(avg_pool2d(&x, (4, 2), AvgPool2dOptions::new().stride([1, 2])).shape(), [1, 1, 1, 3]);
/// ```
pub trait Sizes<const D: usize>: sealed::Sealed + Sized {
    #[doc(hidden)]
    fn extent(self) -> Extent<D>;

    #[doc(hidden)]
    fn sizes(self) -> [usize; D] {
        self.extent().sizes
    }
}

/// Sizes as they were given, which is how they are printed.
#[derive(Debug, Clone, Copy)]
pub struct Extent<const D: usize> {
    pub(crate) sizes: [usize; D],
    single: bool,
}

impl<const D: usize> Extent<D> {
    /// One size for all axes.
    pub(crate) const fn all(size: usize) -> Self {
        Extent {
            sizes: [size; D],
            single: true,
        }
    }
}

impl<const D: usize> PartialEq for Extent<D> {
    fn eq(&self, other: &Self) -> bool {
        self.sizes == other.sizes
    }
}
impl<const D: usize> Eq for Extent<D> {}

impl<const D: usize> fmt::Display for Extent<D> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.sizes[..] {
            [one, ..] if self.single => write!(f, "{one}"),
            [one] => write!(f, "({one},)"),
            sizes => {
                let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
                write!(f, "({})", sizes.join(", "))
            }
        }
    }
}

impl sealed::Sealed for usize {}
impl<const D: usize> Sizes<D> for usize {
    fn extent(self) -> Extent<D> {
        Extent::all(self)
    }
}
impl<const D: usize> sealed::Sealed for [usize; D] {}
impl<const D: usize> Sizes<D> for [usize; D] {
    fn extent(self) -> Extent<D> {
        Extent {
            sizes: self,
            single: false,
        }
    }
}
impl sealed::Sealed for (usize, usize) {}
impl Sizes<2> for (usize, usize) {
    fn extent(self) -> Extent<2> {
        [self.0, self.1].extent()
    }
}

/// Refuses a setting of which a size is 0.
pub(crate) fn positive(op: &'static str, argument: &'static str, sizes: &[usize]) -> Result<()> {
    if !sizes.contains(&0) {
        return Ok(());
    }
    Err(Error::InvalidArgument {
        op,
        argument,
        value: format!("{sizes:?}"),
        problem: "it has to be greater than 0".into(),
        cure: "Give a number from 1 up.".into(),
    })
}

/// How windows lie along one axis.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Axis {
    pub(crate) size: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    pub(crate) dilation: usize,
    /// Padding before the first element and behind the last.
    pub(crate) padding: (usize, usize),
}

impl Axis {
    /// How many windows fit; with `ceil`, also a last one that begins within the axis or the padding before it.
    pub(crate) fn windows(&self, op: &'static str, ceil: bool) -> Result<usize> {
        // Sizes are any `usize`, so that their products need more bits.
        let wide = |size: usize| size as i128;
        let reach = wide(self.dilation) * (wide(self.kernel) - 1) + 1;
        let begin = wide(self.size) + wide(self.padding.0);
        let whole = begin + wide(self.padding.1);
        let stride = wide(self.stride);
        let room = whole - reach + if ceil { stride - 1 } else { 0 };
        let mut count = room.div_euclid(stride) + 1;
        if ceil && (count - 1) * stride >= begin {
            count -= 1;
        }
        if count >= 1 {
            return Ok(count as usize);
        }
        Err(Error::Shape {
            op,
            problem: format!(
                "no window fits: it reaches over {reach} elements, and the axis has {whole} with its padding"
            ),
            cure: "Give a smaller kernel_size or dilation, or more padding.".into(),
        })
    }
}

/// Settings of `D` axes for two, of which the first gets `one` where there is but one.
pub(crate) fn spread<T: Copy, const D: usize>(sizes: [T; D], one: T) -> [T; 2] {
    [if D == 1 { one } else { sizes[0] }, sizes[D - 1]]
}

/// The settings that all pools have.
pub(crate) struct Pool<const D: usize> {
    pub(crate) kernel: [usize; D],
    pub(crate) stride: Option<[usize; D]>,
    pub(crate) padding: [usize; D],
    pub(crate) dilation: [usize; D],
}

impl<const D: usize> Pool<D> {
    /// How the windows lie along two axes of these sizes.
    pub(crate) fn axes(&self, op: &'static str, sizes: [usize; 2]) -> Result<[Axis; 2]> {
        positive(op, "kernel_size", &self.kernel)?;
        let stride = self.stride.unwrap_or(self.kernel);
        positive(op, "stride", &stride)?;
        positive(op, "dilation", &self.dilation)?;
        for axis in 0..D {
            let reach = (self.kernel[axis] - 1)
                .saturating_mul(self.dilation[axis])
                .saturating_add(1);
            if self.padding[axis] > reach / 2 {
                return Err(Error::InvalidArgument {
                    op,
                    argument: "padding",
                    value: format!("{:?}", self.padding),
                    problem: format!(
                        "{} is more than half of a window that reaches over {reach}",
                        self.padding[axis]
                    ),
                    cure: "Give less padding, or use `pad` before.".into(),
                });
            }
        }
        let (kernel, stride) = (spread(self.kernel, 1), spread(stride, 1));
        let (padding, dilation) = (spread(self.padding, 0), spread(self.dilation, 1));
        Ok([0, 1].map(|axis| Axis {
            size: sizes[axis],
            kernel: kernel[axis],
            stride: stride[axis],
            dilation: dilation[axis],
            padding: (padding[axis], padding[axis]),
        }))
    }
}

/// An input as `[batch, channels, height, width]`.
pub(crate) struct Images {
    pub(crate) tensor: Tensor,
    /// Whether it came without a batch.
    single: bool,
}

impl Images {
    /// An input of `D` spatial axes, with a batch or without; only the batch may be empty.
    #[track_caller]
    pub(crate) fn new<const D: usize>(op: &'static str, x: &Tensor) -> Result<Images> {
        super::mean::check_float(op, x)?;
        let single = x.rank() == D + 1;
        let whole = single || x.rank() == D + 2;
        if !whole || x.shape()[usize::from(!single)..].contains(&0) {
            return Err(Error::Shape {
                op,
                problem: format!("the input has shape {:?}", x.shape()),
                cure: format!(
                    "Give {} or {} axes, `[batch, channels, ..]`, of which only the batch may be empty.",
                    D + 1,
                    D + 2
                ),
            });
        }
        let mut tensor = if single {
            x.try_unsqueeze(0)?
        } else {
            x.clone()
        };
        if D == 1 {
            tensor = tensor.try_unsqueeze(2)?;
        }
        Ok(Images { tensor, single })
    }

    /// The sizes of the spatial axes.
    pub(crate) fn sizes(&self) -> [usize; 2] {
        [self.tensor.shape()[2], self.tensor.shape()[3]]
    }

    /// A result without the axes that were added.
    #[track_caller]
    pub(crate) fn restore<const D: usize>(&self, out: Tensor) -> Result<Tensor> {
        let out = if D == 1 { out.try_squeeze_dim(2)? } else { out };
        match self.single {
            true => out.try_squeeze_dim(0),
            false => Ok(out),
        }
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(size: usize, kernel: usize, stride: usize, padding: usize, dilation: usize) -> Axis {
        Axis {
            size,
            kernel,
            stride,
            dilation,
            padding: (padding, padding),
        }
    }

    #[test]
    fn windows_are_counted_as_pytorch_counts_them() {
        let count = |a: Axis, ceil| a.windows("pool", ceil).ok();
        assert_eq!(count(axis(9, 3, 3, 0, 1), false), Some(3));
        assert_eq!(count(axis(9, 6, 3, 2, 1), true), Some(4));
        // The last window would begin in the padding behind.
        assert_eq!(count(axis(3, 2, 2, 1, 1), true), Some(2));
        assert_eq!(count(axis(4, 1, 3, 0, 1), true), Some(2));
        assert_eq!(count(axis(2, 5, 1, 0, 1), false), None);
        assert_eq!(count(axis(4, 6, 4, 0, 1), true), Some(1));
        assert_eq!(count(axis(3, usize::MAX, 1, 0, 2), true), None);
    }
}
