//! Logistic regression at its optimum: coefficients to 1e-6.

use super::each;
use crate::close::assert_close;
use crate::common::{number, numbers};
use retrograd::Tensor;
use retrograd::data::CsvReader;
use retrograd::linear_model::LogisticRegression;
use retrograd::metrics::log_loss;
use retrograd::preprocessing::{StandardScaler, train_test_split};
use serde_json::Value;

fn read(file: &str) -> (Tensor, Tensor) {
    let path = format!("{}/datasets/{file}", env!("CARGO_MANIFEST_DIR"));
    let table = CsvReader::new().target("target").read(path).unwrap();
    (table.data(), table.target().unwrap())
}

/// Without their mean: those of all classes are given up to a common constant.
fn centred(values: Vec<f64>) -> Vec<f64> {
    let mean = match values.len() {
        1 => 0.0,
        n => values.iter().sum::<f64>() / n as f64,
    };
    values.into_iter().map(|value| value - mean).collect()
}

/// How far a coefficient may be off: 1e-6 of itself, or of the largest if it is a thousandth of that.
fn close(found: &[f64], expected: &[f64], what: &str) {
    let largest = expected
        .iter()
        .fold(0.0, |most: f64, value| most.max(value.abs()));
    assert_close(found, expected, 1e-6, 1e-9 * largest, what);
}

fn check(case: &Value) {
    let what = format!("{} scaled {} C {}", case["data"], case["scaled"], case["C"]);
    let split = train_test_split()
        .test_size(number(&case["split"]["test_size"]))
        .random_state(number(&case["split"]["random_state"]) as u32);
    let rows = split.split(read(case["data"].as_str().expect("a file")));
    let ((mut x, y), (mut x_test, y_test)) = rows.unwrap();
    if case["scaled"].as_bool().expect("a flag") {
        let (scaler, scaled) = StandardScaler::fit_transform(&x).unwrap();
        x_test = scaler.transform(&x_test).unwrap();
        x = scaled;
    }
    let model = LogisticRegression::options()
        .c(number(&case["C"]))
        .fit_intercept(case["fit_intercept"].as_bool().expect("a flag"))
        .fit(&x, &y)
        .unwrap();
    assert!(model.report().converged, "{what}: {}", model.report());
    close(
        &model.coef().to_vec::<f64>(),
        &numbers(&case["coef"]),
        &what,
    );
    let intercept = centred(model.intercept().to_vec());
    close(&intercept, &centred(numbers(&case["intercept"])), &what);
    let loss = log_loss(&y, &model.predict_proba(&x).unwrap()).unwrap();
    assert_close(
        &[loss],
        &[number(&case["train_log_loss"])],
        1e-9,
        0.0,
        &what,
    );
    assert_eq!(
        model.score(&x_test, &y_test).unwrap(),
        number(&case["test_accuracy"]),
        "{what}"
    );
}

#[test]
fn logistic_regression_ends_at_scikit_learns_optimum() {
    each("logistic_regression", |_, case| check(case));
}
