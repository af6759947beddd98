//! What the tape holds and gives back. One test, so that nothing else runs beside it.

use retrograd::optim::Sgd;
use retrograd::prelude::*;
use retrograd::tape::{Context, Function, Save, checkpoint, live_nodes};
use std::thread;

/// Resident memory in KiB, where the system tells it.
fn resident() -> Option<usize> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}

#[test]
fn graphs_are_freed_and_deep_ones_need_no_stack() {
    a_deep_chain_fits_a_small_stack();
    a_dropped_graph_leaves_nothing();
    backward_frees_what_was_saved();
    own_operations_hooks_and_checkpoints_leave_nothing();
    training_leaves_memory_flat();
}

fn a_deep_chain_fits_a_small_stack() {
    const DEPTH: usize = 1_000_000;
    let before = live_nodes();
    let body = move || {
        for walked in [true, false] {
            let x = tensor![1.0].requires_grad_();
            let mut y = x.clone();
            for _ in 0..DEPTH {
                y = y.add(1);
            }
            assert_eq!(live_nodes() - before, DEPTH);
            if walked {
                y.sum().backward();
                assert_eq!(x.grad().unwrap(), tensor![1.0]);
            }
        }
    };
    let start = resident();
    thread::Builder::new()
        .stack_size(2 << 20)
        .spawn(body)
        .unwrap()
        .join()
        .unwrap();
    assert_eq!(live_nodes(), before);
    if let (Some(start), Some(end)) = (start, resident()) {
        assert!(
            end < start + 2_000_000,
            "{start} KiB before, {end} KiB after"
        );
    }
}

fn a_dropped_graph_leaves_nothing() {
    let before = live_nodes();
    let x = tensor![1.0].requires_grad_();
    let y = x.exp() * x.sin();
    let first = grad(y.sum(), [&x]).create_graph(true).run();
    assert!(live_nodes() > before);
    drop((y, first));
    assert_eq!(live_nodes(), before);
}

fn backward_frees_what_was_saved() {
    let before = live_nodes();
    let x = tensor![1.0].requires_grad_();
    let y = x.exp().sin().cos();
    let loss = y.sum();
    drop(y);
    assert_eq!(live_nodes() - before, 4);
    loss.backward();
    assert_eq!(
        live_nodes() - before,
        1,
        "only the node of the loss that is held"
    );
}

/// Adds its two inputs and gives back two outputs.
struct Pair;
impl Function for Pair {
    type Inputs = [Tensor; 2];
    type Outputs = [Tensor; 2];
    const NAME: &'static str = "PairBackward";
    fn forward(&self, cx: &mut Save<'_>, [a, b]: &[Tensor; 2]) -> Result<[Tensor; 2]> {
        let (sum, product) = (a + b, a * b);
        cx.save([a, b, &sum, &product]);
        Ok([sum, product])
    }
    fn backward(
        &self,
        cx: &Context<'_>,
        [by_sum, by_product]: &[Tensor; 2],
    ) -> Result<[Option<Tensor>; 2]> {
        let [a, b, ..] = cx.saved::<4>()?;
        Ok([Some(by_sum + by_product * b), Some(by_sum + by_product * a)])
    }
}

fn own_operations_hooks_and_checkpoints_leave_nothing() {
    let before = live_nodes();
    let (a, b) = (tensor![1.0].requires_grad_(), tensor![2.0].requires_grad_());
    for walked in [true, false] {
        let [sum, product] = Pair.apply(&[a.clone(), b.clone()]);
        let captured = product.clone();
        product.register_hook(|grad| Some(grad * 1.0));
        let y = checkpoint(move |x: &Tensor| x.exp() * &captured, &sum);
        assert!(live_nodes() > before);
        if walked {
            let first = grad(y.sum(), [&a, &b]).create_graph(true).run();
            grad(first[0].sum(), [&a, &b]).run();
        }
    }
    assert_eq!(live_nodes(), before);
}

fn training_leaves_memory_flat() {
    let before = live_nodes();
    let (x, y) = (randn([16, 4]), rand([16, 1]));
    let (w, b) = (randn([4, 1]).requires_grad_(), zeros([1]).requires_grad_());
    let mut optimizer = Sgd::new([&w, &b], 0.01).momentum(0.9);
    let mut train = |steps: usize| {
        for _ in 0..steps {
            mse(&(x.matmul(&w) + &b).sigmoid(), &y).backward();
            optimizer.step();
            optimizer.zero_grad();
        }
    };
    train(1_000);
    let start = resident();
    train(100_000);
    assert_eq!(live_nodes(), before);
    if let (Some(start), Some(end)) = (start, resident()) {
        assert!(
            end <= start + 1024,
            "{start} KiB before 100,000 steps, {end} KiB after"
        );
    }
}
