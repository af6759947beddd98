//! Losses: misuse that PyTorch lets pass, and values at the ends of the range.

use retrograd::loss::{self, Bce, BceWithLogits, CrossEntropy, Nll, Reduction};
use retrograd::prelude::*;

fn text<T>(result: Result<T>) -> String {
    result.err().expect("an error").to_string()
}

#[test]
fn one_class_carries_no_signal() {
    assert_eq!(
        text(CrossEntropy::new().try_forward(&zeros([3, 1]), &tensor![0, 0, 0])),
        "cross_entropy: input [3, 1] has one class, so the loss is 0 whatever the input. Use `bce_with_logits` for \
         one output per example, or give the layer two outputs."
    );
}

#[test]
fn a_label_that_is_no_class_is_named_with_its_row() {
    assert_eq!(
        text(CrossEntropy::new().try_forward(&zeros([3, 2]), &tensor![0, 2, 5])),
        "cross_entropy: target = 2: row 1 holds no class of 2: classes are from 0 to 2 - 1. Number the classes from 0, \
         or give the layer as many outputs as there are classes."
    );
}

#[test]
fn labels_of_the_wrong_type_or_shape_get_the_cure() {
    let float = text(CrossEntropy::new().try_forward(&zeros([3, 2]), &tensor![0.0, 1.0, 1.0]));
    assert!(float.contains("Cast the labels with `.to(I64)`"), "{float}");
    let column = text(CrossEntropy::new().try_forward(&zeros([3, 2]), &tensor![[0], [1], [1]]));
    assert!(
        column.contains("Squeeze the last dim of the target"),
        "{column}"
    );
}

#[test]
fn when_all_targets_are_ignored_the_mean_is_nan() {
    let loss = CrossEntropy::new()
        .ignore_index(1)
        .forward(&zeros([2, 2]), &tensor![1, 1]);
    assert!(loss.item::<f32>().is_nan());
}

#[test]
fn a_probability_out_of_range_is_told_from_nan() {
    let target = tensor![[0.0], [1.0]];
    assert_eq!(
        text(Bce::new().try_forward(&tensor![[0.5], [1.25]], &target)),
        "bce: input = 1.25 at [1, 0]: a probability lies from 0 to 1. Did you pass logits? Then use \
         `bce_with_logits`, or apply `sigmoid()` first."
    );
    let nan = text(Bce::new().try_forward(&tensor![[f64::NAN], [0.5]], &target));
    assert!(
        nan.starts_with("bce: input = NaN at [0, 0]: it is not a number."),
        "{nan}"
    );
}

#[test]
fn a_loss_never_broadcasts() {
    for result in [
        Bce::new().try_forward(&ones([4, 1]), &ones([4])),
        loss::Mse::new().try_forward(&ones([4, 1]), &ones([4])),
        loss::L1::new().try_forward(&ones([4, 1]), &ones([4])),
    ] {
        let text = text(result);
        assert!(
            text.contains("the input has shape [4, 1] and the target [4]"),
            "{text}"
        );
        assert!(text.contains("unsqueeze(-1)"), "{text}");
    }
    assert!(
        text(loss::Mse::new().try_forward(&ones([2, 4]), &ones([4, 2]))).contains("mse_broadcast")
    );
}

#[test]
fn integer_and_bool_targets_are_cast() {
    let input = tensor![0.25, 0.75];
    let expected = bce(&input, &tensor![0.0, 1.0]);
    assert_eq!(bce(&input, &tensor![0, 1]), expected);
    assert_eq!(bce(&input, &tensor![false, true]), expected);
}

/// The loss of one element and its derivative.
fn at(x: f64, f: impl Fn(&Tensor) -> Tensor) -> (f64, f64) {
    let x = Tensor::from([x]).requires_grad_();
    let loss = f(&x);
    loss.backward();
    (loss.item(), x.grad().unwrap().item())
}

#[test]
fn losses_are_finite_at_the_ends() {
    let zero = Tensor::from([0.0]);
    let one = Tensor::from([1.0]);
    assert_eq!(at(1e4, |x| bce_with_logits(x, &zero)), (1e4, 1.0));
    assert_eq!(at(-1e4, |x| bce_with_logits(x, &one)), (1e4, -1.0));
    assert_eq!(at(-1e4, |x| bce_with_logits(x, &zero)), (0.0, 0.0));
    let weighted = |x: &Tensor| {
        BceWithLogits::new()
            .pos_weight(Tensor::from([3.0]))
            .forward(x, &one)
    };
    assert_eq!(at(-1e4, weighted), (3e4, -3.0));
    assert_eq!(at(0.0, |x| bce(x, &one)).0, 100.0);
    assert_eq!(at(1.0, |x| bce(x, &zero)), (100.0, 1e12));
    for sign in [1.0, -1.0] {
        let x = Tensor::from([[1e4 * sign, -1e4 * sign]]).requires_grad_();
        let loss = cross_entropy(&x, &tensor![1]);
        loss.backward();
        assert_eq!(loss.item::<f64>(), if sign > 0.0 { 2e4 } else { 0.0 });
        assert!(x.grad().unwrap().isfinite().all().item::<bool>());
    }
}

#[test]
fn reductions_agree_with_each_other() {
    let input = tensor![[0.2, -1.0, 0.5], [1.5, 0.3, -0.2], [0.0, 0.0, 1.0]].double();
    let (target, weight) = (tensor![2, 0, 1], tensor![1.0, 2.0, 0.5].double());
    let of = |reduction| {
        CrossEntropy::new()
            .weight(weight.clone())
            .reduction(reduction)
            .forward(&input, &target)
    };
    let each = of(Reduction::None);
    assert_eq!(each.shape(), [3]);
    let sum = of(Reduction::Sum).item::<f64>();
    assert!((each.sum().item::<f64>() - sum).abs() < 1e-12);
    assert!((of(Reduction::Mean).item::<f64>() - sum / 3.5).abs() < 1e-12);
    let log = input.log_softmax(1);
    let nll = Nll::new()
        .weight(weight.clone())
        .forward(&log, &target)
        .item::<f64>();
    assert!((nll - sum / 3.5).abs() < 1e-12);
}

#[test]
fn smoothed_labels_are_probabilities() {
    let input = tensor![[0.2, -1.0, 0.5], [1.5, 0.3, -0.2]].double();
    let target = tensor![2, 0];
    let hot = tensor![[0.0, 0.0, 1.0], [1.0, 0.0, 0.0]].double();
    let smoothed = &hot * 0.9 + 0.1 / 3.0;
    let by_share = CrossEntropy::new()
        .label_smoothing(0.1)
        .forward(&input, &target)
        .item::<f64>();
    let by_hand = cross_entropy(&input, &smoothed).item::<f64>();
    assert!((by_share - by_hand).abs() < 1e-12);
}

#[test]
fn a_label_out_of_one_class_is_told_with_the_count() {
    assert_eq!(
        text(CrossEntropy::new().try_forward(&zeros([3, 1]), &tensor![0, 1, 0])),
        "cross_entropy: target = 1: row 1 holds no class of 1: classes are from 0 to 1 - 1. Number the classes from 0, or \
         give the layer as many outputs as there are classes."
    );
}

#[test]
fn a_log_softmax_before_the_loss_has_its_gradient_for_whoever_asks() {
    let near =
        |a: &Tensor, b: &Tensor| assert!((a - b).abs().max().item::<f32>() < 1e-6, "{a} {b}");
    manual_seed(1);
    let (values, y) = (randn([5, 7]), tensor![0, 6, 2, 2, 5]);
    let scores = || {
        let x = values.copy().requires_grad_();
        (x.clone(), x.log_softmax(1))
    };
    let (x, _) = scores();
    loss::cross_entropy(&x, &y).backward();
    let expected = x.grad().unwrap();
    let of_log = grad(loss::nll(&values.log_softmax(1).requires_grad_(), &y), [&x]);
    assert!(of_log.try_run().is_err());

    let (x, log) = scores();
    loss::nll(&log, &y).backward();
    near(&x.grad().unwrap(), &expected);

    let (x, log) = scores();
    log.retain_grad();
    loss::nll(&log, &y).backward();
    near(&x.grad().unwrap(), &expected);
    let retained = log.grad().unwrap();
    assert_eq!(retained.ne(0.0).sum().item::<i64>(), 5);

    let (x, log) = scores();
    let both = grad(loss::nll(&log, &y), [&log, &x]).run();
    near(&both[0], &retained);
    near(&both[1], &expected);

    let (x, log) = scores();
    (loss::nll(&log, &y) + log.sum()).backward();
    let (other, log) = scores();
    log.sum().backward();
    near(&x.grad().unwrap(), &(expected + other.grad().unwrap()));

    let (_, log) = scores();
    let loss = loss::nll(&log, &y);
    no_grad(|| log.mul_(2.0));
    assert!(loss.try_backward().is_err(), "the logarithms were changed");
}
