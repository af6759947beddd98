//! How PyTorch's operator names and arguments are said in this crate: one entry for each name, generic over its cases.
//!
//! Used by the golden operator samples (`conformance.rs`) and by the calls that PyTorch refuses (`bad_input.rs`).

mod activation;
pub(crate) mod call;
mod index;
mod linear;
mod losses;
mod network;
mod pointwise;
mod reduction;
mod shape;

pub(crate) use call::{Call, Refusal};
use retrograd::Tensor;

/// What an operator gives, or why it gives nothing.
pub(crate) type Outcome = Result<Vec<Tensor>, Refusal>;
/// One public function of the crate, called with PyTorch's arguments.
pub(crate) type Run = fn(&Call) -> Outcome;

/// The function that does what PyTorch's operator of this name does.
pub(crate) fn find(op: &str) -> Option<Run> {
    let tables = [
        activation::TABLE,
        index::TABLE,
        linear::TABLE,
        losses::TABLE,
        network::TABLE,
        pointwise::TABLE,
        reduction::TABLE,
        shape::TABLE,
    ];
    let mut entries = tables.into_iter().flatten();
    entries.find(|(name, _)| *name == op).map(|(_, run)| *run)
}

/// Entries of operators on one tensor that take no other argument: the name as PyTorch and the crate have it.
macro_rules! unary {
    ($name:literal, $method:ident) => {
        ($name, |call| Ok(vec![call.input()?.$method()]))
    };
}
pub(crate) use unary;

/// Entries of operators on a tensor and another tensor or number, whose errors are returned.
macro_rules! binary {
    ($name:literal, $try_method:ident) => {
        ($name, |call| {
            let x = call.input()?;
            let out = $crate::operators::call::with_side!(call.side(0, "other")?, other => x.$try_method(other));
            Ok(vec![out?])
        })
    };
}
pub(crate) use binary;
