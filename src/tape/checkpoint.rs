//! Values that are computed again in the backward pass, to save their memory until then.

use super::cx::{Cx, Options};
use super::mode::{GradMode, Modes, RECORDING, WITHIN};
use super::node::{NodeRef, Op, id};
use super::outputs::Outputs;
use super::sweep::{Roots, sweep};
use super::watch::{Listed as List, listing};
use super::{Saved, Tensors, is_grad_enabled};
use crate::error::{Error, Result};
use crate::ops::Listed;
#[cfg(test)]
use crate::ops::case::Case;
use crate::random::{get_rng_state, set_rng_state};
use crate::{DType, Tensor, default_dtype, set_default_dtype};

type Body = dyn Fn(&[Tensor]) -> Vec<Tensor> + Send + Sync;

/// Runs `f` and forgets what it saved for its backward, which runs it once more, as `torch.utils.checkpoint`: memory for
/// time. Gradients reach the inputs and every tensor that `f` captures, parameters among them; derivatives of any order
/// follow. The values that `f` saves live while it runs, here and in the backward, so cut a deep network into several
/// such parts.
///
/// The second run draws the same random numbers from the default generator as the first, which is put back
/// afterwards, and has the same default type; so dropout is the same in both. Other state that `f` changes, such as the
/// statistics of a batch norm, is changed twice.
///
/// `f` outlives this call, and so owns what it captures: a module in an `Arc`, or handles of its tensors.
///
/// # Panics
/// Where `f` does. In the backward pass: an error if an input was changed in place since, or if the second run reads
/// other tensors of the graph or returns other shapes than the first.
///
/// ```
/// use retrograd::{nn::{Dropout, Forward, Linear}, prelude::*, tape::checkpoint};
/// use std::sync::Arc;
/// let (layer, dropout) = (Arc::new(Linear::new(4, 3)), Dropout::new(0.5));
/// let x = randn([5, 4]).requires_grad_();
/// let block = layer.clone();
/// let y = checkpoint(move |x: &Tensor| dropout.forward(&block.forward(x).tanh()), &x);
/// y.sum().backward();
/// assert!(x.grad().is_some() && layer.weight.grad().is_some());
/// ```
#[track_caller]
pub fn checkpoint<I: Tensors + ?Sized, O: Tensors>(
    f: impl Fn(&I) -> O + Send + Sync + 'static,
    inputs: &I,
) -> O::Of<Tensor> {
    let body = move |list: &[Tensor]| I::with(list, |inputs| f(inputs).to_list());
    O::gather(run(Box::new(body), &inputs.to_list()))
}

#[track_caller]
fn run(body: Box<Body>, inputs: &[Tensor]) -> Vec<Tensor> {
    if !is_grad_enabled() {
        return body(inputs);
    }
    let state = get_rng_state();
    let (found, boundary) = first_nodes(&body, &entries(inputs));
    let outputs = Outputs::new(&found, |i| found[i].requires_grad());
    if !outputs.any_differentiable() {
        return found;
    }
    let edges = inputs.iter().map(Tensor::node);
    let edges = edges.chain(boundary.iter().cloned().map(Some)).collect();
    let op = Checkpoint {
        body,
        inputs: inputs.iter().map(Saved::input).collect(),
        boundary: boundary.iter().map(id).collect(),
        outputs: outputs.clone(),
        state,
        dtype: default_dtype(),
    };
    outputs.record(&found, inputs, edges, op)
}

/// Readings of the inputs with nodes of their own, at which a walk back through the body ends.
fn entries(inputs: &[Tensor]) -> Vec<Tensor> {
    inputs.iter().map(Tensor::alias).collect()
}

/// Runs the body; with its outputs, the nodes from before it that its own lead to, in the order of recording.
fn first_nodes(body: &Body, entries: &[Tensor]) -> (Vec<Tensor>, Vec<NodeRef>) {
    let (found, list) = listing(|| body(entries));
    let mut seen: Vec<usize> = entries
        .iter()
        .filter_map(Tensor::node)
        .map(|node| id(&node))
        .collect();
    let mut boundary = Vec::new();
    let mut meet = |node: NodeRef, list: &List| {
        if !list.contains(&node) && !seen.contains(&id(&node)) {
            seen.push(id(&node));
            boundary.push(node);
        }
    };
    for node in list.iter() {
        let edges = node.state().edges.clone();
        edges
            .iter()
            .flatten()
            .for_each(|edge| meet(edge.clone(), &list));
    }
    found
        .iter()
        .filter_map(Tensor::node)
        .for_each(|node| meet(node, &list));
    (found, boundary)
}

struct Checkpoint {
    body: Box<Body>,
    inputs: Vec<Saved>,
    /// The nodes from outside that the first run led to, by address; the edges hold them.
    boundary: Vec<usize>,
    outputs: Outputs,
    /// The default generator's before the first run.
    state: Vec<u8>,
    dtype: DType,
}

impl Listed for Checkpoint {}

/// Puts the thread's generator and default type into an earlier state, until it is dropped.
struct Earlier {
    state: Vec<u8>,
    dtype: DType,
}

impl Earlier {
    fn set(state: &[u8], dtype: DType) -> Result<Self> {
        let now = Earlier {
            state: get_rng_state(),
            dtype: default_dtype(),
        };
        set_rng_state(state)?;
        set_default_dtype(dtype);
        Ok(now)
    }
}

impl Drop for Earlier {
    fn drop(&mut self) {
        // The state was the generator's own, so it is taken back.
        let _ = set_rng_state(&self.state);
        set_default_dtype(self.dtype);
    }
}

impl Op for Checkpoint {
    const NAME: &'static str = "CheckpointBackward";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let grads = self.outputs.gradients(grad)?;
        let inputs = self.inputs.iter().map(|saved| cx.saved(saved));
        let inputs = inputs.collect::<Result<Vec<_>>>()?;
        let (entries, found, boundary) = {
            let _earlier = Earlier::set(&self.state, self.dtype)?;
            let _modes = Modes::set(WITHIN | RECORDING, RECORDING);
            let entries = entries(&inputs);
            let (found, boundary) = first_nodes(&self.body, &entries);
            (entries, found, boundary)
        };
        self.check(&found, &boundary, &grads)?;
        let roots = found.iter().zip(grads);
        let roots: Roots = roots
            .filter_map(|(output, grad)| Some((output.node()?, grad)))
            .collect();
        drop(found);
        let ends = entries.iter().map(Tensor::node);
        let ends: Vec<_> = ends.chain(boundary.into_iter().map(Some)).collect();
        let wanted: Vec<usize> = (0..ends.len())
            .filter(|&i| ends[i].is_some() && cx.wants(i))
            .collect();
        let nodes: Vec<NodeRef> = wanted.iter().filter_map(|&i| ends[i].clone()).collect();
        let _mode = GradMode::set(cx.creates_graph());
        let options = Options {
            retain: cx.creates_graph(),
            stop_at_inputs: true,
            ..cx.options()
        };
        let grads = sweep(roots, Some(&nodes), options)?;
        for (i, grad) in wanted.into_iter().zip(grads) {
            if let Some(grad) = grad {
                cx.put(i, grad);
            }
        }
        Ok(())
    }

    fn saved_now(&self) -> Option<Vec<Tensor>> {
        Some(self.inputs.iter().map(Saved::tensor).collect())
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        Vec::new()
    }
}

impl Checkpoint {
    /// An error if the second run was not the first one again.
    fn check(&self, found: &[Tensor], boundary: &[NodeRef], grads: &[Tensor]) -> Result<()> {
        let same = boundary.iter().map(id).eq(self.boundary.iter().copied());
        let shapes = found
            .iter()
            .map(Tensor::shape)
            .eq(grads.iter().map(Tensor::shape));
        let problem = match (same, shapes) {
            (true, true) => return Ok(()),
            (false, _) => "the second run read other tensors that require gradients than the first",
            (true, false) => "the second run returned other shapes than the first",
        };
        Err(Error::Tape {
            op: "checkpoint",
            problem: problem.into(),
            cure: "The function must do the same at each call, on this thread, and not depend on what changes between \
                   forward and backward."
                .into(),
        })
    }
}
