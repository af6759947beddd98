//! The words of errors: what is wrong, where, and the cure.

use retrograd::nn::{Linear, StateDict};
use retrograd::optim::Sgd;
use retrograd::prelude::*;
use retrograd::{Error, GradStatus};

fn leaf() -> Tensor {
    tensor![1.0, 2.0].requires_grad_()
}

#[track_caller]
fn says<T: std::fmt::Debug>(result: Result<T, Error>, text: &str) {
    assert_eq!(result.expect_err("an error").to_string(), text);
}

#[test]
fn a_second_backward_names_the_first() {
    let x = leaf();
    let loss = x.pow(2).sum();
    loss.backward();
    let error = loss.try_backward().unwrap_err();
    let Error::BackwardTwice {
        node,
        first,
        created,
        ..
    } = &error
    else {
        panic!("{error:?}")
    };
    assert_eq!(
        (*node, first.file(), created.file()),
        ("SumBackward0", file!(), file!())
    );
    assert_eq!(first.line(), created.line() + 1);
    let text = error.to_string();
    assert!(
        text.starts_with("backward: the graph was already walked by the backward pass at "),
        "{text}"
    );
    assert!(
        text.ends_with("for the first pass, or compute the output again."),
        "{text}"
    );
}

#[test]
fn a_loss_without_graph_tells_why() {
    let plain = tensor![1.0].sum();
    says(
        plain.try_backward(),
        "backward: the tensor has no graph: nothing that it was computed from requires gradients. \
         Call `requires_grad_()` on the parameters before computing.",
    );
    let x = leaf();
    let detached = x.detach().sum().try_backward().unwrap_err().to_string();
    assert!(
        detached.contains("it was computed from a tensor detached at tests/behaviour/errors.rs:"),
        "{detached}"
    );
    let unrecorded = no_grad(|| x.sum()).try_backward().unwrap_err().to_string();
    assert!(
        unrecorded.contains("it was computed under `no_grad`, at tests/behaviour/errors.rs:"),
        "{unrecorded}"
    );
}

#[test]
fn backward_from_many_elements_suggests_a_sum() {
    says(
        (leaf() * 2).try_backward(),
        "backward: a gradient can only be begun at a scalar, and this tensor has shape [2]. Reduce it first, with \
         `.sum()` or `.mean()`, or give the gradient of each element with `backward_with(gradient)`.",
    );
}

#[test]
fn a_leaf_changed_in_place_suggests_no_grad() {
    says(
        leaf().try_add_(1),
        "add_: a leaf that requires gradients would be changed in place while recording. To update a parameter, do \
         it inside `no_grad(|| ..)`; to compute with it, use the functional form, `add`.",
    );
}

#[test]
fn a_saved_value_that_was_changed_names_both_lines() {
    let x = leaf();
    let y = x.exp();
    let loss = y.sum();
    no_grad(|| drop(y.try_mul_(2)));
    let error = loss.try_backward().unwrap_err();
    let Error::SavedChanged {
        node,
        created,
        changed,
        actual,
        expected,
    } = &error
    else {
        panic!("{error:?}")
    };
    assert_eq!((*node, *actual, *expected), ("ExpBackward0", 1, 0));
    assert_eq!(changed.line(), created.line() + 2);
    assert!(
        error
            .to_string()
            .contains("Use the functional form there, or `copy()` the value"),
        "{error}"
    );
}

#[test]
fn a_missing_gradient_has_a_reason() {
    let x = leaf();
    let y = &x * 2;
    assert_eq!(y.grad_status(), GradStatus::NotLeaf);
    assert_eq!(x.grad_status(), GradStatus::NotReached);
    assert_eq!(tensor![1.0].grad_status(), GradStatus::RequiresGradFalse);
    assert!(
        matches!(y.detach().grad_status(), GradStatus::Detached { at } if at.file() == file!())
    );
    assert!(
        matches!(no_grad(|| &x * 2).grad_status(), GradStatus::NoGrad { at } if at.file() == file!())
    );
}

#[test]
fn a_forgotten_zero_grad_is_found() {
    let x = leaf();
    let mut optimizer = Sgd::new([&x], 0.1);
    x.sum().backward();
    optimizer.step_checked().unwrap();
    x.sum().backward();
    says(
        optimizer.step_checked(),
        "step_checked: the gradients sum up 2 backward passes. Call `zero_grad()` after each step; to sum up on \
         purpose, use `step()`.",
    );
    optimizer.zero_grad();
    x.sum().backward();
    optimizer.step_checked().unwrap();
}

#[test]
fn an_unused_input_is_named() {
    let (x, unused) = (leaf(), leaf());
    says(
        grad(x.sum(), [&x, &unused]).try_run(),
        "grad: the outputs do not depend on the input at index 1. Leave it out, or use `.allow_unused()`, which \
         gives `None` for it.",
    );
}

#[test]
fn shapes_that_do_not_fit_are_both_named() {
    says(
        ones([5, 9]).try_matmul(&ones([10, 1])),
        "mm: shapes [5, 9] and [10, 1] do not multiply: 9 columns meet 10 rows. Transpose one of them, or check the \
         layer's in_features.",
    );
    says(
        ones([2, 3]).try_add(ones([2, 4])),
        "add: shapes [2, 3] and [2, 4] do not broadcast: axis 1 has 3 on the left and 4 on the right. Sizes must \
         agree, or one of them be 1, counted from the last axis: reshape, transpose or unsqueeze one of the operands.",
    );
    says(
        Linear::new(10, 1).try_forward(&ones([5, 9])),
        "Linear: Linear(in=10, out=1) got input [5, 9]: the last dim must be 10. Transpose or reshape the input, or \
         build the layer with its in_features.",
    );
}

#[test]
fn types_that_do_not_meet_suggest_the_cast() {
    says(
        Linear::new(2, 1).try_forward(&ones([5, 2]).double()),
        "Linear: the input has type f64, the weight f32. Cast the input with `.to(DType::F32)`, or the layer with \
         `.to(DType::F64)`.",
    );
    says(
        ones([2, 2]).try_matmul(&ones([2, 2]).double()),
        "matmul: the left operand holds f32 and the right one f64. Cast one of them, for example with \
         `.to(DType::F64)`.",
    );
    says(
        tensor![1, 2].try_requires_grad_(),
        "requires_grad_: a tensor of i64 has no gradient. Only floating-point tensors do: cast it first, with \
         `.to(F32)`.",
    );
}

#[test]
fn a_state_dict_that_does_not_fit_lists_everything() {
    let mut state = StateDict::new();
    state.insert("weight", zeros([3, 3]));
    state.insert("scale", zeros([1]));
    let error = Linear::new(2, 3)
        .load_state_dict(&state)
        .unwrap_err()
        .to_string();
    for part in [
        "weight has shape [3, 3], the module's has [3, 2]",
        "bias",
        "scale",
    ] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn out_of_range_is_told_with_the_range() {
    says(
        ones([2, 3]).try_sum_dim(2),
        "sum: axis 2 is out of range for a tensor of 2 dimensions. Use an axis from -2 to 1.",
    );
    says(
        arange(5).try_at(7),
        "select: index 7 is out of bounds for dimension 0 with size 5. Use a position from -5 to 5 - 1.",
    );
    says(
        ones([2, 3]).try_reshape([4, -1]),
        "reshape: shape [2, 3] with 6 elements does not fit into [4, -1]. Give sizes whose product is the number of \
         elements; one of them may be -1.",
    );
}

#[test]
fn a_panic_is_reported_at_the_callers_line() {
    let line = std::sync::Arc::new(std::sync::Mutex::new(None));
    let seen = line.clone();
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        *seen.lock().unwrap() = info.location().map(|at| at.file().to_string());
    }));
    let result = std::panic::catch_unwind(|| ones([2]) + ones([3]));
    std::panic::set_hook(before);
    assert!(result.is_err());
    assert_eq!(line.lock().unwrap().as_deref(), Some(file!()));
}
