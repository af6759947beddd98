//! Logarithms: `log(2^k m) = k ln 2 + log(m)` with `m` from sqrt(1/2) to sqrt(2), and `log(m)` by the series of
//! `log((1 + s) / (1 - s))`, arranged as in Sun's fdlibm so that the leading term is exact.

use super::coefficients::polynomial;
use super::double::{Double, product, quick_sum, sum};
use super::real::Real;

/// A positive number as `2^k m`, subnormal ones too.
#[inline(always)]
pub(super) fn split<F: Real>(x: F) -> (F, F) {
    let tiny = x < F::SMALLEST;
    let (m, k) = (if tiny { x * F::LIFT } else { x }).split();
    (m, if tiny { k - F::LIFT_EXPONENT } else { k })
}

/// `log(1 + f) - f`.
#[inline(always)]
fn tail<F: Real>(f: F) -> F {
    let s = f / (F::of(2.0) + f);
    let z = s * s;
    let half_square = F::of(0.5) * f * f;
    s * z.mul_add(polynomial(z, F::LOG), half_square) - half_square
}

/// `k ln 2 + log(1 + f)`.
#[inline(always)]
fn natural<F: Real>(f: Double<F>, k: F) -> Double<F> {
    let [ln_2, ln_2_low] = F::LN_2;
    // What a low part adds: low / (1 + f).
    let slope = f.high.mul_add(f.high - F::of(1.0), F::of(1.0));
    quick_sum(k * ln_2, f.high).plus_low(k.mul_add(ln_2_low, f.low.mul_add(slope, tail(f.high))))
}

/// `log(1 + x)` for `x > -1`.
#[inline(always)]
pub(super) fn log1p_double<F: Real>(x: Double<F>) -> Double<F> {
    let Double { high, low } = sum(F::of(1.0), x.high).plus_low(x.low);
    let (m, k) = high.split();
    // What is as large as this has no low part.
    let bounded = if k > F::WIDE { F::WIDE } else { k };
    let low = low * (-bounded).power_of_two();
    natural(sum(m - F::of(1.0), low), k)
}

/// The logarithm's values at 0, below it and at infinity.
#[inline(always)]
fn limits<F: Real>(x: F, y: F) -> F {
    let y = if x < F::INFINITY { y } else { x };
    let y = if x < F::of(0.0) { F::NAN } else { y };
    if x == F::of(0.0) { -F::INFINITY } else { y }
}

#[inline(always)]
pub(super) fn log<F: Real>(x: F) -> F {
    let (m, k) = split(x);
    let y = natural(Double::new(m - F::of(1.0), F::of(0.0)), k).rounded();
    limits(x, y)
}

#[inline(always)]
pub(super) fn log1p<F: Real>(x: F) -> F {
    let y = log1p_double(Double::new(x, F::of(0.0))).rounded();
    let y = if x == F::of(0.0) { x } else { y };
    limits(x + F::of(1.0), y)
}

/// `log(m)` to another base, of which `[ratio, low]` is the logarithm of e.
#[inline(always)]
fn based<F: Real>(m: F, [ratio, low]: [F; 2]) -> Double<F> {
    let f = m - F::of(1.0);
    product(f, ratio).plus_low(f.mul_add(low, tail(f) * ratio))
}

#[inline(always)]
pub(super) fn log2<F: Real>(x: F) -> F {
    let (m, k) = split(x);
    let of_m = based(m, F::LOG2_E);
    limits(x, quick_sum(k, of_m.high).plus_low(of_m.low).rounded())
}

#[inline(always)]
pub(super) fn log10<F: Real>(x: F) -> F {
    let (m, k) = split(x);
    let of_m = based(m, F::LOG10_E);
    let low = k.mul_add(F::LOG10_2[1], of_m.low);
    let y = quick_sum(k * F::LOG10_2[0], of_m.high).plus_low(low);
    limits(x, y.rounded())
}

/// The logarithm of a positive number with some ten more bits than a plain one has.
#[inline(always)]
pub(super) fn log_double<F: Real>(x: F) -> Double<F> {
    let (m, k) = split(x);
    let f = Double::new(m - F::of(1.0), F::of(0.0));
    let s = f.over(sum(m, F::of(1.0)));
    let z = s.times(s);
    let [two_thirds, low] = F::TWO_THIRDS;
    let inner = quick_sum(two_thirds, z.high * polynomial(z.high, F::LOG_LONG)).plus_low(low);
    let cubic = s.times(z.times(inner));
    let of_m = quick_sum(s.high + s.high, cubic.high).plus_low(s.low + s.low + cubic.low);
    let of_m = quick_sum(of_m.high, of_m.low);
    let [ln_2, ln_2_low] = F::LN_2;
    let Double { high, low } = quick_sum(k * ln_2, of_m.high);
    quick_sum(high, low + k.mul_add(ln_2_low, of_m.low))
}
