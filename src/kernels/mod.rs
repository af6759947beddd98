//! Slices in, buffers out: the loops behind the operations. Nothing here knows of the tape.

pub(crate) mod conv;
pub(crate) mod elementwise;
pub(crate) mod gemm;
pub(crate) mod math;
pub(crate) mod norm;
mod norm_rows;
pub(crate) mod pool;
pub(crate) mod reduce;
pub(crate) mod simd;
pub(crate) mod softmax;
pub(crate) mod strided;
pub(crate) mod threads;
pub(crate) mod update;
pub(crate) mod window;
