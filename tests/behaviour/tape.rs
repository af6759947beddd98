//! The tape's rules.

use retrograd::functional::{gradcheck, gradgradcheck};
use retrograd::prelude::*;
use retrograd::{Error, no_grad_guard};

#[test]
fn gradients_accumulate_until_they_are_cleared() {
    let x = tensor![3.0].requires_grad_();
    x.pow(2).sum().backward();
    let first = x.grad().unwrap();
    x.pow(2).sum().backward();
    assert_eq!(x.grad().unwrap(), tensor![12.0]);
    assert_eq!(first, tensor![6.0], "a gradient handed out is a snapshot");
    x.zero_grad();
    assert!(x.grad().is_none());
}

#[test]
fn third_derivatives_follow() {
    let x = Tensor::from([2.0]).requires_grad_();
    let mut y = x.pow(4).sum();
    for expected in [32.0, 48.0, 48.0] {
        y = grad(&y, [&x]).create_graph(true).run().remove(0).sum();
        assert_eq!(y.item::<f64>(), expected);
    }
}

#[test]
fn a_kept_graph_can_be_walked_again() {
    let x = tensor![1.0, 2.0].requires_grad_();
    let y = x.exp().sum();
    let first = grad(&y, [&x]).retain_graph(true).run().remove(0);
    let second = grad(&y, [&x]).run().remove(0);
    assert_eq!(first, second);
    assert!(matches!(
        grad(&y, [&x]).try_run(),
        Err(Error::BackwardTwice { .. })
    ));
}

#[test]
fn no_grad_ends_with_its_scope_even_on_a_panic() {
    let x = tensor![1.0].requires_grad_();
    let result = std::panic::catch_unwind(|| {
        let _guard = no_grad_guard();
        panic!("inside");
    });
    assert!(result.is_err());
    assert!((&x * 2).requires_grad());
}

#[test]
fn a_retained_gradient_of_a_computed_tensor_is_kept() {
    let x = tensor![2.0].requires_grad_();
    let y = &x * 3;
    y.retain_grad();
    (&y * &y).sum().backward();
    assert_eq!(y.grad().unwrap(), tensor![12.0]);
    assert_eq!(x.grad().unwrap(), tensor![36.0]);
}

#[test]
fn a_tensor_used_many_times_sums_its_gradients() {
    let x = tensor![2.0].requires_grad_();
    let y = &x * &x + &x * 3 - &x / &x;
    y.sum().backward();
    assert_eq!(x.grad().unwrap(), tensor![7.0]);
}

#[test]
fn an_update_is_seen_through_every_handle_and_view() {
    let mut w = tensor![[1.0, 2.0], [3.0, 4.0]].requires_grad_();
    let (handle, view) = (w.clone(), w.detach().t());
    no_grad(|| w -= 1.0);
    assert_eq!(handle.detach(), tensor![[0.0, 1.0], [2.0, 3.0]]);
    assert_eq!(view, tensor![[0.0, 2.0], [1.0, 3.0]]);
}

#[test]
fn the_checks_find_a_wrong_derivative() {
    let x = Tensor::from([0.5, 1.5]).requires_grad_();
    gradcheck(|x| x[0].sin() * x[0].exp(), std::slice::from_ref(&x)).unwrap();
    gradgradcheck(|x| x[0].sin() * x[0].exp(), std::slice::from_ref(&x)).unwrap();
    // The value of x squared with the derivative of x: what an operation with a wrong backward looks like.
    let wrong = |x: &[Tensor]| x[0].detach() * &x[0];
    let error = gradcheck(wrong, &[x]).unwrap_err();
    assert!(matches!(error, Error::Gradient { input: 0, .. }), "{error}");
}

#[test]
fn the_same_program_gives_the_same_bits() {
    let run = || {
        manual_seed(7);
        let (x, w) = (randn([64, 33]), randn([33, 17]).requires_grad_());
        x.matmul(&w).tanh().pow(2).mean().backward();
        w.grad()
            .unwrap()
            .to_vec::<f32>()
            .iter()
            .map(|v| v.to_bits())
            .collect::<Vec<u32>>()
    };
    let here = run();
    assert_eq!(here, run());
    assert_eq!(here, std::thread::spawn(run).join().unwrap());
}

#[test]
fn a_tensor_used_several_times_gets_its_gradients_in_pytorchs_order() {
    let gradient = |branches: fn(&Tensor) -> [Tensor; 3]| {
        let x = tensor![1.0].requires_grad_();
        let [a, b, c] = branches(&x);
        (a + b + c).sum().backward();
        x.grad().unwrap().item::<f32>()
    };
    // The last branch to be recorded is the first to give its gradient; 1 is lost beside 1e8. PyTorch prints the same.
    assert_eq!(gradient(|x| [x * 1.0, x * 1e8, x * -1e8]), 1.0);
    assert_eq!(gradient(|x| [x * 1e8, x * -1e8, x * 1.0]), 0.0);
    let deep = |x: &Tensor| {
        let (b, c) = (x * -1e8, x * 1.0);
        [x * 1e8 * 1.0 * 1.0, b, c]
    };
    assert_eq!(gradient(deep), 0.0);
}

#[test]
fn a_frozen_leaf_forgets_its_gradient_and_thaws_as_a_new_one() {
    let w = tensor![2.0].requires_grad_();
    let before = &w * 3.0;
    w.sum().backward();
    w.set_requires_grad(false);
    assert!(w.grad().is_none() && !(&w * 1.0).requires_grad());
    w.set_requires_grad(true);
    assert!(w.is_leaf() && w.grad().is_none());
    (&w * 5.0).sum().backward();
    assert_eq!(w.grad().unwrap(), tensor![5.0]);
    // What was recorded before leads to the leaf that was.
    before.sum().backward();
    assert_eq!(w.grad().unwrap(), tensor![5.0]);
}

#[test]
fn nodes_recorded_in_another_thread_take_their_place_in_the_order() {
    let x = tensor![2.0].requires_grad_();
    let here: Vec<Tensor> = (0..50).map(|_| &x * 1.0).collect();
    let there = std::thread::scope(|scope| {
        let sum = || here.iter().fold(x.exp(), |sum, y| sum + y);
        scope.spawn(sum).join().unwrap()
    });
    (there * &x).sum().backward();
    let e = 2f32.exp();
    let expected = (e + 100.0) + 2.0 * (e + 50.0);
    assert!((x.grad().unwrap().item::<f32>() - expected).abs() < 1e-3);
}
