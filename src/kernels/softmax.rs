//! Exponentials along rows and their sums: softmax, its logarithm, their derivatives, the losses of classes.
//!
//! Rows are worked on in groups that fit the nearest cache. Exponentials are taken of a whole group at a time, so that
//! short rows fill the vectors too.

use super::math::{Exp, Math};
use super::reduce::{LANES, total};
use super::{simd, threads};
use crate::dtype::Element;
use crate::tensor::storage::Data;
use num_traits::Float;

/// Elements of a group of rows, and its rows, at most; a longer row is a group of its own.
const GROUP: usize = 1024;
const ROWS: usize = 128;

/// Elements from which a row fills the vectors by itself, so that it needs fewer passes.
const LONG: usize = 64;

/// Floating-point types with the functions that these kernels need.
pub(crate) trait Real: Element + Float + Exp + Math {}
impl<T: Element + Float + Exp + Math> Real for T {}

/// The greatest number; any NaN shows in the sum of the exponentials.
#[inline(always)]
fn greatest<T: Float>(row: &[T]) -> T {
    let larger = |a: T, b: T| if b > a { b } else { a };
    if row.len() <= LANES {
        return row.iter().fold(T::neg_infinity(), |a, &b| larger(a, b));
    }
    let mut tops = [T::neg_infinity(); LANES];
    // The last sixteen are taken whole, some of them again.
    for chunk in row
        .chunks_exact(LANES)
        .chain(row.rchunks_exact(LANES).take(1))
    {
        for (top, &v) in tops.iter_mut().zip(chunk) {
            *top = larger(*top, v);
        }
    }
    tops.into_iter().fold(T::neg_infinity(), larger)
}

/// Each row of `x` less its greatest number, which goes to `tops`.
#[inline(always)]
fn lower<T: Float>(x: &[T], len: usize, tops: &mut [T], out: &mut [T]) {
    let rows = x.chunks_exact(len).zip(out.chunks_exact_mut(len));
    for ((row, out), top) in rows.zip(tops) {
        *top = greatest(row);
        for (o, &v) in out.iter_mut().zip(row) {
            *o = v - *top;
        }
    }
}

#[inline(always)]
fn exponentials<T: Real>(x: &mut [T]) {
    for v in x {
        *v = v.exp_();
    }
}

#[inline(always)]
fn totals<T: Real>(x: &[T], len: usize, sums: &mut [T]) {
    for (row, sum) in x.chunks_exact(len).zip(sums) {
        *sum = total(row, |v| v);
    }
}

#[inline(always)]
fn logarithms<T: Real>(x: &mut [T]) {
    for v in x {
        *v = v.log_();
    }
}

/// How many rows make a group.
fn group(len: usize) -> usize {
    (GROUP / len.max(1)).clamp(1, ROWS)
}

/// Values as `[.., len, inner]`, in which rows run along the middle axis.
#[derive(Clone, Copy)]
pub(crate) struct Rows {
    pub(crate) len: usize,
    pub(crate) inner: usize,
}

/// Rows that are brought side by side at a time, where they do not lie so.
const WIDTH: usize = 16;

impl Rows {
    /// Calls `f` with rows of `x` and the same rows of `out`, as many as there are at a time.
    fn each<T: Real>(&self, x: &[T], out: &mut [T], f: impl Fn(&[T], &mut [T]) + Sync) {
        let Rows { len, inner, .. } = *self;
        if inner == 1 {
            return threads::pass(out, len, threads::COSTLY, |at, out| {
                f(&x[at..at + out.len()], out)
            });
        }
        let size = len * inner;
        threads::pass(out, size, threads::COSTLY, |at, out| {
            let mut scratch = Data::<T>::scratch(2 * WIDTH * len);
            for (x, out) in x[at..].chunks_exact(size).zip(out.chunks_exact_mut(size)) {
                for first in (0..inner).step_by(WIDTH) {
                    let width = WIDTH.min(inner - first);
                    let (rows, results) =
                        scratch.make_mut()[..2 * width * len].split_at_mut(width * len);
                    for (i, (x, out)) in x
                        .chunks_exact(inner)
                        .zip(out.chunks_exact(inner))
                        .enumerate()
                    {
                        for j in 0..width {
                            rows[j * len + i] = x[first + j];
                            results[j * len + i] = out[first + j];
                        }
                    }
                    f(rows, results);
                    for (i, out) in out.chunks_exact_mut(inner).enumerate() {
                        (0..width).for_each(|j| out[first + j] = results[j * len + i]);
                    }
                }
            }
        });
    }

    /// `exp(x)` over its sum along each row, or the logarithm of that.
    pub(crate) fn softmax<T: Real>(&self, x: &[T], log: bool) -> Data<T> {
        let mut out = Data::<T>::scratch(x.len());
        if x.is_empty() {
            return out;
        }
        let (len, size) = (self.len, self.len * group(self.len));
        self.each(x, out.make_mut(), |x, out| {
            simd::fused(
                #[inline(always)]
                || {
                    for (x, out) in x.chunks(size).zip(out.chunks_mut(size)) {
                        shares(x, len, out, log);
                    }
                },
            );
        });
        out
    }

    /// The gradient by the input, written over that of the result, which is `y`.
    pub(crate) fn slope<T: Real>(&self, y: &[T], grad: &mut [T], log: bool) {
        if y.is_empty() {
            return;
        }
        let (len, size) = (self.len, self.len * group(self.len));
        self.each(y, grad, |y, grad| {
            let mut scratch = Data::<T>::scratch(size);
            let scratch = scratch.make_mut();
            simd::fused(
                #[inline(always)]
                || {
                    for (y, grad) in y.chunks(size).zip(grad.chunks_mut(size)) {
                        match log {
                            true => slope_of_log(y, len, grad, &mut scratch[..y.len()]),
                            false => slope(y, len, grad),
                        }
                    }
                },
            );
        });
    }
}

/// The exponentials of each row of `x` less its greatest number, which goes to `tops`.
#[inline(always)]
fn powers<T: Real>(x: &[T], len: usize, tops: &mut [T], out: &mut [T]) {
    if len < LONG {
        lower(x, len, tops, out);
        return exponentials(out);
    }
    let rows = x.chunks_exact(len).zip(out.chunks_exact_mut(len));
    for ((row, out), top) in rows.zip(tops) {
        let most = greatest(row);
        for (o, &v) in out.iter_mut().zip(row) {
            *o = (v - most).exp_();
        }
        *top = most;
    }
}

/// A group of rows of a softmax or its logarithm.
#[inline(always)]
fn shares<T: Real>(x: &[T], len: usize, out: &mut [T], log: bool) {
    let (mut tops, mut sums) = ([T::zero(); ROWS], [T::one(); ROWS]);
    powers(x, len, &mut tops, out);
    totals(out, len, &mut sums);
    let rows = out.chunks_exact_mut(len).zip(&sums);
    if !log {
        for (out, &sum) in rows {
            out.iter_mut().for_each(|o| *o = *o / sum);
        }
        return;
    }
    logarithms(&mut sums[..x.len() / len]);
    let rows = out.chunks_exact_mut(len).zip(x.chunks_exact(len));
    for ((out, x), (&top, &shift)) in rows.zip(tops.iter().zip(&sums)) {
        for (o, &v) in out.iter_mut().zip(x) {
            *o = v - top - shift;
        }
    }
}

/// `g y - y sum(g y)`.
#[inline(always)]
fn slope<T: Real>(y: &[T], len: usize, grad: &mut [T]) {
    for (grad, y) in grad.chunks_exact_mut(len).zip(y.chunks_exact(len)) {
        for (g, &y) in grad.iter_mut().zip(y) {
            *g = *g * y;
        }
        let sum = total(grad, |g| g);
        for (g, &y) in grad.iter_mut().zip(y) {
            *g = *g - y * sum;
        }
    }
}

/// `g - exp(y) sum(g)`.
#[inline(always)]
fn slope_of_log<T: Real>(y: &[T], len: usize, grad: &mut [T], shares: &mut [T]) {
    if len >= LONG {
        for (grad, y) in grad.chunks_exact_mut(len).zip(y.chunks_exact(len)) {
            let sum = total(grad, |g| g);
            for (g, &y) in grad.iter_mut().zip(y) {
                *g = *g - y.exp_() * sum;
            }
        }
        return;
    }
    shares.copy_from_slice(y);
    exponentials(shares);
    for (grad, shares) in grad.chunks_exact_mut(len).zip(shares.chunks_exact(len)) {
        let sum = total(grad, |g| g);
        for (g, &share) in grad.iter_mut().zip(shares) {
            *g = *g - share * sum;
        }
    }
}

/// Of each row of `len` scores the greatest, the logarithm of the sum of the exponentials of what they are above it, and
/// the score of the row's class.
pub(crate) fn scores<T: Real>(x: &[T], len: usize, classes: &[i64]) -> [Data<T>; 3] {
    let mut kept: [Data<T>; 3] = std::array::from_fn(|_| Data::scratch(classes.len()));
    let rows = group(len);
    let some = threads::rows(threads::COSTLY, len).next_multiple_of(rows);
    let [tops, shifts, own] = kept.each_mut().map(|data| data.make_mut().chunks_mut(some));
    let pieces = tops.zip(shifts).zip(own).enumerate();
    let shared = threads::shares(x.len(), threads::COSTLY);
    threads::share(pieces, shared, |(at, ((tops, shifts), own))| {
        let (x, classes) = (&x[at * some * len..], &classes[at * some..]);
        let mut scratch = Data::<T>::scratch(len * rows);
        let scratch = scratch.make_mut();
        simd::fused(
            #[inline(always)]
            || {
                for first in (0..tops.len()).step_by(rows) {
                    let part = first..tops.len().min(first + rows);
                    let x = &x[part.start * len..part.end * len];
                    let (tops, shifts) = (&mut tops[part.clone()], &mut shifts[part]);
                    let scratch = &mut scratch[..x.len()];
                    powers(x, len, tops, scratch);
                    totals(scratch, len, shifts);
                    logarithms(shifts);
                }
            },
        );
        let rows = x.chunks_exact(len).zip(classes);
        let picked = own.iter_mut().zip(rows);
        picked.for_each(|(own, (x, &class))| *own = x[class as usize]);
    });
    kept
}

/// The gradient by the scores: `slope` at the class of each row, less that times the row's softmax, which the greatest
/// scores and the logarithms of the sums make out.
pub(crate) fn slope_of_scores<T: Real>(
    x: &[T],
    len: usize,
    classes: &[i64],
    [tops, shifts]: [&[T]; 2],
    slopes: &[T],
) -> Data<T> {
    let mut out = Data::<T>::scratch(x.len());
    if x.is_empty() {
        return out;
    }
    let rows = group(len);
    threads::pass(out.make_mut(), len, threads::COSTLY, |at, out| {
        simd::fused(
            #[inline(always)]
            || {
                let groups = x[at..].chunks(rows * len).zip(out.chunks_mut(rows * len));
                for (i, (x, out)) in groups.enumerate() {
                    let first = at / len + i * rows;
                    let parts = tops[first..].iter().zip(&shifts[first..]);
                    let x = x.chunks_exact(len).zip(parts);
                    let own = slopes[first..].iter().zip(&classes[first..]);
                    if len >= LONG {
                        let rows = out.chunks_exact_mut(len).zip(x).zip(own);
                        for ((out, (x, (&top, &shift))), (&slope, &class)) in rows {
                            for (o, &v) in out.iter_mut().zip(x) {
                                *o = T::zero() - (v - top - shift).exp_() * slope;
                            }
                            out[class as usize] = slope + out[class as usize];
                        }
                        continue;
                    }
                    for (out, (x, (&top, &shift))) in out.chunks_exact_mut(len).zip(x) {
                        for (o, &v) in out.iter_mut().zip(x) {
                            *o = v - top - shift;
                        }
                    }
                    exponentials(out);
                    for (out, (&slope, &class)) in out.chunks_exact_mut(len).zip(own) {
                        out.iter_mut().for_each(|o| *o = T::zero() - *o * slope);
                        out[class as usize] = slope + out[class as usize];
                    }
                }
            },
        );
    });
    out
}

/// The logarithm of the sum of the exponentials of each row of `len` numbers.
pub(crate) fn logsumexp<T: Real>(x: &[T], len: usize, out: &mut [T]) {
    if len == 0 {
        return out.fill(T::neg_infinity());
    }
    let some = threads::rows(threads::COSTLY, len);
    let shared = threads::shares(x.len(), threads::COSTLY);
    threads::for_each_chunk(out, some, shared, |at, out| {
        let mut scratch = Data::<T>::scratch(len);
        let scratch = scratch.make_mut();
        simd::fused(
            #[inline(always)]
            || {
                for (o, row) in out.iter_mut().zip(x[at * some * len..].chunks_exact(len)) {
                    let top = greatest(row);
                    // An infinite shift would make NaN of infinite terms.
                    let top = if top.is_infinite() { T::zero() } else { top };
                    scratch.copy_from_slice(row);
                    scratch.iter_mut().for_each(|v| *v = *v - top);
                    exponentials(scratch);
                    *o = total(scratch, |v| v).log_() + top;
                }
            },
        );
    });
}
