//! Blocks of elementwise passes shared out to threads. Each thread has blocks of its own for what one pass hands to the
//! next, and writes a piece of each result; so the bits are the same on any number of threads.

use super::bank::{BLOCK, Bank, Banks, Block, Place, Port, SUMMED, Span, Walk};
use super::schedule::Ports;
use crate::DType;
use crate::dtype::{Element, with_dtype};
use crate::kernels::threads;
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Pieces into which the elements are cut, where they are not too small or too large for it.
const PIECES: usize = 16;

/// Bytes beyond which values do not stay in the caches from one run to the next.
const FAR: usize = 16 << 20;

/// Elements of a block of such values. They come from memory, and the CPU fetches ahead a little from each place that was
/// read last: so passes take less of each value in turn, but not so little that their calls cost as much as that gains.
const NEAR: usize = 2 * SUMMED;

/// Elements of a piece.
fn piece(len: usize) -> usize {
    (len / PIECES)
        .next_multiple_of(BLOCK)
        .clamp(4 * BLOCK, 32 * BLOCK)
}

/// How a node uses a place of its plan.
#[derive(Clone, Copy, PartialEq)]
enum Use {
    Read,
    Write,
    /// As `Write`, one element for some.
    Sum,
    /// For a block at a time, so that each thread has its own.
    Block,
}

/// A place of a plan that a node uses; the node's passes know it by its number among those of its type.
#[derive(Clone, Copy)]
struct Member {
    few: bool,
    slot: usize,
    how: Use,
}

/// What the threads need to know of a node.
pub(super) struct Shared {
    /// Elements that go through all passes at a time.
    pub(super) block: usize,
    members: [Vec<Member>; 4],
    /// Places for one thread, with its blocks.
    spare: Mutex<Vec<Banks<'static>>>,
}

/// A number for each type.
fn index(dtype: DType) -> usize {
    match dtype {
        DType::F32 => 0,
        DType::F64 => 1,
        DType::I64 => 2,
        DType::Bool => 3,
    }
}

/// The elements of one piece, and where they stand.
type Piece<'p> = (Span, Banks<'p>);

impl Shared {
    /// For passes over `len` elements if they are worth sharing; numbers their places anew. `types` are those of the
    /// places, the last of each pass its result's.
    pub(super) fn of<'a>(
        len: usize,
        passes: impl ExactSizeIterator<Item = (&'a mut Ports, Vec<DType>)>,
    ) -> Option<Shared> {
        if len <= 4 * BLOCK || len * passes.len() < threads::PLAIN {
            return None;
        }
        let mut passes: Vec<_> = passes.collect();
        let mut found: [BTreeMap<(bool, usize), Use>; 4] = Default::default();
        for (ports, types) in &passes {
            for (at, (port, &dtype)) in ports.iter().zip(types).enumerate() {
                // What a pass hands to the next ones is written first, and so known by then.
                let how = match (at + 1 == ports.len(), port.walk) {
                    (false, _) => Use::Read,
                    (true, Walk::Block) => Use::Block,
                    (true, Walk::Sums) => Use::Sum,
                    (true, _) => Use::Write,
                };
                let known = found[index(dtype)].entry(port.place()).or_insert(how);
                if how != Use::Read {
                    *known = how;
                }
            }
        }
        for (ports, types) in &mut passes {
            for (port, &mut dtype) in ports.iter_mut().zip(types) {
                let places = found[index(dtype)].keys();
                port.slot = places.take_while(|&&place| place != port.place()).count();
                port.few = false;
            }
        }
        let members = found.map(|found| {
            let member = |((few, slot), how)| Member { few, slot, how };
            found.into_iter().map(member).collect()
        });
        let bytes = |(dtype, members): (DType, &Vec<Member>)| {
            let whole = members
                .iter()
                .filter(|member| !member.few && member.how != Use::Block);
            len * whole.count() * with_dtype!(dtype, T => size_of::<T>())
        };
        let types = [DType::F32, DType::F64, DType::I64, DType::Bool];
        let far = types.into_iter().zip(&members).map(bytes).sum::<usize>() > FAR;
        Some(Shared {
            members,
            block: if far { NEAR } else { BLOCK },
            spare: Mutex::default(),
        })
    }

    /// Calls `f` for each piece of the `len` elements, on several threads where there are some.
    pub(super) fn run(
        &self,
        len: usize,
        banks: &mut Banks<'_>,
        f: impl Fn(&mut Banks<'_>, Span) + Sync,
    ) {
        let mut rest = self.spare();
        let [f32, f64, i64, bool] = &self.members;
        banks.f32.show(f32, &mut rest.f32);
        banks.f64.show(f64, &mut rest.f64);
        banks.i64.show(i64, &mut rest.i64);
        banks.bool.show(bool, &mut rest.bool);
        let size = piece(len);
        let mut spans = (0..len).step_by(size).map(|start| Span {
            start,
            len: size.min(len - start),
            plain: false,
        });
        let pieces = std::iter::from_fn(|| {
            let span = spans.next()?;
            let mut own = self.spare();
            rest.f32.split_off(f32, span.len, &mut own.f32);
            rest.f64.split_off(f64, span.len, &mut own.f64);
            rest.i64.split_off(i64, span.len, &mut own.i64);
            rest.bool.split_off(bool, span.len, &mut own.bool);
            Some((span, own))
        });
        let parallel = threads::num_threads() > 1;
        threads::share(pieces, parallel, |(span, mut own): Piece<'_>| {
            f(&mut own, span);
            self.keep(own);
        });
        self.keep(rest);
    }

    fn spare<'p>(&self) -> Banks<'p> {
        let spare = self
            .spare
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        spare.unwrap_or_else(|| {
            let [f32, f64, i64, bool] = &self.members;
            Banks {
                f32: Bank::of(f32),
                f64: Bank::of(f64),
                i64: Bank::of(i64),
                bool: Bank::of(bool),
                failure: None,
            }
        })
    }

    fn keep(&self, banks: Banks<'_>) {
        let banks = Banks {
            f32: banks.f32.emptied(),
            f64: banks.f64.emptied(),
            i64: banks.i64.emptied(),
            bool: banks.bool.emptied(),
            failure: None,
        };
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        spare.push(banks);
    }
}

impl Port {
    fn place(&self) -> (bool, usize) {
        (self.few, self.slot)
    }
}

impl<T: Element> Bank<'static, T> {
    /// Places of one thread: blocks to write, and nothing yet to read.
    fn of(members: &[Member]) -> Self {
        let place = |member: &Member| match member.how {
            Use::Block => Place::Block(Block::new()),
            _ => Place::Seen(&[]),
        };
        Bank {
            few: Vec::new(),
            many: members.iter().map(place).collect(),
        }
    }
}

impl<T: Element> Bank<'_, T> {
    /// Puts the places that a node uses into those of `node`.
    fn show<'p>(&'p mut self, members: &[Member], node: &mut Bank<'p, T>) {
        // The members come in the order of their places, those for few elements first.
        let mut many = self.many.iter_mut().enumerate();
        for (member, to) in members.iter().zip(&mut node.many) {
            if member.few {
                *to = Place::Seen(&self.few[member.slot].0);
                continue;
            }
            let found = many.by_ref().find(|(slot, _)| *slot == member.slot);
            let (_, from) = found.expect("a plan has every place of its nodes");
            match (member.how, from) {
                (Use::Block, _) => {}
                (Use::Write | Use::Sum, Place::Own(own)) => {
                    *to = Place::Part {
                        values: own,
                        start: 0,
                    };
                }
                (_, Place::Own(own)) => *to = Place::Seen(own),
                (_, Place::Held(data)) => *to = Place::Seen(data),
                (_, Place::Block(_) | Place::Seen(_) | Place::Part { .. }) => {
                    unreachable!("a plan has no parts");
                }
            }
        }
    }

    /// No values any more, but the blocks.
    fn emptied(self) -> Bank<'static, T> {
        let place = |place| match place {
            Place::Block(block) => Place::Block(block),
            _ => Place::Seen(&[]),
        };
        Bank {
            few: Vec::new(),
            many: self.many.into_iter().map(place).collect(),
        }
    }
}

impl<'p, T: Element> Bank<'p, T> {
    /// Gives `part` the next elements of what is written, for a span of `len`, and all of what is read.
    fn split_off(&mut self, members: &[Member], len: usize, part: &mut Bank<'p, T>) {
        let places = self.many.iter_mut().zip(&mut part.many);
        for (member, (from, to)) in members.iter().zip(places) {
            let len = match member.how {
                Use::Sum => len.div_ceil(SUMMED),
                _ => len,
            };
            match from {
                Place::Seen(values) => *to = Place::Seen(values),
                Place::Part { values, start } => {
                    let (first, rest) = std::mem::take(values).split_at_mut(len);
                    *to = Place::Part {
                        values: first,
                        start: *start,
                    };
                    (*values, *start) = (rest, *start + len);
                }
                Place::Block(_) | Place::Own(_) | Place::Held(_) => {}
            }
        }
    }
}
