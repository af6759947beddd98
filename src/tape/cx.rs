//! What an operation's backward is given.

use super::frontier::ById;
use super::hooks;
use super::node::{Header, NodeRef, freed_error, id};
use super::slots::Slots;
use crate::Tensor;
use crate::error::{Error, Result};
use crate::shape::Layout;
use crate::tensor::Inner;
use crate::tensor::storage::{Hold, Storage};
use std::collections::HashSet;
use std::panic::Location;
use std::sync::Arc;

/// How a walk is made.
#[derive(Clone, Copy)]
pub(crate) struct Options {
    pub(crate) op: &'static str,
    pub(crate) caller: &'static Location<'static>,
    pub(crate) retain: bool,
    pub(crate) create_graph: bool,
    /// Whether the walk ends at the inputs, even where one leads to another.
    pub(crate) stop_at_inputs: bool,
}

/// What an operation's backward gets: who wants a gradient, and where to put it.
pub(crate) struct Cx<'a> {
    pub(super) header: &'a Header,
    pub(super) name: &'static str,
    /// The node, where others may hold it or what its backward computes is recorded.
    pub(super) node: Option<&'a NodeRef>,
    pub(super) edges: &'a [Option<NodeRef>],
    /// Which edges lead to a wanted input; all where every leaf is wanted.
    pub(super) needed: Option<&'a HashSet<usize, ById>>,
    pub(super) grads: Slots<Tensor>,
    pub(super) options: Options,
    /// Whether the gradients are searched for numbers that are not finite.
    pub(super) watched: bool,
}

impl<'a> Cx<'a> {
    /// Whether the gradient of the `i`-th input is asked for; an optional input that was not given has none.
    #[inline]
    pub(crate) fn wants(&self, i: usize) -> bool {
        match (self.edges.get(i).and_then(Option::as_ref), self.needed) {
            (Some(edge), Some(needed)) => needed.contains(&id(edge)),
            (edge, _) => edge.is_some(),
        }
    }

    /// Gives the `i`-th input its gradient.
    #[inline]
    pub(crate) fn put(&mut self, i: usize, grad: Tensor) {
        self.grads[i] = Some(grad);
    }

    /// Gives the `i`-th input the gradient that `compute` returns, if it is asked for.
    #[inline]
    pub(crate) fn give(
        &mut self,
        i: usize,
        compute: impl FnOnce(&Self) -> Result<Tensor>,
    ) -> Result<()> {
        if self.wants(i) {
            let grad = compute(self)?;
            self.put(i, grad);
        }
        Ok(())
    }

    /// The shape of the `i`-th input, where its gradient is asked for.
    pub(crate) fn input_shape(&self, i: usize) -> &[usize] {
        self.edges[i]
            .as_ref()
            .map_or(&[], |edge| &edge.header().shape)
    }

    /// Whether nobody sees the gradient of the `i`-th input, so that it may go at once to the input's own inputs: the
    /// walk is to all leaves, and nothing is hooked, retained or searched for numbers that are not finite.
    pub(crate) fn may_pass_by(&self, i: usize) -> bool {
        let edge = self.edges.get(i).and_then(Option::as_ref);
        let unseen = edge.is_some_and(|edge| edge.state().extras.is_none());
        unseen && self.needed.is_none() && !self.watched && !hooks::any()
    }

    /// How many inputs the operation had.
    pub(super) fn inputs(&self) -> usize {
        self.edges.len()
    }

    /// The line that called the operation.
    pub(super) fn location(&self) -> &'static Location<'static> {
        self.header.location
    }

    /// The node, where what its backward computes is recorded.
    pub(super) fn recorded_node(&self) -> Option<NodeRef> {
        let node = || self.node.expect("a walk that records shares its nodes");
        self.creates_graph().then(|| node().clone())
    }

    pub(super) fn options(&self) -> Options {
        self.options
    }

    /// Whether what a backward computes is recorded in its turn.
    pub(super) fn creates_graph(&self) -> bool {
        self.options.create_graph
    }

    pub(crate) fn retains(&self) -> bool {
        self.options.retain
    }

    pub(crate) fn node_name(&self) -> &'static str {
        self.name
    }

    /// The error of a node whose values another walk has freed meanwhile.
    #[cold]
    pub(crate) fn freed(&self) -> Error {
        let first = self.node.and_then(|node| node.state().freed_at);
        let first = first.unwrap_or(self.options.caller);
        freed_error(self.options.op, self.name, self.header.location, first)
    }

    #[cold]
    pub(crate) fn changed(&self, storage: &Storage, expected: u32) -> Error {
        let created = self.header.location;
        Error::SavedChanged {
            node: self.name,
            created,
            changed: storage.changed_at().unwrap_or(created),
            actual: storage.version(),
            expected,
        }
    }

    /// The output that this node computed, over its kept storage.
    pub(crate) fn own_output(&self, storage: Arc<Storage>) -> Tensor {
        let mut inner = Inner::on(
            Layout::contiguous(self.header.shape.clone()),
            self.header.dtype,
            Hold::Shared(storage),
        );
        if let Some(node) = self.recorded_node() {
            inner.set_node_mut(node);
        }
        inner.untracked()
    }
}
