//! Nodes of the graph: what was done, to what, and what its backward needs.

use super::cx::Cx;
use super::hooks::Extras;
use super::live;
use super::slots::Slots;
use crate::error::{Error, Result};
use crate::shape::Dims;
use crate::{DType, Tensor};
use std::any::Any;
use std::cell::Cell;
use std::panic::Location;
use std::sync::atomic::AtomicUsize;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

/// An operation's derivative: what it saved and how a gradient goes back through it.
pub(crate) trait Op: Send + Sync + 'static {
    /// PyTorch's name of the node, such as `MulBackward0`.
    const NAME: &'static str;
    /// Whether gradients may come in the shape to which an input was broadcast, and are to be summed down.
    const BROADCASTS: bool = false;

    /// Hands each input its gradient, by tensor operations, so that any order of derivative follows. An operation has
    /// this function or [`backward_owned`](Op::backward_owned).
    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        self.backward_owned(grad.clone(), cx)
    }

    /// What it keeps for its backward, where that cannot be seen by running it, as an operation of the user's.
    fn saved_now(&self) -> Option<Vec<Tensor>> {
        None
    }

    /// As [`backward`](Op::backward), with a gradient that may be written over where nobody else holds it.
    fn backward_owned(&self, grad: Tensor, cx: &mut Cx<'_>) -> Result<()> {
        self.backward(&grad, cx)
    }

    /// As [`backward_owned`](Op::backward_owned), where nothing saved is needed again.
    #[inline]
    fn backward_last(self, grad: Tensor, cx: &mut Cx<'_>) -> Result<()>
    where
        Self: Sized,
    {
        self.backward_owned(grad, cx)
    }

    /// Functions on which its derivatives are checked.
    #[cfg(test)]
    fn cases() -> Vec<crate::ops::case::Case>;
}

/// A shared node of any operation, or of a leaf.
pub(crate) type NodeRef = Arc<Node>;
/// The nodes of an operation's inputs; none where an input is outside of the graph.
pub(crate) type Edges = Slots<NodeRef>;

/// What a node says of itself and of the tensor it stands for.
pub(crate) struct Header {
    /// Above those of all nodes that this one leads to, and in each thread in the order of recording; a leaf has 0.
    pub(crate) order: u64,
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

/// What differs from node to node.
pub(crate) trait Work: Any + Send + Sync {
    fn name(&self) -> &'static str;
    fn broadcasts(&self) -> bool {
        false
    }
    fn leaf(&self) -> Option<&Leaf> {
        None
    }
    /// What the operation says that it keeps.
    fn saved_now(&self) -> Option<Vec<Tensor>> {
        None
    }
    /// Runs the operation's backward and frees what it saved, unless it is to be retained.
    fn run(&self, grad: Tensor, cx: &mut Cx<'_>) -> Result<()>;
    /// As [`run`](Work::run), on what nobody else holds: nothing is retained, and nothing locked.
    fn run_own(&mut self, grad: Tensor, cx: &mut Cx<'_>) -> Result<()>;
    /// Drops what the operation saved.
    fn clear(&mut self) {}
}

/// The node of one recorded operation, in one allocation.
pub(crate) struct Node<W: Work + ?Sized = dyn Work> {
    header: Header,
    state: Mutex<State>,
    work: W,
}

/// An operation's work is its derivative, until a walk has used it.
type Derivative<O> = RwLock<Option<O>>;

thread_local! {
    /// The order of the node recorded last in this thread.
    static LAST: Cell<u64> = const { Cell::new(0) };
}

/// The next order in this thread that is above those of the nodes named: they may come from another thread.
#[inline]
fn next_order(edges: &Edges) -> u64 {
    let above = |last: u64, edge: &NodeRef| last.max(edge.header.order);
    let order = 1 + edges.iter().flatten().fold(LAST.get(), above);
    LAST.set(order);
    order
}

/// The node of an operation that was recorded.
#[inline]
pub(crate) fn record<O: Op>(
    location: &'static Location<'static>,
    shape: Dims,
    dtype: DType,
    edges: Edges,
    op: O,
) -> NodeRef {
    live::count(1);
    Arc::new(Node {
        header: Header {
            order: next_order(&edges),
            dtype,
            location,
            shape,
        },
        state: Mutex::new(State {
            edges,
            freed_at: None,
            extras: None,
        }),
        work: RwLock::new(Some(op)),
    })
}

impl Node {
    pub(crate) fn name(&self) -> &'static str {
        self.work.name()
    }

    pub(crate) fn broadcasts(&self) -> bool {
        self.work.broadcasts()
    }

    #[inline]
    pub(crate) fn header(&self) -> &Header {
        &self.header
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[inline]
    pub(crate) fn is_leaf(&self) -> bool {
        self.header.order == 0
    }

    /// A leaf's gradient; none for an operation's node.
    #[inline]
    pub(crate) fn leaf(&self) -> Option<&Mutex<Option<Tensor>>> {
        match self.is_leaf() {
            true => self.work.leaf().map(|leaf| &leaf.grad),
            false => None,
        }
    }

    /// A leaf's count of the backward passes summed up in its gradient.
    pub(crate) fn passes(&self) -> Option<&AtomicUsize> {
        self.work.leaf().map(|leaf| &leaf.passes)
    }

    /// What the operation says that it keeps.
    pub(crate) fn saved_now(&self) -> Option<Vec<Tensor>> {
        self.work.saved_now()
    }

    /// Runs the operation's backward and frees what it saved, unless it is to be retained.
    pub(crate) fn run(&self, grad: Tensor, cx: &mut Cx<'_>) -> Result<()> {
        self.work.run(grad, cx)
    }

    /// The parts of a node that nobody else holds.
    #[inline]
    pub(super) fn parts(&mut self) -> (&Header, &mut State, &mut dyn Work) {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        (&self.header, state, &mut self.work)
    }

    /// Looks at what the operation keeps, where it is of this kind and that was not freed.
    pub(crate) fn peek<O: Op, R>(&self, look: impl FnOnce(&O) -> R) -> Option<R> {
        let work: &dyn Any = &self.work;
        let derivative: &Derivative<O> = work.downcast_ref()?;
        let op = derivative.read().unwrap_or_else(PoisonError::into_inner);
        op.as_ref().map(look)
    }
}

impl<W: Work + ?Sized> Node<W> {
    /// Takes the edges of a node that nobody else holds and drops what it saved.
    #[inline]
    fn dismantle(&mut self) -> Edges {
        let state = self.state.get_mut().unwrap_or_else(PoisonError::into_inner);
        if state.edges.is_empty() {
            return Edges::new();
        }
        let edges = std::mem::take(&mut state.edges);
        // The edges are still held, so a saved input cannot start a chain of drops here.
        self.work.clear();
        edges
    }
}

impl<W: Work + ?Sized> Drop for Node<W> {
    #[inline]
    fn drop(&mut self) {
        if self.header.order != 0 {
            live::count(-1);
            drop_without_recursion(self.dismantle());
        }
    }
}

/// Drops nodes and what only they hold, however deep, in a constant amount of stack.
#[inline]
pub(crate) fn drop_without_recursion(mut edges: Edges) {
    // Most lead to leaves, or to what somebody else holds.
    let mut left = Vec::new();
    for edge in edges.iter_mut().filter_map(Option::take) {
        drop_one(edge, &mut left);
    }
    while let Some(edge) = left.pop() {
        drop_one(edge, &mut left);
    }
}

#[inline]
fn drop_one(mut node: NodeRef, left: &mut Vec<NodeRef>) {
    if !node.is_leaf()
        && let Some(last) = Arc::get_mut(&mut node)
    {
        left.extend(last.dismantle().iter_mut().filter_map(Option::take));
    }
}

impl<O: Op> Work for Derivative<O> {
    fn name(&self) -> &'static str {
        O::NAME
    }
    fn broadcasts(&self) -> bool {
        O::BROADCASTS
    }
    fn saved_now(&self) -> Option<Vec<Tensor>> {
        let op = self.read().unwrap_or_else(PoisonError::into_inner);
        op.as_ref()?.saved_now()
    }
    fn run(&self, grad: Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.name = O::NAME;
        if cx.retains() {
            let op = self.read().unwrap_or_else(PoisonError::into_inner);
            return match op.as_ref() {
                Some(op) => op.backward_owned(grad, cx),
                None => Err(cx.freed()),
            };
        }
        let op = self.write().unwrap_or_else(PoisonError::into_inner).take();
        match op {
            Some(op) => op.backward_last(grad, cx),
            None => Err(cx.freed()),
        }
    }
    fn run_own(&mut self, grad: Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.name = O::NAME;
        let slot = self.get_mut().unwrap_or_else(PoisonError::into_inner);
        match slot.take() {
            Some(op) => op.backward_last(grad, cx),
            None => Err(cx.freed()),
        }
    }
    fn clear(&mut self) {
        *self.get_mut().unwrap_or_else(PoisonError::into_inner) = None;
    }
}

/// What the node of a tensor has that asks for its gradient itself.
pub(crate) struct Leaf {
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
        Arc::new(Node {
            header: Header {
                order: 0,
                dtype,
                location,
                shape,
            },
            state: Mutex::default(),
            work: Leaf {
                grad: Mutex::new(None),
                passes: AtomicUsize::new(0),
            },
        })
    }
}

impl Work for Leaf {
    fn name(&self) -> &'static str {
        "AccumulateGrad"
    }
    fn leaf(&self) -> Option<&Leaf> {
        Some(self)
    }
    fn run(&self, _: Tensor, _: &mut Cx<'_>) -> Result<()> {
        Ok(())
    }
    fn run_own(&mut self, _: Tensor, _: &mut Cx<'_>) -> Result<()> {
        Ok(())
    }
}

/// The error of a second pass through freed values.
#[cold]
pub(crate) fn freed_error(
    op: &'static str,
    node: &'static str,
    created: &'static Location<'static>,
    first: &'static Location<'static>,
) -> Error {
    Error::BackwardTwice {
        op,
        node,
        created,
        first,
    }
}

/// A node's address, which names it.
#[inline]
pub(crate) fn id(node: &NodeRef) -> usize {
    Arc::as_ptr(node).cast::<()>() as usize
}
