//! Products with the windows of an image, read where they lie: an element of every window stands as far from where its
//! window begins as that of any other, so a row of the matrix of windows is the image from an offset on.

use super::Matrix;
use super::blocks::{DEPTH, even, turn};
use super::lanes::Lanes;
use super::out::Out;
use super::pack::pack;
use super::tile::{Tile, accumulate, none, sized, store};
use crate::tensor::storage::Heap;
use pulp::{Arch, Simd, WithSimd};

/// A multiple of every vector's elements: whole vectors are read and written up to the next one.
pub(crate) const WHOLE: usize = 16;
/// A multiple of what any tile writes behind the last row.
pub(crate) const ROWS: usize = 8;

/// Windows of an image that begin at any of its elements.
#[derive(Clone, Copy)]
pub(crate) struct Windows<'a, T> {
    pub(crate) image: &'a [T],
    /// From a window's beginning to each of its elements.
    pub(crate) offsets: &'a [usize],
}

impl<T: Lanes> Windows<'_, T> {
    /// Sums of `weight [rows, offsets]` with the windows that begin at the first `count` elements, to rows that start
    /// `step` apart. As in every product, a sum is one chain for each block of terms.
    pub(crate) fn correlate(self, weight: &[T], count: usize, out: &mut [T], step: usize) {
        Arch::new().dispatch(Correlation {
            windows: self,
            weight,
            count,
            out,
            step,
        });
    }

    /// Adds to `out [channels, offsets]` the products of `grad [channels, lines, of]`, summed over windows of which
    /// those of a line begin side by side, and lines `line` apart.
    pub(crate) fn gather(self, grad: &[T], [lines, of]: [usize; 2], line: usize, out: &mut [T]) {
        Arch::new().dispatch(Gathering {
            windows: self,
            grad: Matrix {
                values: grad,
                rows: lines * of,
                cols: grad.len() / (lines * of),
                row_step: 1,
                col_step: lines * of,
            },
            of,
            line,
            out: Out::slice(out, self.offsets.len()),
        });
    }
}

struct Correlation<'a, 'b, T> {
    windows: Windows<'a, T>,
    weight: &'a [T],
    count: usize,
    out: &'b mut [T],
    step: usize,
}

impl<T: Lanes> WithSimd for Correlation<'_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Windows { image, offsets } = self.windows;
        let k = offsets.len();
        let (m, wide) = (self.weight.len() / k, Tile::<S>::VECTORS * T::width::<S>());
        let depth = even(k, DEPTH);
        for start in (0..k).step_by(depth) {
            let terms = start..k.min(start + depth);
            for from in (0..self.count).step_by(wide) {
                let image = &image[from..];
                let vectors = wide.min(self.count - from).div_ceil(T::width::<S>());
                for row in (0..m).step_by(Tile::<S>::ROWS) {
                    let rows = Tile::<S>::ROWS.min(m - row);
                    let out = &mut self.out[row * self.step + from..];
                    sized!(S, rows, vectors, M, N => {
                        let mut left = [&self.weight[terms.clone()]; M];
                        for (i, left) in left.iter_mut().enumerate() {
                            let row = &self.weight[(row + i.min(rows - 1)) * k..][..k];
                            *left = &row[terms.clone()];
                        }
                        let right = offsets[terms.clone()].iter();
                        let right = right.map_while(|&offset| image.get(offset..));
                        let sums = none::<S, T, M, N>(simd);
                        let sums = accumulate(simd, sums, left, 1, right);
                        let cols = N * T::width::<S>();
                        store::<S, T, M, N>(simd, sums, out, self.step, cols, start > 0);
                    });
                }
            }
        }
    }
}

struct Gathering<'a, 'b, 'c, T> {
    windows: Windows<'a, T>,
    /// A column for each channel.
    grad: Matrix<'a, T>,
    of: usize,
    line: usize,
    out: Out<'b, 'c, T>,
}

impl<T: Lanes> WithSimd for Gathering<'_, '_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) {
        let Windows { image, offsets } = self.windows;
        let (of, wide) = (self.of, Tile::<S>::VECTORS * T::width::<S>());
        let depth = (DEPTH / of).max(1) * of;
        let mut stage = Heap::<T>::scratch(Tile::<S>::ROWS * wide);
        let mut packed = Heap::<T>::scratch(depth.min(self.grad.rows) * wide);
        for start in (0..self.grad.rows).step_by(depth) {
            let terms = start..self.grad.rows.min(start + depth);
            for from in (0..self.grad.cols).step_by(wide) {
                let cols = wide.min(self.grad.cols - from);
                let width = cols.next_multiple_of(T::width::<S>());
                let packed = &mut packed[..terms.len() * width];
                let columns = from..from + cols;
                pack(simd, &self.grad, terms.clone(), columns, width, packed);
                for row in (0..offsets.len()).step_by(Tile::<S>::ROWS) {
                    let rows = Tile::<S>::ROWS.min(offsets.len() - row);
                    let first = &offsets[row..row + rows];
                    sized!(S, rows, width / T::width::<S>(), M, N => {
                        let mut sums = none::<S, T, M, N>(simd);
                        let lines = packed.chunks_exact(of * width).enumerate();
                        for (y, right) in lines {
                            let begin = (start / of + y) * self.line;
                            let mut left = [&image[..of]; M];
                            for (i, left) in left.iter_mut().enumerate() {
                                *left = &image[begin + first[i.min(rows - 1)]..][..of];
                            }
                            sums = accumulate(simd, sums, left, 1, right.chunks_exact(width));
                        }
                        let cols = N * T::width::<S>();
                        store::<S, T, M, N>(simd, sums, &mut stage, wide, cols, false);
                    });
                    turn(&stage, wide, (rows, cols), &mut self.out, (row, from), true);
                }
            }
        }
    }
}
