//! Work shared out to threads, where that pays. How it is cut never changes a result.

use rayon::prelude::*;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// Waking another thread costs as much as about this many multiplications and additions.
const WORTH_WAKING: usize = 1 << 22;

/// The number set; 0 stands for as many as the machine has.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Sets how many threads the kernels of this program use; 0 gives them as many as the machine has, the default.
/// Results have the same bits for any number.
///
/// ```
/// retrograd::set_num_threads(1);
/// assert_eq!(retrograd::num_threads(), 1);
/// ```
pub fn set_num_threads(threads: usize) {
    THREADS.store(threads, Relaxed);
}

/// How many threads the kernels use.
///
/// ```
/// assert!(retrograd::num_threads() >= 1);
/// ```
pub fn num_threads() -> usize {
    match THREADS.load(Relaxed) {
        0 => rayon::current_num_threads(),
        set => set.min(rayon::current_num_threads()),
    }
}

/// Whether work of this many multiplications and additions is shared out.
pub(crate) fn pays(operations: usize) -> bool {
    operations >= WORTH_WAKING && num_threads() > 1
}

/// Calls `f` with the position and the elements of each chunk of `size` elements, on several threads if `parallel`.
pub(crate) fn for_each_chunk<T: Send>(
    values: &mut [T],
    size: usize,
    parallel: bool,
    f: impl Fn(usize, &mut [T]) + Sync,
) {
    if !parallel {
        values
            .chunks_mut(size)
            .enumerate()
            .for_each(|(i, chunk)| f(i, chunk));
        return;
    }
    // No more pieces than threads were asked for, unless all may work.
    let chunks = values.len().div_ceil(size);
    let piece = match num_threads() {
        some if some < rayon::current_num_threads() => chunks.div_ceil(some),
        _ => 1,
    };
    values
        .par_chunks_mut(size * piece)
        .enumerate()
        .for_each(|(i, chunks)| {
            let chunks = chunks.chunks_mut(size).enumerate();
            chunks.for_each(|(j, chunk)| f(i * piece + j, chunk));
        });
}
