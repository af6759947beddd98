//! The notebooks' training steps through the tape, each beside the same step written out by hand in safe Rust, without
//! a tape, an allocation or a general shape. All on one thread.

#[path = "../common/mod.rs"]
mod common;
mod lbfgs;
mod logistic;
mod mlp;
mod tile;

fn main() {
    retrograd::set_num_threads(1);
    let mut rows = common::Rows::new();
    mlp::rows(&mut rows);
    logistic::row(&mut rows);
    lbfgs::row(&mut rows);
    rows.finish();
}
