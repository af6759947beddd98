//! Works without a state: an output and the gradients of what it was made from.

use crate::{classes, replays, sign, tensors, way};
use retrograd::functional::{
    AttentionOptions, Conv2dOptions, NormOptions, conv2d as convolve, layer_norm as normalize,
    scaled_dot_product_attention,
};
use retrograd::loss::Nll;
use retrograd::prelude::*;
use work::{
    Attention, CHAIN, Conv, Elementwise, FACTOR, Figures, LayerNorm, Prepared, Product, Softmax,
};

/// Backward from the output, by `grad` or, from a loss, by 1.
fn prepared<const N: usize>(
    operands: [Tensor; N],
    grad: Option<Tensor>,
    output: impl Fn(&[Tensor; N]) -> Tensor + 'static,
) -> Prepared {
    let operands = operands.map(|t| t.requires_grad_());
    let mut step = {
        let (operands, grad) = (operands.clone(), grad.clone());
        way([], move |[]| {
            operands.iter().for_each(Tensor::zero_grad);
            let out = output(&operands);
            match &grad {
                Some(grad) => out.backward_with(grad),
                None => out.backward(),
            }
            out
        })
    };
    if replays() {
        // Its first runs are ordinary ones.
        (0..3).for_each(|_| drop(step()));
    }
    let out = step();
    let loss = match grad {
        Some(_) => sign([out]),
        None => out.item(),
    };
    let grads = operands.map(|t| t.grad().expect("backward reached it"));
    let check = sign(grads);
    Prepared::new(Figures { loss, check }, move || drop(step()))
}

pub(crate) fn elementwise() -> Prepared {
    let data = Elementwise::default();
    let shape: &[usize] = &[Elementwise::LEN];
    let operands = tensors([(&data.x, shape), (&data.w, shape), (&data.b, shape)]);
    prepared(operands, None, |[x, w, b]| (x * w + b).sigmoid().sum())
}

pub(crate) fn product(n: usize) -> Prepared {
    let data = Product::new(n);
    let shape: &[usize] = &[n, n];
    let [a, b, grad] = tensors([(&data.a, shape), (&data.b, shape), (&data.grad, shape)]);
    prepared([a, b], Some(grad), |[a, b]| a.mm(b))
}

pub(crate) fn softmax() -> Prepared {
    let data = Softmax::default();
    let operands = tensors([(&data.x, &[Softmax::ROWS, Softmax::CLASSES])]);
    let y = classes(&data.y);
    let nll = Nll::new();
    prepared(operands, None, move |[x]| {
        nll.forward(&x.log_softmax(1), &y)
    })
}

pub(crate) fn layer_norm() -> Prepared {
    let data = LayerNorm::default();
    let (shape, width): (&[usize], &[usize]) = (&[64, 128, LayerNorm::WIDTH], &[LayerNorm::WIDTH]);
    let [x, weight, bias, grad] = tensors([
        (&data.x, shape),
        (&data.weight, width),
        (&data.bias, width),
        (&data.grad, shape),
    ]);
    prepared([x, weight, bias], Some(grad), |[x, weight, bias]| {
        let options = NormOptions::new().weight(weight).bias(bias);
        normalize(x, [LayerNorm::WIDTH], options)
    })
}

pub(crate) fn attention() -> Prepared {
    let data = Attention::default();
    let shape: &[usize] = &[8, 128, 64];
    let [q, k, v, grad] = tensors([
        (&data.q, shape),
        (&data.k, shape),
        (&data.v, shape),
        (&data.grad, shape),
    ]);
    prepared([q, k, v], Some(grad), |[q, k, v]| {
        scaled_dot_product_attention(q, k, v, AttentionOptions::new())
    })
}

pub(crate) fn conv2d() -> Prepared {
    let data = Conv::default();
    let shape: &[usize] = &[8, 32, 28, 28];
    let [x, weight, bias, grad] = tensors([
        (&data.x, shape),
        (&data.weight, &[32, 32, 3, 3]),
        (&data.bias, &[32]),
        (&data.grad, shape),
    ]);
    prepared([x, weight, bias], Some(grad), |[x, weight, bias]| {
        convolve(x, weight, Some(bias), Conv2dOptions::new().padding(1))
    })
}

pub(crate) fn replayed_chain() -> Prepared {
    let w = tensor![FACTOR].requires_grad_();
    let mut step = {
        let w = w.clone();
        way([], move |[]| {
            w.zero_grad();
            let end = (0..CHAIN).fold(w.clone(), |y, _| y * &w);
            end.backward();
            end
        })
    };
    let figures = Figures {
        loss: step().item(),
        check: w.grad().expect("backward reached it").item(),
    };
    Prepared::new(figures, move || drop(step()))
}
