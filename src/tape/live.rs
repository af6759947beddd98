//! The count of live nodes, which every recorded operation raises and every drop lowers.
//!
//! Each thread counts for itself, since one counter for all would cost each operation two locked
//! instructions. A thread's own count may be negative: it drops what others have recorded.

use std::sync::atomic::{AtomicIsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex, PoisonError};

/// The counts of threads that have ended, and changes made while a thread ends.
static ENDED: AtomicIsize = AtomicIsize::new(0);
static THREADS: Mutex<Vec<Arc<AtomicIsize>>> = Mutex::new(Vec::new());

struct Own(Arc<AtomicIsize>);

impl Own {
    fn register() -> Own {
        let count = Arc::new(AtomicIsize::new(0));
        let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        threads.push(count.clone());
        Own(count)
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        let mut threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|count| !Arc::ptr_eq(count, &self.0));
        ENDED.fetch_add(self.0.load(Relaxed), Relaxed);
    }
}

thread_local! {
    static OWN: Own = Own::register();
}

/// Counts `change` more nodes.
#[inline]
pub(super) fn count(change: isize) {
    // Nobody else writes the thread's own count, so it needs no locked instruction.
    let counted = OWN.try_with(|own| own.0.store(own.0.load(Relaxed) + change, Relaxed));
    if counted.is_err() {
        ENDED.fetch_add(change, Relaxed);
    }
}

/// The number of recorded operations that are alive in the whole program, for tests of leaks.
///
/// ```
/// use retrograd::{prelude::*, tape};
/// let before = tape::live_nodes();
/// let y = tensor![1.0].requires_grad_() * 2.0;
/// assert!(tape::live_nodes() > before);
/// ```
pub fn live_nodes() -> usize {
    let threads = THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    let running: isize = threads.iter().map(|count| count.load(Relaxed)).sum();
    usize::try_from(running + ENDED.load(Relaxed)).unwrap_or(0)
}
