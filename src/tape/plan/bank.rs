//! The values that a plan computes with, one after another written and read by its passes.

use crate::dtype::Element;
use crate::error::Error;
use crate::kernels::pool::Lines;
use crate::tensor::storage::{Buffer, Data};

/// Elements that loops take at a time. A value of no more stands in an array, which vector code takes whole: one element
/// fills it, and what lies behind the last of several may have any value.
pub(crate) const LANES: usize = 16;

/// Elements of a block.
pub(super) const BLOCK: usize = 1024;

/// Elements of which a pass may take the sum while they are at hand, as the sum of all begins with.
pub(super) use crate::kernels::reduce::BLOCK as SUMMED;

/// A value of few elements, which lies in one line of the cache or in as few as can be.
#[derive(Clone, Copy)]
#[repr(align(64))]
pub(super) struct Few<T>(pub(super) [T; LANES]);

/// A block of a value, so too.
#[repr(align(64))]
pub(super) struct Block<T>([T; BLOCK]);

impl<T: Element> Block<T> {
    pub(super) fn new() -> Self {
        Block([T::default(); BLOCK])
    }

    pub(super) fn values(&mut self) -> &mut [T] {
        &mut self.0
    }
}

/// The values of one element type.
pub struct Bank<T: Element> {
    pub(super) few: Vec<Few<T>>,
    pub(super) many: Vec<Place<T>>,
}

/// Where many elements stand.
pub(super) enum Place<T: Element> {
    /// A block of what one pass hands to the next.
    Block(Box<Block<T>>),
    /// A vector that only the plan knows, or that a tensor lends it.
    Own(Lines<T>),
    /// Elements that are only read, shared with tensors outside.
    Held(Data<T>),
}

impl<T: Element> Default for Bank<T> {
    fn default() -> Self {
        Bank {
            few: Vec::new(),
            many: Vec::new(),
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
    fn all(&self) -> Rest<'_> {
        Rest {
            f32: self.f32.all(),
            f64: self.f64.all(),
            i64: self.i64.all(),
            bool: self.bool.all(),
        }
    }

    /// Puts values to be read into their place.
    pub(super) fn fill(&mut self, port: Port, buffer: Buffer) {
        with_bank!(buffer, self, |data, bank| bank.fill(port, data));
    }

    /// Moves the values of a buffer into their place to be changed.
    #[inline]
    pub(super) fn lend(&mut self, port: Port, buffer: &mut Buffer) {
        with_bank!(buffer, self, |data, bank| bank.lend(port, data));
    }

    /// Moves values back into their buffer.
    #[inline]
    pub(super) fn take_back(&mut self, port: Port, buffer: &mut Buffer) {
        with_bank!(buffer, self, |data, bank| bank.take_back(port, data));
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
    /// Anywhere: every pass gets all elements.
    Whole,
    /// A result with one element for every [`SUMMED`] that the pass is at.
    Sums,
}

/// Where an operand's or a result's elements stand.
#[derive(Clone, Copy, Debug)]
pub struct Port {
    /// The place among those for few elements, or for many.
    pub(super) slot: usize,
    pub(super) few: bool,
    pub(super) walk: Walk,
    /// The first element's position.
    pub(super) base: usize,
    /// All elements there.
    pub(super) len: usize,
}

/// The elements that a pass is at. Two words go in registers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) len: usize,
}

/// The array of a value of few elements.
#[inline(always)]
fn lanes<T: Element>(values: &[T]) -> Few<T> {
    let mut lanes = [values.first().copied().unwrap_or_default(); LANES];
    lanes[..values.len()].copy_from_slice(values);
    Few(lanes)
}

impl Port {
    /// Whether all elements are these few.
    #[inline(always)]
    pub(super) fn is_whole(&self, len: usize) -> bool {
        self.few && self.len == len
    }

    /// Whether an operand's elements lie along with those of a result of few.
    pub(super) fn is_plain(&self) -> bool {
        let along = self.walk != Walk::One || self.len == 1;
        self.few && self.base == 0 && along
    }
}

/// The length of a vector for `len` elements: whole lanes where all of them are one block.
fn padded(len: usize) -> usize {
    match len {
        0..=BLOCK => len.next_multiple_of(LANES) + LANES,
        _ => len,
    }
}

impl<T: Element> Bank<T> {
    pub(super) fn add_few(&mut self) -> usize {
        self.few.push(Few([T::default(); LANES]));
        self.few.len() - 1
    }

    /// A vector for results; values of any kind until it is written.
    pub(super) fn add_own(&mut self, len: usize) -> usize {
        self.many.push(Place::Own(Lines::new(padded(len))));
        self.many.len() - 1
    }

    pub(super) fn add_block(&mut self) -> usize {
        self.many.push(Place::Block(Box::new(Block::new())));
        self.many.len() - 1
    }

    pub(super) fn add_held(&mut self) -> usize {
        self.many.push(Place::Held(Data::scratch(0)));
        self.many.len() - 1
    }

    pub(super) fn own_len(&self, slot: usize) -> usize {
        match &self.many[slot] {
            Place::Own(own) => own.len(),
            _ => 0,
        }
    }

    pub(super) fn grow_own(&mut self, slot: usize, len: usize) {
        let own = self.own(slot);
        if own.len() < padded(len) {
            *own = Lines::new(padded(len));
        }
    }

    fn own(&mut self, slot: usize) -> &mut Lines<T> {
        match &mut self.many[slot] {
            Place::Own(own) => own,
            _ => unreachable!("only vectors of the plan's own are written"),
        }
    }

    fn fill(&mut self, port: Port, data: Data<T>) {
        if port.few {
            self.few[port.slot] = lanes(&data);
            return;
        }
        match &mut self.many[port.slot] {
            Place::Own(own) => own[..data.len()].copy_from_slice(&data),
            place => *place = Place::Held(data),
        }
    }

    #[inline]
    fn lend(&mut self, port: Port, data: &mut Data<T>) {
        match port.few {
            true => self.few[port.slot] = lanes(data),
            false => data.lend(self.own(port.slot)),
        }
    }

    #[inline]
    fn take_back(&mut self, port: Port, data: &mut Data<T>) {
        match port.few {
            true => {
                data.make_mut()[..port.len].copy_from_slice(&self.few[port.slot].0[..port.len]);
            }
            false => data.take_back(self.own(port.slot)),
        }
    }

    /// The elements of a port as a buffer; a vector of the plan's own is moved out.
    pub(super) fn move_out(&mut self, port: Port) -> Data<T> {
        if port.few {
            return Data::from_slice(&self.few[port.slot].0[..port.len]);
        }
        match &mut self.many[port.slot] {
            Place::Own(own) => Data::from_lines(std::mem::take(own)),
            Place::Held(data) => data.clone(),
            Place::Block(_) => unreachable!("whole passes read whole values"),
        }
    }

    /// Takes back what was moved out.
    pub(super) fn move_in(&mut self, port: Port, data: &mut Data<T>) {
        if port.few {
            return;
        }
        if let Place::Own(own) = &mut self.many[port.slot] {
            data.lend(own);
        }
    }

    /// Puts a buffer's elements in the place of a result, without a copy where there is room for what else may come there.
    pub(super) fn put(&mut self, port: Port, mut data: Data<T>) {
        if port.few {
            self.few[port.slot] = lanes(&data);
            return;
        }
        let own = self.own(port.slot);
        match data.room() >= own.len() {
            true => data.lend(own),
            false => own[..data.len()].copy_from_slice(&data),
        }
    }
}

impl<T: Element> Bank<T> {
    /// All values of this type.
    #[inline(always)]
    pub(crate) fn all(&self) -> View<'_, T> {
        View {
            few: [&self.few, &[]],
            many: [&self.many, &[]],
        }
    }

    /// The elements of a result, with the other values.
    #[inline(always)]
    pub(crate) fn open(&mut self, port: Port) -> (View<'_, T>, &mut [T]) {
        const NONE: &str = "a result has a place";
        if port.few {
            let (before, rest) = self.few.split_at_mut(port.slot);
            let (own, after) = rest.split_first_mut().expect(NONE);
            let view = View {
                few: [before, after],
                many: [&self.many, &[]],
            };
            return (view, &mut own.0);
        }
        let (before, rest) = self.many.split_at_mut(port.slot);
        let (own, after) = rest.split_first_mut().expect(NONE);
        let view = View {
            few: [&self.few, &[]],
            many: [before, after],
        };
        match own {
            Place::Block(block) => (view, &mut block.0),
            Place::Own(own) => (view, own),
            Place::Held(_) => unreachable!("what is only read is never a result"),
        }
    }
}

/// The values of one type that a pass may read: all but its result, before which some stand, and after which the others.
pub struct View<'a, T: Element> {
    few: [&'a [Few<T>]; 2],
    many: [&'a [Place<T>]; 2],
}

/// As [`View`], of all types.
pub struct Rest<'a> {
    pub(crate) f32: View<'a, f32>,
    pub(crate) f64: View<'a, f64>,
    pub(crate) i64: View<'a, i64>,
    pub(crate) bool: View<'a, bool>,
}

#[inline(always)]
fn beside<V>([before, after]: [&[V]; 2], slot: usize) -> &V {
    match slot.checked_sub(before.len()) {
        None => &before[slot],
        Some(behind) => &after[behind - 1],
    }
}

impl<'a, T: Element> View<'a, T> {
    /// All elements of a place.
    #[inline(always)]
    fn whole(&self, port: Port) -> &'a [T] {
        if port.few {
            return &beside(self.few, port.slot).0;
        }
        match beside(self.many, port.slot) {
            Place::Block(block) => &block.0,
            Place::Own(own) => own,
            Place::Held(data) => data,
        }
    }

    /// An operand's elements, from its first one on.
    #[inline(always)]
    pub(crate) fn starting_at(&self, port: Port) -> &'a [T] {
        self.whole(port).get(port.base..).unwrap_or_default()
    }

    /// The elements of an operand that belong to `span`.
    #[inline(always)]
    pub(crate) fn read(&self, port: Port, span: Span) -> &'a [T] {
        let values = self.whole(port);
        // Without branches, which cost more than the loop over a few elements.
        let along = if port.walk == Walk::Along {
            span.start
        } else {
            0
        };
        let from = port.base + along;
        let len = match port.walk {
            Walk::One => 1,
            Walk::Whole => values.len() - from,
            _ => span.len,
        };
        &values[from..from + len]
    }
}

/// Calls `f` with the elements of a result that belong to `span`, and with all other values.
#[inline(always)]
pub(crate) fn write<T: Element, R>(
    banks: &mut Banks,
    port: Port,
    span: Span,
    f: impl FnOnce(&Rest<'_>, &mut [T]) -> R,
) -> R {
    let (start, len) = match port.walk {
        Walk::Sums => (span.start / SUMMED, span.len.div_ceil(SUMMED)),
        Walk::Block => (0, span.len),
        _ => (span.start, span.len),
    };
    let (rest, values) = T::open(banks, port);
    let from = port.base + start;
    let result = f(&rest, &mut values[from..from + len]);
    if port.few && port.len == 1 {
        let value = values[0];
        values.fill(value);
    }
    result
}

/// A result's elements, taken out of their place while they are written beside others.
enum Taken<T: Element> {
    Few([T; LANES]),
    Own(Lines<T>),
}

impl<T: Element> Bank<T> {
    fn take(&mut self, port: Port) -> Taken<T> {
        match port.few {
            true => Taken::Few(self.few[port.slot].0),
            false => Taken::Own(std::mem::take(self.own(port.slot))),
        }
    }

    fn give_back(&mut self, port: Port, taken: Taken<T>) {
        match taken {
            Taken::Few(values) => {
                self.few[port.slot] = match port.len {
                    1 => Few([values[0]; LANES]),
                    _ => Few(values),
                };
            }
            Taken::Own(own) => *self.own(port.slot) = own,
        }
    }
}

impl<T: Element> Taken<T> {
    fn values(&mut self) -> &mut [T] {
        match self {
            Taken::Few(values) => values,
            Taken::Own(own) => own,
        }
    }
}

/// As [`write`], with all elements of one result and of `N` more.
pub(super) fn write_all<T: Element, const N: usize>(
    banks: &mut Banks,
    first: Port,
    others: [Port; N],
    f: impl FnOnce(&Rest<'_>, &mut [T], [&mut [T]; N]),
) {
    let mut take = |port: Port| T::bank_mut(banks).take(port);
    let (mut own, mut more) = (take(first), others.map(take));
    f(
        &banks.all(),
        own.values(),
        more.each_mut().map(Taken::values),
    );
    let bank = T::bank_mut(banks);
    bank.give_back(first, own);
    for (port, taken) in others.into_iter().zip(more) {
        bank.give_back(port, taken);
    }
}
