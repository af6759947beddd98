//! Rows that lie in one piece brought to mean 0 and variance 1, each with all its weights: what layers normalise.
//!
//! A row is read once on the way there and once on the way back, where the sums for the weights are taken too.

use super::norm::{BLOCK, Moments, Scales};
use super::reduce::{total, total_of_products};
use super::{simd, threads};
use crate::dtype::Element;
use crate::tensor::storage::Data;
use num_traits::Float;

/// Elements from which rows are shared out.
const LEAST: usize = threads::PLAIN / 2;

/// The mean of `f` of each element.
#[inline(always)]
fn mean<T: Element + Float>(row: &[T], f: impl Fn(T) -> T + Copy) -> T {
    let count = T::from(row.len()).expect("a float holds every size, rounded");
    total(row, f) / count
}

/// `(x - mean) / sqrt(variance + eps) * weight + bias`, with the moments of each row of `len` elements.
pub(super) fn apply<T: Element + Float>(
    x: &[T],
    len: usize,
    eps: T,
    [weight, bias]: [Option<&[T]>; 2],
) -> (Data<T>, Vec<Moments<T>>) {
    let mut out = Data::<T>::scratch(x.len());
    let mut moments = vec![Moments::default(); x.len() / len];
    let some = threads::rows(LEAST, len);
    let pieces = out
        .make_mut()
        .chunks_mut(some * len)
        .zip(moments.chunks_mut(some));
    let pieces = pieces.zip(x.chunks(some * len));
    threads::share(
        pieces,
        threads::shares(x.len(), LEAST),
        |((out, moments), x)| {
            simd::vectorize(
                out.len(),
                #[inline(always)]
                || {
                    let rows = x.chunks_exact(len).zip(out.chunks_exact_mut(len));
                    for ((row, out), moments) in rows.zip(moments) {
                        *moments = row_moments(row);
                        let scale = (moments.variance + eps).sqrt().recip();
                        let standard = |v: T| (v - moments.mean) * scale;
                        let both = out.iter_mut().zip(row);
                        match (weight, bias) {
                            (Some(weight), Some(bias)) => {
                                let weights = weight.iter().zip(bias);
                                both.zip(weights)
                                    .for_each(|((o, &v), (&w, &b))| *o = standard(v) * w + b);
                            }
                            (Some(weight), None) => {
                                both.zip(weight)
                                    .for_each(|((o, &v), &w)| *o = standard(v) * w);
                            }
                            (None, Some(bias)) => {
                                both.zip(bias)
                                    .for_each(|((o, &v), &b)| *o = standard(v) + b);
                            }
                            (None, None) => both.for_each(|(o, &v)| *o = standard(v)),
                        }
                    }
                },
            );
        },
    );
    (out, moments)
}

#[inline(always)]
fn row_moments<T: Element + Float>(row: &[T]) -> Moments<T> {
    let level = mean(row, |v| v);
    let variance = mean(row, |v| (v - level) * (v - level));
    Moments {
        mean: level,
        variance,
    }
}

/// The gradients by the input, and by the weights and the biases, whose sums are taken by blocks of rows.
pub(super) fn slopes<T: Element + Float>(
    x: &[T],
    grad: &[T],
    len: usize,
    by: Scales<'_, T>,
    weight: Option<&[T]>,
) -> (Data<T>, [Data<T>; 2]) {
    let mut out = Data::<T>::scratch(x.len());
    let blocks = (x.len() / len).div_ceil(BLOCK).max(1);
    let mut sums = Data::<T>::full(blocks * 2 * len, T::zero());
    let pieces = out
        .make_mut()
        .chunks_mut(BLOCK * len)
        .zip(sums.make_mut().chunks_mut(2 * len));
    let parallel = threads::shares(x.len(), LEAST);
    threads::share(pieces.enumerate(), parallel, |(i, (out, sums))| {
        let mut standard = Data::<T>::scratch(len);
        let standard = standard.make_mut();
        let first = i * BLOCK;
        let own = first * len..first * len + out.len();
        let (x, grad) = (&x[own.clone()], &grad[own]);
        simd::vectorize(
            out.len(),
            #[inline(always)]
            || {
                let rows = x.chunks_exact(len).zip(grad.chunks_exact(len));
                let scales = by.mean[first..].iter().zip(&by.scale[first..]);
                for ((out, (x, grad)), (&mean, &scale)) in
                    out.chunks_exact_mut(len).zip(rows).zip(scales)
                {
                    for (s, &v) in standard.iter_mut().zip(x) {
                        *s = (v - mean) * scale;
                    }
                    add_up(standard, grad, sums);
                    slope(standard, grad, scale, weight, out);
                }
            },
        );
    });
    let (first, rest) = sums.make_mut().split_at_mut(2 * len);
    rest.chunks_exact(2 * len)
        .for_each(|block| simd::update(first, block, |sum, v| sum + v));
    let (slopes, levels) = first.split_at(len);
    (out, [Data::from_slice(slopes), Data::from_slice(levels)])
}

/// Adds a row to the gradients by the weights and by the biases.
#[inline(always)]
fn add_up<T: Float>(standard: &[T], grad: &[T], sums: &mut [T]) {
    let (slopes, levels) = sums.split_at_mut(standard.len());
    for (sum, (&s, &g)) in slopes.iter_mut().zip(standard.iter().zip(grad)) {
        *sum = *sum + s * g;
    }
    for (sum, &g) in levels.iter_mut().zip(grad) {
        *sum = *sum + g;
    }
}

/// The gradient by a row. The weighted gradient stands in `out` until its means are known.
#[inline(always)]
fn slope<T: Element + Float>(
    standard: &[T],
    grad: &[T],
    scale: T,
    weight: Option<&[T]>,
    out: &mut [T],
) {
    match weight {
        Some(weight) => {
            for (o, (&g, &w)) in out.iter_mut().zip(grad.iter().zip(weight)) {
                *o = g * w;
            }
        }
        None => out.copy_from_slice(grad),
    }
    let level = mean(out, |g| g);
    let along = mean_product(out, standard);
    for (o, &s) in out.iter_mut().zip(standard) {
        *o = (*o - level - s * along) * scale;
    }
}

/// The mean of the products of two rows.
#[inline(always)]
fn mean_product<T: Element + Float>(a: &[T], b: &[T]) -> T {
    let count = T::from(a.len()).expect("a float holds every size, rounded");
    total_of_products(a, b) / count
}
