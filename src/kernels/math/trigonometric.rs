//! Sine, cosine and tangent: the nearest multiple of pi / 2 is subtracted, and polynomials give the sine and cosine of
//! what is left, at most pi / 4.

use super::coefficients::polynomial;
use super::double::{Double, product, quick_sum, sum};
use super::payne_hanek;
use super::real::Real;

/// Which quarter of the circle, by its lowest two bits, and the angle from its middle.
#[derive(Clone, Copy)]
pub(super) struct Reduced<F> {
    pub(super) quarter: F,
    pub(super) angle: Double<F>,
}

/// Whether [`near`] is not enough; NaN and infinities count in.
#[inline(always)]
pub(super) fn is_far<F: Real>(x: F) -> bool {
    // A NaN compares as false.
    let is_near = x.abs() < F::NEAR;
    !is_near
}

/// Cody and Waite's reduction for `|x| < NEAR`. With a fused multiply-add the first difference is exact: both terms
/// are multiples of the last place of pi / 2 or of `x`, and the result is less than 1.
#[inline(always)]
fn near<F: Real>(x: F) -> Reduced<F> {
    let [first, second, third] = F::HALF_PI;
    let quarter = (x * F::TWO_OVER_PI).nearest();
    let rest = (-quarter).mul_add(first, x);
    let taken = product(quarter, second);
    let angle = sum(rest, -taken.high);
    let low = (-quarter).mul_add(third, angle.low - taken.low);
    Reduced {
        quarter,
        angle: quick_sum(angle.high, low),
    }
}

/// The reduction of any number.
pub(super) fn far(x: f64) -> Reduced<f64> {
    if is_far(x) {
        payne_hanek::reduce(x)
    } else {
        near(x)
    }
}

/// Sine and cosine, each as a number and its rest.
#[inline(always)]
pub(super) fn sin_cos<F: Real>(angle: Double<F>) -> (Double<F>, Double<F>) {
    let (one, half) = (F::of(1.0), F::of(0.5));
    let Double { high: r, low } = angle;
    let z = r * r;
    let half_square = half * z;
    let sine = (r * z).mul_add(polynomial(z, F::SIN), (-half_square).mul_add(low, low));
    let cosine = quick_sum(one, -half_square);
    // Half of the square's rounding error.
    let rest = half * r.mul_add(r, -z);
    let tail = (z * z).mul_add(polynomial(z, F::COS), (-r).mul_add(low, cosine.low - rest));
    (quick_sum(r, sine), quick_sum(cosine.high, tail))
}

#[inline(always)]
pub(super) fn sin_of<F: Real>(x: Reduced<F>) -> F {
    let (sin, cos) = sin_cos(x.angle);
    let y = if x.quarter.has_bit(1) {
        cos.high
    } else {
        sin.high
    };
    if x.quarter.has_bit(2) { -y } else { y }
}

#[inline(always)]
pub(super) fn cos_of<F: Real>(x: Reduced<F>) -> F {
    let (sin, cos) = sin_cos(x.angle);
    let y = if x.quarter.has_bit(1) {
        sin.high
    } else {
        cos.high
    };
    if x.quarter.has_bit(1) != x.quarter.has_bit(2) {
        -y
    } else {
        y
    }
}

#[inline(always)]
pub(super) fn tan_of<F: Real>(x: Reduced<F>) -> F {
    let (sin, cos) = sin_cos(x.angle);
    let turned = x.quarter.has_bit(1);
    let (over, under) = if turned {
        (cos.negated(), sin)
    } else {
        (sin, cos)
    };
    over.over(under).rounded()
}

/// The function of an angle that is not far; the sign of zero stays with the odd ones.
macro_rules! functions {
    ($($near:ident $any:ident: $of:ident, $zero:expr;)*) => { $(
        #[inline(always)]
        pub(super) fn $near<F: Real>(x: F) -> F {
            let y = $of(near(x));
            let at_zero: fn(F) -> F = $zero;
            if x == F::of(0.0) { at_zero(x) } else { y }
        }

        /// As the other, for any number.
        #[cold]
        #[inline(never)]
        pub(super) fn $any(x: f64) -> f64 {
            let y = $of(far(x));
            let at_zero: fn(f64) -> f64 = $zero;
            if x == 0.0 { at_zero(x) } else { y }
        }
    )* };
}
functions! {
    sin sin_far: sin_of, |x| x;
    cos cos_far: cos_of, |_| Real::of(1.0);
    tan tan_far: tan_of, |x| x;
}
