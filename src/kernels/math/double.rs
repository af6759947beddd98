//! Numbers as unevaluated sums of two, with twice the digits (Dekker 1971, Knuth's TwoSum; products by fused
//! multiply-add).

use super::real::Real;

/// `high + low`, where `low` is small beside `high`.
#[derive(Clone, Copy)]
pub(super) struct Double<F> {
    pub(super) high: F,
    pub(super) low: F,
}

impl<F: Real> Double<F> {
    #[inline(always)]
    pub(super) fn new(high: F, low: F) -> Self {
        Double { high, low }
    }

    /// The nearest plain number.
    #[inline(always)]
    pub(super) fn rounded(self) -> F {
        self.high + self.low
    }

    #[inline(always)]
    pub(super) fn plus_low(self, low: F) -> Self {
        Double::new(self.high, self.low + low)
    }

    #[inline(always)]
    pub(super) fn negated(self) -> Self {
        Double::new(-self.high, -self.low)
    }

    /// Sums of any sizes.
    #[inline(always)]
    pub(super) fn plus(self, other: Self) -> Self {
        sum(self.high, other.high).plus_low(self.low + other.low)
    }

    #[inline(always)]
    pub(super) fn times(self, other: Self) -> Self {
        let Double { high, low } = product(self.high, other.high);
        let cross = self.high.mul_add(other.low, self.low * other.high);
        Double::new(high, low + cross)
    }

    #[inline(always)]
    pub(super) fn over(self, other: Self) -> Self {
        let high = self.high / other.high;
        let rest = (-high).mul_add(other.high, self.high) + (-high).mul_add(other.low, self.low);
        Double::new(high, rest / other.high)
    }
}

/// `a + b`, exact.
#[inline(always)]
pub(super) fn sum<F: Real>(a: F, b: F) -> Double<F> {
    let high = a + b;
    let from_b = high - a;
    Double::new(high, (a - (high - from_b)) + (b - from_b))
}

/// `a + b`, exact where `a` is the greater one or 0.
#[inline(always)]
pub(super) fn quick_sum<F: Real>(a: F, b: F) -> Double<F> {
    let high = a + b;
    Double::new(high, b - (high - a))
}

/// `a b`, exact.
#[inline(always)]
pub(super) fn product<F: Real>(a: F, b: F) -> Double<F> {
    let high = a * b;
    Double::new(high, a.mul_add(b, -high))
}
