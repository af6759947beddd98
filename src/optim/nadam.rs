//! NAdam.

use super::optimizer;
use super::state::{Names, State, decay, fused, slope};
use crate::dtype::with_float;
use crate::{Element, Tensor};
use num_traits::Float;

optimizer! {
    /// Adam with Nesterov's look ahead, `torch.optim.NAdam` (Dozat 2016).
    ///
    /// ```
    /// use retrograd::{optim::NAdam, prelude::*};
    /// let w = tensor![1.0].double().requires_grad_();
    /// let mut nadam = NAdam::new([&w], 0.1);
    /// w.pow(2).sum().backward();
    /// nadam.step();
    /// assert!((w.item::<f64>() - 0.89435478).abs() < 1e-6);
    /// ```
    NAdam NAdamSettings remembers Names { buffers: &["exp_avg", "exp_avg_sq"], scalars: &["mu_product"] };
    /// How slowly the means of the gradient and of its square follow; default (0.9, 0.999).
    betas: (f64, f64) = (0.9, 0.999), |v| (0.0..1.0).contains(&v.0) && (0.0..1.0).contains(&v.1), "from 0 to below 1";
    /// What is added to the root, so that nothing is divided by 0; default 1e-8.
    eps: f64 = 1e-8, |v| v >= 0.0, "at least 0";
    /// How fast the momentum grows; default 4e-3.
    momentum_decay: f64 = 4e-3, |v| v >= 0.0, "at least 0";
    /// Whether weights decay on their own and not through the gradient; default `false`.
    decoupled_weight_decay: bool = false, |_v| true, "true or false";
}

fn step<T: Element + Float>(
    param: &Tensor,
    grad: &Tensor,
    settings: &NAdamSettings,
    state: &mut State,
) {
    let num = |v: f64| <T as Element>::from_f64(v);
    state.advance();
    let (through, keep) = decay(
        settings.weight_decay,
        settings.decoupled_weight_decay,
        settings.lr,
    );
    let grad = slope(param, grad, settings.maximize, through);
    let (lr, (beta1, beta2), steps) = (settings.lr, settings.betas, state.steps() as i32);
    let mu =
        |step: i32| beta1 * (1.0 - 0.5 * 0.96_f64.powf(f64::from(step) * settings.momentum_decay));
    let (now, next) = (mu(steps), mu(steps + 1));
    if state.scalars.is_empty() {
        state.scalars.push(1.0);
    }
    state.scalars[0] *= now;
    let product = state.scalars[0];
    let of_grad = num(lr * (1.0 - now) / (1.0 - product));
    let of_mean = num(lr * next / (1.0 - product * next));
    let correction = num(1.0 - beta2.powi(steps));
    let (share1, keep2, share2) = (num(1.0 - beta1), num(beta2), num(1.0 - beta2));
    let (eps, keep) = (num(settings.eps), num(keep));
    let buffers = state.zeros(param);
    fused::<T, 2>(param, &grad, buffers, move |w, g, [mean, square]| {
        *mean = *mean + share1 * (g - *mean);
        *square = *square * keep2 + share2 * g * g;
        let root = (*square / correction).sqrt() + eps;
        *w = *w * keep - of_grad * (g / root) - of_mean * (*mean / root);
    });
}
