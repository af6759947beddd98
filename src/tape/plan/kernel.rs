//! What the steps of a plan do to the values: loops over slices, boxed once while the step is recorded.

use super::bank::{Banks, Few, LANES, Port, Span, write, write_all};
use crate::dtype::Element;
use crate::kernels::simd::{self, Cost};

/// A loop over some elements of its operands; the last port is the result's.
pub(crate) type Pass = Box<dyn Fn(&mut Banks<'_>, &[Port], Span) + Send + Sync>;

/// One result from each element of one operand.
pub(crate) fn map<T: Element, R: Element>(
    f: impl Fn(T) -> R + Copy + Send + Sync + 'static,
) -> Pass {
    let many = map_slices::<T, R>(move |x, out| simd::map_at(Cost::Fused, x, out, f));
    Box::new(move |banks, ports, span| {
        let (&[x, out], true) = (ports, span.plain) else {
            return many(banks, ports, span);
        };
        simd::fused(
            #[inline(always)]
            || {
                let x = &T::bank(banks).few[x.slot].0;
                let mut lanes = [R::default(); LANES];
                for (o, &v) in lanes.iter_mut().zip(x) {
                    *o = f(v);
                }
                R::bank_mut(banks).few[out.slot] = Few(lanes);
            },
        );
    })
}

/// As [`map`], by a function of slices.
pub(crate) fn map_slices<T: Element, R: Element>(
    run: impl Fn(&[T], &mut [R]) + Send + Sync + 'static,
) -> Pass {
    Box::new(move |banks, ports, span| {
        write::<R, _>(banks, ports[1], span, |rest, out| {
            let x = T::view(rest).read(ports[0], span);
            if x.len() != 1 || out.len() == 1 {
                return run(x, out);
            }
            // One element that stands for all.
            let (first, others) = out.split_at_mut(1);
            run(x, first);
            others.fill(first[0]);
        });
    })
}

/// The same elements.
pub(super) fn same<T: Element>() -> Pass {
    map::<T, T>(|v| v)
}

/// One result from the elements of two operands.
pub(crate) fn zip<T: Element, R: Element>(
    f: impl Fn(T, T) -> R + Copy + Send + Sync + 'static,
) -> Pass {
    Box::new(move |banks, ports, span| {
        if let (&[l, r, out], true) = (ports, span.plain) {
            return zip_few::<T, R>(banks, [l.slot, r.slot, out.slot], f);
        }
        write::<R, _>(banks, ports[2], span, |rest, out| {
            let view = T::view(rest);
            let (l, r) = (view.read(ports[0], span), view.read(ports[1], span));
            simd::fused(
                #[inline(always)]
                || pairs(l, r, out, f),
            );
        });
    })
}

#[inline(always)]
fn zip_few<T: Element, R: Element>(
    banks: &mut Banks<'_>,
    [l, r, out]: [usize; 3],
    f: impl Fn(T, T) -> R,
) {
    simd::fused(
        #[inline(always)]
        || {
            let few = &T::bank(banks).few;
            let (l, r) = (&few[l].0, &few[r].0);
            let mut lanes = [R::default(); LANES];
            for ((o, &a), &b) in lanes.iter_mut().zip(l).zip(r) {
                *o = f(a, b);
            }
            R::bank_mut(banks).few[out] = Few(lanes);
        },
    );
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
    Box::new(move |banks, ports, span| {
        write::<T, _>(banks, ports[1], span, |rest, mut out| {
            let row = &T::view(rest).starting_at(ports[0])[..period];
            let first = &row[span.start % period..];
            let (head, tail) = out.split_at_mut(first.len().min(out.len()));
            head.copy_from_slice(&first[..head.len()]);
            out = tail;
            for chunk in out.chunks_mut(period) {
                chunk.copy_from_slice(&row[..chunk.len()]);
            }
        });
    })
}

/// Each element `run` times.
pub(crate) fn repeat_each<T: Element>(run: usize) -> Pass {
    Box::new(move |banks, ports, span| {
        write::<T, _>(banks, ports[1], span, |rest, out| {
            let column = T::view(rest).starting_at(ports[0]);
            let (mut at, mut left) = (span.start / run, run - span.start % run);
            let mut filled = 0;
            while filled < out.len() {
                let len = left.min(out.len() - filled);
                out[filled..filled + len].fill(column[at]);
                (filled, at, left) = (filled + len, at + 1, run);
            }
        });
    })
}

/// A whole result from the whole of one operand's storage.
pub(crate) fn whole<T: Element, R: Element>(
    run: impl Fn(&[T], &mut [R]) + Send + Sync + 'static,
) -> Pass {
    Box::new(move |banks, ports, span| {
        write::<R, _>(banks, ports[1], span, |rest, out| {
            run(T::view(rest).starting_at(ports[0]), out);
        });
    })
}

/// A whole result from the whole of two operands' storages.
pub(crate) fn whole_pair<T: Element>(
    run: impl Fn(&[T], &[T], &mut [T]) + Send + Sync + 'static,
) -> Pass {
    Box::new(move |banks, ports, span| {
        write::<T, _>(banks, ports[2], span, |rest, out| {
            let view = T::view(rest);
            run(view.starting_at(ports[0]), view.starting_at(ports[1]), out);
        });
    })
}

/// `len` elements from one place of a storage to another of the changed one, which stands twice among the ports: as it
/// was, and as it will be.
pub(crate) fn copy<T: Element>(from: usize, to: usize, len: usize) -> Pass {
    Box::new(move |banks, ports, span| {
        if let (&[source, _, target], true) = (ports, from == 0 && to == 0)
            && source.is_whole(len)
            && target.is_whole(len)
        {
            let few = &mut T::bank_mut(banks).few;
            few[target.slot] = few[source.slot];
            return;
        }
        write::<T, _>(banks, ports[2], span, |rest, out| {
            let values = &T::view(rest).starting_at(ports[0])[from..from + len];
            out[to..to + len].copy_from_slice(values);
        });
    })
}

/// A parameter and its `N` buffers changed with a gradient and, where there are some, numbers; the ports are those of
/// the gradient and the numbers, then of the parameter and the buffers as they were, then as they will be.
pub(crate) fn update<T: Element, const N: usize>(
    with_numbers: bool,
    run: impl Fn(&[f64], &mut [T], &[T], [&mut [T]; N]) + Send + Sync + 'static,
) -> Pass {
    let first = N + 2 + usize::from(with_numbers);
    Box::new(move |banks, ports, _| {
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
