//! The crate's one error type.

use crate::DType;
use std::panic::Location;

/// What can go wrong, with what is needed to say it and to mend it.
///
/// Every message is one sentence of what is wrong, naming the operation and the shapes or values,
/// and one of what to do about it.
#[non_exhaustive]
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Error {
    /// Two shapes that cannot be broadcast together.
    #[error("{op}: shapes {lhs:?} and {rhs:?} do not broadcast: {detail}. {cure}")]
    Broadcast {
        /// The operation.
        op: &'static str,
        /// Shape of the left operand.
        lhs: Vec<usize>,
        /// Shape of the right operand.
        rhs: Vec<usize>,
        /// Which axis refuses.
        detail: String,
        /// What to do.
        cure: String,
    },
    /// A shape that the operation cannot work on.
    #[error("{op}: {problem}. {cure}")]
    Shape {
        /// The operation.
        op: &'static str,
        /// What is wrong, with the shapes.
        problem: String,
        /// What to do.
        cure: String,
    },
    /// An axis that the tensor does not have.
    #[error(
        "{op}: axis {axis} is out of range for a tensor of {rank} dimensions. \
         Use an axis from {low} to {high}.", low = -(*rank.max(&1) as i64), high = rank.max(&1) - 1
    )]
    Axis {
        /// The operation.
        op: &'static str,
        /// The axis asked for.
        axis: i64,
        /// The tensor's number of dimensions.
        rank: usize,
    },
    /// A position beyond the end of an axis.
    #[error(
        "{op}: index {index} is out of bounds for dimension {axis} with size {size}. \
         Use a position from -{size} to {size} - 1."
    )]
    Index {
        /// The operation.
        op: &'static str,
        /// The position asked for.
        index: i64,
        /// The axis.
        axis: usize,
        /// The size of that axis.
        size: usize,
    },
    /// An element type that the operation does not take.
    #[error("{op}: {problem}. {cure}")]
    DType {
        /// The operation.
        op: &'static str,
        /// What is wrong, with the element types.
        problem: String,
        /// What to do.
        cure: String,
    },
    /// Values asked for in another type than the tensor's.
    #[error(
        "{op}: the tensor holds {actual}, not {asked}. Ask for {actual}, or cast first with \
         `.to(DType::{cast:?})`.", cast = asked
    )]
    WrongType {
        /// The operation.
        op: &'static str,
        /// The tensor's element type.
        actual: DType,
        /// The type asked for.
        asked: DType,
    },
    /// An argument whose value the operation cannot use.
    #[error("{op}: {argument} = {value}: {problem}. {cure}")]
    InvalidArgument {
        /// The operation.
        op: &'static str,
        /// The argument's name.
        argument: &'static str,
        /// Its value.
        value: String,
        /// What is wrong with it.
        problem: String,
        /// What to do.
        cure: String,
    },
    /// A misuse of the tape.
    #[error("{op}: {problem}. {cure}")]
    Tape {
        /// The operation.
        op: &'static str,
        /// What is wrong.
        problem: String,
        /// What to do.
        cure: String,
    },
    /// A graph whose saved values an earlier backward pass has freed.
    #[error(
        "{op}: the graph was already walked by the backward pass at {first}, which freed the values \
         saved by {node} (recorded at {created}). Use `backward_retain` or `.retain_graph(true)` \
         for the first pass, or compute the output again."
    )]
    BackwardTwice {
        /// The operation that was asked for.
        op: &'static str,
        /// The node found freed.
        node: &'static str,
        /// Where that node was recorded.
        created: &'static Location<'static>,
        /// Where the first pass ran.
        first: &'static Location<'static>,
    },
    /// A saved value that an in-place operation has changed since.
    #[error(
        "backward: a value that {node} (recorded at {created}) saved for its gradient was changed in \
         place by the operation at {changed}: it is at version {actual}, and version {expected} was saved. \
         Use the functional form there, or `copy()` the value before changing it."
    )]
    SavedChanged {
        /// The node that saved the value.
        node: &'static str,
        /// Where that node was recorded.
        created: &'static Location<'static>,
        /// Where the last change was made.
        changed: &'static Location<'static>,
        /// The version now.
        actual: u32,
        /// The version saved.
        expected: u32,
    },
    /// A derivative that does not exist, or was not written.
    #[error("backward: {op}, called at {location}: {problem}. {cure}")]
    NoDerivative {
        /// The operation.
        op: &'static str,
        /// Where it was called.
        location: &'static Location<'static>,
        /// What is missing.
        problem: &'static str,
        /// What to do.
        cure: &'static str,
    },
    /// A result that is not finite, found by [`detect_anomaly`](crate::tape::detect_anomaly).
    #[error(
        "detect_anomaly: {pass}{op}, called at {location}, {found}. {inputs}. Keep its inputs away from there, for \
         example by `clamp` or a small constant, or scale down what makes them grow."
    )]
    NotFinite {
        /// The operation.
        op: String,
        /// Empty for the operation itself, else which pass through it.
        pass: &'static str,
        /// Where the operation was called.
        location: &'static Location<'static>,
        /// What its result holds.
        found: String,
        /// Type, shape and range of what it was given.
        inputs: String,
    },
    /// A derivative that differs from the difference quotient.
    #[error(
        "{op}: the derivative of element {output_element} of output {output} by element {input_element} of \
         input {input} is {analytic} by backward and {numeric} by central differences. Check the backward of \
         the operations in the function, or move the input away from a point where it is not smooth.\n\
         numerical Jacobian of output {output} by input {input}:\n{numeric_jacobian}\n\
         analytical:\n{analytic_jacobian}"
    )]
    Gradient {
        /// The check.
        op: &'static str,
        /// Which input.
        input: usize,
        /// Which of its elements, in row-major order.
        input_element: usize,
        /// Which output.
        output: usize,
        /// Which of its elements, in row-major order.
        output_element: usize,
        /// The derivative by backward.
        analytic: f64,
        /// The derivative by central differences.
        numeric: f64,
        /// All derivatives of this output by this input by backward, printed: a row for each element of the output.
        analytic_jacobian: String,
        /// All of them by central differences.
        numeric_jacobian: String,
    },
    /// A derivative along a direction that differs from the difference quotient.
    #[error(
        "check_grads: at order {order}, the derivative along the direction drawn from seed {seed} is {analytic} by \
         backward and {numeric} by central differences. Check the backward of the operations in the function, or move \
         the inputs away from a point where it is not smooth; `gradcheck` finds the element."
    )]
    DirectionalGradient {
        /// The order of the derivative.
        order: usize,
        /// The seed of the direction.
        seed: u64,
        /// The derivative by backward.
        analytic: f64,
        /// The derivative by central differences.
        numeric: f64,
    },
    /// A file or record that cannot be read.
    #[error("{place}: {problem}. {cure}")]
    Data {
        /// The file, and the line and column where they are known.
        place: String,
        /// What is wrong there.
        problem: String,
        /// What to do.
        cure: String,
    },
    /// A panic in a thread of the library, by code that was given to it.
    #[error("{place}: the data set panicked: {message}. Correct it, or return an error there.")]
    Panic {
        /// What the thread was at.
        place: String,
        /// The panic's message.
        message: String,
    },
    /// A state that does not fit a module.
    #[error(
        "load_state_dict: the state does not fit {module}: {}. {}",
        list_mismatches(missing, unexpected, mismatched),
        "Build the module as the one that was saved, or load what fits with `load_state_dict_lenient`."
    )]
    StateDict {
        /// The module's name.
        module: String,
        /// Names of the module that the state lacks.
        missing: Vec<String>,
        /// Names of the state that the module lacks.
        unexpected: Vec<String>,
        /// What differs in shape, with both shapes.
        mismatched: Vec<String>,
    },
}

fn list_mismatches(missing: &[String], unexpected: &[String], mismatched: &[String]) -> String {
    let names = |what: &str, names: &[String]| {
        (!names.is_empty()).then(|| format!("{what} {}", names.join(", ")))
    };
    let parts = [names("missing", missing), names("unexpected", unexpected)];
    let parts: Vec<String> = parts
        .into_iter()
        .flatten()
        .chain(mismatched.iter().cloned())
        .collect();
    parts.join("; ")
}

/// A result with the crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Turns a refused operation into a panic at the caller's line.
pub(crate) trait OrPanic<T> {
    /// The value, or a panic with the error's message.
    #[track_caller]
    fn or_panic(self) -> T;
}

impl<T> OrPanic<T> for Result<T> {
    #[inline]
    #[track_caller]
    fn or_panic(self) -> T {
        match self {
            Ok(value) => value,
            Err(error) => panic!("{error}"),
        }
    }
}
