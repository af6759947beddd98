//! What the tape holds and gives back. One test, so that nothing else runs beside it.

use retrograd::optim::Sgd;
use retrograd::prelude::*;
use retrograd::tape::live_nodes;
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
