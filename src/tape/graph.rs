//! The graph as a user can look at it.

use super::frontier::ById;
use super::hooks::{self, HookHandle};
use super::node::{NodeRef, id};
use crate::{DType, Tensor};
use std::collections::HashSet;
use std::fmt;
use std::panic::Location;
use std::sync::Arc;

/// A node of the graph: a recorded operation, or `AccumulateGrad`, which stands for a leaf.
///
/// ```
/// use retrograd::prelude::*;
/// let x = tensor![2.0].requires_grad_();
/// let node = (&x * 3.0).exp().grad_node().unwrap();
/// assert_eq!((node.name(), node.shape()), ("ExpBackward0", &[1][..]));
/// let mul = node.inputs().remove(0).unwrap();
/// assert_eq!(mul.inputs()[0].as_ref().unwrap().name(), "AccumulateGrad");
/// ```
#[derive(Clone)]
pub struct GradNode(pub(super) NodeRef);

impl GradNode {
    /// PyTorch's name of the node, such as `MulBackward0`.
    pub fn name(&self) -> &'static str {
        self.0.name()
    }

    /// The line that called the operation, or that made the leaf require gradients.
    pub fn location(&self) -> &'static Location<'static> {
        self.0.header().location
    }

    /// The shape of the tensor that the node stands for.
    pub fn shape(&self) -> &[usize] {
        &self.0.header().shape
    }

    /// The element type of the tensor that the node stands for.
    pub fn dtype(&self) -> DType {
        self.0.header().dtype
    }

    /// The nodes of the operation's inputs, as `next_functions`: `None` for an input that requires no gradients.
    /// Empty for a leaf, and after a backward pass that freed the graph.
    pub fn inputs(&self) -> Vec<Option<GradNode>> {
        let state = self.0.state();
        let edges = state.edges.iter();
        edges.map(|edge| edge.clone().map(GradNode)).collect()
    }

    /// Whether both are handles on the same node.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = tensor![2.0].requires_grad_();
    /// let node = (&x * &x).grad_node().unwrap();
    /// let inputs = node.inputs();
    /// assert!(inputs[0].as_ref().unwrap().is_same(inputs[1].as_ref().unwrap()));
    /// ```
    pub fn is_same(&self, other: &GradNode) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Calls `hook` before the node's backward with the gradient that came in; what it returns is used instead.
    /// It runs after the hooks of the node's tensor, and only where the node's backward runs.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = tensor![2.0].requires_grad_();
    /// let y = x.exp().sum();
    /// y.grad_node().unwrap().register_prehook(|grad| Some(grad * 0.0));
    /// y.backward();
    /// assert_eq!(x.grad().unwrap(), tensor![0.0]);
    /// ```
    pub fn register_prehook(
        &self,
        hook: impl Fn(&Tensor) -> Option<Tensor> + Send + Sync + 'static,
    ) -> HookHandle {
        hooks::register_before(&self.0, hook)
    }

    /// Calls `hook` after the node's backward with the gradients that it gave its inputs (`None` for those that need
    /// none) and the one that came in. It may return others in the place of those given.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = tensor![2.0].requires_grad_();
    /// let y = &x * 3.0;
    /// y.grad_node().unwrap().register_hook(|given, came| {
    ///     assert_eq!(*came, tensor![1.0]);
    ///     Some(given.iter().map(|grad| grad.as_ref().map(|grad| grad + 0.5)).collect())
    /// });
    /// y.sum().backward();
    /// assert_eq!(x.grad().unwrap(), tensor![3.5]);
    /// ```
    pub fn register_hook(
        &self,
        hook: impl Fn(&[Option<Tensor>], &Tensor) -> Option<Vec<Option<Tensor>>> + Send + Sync + 'static,
    ) -> HookHandle {
        hooks::register_after(&self.0, hook)
    }
}

impl fmt::Debug for GradNode {
    /// As PyTorch prints a `grad_fn`, with the line in the place of the address.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "<{} at {}>", self.name(), self.location())
    }
}

impl Tensor {
    /// Whether a leaf other than `own` is among what this tensor was computed from.
    pub(crate) fn reaches_leaf_besides(&self, own: &[GradNode]) -> bool {
        let mut seen: HashSet<usize, ById> = own.iter().map(|node| id(&node.0)).collect();
        // What lies behind an input that stands in a graph counts too.
        let mut stack: Vec<NodeRef> = own
            .iter()
            .flat_map(|node| node.0.state().edges.to_vec())
            .flatten()
            .collect();
        stack.extend(self.node());
        while let Some(node) = stack.pop() {
            if seen.insert(id(&node)) {
                if node.is_leaf() {
                    return true;
                }
                stack.extend(node.state().edges.iter().flatten().cloned());
            }
        }
        false
    }

    /// The tensor's node in the graph; none where it requires no gradients. See [`GradNode`].
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert!(tensor![1.0].grad_node().is_none());
    /// ```
    pub fn grad_node(&self) -> Option<GradNode> {
        self.node().map(GradNode)
    }
}
