//! What first-order optimizers remember of each parameter, and how it goes out and in.

use crate::error::{Error, Result};
use crate::kernels::update::pass;
use crate::nn::StateDict;
use crate::tape::plan::kernel;
use crate::tape::trace;
use crate::tensor::storage::Data;
use crate::{DType, Element, Tensor, no_grad};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// PyTorch's names of what is remembered.
#[derive(Clone, Copy)]
pub(crate) struct Names {
    /// Of tensors in the parameter's shape.
    pub(crate) buffers: &'static [&'static str],
    /// Of numbers.
    pub(crate) scalars: &'static [&'static str],
}

impl Names {
    pub(crate) const fn buffers(buffers: &'static [&'static str]) -> Names {
        Names {
            buffers,
            scalars: &[],
        }
    }
}

/// A number as an `f64` tensor of no axes, whatever the default type.
pub(super) fn exact(value: f64) -> Tensor {
    Tensor::from_vec(vec![value], ())
}

/// What is remembered of one parameter.
#[derive(Debug, Default)]
pub(crate) struct State {
    /// How many steps there were, where the change does not depend on it; replays count, too.
    steps: Arc<AtomicU64>,
    /// How many there were, where it does: a recorded step computes with it.
    count: Option<Tensor>,
    pub(crate) scalars: Vec<f64>,
    /// Contiguous tensors of the parameter's shape and type; none before the first step.
    pub(crate) buffers: Vec<Tensor>,
}

impl State {
    pub(crate) fn steps(&self) -> u64 {
        match &self.count {
            Some(count) => trace::within(|| count.item::<i64>()) as u64,
            None => self.steps.load(Relaxed),
        }
    }

    /// Counts a step.
    pub(crate) fn advance(&mut self) {
        self.steps.fetch_add(1, Relaxed);
        trace::counts(&self.steps);
    }

    /// Counts a step whose change depends on how many there were, which it returns.
    fn counted(&mut self) -> Tensor {
        let before = self.steps();
        // A tensor from outside to a step that is recorded.
        let first = || trace::within(|| Tensor::scalar(before as i64));
        let count = self.count.get_or_insert_with(first);
        match trace::tracing() {
            true => no_grad(|| {
                count.add_(1);
            }),
            false => count.write_values(|count: &mut [i64]| count[0] += 1),
        }
        count.clone()
    }

    /// The buffers, which begin as zeros.
    pub(crate) fn zeros<const N: usize>(&mut self, param: &Tensor) -> [&Tensor; N] {
        self.filled(param, [0.0; N])
    }

    /// The buffers, which begin filled with these values.
    pub(crate) fn filled<const N: usize>(
        &mut self,
        param: &Tensor,
        first: [f64; N],
    ) -> [&Tensor; N] {
        let missing = first.iter().skip(self.buffers.len());
        let fill = |&value: &f64| exact(value).to(param.dtype()).expand(param.shape()).copy();
        self.buffers.extend(missing.map(fill).collect::<Vec<_>>());
        std::array::from_fn(|i| &self.buffers[i])
    }
}

/// Changes a parameter and its buffers in one pass: `f` gets an element of the parameter, of its gradient and of
/// each buffer.
#[track_caller]
pub(crate) fn fused<T: Element, const N: usize>(
    param: &Tensor,
    grad: &Tensor,
    buffers: [&Tensor; N],
    f: impl Fn(&mut T, T, [&mut T; N]) + Copy + Send + Sync + 'static,
) {
    match trace::tracing() {
        true => traced(param, grad, None, buffers, move |_| f),
        false => changed(param, grad, buffers, f),
    }
}

fn changed<T: Element, const N: usize>(
    param: &Tensor,
    grad: &Tensor,
    buffers: [&Tensor; N],
    f: impl Fn(&mut T, T, [&mut T; N]) + Copy + Send + Sync,
) {
    let len = param.numel();
    let grad = grad.values::<T>();
    let mut taken: [Data<T>; N] = buffers.map(Tensor::take_data);
    {
        let slices = taken.each_mut().map(|data| &mut data.make_mut()[..len]);
        if param.is_contiguous() {
            param.write_values(|values: &mut [T]| pass(values, &grad, slices, f));
        } else {
            let mut values = param.values::<T>().into_data();
            pass(values.make_mut(), &grad, slices, f);
            param.assign(values);
        }
    }
    buffers
        .into_iter()
        .zip(taken)
        .for_each(|(buffer, data)| buffer.assign(data));
}

/// As [`fused`] with buffers that begin as zeros, where the change depends on how many steps there were: `numbers` makes
/// what it needs of their count, this one included.
#[track_caller]
pub(crate) fn stepped<T: Element, F, const N: usize, const K: usize>(
    param: &Tensor,
    grad: &Tensor,
    state: &mut State,
    numbers: impl Fn(i32) -> [f64; K] + Send + Sync + 'static,
    change: impl Fn([f64; K]) -> F + Copy + Send + Sync + 'static,
) where
    F: Fn(&mut T, T, [&mut T; N]) + Copy + Send + Sync,
{
    let count = state.counted();
    let steps = state.steps() as i32;
    let buffers = state.zeros(param);
    if !trace::tracing() {
        return changed(param, grad, buffers, change(numbers(steps)));
    }
    let [numbers] = trace::computed(&[&count], move |count| {
        [Tensor::from_vec(
            numbers(count[0].item::<i64>() as i32).to_vec(),
            [K],
        )]
    });
    traced(param, grad, Some(&numbers), buffers, move |numbers| {
        change(std::array::from_fn(|i| numbers[i]))
    });
}

/// As [`fused`], noted in the record of a step, with a function that may depend on numbers which the step computes.
#[cold]
#[track_caller]
fn traced<T: Element, F, const N: usize>(
    param: &Tensor,
    grad: &Tensor,
    numbers: Option<&Tensor>,
    buffers: [&Tensor; N],
    f: impl Fn(&[f64]) -> F + Copy + Send + Sync + 'static,
) where
    F: Fn(&mut T, T, [&mut T; N]) + Copy + Send + Sync,
{
    if !param.is_contiguous() {
        trace::refuse("optimizes a parameter that does not lie in row-major order");
    }
    let grad = grad.contiguous();
    trace::within(|| {
        let numbers = numbers.map(Tensor::to_vec::<f64>).unwrap_or_default();
        changed(param, &grad, buffers, f(&numbers));
    });
    let (from, at, len) = (grad.layout().offset, param.layout().offset, param.numel());
    let targets: Vec<&Tensor> = std::iter::once(param).chain(buffers).collect();
    let update =
        kernel::update::<T, N>(numbers.is_some(), move |numbers, values, grad, buffers| {
            pass(
                &mut values[at..at + len],
                &grad[from..],
                buffers,
                f(numbers),
            );
        });
    let operands: Vec<&Tensor> = std::iter::once(&grad).chain(numbers).collect();
    trace::change(&operands, &targets, update);
}

/// A gradient as a step uses it: turned round to climb, with the share of the weights that decays.
pub(crate) fn slope(param: &Tensor, grad: &Tensor, maximize: bool, weight_decay: f64) -> Tensor {
    let mut slope = grad.clone();
    if maximize {
        slope = -slope;
    }
    if weight_decay != 0.0 {
        slope = slope.add(&(param * weight_decay));
    }
    slope
}

/// How weights decay: the factor that goes through the gradient, and what a step first leaves of the weights where
/// they decay on their own.
pub(crate) fn decay(weight_decay: f64, decoupled: bool, lr: f64) -> (f64, f64) {
    match decoupled {
        true => (0.0, 1.0 - lr * weight_decay),
        false => (weight_decay, 1.0),
    }
}

/// The state by name.
pub(crate) fn save(lrs: &[f64], state: &[State], names: Names) -> StateDict {
    let lrs = lrs.iter().enumerate();
    let mut dict: StateDict = lrs
        .map(|(i, &lr)| (format!("group.{i}.lr"), exact(lr)))
        .collect();
    for (i, state) in state
        .iter()
        .enumerate()
        .filter(|(_, state)| state.steps() > 0)
    {
        dict.insert(
            format!("state.{i}.step"),
            Tensor::scalar(state.steps() as i64),
        );
        for (name, &value) in names.scalars.iter().zip(&state.scalars) {
            dict.insert(format!("state.{i}.{name}"), exact(value));
        }
        for (name, buffer) in names.buffers.iter().zip(&state.buffers) {
            dict.insert(format!("state.{i}.{name}"), buffer.copy());
        }
    }
    dict
}

/// The learning rates and states of a dictionary that [`save`] made.
pub(crate) fn load(
    op: &'static str,
    dict: &StateDict,
    lrs: &[f64],
    params: &[Tensor],
    names: Names,
) -> Result<(Vec<f64>, Vec<State>)> {
    let refuse = |name: &str, problem: String| Error::InvalidArgument {
        op,
        argument: "state",
        value: name.to_owned(),
        problem,
        cure:
            "Load what `state_dict()` of the same kind of optimizer over the same parameters gave."
                .into(),
    };
    let number = |name: &str| -> Result<f64> {
        let tensor = dict
            .get(name)
            .ok_or_else(|| refuse(name, "it is missing".into()))?;
        match tensor.numel() {
            1 => Ok(tensor.to(DType::F64).item()),
            _ => Err(refuse(
                name,
                format!("it is one number, and has shape {:?}", tensor.shape()),
            )),
        }
    };
    let rates = (0..lrs.len()).map(|i| number(&format!("group.{i}.lr")));
    let rates = rates.collect::<Result<Vec<_>>>()?;
    let mut known: Vec<String> = (0..lrs.len()).map(|i| format!("group.{i}.lr")).collect();
    let mut states = Vec::new();
    for (i, param) in params.iter().enumerate() {
        let mut state = State::default();
        let key = |name: &str| format!("state.{i}.{name}");
        known.push(key("step"));
        if dict.get(&key("step")).is_some() {
            state.steps = Arc::new(AtomicU64::new(number(&key("step"))? as u64));
            for name in names.scalars {
                state.scalars.push(number(&key(name))?);
                known.push(key(name));
            }
            for name in names.buffers {
                let Some(buffer) = dict.get(&key(name)) else {
                    break;
                };
                if buffer.shape() != param.shape() {
                    let problem = format!(
                        "it has shape {:?}, the parameter {:?}",
                        buffer.shape(),
                        param.shape()
                    );
                    return Err(refuse(&key(name), problem));
                }
                state
                    .buffers
                    .push(buffer.detach().to(param.dtype()).contiguous().copy());
                known.push(key(name));
            }
        }
        states.push(state);
    }
    match dict
        .names()
        .into_iter()
        .find(|name| !known.iter().any(|k| k == name))
    {
        Some(name) => Err(refuse(name, "there is no such state here".into())),
        None => Ok((rates, states)),
    }
}
