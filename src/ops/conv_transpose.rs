//! Transposed convolutions: what a convolution's gradient is to its input, as an operator of its own.

#[cfg(test)]
use super::case::{Case, sample};
use super::conv::{check, input, narrow, whole};
use super::fallible_fn;
use super::window::{Sizes, positive, spread};
use crate::Tensor;
use crate::error::{Error, Result};
use crate::kernels::conv::Geometry;

/// Settings of a transposed convolution over `D` spatial axes, by default stride 1, no padding, dilation 1, one group.
///
/// ```
/// use retrograd::functional::ConvTranspose2dOptions;
/// let options = ConvTranspose2dOptions::new().stride(2).padding(1).output_padding(1);
/// assert_ne!(options, ConvTranspose2dOptions::new());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConvTransposeOptions<const D: usize> {
    pub(crate) stride: [usize; D],
    pub(crate) padding: [usize; D],
    pub(crate) output_padding: [usize; D],
    pub(crate) dilation: [usize; D],
    pub(crate) groups: usize,
}
/// Settings of [`conv_transpose1d`].
pub type ConvTranspose1dOptions = ConvTransposeOptions<1>;
/// Settings of [`conv_transpose2d`].
pub type ConvTranspose2dOptions = ConvTransposeOptions<2>;

impl<const D: usize> Default for ConvTransposeOptions<D> {
    fn default() -> Self {
        ConvTransposeOptions {
            stride: [1; D],
            padding: [0; D],
            output_padding: [0; D],
            dilation: [1; D],
            groups: 1,
        }
    }
}

impl<const D: usize> ConvTransposeOptions<D> {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The step from a window to the next one, in the output; default 1.
    pub fn stride(mut self, stride: impl Sizes<D>) -> Self {
        self.stride = stride.sizes();
        self
    }

    /// How much of the output's edges is left out on both sides; default none.
    pub fn padding(mut self, padding: impl Sizes<D>) -> Self {
        self.padding = padding.sizes();
        self
    }

    /// Additional size at the end of each axis of the output; default none.
    pub fn output_padding(mut self, output_padding: impl Sizes<D>) -> Self {
        self.output_padding = output_padding.sizes();
        self
    }

    /// The step between a window's elements; default 1.
    pub fn dilation(mut self, dilation: impl Sizes<D>) -> Self {
        self.dilation = dilation.sizes();
        self
    }

    /// Groups of channels that do not see each other; default 1.
    pub fn groups(mut self, groups: usize) -> Self {
        self.groups = groups;
        self
    }
}

#[track_caller]
fn transpose<const D: usize>(
    op: &'static str,
    x: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    options: ConvTransposeOptions<D>,
) -> Result<Tensor> {
    positive(op, "stride", &options.stride)?;
    positive(op, "dilation", &options.dilation)?;
    positive(op, "groups", &[options.groups])?;
    check::<D>(op, x, weight, bias, options.groups, true)?;
    let (x, w, single) = whole::<D>(x, weight)?;
    let kernel = [w.shape()[2], w.shape()[3]];
    positive(op, "kernel_size", &kernel)?;
    let (stride, dilation) = (spread(options.stride, 1), spread(options.dilation, 1));
    let (padding, added) = (
        spread(options.padding, 0),
        spread(options.output_padding, 0),
    );
    if let Some(axis) = (0..2).find(|&axis| added[axis] >= stride[axis].max(dilation[axis])) {
        return Err(Error::InvalidArgument {
            op,
            argument: "output_padding",
            value: format!("{:?}", options.output_padding),
            problem: format!(
                "{} is not below the greater of stride and dilation",
                added[axis]
            ),
            cure: "Give a smaller output_padding, or none.".into(),
        });
    }
    let output = [x.shape()[2], x.shape()[3]];
    let size = |axis: usize| {
        let reach = dilation[axis] * (kernel[axis] - 1) + 1 + added[axis];
        let whole = output[axis]
            .checked_sub(1)
            .map(|steps| steps * stride[axis] + reach);
        let size = whole
            .and_then(|whole| whole.checked_sub(2 * padding[axis]))
            .filter(|&size| size > 0);
        size.ok_or_else(|| Error::Shape {
            op,
            problem: format!(
                "an input of shape {:?} with padding {padding:?} leaves no output",
                x.shape()
            ),
            cure: "Give less padding or a longer input.".into(),
        })
    };
    let geometry = Geometry {
        batch: x.shape()[0],
        groups: options.groups,
        channels: [w.shape()[1], w.shape()[0] / options.groups],
        input: [size(0)?, size(1)?],
        kernel,
        output,
        stride,
        dilation,
        before: padding,
    };
    let out = input(&geometry, &x, &w);
    let out = match bias {
        Some(bias) => out.try_add(bias.try_reshape([1, -1, 1, 1])?)?,
        None => out,
    };
    narrow::<D>(out, single)
}

fallible_fn! {
    /// Transposed convolution over one axis: `input [batch, channels, length]`, or without the batch, with
    /// `weight [channels, out / groups, kernel]` and `bias [out]`.
    ///
    /// # Panics
    /// If shapes or types do not fit, a setting is 0, or the padding leaves no output.
    ///
    /// ```
    /// use retrograd::{functional::{ConvTranspose1dOptions, conv_transpose1d}, prelude::*};
    /// let (x, w) = (tensor![[[1.0, 2.0]]], tensor![[[1.0, 10.0]]]);
    /// let y = conv_transpose1d(&x, &w, None, ConvTranspose1dOptions::new());
    /// assert_eq!(y, tensor![[[1.0, 12.0, 20.0]]]);
    /// ```
    fn conv_transpose1d | try_conv_transpose1d(
        input: &Tensor,
        weight: &Tensor,
        bias: Option<&Tensor>,
        options: ConvTranspose1dOptions,
    ) -> Tensor {
        transpose("conv_transpose1d", input, weight, bias, options)
    }

    /// Transposed convolution over two axes: `input [batch, channels, height, width]`, or without the batch, with
    /// `weight [channels, out / groups, height, width]` and `bias [out]`.
    ///
    /// # Panics
    /// If shapes or types do not fit, a setting is 0, or the padding leaves no output.
    ///
    /// ```
    /// use retrograd::{functional::{ConvTranspose2dOptions, conv_transpose2d}, ones};
    /// let (x, w) = (ones([1, 3, 4, 4]), ones([3, 2, 2, 2]));
    /// let y = conv_transpose2d(&x, &w, None, ConvTranspose2dOptions::new().stride(2));
    /// assert_eq!(y.shape(), [1, 2, 8, 8]);
    /// ```
    fn conv_transpose2d | try_conv_transpose2d(
        input: &Tensor,
        weight: &Tensor,
        bias: Option<&Tensor>,
        options: ConvTranspose2dOptions,
    ) -> Tensor {
        transpose("conv_transpose2d", input, weight, bias, options)
    }
}

#[cfg(test)]
pub(crate) fn cases() -> Vec<Case> {
    let tensor = |shape: &[usize], salt| sample(shape, -1.0, 1.0, salt);
    let inputs =
        |x: &[usize], w: &[usize], out: usize| [tensor(x, 0), tensor(w, 1), tensor(&[out], 2)];
    let options = ConvTranspose2dOptions::new;
    let case = |inputs: [Tensor; 3], options: ConvTranspose2dOptions| {
        Case::new(inputs, move |x| {
            conv_transpose2d(&x[0], &x[1], Some(&x[2]), options).pow(2)
        })
    };
    vec![
        case(
            inputs(&[2, 1, 2, 2], &[1, 2, 2, 2], 2),
            options().stride([2, 1]).output_padding([1, 0]),
        ),
        case(
            inputs(&[2, 2, 3], &[2, 1, 2, 2], 2),
            options().groups(2).padding([0, 1]).dilation(2),
        ),
        Case::new([tensor(&[1, 2, 3], 0), tensor(&[2, 1, 2], 1)], |x| {
            conv_transpose1d(&x[0], &x[1], None, ConvTranspose1dOptions::new()).pow(2)
        }),
    ]
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::new(
            "nn.functional.conv_transpose1d",
            "functional::conv_transpose1d",
            cases(),
        ),
        Operator::new(
            "nn.functional.conv_transpose2d",
            "functional::conv_transpose2d",
            cases(),
        ),
    ]
}
