//! A network learns to tell malignant from benign tumours, in seven steps: from gradients by hand to modules.
//!
//! `cargo run --release --example breast_cancer_mlp -- --help` shows the options.

#[macro_use]
mod common;

use clap::Parser;
use common::options::{PlotFile, at_least_one, plot_file, positive, seed};
use common::plot::{Chart, Series};
use indicatif::ProgressBar;
use retrograd::loss::{self, Reduction};
use retrograd::prelude::*;
use retrograd::preprocessing::{StandardScaler, train_test_split};
use retrograd::{datasets, grad, nn, numpy, optim, zeros_dtype};
use std::error::Error;
use std::process::ExitCode;

/// What keeps the logarithm of the loss by hand finite.
const EPS: f64 = 1e-8;

/// Trains a network on the breast cancer data in seven steps, from gradients by hand to modules.
#[derive(Parser)]
struct Options {
    /// Seed of the split and of each step's weights.
    #[arg(long, value_name = "N", default_value_t = 42, value_parser = seed, allow_hyphen_values = true)]
    seed: u32,
    /// Epochs of steps 1 to 6; step 7 trains a tenth.
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = at_least_one, allow_hyphen_values = true)]
    epochs: usize,
    /// Learning rate.
    #[arg(long, value_name = "X", default_value_t = 0.01, value_parser = positive, allow_hyphen_values = true)]
    lr: f64,
    /// Hidden units.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = at_least_one, allow_hyphen_values = true)]
    hidden: usize,
    /// Draws loss and score of every step into an SVG or PNG file.
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
    fits_into_memory(options)?;
    let (x, y, labels) = data_and_batch_solver(options)?;
    let curves = [
        ("step 1", step_1(&x, &y, options)),
        ("step 2", step_2(&x, &y, options)),
        ("step 3", step_3(&x, &y, options)),
        ("step 4", step_4(&x, &y, options)),
        ("step 5", step_5(&x, &y, options)),
        ("step 6", step_6(&x, &y, options)),
        ("step 7", step_7(&x, &labels, options)),
    ];
    if let Some(file) = &options.plot {
        let chart = |title, of: fn(&Curve) -> &Points| {
            let line = |(name, curve): &(&str, Curve)| Series::line(name, of(curve).clone());
            Chart::new(title, ["epoch", title], curves.iter().map(line).collect())
        };
        file.draw(&[
            chart("loss", |curve| &curve.loss),
            chart("score", |curve| &curve.score),
        ])?;
    }
    Ok(())
}

/// Refuses a hidden layer that no memory can hold, before anything is printed.
fn fits_into_memory(options: &Options) -> Result<(), String> {
    let hidden = options.hidden;
    let fits = |floats: usize| Vec::<f32>::new().try_reserve_exact(floats).is_ok();
    match hidden.checked_mul(2 * 569) {
        Some(floats) if fits(floats) => Ok(()),
        _ => Err(format!(
            "--hidden {hidden}: a layer of {hidden} units does not fit into memory. Give a smaller number."
        )),
    }
}

/// Loads, splits and scales the data, and prints what the batch solver reaches. Returns features, targets `[rows, 1]`
/// and labels `[rows]` of the training data.
fn data_and_batch_solver(options: &Options) -> retrograd::Result<(Tensor, Tensor, Tensor)> {
    let set = datasets::breast_cancer();
    let split = train_test_split().test_size(0.2).random_state(options.seed);
    let ((x_train, y_train), (x_test, y_test)) = split.split((set.data, set.target))?;
    let (scaler, x_train) = StandardScaler::fit_transform(&x_train)?;
    let x_test = scaler.transform(&x_test)?;
    println!("{} {}", numpy::shape(&x_train), numpy::shape(&y_train));
    println!("{} {}", numpy::shape(&x_test), numpy::shape(&y_test));
    batch_solver((&x_train, &y_train), (&x_test, &y_test))?;

    let (x, y) = (x_train.float(), y_train.float().unsqueeze(1));
    println!("torch.Size({:?}) torch.Size({:?})", x.shape(), y.shape());
    Ok((x, y, y_train))
}

/// scikit-learn's `LogisticRegression(C=1)`: the loss's sum and half of the squared weights, at their least.
fn batch_solver(train: (&Tensor, &Tensor), test: (&Tensor, &Tensor)) -> retrograd::Result<()> {
    let w = zeros_dtype([train.0.size(1)], F64).requires_grad_();
    let b = zeros_dtype((), F64).requires_grad_();
    let loss_fn = loss::BceWithLogits::new().reduction(Reduction::Sum);

    let mut optimizer = optim::Lbfgs::new([&w, &b], 1.0)
        .strong_wolfe()
        .max_iter(1_000);
    optimizer.step_with(|| {
        let logits = train.0.matmul(&w) + &b;
        loss_fn.forward(&logits, train.1) + 0.5 * (&w * &w).sum()
    })?;

    for (name, (x, y)) in [("Train", train), ("Test ", test)] {
        let right = (x.matmul(&w) + &b).gt(0).eq(y);
        println!(
            "{name} Accuracy: {:.4}",
            right.double().mean().item::<f64>()
        );
    }
    Ok(())
}

type Points = Vec<(f64, f64)>;

/// Loss and score by epoch.
struct Curve {
    loss: Points,
    score: Points,
}

/// Prints ten lines on a training, and draws a bar on a terminal.
struct Log {
    epochs: usize,
    bar: ProgressBar,
    curve: Curve,
}

impl Log {
    fn new(title: &'static str, epochs: usize) -> Self {
        let curve = Curve {
            loss: Vec::new(),
            score: Vec::new(),
        };
        Log {
            epochs,
            bar: common::progress(title, epochs),
            curve,
        }
    }

    /// The score is computed only for the epochs that are shown.
    fn epoch(&mut self, epoch: usize, loss: &Tensor, score: impl FnOnce() -> Tensor) {
        self.bar.inc(1);
        let printed = epoch.is_multiple_of((self.epochs / 10).max(1));
        if !printed && !epoch.is_multiple_of((self.epochs / 100).max(1)) {
            return;
        }
        let (loss, score) = (loss.item::<f64>(), score().item::<f64>());
        if printed {
            let line = format!(
                "[{epoch}/{}] loss: {:.2} score: {:.4}",
                self.epochs,
                numpy::float(loss),
                numpy::float(score)
            );
            self.bar.suspend(|| println!("{line}"));
        }
        self.curve.loss.push((epoch as f64, loss));
        self.curve.score.push((epoch as f64, score));
    }

    fn finish(self) -> Curve {
        self.bar.finish_and_clear();
        self.curve
    }
}

/// The share of probabilities on the right side of one half.
fn accuracy(out: &Tensor, y: &Tensor) -> Tensor {
    out.gt(0.5).eq(y).float().mean()
}

/// Binary cross-entropy as the formula has it.
fn bce_loss(out: &Tensor, y: &Tensor) -> Tensor {
    -(y * (out + EPS).log() + (1.0 - y) * (1.0 - out + EPS).log()).mean()
}

/// Weights and biases of both layers, drawn by hand.
fn parameters(x: &Tensor, options: &Options) -> [Tensor; 4] {
    manual_seed(options.seed.into());
    [
        randn([x.size(1), options.hidden]),
        zeros([options.hidden]),
        randn([options.hidden, 1]),
        zeros([1]),
    ]
}

/// Gradients by hand.
fn step_1(x: &Tensor, y: &Tensor, options: &Options) -> Curve {
    let [mut w1, mut b1, mut w2, mut b2] = parameters(x, options);
    let lr = options.lr;

    let mut log = Log::new("step 1", options.epochs);
    for epoch in 1..=options.epochs {
        let a1 = (x.mm(&w1) + &b1).sigmoid();
        let out = (a1.mm(&w2) + &b2).sigmoid();
        let loss = bce_loss(&out, y);
        log.epoch(epoch, &loss, || accuracy(&out, y));

        let grad_z2 = (&out - y) / y.size(0);
        let grad_w2 = a1.t().mm(&grad_z2);
        let grad_b2 = grad_z2.sum_dim(0);
        let grad_a1 = grad_z2.mm(&w2.t());
        let grad_z1 = grad_a1 * &a1 * (1.0 - &a1);
        let grad_w1 = x.t().mm(&grad_z1);
        let grad_b1 = grad_z1.sum_dim(0);

        w1 -= lr * grad_w1;
        b1 -= lr * grad_b1;
        w2 -= lr * grad_w2;
        b2 -= lr * grad_b2;
    }
    log.finish()
}

/// `grad`, with a graph of the gradients themselves.
fn step_2(x: &Tensor, y: &Tensor, options: &Options) -> Curve {
    let [mut w1, mut b1, mut w2, mut b2] = parameters(x, options).map(|p| p.requires_grad_());
    let lr = options.lr;

    let mut log = Log::new("step 2", options.epochs);
    for epoch in 1..=options.epochs {
        let a1 = (x.mm(&w1) + &b1).sigmoid();
        let out = (a1.mm(&w2) + &b2).sigmoid();
        let loss = bce_loss(&out, y);
        log.epoch(epoch, &loss, || accuracy(&out, y));

        let grads = grad(&loss, [&w1, &b1, &w2, &b2]).create_graph(true).run();
        no_grad(|| {
            w1 -= lr * &grads[0];
            b1 -= lr * &grads[1];
            w2 -= lr * &grads[2];
            b2 -= lr * &grads[3];
        });
    }
    log.finish()
}

/// `backward`, and the update by hand.
fn step_3(x: &Tensor, y: &Tensor, options: &Options) -> Curve {
    let [mut w1, mut b1, mut w2, mut b2] = parameters(x, options).map(|p| p.requires_grad_());
    let lr = options.lr;

    let mut log = Log::new("step 3", options.epochs);
    for epoch in 1..=options.epochs {
        let a1 = (x.mm(&w1) + &b1).sigmoid();
        let out = (a1.mm(&w2) + &b2).sigmoid();
        let loss = bce_loss(&out, y);
        log.epoch(epoch, &loss, || accuracy(&out, y));

        loss.backward();
        no_grad(|| {
            for p in [&mut w1, &mut b1, &mut w2, &mut b2] {
                *p -= lr * p.grad().expect("backward reached it");
                p.zero_grad();
            }
        });
    }
    log.finish()
}

/// The optimizer.
fn step_4(x: &Tensor, y: &Tensor, options: &Options) -> Curve {
    let [w1, b1, w2, b2] = parameters(x, options).map(|p| p.requires_grad_());
    let mut optimizer = optim::Sgd::new([&w1, &b1, &w2, &b2], options.lr);

    let mut log = Log::new("step 4", options.epochs);
    for epoch in 1..=options.epochs {
        let a1 = (x.mm(&w1) + &b1).sigmoid();
        let out = (a1.mm(&w2) + &b2).sigmoid();
        let loss = bce_loss(&out, y);
        log.epoch(epoch, &loss, || accuracy(&out, y));

        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
    }
    log.finish()
}

/// Trains a model that gives one probability.
fn train(
    title: &'static str,
    model: &impl Forward,
    params: Vec<Tensor>,
    x: &Tensor,
    y: &Tensor,
    options: &Options,
) -> Curve {
    let loss_fn = loss::Bce::new();
    let mut optimizer = optim::Sgd::new(params, options.lr);

    let mut log = Log::new(title, options.epochs);
    for epoch in 1..=options.epochs {
        let out = model.forward(x);
        let loss = loss_fn.forward(&out, y);
        log.epoch(epoch, &loss, || accuracy(&out, y));

        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
    }
    log.finish()
}

/// `Sequential`.
fn step_5(x: &Tensor, y: &Tensor, options: &Options) -> Curve {
    manual_seed(options.seed.into());
    let model = nn::Sequential::new()
        .add(nn::Linear::new(x.size(1), options.hidden))
        .add(nn::Sigmoid)
        .add(nn::Linear::new(options.hidden, 1))
        .add(nn::Sigmoid);
    train("step 5", &model, model.parameters(), x, y, options)
}

/// A module of one's own.
#[derive(Module)]
struct Mlp {
    linear1: nn::Linear,
    linear2: nn::Linear,
}

impl Mlp {
    fn new(input: usize, hidden: usize, output: usize) -> Self {
        let mlp = Mlp {
            linear1: nn::Linear::new(input, hidden),
            linear2: nn::Linear::new(hidden, output),
        };
        nn::init::normal_(&mlp.linear1.weight);
        nn::init::normal_(&mlp.linear2.weight);
        mlp
    }
}

impl Forward for Mlp {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.linear2.forward(&self.linear1.forward(x).sigmoid())
    }
}

/// The module with a sigmoid at its end.
#[derive(Module)]
struct Probability {
    logits: Mlp,
}

impl Forward for Probability {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.logits.forward(x).sigmoid()
    }
}

/// A module of one's own with `init::normal_` and a named loss. The notebook passes its one output to
/// `CrossEntropyLoss`, a slip: over a single class that is always 0.
fn step_6(x: &Tensor, y: &Tensor, options: &Options) -> Curve {
    manual_seed(options.seed.into());
    let model = Probability {
        logits: Mlp::new(x.size(1), options.hidden, 1),
    };
    train("step 6", &model, model.parameters(), x, y, options)
}

/// Two logits with cross-entropy on class labels.
fn step_7(x: &Tensor, labels: &Tensor, options: &Options) -> Curve {
    manual_seed(options.seed.into());
    let model = Mlp::new(x.size(1), options.hidden, 2);
    let loss_fn = loss::CrossEntropy::new();
    let mut optimizer = optim::Sgd::new(model.parameters(), options.lr);

    let epochs = (options.epochs / 10).max(1);
    let mut log = Log::new("step 7", epochs);
    for epoch in 1..=epochs {
        let out = model.forward(x);
        let loss = loss_fn.forward(&out, labels);
        log.epoch(epoch, &loss, || out.argmax_dim(1).eq(labels).float().mean());

        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
    }
    log.finish()
}
