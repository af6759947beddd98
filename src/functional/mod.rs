//! Functions of functions: products with Jacobians and Hessians, both as a whole, maps over examples, and checks of
//! gradients against finite differences.
//!
//! A function takes and returns one tensor or several (see [`Tensors`](crate::tape::Tensors)); inputs need not require
//! gradients. What is computed here is recorded, and so can be differentiated again, where something behind it requires
//! gradients: an input or what the function captures. Under [`no_grad`](crate::no_grad) nothing is.

mod check_grads;
mod gradcheck;
mod transform;
mod walk;

pub use check_grads::{CheckGrads, check_grads};
pub use gradcheck::{GradCheck, gradcheck, gradgradcheck};
pub use transform::{
    hessian, hvp, jacobian, jvp, try_hessian, try_hvp, try_jacobian, try_jvp, try_vhp, try_vjp,
    try_vmap, vhp, vjp, vmap,
};
