//! The works by hand: safe Rust without a tape, on one thread, with every buffer allocated once.

mod common;
#[path = "../../../mlp/hand/mod.rs"]
mod hand;
mod stateless;
mod trained;

use work::{CHAIN, Chain, FACTOR, Figures, Prepared};

/// The chain's values are its tape.
fn chain(part: Chain) -> Prepared {
    let forward = || {
        let mut values = vec![FACTOR; CHAIN + 1];
        for i in 0..CHAIN {
            values[i + 1] = values[i] * FACTOR;
        }
        values
    };
    Prepared::chain(part, forward, |values: &Vec<f32>| {
        let (mut back, mut grad) = (1.0, 0.0);
        for value in values[..CHAIN].iter().rev() {
            grad += back * value;
            back *= FACTOR;
        }
        Figures {
            loss: f64::from(values[CHAIN]),
            check: f64::from(grad + back),
        }
    })
}

fn prepare(name: &str, threads: usize) -> Option<Prepared> {
    if threads != 1 {
        return None;
    }
    if let Some(part) = Chain::of(name) {
        return Some(chain(part));
    }
    Some(match name {
        "W1" => trained::epoch(),
        "W2" => trained::logistic(),
        "W3" => trained::mlp(trained::MOMENTUM),
        "W3-adam" => trained::mlp(trained::ADAM),
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
    work::run("limit", &work::version("peer-limit"), prepare);
}
