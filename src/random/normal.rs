//! Box and Muller's transform of blocks of 16 uniforms, as PyTorch's vectorised kernel does it.
//!
//! In `f32`, PyTorch takes logarithm, sine and cosine from the single-precision polynomials of the Cephes library,
//! with multiplications fused into additions. The same polynomials, fused alike, give the same bits here.

const BLOCK: usize = 16;

/// Transforms whole blocks of 16 uniforms in place.
pub(super) fn box_muller_f32(blocks: &mut [f32], mean: f32, std: f32) {
    pulp::Arch::new().dispatch(
        #[inline(always)]
        || {
            for block in blocks.as_chunks_mut::<BLOCK>().0 {
                transform_f32(block, mean, std);
            }
        },
    );
}

/// Transforms whole blocks of 16 uniforms in place.
pub(super) fn box_muller_f64(blocks: &mut [f64], mean: f64, std: f64) {
    for block in blocks.as_chunks_mut::<BLOCK>().0 {
        let (first, second) = block.split_at_mut(BLOCK / 2);
        for (x, y) in first.iter_mut().zip(second) {
            let radius = (-2.0 * (1.0 - *x).ln()).sqrt();
            let (sin, cos) = (std::f64::consts::TAU * *y).sin_cos();
            *x = (radius * cos).mul_add(std, mean);
            *y = (radius * sin).mul_add(std, mean);
        }
    }
}

#[inline(always)]
fn transform_f32(block: &mut [f32; BLOCK], mean: f32, std: f32) {
    let (first, second) = block.split_at_mut(BLOCK / 2);
    for (x, y) in first.iter_mut().zip(second) {
        let radius = (-2.0 * ln(1.0 - *x)).sqrt();
        let (sin, cos) = sin_cos(std::f32::consts::TAU * *y);
        *x = (radius * cos).mul_add(std, mean);
        *y = (radius * sin).mul_add(std, mean);
    }
}

/// Natural logarithm of a normal number in (0, 1].
#[inline(always)]
fn ln(x: f32) -> f32 {
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    const COEFFICIENTS: [f32; 9] = [
        7.037_683_6e-2,
        -1.151_461e-1,
        1.167_699_84e-1,
        -1.242_014_1e-1,
        1.424_932_3e-1,
        -1.666_805_8e-1,
        2.000_071_4e-1,
        -2.499_999_4e-1,
        3.333_333e-1,
    ];
    let bits = x.to_bits();
    let exponent = (bits >> 23) as i32 - 126;
    let mantissa = f32::from_bits(bits & 0x007f_ffff | 0x3f00_0000);
    let halve = mantissa < std::f32::consts::FRAC_1_SQRT_2;
    let e = (exponent - i32::from(halve)) as f32;
    let m = (mantissa - 1.0) + if halve { mantissa } else { 0.0 };

    let square = m * m;
    let mut y = COEFFICIENTS[0];
    for c in &COEFFICIENTS[1..] {
        y = y.mul_add(m, *c);
    }
    y = (y * m).mul_add(square, e * LN_2_LOW);
    y -= square * 0.5;
    e.mul_add(LN_2_HIGH, m + y)
}

/// Sine and cosine of an angle in [0, 2 pi].
#[inline(always)]
fn sin_cos(angle: f32) -> (f32, f32) {
    const QUARTER_PI: [f32; 3] = [-0.785_156_25, -2.418_756_5e-4, -3.774_895e-8];
    const FOUR_OVER_PI: f32 = 1.273_239_5;
    const COS: [f32; 3] = [2.443_315_7e-5, -1.388_731_6e-3, 4.166_664_6e-2];
    const SIN: [f32; 3] = [-1.951_529_6e-4, 8.332_161e-3, -1.666_665_5e-1];

    let octant = ((angle * FOUR_OVER_PI) as i32 + 1) & !1;
    let turns = octant as f32;
    let mut x = angle;
    for part in QUARTER_PI {
        x = turns.mul_add(part, x);
    }
    let square = x * x;
    let cos = COS[0].mul_add(square, COS[1]).mul_add(square, COS[2]) * square;
    let cos = cos.mul_add(square, -(square * 0.5)) + 1.0;
    let sin = SIN[0].mul_add(square, SIN[1]).mul_add(square, SIN[2]) * square;
    let sin = sin.mul_add(x, x);

    let swap = octant & 2 != 0;
    let (s, c) = if swap { (cos, sin) } else { (sin, cos) };
    let flip_sin = ((octant & 4) as u32) << 29;
    let flip_cos = ((!(octant - 2) & 4) as u32) << 29;
    (
        f32::from_bits(s.to_bits() ^ flip_sin),
        f32::from_bits(c.to_bits() ^ flip_cos),
    )
}
