//! Schedules of learning rates, `torch.optim.lr_scheduler`.
//!
//! A schedule is made with its settings and attached to an optimizer, whose learning rates it then sets: once when it
//! is attached, and at each `step`.
//!
//! ```
//! use retrograd::optim::{Sgd, lr_scheduler::{Schedule, StepLr}};
//! use retrograd::prelude::*;
//! let w = tensor![1.0].requires_grad_();
//! let mut sgd = Sgd::new([&w], 0.8);
//! let mut scheduler = StepLr::new(2).gamma(0.5).attach(&mut sgd);
//! for _ in 0..2 {
//!     w.pow(2).sum().backward();
//!     sgd.step();
//!     sgd.zero_grad();
//!     scheduler.step(&mut sgd);
//! }
//! assert_eq!(sgd.lrs(), [0.4]);
//! ```

mod cycle;
mod decay;
mod plateau;

pub use cycle::{CosineAnnealingLr, CosineAnnealingWarmRestarts, CyclicLr, CyclicMode, OneCycleLr};
pub use decay::{ConstantLr, ExponentialLr, LambdaLr, LinearLr, MultiStepLr, PolynomialLr, StepLr};
pub use plateau::{ReduceLrOnPlateau, Threshold};

use super::Optimizer;

/// A rule for the learning rate of each epoch.
///
/// The rules of this module follow PyTorch's recursive formulas, in which each rate is made from the one before: a
/// rate that something else changed in between is kept as a factor.
pub trait Schedule {
    /// The learning rate of `epoch`, from 0, of a group that began with `base` and has `now`.
    fn lr(&self, epoch: usize, base: f64, now: f64) -> f64;

    /// Gives an optimizer its first learning rates by this schedule.
    ///
    /// ```
    /// use retrograd::optim::{Sgd, lr_scheduler::{LinearLr, Schedule}};
    /// use retrograd::prelude::*;
    /// let mut sgd = Sgd::new([&zeros([1]).requires_grad_()], 1.0);
    /// LinearLr::new().start_factor(0.25).attach(&mut sgd);
    /// assert_eq!(sgd.lrs(), [0.25]);
    /// ```
    fn attach(self, optimizer: &mut dyn Optimizer) -> Scheduler<Self>
    where
        Self: Sized,
    {
        let bases = optimizer.lrs();
        let scheduler = Scheduler {
            schedule: self,
            bases,
            epoch: 0,
            untouched: Some(changes(optimizer)),
        };
        scheduler.set(optimizer);
        scheduler
    }
}

/// A schedule at work: it knows the epoch and where the rates began.
#[derive(Debug, Clone)]
pub struct Scheduler<S> {
    schedule: S,
    bases: Vec<f64>,
    epoch: usize,
    /// How often the parameters had been changed when it was attached; none once it has gone on.
    untouched: Option<u64>,
}

/// How often an optimizer's parameters were changed in place.
fn changes(optimizer: &dyn Optimizer) -> u64 {
    let versions = optimizer.parameters().into_iter();
    versions
        .map(|param| u64::from(param.storage().version()))
        .sum()
}

impl<S: Schedule> Scheduler<S> {
    /// Goes on to the next epoch; called after the optimizer's steps. The first call warns where no parameter has
    /// changed since the schedule was attached.
    #[track_caller]
    pub fn step(&mut self, optimizer: &mut dyn Optimizer) {
        if self.untouched.take() == Some(changes(optimizer)) && self.epoch == 0 {
            crate::warning::warn(
                "lr_scheduler: the schedule goes on before the optimizer has changed a parameter, so the first \
                 learning rate is never used. Call `optimizer.step()` before `scheduler.step()`."
                    .into(),
            );
        }
        if crate::tape::trace::tracing() {
            crate::tape::trace::refuse("moves a schedule on");
        }
        self.epoch += 1;
        self.set(optimizer);
    }

    /// The epochs that are over.
    ///
    /// ```
    /// use retrograd::optim::{Sgd, lr_scheduler::{ExponentialLr, Schedule}};
    /// use retrograd::prelude::*;
    /// let mut sgd = Sgd::new([&zeros([1]).requires_grad_()], 1.0);
    /// let mut scheduler = ExponentialLr::new(0.5).attach(&mut sgd);
    /// scheduler.step(&mut sgd);
    /// assert_eq!((scheduler.epoch(), sgd.lrs()), (1, vec![0.5]));
    /// ```
    pub fn epoch(&self) -> usize {
        self.epoch
    }

    /// Goes on from an epoch of an earlier run; the optimizer's rates come from its own state.
    pub fn resume(&mut self, epoch: usize) {
        self.epoch = epoch;
    }

    fn set(&self, optimizer: &mut dyn Optimizer) {
        let lrs = optimizer.lrs();
        let pairs = self.bases.iter().zip(&lrs);
        let lrs: Vec<f64> = pairs
            .map(|(&base, &now)| self.schedule.lr(self.epoch, base, now))
            .collect();
        optimizer.set_lrs(&lrs);
    }
}

/// Declares a rule with its settings and their defaults.
macro_rules! schedule {
    (
        $(#[$doc:meta])* $Name:ident($($required:ident: $rt:ty),*);
        $($(#[$setting_doc:meta])* $setting:ident: $t:ty = $default:expr;)*
        |$this:ident, $epoch:ident, $base:ident, $now:ident| $lr:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq)]
        pub struct $Name {
            $($required: $rt,)*
            $($setting: $t,)*
        }

        impl $Name {
            /// With PyTorch's defaults.
            pub fn new($($required: $rt),*) -> Self {
                $Name { $($required,)* $($setting: $default,)* }
            }

            $($(#[$setting_doc])*
            pub fn $setting(mut self, $setting: $t) -> Self {
                self.$setting = $setting;
                self
            })*
        }

        impl crate::optim::lr_scheduler::Schedule for $Name {
            fn lr(&self, $epoch: usize, $base: f64, $now: f64) -> f64 {
                let $this = self;
                $lr
            }
        }
        crate::optim::lr_scheduler::schedule! { @default $Name [$($required)*] }
    };
    (@default $Name:ident []) => {
        impl Default for $Name {
            fn default() -> Self {
                Self::new()
            }
        }
    };
    // What must be told has no default.
    (@default $Name:ident [$($required:ident)+]) => {};
}
use schedule;
