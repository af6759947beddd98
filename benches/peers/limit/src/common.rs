//! Where the crate's benches have their own loops from.

#[path = "../../../common/math.rs"]
pub(crate) mod math;
