//! How a node with several outputs stands on a tape whose nodes have one each.
//!
//! Its outputs' gradients travel to it in one flat tensor: each output has a small node of its own that puts the
//! output's gradient into its place there. All of it is tensor operations, so any order of derivative follows.

use super::cx::Cx;
use super::node::{Edges, NodeRef, Op};
use crate::error::Result;
use crate::ops::Listed;
#[cfg(test)]
use crate::ops::case::Case;
use crate::ops::slice::{Region, embed, slice};
use crate::shape::Dims;
use crate::tensor::storage::Hold;
use crate::tensor::{Inner, Origin};
use crate::{DType, Tensor, zeros_dtype};
use std::panic::Location;

/// What is known of the outputs of one node.
#[derive(Clone)]
pub(super) struct Outputs {
    slots: Vec<Slot>,
    /// How many elements the gradients of those that have one hold together.
    total: usize,
    /// The type in which they travel together.
    dtype: DType,
}

#[derive(Clone)]
struct Slot {
    shape: Dims,
    dtype: DType,
    /// Where its gradient begins in the flat one; none for an output without gradient.
    start: Option<usize>,
}

impl Outputs {
    pub(super) fn new(tensors: &[Tensor], differentiable: impl Fn(usize) -> bool) -> Self {
        let (mut total, mut dtype) = (0, DType::F32);
        let mut slot = |(i, tensor): (usize, &Tensor)| {
            let has_gradient = tensor.dtype().is_float() && differentiable(i);
            let start = has_gradient.then_some(total);
            if has_gradient {
                total += tensor.numel();
                dtype = crate::promote_types(dtype, tensor.dtype());
            }
            Slot {
                shape: tensor.shape().into(),
                dtype: tensor.dtype(),
                start,
            }
        };
        let slots = tensors.iter().enumerate().map(&mut slot).collect();
        Outputs {
            slots,
            total,
            dtype,
        }
    }

    pub(super) fn any_differentiable(&self) -> bool {
        self.slots.iter().any(|slot| slot.start.is_some())
    }

    /// The one output with a gradient, where there is only one: it needs no node besides the operation's.
    fn only(&self) -> Option<usize> {
        let mut with = (0..self.slots.len()).filter(|&i| self.slots[i].start.is_some());
        with.next().filter(|_| with.next().is_none())
    }

    /// The tensors' values as outputs of one recorded operation.
    #[track_caller]
    pub(super) fn record<O: Op>(
        &self,
        tensors: &[Tensor],
        inputs: &[Tensor],
        edges: Edges,
        op: O,
    ) -> Vec<Tensor> {
        let only = self.only();
        let (shape, dtype) = match only {
            Some(i) => (self.slots[i].shape.clone(), self.slots[i].dtype),
            None => (Dims::from_slice(&[self.total]), self.dtype),
        };
        let at = Location::caller();
        let node = super::record::node(at, shape, dtype, edges, op);
        let outputs = tensors.iter().enumerate().map(|(i, tensor)| {
            let mut inner = bare(tensor, inputs);
            match self.slots[i].start {
                Some(_) => inner.set_node_mut(self.output_node(at, i, only, &node)),
                None => inner.origin = Some(Origin::NotDifferentiable(at)),
            }
            inner.untracked()
        });
        outputs.collect()
    }

    fn output_node(
        &self,
        at: &'static Location<'static>,
        i: usize,
        only: Option<usize>,
        node: &NodeRef,
    ) -> NodeRef {
        let Slot {
            shape,
            dtype,
            start,
        } = &self.slots[i];
        if only.is_some() {
            return node.clone();
        }
        let part = Part {
            start: start.unwrap_or_default(),
            total: self.total,
        };
        super::record::node(
            at,
            shape.clone(),
            *dtype,
            Edges::from_iter([Some(node.clone())]),
            part,
        )
    }

    /// The gradient of each output, zeros for those without.
    pub(super) fn gradients(&self, grad: &Tensor) -> Result<Vec<Tensor>> {
        let only = self.only();
        let gradient = |(i, slot): (usize, &Slot)| match slot.start {
            None => Ok(zeros_dtype(&slot.shape[..], slot.dtype)),
            Some(_) if only == Some(i) => Ok(grad.clone()),
            Some(start) => {
                let len = slot.shape.iter().product();
                let region = Region {
                    axis: 0,
                    start,
                    len,
                    step: 1,
                };
                Ok(slice(grad, region)
                    .try_reshape(&slot.shape[..])?
                    .to(slot.dtype))
            }
        };
        self.slots.iter().enumerate().map(gradient).collect()
    }

    /// Output `i`, whose values were kept without its place on the tape, at that place again.
    pub(super) fn tie(&self, i: usize, kept: &Tensor, cx: &Cx<'_>) -> Tensor {
        let (Some(_), Some(node)) = (self.slots[i].start, cx.recorded_node()) else {
            return kept.clone();
        };
        let mut inner = bare(kept, &[]);
        inner.set_node_mut(self.output_node(cx.location(), i, self.only(), &node));
        inner.untracked()
    }
}

/// The tensor's values in a tensor that stands outside of the graph.
pub(super) fn bare(tensor: &Tensor, inputs: &[Tensor]) -> Inner {
    let shared = inputs.iter().any(|input| input.shares_storage(tensor));
    let storage = tensor.storage().clone();
    let hold = match tensor.0.hold.is_view() || shared {
        true => Hold::view(storage),
        false => Hold::Shared(storage),
    };
    Inner::on(tensor.layout().clone(), tensor.dtype(), hold)
}

/// One of several outputs.
struct Part {
    start: usize,
    total: usize,
}

impl Listed for Part {}

impl Op for Part {
    const NAME: &'static str = "OutputBackward";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |_| {
            let region = Region {
                axis: 0,
                start: self.start,
                len: grad.numel(),
                step: 1,
            };
            Ok(embed(&grad.try_reshape([-1])?, region, &[self.total]))
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        Vec::new()
    }
}
