//! Functions of functions: checks of gradients against finite differences.

mod gradcheck;

pub use gradcheck::{GradCheck, gradcheck, gradgradcheck};
