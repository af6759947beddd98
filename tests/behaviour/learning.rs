//! Modules, optimizers and data together.

use retrograd::data::{DataLoader, TensorDataset};
use retrograd::nn::{
    self, Dropout, Flatten, Identity, Linear, LogSoftmax, ReLU, Sequential, Sigmoid, Softmax, Tanh,
};
use retrograd::optim::{Adam, Lbfgs, Sgd, Stop};
use retrograd::prelude::*;
use retrograd::preprocessing::train_test_split;

#[test]
fn groups_have_settings_of_their_own() {
    let (slow, fast) = (tensor![1.0].requires_grad_(), tensor![1.0].requires_grad_());
    let mut optimizer = Sgd::new([&slow], 0.1).group([&fast], |settings| settings.lr = 0.5);
    (&slow + &fast).sum().backward();
    optimizer.step();
    assert_eq!((slow.detach(), fast.detach()), (tensor![0.9], tensor![0.5]));
    assert_eq!(optimizer.lrs(), [0.1, 0.5]);
    optimizer.set_lr(0.0);
    optimizer.step();
    assert_eq!(fast.detach(), tensor![0.5]);
}

#[test]
fn a_parameter_without_gradient_is_left_alone() {
    let (used, unused) = (tensor![1.0].requires_grad_(), tensor![1.0].requires_grad_());
    let mut optimizer = Adam::new([&used, &unused], 0.1);
    used.sum().backward();
    optimizer.step();
    assert_eq!(unused.detach(), tensor![1.0]);
    assert_ne!(used.detach(), tensor![1.0]);
}

#[test]
fn settings_out_of_range_are_refused() {
    let w = tensor![1.0].requires_grad_();
    let error = Sgd::new([&w], -0.1).try_step().unwrap_err().to_string();
    assert_eq!(
        error,
        "Sgd: lr = -0.1: it must be at least 0. Set it when the optimizer is made, or in its group."
    );
    let error = Adam::new([&w], 0.1)
        .betas((1.0, 0.9))
        .try_step()
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("Adam: betas.0 = 1: it must be from 0 to below 1."),
        "{error}"
    );
}

#[test]
fn lbfgs_tells_why_it_stopped() {
    let start = || Tensor::from([3.0, -2.0]).requires_grad_();
    let bowl = |w: &Tensor| (w - 1.0).pow(2).sum();
    let w = start();
    let report = Lbfgs::new([&w], 1.0)
        .strong_wolfe()
        .step_with(|| bowl(&w))
        .unwrap();
    assert_eq!((report.stop, report.initial_loss), (Stop::Gradient, 13.0));
    let w = start();
    let report = Lbfgs::new([&w], 1e-3)
        .max_iter(3)
        .max_eval(10)
        .step_with(|| bowl(&w))
        .unwrap();
    assert_eq!((report.stop, report.iterations), (Stop::Iterations, 3));
    let w = start();
    let report = Lbfgs::new([&w], 1.0)
        .step_with(|| bowl(&w) * f64::INFINITY)
        .unwrap();
    assert_eq!(report.stop, Stop::NotFinite);
    let w = start();
    let refused = Lbfgs::new([&w], 1.0).step_with(|| ones([2]).try_add(ones([3])).map(|x| x.sum()));
    assert!(
        refused
            .unwrap_err()
            .to_string()
            .starts_with("add: shapes [2] and [3]")
    );
}

fn network() -> Sequential {
    Sequential::new()
        .add_named("hidden", Linear::new(4, 3))
        .add_named("act", Tanh)
        .add_named("drop", Dropout::new(0.5))
        .add_named("out", Linear::without_bias(3, 2))
}

#[test]
fn a_state_dict_carries_a_network_over() {
    manual_seed(1);
    let (first, second) = (network(), network());
    let x = randn([5, 4]);
    first.eval();
    second.eval();
    assert_ne!(first.forward(&x), second.forward(&x));
    second.load_state_dict(&first.state_dict()).unwrap();
    assert_eq!(first.forward(&x), second.forward(&x));
    assert_eq!(
        first.state_dict().names(),
        ["hidden.weight", "hidden.bias", "out.weight"]
    );
    first.train();
    assert_ne!(
        first.forward(&x),
        second.forward(&x),
        "dropout draws while training"
    );
}

#[test]
fn modules_print_as_in_pytorch() {
    let model = Sequential::new()
        .add(Flatten::new())
        .add(network())
        .add(ReLU)
        .add(Sigmoid)
        .add(Softmax::new(1))
        .add(LogSoftmax::new(1))
        .add(Identity);
    let expected = "\
Sequential(
  (0): Flatten(start_dim=1, end_dim=-1)
  (1): Sequential(
    (hidden): Linear(in_features=4, out_features=3, bias=True)
    (act): Tanh()
    (drop): Dropout(p=0.5, inplace=False)
    (out): Linear(in_features=3, out_features=2, bias=False)
  )
  (2): ReLU()
  (3): Sigmoid()
  (4): Softmax(dim=1)
  (5): LogSoftmax(dim=1)
  (6): Identity()
)";
    assert_eq!(model.to_string(), expected);
}

#[test]
fn first_values_keep_the_variance() {
    manual_seed(3);
    let w = zeros([400, 300]);
    let spread = |w: &Tensor| (w.mean().item::<f64>(), w.var().item::<f64>());
    nn::init::normal_(&w);
    let (mean, var) = spread(&w);
    assert!(
        mean.abs() < 0.01 && (var - 1.0).abs() < 0.02,
        "{mean} {var}"
    );
    nn::init::xavier_uniform_(&w);
    assert!((spread(&w).1 / (2.0 / 700.0) - 1.0).abs() < 0.02);
    nn::init::zeros_(&w);
    assert_eq!(w, zeros([400, 300]));
}

#[test]
fn a_loader_shows_every_example_once() {
    manual_seed(0);
    let x = arange(10).float().unsqueeze(1);
    let loader = DataLoader::new(TensorDataset::new((x, arange(10))))
        .batch_size(4)
        .shuffle(true);
    for _ in 0..2 {
        let mut seen = Vec::new();
        for batch in &loader {
            let (x, y) = batch.unwrap();
            assert_eq!(x.squeeze_dim(1).long(), y);
            seen.extend(y.to_vec::<i64>());
        }
        assert_ne!(seen, (0..10).collect::<Vec<_>>());
        seen.sort_unstable();
        assert_eq!(seen, (0..10).collect::<Vec<_>>());
    }
}

#[test]
fn a_split_parts_the_examples() {
    let split = train_test_split().test_size(0.2).random_state(42);
    let ((x, y), (x_test, y_test)) = split.split((arange(10).unsqueeze(1), arange(10))).unwrap();
    assert_eq!((x.shape(), x_test.shape()), (&[8, 1][..], &[2, 1][..]));
    assert_eq!(x_test.squeeze_dim(1), y_test);
    let mut all = [y.to_vec::<i64>(), y_test.to_vec()].concat();
    all.sort_unstable();
    assert_eq!(all, (0..10).collect::<Vec<_>>());
}
