//! Rows normalised to mean 0 and variance 1, then scaled and moved, and the gradients of all three.

use super::sum;
use crate::common::vector;

pub(crate) struct LayerNorm {
    width: usize,
    /// Mean and reciprocal deviation of each row.
    moments: Vec<(f32, f32)>,
    pub(crate) out: Vec<f32>,
    pub(crate) grad_x: Vec<f32>,
    pub(crate) grad_weight: Vec<f32>,
    pub(crate) grad_bias: Vec<f32>,
    /// `grad * weight` and the normalised values of one row.
    scratch: [Vec<f32>; 2],
}

impl LayerNorm {
    pub(crate) fn new(rows: usize, width: usize) -> Self {
        let zeros = |len| vec![0.0; len];
        LayerNorm {
            width,
            moments: vec![(0.0, 0.0); rows],
            out: zeros(rows * width),
            grad_x: zeros(rows * width),
            grad_weight: zeros(width),
            grad_bias: zeros(width),
            scratch: [zeros(width), zeros(width)],
        }
    }

    pub(crate) fn forward(&mut self, x: &[f32], weight: &[f32], bias: &[f32]) {
        let width = self.width;
        vector(
            #[inline(always)]
            || {
                let outs = self.out.chunks_exact_mut(width);
                let rows = x.chunks_exact(width).zip(outs).zip(&mut self.moments);
                for ((x, out), moments) in rows {
                    let mean = sum(x, x, |x, _| x) / width as f32;
                    let variance = sum(x, x, |x, _| (x - mean) * (x - mean)) / width as f32;
                    let scale = 1.0 / (variance + 1e-5).sqrt();
                    for ((out, &x), (&w, &b)) in out.iter_mut().zip(x).zip(weight.iter().zip(bias))
                    {
                        *out = (x - mean) * scale * w + b;
                    }
                    *moments = (mean, scale);
                }
            },
        );
    }

    pub(crate) fn backward(&mut self, x: &[f32], weight: &[f32], grad: &[f32]) {
        let width = self.width;
        self.grad_weight.fill(0.0);
        self.grad_bias.fill(0.0);
        let [scaled, normal] = &mut self.scratch;
        let (grad_weight, grad_bias) = (&mut self.grad_weight, &mut self.grad_bias);
        vector(
            #[inline(always)]
            || {
                let backs = self.grad_x.chunks_exact_mut(width);
                let rows = x
                    .chunks_exact(width)
                    .zip(grad.chunks_exact(width))
                    .zip(backs);
                for (((x, grad), back), &(mean, scale)) in rows.zip(&self.moments) {
                    let sums = grad_weight.iter_mut().zip(grad_bias.iter_mut());
                    let parts = scaled.iter_mut().zip(normal.iter_mut()).zip(weight);
                    for (((&x, &g), (to_w, to_b)), ((scaled, normal), &w)) in
                        x.iter().zip(grad).zip(sums).zip(parts)
                    {
                        *normal = (x - mean) * scale;
                        *scaled = g * w;
                        *to_w += g * *normal;
                        *to_b += g;
                    }
                    let even = sum(scaled, normal, |s, _| s) / width as f32;
                    let along = sum(scaled, normal, |s, n| s * n) / width as f32;
                    for ((back, &s), &n) in back.iter_mut().zip(&*scaled).zip(&*normal) {
                        *back = (s - even - n * along) * scale;
                    }
                }
            },
        );
    }
}
