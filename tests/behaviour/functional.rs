//! Functions of functions: products with Jacobians and Hessians, both whole, maps over examples, and checks.

use retrograd::Error;
use retrograd::functional::{
    CheckGrads, GradCheck, check_grads, gradcheck, hessian, hvp, jacobian, jvp, try_hessian,
    try_jvp, try_vjp, try_vmap, vhp, vjp, vmap,
};
use retrograd::nn::Linear;
use retrograd::prelude::*;
use retrograd::random::get_rng_state;
use retrograd::tape::{Context, Function, Save, live_nodes};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

#[track_caller]
fn near(a: &Tensor, b: &Tensor) {
    assert_eq!(a.shape(), b.shape());
    let error = (a.double() - b.double()).abs();
    assert!(
        error.numel() == 0 || error.max().item::<f64>() < 1e-10,
        "{a} and {b}"
    );
}

fn values(shape: &[usize], salt: f64) -> Tensor {
    let count: usize = shape.iter().product();
    Tensor::from_vec(
        (0..count)
            .map(|i| ((i as f64 + salt) * 1.7).sin())
            .collect(),
        shape,
    )
}

/// From `[3]` and `[2, 3]` to `[2]` and a number.
fn f([x, w]: &[Tensor; 2]) -> (Tensor, Tensor) {
    (w.matmul(x).tanh(), (x.exp() * w).sum() * x.at(0))
}

#[test]
fn products_are_those_with_the_whole_jacobian() {
    let inputs = [values(&[3], 0.1), values(&[2, 3], 0.4)];
    let v = [values(&[3], 2.0), values(&[2, 3], 5.0)];
    let u = (values(&[2], 3.0), values(&[], 4.0));
    let ([y_x, y_w], [s_x, s_w]) = jacobian(f, &inputs);
    assert_eq!(y_w.shape(), [2, 2, 3]);
    let (outputs, (y_v, s_v)) = jvp(f, &inputs, &v);
    assert_eq!(outputs, f(&inputs));
    near(&y_v, &(y_x.matmul(&v[0]) + (&y_w * &v[1]).sum_dim([1, 2])));
    near(&s_v, &((&s_x * &v[0]).sum() + (&s_w * &v[1]).sum()));
    let (outputs, [x_u, w_u]) = vjp(f, &inputs, &u);
    assert_eq!(outputs, f(&inputs));
    near(&x_u, &(u.0.matmul(&y_x) + &u.1 * &s_x));
    near(
        &w_u,
        &((u.0.reshape([2, 1, 1]) * &y_w).sum_dim(0) + &u.1 * &s_w),
    );
}

#[test]
fn rows_and_columns_give_the_same_jacobian() {
    // 12 outputs of 2 inputs in forward mode, 2 outputs of 12 inputs backward.
    let (wide, tall) = (values(&[2], 0.3), values(&[12], 0.6));
    let w = values(&[12, 2], 0.9);
    near(&jacobian(|x| w.matmul(&x.sin()), &wide), &(&w * wide.cos()));
    near(
        &jacobian(|x| w.t().matmul(&x.sin()), &tall),
        &(w.t() * tall.cos()),
    );
    let shaped = jacobian(|x| x.reshape([3, 4]).sum_dim(0).unsqueeze(0), &tall);
    assert_eq!(shaped.shape(), [1, 4, 12]);
    assert_eq!(jacobian(|x| x * 1.0, &values(&[0], 0.0)).shape(), [0, 0]);
    assert_eq!(jacobian(|x| x.sum(), &values(&[0, 2], 0.0)).shape(), [0, 2]);
    assert_eq!(jacobian(|x| x.exp(), &Tensor::from(0.0)), Tensor::from(1.0));
}

/// Counts the backward passes through its identity.
struct Counted(&'static AtomicUsize);
impl Function for Counted {
    type Inputs = Tensor;
    type Outputs = Tensor;
    const NAME: &'static str = "CountedBackward";
    fn forward(&self, _: &mut Save<'_>, x: &Tensor) -> Result<Tensor> {
        Ok(x.copy())
    }
    fn backward(&self, _: &Context<'_>, grad: &Tensor) -> Result<Option<Tensor>> {
        self.0.fetch_add(1, Relaxed);
        Ok(Some(grad * 1.0))
    }
}

#[test]
fn a_jacobian_takes_as_many_walks_as_the_smaller_side() {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let w = values(&[12, 2], 0.9);
    jacobian(|x| w.matmul(&Counted(&COUNT).apply(x)), &values(&[2], 0.3));
    assert!(COUNT.swap(0, Relaxed) <= 3);
    jacobian(
        |x| w.t().matmul(&Counted(&COUNT).apply(x)),
        &values(&[12], 0.3),
    );
    assert_eq!(COUNT.load(Relaxed), 2);
}

#[test]
fn a_hessian_is_symmetric_and_its_products_agree() {
    let inputs = [values(&[3], 0.1), values(&[2, 3], 0.4)];
    let g = |[x, w]: &[Tensor; 2]| (w.matmul(x).tanh().pow(2).sum() * x.at(1).exp()).sum();
    let [[xx, xw], [wx, ww]] = hessian(g, &inputs);
    assert_eq!(
        (xw.shape(), ww.shape()),
        (&[3, 2, 3][..], &[2, 3, 2, 3][..])
    );
    near(&xx, &xx.t());
    near(&xw.reshape([3, 6]), &wx.reshape([6, 3]).t());
    let v = [values(&[3], 2.0), values(&[2, 3], 5.0)];
    let (value, [x_v, w_v]) = hvp(g, &inputs, &v);
    near(&value, &g(&inputs));
    near(
        &x_v,
        &(xx.matmul(&v[0]) + xw.reshape([3, 6]).matmul(&v[1].flatten())),
    );
    let (_, [v_x, v_w]) = vhp(g, &inputs, &v);
    near(&x_v, &v_x);
    near(&w_v, &v_w);
    near(
        &w_v.flatten(),
        &(wx.reshape([6, 3]).matmul(&v[0]) + ww.reshape([6, 6]).matmul(&v[1].flatten())),
    );
    // A linear function, and an input that is not read.
    assert_eq!(
        hessian(|x| x.sum(), &values(&[2], 0.0)),
        zeros([2, 2]).double()
    );
    let [_, [_, unread]] = hessian(|[x, _]: &[Tensor; 2]| x.pow(2).sum(), &inputs);
    assert_eq!(unread, zeros([2, 3, 2, 3]).double());
}

#[test]
fn results_are_recorded_only_where_something_requires_gradients() {
    std::thread::spawn(|| {
        let x = values(&[3], 0.2);
        let cube = |x: &Tensor| x.pow(3).sum();
        assert!(!jacobian(cube, &x).requires_grad() && !hessian(cube, &x).requires_grad());
        let leaf = x.copy().requires_grad_();
        let h = hessian(cube, &leaf);
        assert!(h.requires_grad() && leaf.grad().is_none());
        h.sum().backward();
        near(&leaf.grad().unwrap(), &(ones([3]) * 6.0));
        assert!(!no_grad(|| hessian(cube, &leaf)).requires_grad());
        assert!(!vjp(cube, &x, &Tensor::from(1.0)).0.requires_grad());
        // A captured parameter: the gradient of a gradient penalty.
        let w = values(&[3], 0.7).requires_grad_();
        let slope = jacobian(|x| (x.pow(2) * &w).sum(), &x);
        slope.sum().backward();
        near(&w.grad().unwrap(), &(&x * 2.0));
        check_grads(|x| hessian(|x| (x.sin() * &w).sum(), x), &leaf, 2).unwrap();
        check_grads(|x| jvp(|x| x.sin(), x, &(x * 2.0)).1, &leaf, 2).unwrap();
        check_grads(|x| jacobian(|x| x.repeat_three(), x), &leaf, 2).unwrap();
    })
    .join()
    .unwrap();
    assert!(live_nodes() < 1_000_000);
}

trait RepeatThree {
    fn repeat_three(&self) -> Tensor;
}
impl RepeatThree for Tensor {
    /// More outputs than inputs, so that the Jacobian is taken by columns.
    fn repeat_three(&self) -> Tensor {
        retrograd::cat(&[self.sin(), self.exp(), self.pow(3)], 0)
    }
}

#[test]
fn what_does_not_fit_is_refused() {
    let says = |error: Error, text: &str| assert_eq!(error.to_string(), text);
    let x = values(&[3], 0.0);
    says(
        try_vjp(|x| x.exp(), &x, &zeros([2])).unwrap_err(),
        "vjp: `v` has shape [2], and the outputs have [3]. Give `v` the shapes of the outputs.",
    );
    says(
        try_jvp(|x| x.exp(), &tensor![1, 2], &tensor![1, 2]).unwrap_err(),
        "jvp: input 0 holds i64, which has no derivative. Cast it to a floating-point type, or let the function capture it.",
    );
    says(
        try_hessian(|x| x.exp(), &x).unwrap_err(),
        "hessian: the function returned shape [3], and only one element has a Hessian. Reduce it, with `.sum()` or \
         `.mean()`, or take the `jacobian` of its gradient.",
    );
    says(
        try_vmap(|[a, b]| a + b, &[zeros([2, 3]), zeros([3, 3])]).unwrap_err(),
        "vmap: input 0 holds 2 examples and input 1 holds 3: their shapes are [2, 3] and [3, 3]. Give inputs of one leading \
         size; let the function capture what is the same for all examples.",
    );
    says(
        try_vmap(|x| x.exp(), &zeros([0, 3])).unwrap_err(),
        "vmap: shape [0, 3] holds no example, so the outputs' shape is not known. Skip the call for an empty batch.",
    );
}

#[test]
fn a_map_over_examples_gives_per_example_gradients() {
    let layer = Linear::new(3, 2);
    let (x, y) = (values(&[4, 3], 0.2).float(), tensor![0, 1, 1, 0]);
    let loss =
        |[x, y]: &[Tensor; 2]| cross_entropy(&layer.forward(&x.unsqueeze(0)), &y.unsqueeze(0));
    let losses = vmap(loss, &[x.clone(), y.clone()]);
    assert_eq!(losses.shape(), [4]);
    let mean = cross_entropy(&layer.forward(&x), &y);
    assert!((losses.mean() - &mean).abs().item::<f32>() < 1e-6);
    losses.mean().backward();
    assert!(layer.weight.grad().is_some());
    let slopes = vmap(
        |x| jacobian(|w| w.matmul(x).tanh(), &layer.weight.detach()),
        &x,
    );
    assert_eq!(slopes.shape(), [4, 2, 2, 3]);
    let (sum, product) = vmap(|[a, b]| (a + b, a * b), &[x.clone(), x.clone()]);
    assert_eq!((sum, product), (&x + &x, &x * &x));
}

#[test]
fn random_directions_find_errors_of_every_order_and_draw_from_no_one() {
    manual_seed(3);
    let before = get_rng_state();
    let x = values(&[5], 0.3).requires_grad_();
    check_grads(|x| x.sin() * x.exp(), &x, 4).unwrap();
    assert_eq!(get_rng_state(), before);
    let order = |f: fn(&Tensor) -> Tensor| match check_grads(f, &x, 3) {
        Err(Error::DirectionalGradient { order, .. }) => order,
        other => panic!("{other:?}"),
    };
    assert_eq!(order(|x| x.pow(3) + x.detach()), 1);
    assert_eq!(order(|x| (x * x.detach()) * 2.0 - x.detach().pow(2)), 2);
    // x^3 whose first and second derivatives are right, and whose third is cut off.
    assert_eq!(
        order(|x| {
            let fixed = x.detach();
            (x - &fixed).pow(2) * &fixed * 3.0 + fixed.pow(2) * (x - &fixed) * 3.0 + fixed.pow(3)
        }),
        3
    );
    let f32s = tensor![0.5, 1.5].requires_grad_();
    check_grads(|x| x.tanh(), &f32s, 2).unwrap();
    assert!(check_grads(|x| x.pow(2) + x.detach(), &f32s, 1).is_err());
    let strict = CheckGrads {
        rtol: Some(1e-12),
        atol: Some(1e-14),
        ..CheckGrads::default()
    };
    assert!(
        strict.run(|x| x.exp(), &x, 1).is_err(),
        "tolerances are used"
    );
    let error = check_grads(|x| x.exp(), &x.detach(), 1)
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("check_grads: none of the inputs requires gradients."),
        "{error}"
    );
}

#[test]
fn gradcheck_shows_both_jacobians() {
    let x = Tensor::from([0.5, 1.5]).requires_grad_();
    let wrong = |x: &[Tensor]| &x[0] * x[0].detach();
    let error = gradcheck(wrong, std::slice::from_ref(&x))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("numerical Jacobian of output 0 by input 0:\ntensor([[1.0000, 0.0000],"),
        "{error}"
    );
    assert!(
        error.contains("analytical:\ntensor([[0.5000, 0.0000],"),
        "{error}"
    );
    let loose = GradCheck {
        rtol: 2.0,
        ..GradCheck::default()
    };
    loose.first(wrong, std::slice::from_ref(&x)).unwrap();
}

#[test]
fn gradcheck_refuses_what_it_cannot_measure() {
    let f32s = tensor![1.0].requires_grad_();
    assert_eq!(
        gradcheck(|x| x[0].exp(), &[f32s]).unwrap_err().to_string(),
        "gradcheck: an input holds f32, too coarse for finite differences. Cast it with `.double()` before \
         `requires_grad_()`."
    );
    let x = Tensor::from([0.5]).requires_grad_();
    assert_eq!(
        gradcheck(|x| x[0].float(), std::slice::from_ref(&x))
            .unwrap_err()
            .to_string(),
        "gradcheck: output 0 holds f32, too coarse for finite differences. Let the function compute in `f64` throughout, \
         or use `check_grads`."
    );
    // Each difference is taken on values of its own, so one storage for several elements does no harm.
    let expanded = Tensor::from([0.5]).expand([3]).requires_grad_();
    gradcheck(|x| x[0].sin() * x[0].sum(), &[expanded]).unwrap();
    let empty = Tensor::from_vec::<f64>(vec![], [0, 2]).requires_grad_();
    gradcheck(|x| x[0].sin(), &[empty]).unwrap();
}
