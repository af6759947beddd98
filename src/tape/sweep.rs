//! The walk back through the graph.

use super::frontier::{ById, Frontier, sum};
use super::mode::{GradMode, Modes, RECORDING, WITHIN};
use super::node::{AnyNode, Edges, NodeRef, State, drop_without_recursion, freed_error, id};
use super::trace;
use super::watch::Line;
use super::{anomaly, hooks};
use crate::error::{Error, Result};
use crate::shape::{Dims, Layout};
use crate::tensor::Inner;
use crate::tensor::storage::{Hold, Storage};
use crate::{DType, Tensor};
use smallvec::SmallVec;
use std::collections::{HashMap, HashSet};
use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError};

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
    node: &'a NodeRef,
    edges: &'a [Option<NodeRef>],
    /// Which edges lead to a wanted input; all where every leaf is wanted.
    needed: Option<&'a HashSet<usize, ById>>,
    grads: SmallVec<[Option<Tensor>; 2]>,
    options: Options,
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

    pub(super) fn node(&self) -> &'a NodeRef {
        self.node
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
        self.node.name()
    }

    #[cold]
    pub(crate) fn freed(&self, node: &dyn AnyNode) -> Error {
        freed_error(self.options.op, node, self.options.caller)
    }

    #[cold]
    pub(crate) fn changed(&self, storage: &Storage, expected: u32) -> Error {
        let created = self.node.header().location;
        Error::SavedChanged {
            node: self.node.name(),
            created,
            changed: storage.changed_at().unwrap_or(created),
            actual: storage.version(),
            expected,
        }
    }

    /// The output that this node computed, over its kept storage.
    pub(crate) fn own_output(&self, storage: Arc<Storage>) -> Tensor {
        let header = self.node.header();
        let mut inner = Inner::on(
            Layout::contiguous(Dims::from_slice(&header.shape)),
            header.dtype,
            Hold::Shared(storage),
        );
        if self.options.create_graph {
            inner.set_node_mut(self.node.clone());
        }
        inner.untracked()
    }
}

/// Walks back from `roots` with their gradients. Leaves sum up what reaches them; where `inputs` are named,
/// their gradients are returned instead and nothing else is touched.
pub(crate) fn sweep(
    roots: Vec<(NodeRef, Tensor)>,
    inputs: Option<&[NodeRef]>,
    options: Options,
) -> Result<Vec<Option<Tensor>>> {
    let _mode = GradMode::set(options.create_graph);
    let watched = anomaly::is_on();
    let mut captured = vec![None; inputs.map_or(0, <[_]>::len)];
    let wanted: HashMap<usize, usize, ById> = inputs
        .unwrap_or_default()
        .iter()
        .enumerate()
        .map(|(i, node)| (id(node), i))
        .collect();
    let needed = match inputs {
        Some(_) => Some(leading_to(&roots, &wanted, options)?),
        None => None,
    };
    let mut frontier = Frontier::default();
    for (node, grad) in roots {
        if needed
            .as_ref()
            .is_none_or(|needed| needed.contains(&id(&node)))
        {
            frontier.add(node, grad, options.create_graph);
        }
    }
    while let Some((mut node, grad)) = frontier.pop() {
        if options.stop_at_inputs
            && let Some(&i) = wanted.get(&id(&node))
        {
            // The walk that goes on from here runs the hooks.
            captured[i] = Some(grad);
            continue;
        }
        let grad = hooks::on_tensor(&node, grad)?;
        if inputs.is_some() {
            if let Some(&i) = wanted.get(&id(&node)) {
                captured[i] = Some(grad.clone());
            }
        } else if let Some(slot) = node.leaf() {
            let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
            if trace::tracing() {
                trace::accumulated(&node, slot.as_ref());
            }
            accumulate(&mut slot, grad);
            drop(slot);
            if let Some(passes) = node.passes() {
                passes.fetch_add(1, Relaxed);
            }
            hooks::accumulated(&node);
            continue;
        }
        step(
            &mut node,
            grad,
            needed.as_ref(),
            (options, watched),
            &mut frontier,
        )?;
    }
    if let Some(inputs) = inputs {
        // An input named twice gets its gradient in both places.
        for (i, node) in inputs.iter().enumerate() {
            if captured[i].is_none() {
                captured[i] = captured[wanted[&id(node)]].clone();
            }
        }
    }
    Ok(captured)
}

/// Runs one node's backward and passes the gradients on.
fn step(
    node: &mut NodeRef,
    grad: Tensor,
    needed: Option<&HashSet<usize, ById>>,
    (options, watched): (Options, bool),
    frontier: &mut Frontier,
) -> Result<()> {
    if node.leaf().is_some() {
        return Ok(());
    }
    let entered = match Arc::get_mut(node) {
        Some(own) => enter(own.state_mut(), &grad, needed, options),
        None => enter(&mut node.state(), &grad, needed, options),
    };
    let edges = match entered {
        Entered::At(edges) => edges,
        Entered::Unneeded => return Ok(()),
        Entered::Freed => return Err(freed_error(options.op, &**node, options.caller)),
    };
    let grad = hooks::before(node, grad)?;
    let mut cx = Cx {
        node,
        edges: &edges,
        needed,
        grads: SmallVec::new(),
        options,
        watched,
    };
    cx.grads.resize(edges.len(), None);
    let shown = hooks::any().then(|| grad.clone());
    if options.create_graph || watched {
        run_within(grad, &mut cx)?;
    } else {
        node.run(grad, &mut cx)?;
    }
    let mut grads = cx.grads;
    if let Some(shown) = shown {
        for (edge, grad) in edges.iter().zip(&mut grads) {
            if let (Some(edge), Some(given)) = (edge, grad.take()) {
                *grad = Some(fit(given, edge, node)?);
            }
        }
        hooks::after(node, &shown, &mut grads)?;
    }
    let mut idle = Edges::new();
    for (edge, grad) in edges.into_iter().zip(grads) {
        match (edge, grad) {
            (Some(edge), Some(grad)) if needed.is_none_or(|needed| needed.contains(&id(&edge))) => {
                let grad = fit(grad, &edge, node)?;
                frontier.add(edge, grad, options.create_graph);
            }
            (Some(edge), _) => idle.push(Some(edge)),
            (None, _) => {}
        }
    }
    drop_without_recursion(idle);
    Ok(())
}

/// What a walk finds at a node.
enum Entered {
    At(Edges),
    /// No wanted input is reached from here.
    Unneeded,
    /// An earlier walk has freed the node.
    Freed,
}

fn enter(
    state: &mut State,
    grad: &Tensor,
    needed: Option<&HashSet<usize, ById>>,
    options: Options,
) -> Entered {
    if needed.is_none()
        && let Some(extras) = state.extras.as_deref_mut()
        && let Some(slot) = &mut extras.retained
    {
        accumulate(slot, grad.clone());
    }
    if state.freed_at.is_some() {
        return Entered::Freed;
    }
    let leads_on = |needed: &HashSet<usize, ById>| {
        let mut edges = state.edges.iter().flatten();
        edges.any(|edge| needed.contains(&id(edge)))
    };
    if needed.is_some_and(|needed| !leads_on(needed)) {
        return Entered::Unneeded;
    }
    if options.retain {
        return Entered::At(state.edges.clone());
    }
    state.freed_at = Some(options.caller);
    Entered::At(std::mem::take(&mut state.edges))
}

/// Runs a node's backward where what it computes is recorded, or searched for numbers that are not finite.
#[cold]
fn run_within(grad: Tensor, cx: &mut Cx<'_>) -> Result<()> {
    let _modes = Modes::set(WITHIN, WITHIN);
    let _line = Line::set(cx.node.header().location);
    if !cx.watched {
        return cx.node.run(grad, cx);
    }
    drop(anomaly::seen());
    cx.node.run(grad.clone(), cx)?;
    let given = cx.grads.iter().enumerate();
    let checked = given
        .filter_map(|(i, given)| Some((i, given.as_ref()?)))
        .try_for_each(|(i, given)| anomaly::check_gradient(cx.node, i, &grad, given));
    drop(anomaly::seen());
    checked
}

/// Runs a node's backward aside, for what it reads to be noted.
pub(super) fn probe(node: &NodeRef) -> Result<()> {
    let _modes = Modes::set(WITHIN | RECORDING, WITHIN);
    let header = node.header();
    let edges = node.state().edges.clone();
    let mut cx = Cx {
        node,
        edges: &edges,
        needed: None,
        grads: SmallVec::from_elem(None, edges.len()),
        options: Options {
            op: "to_dot",
            caller: header.location,
            retain: true,
            create_graph: false,
            stop_at_inputs: false,
        },
        watched: true,
    };
    node.run(crate::zeros_dtype(&header.shape[..], header.dtype), &mut cx)
}

/// A gradient in its input's own shape and type.
#[inline]
fn fit(grad: Tensor, edge: &NodeRef, node: &NodeRef) -> Result<Tensor> {
    let header = edge.header();
    let grad = if grad.shape() == &header.shape[..] {
        grad
    } else if node.broadcasts() {
        grad.sum_to(&header.shape)
    } else {
        return Err(Error::Tape {
            op: node.name(),
            problem: format!(
                "its backward gave a gradient of shape {:?} to an input of shape {:?}",
                grad.shape(),
                &header.shape[..]
            ),
            cure: "This is a fault of the operation: please report it.".into(),
        });
    };
    Ok(if grad.dtype() == header.dtype {
        grad
    } else {
        grad.to(header.dtype)
    })
}

/// Adds a gradient to what a leaf, or a computed tensor that retains it, has got before.
fn accumulate(slot: &mut Option<Tensor>, grad: Tensor) {
    *slot = Some(match slot.take() {
        None => grad.settled(),
        Some(old) => sum(old, grad, false),
    });
}

/// The nodes from which a wanted one can be reached.
fn leading_to(
    roots: &[(NodeRef, Tensor)],
    wanted: &HashMap<usize, usize, ById>,
    options: Options,
) -> Result<HashSet<usize, ById>> {
    enum Visit {
        Enter(NodeRef),
        Leave(usize, SmallVec<[usize; 2]>),
    }
    let mut seen: HashSet<usize, ById> = HashSet::default();
    let mut needed: HashSet<usize, ById> = HashSet::default();
    let mut stack: Vec<Visit> = roots
        .iter()
        .map(|(node, _)| Visit::Enter(node.clone()))
        .collect();
    while let Some(visit) = stack.pop() {
        match visit {
            Visit::Enter(node) => {
                let own = id(&node);
                if !seen.insert(own) {
                    continue;
                }
                if wanted.contains_key(&own) {
                    needed.insert(own);
                    if options.stop_at_inputs {
                        continue;
                    }
                }
                let state = node.state();
                if state.freed_at.is_some() {
                    drop(state);
                    return Err(freed_error(options.op, &*node, options.caller));
                }
                let edges: SmallVec<[usize; 2]> = state.edges.iter().flatten().map(id).collect();
                stack.push(Visit::Leave(own, edges));
                stack.extend(state.edges.iter().flatten().cloned().map(Visit::Enter));
            }
            Visit::Leave(own, edges) => {
                if edges.iter().any(|edge| needed.contains(edge)) {
                    needed.insert(own);
                }
            }
        }
    }
    Ok(needed)
}

/// The gradient with which a walk begins at a scalar output.
pub(crate) fn one_for(op: &'static str, output: &Tensor) -> Result<Tensor> {
    if output.numel() != 1 {
        return Err(Error::Tape {
            op,
            problem: format!("a gradient can only be begun at a scalar, and this tensor has shape {:?}", output.shape()),
            cure: "Reduce it first, with `.sum()` or `.mean()`, or give the gradient of each element with \
                   `backward_with(gradient)`."
                .into(),
        });
    }
    debug_assert!(
        matches!(output.dtype(), DType::F32 | DType::F64),
        "only floats stand in a graph"
    );
    Ok(output.ones_like())
}
