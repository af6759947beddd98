//! Nodes of the graph: what was done, to what, and what its backward needs.

use super::hooks::Extras;
use super::live;
use super::sweep::Cx;
use crate::error::{Error, Result};
use crate::shape::Dims;
use crate::{DType, Tensor};
use smallvec::SmallVec;
use std::any::Any;
use std::panic::Location;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// An operation's derivative: what it saved and how a gradient goes back through it.
pub(crate) trait Op: Send + Sync + 'static {
    /// PyTorch's name of the node, such as `MulBackward0`.
    const NAME: &'static str;
    /// Whether gradients may come in the shape to which an input was broadcast, and are to be summed down.
    const BROADCASTS: bool = false;

    /// Hands each input its gradient, by tensor operations, so that any order of derivative follows.
    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()>;

    /// What it keeps for its backward, where that cannot be seen by running it, as an operation of the user's.
    fn saved_now(&self) -> Option<Vec<Tensor>> {
        None
    }

    /// As [`backward`](Op::backward), with a gradient that may be written over where nobody else holds it.
    fn backward_owned(&self, grad: Tensor, cx: &mut Cx<'_>) -> Result<()> {
        self.backward(&grad, cx)
    }

    /// Functions on which its derivatives are checked.
    #[cfg(test)]
    fn cases() -> Vec<crate::ops::case::Case>;
}

/// A shared node of any operation.
pub(crate) type NodeRef = Arc<dyn AnyNode>;
/// The nodes of an operation's inputs; none where an input is outside of the graph.
pub(crate) type Edges = SmallVec<[Option<NodeRef>; 2]>;

/// What a node says of itself and of the tensor it stands for.
pub(crate) struct Header {
    /// One more than the largest rank among the inputs; a leaf has 0.
    pub(crate) rank: u32,
    pub(crate) dtype: DType,
    pub(crate) location: &'static Location<'static>,
    pub(crate) shape: Dims,
}

/// The part of a node that changes.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) edges: Edges,
    /// Where the backward pass ran that freed the saved values.
    pub(crate) freed_at: Option<&'static Location<'static>>,
    /// Hooks, and the gradient kept after `retain_grad`.
    pub(crate) extras: Option<Box<Extras>>,
}

pub(crate) trait AnyNode: Any + Send + Sync {
    fn name(&self) -> &'static str;
    fn broadcasts(&self) -> bool;
    fn header(&self) -> &Header;
    fn state(&self) -> MutexGuard<'_, State>;
    /// The same of a node that nobody else holds, without a lock.
    fn state_mut(&mut self) -> &mut State;
    /// A leaf's gradient; none for an operation's node.
    fn leaf(&self) -> Option<&Mutex<Option<Tensor>>>;
    /// A leaf's count of the backward passes summed up in its gradient.
    fn passes(&self) -> Option<&AtomicUsize> {
        None
    }
    /// What the operation says that it keeps.
    fn saved_now(&self) -> Option<Vec<Tensor>> {
        None
    }
    /// Runs the operation's backward and frees what it saved, unless it is to be retained.
    fn run(&self, grad: Tensor, cx: &mut Cx<'_>) -> Result<()>;
    /// Takes the edges of a node that nobody else holds and drops what it saved.
    fn dismantle(&mut self) -> Edges;
}

/// The node of one recorded operation.
pub(crate) struct Node<O: Op> {
    header: Header,
    state: Mutex<State>,
    op: RwLock<Option<O>>,
}

impl<O: Op> Node<O> {
    #[inline]
    pub(crate) fn record(
        location: &'static Location<'static>,
        shape: Dims,
        dtype: DType,
        edges: Edges,
        op: O,
    ) -> NodeRef {
        live::count(1);
        let rank = 1 + edges
            .iter()
            .flatten()
            .map(|edge| edge.header().rank)
            .max()
            .unwrap_or(0);
        Arc::new(Node {
            header: Header {
                rank,
                dtype,
                location,
                shape,
            },
            state: Mutex::new(State {
                edges,
                ..State::default()
            }),
            op: RwLock::new(Some(op)),
        })
    }
}

impl<O: Op> Node<O> {
    /// Looks at what the operation keeps, unless that was freed.
    pub(crate) fn peek<R>(&self, look: impl FnOnce(&O) -> R) -> Option<R> {
        let op = self.op.read().unwrap_or_else(PoisonError::into_inner);
        op.as_ref().map(look)
    }
}

/// The node, where it is of this operation.
pub(crate) fn of<O: Op>(node: &NodeRef) -> Option<&Node<O>> {
    let node: &dyn Any = &**node;
    node.downcast_ref()
}

impl<O: Op> AnyNode for Node<O> {
    fn name(&self) -> &'static str {
        O::NAME
    }
    fn broadcasts(&self) -> bool {
        O::BROADCASTS
    }
    fn header(&self) -> &Header {
        &self.header
    }
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn state_mut(&mut self) -> &mut State {
        self.state.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
    fn leaf(&self) -> Option<&Mutex<Option<Tensor>>> {
        None
    }
    fn saved_now(&self) -> Option<Vec<Tensor>> {
        let op = self.op.read().unwrap_or_else(PoisonError::into_inner);
        op.as_ref()?.saved_now()
    }
    fn run(&self, grad: Tensor, cx: &mut Cx<'_>) -> Result<()> {
        if cx.retains() {
            let op = self.op.read().unwrap_or_else(PoisonError::into_inner);
            return match op.as_ref() {
                Some(op) => op.backward_owned(grad, cx),
                None => Err(cx.freed(self)),
            };
        }
        let op = self
            .op
            .write()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        match op {
            Some(op) => op.backward_owned(grad, cx),
            None => Err(cx.freed(self)),
        }
    }
    fn dismantle(&mut self) -> Edges {
        let edges = std::mem::take(&mut self.state_mut().edges);
        // The edges are still held, so a saved input cannot start a chain of drops here.
        *self.op.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
        edges
    }
}

impl<O: Op> Drop for Node<O> {
    fn drop(&mut self) {
        live::count(-1);
        let edges = self.dismantle();
        drop_without_recursion(edges);
    }
}

/// Drops nodes and what only they hold, however deep, in a constant amount of stack.
pub(crate) fn drop_without_recursion(mut edges: Edges) {
    while let Some(edge) = edges.pop() {
        if let Some(mut node) = edge
            && let Some(last) = Arc::get_mut(&mut node)
        {
            edges.append(&mut last.dismantle());
        }
    }
}

/// The node of a tensor that asks for its gradient itself.
pub(crate) struct Leaf {
    header: Header,
    state: Mutex<State>,
    grad: Mutex<Option<Tensor>>,
    /// Backward passes that have reached the leaf since its gradient was cleared.
    passes: AtomicUsize,
}

impl Leaf {
    pub(crate) fn create(
        location: &'static Location<'static>,
        shape: Dims,
        dtype: DType,
    ) -> NodeRef {
        Arc::new(Leaf {
            header: Header {
                rank: 0,
                dtype,
                location,
                shape,
            },
            state: Mutex::default(),
            grad: Mutex::new(None),
            passes: AtomicUsize::new(0),
        })
    }
}

impl AnyNode for Leaf {
    fn name(&self) -> &'static str {
        "AccumulateGrad"
    }
    fn broadcasts(&self) -> bool {
        false
    }
    fn header(&self) -> &Header {
        &self.header
    }
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
    fn state_mut(&mut self) -> &mut State {
        self.state.get_mut().unwrap_or_else(PoisonError::into_inner)
    }
    fn leaf(&self) -> Option<&Mutex<Option<Tensor>>> {
        Some(&self.grad)
    }
    fn passes(&self) -> Option<&AtomicUsize> {
        Some(&self.passes)
    }
    fn run(&self, _: Tensor, _: &mut Cx<'_>) -> Result<()> {
        Ok(())
    }
    fn dismantle(&mut self) -> Edges {
        Edges::new()
    }
}

/// The error of a second pass through freed values.
pub(crate) fn freed_error(
    op: &'static str,
    node: &dyn AnyNode,
    here: &'static Location<'static>,
) -> Error {
    let first = node.state().freed_at.unwrap_or(here);
    Error::BackwardTwice {
        op,
        node: node.name(),
        created: node.header().location,
        first,
    }
}

/// A node's address, which names it.
#[inline]
pub(crate) fn id(node: &NodeRef) -> usize {
    Arc::as_ptr(node).cast::<()>() as usize
}
