//! RMSprop.

use super::optimizer;
use super::state::{Names, State, fused, slope};
use crate::dtype::with_float;
use crate::{Element, Tensor};
use num_traits::Float;

optimizer! {
    /// Steps divided by a running root mean square of the gradients, `torch.optim.RMSprop` (Hinton 2012).
    ///
    /// ```
    /// use retrograd::{optim::RmsProp, prelude::*};
    /// let w = tensor![1.0].double().requires_grad_();
    /// let mut rmsprop = RmsProp::new([&w], 0.1).alpha(0.0);
    /// w.pow(2).sum().backward();
    /// rmsprop.step();
    /// assert!((w.item::<f64>() - 0.9).abs() < 1e-6);
    /// ```
    RmsProp RmsPropSettings remembers Names::buffers(&["square_avg", "momentum_buffer", "grad_avg"]);
    /// How slowly the mean square follows; default 0.99.
    alpha: f64 = 0.99, |v| v >= 0.0, "at least 0";
    /// What is added to the root, so that nothing is divided by 0; default 1e-8.
    eps: f64 = 1e-8, |v| v >= 0.0, "at least 0";
    /// The share of the last direction that is kept; default 0.
    momentum: f64 = 0.0, |v| v >= 0.0, "at least 0";
    /// Whether the mean gradient is taken off, so that the root is of the variance; default `false`.
    centered: bool = false, |_v| true, "true or false";
}

fn step<T: Element + Float>(
    param: &Tensor,
    grad: &Tensor,
    settings: &RmsPropSettings,
    state: &mut State,
) {
    let num = |v: f64| <T as Element>::from_f64(v);
    state.advance();
    let grad = slope(param, grad, settings.maximize, settings.weight_decay);
    let (keep, share) = (num(settings.alpha), num(1.0 - settings.alpha));
    let (lr, eps, momentum) = (num(settings.lr), num(settings.eps), num(settings.momentum));
    let (centered, directed) = (settings.centered, settings.momentum > 0.0);
    let buffers: [&Tensor; 3] = state.zeros(param);
    fused::<T, 3>(
        param,
        &grad,
        buffers,
        move |w, g, [square, direction, mean]| {
            *square = *square * keep + share * g * g;
            let mut spread = *square;
            if centered {
                *mean = *mean + share * (g - *mean);
                spread = spread - *mean * *mean;
            }
            let root = spread.sqrt() + eps;
            if directed {
                *direction = *direction * momentum + g / root;
                *w = *w - lr * *direction;
            } else {
                *w = *w - lr * (g / root);
            }
        },
    );
}
