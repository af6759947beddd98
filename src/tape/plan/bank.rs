//! The values that a plan computes with: plain vectors, one after another written and read by its passes.

use crate::dtype::Element;
use crate::error::Error;
use crate::tensor::storage::{Buffer, Data};

/// Elements that loops take at a time.
pub(crate) const LANES: usize = 16;

/// The values of one element type.
pub struct Bank<T: Element> {
    /// Vectors that only the plan knows, with room for whole [`LANES`] behind their last element.
    own: Vec<Vec<T>>,
    /// Values that are only read, shared with tensors outside.
    held: Vec<Data<T>>,
}

impl<T: Element> Default for Bank<T> {
    fn default() -> Self {
        Bank {
            own: Vec::new(),
            held: Vec::new(),
        }
    }
}

/// The values of all element types.
#[derive(Default)]
pub struct Banks {
    pub(crate) f32: Bank<f32>,
    pub(crate) f64: Bank<f64>,
    pub(crate) i64: Bank<i64>,
    pub(crate) bool: Bank<bool>,
    /// What went wrong in a pass.
    pub(super) failure: Option<Error>,
}

/// Calls a macro's arm for the bank of a buffer's type.
macro_rules! with_bank {
    ($buffer:expr, $banks:expr, |$data:ident, $bank:ident| $body:expr) => {
        match $buffer {
            Buffer::F32($data) => {
                let $bank = &mut $banks.f32;
                $body
            }
            Buffer::F64($data) => {
                let $bank = &mut $banks.f64;
                $body
            }
            Buffer::I64($data) => {
                let $bank = &mut $banks.i64;
                $body
            }
            Buffer::Bool($data) => {
                let $bank = &mut $banks.bool;
                $body
            }
        }
    };
}

impl Banks {
    /// Puts values to be read into a slot.
    pub(super) fn fill(&mut self, port: Port, buffer: Buffer) {
        with_bank!(buffer, self, |data, bank| bank.fill(port, data));
    }

    /// Moves the values of a buffer into a slot to be changed.
    pub(super) fn lend(&mut self, slot: usize, buffer: &mut Buffer) {
        with_bank!(buffer, self, |data, bank| data.lend(&mut bank.own[slot]));
    }

    /// Moves values back into their buffer.
    pub(super) fn take_back(&mut self, slot: usize, buffer: &mut Buffer) {
        with_bank!(buffer, self, |data, bank| data
            .take_back(&mut bank.own[slot]));
    }
}

/// How a pass walks over the elements of an operand.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Walk {
    /// Along with the pass.
    Along,
    /// From the first element in every block, as one block is all there is.
    Block,
    /// One element stands for all.
    One,
}

/// Where an operand's or a result's elements stand.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Port {
    pub(crate) slot: usize,
    pub(crate) held: bool,
    pub(crate) walk: Walk,
    /// The first element's position.
    pub(crate) base: usize,
}

/// The elements that a pass is at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) len: usize,
}

/// The length of a vector for `len` elements.
fn padded(len: usize) -> usize {
    len.next_multiple_of(LANES) + LANES
}

impl<T: Element> Bank<T> {
    /// A vector for results; values of any kind until it is written.
    pub(super) fn add_own(&mut self, len: usize) -> usize {
        self.own.push(vec![T::default(); padded(len)]);
        self.own.len() - 1
    }

    pub(super) fn own_len(&self, slot: usize) -> usize {
        self.own[slot].len()
    }

    pub(super) fn grow_own(&mut self, slot: usize, len: usize) {
        if self.own[slot].len() < padded(len) {
            self.own[slot].resize(padded(len), T::default());
        }
    }

    pub(super) fn add_held(&mut self) -> usize {
        self.held.push(Data::scratch(0));
        self.held.len() - 1
    }

    fn fill(&mut self, port: Port, data: Data<T>) {
        match port.held {
            true => self.held[port.slot] = data,
            false => self.own[port.slot][..data.len()].copy_from_slice(&data),
        }
    }

    /// The elements of a port as a buffer; a vector of the plan's own is moved out.
    pub(super) fn move_out(&mut self, port: Port) -> Data<T> {
        match port.held {
            true => self.held[port.slot].clone(),
            false => Data::from_vec(std::mem::take(&mut self.own[port.slot])),
        }
    }

    /// Takes back what was moved out.
    pub(super) fn move_in(&mut self, port: Port, data: &mut Data<T>) {
        if !port.held {
            data.lend(&mut self.own[port.slot]);
        }
    }

    /// Puts a buffer's elements in the place of a result, without a copy where there is room for what else may come there.
    pub(super) fn put(&mut self, port: Port, mut data: Data<T>) {
        let own = &mut self.own[port.slot];
        match data.room() >= own.len() {
            true => data.lend(own),
            false => own[..data.len()].copy_from_slice(&data),
        }
    }

    /// Lets two vectors change places.
    #[inline]
    pub(super) fn swap_own(&mut self, a: usize, b: usize) {
        self.own.swap(a, b);
    }

    #[inline(always)]
    fn whole(&self, port: Port) -> &[T] {
        match port.held {
            true => &self.held[port.slot],
            false => &self.own[port.slot],
        }
    }

    /// An operand's elements, from its first one on.
    #[inline(always)]
    pub(crate) fn starting_at(&self, port: Port) -> &[T] {
        self.whole(port).get(port.base..).unwrap_or_default()
    }

    /// The elements of an operand that belong to `span`.
    #[inline(always)]
    pub(crate) fn read(&self, port: Port, span: Span) -> &[T] {
        let values = self.whole(port);
        match port.walk {
            Walk::Along => &values[port.base + span.start..][..span.len],
            Walk::Block => &values[port.base..][..span.len],
            Walk::One => &values[port.base..][..1],
        }
    }
}

/// Calls `f` with the elements of a result that belong to `span`, and with all other values.
#[inline(always)]
pub(crate) fn write<T: Element, R>(
    banks: &mut Banks,
    port: Port,
    span: Span,
    f: impl FnOnce(&Banks, &mut [T]) -> R,
) -> R {
    let from = match port.walk {
        Walk::Along => port.base + span.start,
        Walk::Block | Walk::One => port.base,
    };
    let mut own = std::mem::take(&mut T::bank_mut(banks).own[port.slot]);
    let result = f(banks, &mut own[from..][..span.len]);
    T::bank_mut(banks).own[port.slot] = own;
    result
}

/// As [`write`], with all elements of one result and of `N` more.
#[inline(always)]
pub(super) fn write_all<T: Element, const N: usize>(
    banks: &mut Banks,
    first: Port,
    others: [Port; N],
    f: impl FnOnce(&Banks, &mut [T], [&mut [T]; N]),
) {
    let mut take = |port: Port| std::mem::take(&mut T::bank_mut(banks).own[port.slot]);
    let (mut own, mut more) = (take(first), others.map(take));
    f(banks, &mut own, more.each_mut().map(Vec::as_mut_slice));
    let own_slots = &mut T::bank_mut(banks).own;
    own_slots[first.slot] = own;
    for (port, own) in others.into_iter().zip(more) {
        own_slots[port.slot] = own;
    }
}
