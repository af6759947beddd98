//! Many elements to one.

use crate::dtype::Element;
use std::ops::Add;

/// Elements summed one after the other before blocks are added pairwise.
const BLOCK: usize = 128;
/// Running sums side by side, whatever the CPU's width, so that every CPU gives the same bits.
const LANES: usize = 16;

/// The sum, by blocks added pairwise.
pub(crate) fn sum<T: Element + Add<Output = T>>(x: &[T]) -> T {
    if x.len() > BLOCK {
        let half = (x.len() / 2).next_multiple_of(BLOCK);
        return sum(&x[..half]) + sum(&x[half..]);
    }
    let mut lanes = [T::default(); LANES];
    let chunks = x.chunks_exact(LANES);
    let rest = chunks.remainder();
    for chunk in chunks {
        for (lane, &v) in lanes.iter_mut().zip(chunk) {
            *lane = *lane + v;
        }
    }
    for (lane, &v) in lanes.iter_mut().zip(rest) {
        *lane = *lane + v;
    }
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        for i in 0..width {
            lanes[i] = lanes[i] + lanes[i + width];
        }
    }
    lanes[0]
}

/// Sums over the middle axis of `[outer, len, inner]`, into `[outer, inner]`.
pub(crate) fn sum_axis<T: Element + Add<Output = T>>(
    x: &[T],
    outer: usize,
    len: usize,
    inner: usize,
    out: &mut [T],
) {
    if inner == 1 {
        for (o, row) in out.iter_mut().zip(x.chunks_exact(len.max(1)).take(outer)) {
            *o = sum(row);
        }
        if len == 0 {
            out.fill(T::default());
        }
        return;
    }
    for i in 0..outer {
        sum_rows(
            &x[i * len * inner..(i + 1) * len * inner],
            inner,
            &mut out[i * inner..(i + 1) * inner],
        );
    }
}

/// The sum of rows of `width` elements, pairwise above a block of rows.
fn sum_rows<T: Element + Add<Output = T>>(x: &[T], width: usize, out: &mut [T]) {
    let rows = x.len() / width.max(1);
    if rows > BLOCK {
        let half = (rows / 2).next_multiple_of(BLOCK) * width;
        let mut later = vec![T::default(); width];
        sum_rows(&x[..half], width, out);
        sum_rows(&x[half..], width, &mut later);
        for (o, &v) in out.iter_mut().zip(&later) {
            *o = *o + v;
        }
        return;
    }
    out.fill(T::default());
    for row in x.chunks_exact(width.max(1)) {
        super::simd::vectorize(
            width,
            #[inline(always)]
            || {
                for (o, &v) in out.iter_mut().zip(row) {
                    *o = *o + v;
                }
            },
        );
    }
}
