//! Replays of values that stand in arrays of the plan's own.

use retrograd::prelude::*;
use retrograd::tape::Plan;

#[test]
fn values_of_few_elements_replay_to_the_bit() {
    for len in [0, 1, 2, 7, 8, 9, 15, 16, 17, 33] {
        let w = rand([len]);
        let long = rand([40]);
        let f = |[x]: &[Tensor; 1]| {
            let first = x.narrow(0, len / 2, len - len / 2).exp();
            let cut = long.narrow(0, 5, len) / &w;
            let one = long.narrow(0, 7, 1);
            let column = (&one * &w).unsqueeze(1) * long.narrow(0, 2, 3);
            w.copy_(&(&cut * x));
            (first, cut, column.sum_dim(1) + x.sum(), &w + &one)
        };
        let mut plan = Plan::new(f);
        for run in 0..5 {
            let x = rand([len]) + run;
            let before = w.copy();
            let got = plan.run([&x]);
            let after = w.copy();
            w.copy_(&before);
            assert!(got == f(&[x]), "{len} elements, run {run}");
            assert_eq!(w, after, "{len} elements, run {run}");
        }
    }
}

#[test]
fn sums_taken_while_the_elements_are_at_hand_replay_to_the_bit() {
    let lens = [
        1, 16, 17, 128, 129, 1024, 1025, 4097, 100_001, 300_000, 1_500_001,
    ];
    for len in lens {
        retrograd::manual_seed(5);
        let [w, b] = [randn([len]), randn([len])].map(|p| p.requires_grad_());
        let f = |[x]: &[Tensor; 1]| {
            w.zero_grad();
            b.zero_grad();
            let loss = (x * &w + &b).sigmoid().sum() + x.mean();
            loss.backward();
            (loss.detach(), w.grad().unwrap(), b.grad().unwrap())
        };
        let mut plan = Plan::new(f);
        for run in 0..4 {
            let x = randn([len]) + run;
            assert!(plan.run([&x]) == f(&[x]), "{len} elements, run {run}");
        }
    }
}
