//! `random_split`, `train_test_split`, and the folds of cross-validation.

use super::{each, labels, parts};
use crate::random::call::{Arg, Call};
use retrograd::data::{TensorDataset, random_split};
use retrograd::manual_seed;
use retrograd::preprocessing::{KFold, Size, StratifiedKFold, train_test_split};
use serde_json::Value;

fn size(value: &Value) -> Size {
    match value.as_u64() {
        Some(count) => Size::Count(count as usize),
        None => Size::Share(value.as_f64().expect("a share")),
    }
}

/// `n` items cut at random, by counts or by shares.
fn cut(call: &Call, seed: u64) -> Vec<Vec<usize>> {
    let lengths = call.args[1].numbers();
    let data = TensorDataset::new(retrograd::arange(call.args[0].int()));
    manual_seed(seed);
    let parts = match lengths.iter().all(|length| length.fract() == 0.0) {
        true => {
            let counts: Vec<usize> = lengths.iter().map(|&length| length as usize).collect();
            random_split(data, &counts[..])
        }
        false => random_split(data, &lengths[..]),
    };
    parts
        .unwrap()
        .iter()
        .map(|part| part.indices().to_vec())
        .collect()
}

fn two(case: &Value, seed: u64) -> Vec<Vec<usize>> {
    let mut split = train_test_split().random_state(seed as u32);
    for (name, value) in case["options"].as_object().expect("options") {
        split = match name.as_str() {
            "test_size" => split.test_size(size(value)),
            "train_size" => split.train_size(size(value)),
            "shuffle" => split.shuffle(value.as_bool().expect("a flag")),
            "stratify" => split.stratify(&labels(&case["y"])).unwrap(),
            other => panic!("no option {other}"),
        };
    }
    let n = case["n"].as_u64().expect("a number") as usize;
    let (train, test) = split.positions(n).unwrap();
    vec![train, test]
}

fn folds(call: &Call, case: &Value, seed: u64) -> Vec<Vec<usize>> {
    let splits = call.args.first().map_or(5, Arg::size);
    let shuffle = call.option("shuffle").is_some_and(|value| value.is("True"));
    let n = case["n"].as_u64().expect("a number") as usize;
    let folds = match call.name.as_str() {
        "KFold" => KFold::new(splits)
            .shuffle(shuffle)
            .random_state(seed as u32)
            .split(n),
        "StratifiedKFold" => StratifiedKFold::new(splits)
            .shuffle(shuffle)
            .random_state(seed as u32)
            .split(&labels(&case["y"])),
        other => panic!("no folds {other}"),
    };
    let folds = folds.unwrap();
    for (train, test) in &folds {
        let mut all = [&train[..], &test[..]].concat();
        all.sort_unstable();
        assert_eq!(
            all,
            (0..n).collect::<Vec<_>>(),
            "training and test rows are all rows"
        );
    }
    folds.into_iter().map(|(_, test)| test).collect()
}

#[test]
fn splits_are_pytorchs_and_scikit_learns() {
    each("splits", |seed, case| {
        let text = case["call"].as_str().expect("a call");
        let (found, expected) = if text == "train_test_split" {
            (two(case, seed), parts(&case["parts"]))
        } else {
            let call = &Call::parse_all(text)[0];
            match call.name.as_str() {
                "random_split" => (cut(call, seed), parts(&case["parts"])),
                _ => (folds(call, case, seed), parts(&case["folds"])),
            }
        };
        assert_eq!(found, expected, "{text} {}", case["options"]);
    });
}
