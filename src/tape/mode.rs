//! Whether operations are recorded in this thread.

use std::cell::Cell;
use std::marker::PhantomData;

thread_local! {
    static ENABLED: Cell<bool> = const { Cell::new(true) };
}

/// Whether operations on tensors that require gradients are recorded in this thread.
///
/// ```
/// assert!(retrograd::is_grad_enabled());
/// retrograd::no_grad(|| assert!(!retrograd::is_grad_enabled()));
/// ```
#[inline]
pub fn is_grad_enabled() -> bool {
    ENABLED.get()
}

/// Sets the thread's mode and restores the one before when dropped, on a panic too.
#[must_use = "the mode is restored as soon as the guard is dropped"]
pub struct GradMode {
    before: bool,
    /// The mode belongs to the thread, so its guard must stay there.
    _not_send: PhantomData<*const ()>,
}

impl GradMode {
    #[inline]
    pub(crate) fn set(enabled: bool) -> Self {
        GradMode {
            before: ENABLED.replace(enabled),
            _not_send: PhantomData,
        }
    }
}

impl Drop for GradMode {
    #[inline]
    fn drop(&mut self) {
        ENABLED.set(self.before);
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
