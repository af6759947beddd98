//! Works without a state: an output and the gradients of what it was made from.

use crate::{classes, leaf, sign, tensor, values};
use burn::prelude::*;
use burn::tensor::Gradients;
use burn::tensor::activation::{log_softmax, sigmoid};
use burn::tensor::module::{attention as attend, conv2d as convolve, layer_norm as normalize};
use burn::tensor::ops::{AttentionModuleOptions, ConvOptions};
use work::{Attention, Conv, Elementwise, Figures, LayerNorm, Prepared, Product, Softmax};

pub(crate) fn cross_entropy(scores: Tensor<2>, y: Tensor<2, Int>) -> Tensor<1> {
    log_softmax(scores, 1).gather(1, y).mean().neg()
}

fn gradient<const D: usize>(leaf: &Tensor<D>, grads: &Gradients) -> Vec<f32> {
    values(&leaf.grad(grads).expect("backward reached it"))
}

/// Backward from the output. burn starts from ones alone, so a gradient of the output is multiplied with it.
fn prepared<const D: usize>(
    grad: Option<Tensor<D>>,
    output: impl Fn() -> Tensor<D> + 'static,
    gradients: impl FnOnce(&Gradients) -> Vec<Vec<f32>>,
) -> Prepared {
    let seeded = grad.is_some();
    let step = move || {
        let out = output();
        let grads = match &grad {
            Some(grad) => (out.clone() * grad.clone()).sum().backward(),
            None => out.backward(),
        };
        (out, grads)
    };
    let (out, grads) = step();
    let out = values(&out);
    let loss = if seeded {
        sign(&[out])
    } else {
        f64::from(out[0])
    };
    let check = sign(&gradients(&grads));
    Prepared::new(Figures { loss, check }, move || drop(step()))
}

pub(crate) fn elementwise() -> Prepared {
    let data = Elementwise::default();
    let operands = [&data.x, &data.w, &data.b].map(|v| leaf(v, [Elementwise::LEN]));
    let leaves = operands.clone();
    let output = move || {
        let [x, w, b] = operands.clone();
        sigmoid(x * w + b).sum()
    };
    prepared(None, output, |grads| {
        leaves.map(|leaf| gradient(&leaf, grads)).into()
    })
}

pub(crate) fn product(n: usize) -> Prepared {
    let data = Product::new(n);
    let operands = [&data.a, &data.b].map(|v| leaf(v, [n, n]));
    let leaves = operands.clone();
    let output = move || {
        let [a, b] = operands.clone();
        a.matmul(b)
    };
    prepared(Some(tensor(&data.grad, [n, n])), output, |grads| {
        leaves.map(|leaf| gradient(&leaf, grads)).into()
    })
}

pub(crate) fn softmax() -> Prepared {
    let data = Softmax::default();
    let x = leaf(&data.x, [Softmax::ROWS, Softmax::CLASSES]);
    let y = classes(&data.y, [Softmax::ROWS, 1]);
    let operand = x.clone();
    prepared(
        None,
        move || cross_entropy(x.clone(), y.clone()),
        |grads| vec![gradient(&operand, grads)],
    )
}

pub(crate) fn layer_norm() -> Prepared {
    let data = LayerNorm::default();
    let shape = [64, 128, LayerNorm::WIDTH];
    let x = leaf(&data.x, shape);
    let [weight, bias] = [&data.weight, &data.bias].map(|v| leaf(v, [LayerNorm::WIDTH]));
    let leaves = (x.clone(), weight.clone(), bias.clone());
    let output = move || {
        normalize(
            x.clone(),
            weight.clone(),
            Some(bias.clone()),
            LayerNorm::EPS,
        )
    };
    prepared(Some(tensor(&data.grad, shape)), output, |grads| {
        let (x, weight, bias) = leaves;
        vec![
            gradient(&x, grads),
            gradient(&weight, grads),
            gradient(&bias, grads),
        ]
    })
}

pub(crate) fn attention() -> Prepared {
    let data = Attention::default();
    let shape = [8, 1, 128, 64];
    let operands = [&data.q, &data.k, &data.v].map(|v| leaf(v, shape));
    let leaves = operands.clone();
    let output = move || {
        let [q, k, v] = operands.clone();
        attend(q, k, v, None, None, AttentionModuleOptions::default())
    };
    prepared(Some(tensor(&data.grad, shape)), output, |grads| {
        leaves.map(|leaf| gradient(&leaf, grads)).into()
    })
}

pub(crate) fn conv2d() -> Prepared {
    let data = Conv::default();
    let shape = [8, 32, 28, 28];
    let [x, weight] = [(&data.x, shape), (&data.weight, [32, 32, 3, 3])].map(|(v, s)| leaf(v, s));
    let bias = leaf(&data.bias, [32]);
    let leaves = (x.clone(), weight.clone(), bias.clone());
    let output = move || {
        let options = ConvOptions::new([1, 1], [1, 1], [1, 1], 1);
        convolve(x.clone(), weight.clone(), Some(bias.clone()), options)
    };
    prepared(Some(tensor(&data.grad, shape)), output, |grads| {
        let (x, weight, bias) = leaves;
        vec![
            gradient(&x, grads),
            gradient(&weight, grads),
            gradient(&bias, grads),
        ]
    })
}
