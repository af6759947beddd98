//! The values that a plan computes with: plain vectors, one after another written and read by its passes.

use crate::dtype::Element;
use crate::tensor::storage::Data;

/// The values of one element type.
pub struct Bank<T: Element> {
    /// Vectors that only the plan knows.
    own: Vec<Vec<T>>,
    /// Values that tensors outside share with the plan.
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

impl<T: Element> Bank<T> {
    /// A vector for results; values of any kind until it is written.
    pub(crate) fn add_own(&mut self, len: usize) -> usize {
        self.own.push(vec![T::default(); len]);
        self.own.len() - 1
    }

    pub(crate) fn own_len(&self, slot: usize) -> usize {
        self.own[slot].len()
    }

    pub(crate) fn grow_own(&mut self, slot: usize, len: usize) {
        if self.own[slot].len() < len {
            self.own[slot].resize(len, T::default());
        }
    }

    pub(crate) fn add_held(&mut self, data: Data<T>) -> usize {
        self.held.push(data);
        self.held.len() - 1
    }

    /// Exchanges shared values.
    #[inline]
    pub(crate) fn swap_held(&mut self, slot: usize, data: &mut Data<T>) {
        std::mem::swap(&mut self.held[slot], data);
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
    pub(crate) fn from_base(&self, port: Port) -> &[T] {
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
    if port.held {
        let mut data = Data::scratch(0);
        T::bank_mut(banks).swap_held(port.slot, &mut data);
        let result = f(banks, &mut data.make_mut()[from..][..span.len]);
        T::bank_mut(banks).swap_held(port.slot, &mut data);
        return result;
    }
    let mut own = std::mem::take(&mut T::bank_mut(banks).own[port.slot]);
    let result = f(banks, &mut own[from..][..span.len]);
    T::bank_mut(banks).own[port.slot] = own;
    result
}
