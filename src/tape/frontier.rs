//! The gradients that a walk has not handed on yet.

use super::node::{NodeRef, id};
use crate::Tensor;
use crate::dtype::with_float;
use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap};
use std::hash::{BuildHasherDefault, Hasher};

/// Nodes whose gradients are not complete, the ones of highest rank first.
///
/// A node's rank is above those of all nodes that it leads to, so the highest can get no more gradients.
#[derive(Default)]
pub(super) struct Frontier {
    /// The only node, where there is no other: along a chain nothing needs to be looked for.
    single: Option<(NodeRef, Tensor)>,
    order: BinaryHeap<(u32, Reverse<usize>)>,
    entries: Vec<Option<(NodeRef, Tensor)>>,
    free: Vec<usize>,
    /// Where each node stands in `entries`; kept once there are too many of them to look through.
    places: Option<HashMap<usize, usize, ById>>,
}

/// So many entries are looked through as quickly as one of a table is found.
const FEW: usize = 16;

impl Frontier {
    #[inline]
    pub(super) fn add(&mut self, node: NodeRef, grad: Tensor, recording: bool) {
        match self.single.take() {
            None if self.order.is_empty() => self.single = Some((node, grad)),
            None => self.add_to_many(node, grad, recording),
            Some((other, old)) if id(&other) == id(&node) => {
                self.single = Some((node, sum(old, grad, recording)));
            }
            Some((other, old)) => {
                self.add_to_many(other, old, recording);
                self.add_to_many(node, grad, recording);
            }
        }
    }

    fn add_to_many(&mut self, node: NodeRef, grad: Tensor, recording: bool) {
        if let Some(place) = self.find(id(&node)) {
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
        if let Some(places) = &mut self.places {
            places.insert(id(&node), place);
        }
        self.order.push((node.header().rank, Reverse(place)));
        self.entries[place] = Some((node, grad));
        if self.places.is_none() && self.entries.len() > FEW {
            let entries = self.entries.iter().enumerate();
            let place = |(place, entry): (usize, &Option<(NodeRef, Tensor)>)| {
                entry.as_ref().map(|(node, _)| (id(node), place))
            };
            self.places = Some(entries.filter_map(place).collect());
        }
    }

    fn find(&self, node: usize) -> Option<usize> {
        match &self.places {
            Some(places) => places.get(&node).copied(),
            None => self.entries.iter().position(|entry| {
                let other = entry.as_ref().map(|(other, _)| id(other));
                other == Some(node)
            }),
        }
    }

    #[inline]
    pub(super) fn pop(&mut self) -> Option<(NodeRef, Tensor)> {
        if let Some(single) = self.single.take() {
            return Some(single);
        }
        let (_, Reverse(place)) = self.order.pop()?;
        let (node, grad) = self.entries[place].take()?;
        if let Some(places) = &mut self.places {
            places.remove(&id(&node));
        }
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
