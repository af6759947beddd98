//! Logistic regression on the original Wisconsin data, in float64: the gradient by hand and by the tape, descent at
//! several rates, mini-batches, a batch solver.
//!
//! `cargo run --release --example wisconsin_logistic -- --help` shows the options.

#[macro_use]
mod common;

use clap::Parser;
use common::options::{PlotFile, at_least_one, plot_file, positive, seed};
use common::plot::{Chart, Series};
use retrograd::linear_model;
use retrograd::prelude::*;
use retrograd::preprocessing::{SimpleImputer, Strategy};
use retrograd::{NumpyRandomState, cat, datasets, numpy, ones_dtype, zeros_dtype};
use std::error::Error;
use std::process::ExitCode;

/// The number of training examples.
const N: usize = 699;

/// Logistic regression on the original Wisconsin breast cancer data.
#[derive(Parser)]
struct Options {
    /// Seed of the printed choice, and of the order in every mini-batch descent.
    #[arg(long, value_name = "N", default_value_t = 42, value_parser = seed, allow_hyphen_values = true)]
    seed: u32,
    /// Epochs of the last descent; the others run a tenth, those by mini-batches a thousandth.
    #[arg(long, value_name = "N", default_value_t = 100_000, value_parser = at_least_one, allow_hyphen_values = true)]
    epochs: usize,
    /// Learning rate of the last descent, and the last of the rates tried.
    #[arg(long, value_name = "X", default_value_t = 3e-4, value_parser = positive, allow_hyphen_values = true)]
    lr: f64,
    /// Examples in a mini-batch, 1 to 699.
    #[arg(long, value_name = "N", default_value_t = 32, value_parser = batch_size, allow_hyphen_values = true)]
    batch_size: usize,
    /// C of the batch solver: how little the weights are held back.
    #[arg(long, value_name = "X", default_value_t = 10_000.0, value_parser = positive, allow_hyphen_values = true)]
    c: f64,
    /// Draws the sigmoid and every loss into an SVG or PNG file.
    #[arg(long, value_name = "FILE", value_parser = plot_file)]
    plot: Option<PlotFile>,
}

fn batch_size(text: &str) -> Result<usize, String> {
    at_least_one(text)
        .ok()
        .filter(|n| *n <= N)
        .ok_or_else(|| format!("give a whole number from 1 to {N}, the training examples"))
}

impl Options {
    /// A share of the epochs, at least one.
    fn share(&self, divisor: usize) -> usize {
        (self.epochs / divisor).max(1)
    }
}

fn main() -> ExitCode {
    common::report(lesson(&Options::parse()))
}

fn lesson(options: &Options) -> Result<(), Box<dyn Error>> {
    if let Some(file) = &options.plot {
        file.check()?;
    }
    let (x, y) = data()?;

    gradient_at_zero(&x, &y);
    finite_differences(&x, &y);
    let first = gradient_descent("descent at 1e-4", &x, &y, 1e-4, options.share(10)).losses;
    let rates = learning_rates(&x, &y, options);
    numpy_choice(options)?;
    let batches = mini_batch_descents(&x, &y, options)?;
    let last = last_descent(&x, &y, options);
    batch_solver(&x, &y, options)?;

    if let Some(file) = &options.plot {
        let (raw, smooth) = batches;
        file.draw(&[
            sigmoid_curve(),
            losses(
                "gradient descent, rate 0.0001",
                "epoch",
                vec![("loss".into(), first)],
            ),
            logarithms("gradient descent at several rates", rates),
            losses(
                "mini-batches, rate 0.003",
                "update",
                vec![("loss".into(), raw)],
            ),
            losses("mini-batches, rate 0.001", "update", smooth),
            losses("the last descent", "epoch", vec![("loss".into(), last)]),
        ])?;
    }
    Ok(())
}

/// Loads the data, puts the median where a value is missing (`?` in the file), and a column of ones in front.
fn data() -> retrograd::Result<(Tensor, Tensor)> {
    let set = datasets::wisconsin();
    let imputer = SimpleImputer::fit(&set.data, Strategy::Median)?;
    let (x, y) = (imputer.transform(&set.data)?, set.target.double());
    println!("({}, {})", numpy::shape(&x), numpy::shape(&y));

    let ones = ones_dtype([x.size(0), 1], F64);
    let x = cat([&ones, &x], 1);
    println!("{}", numpy::shape(&x));
    Ok((x, y))
}

fn sigmoid(z: &Tensor) -> Tensor {
    1.0 / (1.0 + (-z).exp())
}

/// The cost of all examples together.
fn cost(w: &Tensor, x: &Tensor, y: &Tensor) -> Tensor {
    let h = sigmoid(&x.matmul(w));
    -(y * h.log() + (1.0 - y) * (1.0 - &h).log()).sum()
}

/// Its gradient, by hand.
fn gradient(h: &Tensor, x: &Tensor, y: &Tensor) -> Tensor {
    x.t().matmul(&(h - y))
}

/// The gradient at weights of 0, by hand and by the tape.
fn gradient_at_zero(x: &Tensor, y: &Tensor) {
    let w = zeros_dtype([x.size(1)], F64).requires_grad_();
    let by_hand = no_grad(|| gradient(&sigmoid(&x.matmul(&w)), x, y));
    println!("{:?}", numpy::array(&by_hand));

    cost(&w, x, y).backward();
    let by_tape = w.grad().expect("the cost depends on the weights");
    println!("by the tape:\n{:?}", numpy::array(&by_tape));
}

/// The gradient's last component against a difference of costs.
fn finite_differences(x: &Tensor, y: &Tensor) {
    let h = 1e-7;
    let w = zeros_dtype([x.size(1)], F64);
    let w_plus = w.copy();
    w_plus.index_put_(-1, h);

    let (here, there) = (
        cost(&w, x, y).item::<f64>(),
        cost(&w_plus, x, y).item::<f64>(),
    );
    println!("{}", numpy::float(here));
    println!("{}", numpy::float(there));
    println!(
        "Gradient approximation:\t{}",
        numpy::float((there - here) / h)
    );
    let by_hand = gradient(&sigmoid(&x.matmul(&w)), x, y);
    println!(
        "True gradient:\t\t{}",
        numpy::float(by_hand.at(-1).item::<f64>())
    );
}

/// Weights that a descent found, and the loss after each update.
struct Descent {
    w: Tensor,
    losses: Vec<f64>,
}

impl Descent {
    fn new(x: &Tensor) -> Self {
        Descent {
            w: zeros_dtype([x.size(1)], F64),
            losses: Vec::new(),
        }
    }

    /// The title of the notebook's plot.
    fn print(&self) {
        let last = self.losses.last().copied().unwrap_or(f64::NAN);
        println!("Loss history final loss: {:.16}", numpy::float(last));
    }
}

/// scikit-learn's log loss: the mean cost, with probabilities kept off 0 and 1 by the type's precision.
fn log_loss(y: &Tensor, h: &Tensor) -> f64 {
    let h = h.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
    -(y * h.log() + (1.0 - y) * (1.0 - h).log())
        .mean()
        .item::<f64>()
}

/// Remembers where a rate made the exponential overflow, of which NumPy warns.
struct Overflow {
    rate: f64,
    epochs: Vec<usize>,
}

impl Overflow {
    fn watch(rate: f64) -> Self {
        Overflow {
            rate,
            epochs: Vec::new(),
        }
    }

    fn look(&mut self, epoch: usize, z: &Tensor) {
        if z.min().item::<f64>() < -f64::MAX.ln() && self.epochs.last() != Some(&epoch) {
            self.epochs.push(epoch);
        }
    }

    fn print(&self) {
        if let Some(first) = self.epochs.first() {
            println!(
                "rate {}: the exponential overflowed first in epoch {first}, in {} epochs in all; \
                 the probability is 0 there",
                numpy::float(self.rate),
                self.epochs.len()
            );
        }
    }
}

/// Descends along the gradient of all examples.
fn gradient_descent(title: &str, x: &Tensor, y: &Tensor, lr: f64, epochs: usize) -> Descent {
    let mut descent = Descent::new(x);
    let mut overflow = Overflow::watch(lr);

    let bar = common::progress(title, epochs);
    let mut h = sigmoid(&x.matmul(&descent.w));
    for epoch in 1..=epochs {
        descent.w -= lr * gradient(&h, x, y);

        let z = x.matmul(&descent.w);
        overflow.look(epoch, &z);
        h = sigmoid(&z);
        descent.losses.push(log_loss(y, &h));
        bar.inc(1);
    }
    bar.finish_and_clear();
    overflow.print();
    descent.print();
    descent
}

/// The same descent at several rates, of which the larger ones oscillate.
fn learning_rates(x: &Tensor, y: &Tensor, options: &Options) -> Vec<(String, Vec<f64>)> {
    let epochs = options.share(10);
    let rates = [
        (1e-5, epochs),
        (1e-4, epochs),
        (1e-3, epochs),
        (1e-2, epochs),
        (1e-1, 50),
        (options.lr, epochs),
    ];
    let descents = rates.map(|(lr, epochs)| {
        let title = format!("rate {}", numpy::float(lr));
        let descent = gradient_descent(&title, x, y, lr, epochs);
        (title, descent.losses)
    });
    descents.into()
}

/// NumPy's choice without replacement: a permutation.
fn numpy_choice(options: &Options) -> retrograd::Result<()> {
    let chosen = NumpyRandomState::new(options.seed).choice(10, 10, false)?;
    println!("{:?}", numpy::array(&Tensor::from(chosen)));
    Ok(())
}

/// Descends along the gradients of mini-batches. Each epoch permutes what the last one left; what does not fill a
/// batch is dropped.
fn mini_batch_descent(
    x: &Tensor,
    y: &Tensor,
    lr: f64,
    options: &Options,
) -> retrograd::Result<Descent> {
    let (epochs, size) = (options.share(1_000), options.batch_size);
    let mut descent = Descent::new(x);
    let mut overflow = Overflow::watch(lr);
    let mut random = NumpyRandomState::new(options.seed);
    let (n, mut x_shuffled, mut y_shuffled) = (x.size(0), x.copy(), y.copy());

    let bar = common::progress(&format!("mini-batches, rate {}", numpy::float(lr)), epochs);
    for epoch in 1..=epochs {
        let order = Tensor::from(random.choice(n, n, false)?);
        x_shuffled = x_shuffled.index_select(0, &order);
        y_shuffled = y_shuffled.index_select(0, &order);

        for start in (0..=n - size).step_by(size) {
            let x_batch = x_shuffled.i(start..start + size);
            let y_batch = y_shuffled.i(start..start + size);
            let z = x_batch.matmul(&descent.w);
            overflow.look(epoch, &z);
            descent.w -= lr * gradient(&sigmoid(&z), &x_batch, &y_batch);

            descent
                .losses
                .push(log_loss(y, &sigmoid(&x.matmul(&descent.w))));
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    overflow.print();
    descent.print();
    Ok(descent)
}

type Named = Vec<(String, Vec<f64>)>;

/// Mini-batches at three rates, the last one again for the smoothed curve.
fn mini_batch_descents(
    x: &Tensor,
    y: &Tensor,
    options: &Options,
) -> retrograd::Result<(Vec<f64>, Named)> {
    let large = mini_batch_descent(x, y, 3e-3, options)?;
    mini_batch_descent(x, y, 1e-3, options)?;
    mini_batch_descent(x, y, 1e-1, options)?;

    let small = mini_batch_descent(x, y, 1e-3, options)?;
    let smooth = moving_mean(&small.losses, x.size(0) / options.batch_size);
    let curves = vec![
        ("loss".into(), small.losses),
        ("mean of an epoch".into(), smooth),
    ];
    Ok((large.losses, curves))
}

/// The mean of each value and those before it, `window` in all.
fn moving_mean(values: &[f64], window: usize) -> Vec<f64> {
    let windows = values.windows(window.clamp(1, values.len()));
    windows
        .map(|w| w.iter().sum::<f64>() / w.len() as f64)
        .collect()
}

/// All examples again, for long.
fn last_descent(x: &Tensor, y: &Tensor, options: &Options) -> Vec<f64> {
    let descent = gradient_descent("the last descent", x, y, options.lr, options.epochs);
    println!("{:?}", numpy::array(&descent.w));
    descent.losses
}

/// What a batch solver finds, converged: the same weights without a rate to choose.
fn batch_solver(x: &Tensor, y: &Tensor, options: &Options) -> retrograd::Result<()> {
    let features = x.i((.., 1..));
    let model = linear_model::LogisticRegression::options()
        .c(options.c)
        .fit(&features, y)?;
    let coef = format!("{:?}", numpy::array(model.coef())).replace('\n', "\n ");
    println!("({:?},\n {coef})", numpy::array(model.intercept()));
    Ok(())
}

fn sigmoid_curve() -> Chart {
    let z = retrograd::linspace(-8.0, 8.0, 161);
    let h = sigmoid(&z).to_vec::<f32>();
    let points = z.to_vec::<f32>().into_iter().zip(h);
    let points = points.map(|(z, h)| (z.into(), h.into())).collect();
    let line = Series::line("sigmoid", points);
    Chart::new("the sigmoid", ["z", "1 / (1 + exp(-z))"], vec![line])
}

/// A curve of at most some hundred points, by the number of the update, of which the last one is `updates`.
fn curve(name: &str, losses: &[f64], updates: usize, value: fn(f64) -> f64) -> Series {
    let (step, first) = (losses.len().div_ceil(400), updates - losses.len() + 1);
    let points = losses.iter().enumerate().step_by(step.max(1));
    let points = points.map(|(i, loss)| ((first + i) as f64, value(*loss)));
    Series::line(name, points.collect())
}

fn losses(title: &str, x: &'static str, curves: Named) -> Chart {
    let updates = curves
        .iter()
        .map(|(_, losses)| losses.len())
        .max()
        .unwrap_or(0);
    let lines = curves
        .iter()
        .map(|(name, losses)| curve(name, losses, updates, |loss| loss));
    Chart::new(title, [x, "log loss"], lines.collect())
}

fn logarithms(title: &str, curves: Named) -> Chart {
    let lines = curves
        .iter()
        .map(|(name, losses)| curve(name, losses, losses.len(), f64::log10));
    Chart::new(title, ["epoch", "log10 of the log loss"], lines.collect())
}
