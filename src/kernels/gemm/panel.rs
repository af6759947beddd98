//! Small products, whose operands are read where they lie.

use super::Matrix;
use super::tile::{Columns, Lanes, Left, ROWS, Right, Rows, VECTORS, tile};
use crate::tensor::storage::Data;
use pulp::{Arch, Simd, WithSimd};

/// A right matrix of up to this many bytes stays in the first cache beside a few rows of the left one.
const NEAR: usize = 24 << 10;

/// `out = a b`, by tiles. `a` and `b` have contiguous rows or columns.
pub(super) fn product<T: Lanes>(a: Matrix<'_, T>, b: Matrix<'_, T>, out: &mut [T]) {
    Arch::new().dispatch(Small { a, b, out });
}

struct Small<'a, T> {
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    out: &'a mut [T],
}

/// Copies columns `from ..` of rows `rows` into rows of `width` elements, with zeros beyond the last column.
#[inline(always)]
pub(super) fn pack<T: Lanes>(
    b: &Matrix<'_, T>,
    rows: std::ops::Range<usize>,
    from: usize,
    width: usize,
    packed: &mut [T],
) {
    let taken = width.min(b.cols - from);
    if b.is_row_major() {
        for (row, packed) in rows.zip(packed.chunks_exact_mut(width)) {
            packed[..taken].copy_from_slice(&b.values[row * b.row_step + from..][..taken]);
            packed[taken..].fill(T::default());
        }
        return;
    }
    if taken < width {
        packed.fill(T::default());
    }
    for col in 0..taken {
        let values = &b.values[(from + col) * b.col_step + rows.start..][..rows.len()];
        for (packed, &value) in packed[col..].iter_mut().step_by(width).zip(values) {
            *packed = value;
        }
    }
}

impl<T: Lanes> WithSimd for Small<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Small { a, b, out } = self;
        let (k, n) = (a.cols, b.cols);
        let wide = VECTORS * T::width::<S>();
        // Panels that cannot be read in place: all of a transposed matrix, else the one that the last columns share.
        let first_packed = if b.is_row_major() { n / wide * wide } else { 0 };
        let mut packed = Data::<T>::scratch((n - first_packed).next_multiple_of(wide) * k);
        for (panel, from) in packed
            .make_mut()
            .chunks_exact_mut(wide * k)
            .zip((first_packed..n).step_by(wide))
        {
            pack(&b, 0..k, from, wide, panel);
        }
        let mut tiles = Tiles {
            a,
            b,
            packed: &packed,
            first_packed,
            wide,
            out,
        };
        // The layout is asked for once, so that each loop over tiles is compiled for one.
        if a.is_row_major() {
            tiles.all(
                simd,
                #[inline(always)]
                |row| Rows {
                    values: &a.values[row * a.row_step..],
                    step: a.row_step,
                },
            );
        } else {
            tiles.all(
                simd,
                #[inline(always)]
                |row| Columns {
                    values: &a.values[row * a.row_step..],
                    step: a.col_step,
                },
            );
        }
    }
}

struct Tiles<'a, T> {
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    packed: &'a [T],
    first_packed: usize,
    wide: usize,
    out: &'a mut [T],
}

impl<T: Lanes> Tiles<'_, T> {
    #[inline(always)]
    fn all<S: Simd, L: Left<T>>(&mut self, simd: S, left: impl Fn(usize) -> L) {
        let Tiles { a, b, wide, .. } = *self;
        if a.cols * b.cols * size_of::<T>() <= NEAR {
            for row in (0..a.rows).step_by(ROWS) {
                let left = left(row);
                for col in (0..b.cols).step_by(wide) {
                    self.one(simd, left, row, col);
                }
            }
        } else {
            for col in (0..b.cols).step_by(wide) {
                for row in (0..a.rows).step_by(ROWS) {
                    self.one(simd, left(row), row, col);
                }
            }
        }
    }

    /// The tile whose first element is at `row` and `col`.
    #[inline(always)]
    fn one<S: Simd, L: Left<T>>(&mut self, simd: S, left: L, row: usize, col: usize) {
        let Tiles {
            a,
            b,
            packed,
            first_packed,
            wide,
            ref mut out,
        } = *self;
        let (k, n) = (a.cols, b.cols);
        let right = match col.checked_sub(first_packed) {
            None => Right {
                values: &b.values[col..],
                step: b.row_step,
            },
            Some(at) => Right {
                values: &packed[at * k..],
                step: wide,
            },
        };
        let (rows, width) = (ROWS.min(a.rows - row), wide.min(n - col));
        tile(
            simd,
            (left, rows),
            (right, width),
            k,
            &mut out[row * n + col..],
            n,
            false,
        );
    }
}
