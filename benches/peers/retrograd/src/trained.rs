//! Works that train: forward, backward and the optimizer's step.

use crate::{classes, sign, tensors, way};
use retrograd::loss::cross_entropy;
use retrograd::optim::{Optimizer, Sgd};
use retrograd::prelude::*;
use work::{Epoch, Figures, Logistic, Mlp, Prepared};

fn bce_loss(out: &Tensor, y: &Tensor) -> Tensor {
    let eps = Epoch::EPS;
    -(y * (out + eps).log() + (1.0 - y) * (1.0 - out + eps).log()).mean()
}

pub(crate) fn epoch() -> Prepared {
    let data = Epoch::default();
    let [x, y] = tensors([
        (&data.x, &[Epoch::ROWS, Epoch::INPUTS]),
        (&data.y, &[Epoch::ROWS, 1]),
    ]);
    let [w1, b1, w2, b2] = tensors([
        (&data.w1, &[Epoch::INPUTS, Epoch::HIDDEN]),
        (&data.b1, &[Epoch::HIDDEN]),
        (&data.w2, &[Epoch::HIDDEN, 1]),
        (&data.b2, &[1]),
    ])
    .map(|p| p.requires_grad_());
    let mut optimizer = Sgd::new([&w1, &b1, &w2, &b2], Epoch::LR);
    let mut step = way([x, y], move |[x, y]| {
        let a1 = (x.mm(&w1) + &b1).sigmoid();
        let out = (a1.mm(&w2) + &b2).sigmoid();
        let loss = bce_loss(&out, y);
        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
        (loss, out.gt(0.5).eq(y).float().mean())
    });
    let step = move |last: &mut Option<(Tensor, f64)>| {
        let (loss, accuracy) = step();
        *last = Some((loss, accuracy.item()));
    };
    Prepared::trained(None, step, |last| {
        let (loss, check) = last.take().expect("steps were made");
        Figures {
            loss: loss.item(),
            check,
        }
    })
}

pub(crate) fn logistic() -> Prepared {
    let data = Logistic::default();
    let [x, y] = tensors([(&data.x, &[6, 2]), (&data.y, &[6, 1])]);
    let params = [zeros([2, 1]), zeros([1])].map(|p| p.requires_grad_());
    let mut optimizer = Sgd::new(&params, Logistic::LR);
    let [w, b] = params.clone();
    let mut step = way([x, y], move |[x, y]| {
        let loss = bce_loss(&(x.mm(&w) + &b).sigmoid(), y);
        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
        loss
    });
    let step = move |last: &mut Option<Tensor>| *last = Some(step());
    Prepared::trained(None, step, |last| figures(last, params))
}

pub(crate) fn mlp<O: Optimizer + 'static>(optimizer_of: impl FnOnce(&[Tensor]) -> O) -> Prepared {
    let data = Mlp::default();
    let [x] = tensors([(&data.x, &[Mlp::BATCH, Mlp::SIZES[0]])]);
    let y = classes(&data.y);
    let layers = [0, 1, 2].map(|i| {
        let (rows, columns) = (Mlp::SIZES[i], Mlp::SIZES[i + 1]);
        tensors([
            (&data.weights[i], &[rows, columns]),
            (&data.biases[i], &[columns]),
        ])
    });
    let params: Vec<Tensor> = layers
        .into_iter()
        .flatten()
        .map(|p| p.requires_grad_())
        .collect();
    let mut optimizer = optimizer_of(&params);
    let parameters = params.clone();
    let mut step = way([x, y], move |[x, y]| {
        let [w1, b1, w2, b2, w3, b3] = &params[..] else {
            unreachable!("three layers");
        };
        let hidden = (x.mm(w1) + b1).relu();
        let hidden = (hidden.mm(w2) + b2).relu();
        let loss = cross_entropy(&(hidden.mm(w3) + b3), y);
        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
        loss
    });
    let step = move |last: &mut Option<Tensor>| *last = Some(step());
    Prepared::trained(None, step, |last| figures(last, parameters))
}

fn figures(last: &Option<Tensor>, params: impl IntoIterator<Item = Tensor>) -> Figures {
    Figures {
        loss: last.as_ref().expect("steps were made").item(),
        check: sign(params),
    }
}
