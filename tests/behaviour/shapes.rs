//! Shapes, positions and losses at their edges: what is a view, what an empty or 0-d tensor gives, what is refused.

use retrograd::loss::{self, Reduction};
use retrograd::nn::Module;
use retrograd::prelude::*;
use retrograd::{Indexing, einsum, meshgrid};

#[test]
fn views_copy_nothing() {
    let x = arange(12).reshape([3, 4]);
    let grid = meshgrid([&x.select(0, 0), &x.select(1, 0)], Indexing::Xy);
    let views = [
        x.diagonal(1),
        x.movedim(0, 1),
        x.unflatten(1, [2, 2]),
        x.broadcast_to([2, 3, 4]),
        x.unbind(1).remove(2),
        x.split(2, 1).remove(1),
        x.narrow(1, -2, 2),
        grid[1].clone(),
    ];
    assert!(views.iter().all(|view| view.shares_storage(&x)));
    assert_eq!(views[6], tensor![[2, 3], [6, 7], [10, 11]]);
}

#[test]
fn numbers_count_as_vectors_of_one_where_pytorch_has_it_so() {
    let number = tensor![5.0].squeeze().requires_grad_();
    let taken = number.gather(0, &tensor![0]);
    assert_eq!(taken.shape(), [1]);
    taken.backward();
    assert_eq!(number.grad().unwrap().shape(), [0usize; 0]);
    assert_eq!(number.index_select(0, &tensor![0]).shape(), [0usize; 0]);
    assert_eq!(number.detach().sort(0, true).1.item::<i64>(), 0);
    let empty = zeros([4]).gather(0, &zeros([0]).long());
    assert_eq!(empty.shape(), [0]);
    assert!(zeros(()).try_roll(1, 0).is_err() && zeros(()).try_unbind(0).is_err());
    assert_eq!(zeros([0, 2]).split(0, 0).len(), 1);
}

#[test]
fn of_elements_put_at_one_place_the_last_stays_and_has_the_gradient() {
    let (x, source) = (
        zeros([3]).requires_grad_(),
        tensor![1.0, 2.0, 3.0].requires_grad_(),
    );
    let out = x.scatter(0, &tensor![1, 0, 1], &source);
    assert_eq!(out, tensor![2.0, 3.0, 0.0]);
    out.sum().backward();
    assert_eq!(x.grad().unwrap(), tensor![0.0, 0.0, 1.0]);
    assert_eq!(source.grad().unwrap(), tensor![0.0, 1.0, 1.0]);
    // A longer source is read only where the index is.
    let longer = tensor![[1.0, 9.0], [2.0, 9.0]];
    let sums = zeros([1, 3]).scatter_add(1, &tensor![[2]], &longer);
    assert_eq!(sums, tensor![[0.0, 0.0, 1.0]]);
}

#[test]
fn what_a_type_cannot_hold_is_refused() {
    let whole = tensor![1, 2];
    assert_eq!(whole.scatter(0, &tensor![0], 7), tensor![7, 2]);
    assert!(whole.try_scatter(0, &tensor![0], 0.5).is_err());
    assert!(whole.try_scatter(0, &tensor![0], tensor![0.5]).is_err());
    assert!(whole.try_masked_fill(&tensor![true, false], 0.5).is_err());
    let squares = tensor![[1, 0], [0, 1]];
    assert!(
        squares
            .try_addmm_scaled(&squares, &squares, 1, 0.5)
            .is_err()
    );
    assert_eq!(
        squares.addmm_scaled(&squares, &squares, 2, 3),
        tensor![[5, 0], [0, 5]]
    );
}

#[test]
fn sums_by_equation_follow_the_rules_of_letters() {
    let (x, y) = (rand([2, 3]), rand([3, 4]));
    let close = |a: Tensor, b: Tensor| (a - b).abs().max().item::<f32>() < 1e-5;
    assert!(close(einsum("ij,jk", [&x, &y]), x.mm(&y)));
    assert!(close(einsum("kj,ik", [&y, &x]), x.mm(&y)));
    assert!(close(einsum("ba", [&x]), x.t()));
    assert!(close(einsum("...,...", [&x, &x]), x.square()));
    assert!(close(einsum("ij,ij->", [&x, &x]), x.square().sum()));
    assert_eq!(
        einsum("i,j->ij", [&zeros([0]), &zeros([2])]).shape(),
        [0, 2]
    );
    assert_eq!(
        einsum("ij,jk->ik", [&zeros([2, 0]), &zeros([0, 3])]),
        zeros([2, 3])
    );
}

#[test]
fn a_nan_is_the_greatest_and_equal_elements_keep_their_order() {
    let x = tensor![2.0, f64::NAN, 1.0, 2.0];
    assert_eq!(x.argsort(0, false), tensor![2, 0, 3, 1]);
    assert_eq!(x.argsort(0, true), tensor![1, 0, 3, 2]);
    assert_eq!(x.topk(2, 0, false).1, tensor![2, 0]);
    assert_eq!(x.kthvalue(3, 0).1.item::<i64>(), 3);
    assert!(x.try_topk(5, 0, true).is_err() && x.try_kthvalue(0, 0).is_err());
}

#[test]
fn losses_are_modules_that_keep_their_weights() {
    let loss = loss::CrossEntropy::new().weight(tensor![1.0, 2.0]);
    assert_eq!(loss.to_string(), "CrossEntropyLoss()");
    assert_eq!(loss.named_buffers()[0].0, "weight");
    assert!(loss.parameters().is_empty());
    assert_eq!(loss::KlDiv::new().to_string(), "KLDivLoss()");
}

#[test]
fn losses_refuse_what_they_cannot_mean() {
    let (x, y) = (zeros([4, 1]), zeros([4]));
    assert!(loss::try_huber(&x, &y).is_err() && loss::try_smooth_l1(&x, &y).is_err());
    assert!(loss::Huber::new().delta(-1.0).try_forward(&y, &y).is_err());
    assert!(loss::try_gaussian_nll(&y, &y, &tensor![-1.0, 1.0, 1.0, 1.0]).is_err());
    assert!(loss::try_multi_margin(&zeros([2, 3]), &tensor![0, 3]).is_err());
    assert!(loss::try_multilabel_margin(&zeros([1, 2]), &tensor![[0, -2]]).is_err());
    assert!(
        loss::TripletMargin::new()
            .margin(0.0)
            .try_forward(&x, &x, &x)
            .is_err()
    );
    assert!(loss::try_cosine_embedding(&x, &x, &x).is_err());
    // Far from the target the loss is straight, and an infinite difference has a finite slope.
    let far = tensor![f64::INFINITY, -1e30].requires_grad_();
    let losses = loss::Huber::new()
        .reduction(Reduction::Sum)
        .forward(&far, &zeros([2]));
    losses.backward();
    assert_eq!(far.grad().unwrap(), tensor![1.0, -1.0]);
}
