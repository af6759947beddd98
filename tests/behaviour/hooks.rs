//! Hooks: read, change, remove; before accumulation, in order.

use retrograd::prelude::*;
use std::sync::{Arc, Mutex};

fn log() -> (
    Arc<Mutex<Vec<&'static str>>>,
    impl Fn(&'static str) + Clone + Send + Sync,
) {
    let log = Arc::new(Mutex::new(Vec::new()));
    let write = log.clone();
    (log, move |what| write.lock().unwrap().push(what))
}

#[test]
fn tensor_hooks_run_in_order_on_the_whole_gradient() {
    let x = tensor![1.0].requires_grad_();
    x.register_hook(|grad| Some(grad + 1.0));
    x.register_hook(|grad| Some(grad * 10.0));
    (&x * 2.0 + &x * 3.0).sum().backward();
    assert_eq!(x.grad().unwrap(), tensor![60.0]);
}

#[test]
fn a_leaf_hook_sees_the_pass_alone_and_not_the_sum() {
    let x = tensor![1.0].requires_grad_();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let write = seen.clone();
    x.register_hook(move |grad| {
        write.lock().unwrap().push(grad.item::<f32>());
        None
    });
    x.sum().backward();
    (&x * 4.0).sum().backward();
    assert_eq!(*seen.lock().unwrap(), [1.0, 4.0]);
    assert_eq!(x.grad().unwrap(), tensor![5.0]);
}

#[test]
fn a_removed_hook_no_longer_runs() {
    let x = tensor![1.0].requires_grad_();
    let first = x.register_hook(|grad| Some(grad * 2.0));
    x.register_hook(|grad| Some(grad * 3.0));
    x.sum().backward();
    first.remove();
    x.sum().backward();
    assert_eq!(x.grad().unwrap(), tensor![9.0]);
}

#[test]
fn the_order_is_tensor_then_retained_then_node() {
    let (seen, log) = log();
    let x = tensor![1.0].requires_grad_();
    let y = &x * 2.0;
    y.retain_grad();
    let node = y.grad_node().unwrap();
    let write = log.clone();
    node.register_hook(move |_, _| {
        write("after");
        None
    });
    let write = log.clone();
    node.register_prehook(move |_| {
        write("before");
        None
    });
    let write = log.clone();
    y.register_hook(move |grad| {
        write("tensor");
        Some(grad * 5.0)
    });
    let write = log.clone();
    x.register_post_accumulate_grad_hook(move |x| {
        assert_eq!(x.grad().unwrap(), tensor![10.0]);
        write("accumulated");
    });
    x.register_hook(move |_| {
        log("leaf");
        None
    });
    y.sum().backward();
    assert_eq!(
        *seen.lock().unwrap(),
        ["tensor", "before", "after", "leaf", "accumulated"]
    );
    assert_eq!(y.grad().unwrap(), tensor![5.0], "after the tensor's hooks");
}

#[test]
fn grad_returns_what_the_hooks_leave_and_is_differentiable() {
    let x = Tensor::from([2.0]).requires_grad_();
    x.register_hook(|grad| Some(grad * grad));
    let first = grad(x.pow(3).sum(), [&x])
        .create_graph(true)
        .run()
        .remove(0);
    assert_eq!(first.item::<f64>(), 144.0);
    // d (3 x^2)^2 / dx = 36 x^3, and the hook squares it again.
    let second = grad(first.sum(), [&x]).run().remove(0);
    assert_eq!(second.item::<f64>(), 288.0 * 288.0);
}

#[test]
fn a_node_hook_changes_one_input_of_several() {
    let (a, b) = (tensor![2.0].requires_grad_(), tensor![3.0].requires_grad_());
    let y = &a * &b;
    y.grad_node().unwrap().register_hook(|given, _| {
        let mut given = given.to_vec();
        given[1] = None;
        Some(given)
    });
    y.sum().backward();
    assert_eq!((a.grad(), b.grad()), (Some(tensor![3.0]), None));
}

#[test]
fn a_hook_that_returns_another_shape_is_refused() {
    let x = tensor![1.0, 2.0].requires_grad_();
    x.register_hook(|grad| Some(grad.sum()));
    assert_eq!(
        x.sum().try_backward().unwrap_err().to_string(),
        "register_hook: a hook on AccumulateGrad returned a gradient of shape [] and type f32 in the place of one of \
         shape [2] and type f32. A hook keeps the gradient's shape and type; it returns `None` to leave it as it is."
    );
    let plain = std::panic::catch_unwind(|| tensor![1.0].register_hook(|_| None));
    assert!(plain.is_err());
}

#[test]
fn a_hook_may_use_its_own_tensor_and_keeps_no_graph_alive() {
    let x = tensor![1.0].requires_grad_();
    let weak = x.clone();
    let handle = x.register_hook(move |grad| {
        assert!(weak.grad().is_none());
        Some(grad + weak.detach())
    });
    x.sum().backward();
    assert_eq!(x.grad().unwrap(), tensor![2.0]);
    handle.remove();
}
