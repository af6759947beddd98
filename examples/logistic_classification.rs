//! Logistic regression step by step: the hypothesis and its cost by hand, then by functions, then as a module.
//!
//! `cargo run --release --example logistic_classification -- --help` shows the options.

#[macro_use]
mod common;

use clap::Parser;
use common::options::{PlotFile, at_least_one, plot_file, positive, seed};
use common::plot::{Chart, Series};
use retrograd::prelude::*;
use retrograd::{datasets, nn, numpy, optim};
use std::error::Error;
use std::process::ExitCode;

/// Logistic regression on six points and on the diabetes data.
#[derive(Parser)]
struct Options {
    /// Seed of the module's first weights.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = seed, allow_hyphen_values = true)]
    seed: u32,
    /// Epochs on the six points; the diabetes data get a tenth.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = at_least_one, allow_hyphen_values = true)]
    epochs: usize,
    /// Learning rate.
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = positive, allow_hyphen_values = true)]
    lr: f64,
    /// Draws the six points with the decision boundary, and the cost by epoch, into an SVG or PNG file.
    #[arg(long, value_name = "FILE", value_parser = plot_file)]
    plot: Option<PlotFile>,
}

fn main() -> ExitCode {
    common::report(lesson(&Options::parse()))
}

fn lesson(options: &Options) -> Result<(), Box<dyn Error>> {
    if let Some(file) = &options.plot {
        file.check()?;
    }
    manual_seed(options.seed.into());

    let (x_train, y_train) = tiny_data();
    hypothesis(&x_train);
    cost_by_hand(&x_train, &y_train);
    let by_hand = train(&x_train, &y_train, options.epochs, options.lr, cost);
    let by_function = train(&x_train, &y_train, options.epochs, options.lr, bce);
    let boundary = tiny_chart(&x_train, &y_train, &by_function);
    let tiny = [
        ("cost by hand", by_hand.costs),
        ("binary_cross_entropy", by_function.costs),
    ];

    let (x_train, y_train) = diabetes_data();
    let epochs = (options.epochs / 10).max(1);
    let by_hand = train(&x_train, &y_train, epochs, options.lr, cost);
    let by_function = train(&x_train, &y_train, epochs, options.lr, bce);
    accuracy(&x_train, &y_train, &by_function);
    let module = as_a_module(&x_train, &y_train, epochs, options.lr);
    let diabetes = [
        ("cost by hand", by_hand.costs),
        ("binary_cross_entropy", by_function.costs),
        ("module", module),
    ];

    if let Some(file) = &options.plot {
        file.draw(&[
            boundary,
            cost_by_epoch("six points", tiny),
            cost_by_epoch("diabetes data", diabetes),
        ])?;
    }
    Ok(())
}

/// Six points of two classes.
fn tiny_data() -> (Tensor, Tensor) {
    let x_train = tensor![
        [1.0, 2.0],
        [2.0, 3.0],
        [3.0, 1.0],
        [4.0, 3.0],
        [5.0, 3.0],
        [6.0, 2.0]
    ];
    let y_train = tensor![[0.0], [0.0], [0.0], [1.0], [1.0], [1.0]];
    println!("torch.Size({:?})", x_train.shape());
    println!("torch.Size({:?})", y_train.shape());
    (x_train, y_train)
}

/// Eight features of 759 patients.
fn diabetes_data() -> (Tensor, Tensor) {
    let set = datasets::diabetes();
    let (x_train, y_train) = (set.data.float(), set.target.float().unsqueeze(1));
    println!("{}\n{}", x_train.i(..5), y_train.i(..5));
    (x_train, y_train)
}

/// The sigmoid, written out and as a method: with weights of 0 every probability is one half.
fn hypothesis(x_train: &Tensor) {
    println!("e^1 equals:  {}", tensor![1.0].exp());
    let w = zeros([2, 1]).requires_grad_();
    let b = zeros([1]).requires_grad_();
    let hypothesis = 1.0 / (1.0 + (-(x_train.matmul(&w) + &b)).exp());
    println!("{}\ntorch.Size({:?})", hypothesis, hypothesis.shape());

    println!("1/(1+e^{{-1}}) equals:  {}", tensor![1.0].sigmoid());
    let hypothesis = (x_train.matmul(&w) + &b).sigmoid();
    println!("{}\ntorch.Size({:?})", hypothesis, hypothesis.shape());
}

/// The cost of one example, of each one, of all; then by the library's function.
fn cost_by_hand(x_train: &Tensor, y_train: &Tensor) {
    let w = zeros([2, 1]).requires_grad_();
    let b = zeros([1]).requires_grad_();
    let hypothesis = (x_train.matmul(&w) + &b).sigmoid();
    println!("{hypothesis}\n{y_train}");

    let (h, y) = (hypothesis.at(0), y_train.at(0));
    println!("{}", -(&y * h.log() + (1 - &y) * (1 - &h).log()));

    let losses = -(y_train * hypothesis.log() + (1 - y_train) * (1 - &hypothesis).log());
    println!("{losses}");
    println!("{}", losses.mean());

    println!("{}", bce(&hypothesis, y_train));
}

/// The mean cost as the formula has it.
fn cost(hypothesis: &Tensor, y: &Tensor) -> Tensor {
    -(y * hypothesis.log() + (1 - y) * (1 - hypothesis).log()).mean()
}

/// Weights and bias of a training, and the cost by epoch.
struct Trained {
    w: Tensor,
    b: Tensor,
    costs: Vec<f64>,
}

/// Descends from weights of 0.
fn train(
    x_train: &Tensor,
    y_train: &Tensor,
    epochs: usize,
    lr: f64,
    cost_fn: fn(&Tensor, &Tensor) -> Tensor,
) -> Trained {
    let w = zeros([x_train.size(1), 1]).requires_grad_();
    let b = zeros([1]).requires_grad_();
    let mut optimizer = optim::Sgd::new([&w, &b], lr);

    let mut costs = Vec::new();
    let bar = common::progress("descent", epochs);
    for epoch in 0..=epochs {
        let hypothesis = (x_train.matmul(&w) + &b).sigmoid();
        let cost = cost_fn(&hypothesis, y_train);

        optimizer.zero_grad();
        cost.backward();
        optimizer.step();

        let value = cost.item::<f64>();
        costs.push(value);
        bar.inc(1);
        if epoch.is_multiple_of((epochs / 10).max(1)) {
            bar.suspend(|| println!("Epoch {epoch:4}/{epochs} Cost: {:.6}", numpy::float(value)));
        }
    }
    bar.finish_and_clear();
    Trained { w, b, costs }
}

/// From probabilities to predictions, and how many are right.
fn accuracy(x_train: &Tensor, y_train: &Tensor, trained: &Trained) {
    let hypothesis = (x_train.matmul(&trained.w) + &trained.b).sigmoid();
    println!("{}", hypothesis.i(..5));

    let prediction = hypothesis.ge(0.5);
    println!("{}", prediction.i(..5));
    println!("{}", prediction.i(..5));
    println!("{}", y_train.i(..5));

    let correct = prediction.float().eq(y_train);
    println!("{}", correct.i(..5));
    let share = correct.double().mean().item::<f64>();
    println!(
        "The model has an accuracy of {:.2}% for the training set.",
        share * 100.0
    );
}

/// A module of one's own.
#[derive(Module)]
struct BinaryClassifier {
    linear: nn::Linear,
    sigmoid: nn::Sigmoid,
}

impl Forward for BinaryClassifier {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.sigmoid.forward(&self.linear.forward(x))
    }
}

/// The same training of the module.
fn as_a_module(x_train: &Tensor, y_train: &Tensor, epochs: usize, lr: f64) -> Vec<f64> {
    let model = BinaryClassifier {
        linear: nn::Linear::new(x_train.size(1), 1),
        sigmoid: nn::Sigmoid,
    };
    let mut optimizer = optim::Sgd::new(model.parameters(), lr);

    let mut costs = Vec::new();
    let bar = common::progress("module", epochs);
    for epoch in 0..=epochs {
        let hypothesis = model.forward(x_train);
        let cost = bce(&hypothesis, y_train);

        optimizer.zero_grad();
        cost.backward();
        optimizer.step();

        let value = cost.item::<f64>();
        costs.push(value);
        bar.inc(1);
        if epoch.is_multiple_of((epochs / 10).max(1)) {
            let share = hypothesis.ge(0.5).eq(y_train).double().mean().item::<f64>();
            let line = format!(
                "Epoch {epoch:4}/{epochs} Cost: {:.6} Accuracy {:.2}%",
                numpy::float(value),
                share * 100.0
            );
            bar.suspend(|| println!("{line}"));
        }
    }
    bar.finish_and_clear();
    costs
}

/// The six points, and the line on which both classes are as probable.
fn tiny_chart(x: &Tensor, y: &Tensor, trained: &Trained) -> Chart {
    let (points, labels) = (x.to_vec::<f32>(), y.to_vec::<f32>());
    let class = |name: &str, label: f32| {
        let of_class = points.chunks(2).zip(&labels).filter(|(_, l)| **l == label);
        let pair = |(p, _): (&[f32], _)| (f64::from(p[0]), f64::from(p[1]));
        Series {
            name: name.into(),
            points: of_class.map(pair).collect(),
            joined: false,
        }
    };
    let w = trained.w.to_vec::<f32>();
    let (w1, w2, b) = (w[0], w[1], trained.b.item::<f32>());
    let boundary = [0.5_f32, 3.5].map(|x2| (f64::from(-(b + w2 * x2) / w1), f64::from(x2)));
    Chart::new(
        "six points and the decision boundary",
        ["x1", "x2"],
        vec![
            class("class 0", 0.0),
            class("class 1", 1.0),
            Series::line("boundary", boundary.into()),
        ],
    )
}

fn cost_by_epoch<const N: usize>(title: &str, costs: [(&str, Vec<f64>); N]) -> Chart {
    let line = |(name, costs): (&str, Vec<f64>)| {
        let points = costs.into_iter().enumerate();
        Series::line(
            name,
            points.map(|(epoch, cost)| (epoch as f64, cost)).collect(),
        )
    };
    Chart::new(title, ["epoch", "cost"], costs.map(line).into())
}
