//! One output element from the elements of one or two operands, with broadcasting.

use super::math::Math;
use super::simd;
use super::strided::{Pair, for_each_run};
use crate::dtype::Element;
use crate::tensor::storage::Data;

/// `f` of every element.
#[inline]
pub(crate) fn map<T: Element, R: Element>(x: &[T], f: impl Fn(T) -> R) -> Data<R> {
    let mut out = Data::scratch(x.len());
    simd::map(x, out.make_mut(), f);
    out
}

/// A trigonometric function, by `near` where angles are not far from 0, else by `any`.
#[inline]
pub(crate) fn map_angles<T: Element + Math>(
    x: &[T],
    (near, any): (impl Fn(T) -> T, impl Fn(T) -> T),
) -> Data<T> {
    let mut out = Data::scratch(x.len());
    simd::map_mostly(x, out.make_mut(), near, Math::is_far, any);
    out
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
    f: impl Fn(A, B) -> R + Copy,
) -> Data<R> {
    let len = shape.iter().product();
    let mut out = Data::scratch(len);
    let (l, r) = (lhs.values, rhs.values);
    if l.len() == len && r.len() == len {
        simd::zip(l, r, out.make_mut(), f);
    } else if len == 0 {
    } else if let (true, &[b]) = (l.len() == len, r) {
        simd::map(l, out.make_mut(), move |a| f(a, b));
    } else if let (&[a], true) = (l, r.len() == len) {
        simd::map(r, out.make_mut(), move |b| f(a, b));
    } else {
        stretched(lhs, rhs, shape, out.make_mut(), f);
    }
    out
}

/// The general case: runs along the innermost joined axis, on which each operand moves on or stands.
fn stretched<A: Element, B: Element, R: Element>(
    lhs: Side<'_, A>,
    rhs: Side<'_, B>,
    shape: &[usize],
    out: &mut [R],
    f: impl Fn(A, B) -> R + Copy,
) {
    let pair = Pair::new(shape, lhs.shape, rhs.shape);
    let inner = pair.shape.len() - 1;
    let run = pair.shape[inner];
    let mut starts = Vec::with_capacity(out.len() / run);
    for_each_run(&pair.shape, &pair.rhs, 0, |from| starts.push(from));
    let mut runs = out.chunks_exact_mut(run).zip(starts);
    let (left_step, right_step) = (pair.lhs[inner], pair.rhs[inner]);
    for_each_run(&pair.shape, &pair.lhs, 0, |from| {
        let (out, right) = runs.next().expect("both operands have as many runs");
        match (left_step, right_step) {
            (0, _) => {
                let a = lhs.values[from];
                simd::map(&rhs.values[right..right + run], out, move |b| f(a, b));
            }
            (_, 0) => {
                let b = rhs.values[right];
                simd::map(&lhs.values[from..from + run], out, move |a| f(a, b));
            }
            _ => simd::zip(
                &lhs.values[from..from + run],
                &rhs.values[right..right + run],
                out,
                f,
            ),
        }
    });
}
