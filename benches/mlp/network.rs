//! 784 - 512 - 512 - 10 on a batch of 64: forward, cross entropy, backward and the optimizer's step.

use crate::common::Rows;
use crate::hand::network::{Descent, Network};
use retrograd::loss::cross_entropy;
use retrograd::optim::{Adam, Sgd};
use retrograd::{nn, prelude::*};

const BATCH: usize = 64;
const SIZES: [usize; 4] = [784, 512, 512, 10];

fn model() -> nn::Sequential {
    nn::Sequential::new()
        .add(nn::Linear::new(SIZES[0], SIZES[1]))
        .add(nn::ReLU)
        .add(nn::Linear::new(SIZES[1], SIZES[2]))
        .add(nn::ReLU)
        .add(nn::Linear::new(SIZES[2], SIZES[3]))
}

/// The network by hand from where the model stands. Its weights are `[in, out]`.
fn by_hand(model: &nn::Sequential) -> Network {
    let layers = ["0", "2", "4"].map(|layer| {
        let parameter = |name: &str| {
            let name = format!("{layer}.{name}");
            model.parameter(&name).expect("the layer has it")
        };
        let weight = parameter("weight").t().contiguous();
        (weight.to_vec(), parameter("bias").to_vec())
    });
    Network::new(BATCH, &SIZES, layers)
}

pub(crate) fn rows(rows: &mut Rows) {
    manual_seed(1);
    let x = randn([BATCH, SIZES[0]]);
    let y = randint(0, SIZES[3] as i64, [BATCH]);
    let values = x.to_vec::<f32>();
    let classes: Vec<u32> = y.to_vec::<i64>().into_iter().map(|y| y as u32).collect();
    let momentum = Descent::Momentum {
        lr: 0.01,
        momentum: 0.9,
    };
    for (name, descent) in [
        ("mlp/momentum", momentum),
        ("mlp/adam", Descent::Adam { lr: 1e-3 }),
    ] {
        if !rows.wants(name) {
            continue;
        }
        let model = model();
        let mut network = by_hand(&model);
        let mut sgd = Sgd::new(model.parameters(), 0.01).momentum(0.9);
        let mut adam = Adam::new(model.parameters(), 1e-3);
        let mut step = || {
            let loss = cross_entropy(&model.forward(&x), &y);
            loss.backward();
            match descent {
                Descent::Momentum { .. } => {
                    sgd.step();
                    sgd.zero_grad();
                }
                Descent::Adam { .. } => {
                    adam.step();
                    adam.zero_grad();
                }
            }
            loss.item::<f32>()
        };
        for _ in 0..3 {
            let (ours, theirs) = (step(), network.step(&values, &classes, descent));
            assert!(
                (ours - theirs).abs() < 1e-3 * theirs,
                "{name}: {ours} and {theirs}"
            );
        }
        compare(&model, &network);
        rows.row(name, step, || network.step(&values, &classes, descent));
    }
}

/// Holds what was trained against what was trained by hand.
fn compare(model: &nn::Sequential, network: &Network) {
    for (ours, by_hand) in model.parameters().iter().zip(network.parameters()) {
        let ours = if ours.dim() == 2 {
            ours.t()
        } else {
            ours.clone()
        };
        let ours: Vec<f32> = ours.contiguous().to_vec();
        assert_eq!(ours.len(), by_hand.len());
        for (a, b) in ours.iter().zip(by_hand) {
            assert!((a - b).abs() < 1e-4, "parameters {a} and {b}");
        }
    }
}
