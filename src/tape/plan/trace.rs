//! The record of one run of a step: what was computed from what, in order.

pub(crate) use super::computed::{checked, computed, computed_one};
use super::kernel::{self, Pass};
use super::total::Total;
use crate::dtype::{Element, with_dtype};
use crate::shape::{Dims, Layout};
use crate::tape::mode::{Modes, TRACING, modes};
use crate::tape::node::NodeRef;
use crate::tensor::storage::{Buffer, Data, Storage};
use crate::tensor::{Arg, Body};
use crate::{DType, Operand as _, Tensor};
use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ops::Add;
use std::panic::Location;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;

/// The values of one storage between two changes.
pub(super) type ValueId = usize;

/// Where a value comes from.
pub(super) enum Source {
    /// An argument of the step.
    Input,
    /// A tensor from outside, as it is when the step begins.
    Outside(Tensor),
    /// A number of the step's own.
    Constant(Buffer),
    /// A computation, or a change of the value named.
    Made,
    Changed(ValueId),
}

pub(super) struct Value {
    pub(super) dtype: DType,
    pub(super) len: usize,
    pub(super) source: Source,
}

/// An operand: which elements of a value, in which shape.
#[derive(Clone)]
pub(super) struct Operand {
    pub(super) value: ValueId,
    pub(super) layout: Layout,
}

/// What is done in one place of the step.
pub(super) enum Work {
    /// Each element of the result from those at the same place of the operands.
    Elements(Pass),
    /// The whole result, or the whole of several, from whole operands.
    Whole(Pass),
    /// The sum of all elements of the operand.
    Total(Total),
    /// `len` elements of the first operand put in the place of the second one's.
    Copy { from: usize, to: usize, len: usize },
}

pub(super) struct Step {
    pub(super) operands: Vec<Operand>,
    /// The shape to which an elementwise step's operands are stretched.
    pub(super) shape: Dims,
    pub(super) results: Vec<ValueId>,
    pub(super) work: Work,
}

/// Why a step cannot be replayed.
pub(super) struct Obstacle {
    pub(super) what: String,
    pub(super) at: &'static Location<'static>,
    pub(super) cure: &'static str,
}

const MOVE_OUT: &str = "Move that out of the step, or run the step without a plan.";

#[derive(Default)]
pub(super) struct Trace {
    pub(super) values: Vec<Value>,
    pub(super) steps: Vec<Step>,
    /// The value that a storage holds now.
    current: HashMap<usize, ValueId>,
    /// Values that several storages hold.
    shared: Vec<ValueId>,
    /// Storages that the step itself has filled, other than by an operation that is recorded.
    fresh: HashSet<usize>,
    /// Keeps the addresses of all storages seen from being used again.
    held: Vec<Arc<Storage>>,
    /// Leaves whose gradient the step has set, in order.
    pub(super) leaves: Vec<NodeRef>,
    /// What each run of the step counts up.
    pub(super) counters: Vec<Arc<AtomicU64>>,
    pub(super) obstacle: Option<Obstacle>,
    /// A value was read for something that the record does not show; who read it is not known yet.
    stray: bool,
}

thread_local! {
    static TRACE: RefCell<Option<Trace>> = const { RefCell::new(None) };
}

/// Whether this thread records a step.
#[inline(always)]
pub(crate) fn tracing() -> bool {
    modes() & TRACING != 0
}

/// Runs `body` as the inside of one recorded operation, which is not looked at.
pub(crate) fn within<R>(body: impl FnOnce() -> R) -> R {
    let _modes = Modes::set(TRACING, 0);
    body()
}

fn with<R>(f: impl FnOnce(&mut Trace) -> R) -> Option<R> {
    TRACE.with_borrow_mut(|trace| trace.as_mut().map(f))
}

/// Runs a step and returns its record with what it gave. `inputs` are its arguments.
pub(super) fn record<R>(inputs: &[Tensor], body: impl FnOnce() -> R) -> (R, Trace) {
    struct End;
    impl Drop for End {
        fn drop(&mut self) {
            TRACE.set(None);
        }
    }
    let mut trace = Trace::default();
    for input in inputs {
        let id = trace.add(input.dtype(), input.0.hold.len(), Source::Input);
        trace.hold(input.storage(), id);
    }
    TRACE.set(Some(trace));
    let _end = End;
    let result = {
        let _modes = Modes::set(TRACING, TRACING);
        body()
    };
    let trace = TRACE.take().expect("nothing else takes the record");
    (result, trace)
}

impl Trace {
    pub(super) fn add(&mut self, dtype: DType, len: usize, source: Source) -> ValueId {
        self.values.push(Value { dtype, len, source });
        self.values.len() - 1
    }

    fn hold(&mut self, storage: &Arc<Storage>, value: ValueId) {
        let address = Arc::as_ptr(storage) as usize;
        if self.current.insert(address, value).is_none() {
            self.held.push(storage.clone());
        }
    }

    fn known(&self, storage: &Arc<Storage>) -> Option<ValueId> {
        self.current.get(&(Arc::as_ptr(storage) as usize)).copied()
    }

    /// The value that a tensor holds now; one from outside where it was not seen before.
    pub(super) fn value_of(&mut self, tensor: &Tensor) -> ValueId {
        if let Some(id) = self.known(tensor.storage()) {
            return id;
        }
        let id = self.add(
            tensor.dtype(),
            tensor.0.hold.len(),
            Source::Outside(tensor.detach()),
        );
        self.hold(tensor.storage(), id);
        id
    }

    fn operand(&mut self, arg: Arg<'_>, dtype: DType) -> Operand {
        match arg {
            Arg::Tensor(tensor) => Operand {
                value: self.value_of(tensor),
                layout: tensor.layout().clone(),
            },
            Arg::Number(number) => {
                let buffer = with_dtype!(dtype, T => T::into_buffer(Data::one(number.cast::<T>())));
                Operand {
                    value: self.add(dtype, 1, Source::Constant(buffer)),
                    layout: Layout::contiguous(Dims::new()),
                }
            }
        }
    }

    /// A value of its own with the same elements.
    fn own_copy(&mut self, of: ValueId) -> ValueId {
        let (dtype, len) = (self.values[of].dtype, self.values[of].len);
        let id = self.add(dtype, len, Source::Made);
        let shape = Dims::from_slice(&[len]);
        self.steps.push(Step {
            operands: vec![Operand {
                value: of,
                layout: Layout::contiguous(shape.clone()),
            }],
            shape,
            results: vec![id],
            work: Work::Elements(with_dtype!(dtype, T => kernel::same::<T>())),
        });
        id
    }

    /// Whether the step changes a value in place.
    pub(super) fn is_changed(&self, id: ValueId) -> bool {
        let mut values = self.values.iter();
        values.any(|value| matches!(value.source, Source::Changed(old) if old == id))
    }

    /// Lets go of the storages, which nobody else may hold.
    pub(super) fn release(&mut self) {
        self.current.clear();
        self.fresh.clear();
        self.held.clear();
    }

    /// Whether a value changes from one run of the step to the next.
    fn varies(&self, id: ValueId) -> bool {
        !matches!(
            self.values[id].source,
            Source::Outside(_) | Source::Constant(_)
        )
    }

    pub(super) fn refuse(&mut self, what: impl FnOnce() -> String, at: &'static Location<'static>) {
        if self.obstacle.is_none() {
            self.obstacle = Some(Obstacle {
                what: what(),
                at,
                cure: MOVE_OUT,
            });
        }
    }
}

/// Notes an elementwise operation on operands of type `T`; the result `out` has its own storage.
pub(crate) fn elements<T: Element>(operands: &[Arg<'_>], out: &Body, pass: Pass) {
    step(
        operands,
        T::DTYPE,
        &out.layout.shape,
        &[out],
        Work::Elements(pass),
    );
}

/// Notes the sum of all elements of a row-major tensor.
pub(crate) fn total<T: Element + Add<Output = T>>(x: &Tensor, out: &Body) {
    let total = Total::new::<T>(x.layout().offset, x.numel());
    let shape = x.shape();
    step(&[x.arg()], T::DTYPE, shape, &[out], Work::Total(total));
}

/// Notes an operation on whole operands, with results of their own storage.
pub(crate) fn whole(operands: &[&Tensor], outs: &[&Body], pass: Pass) {
    let operands: Vec<Arg<'_>> = operands.iter().map(|&tensor| Arg::Tensor(tensor)).collect();
    step(&operands, DType::F32, &[], outs, Work::Whole(pass));
}

fn step(operands: &[Arg<'_>], dtype: DType, shape: &[usize], outs: &[&Body], work: Work) {
    with(|trace| {
        let operands: Vec<Operand> = operands
            .iter()
            .map(|&arg| trace.operand(arg, dtype))
            .collect();
        let results = outs
            .iter()
            .map(|out| {
                let id = trace.add(out.dtype, out.layout.numel(), Source::Made);
                trace.hold(out.hold.storage(), id);
                id
            })
            .collect();
        trace.steps.push(Step {
            operands,
            shape: shape.into(),
            results,
            work,
        });
    });
}

/// Notes that every run of the step is to count this up, as it was now.
pub(crate) fn counts(counter: &Arc<AtomicU64>) {
    if tracing() {
        with(|trace| trace.counters.push(counter.clone()));
    }
}

/// Notes that the values of `target` are changed by `pass`, which gets the operands' places, then the targets'.
#[track_caller]
pub(crate) fn change(operands: &[&Tensor], targets: &[&Tensor], pass: Pass) {
    changing(operands, targets, Work::Whole(pass));
}

/// Notes that a row-major tensor's elements take the place of another one's.
#[track_caller]
pub(crate) fn copy(values: &Tensor, target: &Tensor) {
    let (from, to) = (values.layout().offset, target.layout().offset);
    let len = target.numel();
    changing(&[values], &[target], Work::Copy { from, to, len });
}

#[track_caller]
fn changing(operands: &[&Tensor], targets: &[&Tensor], work: Work) {
    let at = Location::caller();
    with(|trace| {
        let mut operands: Vec<Operand> = operands
            .iter()
            .map(|&tensor| trace.operand(Arg::Tensor(tensor), tensor.dtype()))
            .collect();
        let mut results = Vec::new();
        for target in targets {
            let mut old = trace.operand(Arg::Tensor(target), target.dtype());
            if let Source::Input = trace.values[old.value].source {
                trace.refuse(|| "changes an input in place".into(), at);
            }
            if trace.shared.contains(&old.value) {
                old.value = trace.own_copy(old.value);
            }
            let len = trace.values[old.value].len;
            let id = trace.add(target.dtype(), len, Source::Changed(old.value));
            trace.hold(target.storage(), id);
            operands.push(old);
            results.push(id);
        }
        trace.steps.push(Step {
            operands,
            shape: Dims::new(),
            results,
            work,
        });
    });
}

/// Whether a tensor is all that one computation of the step has made, unchanged since.
pub(super) fn is_whole(tensor: &Tensor) -> bool {
    with(|trace| {
        let id = trace.known(tensor.storage());
        id.is_some_and(|id| {
            let value = &trace.values[id];
            matches!(value.source, Source::Made)
                && !trace.shared.contains(&id)
                && tensor.is_contiguous()
                && tensor.numel() == value.len
        })
    })
    .unwrap_or_default()
}

/// Notes that another storage holds the same values as a tensor's.
pub(crate) fn alias(of: &Tensor, new: &Tensor) {
    with(|trace| {
        let value = trace.value_of(of);
        trace.shared.push(value);
        trace.hold(new.storage(), value);
    });
}

/// Notes that a leaf's gradient was set; `before` is the one that it was added to.
pub(crate) fn accumulated(leaf: &NodeRef, before: Option<&Tensor>) {
    with(|trace| {
        let added = before.is_some_and(|old| trace.known(old.storage()).is_none());
        if added && trace.obstacle.is_none() {
            trace.obstacle = Some(Obstacle {
                what: "adds to a gradient from before it".into(),
                at: leaf.header().location,
                cure: "Call `zero_grad()` in the step, before `backward()`.",
            });
        }
        trace.leaves.push(leaf.clone());
    });
}

/// Notes that the step fills a new storage, with values that it has not read from a tensor.
#[cold]
pub(crate) fn fresh(inner: &Body) {
    with(|trace| {
        let storage = inner.hold.storage();
        trace.fresh.insert(Arc::as_ptr(storage) as usize);
        trace.held.push(storage.clone());
    });
}

/// Notes that a tensor's values are read for something that the record does not show.
#[cold]
pub(crate) fn stray(tensor: &Tensor) {
    with(|trace| {
        let storage = tensor.storage();
        let made = trace.known(storage).is_some_and(|id| trace.varies(id));
        let own = trace.fresh.contains(&(Arc::as_ptr(storage) as usize));
        trace.stray |= made || !own;
    });
}

/// Says who has read values, if somebody has.
#[cold]
#[track_caller]
pub(crate) fn name_stray(who: &str) {
    let at = Location::caller();
    with(|trace| {
        if std::mem::take(&mut trace.stray) {
            trace.refuse(
                || format!("calls `{who}`, which reads values that a replay would not read again"),
                at,
            );
        }
    });
}

/// Notes that the step does something that a replay would not do again.
#[cold]
#[track_caller]
pub(crate) fn refuse(what: &str) {
    let at = Location::caller();
    with(|trace| trace.refuse(|| what.into(), at));
}

/// Notes a change in place that the record does not show.
#[cold]
#[track_caller]
pub(crate) fn changed(tensor: &Tensor) {
    let at = Location::caller();
    with(|trace| {
        let storage = tensor.storage();
        let own = trace.fresh.contains(&(Arc::as_ptr(storage) as usize));
        if !own || trace.known(storage).is_some() {
            trace.refuse(
                || "changes values in place in a way that cannot be replayed".into(),
                at,
            );
        }
    });
}

impl Trace {
    /// What keeps the step from being replayed, if anything does.
    pub(super) fn take_obstacle(&mut self, caller: &'static Location<'static>) -> Option<Obstacle> {
        if self.stray {
            self.refuse(
                || "values are read while the step is recorded".into(),
                caller,
            );
        }
        self.obstacle.take()
    }
}
