//! Gradient descent.

use super::state::{Names, State, fused, slope};
use super::{ParamGroup, checked, groups, in_range, setters};
use crate::dtype::with_float;
use crate::error::{OrPanic, Result};
use crate::tape::TensorList;
use crate::{Element, Tensor};

/// The settings of [`Sgd`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct SgdSettings {
    /// The learning rate, from 0.
    pub lr: f64,
    /// The share of the last direction that is kept; default 0.
    pub momentum: f64,
    /// The share of the gradient that is left out of the direction; default 0.
    pub dampening: f64,
    /// The factor of the parameter that is added to its gradient; default 0.
    pub weight_decay: f64,
    /// Whether the step looks ahead along the direction (Nesterov 1983); default `false`.
    pub nesterov: bool,
    /// Whether the loss is to grow; default `false`.
    pub maximize: bool,
}

impl SgdSettings {
    const NAMES: Names = Names::buffers(&["momentum_buffer"]);

    fn check(&self) -> Result<()> {
        in_range("Sgd", "lr", self.lr, self.lr >= 0.0, "at least 0")?;
        in_range(
            "Sgd",
            "momentum",
            self.momentum,
            self.momentum >= 0.0,
            "at least 0",
        )?;
        in_range(
            "Sgd",
            "weight_decay",
            self.weight_decay,
            self.weight_decay >= 0.0,
            "at least 0",
        )?;
        let fits = !self.nesterov || (self.momentum > 0.0 && self.dampening == 0.0);
        in_range(
            "Sgd",
            "momentum",
            self.momentum,
            fits,
            "above 0, without dampening, where `nesterov` is on",
        )
    }
}

/// Stochastic gradient descent, `torch.optim.SGD`.
///
/// ```
/// use retrograd::{optim::Sgd, prelude::*};
/// let w = tensor![1.0].requires_grad_();
/// let mut sgd = Sgd::new([&w], 0.5);
/// w.pow(2).sum().backward();
/// sgd.step();
/// assert_eq!(w.detach(), tensor![0.0]);
/// ```
#[derive(Debug)]
pub struct Sgd {
    groups: Vec<ParamGroup<SgdSettings>>,
    state: Vec<State>,
}

impl Sgd {
    /// Plain descent with one learning rate.
    ///
    /// # Panics
    /// If there is no parameter or one is no leaf.
    #[track_caller]
    pub fn new(params: impl TensorList, lr: f64) -> Self {
        let params = checked("Sgd", params).or_panic();
        let settings = SgdSettings {
            lr,
            momentum: 0.0,
            dampening: 0.0,
            weight_decay: 0.0,
            nesterov: false,
            maximize: false,
        };
        Sgd {
            state: params.iter().map(|_| State::default()).collect(),
            groups: vec![ParamGroup { params, settings }],
        }
    }
}
groups!(Sgd, SgdSettings);
setters! { Sgd:
    /// The share of the last direction that is kept; default 0.
    momentum(momentum: f64);
    /// The share of the gradient that is left out of the direction; default 0.
    dampening(dampening: f64);
    /// The factor of the parameter that is added to its gradient; default 0.
    weight_decay(weight_decay: f64);
    /// Whether the step looks ahead along the direction; default `false`.
    nesterov(nesterov: bool);
    /// Whether the loss is to grow; default `false`.
    maximize(maximize: bool);
}

fn update(param: &Tensor, grad: &Tensor, settings: &SgdSettings, state: &mut State) {
    with_float!(param.dtype(), T => step::<T>(param, grad, settings, state), else ());
}

fn step<T: Element + num_traits::Float>(
    param: &Tensor,
    grad: &Tensor,
    settings: &SgdSettings,
    state: &mut State,
) {
    let num = |v: f64| <T as Element>::from_f64(v);
    let (lr, momentum) = (num(settings.lr), num(settings.momentum));
    state.advance();
    let grad = slope(param, grad, settings.maximize, settings.weight_decay);
    if settings.momentum == 0.0 {
        return fused::<T, 0>(param, &grad, [], move |w, g, []| *w = *w - lr * g);
    }
    // Dampening spares the first direction.
    let first = state.buffers.is_empty();
    let share = num(1.0 - settings.dampening);
    let nesterov = settings.nesterov;
    let buffers = state.zeros(param);
    fused::<T, 1>(param, &grad, buffers, move |w, g, [kept]| {
        *kept = if first {
            g
        } else {
            *kept * momentum + share * g
        };
        let direction = if nesterov {
            g + momentum * *kept
        } else {
            *kept
        };
        *w = *w - lr * direction;
    });
}
