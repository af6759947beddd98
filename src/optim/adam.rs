//! Adam and AdamW.

use super::state::{Names, State, decay, slope, stepped};
use super::{ParamGroup, checked, groups, in_range, setters};
use crate::dtype::with_float;
use crate::error::{OrPanic, Result};
use crate::tape::TensorList;
use crate::{Element, Tensor};

/// The settings of [`Adam`] and [`AdamW`].
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct AdamSettings {
    /// The learning rate, from 0; default 1e-3.
    pub lr: f64,
    /// How slowly the means of the gradient and of its square follow; default (0.9, 0.999).
    pub betas: (f64, f64),
    /// What is added to the root, so that nothing is divided by 0; default 1e-8.
    pub eps: f64,
    /// The decay of the weights; default 0, in [`AdamW`] 1e-2.
    pub weight_decay: f64,
    /// Whether the greatest mean square so far is used (Reddi et al. 2018); default `false`.
    pub amsgrad: bool,
    /// Whether the loss is to grow; default `false`.
    pub maximize: bool,
    /// Whether weights decay on their own (AdamW) and not through the gradient (Adam).
    decoupled: bool,
}

impl AdamSettings {
    /// The means of the gradient and of its square, and the greatest of the latter.
    const NAMES: Names = Names::buffers(&["exp_avg", "exp_avg_sq", "max_exp_avg_sq"]);

    fn check(&self) -> Result<()> {
        let beta = |beta: f64| (0.0..1.0).contains(&beta);
        in_range("Adam", "lr", self.lr, self.lr >= 0.0, "at least 0")?;
        in_range("Adam", "eps", self.eps, self.eps >= 0.0, "at least 0")?;
        in_range(
            "Adam",
            "betas.0",
            self.betas.0,
            beta(self.betas.0),
            "from 0 to below 1",
        )?;
        in_range(
            "Adam",
            "betas.1",
            self.betas.1,
            beta(self.betas.1),
            "from 0 to below 1",
        )?;
        in_range(
            "Adam",
            "weight_decay",
            self.weight_decay,
            self.weight_decay >= 0.0,
            "at least 0",
        )
    }
}

macro_rules! adam {
    ($(#[$doc:meta])* $Adam:ident, $decay:literal, $decoupled:literal) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $Adam {
            groups: Vec<ParamGroup<AdamSettings>>,
            state: Vec<State>,
        }

        impl $Adam {
            /// With PyTorch's defaults but for the learning rate.
            ///
            /// # Panics
            /// If there is no parameter or one is no leaf.
            #[track_caller]
            pub fn new(params: impl TensorList, lr: f64) -> Self {
                let params = checked(stringify!($Adam), params).or_panic();
                let settings = AdamSettings {
                    lr,
                    betas: (0.9, 0.999),
                    eps: 1e-8,
                    weight_decay: $decay,
                    amsgrad: false,
                    maximize: false,
                    decoupled: $decoupled,
                };
                let state = params.iter().map(|_| State::default()).collect();
                $Adam { groups: vec![ParamGroup { params, settings }], state }
            }
        }
        groups!($Adam, AdamSettings);
        setters! { $Adam:
            /// How slowly the means of the gradient and of its square follow; default (0.9, 0.999).
            betas(betas: (f64, f64));
            /// What is added to the root, so that nothing is divided by 0; default 1e-8.
            eps(eps: f64);
            /// The decay of the weights.
            weight_decay(weight_decay: f64);
            /// Whether the greatest mean square so far is used; default `false`.
            amsgrad(amsgrad: bool);
            /// Whether the loss is to grow; default `false`.
            maximize(maximize: bool);
        }
    };
}
adam! {
    /// Adam, `torch.optim.Adam` (Kingma and Ba 2014).
    ///
    /// ```
    /// use retrograd::{optim::Adam, prelude::*};
    /// let w = tensor![1.0].requires_grad_();
    /// let mut adam = Adam::new([&w], 0.1);
    /// w.pow(2).sum().backward();
    /// adam.step();
    /// assert!((w.item::<f32>() - 0.9).abs() < 1e-6);
    /// ```
    Adam, 0.0, false
}
adam! {
    /// Adam whose weights decay on their own, `torch.optim.AdamW` (Loshchilov and Hutter 2017).
    ///
    /// ```
    /// use retrograd::{optim::AdamW, prelude::*};
    /// let w = tensor![1.0].requires_grad_();
    /// let mut adam = AdamW::new([&w], 0.1).weight_decay(0.5);
    /// w.pow(2).sum().backward();
    /// adam.step();
    /// assert!((w.item::<f32>() - 0.85).abs() < 1e-6);
    /// ```
    AdamW, 1e-2, true
}

fn update(param: &Tensor, grad: &Tensor, settings: &AdamSettings, state: &mut State) {
    with_float!(param.dtype(), T => step::<T>(param, grad, settings, state), else ());
}

fn step<T: Element + num_traits::Float>(
    param: &Tensor,
    grad: &Tensor,
    settings: &AdamSettings,
    state: &mut State,
) {
    let num = |v: f64| <T as Element>::from_f64(v);
    let (beta1, beta2) = settings.betas;
    let (through, keep) = decay(settings.weight_decay, settings.decoupled, settings.lr);
    let grad = slope(param, grad, settings.maximize, through);
    let (share1, share2, keep2) = (num(1.0 - beta1), num(1.0 - beta2), num(beta2));
    let (eps, keep, lr) = (num(settings.eps), num(keep), settings.lr);
    let amsgrad = settings.amsgrad;
    let corrections = move |steps: i32| {
        let correction = (1.0 - beta2.powi(steps)).sqrt();
        [lr / (1.0 - beta1.powi(steps)), correction]
    };
    stepped::<T, _, 3, 2>(param, &grad, state, corrections, move |numbers| {
        let [size, correction] = numbers.map(num);
        move |w: &mut T, g, [mean, square, greatest]: [&mut T; 3]| {
            *mean = *mean + share1 * (g - *mean);
            *square = *square * keep2 + share2 * g * g;
            let mut spread = *square;
            if amsgrad {
                if spread > *greatest {
                    *greatest = spread;
                }
                spread = *greatest;
            }
            let direction = *mean / (spread.sqrt() / correction + eps);
            *w = *w * keep - size * direction;
        }
    });
}
