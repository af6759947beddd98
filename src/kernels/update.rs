//! Several buffers changed together, as the steps of optimizers do it.

use super::{simd, threads};
use crate::dtype::Element;

/// Elements that a pass works on at a time, in arrays of its own: vector code needs to know that they do not overlap.
const BLOCK: usize = 16;

/// Changes `values` and as many elements of each buffer in one pass: `f` gets an element of `values`, of `grad` and of each
/// buffer. Large ones are cut into pieces for several threads.
pub(crate) fn pass<T: Element, const N: usize>(
    values: &mut [T],
    grad: &[T],
    mut buffers: [&mut [T]; N],
    f: impl Fn(&mut T, T, [&mut T; N]) + Copy + Sync,
) {
    let grad = &grad[..values.len()];
    let shared = threads::shares(values.len(), threads::PLAIN);
    let size = if shared {
        threads::piece(threads::PLAIN)
    } else {
        values.len().max(1)
    };
    let chunks = values.chunks_mut(size).zip(grad.chunks(size));
    let pieces = chunks.map(|(values, grad)| {
        let own = buffers.each_mut().map(|buffer| {
            let (first, rest) = std::mem::take(buffer).split_at_mut(values.len());
            *buffer = rest;
            first
        });
        (values, grad, own)
    });
    threads::share(pieces, shared, |(values, grad, buffers)| {
        simd::vectorize(
            values.len(),
            #[inline(always)]
            move || blocks(values, grad, buffers, f),
        );
    });
}

#[inline(always)]
fn blocks<T: Element, const N: usize>(
    values: &mut [T],
    grad: &[T],
    buffers: [&mut [T]; N],
    f: impl Fn(&mut T, T, [&mut T; N]),
) {
    let (values, last) = values.as_chunks_mut::<BLOCK>();
    let (slopes, last_slopes) = grad.as_chunks::<BLOCK>();
    let mut buffers = buffers.map(|buffer| buffer.as_chunks_mut::<BLOCK>());
    for (n, (values, slopes)) in values.iter_mut().zip(slopes).enumerate() {
        let mut kept: [[T; BLOCK]; N] = std::array::from_fn(|k| buffers[k].0[n]);
        let mut own = *values;
        for i in 0..BLOCK {
            let (mut value, mut state) = (own[i], std::array::from_fn(|k| kept[k][i]));
            f(&mut value, slopes[i], state.each_mut());
            own[i] = value;
            for (kept, state) in kept.iter_mut().zip(state) {
                kept[i] = state;
            }
        }
        *values = own;
        for ((blocks, _), kept) in buffers.iter_mut().zip(kept) {
            blocks[n] = kept;
        }
    }
    for (i, (value, &slope)) in last.iter_mut().zip(last_slopes).enumerate() {
        f(
            value,
            slope,
            buffers.each_mut().map(|(_, rest)| &mut rest[i]),
        );
    }
}
