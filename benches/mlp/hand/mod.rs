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

/// All lanes in one, halves upon halves: one after the other would wait 32 times.
#[inline(always)]
fn fold(mut lanes: [f32; LANES], both: impl Fn(f32, f32) -> f32) -> f32 {
    let mut width = LANES / 2;
    while width > 0 {
        for i in 0..width {
            lanes[i] = both(lanes[i], lanes[i + width]);
        }
        width /= 2;
    }
    lanes[0]
}

/// The sum of `term` over pairs of elements.
#[inline(always)]
pub(crate) fn sum(a: &[f32], b: &[f32], term: impl Fn(f32, f32) -> f32) -> f32 {
    let mut lanes = [0.0_f32; LANES];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<LANES>(), b.as_chunks::<LANES>());
    for (a, b) in a.iter().zip(b) {
        for i in 0..LANES {
            lanes[i] += term(a[i], b[i]);
        }
    }
    for (lane, (&a, &b)) in lanes.iter_mut().zip(a_rest.iter().zip(b_rest)) {
        *lane += term(a, b);
    }
    fold(lanes, |a, b| a + b)
}

#[inline(always)]
pub(crate) fn max(values: &[f32]) -> f32 {
    let greater = |a: f32, b: f32| if b > a { b } else { a };
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (chunks, rest) = values.as_chunks::<LANES>();
    for chunk in chunks {
        for i in 0..LANES {
            lanes[i] = greater(lanes[i], chunk[i]);
        }
    }
    for (lane, &v) in lanes.iter_mut().zip(rest) {
        *lane = greater(*lane, v);
    }
    fold(lanes, greater)
}
