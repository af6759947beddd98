//! Modules against PyTorch's: first values, printed form, output, gradients, statistics and names.

mod build;
mod python;

use crate::close::assert_close;
use crate::common::{golden, number, numbers};
use build::build;
use python::{Py, parse};
use retrograd::{DType, Tensor, linspace, manual_seed, randint, randn};
use serde_json::Value;

/// What stands in the file as `torch.randn(5, 4)`, drawn here.
fn draw(text: &str) -> Tensor {
    let Py::Call(call) = parse(text) else {
        panic!("{text} is no call")
    };
    let sizes = |args: &[Py]| {
        args.iter()
            .flat_map(Py::numbers)
            .map(|size| size as usize)
            .collect::<Vec<_>>()
    };
    match call.name.as_str() {
        "randn" => randn(sizes(call.args())),
        "rand" => retrograd::rand(sizes(call.args())),
        "randint" => {
            let bounds = [call.size(0, "low"), call.size(1, "high")];
            randint(bounds[0] as i64, bounds[1] as i64, sizes(&call.args()[2..]))
        }
        other => panic!("{other} draws nothing"),
    }
}

fn check(actual: &Tensor, expected: &Value, what: &str) {
    let shape: Vec<usize> = numbers(&expected["shape"])
        .iter()
        .map(|&n| n as usize)
        .collect();
    assert_eq!(actual.shape(), shape, "{what}: shape");
    let values = actual.detach().to(DType::F64).to_vec::<f64>();
    assert_close(&values, &numbers(&expected["data"]), 1e-5, 1e-5, what);
}

fn names(map: &Value) -> Vec<&str> {
    map.as_object()
        .expect("a map")
        .keys()
        .map(String::as_str)
        .collect()
}

fn run(case: &Value, seed: u64) {
    let text = case["module"].as_str().expect("a constructor");
    let what = |part: &str| format!("{text}: {part}");
    manual_seed(seed);
    let built = build(&parse(text));
    let module = built.module();
    let trains = case["train"] == true;
    match trains {
        true => module.train(),
        false => module.eval(),
    }
    assert_eq!(
        module.to_string(),
        case["printed"].as_str().unwrap_or_default(),
        "{text}"
    );
    let state = module.state_dict();
    assert_eq!(state.names(), names(&case["state_dict"]), "{text}");
    for name in state.names() {
        check(
            state.get(name).expect("it is named"),
            &case["state_dict"][name],
            &what(name),
        );
    }
    let drawn = case["inputs"]
        .as_array()
        .expect("a list")
        .iter()
        .map(|input| {
            let drawn = draw(input["drawn"].as_str().expect("how it was drawn"));
            check(&drawn, input, &what("input"));
            match drawn.dtype().is_float() {
                true => drawn.requires_grad_(),
                false => drawn,
            }
        });
    let inputs: Vec<Tensor> = drawn.collect();
    let out = built.forward(&inputs);
    check(&out, &case["output"], &what("output"));
    let weights = linspace(-1.0, 1.0, out.numel()).reshape(out.shape());
    (&out * weights).sum().backward();
    for name in names(&case["grads"]) {
        let grad = module
            .parameter(name)
            .and_then(|parameter| parameter.grad());
        check(
            &grad.unwrap_or_else(|| panic!("{text}: {name} has no gradient")),
            &case["grads"][name],
            &what(name),
        );
    }
    let grads = case["input_grads"].as_array().expect("a list");
    for (input, expected) in inputs
        .iter()
        .zip(grads)
        .filter(|(_, expected)| !expected.is_null())
    {
        check(
            &input.grad().expect("an input's gradient"),
            expected,
            &what("input gradient"),
        );
    }
    // The file counts the passes after which its statistics were read.
    let passes = match &case["state_after"]["num_batches_tracked"] {
        Value::Null => 0.0,
        count => number(&count["data"][0]),
    };
    let seen = || {
        module
            .named_buffers()
            .into_iter()
            .find(|(name, _)| name.ends_with("num_batches_tracked"))
    };
    while seen().is_some_and(|(_, seen)| trains && (seen.item::<i64>() as f64) < passes) {
        built.forward(&inputs);
    }
    let after = module.state_dict();
    for name in names(&case["state_after"]) {
        check(
            after.get(name).expect("a buffer"),
            &case["state_after"][name],
            &what(name),
        );
    }
}

#[test]
fn modules_begin_print_compute_and_learn_as_pytorchs() {
    let Some(golden) = golden("modules.json") else {
        return;
    };
    let seed = golden["seed"].as_u64().expect("a seed");
    let cases = golden["cases"].as_array().expect("a list");
    for case in cases {
        run(case, seed);
    }
    println!("modules: {} passed", cases.len());
}
