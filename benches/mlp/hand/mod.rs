//! The works by hand: safe loops on slices that are allocated once, without a tape, on one thread.
//!
//! Products are faer's, which knows AVX-512. `benches/peers/limit` runs these, too.

pub(crate) mod attention;
pub(crate) mod conv;
pub(crate) mod layer_norm;
pub(crate) mod network;
pub(crate) mod softmax;

use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};

/// A matrix as it lies in memory, by rows, or the transpose of one.
#[derive(Clone, Copy)]
pub(crate) enum Operand<'a> {
    Rows(&'a [f32]),
    Columns(&'a [f32]),
}

impl<'a> Operand<'a> {
    fn view(self, rows: usize, columns: usize) -> MatRef<'a, f32> {
        match self {
            Operand::Rows(values) => MatRef::from_row_major_slice(values, rows, columns),
            Operand::Columns(values) => {
                MatRef::from_row_major_slice(values, columns, rows).transpose()
            }
        }
    }
}

/// `out = a b`, or `out += a b`, of `[m, k]` and `[k, n]`.
pub(crate) fn product(
    out: &mut [f32],
    accum: Accum,
    [m, k, n]: [usize; 3],
    a: Operand<'_>,
    b: Operand<'_>,
) {
    let out = MatMut::from_row_major_slice_mut(out, m, n);
    matmul(out, accum, a.view(m, k), b.view(k, n), 1.0, Par::Seq);
}

/// Independent sums, so that a loop that adds them becomes vector code.
const LANES: usize = 32;

/// The sum of `term` over pairs of elements.
#[inline(always)]
pub(crate) fn sum(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let (heads, tails) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    let rest: f32 = heads
        .remainder()
        .iter()
        .zip(tails.remainder())
        .map(|(&a, &b)| term(a, b))
        .sum();
    for (a, b) in heads.zip(tails) {
        for ((lane, &a), &b) in lanes.iter_mut().zip(a).zip(b) {
            *lane += term(a, b);
        }
    }
    lanes.iter().sum::<f32>() + rest
}

#[inline(always)]
pub(crate) fn max(values: &[f32]) -> f32 {
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let chunks = values.chunks_exact(LANES);
    let rest = chunks.remainder();
    let greater = |a: f32, b: f32| if b > a { b } else { a };
    for chunk in chunks {
        for (lane, &v) in lanes.iter_mut().zip(chunk) {
            *lane = greater(*lane, v);
        }
    }
    lanes
        .iter()
        .chain(rest)
        .copied()
        .fold(f32::NEG_INFINITY, greater)
}
