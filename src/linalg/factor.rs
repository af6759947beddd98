//! faer's factorisations of one matrix each, in `f64`.

use faer::linalg::solvers::Solve as _;
use faer::linalg::solvers::{LltError, PartialPivLu};
use faer::{Mat, Side};

pub(crate) type Matrix = Mat<f64>;

/// A matrix from its rows, one after the other.
pub(crate) fn from_rows(rows: usize, cols: usize, values: &[f64]) -> Matrix {
    Mat::from_fn(rows, cols, |i, j| values[i * cols + j])
}

/// The pivots of `P a = L U` up to the first that is 0, from which on there are none.
fn pivots(lu: &PartialPivLu<f64>) -> Vec<f64> {
    let u = lu.U();
    let mut all = (0..u.nrows()).map(|i| u[(i, i)]);
    let mut found = Vec::new();
    for pivot in all.by_ref() {
        found.push(pivot);
        if pivot == 0.0 {
            break;
        }
    }
    found
}

/// Whether a permutation swaps an odd number of pairs.
fn is_odd(permutation: &[usize]) -> bool {
    let mut seen = vec![false; permutation.len()];
    let mut odd = false;
    for start in 0..permutation.len() {
        let mut at = start;
        // A cycle of n is n - 1 swaps.
        while !std::mem::replace(&mut seen[at], true) {
            at = permutation[at];
            odd ^= at != start;
        }
    }
    odd
}

/// The solution of `a x = b`, or the first pivot that is 0, counted from 1.
pub(crate) fn solve(a: &Matrix, b: &Matrix) -> Result<Matrix, usize> {
    if a.nrows() == 0 || b.ncols() == 0 {
        return Ok(b.clone());
    }
    let lu = a.partial_piv_lu();
    let pivots = pivots(&lu);
    match pivots.last() {
        Some(0.0) => Err(pivots.len()),
        _ => Ok(lu.solve(b)),
    }
}

/// The determinant as its sign and the logarithm of its size.
pub(crate) fn slogdet(a: &Matrix) -> (f64, f64) {
    let (sign, pivots) = signed_pivots(a);
    pivots.iter().fold((sign, 0.0), |(sign, log), &pivot| {
        let own = if pivot == 0.0 { 0.0 } else { pivot.signum() };
        (sign * own, log + pivot.abs().ln())
    })
}

/// The determinant.
pub(crate) fn det(a: &Matrix) -> f64 {
    let (sign, pivots) = signed_pivots(a);
    pivots.iter().fold(sign, |product, pivot| product * pivot)
}

/// The sign of the row swaps, and the pivots up to the first that is 0.
fn signed_pivots(a: &Matrix) -> (f64, Vec<f64>) {
    if a.nrows() == 0 {
        return (1.0, Vec::new());
    }
    if a.has_nan() {
        return (f64::NAN, vec![f64::NAN]);
    }
    let lu = a.partial_piv_lu();
    let sign = if is_odd(lu.P().arrays().0) { -1.0 } else { 1.0 };
    (sign, pivots(&lu))
}

/// The lower factor of `L L^T`, of which only `a`'s lower triangle is read; or the order of the first leading minor that
/// is not positive.
pub(crate) fn cholesky(a: &Matrix) -> Result<Matrix, usize> {
    if a.nrows() == 0 {
        return Ok(a.clone());
    }
    match a.llt(Side::Lower) {
        Ok(factor) => Ok(factor.L().to_owned()),
        Err(LltError::NonPositivePivot { index }) => Err(index + 1),
    }
}

/// `Q R` with as few columns as the shape allows and the signs of LAPACK.
pub(crate) fn qr(a: &Matrix) -> (Matrix, Matrix) {
    let (rows, cols) = (a.nrows(), a.ncols());
    if rows == 0 || cols == 0 {
        return (Mat::zeros(rows, 0), Mat::zeros(0, cols));
    }
    let qr = a.qr();
    (qr.compute_thin_Q(), qr.thin_R().to_owned())
}

/// The singular values in descending order.
pub(crate) fn svdvals(a: &Matrix) -> Option<Vec<f64>> {
    if a.nrows() == 0 || a.ncols() == 0 {
        return Some(Vec::new());
    }
    if !a.is_all_finite() {
        return None;
    }
    a.singular_values().ok()
}

/// The singular values in descending order between their vectors, `(U, S, V^T)`; `None` if they were not found.
pub(crate) fn svd(a: &Matrix) -> Option<(Matrix, Vec<f64>, Matrix)> {
    let (rows, cols) = (a.nrows(), a.ncols());
    if rows == 0 || cols == 0 {
        return Some((Mat::zeros(rows, 0), Vec::new(), Mat::zeros(0, cols)));
    }
    if !a.is_all_finite() {
        return None;
    }
    let svd = a.thin_svd().ok()?;
    let values = svd.S().column_vector().iter().copied().collect();
    Some((svd.U().to_owned(), values, svd.V().transpose().to_owned()))
}

/// The eigenvalues of a symmetric matrix in ascending order with their vectors, of which only the lower triangle is
/// read; `None` if they were not found.
pub(crate) fn eigh(a: &Matrix) -> Option<(Vec<f64>, Matrix)> {
    if a.nrows() == 0 {
        return Some((Vec::new(), a.clone()));
    }
    let lower = |i: usize| (0..=i).all(|j| a[(i, j)].is_finite());
    if !(0..a.nrows()).all(lower) {
        return None;
    }
    let eigen = a.self_adjoint_eigen(Side::Lower).ok()?;
    let values = eigen.S().column_vector().iter().copied().collect();
    Some((values, eigen.U().to_owned()))
}

/// `m diag(values)`.
pub(crate) fn scale_columns(m: &Matrix, values: &[f64]) -> Matrix {
    Mat::from_fn(m.nrows(), m.ncols(), |i, j| m[(i, j)] * values[j])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample(rows: usize, cols: usize) -> Matrix {
        let value =
            |i: usize, j: usize| (((i * 31 + j * 17 + 7) as f64) * 0.618_033_988_7).fract() - 0.5;
        Mat::from_fn(rows, cols, value)
    }

    #[track_caller]
    fn close(a: Matrix, b: &Matrix) {
        let off = (a - b).norm_max();
        assert!(off < 1e-12, "{off}");
    }

    #[test]
    fn factors_multiply_to_the_matrix_at_any_size_and_rank() {
        for (rows, cols) in [(1, 1), (3, 3), (5, 2), (2, 5), (40, 40), (60, 20), (20, 60)] {
            let deficient = sample(rows, 1) * sample(1, cols);
            for a in [sample(rows, cols), deficient, Mat::zeros(rows, cols)] {
                let (q, r) = qr(&a);
                close(&q * &r, &a);
                let (u, s, vt) = svd(&a).expect("it is found");
                close(scale_columns(&u, &s) * &vt, &a);
                let one = Mat::identity(s.len(), s.len());
                close(u.transpose() * &u, &one);
                close(&vt * vt.transpose(), &one);
                assert!(s.windows(2).all(|pair| pair[0] >= pair[1]));
                let alone = svdvals(&a).expect("it is found");
                assert!(s.iter().zip(&alone).all(|(a, b)| (a - b).abs() < 1e-12));
                let symmetric = &a * a.transpose() * faer::Scale(0.1);
                let (values, vectors) = eigh(&symmetric).expect("it is found");
                close(
                    scale_columns(&vectors, &values) * vectors.transpose(),
                    &symmetric,
                );
            }
        }
        assert!(svd(&Mat::from_fn(2, 2, |_, _| f64::NAN)).is_none());
    }

    #[test]
    fn the_first_bad_pivot_is_told() {
        let mut a = Mat::identity(300, 300);
        a[(253, 253)] = -1.0;
        assert_eq!(cholesky(&a).err(), Some(254));
        assert_eq!((det(&a), slogdet(&a)), (-1.0, (-1.0, 0.0)));
        a[(253, 253)] = 0.0;
        assert_eq!(solve(&a, &Mat::identity(300, 300)).err(), Some(254));
        assert_eq!((det(&a), slogdet(&a)), (0.0, (0.0, f64::NEG_INFINITY)));
        let cycle = from_rows(3, 3, &[0.0, 0.0, 2.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
        assert_eq!(det(&cycle), 2.0);
    }
}
