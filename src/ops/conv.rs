//! Convolutions over one or two spatial axes, and the same transposed.
//!
//! A convolution is linear in its input and in its weight. The three nodes are each other's derivatives: [`Convolution`]
//! gives the output, [`ConvolutionInput`] what it is transposed in the input, [`ConvolutionWeight`] in the weight.

#[cfg(test)]
use super::case::{Case, sample};
use super::conv_options::{Conv1dOptions, Conv2dOptions, ConvOptions};
use super::fallible_fn;
use super::matmul::keep;
use super::window::{Axis, positive, spread};
use crate::dtype::with_float;
use crate::error::{Error, Result};
use crate::kernels::conv::{self as kernel, Geometry};
use crate::shape::Dims;
use crate::tape::trace;
use crate::tape::{Cx, Op, SavedArg};
use crate::tensor::Inner;
use crate::{Operand, Tensor};
use smallvec::SmallVec;

/// The convolution of an input with a weight, and a bias added.
pub(crate) struct Convolution {
    input: SavedArg,
    weight: SavedArg,
    geometry: Geometry,
}

impl Op for Convolution {
    const NAME: &'static str = "ConvolutionBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |cx| {
            Ok(input(
                &self.geometry,
                grad,
                &*cx.saved_tensor(&self.weight)?,
            ))
        })?;
        cx.give(1, |cx| {
            Ok(weight(
                &self.geometry,
                &*cx.saved_tensor(&self.input)?,
                grad,
            ))
        })?;
        if cx.wants(2) {
            cx.put(2, grad.try_sum_dim([0, 2, 3])?);
        }
        Ok(())
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        plain_cases()
    }
}

/// From the shape of the output to that of the input.
pub(crate) struct ConvolutionInput {
    grad: SavedArg,
    weight: SavedArg,
    geometry: Geometry,
}

impl Op for ConvolutionInput {
    const NAME: &'static str = "ConvolutionBackward0Backward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |cx| {
            Ok(output(
                &self.geometry,
                grad,
                &*cx.saved_tensor(&self.weight)?,
                None,
            ))
        })?;
        cx.give(1, |cx| {
            Ok(weight(&self.geometry, grad, &*cx.saved_tensor(&self.grad)?))
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        super::conv_transpose::cases()
    }
}

/// From the input and the shape of the output to that of the weight.
pub(crate) struct ConvolutionWeight {
    input: SavedArg,
    grad: SavedArg,
    geometry: Geometry,
}

impl Op for ConvolutionWeight {
    const NAME: &'static str = "ConvolutionBackward0Backward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |cx| {
            Ok(input(&self.geometry, &*cx.saved_tensor(&self.grad)?, grad))
        })?;
        cx.give(1, |cx| {
            Ok(output(
                &self.geometry,
                &*cx.saved_tensor(&self.input)?,
                grad,
                None,
            ))
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let geometry = Geometry {
            batch: 2,
            groups: 2,
            channels: [1, 2],
            input: [3, 4],
            kernel: [2, 2],
            output: [2, 2],
            stride: [1, 2],
            dilation: [1, 1],
            before: [0, 1],
        };
        let inputs = [
            sample(&[2, 2, 3, 4], -1.0, 1.0, 0),
            sample(&[2, 4, 2, 2], -1.0, 1.0, 1),
        ];
        vec![Case::new(inputs, move |x| {
            weight(&geometry, &x[0], &x[1]).pow(2)
        })]
    }
}

macro_rules! products {
    ($($name:ident($first:ident, $second:ident $(, $bias:ident)?) -> $shape:expr => $Node:ident;)*) => { $(
        #[track_caller]
        pub(super) fn $name(g: &Geometry, $first: &Tensor, $second: &Tensor $(, $bias: Option<&Tensor>)?) -> Tensor {
            let shape: fn(&Geometry) -> [usize; 4] = $shape;
            let geometry = *g;
            let operands = [$first, $second].into_iter();
            $(let operands = operands.chain($bias);)?
            let operands: SmallVec<[&Tensor; 3]> = operands.collect();
            let out = trace::computed_one(&operands, move |x| with_float!(x[0].dtype(), T => {
                let ($first, $second) = (x[0].values::<T>(), x[1].values::<T>());
                $(let $bias = x.get(2).map(|bias| bias.values::<T>());)?
                let data = kernel::$name(&geometry, &$first, &$second $(, $bias.as_deref())?);
                Inner::new(Dims::from_slice(&shape(&geometry)), data)
            }, else unreachable!("only floats come here")));
            let inputs: SmallVec<[_; 3]> = operands.iter().map(|x| x.arg()).collect();
            out.record(&inputs, |_| $Node {
                $first: keep($first, $second),
                $second: keep($second, $first),
                geometry: *g,
            })
        }
    )* };
}
products! {
    output(input, weight, bias) -> |g| [g.batch, g.groups * g.channels[1], g.output[0], g.output[1]] => Convolution;
    input(grad, weight) -> |g| [g.batch, g.groups * g.channels[0], g.input[0], g.input[1]] => ConvolutionInput;
    weight(input, grad) -> |g| [g.groups * g.channels[1], g.channels[0], g.kernel[0], g.kernel[1]] => ConvolutionWeight;
}

/// A convolution's tensors with two spatial axes, and its sizes.
struct Prepared {
    input: Tensor,
    weight: Tensor,
    geometry: Geometry,
    /// Whether the input came without a batch.
    single: bool,
}

/// Refuses what cannot be convolved; `transposed` says that the weight's first axis is the input's channels.
pub(super) fn check<const D: usize>(
    op: &'static str,
    input: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    groups: usize,
    transposed: bool,
) -> Result<()> {
    let refuse = |problem: String, cure: &str| {
        Err(Error::Shape {
            op,
            problem,
            cure: cure.into(),
        })
    };
    let (x, w) = (input.shape(), weight.shape());
    for (name, tensor) in [("weight", Some(weight)), ("bias", bias)] {
        if let Some(tensor) = tensor.filter(|tensor| tensor.dtype() != input.dtype()) {
            return Err(Error::DType {
                op,
                problem: format!(
                    "the input holds {} and the {name} {}",
                    input.dtype(),
                    tensor.dtype()
                ),
                cure: "Cast one of them, so that all have one type.".into(),
            });
        }
    }
    super::mean::check_float(op, input)?;
    if w.len() != D + 2 || !(D + 1..=D + 2).contains(&x.len()) {
        return refuse(
            format!("an input of shape {x:?} with a weight of shape {w:?}"),
            &format!(
                "The input has {} axes, or one less without a batch, the weight {}.",
                D + 2,
                D + 2
            ),
        );
    }
    if !w[0].is_multiple_of(groups) || w[0] < groups {
        return refuse(
            format!("a weight of shape {w:?} in {groups} groups"),
            "The weight's first size is a multiple of the number of groups.",
        );
    }
    let channels = x[x.len() - D - 1];
    let (expected, out) = match transposed {
        true => (w[0], w[1] * groups),
        false => (w[1] * groups, w[0]),
    };
    if channels != expected {
        return refuse(
            format!(
                "an input of shape {x:?} has {channels} channels, a weight of shape {w:?} in {groups} groups reads {expected}"
            ),
            "Check the layer's channels, or the order of the input's axes: it is `[batch, channels, ..]`.",
        );
    }
    match bias.map(Tensor::shape) {
        Some(shape) if shape != [out] => refuse(
            format!("a bias of shape {shape:?} for {out} channels"),
            "Give one number for each channel of the output.",
        ),
        _ => Ok(()),
    }
}

/// With a batch, and one spatial axis made two.
pub(super) fn whole<const D: usize>(
    input: &Tensor,
    weight: &Tensor,
) -> Result<(Tensor, Tensor, bool)> {
    let single = input.rank() == D + 1;
    let mut x = if single {
        input.try_unsqueeze(0)?
    } else {
        input.clone()
    };
    let mut w = weight.clone();
    if D == 1 {
        x = x.try_unsqueeze(2)?;
        w = w.try_unsqueeze(2)?;
    }
    Ok((x, w, single))
}

/// The result without the axes that [`whole`] added.
pub(super) fn narrow<const D: usize>(out: Tensor, single: bool) -> Result<Tensor> {
    let out = if D == 1 { out.try_squeeze_dim(2)? } else { out };
    if single {
        out.try_squeeze_dim(0)
    } else {
        Ok(out)
    }
}

fn prepare<const D: usize>(
    op: &'static str,
    input: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    options: ConvOptions<D>,
) -> Result<Prepared> {
    options.check(op)?;
    check::<D>(op, input, weight, bias, options.groups, false)?;
    let (input, weight, single) = whole::<D>(input, weight)?;
    let (x, w) = (input.shape(), weight.shape());
    let kernel = [w[2], w[3]];
    let given: [usize; D] = std::array::from_fn(|axis| w[4 - D + axis]);
    positive(op, "kernel_size", &given)?;
    let pads = spread(options.pads(op, given)?, (0, 0));
    let (stride, dilation) = (spread(options.stride, 1), spread(options.dilation, 1));
    let windows = |axis: usize| {
        let axis = Axis {
            size: x[2 + axis],
            kernel: kernel[axis],
            stride: stride[axis],
            dilation: dilation[axis],
            padding: pads[axis],
        };
        axis.windows(op, false)
    };
    let geometry = Geometry {
        batch: x[0],
        groups: options.groups,
        channels: [w[1], w[0] / options.groups],
        input: [x[2], x[3]],
        kernel,
        output: [windows(0)?, windows(1)?],
        stride,
        dilation,
        before: pads.map(|(before, _)| before),
    };
    Ok(Prepared {
        input,
        weight,
        geometry,
        single,
    })
}

#[track_caller]
fn convolve<const D: usize>(
    op: &'static str,
    input: &Tensor,
    weight: &Tensor,
    bias: Option<&Tensor>,
    options: ConvOptions<D>,
) -> Result<Tensor> {
    let prepared = prepare(op, input, weight, bias, options)?;
    let out = output(&prepared.geometry, &prepared.input, &prepared.weight, bias);
    narrow::<D>(out, prepared.single)
}

fallible_fn! {
    /// Convolution over one axis, as PyTorch's (which is a cross-correlation): `input [batch, channels, length]`, or
    /// without the batch, with `weight [out, channels / groups, kernel]` and `bias [out]`.
    ///
    /// # Panics
    /// If shapes or types do not fit, a setting is 0, or no window fits.
    ///
    /// ```
    /// use retrograd::{functional::{Conv1dOptions, conv1d}, prelude::*};
    /// let (x, w) = (tensor![[[1.0, 2.0, 3.0, 4.0]]], tensor![[[1.0, 1.0]]]);
    /// assert_eq!(conv1d(&x, &w, None, Conv1dOptions::new()), tensor![[[3.0, 5.0, 7.0]]]);
    /// assert_eq!(conv1d(&x, &w, None, Conv1dOptions::new().stride(2)), tensor![[[3.0, 7.0]]]);
    /// ```
    fn conv1d | try_conv1d(input: &Tensor, weight: &Tensor, bias: Option<&Tensor>, options: Conv1dOptions) -> Tensor {
        convolve("conv1d", input, weight, bias, options)
    }

    /// Convolution over two axes: `input [batch, channels, height, width]`, or without the batch, with
    /// `weight [out, channels / groups, height, width]` and `bias [out]`.
    ///
    /// # Panics
    /// If shapes or types do not fit, a setting is 0, or no window fits.
    ///
    /// ```
    /// use retrograd::{functional::{Conv2dOptions, conv2d}, ones};
    /// let (x, w) = (ones([1, 3, 5, 5]), ones([2, 3, 3, 3]));
    /// let y = conv2d(&x, &w, Some(&ones([2])), Conv2dOptions::new().padding(1));
    /// assert_eq!(y.shape(), [1, 2, 5, 5]);
    /// assert_eq!(y.i((0, 0, 2, 2)).item::<f32>(), 28.0);
    /// ```
    fn conv2d | try_conv2d(input: &Tensor, weight: &Tensor, bias: Option<&Tensor>, options: Conv2dOptions) -> Tensor {
        convolve("conv2d", input, weight, bias, options)
    }
}

#[cfg(test)]
fn plain_cases() -> Vec<Case> {
    let tensor = |shape: &[usize], salt| sample(shape, -1.0, 1.0, salt);
    let case = |x: &[usize], w: &[usize], options: Conv2dOptions| {
        let inputs = [tensor(x, 0), tensor(w, 1), tensor(&w[..1], 2)];
        Case::new(inputs, move |x| {
            conv2d(&x[0], &x[1], Some(&x[2]), options).pow(2)
        })
    };
    let options = Conv2dOptions::new;
    vec![
        case(
            &[2, 1, 3, 3],
            &[2, 1, 2, 2],
            options().padding([1, 0]).stride((2, 1)),
        ),
        case(
            &[1, 2, 3, 4],
            &[2, 1, 2, 2],
            options()
                .padding(super::conv_options::Padding::Same)
                .dilation([1, 2])
                .groups(2),
        ),
        case(&[2, 2, 2], &[2, 2, 1, 1], options()),
        case(&[0, 1, 2, 2], &[1, 1, 2, 2], options()),
        Case::new([tensor(&[2, 2, 4], 0), tensor(&[2, 2, 2], 1)], |x| {
            conv1d(
                &x[0],
                &x[1],
                None,
                Conv1dOptions::new().stride(2).padding(1),
            )
            .pow(2)
        }),
    ]
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Convolution>("nn.functional.conv1d", "functional::conv1d"),
        Operator::node::<Convolution>("nn.functional.conv2d", "functional::conv2d")
            .and::<ConvolutionWeight>(),
    ]
}
