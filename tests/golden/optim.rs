//! Trajectories of optimizers, to 1e-9 in f64.

use crate::close::assert_close;
use crate::common::{golden, number, numbers};
use retrograd::loss::BceWithLogits;
use retrograd::nn::utils::{ClipGradNorm, clip_grad_value_};
use retrograd::optim::lr_scheduler::*;
use retrograd::optim::{
    Adadelta, Adagrad, Adam, AdamW, Adamax, Asgd, Lbfgs, NAdam, RAdam, RmsProp, Rprop, Sgd,
};
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

fn optimizer(name: &str, options: &Value, w: &Tensor) -> Any {
    let float = |key: &str, default: f64| options.get(key).map_or(default, number);
    let flag = |key: &str| options.get(key).is_some_and(|v| v == true);
    let betas = options
        .get("betas")
        .map_or((0.9, 0.999), |b| (number(&b[0]), number(&b[1])));
    match name {
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
        "RMSprop" => Any::First(Box::new(
            RmsProp::new([w], float("lr", 1e-2))
                .alpha(float("alpha", 0.99))
                .eps(float("eps", 1e-8))
                .weight_decay(float("weight_decay", 0.0))
                .momentum(float("momentum", 0.0))
                .centered(flag("centered"))
                .maximize(flag("maximize")),
        )),
        "Adagrad" => Any::First(Box::new(
            Adagrad::new([w], float("lr", 1e-2))
                .lr_decay(float("lr_decay", 0.0))
                .weight_decay(float("weight_decay", 0.0))
                .initial_accumulator_value(float("initial_accumulator_value", 0.0))
                .eps(float("eps", 1e-10))
                .maximize(flag("maximize")),
        )),
        "Adadelta" => Any::First(Box::new(
            Adadelta::new([w], float("lr", 1.0))
                .rho(float("rho", 0.9))
                .eps(float("eps", 1e-6))
                .weight_decay(float("weight_decay", 0.0))
                .maximize(flag("maximize")),
        )),
        "Adamax" => Any::First(Box::new(
            Adamax::new([w], float("lr", 2e-3))
                .betas(betas)
                .eps(float("eps", 1e-8))
                .weight_decay(float("weight_decay", 0.0))
                .maximize(flag("maximize")),
        )),
        "NAdam" => Any::First(Box::new(
            NAdam::new([w], float("lr", 2e-3))
                .betas(betas)
                .eps(float("eps", 1e-8))
                .weight_decay(float("weight_decay", 0.0))
                .momentum_decay(float("momentum_decay", 4e-3))
                .decoupled_weight_decay(flag("decoupled_weight_decay"))
                .maximize(flag("maximize")),
        )),
        "RAdam" => Any::First(Box::new(
            RAdam::new([w], float("lr", 1e-3))
                .betas(betas)
                .eps(float("eps", 1e-8))
                .weight_decay(float("weight_decay", 0.0))
                .decoupled_weight_decay(flag("decoupled_weight_decay"))
                .maximize(flag("maximize")),
        )),
        "Rprop" => {
            let pair = |key: &str, default| {
                options
                    .get(key)
                    .map_or(default, |v| (number(&v[0]), number(&v[1])))
            };
            Any::First(Box::new(
                Rprop::new([w], float("lr", 1e-2))
                    .etas(pair("etas", (0.5, 1.2)))
                    .step_sizes(pair("step_sizes", (1e-6, 50.0)))
                    .maximize(flag("maximize")),
            ))
        }
        "ASGD" => Any::First(Box::new(
            Asgd::new([w], float("lr", 1e-2))
                .lambd(float("lambd", 1e-4))
                .alpha(float("alpha", 0.75))
                .t0(float("t0", 1e6))
                .weight_decay(float("weight_decay", 0.0))
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
        other => panic!("no optimizer {other:?}"),
    }
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
        let mut optimizer = optimizer(name, &run["options"], &w);
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
    assert!(checked > 0, "no trajectory");
}

type Step = Box<dyn FnMut(&mut Sgd)>;

/// Attaches a schedule; the closure goes on to the next epoch.
fn attached(schedule: impl Schedule + 'static, sgd: &mut Sgd) -> Step {
    let mut scheduler = schedule.attach(sgd);
    Box::new(move |sgd| scheduler.step(sgd))
}

fn schedule(name: &str, options: &Value, sgd: &mut Sgd) -> Step {
    let float = |key: &str, default: f64| options.get(key).map_or(default, number);
    let count =
        |key: &str, default: usize| options.get(key).map_or(default, |v| number(v) as usize);
    match name {
        "StepLR" => attached(
            StepLr::new(count("step_size", 1)).gamma(float("gamma", 0.1)),
            sgd,
        ),
        "MultiStepLR" => {
            let milestones = numbers(&options["milestones"])
                .into_iter()
                .map(|m| m as usize);
            attached(
                MultiStepLr::new(milestones.collect()).gamma(float("gamma", 0.1)),
                sgd,
            )
        }
        "ExponentialLR" => attached(ExponentialLr::new(float("gamma", 0.1)), sgd),
        "CosineAnnealingLR" => attached(
            CosineAnnealingLr::new(count("T_max", 1)).eta_min(float("eta_min", 0.0)),
            sgd,
        ),
        "LinearLR" => attached(
            LinearLr::new()
                .start_factor(float("start_factor", 1.0 / 3.0))
                .end_factor(float("end_factor", 1.0))
                .total_iters(count("total_iters", 5)),
            sgd,
        ),
        "ConstantLR" => attached(
            ConstantLr::new()
                .factor(float("factor", 1.0 / 3.0))
                .total_iters(count("total_iters", 5)),
            sgd,
        ),
        "PolynomialLR" => attached(
            PolynomialLr::new()
                .total_iters(count("total_iters", 5))
                .power(float("power", 1.0)),
            sgd,
        ),
        "OneCycleLR" => attached(
            OneCycleLr::new(float("max_lr", 1.0), count("total_steps", 1))
                .pct_start(float("pct_start", 0.3))
                .div_factor(float("div_factor", 25.0))
                .final_div_factor(float("final_div_factor", 1e4)),
            sgd,
        ),
        "CosineAnnealingWarmRestarts" => attached(
            CosineAnnealingWarmRestarts::new(count("T_0", 1))
                .t_mult(count("T_mult", 1))
                .eta_min(float("eta_min", 0.0)),
            sgd,
        ),
        "CyclicLR" => {
            let mode = match options.get("mode").and_then(Value::as_str) {
                None | Some("triangular") => CyclicMode::Triangular,
                Some("triangular2") => CyclicMode::Triangular2,
                Some("exp_range") => CyclicMode::ExpRange(float("gamma", 1.0)),
                Some(other) => panic!("no mode {other:?}"),
            };
            let down = options.get("step_size_down").filter(|v| !v.is_null());
            attached(
                CyclicLr::new(float("base_lr", 0.0), float("max_lr", 1.0))
                    .step_size_up(count("step_size_up", 2000))
                    .step_size_down(down.map(|v| number(v) as usize))
                    .mode(mode),
                sgd,
            )
        }
        other => panic!("no schedule {other:?}"),
    }
}

#[test]
fn schedules_give_pytorchs_learning_rates() {
    let Some(file) = golden("optim.json") else {
        return;
    };
    for run in file["schedulers"].as_array().expect("a list") {
        let (name, options) = (run["scheduler"].as_str().unwrap(), &run["options"]);
        let float = |key: &str, default: f64| options.get(key).map_or(default, number);
        let w = zeros([1]).requires_grad_();
        let mut sgd = Sgd::new([&w], number(&run["base_lr"]));
        let expected = numbers(&run["lrs"]);
        let mut found = Vec::new();
        if name == "ReduceLROnPlateau" {
            let threshold = float("threshold", 1e-4);
            let absolute = options
                .get("threshold_mode")
                .is_some_and(|mode| mode == "abs");
            let mut scheduler = ReduceLrOnPlateau::new()
                .factor(float("factor", 0.1))
                .patience(float("patience", 10.0) as usize)
                .cooldown(float("cooldown", 0.0) as usize)
                .min_lr(float("min_lr", 0.0))
                .maximize(options.get("mode").is_some_and(|mode| mode == "max"))
                .threshold(match absolute {
                    true => Threshold::Absolute(threshold),
                    false => Threshold::Relative(threshold),
                });
            for metric in numbers(&run["metrics"]) {
                scheduler.step(&mut sgd, metric);
                found.extend(sgd.lrs());
            }
        } else {
            let mut step = schedule(name, options, &mut sgd);
            for _ in &expected {
                found.extend(sgd.lrs());
                step(&mut sgd);
            }
        }
        assert_close(
            &found,
            &expected,
            1e-12,
            1e-15,
            &format!("{name} {options}"),
        );
    }
}

#[test]
fn gradients_are_clipped_as_in_pytorch() {
    let Some(file) = golden("optim.json") else {
        return;
    };
    for case in file["clipping"].as_array().expect("a list") {
        let params: Vec<Tensor> = case["before"]
            .as_array()
            .unwrap()
            .iter()
            .map(|grad| {
                let grad = Tensor::from(numbers(grad));
                let param = grad.zeros_like().requires_grad_();
                param.set_grad(Some(grad));
                param
            })
            .collect();
        let (kind, limit) = (case["kind"].as_str().unwrap(), number(&case["limit"]));
        let total = match kind {
            "norm" => Some(ClipGradNorm::new(limit).run(&params).unwrap()),
            "norm_inf" => {
                let clip = ClipGradNorm::new(limit).norm_type(f64::INFINITY);
                Some(clip.run(&params).unwrap())
            }
            "value" => {
                clip_grad_value_(&params, limit);
                None
            }
            other => panic!("no kind {other:?}"),
        };
        if let Some(total) = total {
            assert_close(
                &[total.item::<f64>()],
                &[number(&case["total_norm"])],
                1e-9,
                1e-9,
                kind,
            );
        }
        for (param, after) in params.iter().zip(case["after"].as_array().unwrap()) {
            let grad = param.grad().unwrap().to_vec::<f64>();
            assert_close(&grad, &numbers(after), 1e-9, 1e-9, kind);
        }
    }
}

#[test]
fn training_goes_on_from_a_state_dict_as_if_it_had_not_stopped() {
    let data = tensor![[0.5, -1.0], [2.0, 0.25]].double();
    let loss = |w: &Tensor| (data.matmul(w) - 1.0).pow(2).sum();
    let kinds = "SGD Adam AdamW RMSprop Adagrad Adadelta Adamax NAdam RAdam Rprop ASGD LBFGS";
    for name in kinds.split(' ') {
        let options =
            serde_json::json!({"lr": 0.02, "momentum": 0.9, "amsgrad": true, "centered": true});
        let train = |w: &Tensor, optimizer: &mut Any, steps: usize| {
            for _ in 0..steps {
                match optimizer {
                    Any::First(optimizer) => {
                        optimizer.zero_grad();
                        loss(w).backward();
                        optimizer.step();
                    }
                    Any::Lbfgs(lbfgs) => drop(lbfgs.step_with(|| loss(w)).unwrap()),
                }
            }
        };
        let w = tensor![0.1, -0.3].double().requires_grad_();
        let mut whole = optimizer(name, &options, &w);
        train(&w, &mut whole, 3);
        let half = w.detach().copy().requires_grad_();
        let state = match &whole {
            Any::First(optimizer) => optimizer.state_dict(),
            Any::Lbfgs(lbfgs) => lbfgs.state_dict(),
        };
        let mut second = optimizer(
            name,
            &serde_json::json!({"lr": 0.5, "momentum": 0.9, "amsgrad": true, "centered": true}),
            &half,
        );
        match &mut second {
            Any::First(optimizer) => optimizer.load_state_dict(&state).unwrap(),
            Any::Lbfgs(lbfgs) => lbfgs.load_state_dict(&state).unwrap(),
        }
        train(&w, &mut whole, 3);
        train(&half, &mut second, 3);
        assert_eq!(w.to_vec::<f64>(), half.to_vec::<f64>(), "{name}");
    }
}

#[test]
fn a_state_that_does_not_fit_is_refused_and_nothing_is_changed() {
    let w = zeros([2]).requires_grad_();
    let mut adam = Adam::new([&w], 0.1);
    w.sum().backward();
    adam.step();
    let mut state = adam.state_dict();
    state.insert("state.0.exp_avg", zeros([3]));
    let error = adam.load_state_dict(&state).unwrap_err().to_string();
    assert!(
        error.contains("state.0.exp_avg") && error.contains("[3]"),
        "{error}"
    );
    let mut sgd = Sgd::new([&w], 0.5);
    let error = sgd
        .load_state_dict(&adam.state_dict())
        .unwrap_err()
        .to_string();
    assert!(error.contains("state.0.exp_avg"), "{error}");
    assert_eq!(sgd.lrs(), [0.5]);
}
