//! Calls that PyTorch refuses: the crate refuses them with an error of its own, or its types leave no way to write
//! them, or it can do them.

#[path = "common/mod.rs"]
mod common;
#[path = "operators/mod.rs"]
mod operators;

use common::{number, numbers};
use operators::{Call, Outcome, Refusal, find};
use retrograd::Tensor;
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the crate does where PyTorch refuses.
struct Accepted {
    op: &'static str,
    /// Words of PyTorch's message.
    words: &'static str,
    /// Why there is a result.
    why: &'static str,
    /// Whether it is the right one.
    is_right: fn(&Value, &[Tensor]) -> bool,
}

const MANY_AXES: Accepted = Accepted {
    op: "",
    words: "up to 64 dims",
    why: "there is no limit on the number of axes",
    // All axes have size 1.
    is_right: |case, out| {
        let input = &case["input"]["tensor"];
        let rank = input["shape"].as_array().expect("a shape").len();
        out[0].rank() + 1 == rank && values(&out[0]) == numbers(&input["data"])
    },
};

const NUMBER: Accepted = Accepted {
    op: "",
    words: "must be Tensor, not int",
    why: "a number stands for a tensor of no axes",
    is_right: |_, _| false,
};

const ACCEPTED: &[Accepted] = &[
    Accepted {
        op: "amax",
        ..MANY_AXES
    },
    Accepted {
        op: "amin",
        ..MANY_AXES
    },
    Accepted {
        op: "maximum",
        is_right: |case, out| is(case, out, f64::max),
        ..NUMBER
    },
    Accepted {
        op: "minimum",
        is_right: |case, out| is(case, out, f64::min),
        ..NUMBER
    },
    Accepted {
        op: "logical_and",
        is_right: |case, out| is(case, out, |a, b| truth(a != 0.0 && b != 0.0)),
        ..NUMBER
    },
    Accepted {
        op: "logical_or",
        is_right: |case, out| is(case, out, |a, b| truth(a != 0.0 || b != 0.0)),
        ..NUMBER
    },
    Accepted {
        op: "logical_xor",
        is_right: |case, out| is(case, out, |a, b| truth((a != 0.0) != (b != 0.0))),
        ..NUMBER
    },
];

fn values(x: &Tensor) -> Vec<f64> {
    x.double().to_vec()
}

fn truth(holds: bool) -> f64 {
    f64::from(u8::from(holds))
}

/// Whether the result is `f` of each of the input's elements and the number beside it.
fn is(case: &Value, out: &[Tensor], f: fn(f64, f64) -> f64) -> bool {
    let other = number(&case["args"][0]);
    let input = numbers(&case["input"]["tensor"]["data"]);
    let expected: Vec<f64> = input.iter().map(|&x| f(x, other)).collect();
    values(&out[0]) == expected
}

fn call(case: &Value) -> Outcome {
    let op = case["op"].as_str().expect("a name");
    let Some(run) = find(op) else {
        return Err(Refusal::Forbidden("the crate has no such operator".into()));
    };
    let (call, _) = Call::new(case);
    let outcome = run(&call);
    match call.unread() {
        Some(name) if name == "out" => Err(Refusal::Forbidden(
            "results are returned, not written to `out`".into(),
        )),
        _ => outcome,
    }
}

/// Texts of panics that come from under the crate.
fn is_foreign(text: &str) -> bool {
    [
        "index out of bounds",
        "unwrap()",
        "ndarray",
        "overflow",
        "range end index",
        "slice",
        "assertion",
    ]
    .iter()
    .any(|part| text.contains(part))
}

#[test]
fn every_call_that_pytorch_refuses_is_refused_or_has_its_reason() {
    let Some(golden) = common::golden("errors.json") else {
        return;
    };
    let cases = golden.as_array().expect("a list");
    let (mut refused, mut forbidden, mut accepted, mut wrong) = (0, 0, 0, Vec::new());
    for (i, case) in cases.iter().enumerate() {
        let (op, message) = (
            case["op"].as_str().unwrap_or_default(),
            case["message"].as_str().unwrap_or_default(),
        );
        let mut complain = |how: String| wrong.push(format!("{i} {op}: {how}; PyTorch: {message}"));
        match catch_unwind(AssertUnwindSafe(|| call(case))) {
            Err(_) => complain("panics".into()),
            Ok(Err(Refusal::Error(error))) if is_foreign(&error.to_string()) => {
                complain(error.to_string())
            }
            Ok(Err(Refusal::Error(_))) => refused += 1,
            Ok(Err(Refusal::Forbidden(why) | Refusal::LeftOut(why))) => {
                forbidden += 1;
                println!("{i} {op}: {why}");
            }
            Ok(Ok(out)) => {
                let listed = |entry: &&Accepted| entry.op == op && message.contains(entry.words);
                match ACCEPTED.iter().find(listed) {
                    Some(entry) if (entry.is_right)(case, &out) => accepted += 1,
                    Some(entry) => complain(format!("is done, as {}, and wrong", entry.why)),
                    None => complain("gives a result".into()),
                }
            }
        }
    }
    println!(
        "bad input: {} calls, {refused} refused, {forbidden} forbidden by types, {accepted} can be done, {} wrong",
        cases.len(),
        wrong.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
