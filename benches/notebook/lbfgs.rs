//! The iris notebook's logistic regression without intercept, trained from its start by one step of L-BFGS, which
//! makes up to 20 iterations.

use crate::common::{Rows, exp};
use retrograd::{loss::bce, optim::Lbfgs, prelude::*};

const ROWS: usize = 100;
const INPUTS: usize = 4;
const ITERATIONS: usize = 20;

type Vector = [f64; INPUTS];

fn dot(a: &Vector, b: &Vector) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Loss and gradient, in single precision as the tensors have them.
fn evaluate(x: &[[f32; INPUTS]], y: &[f32], w: &Vector) -> (f64, Vector) {
    let w = w.map(|v| v as f32);
    let (mut loss, mut grad) = (0.0_f32, [0.0_f32; INPUTS]);
    for (x, y) in x.iter().zip(y) {
        let z: f32 = x.iter().zip(&w).map(|(x, w)| x * w).sum();
        let out = 1.0 / (1.0 + exp(-z));
        loss -= y * out.ln().max(-100.0) + (1.0 - y) * (1.0 - out).ln().max(-100.0);
        let slope = (out - y) / ROWS as f32;
        (0..INPUTS).for_each(|j| grad[j] += slope * x[j]);
    }
    (f64::from(loss / ROWS as f32), grad.map(f64::from))
}

/// Torch's L-BFGS with steps of size 1, in fixed arrays.
fn by_hand(x: &[[f32; INPUTS]], y: &[f32]) -> f64 {
    let mut w = [0.0; INPUTS];
    let (mut loss, mut grad) = evaluate(x, y, &w);
    let first = loss;
    let mut history = [([0.0; INPUTS], [0.0; INPUTS], 0.0); ITERATIONS];
    let (mut kept, mut scale) = (0, 1.0);
    let mut last: Option<(Vector, f64, Vector)> = None;
    for iteration in 1..=ITERATIONS {
        if let Some((direction, size, previous)) = last {
            let changed: Vector = std::array::from_fn(|j| grad[j] - previous[j]);
            let moved = direction.map(|d| d * size);
            let product = dot(&changed, &moved);
            if product > 1e-10 {
                scale = product / dot(&changed, &changed);
                history[kept] = (changed, moved, 1.0 / product);
                kept += 1;
            }
        }
        let mut direction = grad.map(|g| -g);
        let mut shares = [0.0; ITERATIONS];
        for (share, (changed, moved, inverse)) in shares.iter_mut().zip(&history[..kept]).rev() {
            *share = dot(moved, &direction) * inverse;
            (0..INPUTS).for_each(|j| direction[j] -= *share * changed[j]);
        }
        direction = direction.map(|d| d * scale);
        for (share, (changed, moved, inverse)) in shares.iter().zip(&history[..kept]) {
            let back = dot(changed, &direction) * inverse;
            (0..INPUTS).for_each(|j| direction[j] += (share - back) * moved[j]);
        }
        let total: f64 = grad.iter().map(|g| g.abs()).sum();
        let size = if iteration == 1 {
            (1.0 / total).min(1.0)
        } else {
            1.0
        };
        last = Some((direction, size, grad));
        if dot(&grad, &direction) > -1e-9 || iteration == ITERATIONS {
            break;
        }
        (0..INPUTS).for_each(|j| w[j] += size * direction[j]);
        let before = loss;
        (loss, grad) = evaluate(x, y, &w);
        let largest = grad.iter().fold(0.0_f64, |m, g| m.max(g.abs()));
        let movement = direction.iter().fold(0.0_f64, |m, d| m.max(d.abs())) * size;
        if largest <= 1e-7 || movement <= 1e-9 || (loss - before).abs() < 1e-9 {
            break;
        }
    }
    first - loss
}

pub(crate) fn row(rows: &mut Rows) {
    let set = retrograd::datasets::iris();
    let x = set.data.narrow(0, 50, ROWS).float().contiguous();
    let y = (set.target.narrow(0, 50, ROWS) - 1)
        .float()
        .reshape([ROWS, 1]);
    let points: Vec<[f32; INPUTS]> = {
        let flat = x.to_vec::<f32>();
        flat.chunks_exact(INPUTS)
            .map(|row| [row[0], row[1], row[2], row[3]])
            .collect()
    };
    let labels = y.to_vec::<f32>();
    let epoch = || {
        let w = zeros([INPUTS, 1]).requires_grad_();
        let mut optimizer = Lbfgs::new([&w], 1.0).max_iter(ITERATIONS);
        let report = optimizer
            .step_with(|| bce(&x.mm(&w).sigmoid(), &y))
            .expect("the loss is defined");
        report.initial_loss - report.loss
    };
    let (ours, theirs) = (epoch(), by_hand(&points, &labels));
    assert!((ours - theirs).abs() < 1e-2 * theirs, "{ours} and {theirs}");
    rows.row("notebook/lbfgs", epoch, || by_hand(&points, &labels));
}
