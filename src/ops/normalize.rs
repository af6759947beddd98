//! Values brought to mean 0 and variance 1 over some of their axes, and scaled and shifted by weights.

#[cfg(test)]
use super::case::{Case, sample};
use crate::dtype::with_float;
use crate::error::{Error, Result};
use crate::kernels::norm::{Frame, Moments, Scales};
use crate::shape::Dims;
use crate::tape::trace;
use crate::tape::{Cx, Op, Saved, is_grad_enabled};
use crate::tensor::storage::Data;
use crate::{Operand, Tensor};
use smallvec::SmallVec;

/// What every normalisation is told: weights and the number under the root.
#[derive(Clone, Copy)]
pub(crate) struct Affine<'a> {
    pub(crate) weight: Option<&'a Tensor>,
    pub(crate) bias: Option<&'a Tensor>,
    pub(crate) eps: f64,
}

impl Affine<'_> {
    /// Refuses weights of another shape or type than the input's.
    pub(crate) fn check(&self, op: &'static str, x: &Tensor, shape: &[usize]) -> Result<()> {
        super::mean::check_float(op, x)?;
        for (name, tensor) in [("weight", self.weight), ("bias", self.bias)] {
            let Some(tensor) = tensor else { continue };
            if tensor.shape() != shape {
                return Err(Error::Shape {
                    op,
                    problem: format!(
                        "a {name} of shape {:?} for an input of shape {:?}",
                        tensor.shape(),
                        x.shape()
                    ),
                    cure: format!("Give one of shape {shape:?}."),
                });
            }
            if tensor.dtype() != x.dtype() {
                return Err(Error::DType {
                    op,
                    problem: format!(
                        "the input holds {} and the {name} {}",
                        x.dtype(),
                        tensor.dtype()
                    ),
                    cure: "Cast one of them, so that all have one type.".into(),
                });
            }
        }
        Ok(())
    }
}

/// `(x - mean) / sqrt(variance + eps) * weight + bias`, with mean and variance of the input itself.
pub(crate) struct Normalize {
    input: Saved,
    weight: Option<Saved>,
    frame: Frame,
    eps: f64,
    /// The rows' means, and the roots of their variances inverted.
    mean: Tensor,
    scale: Tensor,
}

/// The axes over which a row's moments are taken, in the shape that [`Normalize::shape`] gives.
const MOMENTS: [i64; 3] = [0, 3, 4];
/// The axes along which a weight stays the same.
const SHARED: [i64; 3] = [0, 1, 4];

impl Normalize {
    /// `[outer, rows / groups, groups, weights of a row, run]`.
    fn shape(frame: &Frame) -> [usize; 5] {
        let groups = frame.groups.max(1);
        [
            frame.outer,
            frame.rows / groups,
            groups,
            frame.len / frame.run.max(1),
            frame.run,
        ]
    }

    /// Which inputs the weight and the bias are.
    fn places(&self) -> (usize, usize) {
        match self.weight {
            Some(_) => (1, 2),
            None => (usize::MAX, 1),
        }
    }

    /// All gradients by kernels of their own, where nothing is recorded.
    fn at_once(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let x = cx.saved(&self.input)?;
        let weight = self
            .weight
            .as_ref()
            .map(|weight| cx.saved(weight))
            .transpose()?;
        let (at_weight, at_bias) = self.places();
        let wanted = (cx.wants(0), cx.wants(at_weight) || cx.wants(at_bias));
        let frame = self.frame;
        let operands = [
            Some(&x),
            Some(grad),
            Some(&self.mean),
            Some(&self.scale),
            weight.as_ref(),
        ];
        let operands: SmallVec<[&Tensor; 5]> = operands.into_iter().flatten().collect();
        let [slope, slopes, levels] = trace::computed(&operands, move |x| slopes(x, frame, wanted));
        if cx.wants(0) {
            cx.put(0, slope);
        }
        for (at, sums) in [(at_weight, slopes), (at_bias, levels)] {
            if cx.wants(at) {
                cx.put(at, sums.try_reshape(cx.input_shape(at))?);
            }
        }
        Ok(())
    }

    /// The input with mean 0 and variance 1, and the factor that brought it there. While recording both depend on
    /// the input.
    fn standard(&self, x: &Tensor) -> Result<(Tensor, Tensor)> {
        if !x.requires_grad() {
            return Ok((
                x.try_sub(&self.mean)?.try_mul(&self.scale)?,
                self.scale.clone(),
            ));
        }
        let centred = x.try_sub(x.try_mean_keepdim(MOMENTS)?)?;
        let variance = centred.square().try_mean_keepdim(MOMENTS)?;
        let scale = variance.try_add(self.eps)?.rsqrt();
        Ok((centred.try_mul(&scale)?, scale))
    }
}

impl Op for Normalize {
    const NAME: &'static str = "NativeLayerNormBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        if !is_grad_enabled() {
            return self.at_once(grad, cx);
        }
        let shape = Self::shape(&self.frame);
        let grad = grad.try_reshape(shape)?;
        let (at_weight, at_bias) = self.places();
        if cx.wants(0) || cx.wants(at_weight) {
            let (standard, scale) = self.standard(&cx.saved(&self.input)?.try_reshape(shape)?)?;
            if cx.wants(at_weight) {
                let sum = grad.try_mul(&standard)?.try_sum_dim(SHARED)?;
                cx.put(at_weight, sum.try_reshape(cx.input_shape(at_weight))?);
            }
            cx.give(0, |cx| {
                let weighted = match &self.weight {
                    Some(weight) => grad.try_mul(
                        cx.saved(weight)?
                            .try_reshape([1, 1, shape[2], shape[3], 1])?,
                    )?,
                    None => grad.clone(),
                };
                let along = weighted.try_mul(&standard)?.try_mean_keepdim(MOMENTS)?;
                let level = weighted.try_mean_keepdim(MOMENTS)?;
                let slope = weighted
                    .try_sub(level)?
                    .try_sub(standard.try_mul(along)?)?
                    .try_mul(&scale)?;
                slope.try_reshape(cx.input_shape(0))
            })?;
        }
        cx.give(at_bias, |cx| {
            grad.try_sum_dim(SHARED)?
                .try_reshape(cx.input_shape(at_bias))
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |shape: &[usize], frame: Frame| {
            let weights = frame.groups * frame.len / frame.run;
            let inputs = [
                sample(shape, -1.0, 1.0, 0),
                sample(&[weights], 0.5, 1.5, 1),
                sample(&[weights], -1.0, 1.0, 2),
            ];
            let normalized = move |x: &[Tensor], full: bool| {
                let affine = Affine {
                    weight: full.then(|| &x[1]),
                    bias: full.then(|| &x[2]),
                    eps: 0.1,
                };
                normalize(&x[0], frame, affine).0.pow(2)
            };
            [
                Case::new(inputs.clone(), move |x| normalized(x, true)),
                Case::new(inputs[..1].to_vec(), move |x| normalized(x, false)),
            ]
        };
        let frame = |outer, rows, len, groups, run| Frame {
            outer,
            rows,
            len,
            groups,
            run,
        };
        [
            case(&[2, 3], frame(1, 2, 3, 1, 1)),
            case(&[3, 2, 2], frame(3, 2, 2, 2, 2)),
            case(&[2, 4, 1], frame(1, 4, 2, 2, 1)),
            case(&[0, 2], frame(1, 0, 2, 1, 1)),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// The gradients of the input, and of weight and bias as flat sums, from the input, the result's gradient, the means, the
/// scales and what there is of a weight; empty where they are not wanted.
fn slopes(operands: &[&Tensor], frame: Frame, wanted: (bool, bool)) -> [Tensor; 3] {
    let (x, grad, mean, scale) = (operands[0], operands[1], operands[2], operands[3]);
    with_float!(x.dtype(), T => {
        let (values, grads) = (x.values::<T>(), grad.values::<T>());
        let (mean, scale) = (mean.values::<T>(), scale.values::<T>());
        let by = Scales { mean: &mean, scale: &scale };
        let weight = operands.get(4).map(|weight| weight.values::<T>());
        let (slope, sums) = frame.slopes(&values, &grads, by, weight.as_deref(), wanted);
        let flat = |data: Data<T>| Tensor::from_data(Dims::from_slice(&[data.len()]), data);
        let none = || Data::scratch(0);
        let [slopes, levels] = sums.unwrap_or_else(|| [none(), none()]).map(flat);
        let slope = match slope {
            Some(slope) => Tensor::from_data(x.shape().into(), slope),
            None => flat(none()),
        };
        [slope, slopes, levels]
    }, else unreachable!("only floats come here"))
}

/// The values of [`normalize`] for the input and what there is of weight and bias.
fn normalized(operands: &[&Tensor], frame: Frame, has_weight: bool, eps: f64) -> [Tensor; 3] {
    let x = operands[0];
    let (weight, bias) = match has_weight {
        true => (operands.get(1), operands.get(2)),
        false => (None, operands.get(1)),
    };
    let groups = frame.groups.max(1);
    let of_rows = Dims::from_slice(&[1, frame.rows / groups, groups, 1, 1]);
    with_float!(x.dtype(), T => {
        let values = x.values::<T>();
        let [weight, bias] = [weight, bias].map(|tensor| tensor.map(|tensor| tensor.values::<T>()));
        let (data, moments): (_, Vec<Moments<T>>) =
            frame.normalize(&values, eps as T, weight.as_deref(), bias.as_deref());
        let pick = |of: fn(&Moments<T>) -> T| {
            let mut data = Data::<T>::scratch(moments.len());
            data.make_mut().iter_mut().zip(&moments).for_each(|(out, moments)| *out = of(moments));
            Tensor::from_data(of_rows.clone(), data)
        };
        [Tensor::from_data(x.shape().into(), data), pick(|m| m.mean), pick(|m| m.variance)]
    }, else unreachable!("only floats come here"))
}

/// The normalised input, with the means and the variances of its rows.
#[track_caller]
pub(crate) fn normalize(x: &Tensor, frame: Frame, affine: Affine<'_>) -> (Tensor, Tensor, Tensor) {
    let eps = affine.eps;
    let has_weight = affine.weight.is_some();
    let tensors = [Some(x), affine.weight, affine.bias];
    let operands: SmallVec<[&Tensor; 3]> = tensors.into_iter().flatten().collect();
    let again = move |x: &[&Tensor]| normalized(x, frame, has_weight, eps);
    let [out, mean, variance] = trace::computed(&operands, again);
    let inputs: SmallVec<[_; 3]> = operands.iter().map(|tensor| tensor.arg()).collect();
    let out = out.into_inner().record(&inputs, |_| Normalize {
        input: Saved::input(x),
        weight: affine.weight.map(Saved::input),
        frame,
        eps: affine.eps,
        mean: mean.clone(),
        scale: (&variance + affine.eps).sqrt().reciprocal(),
    });
    (out, mean, variance)
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    Vec::new()
}
