//! Metrics of classes, scores and numbers, to 1e-12.

use super::{each, labels, tensor};
use crate::close::assert_close;
use crate::common::{number, numbers};
use retrograd::metrics::{self, Average};
use retrograd::{Result, Tensor};
use serde_json::Value;

#[track_caller]
fn close(found: Result<f64>, expected: &Value, what: &str) {
    assert_close(&[found.unwrap()], &[number(expected)], 1e-12, 1e-14, what);
}

fn of_classes(case: &Value, y: &Tensor, predicted: &Tensor) {
    close(
        metrics::accuracy_score(y, predicted),
        &case["accuracy"],
        "accuracy",
    );
    close(
        metrics::balanced_accuracy_score(y, predicted),
        &case["balanced_accuracy"],
        "balanced",
    );
    close(
        metrics::matthews_corrcoef(y, predicted),
        &case["matthews"],
        "matthews",
    );
    let confusion = metrics::confusion_matrix(y, predicted).unwrap();
    assert_eq!(
        confusion.double().to_vec::<f64>(),
        numbers(&case["confusion"])
    );
    let averages = [
        ("binary", Average::Binary),
        ("micro", Average::Micro),
        ("macro", Average::Macro),
        ("weighted", Average::Weighted),
    ];
    for (name, average) in averages {
        if let Some(expected) = case.get(name) {
            close(
                metrics::precision_score(y, predicted, average),
                &expected["precision"],
                name,
            );
            close(
                metrics::recall_score(y, predicted, average),
                &expected["recall"],
                name,
            );
            close(
                metrics::f1_score(y, predicted, average),
                &expected["f1"],
                name,
            );
        }
    }
}

fn of_ties(case: &Value, y: &Tensor) {
    let scores = tensor(&case["scores"]);
    close(
        metrics::roc_auc_score(y, &scores),
        &case["roc_auc"],
        "area with ties",
    );
    close(
        metrics::average_precision_score(y, &scores),
        &case["average_precision"],
        "precision",
    );
    let curve = metrics::roc_curve(y, &scores).unwrap();
    for (found, name) in [(curve.fpr, "fpr"), (curve.tpr, "tpr")] {
        assert_close(
            &found.to_vec::<f64>(),
            &numbers(&case[name]),
            1e-12,
            1e-14,
            name,
        );
    }
}

#[test]
fn metrics_are_scikit_learns() {
    each("metrics", |_, case| {
        if let Some(case) = case.get("regression") {
            let (y, predicted) = (tensor(&case["true"]), tensor(&case["predicted"]));
            close(
                metrics::mean_squared_error(&y, &predicted),
                &case["mse"],
                "mse",
            );
            close(
                metrics::mean_absolute_error(&y, &predicted),
                &case["mae"],
                "mae",
            );
            return close(metrics::r2_score(&y, &predicted), &case["r2"], "r2");
        }
        let (y, predicted) = (labels(&case["true"]), labels(&case["predicted"]));
        of_classes(case, &y, &predicted);
        let scores = tensor(&case["scores"]);
        close(
            metrics::log_loss(&y, &scores),
            &case["log_loss"],
            "log loss",
        );
        close(
            metrics::roc_auc_score(&y, &scores),
            &case["roc_auc"],
            "area",
        );
        if scores.size(1) == 2 {
            let second = scores.i((.., 1));
            close(
                metrics::log_loss(&y, &second),
                &case["log_loss"],
                "log loss of one column",
            );
            close(
                metrics::roc_auc_score(&y, &second),
                &case["roc_auc"],
                "area of one column",
            );
        }
        if let Some(ties) = case.get("ties") {
            of_ties(ties, &y);
        }
    });
}
