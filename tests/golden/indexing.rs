//! `x[index]`, its gradient, and `x[index] = -1`.

use super::tensors::{sizes, tensor};
use crate::close::assert_close;
use crate::common::{golden, numbers};
use retrograd::prelude::*;
use retrograd::{DType, Index};
use serde_json::Value;

fn component(value: &Value) -> Index {
    match value.as_str() {
        Some("ellipsis") => return Index::Ellipsis,
        Some("newaxis") => return Index::NewAxis,
        Some(other) => panic!("no component {other:?}"),
        None => {}
    }
    if let Some(at) = value.get("int") {
        return Index::At(at.as_i64().unwrap());
    }
    if let Some(slice) = value.get("slice") {
        let step = slice[2].as_i64().unwrap_or(1) as usize;
        return Index::Slice {
            start: slice[0].as_i64(),
            stop: slice[1].as_i64(),
            step,
        };
    }
    let (of, dtype) = match value.get("mask") {
        Some(mask) => (mask, DType::Bool),
        None => (&value["positions"], DType::I64),
    };
    Index::Tensor(tensor(&of["shape"], &of["data"], dtype))
}

#[test]
fn indexing_agrees() {
    let Some(file) = golden("indexing.json") else {
        return;
    };
    for case in file["cases"].as_array().expect("a list") {
        let shape = sizes(&case["shape"]);
        let count = shape.iter().product::<usize>();
        let x = (arange(count).double() + 1)
            .reshape(shape)
            .detach()
            .requires_grad_();
        let index: Vec<Index> = case["index"]
            .as_array()
            .unwrap()
            .iter()
            .map(component)
            .collect();
        let what = format!("{} {}", case["shape"], case["index"]);
        if let Some(error) = case.get("error") {
            let ours = x.try_i(index).expect_err(&what).to_string();
            let theirs = error.as_str().unwrap().to_lowercase();
            assert!(
                ours.to_lowercase().contains(&theirs),
                "{what}: {ours}\nPyTorch: {theirs}"
            );
            continue;
        }
        let out = x.i(index.clone());
        assert_eq!(out.shape(), sizes(&case["out_shape"]), "{what}");
        assert_close(
            &out.to_vec::<f64>(),
            &numbers(&case["out"]),
            0.0,
            0.0,
            &what,
        );
        if let Some(expected) = case.get("grad") {
            let cotangent = (arange(out.numel()).double() + 1).reshape(out.shape());
            out.backward_with(&cotangent);
            assert_close(
                &x.grad().unwrap().to_vec::<f64>(),
                &numbers(expected),
                0.0,
                0.0,
                &what,
            );
        }
        let assigned = x.detach().copy();
        assigned.index_put_(index, -1);
        assert_close(
            &assigned.to_vec::<f64>(),
            &numbers(&case["assigned_minus_one"]),
            0.0,
            0.0,
            &what,
        );
    }
}
