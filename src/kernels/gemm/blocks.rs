//! Products cut into blocks that fit the caches.

use super::dot::column;
use super::lanes::Lanes;
use super::out::Out;
use super::pack::{GROUP, interleave, pack};
use super::row::times_matrix;
use super::tile::{Left, Right, Tile, tile};
use super::{Matrix, PIECES};
use crate::dtype::Element;
use crate::kernels::threads;
use crate::tensor::storage::Heap;
use pulp::{Arch, Simd, WithSimd};
use std::ops::Range;

/// Terms of the sums that are taken at a time. Part of what a product is: every block's sum is added to those before it.
pub(super) const DEPTH: usize = 512;
/// Bytes of the right matrix that are packed at a time, for the second cache.
const BLOCK: usize = 1200 << 10;
/// Tiles of rows up to which the right matrix is read where it lies.
const FEW: usize = 4;
/// Columns of the widest tile of any instruction set.
const WIDEST: usize = 64;

/// The length of pieces that are as equal as can be and no longer than `most`.
pub(super) fn even(whole: usize, most: usize) -> usize {
    whole.div_ceil(whole.div_ceil(most))
}

/// `out = a b`, on several threads if `shared`. `a` and `b` have contiguous rows or columns.
pub(super) fn product<T: Lanes>(a: Matrix<'_, T>, b: Matrix<'_, T>, out: &mut [T], shared: bool) {
    let (m, n) = (a.rows, b.cols);
    if !shared {
        return block(a, b, Out::slice(out, n));
    }
    let count = PIECES * threads::num_threads();
    // Columns are cut by preference: each part of the right matrix is then packed by one thread.
    if m >= 4 * n || n < 32 * count {
        let height = m.div_ceil(count).next_multiple_of(8);
        threads::for_each_chunk(out, height * n, true, |i, out| {
            let rows = i * height..m.min((i + 1) * height);
            block(a.take_rows(rows), b, Out::slice(out, n));
        });
        return;
    }
    let width = n.div_ceil(count).next_multiple_of(16);
    let mut pieces: Vec<Vec<&mut [T]>> = Vec::new();
    pieces.resize_with(n.div_ceil(width), || Vec::with_capacity(m));
    for row in out.chunks_exact_mut(n) {
        let parts = pieces.iter_mut().zip(row.chunks_mut(width));
        parts.for_each(|(piece, row)| piece.push(row));
    }
    threads::for_each_chunk(&mut pieces, 1, true, |i, piece| {
        let cols = i * width..n.min((i + 1) * width);
        block(a, b.t().take_rows(cols).t(), Out::Pieces(&mut piece[0]));
    });
}

/// The product of one thread, or its transpose's if that spares more than turning the result costs.
fn block<T: Lanes>(a: Matrix<'_, T>, b: Matrix<'_, T>, out: Out<'_, '_, T>) {
    let (m, k, n) = (a.rows, a.cols, b.cols);
    let turned = |matrix: &Matrix<'_, T>, size: usize| match matrix.is_row_major() {
        true => 0,
        false => size,
    };
    let flip = turned(&a.t(), m * k) + m * n * k.div_ceil(DEPTH) < turned(&b, k * n);
    let (a, b) = if flip { (b.t(), a.t()) } else { (a, b) };
    Arch::new().dispatch(Block { a, b, out, flip });
}

struct Block<'a, 'b, 'c, T> {
    a: Matrix<'a, T>,
    b: Matrix<'a, T>,
    out: Out<'b, 'c, T>,
    /// Whether the result is written transposed.
    flip: bool,
}

impl<T: Lanes> WithSimd for Block<'_, '_, '_, T> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Block {
            a,
            b,
            mut out,
            flip,
        } = self;
        let (k, wide) = (a.cols, Tile::<S>::VECTORS * T::width::<S>());
        let depth = even(k, DEPTH);
        if a.rows == 1 && b.col_step == 1 && !flip {
            let row = column(&a.t());
            for (i, row) in row.chunks(depth).enumerate() {
                let b = b.take_rows(i * depth..i * depth + row.len());
                times_matrix(simd, row, b, out.row(0), i > 0);
            }
            return;
        }
        let tiles = a.rows.div_ceil(Tile::<S>::ROWS);
        // With few rows the right matrix is read where it lies, and panel by panel.
        let stretched = a.col_step == 0 && k > 1;
        let few = tiles <= FEW && b.is_row_major() && b.row_step >= b.cols && !stretched;
        let packs = stretched || b.cols > wide && !few && !a.is_row_major();
        let mut stage = Heap::<T>::scratch(if flip { Tile::<S>::ROWS * wide } else { 0 });
        let stage = &mut stage[..];
        let breadth = even(b.cols, BLOCK / size_of::<T>() / depth).next_multiple_of(wide);
        for start in (0..k).step_by(depth) {
            let terms = start..k.min(start + depth);
            let add = start > 0;
            for start in (0..b.cols).step_by(breadth) {
                let cols = start..b.cols.min(start + breadth);
                let panels = Panels::new(simd, b, terms.clone(), cols, !few);
                let mut lefts = Tiles::new::<S>(a, terms.clone(), packs);
                let (outer, inner) = match few {
                    true => (panels.cuts.count, tiles),
                    false => (tiles, panels.cuts.count),
                };
                for i in 0..outer {
                    for j in 0..inner {
                        let (tile_, panel) = if few { (j, i) } else { (i, j) };
                        let left = lefts.get::<S>(tile_);
                        let (col, right) = panels.get::<S>(panel);
                        let at = (tile_ * Tile::<S>::ROWS, col);
                        let size = (left.rows, right.width);
                        let (mut to, place) = match flip {
                            true => (Out::slice(stage, wide), (0, 0)),
                            false => (out.reborrow(), at),
                        };
                        let add_now = add && !flip;
                        tile(simd, left, right, terms.len(), &mut to, place, add_now);
                        if flip {
                            turn(stage, wide, size, &mut out, at, add);
                        }
                    }
                }
            }
        }
    }
}

/// The right matrix in panels as wide as a tile, for some of its rows and columns.
struct Panels<'a, T: Element> {
    b: Matrix<'a, T>,
    terms: Range<usize>,
    cols: Range<usize>,
    /// The panels that are not read where they lie: all, or the one whose last vector is not whole.
    packed: Heap<T>,
    /// The first column of these.
    first_packed: usize,
    cuts: Cuts,
}

impl<'a, T: Lanes> Panels<'a, T> {
    #[inline(always)]
    fn new<S: Simd>(
        simd: S,
        b: Matrix<'a, T>,
        terms: Range<usize>,
        cols: Range<usize>,
        packs: bool,
    ) -> Self {
        let wide = Tile::<S>::VECTORS * T::width::<S>();
        let cuts = Cuts::new::<S, T>(cols.len());
        let first_packed = if packs { 0 } else { cuts.whole::<S, T>() };
        let from = cuts.panel(first_packed).start;
        let room = (cols.len() - from).next_multiple_of(T::width::<S>());
        let mut packed = Heap::<T>::scratch(room * terms.len());
        let mut panels = &mut packed[..];
        for panel in (first_packed..cuts.count).map(|i| cuts.panel(i)) {
            let (from, taken) = (cols.start + panel.start, panel.len());
            let width = taken.next_multiple_of(T::width::<S>());
            let (panel, rest) = panels.split_at_mut(width * terms.len());
            match taken == wide {
                // Of a size known to the compiler.
                true => pack(simd, &b, terms.clone(), from..from + wide, wide, panel),
                false => pack(simd, &b, terms.clone(), from..from + taken, width, panel),
            }
            panels = rest;
        }
        Panels {
            b,
            terms,
            cols,
            packed,
            first_packed: from,
            cuts,
        }
    }

    /// A panel, and its first column in the matrix.
    #[inline(always)]
    fn get<S: Simd>(&self, panel: usize) -> (usize, Right<'_, T>) {
        let Range { start, end } = self.cuts.panel(panel);
        let (first, width) = (self.cols.start + start, end - start);
        let right = match start.checked_sub(self.first_packed) {
            None => Right {
                values: &self.b.values[self.terms.start * self.b.row_step + first..],
                width,
                step: self.b.row_step,
            },
            Some(at) => Right {
                values: &self.packed[at * self.terms.len()..],
                width,
                step: width.next_multiple_of(T::width::<S>()),
            },
        };
        (first, right)
    }
}

/// Where columns are cut into panels.
#[derive(Clone, Copy)]
struct Cuts {
    cols: usize,
    /// Columns of a tile.
    wide: usize,
    count: usize,
    /// Columns that the last panel but one leaves to the last: a tile of one vector would wait for its own sums.
    shift: usize,
}

impl Cuts {
    #[inline(always)]
    fn new<S: Simd, T: Lanes>(cols: usize) -> Self {
        let (vector, vectors) = (T::width::<S>(), Tile::<S>::VECTORS);
        let (wide, needed) = (vectors * vector, cols.div_ceil(vector));
        let shifts = vectors > 2 && needed > vectors && needed % vectors == 1;
        Cuts {
            cols,
            wide,
            count: needed.div_ceil(vectors),
            shift: if shifts { vector } else { 0 },
        }
    }

    #[inline(always)]
    fn start(self, panel: usize) -> usize {
        match panel + 1 {
            last if last == self.count => panel * self.wide - self.shift,
            _ => self.cols.min(panel * self.wide),
        }
    }

    #[inline(always)]
    fn panel(self, i: usize) -> Range<usize> {
        self.start(i)..self.start(i + 1)
    }

    /// The panels that are not short of a vector's columns.
    #[inline(always)]
    fn whole<S: Simd, T: Lanes>(self) -> usize {
        self.count - usize::from(!self.cols.is_multiple_of(T::width::<S>()))
    }
}

/// The left matrix in tiles of rows, for some of its columns.
struct Tiles<'a, T: Element> {
    a: Matrix<'a, T>,
    terms: Range<usize>,
    /// Where two tiles are packed at a time, since together they fill the cache lines that they read; and the next one.
    packed: Option<(Heap<T>, usize)>,
}

impl<'a, T: Lanes> Tiles<'a, T> {
    #[inline(always)]
    fn new<S: Simd>(a: Matrix<'a, T>, terms: Range<usize>, packs: bool) -> Self {
        let size = Tile::<S>::ROWS * terms.len();
        let packed = packs.then(|| (Heap::scratch(2 * size), 0));
        Tiles { a, terms, packed }
    }

    #[inline(always)]
    fn get<S: Simd>(&mut self, tile: usize) -> Left<'_, T> {
        let (a, first) = (self.a, tile * Tile::<S>::ROWS);
        let rows = Tile::<S>::ROWS.min(a.rows - first);
        let Some((packed, next)) = &mut self.packed else {
            return Left {
                values: &a.values[first * a.row_step + self.terms.start * a.col_step..],
                rows,
                row_step: a.row_step,
                step: a.col_step.max(1),
            };
        };
        let size = Tile::<S>::ROWS * self.terms.len();
        if *next == tile {
            *next += 2;
            let (one, two) = packed.split_at_mut(size);
            let places = one
                .chunks_exact_mut(Tile::<S>::ROWS)
                .zip(two.chunks_exact_mut(Tile::<S>::ROWS));
            let count = (2 * Tile::<S>::ROWS).min(a.rows - first);
            let columns = self
                .terms
                .clone()
                .map(|k| &a.values[k * a.col_step + first..][..count]);
            // Loops of their own: in one, the compiler calls a function for copies of either size.
            if count == 2 * Tile::<S>::ROWS {
                for (column, (one, two)) in columns.zip(places) {
                    one.copy_from_slice(&column[..Tile::<S>::ROWS]);
                    two.copy_from_slice(&column[Tile::<S>::ROWS..][..Tile::<S>::ROWS]);
                }
            } else {
                for (column, (one, two)) in columns.zip(places) {
                    let (above, below) = column.split_at(rows);
                    one[..above.len()].copy_from_slice(above);
                    two[..below.len()].copy_from_slice(below);
                }
            }
        }
        let packed = &packed[tile % 2 * size..];
        Left {
            values: packed,
            rows,
            row_step: 1,
            step: Tile::<S>::ROWS,
        }
    }
}

/// Writes a tile whose rows are columns of the result.
#[inline(always)]
pub(super) fn turn<T: Lanes>(
    stage: &[T],
    step: usize,
    (rows, cols): (usize, usize),
    out: &mut Out<'_, '_, T>,
    (row, col): (usize, usize),
    add: bool,
) {
    let mut turned = [[T::default(); GROUP]; WIDEST];
    let turned = &mut turned[..step];
    let mut lines = [&stage[..step]; GROUP];
    for (i, line) in lines.iter_mut().enumerate().take(rows) {
        *line = &stage[i * step..][..step];
    }
    interleave(lines, turned);
    for (j, sums) in turned.iter().enumerate().take(cols) {
        let out = out.row(col + j)[row..][..rows].iter_mut();
        for (out, &sum) in out.zip(sums) {
            *out = if add { *out + sum } else { sum };
        }
    }
}
