//! One output element from the elements of one or two operands, with broadcasting; large passes on several threads.

use super::math::Math;
use super::simd::Cost;
use super::strided::{Pair, for_each_run};
use super::{simd, threads};
use crate::dtype::Element;
use crate::shape::Dims;
use crate::tensor::storage::Data;
use std::borrow::Cow;

/// `f` of every element.
#[inline]
pub(crate) fn map<T: Element, R: Element>(
    x: &[T],
    cost: Cost,
    f: impl Fn(T) -> R + Copy + Sync,
) -> Data<R> {
    let mut out = Data::scratch(x.len());
    map_into(x, out.make_mut(), cost, f);
    out
}

#[inline]
fn map_into<T: Element, R: Element>(
    x: &[T],
    out: &mut [R],
    cost: Cost,
    f: impl Fn(T) -> R + Copy + Sync,
) {
    threads::pass(out, 1, cost.least(), |at, out| {
        simd::map_at(cost, &x[at..at + out.len()], out, f);
    });
}

/// A trigonometric function, by `near` where angles are not far from 0, else by `any`.
#[inline]
pub(crate) fn map_angles<T: Element + Math>(
    x: &[T],
    (near, any): (impl Fn(T) -> T + Copy + Sync, impl Fn(T) -> T + Copy + Sync),
) -> Data<T> {
    let mut out = Data::scratch(x.len());
    threads::pass(out.make_mut(), 1, threads::COSTLY, |at, out| {
        simd::map_mostly(&x[at..at + out.len()], out, near, Math::is_far, any);
    });
    out
}

/// `x[i] = f(x[i])`.
pub(crate) fn map_in_place<T: Element>(x: &mut [T], f: impl Fn(T) -> T + Copy + Sync) {
    threads::pass(x, 1, threads::PLAIN, |_, x| simd::map_in_place(x, f));
}

/// `x[i] = f(x[i], y[i])`.
pub(crate) fn update<T: Element, S: Element>(
    x: &mut [T],
    y: &[S],
    f: impl Fn(T, S) -> T + Copy + Sync,
) {
    threads::pass(x, 1, threads::PLAIN, |at, x| {
        simd::update(x, &y[at..at + x.len()], f);
    });
}

/// `x[i, j] = f(x[i, j], row[j])` over rows of `row`'s length.
pub(crate) fn update_rows<T: Element, S: Element>(
    x: &mut [T],
    row: &[S],
    f: impl Fn(T, S) -> T + Copy + Sync,
) {
    if x.len() == row.len() {
        return update(x, row, f);
    }
    let row = &repeated(row, x.len());
    threads::pass(x, row.len(), threads::PLAIN, |_, x| {
        simd::update_rows(x, row, f);
    });
}

/// Rows shorter than this are written out several times, so that loops over them are worth their start.
const SHORT: usize = 256;

/// A row for `whole` elements.
fn repeated<T: Copy>(row: &[T], whole: usize) -> Cow<'_, [T]> {
    match row.len() {
        0 | SHORT.. => Cow::Borrowed(row),
        _ if whole <= SHORT => Cow::Borrowed(row),
        len => Cow::Owned(row.repeat(4 * SHORT / len)),
    }
}

/// A row-major operand: its elements and its own shape.
#[derive(Clone, Copy)]
pub(crate) struct Side<'a, T> {
    pub(crate) values: &'a [T],
    pub(crate) shape: &'a [usize],
}

/// `f` of the elements of two row-major operands stretched to `shape`.
#[inline]
pub(crate) fn zip<A: Element, B: Element, R: Element>(
    lhs: Side<'_, A>,
    rhs: Side<'_, B>,
    shape: &[usize],
    cost: Cost,
    f: impl Fn(A, B) -> R + Copy + Sync,
) -> Data<R> {
    let len = shape.iter().product();
    let mut out = Data::scratch(len);
    let (l, r) = (lhs.values, rhs.values);
    if l.len() == len && r.len() == len {
        threads::pass(out.make_mut(), 1, cost.least(), |at, out| {
            let own = at..at + out.len();
            simd::zip_at(cost, &l[own.clone()], &r[own], out, f);
        });
    } else if len == 0 {
    } else if let (true, &[b]) = (l.len() == len, r) {
        map_into(l, out.make_mut(), cost, move |a| f(a, b));
    } else if let (&[a], true) = (l, r.len() == len) {
        map_into(r, out.make_mut(), cost, move |b| f(a, b));
    } else {
        stretched(lhs, rhs, shape, out.make_mut(), cost, f);
    }
    out
}

/// Where an operand's runs begin.
enum Starts {
    /// Every so many elements.
    Even(usize),
    Listed(Vec<usize>),
}

impl Starts {
    fn new(shape: &[usize], steps: &Dims) -> Starts {
        if let &[first, _] = &steps[..] {
            return Starts::Even(first);
        }
        let mut starts = Vec::new();
        for_each_run(shape, steps, 0, |from| starts.push(from));
        Starts::Listed(starts)
    }

    #[inline(always)]
    fn at(&self, run: usize) -> usize {
        match self {
            Starts::Even(step) => run * step,
            Starts::Listed(starts) => starts[run],
        }
    }
}

/// The general case: runs along the innermost joined axis, on which each operand moves on or stands.
fn stretched<A: Element, B: Element, R: Element>(
    lhs: Side<'_, A>,
    rhs: Side<'_, B>,
    shape: &[usize],
    out: &mut [R],
    cost: Cost,
    f: impl Fn(A, B) -> R + Copy + Sync,
) {
    let pair = Pair::new(shape, lhs.shape, rhs.shape);
    let inner = pair.shape.len() - 1;
    let run = pair.shape[inner];
    if run < SHORT && pair.is_row() && lhs.values.len() == out.len() {
        return by_rows(lhs.values, &repeated(rhs.values, out.len()), out, cost, f);
    }
    let left = Starts::new(&pair.shape, &pair.lhs);
    let right = Starts::new(&pair.shape, &pair.rhs);
    let steps = (pair.lhs[inner], pair.rhs[inner]);
    threads::pass(out, run, cost.least(), |at, out| {
        let runs = out.chunks_exact_mut(run).enumerate();
        let sides = |i: usize| (left.at(at / run + i), right.at(at / run + i));
        cost.vectorize(
            run,
            #[inline(always)]
            || {
                runs.for_each(
                    #[inline(always)]
                    |(i, out)| {
                        let (from, other) = sides(i);
                        match steps {
                            (0, 0) => out.fill(f(lhs.values[from], rhs.values[other])),
                            (0, _) => {
                                let (a, right) =
                                    (lhs.values[from], &rhs.values[other..other + run]);
                                out.iter_mut().zip(right).for_each(|(o, &b)| *o = f(a, b));
                            }
                            (_, 0) => {
                                let (left, b) = (&lhs.values[from..from + run], rhs.values[other]);
                                out.iter_mut().zip(left).for_each(|(o, &a)| *o = f(a, b));
                            }
                            _ => {
                                let left = &lhs.values[from..from + run];
                                let right = &rhs.values[other..other + run];
                                let both = left.iter().zip(right);
                                out.iter_mut()
                                    .zip(both)
                                    .for_each(|(o, (&a, &b))| *o = f(a, b));
                            }
                        }
                    },
                );
            },
        );
    });
}

/// `f` of each element and that of a row which repeats, the last time perhaps not whole.
fn by_rows<A: Element, B: Element, R: Element>(
    x: &[A],
    row: &[B],
    out: &mut [R],
    cost: Cost,
    f: impl Fn(A, B) -> R + Copy + Sync,
) {
    threads::pass(out, row.len(), cost.least(), |at, out| {
        let rows = out.chunks_mut(row.len()).zip(x[at..].chunks(row.len()));
        cost.vectorize(
            row.len(),
            #[inline(always)]
            move || {
                rows.for_each(
                    #[inline(always)]
                    |(out, x)| {
                        let both = x.iter().zip(row);
                        out.iter_mut()
                            .zip(both)
                            .for_each(|(o, (&a, &b))| *o = f(a, b));
                    },
                );
            },
        );
    });
}
