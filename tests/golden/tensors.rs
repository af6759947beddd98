//! Tensors from golden figures.

use crate::common::numbers;
use retrograd::{DType, Tensor};
use serde_json::Value;

/// The type that a golden file names, such as `f32`.
pub(crate) fn dtype(name: &str) -> DType {
    match name {
        "f32" => DType::F32,
        "f64" => DType::F64,
        "i64" => DType::I64,
        "bool" => DType::Bool,
        other => panic!("no type {other:?}"),
    }
}

pub(crate) fn sizes(shape: &Value) -> Vec<usize> {
    numbers(shape).iter().map(|&size| size as usize).collect()
}

/// A tensor of `shape` and `data`, through f64 or, where that would round, i64.
pub(crate) fn tensor(shape: &Value, data: &Value, dtype: DType) -> Tensor {
    let shape = sizes(shape);
    if data == "arange" {
        return retrograd::arange(shape.iter().product::<usize>())
            .reshape(shape)
            .to(dtype);
    }
    if dtype == DType::I64 {
        let values = data
            .as_array()
            .expect("a list")
            .iter()
            .map(|v| v.as_i64().expect("an integer"));
        return Tensor::from_vec(values.collect::<Vec<i64>>(), shape);
    }
    Tensor::from_vec(numbers(data), shape).to(dtype)
}
