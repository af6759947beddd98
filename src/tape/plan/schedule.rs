//! The order of a plan's steps, and where their values stand: elementwise steps over equally many elements come
//! together, so that a block of them goes through all while it is in the nearest cache.

use super::bank::{Banks, LANES, Port, Walk};
use super::kernel::Pass;
use super::lower::{Access, Low};
use super::trace::{Source, Trace, Value, ValueId};
use crate::DType;
use crate::dtype::{Element, with_dtype};
use crate::tensor::storage::INLINE;

/// Elements of a block.
pub(super) const BLOCK: usize = 1024;

/// Passes over the same number of elements, or one pass over the whole of its operands.
pub(super) struct Node {
    pub(super) len: usize,
    pub(super) by_blocks: bool,
    pub(super) passes: Vec<(Pass, Vec<Port>)>,
}

/// Puts each step as early as its operands allow beside others of its length; whole ones keep their order.
pub(super) fn order(trace: &Trace, lows: &[Low]) -> Vec<Vec<usize>> {
    let mut nodes: Vec<Vec<usize>> = Vec::new();
    let mut lens: Vec<Option<usize>> = Vec::new();
    let mut ready = vec![0; trace.values.len()];
    for (at, low) in lows.iter().enumerate() {
        let first = low.operands.iter().map(|&(id, access, _)| match access {
            // A value of the same group is read as soon as its block is there.
            Access::Near => ready[id],
            _ => ready[id] + 1,
        });
        let first = first
            .max()
            .map_or(0, |first: usize| first.saturating_sub(1));
        let same = |&node: &usize| low.len.is_some() && lens[node] == low.len;
        let node = (first..nodes.len()).rev().find(same).unwrap_or_else(|| {
            nodes.push(Vec::new());
            lens.push(low.len);
            nodes.len() - 1
        });
        nodes[node].push(at);
        // Positions count from one, so that zero stands for values that are there from the start.
        low.results.iter().for_each(|&id| ready[id] = node + 1);
    }
    nodes
}

/// Where values stand.
pub(super) struct Slots {
    ports: Vec<Option<Port>>,
    /// Whether a value's vector has room for whole lanes.
    roomy: Vec<bool>,
}

impl Slots {
    pub(super) fn new(values: usize) -> Self {
        Slots {
            ports: vec![None; values],
            roomy: vec![true; values],
        }
    }

    /// A value that is only read, beside its tensor unless it is small.
    pub(super) fn add_read(&mut self, banks: &mut Banks, id: ValueId, value: &Value) -> Port {
        if value.len <= BLOCK {
            return self.add_own(banks, id, value);
        }
        let slot = with_dtype!(value.dtype, T => T::bank_mut(banks).add_held());
        self.roomy[id] = false;
        self.set(id, slot, true, Walk::Along)
    }

    /// A value in a vector of the plan's own.
    pub(super) fn add_own(&mut self, banks: &mut Banks, id: ValueId, value: &Value) -> Port {
        let slot = with_dtype!(value.dtype, T => T::bank_mut(banks).add_own(value.len));
        self.set(id, slot, false, Walk::Along)
    }

    /// A value in a vector that a tensor lends while the step runs.
    pub(super) fn add_lent(&mut self, banks: &mut Banks, id: ValueId, value: &Value) -> Port {
        self.roomy[id] = value.len <= INLINE;
        self.add_own(banks, id, value)
    }

    fn set(&mut self, id: ValueId, slot: usize, held: bool, walk: Walk) -> Port {
        let port = Port {
            slot,
            held,
            walk,
            base: 0,
        };
        self.ports[id] = Some(port);
        port
    }

    pub(super) fn has(&self, id: ValueId) -> bool {
        self.ports[id].is_some()
    }

    fn port(&self, id: ValueId) -> Port {
        self.ports[id].expect("every value has a place before it is read")
    }

    /// The places that a step reads and writes.
    pub(super) fn of_step(&self, trace: &Trace, low: &Low) -> Vec<Port> {
        let operands = low.operands.iter();
        let operands =
            operands.map(|&(id, access, base)| self.port(root(trace, id)).at(access, base));
        let results = low.results.iter().map(|&id| self.port(root(trace, id)));
        operands.chain(results).collect()
    }

    /// Whether all values of a step have room for whole lanes.
    fn are_roomy(&self, trace: &Trace, low: &Low) -> bool {
        let read = low
            .operands
            .iter()
            .filter(|operand| operand.1 == Access::Near)
            .map(|operand| &operand.0);
        read.chain(&low.results)
            .all(|&id| self.roomy[root(trace, id)])
    }
}

/// The value whose place a changed one takes.
pub(super) fn root(trace: &Trace, mut id: ValueId) -> ValueId {
    while let Source::Changed(old) = trace.values[id].source {
        id = old;
    }
    id
}

/// When a value is made and read: its last node and its last step there.
#[derive(Clone, Copy)]
struct Life {
    last: usize,
    last_step: usize,
    near: bool,
}

fn lives(trace: &Trace, lows: &[Low], nodes: &[Vec<usize>]) -> Vec<Option<Life>> {
    let mut lives: Vec<Option<Life>> = vec![None; trace.values.len()];
    for (node, steps) in nodes.iter().enumerate() {
        for (at, &step) in steps.iter().enumerate() {
            let low = &lows[step];
            let read = low
                .operands
                .iter()
                .map(|&(id, access, _)| (id, access == Access::Near));
            let made = low.results.iter().map(|&id| (id, low.len.is_some()));
            for (id, near) in read.chain(made) {
                let life = lives[root(trace, id)].get_or_insert(Life {
                    last: node,
                    last_step: at,
                    near: true,
                });
                (life.last, life.last_step) = (node, at);
                life.near &= near;
            }
        }
    }
    lives
}

/// Own vectors that are free to be written, by element type.
#[derive(Default)]
struct Free {
    whole: Vec<(DType, usize)>,
    blocks: Vec<(DType, usize)>,
}

impl Free {
    /// The free vector that fits best, or a new one.
    fn take_whole(&mut self, banks: &mut Banks, dtype: DType, len: usize) -> usize {
        with_dtype!(dtype, T => {
            let size = |&slot: &usize| T::bank(banks).own_len(slot);
            let fitting = self.whole.iter().enumerate().filter(|(_, free)| free.0 == dtype).map(|(i, free)| (i, free.1));
            let best = fitting.min_by_key(|(_, slot)| (size(slot) < len, size(slot).abs_diff(len)));
            let bank = T::bank_mut(banks);
            match best {
                Some((i, slot)) => {
                    self.whole.swap_remove(i);
                    bank.grow_own(slot, len);
                    slot
                }
                None => bank.add_own(len),
            }
        })
    }

    fn take_block(&mut self, banks: &mut Banks, dtype: DType) -> usize {
        let free = self.blocks.iter().rposition(|free| free.0 == dtype);
        match free {
            Some(i) => self.blocks.swap_remove(i).1,
            None => with_dtype!(dtype, T => T::bank_mut(banks).add_own(BLOCK)),
        }
    }
}

/// Gives every value a place and puts the passes in order.
pub(super) fn place(
    trace: &Trace,
    lows: Vec<Low>,
    banks: &mut Banks,
    slots: &mut Slots,
) -> Vec<Node> {
    let order = order(trace, &lows);
    let lives = lives(trace, &lows, &order);
    let mut lows: Vec<Option<Low>> = lows.into_iter().map(Some).collect();
    let mut free = Free::default();
    let mut busy: Vec<(usize, DType, usize)> = Vec::new();
    let mut nodes = Vec::new();
    for (at_node, steps) in order.iter().enumerate() {
        busy.retain(|&(last, dtype, slot)| {
            let lives_on = last >= at_node;
            if !lives_on {
                free.whole.push((dtype, slot));
            }
            lives_on
        });
        let mut blocks: Vec<(usize, DType, usize)> = Vec::new();
        let mut roomy = true;
        let mut node = Node {
            len: 0,
            by_blocks: false,
            passes: Vec::new(),
        };
        for (at, &step) in steps.iter().enumerate() {
            let low = lows[step].take().expect("each step stands in one node");
            for &id in &low.results {
                let own = root(trace, id);
                let value = &trace.values[own];
                if slots.ports[own].is_none() {
                    let life = lives[own].expect("the step itself makes it");
                    if low.len.is_some() && life.near && life.last == at_node {
                        let slot = free.take_block(banks, value.dtype);
                        slots.set(own, slot, false, Walk::Block);
                        blocks.push((life.last_step, value.dtype, slot));
                    } else {
                        let slot = free.take_whole(banks, value.dtype, value.len);
                        slots.set(own, slot, false, Walk::Along);
                        busy.push((life.last, value.dtype, slot));
                    }
                }
            }
            let ports = slots.of_step(trace, &low);
            roomy &= slots.are_roomy(trace, &low);
            node.len = low
                .len
                .unwrap_or_else(|| low.results.first().map_or(1, |&id| trace.values[id].len));
            node.by_blocks = low.len.is_some();
            node.passes.push((low.pass, ports));
            blocks.retain(|&(last, dtype, slot)| {
                let lives_on = last > at;
                if !lives_on {
                    free.blocks.push((dtype, slot));
                }
                lives_on
            });
        }
        if node.by_blocks && roomy && node.len <= BLOCK {
            node.len = node.len.next_multiple_of(LANES);
        }
        nodes.push(node);
    }
    nodes
}
