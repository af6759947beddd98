//! A record turned into steps that read their operands in two ways only: along with the result, or whole.

use super::bank::{BLOCK, Port, SUMMED, Walk};
use super::kernel::{Pass, anywhere, copy, repeat_each, repeat_rows, same};
use super::trace::{Operand, Source, Step, Trace, ValueId, Work};
use crate::dtype::{Element, with_dtype};
use crate::kernels::strided::{gather_into, merge};
use crate::shape::Layout;

/// How a step reads an operand.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Access {
    /// Element by element, along with the result.
    Near,
    /// One element for all of the result.
    One,
    /// Anywhere.
    Whole,
}

pub(super) struct Low {
    pub(super) operands: Vec<(ValueId, Access, usize)>,
    pub(super) results: Vec<ValueId>,
    /// The number of elements of an elementwise step.
    pub(super) len: Option<usize>,
    /// Whether the result has but one element for some of them, their sum.
    pub(super) sums: bool,
    pub(super) pass: Pass,
}

impl Low {
    /// A step that reads its operands anywhere.
    fn whole(operands: &[Operand], results: Vec<ValueId>, pass: Pass) -> Low {
        let operands = operands.iter();
        Low {
            operands: operands
                .map(|operand| (operand.value, Access::Whole, 0))
                .collect(),
            results,
            len: None,
            sums: false,
            pass,
        }
    }
}

/// How the elements of an operand lie along those of the result.
enum Lie {
    Along(usize),
    One(usize),
    Rows { base: usize, period: usize },
    Each { base: usize, run: usize },
    Anyhow,
}

fn lie(layout: &Layout, shape: &[usize]) -> Lie {
    let base = layout.offset;
    let stretched = layout.broadcast_to(shape);
    let (shape, strides) = merge(&stretched.shape, &stretched.strides());
    match (&shape[..], &strides[..]) {
        (_, steps) if steps.iter().all(|&step| step == 0) => Lie::One(base),
        ([_], [1]) => Lie::Along(base),
        (&[_, period], [0, 1]) => Lie::Rows { base, period },
        (&[_, run], [1, 0]) => Lie::Each { base, run },
        _ => Lie::Anyhow,
    }
}

/// The steps that a result of interest depends on, in order.
pub(super) fn lower(trace: &mut Trace, wanted: &[ValueId]) -> Vec<Low> {
    let steps = needed(trace, wanted);
    let mut lows = Vec::with_capacity(steps.len());
    for step in steps {
        let Step {
            operands,
            shape,
            results,
            work,
        } = step;
        let low = match work {
            Work::Copy { from, to, len } => {
                let dtype = trace.values[operands[1].value].dtype;
                let pass = with_dtype!(dtype, T => copy::<T>(from, to, len));
                Low::whole(&operands, results, pass)
            }
            Work::Whole(pass) => Low::whole(&operands, results, pass),
            // The sums of blocks are taken while these are at hand.
            Work::Total(total) if total.len > BLOCK => {
                let dtype = trace.values[results[0]].dtype;
                let sums = trace.add(dtype, total.len.div_ceil(SUMMED), Source::Made);
                let operand = aligned(trace, &operands[0], &shape, &mut lows);
                lows.push(Low {
                    operands: vec![operand],
                    results: vec![sums],
                    len: Some(total.len),
                    sums: true,
                    pass: total.blocks,
                });
                Low {
                    operands: vec![(sums, Access::Whole, 0)],
                    results,
                    len: None,
                    sums: false,
                    pass: total.joined,
                }
            }
            Work::Total(total) => Low::whole(&operands, results, total.whole),
            Work::Elements(pass) => Low {
                operands: operands
                    .iter()
                    .map(|operand| aligned(trace, operand, &shape, &mut lows))
                    .collect(),
                results,
                len: Some(shape.iter().product()),
                sums: false,
                pass,
            },
        };
        lows.push(low);
    }
    lows
}

/// Takes the steps that are needed out of the record.
fn needed(trace: &mut Trace, wanted: &[ValueId]) -> Vec<Step> {
    let mut wants = vec![false; trace.values.len()];
    wanted.iter().for_each(|&id| wants[id] = true);
    let mut steps: Vec<Step> = Vec::new();
    for step in std::mem::take(&mut trace.steps).into_iter().rev() {
        let lasts =
            |&id: &ValueId| wants[id] || matches!(trace.values[id].source, Source::Changed(_));
        // A step without results is a check.
        if step.results.is_empty() || step.results.iter().any(lasts) {
            step.operands
                .iter()
                .for_each(|operand| wants[operand.value] = true);
            steps.push(step);
        }
    }
    steps.reverse();
    steps
}

/// An operand as an elementwise step reads it, by a step of its own where it does not lie so.
fn aligned(
    trace: &mut Trace,
    operand: &Operand,
    shape: &[usize],
    lows: &mut Vec<Low>,
) -> (ValueId, Access, usize) {
    let len: usize = shape.iter().product();
    let dtype = trace.values[operand.value].dtype;
    let (pass, len_of_step, base): (Pass, _, _) = match lie(&operand.layout, shape) {
        Lie::Along(base) => return (operand.value, Access::Near, base),
        Lie::One(base) if len == 1 => return (operand.value, Access::Near, base),
        Lie::One(base) => return (operand.value, Access::One, base),
        Lie::Rows { base, period } => (
            with_dtype!(dtype, T => repeat_rows::<T>(period)),
            Some(len),
            base,
        ),
        Lie::Each { base, run } => (
            with_dtype!(dtype, T => repeat_each::<T>(run)),
            Some(len),
            base,
        ),
        Lie::Anyhow => (
            with_dtype!(dtype, T => gathered::<T>(operand.layout.broadcast_to(shape))),
            None,
            0,
        ),
    };
    let id = trace.add(dtype, len, Source::Made);
    lows.push(Low {
        operands: vec![(operand.value, Access::Whole, base)],
        results: vec![id],
        len: len_of_step,
        sums: false,
        pass,
    });
    (id, Access::Near, 0)
}

fn gathered<T: Element>(layout: Layout) -> Pass {
    anywhere(move |banks, ports, span| {
        super::bank::write::<T, _>(banks, ports[1], span, |rest, out| {
            gather_into(T::view(rest).starting_at(ports[0]), &layout, out);
        });
    })
}

/// A value of its own with the elements of another one.
pub(super) fn copied(trace: &mut Trace, id: ValueId, lows: &mut Vec<Low>) -> ValueId {
    let (dtype, len) = (trace.values[id].dtype, trace.values[id].len);
    let copy = trace.add(dtype, len, Source::Made);
    lows.push(Low {
        operands: vec![(id, Access::Near, 0)],
        results: vec![copy],
        len: Some(len),
        sums: false,
        pass: with_dtype!(dtype, T => same::<T>()),
    });
    copy
}

impl Access {
    pub(super) fn walk(self) -> Walk {
        match self {
            Access::Near => Walk::Along,
            Access::One => Walk::One,
            Access::Whole => Walk::Whole,
        }
    }
}

impl Port {
    pub(super) fn at(self, access: Access, base: usize) -> Port {
        Port {
            walk: match self.walk {
                Walk::Block => Walk::Block,
                _ => access.walk(),
            },
            base,
            ..self
        }
    }
}
