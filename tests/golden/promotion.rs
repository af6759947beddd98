//! The types that operators give, and what they refuse.

use super::tensors::dtype;
use crate::common::golden;
use retrograd::{DType, Result, Tensor, cat, prelude::*};
use serde_json::Value;

enum Side {
    Tensor(Tensor),
    Float(f64),
    Int(i64),
    Bool(bool),
}

fn side(value: &Value) -> Side {
    let (kind, name) = (value[0].as_str().unwrap(), value[1].as_str().unwrap());
    match (kind, name) {
        ("tensor", name) => Side::Tensor(retrograd::ones_dtype([3], dtype(name))),
        ("0d", name) => Side::Tensor(retrograd::ones_dtype((), dtype(name))),
        ("scalar", "float") => Side::Float(1.0),
        ("scalar", "int") => Side::Int(1),
        ("scalar", "bool") => Side::Bool(true),
        other => panic!("no operand {other:?}"),
    }
}

/// Calls a method with whatever stands on the right.
macro_rules! right {
    ($a:expr, $method:ident, $b:expr) => {
        match $b {
            Side::Tensor(b) => $a.$method(b),
            Side::Float(b) => $a.$method(*b),
            Side::Int(b) => $a.$method(*b),
            Side::Bool(b) => $a.$method(*b),
        }
    };
}

fn binary(op: &str, a: &Tensor, b: &Side) -> Result<Tensor> {
    let tensor = || match b {
        Side::Tensor(b) => b.clone(),
        _ => panic!("{op} takes tensors"),
    };
    match op {
        "add" => right!(a, try_add, b),
        "sub" => right!(a, try_sub, b),
        "mul" => right!(a, try_mul, b),
        "div" => right!(a, try_div, b),
        "pow" => right!(a, try_pow, b),
        "remainder" => right!(a, try_remainder, b),
        "floor_divide" => right!(a, try_floor_divide, b),
        "maximum" => right!(a, try_maximum, b),
        "minimum" => right!(a, try_minimum, b),
        "eq" => right!(a, try_eq, b),
        "lt" => right!(a, try_lt, b),
        "logical_and" => right!(a, try_logical_and, b),
        "atan2" => a.try_atan2(&tensor()),
        "matmul" => a
            .try_reshape([1, 1])?
            .try_matmul(&tensor().try_reshape([1, 1])?),
        "cat" => retrograd::try_cat([a.try_reshape([1])?, tensor().try_reshape([1])?], 0),
        "where" => {
            let condition = tensor![true, false, true];
            match b {
                Side::Tensor(b) => Tensor::try_where(&condition, a, b),
                Side::Float(b) => Tensor::try_where(&condition, a, *b),
                Side::Int(b) => Tensor::try_where(&condition, a, *b),
                Side::Bool(b) => Tensor::try_where(&condition, a, *b),
            }
        }
        other => panic!("no operator {other:?}"),
    }
}

fn unary(op: &str, a: &Tensor) -> Result<Tensor> {
    Ok(match op {
        "abs" => return a.try_abs(),
        "neg" => return a.try_neg(),
        "sign" => a.sign(),
        "exp" => a.exp(),
        "log" => a.log(),
        "sqrt" => a.sqrt(),
        "sin" => a.sin(),
        "tanh" => a.tanh(),
        "sigmoid" => a.sigmoid(),
        "floor" => return a.try_floor(),
        "round" => return a.try_round(),
        "square" => a.square(),
        "reciprocal" => a.reciprocal(),
        "logical_not" => a.logical_not(),
        "isnan" => a.isnan(),
        "ones_like" => a.ones_like(),
        "sum" => a.sum(),
        "prod" => a.prod(),
        "mean" => return a.try_mean(),
        "std" => return a.try_std(),
        "max" => return a.try_max(),
        "argmax" => return a.try_argmax(),
        "all" => return a.try_all(),
        "any" => return a.try_any(),
        "cumsum" => return a.try_cumsum(0),
        other => panic!("no operation {other:?}"),
    })
}

#[test]
fn types_are_promoted_as_in_pytorch() {
    let Some(file) = golden("promotion.json") else {
        return;
    };
    let mut wrong = Vec::new();
    for row in file["rows"].as_array().expect("a list") {
        let op = row["op"].as_str().unwrap();
        // Python finds a forgotten argument when it runs; here such a call does not compile.
        if row["error"]
            .as_str()
            .is_some_and(|error| error.contains("missing 1 required"))
        {
            continue;
        }
        let Side::Tensor(lhs) = side(&row["lhs"]) else {
            panic!("a number on the left: {row}")
        };
        let found = match row.get("rhs") {
            Some(rhs) => binary(op, &lhs, &side(rhs)),
            None => unary(op, &lhs),
        };
        let agrees = match (&found, row.get("dtype")) {
            (Ok(out), Some(name)) => out.dtype() == dtype(name.as_str().unwrap()),
            (Err(_), None) => true,
            _ => false,
        };
        if !agrees {
            wrong.push(format!("{row}: {:?}", found.map(|out| out.dtype())));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} rows differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

#[test]
fn joining_promotes_over_all_parts() {
    let out = cat([tensor![1], tensor![0.5], tensor![true]], 0);
    assert_eq!(out.dtype(), DType::F32);
}
