//! Scalers and encoders, to 1e-12.

use super::{each, tensor};
use crate::close::assert_close;
use crate::common::numbers;
use crate::random::call::{Arg, Call};
use retrograd::preprocessing::{LabelEncoder, MinMaxScaler, Norm, StandardScaler, normalize};
use retrograd::{Result, Tensor};
use serde_json::Value;

type Transform = Box<dyn Fn(&Tensor) -> Result<Tensor>>;

/// What the call makes of the fitted rows: a function of rows, and for what can be undone, of the scaled ones.
fn fit(text: &str, x: &Tensor) -> Result<(Transform, Option<Transform>)> {
    let call = &Call::parse_all(text)[0];
    let on = |name| !call.option(name).is_some_and(|value| value.is("False"));
    match call.name.as_str() {
        "StandardScaler" => {
            let options = StandardScaler::options();
            let scaler = options
                .with_mean(on("with_mean"))
                .with_std(on("with_std"))
                .fit(x)?;
            let same = scaler.clone();
            Ok((
                Box::new(move |x| scaler.transform(x)),
                Some(Box::new(move |x| same.inverse_transform(x))),
            ))
        }
        "MinMaxScaler" => {
            let range = call.args.first().or(call.option("feature_range"));
            let range = range.map_or(vec![0.0, 1.0], Arg::numbers);
            let scaler = MinMaxScaler::options()
                .feature_range(range[0], range[1])
                .fit(x)?;
            let same = scaler.clone();
            Ok((
                Box::new(move |x| scaler.transform(x)),
                Some(Box::new(move |x| same.inverse_transform(x))),
            ))
        }
        "Normalizer" => {
            let norm = match call.option("norm") {
                Some(norm) if norm.is("l1") => Norm::L1,
                Some(norm) if norm.is("max") => Norm::Max,
                _ => Norm::L2,
            };
            Ok((Box::new(move |x| normalize(x, norm)), None))
        }
        other => panic!("no scaler {other}"),
    }
}

fn encode(case: &Value) {
    let texts = |value: &Value| -> Vec<String> {
        let items = value.as_array().expect("a list").iter();
        items
            .map(|item| item.as_str().expect("a text").to_owned())
            .collect()
    };
    let labels = texts(&case["fit"]);
    let encoder = LabelEncoder::fit(labels.clone()).unwrap();
    let encoded = encoder.transform(labels.clone()).unwrap();
    assert_eq!(encoder.classes(), texts(&case["classes"]));
    assert_eq!(encoded.double().to_vec::<f64>(), numbers(&case["output"]));
    assert_eq!(encoder.inverse_transform(&encoded).unwrap(), labels);
}

#[test]
fn scalers_and_encoders_are_scikit_learns() {
    each("preprocessing", |_, case| {
        let text = case["call"].as_str().expect("a call");
        if text == "LabelEncoder" {
            return encode(case);
        }
        let close = |found: &Tensor, expected: &Value, what: &str| {
            let what = format!("{text}: {what}");
            assert_close(
                &found.to_vec::<f64>(),
                &numbers(expected),
                1e-12,
                1e-14,
                &what,
            );
        };
        let x = tensor(&case["fit"]);
        let (transform, inverse) = fit(text, &x).unwrap();
        let scaled = transform(&x).unwrap();
        close(&scaled, &case["fit_transform"], "the fitted rows");
        let others = tensor(&case["transform"]["input"]);
        close(
            &transform(&others).unwrap(),
            &case["transform"]["output"],
            "other rows",
        );
        if let Some(inverse) = inverse {
            let back = inverse(&scaled).unwrap().to_vec::<f64>();
            assert_close(&back, &numbers(&case["fit"]), 1e-12, 1e-12, text);
        }
    });
}
