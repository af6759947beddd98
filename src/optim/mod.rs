//! Optimizers: they read the parameters' gradients and change the parameters in place.
//!
//! ```
//! use retrograd::{optim::Sgd, prelude::*};
//! let w = tensor![1.0].requires_grad_();
//! let mut optimizer = Sgd::new([&w], 0.1).momentum(0.9);
//! w.pow(2).sum().backward();
//! optimizer.step();
//! optimizer.zero_grad();
//! assert_eq!(w.detach(), tensor![0.8]);
//! ```

mod adadelta;
mod adagrad;
mod adam;
mod adamax;
mod asgd;
mod lbfgs;
mod lbfgs_state;
mod line_search;
pub mod lr_scheduler;
mod minimize;
mod more_thuente;
mod nadam;
mod radam;
mod rmsprop;
mod rprop;
mod sgd;
mod state;

pub use adadelta::{Adadelta, AdadeltaSettings};
pub use adagrad::{Adagrad, AdagradSettings};
pub use adam::{Adam, AdamSettings, AdamW};
pub use adamax::{Adamax, AdamaxSettings};
pub use asgd::{Asgd, AsgdSettings};
pub use lbfgs::{IntoLoss, Lbfgs, LbfgsReport, Stop};
pub use minimize::{Minimize, Minimum, minimize};
pub use nadam::{NAdam, NAdamSettings};
pub use radam::{RAdam, RAdamSettings};
pub use rmsprop::{RmsProp, RmsPropSettings};
pub use rprop::{Rprop, RpropSettings};
pub use sgd::{Sgd, SgdSettings};

use crate::Tensor;
use crate::error::{Error, OrPanic, Result};
use crate::nn::StateDict;
use crate::tape::TensorList;
use state::State;

/// Parameters that share their settings.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct ParamGroup<S> {
    /// Handles of the parameters.
    pub params: Vec<Tensor>,
    /// The settings, which may be changed between steps.
    pub settings: S,
}

/// What training loops and schedules ask of an optimizer.
pub trait Optimizer {
    /// Changes every parameter that has a gradient, and counts the step.
    ///
    /// # Panics
    /// If a setting is out of range; [`try_step`](Optimizer::try_step) returns the error.
    #[track_caller]
    fn step(&mut self) {
        self.try_step().or_panic();
    }

    /// As [`step`](Optimizer::step), with the error returned.
    ///
    /// # Errors
    /// If a setting is out of range.
    fn try_step(&mut self) -> Result<()>;

    /// As [`try_step`](Optimizer::try_step), but refuses gradients that sum up several backward passes: the sign of a
    /// forgotten [`zero_grad`](Optimizer::zero_grad).
    ///
    /// # Errors
    /// If a parameter's gradient holds more than one pass, and as [`try_step`](Optimizer::try_step).
    ///
    /// ```
    /// use retrograd::{optim::Sgd, prelude::*};
    /// let w = tensor![1.0].requires_grad_();
    /// let mut sgd = Sgd::new([&w], 0.5);
    /// w.sum().backward();
    /// w.sum().backward();
    /// assert!(sgd.step_checked().is_err());
    /// ```
    fn step_checked(&mut self) -> Result<()> {
        let passes = self
            .parameters()
            .iter()
            .map(Tensor::grad_passes)
            .max()
            .unwrap_or(0);
        if passes > 1 {
            return Err(Error::Tape {
                op: "step_checked",
                problem: format!("the gradients sum up {passes} backward passes"),
                cure: "Call `zero_grad()` after each step; to sum up on purpose, use `step()`."
                    .into(),
            });
        }
        self.try_step()
    }

    /// All parameters, group by group.
    fn parameters(&self) -> Vec<Tensor>;

    /// Forgets the gradients of all parameters. Without it the next backward pass adds to them.
    fn zero_grad(&self) {
        self.parameters().iter().for_each(Tensor::zero_grad);
    }

    /// The learning rate of each group.
    fn lrs(&self) -> Vec<f64>;

    /// Sets the learning rate of every group.
    fn set_lr(&mut self, lr: f64) {
        self.set_lrs(&vec![lr; self.lrs().len()]);
    }

    /// Sets the learning rates, one for each group.
    fn set_lrs(&mut self, lrs: &[f64]);

    /// What the optimizer remembers of its steps, by name: `state.0.step`, `state.0.exp_avg` .. for each parameter in
    /// order, and each group's learning rate as `group.0.lr`. The tensors are copies.
    ///
    /// ```
    /// use retrograd::{optim::Sgd, prelude::*};
    /// let w = tensor![1.0].requires_grad_();
    /// let mut sgd = Sgd::new([&w], 0.5).momentum(0.9);
    /// w.sum().backward();
    /// sgd.step();
    /// assert_eq!(sgd.state_dict().names(), ["group.0.lr", "state.0.step", "state.0.momentum_buffer"]);
    /// ```
    fn state_dict(&self) -> StateDict;

    /// Takes over what another optimizer of the same kind and parameters remembered, to go on from there.
    ///
    /// # Errors
    /// If a name is unknown or missing, or a shape does not fit. Nothing is changed then.
    ///
    /// ```
    /// use retrograd::{optim::Adam, prelude::*};
    /// let w = tensor![1.0].requires_grad_();
    /// let mut adam = Adam::new([&w], 0.1);
    /// w.sum().backward();
    /// adam.step();
    /// let mut again = Adam::new([&w], 0.5);
    /// again.load_state_dict(&adam.state_dict())?;
    /// assert_eq!(again.lrs(), [0.1]);
    /// # Ok::<(), Error>(())
    /// ```
    fn load_state_dict(&mut self, state: &StateDict) -> Result<()>;
}

/// The parameters of a list, which must each be a leaf that requires gradients.
fn checked(op: &'static str, params: impl TensorList) -> Result<Vec<Tensor>> {
    let params = params.tensors();
    let refuse = |value: String, problem: &str, cure: &str| {
        Err(Error::InvalidArgument {
            op,
            argument: "params",
            value,
            problem: problem.into(),
            cure: cure.into(),
        })
    };
    if params.is_empty() {
        return refuse(
            "[]".into(),
            "there is nothing to optimize",
            "Give the model's `parameters()`.",
        );
    }
    if let Some(at) = params.iter().position(|p| !p.is_leaf()) {
        return refuse(
            format!("the tensor at index {at}"),
            "it was computed by a recorded operation, and only leaves can be optimized",
            "Create it outside of the graph and call `requires_grad_()` on it.",
        );
    }
    Ok(params)
}

/// Refuses a setting outside of its range.
fn in_range(
    op: &'static str,
    argument: &'static str,
    value: impl std::fmt::Display,
    fits: bool,
    range: &str,
) -> Result<()> {
    if fits {
        return Ok(());
    }
    Err(Error::InvalidArgument {
        op,
        argument,
        value: value.to_string(),
        problem: format!("it must be {range}"),
        cure: "Set it when the optimizer is made, or in its group.".into(),
    })
}

/// What groups of first-order optimizers share.
macro_rules! groups {
    ($Optimizer:ident, $Settings:ident) => {
        impl $Optimizer {
            /// The groups of parameters with their settings.
            pub fn groups(&self) -> &[crate::optim::ParamGroup<$Settings>] {
                &self.groups
            }

            /// The groups, to change their settings between steps.
            pub fn groups_mut(&mut self) -> &mut [crate::optim::ParamGroup<$Settings>] {
                &mut self.groups
            }

            /// Adds parameters with settings of their own, which begin as the first group's.
            ///
            /// # Panics
            /// If a parameter is no leaf or stands in a group already.
            #[track_caller]
            pub fn group(
                mut self,
                params: impl crate::tape::TensorList,
                change: impl FnOnce(&mut $Settings),
            ) -> Self {
                let params = crate::error::OrPanic::or_panic(self.new_params(params));
                let mut settings = self.groups[0].settings.clone();
                change(&mut settings);
                self.state
                    .resize_with(self.state.len() + params.len(), Default::default);
                self.groups
                    .push(crate::optim::ParamGroup { params, settings });
                self
            }

            fn new_params(
                &self,
                params: impl crate::tape::TensorList,
            ) -> crate::Result<Vec<crate::Tensor>> {
                let params = crate::optim::checked(stringify!($Optimizer), params)?;
                let known = |p: &crate::Tensor| {
                    self.groups
                        .iter()
                        .any(|g| g.params.iter().any(|q| q.is_same(p)))
                };
                match params.iter().position(known) {
                    None => Ok(params),
                    Some(at) => Err(crate::Error::InvalidArgument {
                        op: stringify!($Optimizer),
                        argument: "params",
                        value: format!("the tensor at index {at}"),
                        problem: "it stands in another group already".into(),
                        cure: "Give each parameter once.".into(),
                    }),
                }
            }
        }

        impl crate::optim::Optimizer for $Optimizer {
            fn try_step(&mut self) -> crate::Result<()> {
                let _mode = crate::no_grad_guard();
                let mut state = self.state.iter_mut();
                for group in &self.groups {
                    group.settings.check()?;
                    for param in &group.params {
                        let state = state.next().expect("each parameter has its state");
                        if let Some(grad) = param.grad() {
                            update(param, &grad, &group.settings, state);
                        }
                    }
                }
                Ok(())
            }

            fn parameters(&self) -> Vec<crate::Tensor> {
                self.groups
                    .iter()
                    .flat_map(|group| group.params.clone())
                    .collect()
            }

            fn lrs(&self) -> Vec<f64> {
                self.groups.iter().map(|group| group.settings.lr).collect()
            }

            fn set_lrs(&mut self, lrs: &[f64]) {
                let groups = self.groups.iter_mut().zip(lrs);
                groups.for_each(|(group, lr)| group.settings.lr = *lr);
            }

            fn state_dict(&self) -> crate::nn::StateDict {
                crate::optim::state::save(&self.lrs(), &self.state, $Settings::NAMES)
            }

            fn load_state_dict(&mut self, state: &crate::nn::StateDict) -> crate::Result<()> {
                let params = self.parameters();
                let op = stringify!($Optimizer);
                let (lrs, state) =
                    crate::optim::state::load(op, state, &self.lrs(), &params, $Settings::NAMES)?;
                self.set_lrs(&lrs);
                self.state = state;
                Ok(())
            }
        }
    };
}
use groups;

/// Setters that change every group's settings, for use where the optimizer is made.
macro_rules! setters {
    ($Optimizer:ident: $($(#[$doc:meta])* $name:ident($value:ident: $t:ty);)*) => {
        impl $Optimizer { $(
            $(#[$doc])*
            pub fn $name(mut self, $value: $t) -> Self {
                self.groups.iter_mut().for_each(|group| group.settings.$name = $value);
                self
            }
        )* }
    };
}
use setters;

/// Declares an optimizer with its settings: each with its default and the range it must lie in.
macro_rules! optimizer {
    (
        $(#[$doc:meta])* $Optimizer:ident $Settings:ident remembers $names:expr;
        $($(#[$setting_doc:meta])* $setting:ident: $t:ty = $default:expr, |$v:ident| $fits:expr, $range:literal;)*
    ) => {
        #[doc = concat!("The settings of [`", stringify!($Optimizer), "`].")]
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub struct $Settings {
            /// The learning rate, from 0.
            pub lr: f64,
            /// The factor of the parameter that is added to its gradient; default 0.
            pub weight_decay: f64,
            /// Whether the loss is to grow; default `false`.
            pub maximize: bool,
            $($(#[$setting_doc])* pub $setting: $t,)*
        }

        impl $Settings {
            const NAMES: crate::optim::state::Names = $names;

            fn check(&self) -> crate::Result<()> {
                let name = stringify!($Optimizer);
                let in_range = |argument, value: &dyn std::fmt::Debug, fits, range| {
                    crate::optim::in_range(name, argument, format!("{value:?}"), fits, range)
                };
                in_range("lr", &self.lr, self.lr >= 0.0, "at least 0")?;
                in_range("weight_decay", &self.weight_decay, self.weight_decay >= 0.0, "at least 0")?;
                $({
                    let $v = self.$setting;
                    in_range(stringify!($setting), &$v, $fits, $range)?;
                })*
                Ok(())
            }
        }

        $(#[$doc])*
        #[derive(Debug)]
        pub struct $Optimizer {
            groups: Vec<crate::optim::ParamGroup<$Settings>>,
            state: Vec<crate::optim::State>,
        }

        impl $Optimizer {
            /// With PyTorch's defaults but for the learning rate.
            ///
            /// # Panics
            /// If there is no parameter or one is no leaf.
            #[track_caller]
            pub fn new(params: impl crate::tape::TensorList, lr: f64) -> Self {
                let params = crate::error::OrPanic::or_panic(crate::optim::checked(stringify!($Optimizer), params));
                let state = params.iter().map(|_| crate::optim::State::default()).collect();
                let settings = $Settings { lr, weight_decay: 0.0, maximize: false, $($setting: $default,)* };
                $Optimizer { groups: vec![crate::optim::ParamGroup { params, settings }], state }
            }
        }
        crate::optim::groups!($Optimizer, $Settings);
        crate::optim::setters! { $Optimizer:
            /// The factor of the parameter that is added to its gradient; default 0.
            weight_decay(weight_decay: f64);
            /// Whether the loss is to grow; default `false`.
            maximize(maximize: bool);
            $($(#[$setting_doc])* $setting($setting: $t);)*
        }

        #[track_caller]
        fn update(param: &Tensor, grad: &Tensor, settings: &$Settings, state: &mut State) {
            with_float!(param.dtype(), T => step::<T>(param, grad, settings, state), else ());
        }
    };
}
use optimizer;
