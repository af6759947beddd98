//! Rows that lie in one piece brought to mean 0 and variance 1, each with all its weights: what layers normalise.
//!
//! A row is read once on the way there and once on the way back, where the sums for the weights are taken too.

use super::norm::{BLOCK, Moments, Scales};
use super::reduce::{LANES, total, totals};
use super::{simd, threads};
use crate::dtype::Element;
use crate::tensor::storage::Data;
use num_traits::Float;
use std::ops::Range;

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
    let weight = weights(weight, len, T::one());
    // Adding -0 changes nothing, not even the sign of a 0.
    let bias = weights(bias, len, T::neg_zero());
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
                        let (w, b) = (&weight[..row.len()], &bias[..row.len()]);
                        let out = &mut out[..row.len()];
                        for i in 0..row.len() {
                            out[i] = (row[i] - moments.mean) * scale * w[i] + b[i];
                        }
                    }
                },
            );
        },
    );
    (out, moments)
}

/// The weights of a row, each `neutral` where there are none.
fn weights<T: Element>(given: Option<&[T]>, len: usize, neutral: T) -> Data<T> {
    match given {
        Some(given) => Data::from_slice(given),
        None => Data::full(len, neutral),
    }
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
    let weight = weights(weight, len, T::one());
    let blocks = (x.len() / len).div_ceil(BLOCK).max(1);
    let mut sums = Data::<T>::full(blocks * 2 * len, T::zero());
    let pieces = out
        .make_mut()
        .chunks_mut(BLOCK * len)
        .zip(sums.make_mut().chunks_mut(2 * len));
    let parallel = threads::shares(x.len(), LEAST);
    threads::share(pieces.enumerate(), parallel, |(i, (out, sums))| {
        let first = i * BLOCK;
        let own = first * len..first * len + out.len();
        let (x, grad) = (&x[own.clone()], &grad[own]);
        let (slopes, levels) = sums.split_at_mut(len);
        simd::vectorize(
            out.len(),
            #[inline(always)]
            || {
                let rows = x.chunks_exact(len).zip(grad.chunks_exact(len));
                let rows = rows.zip(out.chunks_exact_mut(len));
                let scales = by.mean[first..].iter().zip(&by.scale[first..]);
                for (((x, grad), out), (&mean, &scale)) in rows.zip(scales) {
                    let line = Line {
                        x,
                        grad,
                        weight: &weight,
                        mean,
                        scale,
                    };
                    let sums = totals(
                        len,
                        #[inline(always)]
                        |part| {
                            line.part(part.clone())
                                .sums(&mut slopes[part.clone()], &mut levels[part])
                        },
                    );
                    line.slope(sums, out);
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

/// What the gradient by a row is made from.
#[derive(Clone, Copy)]
struct Line<'a, T> {
    x: &'a [T],
    grad: &'a [T],
    weight: &'a [T],
    mean: T,
    scale: T,
}

/// The next elements, and `rest` where there are no more of them.
#[inline(always)]
fn padded<T: Copy>(values: &[T], rest: T) -> [T; LANES] {
    std::array::from_fn(|i| values.get(i).map_or(rest, |&v| v))
}

impl<'a, T: Float + Default> Line<'a, T> {
    #[inline(always)]
    fn part(&self, part: Range<usize>) -> Line<'a, T> {
        Line {
            x: &self.x[part.clone()],
            grad: &self.grad[part.clone()],
            weight: &self.weight[part],
            ..*self
        }
    }

    /// Running sums of the weighted gradient and of its products with the standardised row. What the row has of the
    /// gradients by the weights and by the biases is added to `slopes` and `levels`.
    #[inline(always)]
    fn sums(&self, slopes: &mut [T], levels: &mut [T]) -> [[T; LANES]; 2] {
        let (mut level, mut along) = ([T::zero(); LANES], [T::zero(); LANES]);
        let mut add = |x: &[T; LANES],
                       grad: &[T; LANES],
                       weight: &[T; LANES],
                       slopes: &mut [T; LANES],
                       levels: &mut [T; LANES]| {
            for i in 0..LANES {
                let standard = (x[i] - self.mean) * self.scale;
                let weighted = grad[i] * weight[i];
                level[i] = level[i] + weighted;
                along[i] = along[i] + weighted * standard;
                slopes[i] = slopes[i] + standard * grad[i];
                levels[i] = levels[i] + grad[i];
            }
        };
        let (x, last_x) = self.x.as_chunks();
        let (grad, last_grad) = self.grad.as_chunks();
        let (weight, last_weight) = self.weight.as_chunks();
        let (slopes, last_slopes) = slopes.as_chunks_mut();
        let (levels, last_levels) = levels.as_chunks_mut();
        let sums = slopes.iter_mut().zip(levels);
        for (((x, grad), weight), (slopes, levels)) in x.iter().zip(grad).zip(weight).zip(sums) {
            add(x, grad, weight, slopes, levels);
        }
        if !last_x.is_empty() {
            let zero = T::zero();
            let (mut slopes, mut levels) = (padded(last_slopes, zero), padded(last_levels, zero));
            let (x, weight) = (padded(last_x, self.mean), padded(last_weight, zero));
            add(
                &x,
                &padded(last_grad, zero),
                &weight,
                &mut slopes,
                &mut levels,
            );
            last_slopes.copy_from_slice(&slopes[..last_slopes.len()]);
            last_levels.copy_from_slice(&levels[..last_levels.len()]);
        }
        [level, along]
    }

    /// The gradient by the row, from the sums over it.
    #[inline(always)]
    fn slope(&self, sums: [T; 2], out: &mut [T]) {
        let count = T::from(out.len()).expect("a float holds every size, rounded");
        let [level, along] = sums.map(|sum| sum / count);
        let (x, grad, weight) = (
            &self.x[..out.len()],
            &self.grad[..out.len()],
            &self.weight[..out.len()],
        );
        for i in 0..out.len() {
            let standard = (x[i] - self.mean) * self.scale;
            out[i] = (grad[i] * weight[i] - level - standard * along) * self.scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::norm::Frame;

    fn numbers(len: usize, salt: usize) -> Vec<f64> {
        (0..len)
            .map(|i| ((i * 37 + salt * 11) % 101) as f64 / 50.0 - 1.0)
            .collect()
    }

    #[test]
    fn rows_of_every_length_are_those_of_the_general_kernel() {
        for len in [1, 2, 15, 16, 17, 31, 32, 40, 512, 513, 1030] {
            let rows = 300;
            let (x, grad) = (numbers(rows * len, 1), numbers(rows * len, 2));
            let (weight, bias) = (numbers(len, 3), numbers(len, 4));
            // Groups of one row each with the same weights are no plain frame.
            let frame = |groups| Frame {
                outer: 1,
                rows,
                len,
                groups,
                run: 1,
            };
            for given in [[true, true], [true, false], [false, true], [false, false]] {
                let [weight, bias] = [(&weight, given[0]), (&bias, given[1])]
                    .map(|(values, given)| given.then_some(&values[..]));
                let twice = |values: Option<&[f64]>| values.map(|values| values.repeat(2));
                let (doubled, moved) = (twice(weight), twice(bias));
                let (out, moments) = frame(1).normalize(&x, 1e-3, weight, bias);
                let (general, _) =
                    frame(2).normalize(&x, 1e-3, doubled.as_deref(), moved.as_deref());
                let mean: Vec<f64> = moments.iter().map(|m| m.mean).collect();
                let scale: Vec<f64> = moments
                    .iter()
                    .map(|m| (m.variance + 1e-3).sqrt().recip())
                    .collect();
                let by = Scales {
                    mean: &mean,
                    scale: &scale,
                };
                let (slope, [slopes, levels]) = slopes(&x, &grad, len, by, weight);
                let (other, sums) =
                    frame(2).slopes(&x, &grad, by, doubled.as_deref(), (true, true));
                let joined = |sums: &Data<f64>| -> Vec<f64> {
                    (0..len).map(|i| sums[i] + sums[len + i]).collect()
                };
                let [along, level] = sums.expect("they were asked for");
                let near = |a: &[f64], b: &[f64]| {
                    let apart = a.iter().zip(b).map(|(a, b)| (a - b).abs());
                    assert!(
                        a.len() == b.len() && apart.fold(0.0, f64::max) < 1e-10,
                        "{len}"
                    );
                };
                near(&out, &general);
                near(&slope, &other.expect("it was asked for"));
                near(&slopes, &joined(&along));
                near(&levels, &joined(&level));
            }
        }
    }
}
