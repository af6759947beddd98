//! What the crate has to say without stopping: likely slips, which are no errors.

use std::collections::HashSet;
use std::fmt;
use std::panic::Location;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A likely slip, and the line that called.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct Warning {
    /// What is likely wrong, and what to do.
    pub message: String,
    /// The call that it is about.
    pub location: &'static Location<'static>,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.location, self.message)
    }
}

type Handler = Arc<dyn Fn(&Warning) + Send + Sync>;

static HANDLER: Mutex<Option<Handler>> = Mutex::new(None);
static PRINTED: Mutex<Option<HashSet<Warning>>> = Mutex::new(None);

fn lock<T>(mutex: &'static Mutex<T>) -> MutexGuard<'static, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Gives all warnings of the program to `handler`, each time that there is one, in the place of [`print_warning`].
///
/// ```
/// use retrograd::{set_warning_handler, print_warning};
/// set_warning_handler(|warning| panic!("{warning}")); // warnings as errors
/// set_warning_handler(print_warning);
/// ```
pub fn set_warning_handler(handler: impl Fn(&Warning) + Send + Sync + 'static) {
    *lock(&HANDLER) = Some(Arc::new(handler));
}

/// Prints a warning on the standard error, each line's the first time: what is done with warnings by default.
pub fn print_warning(warning: &Warning) {
    let first = lock(&PRINTED)
        .get_or_insert_default()
        .insert(warning.clone());
    if first {
        eprintln!("retrograd: warning: {warning}");
    }
}

/// Tells of a likely slip in the caller's line.
#[cold]
#[track_caller]
pub(crate) fn warn(message: String) {
    let warning = Warning {
        message,
        location: Location::caller(),
    };
    // Called without the lock: a handler may compute.
    let handler = lock(&HANDLER).clone();
    match handler {
        Some(handler) => handler(&warning),
        None => print_warning(&warning),
    }
}
