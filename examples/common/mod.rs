//! What the examples share and the lessons are not about: options, messages, a progress bar, plots.

pub(crate) mod options;
pub(crate) mod plot;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::error::Error;
use std::fmt;
use std::io::{self, Write};
use std::process::{ExitCode, exit};

/// As the standard `println!`, which panics where nobody reads on, as in `PROGRAM | head -1`.
macro_rules! println {
    ($($argument:tt)*) => {
        $crate::common::print_line(format_args!($($argument)*))
    };
}

/// Prints a line. A reader who has gone away ends the program without a word, a full disk with one.
pub(crate) fn print_line(line: fmt::Arguments<'_>) {
    if let Err(error) = writeln!(io::stdout().lock(), "{line}") {
        if error.kind() == io::ErrorKind::BrokenPipe {
            exit(0);
        }
        complain(&format!("standard output cannot be written: {error}"));
        exit(1);
    }
}

/// The program's end: with status 1 and one sentence if something went wrong.
pub(crate) fn report(outcome: Result<(), Box<dyn Error>>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}

/// Whether anyone reads standard error does not matter.
fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "error: {message}");
}

/// Whole steps a second: more digits would flicker.
fn rate(state: &ProgressState, out: &mut dyn fmt::Write) {
    let _ = write!(out, "{:.0}/s", state.per_sec());
}

/// A bar with rate and remaining time on a terminal, nothing in a pipe.
pub(crate) fn progress(title: &str, steps: usize) -> ProgressBar {
    // Twenty updates a second are enough to look at, and cost nothing.
    let target = ProgressDrawTarget::stderr_with_hz(20);
    let style = ProgressStyle::with_template("{msg} [{wide_bar}] {pos}/{len} {rate} {eta} left");
    ProgressBar::with_draw_target(Some(steps as u64), target)
        .with_style(
            style
                .expect("the template is a constant")
                .with_key("rate", rate),
        )
        .with_message(title.to_owned())
}
