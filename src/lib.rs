//! Reverse-mode automatic differentiation on n-dimensional arrays.

mod error;
pub mod random;

pub use error::{Error, Result};
pub use random::{Generator, NumpyRandomState, manual_seed};

/// The element types, until `dtype.rs` is wired with the tensor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DType {
    /// `f32`.
    F32,
    /// `f64`.
    F64,
}

impl std::fmt::Display for DType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if *self == DType::F32 { "f32" } else { "f64" })
    }
}
