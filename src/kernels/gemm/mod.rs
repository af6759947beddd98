//! Matrix products.
//!
//! Small products read their operands where they lie; large ones are cut into blocks that fit the caches and packed
//! (Goto and van de Geijn, "Anatomy of high-performance matrix multiplication", 2008). Either way an element of the
//! result is one chain of fused multiply-adds over blocks of `k` that depend on the size alone, so the bits are the
//! same for every layout, cut and number of threads.

mod blocks;
mod dot;
mod lanes;
mod out;
mod pack;
mod row;
mod tile;
mod tiny;
mod windows;

use super::threads;
use crate::dtype::Element;
use std::borrow::Cow;

pub(crate) use lanes::Lanes;
pub(crate) use windows::{ROWS, WHOLE, Windows};

/// Pieces of work for each thread, so that one that begins late or is slow has less to do.
pub(super) const PIECES: usize = 2;

/// A matrix in a slice, by the steps between its rows and columns.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a, T> {
    pub(crate) values: &'a [T],
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) row_step: usize,
    pub(crate) col_step: usize,
}

impl<'a, T: Element> Matrix<'a, T> {
    fn at(&self, row: usize, col: usize) -> T {
        self.values[row * self.row_step + col * self.col_step]
    }

    /// Some of the rows.
    fn take_rows(self, rows: std::ops::Range<usize>) -> Matrix<'a, T> {
        Matrix {
            values: &self.values[rows.start * self.row_step..],
            rows: rows.len(),
            ..self
        }
    }

    fn t(self) -> Matrix<'a, T> {
        Matrix {
            values: self.values,
            rows: self.cols,
            cols: self.rows,
            row_step: self.col_step,
            col_step: self.row_step,
        }
    }

    /// Whether the elements of a row stand side by side.
    fn is_row_major(&self) -> bool {
        self.col_step == 1 || self.cols == 1
    }

    fn is_col_major(&self) -> bool {
        self.row_step == 1 || self.rows == 1
    }

    /// The elements in row-major order.
    fn gathered(&self) -> Vec<T> {
        let row = |i: usize| (0..self.cols).map(move |j| self.at(i, j));
        (0..self.rows).flat_map(row).collect()
    }

    /// The matrix where it lies if a row or a column is contiguous, else a copy of it in `copy`.
    fn plain<'b>(self, copy: &'b mut Cow<'a, [T]>) -> Matrix<'b, T>
    where
        'a: 'b,
    {
        if self.is_row_major() || self.is_col_major() {
            return self;
        }
        *copy = Cow::Owned(self.gathered());
        Matrix {
            values: copy,
            row_step: self.cols,
            col_step: 1,
            ..self
        }
    }
}

/// Element types with a matrix product.
pub(crate) trait Product: Element {
    /// `out[m, n] = a[m, k] b[k, n]`, `out` row-major; on several threads if `shared`.
    fn multiply(a: Matrix<'_, Self>, b: Matrix<'_, Self>, out: &mut [Self], shared: bool);

    /// As [`multiply`](Product::multiply), shared out if that pays.
    fn product(a: Matrix<'_, Self>, b: Matrix<'_, Self>, out: &mut [Self]) {
        let shared = threads::pays(a.rows * a.cols * b.cols);
        Self::multiply(a, b, out, shared);
    }

    /// `count` products, one behind the other in `out`.
    fn products<'a>(
        count: usize,
        pair: impl Fn(usize) -> (Matrix<'a, Self>, Matrix<'a, Self>) + Sync,
        out: &mut [Self],
    ) {
        if out.is_empty() {
            return;
        }
        let (a, b) = pair(0);
        if count == 1 {
            return Self::product(a, b, out);
        }
        let (size, threads) = (out.len() / count, threads::num_threads());
        let shared = threads::pays(count * a.rows * a.cols * b.cols);
        if shared && count < threads {
            // Too few to give each thread one: the threads share every product.
            for (i, out) in out.chunks_exact_mut(size).enumerate() {
                let (a, b) = pair(i);
                Self::product(a, b, out);
            }
            return;
        }
        let some = count.div_ceil(threads * PIECES);
        threads::for_each_chunk(out, some * size, shared, |at, out| {
            for (i, out) in out.chunks_exact_mut(size).enumerate() {
                let (a, b) = pair(at * some + i);
                Self::multiply(a, b, out, false);
            }
        });
    }
}

macro_rules! product {
    ($($t:ty),*) => { $(
        impl Product for $t {
            fn multiply(a: Matrix<'_, $t>, b: Matrix<'_, $t>, out: &mut [$t], shared: bool) {
                if out.is_empty() {
                    return;
                }
                if a.cols == 0 {
                    out.fill(0.0);
                    return;
                }
                if tiny::is_tiny(&a, &b) {
                    let rows = b.cols == 1 && a.is_row_major();
                    let cols = a.rows == 1 && !b.is_row_major();
                    return tiny::product(a, b, out, rows || cols);
                }
                let (mut left, mut right) = (Cow::Borrowed(a.values), Cow::Borrowed(b.values));
                let (a, b) = (a.plain(&mut left), b.plain(&mut right));
                match (a.rows, b.cols) {
                    (1, 1) => out[0] = dot::dot(a, b),
                    // The transposed product has the same elements, and rows in place of a column.
                    (_, 1) if a.is_row_major() => dot::rows(a, b, out),
                    (_, 1) => blocks::product(b.t(), a.t(), out, shared),
                    (_, _) if a.cols == 1 && b.col_step == 1 => row::outer(a, b, out, shared),
                    (1, _) if !b.is_row_major() => dot::rows(b.t(), a.t(), out),
                    _ => blocks::product(a, b, out, shared),
                }
            }
        }
    )* };
}
product!(f32, f64);

impl Product for i64 {
    fn multiply(a: Matrix<'_, i64>, b: Matrix<'_, i64>, out: &mut [i64], _: bool) {
        for (i, out) in out.iter_mut().enumerate() {
            let (row, col) = (i / b.cols, i % b.cols);
            let terms = (0..a.cols).map(|k| a.at(row, k).wrapping_mul(b.at(k, col)));
            *out = terms.fold(0, i64::wrapping_add);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(values: &[f64], rows: usize, cols: usize, transposed: bool) -> Matrix<'_, f64> {
        let (row_step, col_step) = if transposed { (1, rows) } else { (cols, 1) };
        Matrix {
            values,
            rows,
            cols,
            row_step,
            col_step,
        }
    }

    /// Whole numbers, of which every sum is exact in either type and in any order.
    fn whole(len: usize, salt: usize) -> Vec<f64> {
        (0..len)
            .map(|i| ((i * 7 + salt * 3) % 11) as f64 - 5.0)
            .collect()
    }

    #[test]
    fn a_stretched_operand_counts_as_often_as_it_is_read() {
        let (row, all) = (whole(70, 1), whole(40 * 70, 2));
        for rows in [3, 50] {
            for (row_step, col_step) in [(0, 1), (1, 0), (0, 0)] {
                let stretched = |rows, cols| Matrix {
                    values: &row[..],
                    rows,
                    cols,
                    row_step,
                    col_step,
                };
                let (a, b) = (stretched(rows, 40), matrix(&all, 40, 70, false));
                let mut out = vec![f64::NAN; rows * 70];
                f64::product(a, b, &mut out);
                let mut other = vec![f64::NAN; 70 * rows];
                f64::product(b.t(), a.t(), &mut other);
                for (at, out) in out.iter().enumerate() {
                    let (i, j) = (at / 70, at % 70);
                    let sum: f64 = (0..40).map(|p| a.at(i, p) * b.at(p, j)).sum();
                    assert_eq!((*out, other[j * rows + i]), (sum, sum));
                }
            }
        }
    }

    #[test]
    fn products_of_every_size_and_layout_are_the_sums_of_products() {
        let sizes = [1, 2, 3, 5, 6, 7, 8, 13, 16, 17, 31, 40, 100];
        let mut shapes: Vec<[usize; 3]> = vec![
            [150, 300, 130],
            [97, 513, 260],
            [1, 600, 300],
            [300, 600, 1],
            [200, 300, 700],
            [1500, 90, 60],
        ];
        for (i, &m) in sizes.iter().enumerate() {
            for (j, &n) in sizes.iter().enumerate() {
                shapes.push([m, sizes[(i + j) % sizes.len()], n]);
            }
        }
        for [m, k, n] in shapes {
            let (left, right) = (whole(m * k, 1), whole(k * n, 2));
            for layout in 0..4 {
                let a = matrix(&left, m, k, layout & 1 == 1);
                let b = matrix(&right, k, n, layout & 2 == 2);
                let mut out = vec![f64::NAN; m * n];
                f64::product(a, b, &mut out);
                let narrow = |values: &[f64]| values.iter().map(|&v| v as f32).collect::<Vec<_>>();
                let (left, right) = (narrow(&left), narrow(&right));
                let mut narrow_out = vec![f32::NAN; m * n];
                let (c, d) = (
                    Matrix {
                        values: &left[..],
                        rows: m,
                        cols: k,
                        row_step: a.row_step,
                        col_step: a.col_step,
                    },
                    Matrix {
                        values: &right[..],
                        rows: k,
                        cols: n,
                        row_step: b.row_step,
                        col_step: b.col_step,
                    },
                );
                f32::product(c, d, &mut narrow_out);
                for i in 0..m {
                    for j in 0..n {
                        let sum: f64 = (0..k).map(|p| a.at(i, p) * b.at(p, j)).sum();
                        assert_eq!(
                            out[i * n + j],
                            sum,
                            "{m} {k} {n}, layout {layout}, at {i} {j}"
                        );
                        assert_eq!(
                            f64::from(narrow_out[i * n + j]),
                            sum,
                            "{m} {k} {n}, layout {layout}, at {i} {j}"
                        );
                    }
                }
            }
        }
    }

    /// A product of a row and a column may be summed in another order.
    #[cfg(target_arch = "x86_64")]
    #[test]
    fn sums_are_chains_of_fused_multiply_adds_in_every_layout() {
        if !std::is_x86_feature_detected!("fma") {
            return;
        }
        let values = |len: usize, salt: u32| -> Vec<f32> {
            let value = |i: u32| (i.wrapping_mul(2_654_435_761) >> 9) as f32 / 1e6 - 4.0;
            (0..len as u32).map(|i| value(i * 7 + salt)).collect()
        };
        let shapes = [
            [1, 700, 100],
            [1, 455, 300],
            [1, 30, 17],
            [70, 1, 100],
            [9, 1, 5],
            [455, 30, 100],
            [30, 455, 100],
            [13, 1100, 70],
            [37, 20, 65],
        ];
        for [m, k, n] in shapes {
            let (left, right) = (values(m * k, 1), values(k * n, 2));
            for layout in 0..4 {
                let steps = |turned, rows, cols| if turned { (1, rows) } else { (cols, 1) };
                let (a_steps, b_steps) =
                    (steps(layout & 1 == 1, m, k), steps(layout & 2 == 2, k, n));
                let of = |values, rows, cols, (row_step, col_step)| Matrix {
                    values,
                    rows,
                    cols,
                    row_step,
                    col_step,
                };
                let (a, b) = (of(&left[..], m, k, a_steps), of(&right[..], k, n, b_steps));
                if m == 1 && !b.is_row_major() {
                    continue;
                }
                let mut out = vec![f32::NAN; m * n];
                f32::product(a, b, &mut out);
                for (at, out) in out.iter().enumerate() {
                    let depth = blocks::even(k, blocks::DEPTH);
                    let terms: Vec<_> =
                        (0..k).map(|p| (a.at(at / n, p), b.at(p, at % n))).collect();
                    let sums = terms
                        .chunks(depth)
                        .map(|terms| terms.iter().fold(0.0_f32, |sum, (a, b)| a.mul_add(*b, sum)));
                    let sum = sums.reduce(|all, sum| all + sum).expect("terms");
                    assert_eq!(
                        out.to_bits(),
                        sum.to_bits(),
                        "{m} {k} {n}, layout {layout}, {at}"
                    );
                }
            }
        }
    }
}
