//! How a computed tensor gets its place on the tape.

use super::mode::{RECORDING, WITHIN, modes};
use super::node::{self, Edges, Leaf, NodeRef, Op};
use super::watch;
use crate::error::{Error, OrPanic, Result};
use crate::ops::Listed;
use crate::ops::owned::Side;
use crate::ops::view::View;
use crate::shape::Dims;
use crate::tensor::{Arg, Inner, Origin};
use crate::{DType, Tensor};
use std::panic::Location;

impl Inner {
    /// The tensor, recorded as the output of `op` where an input requires gradients and recording is on.
    ///
    /// `op` is called only then, with the output, and keeps what its backward reads.
    #[inline]
    #[track_caller]
    pub(crate) fn record<O: Op + Listed>(
        mut self,
        inputs: &[Arg<'_>],
        op: impl FnOnce(&mut Inner) -> O,
    ) -> Tensor {
        let tracked = inputs.iter().any(Arg::requires_grad);
        let modes = modes();
        if tracked && modes & RECORDING != 0 {
            let node = |arg: &Arg<'_>| arg.tensor().and_then(Tensor::node);
            let edges: Edges = match inputs {
                [one] => [node(one)].into(),
                [one, two] => [node(one), node(two)].into(),
                all => all.iter().map(node).collect(),
            };
            let op = op(&mut self);
            let caller = Location::caller();
            let at = if modes & WITHIN == 0 {
                caller
            } else {
                watch::line(caller)
            };
            let node = node::record(at, self.layout.shape.clone(), self.dtype, edges, op);
            self.set_node_mut(node);
        } else if tracked {
            self.origin = Some(Origin::NoGrad(Location::caller()));
        } else {
            let origin = inputs.iter().find_map(|arg| arg.tensor()?.0.origin);
            if origin.is_some() {
                self.origin = origin;
            }
        }
        let out = self.untracked();
        if modes & !RECORDING != 0 {
            watch::result(O::NAME, &out, inputs, modes);
        }
        out
    }
}

/// A node of an operation that does not record itself.
pub(super) fn node<O: Op>(
    at: &'static Location<'static>,
    shape: Dims,
    dtype: DType,
    edges: Edges,
    op: O,
) -> NodeRef {
    let node = node::record(watch::line(at), shape, dtype, edges, op);
    watch::list(&node);
    node
}

impl Tensor {
    /// The same elements at a place of their own on the tape.
    pub(crate) fn alias(&self) -> Tensor {
        Inner::view(self, self.layout().clone()).record(&[Arg::Tensor(self)], |_| View)
    }

    /// This tensor, whose values were written over, as the output of `op` on what it was before and on what
    /// stood beside it.
    ///
    /// Nobody else holds it, which the caller has established.
    #[track_caller]
    pub(crate) fn recorded_anew<O: Op + Listed>(
        mut self,
        beside: Option<(Side, Arg<'_>)>,
        op: impl FnOnce() -> O,
    ) -> Tensor {
        let tracked =
            self.requires_grad() || beside.is_some_and(|(_, other)| other.requires_grad());
        let other = || beside.and_then(|(_, other)| other.tensor());
        let inner = self.alone().expect("nobody else holds the tensor");
        if tracked && modes() & RECORDING != 0 {
            let own = inner.take_node();
            let node = || other().and_then(Tensor::node);
            let edges = match beside {
                None => [own].into(),
                Some((Side::Left, _)) => [own, node()].into(),
                Some((Side::Right, _)) => [node(), own].into(),
            };
            let shape = inner.layout.shape.clone();
            let at = Location::caller();
            let node = node::record(at, shape, inner.dtype, edges, op());
            inner.set_node_mut(node);
        } else {
            inner.leave_graph();
            let origin = || other()?.0.origin;
            match tracked {
                true => inner.origin = Some(Origin::NoGrad(Location::caller())),
                false => inner.origin = inner.origin.or_else(origin),
            }
        }
        self
    }

    /// Asks for gradients of this tensor, which becomes a leaf of the graphs computed from it. Returns the
    /// same tensor, for use where it is created.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers; [`try_requires_grad_`](Tensor::try_requires_grad_)
    /// returns the error.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let w = zeros([2]).requires_grad_();
    /// assert!(w.requires_grad() && w.is_leaf());
    /// ```
    #[track_caller]
    pub fn requires_grad_(&self) -> Tensor {
        self.try_requires_grad_().or_panic()
    }

    /// As [`requires_grad_`](Tensor::requires_grad_), with the error returned.
    ///
    /// # Errors
    /// If the tensor holds no floating-point numbers.
    #[track_caller]
    pub fn try_requires_grad_(&self) -> Result<Tensor> {
        if !self.dtype().is_float() {
            return Err(Error::DType {
                op: "requires_grad_",
                problem: format!("a tensor of {} has no gradient", self.dtype()),
                cure: "Only floating-point tensors do: cast it first, with `.to(F32)`.".into(),
            });
        }
        if !self.requires_grad() {
            self.set_node(Some(Leaf::create(
                Location::caller(),
                self.shape().into(),
                self.dtype(),
            )));
        }
        Ok(self.clone())
    }

    /// Switches whether a leaf asks for gradients, to freeze a parameter and to thaw it.
    ///
    /// # Panics
    /// If the tensor was computed by a recorded operation, or holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let w = zeros([2]).requires_grad_();
    /// w.set_requires_grad(false);
    /// assert!(!w.requires_grad());
    /// ```
    #[track_caller]
    pub fn set_requires_grad(&self, requires_grad: bool) {
        if requires_grad {
            self.requires_grad_();
        } else if self.is_leaf() {
            self.set_node(None);
        } else {
            let refused: Result<()> = Err(Error::Tape {
                op: "set_requires_grad",
                problem: "the tensor was computed by a recorded operation, so it cannot stop requiring gradients"
                    .into(),
                cure: "Use `detach()` to get a tensor outside of the graph.".into(),
            });
            refused.or_panic();
        }
    }

    /// Whether no recorded operation computed this tensor.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let w = tensor![1.0].requires_grad_();
    /// assert!(w.is_leaf() && !(&w * 2.0).is_leaf());
    /// ```
    pub fn is_leaf(&self) -> bool {
        self.with_node(|node| node.is_none_or(|node| node.is_leaf()))
    }

    /// The name of the operation that computed this tensor, such as `MulBackward0`, where it was recorded.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let w = tensor![1.0].requires_grad_();
    /// assert_eq!((&w * 2.0).grad_fn(), Some("MulBackward0"));
    /// ```
    pub fn grad_fn(&self) -> Option<&'static str> {
        let name = |node: &NodeRef| (!node.is_leaf()).then(|| node.name());
        self.with_node(|node| node.and_then(name))
    }

    /// A tensor of the same values in the same storage, outside of the graph.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let y = tensor![1.0].requires_grad_() * 2.0;
    /// assert!(!y.detach().requires_grad() && y.detach().shares_storage(&y));
    /// ```
    #[track_caller]
    pub fn detach(&self) -> Tensor {
        let hold = crate::tensor::storage::Hold::Shared(self.storage().clone());
        let mut inner = Inner::on(self.layout().clone(), self.dtype(), hold);
        inner.origin = if self.requires_grad() {
            Some(Origin::Detached(Location::caller()))
        } else {
            self.0.origin
        };
        inner.untracked()
    }
}
