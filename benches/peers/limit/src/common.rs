//! Where the crate's benches have their own loops from.

#[path = "../../../common/math.rs"]
mod math;

pub(crate) use math::{exp, vector};
