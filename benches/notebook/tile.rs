//! The register tile of the loop by hand: sums of a few rows times a few vectors, held in registers.

use pulp::Simd;

/// Columns of every matrix on the right: the hidden units, in whole vectors of any instruction set.
pub(crate) const WIDE: usize = 112;

/// `M` rows of a product of `k` terms: element `k` of row `i` on the left stands at `i * row_step + k * step`; `right`
/// and `out` have rows of [`WIDE`] elements.
#[inline(always)]
pub(crate) fn multiply<S: Simd, const M: usize, const N: usize>(
    simd: S,
    left: &[f32],
    (row_step, step): (usize, usize),
    k: usize,
    right: &[f32],
    out: &mut [f32],
) {
    let wide = N * S::F32_LANES;
    for col in (0..WIDE).step_by(wide) {
        let sums = sums::<S, M, N>(simd, left, (row_step, step), k, &right[col..]);
        for i in 0..M {
            let row = S::as_mut_simd_f32s(&mut out[i * WIDE + col..][..wide]).0;
            row[..N].copy_from_slice(&sums[i]);
        }
    }
}

#[inline(always)]
fn sums<S: Simd, const M: usize, const N: usize>(
    simd: S,
    left: &[f32],
    (row_step, step): (usize, usize),
    k: usize,
    right: &[f32],
) -> [[S::f32s; N]; M] {
    // Slices of one length need one check of bounds in the loop.
    let span = (k - 1) * step + 1;
    let mut rows = [&left[..span]; M];
    for (i, row) in rows.iter_mut().enumerate() {
        *row = &left[i * row_step..][..span];
    }
    let mut sums = [[simd.splat_f32s(0.0); N]; M];
    let (mut at, mut rest) = (0, right);
    while at < span {
        let (row, next) = rest.split_at(WIDE.min(rest.len()));
        rest = next;
        let Some(row) = row.get(..N * S::F32_LANES) else {
            break;
        };
        let vectors = S::as_simd_f32s(row).0;
        let mut row = [vectors[0]; N];
        row.copy_from_slice(vectors);
        for i in 0..M {
            let factor = simd.splat_f32s(rows[i][at]);
            for j in 0..N {
                sums[i][j] = simd.mul_add_e_f32s(factor, row[j], sums[i][j]);
            }
        }
        at += step;
    }
    sums
}
