//! Works without a state.

use crate::common::{exp, vector};
use crate::hand::attention::Attention as Attend;
use crate::hand::conv::Conv as Convolve;
use crate::hand::layer_norm::LayerNorm as Normalize;
use crate::hand::softmax::Nll;
use crate::hand::{Operand, product as multiply, sum};
use faer::Accum;
use work::{
    Attention, Conv, Elementwise, Figures, LayerNorm, Prepared, Product, Softmax, signature,
};

/// `figures` is read after the first step.
fn prepared<S: 'static>(
    mut state: S,
    mut step: impl FnMut(&mut S) + 'static,
    figures: impl FnOnce(&S) -> Figures,
) -> Prepared {
    step(&mut state);
    let figures = figures(&state);
    Prepared::new(figures, move || step(&mut state))
}

fn figures<'a>(out: &[f32], grads: impl IntoIterator<Item = &'a [f32]>) -> Figures {
    Figures {
        loss: signature([out]),
        check: signature(grads),
    }
}

/// One sweep forward that keeps the sigmoid, one back.
pub(crate) fn elementwise() -> Prepared {
    struct State {
        out: Vec<f32>,
        total: f64,
        grads: [Vec<f32>; 3],
    }
    let Elementwise { x, w, b } = Elementwise::default();
    let zeros = || vec![0.0_f32; Elementwise::LEN];
    let state = State {
        out: zeros(),
        total: 0.0,
        grads: [zeros(), zeros(), zeros()],
    };
    let step = move |state: &mut State| {
        let out = &mut state.out;
        state.total = vector(
            #[inline(always)]
            || {
                let mut total = 0.0;
                let operands = x.chunks(1024).zip(w.chunks(1024)).zip(b.chunks(1024));
                for (out, ((x, w), b)) in out.chunks_mut(1024).zip(operands) {
                    for ((out, &x), (&w, &b)) in out.iter_mut().zip(x).zip(w.iter().zip(b)) {
                        *out = 1.0 / (1.0 + exp(-(x * w + b)));
                    }
                    // By blocks, as one sum of all loses digits.
                    total += f64::from(sum(out, out, |s, _| s));
                }
                total
            },
        );
        let [grad_x, grad_w, grad_b] = &mut state.grads;
        vector(
            #[inline(always)]
            || {
                let operands = state.out.iter().zip(x.iter().zip(&w));
                let grads = grad_x.iter_mut().zip(grad_w).zip(grad_b);
                for (((grad_x, grad_w), grad_b), (&s, (&x, &w))) in grads.zip(operands) {
                    let slope = s * (1.0 - s);
                    *grad_x = slope * w;
                    *grad_w = slope * x;
                    *grad_b = slope;
                }
            },
        );
    };
    prepared(state, step, |state| Figures {
        loss: state.total,
        check: signature(state.grads.iter().map(Vec::as_slice)),
    })
}

pub(crate) fn product(n: usize) -> Prepared {
    let Product { a, b, grad } = Product::new(n);
    let zeros = || vec![0.0_f32; n * n];
    let step = move |[out, grad_a, grad_b]: &mut [Vec<f32>; 3]| {
        let times = |out: &mut [f32], a, b| multiply(out, Accum::Replace, [n; 3], a, b);
        times(out, Operand::Rows(&a), Operand::Rows(&b));
        times(grad_a, Operand::Rows(&grad), Operand::Columns(&b));
        times(grad_b, Operand::Columns(&a), Operand::Rows(&grad));
    };
    prepared(
        [zeros(), zeros(), zeros()],
        step,
        |[out, grad_a, grad_b]| figures(out, [&grad_a[..], grad_b]),
    )
}

pub(crate) fn softmax() -> Prepared {
    let Softmax { x, y } = Softmax::default();
    let nll = Nll::new(Softmax::ROWS, Softmax::CLASSES);
    let step = move |(nll, loss): &mut (Nll, f32)| *loss = nll.step(&x, &y);
    prepared((nll, 0.0), step, |(nll, loss)| Figures {
        loss: f64::from(*loss),
        check: signature([&nll.grad[..]]),
    })
}

pub(crate) fn layer_norm() -> Prepared {
    let LayerNorm {
        x,
        weight,
        bias,
        grad,
    } = LayerNorm::default();
    let norm = Normalize::new(LayerNorm::ROWS, LayerNorm::WIDTH);
    let step = move |norm: &mut Normalize| {
        norm.forward(&x, &weight, &bias);
        norm.backward(&x, &weight, &grad);
    };
    prepared(norm, step, |norm| {
        figures(
            &norm.out,
            [&norm.grad_x[..], &norm.grad_weight, &norm.grad_bias],
        )
    })
}

pub(crate) fn attention() -> Prepared {
    let Attention { q, k, v, grad } = Attention::default();
    let step = move |attend: &mut Attend| {
        attend.forward(&q, &k, &v);
        attend.backward(&q, &k, &v, &grad);
    };
    prepared(Attend::new([8, 128, 64]), step, |attend| {
        figures(&attend.out, attend.grads.iter().map(Vec::as_slice))
    })
}

pub(crate) fn conv2d() -> Prepared {
    let Conv {
        x,
        weight,
        bias,
        grad,
    } = Conv::default();
    let step = move |convolve: &mut Convolve| {
        convolve.forward(&x, &weight, &bias);
        convolve.backward(&weight, &grad);
    };
    prepared(Convolve::new(8, 32, 28), step, |convolve| {
        let Convolve {
            grad_x,
            grad_weight,
            grad_bias,
            out,
            ..
        } = convolve;
        figures(out, [&grad_x[..], grad_weight, grad_bias])
    })
}
