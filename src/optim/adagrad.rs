//! Adagrad.

use super::optimizer;
use super::state::{Names, State, fused, slope};
use crate::dtype::with_float;
use crate::{Element, Tensor};
use num_traits::Float;

optimizer! {
    /// Steps divided by the root of the sum of all squared gradients, `torch.optim.Adagrad` (Duchi et al. 2011).
    ///
    /// ```
    /// use retrograd::{optim::Adagrad, prelude::*};
    /// let w = tensor![1.0].double().requires_grad_();
    /// let mut adagrad = Adagrad::new([&w], 0.1);
    /// w.pow(2).sum().backward();
    /// adagrad.step();
    /// assert!((w.item::<f64>() - 0.9).abs() < 1e-6);
    /// ```
    Adagrad AdagradSettings remembers Names::buffers(&["sum"]);
    /// How fast the learning rate falls with the steps; default 0.
    lr_decay: f64 = 0.0, |v| v >= 0.0, "at least 0";
    /// Where the sum of squares begins; default 0.
    initial_accumulator_value: f64 = 0.0, |v| v >= 0.0, "at least 0";
    /// What is added to the root, so that nothing is divided by 0; default 1e-10.
    eps: f64 = 1e-10, |v| v >= 0.0, "at least 0";
}

fn step<T: Element + Float>(
    param: &Tensor,
    grad: &Tensor,
    settings: &AdagradSettings,
    state: &mut State,
) {
    let num = |v: f64| <T as Element>::from_f64(v);
    state.advance();
    let grad = slope(param, grad, settings.maximize, settings.weight_decay);
    let lr = num(settings.lr / (1.0 + (state.steps() - 1) as f64 * settings.lr_decay));
    let eps = num(settings.eps);
    let buffers = state.filled(param, [settings.initial_accumulator_value]);
    fused::<T, 1>(param, &grad, buffers, move |w, g, [sum]| {
        *sum = *sum + g * g;
        *w = *w - lr * (g / (sum.sqrt() + eps));
    });
}
