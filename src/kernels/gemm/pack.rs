//! Parts of matrices copied to where a tile reads them one after the other.

use super::Matrix;
use super::lanes::Lanes;
use pulp::Simd;
use std::ops::Range;

/// Columns that are interleaved at a time.
pub(super) const GROUP: usize = 8;
/// Their elements that are at a time.
const STRETCH: usize = 64;

/// Copies columns `cols` of rows `rows` into rows of `width` elements, with zeros beyond the last column.
#[inline(always)]
pub(super) fn pack<S: Simd, T: Lanes>(
    simd: S,
    b: &Matrix<'_, T>,
    rows: Range<usize>,
    cols: Range<usize>,
    width: usize,
    packed: &mut [T],
) {
    if b.is_row_major() {
        for (row, packed) in rows.zip(packed.chunks_exact_mut(width)) {
            let row = &b.values[row * b.row_step + cols.start..][..cols.len()];
            let (whole, rest) = row.split_at(row.len() / T::width::<S>() * T::width::<S>());
            let packed = T::vectors_mut::<S>(packed);
            packed
                .iter_mut()
                .zip(T::vectors::<S>(whole))
                .for_each(|(to, from)| *to = *from);
            if !rest.is_empty() {
                packed[packed.len() - 1] = T::load_some(simd, rest);
            }
        }
        return;
    }
    let zeros = [T::default(); STRETCH];
    let mut stage = [[T::default(); GROUP]; STRETCH];
    for at in (0..width).step_by(GROUP) {
        for start in (0..rows.len()).step_by(STRETCH) {
            let len = STRETCH.min(rows.len() - start);
            let mut columns = [&zeros[..len]; GROUP];
            let real = columns.iter_mut().zip(cols.clone().skip(at));
            for (column, col) in real {
                *column = &b.values[col * b.col_step + rows.start + start..][..len];
            }
            if width == GROUP {
                interleave(columns, &mut packed.as_chunks_mut().0[start..][..len]);
                continue;
            }
            interleave(columns, &mut stage[..len]);
            let places = packed[start * width + at..].chunks_mut(width);
            for (place, values) in places.zip(&stage[..len]) {
                match place.first_chunk_mut() {
                    Some(place) if width - at >= GROUP => *place = *values,
                    _ => place[..width - at].copy_from_slice(&values[..width - at]),
                }
            }
        }
    }
}

/// The elements of columns side by side.
#[inline(always)]
pub(super) fn interleave<T: Copy>(columns: [&[T]; GROUP], out: &mut [[T; GROUP]]) {
    // Slices of one length, apart from each other: the compiler makes shuffles of registers of it.
    let len = out.len();
    let [a, b, c, d, e, f, g, h] = columns;
    let (a, b, c, d) = (&a[..len], &b[..len], &c[..len], &d[..len]);
    let (e, f, g, h) = (&e[..len], &f[..len], &g[..len], &h[..len]);
    for i in 0..len {
        out[i] = [a[i], b[i], c[i], d[i], e[i], f[i], g[i], h[i]];
    }
}
