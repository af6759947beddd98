//! What the benches share.

mod math;
mod rows;

pub(crate) use math::{exp, vector};
pub(crate) use rows::Rows;
