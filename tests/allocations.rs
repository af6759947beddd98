//! How often the tape asks for memory. The test counts in its own thread, so nothing else disturbs it.

use allocation_counter::measure;
use retrograd::optim::Sgd;
use retrograd::prelude::*;
use retrograd::tape::Plan;

const OPERATIONS: u64 = 1_000;

type Binary = fn(&Tensor, &Tensor) -> Tensor;

#[test]
fn a_recorded_operation_makes_at_most_three_allocations() {
    let (x, w) = (tensor![1.0].requires_grad_(), tensor![1.000_001]);
    let operations: [(&str, Binary); 6] = [
        ("add", |y, w| y + w),
        ("sub", |y, w| y - w),
        ("mul", |y, w| y * w),
        ("mul by a number", |y, _| y * 1.000_001),
        ("div", |y, w| y / w),
        ("sigmoid", |y, _| y.sigmoid()),
    ];
    for (name, operation) in operations {
        let mut y = x.clone();
        let counted = measure(|| (0..OPERATIONS).for_each(|_| y = operation(&y, &w)));
        let each = counted.count_total.div_ceil(OPERATIONS);
        assert!(each <= 3, "{name}: {each} allocations");
        drop(y);
    }
}

#[test]
fn a_training_step_keeps_no_memory() {
    let (x, y) = (randn([64, 16]), rand([64, 1]));
    let (w, b) = (randn([16, 1]).requires_grad_(), zeros([1]).requires_grad_());
    let mut optimizer = Sgd::new([&w, &b], 0.01).momentum(0.9);
    let mut step = || {
        mse(&(x.matmul(&w) + &b).sigmoid(), &y).backward();
        optimizer.step();
        optimizer.zero_grad();
    };
    (0..10).for_each(|_| step());
    let counted = measure(|| (0..1_000).for_each(|_| step()));
    assert_eq!(counted.bytes_current, 0, "{counted:?}");
}

#[test]
fn a_replayed_step_makes_no_allocation() {
    let (x, y) = (randn([64, 16]), rand([64, 1]));
    let (w, b) = (randn([16, 1]).requires_grad_(), zeros([1]).requires_grad_());
    let mut optimizer = Sgd::new([&w, &b], 0.01).momentum(0.9);
    let mut plan = Plan::new(|[x, y]: &[Tensor; 2]| {
        let loss = mse(&(x.matmul(&w) + &b).sigmoid(), y);
        optimizer.zero_grad();
        loss.backward();
        optimizer.step();
        loss
    });
    (0..10).for_each(|_| drop(plan.run([&x, &y])));
    let counted = measure(|| (0..1_000).for_each(|_| drop(plan.run([&x, &y]))));
    assert_eq!(counted.count_total, 0, "{counted:?}");
}
