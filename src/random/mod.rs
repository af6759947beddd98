//! Random numbers: PyTorch's CPU generator and NumPy's `RandomState`, with the same numbers for the same seed.
//!
//! Every thread has a default [`Generator`], which [`manual_seed`] seeds and from which all random functions draw
//! that are given none. A thread that was never seeded starts from [`Generator::DEFAULT_SEED`], so that a program
//! without a seed gives the same numbers at every run.
//!
//! ```
//! let mut g = retrograd::Generator::new(42);
//! let mut x = [0.0f32; 3];
//! g.fill_normal(&mut x, 0.0, 1.0);
//! assert_eq!(x, [0.33669037, 0.1288094, 0.23446237]); // torch.manual_seed(42); torch.randn(3)
//! ```

mod check;
mod distributions;
mod generator;
mod mt19937;
mod normal;
mod numpy;
#[cfg(feature = "rand")]
mod rand_traits;
mod real;
mod state;

pub use generator::Generator;
pub use numpy::{NumpyRandomState, NumpyState};
pub use real::Real;

use crate::Result;
use std::cell::RefCell;

thread_local! {
    static DEFAULT: RefCell<Generator> = RefCell::new(Generator::default());
}

/// Runs `f` with this thread's default generator.
///
/// # Panics
/// If `f` itself draws from the default generator other than through its argument.
///
/// ```
/// use retrograd::random::{default_generator, manual_seed};
/// manual_seed(0);
/// assert_eq!(default_generator(|g| g.randperm(4)), [0, 1, 3, 2]);
/// ```
#[track_caller]
pub fn default_generator<R>(f: impl FnOnce(&mut Generator) -> R) -> R {
    if crate::tape::trace::tracing() {
        crate::tape::trace::refuse("draws random numbers");
    }
    DEFAULT.with_borrow_mut(f)
}

/// Seeds this thread's default generator, as `torch.manual_seed`.
///
/// ```
/// retrograd::manual_seed(42);
/// assert_eq!(retrograd::random::initial_seed(), 42);
/// ```
pub fn manual_seed(seed: u64) {
    default_generator(|g| g.manual_seed(seed));
}

/// The seed of this thread's default generator.
///
/// ```
/// use retrograd::random::{Generator, initial_seed};
/// assert_eq!(initial_seed(), Generator::DEFAULT_SEED); // never seeded
/// ```
pub fn initial_seed() -> u64 {
    default_generator(|g| g.initial_seed())
}

/// The state of this thread's default generator, as `torch.get_rng_state`; see [`Generator::get_state`].
///
/// ```
/// use retrograd::random::{default_generator, get_rng_state, set_rng_state};
/// let state = get_rng_state();
/// let first = default_generator(|g| g.random());
/// set_rng_state(&state)?;
/// assert_eq!(default_generator(|g| g.random()), first);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn get_rng_state() -> Vec<u8> {
    default_generator(|g| g.get_state())
}

/// Puts this thread's default generator into a saved state, as `torch.set_rng_state`.
///
/// # Errors
/// If the bytes are no state of a generator.
///
/// ```
/// use retrograd::random::{Generator, initial_seed, set_rng_state};
/// set_rng_state(&Generator::new(7).get_state())?;
/// assert_eq!(initial_seed(), 7);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn set_rng_state(state: &[u8]) -> Result<()> {
    default_generator(|g| g.set_state(state))
}
