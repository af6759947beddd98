//! The works by candle.

mod stateless;
mod trained;

use candle_core::{Device, Result, Shape, Tensor, Var};
use work::{CHAIN, Chain, FACTOR, Figures, Prepared, signature};

fn tensor(values: &[f32], shape: impl Into<Shape>) -> Result<Tensor> {
    Tensor::from_slice(values, shape, &Device::Cpu)
}

fn var(values: &[f32], shape: impl Into<Shape>) -> Result<Var> {
    Var::from_tensor(&tensor(values, shape)?)
}

fn sign<'a>(tensors: impl IntoIterator<Item = &'a Tensor>) -> Result<f64> {
    let values: Vec<Vec<f32>> = tensors
        .into_iter()
        .map(|t| t.flatten_all()?.to_vec1())
        .collect::<Result<_>>()?;
    Ok(signature(values.iter().map(Vec::as_slice)))
}

fn scalar(tensor: &Tensor) -> Result<f64> {
    Ok(f64::from(tensor.reshape(())?.to_scalar::<f32>()?))
}

fn chain(part: Chain) -> Result<Prepared> {
    let w = var(&[FACTOR], 1)?;
    let record = {
        let w = w.clone();
        move || (0..CHAIN).try_fold(w.as_tensor().clone(), |y, _| y * w.as_tensor())
    };
    let back = move |end: &Tensor| {
        let grads = end.backward()?;
        let grad = grads.get(&w).expect("backward reached it");
        Ok::<_, candle_core::Error>(Figures {
            loss: scalar(end)?,
            check: scalar(grad)?,
        })
    };
    Ok(Prepared::chain(
        part,
        move || record().expect("the shapes fit"),
        move |end| back(end).expect("the shapes fit"),
    ))
}

fn prepare(name: &str) -> Result<Option<Prepared>> {
    if let Some(part) = Chain::of(name) {
        return chain(part).map(Some);
    }
    let prepared = match name {
        "W1" => trained::epoch()?,
        "W2" => trained::logistic()?,
        "W3" => trained::mlp(trained::Descent::Momentum)?,
        "W3-adam" => trained::mlp(trained::Descent::Adam)?,
        "W4" => stateless::elementwise()?,
        "W5-512" => stateless::product(512)?,
        "W5-1024" => stateless::product(1024)?,
        "W6" => stateless::softmax_nll()?,
        "layer_norm" => stateless::layer_norm()?,
        "attention" => stateless::attention()?,
        "conv2d" => stateless::conv2d()?,
        _ => return Ok(None),
    };
    Ok(Some(prepared))
}

fn main() {
    work::run("candle", &work::version("candle-core"), |name, _| {
        prepare(name).expect("candle computes it")
    });
}
