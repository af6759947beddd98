//! Payne and Hanek's reduction of huge angles (1983): `x 2 / pi` modulo 4 needs only those bits of 2 / pi that meet
//! the bits of `x` near the binary point, and as many beyond as the result shall have.

use super::double::Double;
use super::real::Real;
use super::trigonometric::Reduced;

/// The first 1280 bits of 2 / pi behind the binary point, and 64 zeros before it.
const TWO_OVER_PI: [u64; 21] = [
    0,
    0xa2f9_836e_4e44_1529,
    0xfc27_57d1_f534_ddc0,
    0xdb62_9599_3c43_9041,
    0xfe51_63ab_debb_c561,
    0xb724_6e3a_424d_d2e0,
    0x0649_2eea_09d1_921c,
    0xfe1d_eb1c_b129_a73e,
    0xe882_35f5_2ebb_4484,
    0xe99c_7026_b45f_7e41,
    0x3991_d639_8353_39f4,
    0x9c84_5f8b_bdf9_283b,
    0x1ff8_97ff_de05_980f,
    0xef2f_118b_5a0a_6d1f,
    0x6d36_7ecf_27cb_09b7,
    0x4f46_3f66_9e5f_ea2d,
    0x7527_bac7_ebe5_f17b,
    0x3d07_39f7_8a52_92ea,
    0x6bfb_5fb1_1f8d_5d08,
    0x5603_3046_fc7b_6bab,
    0xf0cf_bc20_9af4_361d,
];

/// 64 bits of the table from a position on.
fn bits_from(position: usize) -> u128 {
    let (word, shift) = (position / 64, position % 64);
    let both = u128::from(TWO_OVER_PI[word]) << 64 | u128::from(TWO_OVER_PI[word + 1]);
    (both << shift) >> 64
}

/// The quarter and the angle of a number of at least `2^30`; NaN of what is no number.
pub(super) fn reduce(x: f64) -> Reduced<f64> {
    if x.is_nan() || x.is_infinite() {
        let angle = Double::new(f64::NAN, f64::NAN);
        return Reduced {
            quarter: 0.0,
            angle,
        };
    }
    let bits = x.abs().to_bits();
    let mantissa = u128::from((bits & ((1 << 52) - 1)) | 1 << 52);
    // |x| = mantissa 2^exponent; bits of 2 / pi before position `exponent - 2` would give multiples of 4.
    let exponent = (bits >> 52) as i32 - 1075;
    let start = (64 + exponent - 2) as usize;
    // The product with the next 192 bits, modulo 2^192: 2 bits stand before the binary point.
    let low = mantissa * bits_from(start + 128);
    let middle = mantissa * bits_from(start + 64) + (low >> 64);
    let high = (mantissa * bits_from(start) + (middle >> 64)) as u64;
    let product = u128::from(high) << 64 | u128::from(middle as u64);
    // The 128 bits behind the point, read as a number from -1/2 to 1/2.
    let fraction = (product << 2 | u128::from(low as u64 >> 62)) as i128;
    let quarter = ((product >> 126) as i64 + i64::from(fraction < 0)) as f64;
    let angle = to_double(fraction).times(Double::new(f64::HALF_PI[0], f64::HALF_PI[1]));
    if x < 0.0 {
        return Reduced {
            quarter: -quarter,
            angle: angle.negated(),
        };
    }
    Reduced { quarter, angle }
}

/// `fraction / 2^128`.
fn to_double(fraction: i128) -> Double<f64> {
    const UNIT: f64 = 1.0 / (1_u128 << 64) as f64 / (1_u128 << 64) as f64;
    let high = fraction as f64;
    let low = fraction.wrapping_sub(high as i128) as f64;
    Double::new(high * UNIT, low * UNIT)
}
