//! `x w^T + b`, a layer's sum.

#[cfg(test)]
use super::case::{Case, sample};
use crate::Tensor;
use crate::error::{Error, OrPanic, Result};

/// `input weight^T + bias`: input `[.., in]`, weight `[out, in]` or `[in]`, bias `[out]` or `[]`, result `[.., out]` or
/// `[..]`.
///
/// # Panics
/// If the shapes do not fit or the element types differ; [`try_linear`] returns the error.
///
/// ```
/// use retrograd::{functional::linear, prelude::*};
/// let (w, b) = (tensor![[1.0, 2.0], [3.0, 4.0]], tensor![0.5, 0.0]);
/// assert_eq!(linear(&tensor![[1.0, 1.0]], &w, Some(&b)), tensor![[3.5, 7.0]]);
/// ```
#[track_caller]
pub fn linear(input: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Tensor {
    try_linear(input, weight, bias).or_panic()
}

/// As [`linear`], with the error returned.
///
/// # Errors
/// If the shapes do not fit or the element types differ.
#[track_caller]
pub fn try_linear(input: &Tensor, weight: &Tensor, bias: Option<&Tensor>) -> Result<Tensor> {
    const OP: &str = "linear";
    let features = weight.shape().last();
    if input.rank() == 0 || !(1..=2).contains(&weight.rank()) || input.shape().last() != features {
        return Err(Error::Shape {
            op: OP,
            problem: format!(
                "an input of shape {:?} does not meet a weight of shape {:?}",
                input.shape(),
                weight.shape()
            ),
            cure: "The weight is [out, in], and the input's last axis has as many features as it takes: check the \
                   layer's in_features."
                .into(),
        });
    }
    let product = match weight.rank() {
        1 => input.try_matmul(weight)?,
        _ => input.try_matmul(&weight.try_t()?)?,
    };
    let Some(bias) = bias else { return Ok(product) };
    if bias.dtype() != product.dtype() {
        return Err(Error::DType {
            op: OP,
            problem: format!(
                "the bias holds {} and the input {}",
                bias.dtype(),
                product.dtype()
            ),
            cure: format!(
                "Cast one of them, for example with `.to(DType::{:?})`.",
                product.dtype()
            ),
        });
    }
    if crate::shape::broadcast(OP, bias.shape(), product.shape())?[..] != *product.shape() {
        return Err(Error::Shape {
            op: OP,
            problem: format!(
                "a bias of shape {:?} for a result of shape {:?}",
                bias.shape(),
                product.shape()
            ),
            cure: "The bias has one element for each output: [out].".into(),
        });
    }
    product.try_add(bias)
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let case = |shapes: [&[usize]; 3]| {
        let inputs = [0, 1, 2].map(|i| sample(shapes[i], -1.0, 1.0, i));
        Case::new(inputs, |x| linear(&x[0], &x[1], Some(&x[2])).pow(2))
    };
    vec![Operator::new(
        "nn.functional.linear",
        "functional::linear",
        [
            case([&[2, 3], &[2, 3], &[2]]),
            case([&[3], &[2, 3], &[2]]),
            case([&[2, 1, 3], &[3], &[]]),
        ],
    )]
}
