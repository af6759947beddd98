//! Trajectories of optimizers, to 1e-9 in f64.

use crate::common::{assert_close, golden, number, numbers};
use retrograd::loss::BceWithLogits;
use retrograd::optim::{Adam, AdamW, Lbfgs, Sgd};
use retrograd::prelude::*;
use serde_json::Value;

/// A golden problem: the loss as a function of `w`.
fn loss(problem: &str, of: &Value, w: &Tensor) -> Tensor {
    match problem {
        "logistic" => {
            let t = Tensor::from(numbers(&of["t"]));
            let a = Tensor::from_vec(numbers(&of["A"]), (t.numel(), w.numel()));
            BceWithLogits::new().forward(&a.matmul(w), &t) + 0.01 * (w * w).sum()
        }
        "rosenbrock" => {
            let (x, next) = (w.i(..-1), w.i(1..));
            (100.0 * (next - x.pow(2)).pow(2) + (1.0 - x).pow(2)).sum()
        }
        other => panic!("no problem {other:?}"),
    }
}

enum Any {
    First(Box<dyn Optimizer>),
    Lbfgs(Lbfgs),
}

fn optimizer(name: &str, options: &Value, w: &Tensor) -> Option<Any> {
    let float = |key: &str, default: f64| options.get(key).map_or(default, number);
    let flag = |key: &str| options.get(key).is_some_and(|v| v == true);
    let betas = options
        .get("betas")
        .map_or((0.9, 0.999), |b| (number(&b[0]), number(&b[1])));
    Some(match name {
        "SGD" => Any::First(Box::new(
            Sgd::new([w], float("lr", 1e-3))
                .momentum(float("momentum", 0.0))
                .dampening(float("dampening", 0.0))
                .weight_decay(float("weight_decay", 0.0))
                .nesterov(flag("nesterov"))
                .maximize(flag("maximize")),
        )),
        "Adam" => Any::First(Box::new(
            Adam::new([w], float("lr", 1e-3))
                .betas(betas)
                .eps(float("eps", 1e-8))
                .weight_decay(float("weight_decay", 0.0))
                .amsgrad(flag("amsgrad"))
                .maximize(flag("maximize")),
        )),
        "AdamW" => Any::First(Box::new(
            AdamW::new([w], float("lr", 1e-3))
                .betas(betas)
                .eps(float("eps", 1e-8))
                .weight_decay(float("weight_decay", 1e-2))
                .amsgrad(flag("amsgrad"))
                .maximize(flag("maximize")),
        )),
        "LBFGS" => {
            let mut lbfgs = Lbfgs::new([w], float("lr", 1.0))
                .max_iter(float("max_iter", 20.0) as usize)
                .history_size(float("history_size", 100.0) as usize)
                .tolerance_grad(float("tolerance_grad", 1e-7))
                .tolerance_change(float("tolerance_change", 1e-9));
            if let Some(limit) = options.get("max_eval") {
                lbfgs = lbfgs.max_eval(number(limit) as usize);
            }
            if options
                .get("line_search_fn")
                .is_some_and(|v| v == "strong_wolfe")
            {
                lbfgs = lbfgs.strong_wolfe();
            }
            Any::Lbfgs(lbfgs)
        }
        _ => return None,
    })
}

#[test]
fn optimizers_follow_pytorchs_trajectories() {
    let Some(file) = golden("optim.json") else {
        return;
    };
    let mut checked = 0;
    for run in file["trajectories"].as_array().expect("a list") {
        let (problem, name) = (
            run["problem"].as_str().unwrap(),
            run["optimizer"].as_str().unwrap(),
        );
        let of = &file["problems"][problem];
        let w = Tensor::from(numbers(&of["w0"])).requires_grad_();
        let Some(mut optimizer) = optimizer(name, &run["options"], &w) else {
            continue;
        };
        checked += 1;
        let mut evaluations = 0;
        for (i, step) in run["steps"].as_array().unwrap().iter().enumerate() {
            let what = format!("{problem} {name} {} step {i}", run["options"]);
            let found = match &mut optimizer {
                Any::First(optimizer) => {
                    let loss = loss(problem, of, &w);
                    optimizer.zero_grad();
                    loss.backward();
                    optimizer.step();
                    evaluations += 1;
                    loss.item::<f64>()
                }
                Any::Lbfgs(lbfgs) => {
                    let report = lbfgs.step_with(|| loss(problem, of, &w)).unwrap();
                    evaluations += report.evaluations;
                    report.initial_loss
                }
            };
            assert_close(&[found], &[number(&step["loss"])], 1e-9, 1e-9, &what);
            assert_close(&w.to_vec::<f64>(), &numbers(&step["w"]), 1e-9, 1e-9, &what);
            assert_eq!(
                evaluations as f64,
                number(&step["evals"]),
                "{what}: evaluations"
            );
        }
    }
    assert!(checked > 0, "no trajectory of an optimizer of this crate");
}
