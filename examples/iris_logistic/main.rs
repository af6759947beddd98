//! Logistic regression on the irises: LBFGS, mini-batches by hand, optimizers, modules, three classes.
//!
//! `cargo run --release --example iris_logistic -- --help` shows the options.

#[macro_use]
#[path = "../common/mod.rs"]
mod common;
mod pictures;
mod sklearn;
mod three_classes;

use clap::Parser;
use common::options::{PlotFile, at_least_one, plot_file, positive, seed};
use retrograd::data::{DataLoader, Sampler, TensorDataset};
use retrograd::numpy::PrintOptions;
use retrograd::prelude::*;
use retrograd::preprocessing::train_test_split;
use retrograd::{datasets, nn, numpy, optim, random};
use sklearn::Sklearn;
use std::error::Error;
use std::process::ExitCode;

/// The number of training examples.
const N_TRAIN: usize = 100;

/// Logistic regression on the irises, with every optimizer.
#[derive(Parser)]
struct Options {
    /// Seed at the start of each training.
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = seed, allow_hyphen_values = true)]
    seed: u32,
    /// Seed of the split into training and test data.
    #[arg(long, value_name = "N", default_value_t = 42, value_parser = seed, allow_hyphen_values = true)]
    split_seed: u32,
    /// Epochs of the four trainings by mini-batches.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = at_least_one, allow_hyphen_values = true)]
    epochs: usize,
    /// Learning rate of the same four.
    #[arg(long, value_name = "X", default_value_t = 0.1, value_parser = positive, allow_hyphen_values = true)]
    lr: f64,
    /// Examples in a mini-batch, 1 to 100.
    #[arg(long, value_name = "N", default_value_t = 33, value_parser = batch_size, allow_hyphen_values = true)]
    batch_size: usize,
    /// Draws data, boundaries and losses into an SVG or PNG file.
    #[arg(long, value_name = "FILE", value_parser = plot_file)]
    plot: Option<PlotFile>,
}

fn batch_size(text: &str) -> Result<usize, String> {
    at_least_one(text)
        .ok()
        .filter(|n| *n <= N_TRAIN)
        .ok_or_else(|| format!("give a whole number from 1 to {N_TRAIN}, the training examples"))
}

fn main() -> ExitCode {
    common::report(lesson(&Options::parse()))
}

fn lesson(options: &Options) -> Result<(), Box<dyn Error>> {
    if let Some(file) = &options.plot {
        file.check()?;
    }
    let data = Data::load(options)?;

    let sklearn = Sklearn::fit(&data)?;
    gradient_by_hand(&data, &sklearn);
    gradient_by_backward(&data, &sklearn);
    let optimum = lbfgs(&data, &sklearn, options)?;

    let data_loader = mini_batches(&data, options)?;
    let by_hand = sgd_by_hand(&data, &sklearn, &data_loader, options)?;
    let sgd = torch_sgd(&data, &sklearn, &data_loader, options)?;
    let momentum = sgd_with_momentum(&data, &sklearn, &data_loader, options)?;

    sequential(&data, &sklearn)?;
    weights_by_hand(&data, &sklearn, options)?;
    let adam = adam_on_the_module(&data, &sklearn, &data_loader, options)?;
    lbfgs_on_the_module(&data, &sklearn, options)?;
    let three = three_classes::multi_class(options)?;

    if let Some(file) = &options.plot {
        let losses = [
            ("SGD by hand", &by_hand.losses),
            ("SGD", &sgd.losses),
            ("momentum", &momentum.losses),
            ("Adam", &adam.losses),
        ];
        let boundaries = [
            ("SGD", &sgd.params),
            ("momentum", &momentum.params),
            ("LBFGS", &optimum),
        ];
        file.draw(&[
            pictures::two_classes(&data, boundaries),
            pictures::loss_by_epoch(losses),
            pictures::three_classes(&three),
        ])?;
    }
    Ok(())
}

/// Arrays of numbers on one line, with three places.
fn three_places() -> PrintOptions {
    PrintOptions::new()
        .line_width(usize::MAX)
        .formatter(|v| format!("{:.3}", numpy::float(v)))
}

fn print_array(values: &Tensor) {
    println!("{}", three_places().array(values));
}

/// Four lengths of each flower, and whether it is a virginica; float64 as NumPy has it, float32 for the tensors.
struct Data {
    x_train: Tensor,
    y_train: Tensor,
    x_test: Tensor,
    y_test: Tensor,
}

impl Data {
    fn load(options: &Options) -> retrograd::Result<Self> {
        let iris = datasets::iris();
        let virginica = iris.target.eq(2).double();
        let split = train_test_split()
            .train_size(N_TRAIN)
            .random_state(options.split_seed);
        let ((x_train, y_train), (x_test, y_test)) = split.split((iris.data, virginica))?;
        Ok(Data {
            x_train,
            y_train,
            x_test,
            y_test,
        })
    }

    fn train(&self) -> (Tensor, Tensor) {
        (self.x_train.float(), self.y_train.float())
    }

    /// The model's probabilities for the test data.
    fn test(&self, model: impl FnOnce(&Tensor) -> Tensor) -> Tensor {
        no_grad(|| model(&self.x_test.float()))
    }
}

/// Loss and gradient as the formulas have them, on the test data: first where scikit-learn stopped, then at the
/// optimum.
fn gradient_by_hand(data: &Data, sklearn: &Sklearn) {
    let (x, y) = (&data.x_test, &data.y_test);
    for params in [&sklearn.stopped_early, &sklearn.params] {
        println!("params {}", three_places().array(params));

        let p = x.matmul(params).sigmoid();
        let loss = -(y * p.log() + (1.0 - y) * (1.0 - &p).log()).mean();
        println!("loss {}", numpy::float(loss.item::<f64>()));

        let grad = x.t().matmul(&(p - y)) / y.size(0);
        println!("grad {}", three_places().array(&grad));
    }
}

/// The same by the tape, in float32.
fn gradient_by_backward(data: &Data, sklearn: &Sklearn) {
    let (x, y) = (data.x_test.float(), data.y_test.float().view((-1, 1)));
    for params in [&sklearn.stopped_early, &sklearn.params] {
        let params = params.float().view((-1, 1)).requires_grad_();

        let loss = bce(&x.matmul(&params).sigmoid(), &y);
        println!("{loss}");
        loss.backward();
        let grad = params.grad().expect("the loss depends on the parameters");
        println!("{grad}");

        println!("loss {}", numpy::float(loss.item::<f64>()));
        println!("grad {}", three_places().array(&grad.flatten()));
    }
}

/// The probabilities of a model without a module: its parameters are one tensor.
fn predict(x: &Tensor, params: &Tensor) -> Tensor {
    x.matmul(params).sigmoid()
}

/// Ten steps of LBFGS, of twenty iterations each, which remember the last ten changes.
fn lbfgs(data: &Data, sklearn: &Sklearn, options: &Options) -> retrograd::Result<Tensor> {
    let (x, y) = data.train();
    manual_seed(options.seed.into());
    let params = randn([x.size(1)]).requires_grad_();
    let mut optimizer = optim::Lbfgs::new([&params], 1.0).history_size(10);

    for _ in 0..10 {
        let report = optimizer.step_with(|| bce(&predict(&x, &params), &y))?;
        println!("{}", numpy::float(report.initial_loss));
    }
    sklearn.print_params();
    println!("parameters from torch {}", params.detach());
    sklearn.print_both(&data.test(|x| predict(x, &params)));
    Ok(params.detach())
}

/// The order of PyTorch 1.8, which printed the notebook: later versions seed a generator of its own for the permutation
/// with the number that is thrown away here.
struct RandomSampler {
    n: usize,
}

impl Sampler for RandomSampler {
    fn sample(&self) -> retrograd::Result<Vec<usize>> {
        let order = random::default_generator(|generator| {
            generator.draw_seed();
            generator.randperm(self.n)
        });
        Ok(order.into_iter().map(|i| i as usize).collect())
    }

    fn len(&self) -> usize {
        self.n
    }
}

type Loader = DataLoader<TensorDataset>;

/// The training data in mini-batches.
fn mini_batches(data: &Data, options: &Options) -> retrograd::Result<Loader> {
    let (x, y) = data.train();
    println!("torch.Size({:?})", x.shape());

    let n = x.size(0);
    let data_loader = DataLoader::new(TensorDataset::new((x, y)))
        .batch_size(options.batch_size)
        .sampler(RandomSampler { n });
    println!(
        "{n} examples divided into {} batches of size {}",
        data_loader.len(),
        options.batch_size
    );
    for batch in &data_loader {
        let (x, y) = batch?;
        println!("torch.Size({:?})\ntorch.Size({:?})", x.shape(), y.shape());
    }
    for batch in data_loader.iter().take(3) {
        println!("{}", batch?.1);
    }
    Ok(data_loader)
}

/// What a training ends with, and the mean loss of each epoch.
struct Trained {
    params: Tensor,
    losses: Vec<f64>,
}

/// Walks over the mini-batches, epoch after epoch; `update` makes one step and returns the loss.
fn train(
    title: &str,
    data_loader: &Loader,
    epochs: usize,
    mut update: impl FnMut(&Tensor, &Tensor) -> Tensor,
) -> retrograd::Result<Vec<f64>> {
    let bar = common::progress(title, epochs);
    let mut losses = Vec::new();
    for _ in 0..epochs {
        let mut sum = 0.0;
        for batch in data_loader {
            let (x, y) = batch?;
            sum += update(&x, &y).item::<f64>();
        }
        losses.push(sum / data_loader.len() as f64);
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(losses)
}

/// `backward`, and the update by hand.
fn sgd_by_hand(
    data: &Data,
    sklearn: &Sklearn,
    data_loader: &Loader,
    options: &Options,
) -> retrograd::Result<Trained> {
    manual_seed(options.seed.into());
    let mut params = randn([data.x_train.size(1)]).requires_grad_();
    let learning_rate = options.lr;

    let losses = train("SGD by hand", data_loader, options.epochs, |x, y| {
        let loss = bce(&predict(x, &params), y);
        loss.backward();
        no_grad(|| {
            params -= learning_rate * params.grad().expect("backward reached it");
            params.zero_grad();
        });
        loss
    })?;

    sklearn.print_params();
    println!("parameters from torch {}", params.detach());
    let proba = data.test(|x| predict(x, &params));
    sklearn.print_both(&proba);
    print_array(&sklearn.proba.gt(0.5));
    print_array(&proba.gt(0.5));
    println!("{}", sklearn.agreement(&proba));
    Ok(Trained {
        params: params.detach(),
        losses,
    })
}

/// Parameters of no module, trained by an optimizer.
fn train_by(
    title: &str,
    data: &Data,
    sklearn: &Sklearn,
    data_loader: &Loader,
    options: &Options,
    optimizer: impl FnOnce(&Tensor) -> optim::Sgd,
) -> retrograd::Result<Trained> {
    manual_seed(options.seed.into());
    let params = randn([data.x_train.size(1)]).requires_grad_();
    let mut optimizer = optimizer(&params);

    let losses = train(title, data_loader, options.epochs, |x, y| {
        let loss = bce(&predict(x, &params), y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        loss
    })?;

    println!("parameters from torch {}", params.detach());
    let proba = data.test(|x| predict(x, &params));
    print_array(&proba);
    println!(
        "fraction of predicted labels that agree  {}",
        sklearn.agreement(&proba)
    );
    Ok(Trained {
        params: params.detach(),
        losses,
    })
}

/// The optimizer in place of the update by hand.
fn torch_sgd(
    data: &Data,
    sklearn: &Sklearn,
    data_loader: &Loader,
    options: &Options,
) -> retrograd::Result<Trained> {
    let optimizer = |params: &Tensor| optim::Sgd::new([params], options.lr);
    train_by("SGD", data, sklearn, data_loader, options, optimizer)
}

/// Steps that remember the last ones.
fn sgd_with_momentum(
    data: &Data,
    sklearn: &Sklearn,
    data_loader: &Loader,
    options: &Options,
) -> retrograd::Result<Trained> {
    let optimizer = |params: &Tensor| optim::Sgd::new([params], options.lr).momentum(0.9);
    train_by("momentum", data, sklearn, data_loader, options, optimizer)
}

/// `Sequential`, by position and by name; its weights replaced by scikit-learn's.
fn sequential(data: &Data, sklearn: &Sklearn) -> retrograd::Result<()> {
    let n_features = data.x_train.size(1);
    let model = nn::Sequential::new()
        .add(nn::Linear::without_bias(n_features, 1))
        .add(nn::Sigmoid);
    println!("{model}");
    let linear = model.get::<nn::Linear>(0).expect("the first is linear");
    println!("{}", linear.weight);
    match &linear.bias {
        Some(bias) => println!("{bias}"),
        None => println!("None"),
    }
    println!("torch.Size({:?})", linear.weight.shape());

    let params = &sklearn.params;
    println!("{}", numpy::shape(params));
    let row = params.unsqueeze(0);
    println!("{}", numpy::shape(&row));
    println!("torch.Size({:?})", row.float().shape());
    model.set_parameter("0.weight", &row.float())?;
    sklearn.print_both(&data.test(|x| model.forward(x)).squeeze());

    let model = nn::Sequential::new()
        .add_named("linear_layer", nn::Linear::without_bias(n_features, 1))
        .add_named("output_activation", nn::Sigmoid);
    println!("{model}");
    let linear = model
        .get::<nn::Linear>("linear_layer")
        .expect("it was just added");
    println!("{linear}\n{}", linear.weight);
    let activation = model.get::<nn::Sigmoid>("output_activation");
    println!("{}", activation.expect("it was just added"));
    for (name, parameter) in model.named_parameters() {
        println!("{name} torch.Size({:?})", parameter.shape());
    }
    Ok(())
}

/// A module of one's own.
#[derive(Module)]
struct LogisticRegressionModel {
    linear_layer: nn::Linear,
    output_activation: nn::Sigmoid,
}

impl LogisticRegressionModel {
    fn new(n_features: usize) -> Self {
        LogisticRegressionModel {
            linear_layer: nn::Linear::without_bias(n_features, 1),
            output_activation: nn::Sigmoid,
        }
    }
}

impl Forward for LogisticRegressionModel {
    /// Probabilities `[batch]` of features `[batch, features]`.
    fn forward(&self, x: &Tensor) -> Tensor {
        let logits = self.linear_layer.forward(x);
        self.output_activation.forward(&logits).squeeze_dim(1)
    }
}

/// The module with scikit-learn's weights.
fn weights_by_hand(data: &Data, sklearn: &Sklearn, options: &Options) -> retrograd::Result<()> {
    manual_seed(options.seed.into());
    let model = LogisticRegressionModel::new(data.x_train.size(1));
    let row = sklearn.params.float().unsqueeze(0);
    model.set_parameter("linear_layer.weight", &row)?;
    sklearn.print_both(&data.test(|x| model.forward(x)));
    Ok(())
}

/// The module trained by Adam.
fn adam_on_the_module(
    data: &Data,
    sklearn: &Sklearn,
    data_loader: &Loader,
    options: &Options,
) -> retrograd::Result<Trained> {
    manual_seed(options.seed.into());
    let model = LogisticRegressionModel::new(data.x_train.size(1));
    let mut optimizer = optim::Adam::new(model.parameters(), options.lr);

    let losses = train("Adam", data_loader, options.epochs, |x, y| {
        let loss = bce(&model.forward(x), y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        loss
    })?;
    sklearn.print_both(&data.test(|x| model.forward(x)));
    Ok(Trained {
        params: model.linear_layer.weight.detach().flatten(),
        losses,
    })
}

/// The module trained by LBFGS on all examples.
fn lbfgs_on_the_module(data: &Data, sklearn: &Sklearn, options: &Options) -> retrograd::Result<()> {
    let (x, y) = data.train();
    manual_seed(options.seed.into());
    let model = LogisticRegressionModel::new(x.size(1));
    let mut optimizer = optim::Lbfgs::new(model.parameters(), 1.0).history_size(10);
    for _ in 0..10 {
        optimizer.step_with(|| bce(&model.forward(&x), &y))?;
    }
    sklearn.print_both(&data.test(|x| model.forward(x)));
    Ok(())
}
