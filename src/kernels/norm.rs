//! Means and variances, and values brought to mean 0 and variance 1 by them.

use super::{norm_rows, reduce, simd, threads};
use crate::dtype::Element;
use crate::tensor::storage::Data;
use num_traits::Float;

/// Rows that one piece of work takes.
const ROWS: usize = 16;

/// Values as `[outer, rows, len]`, of which every row is brought to mean 0 and variance 1 over both other axes.
///
/// A row's weights are `len / run` numbers, each for a run of `run` values; they differ between `groups` neighbouring
/// rows and then begin anew.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame {
    pub(crate) outer: usize,
    pub(crate) rows: usize,
    pub(crate) len: usize,
    pub(crate) groups: usize,
    pub(crate) run: usize,
}

/// The mean and the variance of a row, without Bessel's correction.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Moments<T> {
    pub(crate) mean: T,
    pub(crate) variance: T,
}

fn moments<T: Element + Float>(row: &[T], squares: &mut [T]) -> Moments<T> {
    let count = T::from(row.len()).expect("a float holds every size, rounded");
    let mean = reduce::sum(row) / count;
    simd::map(row, squares, |v| (v - mean) * (v - mean));
    Moments {
        mean,
        variance: reduce::sum(squares) / count,
    }
}

impl Frame {
    /// The number of values in a row.
    pub(crate) fn count(&self) -> usize {
        self.outer * self.len
    }

    /// Whether rows lie in one piece and each takes all weights.
    fn is_plain(&self) -> bool {
        self.outer == 1 && self.groups == 1 && self.run == 1 && self.len > 0
    }

    /// The moments of every row, and the values normalised by them.
    pub(crate) fn normalize<T: Element + Float>(
        &self,
        x: &[T],
        eps: T,
        weight: Option<&[T]>,
        bias: Option<&[T]>,
    ) -> (Data<T>, Vec<Moments<T>>) {
        if self.is_plain() {
            return norm_rows::apply(x, self.len, eps, [weight, bias]);
        }
        let moments = self.moments(x);
        (self.apply(x, &moments, eps, weight, bias), moments)
    }

    /// The moments of every row.
    pub(crate) fn moments<T: Element + Float>(&self, x: &[T]) -> Vec<Moments<T>> {
        let mut out = vec![
            Moments {
                mean: T::zero(),
                variance: T::zero()
            };
            self.rows
        ];
        let count = self.count();
        if count == 0 {
            return out;
        }
        let parallel = threads::pays(x.len() * 4);
        threads::for_each_chunk(&mut out, ROWS, parallel, |i, out| {
            let (mut row, mut squares) = (Data::<T>::scratch(count), Data::<T>::scratch(count));
            for (j, out) in out.iter_mut().enumerate() {
                let at = i * ROWS + j;
                let values = match self.outer {
                    1 => &x[at * count..(at + 1) * count],
                    _ => {
                        self.collect(x, at, row.make_mut());
                        &row[..]
                    }
                };
                *out = moments(values, squares.make_mut());
            }
        });
        out
    }

    /// The values of one row, one after the other.
    fn collect<T: Copy>(&self, x: &[T], row: usize, out: &mut [T]) {
        for (outer, out) in out.chunks_exact_mut(self.len).enumerate() {
            let start = (outer * self.rows + row) * self.len;
            out.copy_from_slice(&x[start..start + self.len]);
        }
    }

    /// `(x - mean) / sqrt(variance + eps) * weight + bias`.
    pub(crate) fn apply<T: Element + Float>(
        &self,
        x: &[T],
        moments: &[Moments<T>],
        eps: T,
        weight: Option<&[T]>,
        bias: Option<&[T]>,
    ) -> Data<T> {
        let mut out = Data::<T>::scratch(x.len());
        if x.is_empty() {
            return out;
        }
        let scales: Vec<T> = moments
            .iter()
            .map(|m| (m.variance + eps).sqrt().recip())
            .collect();
        if self.len == 1 && self.groups == self.rows {
            let means: Vec<T> = moments.iter().map(|m| m.mean).collect();
            self.across(x, &means, &scales, [weight, bias], out.make_mut());
            return out;
        }
        let parallel = threads::pays(x.len() * 4);
        threads::for_each_chunk(out.make_mut(), self.len * ROWS, parallel, |i, out| {
            for (j, out) in out.chunks_exact_mut(self.len).enumerate() {
                let at = i * ROWS + j;
                let (row, values) = (at % self.rows, &x[at * self.len..(at + 1) * self.len]);
                let (mean, scale) = (moments[row].mean, scales[row]);
                simd::map(values, out, |v| (v - mean) * scale);
                if let Some(weight) = weight {
                    self.spread(out, self.own(weight, row), |v, w| v * w);
                }
                if let Some(bias) = bias {
                    self.spread(out, self.own(bias, row), |v, b| v + b);
                }
            }
        });
        out
    }

    /// As [`apply`](Frame::apply), where neighbours belong to different rows.
    fn across<T: Element + Float>(
        &self,
        x: &[T],
        means: &[T],
        scales: &[T],
        [weight, bias]: [Option<&[T]>; 2],
        out: &mut [T],
    ) {
        let size = self.rows * ROWS;
        threads::for_each_chunk(out, size, threads::pays(x.len() * 4), |i, out| {
            for (j, out) in out.chunks_exact_mut(self.rows).enumerate() {
                let line = &x[i * size + j * self.rows..][..self.rows];
                simd::zip(line, means, out, |v, mean| v - mean);
                simd::update(out, scales, |v, scale| v * scale);
                if let Some(weight) = weight {
                    simd::update(out, weight, |v, w| v * w);
                }
                if let Some(bias) = bias {
                    simd::update(out, bias, |v, b| v + b);
                }
            }
        });
    }

    /// Changes each run of a row by its own number.
    fn spread<T: Copy>(&self, row: &mut [T], numbers: &[T], f: impl Fn(T, T) -> T + Copy) {
        if self.run == 1 {
            return simd::update(row, numbers, f);
        }
        for (run, &number) in row.chunks_exact_mut(self.run).zip(numbers) {
            simd::map_in_place(run, |v| f(v, number));
        }
    }
}

/// What a row was brought to mean 0 and variance 1 with: its mean, and the inverse of its deviation.
#[derive(Clone, Copy)]
pub(crate) struct Scales<'a, T> {
    pub(crate) mean: &'a [T],
    pub(crate) scale: &'a [T],
}

/// Lines that are summed up one after the other before their sums are.
pub(super) const BLOCK: usize = 256;

impl Frame {
    fn line<'a, T>(&self, values: &'a [T], at: usize) -> &'a [T] {
        &values[at * self.len..(at + 1) * self.len]
    }

    /// The weights of a row.
    fn own<'a, T>(&self, weights: &'a [T], row: usize) -> &'a [T] {
        let count = self.len / self.run;
        let first = row % self.groups * count;
        &weights[first..first + count]
    }

    /// The gradients by the input, the weights and the biases, each where it is wanted.
    pub(crate) fn slopes<T: Element + Float>(
        &self,
        x: &[T],
        grad: &[T],
        by: Scales<'_, T>,
        weight: Option<&[T]>,
        (input, weights): (bool, bool),
    ) -> (Option<Data<T>>, Option<[Data<T>; 2]>) {
        if self.is_plain() && input {
            let (slope, sums) = norm_rows::slopes(x, grad, self.len, by, weight);
            return (Some(slope), weights.then_some(sums));
        }
        let slope = input.then(|| self.slope(x, grad, by, weight));
        (slope, weights.then(|| self.weights(x, grad, by)))
    }

    /// The gradient by the input, from that of the output.
    fn slope<T: Element + Float>(
        &self,
        x: &[T],
        grad: &[T],
        by: Scales<'_, T>,
        weight: Option<&[T]>,
    ) -> Data<T> {
        let mut out = Data::<T>::scratch(x.len());
        if x.is_empty() {
            return out;
        }
        let means = self.means(x, grad, by, weight);
        let parallel = threads::pays(x.len() * 4);
        threads::for_each_chunk(out.make_mut(), self.len * ROWS, parallel, |i, out| {
            let mut standard = Data::<T>::scratch(self.len);
            let standard = standard.make_mut();
            for (j, out) in out.chunks_exact_mut(self.len).enumerate() {
                let at = i * ROWS + j;
                let row = at % self.rows;
                let ((mean, scale), [level, along]) = ((by.mean[row], by.scale[row]), means[row]);
                out.copy_from_slice(self.line(grad, at));
                if let Some(weight) = weight {
                    self.spread(out, self.own(weight, row), |g, w| g * w);
                }
                simd::map(self.line(x, at), standard, |v| (v - mean) * scale);
                simd::update(out, standard, |g, s| (g - level - s * along) * scale);
            }
        });
        out
    }

    /// For every row, the means of the weighted gradient and of its product with the standardised input.
    fn means<T: Element + Float>(
        &self,
        x: &[T],
        grad: &[T],
        by: Scales<'_, T>,
        weight: Option<&[T]>,
    ) -> Vec<[T; 2]> {
        let count = self.count();
        let size = T::from(count).expect("a float holds every size, rounded");
        let mut out = vec![[T::zero(); 2]; self.rows];
        threads::for_each_chunk(&mut out, ROWS, threads::pays(x.len() * 4), |i, out| {
            let (mut row, mut sides) = (Data::<T>::scratch(count), Data::<T>::scratch(count));
            let (values, sides) = (row.make_mut(), sides.make_mut());
            for (j, out) in out.iter_mut().enumerate() {
                let at = i * ROWS + j;
                let (mean, scale) = (by.mean[at], by.scale[at]);
                self.collect(x, at, values);
                self.collect(grad, at, sides);
                if let Some(weight) = weight {
                    let own = self.own(weight, at);
                    let lines = sides.chunks_exact_mut(self.len);
                    lines.for_each(|line| self.spread(line, own, |g, w| g * w));
                }
                let level = reduce::sum(sides) / size;
                simd::update(values, sides, |v, g| (v - mean) * scale * g);
                *out = [level, reduce::sum(values) / size];
            }
        });
        out
    }

    /// The gradients by the weights and by the biases.
    fn weights<T: Element + Float>(&self, x: &[T], grad: &[T], by: Scales<'_, T>) -> [Data<T>; 2] {
        let count = self.groups * self.len / self.run.max(1);
        let lines = self.outer * self.rows;
        let blocks = lines.div_ceil(BLOCK).max(1);
        let mut sums = vec![T::zero(); blocks * 2 * count];
        if count > 0 && !x.is_empty() {
            threads::for_each_chunk(
                &mut sums,
                2 * count,
                threads::pays(x.len() * 4),
                |block, sums| {
                    let mut product = Data::<T>::scratch(self.len);
                    let product = product.make_mut();
                    let (slopes, levels) = sums.split_at_mut(count);
                    for at in block * BLOCK..((block + 1) * BLOCK).min(lines) {
                        let row = at % self.rows;
                        let (mean, scale) = (by.mean[row], by.scale[row]);
                        let grad = self.line(grad, at);
                        simd::zip(self.line(x, at), grad, product, |v, g| {
                            (v - mean) * scale * g
                        });
                        self.add_up(product, row, slopes);
                        self.add_up(grad, row, levels);
                    }
                },
            );
        }
        let (first, rest) = sums.split_at_mut(2 * count);
        rest.chunks_exact(2 * count.max(1))
            .for_each(|block| simd::update(first, block, |sum, v| sum + v));
        let (slopes, levels) = first.split_at(count);
        [
            Data::from_vec(slopes.to_vec()),
            Data::from_vec(levels.to_vec()),
        ]
    }

    /// Adds each run of a line to the number of its weight.
    fn add_up<T: Element + Float>(&self, line: &[T], row: usize, sums: &mut [T]) {
        let count = self.len / self.run;
        let own = &mut sums[row % self.groups * count..][..count];
        if self.run == 1 {
            return simd::update(own, line, |sum, v| sum + v);
        }
        let runs = line.chunks_exact(self.run);
        own.iter_mut()
            .zip(runs)
            .for_each(|(sum, run)| *sum = *sum + reduce::sum(run));
    }
}
