//! The gradients that a walk has not handed on yet.

use super::node::{NodeRef, id};
use crate::Tensor;
use crate::dtype::with_float;
use std::collections::{BinaryHeap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

/// Nodes whose gradients are not complete, those recorded last first and leaves at the end.
///
/// A node's order is above those of all nodes that it leads to, so the highest can get no more gradients; and as in
/// PyTorch, a node that several others lead to gets their gradients in the reverse order of their recording.
#[derive(Default)]
pub(super) struct Frontier {
    nodes: Waiting,
    leaves: Waiting,
}

impl Frontier {
    #[inline]
    pub(super) fn add(&mut self, node: NodeRef, grad: Tensor, recording: bool) {
        let waiting = match node.is_leaf() {
            true => &mut self.leaves,
            false => &mut self.nodes,
        };
        waiting.add(node, grad, recording);
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<(NodeRef, Tensor)> {
        self.nodes.pop().or_else(|| self.leaves.pop())
    }
}

/// So many nodes are looked through as quickly as one of a table is found.
const FEW: usize = 16;

/// Nodes with the gradients that they have got.
#[derive(Default)]
struct Waiting {
    few: Vec<(NodeRef, Tensor)>,
    /// All of them, once there were too many to look through.
    many: Option<Box<Table>>,
}

impl Waiting {
    #[inline]
    fn add(&mut self, node: NodeRef, grad: Tensor, recording: bool) {
        if let Some(table) = &mut self.many {
            return table.add(node, grad, recording);
        }
        let own = id(&node);
        match self.few.iter().position(|(other, _)| id(other) == own) {
            Some(at) => {
                let (node, old) = self.few.swap_remove(at);
                self.few.push((node, sum(old, grad, recording)));
            }
            None if self.few.len() < FEW => self.few.push((node, grad)),
            None => {
                let table = self.many.insert(Box::default());
                for (node, grad) in self.few.drain(..).chain([(node, grad)]) {
                    table.add(node, grad, recording);
                }
            }
        }
    }

    #[inline]
    fn pop(&mut self) -> Option<(NodeRef, Tensor)> {
        if let Some(table) = &mut self.many {
            return table.pop();
        }
        let order = |(node, _): &(NodeRef, Tensor)| node.header().order;
        let last = self
            .few
            .iter()
            .enumerate()
            .max_by_key(|(_, entry)| order(entry));
        let at = last?.0;
        Some(self.few.swap_remove(at))
    }
}

/// Many nodes with the gradients that they have got.
#[derive(Default)]
struct Table {
    order: BinaryHeap<(u64, usize)>,
    entries: Vec<Option<(NodeRef, Tensor)>>,
    free: Vec<usize>,
    /// Where each node stands in `entries`.
    places: HashMap<usize, usize, ById>,
}

impl Table {
    fn add(&mut self, node: NodeRef, grad: Tensor, recording: bool) {
        if let Some(&place) = self.places.get(&id(&node)) {
            let entry = &mut self.entries[place];
            if let Some((node, old)) = entry.take() {
                *entry = Some((node, sum(old, grad, recording)));
            }
            return;
        }
        let place = match self.free.pop() {
            Some(place) => place,
            None => {
                self.entries.push(None);
                self.entries.len() - 1
            }
        };
        self.places.insert(id(&node), place);
        self.order.push((node.header().order, place));
        self.entries[place] = Some((node, grad));
    }

    fn pop(&mut self) -> Option<(NodeRef, Tensor)> {
        let (_, place) = self.order.pop()?;
        let (node, grad) = self.entries[place].take()?;
        self.places.remove(&id(&node));
        self.free.push(place);
        Some((node, grad))
    }
}

/// A hasher for addresses, which are spread well enough after one multiplication.
#[derive(Default)]
pub(crate) struct AddressHasher(u64);
pub(crate) type ById = BuildHasherDefault<AddressHasher>;

impl Hasher for AddressHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|&b| self.write_usize(usize::from(b)));
    }
    fn write_usize(&mut self, value: usize) {
        self.0 = (self.0 ^ value as u64)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15)
            .rotate_left(26);
    }
}

/// The sum of two gradients of one shape and type, in place where nobody else sees the first.
pub(super) fn sum(mut first: Tensor, second: Tensor, recording: bool) -> Tensor {
    if !recording {
        with_float!(first.dtype(), T => if let Some(sums) = first.exclusive::<T>() {
            crate::kernels::elementwise::update(sums, &second.values::<T>(), |a, b| a + b);
            return first;
        }, else {});
    }
    first.add(&second)
}
