//! Every draw of `random.json`: PyTorch's and NumPy's numbers by seed.

pub(crate) mod call;
mod numpy;
mod torch;

use crate::common::{golden, number};
use call::Call;
use serde_json::Value;

/// Runs every draw of a library's sections through `draw`, from a fresh seed each, and fails with all that differ.
fn check(library: &str, draw: impl Fn(u64, &[Call], &Value) -> Value) {
    let Some(file) = golden("random.json") else {
        return;
    };
    let Some(sections) = file[library].as_array() else {
        println!("skipped: random.json has no {library}");
        return;
    };
    let mut wrong = Vec::new();
    for section in sections {
        let seed = section["seed"].as_u64().expect("a seed");
        for case in section["draws"].as_array().expect("a list of draws") {
            let text = case["call"].as_str().expect("a call");
            let actual = draw(seed, &Call::parse_all(text), &case["values"]);
            if let Some(difference) = difference(&actual, &case["values"]) {
                wrong.push(format!("seed {seed}, {text}: {difference}"));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} draws of {library} differ:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

/// The first place where two nests of numbers differ. Integers, and floats of either type, have to agree to the bit.
fn difference(actual: &Value, expected: &Value) -> Option<String> {
    match (actual, expected) {
        (Value::Array(a), Value::Array(e)) if a.len() == e.len() => {
            let differ = |i: usize| difference(&a[i], &e[i]).map(|d| format!("[{i}]{d}"));
            (0..a.len()).find_map(differ)
        }
        (Value::Array(_), _) | (_, Value::Array(_)) => Some(" another structure".into()),
        (a, e) if a.is_i64() && e.is_i64() => (a != e).then(|| format!(" {a}, expected {e}")),
        (a, e) => (number(a) != number(e)).then(|| format!(" {a}, expected {e}")),
    }
}
