//! Calls that PyTorch refuses: the crate refuses them with an error of its own, or its types leave no way to write
//! them, or it can do them.

#[path = "common/mod.rs"]
mod common;
#[path = "operators/mod.rs"]
mod operators;

use operators::{Call, Outcome, Refusal, find};
use serde_json::Value;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// What the crate does where PyTorch refuses: the operator, words of PyTorch's message, and why the result is right.
const ACCEPTED: &[(&str, &str, &str)] = &[
    (
        "amax",
        "up to 64 dims",
        "there is no limit on the number of axes",
    ),
    (
        "amin",
        "up to 64 dims",
        "there is no limit on the number of axes",
    ),
];

fn call(case: &Value) -> Outcome {
    let op = case["op"].as_str().expect("a name");
    let Some(run) = find(op) else {
        return Err(Refusal::Forbidden("the crate has no such operator".into()));
    };
    let call = Call::new(case);
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
            Ok(Err(Refusal::Forbidden(_) | Refusal::LeftOut(_))) => forbidden += 1,
            Ok(Ok(_)) => {
                let listed =
                    |(name, words, _): &&(&str, &str, &str)| *name == op && message.contains(words);
                match ACCEPTED.iter().find(listed) {
                    Some(_) => accepted += 1,
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
