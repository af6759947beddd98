//! Operands brought to one type before they meet.

use crate::shape::Dims;
use crate::tensor::create::filled;
use crate::tensor::{Arg, Number};
use crate::{DType, Tensor};

/// An operand as a tensor of `dtype`; a number has no axes.
#[track_caller]
pub(crate) fn in_type(arg: Arg<'_>, dtype: DType) -> Tensor {
    match arg {
        Arg::Tensor(tensor) => tensor.to(dtype),
        Arg::Number(number) => filled(Dims::new(), number, dtype),
    }
}

/// A factor that the result's type can hold: integers take no fraction, `bool` knows 0 and the rest.
pub(crate) fn factor(
    op: &'static str,
    argument: &'static str,
    value: Number,
    dtype: DType,
) -> crate::Result<Number> {
    match (dtype, value) {
        (DType::I64 | DType::Bool, Number::Float(value)) => Err(crate::Error::InvalidArgument {
            op,
            argument,
            value: value.to_string(),
            problem: format!("the result holds {dtype}, which takes no floating-point factor"),
            cure: "Give a whole number, or cast a tensor first, with `.to(F32)`.".into(),
        }),
        (DType::Bool, value) => Ok(Number::Bool(value.as_f64() != 0.0)),
        (_, value) => Ok(value),
    }
}
