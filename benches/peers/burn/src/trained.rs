//! Works that train: forward, backward and the step of SGD, which burn offers for its modules alone.

use crate::stateless::cross_entropy;
use crate::{classes, leaf, sign, tensor, values};
use burn::prelude::*;
use burn::tensor::Gradients;
use burn::tensor::activation::{relu, sigmoid};
use work::{Epoch, Figures, Logistic, Mlp, Prepared};

fn bce_loss(out: Tensor<2>, y: Tensor<2>) -> Tensor<1> {
    let eps = Epoch::EPS;
    let hit = y.clone() * (out.clone() + eps).log();
    let missed = (y.neg() + 1.0) * ((out.neg() + 1.0) + eps).log();
    (hit + missed).mean().neg()
}

fn descend<const D: usize>(param: &mut Tensor<D>, grads: &Gradients, lr: f64) {
    let grad = param.grad(grads).expect("backward reached it");
    let value = param.clone().inner() - grad * lr;
    *param = value.autodiff().require_grad();
}

/// How the parameters go down.
#[derive(Clone, Copy)]
pub(crate) enum Descent {
    Momentum,
    Adam,
}

/// A parameter that remembers how it moved.
struct Moving<const D: usize> {
    param: Tensor<D>,
    first: Tensor<D>,
    second: Tensor<D>,
    steps: i32,
}

impl<const D: usize> Moving<D> {
    fn new(values: &[f32], shape: [usize; D]) -> Self {
        Moving {
            param: leaf(values, shape),
            first: Tensor::zeros(shape, &Device::flex()),
            second: Tensor::zeros(shape, &Device::flex()),
            steps: 0,
        }
    }

    fn descend(&mut self, grads: &Gradients, descent: Descent) {
        let grad = self.param.grad(grads).expect("backward reached it");
        let step = match descent {
            Descent::Momentum => {
                self.first = self.first.clone() * Mlp::MOMENTUM + grad;
                self.first.clone() * Mlp::LR
            }
            Descent::Adam => {
                let (beta1, beta2, eps) = (0.9_f64, 0.999_f64, 1e-8);
                self.steps += 1;
                self.first = self.first.clone() * beta1 + grad.clone() * (1.0 - beta1);
                self.second = self.second.clone() * beta2 + grad.clone() * grad * (1.0 - beta2);
                let size = Mlp::ADAM_LR / (1.0 - beta1.powi(self.steps));
                let root = (1.0 - beta2.powi(self.steps)).sqrt();
                self.first.clone() * size / (self.second.clone().sqrt() / root + eps)
            }
        };
        let value = self.param.clone().inner() - step;
        self.param = value.autodiff().require_grad();
    }
}

fn number(loss: &Tensor<1>) -> f64 {
    f64::from(loss.clone().into_scalar::<f32>())
}

pub(crate) fn epoch() -> Prepared {
    let data = Epoch::default();
    let x = tensor(&data.x, [Epoch::ROWS, Epoch::INPUTS]);
    let y = tensor(&data.y, [Epoch::ROWS, 1]);
    let mut w1 = leaf(&data.w1, [Epoch::INPUTS, Epoch::HIDDEN]);
    let mut b1 = leaf(&data.b1, [1, Epoch::HIDDEN]);
    let mut w2 = leaf(&data.w2, [Epoch::HIDDEN, 1]);
    let mut b2 = leaf(&data.b2, [1, 1]);
    let step = move |last: &mut Option<(Tensor<1>, f32)>| {
        let a1 = sigmoid(x.clone().matmul(w1.clone()) + b1.clone());
        let out = sigmoid(a1.matmul(w2.clone()) + b2.clone());
        let loss = bce_loss(out.clone(), y.clone());
        let grads = loss.backward();
        descend(&mut w1, &grads, Epoch::LR);
        descend(&mut b1, &grads, Epoch::LR);
        descend(&mut w2, &grads, Epoch::LR);
        descend(&mut b2, &grads, Epoch::LR);
        let hits = out.inner().greater_elem(0.5).float().equal(y.clone());
        *last = Some((loss, hits.float().mean().into_scalar()));
    };
    Prepared::trained(None, step, |last| {
        let (loss, accuracy) = last.as_ref().expect("steps were made");
        Figures {
            loss: number(loss),
            check: f64::from(*accuracy),
        }
    })
}

pub(crate) fn logistic() -> Prepared {
    let data = Logistic::default();
    let (x, y) = (tensor(&data.x, [6, 2]), tensor(&data.y, [6, 1]));
    let params = (leaf(&[0.0, 0.0], [2, 1]), leaf(&[0.0], [1, 1]), None);
    let step = move |(w, b, last): &mut (Tensor<2>, Tensor<2>, Option<Tensor<1>>)| {
        let out = sigmoid(x.clone().matmul(w.clone()) + b.clone());
        let loss = bce_loss(out, y.clone());
        let grads = loss.backward();
        descend(w, &grads, Logistic::LR);
        descend(b, &grads, Logistic::LR);
        *last = Some(loss);
    };
    Prepared::trained(params, step, |(w, b, last)| Figures {
        loss: number(last.as_ref().expect("steps were made")),
        check: sign(&[values(w), values(b)]),
    })
}

type Layers = [(Moving<2>, Moving<2>); 3];

pub(crate) fn mlp(descent: Descent) -> Prepared {
    let data = Mlp::default();
    let x = tensor(&data.x, [Mlp::BATCH, Mlp::SIZES[0]]);
    let y = classes(&data.y, [Mlp::BATCH, 1]);
    let layers: Layers = [0, 1, 2].map(|i| {
        let (rows, columns) = (Mlp::SIZES[i], Mlp::SIZES[i + 1]);
        (
            Moving::new(&data.weights[i], [rows, columns]),
            Moving::new(&data.biases[i], [1, columns]),
        )
    });
    let step = move |(layers, last): &mut (Layers, Option<Tensor<1>>)| {
        let affine = |input: Tensor<2>, (weight, bias): &(Moving<2>, Moving<2>)| {
            input.matmul(weight.param.clone()) + bias.param.clone()
        };
        let hidden = relu(affine(x.clone(), &layers[0]));
        let hidden = relu(affine(hidden, &layers[1]));
        let loss = cross_entropy(affine(hidden, &layers[2]), y.clone());
        let grads = loss.backward();
        for (weight, bias) in layers {
            weight.descend(&grads, descent);
            bias.descend(&grads, descent);
        }
        *last = Some(loss);
    };
    Prepared::trained((layers, None), step, |(layers, last)| Figures {
        loss: number(last.as_ref().expect("steps were made")),
        check: {
            let parts = layers
                .iter()
                .flat_map(|(w, b)| [values(&w.param), values(&b.param)]);
            sign(&parts.collect::<Vec<_>>())
        },
    })
}
