//! Works that train.

use crate::common::{exp, vector};
use crate::hand::network::{Descent, Network};
use crate::hand::{Operand, product, sum};
use faer::Accum;
use work::{Epoch, Figures, Logistic, Mlp, Prepared, signature};

const ROWS: usize = Epoch::ROWS;
const INPUTS: usize = Epoch::INPUTS;
const HIDDEN: usize = Epoch::HIDDEN;
const EPS: f32 = Epoch::EPS as f32;

fn sigmoid(z: f32) -> f32 {
    1.0 / (1.0 + exp(-z))
}

fn bce(out: f32, y: f32) -> f32 {
    -(y * (out + EPS).ln() + (1.0 - y) * (1.0 - out + EPS).ln())
}

/// The network with its passes fused.
struct Fused {
    data: Epoch,
    a1: Vec<f32>,
    slope: Vec<f32>,
    grad_w1: Vec<f32>,
    loss: f32,
    accuracy: f32,
}

impl Fused {
    fn epoch(&mut self) {
        let Epoch {
            x,
            y,
            w1,
            b1,
            w2,
            b2,
        } = &mut self.data;
        let shape = [ROWS, INPUTS, HIDDEN];
        product(
            &mut self.a1,
            Accum::Replace,
            shape,
            Operand::Rows(x),
            Operand::Rows(w1),
        );
        let (mut grad_b1, mut grad_w2, mut grad_b2) = ([0.0_f32; HIDDEN], [0.0_f32; HIDDEN], 0.0);
        let (mut loss, mut right) = (0.0, 0);
        // Rows of a known length, of which the compiler checks no bounds.
        let (hidden, _) = self.a1.as_chunks_mut::<HIDDEN>();
        let (slopes, _) = self.slope.as_chunks_mut::<HIDDEN>();
        let weights: &[f32; HIDDEN] = w2.as_slice().try_into().expect("the width of the layer");
        let rows = hidden.iter_mut().zip(slopes).zip(&*y);
        vector(
            #[inline(always)]
            || {
                for ((a1, slope), &y) in rows {
                    for (a, &b) in a1.iter_mut().zip(&*b1) {
                        *a = sigmoid(*a + b);
                    }
                    let out = sigmoid(sum(a1, weights, |a, w| a * w) + b2[0]);
                    loss += bce(out, y);
                    right += u32::from((out > 0.5) == (y > 0.5));
                    let grad = (out - y) / ROWS as f32;
                    grad_b2 += grad;
                    for j in 0..HIDDEN {
                        let a = a1[j];
                        grad_w2[j] += grad * a;
                        let s = grad * weights[j] * a * (1.0 - a);
                        grad_b1[j] += s;
                        slope[j] = s;
                    }
                }
            },
        );
        let (a, b) = (Operand::Columns(x), Operand::Rows(&self.slope));
        product(
            &mut self.grad_w1,
            Accum::Replace,
            [INPUTS, ROWS, HIDDEN],
            a,
            b,
        );
        descend(w1, &self.grad_w1, Epoch::LR);
        descend(b1, &grad_b1, Epoch::LR);
        descend(w2, &grad_w2, Epoch::LR);
        descend(b2, &[grad_b2], Epoch::LR);
        self.loss = loss / ROWS as f32;
        self.accuracy = right as f32 / ROWS as f32;
    }
}

pub(crate) const MOMENTUM: Descent = Descent::Momentum {
    lr: Mlp::LR as f32,
    momentum: Mlp::MOMENTUM as f32,
};
pub(crate) const ADAM: Descent = Descent::Adam {
    lr: Mlp::ADAM_LR as f32,
};

fn descend(values: &mut [f32], grads: &[f32], lr: f64) {
    let lr = lr as f32;
    values.iter_mut().zip(grads).for_each(|(v, g)| *v -= lr * g);
}

pub(crate) fn epoch() -> Prepared {
    let fused = Fused {
        data: Epoch::default(),
        a1: vec![0.0; ROWS * HIDDEN],
        slope: vec![0.0; ROWS * HIDDEN],
        grad_w1: vec![0.0; INPUTS * HIDDEN],
        loss: 0.0,
        accuracy: 0.0,
    };
    Prepared::trained(fused, Fused::epoch, |fused| Figures {
        loss: f64::from(fused.loss),
        check: f64::from(fused.accuracy),
    })
}

pub(crate) fn logistic() -> Prepared {
    let data = Logistic::default();
    let step = move |(w, b, last): &mut ([f32; 2], f32, f32)| {
        let (mut loss, mut grad_w, mut grad_b) = (0.0, [0.0; 2], 0.0);
        for (x, &y) in data.x.chunks_exact(2).zip(&data.y) {
            let out = sigmoid(x[0] * w[0] + x[1] * w[1] + *b);
            loss += bce(out, y);
            let grad = (out - y) / 6.0;
            grad_w[0] += grad * x[0];
            grad_w[1] += grad * x[1];
            grad_b += grad;
        }
        descend(w, &grad_w, Logistic::LR);
        *b -= Logistic::LR as f32 * grad_b;
        *last = loss / 6.0;
    };
    Prepared::trained(([0.0; 2], 0.0, 0.0), step, |(w, b, last)| Figures {
        loss: f64::from(*last),
        check: signature([&w[..], &[*b]]),
    })
}

pub(crate) fn mlp(descent: Descent) -> Prepared {
    let data = Mlp::default();
    let layers = data.weights.into_iter().zip(data.biases);
    let network = Network::new(Mlp::BATCH, &Mlp::SIZES, layers);
    let step = move |(network, last): &mut (Network, f32)| {
        *last = network.step(&data.x, &data.y, descent);
    };
    Prepared::trained((network, 0.0), step, |(network, last)| Figures {
        loss: f64::from(*last),
        check: signature(network.parameters()),
    })
}
