//! Logistic regression step by step: the hypothesis and its cost by hand, then by functions, then as a module.
//!
//! `cargo run --release --example logistic_classification -- --help` shows the options.

mod common;

use clap::Parser;
use common::{Chart, Line, at_least_one, positive};
use retrograd::prelude::*;
use retrograd::{datasets, nn, optim};
use std::error::Error;
use std::path::PathBuf;

/// Logistic regression on six points and on the diabetes data.
#[derive(Parser)]
struct Options {
    /// Seed of the module's first weights.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u32,
    /// Epochs on the six points; the diabetes data get a tenth.
    #[arg(long, value_name = "N", default_value_t = 1_000, value_parser = at_least_one)]
    epochs: usize,
    /// Learning rate.
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = positive)]
    lr: f64,
    /// Draws the cost of every training into an SVG file.
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
}

fn main() -> Result<(), Box<dyn Error>> {
    let options = Options::parse();
    manual_seed(options.seed.into());

    // Tiny data.
    let x_train = tensor![
        [1.0, 2.0],
        [2.0, 3.0],
        [3.0, 1.0],
        [4.0, 3.0],
        [5.0, 3.0],
        [6.0, 2.0]
    ];
    let y_train = tensor![[0.0], [0.0], [0.0], [1.0], [1.0], [1.0]];
    println!(
        "torch.Size({:?})\ntorch.Size({:?})",
        x_train.shape(),
        y_train.shape()
    );

    hypothesis(&x_train);
    cost_by_hand(&x_train, &y_train);
    let tiny = [
        (
            "six points, by hand",
            train(&x_train, &y_train, options.epochs, options.lr, by_hand).2,
        ),
        (
            "six points, function",
            train(&x_train, &y_train, options.epochs, options.lr, bce).2,
        ),
    ];

    // Diabetes data.
    let set = datasets::diabetes();
    let (x_train, y_train) = (set.data.float(), set.target.float().unsqueeze(1));
    println!("{}\n{}", x_train.i(..5), y_train.i(..5));
    let epochs = (options.epochs / 10).max(1);
    let (_, _, first) = train(&x_train, &y_train, epochs, options.lr, by_hand);
    let (w, b, second) = train(&x_train, &y_train, epochs, options.lr, bce);
    accuracy(&x_train, &y_train, &w, &b);
    let third = as_a_module(&x_train, &y_train, epochs, options.lr);

    if let Some(file) = &options.plot {
        let diabetes = [
            ("diabetes, by hand", first),
            ("diabetes, function", second),
            ("diabetes, module", third),
        ];
        let line = |(name, points): (&'static str, Vec<(f64, f64)>)| Line { name, points };
        let tiny = tiny.into_iter().map(line).collect();
        let diabetes = diabetes.into_iter().map(line).collect();
        common::plot(
            file,
            &[
                Chart {
                    title: "loss",
                    lines: tiny,
                },
                Chart {
                    title: "loss",
                    lines: diabetes,
                },
            ],
        )?;
    }
    Ok(())
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
fn by_hand(hypothesis: &Tensor, y: &Tensor) -> Tensor {
    -(y * hypothesis.log() + (1 - y) * (1 - hypothesis).log()).mean()
}

/// Descends from weights of 0; returns the weights, the bias and the cost by epoch.
fn train(
    x_train: &Tensor,
    y_train: &Tensor,
    epochs: usize,
    lr: f64,
    cost_fn: fn(&Tensor, &Tensor) -> Tensor,
) -> (Tensor, Tensor, Vec<(f64, f64)>) {
    let w = zeros([x_train.size(1), 1]).requires_grad_();
    let b = zeros([1]).requires_grad_();
    let mut optimizer = optim::Sgd::new([&w, &b], lr);

    let mut curve = Vec::new();
    let bar = common::progress("descent", epochs);
    for epoch in 0..=epochs {
        let hypothesis = (x_train.matmul(&w) + &b).sigmoid();
        let cost = cost_fn(&hypothesis, y_train);

        optimizer.zero_grad();
        cost.backward();
        optimizer.step();

        let value = cost.item::<f64>();
        curve.push((epoch as f64, value));
        bar.inc(1);
        if epoch.is_multiple_of((epochs / 10).max(1)) {
            bar.suspend(|| println!("Epoch {epoch:4}/{epochs} Cost: {value:.6}"));
        }
    }
    bar.finish_and_clear();
    (w, b, curve)
}

/// From probabilities to predictions, and how many are right.
fn accuracy(x_train: &Tensor, y_train: &Tensor, w: &Tensor, b: &Tensor) {
    let hypothesis = (x_train.matmul(w) + b).sigmoid();
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

fn as_a_module(x_train: &Tensor, y_train: &Tensor, epochs: usize, lr: f64) -> Vec<(f64, f64)> {
    let model = BinaryClassifier {
        linear: nn::Linear::new(x_train.size(1), 1),
        sigmoid: nn::Sigmoid,
    };
    let mut optimizer = optim::Sgd::new(model.parameters(), lr);

    let mut curve = Vec::new();
    let bar = common::progress("module", epochs);
    for epoch in 0..=epochs {
        let hypothesis = model.forward(x_train);
        let cost = bce(&hypothesis, y_train);

        optimizer.zero_grad();
        cost.backward();
        optimizer.step();

        let value = cost.item::<f64>();
        curve.push((epoch as f64, value));
        bar.inc(1);
        if epoch.is_multiple_of((epochs / 10).max(1)) {
            let share = hypothesis.ge(0.5).eq(y_train).double().mean().item::<f64>();
            let line = format!(
                "Epoch {epoch:4}/{epochs} Cost: {value:.6} Accuracy {:.2}%",
                share * 100.0
            );
            bar.suspend(|| println!("{line}"));
        }
    }
    bar.finish_and_clear();
    curve
}
