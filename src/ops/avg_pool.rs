//! Means of windows: average pools of a fixed and of an adapted size.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible_fn;
use super::window::{Axis, Extent, Images, Pool, Sizes};
use crate::dtype::with_float;
use crate::error::{Error, Result};
use crate::kernels::window::{Span, Spans};
use crate::shape::Dims;
use crate::tape::trace;
use crate::tape::{Cx, Op};
use crate::tensor::Inner;
use crate::{Operand, Tensor};
use std::sync::Arc;

/// Settings of average pools over `D` spatial axes.
///
/// ```
/// use retrograd::functional::AvgPool2dOptions;
/// let options = AvgPool2dOptions::new().stride(1).padding([1, 0]).count_include_pad(false);
/// assert_ne!(options, AvgPool2dOptions::new());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AvgPoolOptions<const D: usize> {
    pub(crate) stride: Option<Extent<D>>,
    pub(crate) padding: Extent<D>,
    ceil_mode: bool,
    count_include_pad: bool,
    divisor_override: Option<i64>,
}
/// Settings of [`avg_pool1d`].
pub type AvgPool1dOptions = AvgPoolOptions<1>;
/// Settings of [`avg_pool2d`].
pub type AvgPool2dOptions = AvgPoolOptions<2>;

impl<const D: usize> Default for AvgPoolOptions<D> {
    fn default() -> Self {
        AvgPoolOptions {
            stride: None,
            padding: Extent::all(0),
            ceil_mode: false,
            count_include_pad: true,
            divisor_override: None,
        }
    }
}

impl<const D: usize> AvgPoolOptions<D> {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The step from a window to the next one; default the size of the window.
    pub fn stride(mut self, stride: impl Sizes<D>) -> Self {
        self.stride = Some(stride.extent());
        self
    }

    /// Zeros on both sides of each axis; default none.
    pub fn padding(mut self, padding: impl Sizes<D>) -> Self {
        self.padding = padding.extent();
        self
    }

    /// Whether a last window may reach over the end; default false.
    pub fn ceil_mode(mut self, ceil_mode: bool) -> Self {
        self.ceil_mode = ceil_mode;
        self
    }

    /// Whether zeros of the padding count as elements of a window; default true.
    pub fn count_include_pad(mut self, count_include_pad: bool) -> Self {
        self.count_include_pad = count_include_pad;
        self
    }
}

impl AvgPoolOptions<2> {
    /// What sums are divided by; default the size of the window.
    pub fn divisor_override(mut self, divisor_override: i64) -> Self {
        self.divisor_override = Some(divisor_override);
        self
    }
}

/// The means of windows.
pub(crate) struct AvgPool {
    spans: Arc<Spans>,
}

impl Op for AvgPool {
    const NAME: &'static str = "AvgPool2DBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |_| Ok(shares(grad, self.spans.clone())))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |shape: &[usize], options: AvgPool2dOptions| {
            Case::new([sample(shape, -1.0, 1.0, 0)], move |x| {
                avg_pool2d(&x[0], 2, options).pow(2)
            })
        };
        let options = AvgPool2dOptions::new;
        vec![
            case(&[1, 2, 4, 3], options()),
            case(
                &[1, 3, 3],
                options().padding(1).stride([1, 2]).ceil_mode(true),
            ),
            case(&[0, 1, 2, 2], options()),
            case(&[1, 1, 3, 3], options().padding(1).count_include_pad(false)),
            case(&[1, 1, 3, 3], options().divisor_override(-3)),
        ]
    }
}

/// A gradient of the means, shared out to the elements of the windows.
pub(crate) struct AvgPoolShares {
    spans: Arc<Spans>,
}

impl Op for AvgPoolShares {
    const NAME: &'static str = "AvgPool2DBackwardBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |_| Ok(means(grad, self.spans.clone())))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let spans = || {
            let thirds = [(0, 2), (1, 3)].map(|(start, end)| Span {
                start,
                end,
                size: 2,
            });
            Arc::new(Spans {
                input: [3, 3],
                spans: [thirds.to_vec(), thirds.to_vec()],
                divisor: None,
            })
        };
        vec![Case::new([sample(&[2, 1, 2, 2], -1.0, 1.0, 0)], move |x| {
            shares(&x[0], spans()).pow(2)
        })]
    }
}

macro_rules! linear {
    ($($name:ident => $Node:ident, |$spans:ident| $to:expr;)*) => { $(
        /// Over the last two axes of `[batch, channels, height, width]`.
        #[track_caller]
        fn $name(x: &Tensor, $spans: Arc<Spans>) -> Tensor {
            let images = x.shape()[..2].iter().product();
            let shape: Dims = x.shape()[..2].iter().copied().chain($to).collect();
            let again = $spans.clone();
            let out = trace::computed_one(&[x], move |x| with_float!(x[0].dtype(), T => {
                Inner::new(shape.clone(), again.$name(&x[0].values::<T>(), images))
            }, else unreachable!("only floats come here")));
            out.record(&[x.arg()], |_| $Node { spans: $spans })
        }
    )* };
}
linear! {
    means => AvgPool, |spans| [spans.spans[0].len(), spans.spans[1].len()];
    shares => AvgPoolShares, |spans| spans.input;
}

/// One axis with its windows, as PyTorch cuts and counts them.
fn spans(axis: Axis, op: &'static str, ceil: bool, count_padding: bool) -> Result<Vec<Span>> {
    let (before, behind) = axis.padding;
    let window = |at: usize| {
        let from = at * axis.stride;
        let to = from
            .saturating_add(axis.kernel)
            .min(axis.size + before + behind);
        let start = from.max(before) - before;
        let end = to.min(axis.size + before).saturating_sub(before).max(start);
        let size = if count_padding {
            to - from
        } else {
            end - start
        };
        Span { start, end, size }
    };
    Ok((0..axis.windows(op, ceil)?).map(window).collect())
}

#[track_caller]
fn average<const D: usize>(
    op: &'static str,
    x: &Tensor,
    kernel: [usize; D],
    options: AvgPoolOptions<D>,
) -> Result<Tensor> {
    let images = Images::new::<D>(op, x)?;
    if options.divisor_override == Some(0) {
        return Err(Error::InvalidArgument {
            op,
            argument: "divisor_override",
            value: "0".into(),
            problem: "a sum cannot be divided by it".into(),
            cure: "Give another number, or none to divide by the size of the window.".into(),
        });
    }
    let pool = Pool {
        kernel,
        stride: options.stride.map(|stride| stride.sizes),
        padding: options.padding.sizes,
        dilation: [1; D],
    };
    let axes = pool.axes(op, images.sizes())?;
    let along = |axis: usize| spans(axes[axis], op, options.ceil_mode, options.count_include_pad);
    let spans = Spans {
        input: images.sizes(),
        spans: [along(0)?, along(1)?],
        divisor: options.divisor_override.map(|divisor| divisor as f64),
    };
    images.restore::<D>(means(&images.tensor, Arc::new(spans)))
}

/// Windows that divide an axis into so many parts, as even as possible; they overlap where they do not fit.
fn divide(size: usize, parts: usize) -> Vec<Span> {
    let part = |at: usize| {
        let (start, end) = (at * size / parts, ((at + 1) * size).div_ceil(parts));
        Span {
            start,
            end,
            size: end - start,
        }
    };
    (0..parts).map(part).collect()
}

#[track_caller]
fn adaptive<const D: usize>(op: &'static str, x: &Tensor, output: [usize; D]) -> Result<Tensor> {
    let images = Images::new::<D>(op, x)?;
    let sizes = images.sizes();
    let first = if D == 1 { 1 } else { output[0] };
    let spans = Spans {
        input: sizes,
        spans: [divide(sizes[0], first), divide(sizes[1], output[D - 1])],
        divisor: None,
    };
    images.restore::<D>(means(&images.tensor, Arc::new(spans)))
}

fallible_fn! {
    /// The means of windows along the last axis of `[batch, channels, length]`, or of `[channels, length]`.
    ///
    /// # Panics
    /// If the shape does not fit, a size is 0, the padding is more than half of the window, or no window fits.
    ///
    /// ```
    /// use retrograd::{functional::{AvgPool1dOptions, avg_pool1d}, prelude::*};
    /// let x = tensor![[1.0, 3.0, 5.0, 7.0]];
    /// assert_eq!(avg_pool1d(&x, 2, AvgPool1dOptions::new()), tensor![[2.0, 6.0]]);
    /// assert_eq!(avg_pool1d(&x, 2, AvgPool1dOptions::new().stride(1)), tensor![[2.0, 4.0, 6.0]]);
    /// ```
    fn avg_pool1d | try_avg_pool1d(input: &Tensor, kernel_size: usize, options: AvgPool1dOptions) -> Tensor {
        average("avg_pool1d", input, [kernel_size], options)
    }

    /// The means of windows over the last two axes of `[batch, channels, height, width]`, or of
    /// `[channels, height, width]`.
    ///
    /// # Panics
    /// If the shape does not fit, a size is 0, the padding is more than half of the window, no window fits, or
    /// `divisor_override` is 0.
    ///
    /// ```
    /// use retrograd::{functional::{AvgPool2dOptions, avg_pool2d}, prelude::*};
    /// let x = tensor![[[1.0, 2.0], [3.0, 6.0]]];
    /// assert_eq!(avg_pool2d(&x, 2, AvgPool2dOptions::new()), tensor![[[3.0]]]);
    /// assert_eq!(avg_pool2d(&x, 2, AvgPool2dOptions::new().divisor_override(1)), tensor![[[12.0]]]);
    /// ```
    fn avg_pool2d | try_avg_pool2d(input: &Tensor, kernel_size: impl Sizes<2>, options: AvgPool2dOptions) -> Tensor {
        average("avg_pool2d", input, kernel_size.sizes(), options)
    }

    /// The means of `output_size` windows that divide the last axis of `[batch, channels, length]`, or of
    /// `[channels, length]`.
    ///
    /// # Panics
    /// If the shape does not fit, or the axis is empty.
    ///
    /// ```
    /// use retrograd::{functional::adaptive_avg_pool1d, prelude::*};
    /// assert_eq!(adaptive_avg_pool1d(&tensor![[1.0, 2.0, 3.0]], 2), tensor![[1.5, 2.5]]);
    /// ```
    fn adaptive_avg_pool1d | try_adaptive_avg_pool1d(input: &Tensor, output_size: usize) -> Tensor {
        adaptive("adaptive_avg_pool1d", input, [output_size])
    }

    /// The means of `output_size` windows that divide the last two axes of `[batch, channels, height, width]`, or of
    /// `[channels, height, width]`.
    ///
    /// # Panics
    /// If the shape does not fit, or an axis is empty.
    ///
    /// ```
    /// use retrograd::functional::adaptive_avg_pool2d;
    /// assert_eq!(adaptive_avg_pool2d(&retrograd::ones([2, 3, 7, 5]), 1).shape(), [2, 3, 1, 1]);
    /// ```
    fn adaptive_avg_pool2d | try_adaptive_avg_pool2d(input: &Tensor, output_size: impl Sizes<2>) -> Tensor {
        adaptive("adaptive_avg_pool2d", input, output_size.sizes())
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let one = |f: fn(&Tensor) -> Tensor| {
        Case::new([sample(&[1, 2, 5], -1.0, 1.0, 0)], move |x| f(&x[0]).pow(2))
    };
    vec![
        Operator::new(
            "nn.functional.avg_pool1d",
            "functional::avg_pool1d",
            [one(|x| {
                avg_pool1d(x, 2, AvgPool1dOptions::new().stride(1).padding(1))
            })],
        ),
        Operator::node::<AvgPool>("nn.functional.avg_pool2d", "functional::avg_pool2d"),
        Operator::new(
            "nn.functional.adaptive_avg_pool1d",
            "functional::adaptive_avg_pool1d",
            [one(|x| adaptive_avg_pool1d(x, 3))],
        ),
        Operator::new(
            "nn.functional.adaptive_avg_pool2d",
            "functional::adaptive_avg_pool2d",
            [one(|x| adaptive_avg_pool2d(x, (2, 3)))],
        ),
    ]
}
