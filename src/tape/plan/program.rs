//! A recorded step made ready to run again.

use super::bank::{BLOCK, Banks, Port, Span};
use super::lower::{Low, copied, lower};
use super::schedule::{Node, Placed, Slots, place, root};
use super::trace::{Source, Trace, ValueId};
use crate::dtype::{Element, with_dtype};
use crate::error::Result;
use crate::shape::Dims;
use crate::tape::node::NodeRef;
use crate::tensor::storage::{Buffer, Contents, Data, Storage};
use crate::{DType, Tensor};
use smallvec::SmallVec;
use std::panic::Location;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, MutexGuard, PoisonError};

/// A tensor from outside: a constant, or a parameter that the step changes.
struct Outside {
    tensor: Tensor,
    port: Port,
    /// The version of its storage at which its values were taken; none before the first run.
    seen: Option<u32>,
}

/// A tensor that the step makes and that lives on: a result, or a leaf's gradient.
struct Product {
    tensor: Tensor,
    port: Port,
    leaf: Option<NodeRef>,
}

/// An argument of the step.
struct Input {
    port: Port,
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
    counters: Vec<Arc<AtomicU64>>,
}

/// Values of tensors that a run has locked.
type Open<'a> = SmallVec<[MutexGuard<'a, Contents>; 16]>;

/// A tensor that owns its elements, for values of a step.
fn fresh(shape: &[usize], dtype: DType) -> Tensor {
    let len = shape.iter().product();
    with_dtype!(dtype, T => Tensor::from_data(shape.into(), Data::<T>::scratch(len)))
}

impl Program {
    /// Makes a record ready. `results` are what the step returned.
    pub(super) fn new(mut trace: Trace, results: &[Tensor]) -> Program {
        let leaves = leaves_with_gradients(&trace);
        let results = results.iter().map(|tensor| (tensor, None));
        let grads = leaves.iter().map(|(leaf, grad)| (grad, Some(leaf.clone())));
        let products: Vec<(ValueId, Dims, Option<NodeRef>)> = results
            .chain(grads)
            .map(|(tensor, leaf)| (trace.value_of(tensor), tensor.shape().into(), leaf))
            .collect();
        trace.release();
        let wanted: Vec<ValueId> = products.iter().map(|product| product.0).collect();
        let mut lows = lower(&mut trace, &wanted);
        let mut program = Program {
            banks: Banks::default(),
            nodes: Vec::new(),
            inputs: Vec::new(),
            read: Vec::new(),
            changed: Vec::new(),
            results: Vec::new(),
            grads: Vec::new(),
            counters: std::mem::take(&mut trace.counters),
        };
        let products = apart(&mut trace, products, &mut lows);
        let mut slots = Slots::new(trace.values.len());
        let fixed = program.add_sources(&trace, &mut slots);
        for (id, shape, leaf) in products {
            let id = root(&trace, id);
            let value = &trace.values[id];
            let port = slots.add_lent(&mut program.banks, id, value);
            let list = match leaf {
                None => &mut program.results,
                Some(_) => &mut program.grads,
            };
            list.push(Product {
                tensor: fresh(&shape, value.dtype),
                port,
                leaf,
            });
        }
        let lows = program.run_fixed(&trace, lows, &mut slots, fixed);
        program.nodes = place(&trace, lows, &mut program.banks, &mut slots);
        program
    }

    /// Gives the values that the step does not make their places; tells which of them never change.
    fn add_sources(&mut self, trace: &Trace, slots: &mut Slots) -> Vec<bool> {
        let changes = |&id: &ValueId| matches!(trace.values[id].source, Source::Changed(_));
        let ids = 0..trace.values.len();
        let changed: Vec<ValueId> = ids.filter(changes).map(|id| root(trace, id)).collect();
        let mut fixed = vec![false; trace.values.len()];
        for (id, value) in trace.values.iter().enumerate() {
            let banks = &mut self.banks;
            match &value.source {
                Source::Input => {
                    let port = slots.add_read(banks, id, value);
                    self.inputs.push(Input { port, seen: None });
                }
                Source::Constant(buffer) => {
                    let port = slots.add_read(banks, id, value);
                    banks.fill(port, buffer.clone());
                    fixed[id] = true;
                }
                Source::Outside(tensor) => {
                    let lent = changed.contains(&id);
                    // What only the record holds was made by the step itself.
                    fixed[id] = !lent && Arc::strong_count(tensor.storage()) == 1;
                    let (list, port) = match lent {
                        true => (&mut self.changed, slots.add_lent(banks, id, value)),
                        false => (&mut self.read, slots.add_read(banks, id, value)),
                    };
                    list.push(Outside {
                        tensor: tensor.clone(),
                        port,
                        seen: None,
                    });
                }
                Source::Made | Source::Changed(_) => {}
            }
        }
        self.changed
            .sort_by_key(|outside| Arc::as_ptr(outside.tensor.storage()) as usize);
        fixed
    }

    /// Runs the steps that give the same values every time, once for all; returns the others.
    fn run_fixed(
        &mut self,
        trace: &Trace,
        lows: Vec<Low>,
        slots: &mut Slots,
        mut fixed: Vec<bool>,
    ) -> Vec<Low> {
        self.take_outside();
        let mut left = Vec::with_capacity(lows.len());
        for low in lows {
            let known = low.operands.iter().all(|operand| fixed[operand.0]);
            let own = |id: ValueId| {
                matches!(trace.values[id].source, Source::Made)
                    && !slots.has(id)
                    && !trace.is_changed(id)
            };
            let result = match low.results[..] {
                [result] if known && own(result) => result,
                _ => {
                    left.push(low);
                    continue;
                }
            };
            let value = &trace.values[result];
            slots.add_own(&mut self.banks, result, value);
            fixed[result] = true;
            let ports = slots.of_step(trace, &low);
            let len = low.len.unwrap_or(value.len);
            low.pass
                .run(&mut self.banks, &ports, Span { start: 0, len });
        }
        left
    }

    /// Takes the values of tensors from outside that are new.
    fn take_outside(&mut self) {
        for outside in &mut self.read {
            let version = outside.tensor.0.hold.version();
            if outside.seen != Some(version) {
                self.banks
                    .fill(outside.port, outside.tensor.0.hold.snapshot());
                outside.seen = Some(version);
            }
        }
    }

    /// Runs the step on these arguments.
    ///
    /// # Errors
    /// If a step refuses the values, as a loss does labels that are no class.
    pub(super) fn run(&mut self, inputs: &[&Tensor], at: &'static Location<'static>) -> Result<()> {
        for (slot, input) in self.inputs.iter_mut().zip(inputs) {
            take_input(&mut self.banks, slot, input);
        }
        self.take_outside();
        self.grads.iter_mut().for_each(Product::own_again);
        let changed = self
            .changed
            .iter()
            .map(|outside| (&outside.tensor, outside.port));
        let grads = self
            .grads
            .iter()
            .map(|product| (&product.tensor, product.port));
        let mut open: Open<'_> = SmallVec::new();
        for (tensor, port) in changed.clone().chain(grads.clone()) {
            let mut contents = tensor.storage().hold();
            self.banks.lend(port, &mut contents.buffer);
            open.push(contents);
        }
        for product in self.results.iter_mut().filter(|product| !product.port.few) {
            product.exclusive(|buffer, port| self.banks.lend(port, buffer));
        }
        for node in &self.nodes {
            node.run(&mut self.banks);
            if self.banks.failure.is_some() {
                break;
            }
        }
        for product in &mut self.results {
            product.exclusive(|buffer, port| self.banks.take_back(port, buffer));
        }
        for (contents, (_, port)) in open.iter_mut().zip(changed.clone().chain(grads)) {
            self.banks.take_back(port, &mut contents.buffer);
        }
        for (contents, (tensor, _)) in open.iter_mut().zip(changed) {
            tensor.storage().touch(contents, at);
        }
        drop(open);
        if self.banks.failure.is_some() {
            // An error is large, and there hardly ever is one.
            return self.banks.failure.take().map_or(Ok(()), Err);
        }
        self.grads.iter().for_each(Product::hand_over);
        Ok(())
    }

    /// Counts the last run.
    pub(super) fn count(&self) {
        for counter in &self.counters {
            // Nobody else counts while the step runs, and a locked instruction takes as long as a pass.
            counter.store(counter.load(Relaxed) + 1, Relaxed);
        }
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

/// Products that each have a value of their own: where leaves share a gradient, or it is no result of the step, a copy.
fn apart(
    trace: &mut Trace,
    products: Vec<(ValueId, Dims, Option<NodeRef>)>,
    lows: &mut Vec<Low>,
) -> Vec<(ValueId, Dims, Option<NodeRef>)> {
    let mut taken: Vec<ValueId> = Vec::new();
    products
        .into_iter()
        .map(|(id, shape, leaf)| {
            let first = root(trace, id);
            let own = matches!(trace.values[first].source, Source::Made) && !taken.contains(&first);
            let id = if own { id } else { copied(trace, id, lows) };
            taken.push(root(trace, id));
            (id, shape, leaf)
        })
        .collect()
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
    let values = with_dtype!(input.dtype(), T => T::into_buffer(input.values::<T>().into_data()));
    banks.fill(slot.port, values);
    slot.seen = Some((input.clone(), version));
}

/// The values of a tensor that nobody else holds.
fn exclusive(tensor: &mut Tensor) -> Option<&mut Buffer> {
    tensor.alone()?.hold.exclusive()
}

impl Product {
    /// Calls `f` with the values of a result; a new one takes its place where it is still held outside.
    fn exclusive(&mut self, f: impl FnOnce(&mut Buffer, Port)) {
        if let Some(buffer) = exclusive(&mut self.tensor) {
            return f(buffer, self.port);
        }
        self.tensor = fresh(self.tensor.shape(), self.tensor.dtype());
        let buffer = exclusive(&mut self.tensor).expect("nobody else has seen it");
        f(buffer, self.port);
    }

    /// Makes sure that nobody outside sees the values that the next run writes.
    fn own_again(&mut self) {
        let placed = self.leaf.as_ref().is_some_and(|leaf| {
            let grad = leaf
                .leaf()
                .map(|slot| slot.lock().unwrap_or_else(PoisonError::into_inner));
            grad.is_some_and(|grad| grad.as_ref().is_some_and(|grad| grad.is_same(&self.tensor)))
        });
        let handles = 1 + usize::from(placed);
        let shared =
            self.tensor.handles() > handles || Arc::strong_count(self.tensor.storage()) > 1;
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
        match &self.shared {
            Some(shared) => shared.run(self.len, &self.passes, banks),
            None if self.by_blocks => self.by_blocks(banks),
            // Once, even where the first of several results is empty.
            None => {
                let (start, len) = (0, self.len);
                self.pass_over(banks, Span { start, len });
            }
        }
    }

    fn by_blocks(&self, banks: &mut Banks) {
        for start in (0..self.len).step_by(BLOCK) {
            let len = BLOCK.min(self.len - start);
            self.pass_over(banks, Span { start, len });
        }
    }

    fn pass_over(&self, banks: &mut Banks, span: Span) {
        for Placed { pass, ports, few } in &self.passes {
            match few {
                true => pass.run_few(banks, ports),
                false => pass.run(banks, ports, span),
            }
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
            let old = std::mem::replace(&mut storage.hold().buffer, buffer);
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
