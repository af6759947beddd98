//! The register tile: a few rows of the left matrix times a few vectors of the right one, summed in registers.

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

/// Rows of a tile. With two vectors of columns that is twelve sums, which 16 registers hold.
pub(super) const ROWS: usize = 6;
/// Vectors of a tile.
pub(super) const VECTORS: usize = 2;

/// Rows of the left matrix whose elements stand side by side; row `i` starts at `i * step`.
#[derive(Clone, Copy)]
pub(super) struct Rows<'a, T> {
    pub(super) values: &'a [T],
    pub(super) step: usize,
}

/// Rows of the left matrix whose columns stand side by side; column `k` starts at `k * step`.
#[derive(Clone, Copy)]
pub(super) struct Columns<'a, T> {
    pub(super) values: &'a [T],
    pub(super) step: usize,
}

/// The elements of `M` rows, one column after the other; by reference, so that each is loaded and spread in one
/// instruction.
pub(super) trait Factors<T, const M: usize>: Copy {
    fn for_each<'b>(self, k: usize, f: impl FnMut(usize, [&'b T; M]))
    where
        Self: 'b,
        T: 'b;
}

impl<T: Lanes, const M: usize> Factors<T, M> for Columns<'_, T> {
    #[inline(always)]
    fn for_each<'b>(self, k: usize, mut f: impl FnMut(usize, [&'b T; M]))
    where
        Self: 'b,
    {
        for at in 0..k {
            let column: &[T; M] = self.values[at * self.step..][..M]
                .try_into()
                .expect("M elements");
            f(at, column.each_ref());
        }
    }
}

// Iterators side by side leave no bounds to check in the loop.
macro_rules! rows {
    ($($m:literal: $first:ident $($row:ident $i:literal)*, $pattern:pat),*) => { $(
        impl<T: Lanes> Factors<T, $m> for Rows<'_, T> {
            #[inline(always)]
            fn for_each<'b>(self, k: usize, mut f: impl FnMut(usize, [&'b T; $m]))
            where
                Self: 'b,
            {
                let $first = self.values[..k].iter();
                $( let $row = self.values[$i * self.step..][..k].iter(); )*
                for (at, $pattern) in $first$(.zip($row))*.enumerate() {
                    f(at, [$first, $($row),*]);
                }
            }
        }
    )* };
}
rows! {
    1: a, a,
    2: a b 1, (a, b),
    3: a b 1 c 2, ((a, b), c),
    4: a b 1 c 2 d 3, (((a, b), c), d),
    5: a b 1 c 2 d 3 e 4, ((((a, b), c), d), e),
    6: a b 1 c 2 d 3 e 4 g 5, (((((a, b), c), d), e), g)
}

/// Rows in number from one to a whole tile's.
pub(super) trait Left<T>:
    Factors<T, 1> + Factors<T, 2> + Factors<T, 3> + Factors<T, 4> + Factors<T, 5> + Factors<T, 6>
{
}
impl<T: Lanes> Left<T> for Rows<'_, T> {}
impl<T: Lanes> Left<T> for Columns<'_, T> {}

/// Columns of the right matrix as a tile reads them: row `k` starts at `k * step`.
#[derive(Clone, Copy)]
pub(super) struct Right<'a, T> {
    pub(super) values: &'a [T],
    pub(super) step: usize,
}

type Sums<V, const M: usize, const N: usize> = [[V; N]; M];

/// Row `at` of the right matrix.
#[inline(always)]
fn vectors<S: Simd, T: Lanes, const N: usize>(right: Right<'_, T>, at: usize) -> [T::Vector<S>; N] {
    let vectors = T::vectors::<S>(&right.values[at * right.step..][..N * T::width::<S>()]);
    let mut row = [vectors[0]; N];
    row.copy_from_slice(vectors);
    row
}

/// Sums over `k` of `M` rows times `N` vectors.
#[inline(always)]
pub(super) fn sums<S: Simd, T: Lanes, L: Factors<T, M>, const M: usize, const N: usize>(
    simd: S,
    left: L,
    right: Right<'_, T>,
    k: usize,
) -> Sums<T::Vector<S>, M, N> {
    let mut sums = [[T::splat(simd, T::default()); N]; M];
    left.for_each(
        k,
        #[inline(always)]
        |at, factors| {
            let right = vectors::<S, T, N>(right, at);
            for i in 0..M {
                let factor = T::splat(simd, *factors[i]);
                for j in 0..N {
                    sums[i][j] = T::mul_add(simd, factor, right[j], sums[i][j]);
                }
            }
        },
    );
    sums
}

/// Writes the sums of a tile, or adds them, to rows of `out` that start `step` apart and take `width` elements each.
#[inline(always)]
pub(super) fn store<S: Simd, T: Lanes, const M: usize, const N: usize>(
    simd: S,
    sums: Sums<T::Vector<S>, M, N>,
    out: &mut [T],
    step: usize,
    width: usize,
    add: bool,
) {
    for (i, sums) in sums.iter().enumerate() {
        let row = &mut out[i * step..][..width];
        if width == N * T::width::<S>() {
            for (out, &sum) in T::vectors_mut::<S>(row).iter_mut().zip(sums) {
                *out = if add { T::plus(simd, *out, sum) } else { sum };
            }
            continue;
        }
        for (row, &sum) in row.chunks_mut(T::width::<S>()).zip(sums) {
            if add {
                // No tail is wider than a vector of any instruction set.
                let mut whole = [T::default(); 64];
                T::store_some(simd, &mut whole[..row.len()], sum);
                row.iter_mut()
                    .zip(whole)
                    .for_each(|(out, sum)| *out = *out + sum);
            } else {
                T::store_some(simd, row, sum);
            }
        }
    }
}

/// One tile of up to `ROWS` rows and `VECTORS` vectors: sums, then writes.
#[inline(always)]
pub(super) fn tile<S: Simd, T: Lanes, L: Left<T>>(
    simd: S,
    (left, rows): (L, usize),
    (right, width): (Right<'_, T>, usize),
    k: usize,
    out: &mut [T],
    step: usize,
    add: bool,
) {
    macro_rules! sized {
        ($($m:literal)*) => {
            match (rows, width <= T::width::<S>()) {
                $( ($m, true) => store::<S, T, $m, 1>(simd, sums(simd, left, right, k), out, step, width, add),
                   ($m, false) => store::<S, T, $m, 2>(simd, sums(simd, left, right, k), out, step, width, add), )*
                _ => unreachable!("a tile has 1 to 6 rows"),
            }
        };
    }
    sized!(1 2 3 4 5 6);
}
