//! Works without a state: an output and the gradients of what it was made from.

use crate::{scalar, sign, tensor, var};
use candle_core::{D, Device, Result, Tensor, Var};
use candle_nn::loss::nll;
use candle_nn::ops::{layer_norm_slow, log_softmax, sigmoid, softmax};
use work::{Attention, Conv, Elementwise, Figures, LayerNorm, Prepared, Product, Softmax};

/// Backward from the output. candle starts from ones alone, so a gradient of the output is multiplied with it.
fn prepared<const N: usize>(
    operands: [Var; N],
    grad: Option<Tensor>,
    output: impl Fn(&[Var; N]) -> Result<Tensor> + 'static,
) -> Result<Prepared> {
    let step = {
        let (operands, grad) = (operands.clone(), grad.clone());
        move || {
            let out = output(&operands)?;
            let grads = match &grad {
                Some(grad) => (&out * grad)?.sum_all()?.backward()?,
                None => out.backward()?,
            };
            Ok::<_, candle_core::Error>((out, grads))
        }
    };
    let (out, grads) = step()?;
    let loss = match grad {
        Some(_) => sign([&out])?,
        None => scalar(&out)?,
    };
    let grads = operands
        .iter()
        .map(|var| grads.get(var).expect("backward reached it"));
    let check = sign(grads)?;
    Ok(Prepared::new(Figures { loss, check }, move || {
        drop(step().expect("the shapes fit"));
    }))
}

pub(crate) fn elementwise() -> Result<Prepared> {
    let data = Elementwise::default();
    let operands = [
        var(&data.x, Elementwise::LEN)?,
        var(&data.w, Elementwise::LEN)?,
        var(&data.b, Elementwise::LEN)?,
    ];
    prepared(operands, None, |[x, w, b]| {
        let z = ((x.as_tensor() * w.as_tensor())? + b.as_tensor())?;
        sigmoid(&z)?.sum_all()
    })
}

pub(crate) fn product(n: usize) -> Result<Prepared> {
    let data = Product::new(n);
    let operands = [var(&data.a, (n, n))?, var(&data.b, (n, n))?];
    let grad = tensor(&data.grad, (n, n))?;
    prepared(operands, Some(grad), |[a, b]| a.matmul(b))
}

pub(crate) fn softmax_nll() -> Result<Prepared> {
    let data = Softmax::default();
    let y = Tensor::from_slice(&data.y, Softmax::ROWS, &Device::Cpu)?;
    let operands = [var(&data.x, (Softmax::ROWS, Softmax::CLASSES))?];
    prepared(operands, None, move |[x]| nll(&log_softmax(x, 1)?, &y))
}

pub(crate) fn layer_norm() -> Result<Prepared> {
    let data = LayerNorm::default();
    let shape = (64, 128, LayerNorm::WIDTH);
    let operands = [
        var(&data.x, shape)?,
        var(&data.weight, LayerNorm::WIDTH)?,
        var(&data.bias, LayerNorm::WIDTH)?,
    ];
    let grad = tensor(&data.grad, shape)?;
    // The other one has no backward.
    prepared(operands, Some(grad), |[x, weight, bias]| {
        layer_norm_slow(x, weight, bias, LayerNorm::EPS as f32)
    })
}

pub(crate) fn attention() -> Result<Prepared> {
    let data = Attention::default();
    let shape = (8, 128, 64);
    let operands = [
        var(&data.q, shape)?,
        var(&data.k, shape)?,
        var(&data.v, shape)?,
    ];
    let grad = tensor(&data.grad, shape)?;
    prepared(operands, Some(grad), |[q, k, v]| {
        let scores = (q.matmul(&k.t()?)? * (1.0 / 64.0_f64.sqrt()))?;
        softmax(&scores, D::Minus1)?.matmul(v)
    })
}

pub(crate) fn conv2d() -> Result<Prepared> {
    let data = Conv::default();
    let shape = (8, 32, 28, 28);
    let operands = [
        var(&data.x, shape)?,
        var(&data.weight, (32, 32, 3, 3))?,
        var(&data.bias, 32)?,
    ];
    let grad = tensor(&data.grad, shape)?;
    prepared(operands, Some(grad), |[x, weight, bias]| {
        x.conv2d(weight, 1, 1, 1, 1)?
            .broadcast_add(&bias.reshape((1, 32, 1, 1))?)
    })
}
