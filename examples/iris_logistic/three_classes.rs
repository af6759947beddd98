//! The classifier that the notebook leaves to its reader.

use crate::Options;
use retrograd::linear_model::LogisticRegression;
use retrograd::loss::{self, Reduction};
use retrograd::numpy::PrintOptions;
use retrograd::prelude::*;
use retrograd::{datasets, nn, optim};

/// Logarithms of three classes' probabilities: the first form of the multi-class model.
#[derive(Module)]
struct LogProbabilities {
    linear_layer: nn::Linear,
    log_softmax: nn::LogSoftmax,
}

impl Forward for LogProbabilities {
    fn forward(&self, x: &Tensor) -> Tensor {
        self.log_softmax.forward(&self.linear_layer.forward(x))
    }
}

/// The notebook leaves it to its reader: all three classes, full batch, in both forms and against scikit-learn's
/// multinomial solution at the same penalty (C = 1). Returns the weights `[classes, 1 + features]`, intercepts first.
pub(crate) fn multi_class(options: &Options) -> retrograd::Result<Tensor> {
    let iris = datasets::iris();
    let (n_features, n_classes) = (iris.data.size(1), iris.target_names.len());

    manual_seed(options.seed.into());
    let model = LogProbabilities {
        linear_layer: nn::Linear::new(n_features, n_classes),
        log_softmax: nn::LogSoftmax::new(1),
    }
    .to(F64);
    let loss_fn = loss::Nll::new().reduction(Reduction::Sum);
    converge(&model.linear_layer, || {
        loss_fn.forward(&model.forward(&iris.data), &iris.target)
    })?;
    let first = coefficients("log-softmax and NLL", &model.linear_layer);

    let model = nn::Linear::new(n_features, n_classes).to(F64);
    let loss_fn = loss::CrossEntropy::new().reduction(Reduction::Sum);
    converge(&model, || {
        loss_fn.forward(&model.forward(&iris.data), &iris.target)
    })?;
    let second = coefficients("logits and cross-entropy", &model);

    let sklearn = LogisticRegression::fit(&iris.data, &iris.target)?;
    let four = PrintOptions::new().precision(4).suppress(true);
    println!(
        "multinomial, scikit-learn's\n{}",
        four.array(sklearn.coef())
    );
    for (name, coef) in [("NLL", &first), ("cross-entropy", &second)] {
        let difference = (coef.i((.., 1..)) - sklearn.coef()).abs().max();
        println!(
            "largest difference, {name}: {:.0e}",
            difference.item::<f64>()
        );
    }
    Ok(second)
}

/// Minimises the loss's sum and half of the squared weights, the biases free: scikit-learn's objective at C = 1.
fn converge(linear: &nn::Linear, loss: impl Fn() -> Tensor) -> retrograd::Result<()> {
    let mut optimizer = optim::Lbfgs::new(linear.parameters(), 1.0)
        .strong_wolfe()
        .max_iter(1_000)
        .tolerance_change(1e-12);
    optimizer.step_with(|| loss() + 0.5 * linear.weight.square().sum())?;
    Ok(())
}

/// Prints the weights, and returns them behind their biases.
fn coefficients(title: &str, linear: &nn::Linear) -> Tensor {
    let four = PrintOptions::new().precision(4).suppress(true);
    let weight = linear.weight.detach();
    println!("multinomial, {title}\n{}", four.array(&weight));
    let bias = linear.bias.as_ref().expect("made with a bias").detach();
    retrograd::cat([&bias.unsqueeze(1), &weight], 1)
}
