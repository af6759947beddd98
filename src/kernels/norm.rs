//! Means and variances, and values brought to mean 0 and variance 1 by them.

use super::{reduce, simd, threads};
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
        let parallel = threads::pays(x.len() * 4);
        let per_row = self.len / self.run;
        threads::for_each_chunk(out.make_mut(), self.len * ROWS, parallel, |i, out| {
            for (j, out) in out.chunks_exact_mut(self.len).enumerate() {
                let at = i * ROWS + j;
                let (row, values) = (at % self.rows, &x[at * self.len..(at + 1) * self.len]);
                let (mean, scale) = (moments[row].mean, scales[row]);
                simd::map(values, out, |v| (v - mean) * scale);
                let own = row % self.groups * per_row;
                if let Some(weight) = weight {
                    self.spread(out, &weight[own..own + per_row], |v, w| v * w);
                }
                if let Some(bias) = bias {
                    self.spread(out, &bias[own..own + per_row], |v, b| v + b);
                }
            }
        });
        out
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
