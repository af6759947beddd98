//! Rates that fall or rise to a level.

use super::schedule;

schedule! {
    /// The rate falls by `gamma` every `step_size` epochs.
    ///
    /// ```
    /// use retrograd::optim::{Sgd, lr_scheduler::*};
    /// use retrograd::prelude::*;
    /// let mut sgd = Sgd::new([&zeros([1]).requires_grad_()], 0.8);
    /// let mut scheduler = StepLr::new(2).gamma(0.5).attach(&mut sgd);
    /// let mut lrs = sgd.lrs();
    /// for _ in 1..5 {
    ///     scheduler.step(&mut sgd);
    ///     lrs.extend(sgd.lrs());
    /// }
    /// assert!(lrs.iter().zip([0.8, 0.8, 0.4, 0.4, 0.2]).all(|(lr, expected)| (lr - expected).abs() < 1e-6), "{lrs:?}");
    /// ```
    StepLr(step_size: usize);
    /// The factor; default 0.1.
    gamma: f64 = 0.1;
    |this, epoch, _base, now| match epoch > 0 && epoch.is_multiple_of(this.step_size.max(1)) {
        true => now * this.gamma,
        false => now,
    }
}

schedule! {
    /// The rate falls by `gamma` at each milestone; one named twice counts twice.
    ///
    /// ```
    /// use retrograd::optim::{Sgd, lr_scheduler::*};
    /// use retrograd::prelude::*;
    /// let mut sgd = Sgd::new([&zeros([1]).requires_grad_()], 0.8);
    /// let mut scheduler = MultiStepLr::new(vec![1, 3]).attach(&mut sgd);
    /// let mut lrs = sgd.lrs();
    /// for _ in 1..4 {
    ///     scheduler.step(&mut sgd);
    ///     lrs.extend(sgd.lrs());
    /// }
    /// assert!(lrs.iter().zip([0.8, 0.08, 0.08, 0.008]).all(|(lr, expected)| (lr - expected).abs() < 1e-6), "{lrs:?}");
    /// ```
    MultiStepLr(milestones: Vec<usize>);
    /// The factor; default 0.1.
    gamma: f64 = 0.1;
    |this, epoch, _base, now| match this.milestones.iter().filter(|m| **m == epoch).count() {
        0 => now,
        times => now * this.gamma.powi(times as i32),
    }
}

schedule! {
    /// The rate falls by `gamma` every epoch.
    ///
    /// ```
    /// use retrograd::optim::{Sgd, lr_scheduler::*};
    /// use retrograd::prelude::*;
    /// let mut sgd = Sgd::new([&zeros([1]).requires_grad_()], 0.8);
    /// let mut scheduler = ExponentialLr::new(0.5).attach(&mut sgd);
    /// let mut lrs = sgd.lrs();
    /// for _ in 1..3 {
    ///     scheduler.step(&mut sgd);
    ///     lrs.extend(sgd.lrs());
    /// }
    /// assert!(lrs.iter().zip([0.8, 0.4, 0.2]).all(|(lr, expected)| (lr - expected).abs() < 1e-6), "{lrs:?}");
    /// ```
    ExponentialLr(gamma: f64);
    |this, epoch, _base, now| match epoch {
        0 => now,
        _ => now * this.gamma,
    }
}

schedule! {
    /// The rate goes straight from `start_factor` to `end_factor` of its base over `total_iters` epochs.
    ///
    /// ```
    /// use retrograd::optim::{Sgd, lr_scheduler::*};
    /// use retrograd::prelude::*;
    /// let mut sgd = Sgd::new([&zeros([1]).requires_grad_()], 0.8);
    /// let mut scheduler = LinearLr::new().start_factor(0.5).total_iters(2).attach(&mut sgd);
    /// let mut lrs = sgd.lrs();
    /// for _ in 1..4 {
    ///     scheduler.step(&mut sgd);
    ///     lrs.extend(sgd.lrs());
    /// }
    /// assert!(lrs.iter().zip([0.4, 0.6, 0.8, 0.8]).all(|(lr, expected)| (lr - expected).abs() < 1e-6), "{lrs:?}");
    /// ```
    LinearLr();
    /// The share of the base at the start; default 1/3.
    start_factor: f64 = 1.0 / 3.0;
    /// The share of the base at the end; default 1.
    end_factor: f64 = 1.0;
    /// The epochs from start to end; default 5.
    total_iters: usize = 5;
    |this, epoch, _base, now| {
        let (total, rise) = (this.total_iters as f64, this.end_factor - this.start_factor);
        match epoch {
            0 => now * this.start_factor,
            _ if epoch > this.total_iters => now,
            _ => now * (1.0 + rise / (total * this.start_factor + (epoch - 1) as f64 * rise)),
        }
    }
}

schedule! {
    /// The rate is `factor` of its base for `total_iters` epochs.
    ///
    /// ```
    /// use retrograd::optim::{Sgd, lr_scheduler::*};
    /// use retrograd::prelude::*;
    /// let mut sgd = Sgd::new([&zeros([1]).requires_grad_()], 0.8);
    /// let mut scheduler = ConstantLr::new().factor(0.5).total_iters(2).attach(&mut sgd);
    /// let mut lrs = sgd.lrs();
    /// for _ in 1..3 {
    ///     scheduler.step(&mut sgd);
    ///     lrs.extend(sgd.lrs());
    /// }
    /// assert!(lrs.iter().zip([0.4, 0.4, 0.8]).all(|(lr, expected)| (lr - expected).abs() < 1e-6), "{lrs:?}");
    /// ```
    ConstantLr();
    /// The share of the base; default 1/3.
    factor: f64 = 1.0 / 3.0;
    /// The epochs for which it holds; default 5.
    total_iters: usize = 5;
    |this, epoch, _base, now| match epoch {
        0 => now * this.factor,
        _ if epoch == this.total_iters => now * (1.0 / this.factor),
        _ => now,
    }
}

schedule! {
    /// The rate falls to 0 over `total_iters` epochs, by a power of what is left of them.
    ///
    /// ```
    /// use retrograd::optim::{Sgd, lr_scheduler::*};
    /// use retrograd::prelude::*;
    /// let mut sgd = Sgd::new([&zeros([1]).requires_grad_()], 0.8);
    /// let mut scheduler = PolynomialLr::new().total_iters(4).attach(&mut sgd);
    /// let mut lrs = sgd.lrs();
    /// for _ in 1..6 {
    ///     scheduler.step(&mut sgd);
    ///     lrs.extend(sgd.lrs());
    /// }
    /// assert!(lrs.iter().zip([0.8, 0.6, 0.4, 0.2, 0.0, 0.0]).all(|(lr, expected)| (lr - expected).abs() < 1e-6), "{lrs:?}");
    /// ```
    PolynomialLr();
    /// The epochs until 0; default 5.
    total_iters: usize = 5;
    /// The power; default 1.
    power: f64 = 1.0;
    |this, epoch, _base, now| {
        let left = |epoch: usize| 1.0 - epoch as f64 / this.total_iters as f64;
        match epoch == 0 || epoch > this.total_iters {
            true => now,
            false => now * (left(epoch) / left(epoch - 1)).powf(this.power),
        }
    }
}

/// The rate is its base times a function of the epoch.
///
/// ```
/// use retrograd::optim::{Sgd, lr_scheduler::*};
/// use retrograd::prelude::*;
/// let mut sgd = Sgd::new([&zeros([1]).requires_grad_()], 0.8);
/// let mut scheduler = LambdaLr::new(|epoch| 1.0 / (epoch + 1) as f64).attach(&mut sgd);
/// scheduler.step(&mut sgd);
/// assert_eq!(sgd.lrs(), [0.4]);
/// ```
#[derive(Debug, Clone)]
pub struct LambdaLr<F> {
    factor: F,
}

impl<F: Fn(usize) -> f64> LambdaLr<F> {
    /// From the function of the epoch.
    pub fn new(factor: F) -> Self {
        LambdaLr { factor }
    }
}

impl<F: Fn(usize) -> f64> super::Schedule for LambdaLr<F> {
    fn lr(&self, epoch: usize, base: f64, _now: f64) -> f64 {
        base * (self.factor)(epoch)
    }
}
