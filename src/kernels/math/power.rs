//! Powers and lengths.

use super::double::{Double, product};
use super::exponential;
use super::log::log_double;
use super::real::Real;

/// `x^y = exp(y log x)`, with the logarithm to twice the digits, and C99's values at the limits.
#[inline(always)]
pub(super) fn pow<F: Real>(x: F, y: F) -> F {
    let (zero, one, a) = (F::of(0.0), F::of(1.0), x.abs());
    let log = log_double(a);
    let high = if a == zero { -F::INFINITY } else { log.high };
    let high = if a < F::INFINITY { high } else { a };
    let exponent = product(y, high);
    // Where the product is infinite there is no rest.
    let is_finite = exponent.high.abs() < F::INFINITY;
    let low = if is_finite {
        exponent.low + y * log.low
    } else {
        zero
    };
    let bounded = exponent.high.bounded(F::EXP_RANGE.0, F::EXP_RANGE.1);
    let parts = exponential::parts(Double::new(
        bounded,
        if bounded == exponent.high { low } else { zero },
    ));
    let size = parts.mantissa().rounded().scale(parts.n);
    let whole = y.floor() == y;
    let half = y * F::of(0.5);
    let odd = whole && half.floor() != half;
    let signed = if odd { size.copysign(x) } else { size };
    let no_root = x < zero && a < F::INFINITY && !whole;
    let result = if no_root { F::NAN } else { signed };
    let endless = y.abs() == F::INFINITY;
    if y == zero || x == one || (a == one && endless) {
        one
    } else {
        result
    }
}

/// `sqrt(x^2 + y^2)`, scaled so that the squares do not overflow or vanish.
#[inline(always)]
pub(super) fn hypot<F: Real>(x: F, y: F) -> F {
    let (a, b) = (x.abs(), y.abs());
    let (long, short) = if a < b { (b, a) } else { (a, b) };
    let (one, endless) = (F::of(1.0), F::INFINITY);
    let (small, large) = (F::SMALL * F::SMALL, F::LARGE * F::LARGE);
    let (down, up) = if long > F::LARGE {
        (small, large)
    } else {
        (one, one)
    };
    let (down, up) = if long < F::SMALL {
        (large, small)
    } else {
        (down, up)
    };
    let (long, short) = (long * down, short * down);
    let length = long.mul_add(long, short * short).sqrt() * up;
    if a == endless || b == endless {
        endless
    } else {
        length
    }
}
