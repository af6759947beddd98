//! A recorded step made ready to run again.

use super::bank::{Banks, Span};
use super::lower::lower;
use super::schedule::{BLOCK, Node, Slots, place, root};
use super::trace::{Source, Trace, ValueId};
use crate::dtype::{Element, with_dtype};
use crate::error::Result;
use crate::tape::node::NodeRef;
use crate::tensor::storage::{Buffer, Data, Storage};
use crate::{DType, Tensor};
use smallvec::SmallVec;
use std::panic::Location;
use std::sync::{Arc, MutexGuard, PoisonError};

/// A tensor from outside: a constant, or a parameter that the step changes.
struct Outside {
    tensor: Tensor,
    slot: usize,
    /// The version of its storage at which its values were taken; none before the first run.
    seen: Option<u32>,
}

/// A tensor that the step makes and that lives on: a result, or a leaf's gradient.
struct Product {
    tensor: Tensor,
    slot: usize,
    leaf: Option<NodeRef>,
}

/// An argument of the step.
struct Input {
    slot: usize,
    /// The tensor whose values stand in the slot, and their version.
    seen: Option<(Tensor, u32)>,
}

pub(super) struct Program {
    banks: Banks,
    nodes: Vec<Node>,
    inputs: Vec<Input>,
    read: Vec<Outside>,
    /// In the order of their storages' addresses, in which all plans lock them.
    changed: Vec<Outside>,
    results: Vec<Product>,
    grads: Vec<Product>,
}

fn add_held(banks: &mut Banks, buffer: Buffer) -> usize {
    match buffer {
        Buffer::F32(data) => banks.f32.add_held(data),
        Buffer::F64(data) => banks.f64.add_held(data),
        Buffer::I64(data) => banks.i64.add_held(data),
        Buffer::Bool(data) => banks.bool.add_held(data),
    }
}

fn empty(dtype: DType) -> Buffer {
    with_dtype!(dtype, T => T::into_buffer(Data::scratch(0)))
}

/// Exchanges the values in a slot and in a buffer of the same type.
fn swap(banks: &mut Banks, slot: usize, buffer: &mut Buffer) {
    match buffer {
        Buffer::F32(data) => banks.f32.swap_held(slot, data),
        Buffer::F64(data) => banks.f64.swap_held(slot, data),
        Buffer::I64(data) => banks.i64.swap_held(slot, data),
        Buffer::Bool(data) => banks.bool.swap_held(slot, data),
    }
}

/// A tensor that owns its elements, for values of a step.
fn fresh(shape: &[usize], dtype: DType) -> Tensor {
    let len = shape.iter().product();
    with_dtype!(dtype, T => Tensor::from_data(shape.into(), Data::<T>::scratch(len)))
}

impl Program {
    /// Makes a record ready. `results` are what the step returned.
    pub(super) fn new(mut trace: Trace, inputs: usize, results: &[Tensor]) -> Program {
        let leaves = leaves_with_gradients(&trace);
        let kept: Vec<(ValueId, Tensor)> = results
            .iter()
            .map(|tensor| (trace.value_of(tensor), tensor.clone()))
            .collect();
        let grads: Vec<(ValueId, Tensor, NodeRef)> = leaves
            .into_iter()
            .map(|(leaf, grad)| (trace.value_of(&grad), grad, leaf))
            .collect();
        let wanted: Vec<ValueId> = kept
            .iter()
            .map(|kept| kept.0)
            .chain(grads.iter().map(|grad| grad.0))
            .collect();
        let lows = lower(&mut trace, &wanted);
        let mut program = Program {
            banks: Banks::default(),
            nodes: Vec::new(),
            inputs: Vec::new(),
            read: Vec::new(),
            changed: Vec::new(),
            results: Vec::new(),
            grads: Vec::new(),
        };
        let mut slots = Slots::new(trace.values.len());
        program.add_sources(&trace, inputs, &mut slots);
        for (id, tensor) in kept {
            let product = program.product(&trace, &mut slots, id, &tensor, None);
            program.results.push(product);
        }
        for (id, tensor, leaf) in grads {
            let product = program.product(&trace, &mut slots, id, &tensor, Some(leaf));
            program.grads.push(product);
        }
        program.nodes = place(&trace, lows, &mut program.banks, &mut slots);
        program
    }

    fn add_sources(&mut self, trace: &Trace, inputs: usize, slots: &mut Slots) {
        let changed: Vec<ValueId> = (0..trace.values.len())
            .filter(|&id| matches!(trace.values[id].source, Source::Changed(_)))
            .map(|id| root(trace, id))
            .collect();
        for (id, value) in trace.values.iter().enumerate() {
            let buffer = match &value.source {
                Source::Input | Source::Outside(_) => empty(value.dtype),
                Source::Constant(buffer) => buffer.clone(),
                Source::Made | Source::Changed(_) => continue,
            };
            let slot = add_held(&mut self.banks, buffer);
            slots.set_held(id, slot);
            match &value.source {
                Source::Input => self.inputs.push(Input { slot, seen: None }),
                Source::Outside(tensor) => {
                    let outside = Outside {
                        tensor: tensor.clone(),
                        slot,
                        seen: None,
                    };
                    match changed.contains(&id) {
                        true => self.changed.push(outside),
                        false => self.read.push(outside),
                    }
                }
                _ => {}
            }
        }
        debug_assert_eq!(self.inputs.len(), inputs);
        self.changed
            .sort_by_key(|outside| Arc::as_ptr(outside.tensor.storage()) as usize);
    }

    fn product(
        &mut self,
        trace: &Trace,
        slots: &mut Slots,
        id: ValueId,
        tensor: &Tensor,
        leaf: Option<NodeRef>,
    ) -> Product {
        let dtype = trace.values[id].dtype;
        let slot = add_held(&mut self.banks, empty(dtype));
        slots.set_held(id, slot);
        Product {
            tensor: fresh(tensor.shape(), dtype),
            slot,
            leaf,
        }
    }

    /// Runs the step on these arguments.
    pub(super) fn run(&mut self, inputs: &[&Tensor], at: &'static Location<'static>) -> Result<()> {
        for (slot, input) in self.inputs.iter_mut().zip(inputs) {
            take_input(&mut self.banks, slot, input);
        }
        for outside in &mut self.read {
            let version = outside.tensor.0.hold.version();
            if outside.seen != Some(version) {
                swap(
                    &mut self.banks,
                    outside.slot,
                    &mut outside.tensor.0.hold.snapshot(),
                );
                outside.seen = Some(version);
            }
        }
        let grads = self.grads.iter_mut();
        for product in self.results.iter_mut().chain(grads) {
            product.own_again();
        }
        let products = self.results.iter().chain(&self.grads);
        let of_products = products.map(|product| (&product.tensor, product.slot));
        let of_changed = self
            .changed
            .iter()
            .map(|outside| (&outside.tensor, outside.slot));
        let mut open: SmallVec<[(MutexGuard<'_, Buffer>, usize); 24]> = of_changed
            .chain(of_products)
            .map(|(tensor, slot)| (tensor.storage().hold(), slot))
            .collect();
        for (buffer, slot) in &mut open {
            swap(&mut self.banks, *slot, buffer);
        }
        for node in &self.nodes {
            node.run(&mut self.banks);
        }
        for (buffer, slot) in &mut open {
            swap(&mut self.banks, *slot, buffer);
        }
        drop(open);
        self.changed
            .iter()
            .for_each(|outside| outside.tensor.storage().touch(at));
        self.grads.iter().for_each(Product::hand_over);
        Ok(())
    }

    /// The `i`-th result of the last run.
    pub(super) fn result(&self, i: usize) -> Tensor {
        self.results[i].tensor.clone()
    }

    /// Tensors from outside that the step changes.
    pub(super) fn changed(&self) -> impl Iterator<Item = &Tensor> {
        self.changed.iter().map(|outside| &outside.tensor)
    }
}

/// Leaves whose gradient the step has made, with that gradient.
fn leaves_with_gradients(trace: &Trace) -> Vec<(NodeRef, Tensor)> {
    let mut found: Vec<(NodeRef, Tensor)> = Vec::new();
    for leaf in &trace.leaves {
        let grad = leaf
            .leaf()
            .and_then(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner).clone());
        let again = found.iter().any(|(other, _)| Arc::ptr_eq(other, leaf));
        if let (Some(grad), false) = (grad, again) {
            found.push((leaf.clone(), grad));
        }
    }
    found
}

fn take_input(banks: &mut Banks, slot: &mut Input, input: &Tensor) {
    let version = input.0.hold.version();
    let same = slot
        .seen
        .as_ref()
        .is_some_and(|(seen, at)| seen.is_same(input) && *at == version);
    if same {
        return;
    }
    with_dtype!(input.dtype(), T => {
        let mut data = input.values::<T>().into_data();
        T::bank_mut(banks).swap_held(slot.slot, &mut data);
    });
    slot.seen = Some((input.clone(), version));
}

impl Product {
    /// Makes sure that nobody outside sees the values that the next run writes.
    fn own_again(&mut self) {
        let placed = self.leaf.as_ref().is_some_and(|leaf| {
            let grad = leaf
                .leaf()
                .map(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner));
            grad.is_some_and(|grad| grad.as_ref().is_some_and(|grad| grad.is_same(&self.tensor)))
        });
        let handles = 1 + usize::from(placed);
        let shared = Arc::strong_count(&self.tensor.0) > handles
            || Arc::strong_count(self.tensor.storage()) > 1;
        if shared {
            self.tensor = fresh(self.tensor.shape(), self.tensor.dtype());
        }
    }

    /// Gives the leaf its gradient.
    fn hand_over(&self) {
        let Some(slot) = self.leaf.as_ref().and_then(|leaf| leaf.leaf()) else {
            return;
        };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if !slot.as_ref().is_some_and(|grad| grad.is_same(&self.tensor)) {
            *slot = Some(self.tensor.clone());
        }
    }
}

impl Node {
    fn run(&self, banks: &mut Banks) {
        let block = if self.by_blocks { BLOCK } else { self.len };
        let mut start = 0;
        while start < self.len {
            let span = Span {
                start,
                len: block.min(self.len - start),
            };
            for (pass, ports) in &self.passes {
                pass(banks, ports, span);
            }
            start += span.len;
        }
    }
}

/// The values that a step may change, kept to be put back.
pub(super) fn saved<'a>(tensors: impl Iterator<Item = &'a Tensor>) -> Vec<(Tensor, Buffer)> {
    tensors
        .map(|tensor| {
            let copy = with_dtype!(tensor.dtype(), T => {
                let data = tensor.0.hold.snapshot_as::<T>();
                T::into_buffer(Data::from_slice(&data))
            });
            (tensor.clone(), copy)
        })
        .collect()
}

/// Puts saved values back and returns those that stood there.
pub(super) fn restore(saved: Vec<(Tensor, Buffer)>) -> Vec<(Tensor, Buffer)> {
    saved
        .into_iter()
        .map(|(tensor, buffer)| {
            let storage: &Storage = tensor.storage();
            let old = std::mem::replace(&mut *storage.hold(), buffer);
            (tensor, old)
        })
        .collect()
}

impl Program {
    /// Whether the leaves have the gradients that the last run made.
    pub(super) fn agrees_on_gradients(&self) -> bool {
        self.grads.iter().all(|product| {
            let slot = product.leaf.as_ref().and_then(|leaf| leaf.leaf());
            let grad =
                slot.and_then(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner).clone());
            grad.is_some_and(|grad| same_bits(&grad, &product.tensor))
        })
    }
}

/// Whether two tensors hold the same numbers; one NaN is as good as another.
pub(super) fn same_bits(a: &Tensor, b: &Tensor) -> bool {
    a.dtype() == b.dtype()
        && a.shape() == b.shape()
        && with_dtype!(a.dtype(), T => same_values::<T>(&a.values(), &b.values()))
}

pub(super) fn same_buffers(a: &Buffer, b: &Buffer) -> bool {
    a.dtype() == b.dtype()
        && with_dtype!(a.dtype(), T => match (T::data(a), T::data(b)) {
            (Some(a), Some(b)) => same_values::<T>(a, b),
            _ => false,
        })
}

fn same_values<T: Element>(a: &[T], b: &[T]) -> bool {
    a.len() == b.len()
        && a.iter()
            .zip(b)
            .all(|(&a, &b)| a == b || (a.is_nan() && b.is_nan()))
}
