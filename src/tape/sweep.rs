//! The walk back through the graph.

use super::cx::{Cx, Options};
use super::frontier::{ById, Frontier, sum};
use super::mode::{GradMode, Modes, RECORDING, WITHIN};
use super::node::{Edges, Header, NodeRef, State, drop_without_recursion, freed_error, id};
use super::slots::Slots;
use super::trace;
use super::watch::Line;
use super::{anomaly, hooks};
use crate::error::{Error, Result};
use crate::{DType, Tensor};
use smallvec::SmallVec;
use std::collections::{HashMap, HashSet};
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, PoisonError};

/// Outputs' nodes and the gradients with which a walk begins there.
pub(crate) type Roots = SmallVec<[(NodeRef, Tensor); 1]>;

/// Walks back from `roots` with their gradients. Leaves sum up what reaches them; where `inputs` are named,
/// their gradients are returned instead and nothing else is touched.
pub(crate) fn sweep(
    roots: Roots,
    inputs: Option<&[NodeRef]>,
    options: Options,
) -> Result<Vec<Option<Tensor>>> {
    let _mode = GradMode::set(options.create_graph);
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
    let walk = Walk {
        needed: needed.as_ref(),
        options,
        watched: anomaly::is_on(),
    };
    let mut frontier = Frontier::default();
    for (node, grad) in roots {
        if walk.needs(&node) {
            frontier.add(node, grad, options.create_graph);
        }
    }
    while let Some((node, grad)) = frontier.pop() {
        if options.stop_at_inputs
            && let Some(&i) = wanted.get(&id(&node))
        {
            // The walk that goes on from here runs the hooks.
            captured[i] = Some(grad);
            continue;
        }
        let grad = hooks::on_tensor(&node, grad)?;
        if inputs.is_some()
            && let Some(&i) = wanted.get(&id(&node))
        {
            captured[i] = Some(grad.clone());
        }
        if !node.is_leaf() {
            walk.step(node, grad, &mut frontier)?;
        } else if inputs.is_none() {
            arrive(&node, grad);
        }
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

/// Adds a gradient to a leaf's own.
fn arrive(leaf: &NodeRef, grad: Tensor) {
    let Some(slot) = leaf.leaf() else { return };
    let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
    if trace::tracing() {
        trace::accumulated(leaf, slot.as_ref());
    }
    accumulate(&mut slot, grad);
    drop(slot);
    if let Some(passes) = leaf.passes() {
        passes.fetch_add(1, Relaxed);
    }
    hooks::accumulated(leaf);
}

/// What stays the same along a walk.
#[derive(Clone, Copy)]
struct Walk<'a> {
    needed: Option<&'a HashSet<usize, ById>>,
    options: Options,
    watched: bool,
}

impl<'a> Walk<'a> {
    /// Whether a wanted input is reached from a node.
    fn needs(&self, node: &NodeRef) -> bool {
        self.needed.is_none_or(|needed| needed.contains(&id(node)))
    }

    /// Runs one node's backward and passes the gradients on.
    fn step(self, mut node: NodeRef, grad: Tensor, frontier: &mut Frontier) -> Result<()> {
        let options = self.options;
        let alone = !options.retain && !options.create_graph && !self.watched && !hooks::any();
        let own = if alone { Arc::get_mut(&mut node) } else { None };
        let Some(own) = own else {
            return self.shared_step(&node, grad, frontier);
        };
        let (header, state, work) = own.parts();
        let edges = match self.enter(state, &grad) {
            Entered::At(edges) => edges,
            Entered::Unneeded => return Ok(()),
            Entered::Freed => return Err(freed_by_now(options, &node)),
        };
        let mut cx = self.context(header, None, &edges);
        work.run_own(grad, &mut cx)?;
        let grads = cx.grads;
        self.pass_on(&node, edges, grads, frontier)
    }

    /// As [`step`](Walk::step), where others may hold the node or look on.
    fn shared_step(self, node: &NodeRef, grad: Tensor, frontier: &mut Frontier) -> Result<()> {
        let entered = self.enter(&mut node.state(), &grad);
        let edges = match entered {
            Entered::At(edges) => edges,
            Entered::Unneeded => return Ok(()),
            Entered::Freed => return Err(freed_by_now(self.options, node)),
        };
        let grad = hooks::before(node, grad)?;
        let mut cx = self.context(node.header(), Some(node), &edges);
        let shown = hooks::any().then(|| grad.clone());
        if self.options.create_graph || self.watched {
            run_within(node, grad, &mut cx)?;
        } else {
            node.run(grad, &mut cx)?;
        }
        let mut grads = cx.grads;
        if let Some(shown) = shown {
            for (edge, grad) in edges.iter().zip(grads.iter_mut()) {
                if let (Some(edge), Some(given)) = (edge, grad.take()) {
                    *grad = Some(fit(given, edge, node)?);
                }
            }
            hooks::after(node, &shown, &mut grads)?;
        }
        self.pass_on(node, edges, grads, frontier)
    }

    #[inline]
    fn context<'c>(&self, header: &'c Header, node: Option<&'c NodeRef>, edges: &'c Edges) -> Cx<'c>
    where
        'a: 'c,
    {
        Cx {
            header,
            name: "",
            node,
            edges,
            needed: self.needed,
            grads: Slots::empty(edges.len()),
            options: self.options,
            watched: self.watched,
        }
    }

    /// Gives a node's inputs their gradients.
    #[inline]
    fn pass_on(
        &self,
        node: &NodeRef,
        mut edges: Edges,
        mut grads: Slots<Tensor>,
        frontier: &mut Frontier,
    ) -> Result<()> {
        for (edge, grad) in edges.iter_mut().zip(grads.iter_mut()) {
            if edge.as_ref().is_some_and(|edge| self.needs(edge))
                && let Some(grad) = grad.take()
                && let Some(edge) = edge.take()
            {
                let grad = fit(grad, &edge, node)?;
                frontier.add(edge, grad, self.options.create_graph);
            }
        }
        // Those that got none.
        if edges.iter().any(Option::is_some) {
            drop_without_recursion(edges);
        }
        Ok(())
    }

    #[inline]
    fn enter(&self, state: &mut State, grad: &Tensor) -> Entered {
        if self.needed.is_none()
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
        if self.needed.is_some_and(|needed| !leads_on(needed)) {
            return Entered::Unneeded;
        }
        if self.options.retain {
            return Entered::At(state.edges.clone());
        }
        state.freed_at = Some(self.options.caller);
        Entered::At(std::mem::take(&mut state.edges))
    }
}

/// The error of a walk that comes to a node which an earlier one has freed.
#[cold]
fn freed_by_now(options: Options, node: &NodeRef) -> Error {
    let first = node.state().freed_at.unwrap_or(options.caller);
    freed_error(options.op, node.name(), node.header().location, first)
}

/// What a walk finds at a node.
enum Entered {
    At(Edges),
    /// No wanted input is reached from here.
    Unneeded,
    /// An earlier walk has freed the node.
    Freed,
}

/// Runs a node's backward where what it computes is recorded, or searched for numbers that are not finite.
#[cold]
fn run_within(node: &NodeRef, grad: Tensor, cx: &mut Cx<'_>) -> Result<()> {
    let _modes = Modes::set(WITHIN, WITHIN);
    let _line = Line::set(node.header().location);
    if !cx.watched {
        return node.run(grad, cx);
    }
    drop(anomaly::seen());
    node.run(grad.clone(), cx)?;
    let given = cx.grads.iter().enumerate();
    let checked = given
        .filter_map(|(i, given)| Some((i, given.as_ref()?)))
        .try_for_each(|(i, given)| anomaly::check_gradient(node, i, &grad, given));
    drop(anomaly::seen());
    checked
}

/// Runs a node's backward aside, for what it reads to be noted.
pub(super) fn probe(node: &NodeRef) -> Result<()> {
    let _modes = Modes::set(WITHIN | RECORDING, WITHIN);
    let header = node.header();
    let edges = node.state().edges.clone();
    let walk = Walk {
        needed: None,
        options: Options {
            op: "to_dot",
            caller: header.location,
            retain: true,
            create_graph: false,
            stop_at_inputs: false,
        },
        watched: true,
    };
    let mut cx = walk.context(header, Some(node), &edges);
    node.run(crate::zeros_dtype(&header.shape[..], header.dtype), &mut cx)
}

/// A gradient in its input's own shape and type.
#[inline]
fn fit(grad: Tensor, edge: &NodeRef, node: &NodeRef) -> Result<Tensor> {
    let header = edge.header();
    let grad = if grad.layout().shape == header.shape {
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
                    return Err(freed_by_now(options, &node));
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
