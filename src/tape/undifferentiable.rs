//! Results that stand in the graph and have no derivative there: an error says so, where silence would be a wrong number.

use super::cx::Cx;
use super::node::{Edges, Op};
use crate::Tensor;
use crate::error::{Error, Result};
use crate::ops::Listed;
#[cfg(test)]
use crate::ops::case::Case;
use crate::tensor::{Arg, Inner};
use std::panic::Location;

/// A node whose backward is an error that names the operation.
pub(crate) struct NotImplemented {
    pub(super) op: &'static str,
    pub(super) why: &'static str,
    pub(super) cure: &'static str,
}

impl Listed for NotImplemented {}

impl Op for NotImplemented {
    const NAME: &'static str = "NotImplemented";

    fn backward(&self, _: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        Err(Error::NoDerivative {
            op: self.op,
            location: cx.location(),
            problem: self.why,
            cure: self.cure,
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        Vec::new()
    }
}

impl Inner {
    /// The result of an operation that has no derivative: differentiating through it is an error with its name.
    #[track_caller]
    pub(crate) fn record_without_derivative(self, op: &'static str, inputs: &[Arg<'_>]) -> Tensor {
        self.record(inputs, |_| NotImplemented {
            op,
            why: "it has no derivative",
            cure: "Use `detach()` on its result where no gradient is to flow through it.",
        })
    }
}

/// `grad`, computed outside of the tape from `sources`, which require gradients.
#[track_caller]
pub(super) fn outside(op: &'static str, grad: Tensor, sources: &[Tensor]) -> Tensor {
    let edges: Edges = sources.iter().map(Tensor::node).collect();
    let mut inner = super::outputs::bare(&grad, &[]);
    let node = NotImplemented {
        op,
        why: "its backward was computed outside of the tape, so it has no derivative of its own",
        cure: "Write the backward in tensor operations, or as a `Function` of its own; where the gradient depends on \
               no input, save what it reads (such as a mask) rather than the input.",
    };
    inner.set_node_mut(super::record::node(
        Location::caller(),
        grad.shape().into(),
        grad.dtype(),
        edges,
        node,
    ));
    inner.untracked()
}
