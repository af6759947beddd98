//! What `--plot` draws.

use crate::Data;
use crate::common::plot::{Chart, Series};
use retrograd::datasets;
use retrograd::prelude::*;

/// The features that are drawn: length and width of the petals.
const PETAL: [usize; 2] = [2, 3];

/// One series for each class.
fn flowers(x: &Tensor, y: &Tensor, names: &[&str]) -> Vec<Series> {
    let column = |i: usize| x.i((.., i as i64)).to_vec::<f64>();
    let (length, width) = (column(PETAL[0]), column(PETAL[1]));
    let classes = y.long().to_vec::<i64>();
    let class = |(c, name): (usize, &&str)| {
        let rows = (0..classes.len()).filter(|i| classes[*i] == c as i64);
        Series {
            name: name.to_string(),
            points: rows.map(|i| (length[i], width[i])).collect(),
            joined: false,
        }
    };
    names.iter().enumerate().map(class).collect()
}

/// Where `bias + w x` is 0, for flowers whose other features have the data's mean.
fn boundary(name: &str, bias: f64, w: &[f64], x: &Tensor) -> Series {
    let mean = x.mean_dim(0).to_vec::<f64>();
    let others = (0..w.len()).filter(|i| !PETAL.contains(i));
    let offset = bias + others.map(|i| w[i] * mean[i]).sum::<f64>();
    let [length, width] = PETAL;
    let lengths = (0..=300).map(|k| 1.0 + f64::from(k) * 0.02);
    let points = lengths.map(|l| (l, -(offset + w[length] * l) / w[width]));
    let inside = points.filter(|p| (0.0..=2.6).contains(&p.1));
    Series::line(name, inside.collect())
}

pub(crate) fn two_classes(data: &Data, params: [(&str, &Tensor); 3]) -> Chart {
    let mut series = flowers(&data.x_train, &data.y_train, &["others", "virginica"]);
    series.extend(params.map(|(name, params)| {
        let w = params.to_vec::<f32>().into_iter().map(f64::from);
        boundary(name, 0.0, &w.collect::<Vec<_>>(), &data.x_train)
    }));
    Chart::new(
        "training data and decision boundaries",
        ["petal length (cm)", "petal width (cm)"],
        series,
    )
}

pub(crate) fn loss_by_epoch(losses: [(&str, &Vec<f64>); 4]) -> Chart {
    let line = |(name, losses): (&str, &Vec<f64>)| {
        let points = losses.iter().enumerate();
        Series::line(
            name,
            points.map(|(i, l)| (i as f64 + 1.0, l.log10())).collect(),
        )
    };
    Chart::new(
        "mini-batches",
        ["epoch", "log10 of the mean loss"],
        losses.map(line).into(),
    )
}

pub(crate) fn three_classes(weights: &Tensor) -> Chart {
    let iris = datasets::iris();
    let mut series = flowers(&iris.data, &iris.target, &iris.target_names);
    for c in 0..2 {
        let between = (weights.at(c + 1) - weights.at(c)).to_vec::<f64>();
        let [a, b] = [c, c + 1].map(|c| iris.target_names[c as usize]);
        let name = format!("{a} or {b}");
        series.push(boundary(&name, between[0], &between[1..], &iris.data));
    }
    Chart::new(
        "three classes",
        ["petal length (cm)", "petal width (cm)"],
        series,
    )
}
