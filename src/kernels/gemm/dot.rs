//! Products with one column: sums along the rows.

use super::Matrix;
use super::lanes::Lanes;
use pulp::{Arch, Simd, WithSimd};
use std::borrow::Cow;

/// Vectors summed side by side: as many as hide an addition's latency.
const SUMS: usize = 4;

/// The elements of a column side by side.
pub(super) fn column<'a, T: Lanes>(b: &Matrix<'a, T>) -> Cow<'a, [T]> {
    if b.row_step == 1 {
        return Cow::Borrowed(&b.values[..b.rows]);
    }
    let elements = b.values.iter().step_by(b.row_step.max(1)).copied();
    Cow::Owned(match b.row_step {
        0 => vec![b.values[0]; b.rows],
        _ => elements.take(b.rows).collect(),
    })
}

/// `out[i]` is row `i` of `a`, whose elements stand side by side, times the column `b`.
pub(super) fn rows<T: Lanes>(a: Matrix<'_, T>, b: Matrix<'_, T>, out: &mut [T]) {
    let column = column(&b);
    Arch::new().dispatch(Rows {
        a,
        column: &column,
        out,
    });
}

/// The product of one row and one column.
pub(super) fn dot<T: Lanes>(a: Matrix<'_, T>, b: Matrix<'_, T>) -> T {
    let mut out = [T::default()];
    let row = column(&Matrix {
        rows: a.cols,
        cols: 1,
        row_step: a.col_step,
        ..a
    });
    rows(
        Matrix {
            values: &row,
            row_step: row.len(),
            col_step: 1,
            ..a
        },
        b,
        &mut out,
    );
    out[0]
}

struct Rows<'a, T> {
    a: Matrix<'a, T>,
    column: &'a [T],
    out: &'a mut [T],
}

impl<T: Lanes> WithSimd for Rows<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Rows { a, column, out } = self;
        for (i, out) in out.iter_mut().enumerate() {
            *out = sum_of_products(simd, &a.values[i * a.row_step..][..a.cols], column);
        }
    }
}

#[inline(always)]
fn sum_of_products<S: Simd, T: Lanes>(simd: S, a: &[T], b: &[T]) -> T {
    let (left, right) = (T::vectors::<S>(a), T::vectors::<S>(b));
    let whole = left.len() * T::width::<S>();
    let mut sums = [T::splat(simd, T::default()); SUMS];
    let (left, right) = (left.chunks_exact(SUMS), right.chunks_exact(SUMS));
    let rest = left.remainder().iter().zip(right.remainder());
    for (left, right) in left.zip(right) {
        for i in 0..SUMS {
            sums[i] = T::mul_add(simd, left[i], right[i], sums[i]);
        }
    }
    for (sum, (&left, &right)) in sums.iter_mut().zip(rest) {
        *sum = T::mul_add(simd, left, right, *sum);
    }
    if whole < a.len() {
        let (left, right) = (
            T::load_some(simd, &a[whole..]),
            T::load_some(simd, &b[whole..]),
        );
        sums[SUMS - 1] = T::mul_add(simd, left, right, sums[SUMS - 1]);
    }
    let [a, b, c, d] = sums;
    T::sum(
        simd,
        T::plus(simd, T::plus(simd, a, b), T::plus(simd, c, d)),
    )
}
