//! What data, files, labels and options can have wrong: one sentence of what it is and where, one of what to do.

mod learning;
mod loading;
mod tables;

use retrograd::Error;

/// Holds the whole message.
#[track_caller]
fn says<T>(result: Result<T, Error>, text: &str) {
    let error = result.err().expect("an error");
    assert_eq!(error.to_string(), text);
}
