//! Products of a few elements: sums by themselves, to the bits of tiles and rows, which would take longer to set up.

use super::Matrix;
use super::lanes::Lanes;
use pulp::{Arch, Simd, WithSimd};

/// Terms of a sum: no more than are added in the same order by vectors of eight and of sixteen.
const TERMS: usize = 8;
/// Elements of the result.
const ELEMENTS: usize = 8;

/// Whether a product has so few elements that [`product`] takes it.
pub(super) fn is_tiny<T: Lanes>(a: &Matrix<'_, T>, b: &Matrix<'_, T>) -> bool {
    a.cols <= TERMS && a.rows <= ELEMENTS && b.cols <= ELEMENTS && a.rows * b.cols <= ELEMENTS
}

/// `out = a b`, each element the products of a row and a column added pairwise if `pairwise`, else one after another.
pub(super) fn product<T: Lanes>(a: Matrix<'_, T>, b: Matrix<'_, T>, out: &mut [T], pairwise: bool) {
    Arch::new().dispatch(Tiny {
        a,
        b,
        out,
        pairwise,
    });
}

struct Tiny<'a, T> {
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    out: &'a mut [T],
    pairwise: bool,
}

impl<T: Lanes> WithSimd for Tiny<'_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let Tiny {
            a,
            b,
            out,
            pairwise,
        } = self;
        for (i, out) in out.chunks_exact_mut(b.cols).enumerate() {
            for (j, out) in out.iter_mut().enumerate() {
                *out = match pairwise {
                    true => sum_of_products(&a, &b, i, j),
                    false => (0..a.cols).fold(T::default(), |sum, k| {
                        T::mul_add_one::<S>(a.at(i, k), b.at(k, j), sum)
                    }),
                };
            }
        }
    }
}

#[inline(always)]
fn sum_of_products<T: Lanes>(a: &Matrix<'_, T>, b: &Matrix<'_, T>, i: usize, j: usize) -> T {
    let mut products = [T::default(); TERMS];
    for (k, product) in products.iter_mut().enumerate().take(a.cols) {
        // Zeros without a sign, as a sum begins with them.
        *product = a.at(i, k) * b.at(k, j) + T::default();
    }
    let mut width = a.cols.next_power_of_two();
    while width > 1 {
        width /= 2;
        for k in 0..width {
            products[k] = products[k] + products[k + width];
        }
    }
    products[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::gemm::{blocks, dot};

    fn values(len: usize, salt: u32) -> Vec<f32> {
        let value = |i: u32| (i.wrapping_mul(2_654_435_761) >> 9) as f32 / 1e6 - 4.0;
        (0..len as u32).map(|i| value(i * 7 + salt)).collect()
    }

    fn matrix(values: &[f32], rows: usize, cols: usize, turned: bool) -> Matrix<'_, f32> {
        let (row_step, col_step) = if turned { (1, rows) } else { (cols, 1) };
        Matrix {
            values,
            rows,
            cols,
            row_step,
            col_step,
        }
    }

    #[test]
    fn sums_one_after_another_have_the_bits_of_tiles() {
        for (m, n) in [(1, 1), (1, 8), (8, 1), (2, 4), (3, 2), (2, 2)] {
            for k in 1..=TERMS {
                for layout in 0..4 {
                    let (left, right) = (values(m * k, 1), values(k * n, 2));
                    let a = matrix(&left, m, k, layout & 1 == 1);
                    let b = matrix(&right, k, n, layout & 2 == 2);
                    assert!(is_tiny(&a, &b));
                    let (mut some, mut all) = (vec![f32::NAN; m * n], vec![f32::NAN; m * n]);
                    product(a, b, &mut some, false);
                    blocks::product(a, b, &mut all, false);
                    assert_eq!(some, all, "{m} {k} {n}, layout {layout}");
                }
            }
        }
    }

    /// On other CPUs vectors are too short for their sums to be the same.
    #[cfg(target_arch = "x86_64")]
    #[test]
    fn pairwise_sums_have_the_bits_of_rows() {
        for m in 1..=ELEMENTS {
            for k in 1..=TERMS {
                let (left, right) = (values(m * k, 1), values(k, 2));
                let (a, b) = (matrix(&left, m, k, false), matrix(&right, k, 1, false));
                let (mut some, mut all) = (vec![f32::NAN; m], vec![f32::NAN; m]);
                product(a, b, &mut some, true);
                dot::rows(a, b, &mut all);
                assert_eq!(some, all, "{m} {k}");
            }
        }
    }
}
