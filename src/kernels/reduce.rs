//! Many elements to one.
//!
//! Sums are taken in blocks of a fixed size, with running sums side by side, and the blocks added pairwise: in an order
//! that depends on the size alone, whatever the CPU and the number of threads.

use super::{simd, threads};
use crate::dtype::Element;
use crate::tensor::storage::Data;
use std::array::from_fn;
use std::ops::{Add, Range};

/// Elements summed one after the other before blocks are added pairwise.
pub(crate) const BLOCK: usize = 128;
/// Running sums side by side, whatever the CPU's width, so that every CPU gives the same bits.
pub(super) const LANES: usize = 16;
/// No more than about twice as many pieces are shared out, since their sums are kept.
const PIECES: usize = 32;
/// Blocks whose sums are taken in one go.
const GROUP: usize = 64;

/// The blocks of the first half of what is added pairwise.
fn half(len: usize) -> usize {
    (len / 2).next_multiple_of(BLOCK)
}

/// Sixteen numbers added pairwise.
#[inline(always)]
fn joined<T: Copy + Add<Output = T>>(mut lanes: [T; LANES]) -> T {
    let mut width = LANES;
    while width > 1 {
        width /= 2;
        for i in 0..width {
            lanes[i] = lanes[i] + lanes[i + width];
        }
    }
    lanes[0]
}

#[inline(always)]
fn add_lanes<T: Copy + Add<Output = T>>(sums: &mut [T; LANES], others: &[T; LANES]) {
    for (sum, &v) in sums.iter_mut().zip(others) {
        *sum = *sum + v;
    }
}

/// `f` of the last `count` of sixteen elements, zeros before: read whole, as vector code likes it.
#[inline(always)]
fn late<T: Copy, S: Copy + Default>(
    last: &[T; LANES],
    count: usize,
    f: impl Fn(T) -> S,
) -> [S; LANES] {
    let first = LANES - count;
    from_fn(|i| if i < first { S::default() } else { f(last[i]) })
}

/// The sum of `f` of each element, by running sums side by side.
#[inline(always)]
fn lanes<T: Copy, S: Copy + Default + Add<Output = S>>(x: &[T], f: impl Fn(T) -> S) -> [S; LANES] {
    let mut lanes = whole_lanes(x, &f);
    let rest = x.as_chunks::<LANES>().1;
    match (rest.len(), x.last_chunk()) {
        (0, _) => {}
        (count, Some(last)) => add_lanes(&mut lanes, &late(last, count, &f)),
        // No index that is known at run time alone: it would keep the sums out of the registers.
        (_, None) => lanes = from_fn(|i| rest.get(i).map_or(S::default(), |&v| f(v))),
    }
    lanes
}

/// As [`lanes`], of as many elements as fill all of them.
#[inline(always)]
fn whole_lanes<T: Copy, S: Copy + Default + Add<Output = S>>(
    x: &[T],
    f: impl Fn(T) -> S,
) -> [S; LANES] {
    let mut lanes = [S::default(); LANES];
    for chunk in x.as_chunks::<LANES>().0 {
        // All values before all sums: the compiler makes whole vectors of both.
        let values: [S; LANES] = from_fn(|i| f(chunk[i]));
        add_lanes(&mut lanes, &values);
    }
    lanes
}

/// Elements of a row whose running sums are taken before they are added to those of the row.
const STRETCH: usize = 512;

/// The sum of `f` of each element of a row, a short one from left to right, for kernels that stand in vector code already.
#[inline(always)]
pub(crate) fn total<T: Copy, S: Copy + Default + Add<Output = S>>(
    row: &[T],
    f: impl Fn(T) -> S + Copy,
) -> S {
    if row.len() <= LANES {
        return row.iter().fold(S::default(), |sum, &v| sum + f(v));
    }
    let mut sums = [S::default(); LANES];
    row.chunks(STRETCH)
        .for_each(|part| add_lanes(&mut sums, &lanes(part, f)));
    joined(sums)
}

/// Several running sums over a row of `len` elements as [`total`] takes one: `part` gives those of a stretch of the row.
#[inline(always)]
pub(super) fn totals<T: Copy + Default + Add<Output = T>, const N: usize>(
    len: usize,
    mut part: impl FnMut(Range<usize>) -> [[T; LANES]; N],
) -> [T; N] {
    let mut sums = [[T::default(); LANES]; N];
    for start in (0..len).step_by(STRETCH) {
        let lanes = part(start..len.min(start + STRETCH));
        for (sums, lanes) in sums.iter_mut().zip(&lanes) {
            add_lanes(sums, lanes);
        }
    }
    sums.map(|sums| match len {
        0..=LANES => sums.iter().fold(T::default(), |sum, &v| sum + v),
        _ => joined(sums),
    })
}

/// The sum, by blocks added pairwise.
pub(crate) fn sum<T: Element + Add<Output = T>>(x: &[T]) -> T {
    if x.len() > BLOCK * GROUP {
        let (first, rest) = x.split_at(half(x.len()));
        return sum(first) + sum(rest);
    }
    if x.len() <= BLOCK {
        let mut sum = [T::default()];
        sum_short(x, x.len(), &mut sum);
        return sum[0];
    }
    let mut blocks = [T::default(); GROUP];
    sum_blocks(x, &mut blocks);
    pairwise(&blocks, x.len())
}

/// The sums of rows of `len` elements, no more than a block.
fn sum_short<T: Element + Add<Output = T>>(x: &[T], len: usize, out: &mut [T]) {
    simd::vectorize(
        x.len(),
        #[inline(always)]
        || {
            for (o, row) in out.iter_mut().zip(x.chunks_exact(len.max(1))) {
                *o = match len {
                    0..=LANES => row.iter().fold(T::default(), |sum, &v| sum + v),
                    _ => joined(lanes(row, |v| v)),
                };
            }
        },
    );
}

/// The sums of blocks of `x`, the last of which may be shorter, for [`pairwise`].
pub(crate) fn sum_blocks<T: Element + Add<Output = T>>(x: &[T], out: &mut [T]) {
    simd::vectorize(
        x.len(),
        #[inline(always)]
        || {
            let (whole, rest) = x.split_at(x.len() / LANES * LANES);
            for (sum, block) in out.iter_mut().zip(whole.chunks(BLOCK)) {
                *sum = joined(whole_lanes(block, |v| v));
            }
            if !rest.is_empty() {
                let last = x.len() / BLOCK;
                out[last] = joined(lanes(&x[last * BLOCK..], |v| v));
            }
        },
    );
}

/// The sum of `len` elements, more than a block, from the sums of their blocks.
pub(crate) fn pairwise<T: Copy + Add<Output = T>>(blocks: &[T], len: usize) -> T {
    if len <= BLOCK {
        return blocks[0];
    }
    let first = half(len);
    pairwise(blocks, first) + pairwise(&blocks[first / BLOCK..], len - first)
}

/// Cuts `len` rows where the sum that is taken pairwise cuts them, down to at most `most` rows.
fn cut(len: usize, most: usize, ends: &mut Vec<usize>) {
    if len <= most.max(BLOCK) {
        ends.push(ends.last().copied().unwrap_or(0) + len);
        return;
    }
    let first = half(len);
    cut(first, most, ends);
    cut(len - first, most, ends);
}

/// Adds up the sums of the pieces that [`cut`] makes, in its order.
fn rejoin<P>(
    len: usize,
    most: usize,
    sums: &mut impl Iterator<Item = P>,
    add: &impl Fn(P, P) -> P,
) -> P {
    if len <= most.max(BLOCK) {
        return sums.next().expect("each piece has a sum");
    }
    let first = half(len);
    let left = rejoin(first, most, sums, add);
    let right = rejoin(len - first, most, sums, add);
    add(left, right)
}

/// As [`sum`], to the same bits, on several threads.
fn shared_sum<T: Element + Add<Output = T>>(x: &[T]) -> T {
    let most = threads::piece(threads::PLAIN).max(x.len() / PIECES);
    let mut ends = vec![];
    cut(x.len(), most, &mut ends);
    let mut sums = vec![T::default(); ends.len()];
    threads::for_each_chunk(&mut sums, 1, true, |i, out| {
        let start = if i == 0 { 0 } else { ends[i - 1] };
        out[0] = sum(&x[start..ends[i]]);
    });
    rejoin(x.len(), most, &mut sums.into_iter(), &|a, b| a + b)
}

/// Sums over the middle axis of `[outer, len, inner]`, into `[outer, inner]`.
pub(crate) fn sum_axis<T: Element + Add<Output = T>>(
    x: &[T],
    outer: usize,
    len: usize,
    inner: usize,
    out: &mut [T],
) {
    if len == 0 {
        return out.fill(T::default());
    }
    let size = len * inner;
    let shares = threads::shares(x.len(), threads::PLAIN);
    if shares && outer < 8 {
        for (x, out) in x
            .chunks_exact(size.max(1))
            .zip(out.chunks_mut(inner.max(1)))
        {
            match inner {
                1 => out[0] = shared_sum(x),
                _ => shared_rows(x, inner, out),
            }
        }
        return;
    }
    let some = threads::rows(threads::PLAIN, size);
    threads::for_each_chunk(out, (some * inner).max(1), shares, |at, out| {
        let x = &x[at * some * size..][..out.len() * len];
        if inner == 1 && len <= BLOCK {
            return sum_short(x, len, out);
        }
        for (x, out) in x.chunks_exact(size).zip(out.chunks_mut(inner)) {
            match inner {
                1 => out[0] = sum(x),
                _ => sum_rows(x, inner, out),
            }
        }
    });
}

/// `f` of each of `rows` rows of `len` elements, in vector code, which `f` is to be inlined into.
pub(crate) fn fold_rows<T: Element, R: Element>(
    x: &[T],
    rows: usize,
    len: usize,
    f: impl Fn(&[T]) -> R + Sync,
) -> Data<R> {
    let mut data = Data::<R>::scratch(rows);
    let some = threads::rows(threads::PLAIN, len);
    let shares = threads::shares(x.len(), threads::PLAIN);
    threads::for_each_chunk(data.make_mut(), some, shares, |at, out| {
        simd::vectorize(
            out.len() * len,
            #[inline(always)]
            || {
                for (i, o) in out.iter_mut().enumerate() {
                    *o = f(&x[(at * some + i) * len..][..len]);
                }
            },
        );
    });
    data
}

/// The sum of rows of `width` elements, pairwise above a block of rows.
fn sum_rows<T: Element + Add<Output = T>>(x: &[T], width: usize, out: &mut [T]) {
    let rows = x.len() / width.max(1);
    if rows > BLOCK {
        let (first, rest) = x.split_at(half(rows) * width);
        let mut later = Data::<T>::scratch(width);
        sum_rows(first, width, out);
        sum_rows(rest, width, later.make_mut());
        return simd::update(out, &later, |a, b| a + b);
    }
    out.fill(T::default());
    simd::vectorize(
        x.len(),
        #[inline(always)]
        || add_rows(x, width, out),
    );
}

/// Adds rows to `out`, four at a time, so that it is read and written the less often.
#[inline(always)]
fn add_rows<T: Copy + Add<Output = T>>(x: &[T], width: usize, out: &mut [T]) {
    let fours = x.chunks_exact(4 * width.max(1));
    let rest = fours.remainder();
    for four in fours {
        let (front, back) = four.split_at(2 * width);
        let ((a, b), (c, d)) = (front.split_at(width), back.split_at(width));
        let rows = a.iter().zip(b).zip(c.iter().zip(d));
        for (o, ((&a, &b), (&c, &d))) in out.iter_mut().zip(rows) {
            *o = *o + a + b + c + d;
        }
    }
    for row in rest.chunks_exact(width.max(1)) {
        for (o, &v) in out.iter_mut().zip(row) {
            *o = *o + v;
        }
    }
}

/// As [`sum_rows`], to the same bits, on several threads.
fn shared_rows<T: Element + Add<Output = T>>(x: &[T], width: usize, out: &mut [T]) {
    let rows = x.len() / width;
    let most = threads::rows(threads::PLAIN, width).max(rows / PIECES);
    let mut ends = vec![];
    cut(rows, most, &mut ends);
    let mut sums = vec![T::default(); ends.len() * width];
    threads::for_each_chunk(&mut sums, width, true, |i, out| {
        let start = if i == 0 { 0 } else { ends[i - 1] };
        sum_rows(&x[start * width..ends[i] * width], width, out);
    });
    let add = |a: &mut [T], b: &mut [T]| simd::update(a, b, |a, b| a + b);
    let first = rejoin(rows, most, &mut sums.chunks_exact_mut(width), &|a, b| {
        add(a, b);
        a
    });
    out.copy_from_slice(first);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_on_several_threads_have_the_same_bits() {
        let values: Vec<f32> = (0..300_000u32)
            .map(|i| (i.wrapping_mul(2_654_435_761) >> 8) as f32 / 1e7 - 0.8)
            .collect();
        for len in [1, 127, 128, 129, 16_384, 16_385, 40_000, 131_072, 299_999] {
            assert_eq!(
                sum(&values[..len]).to_bits(),
                shared_sum(&values[..len]).to_bits()
            );
        }
        for (rows, width) in [(300_000, 1), (100_000, 3), (3_000, 100), (3, 100_000)] {
            let (mut one, mut many) = (vec![0.0; width], vec![0.0; width]);
            sum_rows(&values[..rows * width], width, &mut one);
            shared_rows(&values[..rows * width], width, &mut many);
            assert_eq!(one, many, "{rows} rows of {width}");
        }
    }
}
