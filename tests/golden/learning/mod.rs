//! Every case of `learning.json`: loaders, splits and folds, metrics, scalers, logistic regression.

mod loaders;
mod logistic;
mod metrics;
mod preprocessing;
mod splits;

use crate::common::{golden, numbers};
use retrograd::Tensor;
use serde_json::Value;

/// Runs `check` on the file's list of that name.
fn each(section: &str, check: impl Fn(u64, &Value)) {
    let Some(file) = golden("learning.json") else {
        return;
    };
    let mut checked = 0;
    for part in sections(&file) {
        let seed = part["seed"].as_u64().expect("a seed");
        let Some(cases) = part[section].as_array() else {
            continue;
        };
        checked += cases.len();
        cases.iter().for_each(|case| check(seed, case));
    }
    if checked == 0 {
        println!("skipped: learning.json has no {section}");
    } else {
        println!("{section}: {checked} cases");
    }
}

/// The file is one section with its seed, or a list of them.
fn sections(file: &Value) -> Vec<&Value> {
    match file {
        Value::Array(parts) => parts.iter().collect(),
        one => vec![one],
    }
}

/// The numbers of a list as a f64 vector, of a list of lists as a matrix.
fn tensor(value: &Value) -> Tensor {
    let rows = value.as_array().expect("a list");
    let values = numbers(value);
    match rows.first().and_then(Value::as_array) {
        Some(first) => Tensor::from_vec(values, [rows.len(), first.len()]),
        None => Tensor::from(values),
    }
}

/// A list of whole numbers.
fn whole(value: &Value) -> Vec<usize> {
    let items = value.as_array().expect("a list").iter();
    items
        .map(|item| item.as_u64().expect("a position") as usize)
        .collect()
}

fn labels(value: &Value) -> Tensor {
    let items = value.as_array().expect("a list").iter();
    items.map(|item| item.as_i64().expect("a label")).collect()
}

/// A list of lists of whole numbers.
fn parts(value: &Value) -> Vec<Vec<usize>> {
    value
        .as_array()
        .expect("a list")
        .iter()
        .map(whole)
        .collect()
}
