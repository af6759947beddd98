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

mod adam;
mod lbfgs;
mod line_search;
mod sgd;

pub use adam::{Adam, AdamSettings, AdamW};
pub use lbfgs::{IntoLoss, Lbfgs, LbfgsReport, Stop};
pub use sgd::{Sgd, SgdSettings};

use crate::Tensor;
use crate::error::{Error, OrPanic, Result};
use crate::tape::TensorList;

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
    fn set_lr(&mut self, lr: f64);
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
    value: f64,
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

            fn set_lr(&mut self, lr: f64) {
                self.groups
                    .iter_mut()
                    .for_each(|group| group.settings.lr = lr);
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

/// Changes a parameter's values by a direction in row-major order.
#[track_caller]
fn apply<T: crate::Element>(param: &Tensor, direction: &[T], f: impl Fn(T, T) -> T) {
    if param.is_contiguous() {
        return param
            .write_values::<T>(|values| crate::kernels::simd::update(values, direction, f));
    }
    let mut values = param.values::<T>().into_data();
    crate::kernels::simd::update(values.make_mut(), direction, f);
    param.assign(values);
}
