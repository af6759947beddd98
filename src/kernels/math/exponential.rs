//! Exponentials beyond [`exp`](super::exp), from one reduction: `exp(x) = 2^n exp(r)` with `n` whole and
//! `|r| <= ln 2 / 2`. What `r` and `exp(r)` lose in rounding is carried along.

use super::coefficients::polynomial;
use super::double::{Double, product, quick_sum, sum};
use super::real::Real;

/// `2^n (1 + r + tail)`.
#[derive(Clone, Copy)]
pub(super) struct Parts<F> {
    pub(super) n: F,
    r: F,
    tail: F,
}

impl<F: Real> Parts<F> {
    /// `1 + r + tail`.
    #[inline(always)]
    pub(super) fn mantissa(self) -> Double<F> {
        let Double { high, low } = quick_sum(F::of(1.0), self.r);
        quick_sum(high, low + self.tail)
    }

    /// `2^n (1 + r + tail) - 1`, where `2^n` is a number.
    #[inline(always)]
    fn less_one(self) -> Double<F> {
        let power = self.n.power_of_two();
        let Double { high, low } = sum(power - F::of(1.0), power * self.r);
        quick_sum(high, power.mul_add(self.tail, low))
    }
}

/// `exp(r)` for a small `r`, times `2^n`.
#[inline(always)]
fn small<F: Real>(r: Double<F>, n: F) -> Parts<F> {
    let Double { high: r, low } = r;
    let square = r * r;
    let tail = square.mul_add(polynomial(r, F::EXP), r.mul_add(low, low));
    Parts { n, r, tail }
}

/// `exp(x)` for an `x` between the bounds of [`Real::EXP_RANGE`].
#[inline(always)]
pub(super) fn parts<F: Real>(x: Double<F>) -> Parts<F> {
    let [ln_2, ln_2_low] = F::LN_2;
    let n = (x.high * F::LOG2_E[0]).nearest();
    let r = (-n).mul_add(ln_2, x.high);
    let low = n * ln_2_low - x.low;
    let reduced = r - low;
    small(Double::new(reduced, (r - reduced) - low), n)
}

#[inline(always)]
fn plain<F: Real>(x: F) -> Parts<F> {
    parts(Double::new(x, F::of(0.0)))
}

#[inline(always)]
pub(super) fn exp2<F: Real>(x: F) -> F {
    let x = x.bounded(F::EXP2_RANGE.0, F::EXP2_RANGE.1);
    let n = x.nearest();
    let rest = x - n;
    let r = product(rest, F::LN_2_FULL[0]).plus_low(rest * F::LN_2_FULL[1]);
    small(r, n).mantissa().rounded().scale(n)
}

#[inline(always)]
pub(super) fn expm1<F: Real>(x: F) -> F {
    // Below the bound the result is -1.
    let parts = plain(x.bounded(F::of(-50.0), F::EXP_RANGE.1));
    let n = if parts.n > F::WIDE { F::WIDE } else { parts.n };
    let y = Parts { n, ..parts }.less_one().rounded() * (parts.n - n).power_of_two();
    // Keeps the sign of zero.
    if x == F::of(0.0) { x } else { y }
}

/// The mantissas of `exp(a) / 2` and of `exp(-a) / 2`, both to be scaled by `2^(n - 1)`.
#[inline(always)]
fn both<F: Real>(a: F) -> (Double<F>, F, F) {
    let parts = plain(a.bounded(F::of(0.0), F::EXP_RANGE.1));
    let grown = parts.mantissa();
    // From here on the second one no longer counts.
    let n = if parts.n > F::of(50.0) {
        F::of(50.0)
    } else {
        parts.n
    };
    let shrunk = (-n - n).power_of_two() / grown.high;
    (grown, shrunk, parts.n - F::of(1.0))
}

#[inline(always)]
pub(super) fn cosh<F: Real>(x: F) -> F {
    let (grown, shrunk, n) = both(x.abs());
    quick_sum(grown.high, shrunk)
        .plus_low(grown.low)
        .rounded()
        .scale(n)
}

#[inline(always)]
pub(super) fn sinh<F: Real>(x: F) -> F {
    let a = x.abs();
    let (grown, shrunk, n) = both(a);
    let far = quick_sum(grown.high, -shrunk)
        .plus_low(grown.low)
        .rounded()
        .scale(n);
    let z = a * a;
    let near = (a * z).mul_add(polynomial(z, F::SINH), a);
    (if a < F::of(1.0) { near } else { far }).copysign(x)
}

/// `e / (e + 2)` with `e = exp(2 |x|) - 1`.
#[inline(always)]
pub(super) fn tanh<F: Real>(x: F) -> F {
    // From here on the result is 1.
    let a = x.abs().bounded(F::of(0.0), F::of(22.0));
    let e = plain(a + a).less_one();
    let y = e.over(sum(e.high, F::of(2.0)).plus_low(e.low));
    y.rounded().copysign(x)
}
