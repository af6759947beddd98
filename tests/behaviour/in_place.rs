//! Changes in place: recorded, refused, or seen by views.

use retrograd::prelude::*;

#[test]
fn a_recorded_change_has_its_gradient() {
    let x = tensor![2.0, 3.0].requires_grad_();
    let mut y = &x * 2;
    y *= &x;
    y += 1;
    y.sum().backward();
    assert_eq!(x.grad().unwrap(), tensor![8.0, 12.0]);
}

#[test]
fn a_change_through_a_view_while_recording_is_refused() {
    let x = tensor![[1.0, 2.0]].requires_grad_();
    let y = &x * 2;
    let error = y.t().try_add_(1).unwrap_err().to_string();
    assert!(
        error.contains("the tensor is a view of another one"),
        "{error}"
    );
    let view = y.t();
    let error = y.try_add_(1).unwrap_err().to_string();
    assert!(error.contains("views of the tensor are alive"), "{error}");
    drop(view);
    y.try_add_(1).unwrap();
}

#[test]
fn writing_to_a_part_reaches_the_whole() {
    let x = zeros([2, 3]);
    x.t().at(1).fill_(5);
    assert_eq!(x, tensor![[0.0, 5.0, 0.0], [0.0, 5.0, 0.0]]);
    x.index_put_((.., tensor![0, 2]), tensor![1.0, 2.0]);
    assert_eq!(x, tensor![[1.0, 5.0, 2.0], [1.0, 5.0, 2.0]]);
    x.index_put_(x.gt(4), 0);
    assert_eq!(x, tensor![[1.0, 0.0, 2.0], [1.0, 0.0, 2.0]]);
}

#[test]
fn assignment_to_a_part_has_its_gradient() {
    let (x, v) = (
        tensor![1.0, 2.0, 3.0].requires_grad_(),
        tensor![5.0].requires_grad_(),
    );
    let y = &x * 1;
    y.index_put_(1.., &v);
    (&y * tensor![1.0, 10.0, 100.0]).sum().backward();
    assert_eq!(x.grad().unwrap(), tensor![1.0, 0.0, 0.0]);
    assert_eq!(v.grad().unwrap(), tensor![110.0]);
}

#[test]
fn a_change_may_not_grow_or_narrow_the_tensor() {
    let grows = ones([1, 3]).try_add_(ones([2, 3])).unwrap_err().to_string();
    assert!(grows.contains("the result has shape [2, 3]"), "{grows}");
    let narrows = tensor![1, 2].try_add_(0.5).unwrap_err().to_string();
    assert!(
        narrows.contains("does not go into a tensor of i64"),
        "{narrows}"
    );
}
