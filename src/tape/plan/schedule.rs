//! The order of a plan's steps, and where their values stand: elementwise steps over equally many elements come
//! together, so that a block of them goes through all while it is in the nearest cache.

use super::bank::{BLOCK, Banks, LANES, Port, Walk};
use super::kernel::Pass;
use super::lower::{Access, Low};
use super::shared::Shared;
use super::trace::{Source, Trace, Value, ValueId};
use crate::DType;
use crate::dtype::{Element, with_dtype};
use smallvec::SmallVec;

/// The places that a step reads and writes.
pub(super) type Ports = SmallVec<[Port; 3]>;

/// A pass and its places.
pub(super) struct Placed {
    pub(super) pass: Pass,
    pub(super) ports: Ports,
    /// Whether it takes whole arrays of few elements.
    pub(super) few: bool,
}

/// Passes over the same number of elements, or one pass over the whole of its operands.
pub(super) struct Node {
    pub(super) len: usize,
    pub(super) by_blocks: bool,
    pub(super) passes: Vec<Placed>,
    /// For a node that is shared out to threads.
    pub(super) shared: Option<Shared>,
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
        self.set(id, value, slot, Walk::Along)
    }

    /// A value in a place of the plan's own.
    pub(super) fn add_own(&mut self, banks: &mut Banks, id: ValueId, value: &Value) -> Port {
        let slot = with_dtype!(value.dtype, T => match value.is_few() {
            true => T::bank_mut(banks).add_few(),
            false => T::bank_mut(banks).add_own(value.len),
        });
        self.set(id, value, slot, Walk::Along)
    }

    /// A value in a vector that a tensor lends while the step runs.
    pub(super) fn add_lent(&mut self, banks: &mut Banks, id: ValueId, value: &Value) -> Port {
        self.roomy[id] = value.is_few();
        self.add_own(banks, id, value)
    }

    fn set(&mut self, id: ValueId, value: &Value, slot: usize, walk: Walk) -> Port {
        let port = Port {
            slot,
            few: value.is_few(),
            walk,
            base: 0,
            len: value.len,
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
    pub(super) fn of_step(&self, trace: &Trace, low: &Low) -> Ports {
        let operands = low.operands.iter();
        let operands =
            operands.map(|&(id, access, base)| self.port(root(trace, id)).at(access, base));
        let results = low.results.iter().map(|&id| {
            let port = self.port(root(trace, id));
            match low.sums {
                true => Port {
                    walk: Walk::Sums,
                    ..port
                },
                false => port,
            }
        });
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

impl Value {
    fn is_few(&self) -> bool {
        self.len <= LANES
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

/// Places that are free to be written, by element type.
#[derive(Default)]
struct Free {
    few: Vec<(DType, usize)>,
    whole: Vec<(DType, usize)>,
    blocks: Vec<(DType, usize)>,
}

/// The last free place of this type.
fn last(free: &mut Vec<(DType, usize)>, dtype: DType) -> Option<usize> {
    let at = free.iter().rposition(|free| free.0 == dtype)?;
    Some(free.swap_remove(at).1)
}

impl Free {
    fn take_few(&mut self, banks: &mut Banks, dtype: DType) -> usize {
        last(&mut self.few, dtype)
            .unwrap_or_else(|| with_dtype!(dtype, T => T::bank_mut(banks).add_few()))
    }

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
        last(&mut self.blocks, dtype)
            .unwrap_or_else(|| with_dtype!(dtype, T => T::bank_mut(banks).add_block()))
    }

    /// A place for a value, and how passes walk over it; a block where the value is `passing` from one pass to the next.
    fn take(&mut self, banks: &mut Banks, value: &Value, passing: bool) -> (Kind, Walk, usize) {
        let dtype = value.dtype;
        match (value.is_few(), passing) {
            (true, _) => (Kind::Few, Walk::Along, self.take_few(banks, dtype)),
            (_, true) => (Kind::Block, Walk::Block, self.take_block(banks, dtype)),
            _ => {
                let slot = self.take_whole(banks, dtype, value.len);
                (Kind::Whole, Walk::Along, slot)
            }
        }
    }

    fn give(&mut self, kind: Kind, dtype: DType, slot: usize) {
        let list = match kind {
            Kind::Few => &mut self.few,
            Kind::Whole => &mut self.whole,
            Kind::Block => &mut self.blocks,
        };
        list.push((dtype, slot));
    }
}

#[derive(Clone, Copy)]
enum Kind {
    Few,
    Whole,
    Block,
}

/// A place in use until a node, or until a step of one.
struct Busy {
    last: usize,
    kind: Kind,
    dtype: DType,
    slot: usize,
}

/// Frees the places that are not in use any more.
fn release(busy: &mut Vec<Busy>, free: &mut Free, ended: impl Fn(usize) -> bool) {
    busy.retain(|place| {
        let done = ended(place.last);
        if done {
            free.give(place.kind, place.dtype, place.slot);
        }
        !done
    });
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
    // Until a node ends, and until a step of the node that is at hand.
    let (mut busy, mut brief) = (Vec::new(), Vec::new());
    let mut nodes = Vec::new();
    for (at_node, steps) in order.iter().enumerate() {
        release(&mut busy, &mut free, |last| last < at_node);
        let mut roomy = true;
        let mut types = Vec::with_capacity(steps.len());
        let mut node = Node {
            len: 0,
            by_blocks: false,
            passes: Vec::new(),
            shared: None,
        };
        for (at, &step) in steps.iter().enumerate() {
            let low = lows[step].take().expect("each step stands in one node");
            for &id in &low.results {
                let own = root(trace, id);
                if slots.has(own) {
                    continue;
                }
                let value = &trace.values[own];
                let life = lives[own].expect("the step itself makes it");
                let passing = low.len.is_some() && life.near && life.last == at_node;
                let (kind, walk, slot) = free.take(banks, value, passing);
                slots.set(own, value, slot, walk);
                let (list, last) = match passing {
                    true => (&mut brief, life.last_step),
                    false => (&mut busy, life.last),
                };
                list.push(Busy {
                    last,
                    kind,
                    dtype: value.dtype,
                    slot,
                });
            }
            let ports = slots.of_step(trace, &low);
            roomy &= slots.are_roomy(trace, &low);
            node.len = low
                .len
                .unwrap_or_else(|| low.results.first().map_or(1, |&id| trace.values[id].len));
            node.by_blocks = low.len.is_some();
            let values = low.operands.iter().map(|operand| operand.0);
            let values = values.chain(low.results.iter().copied());
            types.push(values.map(|id| trace.values[id].dtype).collect());
            node.passes.push(Placed {
                few: low.pass.takes_few(&ports),
                pass: low.pass,
                ports,
            });
            release(&mut brief, &mut free, |last| last <= at);
        }
        if node.by_blocks && roomy && (LANES..=BLOCK).contains(&node.len) {
            node.len = node.len.next_multiple_of(LANES);
        }
        if node.by_blocks {
            let ports = node.passes.iter().map(|placed| &placed.ports);
            node.shared = Shared::of(node.len, ports.zip(types));
        }
        nodes.push(node);
    }
    nodes
}
