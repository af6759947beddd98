//! Steps recorded once and run again without a tape.

pub(crate) mod bank;
mod computed;
pub(crate) mod kernel;
mod lower;
mod outputs;
pub(crate) mod piece;
mod program;
mod schedule;
mod shared;
mod tensors;
mod total;
pub(crate) mod trace;

use crate::error::{Error, OrPanic, Result};
use crate::shape::Dims;
use crate::{DType, Tensor};
pub use outputs::StepOutput;
use program::Program;
use std::panic::Location;

/// A training step, or any other function of tensors, that is recorded once and then replayed: the same computation on
/// the same buffers, without a tape and without allocating, elementwise operations by blocks that stay in the nearest
/// cache. Every replay gives the bits that the function itself would give: nothing is reassociated.
///
/// The first run is an ordinary one, in which optimizers and modules make what they keep. The second is recorded. The
/// third, the first replay, is compared with an ordinary run to the bit. From then on only the replay runs.
///
/// What may change from one run to the next:
/// - the inputs' values, not their shapes or element types;
/// - the values of tensors that the function captures, such as parameters. It may change them, and set `.grad()`.
///
/// All else is as it was in the second run: numbers of the program, the paths of its `if`s, the tensors that it creates.
/// So a function that reads a tensor's value (with `item()` or by printing), draws random numbers or counts its steps
/// is refused with the line. Optimizers count theirs in tensors, but for `NAdam` and `Asgd`.
///
/// ```
/// use retrograd::{prelude::*, tape::Plan};
/// let w = tensor![0.0].requires_grad_();
/// let mut step = Plan::new(|[x, y]: &[Tensor; 2]| {
///     let loss = (&w * x - y).pow(2).mean();
///     loss.backward();
///     no_grad(|| w.sub_(w.grad().unwrap() * 0.1));
///     w.zero_grad();
///     loss
/// });
/// let (x, y) = (tensor![1.0, 2.0], tensor![2.0, 4.0]);
/// let losses: Vec<f32> = (0..20).map(|_| step.run([&x, &y]).item()).collect();
/// assert_eq!(losses[0], 10.0);
/// assert!(losses[19] < 1e-4);
/// ```
pub struct Plan<F, const N: usize> {
    step: F,
    state: State,
    /// Shapes and types of the inputs of the first run.
    inputs: Vec<(Dims, DType)>,
}

enum State {
    New,
    Warm,
    /// Recorded, and not compared yet.
    Recorded(Box<Program>),
    Ready(Box<Program>),
}

const OP: &str = "Plan";

impl<F, O, const N: usize> Plan<F, N>
where
    F: FnMut(&[Tensor; N]) -> O,
    O: StepOutput,
{
    /// A plan of this step; nothing runs yet.
    ///
    /// ```
    /// use retrograd::{prelude::*, tape::Plan};
    /// let mut double = Plan::new(|[x]: &[Tensor; 1]| x * 2.0);
    /// for i in 0..4 {
    ///     assert_eq!(double.run([&tensor![f64::from(i)]]), tensor![f64::from(2 * i)]);
    /// }
    /// ```
    pub fn new(step: F) -> Self {
        Plan {
            step,
            state: State::New,
            inputs: Vec::new(),
        }
    }

    /// Runs the step. What it returns stands outside of any graph.
    ///
    /// # Panics
    /// If an input has another shape or type than in the first run or requires gradients, or the step cannot be
    /// replayed; [`try_run`](Plan::try_run) returns the error.
    ///
    /// ```
    /// use retrograd::{prelude::*, tape::Plan};
    /// let mut sum = Plan::new(|[a, b]: &[Tensor; 2]| a + b);
    /// assert_eq!(sum.run([&tensor![1.0], &tensor![2.0]]), tensor![3.0]);
    /// ```
    #[track_caller]
    pub fn run(&mut self, inputs: [&Tensor; N]) -> O {
        self.try_run(inputs).or_panic()
    }

    /// As [`run`](Plan::run), with the error returned.
    ///
    /// # Errors
    /// If an input has another shape or type than in the first run or requires gradients, or the step cannot be
    /// replayed.
    #[track_caller]
    pub fn try_run(&mut self, inputs: [&Tensor; N]) -> Result<O> {
        let at = Location::caller();
        self.check(&inputs)?;
        if trace::tracing() {
            // A plan in the step of another one is a part of that.
            return Ok(self.eager(&inputs));
        }
        match &mut self.state {
            State::Ready(program) => {
                program.run(&inputs, at)?;
                program.count();
                let mut next = 0..;
                Ok(O::take(&mut || {
                    program.result(next.next().expect("the numbers do not end"))
                }))
            }
            State::New => {
                self.state = State::Warm;
                Ok(O::map(self.eager(&inputs), &mut |tensor| tensor.detach()))
            }
            State::Warm => self.record(&inputs, at),
            State::Recorded(_) => self.compare(&inputs, at),
        }
    }

    fn eager(&mut self, inputs: &[&Tensor; N]) -> O {
        (self.step)(&inputs.map(Tensor::contiguous))
    }

    /// Refuses inputs that the plan is not made for.
    fn check(&mut self, inputs: &[&Tensor; N]) -> Result<()> {
        if let State::New = self.state {
            self.inputs = inputs
                .iter()
                .map(|x| (x.shape().into(), x.dtype()))
                .collect();
        }
        for (i, (input, (shape, dtype))) in inputs.iter().zip(&self.inputs).enumerate() {
            if input.requires_grad() {
                return Err(Error::Tape {
                    op: OP,
                    problem: format!("input {i} requires gradients"),
                    cure: "Let the step capture the parameters that it trains; inputs are data."
                        .into(),
                });
            }
            if input.shape() != &shape[..] || input.dtype() != *dtype {
                return Err(Error::Tape {
                    op: OP,
                    problem: format!(
                        "input {i} has shape {:?} and type {}, and the step was made for {:?} of {dtype}",
                        input.shape(),
                        input.dtype(),
                        &shape[..]
                    ),
                    cure: "Make another plan for it; a last batch that is smaller can be dropped by the loader.".into(),
                });
            }
        }
        Ok(())
    }

    fn record(&mut self, inputs: &[&Tensor; N], at: &'static Location<'static>) -> Result<O> {
        let inputs = inputs.map(Tensor::contiguous);
        let step = &mut self.step;
        let (out, mut trace) = trace::record(&inputs, || {
            let out = step(&inputs);
            // A result is a whole tensor of its own.
            O::map(out, &mut |tensor| match trace::is_whole(&tensor) {
                true => tensor.detach(),
                false => tensor.detach().copy(),
            })
        });
        if let Some(obstacle) = trace.take_obstacle(at) {
            return Err(Error::Tape {
                op: OP,
                problem: format!("the step {} (at {})", obstacle.what, obstacle.at),
                cure: obstacle.cure.into(),
            });
        }
        let mut results = Vec::new();
        let out = O::map(out, &mut |tensor| {
            results.push(tensor.clone());
            tensor
        });
        self.state = State::Recorded(Box::new(Program::new(trace, &results)));
        Ok(out)
    }

    /// The first replay, and an ordinary run from the same state: they must agree.
    fn compare(&mut self, inputs: &[&Tensor; N], at: &'static Location<'static>) -> Result<O> {
        let State::Recorded(mut program) = std::mem::replace(&mut self.state, State::Warm) else {
            unreachable!("the caller has matched the state");
        };
        let before = program::saved(program.changed());
        let ran = program.run(inputs, at);
        let replayed = program::restore(before);
        ran?;
        let out = self.eager(inputs);
        let mut agree = replayed
            .iter()
            .all(|(tensor, buffer)| program::same_buffers(buffer, &tensor.0.hold.snapshot()));
        let mut i = 0;
        let out = O::map(out, &mut |tensor| {
            let tensor = tensor.detach();
            agree &= program::same_bits(&program.result(i), &tensor);
            i += 1;
            tensor
        });
        if !agree || !program.agrees_on_gradients() {
            return Err(Error::Tape {
                op: OP,
                problem: "a replay of the step gives other values than the step itself".into(),
                cure: "The step computes with a number of the program's that changes from run to run, such as a count \
                       or a learning rate: pass it as a 0-d input."
                    .into(),
            });
        }
        self.state = State::Ready(program);
        Ok(out)
    }
}
