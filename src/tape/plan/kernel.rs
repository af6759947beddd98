//! What the steps of a plan do to the values: loops over slices, boxed once while the step is recorded.

use super::bank::{Banks, Few, LANES, Port, Span, write, write_all};
use super::piece::{self, Piece, Spot};
use crate::dtype::Element;
use crate::kernels::simd::{self, Cost};
use std::marker::PhantomData;

/// What a step does to some elements of its operands; the last port is the result's.
pub(crate) trait Kernel: Send + Sync {
    fn run(&self, banks: &mut Banks, ports: &[Port], span: Span);

    /// Whether [`run_few`](Kernel::run_few) does the same to values in these places.
    fn takes_few(&self, _ports: &[Port]) -> bool {
        false
    }

    /// Takes values of few elements as whole arrays.
    fn run_few(&self, _banks: &mut Banks, _ports: &[Port]) {
        unreachable!("`takes_few` says no")
    }

    /// As [`run`](Kernel::run), on a piece of the values.
    fn run_piece(&self, _piece: &mut Piece<'_>, _spots: &[Spot], _span: Span) {
        unreachable!("only elementwise steps are cut into pieces")
    }
}

/// A step's loop, boxed once while the step is recorded.
pub(crate) type Pass = Box<dyn Kernel>;

/// A pass that reads values anywhere.
struct Anywhere<F>(F);

impl<F: Fn(&mut Banks, &[Port], Span) + Send + Sync> Kernel for Anywhere<F> {
    fn run(&self, banks: &mut Banks, ports: &[Port], span: Span) {
        (self.0)(banks, ports, span);
    }
}

pub(super) fn anywhere(run: impl Fn(&mut Banks, &[Port], Span) + Send + Sync + 'static) -> Pass {
    Box::new(Anywhere(run))
}

/// A loop over `N` operands and a result; where they stand is found once for all kinds of loops.
struct Elementwise<T, R, const N: usize, F, G> {
    /// Gets the position of the first element, too. A slice of one element stands for all.
    many: F,
    /// Gets whole arrays.
    few: Option<G>,
    types: PhantomData<fn(T) -> R>,
}

impl<T: Element, R: Element, const N: usize, F, G> Kernel for Elementwise<T, R, N, F, G>
where
    F: Fn([&[T]; N], &mut [R], usize) + Send + Sync,
    G: Fn([&[T; LANES]; N]) -> [R; LANES] + Send + Sync,
{
    fn run(&self, banks: &mut Banks, ports: &[Port], span: Span) {
        let (operands, result) = apart(ports);
        write::<R, _>(banks, *result, span, |rest, out| {
            let view = T::view(rest);
            let operands = each(operands, |&port| view.read(port, span));
            (self.many)(operands, out, span.start);
        });
    }

    fn takes_few(&self, ports: &[Port]) -> bool {
        self.few.is_some() && ports.iter().all(Port::is_plain)
    }

    fn run_few(&self, banks: &mut Banks, ports: &[Port]) {
        let Some(run) = &self.few else {
            unreachable!("`takes_few` says no");
        };
        let (operands, result): (&[Port; N], _) = apart(ports);
        simd::fused(
            #[inline(always)]
            || {
                let few = &T::bank(banks).few;
                let mut arrays = [&few[operands[0].slot].0; N];
                for (array, port) in arrays.iter_mut().zip(operands) {
                    *array = &few[port.slot].0;
                }
                let lanes = run(arrays);
                R::bank_mut(banks).few[result.slot] = Few(lanes);
            },
        );
    }

    fn run_piece(&self, piece: &mut Piece<'_>, spots: &[Spot], span: Span) {
        let (operands, result) = apart(spots);
        let first = piece.start + span.start;
        piece::write::<R>(piece, *result, span, |piece, out| {
            let values = T::values(piece);
            let operands = each(operands, |&spot| values.read(spot, span));
            (self.many)(operands, out, first);
        });
    }
}

/// The places of `N` operands and of the result.
#[inline(always)]
fn apart<P, const N: usize>(places: &[P]) -> (&[P; N], &P) {
    let (operands, rest) = places
        .split_first_chunk()
        .expect("a pass has a place for each operand");
    (operands, &rest[0])
}

/// As `operands.map(read)`, which is a call for each of them.
#[inline(always)]
fn each<'v, P, T, const N: usize>(operands: &[P; N], read: impl Fn(&P) -> &'v [T]) -> [&'v [T]; N] {
    let mut slices: [&[T]; N] = [&[]; N];
    for (slice, operand) in slices.iter_mut().zip(operands) {
        *slice = read(operand);
    }
    slices
}

/// An elementwise pass without a loop of its own over few elements.
fn slices<T: Element, R: Element, const N: usize>(
    many: impl Fn([&[T]; N], &mut [R], usize) + Send + Sync + 'static,
) -> Pass {
    elementwise(many, None::<fn([&[T; LANES]; N]) -> [R; LANES]>)
}

fn elementwise<T: Element, R: Element, const N: usize>(
    many: impl Fn([&[T]; N], &mut [R], usize) + Send + Sync + 'static,
    few: Option<impl Fn([&[T; LANES]; N]) -> [R; LANES] + Send + Sync + 'static>,
) -> Pass {
    Box::new(Elementwise {
        many,
        few,
        types: PhantomData,
    })
}

/// One result from each element of one operand.
pub(crate) fn map<T: Element, R: Element>(
    f: impl Fn(T) -> R + Copy + Send + Sync + 'static,
) -> Pass {
    let run = move |x: &[T], out: &mut [R]| simd::map_at(Cost::Fused, x, out, f);
    elementwise(
        move |[x], out, _| spread(x, out, run),
        Some(
            #[inline(always)]
            move |[x]: [&[T; LANES]; 1]| {
                let mut lanes = [R::default(); LANES];
                for (o, &v) in lanes.iter_mut().zip(x) {
                    *o = f(v);
                }
                lanes
            },
        ),
    )
}

/// As [`map`], by a function of slices.
pub(crate) fn map_slices<T: Element, R: Element>(
    run: impl Fn(&[T], &mut [R]) + Send + Sync + 'static,
) -> Pass {
    slices::<T, R, 1>(move |[x], out, _| spread(x, out, &run))
}

/// Calls `run`, once where one element stands for all.
#[inline(always)]
fn spread<T, R: Copy>(x: &[T], out: &mut [R], run: impl Fn(&[T], &mut [R])) {
    if x.len() != 1 || out.len() == 1 {
        return run(x, out);
    }
    let (first, others) = out.split_at_mut(1);
    run(x, first);
    others.fill(first[0]);
}

/// The same elements.
pub(super) fn same<T: Element>() -> Pass {
    map::<T, T>(|v| v)
}

/// One result from the elements of two operands.
pub(crate) fn zip<T: Element, R: Element>(
    f: impl Fn(T, T) -> R + Copy + Send + Sync + 'static,
) -> Pass {
    let many = move |[l, r]: [&[T]; 2], out: &mut [R], _| {
        simd::fused(
            #[inline(always)]
            || pairs(l, r, out, f),
        );
    };
    elementwise(
        many,
        Some(
            #[inline(always)]
            move |[l, r]: [&[T; LANES]; 2]| {
                let mut lanes = [R::default(); LANES];
                for ((o, &a), &b) in lanes.iter_mut().zip(l).zip(r) {
                    *o = f(a, b);
                }
                lanes
            },
        ),
    )
}

/// `f` of each pair of elements; a single one stands for all.
#[inline(always)]
fn pairs<T: Element, R: Element>(l: &[T], r: &[T], out: &mut [R], f: impl Fn(T, T) -> R) {
    match (l, r) {
        (&[a], &[b]) => out.fill(f(a, b)),
        (l, &[b]) => out.iter_mut().zip(l).for_each(|(o, &a)| *o = f(a, b)),
        (&[a], r) => out.iter_mut().zip(r).for_each(|(o, &b)| *o = f(a, b)),
        (l, r) => {
            for ((o, &a), &b) in out.iter_mut().zip(l).zip(r) {
                *o = f(a, b);
            }
        }
    }
}

/// The elements of rows of `period`, one row after another.
pub(crate) fn repeat_rows<T: Element>(period: usize) -> Pass {
    slices::<T, T, 1>(move |[row], out, start| {
        let row = &row[..period];
        let first = &row[start % period..];
        let (head, tail) = out.split_at_mut(first.len().min(out.len()));
        head.copy_from_slice(&first[..head.len()]);
        for chunk in tail.chunks_mut(period) {
            chunk.copy_from_slice(&row[..chunk.len()]);
        }
    })
}

/// Each element `run` times.
pub(crate) fn repeat_each<T: Element>(run: usize) -> Pass {
    slices::<T, T, 1>(move |[column], out, start| {
        let (mut at, mut left) = (start / run, run - start % run);
        let mut filled = 0;
        while filled < out.len() {
            let len = left.min(out.len() - filled);
            out[filled..filled + len].fill(column[at]);
            (filled, at, left) = (filled + len, at + 1, run);
        }
    })
}

/// A whole result from the whole of one operand's storage.
pub(crate) fn whole<T: Element, R: Element>(
    run: impl Fn(&[T], &mut [R]) + Send + Sync + 'static,
) -> Pass {
    anywhere(move |banks, ports, span| {
        write::<R, _>(banks, ports[1], span, |rest, out| {
            run(T::view(rest).starting_at(ports[0]), out);
        });
    })
}

/// A whole result from the whole of two operands' storages.
pub(crate) fn whole_pair<T: Element>(
    run: impl Fn(&[T], &[T], &mut [T]) + Send + Sync + 'static,
) -> Pass {
    anywhere(move |banks, ports, span| {
        write::<T, _>(banks, ports[2], span, |rest, out| {
            let view = T::view(rest);
            run(view.starting_at(ports[0]), view.starting_at(ports[1]), out);
        });
    })
}

/// `len` elements from one place of a storage to another of the changed one, which stands twice among the ports: as it
/// was, and as it will be.
pub(crate) fn copy<T: Element>(from: usize, to: usize, len: usize) -> Pass {
    Box::new(Copied {
        from,
        to,
        len,
        types: PhantomData::<fn(T)>,
    })
}

struct Copied<T> {
    from: usize,
    to: usize,
    len: usize,
    types: PhantomData<fn(T)>,
}

impl<T: Element> Kernel for Copied<T> {
    fn run(&self, banks: &mut Banks, ports: &[Port], span: Span) {
        let Copied { from, to, len, .. } = *self;
        write::<T, _>(banks, ports[2], span, |rest, out| {
            let values = &T::view(rest).starting_at(ports[0])[from..from + len];
            out[to..to + len].copy_from_slice(values);
        });
    }

    fn takes_few(&self, ports: &[Port]) -> bool {
        self.from == 0 && self.to == 0 && ports[0].is_whole(self.len) && ports[2].is_whole(self.len)
    }

    fn run_few(&self, banks: &mut Banks, ports: &[Port]) {
        let few = &mut T::bank_mut(banks).few;
        few[ports[2].slot] = few[ports[0].slot];
    }
}

/// A parameter and its `N` buffers changed with a gradient and, where there are some, numbers; the ports are those of
/// the gradient and the numbers, then of the parameter and the buffers as they were, then as they will be.
pub(crate) fn update<T: Element, const N: usize>(
    with_numbers: bool,
    run: impl Fn(&[f64], &mut [T], &[T], [&mut [T]; N]) + Send + Sync + 'static,
) -> Pass {
    let first = N + 2 + usize::from(with_numbers);
    anywhere(move |banks, ports, _| {
        let (param, buffers) = (ports[first], std::array::from_fn(|i| ports[first + 1 + i]));
        write_all::<T, N>(banks, param, buffers, |rest, values, buffers| {
            let numbers = match with_numbers {
                true => f64::view(rest).starting_at(ports[1]),
                false => &[],
            };
            run(
                numbers,
                values,
                T::view(rest).starting_at(ports[0]),
                buffers,
            );
        });
    })
}
