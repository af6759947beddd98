//! What the programs of the comparison share: the same inputs, the same way of timing, the same printed line.
//!
//! `python/peer.py` is this file for Python: what changes here changes there.

mod inputs;
mod timing;

pub use inputs::{
    Attention, CHAIN, Conv, Elementwise, Epoch, FACTOR, LayerNorm, Logistic, Mlp, Product, Softmax,
    labels, numbers,
};
pub use timing::{Chain, Figures, Prepared, run};

/// A number that stands for many, in which each counts by its place.
#[must_use]
pub fn signature<'a>(values: impl IntoIterator<Item = &'a [f32]>) -> f64 {
    let squares = values.into_iter().flat_map(|part| {
        part.iter().enumerate().map(|(i, &v)| {
            let weight = 1.0 + (i % 97) as f64 / 97.0;
            weight * f64::from(v) * f64::from(v)
        })
    });
    squares.sum::<f64>().sqrt()
}

/// The version of a crate in the lock file that this program was built with.
#[must_use]
pub fn version(name: &str) -> String {
    let lock = include_str!("../../Cargo.lock");
    let entry = format!("name = \"{name}\"\nversion = \"");
    let version = lock
        .split(&entry)
        .nth(1)
        .and_then(|rest| rest.split('"').next());
    version.unwrap_or("unknown").to_owned()
}
