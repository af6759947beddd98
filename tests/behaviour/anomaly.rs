//! The first operation whose result is not finite is named with its line and the ranges of its inputs.

use retrograd::prelude::*;
use retrograd::tape::{detect_anomaly, detect_anomaly_guard, try_detect_anomaly};
use retrograd::{Error, Result};

fn found<T>(result: Result<T>) -> (String, u32, String) {
    match result.err().expect("an anomaly") {
        Error::NotFinite {
            op,
            pass,
            location,
            inputs,
            ..
        } => {
            assert!(location.file().ends_with("anomaly.rs"), "{location}");
            (format!("{pass}{op}"), location.line(), inputs)
        }
        other => panic!("{other}"),
    }
}

#[test]
fn the_first_operation_forward_is_named_with_its_line() {
    let x = tensor![[1.0, -2.0], [0.5, 3.0]];
    let line = line!() + 1;
    let result = try_detect_anomaly(|| Ok((x.log() * 2.0).exp().sum()));
    let error = result.unwrap_err();
    assert_eq!(
        error.to_string(),
        format!(
            "detect_anomaly: log, called at tests/behaviour/anomaly.rs:{line}:46, returned 1 NaN among 4 elements. Its \
             inputs: f32 [2, 2] from -2 to 3. Keep its inputs away from there, for example by `clamp` or a small \
             constant, or scale down what makes them grow."
        )
    );
}

#[test]
fn an_infinity_is_reported_where_it_arises_and_masks_are_not() {
    let (op, _, inputs) = found(try_detect_anomaly(|| Ok(tensor![1.0] / tensor![0.0])));
    assert_eq!(
        (&*op, &*inputs),
        (
            "div",
            "Its inputs: f32 [1] from 1 to 1, f32 [1] from 0 to 0"
        )
    );
    let x = tensor![[1.0, 2.0]].requires_grad_();
    let mask = tensor![[true, false]];
    detect_anomaly(|| {
        x.masked_fill(&mask, f64::NEG_INFINITY)
            .softmax(1)
            .sum()
            .backward()
    });
    assert_eq!(x.grad().unwrap(), tensor![[0.0, 0.0]]);
}

#[test]
fn values_that_came_in_as_nan_are_told() {
    let (op, _, inputs) = found(try_detect_anomaly(|| Ok(tensor![f64::NAN, 1.0] + 1.0)));
    assert_eq!(
        (&*op, &*inputs),
        ("add", "Its inputs: f32 [2] from 1 to 1 with 1 NaN, 1")
    );
}

#[test]
fn a_panic_is_raised_at_the_operation() {
    let result = std::panic::catch_unwind(|| {
        let _guard = detect_anomaly_guard();
        tensor![-1.0].sqrt()
    });
    let text = *result.unwrap_err().downcast::<String>().unwrap();
    assert!(
        text.starts_with("detect_anomaly: sqrt, called at tests/behaviour/anomaly.rs:"),
        "{text}"
    );
    assert!(
        tensor![-1.0].sqrt().isnan().all().item::<bool>(),
        "the search is over"
    );
}

#[test]
fn a_backward_is_named_by_the_line_of_its_forward() {
    let x = tensor![0.0, 4.0].requires_grad_();
    let line = line!() + 1;
    let y = x.sqrt();
    let (op, at, inputs) = found(detect_anomaly(|| y.sum().try_backward()));
    assert_eq!((&*op, at), ("the backward of sqrt", line));
    assert_eq!(
        inputs,
        "The gradient that came in: f32 [2] from 1 to 1; saved: f32 [2] from 0 to 2"
    );
    assert!(x.grad().is_none(), "the pass ended there");
}

#[test]
fn in_second_order_the_line_is_the_forwards_too() {
    // The first derivative of x^1.5 is finite at 0, the second is not.
    let x = tensor![0.0, 1.0].requires_grad_();
    let line = line!() + 2;
    let slope = || {
        grad(x.pow(1.5).sum(), [&x])
            .create_graph(true)
            .run()
            .remove(0)
    };
    let first = slope();
    let (op, at, _) = found(detect_anomaly(|| grad(first.sum(), [&x]).try_run()));
    assert_eq!((&*op, at), ("the backward of pow", line));
    let quiet = try_detect_anomaly(|| Ok(grad(slope().sum(), [&x]).run()));
    assert_eq!(found(quiet).1, line);
}

#[test]
fn searches_nest() {
    let outer = try_detect_anomaly(|| {
        let inner = try_detect_anomaly(|| Ok(tensor![-1.0].log()));
        assert_eq!(found(inner).0, "log");
        Ok(tensor![-1.0].sqrt())
    });
    assert_eq!(found(outer).0, "sqrt");
    assert!(try_detect_anomaly(|| Ok(tensor![1.0].log())).is_ok());
}
