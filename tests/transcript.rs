//! The example programs print what the notebooks printed.

#[path = "common/mod.rs"]
mod common;

use std::path::PathBuf;
use std::process::Command;

/// The program that Cargo built of an example, beside this test.
fn example(name: &str) -> PathBuf {
    let test = std::env::current_exe().expect("a test knows where it lies");
    let profile = test.ancestors().nth(2).expect("target/profile/deps/test");
    let program = profile
        .join("examples")
        .join(name)
        .with_extension(std::env::consts::EXE_EXTENSION);
    assert!(
        program.exists(),
        "{} is missing: run `cargo build --examples` first",
        program.display()
    );
    program
}

fn is_number(character: char) -> bool {
    character.is_ascii_digit() || character == '.'
}

/// A line's words and its numbers, taken apart.
fn split(line: &str) -> (String, Vec<String>) {
    let words = line
        .chars()
        .map(|c| if is_number(c) { '0' } else { c })
        .filter(|c| !c.is_whitespace());
    let mut words: Vec<char> = words.collect();
    words.dedup_by(|a, b| *a == '0' && *b == '0');
    let numbers = line
        .split(|c| !is_number(c))
        .filter(|part| part.chars().any(|c| c.is_ascii_digit()));
    (
        words.into_iter().collect(),
        numbers.map(str::to_owned).collect(),
    )
}

/// Whole numbers agree exactly, others to one unit of the last place that the notebook printed.
fn same_number(expected: &str, actual: &str) -> bool {
    let (e, a): (f64, f64) = (expected.parse().unwrap(), actual.parse().unwrap());
    let places = expected
        .split_once('.')
        .map_or(0, |(_, places)| places.len());
    if places == 0 {
        e == a
    } else {
        (e - a).abs() <= 1.01 * 0.1_f64.powi(places as i32)
    }
}

fn same(expected: &str, actual: &str) -> bool {
    let (ours, theirs) = (split(actual), split(expected));
    ours.0 == theirs.0
        && ours.1.len() == theirs.1.len()
        && theirs
            .1
            .iter()
            .zip(&ours.1)
            .all(|(expected, actual)| same_number(expected, actual))
}

#[test]
fn the_breast_cancer_network_prints_the_notebooks_figures() {
    let path = common::golden_folder().join("notebooks/breast_cancer_mlp.txt");
    let Ok(expected) = std::fs::read_to_string(&path) else {
        println!("skipped: {} is missing", path.display());
        return;
    };
    let run = Command::new(example("breast_cancer_mlp"))
        .output()
        .expect("the example starts");
    assert!(
        run.status.success(),
        "{}",
        String::from_utf8_lossy(&run.stderr)
    );
    let printed = String::from_utf8(run.stdout).expect("text");
    let mut lines = printed.lines();
    let wanted: Vec<&str> = expected
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
        .collect();
    assert!(!wanted.is_empty());
    for line in wanted {
        assert!(
            lines.any(|actual| same(line, actual)),
            "no line like {line:?} where it is due"
        );
    }
}

#[test]
fn a_line_that_differs_is_found() {
    assert!(same(
        "[1000/10000] loss: 0.13 score: 0.9451",
        "[1000/10000]  loss: 0.14 score: 0.9451"
    ));
    assert!(!same(
        "[1000/10000] loss: 0.13 score: 0.9451",
        "[1000/10000] loss: 0.15 score: 0.9451"
    ));
    assert!(!same("[1000/10000] loss: 0.13", "[2000/10000] loss: 0.13"));
    assert!(!same("Train Accuracy: 0.98", "Test Accuracy: 0.98"));
}
