//! A search along a direction, as in SciPy's L-BFGS-B: MINPACK's `dcsrch` and `dcstep` (Moré and Thuente 1994).

use super::line_search::Point;
use crate::Result;

/// Sufficient decrease, curvature, and the relative width at which an interval is given up.
const FTOL: f64 = 1e-3;
const GTOL: f64 = 0.9;
const XTOL: f64 = 0.1;
const LONGEST: f64 = 1e10;

/// Value and slope at a step.
#[derive(Clone, Copy)]
struct Trial {
    step: f64,
    value: f64,
    slope: f64,
}

impl Trial {
    /// As seen by the function less a line of this slope.
    fn below(self, slope: f64) -> Trial {
        Trial {
            step: self.step,
            value: self.value - self.step * slope,
            slope: self.slope - slope,
        }
    }
}

/// The best step so far, the other end of the interval, and whether a minimum is known to lie between.
struct Interval {
    best: Trial,
    other: Trial,
    bracketed: bool,
    /// Where the next step must lie.
    low: f64,
    high: f64,
}

/// The minimum's distance on the cubic through two trials: `gamma` and `theta` of `dcstep`.
fn cubic(a: Trial, b: Trial, clamped: bool) -> (f64, f64) {
    let theta = 3.0 * (a.value - b.value) / (b.step - a.step) + a.slope + b.slope;
    let scale = theta.abs().max(a.slope.abs()).max(b.slope.abs());
    let square = (theta / scale) * (theta / scale) - (a.slope / scale) * (b.slope / scale);
    let square = if clamped { square.max(0.0) } else { square };
    (scale * square.sqrt(), theta)
}

impl Interval {
    /// The next step, after `now`.
    fn next(&mut self, now: Trial) -> f64 {
        let best = self.best;
        let opposite = now.slope * best.slope.signum() < 0.0;
        let next = if now.value > best.value {
            self.bracketed = true;
            higher(best, now)
        } else if opposite {
            self.bracketed = true;
            other_side(best, now)
        } else if now.slope.abs() < best.slope.abs() {
            self.flatter(now)
        } else if self.bracketed {
            between(now, self.other)
        } else if now.step > best.step {
            self.high
        } else {
            self.low
        };
        if now.value > best.value {
            self.other = now;
        } else {
            if opposite {
                self.other = best;
            }
            self.best = now;
        }
        next
    }

    /// Lower, of the same sign and less steep: the cubic may have no minimum ahead.
    fn flatter(&self, now: Trial) -> f64 {
        let best = self.best;
        let (gamma, theta) = cubic(best, now, true);
        let gamma = if now.step > best.step { -gamma } else { gamma };
        let r = ((gamma - now.slope) + theta) / ((gamma + (best.slope - now.slope)) + gamma);
        let by_cubic = if r < 0.0 && gamma != 0.0 {
            now.step + r * (best.step - now.step)
        } else if now.step > best.step {
            self.high
        } else {
            self.low
        };
        let by_secant = secant(best, now);
        let cubic_is_nearer = (by_cubic - now.step).abs() < (by_secant - now.step).abs();
        if self.bracketed {
            let next = if cubic_is_nearer { by_cubic } else { by_secant };
            let limit = now.step + 0.66 * (self.other.step - now.step);
            if now.step > best.step {
                next.min(limit)
            } else {
                next.max(limit)
            }
        } else {
            let farther = (by_cubic - now.step).abs() > (by_secant - now.step).abs();
            let next = if farther { by_cubic } else { by_secant };
            next.min(self.high).max(self.low)
        }
    }
}

fn secant(best: Trial, now: Trial) -> f64 {
    now.step + (now.slope / (now.slope - best.slope)) * (best.step - now.step)
}

/// A higher value: the minimum lies between.
fn higher(best: Trial, now: Trial) -> f64 {
    let (gamma, theta) = cubic(best, now, false);
    let gamma = if now.step < best.step { -gamma } else { gamma };
    let r = ((gamma - best.slope) + theta) / (((gamma - best.slope) + gamma) + now.slope);
    let by_cubic = best.step + r * (now.step - best.step);
    let mean_slope = (best.value - now.value) / (now.step - best.step) + best.slope;
    let by_square = best.step + ((best.slope / mean_slope) / 2.0) * (now.step - best.step);
    if (by_cubic - best.step).abs() < (by_square - best.step).abs() {
        by_cubic
    } else {
        by_cubic + (by_square - by_cubic) / 2.0
    }
}

/// A lower value and a slope of the other sign: the minimum lies between.
fn other_side(best: Trial, now: Trial) -> f64 {
    let (gamma, theta) = cubic(best, now, false);
    let gamma = if now.step > best.step { -gamma } else { gamma };
    let r = ((gamma - now.slope) + theta) / (((gamma - now.slope) + gamma) + best.slope);
    let by_cubic = now.step + r * (best.step - now.step);
    let by_secant = secant(best, now);
    if (by_cubic - now.step).abs() > (by_secant - now.step).abs() {
        by_cubic
    } else {
        by_secant
    }
}

/// Lower and steeper: the minimum lies between here and the other end.
fn between(now: Trial, other: Trial) -> f64 {
    let (gamma, theta) = cubic(other, now, false);
    let gamma = if now.step > other.step { -gamma } else { gamma };
    let r = ((gamma - now.slope) + theta) / (((gamma - now.slope) + gamma) + other.slope);
    now.step + r * (other.step - now.step)
}

/// Searches from `step` for a step of enough decrease and small enough slope; `along` gives point and slope there.
/// `None` if there is none within `limit` evaluations.
pub(super) fn more_thuente(
    along: &mut dyn FnMut(f64) -> Result<(Point, f64)>,
    start: (f64, f64),
    mut step: f64,
    limit: usize,
) -> Result<Option<(f64, Point)>> {
    let (value, slope) = start;
    let test = FTOL * slope;
    let origin = Trial {
        step: 0.0,
        value,
        slope,
    };
    let mut interval = Interval {
        best: origin,
        other: origin,
        bracketed: false,
        low: 0.0,
        high: step + 4.0 * step,
    };
    let (mut width, mut width_before) = (LONGEST, 2.0 * LONGEST);
    let mut decreased = false;
    for _ in 0..limit {
        let (point, slope_here) = along(step)?;
        let now = Trial {
            step,
            value: point.loss,
            slope: slope_here,
        };
        let enough = now.value <= value + step * test;
        decreased |= enough && now.slope >= 0.0;
        let outside = step <= interval.low || step >= interval.high;
        let narrow = interval.high - interval.low <= XTOL * interval.high;
        let given_up = interval.bracketed && (outside || narrow);
        if given_up || (enough && now.slope.abs() <= GTOL * -slope) {
            return Ok(Some((step, point)));
        }
        if !now.value.is_finite() || !now.slope.is_finite() {
            return Ok(None);
        }

        if !decreased && now.value <= interval.best.value && !enough {
            interval.best = interval.best.below(test);
            interval.other = interval.other.below(test);
            step = interval.next(now.below(test));
            interval.best = interval.best.below(-test);
            interval.other = interval.other.below(-test);
        } else {
            step = interval.next(now);
        }
        let (best, other) = (interval.best.step, interval.other.step);
        if interval.bracketed {
            if (other - best).abs() >= 0.66 * width_before {
                step = best + 0.5 * (other - best);
            }
            (width_before, width) = (width, (other - best).abs());
            (interval.low, interval.high) = (best.min(other), best.max(other));
        } else {
            interval.low = step + 1.1 * (step - best);
            interval.high = step + 4.0 * (step - best);
        }
        step = step.clamp(0.0, LONGEST);
        let outside = step <= interval.low || step >= interval.high;
        let narrow = interval.high - interval.low <= XTOL * interval.high;
        if interval.bracketed && (outside || narrow) {
            step = best;
        }
    }
    Ok(None)
}
