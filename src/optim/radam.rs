//! RAdam.

use super::optimizer;
use super::state::{Names, State, decay, slope, stepped};
use crate::dtype::with_float;
use crate::{Element, Tensor};
use num_traits::Float;

optimizer! {
    /// Adam that waits until the variance of its step size is known, `torch.optim.RAdam` (Liu et al. 2019).
    ///
    /// ```
    /// use retrograd::{optim::RAdam, prelude::*};
    /// let w = tensor![1.0].double().requires_grad_();
    /// let mut radam = RAdam::new([&w], 0.1);
    /// w.pow(2).sum().backward();
    /// radam.step();
    /// assert!((w.item::<f64>() - 0.8).abs() < 1e-6);
    /// ```
    RAdam RAdamSettings remembers Names::buffers(&["exp_avg", "exp_avg_sq"]);
    /// How slowly the means of the gradient and of its square follow; default (0.9, 0.999).
    betas: (f64, f64) = (0.9, 0.999), |v| (0.0..1.0).contains(&v.0) && (0.0..1.0).contains(&v.1), "from 0 to below 1";
    /// What is added to the root, so that nothing is divided by 0; default 1e-8.
    eps: f64 = 1e-8, |v| v >= 0.0, "at least 0";
    /// Whether weights decay on their own and not through the gradient; default `false`.
    decoupled_weight_decay: bool = false, |_v| true, "true or false";
}

fn step<T: Element + Float>(
    param: &Tensor,
    grad: &Tensor,
    settings: &RAdamSettings,
    state: &mut State,
) {
    let num = |v: f64| <T as Element>::from_f64(v);
    let (through, keep) = decay(
        settings.weight_decay,
        settings.decoupled_weight_decay,
        settings.lr,
    );
    let grad = slope(param, grad, settings.maximize, through);
    let (lr, (beta1, beta2)) = (settings.lr, settings.betas);
    let (share1, keep2, share2) = (num(1.0 - beta1), num(beta2), num(1.0 - beta2));
    let (eps, keep, lr) = (num(settings.eps), num(keep), num(lr));
    let corrections = move |steps: i32| {
        let (correction1, correction2) = (1.0 - beta1.powi(steps), 1.0 - beta2.powi(steps));
        let limit = 2.0 / (1.0 - beta2) - 1.0;
        let length = limit - 2.0 * f64::from(steps) * beta2.powi(steps) / correction2;
        // Of too few steps the spread is not known: 0 stands for that.
        let rectified = match length > 5.0 {
            true => ((length - 4.0) * (length - 2.0) * limit
                / ((limit - 4.0) * (limit - 2.0) * length))
                .sqrt(),
            false => 0.0,
        };
        [correction1, correction2.sqrt(), rectified]
    };
    stepped::<T, _, 2, 3>(param, &grad, state, corrections, move |numbers| {
        let [correction1, root_of2, rectified] = numbers.map(num);
        move |w: &mut T, g: T, [mean, square]: [&mut T; 2]| {
            *mean = *mean + share1 * (g - *mean);
            *square = *square * keep2 + share2 * g * g;
            let mut direction = *mean / correction1 * lr;
            if rectified > T::zero() {
                direction = direction * (root_of2 / (square.sqrt() + eps)) * rectified;
            }
            *w = *w * keep - direction;
        }
    });
}
