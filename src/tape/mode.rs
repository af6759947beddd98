//! What happens to operations in this thread: whether they are recorded, and who watches them.

use std::cell::Cell;
use std::marker::PhantomData;

/// Operations are recorded.
pub(crate) const RECORDING: u8 = 1;
/// Results are searched for numbers that are not finite.
pub(crate) const ANOMALY: u8 = 1 << 1;
/// Such a result is noted instead of causing a panic.
pub(crate) const QUIET: u8 = 1 << 2;
/// Recorded nodes are listed, for a checkpoint.
pub(crate) const LISTING: u8 = 1 << 3;
/// A node's backward runs, whose line stands for those of the operations in it.
pub(crate) const WITHIN: u8 = 1 << 4;
/// A step is recorded for a plan.
pub(crate) const TRACING: u8 = 1 << 5;

thread_local! {
    // One byte for all, so that an operation that nobody watches asks once.
    static MODE: Cell<u8> = const { Cell::new(RECORDING) };
}

/// The thread's modes, as one set of bits.
#[inline]
pub(crate) fn modes() -> u8 {
    MODE.get()
}

/// Sets some of the thread's modes and restores those when dropped, on a panic too.
pub(crate) struct Modes {
    mask: u8,
    before: u8,
}

impl Modes {
    #[inline]
    pub(crate) fn set(mask: u8, on: u8) -> Self {
        let before = MODE.get();
        MODE.set((before & !mask) | (on & mask));
        Modes { mask, before }
    }
}

impl Drop for Modes {
    #[inline]
    fn drop(&mut self) {
        MODE.set((MODE.get() & !self.mask) | (self.before & self.mask));
    }
}

/// Whether operations on tensors that require gradients are recorded in this thread.
///
/// ```
/// assert!(retrograd::is_grad_enabled());
/// retrograd::no_grad(|| assert!(!retrograd::is_grad_enabled()));
/// ```
#[inline]
pub fn is_grad_enabled() -> bool {
    modes() & RECORDING != 0
}

/// Sets the thread's mode and restores the one before when dropped, on a panic too.
#[must_use = "the mode is restored as soon as the guard is dropped"]
pub struct GradMode {
    _modes: Modes,
    /// The mode belongs to the thread, so its guard must stay there.
    _not_send: PhantomData<*const ()>,
}

impl GradMode {
    #[inline]
    pub(crate) fn set(enabled: bool) -> Self {
        GradMode {
            _modes: Modes::set(RECORDING, u8::from(enabled)),
            _not_send: PhantomData,
        }
    }
}

/// A guard under which nothing is recorded; see [`no_grad_guard`].
pub type NoGrad = GradMode;

/// Runs a closure without recording, as `with torch.no_grad():`.
///
/// ```
/// use retrograd::prelude::*;
/// let w = tensor![1.0].requires_grad_();
/// let y = no_grad(|| &w * 2.0);
/// assert!(!y.requires_grad());
/// ```
pub fn no_grad<R>(body: impl FnOnce() -> R) -> R {
    let _mode = GradMode::set(false);
    body()
}

/// Stops recording until the guard is dropped.
///
/// ```
/// use retrograd::prelude::*;
/// let w = tensor![1.0].requires_grad_();
/// {
///     let _no_grad = retrograd::no_grad_guard();
///     assert!(!(&w * 2.0).requires_grad());
/// }
/// assert!((&w * 2.0).requires_grad());
/// ```
pub fn no_grad_guard() -> NoGrad {
    GradMode::set(false)
}

/// Runs a closure with recording, inside of [`no_grad`] for example.
///
/// ```
/// use retrograd::prelude::*;
/// let w = tensor![1.0].requires_grad_();
/// let y = no_grad(|| retrograd::enable_grad(|| &w * 2.0));
/// assert!(y.requires_grad());
/// ```
pub fn enable_grad<R>(body: impl FnOnce() -> R) -> R {
    let _mode = GradMode::set(true);
    body()
}
