//! Reverse-mode automatic differentiation on n-dimensional arrays, with PyTorch's names and numbers.

extern crate self as retrograd;

pub mod data;
#[cfg(feature = "csv")]
pub mod datasets;
mod dims;
mod dtype;
mod error;
pub mod functional;
mod inputs;
mod kernels;
#[cfg(feature = "linalg")]
pub mod linalg;
pub mod linear_model;
pub mod loss;
pub mod metrics;
pub mod nn;
pub mod numpy;
pub mod operators;
mod ops;
pub mod optim;
pub mod preprocessing;
pub mod random;
mod shape;
pub mod tape;
mod tensor;
mod warning;

pub use dtype::{DType, Element, default_dtype, promote_types, set_default_dtype};
pub use error::{Error, Result};
pub use kernels::threads::{num_threads, set_num_threads};
pub use ops::bins::Unique;
pub use ops::close::Tolerance;
pub use ops::einsum::{einsum, try_einsum};
pub use ops::join::{cat, stack, try_cat, try_stack};
pub use ops::products::Contraction;
pub use ops::reduce::Axes;
pub use ops::repeat::Repeats;
pub use ops::stacks::{
    Indexing, column_stack, dstack, hstack, meshgrid, try_column_stack, try_dstack, try_hstack,
    try_meshgrid, try_vstack, vstack,
};
pub use random::{Generator, NumpyRandomState, manual_seed};
pub use shape::IntoShape;
pub use tape::{
    GradStatus, NoGrad, TensorList, enable_grad, grad, is_grad_enabled, no_grad, no_grad_guard,
};
pub use tensor::{
    Ellipsis, Index, IntoIndex, IntoTensor, NewAxis, Operand, Scalar, Tensor, arange, empty, eye,
    full, linspace, ones, ones_dtype, rand, randint, randn, randperm, step, zeros, zeros_dtype,
};
pub use warning::{Warning, print_warning, set_warning_handler};

/// What most programs use, in one line.
///
/// ```
/// use retrograd::prelude::*;
/// let x = tensor![1.0, 2.0].requires_grad_();
/// x.pow(2).sum().backward();
/// assert_eq!(x.grad().unwrap().to_vec::<f32>(), [2.0, 4.0]);
/// ```
pub mod prelude {
    pub use crate::DType::{self, Bool, F32, F64, I64};
    pub use crate::loss::{bce, bce_with_logits, cross_entropy, l1, mse, nll};
    pub use crate::nn::{Forward, Module};
    pub use crate::optim::Optimizer;
    pub use crate::tape::{GradStatus, grad, no_grad};
    pub use crate::tensor;
    pub use crate::{Ellipsis, NewAxis, step};
    pub use crate::{Error, Generator, Result, Tensor, manual_seed};
    pub use crate::{
        arange, empty, eye, full, linspace, ones, rand, randint, randn, randperm, zeros,
    };
}

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
