//! What the functions ask of a floating-point type: its operations, its bits and its constants.

use super::coefficients::Coefficients;
use std::ops::{Add, Div, Mul, Neg, Sub};

/// `f32` or `f64`. Fused multiply-adds are exact in rounding, so every CPU gives the same bits.
pub(crate) trait Real:
    Copy
    + PartialOrd
    + Coefficients
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
{
    const INFINITY: Self;
    const NAN: Self;
    /// The smallest number that is not subnormal.
    const SMALLEST: Self;
    /// A power of 2 that lifts every subnormal number above [`SMALLEST`](Real::SMALLEST).
    const LIFT: Self;
    /// Its exponent.
    const LIFT_EXPONENT: Self;
    /// Powers of 2 whose square neither overflows nor is subnormal, from which on squares are scaled.
    const LARGE: Self;
    const SMALL: Self;
    /// `2^n` is a number for whole `n` of at most this size on either side, with some to spare.
    const WIDE: Self;
    /// `exp` overflows above the second and is 0 below the first.
    const EXP_RANGE: (Self, Self);
    /// As [`EXP_RANGE`](Real::EXP_RANGE) for `2^x`.
    const EXP2_RANGE: (Self, Self);
    /// `erfc` is 0 from here on.
    const ERFC_END: Self;
    /// Multiples of pi / 2 are subtracted in three parts up to here.
    const NEAR: Self;
    /// ln 2 in a part whose products with whole exponents are exact, and the rest.
    const LN_2: [Self; 2];
    const LN_2_FULL: [Self; 2];
    const LOG2_E: [Self; 2];
    const LOG10_E: [Self; 2];
    const LOG10_2: [Self; 2];
    const TWO_THIRDS: [Self; 2];
    const HALF_PI: [Self; 3];
    const TWO_OVER_PI: Self;

    /// A constant.
    fn of(value: f64) -> Self;
    fn to_f64(self) -> f64;
    fn mul_add(self, factor: Self, term: Self) -> Self;
    fn abs(self) -> Self;
    fn sqrt(self) -> Self;
    fn floor(self) -> Self;
    fn copysign(self, sign: Self) -> Self;
    /// The nearest whole number, for less than half of the mantissa's range.
    fn nearest(self) -> Self;
    /// Whether a whole number, as [`nearest`](Real::nearest) gives it, has a bit of the lowest two.
    fn has_bit(self, bit: u8) -> bool;
    /// `2^self`, for a whole number in the range of exponents.
    fn power_of_two(self) -> Self;
    /// `m` and `k` with `self = 2^k m` and `m` from sqrt(1/2) to sqrt(2), for positive numbers that are not subnormal.
    fn split(self) -> (Self, Self);

    /// `self 2^n`, by two factors, since `2^n` alone may lie beyond the largest or smallest number.
    #[inline(always)]
    fn scale(self, n: Self) -> Self {
        let half = (n * Self::of(0.5)).nearest();
        self * half.power_of_two() * (n - half).power_of_two()
    }

    /// The number brought between bounds; a NaN stays.
    #[inline(always)]
    fn bounded(self, low: Self, high: Self) -> Self {
        let x = if self > high { high } else { self };
        if x < low { low } else { x }
    }
}

macro_rules! real {
    ($t:ident $bits:ident: mantissa $mantissa:literal, bias $bias:literal, magic $magic:literal,
        power $power:literal, sqrt_half $sqrt_half:literal, $($name:ident: $ty:ty = $value:expr;)*) => {
        impl Real for $t {
            const INFINITY: $t = $t::INFINITY;
            const NAN: $t = $t::NAN;
            const SMALLEST: $t = $t::MIN_POSITIVE;
            $(const $name: $ty = $value;)*

            #[inline(always)]
            fn of(value: f64) -> $t { value as $t }
            #[inline(always)]
            fn to_f64(self) -> f64 { f64::from(self) }
            #[inline(always)]
            fn mul_add(self, factor: $t, term: $t) -> $t { $t::mul_add(self, factor, term) }
            #[inline(always)]
            fn abs(self) -> $t { $t::abs(self) }
            #[inline(always)]
            fn sqrt(self) -> $t { $t::sqrt(self) }
            #[inline(always)]
            fn floor(self) -> $t { $t::floor(self) }
            #[inline(always)]
            fn copysign(self, sign: $t) -> $t { $t::copysign(self, sign) }
            // Adding the magic number rounds to a whole one, which then stands in the lowest bits.
            #[inline(always)]
            fn nearest(self) -> $t { (self + $magic) - $magic }
            #[inline(always)]
            fn has_bit(self, bit: u8) -> bool { (self + $magic).to_bits() & $bits::from(bit) != 0 }
            #[inline(always)]
            fn power_of_two(self) -> $t {
                $t::from_bits((self + ($magic + $bias)).to_bits() << $mantissa)
            }
            #[inline(always)]
            fn split(self) -> ($t, $t) {
                const FRACTION: $bits = (1 << $mantissa) - 1;
                let bits = self.to_bits().wrapping_add((1.0 as $t).to_bits() - $sqrt_half);
                let exponent = $t::from_bits((bits >> $mantissa) | ($power as $t).to_bits()) - ($power + $bias);
                ($t::from_bits((bits & FRACTION) + $sqrt_half), exponent)
            }
        }
    };
}

real! { f64 u64: mantissa 52, bias 1023.0, magic 6_755_399_441_055_744.0, power 4_503_599_627_370_496.0,
    sqrt_half 0x3fe6_a09e_667f_3bcc,
    LIFT: f64 = 18_014_398_509_481_984.0;
    LIFT_EXPONENT: f64 = 54.0;
    LARGE: f64 = 3.273_390_607_896_142e150;
    SMALL: f64 = 3.054_936_363_499_605e-151;
    WIDE: f64 = 1000.0;
    EXP_RANGE: (f64, f64) = (-746.0, 711.0);
    EXP2_RANGE: (f64, f64) = (-1080.0, 1025.0);
    ERFC_END: f64 = 28.0;
    NEAR: f64 = 1_073_741_824.0;
    LN_2: [f64; 2] = [0.693_147_180_559_208_2, 7.371_002_565_167_799e-13];
    LN_2_FULL: [f64; 2] = [std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17];
    LOG2_E: [f64; 2] = [std::f64::consts::LOG2_E, 2.035_527_374_093_103_3e-17];
    LOG10_E: [f64; 2] = [std::f64::consts::LOG10_E, 1.098_319_650_216_765e-17];
    LOG10_2: [f64; 2] = [0.301_029_995_663_611_77, 3.694_239_077_158_931e-13];
    TWO_THIRDS: [f64; 2] = [2.0 / 3.0, 3.700_743_415_417_188e-17];
    HALF_PI: [f64; 3] = [std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_8e-33];
    TWO_OVER_PI: f64 = std::f64::consts::FRAC_2_PI;
}

real! { f32 u32: mantissa 23, bias 127.0, magic 12_582_912.0, power 8_388_608.0, sqrt_half 0x3f35_04f3,
    LIFT: f32 = 33_554_432.0;
    LIFT_EXPONENT: f32 = 25.0;
    LARGE: f32 = 1.152_921_5e18;
    SMALL: f32 = 8.673_617_4e-19;
    WIDE: f32 = 110.0;
    EXP_RANGE: (f32, f32) = (-104.0, 90.0);
    EXP2_RANGE: (f32, f32) = (-152.0, 129.0);
    ERFC_END: f32 = 10.5;
    NEAR: f32 = 65_536.0;
    LN_2: [f32; 2] = [0.693_145_75, 1.428_606_8e-6];
    LN_2_FULL: [f32; 2] = [std::f32::consts::LN_2, -1.904_654_2e-9];
    LOG2_E: [f32; 2] = [std::f32::consts::LOG2_E, 1.925_963e-8];
    LOG10_E: [f32; 2] = [std::f32::consts::LOG10_E, -1.010_305e-8];
    LOG10_2: [f32; 2] = [0.301_025_4, 4.605_039e-6];
    TWO_THIRDS: [f32; 2] = [2.0 / 3.0, -1.986_821_5e-8];
    HALF_PI: [f32; 3] = [std::f32::consts::FRAC_PI_2, -4.371_139e-8, -1.715_124_5e-15];
    TWO_OVER_PI: f32 = std::f32::consts::FRAC_2_PI;
}
