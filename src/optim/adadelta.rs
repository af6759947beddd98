//! Adadelta.

use super::optimizer;
use super::state::{Names, State, fused, slope};
use crate::dtype::with_float;
use crate::{Element, Tensor};
use num_traits::Float;

optimizer! {
    /// Steps in the proportion of past steps to past gradients, `torch.optim.Adadelta` (Zeiler 2012).
    ///
    /// ```
    /// use retrograd::{optim::Adadelta, prelude::*};
    /// let w = tensor![1.0].double().requires_grad_();
    /// let mut adadelta = Adadelta::new([&w], 1.0);
    /// w.pow(2).sum().backward();
    /// adadelta.step();
    /// assert!((w.item::<f64>() - 0.99683773).abs() < 1e-6);
    /// ```
    Adadelta AdadeltaSettings remembers Names::buffers(&["square_avg", "acc_delta"]);
    /// How slowly the mean squares follow; default 0.9.
    rho: f64 = 0.9, |v| (0.0..=1.0).contains(&v), "from 0 to 1";
    /// What is added under the roots; default 1e-6.
    eps: f64 = 1e-6, |v| v >= 0.0, "at least 0";
}

fn step<T: Element + Float>(
    param: &Tensor,
    grad: &Tensor,
    settings: &AdadeltaSettings,
    state: &mut State,
) {
    let num = |v: f64| <T as Element>::from_f64(v);
    state.advance();
    let grad = slope(param, grad, settings.maximize, settings.weight_decay);
    let (keep, share) = (num(settings.rho), num(1.0 - settings.rho));
    let (lr, eps) = (num(settings.lr), num(settings.eps));
    let buffers = state.zeros(param);
    fused::<T, 2>(param, &grad, buffers, move |w, g, [square, moved]| {
        *square = *square * keep + share * g * g;
        let delta = (*moved + eps).sqrt() / (*square + eps).sqrt() * g;
        *moved = *moved * keep + share * delta * delta;
        *w = *w - lr * delta;
    });
}
