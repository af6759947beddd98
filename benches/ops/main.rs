//! Every operator of the tables, forward and with backward, on 1 to a million elements, each beside a plain loop over
//! slices that writes into a buffer allocated before. All on one thread.
//!
//! What such a loop computes is held against the tensors' values before it is measured.

#[path = "../common/mod.rs"]
mod common;
mod elementwise;
mod shapes;

const SIZES: [usize; 4] = [1, 100, 10_000, 1_000_000];

/// The sizes to run; without measurements, as in `cargo test --benches`, small ones say all that there is to say.
fn sizes() -> &'static [usize] {
    let measures = std::env::args().any(|arg| arg == "--bench");
    if measures { &SIZES } else { &SIZES[..2] }
}

/// Numbers in a range, never the same twice.
fn values(n: usize, (low, high): (f32, f32)) -> Vec<f32> {
    let part = |i: usize| (i as f32 * 0.618_034 + 0.31).fract();
    (0..n).map(|i| low + (high - low) * part(i)).collect()
}

/// Holds a loop's values against the tensors'.
#[track_caller]
fn compare(name: &str, ours: &[f32], by_hand: &[f32]) {
    assert_eq!(ours.len(), by_hand.len(), "{name}");
    for (a, b) in ours.iter().zip(by_hand) {
        assert!(
            (a - b).abs() <= 2e-3 * b.abs().max(1.0),
            "{name}: {a} and {b}"
        );
    }
}

/// One row; not generic, so that hundreds of rows are not as many copies of the measurement.
fn row(rows: &mut common::Rows, name: &str, ours: &mut dyn FnMut(), by_hand: &mut dyn FnMut()) {
    rows.row(name, ours, by_hand);
}

fn main() {
    retrograd::set_num_threads(1);
    let mut rows = common::Rows::new();
    elementwise::rows(&mut rows);
    shapes::rows(&mut rows);
    rows.finish();
}
