//! NaN and infinities pass as in PyTorch.

use retrograd::functional as f;
use retrograd::prelude::*;

const NAN: f64 = f64::NAN;
const INF: f64 = f64::INFINITY;

/// Whether both have NaN in the same places and are equal elsewhere.
#[track_caller]
fn assert_same(actual: Tensor, expected: Tensor) {
    let same = actual.eq(&expected) | (actual.isnan() & expected.isnan());
    assert!(
        actual.shape() == expected.shape() && same.all().item::<bool>(),
        "{actual}, expected {expected}"
    );
}

#[test]
fn a_nan_is_the_extreme() {
    let x = tensor![1.0, NAN, 3.0, NAN];
    assert_same(x.max(), tensor![NAN].max());
    for value in [x.min(), x.amax(), x.amin(), x.median()] {
        assert!(value.isnan().item::<bool>());
    }
    let (value, position) = x.max_dim(0);
    assert!(value.isnan().item::<bool>() && position.item::<i64>() == 1);
    assert_eq!(x.argmin().item::<i64>(), 1);
    assert_eq!(x.nanmedian().item::<f32>(), 1.0);
    assert_eq!(x.nansum().item::<f32>(), 4.0);
    assert!(tensor![NAN, NAN].nanmedian().isnan().item::<bool>());
    let (values, positions) = x.cummax(0);
    assert_same(values, tensor![1.0, NAN, NAN, NAN]);
    assert_eq!(positions, tensor![0, 1, 1, 3]);
    assert_same(
        tensor![NAN, 1.0].maximum(tensor![1.0, NAN]),
        tensor![NAN, NAN],
    );
    assert_same(
        tensor![NAN, 1.0].minimum(tensor![1.0, NAN]),
        tensor![NAN, NAN],
    );
    assert_same(x.clamp(0, 2), tensor![1.0, NAN, 2.0, NAN]);
    assert_same(tensor![1.0, 5.0].clamp(NAN, 2), tensor![NAN, NAN]);
    assert_same(
        tensor![1.0, 5.0].clamp_max(tensor![NAN, 2.0]),
        tensor![NAN, 2.0],
    );
}

#[test]
fn a_nan_passes_through_activations() {
    let x = || tensor![NAN];
    for out in [
        x().relu(),
        f::relu6(&x()),
        f::hardtanh(&x(), -1.0, 1.0),
        f::threshold(&x(), 0.0, 1.0),
        f::hardshrink(&x(), 0.5),
        f::softshrink(&x(), 0.5),
        f::elu(&x(), 1.0),
        f::leaky_relu(&x(), 0.1),
        f::hardsigmoid(&x()),
        f::hardswish(&x()),
        f::softplus(&x(), 1.0, 20.0),
        f::logsigmoid(&x()),
        f::mish(&x()),
        f::silu(&x()),
    ] {
        assert_same(out, x());
    }
}

#[test]
fn activations_at_the_ends() {
    let ends = || tensor![-INF, INF];
    assert_eq!(f::elu(&ends(), 2.0), tensor![-2.0, INF]);
    assert_eq!(f::softplus(&ends(), 1.0, 20.0), tensor![0.0, INF]);
    assert_eq!(f::logsigmoid(&tensor![-INF]), tensor![-INF]);
    assert_eq!(f::logsigmoid(&tensor![1e30]), tensor![0.0]);
    assert_eq!(f::hardsigmoid(&ends()), tensor![0.0, 1.0]);
    assert_eq!(f::mish(&tensor![INF]), tensor![INF]);
}

#[test]
fn shares_of_rows_without_finite_elements() {
    let row = tensor![-INF, -INF];
    assert_same(row.softmax(0), tensor![NAN, NAN]);
    assert_same(row.log_softmax(0), tensor![NAN, NAN]);
    assert_eq!(tensor![-INF, 0.0].softmax(0), tensor![0.0, 1.0]);
    assert_eq!(tensor![-INF, 0.0].log_softmax(0), tensor![-INF, 0.0]);
    assert_same(tensor![INF, 0.0].softmax(0), tensor![NAN, NAN]);
}

#[test]
fn sums_of_exponentials() {
    assert_eq!(
        tensor![-INF, -INF].logsumexp(0).item::<f64>() as f32,
        f32::NEG_INFINITY
    );
    assert_eq!(
        tensor![INF, 1.0].logsumexp(0).item::<f64>() as f32,
        f32::INFINITY
    );
    assert!(tensor![NAN, 1.0].logsumexp(0).isnan().item::<bool>());
    let x = tensor![-INF, 0.0].requires_grad_();
    x.logsumexp(0).backward();
    assert_eq!(x.grad().unwrap(), tensor![0.0, 1.0]);
    assert_eq!(
        tensor![-INF, INF].logaddexp(tensor![-INF, INF]),
        tensor![-INF, INF]
    );
    assert_eq!(tensor![-INF].logaddexp(tensor![2.0]), tensor![2.0]);
    assert_eq!(
        tensor![-INF, -INF, 2.0].logcumsumexp(0),
        tensor![-INF, -INF, 2.0]
    );
    assert_same(
        tensor![1.0, NAN, 2.0].logcumsumexp(0),
        tensor![1.0, NAN, NAN],
    );
    let x = tensor![-INF, 1.0, 0.5].double().requires_grad_();
    let last = x.logcumsumexp(0).i(2);
    last.backward();
    let expected = x.detach().softmax(0);
    let grad = x.grad().unwrap();
    assert!(grad.i(1..).allclose(&expected.i(1..)), "{grad}");
}

#[test]
fn quotients_and_products() {
    let x = tensor![1.0, -1.0, 0.0];
    assert_same(x.div_floor(0.0), tensor![INF, -INF, NAN]);
    assert_same(x.div_trunc(0.0), tensor![INF, -INF, NAN]);
    assert_same(x.fmod(0.0), tensor![NAN, NAN, NAN]);
    assert_eq!(tensor![5.0, -5.0].fmod(INF), tensor![5.0, -5.0]);
    assert_eq!(tensor![5.0, -5.0].remainder(INF), tensor![5.0, INF]);
    assert_same(
        tensor![0.0, 0.0, NAN].xlogy(tensor![0.0, NAN, 1.0]),
        tensor![0.0, NAN, NAN],
    );
    assert_eq!(
        tensor![INF, 3e38].hypot(tensor![NAN, 0.0]),
        tensor![INF, 3e38]
    );
    assert_same(tensor![-1.0, 2.0].logit(), tensor![NAN, NAN]);
    assert_eq!(tensor![-1.0, 2.0].logit_eps(0.5), tensor![0.0, 0.0]);
}

#[test]
fn closeness_of_what_is_not_finite() {
    let (a, b) = (tensor![INF, INF, NAN, 1.0], tensor![INF, -INF, NAN, INF]);
    assert_eq!(a.isclose(&b), tensor![true, false, false, false]);
    let tolerance = retrograd::Tolerance::new().equal_nan(true);
    assert_eq!(
        a.isclose_with(&b, tolerance),
        tensor![true, false, true, false]
    );
    assert!(!a.equal(&a));
}

#[test]
fn norms_and_spreads() {
    assert!(
        tensor![NAN, INF]
            .norm_with(INF, 0, false)
            .isnan()
            .item::<bool>()
    );
    assert_eq!(tensor![INF, 1.0].norm().item::<f64>() as f32, f32::INFINITY);
    assert!(tensor![1.0].var().isnan().item::<bool>());
    assert!(tensor![1.0, INF].std().isnan().item::<bool>());
    assert!(zeros([0]).median().isnan().item::<bool>());
}
