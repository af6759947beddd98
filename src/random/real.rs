//! What the generators need of `f32` and `f64`.

use super::{Generator, normal};

/// The floating-point types that a generator draws: `f32` and `f64`.
///
/// ```
/// fn noise<T: retrograd::random::Real>(g: &mut retrograd::Generator, out: &mut [T]) {
///     g.fill_normal(out, 0.0, 0.1);
/// }
/// noise::<f32>(&mut retrograd::Generator::new(0), &mut [0.0; 3]);
/// ```
pub trait Real: sealed::Sealed {}

impl Real for f32 {}
impl Real for f64 {}

pub(super) mod sealed {
    use super::Generator;

    pub trait Sealed: num_traits::Float + Into<f64> {
        fn from_f64(value: f64) -> Self;
        /// Fills with uniforms of [0, 1) of the type's own precision.
        fn fill_uniform(generator: &mut Generator, out: &mut [Self]);
        /// Turns whole blocks of 16 uniforms into normals, by Box and Muller.
        fn box_muller(blocks: &mut [Self], mean: Self, std: Self);
    }
}

impl sealed::Sealed for f32 {
    fn from_f64(value: f64) -> Self {
        value as f32
    }
    fn fill_uniform(generator: &mut Generator, out: &mut [Self]) {
        generator.engine.fill_from_u32(out, unit_f32);
    }
    fn box_muller(blocks: &mut [Self], mean: Self, std: Self) {
        normal::box_muller_f32(blocks, mean, std);
    }
}

impl sealed::Sealed for f64 {
    fn from_f64(value: f64) -> Self {
        value
    }
    fn fill_uniform(generator: &mut Generator, out: &mut [Self]) {
        out.fill_with(|| generator.uniform64());
    }
    fn box_muller(blocks: &mut [Self], mean: Self, std: Self) {
        normal::box_muller_f64(blocks, mean, std);
    }
}

#[inline(always)]
pub(super) fn unit_f32(word: u32) -> f32 {
    (word & ((1 << 24) - 1)) as f32 / (1u32 << 24) as f32
}

#[inline(always)]
pub(super) fn unit_f64(word: u64) -> f64 {
    (word & ((1 << 53) - 1)) as f64 / (1u64 << 53) as f64
}
