//! Blocks of elementwise passes shared out to threads. Each thread has blocks of its own for what one pass hands to the
//! next, and writes a piece of each result; so the bits are the same on any number of threads.

use super::bank::{BLOCK, Bank, Banks, Block, Place, Port, SUMMED, Span, Walk};
use super::piece::{Piece, Spot, Values};
use super::schedule::{Placed, Ports};
use crate::DType;
use crate::dtype::{Element, with_dtype};
use crate::kernels::threads;
use smallvec::SmallVec;
use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Pieces into which the elements are cut, where they are not too small or too large for it.
const PIECES: usize = 16;

/// Bytes beyond which values do not stay in the caches from one run to the next: fetching them ahead halves the time of
/// large steps, and takes a third more for those that stay.
const FAR: usize = 16 << 20;

/// Elements of a piece.
fn piece(len: usize) -> usize {
    (len / PIECES)
        .next_multiple_of(BLOCK)
        .clamp(4 * BLOCK, 32 * BLOCK)
}

/// What a node reads and writes of one element type.
#[derive(Default)]
struct Members {
    /// One for each operand, though several may read the same place.
    read: Vec<Port>,
    /// One for each place.
    written: Vec<Port>,
}

/// What the threads need to know of a node.
pub(super) struct Shared {
    /// Where the passes find their values in a piece.
    spots: Vec<SmallVec<[Spot; 3]>>,
    members: [Members; 4],
    /// What to fetch after each pass for the next block: the CPU itself sees only what one pass reads, and begins anew with
    /// each.
    ahead: Vec<SmallVec<[(DType, Spot); 2]>>,
    spare: Mutex<Vec<Kit<'static>>>,
}

/// What one thread works with.
struct Kit<'p> {
    piece: Piece<'p>,
    blocks: Blocks,
}

/// What passes hand to the next ones, by element type.
struct Blocks {
    f32: Vec<Block<f32>>,
    f64: Vec<Block<f64>>,
    i64: Vec<Block<i64>>,
    bool: Vec<Block<bool>>,
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

impl Members {
    /// Where a pass finds the values of a port in a piece.
    fn spot(&mut self, port: &Port, is_result: bool) -> Spot {
        let same = |known: &Port| known.place() == port.place();
        // What passes hand to the next ones is written first, and so known by then.
        let known = self.written.iter().position(same);
        let (list, written) = match is_result || known.is_some() {
            true => (&mut self.written, true),
            false => (&mut self.read, false),
        };
        debug_assert!(
            !written || port.base == 0 && port.walk != Walk::One,
            "what a node writes, its passes read element by element"
        );
        let slot = known.unwrap_or_else(|| {
            list.push(*port);
            list.len() - 1
        });
        Spot {
            slot,
            written,
            walk: port.walk,
        }
    }

    /// The places with as many elements as the node has, each once.
    fn along(&self) -> Vec<Spot> {
        let read = self.read.iter().enumerate().map(|at| (at, false));
        let written = self.written.iter().enumerate().map(|at| (at, true));
        let mut seen = BTreeSet::new();
        read.chain(written)
            .filter(|((_, port), _)| {
                !port.few && port.walk == Walk::Along && seen.insert(port.place())
            })
            .map(|((slot, port), written)| Spot {
                slot,
                written,
                walk: port.walk,
            })
            .collect()
    }
}

impl Shared {
    /// For passes over `len` elements if they are worth sharing. `types` are those of the places, the last of each pass
    /// its result's.
    pub(super) fn of<'a>(
        len: usize,
        passes: impl ExactSizeIterator<Item = (&'a Ports, Vec<DType>)>,
    ) -> Option<Shared> {
        if len <= 4 * BLOCK || len * passes.len() < threads::PLAIN {
            return None;
        }
        let mut members: [Members; 4] = Default::default();
        let spots = passes.map(|(ports, types)| {
            let places = ports.iter().zip(types).enumerate();
            places
                .map(|(at, (port, dtype))| members[index(dtype)].spot(port, at + 1 == ports.len()))
                .collect()
        });
        let spots: Vec<_> = spots.collect();
        let types = [DType::F32, DType::F64, DType::I64, DType::Bool];
        let along = types.into_iter().zip(&members);
        let along: Vec<_> = along
            .flat_map(|(dtype, members)| members.along().into_iter().map(move |spot| (dtype, spot)))
            .collect();
        let bytes = |&(dtype, _): &(DType, Spot)| len * with_dtype!(dtype, T => size_of::<T>());
        let mut ahead = vec![SmallVec::new(); spots.len()];
        if along.iter().map(bytes).sum::<usize>() > FAR {
            for (i, &place) in along.iter().enumerate() {
                ahead[i * spots.len() / along.len()].push(place);
            }
        }
        Some(Shared {
            spots,
            members,
            ahead,
            spare: Mutex::default(),
        })
    }

    /// Runs the passes over `len` elements, on several threads where there are some.
    pub(super) fn run(&self, len: usize, passes: &[Placed], banks: &mut Banks) {
        let mut rest = self.spare();
        let [f32, f64, i64, bool] = &self.members;
        banks.f32.show(f32, &mut rest.piece.f32);
        banks.f64.show(f64, &mut rest.piece.f64);
        banks.i64.show(i64, &mut rest.piece.i64);
        banks.bool.show(bool, &mut rest.piece.bool);
        let size = piece(len);
        let mut starts = (0..len).step_by(size);
        let pieces = std::iter::from_fn(|| {
            let start = starts.next()?;
            let len = size.min(len - start);
            let (mut own, rest) = (self.spare(), &mut rest.piece);
            own.piece.start = start;
            rest.f32.split_off(f32, len, &mut own.piece.f32);
            rest.f64.split_off(f64, len, &mut own.piece.f64);
            rest.i64.split_off(i64, len, &mut own.piece.i64);
            rest.bool.split_off(bool, len, &mut own.piece.bool);
            Some((len, own))
        });
        let parallel = threads::num_threads() > 1;
        threads::share(pieces, parallel, |(len, own)| {
            self.run_piece(len, passes, own);
        });
        self.keep(rest.piece.emptied(), rest.blocks);
    }

    fn run_piece(&self, len: usize, passes: &[Placed], own: Kit<'_>) {
        let Kit { piece, mut blocks } = own;
        let mut piece: Piece<'_> = piece;
        let [f32, f64, i64, bool] = &self.members;
        piece.f32.put_blocks(f32, &mut blocks.f32);
        piece.f64.put_blocks(f64, &mut blocks.f64);
        piece.i64.put_blocks(i64, &mut blocks.i64);
        piece.bool.put_blocks(bool, &mut blocks.bool);
        for start in (0..len).step_by(BLOCK) {
            let span = Span {
                start,
                len: BLOCK.min(len - start),
            };
            let next = Span {
                start: start + BLOCK,
                len: BLOCK,
            };
            for ((placed, spots), ahead) in passes.iter().zip(&self.spots).zip(&self.ahead) {
                placed.pass.run_piece(&mut piece, spots, span);
                for &(dtype, spot) in ahead {
                    piece.fetch(dtype, spot, next);
                }
            }
        }
        self.keep(piece.emptied(), blocks);
    }

    fn spare<'p>(&self) -> Kit<'p> {
        let spare = self
            .spare
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .pop();
        spare.unwrap_or_else(|| {
            let [f32, f64, i64, bool] = &self.members;
            Kit {
                piece: Piece {
                    start: 0,
                    f32: f32.room(),
                    f64: f64.room(),
                    i64: i64.room(),
                    bool: bool.room(),
                },
                blocks: Blocks {
                    f32: f32.blocks(),
                    f64: f64.blocks(),
                    i64: i64.blocks(),
                    bool: bool.blocks(),
                },
            }
        })
    }

    fn keep(&self, piece: Piece<'static>, blocks: Blocks) {
        let mut spare = self.spare.lock().unwrap_or_else(PoisonError::into_inner);
        spare.push(Kit { piece, blocks });
    }
}

impl Members {
    fn room<T>(&self) -> Values<'static, T> {
        Values {
            read: self.read.iter().map(|_| -> &[T] { &[] }).collect(),
            written: self
                .written
                .iter()
                .map(|_| -> &mut [T] { &mut [] })
                .collect(),
        }
    }

    fn blocks<T: Element>(&self) -> Vec<Block<T>> {
        let blocks = self.written.iter().filter(|port| port.walk == Walk::Block);
        blocks.map(|_| Block::new()).collect()
    }
}

impl<T: Element> Bank<T> {
    /// Puts the values that a node reads and writes into `node`.
    fn show<'p>(&'p mut self, members: &Members, node: &mut Values<'p, T>) {
        for (port, to) in members.read.iter().zip(&mut node.read) {
            if port.few {
                *to = port.seen(&self.few[port.slot].0);
            }
        }
        for (slot, place) in self.many.iter_mut().enumerate() {
            let is_here = |port: &Port| !port.few && port.slot == slot;
            if let Some(at) = members.written.iter().position(is_here) {
                if let Place::Own(own) = place {
                    node.written[at] = own;
                }
                continue;
            }
            let values: &'p [T] = match place {
                Place::Own(own) => own,
                Place::Held(data) => data,
                Place::Block(_) => continue,
            };
            for (port, to) in members.read.iter().zip(&mut node.read) {
                if is_here(port) {
                    *to = port.seen(values);
                }
            }
        }
    }
}

impl Port {
    fn place(&self) -> (bool, usize) {
        (self.few, self.slot)
    }

    /// The elements from the first one on, or the one that stands for all.
    fn seen<'p, T>(&self, values: &'p [T]) -> &'p [T] {
        match self.walk {
            Walk::One => &values[self.base..=self.base],
            _ => &values[self.base..],
        }
    }
}

impl<'p, T: Element> Values<'p, T> {
    /// Gives `part` the next `len` elements.
    fn split_off(&mut self, members: &Members, len: usize, part: &mut Values<'p, T>) {
        let read = self.read.iter_mut().zip(&mut part.read);
        for (port, (from, to)) in members.read.iter().zip(read) {
            match port.walk {
                Walk::Along => (*to, *from) = from.split_at(len),
                _ => *to = from,
            }
        }
        let written = self.written.iter_mut().zip(&mut part.written);
        for (port, (from, to)) in members.written.iter().zip(written) {
            let len = match port.walk {
                Walk::Block => continue,
                Walk::Sums => len.div_ceil(SUMMED),
                _ => len,
            };
            (*to, *from) = std::mem::take(from).split_at_mut(len);
        }
    }

    /// Puts blocks where passes hand something to the next ones.
    fn put_blocks(&mut self, members: &Members, blocks: &'p mut [Block<T>]) {
        let places = members.written.iter().zip(&mut self.written);
        let passing = places.filter(|(port, _)| port.walk == Walk::Block);
        for ((_, to), block) in passing.zip(blocks) {
            *to = block.values();
        }
    }
}
