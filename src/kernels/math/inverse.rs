//! Inverses of the trigonometric and hyperbolic functions.

use super::coefficients::polynomial;
use super::double::{Double, quick_sum, sum};
use super::log::log1p_double;
use super::real::Real;

/// `a = |x|`, or from 1/2 on `sqrt((1 - a) / 2)`, whose sine's angle is half of what is missing to a right angle;
/// with what `asin` adds to it. And whether it is the second.
#[inline(always)]
fn half_angle<F: Real>(a: F) -> (Double<F>, bool) {
    let far = a >= F::of(0.5);
    let z = if far {
        (F::of(1.0) - a) * F::of(0.5)
    } else {
        a * a
    };
    let root = z.sqrt();
    let rest = (-root).mul_add(root, z) / (root + root);
    let rest = if root > F::of(0.0) { rest } else { F::of(0.0) };
    let (s, low) = if far { (root, rest) } else { (a, F::of(0.0)) };
    (
        Double::new(s, (s * z).mul_add(polynomial(z, F::ASIN), low)),
        far,
    )
}

#[inline(always)]
fn half_pi<F: Real>() -> Double<F> {
    Double::new(F::HALF_PI[0], F::HALF_PI[1])
}

#[inline(always)]
fn less<F: Real>(a: Double<F>, b: Double<F>) -> Double<F> {
    quick_sum(a.high, -b.high).plus_low(a.low - b.low)
}

#[inline(always)]
fn doubled<F: Real>(a: Double<F>) -> Double<F> {
    Double::new(a.high + a.high, a.low + a.low)
}

#[inline(always)]
pub(super) fn asin<F: Real>(x: F) -> F {
    let (angle, far) = half_angle(x.abs());
    let y = if far {
        less(half_pi(), doubled(angle)).rounded()
    } else {
        angle.rounded()
    };
    y.copysign(x)
}

#[inline(always)]
pub(super) fn acos<F: Real>(x: F) -> F {
    let (angle, far) = half_angle(x.abs());
    let negative = x < F::of(0.0);
    let near = if negative { angle.negated() } else { angle };
    let near = less(half_pi(), near).rounded();
    let twice = doubled(angle);
    let beyond = less(doubled(half_pi()), twice).rounded();
    if !far {
        near
    } else if negative {
        beyond
    } else {
        twice.rounded()
    }
}

/// The angle of the point `(x, y)` in the first quadrant. Slopes up to tan(pi / 8) go to the series as they are; the
/// others after a turn by -45 or -90 degrees.
#[inline(always)]
fn angle<F: Real>(y: F, x: F) -> Double<F> {
    let zero = F::of(0.0);
    let eighth = F::of(0.414_213_562_373_095_05);
    let [quarter, quarter_low] = [F::HALF_PI[0] * F::of(0.5), F::HALF_PI[1] * F::of(0.5)];
    let flat = y <= eighth * x;
    let steep = eighth * y >= x;
    let (over, under) = if flat {
        (Double::new(y, zero), Double::new(x, zero))
    } else if steep {
        (Double::new(-x, zero), Double::new(y, zero))
    } else {
        (sum(y, -x), sum(y, x))
    };
    let turned = if flat {
        zero
    } else if steep {
        quarter + quarter
    } else {
        quarter
    };
    let turned_low = if flat {
        zero
    } else if steep {
        quarter_low + quarter_low
    } else {
        quarter_low
    };
    let t = over.over(under);
    let z = t.high * t.high;
    let tail = (t.high * z).mul_add(polynomial(z, F::ATAN), t.low);
    quick_sum(turned, t.high).plus_low(turned_low + tail)
}

#[inline(always)]
pub(super) fn atan<F: Real>(x: F) -> F {
    let a = x.abs();
    // Beyond this the angle is a right one, and the quotient's rest would be infinite times 0.
    let a = if a > F::LARGE { F::LARGE } else { a };
    angle(a, F::of(1.0)).rounded().copysign(x)
}

#[inline(always)]
pub(super) fn atan2<F: Real>(y: F, x: F) -> F {
    let (zero, one) = (F::of(0.0), F::of(1.0));
    let (a, b) = (y.abs(), x.abs());
    let greater = if a > b { a } else { b };
    let factor = if greater > F::LARGE { F::SMALL } else { one };
    let factor = if greater < F::SMALL { F::LARGE } else { factor };
    // Beside an infinite side the other one is nothing; two of them are as long.
    let unit = |side: F| if side == F::INFINITY { one } else { zero };
    let infinite = greater == F::INFINITY;
    let scaled = |side: F| if infinite { unit(side) } else { side * factor };
    let (rise, run) = (scaled(a), if greater == zero { one } else { scaled(b) });
    let right = angle(rise, run);
    let left = less(doubled(half_pi()), right).rounded();
    let turned = if one.copysign(x) < zero {
        left
    } else {
        right.rounded()
    };
    let either_nan = a + b;
    (if either_nan >= zero {
        turned
    } else {
        either_nan
    })
    .copysign(y)
}

/// `asinh(x) = log(1 + a + a^2 / (1 + sqrt(1 + a^2)))` with `a = |x|`, and `log(2 a)` where `a^2` is too large.
#[inline(always)]
pub(super) fn asinh<F: Real>(x: F) -> F {
    let (one, a) = (F::of(1.0), x.abs());
    let far = a > F::LARGE;
    let square = a * a;
    let z = quick_sum(a, square / (one + (one + square).sqrt()));
    let y = log1p_double(if far { Double::new(a, F::of(0.0)) } else { z });
    far_or_near(a, far, y).copysign(x)
}

/// `acosh(x) = log(1 + t + sqrt(t (2 + t)))` with `t = x - 1`.
#[inline(always)]
pub(super) fn acosh<F: Real>(x: F) -> F {
    let far = x > F::LARGE;
    let t = sum(x, F::of(-1.0));
    let square = t.times(sum(t.high, F::of(2.0)).plus_low(t.low));
    let root = square.high.sqrt();
    let rest = ((-root).mul_add(root, square.high) + square.low) / (root + root);
    let rest = if root > F::of(0.0) { rest } else { F::of(0.0) };
    let z = sum(t.high, root).plus_low(t.low + rest);
    let y = log1p_double(if far { Double::new(x, F::of(0.0)) } else { z });
    let y = far_or_near(x, far, y);
    if x < F::of(1.0) { F::NAN } else { y }
}

/// Adds what `log(2 a)` has above `log(1 + a)` for a large `a`.
#[inline(always)]
fn far_or_near<F: Real>(a: F, far: bool, log: Double<F>) -> F {
    let [ln_2, ln_2_low] = F::LN_2_FULL;
    let more = quick_sum(log.high, ln_2)
        .plus_low(log.low + ln_2_low)
        .rounded();
    let y = if far { more } else { log.rounded() };
    if a < F::INFINITY { y } else { a }
}

/// `log((1 + x) / (1 - x)) / 2 = log(1 + 2 a / (1 - a)) / 2` with `a = |x|`.
#[inline(always)]
pub(super) fn atanh<F: Real>(x: F) -> F {
    let (zero, one, a) = (F::of(0.0), F::of(1.0), x.abs());
    let quotient = Double::new(a + a, zero).over(sum(one, -a));
    let y = log1p_double(quotient).rounded() * F::of(0.5);
    let y = if a == one { F::INFINITY } else { y };
    (if a > one { F::NAN } else { y }).copysign(x)
}
