//! Works that train: forward, backward and the optimizer's step.

use crate::{scalar, sign, tensor, var};
use candle_core::backprop::GradStore;
use candle_core::{DType, Device, Result, Tensor, Var};
use candle_nn::ops::sigmoid;
use candle_nn::{AdamW, Optimizer, ParamsAdamW, SGD, loss::cross_entropy};
use work::{Epoch, Figures, Logistic, Mlp, Prepared};

fn bce_loss(out: &Tensor, y: &Tensor) -> Result<Tensor> {
    let eps = Epoch::EPS;
    let ones = y.ones_like()?;
    let hit = (y * (out + eps)?.log()?)?;
    let missed = ((&ones - y)? * ((&ones - out)? + eps)?.log()?)?;
    (hit + missed)?.mean_all()?.neg()
}

/// A training step by candle's own plain SGD.
fn trained(
    vars: Vec<Var>,
    lr: f64,
    mut loss_of: impl FnMut() -> Result<(Tensor, Option<f64>)> + 'static,
) -> Result<Prepared> {
    let mut optimizer = SGD::new(vars.clone(), lr)?;
    let step = move |last: &mut Option<(Tensor, Option<f64>)>| {
        let (loss, accuracy) = loss_of().expect("the shapes fit");
        let grads = loss.backward().expect("the shapes fit");
        optimizer.step(&grads).expect("the shapes fit");
        *last = Some((loss, accuracy));
    };
    Ok(Prepared::trained(None, step, move |last| {
        figures(last, &vars)
    }))
}

fn figures(last: &Option<(Tensor, Option<f64>)>, vars: &[Var]) -> Figures {
    let (loss, accuracy) = last.as_ref().expect("steps were made");
    let signature = || sign(vars.iter().map(Var::as_tensor)).expect("candle reads its tensors");
    Figures {
        loss: scalar(loss).expect("one number"),
        check: accuracy.unwrap_or_else(signature),
    }
}

pub(crate) fn epoch() -> Result<Prepared> {
    let data = Epoch::default();
    let x = tensor(&data.x, (Epoch::ROWS, Epoch::INPUTS))?;
    let y = tensor(&data.y, (Epoch::ROWS, 1))?;
    let vars = vec![
        var(&data.w1, (Epoch::INPUTS, Epoch::HIDDEN))?,
        var(&data.b1, Epoch::HIDDEN)?,
        var(&data.w2, (Epoch::HIDDEN, 1))?,
        var(&data.b2, 1)?,
    ];
    let params = vars.clone();
    trained(vars, Epoch::LR, move || {
        let [w1, b1, w2, b2] = &params[..] else {
            unreachable!("two layers");
        };
        let a1 = sigmoid(&x.matmul(w1)?.broadcast_add(b1)?)?;
        let out = sigmoid(&a1.matmul(w2)?.broadcast_add(b2)?)?;
        let hits = out.gt(0.5)?.to_dtype(DType::F32)?.eq(&y)?;
        let accuracy = scalar(&hits.to_dtype(DType::F32)?.mean_all()?)?;
        Ok((bce_loss(&out, &y)?, Some(accuracy)))
    })
}

pub(crate) fn logistic() -> Result<Prepared> {
    let data = Logistic::default();
    let (x, y) = (tensor(&data.x, (6, 2))?, tensor(&data.y, (6, 1))?);
    let (w, b) = (var(&[0.0, 0.0], (2, 1))?, var(&[0.0], 1)?);
    trained(vec![w.clone(), b.clone()], Logistic::LR, move || {
        let out = sigmoid(&x.matmul(&w)?.broadcast_add(&b)?)?;
        Ok((bce_loss(&out, &y)?, None))
    })
}

/// How the parameters go down.
pub(crate) enum Descent {
    Momentum,
    Adam,
}

/// candle's SGD has no momentum.
fn momentum(vars: Vec<Var>) -> Result<Box<dyn FnMut(&GradStore) -> Result<()>>> {
    let velocities = vars.iter().map(|var| var.zeros_like());
    let mut velocities = velocities.collect::<Result<Vec<_>>>()?;
    Ok(Box::new(move |grads| {
        for (param, velocity) in vars.iter().zip(&mut velocities) {
            let grad = grads.get(param).expect("backward reached it");
            *velocity = ((&*velocity * Mlp::MOMENTUM)? + grad)?;
            param.set(&(param.as_tensor() - (&*velocity * Mlp::LR)?)?)?;
        }
        Ok(())
    }))
}

pub(crate) fn mlp(descent: Descent) -> Result<Prepared> {
    let data = Mlp::default();
    let x = tensor(&data.x, (Mlp::BATCH, Mlp::SIZES[0]))?;
    let y = Tensor::from_slice(&data.y, Mlp::BATCH, &Device::Cpu)?;
    let mut vars = Vec::new();
    for (i, (weight, bias)) in data.weights.iter().zip(&data.biases).enumerate() {
        vars.push(var(weight, (Mlp::SIZES[i], Mlp::SIZES[i + 1]))?);
        vars.push(var(bias, Mlp::SIZES[i + 1])?);
    }
    let mut optimizer: Box<dyn FnMut(&GradStore) -> Result<()>> = match descent {
        Descent::Momentum => momentum(vars.clone())?,
        Descent::Adam => {
            let options = ParamsAdamW {
                lr: Mlp::ADAM_LR,
                weight_decay: 0.0,
                ..ParamsAdamW::default()
            };
            let mut adam = AdamW::new(vars.clone(), options)?;
            Box::new(move |grads| adam.step(grads))
        }
    };
    let params = vars.clone();
    let mut step = move || {
        let mut hidden = x.clone();
        for (i, layer) in params.chunks_exact(2).enumerate() {
            hidden = hidden.matmul(&layer[0])?.broadcast_add(&layer[1])?;
            if i < 2 {
                hidden = hidden.relu()?;
            }
        }
        let loss = cross_entropy(&hidden, &y)?;
        optimizer(&loss.backward()?)?;
        Ok::<_, candle_core::Error>(loss)
    };
    Ok(Prepared::trained(
        None,
        move |last| *last = Some((step().expect("the shapes fit"), None)),
        move |last| figures(last, &vars),
    ))
}
