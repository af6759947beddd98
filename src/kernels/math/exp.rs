//! Transcendental functions without branches, so that loops over them become vector code.

/// `e` to a power.
pub(crate) trait Exp: Copy {
    /// Within one unit in the last place; the same bits on every CPU, since each fused step is exact in rounding.
    fn exp_(self) -> Self;
    /// `1 / (1 + exp(-x))`, PyTorch's formula.
    fn sigmoid_(self) -> Self;
}

/// `exp(x) = 2^n exp(r)` with `n` whole and `|r| <= ln 2 / 2`, where a short Taylor series does.
macro_rules! exp {
    ($t:ident $reduced:ident $bits:ident: $mantissa:literal, $bias:literal, $magic:literal,
     [$ln2_high:literal, $ln2_low:literal], $low:literal, $normal:literal, $high:literal,
     $first:expr, $($coefficient:expr),*) => {
        /// `scale` times `exp(r)`, for a `scale` that is a power of two, and a word in whose lowest bits stands `n + bias`.
        #[inline(always)]
        fn $reduced(x: $t, lowest: $t, scale: $t, bias: $t) -> ($t, $bits) {
            // Comparisons that keep a NaN; beyond the bounds the result is 0 or infinite anyway.
            let x = if x > $high { $high } else { x };
            let x = if x < lowest { lowest } else { x };
            // Adding a large number rounds to a whole one, which then stands in the lowest bits.
            let magic = $magic + bias;
            let shifted = x.mul_add(std::$t::consts::LOG2_E, magic);
            let n = shifted - magic;
            let r = n.mul_add(-$ln2_low, n.mul_add(-$ln2_high, x));
            let mut p: $t = scale * $first;
            $( p = p.mul_add(r, scale * $coefficient); )*
            (p, shifted.to_bits())
        }

        impl Exp for $t {
            #[inline(always)]
            fn exp_(self) -> $t {
                let (p, bits) = $reduced(self, $low, 1.0, 2.0 * $bias);
                // Two factors, since 2^n alone may lie beyond the largest or smallest number. Each has the bias for its
                // exponent, and the shift drops what stands above.
                let (half, rest) = (bits >> 1, bits - (bits >> 1));
                p * $t::from_bits(half << $mantissa) * $t::from_bits(rest << $mantissa)
            }

            /// With `2^n exp(r)` as `2^(n - 1)` times `2 exp(r)`: of what is added to 1 the smallest numbers need not be
            /// right, and so one factor is enough.
            #[inline(always)]
            fn sigmoid_(self) -> $t {
                let (p, bits) = $reduced(-self, $normal, 2.0, $bias - 1.0);
                1.0 / (1.0 + p * $t::from_bits(bits << $mantissa))
            }
        }
    };
}
exp!(f32 reduced_f32 u32: 23, 127.0, 12_582_912.0, [0.693_145_75, 1.428_606_8e-6], -104.0, -87.0, 89.0,
    1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0);
exp!(f64 reduced_f64 u64: 52, 1023.0, 6_755_399_441_055_744.0, [0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10],
    -746.0, -708.0, 710.0,
    1.0 / 6_227_020_800.0, 1.0 / 479_001_600.0, 1.0 / 39_916_800.0, 1.0 / 3_628_800.0, 1.0 / 362_880.0,
    1.0 / 40_320.0, 1.0 / 5040.0, 1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exp_is_within_one_unit_of_the_exact_value() {
        for i in -10_400..8_872 {
            let x = i as f32 * 0.01 + 0.000_37;
            let (found, exact) = (x.exp_(), f64::from(x).exp());
            let unit =
                f64::from(f32::from_bits((exact as f32).to_bits() + 1)) - f64::from(exact as f32);
            assert!(
                (f64::from(found) - exact).abs() <= unit,
                "{x}: {found} {exact}"
            );
        }
        for i in -74_000..70_970 {
            let x = f64::from(i) * 0.01 + 0.000_37;
            let (found, exact) = (x.exp_(), x.exp());
            assert!(
                found.to_bits().abs_diff(exact.to_bits()) <= 1,
                "{x}: {found} {exact}"
            );
        }
    }

    /// Of the formula with `exp`, to the bit.
    #[test]
    fn sigmoid_is_that_of_exp() {
        let by_exp = |x: f32| 1.0 / (1.0 + (-x).exp_());
        for bits in (0..=u32::MAX).step_by(1009) {
            let x = f32::from_bits(bits);
            let (found, exact) = (x.sigmoid_(), by_exp(x));
            assert!(
                found.to_bits() == exact.to_bits() || x.is_nan() && found.is_nan(),
                "{x}: {found} {exact}"
            );
        }
        for i in -75_000..75_000 {
            let x = f64::from(i) * 0.01 + 0.000_37;
            assert_eq!(
                x.sigmoid_().to_bits(),
                (1.0 / (1.0 + (-x).exp_())).to_bits(),
                "{x}"
            );
        }
        assert_eq!(
            (f64::INFINITY.sigmoid_(), f64::NEG_INFINITY.sigmoid_()),
            (1.0, 0.0)
        );
        assert!(f64::NAN.sigmoid_().is_nan());
    }

    #[test]
    fn exp_keeps_the_special_values() {
        assert_eq!(f32::INFINITY.exp_(), f32::INFINITY);
        assert_eq!(f32::NEG_INFINITY.exp_(), 0.0);
        assert!(f32::NAN.exp_().is_nan() && f64::NAN.exp_().is_nan());
        assert_eq!(f64::INFINITY.exp_(), f64::INFINITY);
        assert_eq!(f64::NEG_INFINITY.exp_(), 0.0);
        assert_eq!((0.0_f32.exp_(), 0.0_f64.exp_()), (1.0, 1.0));
        assert_eq!((17.0_f32).sigmoid_(), 1.0);
    }
}
