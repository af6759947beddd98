//! Log-softmax and the negative log-likelihood of the right classes, its mean over the rows.

use super::{max, sum};
use crate::common::{exp, vector};

/// Makes `exp(x - max)` of each row, and returns their sum and the row's greatest value.
#[inline(always)]
pub(crate) fn exponentials(x: &[f32], out: &mut [f32]) -> (f32, f32) {
    let top = max(x);
    for (out, &x) in out.iter_mut().zip(x) {
        *out = exp(x - top);
    }
    (sum(out, out, |e, _| e), top)
}

pub(crate) struct Nll {
    classes: usize,
    exps: Vec<f32>,
    sums: Vec<f32>,
    pub(crate) grad: Vec<f32>,
}

impl Nll {
    pub(crate) fn new(rows: usize, classes: usize) -> Self {
        Nll {
            classes,
            exps: vec![0.0; rows * classes],
            sums: vec![0.0; rows],
            grad: vec![0.0; rows * classes],
        }
    }

    /// The loss; then, in a sweep of its own as a backward is, its gradient.
    pub(crate) fn step(&mut self, x: &[f32], y: &[u32]) -> f32 {
        let classes = self.classes;
        let rows = self.sums.len() as f32;
        let mut loss = 0.0;
        vector(
            #[inline(always)]
            || {
                let exps = self.exps.chunks_exact_mut(classes);
                let rows = x.chunks_exact(classes).zip(exps).zip(y);
                for (((x, exps), &y), total) in rows.zip(&mut self.sums) {
                    let (sum, top) = exponentials(x, exps);
                    *total = sum;
                    loss += sum.ln() + top - x[y as usize];
                }
            },
        );
        vector(
            #[inline(always)]
            || {
                let grads = self.grad.chunks_exact_mut(classes);
                let exps = self.exps.chunks_exact(classes).zip(grads).zip(y);
                for (((exps, grad), &y), &sum) in exps.zip(&self.sums) {
                    let scale = 1.0 / (sum * rows);
                    for (grad, &e) in grad.iter_mut().zip(exps) {
                        *grad = e * scale;
                    }
                    grad[y as usize] -= 1.0 / rows;
                }
            },
        );
        loss / rows
    }
}
