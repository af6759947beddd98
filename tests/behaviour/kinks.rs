//! The subgradients that PyTorch takes where a function has no derivative.

use retrograd::functional as f;
use retrograd::prelude::*;

/// The gradient of the sum of a function's elements.
fn slope(x: Tensor, function: impl Fn(&Tensor) -> Tensor) -> Tensor {
    let x = x.requires_grad_();
    function(&x).sum().backward();
    x.grad().expect("a gradient")
}

/// The gradients of the sum of a function of two tensors.
fn slopes(a: Tensor, b: Tensor, function: impl Fn(&Tensor, &Tensor) -> Tensor) -> (Tensor, Tensor) {
    let (a, b) = (a.requires_grad_(), b.requires_grad_());
    function(&a, &b).sum().backward();
    let grad = |x: &Tensor| x.grad().unwrap_or_else(|| x.zeros_like());
    (grad(&a), grad(&b))
}

#[test]
fn at_the_corner_of_an_activation() {
    let zero = || tensor![0.0];
    assert_eq!(slope(zero(), Tensor::abs), tensor![0.0]);
    assert_eq!(slope(zero(), Tensor::relu), tensor![0.0]);
    assert_eq!(slope(zero(), |x| f::leaky_relu(x, 0.1)), tensor![0.1]);
    assert_eq!(slope(zero(), |x| x.prelu(&tensor![0.3])), tensor![0.3]);
    assert_eq!(slope(zero(), |x| f::elu(x, 0.5)), tensor![0.5]);
    assert_eq!(slope(zero(), |x| f::celu(x, 0.5)), tensor![1.0]);
    assert_eq!(slope(zero(), |x| f::softshrink(x, 0.0)), tensor![0.0]);
    let bounds = || tensor![-0.5, 0.5];
    assert_eq!(
        slope(bounds(), |x| f::hardshrink(x, 0.5)),
        tensor![0.0, 0.0]
    );
    assert_eq!(
        slope(bounds(), |x| f::softshrink(x, 0.5)),
        tensor![0.0, 0.0]
    );
    assert_eq!(
        slope(bounds(), |x| f::hardtanh(x, -0.5, 0.5)),
        tensor![0.0, 0.0]
    );
    assert_eq!(slope(tensor![0.0, 6.0], f::relu6), tensor![0.0, 0.0]);
    let threes = || tensor![-3.0, 3.0];
    assert_eq!(slope(threes(), f::hardsigmoid), tensor![0.0, 0.0]);
    assert_eq!(slope(threes(), f::hardswish), tensor![0.0, 1.0]);
    assert_eq!(
        slope(tensor![1.0], |x| f::threshold(x, 1.0, 9.0)),
        tensor![0.0]
    );
}

#[test]
fn clamp_at_its_bounds() {
    let x = || tensor![-1.0, 0.0, 1.0, -2.0, 2.0, f64::NAN];
    // A number that an element is equal to leaves it no gradient.
    assert_eq!(
        slope(x(), |x| x.clamp(-1, 1)),
        tensor![0.0, 1.0, 0.0, 0.0, 0.0, 0.0]
    );
    assert_eq!(
        slope(x(), |x| x.clamp_min(-1)),
        tensor![0.0, 1.0, 1.0, 0.0, 1.0, 0.0]
    );
    // It is compared as `f32`, as it is taken.
    assert_eq!(slope(tensor![0.1], |x| x.clamp_min(0.1)), tensor![0.0]);
    // A tensor shares it.
    let low = || tensor![-1.0, -1.0, -1.0, -1.0, -1.0, -1.0];
    let (by_x, by_low) = slopes(x(), low(), |x, low| x.clamp_min(low));
    assert_eq!(by_x, tensor![0.5, 1.0, 1.0, 0.0, 1.0, 1.0]);
    assert_eq!(by_low, tensor![0.5, 0.0, 0.0, 1.0, 0.0, 1.0]);
    let high = -low();
    let (by_x, by_low) = slopes(x(), low(), |x, low| x.clamp(low, &high));
    assert_eq!(by_x, tensor![0.5, 1.0, 0.5, 0.0, 0.0, 1.0]);
    assert_eq!(by_low, tensor![0.5, 0.0, 0.0, 1.0, 0.0, 0.0]);
    // Crossed bounds give the upper one, whatever the element.
    let high = tensor![1.0].requires_grad_();
    let (by_x, by_low) = slopes(tensor![0.0], tensor![5.0], |x, low| x.clamp(low, &high));
    assert_eq!((by_x, by_low), (tensor![0.0], tensor![0.0]));
    assert_eq!(high.grad().unwrap(), tensor![1.0]);
}

#[test]
fn equal_extremes_share_or_the_first_takes_all() {
    let ties = || tensor![[2.0, 1.0, 2.0]];
    let half = tensor![[0.5, 0.0, 0.5]];
    assert_eq!(slope(ties(), Tensor::max), half);
    assert_eq!(slope(ties(), Tensor::amax), half);
    assert_eq!(slope(ties(), |x| x.amax_dim(1)), half);
    assert_eq!(slope(ties(), |x| x.max_dim(1).0), tensor![[1.0, 0.0, 0.0]]);
    assert_eq!(slope(-ties(), |x| x.amin_keepdim(-1)), half);
    assert_eq!(slope(-ties(), |x| x.min_dim(1).0), tensor![[1.0, 0.0, 0.0]]);
    assert_eq!(slope(ties(), Tensor::median), half);
    // A running extreme stands at the last of equal ones.
    let (_, positions) = ties().cummax(1);
    assert_eq!(positions, tensor![[0, 0, 2]]);
    assert_eq!(slope(ties(), |x| x.cummax(1).0), tensor![[2.0, 0.0, 1.0]]);
    let (a, b) = slopes(tensor![3.0], tensor![3.0], |a, b| a.maximum(b));
    assert_eq!((a, b), (tensor![0.5], tensor![0.5]));
    let (a, b) = slopes(tensor![f64::NAN], tensor![3.0], |a, b| a.minimum(b));
    assert_eq!((a, b), (tensor![1.0], tensor![1.0]));
}

#[test]
fn norms_and_deviations_of_nothing() {
    let zeros = || tensor![0.0, 0.0];
    for p in [0.5, 1.0, 2.0, 3.0] {
        assert_eq!(
            slope(zeros(), |x| x.norm_with(p, 0, false)),
            zeros(),
            "p = {p}"
        );
    }
    let ties = tensor![-2.0, 1.0, 2.0];
    let by_largest = slope(ties, |x| x.norm_with(f64::INFINITY, 0, false));
    assert_eq!(by_largest, tensor![-0.5, 0.0, 0.5]);
    assert_eq!(slope(tensor![1.0, 1.0], Tensor::std), zeros());
    let (a, b) = slopes(zeros(), zeros(), |a, b| a.dist(b, 2.0));
    assert_eq!((a, b), (zeros(), zeros()));
}

#[test]
fn spreads_without_a_degree_of_freedom() {
    let x = || tensor![1.0, 3.0];
    let by = |correction: f64| move |x: &Tensor| x.var_with([] as [i64; 0], correction, false);
    assert_eq!(slope(x(), by(2.0)), tensor![f64::INFINITY, f64::INFINITY]);
    // Along a named axis it is the formula's: 2 (x - mean) / (n - correction).
    let along = |correction: f64| move |x: &Tensor| x.var_with(0, correction, false);
    assert_eq!(
        slope(x(), along(2.0)),
        tensor![-f64::INFINITY, f64::INFINITY]
    );
    assert_eq!(slope(x(), along(3.0)), tensor![2.0, -2.0]);
    assert_eq!(slope(x(), along(0.0)), tensor![-1.0, 1.0]);
}

#[test]
fn where_a_formula_divides_by_zero() {
    assert_eq!(slope(tensor![0.0], Tensor::sqrt), tensor![f64::INFINITY]);
    let (x, y) = slopes(tensor![0.0], tensor![0.0], |x, y| x.xlogy(y));
    assert!(x == tensor![0.0] && y.isnan().all().item::<bool>());
    let (y, x) = slopes(tensor![0.0], tensor![0.0], |y, x| y.atan2(x));
    assert_eq!((y, x), (tensor![0.0], tensor![0.0]));
    let (x, y) = slopes(tensor![0.0], tensor![0.0], |x, y| x.hypot(y));
    assert!(x.isnan().all().item::<bool>() && y.isnan().all().item::<bool>());
    // Products of the others need no quotient.
    assert_eq!(
        slope(tensor![2.0, 0.0, 3.0], Tensor::prod),
        tensor![0.0, 6.0, 0.0]
    );
    assert_eq!(
        slope(tensor![2.0, 0.0, 3.0], |x| x.cumprod(0)),
        tensor![1.0, 8.0, 0.0]
    );
}

#[test]
fn second_derivatives_at_zero_are_those_of_the_function() {
    let x = tensor![0.0].double().requires_grad_();
    for (function, expected) in [
        (f::logsigmoid as fn(&Tensor) -> Tensor, -0.25),
        (|x| f::softplus(x, 1.0, 20.0), 0.25),
        (f::silu, 0.5),
    ] {
        let first = grad(function(&x).sum(), [&x]).create_graph(true).run();
        let second = grad(first[0].sum(), [&x]).run();
        assert!((second[0].item::<f64>() - expected).abs() < 1e-15);
    }
}
