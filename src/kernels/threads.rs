//! Work shared out to threads, where that pays. How it is cut never changes a result.

use rayon::{ThreadPool, ThreadPoolBuilder};
use std::sync::atomic::{AtomicUsize, Ordering::*};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Waking another thread costs as much as about this many multiplications and additions.
const WORTH_WAKING: usize = 1 << 22;

/// The number set; 0 stands for as many as the machine has.
static THREADS: AtomicUsize = AtomicUsize::new(0);

/// Sets how many threads the kernels of this program use; 0 gives them as many as the machine has, the default.
/// Results have the same bits for any number. Work on a thread of a rayon pool is not shared out again.
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
        0 => machine(),
        set => set.min(machine()),
    }
}

fn machine() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// The threads that help the caller's. They do nothing else, so that a caller may wait for them whatever it has locked:
/// in the pool of the whole program they might stand behind work that waits for that lock.
fn helpers() -> &'static ThreadPool {
    static POOL: OnceLock<ThreadPool> = OnceLock::new();
    POOL.get_or_init(|| {
        let name = |i| format!("retrograd-{i}");
        let pool = ThreadPoolBuilder::new().thread_name(name);
        let pool = pool.num_threads((machine() - 1).max(1)).build();
        pool.expect("the system starts threads")
    })
}

/// Whether work of this many multiplications and additions is shared out.
pub(crate) fn pays(operations: usize) -> bool {
    operations >= WORTH_WAKING && num_threads() > 1
}

/// Elements from which a pass of a few instructions an element is shared out: some 50 us of work.
pub(crate) const PLAIN: usize = 1 << 18;
/// As [`PLAIN`], for exponentials and their kin.
pub(crate) const COSTLY: usize = 1 << 17;

/// Elements of a piece where the work is shared out from `least` elements on.
pub(crate) fn piece(least: usize) -> usize {
    least / 8
}

/// Whole rows of `len` elements that make up a piece.
pub(crate) fn rows(least: usize, len: usize) -> usize {
    (piece(least) / len.max(1)).max(1)
}

/// Whether a pass over `len` elements is shared out.
pub(crate) fn shares(len: usize, least: usize) -> bool {
    len >= least && num_threads() > 1
}

/// Calls `f` with each of the pieces, on several threads if `parallel`. Which thread takes which is left to chance, so
/// no result may depend on it.
pub(crate) fn share<P>(
    pieces: impl Iterator<Item = P> + Send,
    parallel: bool,
    f: impl Fn(P) + Sync,
) {
    if !parallel {
        return pieces.for_each(f);
    }
    let queue = Mutex::new(pieces);
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    everywhere(&|| std::iter::from_fn(next).for_each(&f));
}

/// A turn of waiting is some 10 ns; putting a thread to sleep and waking it costs more than all of them.
const TURNS: usize = 2000;

/// Runs `work` on this thread, and on as many others as may help, until all have returned.
///
/// A thread of a rayon pool works alone: while it waited it would run other work of that pool, which may ask for what
/// its caller has locked.
fn everywhere(work: &(dyn Fn() + Sync)) {
    if rayon::current_thread_index().is_some() {
        return work();
    }
    let count = num_threads() - 1;
    let busy = AtomicUsize::new(count);
    helpers().in_place_scope(|scope| {
        for _ in 0..count {
            scope.spawn(|_| {
                work();
                busy.fetch_sub(1, Release);
            });
        }
        work();
        let done = || busy.load(Acquire) == 0;
        (0..TURNS)
            .take_while(|_| !done())
            .for_each(|_| std::hint::spin_loop());
    });
}

/// Calls `f` with the position and the elements of each chunk of `size` elements, on several threads if `parallel`.
pub(crate) fn for_each_chunk<T: Send>(
    values: &mut [T],
    size: usize,
    parallel: bool,
    f: impl Fn(usize, &mut [T]) + Sync,
) {
    let chunks = values.chunks_mut(size).enumerate();
    share(chunks, parallel, |(i, chunk)| f(i, chunk));
}

/// Calls `f` with pieces of `values` and the place where each begins, whole rows of `len` elements; on several threads
/// from `least` elements on.
pub(crate) fn pass<T: Send>(
    values: &mut [T],
    len: usize,
    least: usize,
    f: impl Fn(usize, &mut [T]) + Sync,
) {
    if !shares(values.len(), least) {
        return f(0, values);
    }
    let size = rows(least, len) * len.max(1);
    for_each_chunk(values, size, true, |i, chunk| f(i * size, chunk));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_piece_is_taken_once_whoever_takes_it() {
        for parallel in [false, true] {
            let mut counts = vec![0u8; 1000];
            for_each_chunk(&mut counts, 7, parallel, |_, chunk| {
                chunk.iter_mut().for_each(|count| *count += 1);
            });
            assert!(counts.iter().all(|&count| count == 1));
        }
    }

    #[test]
    fn a_panic_comes_back_to_the_caller() {
        let run = || share(0..100, true, |i| assert!(i != 50));
        assert!(std::panic::catch_unwind(run).is_err());
    }
}
