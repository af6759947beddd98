//! The greatest elements of windows.

use super::fallible_fn;
use super::pick::{Runs, kind, pick};
use super::window::{Extent, Images, Pool, Sizes};
use crate::Tensor;
use crate::dtype::with_float;
use crate::error::{Error, Result};
use crate::kernels::window::Lattice;
use crate::shape::Dims;
use crate::tensor::storage::Data;
use std::sync::Arc;

/// Settings of maximum pools over `D` spatial axes.
///
/// ```
/// use retrograd::functional::MaxPool2dOptions;
/// let options = MaxPool2dOptions::new().stride(2).padding((1, 0)).ceil_mode(true);
/// assert_ne!(options, MaxPool2dOptions::new());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MaxPoolOptions<const D: usize> {
    pub(crate) stride: Option<Extent<D>>,
    pub(crate) padding: Extent<D>,
    pub(crate) dilation: Extent<D>,
    pub(crate) ceil_mode: bool,
}
/// Settings of [`max_pool1d`].
pub type MaxPool1dOptions = MaxPoolOptions<1>;
/// Settings of [`max_pool2d`].
pub type MaxPool2dOptions = MaxPoolOptions<2>;

impl<const D: usize> Default for MaxPoolOptions<D> {
    fn default() -> Self {
        MaxPoolOptions {
            stride: None,
            padding: Extent::all(0),
            dilation: Extent::all(1),
            ceil_mode: false,
        }
    }
}

impl<const D: usize> MaxPoolOptions<D> {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The step from a window to the next one; default the size of the window.
    pub fn stride(mut self, stride: impl Sizes<D>) -> Self {
        self.stride = Some(stride.extent());
        self
    }

    /// Places on both sides of each axis that are never the greatest; default none.
    pub fn padding(mut self, padding: impl Sizes<D>) -> Self {
        self.padding = padding.extent();
        self
    }

    /// The step between a window's elements; default 1.
    pub fn dilation(mut self, dilation: impl Sizes<D>) -> Self {
        self.dilation = dilation.extent();
        self
    }

    /// Whether a last window may reach over the end; default false.
    pub fn ceil_mode(mut self, ceil_mode: bool) -> Self {
        self.ceil_mode = ceil_mode;
        self
    }
}

/// The greatest elements and their places within the spatial axes.
#[track_caller]
fn greatest<const D: usize>(
    op: &'static str,
    x: &Tensor,
    kernel: [usize; D],
    options: MaxPoolOptions<D>,
) -> Result<(Tensor, Tensor)> {
    let images = Images::new::<D>(op, x)?;
    let pool = Pool {
        kernel,
        stride: options.stride.map(|stride| stride.sizes),
        padding: options.padding.sizes,
        dilation: options.dilation.sizes,
    };
    let axes = pool.axes(op, images.sizes())?;
    let count = |axis: usize| axes[axis].windows(op, options.ceil_mode);
    let lattice = Lattice {
        input: images.sizes(),
        kernel: axes.map(|axis| axis.kernel),
        output: [count(0)?, count(1)?],
        stride: axes.map(|axis| axis.stride),
        dilation: axes.map(|axis| axis.dilation),
        before: axes.map(|axis| axis.padding.0),
    };
    if lattice.has_empty_window() {
        return Err(Error::InvalidArgument {
            op,
            argument: "padding",
            value: format!("{}", options.padding),
            problem: format!(
                "with dilation {} a window has all its elements in the padding",
                options.dilation
            ),
            cure: "Give less padding, or a smaller dilation.".into(),
        });
    }
    let shape = images.tensor.shape();
    let number: usize = shape[..2].iter().product();
    let places: Data<i64> = with_float!(x.dtype(), T => {
        lattice.greatest(&images.tensor.values::<T>(), number)
    }, else unreachable!("only floats come here"));
    let to: Dims = shape[..2].iter().copied().chain(lattice.output).collect();
    let (windows, pixels) = (lattice.output[0] * lattice.output[1], shape[2] * shape[3]);
    let start = |(at, &place): (usize, &i64)| at / windows * pixels + place as usize;
    let runs = Runs {
        starts: places.iter().enumerate().map(start).collect(),
        run: 1,
        from: shape.into(),
        to: to.clone(),
    };
    let out = pick::<kind::MaxPool>(&images.tensor, Arc::new(runs));
    Ok((
        images.restore::<D>(out)?,
        images.restore::<D>(Tensor::from_data(to, places))?,
    ))
}

fallible_fn! {
    /// The greatest element of every window along the last axis of `[batch, channels, length]`, or of
    /// `[channels, length]`. Of equal ones the first gets the gradient.
    ///
    /// # Panics
    /// If the shape does not fit, a size is 0, the padding is more than half of the window, or no window fits.
    ///
    /// ```
    /// use retrograd::{functional::{MaxPool1dOptions, max_pool1d}, prelude::*};
    /// let x = tensor![[1.0, 4.0, 2.0, 3.0]];
    /// assert_eq!(max_pool1d(&x, 2, MaxPool1dOptions::new()), tensor![[4.0, 3.0]]);
    /// ```
    fn max_pool1d | try_max_pool1d(input: &Tensor, kernel_size: usize, options: MaxPool1dOptions) -> Tensor {
        Ok(greatest("max_pool1d", input, [kernel_size], options)?.0)
    }

    /// As [`max_pool1d`], and each element's position along the axis: `return_indices=True`.
    ///
    /// # Panics
    /// As [`max_pool1d`].
    ///
    /// ```
    /// use retrograd::{functional::{MaxPool1dOptions, max_pool1d_with_indices}, prelude::*};
    /// let (_, places) = max_pool1d_with_indices(&tensor![[1.0, 4.0, 2.0, 3.0]], 2, MaxPool1dOptions::new());
    /// assert_eq!(places, tensor![[1, 3]]);
    /// ```
    fn max_pool1d_with_indices | try_max_pool1d_with_indices(
        input: &Tensor,
        kernel_size: usize,
        options: MaxPool1dOptions,
    ) -> (Tensor, Tensor) {
        greatest("max_pool1d", input, [kernel_size], options)
    }

    /// The greatest element of every window over the last two axes of `[batch, channels, height, width]`, or of
    /// `[channels, height, width]`. Of equal ones the first in row-major order gets the gradient.
    ///
    /// # Panics
    /// If the shape does not fit, a size is 0, the padding is more than half of the window, or no window fits.
    ///
    /// ```
    /// use retrograd::{functional::{MaxPool2dOptions, max_pool2d}, prelude::*};
    /// let x = tensor![[[1.0, 4.0], [2.0, 3.0]]];
    /// assert_eq!(max_pool2d(&x, 2, MaxPool2dOptions::new()), tensor![[[4.0]]]);
    /// assert_eq!(max_pool2d(&x, (1, 2), MaxPool2dOptions::new()), tensor![[[4.0], [3.0]]]);
    /// ```
    fn max_pool2d | try_max_pool2d(input: &Tensor, kernel_size: impl Sizes<2>, options: MaxPool2dOptions) -> Tensor {
        Ok(greatest("max_pool2d", input, kernel_size.sizes(), options)?.0)
    }

    /// As [`max_pool2d`], and each element's place in the flattened height and width: `return_indices=True`.
    ///
    /// # Panics
    /// As [`max_pool2d`].
    ///
    /// ```
    /// use retrograd::{functional::{MaxPool2dOptions, max_pool2d_with_indices}, prelude::*};
    /// let x = tensor![[[1.0, 4.0], [2.0, 3.0]]];
    /// assert_eq!(max_pool2d_with_indices(&x, 2, MaxPool2dOptions::new()).1, tensor![[[1]]]);
    /// ```
    fn max_pool2d_with_indices | try_max_pool2d_with_indices(
        input: &Tensor,
        kernel_size: impl Sizes<2>,
        options: MaxPool2dOptions,
    ) -> (Tensor, Tensor) {
        greatest("max_pool2d", input, kernel_size.sizes(), options)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    use super::pick::MaxPool;
    vec![
        Operator::node::<MaxPool>(
            "nn.functional.max_pool1d",
            "functional::max_pool1d functional::max_pool1d_with_indices",
        ),
        Operator::node::<MaxPool>(
            "nn.functional.max_pool2d",
            "functional::max_pool2d functional::max_pool2d_with_indices",
        ),
    ]
}
