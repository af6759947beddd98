//! The works by retrograd; with PEERS_REPLAY=1, each step recorded once and replayed.

mod stateless;
mod trained;

use retrograd::optim::{Adam, Sgd};
use retrograd::prelude::*;
use retrograd::tape::{Plan, StepOutput};
use work::{CHAIN, Chain, FACTOR, Figures, Mlp, Prepared, signature};

fn chain(part: Chain) -> Prepared {
    let w = tensor![FACTOR].requires_grad_();
    let forward = {
        let w = w.clone();
        move || (0..CHAIN).fold(w.clone(), |y, _| y * &w)
    };
    Prepared::chain(part, forward, move |end| {
        w.zero_grad();
        end.backward();
        Figures {
            loss: end.item(),
            check: w.grad().expect("backward reached it").item(),
        }
    })
}

/// A step as it stands, or its plan.
fn way<const N: usize, O: StepOutput + 'static>(
    inputs: [Tensor; N],
    mut step: impl FnMut(&[Tensor; N]) -> O + 'static,
) -> Box<dyn FnMut() -> O> {
    if replays() {
        let mut plan = Plan::new(step);
        Box::new(move || plan.run(inputs.each_ref()))
    } else {
        Box::new(move || step(&inputs))
    }
}

fn replays() -> bool {
    std::env::var("PEERS_REPLAY").as_deref() == Ok("1")
}

fn tensors<const N: usize>(parameters: [(&[f32], &[usize]); N]) -> [Tensor; N] {
    parameters.map(|(values, shape)| Tensor::from(values.to_vec()).reshape(shape))
}

fn classes(labels: &[u32]) -> Tensor {
    Tensor::from(labels.iter().map(|&y| i64::from(y)).collect::<Vec<_>>())
}

/// The signature of many tensors, read in their order.
fn sign(tensors: impl IntoIterator<Item = Tensor>) -> f64 {
    let values: Vec<Vec<f32>> = tensors.into_iter().map(|t| t.to_vec()).collect();
    signature(values.iter().map(Vec::as_slice))
}

fn prepare(name: &str, threads: usize) -> Option<Prepared> {
    retrograd::set_num_threads(threads);
    if replays() {
        // What no plan can replay has no figures; the log has the reason.
        return std::panic::catch_unwind(|| replayed(name)).ok().flatten();
    }
    if let Some(part) = Chain::of(name) {
        return Some(chain(part));
    }
    work_of(name)
}

/// A replayed chain has no halves.
fn replayed(name: &str) -> Option<Prepared> {
    match name {
        "W7" => Some(stateless::replayed_chain()),
        _ => work_of(name),
    }
}

fn work_of(name: &str) -> Option<Prepared> {
    Some(match name {
        "W1" => trained::epoch(),
        "W2" => trained::logistic(),
        "W3" => trained::mlp(|params| Sgd::new(params, Mlp::LR).momentum(Mlp::MOMENTUM)),
        "W3-adam" => trained::mlp(|params| Adam::new(params, Mlp::ADAM_LR)),
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
    work::run("retrograd", &work::version("retrograd"), prepare);
}
