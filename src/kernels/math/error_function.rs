//! The error function, its complement and its inverse.

use super::coefficients::polynomial;
use super::double::{Double, product, quick_sum, sum};
use super::exponential;
use super::log::log;
use super::real::Real;

/// `exp(a^2) erfc(a)` for `a >= 0`: a polynomial in `(a - 4) / (a + 4)` over `1 + 2 a`, after Shepherd and Laframboise,
/// "Chebyshev approximation of (1 + 2x) exp(x^2) erfc x" (1981).
#[inline(always)]
fn scaled<F: Real>(a: F) -> Double<F> {
    let (one, four) = (F::of(1.0), F::of(4.0));
    // The quotient, and what division and its operands lost.
    let under = one / (a + four);
    let t = (a - four) * under;
    let lost = t.mul_add(-a, (t + one).mul_add(-four, a));
    let t = under.mul_add(lost, t);
    let over = quick_sum(one, polynomial(t, F::ERFCX));
    over.over(sum(one, a + a))
}

/// `erfc(a)` for `a >= 0`, as a mantissa and a power of 2.
#[inline(always)]
fn tail<F: Real>(a: F) -> (F, F) {
    let a = a.bounded(F::of(0.0), F::ERFC_END);
    let shrink = exponential::parts(product(a, a).negated());
    (shrink.mantissa().times(scaled(a)).rounded(), shrink.n)
}

#[inline(always)]
pub(super) fn erf<F: Real>(x: F) -> F {
    let a = x.abs();
    let near = a.mul_add(polynomial(a * a, F::ERF), a);
    let (mantissa, n) = tail(a);
    let y = if a < F::of(1.0) {
        near
    } else {
        F::of(1.0) - mantissa.scale(n)
    };
    y.copysign(x)
}

#[inline(always)]
pub(super) fn erfc<F: Real>(x: F) -> F {
    let (one, a) = (F::of(1.0), x.abs());
    let near = quick_sum(one, -x);
    let near = near.high + (-x).mul_add(polynomial(x * x, F::ERF), near.low);
    let (mantissa, n) = tail(a);
    let y = mantissa.scale(n);
    let far = if x < F::of(0.0) { F::of(2.0) - y } else { y };
    if a < F::of(0.5) { near } else { far }
}

/// A polynomial up to 1/2; beyond, one that is good to some 16 bits and a step of Halley's method on
/// `erfc(y) = 1 - |x|`, whose right side is exact.
#[inline(always)]
pub(super) fn erfinv<F: Real>(x: F) -> F {
    let (zero, one, a) = (F::of(0.0), F::of(1.0), x.abs());
    let near = a.mul_add(polynomial(a * a, F::ERFINV), a);
    let left = one - a;
    let w = (-log(left * (one + a))).sqrt();
    let y = w * polynomial(w, F::ERFINV_TAIL);
    let shrink = exponential::parts(product(y, y).negated());
    let grow = Double::new(left, zero).over(shrink.mantissa());
    let wanted = grow.rounded() * (-shrink.n).power_of_two();
    let step = (scaled(y).rounded() - wanted) * F::of(0.886_226_925_452_758);
    let far = y + step / (one - step * y);
    let y = if a <= F::of(0.5) { near } else { far };
    let y = if a == one { F::INFINITY } else { y };
    (if a > one { F::NAN } else { y }).copysign(x)
}
