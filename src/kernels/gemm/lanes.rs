//! Vectors of the element types that have a matrix product.

use crate::dtype::Element;
use pulp::Simd;
use std::ops::{Add, Mul};

/// Vectors of an element type, on whatever instruction set `S` stands for.
pub(crate) trait Lanes: Element + Add<Output = Self> + Mul<Output = Self> {
    type Vector<S: Simd>: Copy;
    /// Elements in a vector.
    fn width<S: Simd>() -> usize;
    fn splat<S: Simd>(simd: S, value: Self) -> Self::Vector<S>;
    /// `a b + c`, rounded once where the CPU can.
    fn mul_add<S: Simd>(
        simd: S,
        a: Self::Vector<S>,
        b: Self::Vector<S>,
        c: Self::Vector<S>,
    ) -> Self::Vector<S>;
    /// As [`mul_add`](Lanes::mul_add), of numbers.
    fn mul_add_one<S: Simd>(a: Self, b: Self, c: Self) -> Self;
    fn plus<S: Simd>(simd: S, a: Self::Vector<S>, b: Self::Vector<S>) -> Self::Vector<S>;
    /// The sum of a vector's elements.
    fn sum<S: Simd>(simd: S, vector: Self::Vector<S>) -> Self;
    /// The whole vectors of a slice.
    fn vectors<S: Simd>(slice: &[Self]) -> &[Self::Vector<S>];
    fn vectors_mut<S: Simd>(slice: &mut [Self]) -> &mut [Self::Vector<S>];
    /// A vector of a slice shorter than a vector, with zeros behind it.
    fn load_some<S: Simd>(simd: S, slice: &[Self]) -> Self::Vector<S>;
    /// The first elements of a vector, as many as the slice takes.
    fn store_some<S: Simd>(simd: S, slice: &mut [Self], vector: Self::Vector<S>);
}

macro_rules! lanes {
    ($($t:ident $vector:ident $lanes:ident $splat:ident $mul_add:ident $add:ident $sum:ident $simd:ident $simd_mut:ident $load:ident $store:ident;)*) => { $(
        impl Lanes for $t {
            type Vector<S: Simd> = S::$vector;
            #[inline(always)]
            fn width<S: Simd>() -> usize {
                S::$lanes
            }
            #[inline(always)]
            fn splat<S: Simd>(simd: S, value: $t) -> S::$vector {
                simd.$splat(value)
            }
            #[inline(always)]
            fn mul_add<S: Simd>(simd: S, a: S::$vector, b: S::$vector, c: S::$vector) -> S::$vector {
                simd.$mul_add(a, b, c)
            }
            #[inline(always)]
            fn mul_add_one<S: Simd>(a: $t, b: $t, c: $t) -> $t {
                if S::IS_SCALAR { a * b + c } else { a.mul_add(b, c) }
            }
            #[inline(always)]
            fn plus<S: Simd>(simd: S, a: S::$vector, b: S::$vector) -> S::$vector {
                simd.$add(a, b)
            }
            #[inline(always)]
            fn sum<S: Simd>(simd: S, vector: S::$vector) -> $t {
                simd.$sum(vector)
            }
            #[inline(always)]
            fn vectors<S: Simd>(slice: &[$t]) -> &[S::$vector] {
                S::$simd(slice).0
            }
            #[inline(always)]
            fn vectors_mut<S: Simd>(slice: &mut [$t]) -> &mut [S::$vector] {
                S::$simd_mut(slice).0
            }
            #[inline(always)]
            fn load_some<S: Simd>(simd: S, slice: &[$t]) -> S::$vector {
                simd.$load(slice)
            }
            #[inline(always)]
            fn store_some<S: Simd>(simd: S, slice: &mut [$t], vector: S::$vector) {
                simd.$store(slice, vector);
            }
        }
    )* };
}
lanes! {
    f32 f32s F32_LANES splat_f32s mul_add_e_f32s add_f32s reduce_sum_f32s as_simd_f32s as_mut_simd_f32s partial_load_f32s partial_store_f32s;
    f64 f64s F64_LANES splat_f64s mul_add_e_f64s add_f64s reduce_sum_f64s as_simd_f64s as_mut_simd_f64s partial_load_f64s partial_store_f64s;
}
