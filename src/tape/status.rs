//! The gradient of a tensor, and why there is none.

use crate::Tensor;
use crate::error::{Error, OrPanic, Result};
use crate::tape::node::NodeRef;
use crate::tape::trace;
use crate::tensor::Origin;
use std::panic::Location;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{MutexGuard, PoisonError};

/// Why [`Tensor::grad`] gives what it gives.
///
/// ```
/// use retrograd::prelude::*;
/// let w = tensor![1.0].requires_grad_();
/// assert_eq!(w.grad_status(), GradStatus::NotReached);
/// (&w * 2.0).sum().backward();
/// assert_eq!(w.grad_status(), GradStatus::Populated);
/// ```
#[non_exhaustive]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GradStatus {
    /// There is a gradient.
    Populated,
    /// The tensor was computed; gradients are kept for leaves, and after `retain_grad`.
    NotLeaf,
    /// The tensor does not require a gradient and was not computed from one that does.
    RequiresGradFalse,
    /// No backward pass has reached the tensor since its gradient was last cleared.
    NotReached,
    /// The tensor was taken out of its graph.
    Detached {
        /// The line that called `detach`.
        at: &'static Location<'static>,
    },
    /// An operation of the user's declared this output of its to have no gradient.
    NotDifferentiable {
        /// The line that applied the operation.
        at: &'static Location<'static>,
    },
    /// The tensor was computed while recording was off.
    NoGrad {
        /// The line of the operation.
        at: &'static Location<'static>,
    },
}

impl Tensor {
    /// The gradient that backward passes have summed up, as a snapshot; none where none has come, for
    /// which [`grad_status`](Tensor::grad_status) tells the reason.
    ///
    /// A later backward pass does not change the tensor handed out here.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let w = tensor![3.0].requires_grad_();
    /// w.pow(2).sum().backward();
    /// assert_eq!(w.grad().unwrap(), tensor![6.0]);
    /// ```
    pub fn grad(&self) -> Option<Tensor> {
        self.with_grad_slot(|slot| slot.as_ref().map(Tensor::snapshot_tensor))
            .flatten()
    }

    /// Replaces the gradient, for example by a clipped one.
    ///
    /// # Panics
    /// If the tensor does not keep a gradient, or `grad` has another shape or type;
    /// [`try_set_grad`](Tensor::try_set_grad) returns the error.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let w = tensor![3.0].requires_grad_();
    /// w.set_grad(Some(tensor![1.0]));
    /// assert_eq!(w.grad().unwrap(), tensor![1.0]);
    /// ```
    #[track_caller]
    pub fn set_grad(&self, grad: Option<Tensor>) {
        self.try_set_grad(grad).or_panic();
    }

    /// As [`set_grad`](Tensor::set_grad), with the error returned.
    ///
    /// # Errors
    /// If the tensor does not keep a gradient, or `grad` has another shape or type.
    pub fn try_set_grad(&self, grad: Option<Tensor>) -> Result<()> {
        if let Some(grad) = &grad
            && (grad.shape() != self.shape() || grad.dtype() != self.dtype())
        {
            return Err(Error::Shape {
                op: "set_grad",
                problem: format!(
                    "a gradient of shape {:?} and type {} for a tensor of shape {:?} and type {}",
                    grad.shape(),
                    grad.dtype(),
                    self.shape(),
                    self.dtype()
                ),
                cure: "The gradient has the tensor's own shape and type.".into(),
            });
        }
        let traced = trace::tracing();
        if let (true, Some(leaf)) = (traced, self.node()) {
            trace::accumulated(&leaf, None);
        }
        let grad = grad.map(|grad| match traced {
            true => grad.detach().copy(),
            false => grad.snapshot_tensor(),
        });
        self.with_grad_slot(|slot| *slot = grad).ok_or_else(|| Error::Tape {
            op: "set_grad",
            problem: "the tensor keeps no gradient".into(),
            cure: "Call `requires_grad_()` on a leaf or `retain_grad()` on a computed tensor first.".into(),
        })
    }

    /// Clears the gradient, as `x.grad = None`.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let w = tensor![3.0].requires_grad_();
    /// w.sum().backward();
    /// w.zero_grad();
    /// assert!(w.grad().is_none());
    /// ```
    pub fn zero_grad(&self) {
        drop(self.with_grad_slot(Option::take));
        self.with_node(|node| {
            if let Some(passes) = node.and_then(|node| node.passes()) {
                passes.store(0, Relaxed);
            }
        });
    }

    /// How many backward passes are summed up in this leaf's gradient since it was last cleared.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let w = tensor![1.0].requires_grad_();
    /// w.sum().backward();
    /// w.sum().backward();
    /// assert_eq!(w.grad_passes(), 2);
    /// ```
    pub fn grad_passes(&self) -> usize {
        let load = |node: &NodeRef| Some(node.passes()?.load(Relaxed));
        self.with_node(|node| node.and_then(load)).unwrap_or(0)
    }

    /// Why [`grad`](Tensor::grad) gives what it gives.
    pub fn grad_status(&self) -> GradStatus {
        match (self.with_grad_slot(|slot| slot.is_some()), self.0.origin) {
            (Some(true), _) => GradStatus::Populated,
            (Some(false), _) => GradStatus::NotReached,
            (None, _) if self.requires_grad() => GradStatus::NotLeaf,
            (None, Some(Origin::Detached(at))) => GradStatus::Detached { at },
            (None, Some(Origin::NoGrad(at))) => GradStatus::NoGrad { at },
            (None, Some(Origin::NotDifferentiable(at))) => GradStatus::NotDifferentiable { at },
            (None, None) => GradStatus::RequiresGradFalse,
        }
    }

    /// Keeps the gradient of a computed tensor too, in the next backward passes.
    ///
    /// # Panics
    /// If the tensor does not require gradients.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let y = tensor![3.0].requires_grad_() * 2.0;
    /// y.retain_grad();
    /// y.pow(2).sum().backward();
    /// assert_eq!(y.grad().unwrap(), tensor![12.0]);
    /// ```
    #[track_caller]
    pub fn retain_grad(&self) {
        let node = self
            .node()
            .ok_or_else(|| no_graph("retain_grad", self))
            .or_panic();
        if !node.is_leaf() {
            let mut state = node.state();
            let extras = state.extras.get_or_insert_default();
            extras.retained.get_or_insert_default();
        }
    }

    /// Runs `f` on the place where this tensor's gradient is kept, if there is one.
    fn with_grad_slot<R>(&self, f: impl FnOnce(&mut Option<Tensor>) -> R) -> Option<R> {
        self.with_node(|node| {
            let node = node?;
            if let Some(slot) = node.leaf() {
                let mut slot: MutexGuard<'_, _> =
                    slot.lock().unwrap_or_else(PoisonError::into_inner);
                return Some(f(&mut slot));
            }
            let mut state = node.state();
            state.extras.as_mut()?.retained.as_mut().map(f)
        })
    }
}

/// The error of a tensor that stands in no graph, with the reason.
pub(crate) fn no_graph(op: &'static str, tensor: &Tensor) -> Error {
    let reason = match tensor.0.origin {
        Some(Origin::Detached(at)) => format!("it was computed from a tensor detached at {at}"),
        Some(Origin::NoGrad(at)) => format!("it was computed under `no_grad`, at {at}"),
        Some(Origin::NotDifferentiable(at)) => {
            format!("the operation applied at {at} declares that this output has no gradient")
        }
        None => "nothing that it was computed from requires gradients".into(),
    };
    let cure = match tensor.0.origin {
        Some(Origin::Detached(_)) => "Leave the `detach()` out.",
        Some(Origin::NoGrad(_)) => "Compute it outside of `no_grad`.",
        Some(Origin::NotDifferentiable(_)) => "Use another of its outputs.",
        None => "Call `requires_grad_()` on the parameters before computing.",
    };
    Error::Tape {
        op,
        problem: format!("the tensor has no graph: {reason}"),
        cure: cure.into(),
    }
}
