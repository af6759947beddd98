//! PyTorch's own operator samples: values, gradients and second-order gradients.
//!
//! `cargo test --release --test conformance` prints a line for each operator and a sum; `-- NAME ..` runs only these.

#[path = "common/mod.rs"]
mod common;
#[path = "operators/mod.rs"]
mod operators;

use common::{golden, golden_folder, is_close, numbers};
use operators::{Call, Refusal, Run, find};
use retrograd::{Tensor, grad};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::ExitCode;

/// How close is close: absolute, and relative to the figure.
#[derive(Clone, Copy)]
struct Tolerance {
    absolute: f64,
    relative: f64,
}
const FIRST: Tolerance = Tolerance {
    absolute: 1e-9,
    relative: 1e-7,
};
const SECOND: Tolerance = Tolerance {
    absolute: 1e-7,
    relative: 1e-6,
};

/// How a case ended, where it did not pass.
enum Miss {
    Failed(String),
    LeftOut(String),
}

fn check(actual: &Tensor, expected: &Value, tolerance: Tolerance, what: &str) -> Result<(), Miss> {
    let shape: Vec<usize> = numbers(&expected["shape"])
        .iter()
        .map(|&n| n as usize)
        .collect();
    if actual.shape() != shape {
        return Err(Miss::Failed(format!(
            "{what}: shape {:?}, expected {shape:?}",
            actual.shape()
        )));
    }
    let dtype = expected["dtype"].as_str().unwrap_or_default();
    // There is one integer type.
    let same_dtype = match dtype {
        "f32" | "f64" | "bool" => actual.dtype().to_string() == dtype,
        _ => actual.dtype() == retrograd::DType::I64,
    };
    if !same_dtype {
        return Err(Miss::Failed(format!(
            "{what}: type {}, expected {dtype}",
            actual.dtype()
        )));
    }
    let values = actual.detach().to(retrograd::DType::F64).to_vec::<f64>();
    let far = values.iter().zip(numbers(&expected["data"])).enumerate();
    let far = far.filter(|(_, (a, e))| !is_close(**a, *e, tolerance.relative, tolerance.absolute));
    match far.max_by(|(_, (a, e)), (_, (b, f))| (*a - e).abs().total_cmp(&(*b - f).abs())) {
        None => Ok(()),
        Some((i, (a, e))) => Err(Miss::Failed(format!(
            "{what}: {a:?} at {i}, expected {e:?}"
        ))),
    }
}

/// Checks gradients against figures, of which `null` means that there is none or that all are zero.
fn check_grads(
    actual: &[Option<Tensor>],
    expected: &Value,
    tolerance: Tolerance,
    what: &str,
) -> Result<(), Miss> {
    for (i, expected) in expected.as_array().expect("a list").iter().enumerate() {
        let what = format!("{what} {i}");
        let zero = |values: Vec<f64>| values.iter().all(|v| *v == 0.0);
        let fits = match (&actual[i], expected) {
            (None, Value::Null) => true,
            (None, expected) => zero(numbers(&expected["data"])),
            (Some(actual), Value::Null) => zero(actual.to_vec::<f64>()),
            (Some(actual), expected) => return_or(check(actual, expected, tolerance, &what))?,
        };
        if !fits {
            return Err(Miss::Failed(format!(
                "{what}: {:?}, expected {expected}",
                actual[i]
            )));
        }
    }
    Ok(())
}

fn return_or(result: Result<(), Miss>) -> Result<bool, Miss> {
    result.map(|()| true)
}

fn tensors(list: &Value) -> Vec<Tensor> {
    list.as_array()
        .expect("a list")
        .iter()
        .map(operators::call::tensor)
        .collect()
}

/// Values, first and second gradients of one case.
fn run(case: &Value, run: Run) -> Result<(), Miss> {
    let error = |error: retrograd::Error| Miss::Failed(error.to_string());
    let (call, leaves) = Call::new(case);
    let outputs = run(&call).map_err(|refusal| match refusal {
        Refusal::LeftOut(reason) => Miss::LeftOut(reason),
        Refusal::Forbidden(reason) => Miss::Failed(reason),
        Refusal::Error(refused) => error(refused),
    })?;
    if let Some(name) = call.unread() {
        return Err(Miss::Failed(format!("argument `{name}` is not read")));
    }
    let expected = case["outputs"].as_array().expect("a list");
    if outputs.len() != expected.len() {
        return Err(Miss::Failed(format!(
            "{} outputs, expected {}",
            outputs.len(),
            expected.len()
        )));
    }
    for (i, (actual, expected)) in outputs.iter().zip(expected).enumerate() {
        check(actual, expected, FIRST, &format!("output {i}"))?;
    }
    let Some(differentiable) = case
        .get("differentiable_outputs")
        .filter(|_| case.get("grads").is_some())
    else {
        return Ok(());
    };
    let cotangents = tensors(&case["cotangents"]);
    let chosen = numbers(differentiable)
        .into_iter()
        .map(|i| outputs[i as usize].clone());
    // An output that depends on no leaf has no graph, and its gradients are zero.
    let (roots, seeds): (Vec<_>, Vec<_>) = chosen
        .zip(cotangents)
        .filter(|(output, _)| output.requires_grad())
        .unzip();
    let second = case.get("second_order");
    let first = if roots.is_empty() {
        vec![None; leaves.len()]
    } else {
        let grads = grad(roots, &leaves)
            .grad_outputs(seeds)
            .create_graph(second.is_some());
        grads.allow_unused().try_run().map_err(error)?
    };
    check_grads(&first, &case["grads"], FIRST, "gradient")?;
    let Some(second) = second else { return Ok(()) };
    let of = numbers(&second["of_grads"])
        .into_iter()
        .map(|i| first[i as usize].clone());
    let (roots, seeds): (Vec<_>, Vec<_>) = of
        .zip(tensors(&second["cotangents"]))
        .filter_map(|(grad, seed)| grad.filter(Tensor::requires_grad).map(|grad| (grad, seed)))
        .unzip();
    let again = if roots.is_empty() {
        vec![None; leaves.len()]
    } else {
        grad(roots, &leaves)
            .grad_outputs(seeds)
            .allow_unused()
            .try_run()
            .map_err(error)?
    };
    check_grads(&again, &second["grads"], SECOND, "second gradient")
}

fn panic_text(panic: Box<dyn std::any::Any + Send>) -> String {
    let text = panic.downcast::<String>().map(|text| *text);
    text.or_else(|panic| panic.downcast::<&str>().map(|text| text.to_string()))
        .unwrap_or_else(|_| "a panic without text".into())
}

#[derive(Default)]
struct Count {
    passed: usize,
    failed: usize,
    left_out: usize,
}

/// Runs one operator's cases and prints how they ended.
fn operator(name: &str, cases: &[Value]) -> Count {
    let mut count = Count::default();
    let (mut failures, mut reasons) = (Vec::new(), Vec::new());
    for (i, case) in cases.iter().enumerate() {
        let result = match find(name) {
            None => Err(Miss::LeftOut("the crate has no such operator".into())),
            Some(function) => catch_unwind(AssertUnwindSafe(|| run(case, function)))
                .unwrap_or_else(|panic| Err(Miss::Failed(panic_text(panic)))),
        };
        match result {
            Ok(()) => count.passed += 1,
            Err(Miss::Failed(why)) => {
                count.failed += 1;
                failures.push(format!("    case {i} {}: {why}", case["variant"]));
            }
            Err(Miss::LeftOut(why)) => {
                count.left_out += 1;
                reasons.push(format!("    left out: {why}"));
            }
        }
    }
    println!(
        "{name}: {} passed, {} failed, {} left out",
        count.passed, count.failed, count.left_out
    );
    reasons.dedup();
    failures
        .iter()
        .chain(&reasons)
        .for_each(|line| println!("{line}"));
    count
}

fn main() -> ExitCode {
    let chosen: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    let folder = golden_folder().join("ops");
    let Ok(entries) = std::fs::read_dir(&folder) else {
        println!("skipped: {} is missing", folder.display());
        return ExitCode::SUCCESS;
    };
    let mut files: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| name.ends_with(".json"))
        .collect();
    files.sort();
    std::panic::set_hook(Box::new(|_| {}));
    let (mut operators, mut sum) = (0, Count::default());
    for file in files {
        let Some(golden) = golden(&format!("ops/{file}")) else {
            continue;
        };
        let name = golden["op"].as_str().expect("a name");
        if !chosen.is_empty() && !chosen.iter().any(|part| name.contains(part.as_str())) {
            continue;
        }
        let count = operator(name, golden["cases"].as_array().expect("a list"));
        operators += 1;
        sum.passed += count.passed;
        sum.failed += count.failed;
        sum.left_out += count.left_out;
    }
    println!(
        "conformance: {operators} operators, {} passed, {} failed, {} left out",
        sum.passed, sum.failed, sum.left_out
    );
    if sum.failed == 0 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
