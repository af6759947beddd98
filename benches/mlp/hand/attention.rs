//! Scaled dot-product attention of `[batch, positions, width]`, and the gradients of queries, keys and values.

use super::softmax::exponentials;
use super::{Operand, product, sum};
use crate::common::vector;
use faer::Accum;

pub(crate) struct Attention {
    shape: [usize; 3],
    /// The shares that each position gives to each, `[batch, positions, positions]`.
    shares: Vec<f32>,
    scores: Vec<f32>,
    pub(crate) out: Vec<f32>,
    pub(crate) grads: [Vec<f32>; 3],
}

impl Attention {
    pub(crate) fn new(shape: [usize; 3]) -> Self {
        let [batch, positions, width] = shape;
        let operand = || vec![0.0; batch * positions * width];
        Attention {
            shape,
            shares: vec![0.0; batch * positions * positions],
            scores: vec![0.0; positions * positions],
            out: operand(),
            grads: [operand(), operand(), operand()],
        }
    }

    pub(crate) fn forward(&mut self, q: &[f32], k: &[f32], v: &[f32]) {
        let [_, positions, width] = self.shape;
        let scale = 1.0 / (width as f32).sqrt();
        let len = positions * width;
        let operands = q
            .chunks_exact(len)
            .zip(k.chunks_exact(len))
            .zip(v.chunks_exact(len));
        let outs = self.out.chunks_exact_mut(len);
        let shares = self.shares.chunks_exact_mut(positions * positions);
        for ((((q, k), v), out), shares) in operands.zip(outs).zip(shares) {
            let shape = [positions, width, positions];
            let (a, b) = (Operand::Rows(q), Operand::Columns(k));
            product(&mut self.scores, Accum::Replace, shape, a, b);
            let scores = self.scores.chunks_exact_mut(positions);
            vector(
                #[inline(always)]
                || {
                    for (scores, shares) in scores.zip(shares.chunks_exact_mut(positions)) {
                        scores.iter_mut().for_each(|s| *s *= scale);
                        let part = 1.0 / exponentials(scores, shares).0;
                        shares.iter_mut().for_each(|s| *s *= part);
                    }
                },
            );
            let (a, b) = (Operand::Rows(shares), Operand::Rows(v));
            product(out, Accum::Replace, [positions, positions, width], a, b);
        }
    }

    pub(crate) fn backward(&mut self, q: &[f32], k: &[f32], v: &[f32], grad: &[f32]) {
        let [batch, positions, width] = self.shape;
        let scale = 1.0 / (width as f32).sqrt();
        let (inner, outer) = ([positions, width, positions], [positions, positions, width]);
        let [grad_q, grad_k, grad_v] = &mut self.grads;
        let scores = &mut self.scores;
        for i in 0..batch {
            let part = i * positions * width..(i + 1) * positions * width;
            let [q, k, v, grad] = [q, k, v, grad].map(|values| &values[part.clone()]);
            let shares = &self.shares[i * positions * positions..][..positions * positions];
            let (a, b) = (Operand::Columns(shares), Operand::Rows(grad));
            product(&mut grad_v[part.clone()], Accum::Replace, outer, a, b);
            product(
                scores,
                Accum::Replace,
                inner,
                Operand::Rows(grad),
                Operand::Columns(v),
            );
            let rows = scores.chunks_exact_mut(positions);
            vector(
                #[inline(always)]
                || {
                    for (slopes, shares) in rows.zip(shares.chunks_exact(positions)) {
                        let along = sum(slopes, shares, |d, p| d * p);
                        for (slope, &p) in slopes.iter_mut().zip(shares) {
                            *slope = p * (*slope - along) * scale;
                        }
                    }
                },
            );
            let (a, b) = (Operand::Rows(&*scores), Operand::Rows(k));
            product(&mut grad_q[part.clone()], Accum::Replace, outer, a, b);
            let (a, b) = (Operand::Columns(&*scores), Operand::Rows(q));
            product(&mut grad_k[part], Accum::Replace, outer, a, b);
        }
    }
}
