//! Rprop.

use super::optimizer;
use super::state::{Names, State, fused, slope};
use crate::dtype::with_float;
use crate::{Element, Tensor};
use num_traits::Float;

optimizer! {
    /// Steps by the gradient's sign alone, longer while it stays, `torch.optim.Rprop` (Riedmiller and Braun 1993).
    ///
    /// ```
    /// use retrograd::{optim::Rprop, prelude::*};
    /// let w = tensor![1.0].double().requires_grad_();
    /// let mut rprop = Rprop::new([&w], 0.1);
    /// w.pow(2).sum().backward();
    /// rprop.step();
    /// assert!((w.item::<f64>() - 0.9).abs() < 1e-6);
    /// ```
    Rprop RpropSettings remembers Names::buffers(&["prev", "step_size"]);
    /// The factors of the step where the sign turns and where it stays; default (0.5, 1.2).
    etas: (f64, f64) = (0.5, 1.2), |v| 0.0 < v.0 && v.0 < 1.0 && 1.0 < v.1, "below 1 and above 1";
    /// The least and the greatest step; default (1e-6, 50).
    step_sizes: (f64, f64) = (1e-6, 50.0), |v| v.0 <= v.1, "in rising order";
}

fn step<T: Element + Float>(
    param: &Tensor,
    grad: &Tensor,
    settings: &RpropSettings,
    state: &mut State,
) {
    let num = |v: f64| <T as Element>::from_f64(v);
    state.advance();
    let grad = slope(param, grad, settings.maximize, settings.weight_decay);
    let (shorter, longer) = (num(settings.etas.0), num(settings.etas.1));
    let (least, greatest) = (num(settings.step_sizes.0), num(settings.step_sizes.1));
    let (zero, one) = (num(0.0), num(1.0));
    let buffers = state.filled(param, [0.0, settings.lr]);
    fused::<T, 2>(param, &grad, buffers, move |w, g, [last, size]| {
        let agree = g * *last;
        let factor = if agree > zero {
            longer
        } else if agree < zero {
            shorter
        } else {
            one
        };
        *size = (*size * factor).max(least).min(greatest);
        // After the sign turned the next step counts as the first one.
        let g = if agree < zero { zero } else { g };
        let sign = if g > zero {
            one
        } else if g < zero {
            -one
        } else {
            zero
        };
        *w = *w - sign * *size;
        *last = g;
    });
}
