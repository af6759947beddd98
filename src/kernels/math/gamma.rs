//! The logarithm of the gamma function and its derivatives. Their zeros and poles call for branches, so these are
//! plain functions; `f32` goes through `f64`.

use super::coefficients::{LGAMMA, polynomial};
use super::double::{Double, product, quick_sum, sum};
use super::log::{log_double, log1p_double};
use super::real::Real as _;
use super::trigonometric::sin_cos;

/// From here on Stirling's series, with as many terms as [`BERNOULLI`] has, is exact beyond the last bit.
const STIRLING: f64 = 12.0;
/// The Bernoulli numbers B2, B4, ..
const BERNOULLI: [f64; 8] = [
    1.0 / 6.0,
    -1.0 / 30.0,
    1.0 / 42.0,
    -1.0 / 30.0,
    5.0 / 66.0,
    -691.0 / 2730.0,
    7.0 / 6.0,
    -3617.0 / 510.0,
];
const PI: Double<f64> = Double {
    high: std::f64::consts::PI,
    low: 1.224_646_799_147_353_2e-16,
};

#[inline(always)]
fn plain(x: f64) -> Double<f64> {
    Double::new(x, 0.0)
}

#[inline(always)]
fn log_of(x: Double<f64>) -> Double<f64> {
    log_double(x.high).plus_low(x.low / x.high)
}

/// `sum of B(2k) weight(2k) z^k` over k = 1, 2, ..
#[inline(always)]
fn bernoulli_series(z: f64, weight: impl Fn(f64) -> f64) -> f64 {
    let terms = BERNOULLI.iter().enumerate().rev();
    z * terms.fold(0.0, |sum, (k, b)| {
        sum.mul_add(z, b * weight(2.0 * (k + 1) as f64))
    })
}

/// Sine and cosine of `pi x`, for an `x` that may have a fraction.
#[inline(always)]
fn sin_cos_pi(x: f64) -> (Double<f64>, Double<f64>) {
    let quarter = (x + x).round_ties_even();
    let (sin, cos) = sin_cos(PI.times(plain(x - quarter * 0.5)));
    match quarter.rem_euclid(4.0) as i32 {
        0 => (sin, cos),
        1 => (cos, sin.negated()),
        2 => (sin.negated(), cos.negated()),
        _ => (cos.negated(), sin),
    }
}

/// `log |gamma(x)|`; infinite at 0 and the negative whole numbers.
#[inline(always)]
pub(super) fn lgamma(x: f64) -> f64 {
    let size = x.abs();
    if x > 0.0 || x.is_nan() {
        return lgamma_positive(x).rounded();
    }
    if x == x.floor() {
        return f64::INFINITY;
    }
    if size < 1e-100 {
        return -super::log::log(size);
    }
    // gamma(x) gamma(1 - x) = pi / sin(pi x), and gamma(1 - x) = -x gamma(-x).
    let sine = sin_cos_pi(x).0;
    let sine = if sine.high < 0.0 {
        sine.negated()
    } else {
        sine
    };
    let reflected = log_of(PI.over(sine.times(plain(size))));
    reflected.plus(lgamma_positive(size).negated()).rounded()
}

#[inline(always)]
fn lgamma_positive(x: f64) -> Double<f64> {
    if x.is_nan() || x >= STIRLING {
        return stirling(x);
    }
    // The series around 2 reaches from 3/2 to 5/2; gamma(x + 1) = x gamma(x) leads there.
    if x < 0.5 {
        let square = product(x, x);
        let factors = quick_sum(x, square.high).plus_low(square.low);
        return lgamma_of_two_and(x).plus(log_of(factors).negated());
    }
    if x < 1.5 {
        let z = x - 1.0;
        return lgamma_of_two_and(z).plus(log1p_double(plain(z)).negated());
    }
    if x <= 2.5 {
        return lgamma_of_two_and(x - 2.0);
    }
    let steps = (x - 1.5).floor();
    let mut factors = plain(x - 1.0);
    let mut factor = x - 2.0;
    while factor > 1.5 {
        factors = factors.times(plain(factor));
        factors = quick_sum(factors.high, factors.low);
        factor -= 1.0;
    }
    lgamma_of_two_and(x - steps - 2.0).plus(log_of(factors))
}

/// `lgamma(2 + z)` for `|z| <= 1/2`.
#[inline(always)]
fn lgamma_of_two_and(z: f64) -> Double<f64> {
    const SLOPE: Double<f64> = Double {
        high: 0.422_784_335_098_467_1,
        low: 4.942_915_152_430_645e-18,
    };
    SLOPE
        .times(plain(z))
        .plus_low(z * z * polynomial(z, LGAMMA))
}

/// `(x - 1/2) (log x - 1) + (log(2 pi) - 1) / 2 + sum of B(2k) / (2k (2k - 1) x^(2k - 1))`.
#[inline(always)]
fn stirling(x: f64) -> Double<f64> {
    const REST: Double<f64> = Double {
        high: 0.418_938_533_204_672_7,
        low: 1.672_820_965_058_541_3e-17,
    };
    let log = log_double(x);
    let main = sum(log.high, -1.0).plus_low(log.low).times(sum(x, -0.5));
    if main.high.is_nan() || main.high == f64::INFINITY {
        return plain(main.high);
    }
    let over = 1.0 / x;
    let series = bernoulli_series(over * over, |k| 1.0 / (k * (k - 1.0))) * x;
    main.plus(REST).plus_low(series)
}

/// The derivative of [`lgamma`]; at 0 infinite, of the sign opposite to that of 0, and NaN at the negative whole
/// numbers, as in PyTorch.
#[inline(always)]
pub(super) fn digamma(x: f64) -> f64 {
    if x.abs() < 1e-20 {
        return -1.0 / x;
    }
    if x > 0.0 || x.is_nan() {
        return digamma_positive(x).rounded();
    }
    if x == x.floor() {
        return f64::NAN;
    }
    // digamma(1 - x) - digamma(x) = pi cot(pi x), and digamma(1 - x) = digamma(-x) - 1 / x.
    let (sin, cos) = sin_cos_pi(x);
    let cotangent = PI.times(cos.over(sin));
    let mirrored = digamma_positive(-x).plus(plain(1.0).over(plain(-x)));
    mirrored.plus(cotangent.negated()).rounded()
}

/// `log y - 1 / (2 y) - sum of B(2k) / (2k y^2k)` for a large `y`, where digamma(x + 1) = digamma(x) + 1 / x leads.
#[inline(always)]
fn digamma_positive(x: f64) -> Double<f64> {
    // The sum of the fractions as one, `over / under`.
    let (mut over, mut under) = (plain(0.0), plain(1.0));
    let mut y = plain(x);
    while y.high < STIRLING {
        over = over.times(y).plus(under);
        under = under.times(y);
        y = sum(y.high, 1.0).plus_low(y.low);
    }
    if y.high.is_nan() || y.high == f64::INFINITY {
        return y;
    }
    let half = plain(0.5).over(y);
    let series = bernoulli_series(4.0 * half.high * half.high, |k| 1.0 / k);
    let far = log_of(y).plus(half.negated()).plus_low(-series);
    far.plus(over.over(under).negated())
}

/// The n-th derivative of [`digamma`], for one `n`.
#[derive(Clone)]
pub(crate) struct Polygamma {
    n: usize,
    /// The n-th derivative of `pi cot(pi x)` over `pi^(n + 1)`, as a polynomial in the cotangent from low to high.
    cotangent: Vec<f64>,
}

impl Polygamma {
    pub(crate) fn new(n: usize) -> Self {
        let mut cotangent = vec![0.0, 1.0];
        for _ in 0..n {
            // The derivative of c is -(1 + c^2).
            let mut next = vec![0.0; cotangent.len() + 1];
            for (power, &c) in cotangent.iter().enumerate().skip(1) {
                let c = c * power as f64;
                next[power - 1] -= c;
                next[power + 1] -= c;
            }
            cotangent = next;
        }
        Polygamma { n, cotangent }
    }

    pub(crate) fn at(&self, x: f64) -> f64 {
        let sign = if self.n.is_multiple_of(2) { -1.0 } else { 1.0 };
        if self.n == 0 {
            return digamma(x);
        }
        if x > 0.0 || x.is_nan() {
            return sign * self.size(x);
        }
        if x == x.floor() {
            return sign * f64::INFINITY;
        }
        let (sin, cos) = sin_cos_pi(x);
        let c = cos.over(sin).rounded();
        let slope = self
            .cotangent
            .iter()
            .rev()
            .fold(0.0_f64, |sum, &k| sum.mul_add(c, k));
        let scale = (0..=self.n).fold(1.0, |power, _| power * PI.high);
        -self.size(1.0 - x) - scale * slope
    }

    /// `n!` times the sum of `1 / (x + k)^(n + 1)` over k = 0, 1, .. for `x > 0`: some terms, then the sum of the others
    /// by Euler and Maclaurin.
    fn size(&self, x: f64) -> f64 {
        let n = self.n as f64;
        // n! / base^(n + 1), which may be a number where n! is none.
        let term = |base: f64, n: usize| (1..=n).fold(1.0 / base, |t, j| t * (j as f64 / base));
        let (mut total, mut y) = (0.0, x);
        while y < STIRLING + n {
            total += term(y, self.n);
            y += 1.0;
        }
        let over = 1.0 / y;
        // (2k + n - 1)! / ((2k)! (n - 1)!)
        let choose =
            |k: f64| (1..=k as usize).fold(1.0, |c, j| c * ((n - 1.0 + j as f64) / j as f64));
        let rest = 1.0 + 0.5 * n * over + bernoulli_series(over * over, choose);
        total + term(y, self.n - 1) * rest
    }
}
