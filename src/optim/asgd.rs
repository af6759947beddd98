//! Averaged gradient descent.

use super::optimizer;
use super::state::{Names, State, fused, slope};
use crate::dtype::with_float;
use crate::{Element, Tensor};
use num_traits::Float;

optimizer! {
    /// Gradient descent whose weights are averaged from step `t0` on, `torch.optim.ASGD` (Polyak and Juditsky 1992).
    /// The averages stand in the state, as `ax`.
    ///
    /// ```
    /// use retrograd::{optim::Asgd, prelude::*};
    /// let w = tensor![1.0].double().requires_grad_();
    /// let mut asgd = Asgd::new([&w], 0.1);
    /// w.pow(2).sum().backward();
    /// asgd.step();
    /// assert!((w.item::<f64>() - 0.79999).abs() < 1e-6);
    /// ```
    Asgd AsgdSettings remembers Names { buffers: &["ax"], scalars: &["eta", "mu"] };
    /// How fast weights decay; default 1e-4.
    lambd: f64 = 1e-4, |v| v >= 0.0, "at least 0";
    /// The power by which the learning rate falls; default 0.75.
    alpha: f64 = 0.75, |v| v >= 0.0, "at least 0";
    /// The step from which on is averaged; default 1e6.
    t0: f64 = 1e6, |v| v >= 0.0, "at least 0";
}

fn step<T: Element + Float>(
    param: &Tensor,
    grad: &Tensor,
    settings: &AsgdSettings,
    state: &mut State,
) {
    let num = |v: f64| <T as Element>::from_f64(v);
    state.advance();
    let grad = slope(param, grad, settings.maximize, settings.weight_decay);
    if state.scalars.is_empty() {
        state.scalars.extend([settings.lr, 1.0]);
    }
    let (eta, share) = (state.scalars[0], num(state.scalars[1]));
    let (keep, eta, averages) = (
        num(1.0 - settings.lambd * eta),
        num(eta),
        state.scalars[1] != 1.0,
    );
    let steps = state.steps() as f64;
    let fall = (1.0 + settings.lambd * settings.lr * steps).powf(settings.alpha);
    state.scalars[0] = settings.lr / fall;
    state.scalars[1] = 1.0 / (steps - settings.t0).max(1.0);
    let buffers = state.zeros(param);
    fused::<T, 1>(param, &grad, buffers, move |w, g, [average]| {
        *w = *w * keep - eta * g;
        *average = match averages {
            true => *average + (*w - *average) * share,
            false => *w,
        };
    });
}
