//! The works by burn on its flex backend.

mod stateless;
mod trained;

use burn::prelude::*;
use work::{CHAIN, Chain, FACTOR, Figures, Prepared, signature};

/// A constant.
fn tensor<const D: usize>(values: &[f32], shape: [usize; D]) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values.to_vec(), shape), &Device::flex())
}

fn leaf<const D: usize>(values: &[f32], shape: [usize; D]) -> Tensor<D> {
    tensor(values, shape).autodiff().require_grad()
}

fn classes<const D: usize>(labels: &[u32], shape: [usize; D]) -> Tensor<D, Int> {
    let labels: Vec<i64> = labels.iter().map(|&y| i64::from(y)).collect();
    Tensor::from_data(TensorData::new(labels, shape), &Device::flex())
}

fn values<const D: usize>(tensor: &Tensor<D>) -> Vec<f32> {
    tensor.try_to_vec_as().expect("the tensor holds f32")
}

fn sign(parts: &[Vec<f32>]) -> f64 {
    signature(parts.iter().map(Vec::as_slice))
}

fn chain(part: Chain) -> Prepared {
    let w = leaf(&[FACTOR], [1]);
    let forward = {
        let w = w.clone();
        move || (0..CHAIN).fold(w.clone(), |y, _| y * w.clone())
    };
    Prepared::chain(part, forward, move |end| {
        let grads = end.backward();
        let grad = w.grad(&grads).expect("backward reached it");
        Figures {
            loss: f64::from(end.clone().into_scalar::<f32>()),
            check: f64::from(grad.into_scalar::<f32>()),
        }
    })
}

fn prepare(name: &str) -> Option<Prepared> {
    if let Some(part) = Chain::of(name) {
        return Some(chain(part));
    }
    Some(match name {
        "W1" => trained::epoch(),
        "W2" => trained::logistic(),
        "W3" => trained::mlp(trained::Descent::Momentum),
        "W3-adam" => trained::mlp(trained::Descent::Adam),
        "W4" => stateless::elementwise(),
        "W5-512" => stateless::product(512),
        "W5-1024" => stateless::product(1024),
        "W6" => stateless::softmax(),
        "layer_norm" => stateless::layer_norm(),
        "attention" => stateless::attention(),
        "conv2d" => stateless::conv2d(),
        _ => return None,
    })
}

fn main() {
    work::run("burn", &work::version("burn"), |name, _| prepare(name));
}
