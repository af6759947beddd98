//! Steps recorded once and replayed: the same bits as the step itself.

mod counting;
mod large;

use retrograd::nn::{self, Forward};
use retrograd::optim::{NAdam, Optimizer, Sgd};
use retrograd::prelude::*;
use retrograd::{loss, tape::Plan};

/// The figures of `runs` runs of a step: what it returned and the parameters after it.
fn history(runs: usize, mut run: impl FnMut() -> Vec<Tensor>) -> Vec<Vec<u32>> {
    let bits = |x: &Tensor| {
        x.to_vec::<f32>()
            .into_iter()
            .map(f32::to_bits)
            .collect::<Vec<_>>()
    };
    (0..runs)
        .map(|_| run().iter().flat_map(bits).collect())
        .collect()
}

struct Net {
    params: [Tensor; 4],
}

impl Net {
    fn new() -> Net {
        retrograd::manual_seed(7);
        let params = [randn([5, 8]) * 0.5, randn([8]), randn([8, 1]), zeros([1])];
        Net {
            params: params.map(|p| p.requires_grad_()),
        }
    }

    /// The notebook's step: a network by hand, its loss and accuracy, a descent by hand.
    fn step(&self, x: &Tensor, y: &Tensor) -> (Tensor, Tensor) {
        let [w1, b1, w2, b2] = &self.params;
        let hidden = (x.mm(w1) + b1).sigmoid();
        let out = (hidden.mm(w2) + b2).sigmoid();
        let loss = -(y * (&out + 1e-8).log() + (1.0 - y) * (1.0 - &out + 1e-8).log()).mean();
        let accuracy = out.gt(0.5).float().eq(y).float().mean();
        loss.backward();
        no_grad(|| {
            for p in &self.params {
                p.sub_(p.grad().unwrap() * 0.5);
                p.zero_grad();
            }
        });
        (loss.detach(), accuracy)
    }
}

fn data() -> (Tensor, Tensor) {
    retrograd::manual_seed(3);
    (randn([700, 5]), randint(0, 2, [700, 1]).float())
}

#[test]
fn a_training_step_by_hand_replays_to_the_bit() {
    let (x, y) = data();
    let (eager, replayed) = (Net::new(), Net::new());
    let mut plan = Plan::new(|[x, y]: &[Tensor; 2]| replayed.step(x, y));
    let with_params = |net: &Net, (loss, accuracy): (Tensor, Tensor)| {
        let params = net.params.iter().map(Tensor::detach);
        [loss, accuracy]
            .into_iter()
            .chain(params.map(|p| p.copy()))
            .collect::<Vec<_>>()
    };
    let expected = history(8, || with_params(&eager, eager.step(&x, &y)));
    let got = history(8, || with_params(&replayed, plan.run([&x, &y])));
    assert_eq!(got, expected);
}

#[test]
fn new_values_of_the_inputs_and_of_captured_tensors_are_seen() {
    let w = tensor![1.0, 2.0];
    let mut plan = Plan::new(|[x]: &[Tensor; 1]| x * &w + 1.0);
    for i in 0..8 {
        let x = tensor![f64::from(i), 1.0];
        w.fill_(f64::from(i * i));
        assert_eq!(plan.run([&x]), &x * &w + 1.0, "run {i}");
    }
    let x = tensor![1.0, 1.0];
    for i in 0..4 {
        x.fill_(i);
        assert_eq!(plan.run([&x]), &x * &w + 1.0, "run {i}");
    }
}

#[test]
fn results_that_are_still_held_stay_as_they_are() {
    let mut plan = Plan::new(|[x]: &[Tensor; 1]| (x * 2.0, x + 1.0));
    let held: Vec<_> = (0..6)
        .map(|i| plan.run([&full([20], f64::from(i))]))
        .collect();
    for (i, (double, next)) in held.into_iter().enumerate() {
        assert_eq!(double, full([20], 2.0 * i as f64));
        assert_eq!(next, full([20], 1.0 + i as f64));
    }
}

#[test]
fn gradients_stay_at_the_leaves_and_earlier_ones_as_they_were() {
    let w = tensor![1.0, 2.0, 3.0].requires_grad_();
    let mut plan = Plan::new(|[x]: &[Tensor; 1]| {
        w.zero_grad();
        let loss = (&w * x).pow(2).sum();
        loss.backward();
        loss.detach()
    });
    let mut grads = Vec::new();
    for i in 0..6 {
        let x = full([3], i);
        plan.run([&x]);
        grads.push((i, w.grad().unwrap()));
    }
    for (i, grad) in grads {
        assert_eq!(grad, w.detach() * 2.0 * f64::from(i * i), "run {i}");
    }
}

#[test]
fn edges_of_shapes_and_of_storages_replay_to_the_bit() {
    let (a, b) = (tensor![2.0], tensor![3.0]);
    let mut stretched = Plan::new(|[]: &[Tensor; 0]| a.expand([5]) * b.expand([5]));
    let kept = arange(6).float();
    let mut itself = Plan::new(|[]: &[Tensor; 0]| {
        kept.copy_(&kept);
        kept.narrow(0, 0, 3).copy_(&(kept.narrow(0, 3, 3) + 1.0));
        kept.copy()
    });
    let expected = {
        let kept = arange(6).float();
        kept.narrow(0, 0, 3).copy_(&(kept.narrow(0, 3, 3) + 1.0));
        kept
    };
    let norm = nn::LayerNorm::new([3]);
    let empty = zeros([0, 3]).requires_grad_();
    let weight = nn::Module::parameter(&norm, "weight").unwrap();
    let mut none = Plan::new(|[]: &[Tensor; 0]| {
        nn::Module::zero_grad(&norm);
        norm.forward(&empty).sum().backward();
        empty.zero_grad();
    });
    for _ in 0..5 {
        assert_eq!(stretched.run([]), full([5], 6.0));
        assert_eq!(itself.run([]), expected);
        none.run([]);
        assert_eq!(weight.grad().unwrap(), zeros([3]));
    }
}

#[test]
fn a_plan_in_the_step_of_another_one_is_a_part_of_it() {
    let w = tensor![1.0, 2.0];
    let inner = std::cell::RefCell::new(Plan::new(|[x]: &[Tensor; 1]| {
        w.add_(1.0);
        x * &w
    }));
    let mut outer = Plan::new(|[x]: &[Tensor; 1]| inner.borrow_mut().run([x]) + 1.0);
    for i in 0..7 {
        let x = tensor![1.0, f64::from(i)];
        let expected = &x * (tensor![2.0, 3.0] + f64::from(i)) + 1.0;
        assert_eq!(outer.run([&x]), expected, "run {i}");
    }
}

#[test]
fn leaves_that_share_a_gradient_get_one_each() {
    let [a, b] = [tensor![1.0, 2.0], tensor![3.0, 4.0]].map(|x| x.requires_grad_());
    let mut plan = Plan::new(|[x]: &[Tensor; 1]| {
        a.zero_grad();
        b.zero_grad();
        ((&a + &b) * x).sum().backward();
        for p in [&a, &b] {
            p.set_grad(Some(p.grad().unwrap() * 2.0));
        }
    });
    for i in 0..6 {
        let x = full([2], f64::from(i));
        plan.run([&x]);
        for p in [&a, &b] {
            assert_eq!(p.grad().unwrap(), &x * 2.0, "run {i}");
        }
    }
}

#[test]
fn modules_losses_and_optimizers_replay_to_the_bit() {
    let (x, y) = data();
    let run = |planned: bool| {
        retrograd::manual_seed(1);
        let net = nn::Sequential::new()
            .add(nn::Linear::new(5, 40))
            .add(nn::ReLU)
            .add(nn::Linear::new(40, 1));
        let params = nn::Module::parameters(&net);
        let mut sgd = Sgd::new(params.clone(), 0.05)
            .momentum(0.9)
            .weight_decay(0.01);
        let mut step = |[x, y]: &[Tensor; 2]| {
            let loss = loss::Mse::new().forward(&net.forward(x), y);
            sgd.zero_grad();
            loss.backward();
            sgd.step();
            loss.detach()
        };
        if planned {
            let mut plan = Plan::new(step);
            history(7, || {
                [
                    vec![plan.run([&x, &y])],
                    params.iter().map(|p| p.detach().copy()).collect(),
                ]
                .concat()
            })
        } else {
            let inputs = [x.clone(), y.clone()];
            history(7, || {
                [
                    vec![step(&inputs)],
                    params.iter().map(|p| p.detach().copy()).collect(),
                ]
                .concat()
            })
        }
    };
    assert_eq!(run(true), run(false));
}

#[test]
fn layouts_stretched_turned_and_cut_replay_to_the_bit() {
    let (a, b) = (
        arange(12).float().reshape([3, 4]),
        arange(4000).float().reshape([1000, 4]) * 0.01,
    );
    let f = |[a, b]: &[Tensor; 2]| {
        let turned = a.t() + tensor![1.0, 2.0, 3.0];
        let cut = a.narrow(0, 1, 2).narrow(1, 1, 3) * 2.0;
        let rows = b.exp() * b.sum_keepdim(1) - b.mean_dim(0);
        let thrice = a.unsqueeze(0) * tensor![[[1.0]], [[2.0]]];
        let sums = thrice.sum_dim([0, 2]);
        (
            turned.mm(&cut.t().mm(&cut).narrow(0, 0, 3)),
            rows,
            thrice.permute([2, 0, 1]).copy(),
            sums,
        )
    };
    let mut plan = Plan::new(f);
    for i in 0..5 {
        let (a, b) = (&a + i, &b - i);
        let got = plan.run([&a, &b]);
        assert!(got == f(&[a, b]), "run {i}");
    }
}

fn refusal<O: retrograd::tape::StepOutput>(
    step: impl FnMut(&[Tensor; 1]) -> O,
    runs: usize,
) -> String {
    let mut plan = Plan::new(step);
    let x = tensor![1.0, 2.0];
    (0..runs)
        .find_map(|_| plan.try_run([&x]).err())
        .expect("the step is refused")
        .to_string()
}

#[test]
fn what_cannot_be_replayed_is_refused_with_its_line() {
    let read = refusal(
        |[x]| {
            if x.sum().item::<f32>() > 0.0 {
                x * 2.0
            } else {
                x * 3.0
            }
        },
        2,
    );
    assert!(
        read.contains("the step calls `item`, which reads values that a replay would not read again (at tests/behaviour/plan.rs"),
        "{read}"
    );
    let drawn = refusal(|[x]| x + rand([2]), 2);
    assert!(drawn.contains("draws random numbers (at "), "{drawn}");
    let w = tensor![1.0, 1.0].requires_grad_();
    let added = refusal(|[x]| (&w * x).sum().backward(), 2);
    assert!(added.contains("Call `zero_grad()` in the step"), "{added}");
    let v = tensor![1.0, 1.0].requires_grad_();
    let mut adam = NAdam::new([&v], 0.1);
    let counted = refusal(
        |[x]| {
            adam.zero_grad();
            (&v * x).sum().backward();
            adam.step();
        },
        3,
    );
    assert!(
        counted.contains("a number of the program's that changes from run to run"),
        "{counted}"
    );
    let hooked = tensor![1.0, 1.0].requires_grad_();
    let _handle = hooked.register_hook(|_| None);
    let hook = refusal(
        |[x]| {
            hooked.zero_grad();
            (&hooked * x).sum().backward();
        },
        2,
    );
    assert!(hook.contains("runs a hook"), "{hook}");
    let input = refusal(
        |[x]| {
            x.add_(1.0);
        },
        2,
    );
    assert!(input.contains("changes an input in place"), "{input}");
    let mut calls = 0;
    let own = refusal(
        |[x]| {
            calls += 1;
            x * f64::from(calls)
        },
        3,
    );
    assert!(own.contains("changes from run to run"), "{own}");
}

#[test]
fn inputs_of_another_shape_or_type_are_refused() {
    let mut plan = Plan::new(|[x]: &[Tensor; 1]| x * 2);
    for _ in 0..4 {
        plan.run([&tensor![1.0, 2.0]]);
        let shape = plan.try_run([&tensor![1.0]]).unwrap_err().to_string();
        assert!(
            shape.contains(
                "input 0 has shape [1] and type f32, and the step was made for [2] of f32"
            ),
            "{shape}"
        );
        assert!(plan.try_run([&tensor![1, 2]]).is_err());
        assert!(plan.try_run([&tensor![1.0, 2.0].requires_grad_()]).is_err());
    }
}

/// Runs a step eagerly and as a plan from the same seed on changing data; both must give the same bits.
fn agree<M: FnMut(&[Tensor; 2]) -> Tensor>(
    inputs: impl Fn(usize) -> [Tensor; 2],
    make: impl Fn() -> (Vec<Tensor>, M),
) {
    let (eager_params, mut eager) = make();
    let (params, step) = make();
    let mut plan = Plan::new(step);
    for run in 0..6 {
        let inputs = inputs(run);
        let (expected, got) = (eager(&inputs), plan.run([&inputs[0], &inputs[1]]));
        assert_eq!(got, expected, "run {run}");
        for (a, b) in params.iter().zip(&eager_params) {
            assert_eq!(a.detach(), b.detach(), "run {run}");
        }
    }
}

fn trained<M: nn::Module + Forward>(
    model: M,
    loss: fn(&Tensor, &Tensor) -> Tensor,
) -> (Vec<Tensor>, impl FnMut(&[Tensor; 2]) -> Tensor) {
    let params = model.parameters();
    let mut sgd = Sgd::new(params.clone(), 0.05).momentum(0.9);
    let step = move |[x, y]: &[Tensor; 2]| {
        let loss = loss(&model.forward(x), y);
        sgd.zero_grad();
        loss.backward();
        sgd.step();
        loss.detach()
    };
    (params, step)
}

#[test]
fn a_classifier_with_convolutions_and_norms_replays_to_the_bit() {
    let images = |run: usize| {
        retrograd::manual_seed(run as u64);
        [randn([6, 2, 8, 8]), randint(0, 4, [6])]
    };
    agree(images, || {
        retrograd::manual_seed(5);
        let model = nn::Sequential::new()
            .add(nn::Conv2d::new(2, 4, 3))
            .add(nn::ReLU)
            .add(nn::AvgPool2d::new(2))
            .add(nn::Flatten::new())
            .add(nn::LayerNorm::new([36]))
            .add(nn::Linear::new(36, 4))
            .add(nn::LogSoftmax::new(1));
        trained(model, loss::nll)
    });
    let rows = |run: usize| {
        retrograd::manual_seed(run as u64);
        [randn([300, 7]), randint(0, 5, [300])]
    };
    agree(rows, || {
        retrograd::manual_seed(6);
        let model = nn::Sequential::new()
            .add(nn::Linear::new(7, 33))
            .add(nn::Tanh)
            .add(nn::Linear::new(33, 5));
        trained(model, loss::cross_entropy)
    });
}

#[test]
fn labels_that_are_no_class_are_refused_in_every_run() {
    let w = ones([3, 2]);
    let mut plan = Plan::new(|[x, y]: &[Tensor; 2]| loss::cross_entropy(&x.mm(&w), y));
    let x = ones([4, 3]);
    for _ in 0..5 {
        plan.run([&x, &tensor![0, 1, 1, 0]]);
    }
    let error = plan
        .try_run([&x, &tensor![0, 1, 2, 0]])
        .unwrap_err()
        .to_string();
    assert!(error.contains("row 2 holds no class of 2"), "{error}");
    plan.run([&x, &tensor![0, 1, 1, 0]]);
}

#[test]
fn logits_choices_and_joins_replay_to_the_bit() {
    let data = |run: usize| {
        retrograd::manual_seed(run as u64);
        [randn([50, 3]), rand([50, 3]).round()]
    };
    agree(data, || {
        let w = tensor![[0.1, -0.2, 0.3]].requires_grad_();
        let params = vec![w.clone()];
        let step = move |[x, y]: &[Tensor; 2]| {
            let z = x * &w + Tensor::where_(&x.gt(0.0), &w, 0.5);
            let joined = retrograd::cat([&z, &z.narrow(1, 0, 2)], 1);
            let loss = loss::bce_with_logits(&z, y)
                + joined.softmax(1).logsumexp(0).mean()
                + z.tril(0).sum();
            loss.backward();
            no_grad(|| w.sub_(w.grad().unwrap() * 0.1));
            w.zero_grad();
            loss.detach()
        };
        (params, step)
    });
}
