//! Adamax.

use super::optimizer;
use super::state::{Names, State, slope, stepped};
use crate::dtype::with_float;
use crate::{Element, Tensor};
use num_traits::Float;

optimizer! {
    /// Adam with the greatest gradient in the place of the root mean square, `torch.optim.Adamax` (Kingma and Ba 2014).
    ///
    /// ```
    /// use retrograd::{optim::Adamax, prelude::*};
    /// let w = tensor![1.0].double().requires_grad_();
    /// let mut adamax = Adamax::new([&w], 0.1);
    /// w.pow(2).sum().backward();
    /// adamax.step();
    /// assert!((w.item::<f64>() - 0.9).abs() < 1e-6);
    /// ```
    Adamax AdamaxSettings remembers Names::buffers(&["exp_avg", "exp_inf"]);
    /// How slowly the mean and the greatest gradient follow; default (0.9, 0.999).
    betas: (f64, f64) = (0.9, 0.999), |v| (0.0..1.0).contains(&v.0) && (0.0..1.0).contains(&v.1), "from 0 to below 1";
    /// What is added to the gradient's size; default 1e-8.
    eps: f64 = 1e-8, |v| v >= 0.0, "at least 0";
}

fn step<T: Element + Float>(
    param: &Tensor,
    grad: &Tensor,
    settings: &AdamaxSettings,
    state: &mut State,
) {
    let num = |v: f64| <T as Element>::from_f64(v);
    let grad = slope(param, grad, settings.maximize, settings.weight_decay);
    let (lr, (beta1, beta2)) = (settings.lr, settings.betas);
    let (share, keep, eps) = (num(1.0 - beta1), num(beta2), num(settings.eps));
    let rate = move |steps| [lr / (1.0 - beta1.powi(steps))];
    stepped::<T, _, 2, 1>(param, &grad, state, rate, move |[lr]| {
        let lr = num(lr);
        move |w: &mut T, g: T, [mean, greatest]: [&mut T; 2]| {
            *mean = *mean + share * (g - *mean);
            let (old, new) = (*greatest * keep, g.abs() + eps);
            *greatest = if old > new { old } else { new };
            *w = *w - lr * (*mean / *greatest);
        }
    });
}
