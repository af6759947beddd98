//! Large products, by blocks that fit the caches.

use super::Matrix;
use super::panel::pack;
use super::tile::{Columns, Lanes, ROWS, Right, VECTORS, tile};
use crate::kernels::threads;
use crate::tensor::storage::Data;
use pulp::{Arch, Simd, WithSimd};

/// Terms of the sums that are taken at a time: a panel of the right matrix then fits the first cache.
const DEPTH: usize = 256;
/// Rows of the left matrix that are packed at a time, for the second cache; a multiple of the tile's.
const HEIGHT: usize = 16 * ROWS;

/// Whether packing costs less than it saves.
pub(super) fn pays<T>(a: &Matrix<'_, T>, b: &Matrix<'_, T>) -> bool {
    a.rows >= 2 * ROWS && b.cols >= 32 && a.rows * a.cols * b.cols >= 160 * 160 * 160
}

/// `out = a b`.
pub(super) fn product<T: Lanes>(a: Matrix<'_, T>, b: Matrix<'_, T>, out: &mut [T]) {
    Arch::new().dispatch(Large { a, b, out });
}

struct Large<'a, T> {
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    out: &'a mut [T],
}

impl<T: Lanes> WithSimd for Large<'_, T> {
    type Output = ();

    fn with_simd<S: Simd>(self, _: S) {
        let Large { a, b, out } = self;
        let (k, n) = (a.cols, b.cols);
        let wide = VECTORS * T::width::<S>();
        let panels = n.div_ceil(wide);
        let parallel = threads::pays(a.rows * k * n);
        // Blocks of rows are shared out evenly; an element's sum does not depend on where they are cut.
        let height = match parallel {
            true => HEIGHT.min(
                a.rows
                    .div_ceil(2 * threads::num_threads())
                    .next_multiple_of(ROWS),
            ),
            false => HEIGHT,
        };
        let mut packed = Data::<T>::scratch(panels * wide * DEPTH.min(k));
        for start in (0..k).step_by(DEPTH) {
            let depth = start..k.min(start + DEPTH);
            let right = &mut packed.make_mut()[..panels * wide * depth.len()];
            threads::for_each_chunk(right, wide * depth.len(), parallel, |panel, packed| {
                pack(&b, depth.clone(), panel * wide, wide, packed);
            });
            let right = &*right;
            threads::for_each_chunk(out, height * n, parallel, |block, out| {
                Arch::new().dispatch(Block {
                    a,
                    row: block * height,
                    depth: depth.clone(),
                    right,
                    out,
                    n,
                });
            });
        }
    }
}

/// Some rows of the result, for some terms of the sums.
struct Block<'a, T> {
    a: Matrix<'a, T>,
    row: usize,
    depth: std::ops::Range<usize>,
    right: &'a [T],
    out: &'a mut [T],
    n: usize,
}

impl<T: Lanes> WithSimd for Block<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Block {
            a,
            row,
            depth,
            right,
            out,
            n,
        } = self;
        let k = depth.len();
        let wide = VECTORS * T::width::<S>();
        let rows = out.len() / n;
        let mut packed = Data::<T>::scratch(rows.next_multiple_of(ROWS) * k);
        let packed = packed.make_mut();
        // Rows of the left matrix are columns of its transpose, packed as the right matrix is.
        let (left, count) = (a.t(), rows.div_ceil(ROWS));
        for (tile, packed) in packed.chunks_exact_mut(ROWS * k).take(count).enumerate() {
            pack(&left, depth.clone(), row + tile * ROWS, ROWS, packed);
        }
        let add = depth.start > 0;
        for (panel, right) in right.chunks_exact(wide * k).enumerate() {
            let (col, right) = (
                panel * wide,
                Right {
                    values: right,
                    step: wide,
                },
            );
            for (tile_, left) in packed.chunks_exact(ROWS * k).take(count).enumerate() {
                let first = tile_ * ROWS;
                let left = (
                    Columns {
                        values: left,
                        step: ROWS,
                    },
                    ROWS.min(rows - first),
                );
                let width = wide.min(n - col);
                tile(
                    simd,
                    left,
                    (right, width),
                    k,
                    &mut out[first * n + col..],
                    n,
                    add,
                );
            }
        }
    }
}
