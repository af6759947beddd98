//! Steps of a network of three layers, and the layers of others, each beside the same work by hand. All on one thread.

#[path = "../common/mod.rs"]
mod common;
mod hand;
mod layers;
mod network;

fn main() {
    retrograd::set_num_threads(1);
    let mut rows = common::Rows::new();
    network::rows(&mut rows);
    layers::rows(&mut rows);
    rows.finish();
}
