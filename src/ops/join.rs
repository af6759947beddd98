//! Several tensors as one.

#[cfg(test)]
use super::case::{Case, sample};
use super::slice::{Region, slice};
use crate::dtype::with_dtype;
use crate::error::{Error, OrPanic, Result};
use crate::shape::{self, Dims};
use crate::tape::trace;
use crate::tape::{Cx, Op, TensorList};
use crate::tensor::storage::Data;
use crate::tensor::{Arg, Inner, result_dtype};
use crate::{Operand, Tensor};

/// Tensors one after the other along an axis.
pub(crate) struct Cat {
    axis: usize,
    sizes: Vec<usize>,
}

impl Op for Cat {
    const NAME: &'static str = "CatBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let mut start = 0;
        for (i, &len) in self.sizes.iter().enumerate() {
            cx.give(i, |_| {
                Ok(slice(
                    grad,
                    Region {
                        axis: self.axis,
                        start,
                        len,
                        step: 1,
                    },
                ))
            })?;
            start += len;
        }
        Ok(())
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |shapes: [&[usize]; 2], axis: i64| {
            let inputs = [
                sample(shapes[0], -2.0, 2.0, 0),
                sample(shapes[1], -2.0, 2.0, 1),
            ];
            Case::new(inputs, move |x| cat(x, axis).pow(2))
        };
        vec![
            case([&[2], &[3]], 0),
            case([&[2, 3], &[2, 3]], 0),
            case([&[2, 1], &[2, 3]], -1),
            case([&[0, 2], &[1, 2]], 0),
        ]
    }
}

/// Tensors side by side along a new axis.
pub(crate) struct Stack {
    axis: i64,
}

impl Op for Stack {
    const NAME: &'static str = "StackBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        (0..grad.size(self.axis))
            .try_for_each(|i| cx.give(i, |_| grad.try_select(self.axis, i as i64)))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |shape: &[usize], axis: i64| {
            Case::new(
                [sample(shape, -2.0, 2.0, 0), sample(shape, -2.0, 2.0, 1)],
                move |x| stack(x, axis).pow(2),
            )
        };
        vec![
            case(&[], 0),
            case(&[3], 1),
            case(&[2, 3], -1),
            case(&[0, 2], 0),
        ]
    }
}

/// The values of tensors one after the other along an axis.
fn joined(parts: &[&Tensor], axis: usize) -> Inner {
    let args: Vec<Arg<'_>> = parts.iter().map(|part| part.arg()).collect();
    let dtype = parts
        .iter()
        .map(|part| part.dtype())
        .reduce(crate::promote_types)
        .unwrap_or_else(|| result_dtype(&args));
    let mut shape: Dims = parts[0].shape().into();
    shape[axis] = parts.iter().map(|part| part.shape()[axis]).sum();
    let outer: usize = shape[..axis].iter().product();
    with_dtype!(dtype, T => {
        let mut data = Data::<T>::scratch(shape.iter().product());
        let row = data.len() / outer.max(1);
        let mut from = 0;
        for part in args {
            let values = super::binary::load::<T>(part);
            let len = values.len() / outer.max(1);
            if len > 0 {
                let rows = data.make_mut().chunks_exact_mut(row).zip(values.chunks_exact(len));
                rows.for_each(|(out, values)| out[from..from + len].copy_from_slice(values));
            }
            from += len;
        }
        Inner::new(shape, data)
    })
}

fn none(op: &'static str) -> Error {
    Error::InvalidArgument {
        op,
        argument: "tensors",
        value: "[]".into(),
        problem: "there is nothing to join".into(),
        cure: "Give at least one tensor.".into(),
    }
}

/// Tensors one after the other along an axis, as `torch.cat`.
///
/// # Panics
/// If there is none, they have no such axis, or differ in another one; [`try_cat`] returns the error.
///
/// ```
/// use retrograd::prelude::*;
/// assert_eq!(retrograd::cat([&tensor![1.0], &tensor![2.0, 3.0]], 0), tensor![1.0, 2.0, 3.0]);
/// ```
#[track_caller]
pub fn cat(tensors: impl TensorList, axis: i64) -> Tensor {
    try_cat(tensors, axis).or_panic()
}

/// As [`cat`], with the error returned.
///
/// # Errors
/// If there is none, they have no such axis, or differ in another one.
#[track_caller]
pub fn try_cat(tensors: impl TensorList, axis: i64) -> Result<Tensor> {
    let tensors = tensors.tensors();
    // PyTorch lets an empty vector stand among tensors of any shape.
    let first = tensors
        .iter()
        .find(|t| t.shape() != [0])
        .or(tensors.first())
        .ok_or_else(|| none("cat"))?;
    if first.rank() == 0 {
        return Err(Error::Shape {
            op: "cat",
            problem: "0-d tensors have no axis along which to join".into(),
            cure: "Use `stack`, which makes a new axis.".into(),
        });
    }
    let axis = shape::axis("cat", axis, first.rank())?;
    let parts: Vec<&Tensor> = tensors
        .iter()
        .filter(|t| t.shape() != [0] || first.rank() == 1)
        .collect();
    for part in &parts {
        let same = |a: usize| a == axis || part.shape()[a] == first.shape()[a];
        if part.rank() != first.rank() || !(0..first.rank()).all(same) {
            return Err(Error::Shape {
                op: "cat",
                problem: format!(
                    "shapes {:?} and {:?} do not join along axis {axis}",
                    first.shape(),
                    part.shape()
                ),
                cure: "They must agree in every other axis.".into(),
            });
        }
    }
    let sizes = parts.iter().map(|part| part.shape()[axis]).collect();
    let args: Vec<Arg<'_>> = parts.iter().map(|part| part.arg()).collect();
    Ok(
        trace::computed_one(&parts, move |x| joined(x, axis))
            .record(&args, |_| Cat { axis, sizes }),
    )
}

/// Tensors of one shape side by side along a new axis, as `torch.stack`.
///
/// # Panics
/// If there is none, the axis is out of range, or the shapes differ; [`try_stack`] returns the error.
///
/// ```
/// use retrograd::prelude::*;
/// let rows = [tensor![1.0, 2.0], tensor![3.0, 4.0]];
/// assert_eq!(retrograd::stack(&rows, 0), tensor![[1.0, 2.0], [3.0, 4.0]]);
/// ```
#[track_caller]
pub fn stack(tensors: impl TensorList, axis: i64) -> Tensor {
    try_stack(tensors, axis).or_panic()
}

/// As [`stack`], with the error returned.
///
/// # Errors
/// If there is none, the axis is out of range, or the shapes differ.
#[track_caller]
pub fn try_stack(tensors: impl TensorList, axis: i64) -> Result<Tensor> {
    let tensors = tensors.tensors();
    let first = tensors.first().ok_or_else(|| none("stack"))?;
    if let Some(other) = tensors.iter().find(|t| t.shape() != first.shape()) {
        return Err(Error::Shape {
            op: "stack",
            problem: format!("shapes {:?} and {:?} differ", first.shape(), other.shape()),
            cure: "All tensors must have one shape; `cat` joins along an axis that exists.".into(),
        });
    }
    let at = shape::axis("stack", axis, first.rank() + 1)?;
    let raised: Vec<Tensor> = tensors
        .iter()
        .map(|t| t.detach().unsqueeze(at as i64))
        .collect();
    let parts: Vec<&Tensor> = raised.iter().collect();
    let args: Vec<Arg<'_>> = tensors.iter().map(|t| t.arg()).collect();
    Ok(trace::computed_one(&parts, move |x| joined(x, at))
        .record(&args, |_| Stack { axis: at as i64 }))
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Cat>("cat", "cat"),
        Operator::node::<Stack>("stack", "stack"),
    ]
}
