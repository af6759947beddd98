//! Logistic regression by mini-batches: a data set of one's own, a loader, a model, a loop.
//!
//! `cargo run --release --example logistic_sgd -- --help` shows the options.

#[macro_use]
mod common;

use clap::Parser;
use common::options::{PlotFile, at_least_one, plot_file, positive, seed};
use common::plot::{Chart, Series};
use retrograd::data::{DataLoader, Dataset};
use retrograd::prelude::*;
use retrograd::{nn, numpy, optim};
use std::error::Error;
use std::process::ExitCode;

/// The number of training examples.
const N_SAMPLES: usize = 400;

/// Logistic regression on a line of points, in mini-batches.
#[derive(Parser)]
struct Options {
    /// Seed of the data's noise, of the weights and of the fresh data.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = seed, allow_hyphen_values = true)]
    seed: u32,
    /// Epochs.
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = at_least_one, allow_hyphen_values = true)]
    epochs: usize,
    /// Learning rate.
    #[arg(long, value_name = "X", default_value_t = 0.05, value_parser = positive, allow_hyphen_values = true)]
    lr: f64,
    /// Examples in a mini-batch, 1 to 400.
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = batch_size, allow_hyphen_values = true)]
    batch_size: usize,
    /// Draws data, sigmoid and loss into an SVG or PNG file.
    #[arg(long, value_name = "FILE", value_parser = plot_file)]
    plot: Option<PlotFile>,
}

fn batch_size(text: &str) -> Result<usize, String> {
    at_least_one(text)
        .ok()
        .filter(|n| *n <= N_SAMPLES)
        .ok_or_else(|| format!("give a whole number from 1 to {N_SAMPLES}, the training examples"))
}

fn main() -> ExitCode {
    common::report(lesson(&Options::parse()))
}

fn lesson(options: &Options) -> Result<(), Box<dyn Error>> {
    if let Some(file) = &options.plot {
        file.check()?;
    }
    manual_seed(options.seed.into());

    let data = LinearlySeparable::new(N_SAMPLES);
    let points = data.clone();
    let data_loader = mini_batches(data, options)?;
    let model = LogisticRegression::new(1, 1);
    let losses = train(&model, &data_loader, options)?;
    println!("{}", numpy::list(&Tensor::from(losses.as_slice())));
    for (name, tensor) in model.state_dict().iter() {
        println!("{name}: {}", numpy::list(tensor));
    }
    accuracy(&model);

    if let Some(file) = &options.plot {
        file.draw(&[fit(&points, &model), loss_by_epoch(&losses)])?;
    }
    Ok(())
}

/// Points from -2 to 2, which belong to class 1 where they, moved a little, are positive.
#[derive(Clone)]
struct LinearlySeparable {
    x: Tensor,
    y: Tensor,
}

impl LinearlySeparable {
    fn new(n_samples: usize) -> Self {
        let step = 4.0 / n_samples as f64;
        let x = arange((-2.0, 2.0, step)).view((-1, 1));
        let noise = 0.1 * randn(x.shape());
        let y = (&x + noise).gt(0.0).float();
        LinearlySeparable { x, y }
    }
}

impl Dataset for LinearlySeparable {
    type Item = (Tensor, Tensor);

    fn len(&self) -> usize {
        self.y.size(0)
    }

    fn get(&self, i: usize) -> retrograd::Result<Self::Item> {
        Ok((self.x.try_at(i as i64)?, self.y.try_at(i as i64)?))
    }
}

/// One example, and the first mini-batch.
fn mini_batches(
    data: LinearlySeparable,
    options: &Options,
) -> retrograd::Result<DataLoader<LinearlySeparable>> {
    println!("n_samples = {}", data.len());
    let (x, y) = data.get(0)?;
    println!("data[0] = ({x}, {y})");

    let data_loader = DataLoader::new(data).batch_size(options.batch_size);
    let mini_batch = data_loader.iter().collect::<retrograd::Result<Vec<_>>>()?;
    let (x, y) = &mini_batch[0];
    println!("mini_batch[0] = [{x}, {y}]");
    Ok(data_loader)
}

/// A linear layer and the sigmoid.
#[derive(Module)]
struct LogisticRegression {
    model: nn::Sequential,
}

impl LogisticRegression {
    fn new(n_inputs: usize, n_outputs: usize) -> Self {
        let model = nn::Sequential::new()
            .add(nn::Linear::new(n_inputs, n_outputs))
            .add(nn::Sigmoid);
        LogisticRegression { model }
    }
}

impl Forward for LogisticRegression {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.model.forward(x)
    }
}

/// Trains by SGD; returns the last mini-batch's loss of each epoch.
fn train(
    model: &LogisticRegression,
    data_loader: &DataLoader<LinearlySeparable>,
    options: &Options,
) -> retrograd::Result<Vec<f64>> {
    let mut optimizer = optim::Sgd::new(model.parameters(), options.lr);

    let bar = common::progress("training", options.epochs);
    let mut losses = Vec::new();
    for _ in 0..options.epochs {
        let mut last = f64::NAN;
        for mini_batch in data_loader {
            let (x, y) = mini_batch?;
            let loss = bce(&model.forward(&x), &y);

            optimizer.zero_grad();
            loss.backward();
            optimizer.step();
            last = loss.item();
        }
        losses.push(last);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(losses)
}

/// The share of fresh data that the model tells right.
fn accuracy(model: &LogisticRegression) {
    let fresh = LinearlySeparable::new(N_SAMPLES);
    let y_predicted = model.forward(&fresh.x).gt(0.5);
    println!("{}", y_predicted.eq(&fresh.y).float().mean());
}

/// The data, the probability and the boundary where it is one half.
fn fit(data: &LinearlySeparable, model: &LogisticRegression) -> Chart {
    let x = data.x.to_vec::<f32>();
    let pairs = |y: &Tensor| {
        let y = y.to_vec::<f32>();
        let pair = |(x, y): (&f32, &f32)| (f64::from(*x), f64::from(*y));
        x.iter().zip(&y).map(pair).collect::<Vec<_>>()
    };
    let (w, b) = {
        let state = model.state_dict();
        let mut values = state.iter().map(|(_, tensor)| tensor.item::<f64>());
        (values.next().unwrap_or(1.0), values.next().unwrap_or(0.0))
    };
    let boundary = -b / w;
    let series = vec![
        Series {
            name: "data".into(),
            points: pairs(&data.y),
            joined: false,
        },
        Series::line("sigmoid(w x + b)", pairs(&model.forward(&data.x))),
        Series::line("boundary", vec![(boundary, 0.0), (boundary, 1.0)]),
    ];
    Chart::new(
        "data and fitted sigmoid",
        ["x", "y, probability of class 1"],
        series,
    )
}

fn loss_by_epoch(losses: &[f64]) -> Chart {
    let points = losses.iter().enumerate();
    let line = Series::line("loss", points.map(|(i, l)| (i as f64 + 1.0, *l)).collect());
    Chart::new(
        "last mini-batch of each epoch",
        ["epoch", "loss"],
        vec![line],
    )
}
