//! Golden figures: where they lie, how their numbers are written, how close is close.

use serde_json::Value;
use std::path::{Path, PathBuf};

/// The folder of golden figures: `RETROGRAD_GOLDEN`, by default the copy under `tests/`.
pub(crate) fn golden_folder() -> PathBuf {
    let folder = std::env::var_os("RETROGRAD_GOLDEN").unwrap_or_else(|| "tests/data/golden".into());
    Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)
}

/// A golden file, by its path in the folder; `None`, with a printed line, where the folder lacks it.
pub(crate) fn golden(file: &str) -> Option<Value> {
    let path = golden_folder().join(file);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            println!("skipped: {} is missing", path.display());
            return None;
        }
        Err(error) => panic!("{}: {error}", path.display()),
    };
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}

/// A golden number, of which the non-finite ones are written as strings.
pub(crate) fn number(value: &Value) -> f64 {
    match value {
        Value::Number(n) => n.as_f64().expect("JSON numbers are f64"),
        Value::Bool(b) => f64::from(u8::from(*b)),
        Value::String(s) => s.parse().unwrap_or_else(|_| panic!("{s:?} is no number")),
        other => panic!("{other} is no number"),
    }
}

/// The numbers of a nest of lists, in order.
pub(crate) fn numbers(value: &Value) -> Vec<f64> {
    match value {
        Value::Array(items) => items.iter().flat_map(numbers).collect(),
        one => vec![number(one)],
    }
}

/// Whether `|actual - expected| <= atol + rtol |expected|`; NaN is close to NaN, an infinity to itself.
pub(crate) fn is_close(actual: f64, expected: f64, rtol: f64, atol: f64) -> bool {
    actual == expected
        || (actual.is_nan() && expected.is_nan())
        || (expected.is_finite() && (actual - expected).abs() <= atol + rtol * expected.abs())
}

#[test]
fn numbers_are_flattened_and_compared_within_their_tolerance() {
    let nest = serde_json::json!([[1, 2.5], [true, "nan"], "-inf"]);
    let expected = [1.0, 2.5, 1.0, f64::NAN, f64::NEG_INFINITY];
    let found = numbers(&nest);
    assert_eq!(found.len(), expected.len());
    assert!(
        found
            .iter()
            .zip(expected)
            .all(|(a, e)| is_close(*a, e, 0.0, 0.0))
    );
    assert!(is_close(101.0, 100.0, 0.01, 0.0) && !is_close(101.1, 100.0, 0.01, 0.0));
    assert!(!is_close(f64::INFINITY, 1.0, 1.0, 1.0) && !is_close(1.0, f64::NAN, 1.0, 1.0));
}

#[test]
fn a_missing_golden_file_is_none() {
    assert!(golden("there/is/no/such.json").is_none());
}
