//! Rates that come and go.

use super::schedule;
use std::f64::consts::PI;

schedule! {
    /// The rate swings between its base and `eta_min` along a cosine of half period `t_max` (Loshchilov and Hutter
    /// 2016).
    ///
    /// ```
    /// use retrograd::optim::{Sgd, lr_scheduler::*};
    /// use retrograd::prelude::*;
    /// let mut sgd = Sgd::new([&zeros([1]).requires_grad_()], 0.8);
    /// let mut scheduler = CosineAnnealingLr::new(2).attach(&mut sgd);
    /// let mut lrs = sgd.lrs();
    /// for _ in 1..5 {
    ///     scheduler.step(&mut sgd);
    ///     lrs.extend(sgd.lrs());
    /// }
    /// assert!(lrs.iter().zip([0.8, 0.4, 0.0, 0.4, 0.8]).all(|(lr, expected)| (lr - expected).abs() < 1e-6), "{lrs:?}");
    /// ```
    CosineAnnealingLr(t_max: usize);
    /// The least rate; default 0.
    eta_min: f64 = 0.0;
    |this, epoch, base, now| {
        let height = |epoch: usize| 1.0 + (PI * epoch as f64 / this.t_max as f64).cos();
        if epoch == 0 {
            now
        } else if (epoch as i64 - 1 - this.t_max as i64) % (2 * this.t_max.max(1) as i64) == 0 {
            now + (base - this.eta_min) * (1.0 - (PI / this.t_max as f64).cos()) / 2.0
        } else {
            height(epoch) / height(epoch - 1) * (now - this.eta_min) + this.eta_min
        }
    }
}

schedule! {
    /// The rate falls from its base to `eta_min` along a cosine, and begins anew after `t_0` epochs, then after `t_mult`
    /// times as many (Loshchilov and Hutter 2016).
    ///
    /// ```
    /// use retrograd::optim::{Sgd, lr_scheduler::*};
    /// use retrograd::prelude::*;
    /// let mut sgd = Sgd::new([&zeros([1]).requires_grad_()], 0.8);
    /// let mut scheduler = CosineAnnealingWarmRestarts::new(2).attach(&mut sgd);
    /// let mut lrs = sgd.lrs();
    /// for _ in 1..4 {
    ///     scheduler.step(&mut sgd);
    ///     lrs.extend(sgd.lrs());
    /// }
    /// assert!(lrs.iter().zip([0.8, 0.4, 0.8, 0.4]).all(|(lr, expected)| (lr - expected).abs() < 1e-6), "{lrs:?}");
    /// ```
    CosineAnnealingWarmRestarts(t_0: usize);
    /// By how much each period is longer than the one before; default 1.
    t_mult: usize = 1;
    /// The least rate; default 0.
    eta_min: f64 = 0.0;
    |this, epoch, base, _now| {
        let (mut at, mut period) = (epoch, this.t_0.max(1));
        while at >= period {
            at -= period;
            period *= this.t_mult.max(1);
        }
        this.eta_min + (base - this.eta_min) * (1.0 + (PI * at as f64 / period as f64).cos()) / 2.0
    }
}

schedule! {
    /// The rate rises from `max_lr / div_factor` to `max_lr` and falls far below where it began, over `total_steps`
    /// steps in all (Smith and Topin 2017). Momentum is not cycled, as with `cycle_momentum=False`.
    ///
    /// ```
    /// use retrograd::optim::{Sgd, lr_scheduler::*};
    /// use retrograd::prelude::*;
    /// let mut sgd = Sgd::new([&zeros([1]).requires_grad_()], 0.8);
    /// let mut scheduler = OneCycleLr::new(1.0, 10).attach(&mut sgd);
    /// let mut lrs = sgd.lrs();
    /// for _ in 1..3 {
    ///     scheduler.step(&mut sgd);
    ///     lrs.extend(sgd.lrs());
    /// }
    /// assert!(lrs.iter().zip([0.04, 0.52, 1.0]).all(|(lr, expected)| (lr - expected).abs() < 1e-6), "{lrs:?}");
    /// ```
    OneCycleLr(max_lr: f64, total_steps: usize);
    /// The share of the steps on which the rate rises; default 0.3.
    pct_start: f64 = 0.3;
    /// The ratio of the greatest rate and the first; default 25.
    div_factor: f64 = 25.0;
    /// The ratio of the first rate and the last; default 1e4.
    final_div_factor: f64 = 1e4;
    |this, epoch, _base, _now| {
        let first = this.max_lr / this.div_factor;
        let (top, end) = (this.pct_start * this.total_steps as f64 - 1.0, this.total_steps as f64 - 1.0);
        let swing = |from: f64, to: f64, share: f64| to + (from - to) / 2.0 * ((PI * share).cos() + 1.0);
        match epoch as f64 {
            step if step <= top => swing(first, this.max_lr, step / top),
            step => swing(this.max_lr, first / this.final_div_factor, (step.min(end) - top) / (end - top)),
        }
    }
}

/// How the height of a cycle changes.
#[derive(Debug, Clone, Copy, PartialEq)]
#[non_exhaustive]
pub enum CyclicMode {
    /// All cycles are as high.
    Triangular,
    /// Each cycle is half as high as the one before.
    Triangular2,
    /// Heights fall by this factor at each step.
    ExpRange(f64),
}

schedule! {
    /// The rate rises straight from `base_lr` to `max_lr` and falls back, again and again (Smith 2015). Momentum is not
    /// cycled, as with `cycle_momentum=False`.
    ///
    /// ```
    /// use retrograd::optim::{Sgd, lr_scheduler::*};
    /// use retrograd::prelude::*;
    /// let mut sgd = Sgd::new([&zeros([1]).requires_grad_()], 0.8);
    /// let mut scheduler = CyclicLr::new(0.1, 0.5).step_size_up(2).attach(&mut sgd);
    /// let mut lrs = sgd.lrs();
    /// for _ in 1..5 {
    ///     scheduler.step(&mut sgd);
    ///     lrs.extend(sgd.lrs());
    /// }
    /// assert!(lrs.iter().zip([0.1, 0.3, 0.5, 0.3, 0.1]).all(|(lr, expected)| (lr - expected).abs() < 1e-6), "{lrs:?}");
    /// ```
    CyclicLr(base_lr: f64, max_lr: f64);
    /// The steps from the least rate to the greatest; default 2000.
    step_size_up: usize = 2000;
    /// The steps back; as many unless set.
    step_size_down: Option<usize> = None;
    /// How the height of a cycle changes; default not at all.
    mode: CyclicMode = CyclicMode::Triangular;
    |this, epoch, _base, _now| {
        let (up, step) = (this.step_size_up as f64, epoch as f64);
        let total = up + this.step_size_down.map_or(up, |down| down as f64);
        let cycle = (1.0 + step / total).floor();
        let (at, top) = (1.0 + step / total - cycle, up / total);
        let share = match at <= top {
            true => at / top,
            false => (at - 1.0) / (top - 1.0),
        };
        let scale = match this.mode {
            CyclicMode::Triangular => 1.0,
            CyclicMode::Triangular2 => 1.0 / 2.0_f64.powf(cycle - 1.0),
            CyclicMode::ExpRange(gamma) => gamma.powf(step),
        };
        this.base_lr + (this.max_lr - this.base_lr) * share * scale
    }
}
