//! The register tile: a few rows of the left matrix times a few vectors of the right one, summed in registers.

use super::lanes::Lanes;
use super::out::Out;
use pulp::Simd;
use std::marker::PhantomData;

/// The tile of an instruction set: as many sums as its registers hold beside a row of the right matrix.
pub(super) struct Tile<S>(PhantomData<S>);

impl<S: Simd> Tile<S> {
    pub(super) const LARGE: bool = S::REGISTER_COUNT >= 32;
    /// Rows of a tile.
    pub(super) const ROWS: usize = if Self::LARGE { 8 } else { 6 };
    /// Vectors of a tile.
    pub(super) const VECTORS: usize = if Self::LARGE { 3 } else { 2 };
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

impl<'a, T: Lanes> Right<'a, T> {
    /// The rows, one after the other, with what follows them.
    #[inline(always)]
    fn rows(self) -> impl Iterator<Item = &'a [T]> {
        let mut rest = self.values;
        std::iter::from_fn(move || {
            let (row, next) = rest.split_at(self.step.min(rest.len()));
            rest = next;
            Some(row)
        })
    }
}

pub(super) type Sums<V, const M: usize, const N: usize> = [[V; N]; M];

/// Sums with no terms.
#[inline(always)]
pub(super) fn none<S: Simd, T: Lanes, const M: usize, const N: usize>(
    simd: S,
) -> Sums<T::Vector<S>, M, N> {
    [[T::splat(simd, T::default()); N]; M]
}

/// Adds the products of `M` rows, each an element every `step`, with the first `N` vectors of rows of the right matrix.
#[inline(always)]
pub(super) fn accumulate<'a, S: Simd, T: Lanes, const M: usize, const N: usize>(
    simd: S,
    mut sums: Sums<T::Vector<S>, M, N>,
    left: [&[T]; M],
    step: usize,
    mut right: impl Iterator<Item = &'a [T]>,
) -> Sums<T::Vector<S>, M, N> {
    // Slices of one length, so that one comparison in the loop checks the bounds of all. With a panic in the loop the
    // compiler would keep the sums in memory too.
    let span = left[0].len();
    let mut rows = left;
    for row in &mut rows {
        *row = &row[..span];
    }
    let mut at = 0;
    while at < span {
        let Some(row) = right.next().and_then(|row| row.get(..N * T::width::<S>())) else {
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
        at += step;
    }
    sums
}

/// Sums over `k` of `M` rows times `N` vectors. Rows that the left matrix lacks are its last one again.
#[inline(always)]
fn sums<S: Simd, T: Lanes, const M: usize, const N: usize>(
    simd: S,
    left: Left<'_, T>,
    right: Right<'_, T>,
    k: usize,
) -> Sums<T::Vector<S>, M, N> {
    let span = (k - 1) * left.step + 1;
    let mut rows = [&left.values[..span]; M];
    for (i, row) in rows.iter_mut().enumerate() {
        *row = &left.values[i.min(left.rows - 1) * left.row_step..][..span];
    }
    accumulate(
        simd,
        none::<S, T, M, N>(simd),
        rows,
        left.step,
        right.rows(),
    )
}

/// Writes so many columns of all rows of a tile to rows that start `step` apart, or adds them.
#[inline(always)]
pub(super) fn store<S: Simd, T: Lanes, const M: usize, const N: usize>(
    simd: S,
    sums: Sums<T::Vector<S>, M, N>,
    out: &mut [T],
    step: usize,
    cols: usize,
    add: bool,
) {
    // Positions known to the compiler keep the sums in registers to the end.
    if cols == N * T::width::<S>() {
        for i in 0..M {
            let row = T::vectors_mut::<S>(&mut out[i * step..][..N * T::width::<S>()]);
            for j in 0..N {
                row[j] = match add {
                    true => T::plus(simd, row[j], sums[i][j]),
                    false => sums[i][j],
                };
            }
        }
    } else {
        for i in 0..M {
            write::<S, T, N>(simd, sums[i], &mut out[i * step..][..cols], add);
        }
    }
}

/// Writes the part of a tile that the result takes from `row` and `col` on, or adds it.
#[inline(always)]
fn put<S: Simd, T: Lanes, const M: usize, const N: usize>(
    simd: S,
    sums: Sums<T::Vector<S>, M, N>,
    out: &mut Out<'_, '_, T>,
    (row, col): (usize, usize),
    (rows, cols): (usize, usize),
    add: bool,
) {
    if let (Out::Slice { values, step }, true) = (&mut *out, rows == M) {
        let out = &mut values[row * *step + col..];
        return store::<S, T, M, N>(simd, sums, out, *step, cols, add);
    }
    // A copy to be read by rows: the sums themselves stay in registers.
    let mut staged = none::<S, T, M, N>(simd);
    staged.copy_from_slice(&sums);
    for (i, sums) in staged.into_iter().enumerate().take(rows) {
        write::<S, T, N>(simd, sums, &mut out.row(row + i)[col..][..cols], add);
    }
}

/// Writes a row of a tile to all elements of `out`, the last vector perhaps in part, or adds it.
#[inline(always)]
pub(super) fn write<S: Simd, T: Lanes, const N: usize>(
    simd: S,
    sums: [T::Vector<S>; N],
    out: &mut [T],
    add: bool,
) {
    let (whole, last) = out.split_at_mut((N - 1) * T::width::<S>());
    let whole = T::vectors_mut::<S>(whole);
    for j in 0..N - 1 {
        whole[j] = match add {
            true => T::plus(simd, whole[j], sums[j]),
            false => sums[j],
        };
    }
    let sum = match add {
        true => T::plus(simd, T::load_some(simd, last), sums[N - 1]),
        false => sums[N - 1],
    };
    T::store_some(simd, last, sum);
}

/// Compiles what follows for every size of tile, and runs it for the least that holds the rows and vectors.
macro_rules! sized {
    ($S:ty, $rows:expr, $vectors:expr, $M:ident, $N:ident => $body:block) => {
        if Tile::<$S>::LARGE {
            sized!(@ $rows, $vectors, $M, $N, $body; 1 2 4 8 by [1 2 3])
        } else {
            sized!(@ $rows, $vectors, $M, $N, $body; 1 2 4 6 by [1 2])
        }
    };
    (@ $rows:expr, $vectors:expr, $M:ident, $N:ident, $body:block; $($m:literal)* by $n:tt) => {
        sized!(@@ $rows, $vectors, $M, $N, $body; $($m $n)*)
    };
    (@@ $rows:expr, $vectors:expr, $M:ident, $N:ident, $body:block; $($m:literal [$($n:literal)*])*) => {
        match ($rows, $vectors) {
            $( $( (rows, $n) if rows <= $m => {
                const $M: usize = $m;
                const $N: usize = $n;
                $body
            } )* )*
            _ => unreachable!("no tile is larger"),
        }
    };
}
pub(super) use sized;

/// One tile, written from `row` and `col` of the result on.
#[inline(always)]
pub(super) fn tile<S: Simd, T: Lanes>(
    simd: S,
    left: Left<'_, T>,
    right: Right<'_, T>,
    k: usize,
    out: &mut Out<'_, '_, T>,
    at: (usize, usize),
    add: bool,
) {
    let vectors = right.width.div_ceil(T::width::<S>());
    sized!(S, left.rows, vectors, M, N => {
        let sums = sums::<S, T, M, N>(simd, left, right, k);
        put::<S, T, M, N>(simd, sums, out, at, (left.rows, right.width), add);
    });
}
