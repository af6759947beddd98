//! A piece of the values that elementwise passes compute with, as one thread has it.
//!
//! Slices are found once for each piece, not for each block of it: passes over a few hundred elements take hardly longer
//! than finding their operands among all values of a plan.

use super::bank::{SUMMED, Span, Walk};
use crate::DType;
use crate::dtype::{Element, with_dtype};
use crate::kernels::simd;

/// Where an operand's or a result's elements stand in a piece.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spot {
    pub(super) slot: usize,
    /// Whether a pass over the piece writes them.
    pub(super) written: bool,
    pub(super) walk: Walk,
}

/// The values of one element type.
pub struct Values<'p, T> {
    /// For each operand that is only read, the elements from the piece's first one on, or all.
    pub(super) read: Vec<&'p [T]>,
    pub(super) written: Vec<&'p mut [T]>,
}

/// The values of all element types, in a piece that begins at `start`.
pub struct Piece<'p> {
    pub(crate) start: usize,
    pub(crate) f32: Values<'p, f32>,
    pub(crate) f64: Values<'p, f64>,
    pub(crate) i64: Values<'p, i64>,
    pub(crate) bool: Values<'p, bool>,
}

impl<T> Values<'_, T> {
    /// The elements of an operand or a result in the whole piece.
    #[inline(always)]
    fn all(&self, spot: Spot) -> &[T] {
        match spot.written {
            true => &*self.written[spot.slot],
            false => self.read[spot.slot],
        }
    }

    /// The elements of an operand that belong to a span of the piece.
    #[inline(always)]
    pub(super) fn read(&self, spot: Spot, span: Span) -> &[T] {
        let values = self.all(spot);
        match spot.walk {
            Walk::Along => &values[span.start..span.start + span.len],
            Walk::Block => &values[..span.len],
            _ => values,
        }
    }

    /// Has the elements of a span come into the nearest cache, as far as the piece has them.
    fn fetch(&self, spot: Spot, span: Span) {
        let coming = self.all(spot).get(span.start..).unwrap_or_default();
        simd::prefetch(&coming[..span.len.min(coming.len())]);
    }

    /// No values any more, in vectors with as much room.
    fn emptied(self) -> Values<'static, T> {
        let read = self.read.into_iter().map(|_| -> &[T] { &[] });
        let written = self.written.into_iter().map(|_| -> &mut [T] { &mut [] });
        Values {
            read: read.collect(),
            written: written.collect(),
        }
    }
}

impl Piece<'_> {
    /// As [`Values::fetch`], of an operand or result of this type.
    pub(super) fn fetch(&self, dtype: DType, spot: Spot, span: Span) {
        with_dtype!(dtype, T => T::values(self).fetch(spot, span));
    }

    /// No values any more, as [`Values::emptied`].
    pub(super) fn emptied(self) -> Piece<'static> {
        Piece {
            start: 0,
            f32: self.f32.emptied(),
            f64: self.f64.emptied(),
            i64: self.i64.emptied(),
            bool: self.bool.emptied(),
        }
    }
}

/// Calls `f` with the elements of a result that belong to a span of the piece, and with the other values.
#[inline(always)]
pub(super) fn write<T: Element>(
    piece: &mut Piece<'_>,
    spot: Spot,
    span: Span,
    f: impl FnOnce(&Piece<'_>, &mut [T]),
) {
    let (start, len) = match spot.walk {
        Walk::Sums => (span.start / SUMMED, span.len.div_ceil(SUMMED)),
        Walk::Block => (0, span.len),
        _ => (span.start, span.len),
    };
    let values = std::mem::take(&mut T::values_mut(piece).written[spot.slot]);
    f(piece, &mut values[start..start + len]);
    T::values_mut(piece).written[spot.slot] = values;
}
