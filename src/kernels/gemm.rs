//! Matrix products.

use crate::dtype::Element;
use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, ShapeBuilder};
use std::borrow::Cow;

/// A matrix in a slice, by the steps between its rows and columns.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a, T> {
    pub(crate) values: &'a [T],
    pub(crate) rows: usize,
    pub(crate) cols: usize,
    pub(crate) row_step: usize,
    pub(crate) col_step: usize,
}

impl<T: Element> Matrix<'_, T> {
    fn at(&self, row: usize, col: usize) -> T {
        self.values[row * self.row_step + col * self.col_step]
    }

    /// Whether each element has a place of its own, as ndarray asks of strides.
    fn is_plain(&self) -> bool {
        (self.row_step == 1 && self.col_step >= self.rows)
            || (self.col_step == 1 && self.row_step >= self.cols)
    }

    /// The elements in row-major order.
    fn gathered(&self) -> Vec<T> {
        (0..self.rows * self.cols)
            .map(|i| self.at(i / self.cols, i % self.cols))
            .collect()
    }
}

/// Element types with a matrix product.
pub(crate) trait Product: Element {
    /// `out[m, n] = a[m, k] b[k, n]`, `out` row-major.
    fn product(a: Matrix<'_, Self>, b: Matrix<'_, Self>, out: &mut [Self]);
}

macro_rules! product {
    ($($t:ty),*) => { $(
        impl Product for $t {
            fn product(a: Matrix<'_, $t>, b: Matrix<'_, $t>, out: &mut [$t]) {
                let (m, n) = (a.rows, b.cols);
                if a.cols == 0 {
                    out.fill(0.0);
                    return;
                }
                let (left, right) = (plain(&a), plain(&b));
                let mut out = ArrayViewMut2::from_shape((m, n), out).expect("the output has m n elements");
                // With a factor of zero the values found in the output are never read.
                general_mat_mul(1.0, &view(&a, &left), &view(&b, &right), 0.0, &mut out);
            }
        }
    )* };
}
product!(f32, f64);

impl Product for i64 {
    fn product(a: Matrix<'_, i64>, b: Matrix<'_, i64>, out: &mut [i64]) {
        for (i, out) in out.iter_mut().enumerate() {
            let (row, col) = (i / b.cols, i % b.cols);
            let terms = (0..a.cols).map(|k| a.at(row, k).wrapping_mul(b.at(k, col)));
            *out = terms.fold(0, i64::wrapping_add);
        }
    }
}

/// The matrix's own slice where ndarray can read it, else its elements in row-major order.
fn plain<'a, T: Element>(matrix: &Matrix<'a, T>) -> Cow<'a, [T]> {
    if matrix.is_plain() {
        Cow::Borrowed(matrix.values)
    } else {
        Cow::Owned(matrix.gathered())
    }
}

fn view<'a, T: Element>(matrix: &Matrix<'_, T>, values: &'a [T]) -> ArrayView2<'a, T> {
    let shape = (matrix.rows, matrix.cols);
    let steps = if matrix.is_plain() {
        (matrix.row_step, matrix.col_step)
    } else {
        (matrix.cols, 1)
    };
    ArrayView2::from_shape(shape.strides(steps), values).expect("the matrix lies within its values")
}
