//! One step of a logistic regression on six points in the plane.

use crate::common::{Rows, exp};
use retrograd::{prelude::*, tape::Plan};

const ROWS: usize = 6;
const LR: f32 = 0.01;
const EPS: f32 = 1e-8;

fn loss(x: &Tensor, y: &Tensor, w: &Tensor, b: &Tensor) -> Tensor {
    let eps = f64::from(EPS);
    let out = (x.mm(w) + b).sigmoid();
    -(y * (&out + eps).log() + (1.0 - y) * (1.0 - &out + eps).log()).mean()
}

fn step(x: &Tensor, y: &Tensor, [w, b]: &mut [Tensor; 2]) -> f32 {
    let lr = f64::from(LR);
    let loss = loss(x, y, w, b);
    loss.backward();
    no_grad(|| {
        for p in [w, b] {
            *p -= lr * p.grad().expect("backward reached it");
            p.zero_grad();
        }
    });
    loss.item()
}

/// The same step, to be replayed.
fn plan(params: [Tensor; 2]) -> impl FnMut(&Tensor, &Tensor) -> f32 {
    let mut plan = Plan::new(move |[x, y]: &[Tensor; 2]| {
        let [w, b] = &params;
        let loss = loss(x, y, w, b);
        loss.backward();
        no_grad(|| {
            for p in [w, b] {
                p.sub_(f64::from(LR) * p.grad().expect("backward reached it"));
                p.zero_grad();
            }
        });
        loss
    });
    move |x, y| plan.run([x, y]).item()
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
    let leaves = || [zeros([2, 1]), zeros([1])].map(|p| p.requires_grad_());
    let mut params = leaves();
    let mut replay = plan(leaves());
    measure(rows, "notebook/logistic", (&points, &labels), || {
        step(&x, &y, &mut params)
    });
    measure(rows, "notebook/logistic_replay", (&points, &labels), || {
        replay(&x, &y)
    });
}

/// The step beside the one by hand, which begins at the same place.
fn measure(
    rows: &mut Rows,
    name: &str,
    (points, labels): (&[[f32; 2]; ROWS], &[f32; ROWS]),
    mut ours: impl FnMut() -> f32,
) {
    let (mut w, mut b) = ([0.0; 2], 0.0);
    for _ in 0..100 {
        let (loss, expected) = (ours(), by_hand(points, labels, &mut w, &mut b));
        assert!(
            (loss - expected).abs() < 1e-4 * expected,
            "{name}: {loss} and {expected}"
        );
    }
    rows.row(name, ours, || by_hand(points, labels, &mut w, &mut b));
}
