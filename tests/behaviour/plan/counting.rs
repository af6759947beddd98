//! Optimizers whose steps depend on how many there were.

use super::{Net, data, history};
use retrograd::optim::{Adam, AdamW, Adamax, Optimizer, RAdam, Sgd};
use retrograd::prelude::*;
use retrograd::{loss, tape::Plan};

#[test]
fn optimizers_that_count_their_steps_replay_to_the_bit() {
    let (x, y) = data();
    type Make = fn(&[Tensor; 4]) -> Box<dyn Optimizer>;
    let kinds: [(&str, Make); 5] = [
        ("Adam", |params| Box::new(Adam::new(params, 0.01))),
        ("AdamW", |params| {
            Box::new(AdamW::new(params, 0.01).amsgrad(true))
        }),
        ("Adamax", |params| {
            Box::new(Adamax::new(params, 0.01).weight_decay(0.1))
        }),
        ("RAdam", |params| Box::new(RAdam::new(params, 0.01))),
        ("Sgd", |params| {
            Box::new(Sgd::new(params, 0.01).momentum(0.9))
        }),
    ];
    for (kind, make) in kinds {
        let step = |net: &Net, optimizer: &mut dyn Optimizer, x: &Tensor, y: &Tensor| {
            let [w1, b1, w2, b2] = &net.params;
            let out = ((x.mm(w1) + b1).relu().mm(w2) + b2).sigmoid();
            let loss = loss::bce(&out, y);
            loss.backward();
            optimizer.step();
            optimizer.zero_grad();
            loss.detach()
        };
        let figures = |net: &Net, loss: Tensor| {
            let params = net.params.iter().map(|p| p.detach().copy());
            std::iter::once(loss).chain(params).collect::<Vec<_>>()
        };
        let (eager, replayed) = (Net::new(), Net::new());
        let mut optimizer = make(&eager.params);
        let expected = history(12, || {
            let loss = step(&eager, &mut *optimizer, &x, &y);
            figures(&eager, loss)
        });
        let mut other = make(&replayed.params);
        {
            let other = &mut other;
            let mut plan = Plan::new(|[x, y]: &[Tensor; 2]| step(&replayed, &mut **other, x, y));
            let got = history(12, || {
                let loss = plan.run([&x, &y]);
                figures(&replayed, loss)
            });
            assert_eq!(got, expected, "{kind}");
        }
        let (kept, of_eager) = (other.state_dict(), optimizer.state_dict());
        for name in of_eager.names() {
            assert_eq!(kept.get(name), of_eager.get(name), "{kind} {name}");
        }
        assert_eq!(
            kept.get("state.0.step").map(|n| n.item::<i64>()),
            Some(12),
            "{kind}"
        );
    }
}
