//! A convolution of 3 x 3 with a border of zeros by one product for each image, and the gradients.

use super::{Operand, product};
use crate::common::vector;
use faer::Accum;

const TAPS: usize = 9;

pub(crate) struct Conv {
    channels: usize,
    side: usize,
    /// What each output sees, `[channels * 9, side * side]`, of every image.
    windows: Vec<f32>,
    /// The gradient of one image's windows.
    slopes: Vec<f32>,
    pub(crate) out: Vec<f32>,
    pub(crate) grad_x: Vec<f32>,
    pub(crate) grad_weight: Vec<f32>,
    pub(crate) grad_bias: Vec<f32>,
}

/// The rows of the image that a tap sees: for each row of the output, where it and the image's begin, and how many.
fn spans(side: usize, tap: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    let (down, right) = (tap / 3, tap % 3);
    (0..side).filter_map(move |row| {
        let from = (row + down).checked_sub(1).filter(|&from| from < side)?;
        let skipped = 1_usize.saturating_sub(right);
        let start = right.saturating_sub(1);
        Some((
            row * side + skipped,
            from * side + start,
            side - skipped - start,
        ))
    })
}

impl Conv {
    pub(crate) fn new(images: usize, channels: usize, side: usize) -> Self {
        let image = channels * side * side;
        Conv {
            channels,
            side,
            windows: vec![0.0; images * image * TAPS],
            slopes: vec![0.0; image * TAPS],
            out: vec![0.0; images * image],
            grad_x: vec![0.0; images * image],
            grad_weight: vec![0.0; channels * channels * TAPS],
            grad_bias: vec![0.0; channels],
        }
    }

    pub(crate) fn forward(&mut self, x: &[f32], weight: &[f32], bias: &[f32]) {
        let (side, area) = (self.side, self.side * self.side);
        let image = self.channels * area;
        let windows = self.windows.chunks_exact_mut(image * TAPS);
        let images = x.chunks_exact(image).zip(windows);
        for ((x, windows), out) in images.zip(self.out.chunks_exact_mut(image)) {
            for (plane, taps) in x
                .chunks_exact(area)
                .zip(windows.chunks_exact_mut(area * TAPS))
            {
                // What lies outside of the image is never written, and stays 0.
                for (tap, seen) in taps.chunks_exact_mut(area).enumerate() {
                    for (to, from, len) in spans(side, tap) {
                        seen[to..to + len].copy_from_slice(&plane[from..from + len]);
                    }
                }
            }
            for (plane, &bias) in out.chunks_exact_mut(area).zip(bias) {
                plane.fill(bias);
            }
            let shape = [self.channels, self.channels * TAPS, area];
            product(
                out,
                Accum::Add,
                shape,
                Operand::Rows(weight),
                Operand::Rows(windows),
            );
        }
    }

    pub(crate) fn backward(&mut self, weight: &[f32], grad: &[f32]) {
        let (side, area) = (self.side, self.side * self.side);
        let (channels, image) = (self.channels, self.channels * area);
        self.grad_weight.fill(0.0);
        self.grad_bias.fill(0.0);
        self.grad_x.fill(0.0);
        let images = grad
            .chunks_exact(image)
            .zip(self.windows.chunks_exact(image * TAPS));
        for ((grad, windows), back) in images.zip(self.grad_x.chunks_exact_mut(image)) {
            for (sum, plane) in self.grad_bias.iter_mut().zip(grad.chunks_exact(area)) {
                *sum += super::sum(plane, plane, |g, _| g);
            }
            let (a, b) = (Operand::Rows(grad), Operand::Columns(windows));
            let shape = [channels, area, channels * TAPS];
            product(&mut self.grad_weight, Accum::Add, shape, a, b);
            let (a, b) = (Operand::Columns(weight), Operand::Rows(grad));
            let shape = [channels * TAPS, channels, area];
            product(&mut self.slopes, Accum::Replace, shape, a, b);
            let planes = back
                .chunks_exact_mut(area)
                .zip(self.slopes.chunks_exact(area * TAPS));
            vector(
                #[inline(always)]
                || {
                    for (plane, taps) in planes {
                        for (tap, slopes) in taps.chunks_exact(area).enumerate() {
                            for (from, to, len) in spans(side, tap) {
                                let slopes = &slopes[from..from + len];
                                let sums = &mut plane[to..to + len];
                                sums.iter_mut().zip(slopes).for_each(|(sum, s)| *sum += s);
                            }
                        }
                    }
                },
            );
        }
    }
}
