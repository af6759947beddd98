//! Values computed again in the backward pass.

use retrograd::functional::{gradcheck, gradgradcheck};
use retrograd::nn::{Dropout, Linear};
use retrograd::prelude::*;
use retrograd::random::get_rng_state;
use retrograd::tape::{checkpoint, live_nodes};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

#[test]
fn gradients_are_the_same_bits_as_without() {
    manual_seed(1);
    let (first, second) = (Arc::new(Linear::new(4, 8)), Arc::new(Linear::new(8, 1)));
    let dropout = Arc::new(Dropout::new(0.5));
    let x = randn([5, 4]).requires_grad_();
    let state = get_rng_state();
    let all = [
        &x,
        &first.weight,
        first.bias.as_ref().unwrap(),
        &second.weight,
    ];
    let gradients = |loss: Tensor| {
        loss.backward();
        let grads = all.map(|t| t.grad().unwrap());
        all.iter().for_each(|t| t.zero_grad());
        grads
    };
    let (f, s, d) = (first.clone(), second.clone(), dropout.clone());
    let block = move |x: &Tensor| s.forward(&d.forward(&f.forward(x).tanh()));
    let plain = gradients(block(&x).sum());
    let after = get_rng_state();
    retrograd::random::set_rng_state(&state).unwrap();
    let y = checkpoint(block, &x);
    assert_eq!(y.grad_fn(), Some("CheckpointBackward"));
    assert_eq!(get_rng_state(), after, "the forward draws as without");
    randn([3]);
    let later = get_rng_state();
    let again = gradients(y.sum());
    assert_eq!(plain, again);
    assert_eq!(
        get_rng_state(),
        later,
        "the backward leaves the generator as it was"
    );
}

#[test]
fn derivatives_of_any_order_pass_through() {
    let w = Tensor::from([0.3, -0.7]).requires_grad_();
    let inputs = [Tensor::from([1.0, 2.0]).requires_grad_(), w];
    let f = |x: &[Tensor]| {
        let w = x[1].exp();
        let captured = w.clone();
        let y = checkpoint(move |x: &Tensor| (x * &captured).sin() * &captured, &x[0]);
        y * w
    };
    gradcheck(f, &inputs).unwrap();
    gradgradcheck(f, &inputs).unwrap();
}

#[test]
fn several_inputs_and_outputs_nest() {
    let inputs = [
        Tensor::from([1.0, 2.0]).requires_grad_(),
        Tensor::from([0.5, 3.0]).requires_grad_(),
    ];
    let f = |x: &[Tensor]| {
        let (a, b) = checkpoint(
            |[a, b]: &[Tensor; 2]| {
                let inner = checkpoint(|a: &Tensor| a.sin(), a);
                (inner * b, b.exp())
            },
            &[x[0].clone(), x[1].clone()],
        );
        [a, b]
    };
    gradcheck(f, &inputs).unwrap();
    gradgradcheck(f, &inputs).unwrap();
}

#[test]
fn the_body_runs_again_and_its_nodes_are_not_kept() {
    std::thread::spawn(|| {
        let count = Arc::new(AtomicUsize::new(0));
        let seen = count.clone();
        let x = tensor![0.5].requires_grad_();
        let y = checkpoint(
            move |x: &Tensor| {
                seen.fetch_add(1, Relaxed);
                (0..500).fold(x.clone(), |x, _| x.sin())
            },
            &x,
        );
        assert_eq!(count.load(Relaxed), 1);
        assert_eq!(y.grad_node().unwrap().inputs().len(), 1);
        y.sum().backward();
        assert_eq!(count.load(Relaxed), 2);
        assert!(x.grad().is_some());
        let detached = checkpoint(|x: &Tensor| x.sin(), &x.detach());
        assert!(!detached.requires_grad());
        assert!(!no_grad(|| checkpoint(|x: &Tensor| x.sin(), &x)).requires_grad());
    })
    .join()
    .unwrap();
    assert!(live_nodes() < 1_000_000);
}

#[test]
fn a_second_run_that_differs_is_an_error() {
    let count = AtomicUsize::new(0);
    let (w, v) = (tensor![1.0].requires_grad_(), tensor![2.0].requires_grad_());
    let x = tensor![1.0].requires_grad_();
    let y = checkpoint(
        move |x: &Tensor| {
            if count.fetch_add(1, Relaxed) == 0 {
                x * &w
            } else {
                x * &v
            }
        },
        &x,
    );
    assert_eq!(
        y.sum().try_backward().unwrap_err().to_string(),
        "checkpoint: the second run read other tensors that require gradients than the first. The function must do the \
         same at each call, on this thread, and not depend on what changes between forward and backward."
    );
    let y = checkpoint(|x: &Tensor| x * 2.0, &x);
    no_grad(|| x.add_(1).numel());
    assert!(matches!(
        y.sum().try_backward(),
        Err(retrograd::Error::SavedChanged { .. })
    ));
}

#[test]
fn hooks_of_captured_tensors_run_once() {
    let w = tensor![3.0].requires_grad_();
    w.register_hook(|grad| Some(grad * 10.0));
    let x = tensor![2.0].requires_grad_();
    x.register_hook(|grad| Some(grad * 100.0));
    let captured = w.clone();
    checkpoint(move |x: &Tensor| x * &captured, &x)
        .sum()
        .backward();
    assert_eq!(
        (x.grad().unwrap(), w.grad().unwrap()),
        (tensor![300.0], tensor![20.0])
    );
}
