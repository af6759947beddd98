//! The register tile: a few rows of the left matrix times a few vectors of the right one, summed in registers.

use super::lanes::Lanes;
use pulp::Simd;
use std::marker::PhantomData;

/// The tile of an instruction set: as many sums as its registers hold beside a row of the right matrix.
pub(super) struct Tile<S>(PhantomData<S>);

impl<S: Simd> Tile<S> {
    const LARGE: bool = S::REGISTER_COUNT >= 32;
    /// Rows of a tile.
    pub(super) const ROWS: usize = if Self::LARGE { 8 } else { 6 };
    /// Vectors of a tile.
    pub(super) const VECTORS: usize = if Self::LARGE { 3 } else { 2 };

    /// Whether a tile of so many rows is compiled, so that no other ones are computed beside them.
    #[inline(always)]
    pub(super) fn is_exact(rows: usize) -> bool {
        matches!(rows, 1 | 2 | 4) || rows == Self::ROWS
    }
}

/// Rows of the left matrix: element `k` of row `i` stands at `i * row_step + k * step`.
#[derive(Clone, Copy)]
pub(super) struct Left<'a, T> {
    pub(super) values: &'a [T],
    pub(super) rows: usize,
    pub(super) row_step: usize,
    pub(super) step: usize,
}

/// Columns of the right matrix: row `k` of `width` elements starts at `k * step`, and whole vectors can be read from it.
#[derive(Clone, Copy)]
pub(super) struct Right<'a, T> {
    pub(super) values: &'a [T],
    pub(super) width: usize,
    pub(super) step: usize,
}

type Sums<V, const M: usize, const N: usize> = [[V; N]; M];

/// Sums over `k` of `M` rows times `N` vectors. Rows that the left matrix lacks are its last one again.
#[inline(always)]
fn sums<S: Simd, T: Lanes, const M: usize, const N: usize>(
    simd: S,
    left: Left<'_, T>,
    right: Right<'_, T>,
    k: usize,
) -> Sums<T::Vector<S>, M, N> {
    // Slices of one length, so that one comparison in the loop checks the bounds of all. With a panic in the loop the
    // compiler would keep the sums in memory too.
    let span = (k - 1) * left.step + 1;
    let mut rows = [&left.values[..span]; M];
    for (i, row) in rows.iter_mut().enumerate() {
        *row = &left.values[i.min(left.rows - 1) * left.row_step..][..span];
    }
    let mut sums = [[T::splat(simd, T::default()); N]; M];
    let (mut at, mut rest) = (0, right.values);
    while at < span {
        let (row, next) = rest.split_at(right.step.min(rest.len()));
        rest = next;
        let Some(row) = row.get(..N * T::width::<S>()) else {
            break;
        };
        let vectors = T::vectors::<S>(row);
        let mut row = [vectors[0]; N];
        row.copy_from_slice(vectors);
        for i in 0..M {
            let factor = T::splat(simd, rows[i][at]);
            for j in 0..N {
                sums[i][j] = T::mul_add(simd, factor, row[j], sums[i][j]);
            }
        }
        at += left.step;
    }
    sums
}

/// Writes all sums of a tile to rows that start `step` apart, or adds them.
#[inline(always)]
fn store<S: Simd, T: Lanes, const M: usize, const N: usize>(
    simd: S,
    sums: Sums<T::Vector<S>, M, N>,
    out: &mut [T],
    step: usize,
    add: bool,
) {
    // Positions known to the compiler keep the sums in registers to the end.
    for i in 0..M {
        let row = &mut out[i * step..][..N * T::width::<S>()];
        let row = T::vectors_mut::<S>(row);
        for j in 0..N {
            row[j] = if add {
                T::plus(simd, row[j], sums[i][j])
            } else {
                sums[i][j]
            };
        }
    }
}

/// One tile, written to whole vectors, and to a whole tile's rows unless it is [`Tile::is_exact`].
#[inline(always)]
pub(super) fn tile<S: Simd, T: Lanes>(
    simd: S,
    left: Left<'_, T>,
    right: Right<'_, T>,
    k: usize,
    out: &mut [T],
    step: usize,
    add: bool,
) {
    macro_rules! sized {
        ($($m:literal)* by $n:tt) => { sized!(@ $($m $n)*) };
        (@ $($m:literal [$($n:literal)*])*) => {
            match (left.rows, right.width.div_ceil(T::width::<S>())) {
                $( $( (rows, $n) if rows <= $m => {
                    let sums = sums::<S, T, $m, $n>(simd, left, right, k);
                    store::<S, T, $m, $n>(simd, sums, out, step, add);
                } )* )*
                _ => unreachable!("no tile is larger"),
            }
        };
    }
    if Tile::<S>::LARGE {
        sized!(1 2 4 8 by [1 2 3])
    } else {
        sized!(1 2 4 6 by [1 2])
    }
}
