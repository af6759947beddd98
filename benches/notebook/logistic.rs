//! One step of a logistic regression on six points in the plane.

use crate::common::{Rows, exp};
use retrograd::prelude::*;

const ROWS: usize = 6;
const LR: f32 = 0.01;
const EPS: f32 = 1e-8;

fn step(x: &Tensor, y: &Tensor, [w, b]: &mut [Tensor; 2]) -> f32 {
    let (lr, eps) = (f64::from(LR), f64::from(EPS));
    let out = (x.mm(w) + &*b).sigmoid();
    let loss = -(y * (&out + eps).log() + (1.0 - y) * (1.0 - &out + eps).log()).mean();
    loss.backward();
    no_grad(|| {
        for p in [w, b] {
            *p -= lr * p.grad().expect("backward reached it");
            p.zero_grad();
        }
    });
    loss.item()
}

fn by_hand(x: &[[f32; 2]; ROWS], y: &[f32; ROWS], w: &mut [f32; 2], b: &mut f32) -> f32 {
    let (mut loss, mut grad_w, mut grad_b) = (0.0, [0.0; 2], 0.0);
    for (x, y) in x.iter().zip(y) {
        let out = 1.0 / (1.0 + exp(-(x[0] * w[0] + x[1] * w[1] + *b)));
        loss -= y * (out + EPS).ln() + (1.0 - y) * (1.0 - out + EPS).ln();
        let grad = (out - y) / ROWS as f32;
        grad_w[0] += grad * x[0];
        grad_w[1] += grad * x[1];
        grad_b += grad;
    }
    w[0] -= LR * grad_w[0];
    w[1] -= LR * grad_w[1];
    *b -= LR * grad_b;
    loss / ROWS as f32
}

pub(crate) fn row(rows: &mut Rows) {
    let points = [
        [1.0, 2.0],
        [2.0, 3.0],
        [3.0, 1.0],
        [4.0, 3.0],
        [5.0, 3.0],
        [6.0, 2.0],
    ];
    let labels = [0.0, 0.0, 0.0, 1.0, 1.0, 1.0];
    let x = Tensor::from(points);
    let y = Tensor::from(labels).reshape([ROWS, 1]);
    let mut params = [zeros([2, 1]), zeros([1])].map(|p| p.requires_grad_());
    let (mut w, mut b) = ([0.0; 2], 0.0);
    for _ in 0..100 {
        let (ours, theirs) = (
            step(&x, &y, &mut params),
            by_hand(&points, &labels, &mut w, &mut b),
        );
        assert!((ours - theirs).abs() < 1e-4 * theirs, "{ours} and {theirs}");
    }
    rows.row(
        "notebook/logistic",
        || step(&x, &y, &mut params),
        || by_hand(&points, &labels, &mut w, &mut b),
    );
}
