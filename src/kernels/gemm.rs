//! Matrix products.

use crate::dtype::Element;
use std::ops::{Add, Mul};

/// A matrix in a slice, by the steps between its rows and columns.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a, T> {
    pub(crate) values: &'a [T],
    pub(crate) row_step: usize,
    pub(crate) col_step: usize,
}

/// `out[m, n] = a[m, k] b[k, n]`, `out` row-major.
pub(crate) fn matmul<T: Element + Add<Output = T> + Mul<Output = T>>(
    m: usize,
    k: usize,
    n: usize,
    a: Matrix<'_, T>,
    b: Matrix<'_, T>,
    out: &mut [T],
) {
    out.fill(T::default());
    for i in 0..m {
        let row = &mut out[i * n..(i + 1) * n];
        for p in 0..k {
            let left = a.values[i * a.row_step + p * a.col_step];
            for (j, o) in row.iter_mut().enumerate() {
                *o = *o + left * b.values[p * b.row_step + j * b.col_step];
            }
        }
    }
}
