//! A rate that falls when nothing gets better.

use crate::optim::Optimizer;

/// By how much a figure must be better than the best to count.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum Threshold {
    /// By this share of the best.
    Relative(f64),
    /// By this much.
    Absolute(f64),
}

/// The rates fall by `factor` when a figure has not got better for more than `patience` epochs.
///
/// ```
/// use retrograd::optim::{Sgd, lr_scheduler::ReduceLrOnPlateau};
/// use retrograd::prelude::*;
/// let mut sgd = Sgd::new([&zeros([1]).requires_grad_()], 0.8);
/// let mut scheduler = ReduceLrOnPlateau::new().factor(0.5).patience(1);
/// for loss in [1.0, 0.9, 0.9, 0.9] {
///     scheduler.step(&mut sgd, loss);
/// }
/// assert_eq!(sgd.lrs(), [0.4]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ReduceLrOnPlateau {
    factor: f64,
    patience: usize,
    threshold: Threshold,
    cooldown: usize,
    min_lr: f64,
    eps: f64,
    maximize: bool,
    best: Option<f64>,
    bad: usize,
    cooling: usize,
}

impl Default for ReduceLrOnPlateau {
    fn default() -> Self {
        ReduceLrOnPlateau {
            factor: 0.1,
            patience: 10,
            threshold: Threshold::Relative(1e-4),
            cooldown: 0,
            min_lr: 0.0,
            eps: 1e-8,
            maximize: false,
            best: None,
            bad: 0,
            cooling: 0,
        }
    }
}

macro_rules! setters {
    ($($(#[$doc:meta])* $name:ident: $t:ty;)*) => { impl ReduceLrOnPlateau { $(
        $(#[$doc])*
        pub fn $name(mut self, $name: $t) -> Self {
            self.$name = $name;
            self
        }
    )* } };
}
setters! {
    /// The factor by which the rates fall; default 0.1.
    factor: f64;
    /// The epochs without progress that are put up with; default 10.
    patience: usize;
    /// By how much a figure must be better to count; default a share of 1e-4.
    threshold: Threshold;
    /// The epochs after a fall that do not count; default 0.
    cooldown: usize;
    /// The least rate; default 0.
    min_lr: f64;
    /// A fall by less than this is left out; default 1e-8.
    eps: f64;
    /// Whether a greater figure is better, as `mode="max"`; default `false`.
    maximize: bool;
}

impl ReduceLrOnPlateau {
    /// With PyTorch's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    fn better(&self, figure: f64) -> bool {
        let Some(best) = self.best else {
            return !figure.is_nan();
        };
        match (self.threshold, self.maximize) {
            (Threshold::Relative(share), false) => figure < best * (1.0 - share),
            (Threshold::Relative(share), true) => figure > best * (1.0 + share),
            (Threshold::Absolute(much), false) => figure < best - much,
            (Threshold::Absolute(much), true) => figure > best + much,
        }
    }

    /// Takes the figure of an epoch, and lowers the rates where it is time.
    pub fn step(&mut self, optimizer: &mut dyn Optimizer, figure: f64) {
        if self.better(figure) {
            self.best = Some(figure);
            self.bad = 0;
        } else {
            self.bad += 1;
        }
        if self.cooling > 0 {
            self.cooling -= 1;
            self.bad = 0;
        }
        if self.bad <= self.patience {
            return;
        }
        let lower = |lr: f64| match (lr * self.factor).max(self.min_lr) {
            new if lr - new > self.eps => new,
            _ => lr,
        };
        let lrs: Vec<f64> = optimizer.lrs().into_iter().map(lower).collect();
        optimizer.set_lrs(&lrs);
        self.cooling = self.cooldown;
        self.bad = 0;
    }
}
