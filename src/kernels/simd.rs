//! Loops compiled for several instruction sets, of which the widest that the machine has is run.

use super::threads;
use pulp::Arch;

/// Up to this many elements the plain loop is quicker than choosing.
const SMALL: usize = 16;

/// How dear the function of an elementwise pass is.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Cost {
    Plain,
    /// It fuses multiply-adds, as transcendental functions do: compiled for every CPU, each of them is a call into a
    /// library.
    Fused,
}

impl Cost {
    /// Elements from which a pass is shared out to threads.
    pub(crate) fn least(self) -> usize {
        match self {
            Cost::Plain => threads::PLAIN,
            Cost::Fused => threads::COSTLY,
        }
    }

    /// Runs a loop over `len` elements, compiled for the widest instruction set where that pays.
    #[inline(always)]
    pub(crate) fn vectorize<R>(self, len: usize, body: impl FnOnce() -> R) -> R {
        match self {
            Cost::Plain => vectorize(len, body),
            Cost::Fused => fused(body),
        }
    }
}

/// Runs a loop compiled for the widest instruction set.
#[inline]
pub(crate) fn vectorize<R>(len: usize, body: impl FnOnce() -> R) -> R {
    if len <= SMALL {
        body()
    } else {
        Arch::new().dispatch(body)
    }
}

/// As [`vectorize`], for code that fuses multiply-adds, however few the elements are.
#[inline]
pub(crate) fn fused<R>(body: impl FnOnce() -> R) -> R {
    Arch::new().dispatch(body)
}

// Loops own their function and what it holds: of a number behind a reference the compiler must fear that writing the
// results changes it, and loads it for every element.

/// `out[i] = f(x[i])`.
#[inline]
pub(crate) fn map<T: Copy, R>(x: &[T], out: &mut [R], f: impl Fn(T) -> R + Copy) {
    map_at(Cost::Plain, x, out, f);
}

/// As [`map`], of a function of this cost.
#[inline]
pub(crate) fn map_at<T: Copy, R>(cost: Cost, x: &[T], out: &mut [R], f: impl Fn(T) -> R + Copy) {
    cost.vectorize(
        out.len(),
        #[inline(always)]
        move || {
            for (o, &v) in out.iter_mut().zip(x) {
                *o = f(v);
            }
        },
    );
}

/// `out[i] = f(x[i])`, or `rare(x[i])` where `is_rare(x[i])`. The first runs over whole blocks as vector code, the second
/// makes good the elements that it got wrong.
#[inline]
pub(crate) fn map_mostly<T: Copy>(
    x: &[T],
    out: &mut [T],
    f: impl Fn(T) -> T + Copy,
    is_rare: impl Fn(T) -> bool + Copy,
    rare: impl Fn(T) -> T + Copy,
) {
    const BLOCK: usize = 256;
    fused(
        #[inline(always)]
        move || {
            for (out, x) in out.chunks_mut(BLOCK).zip(x.chunks(BLOCK)) {
                let mut any = false;
                for (o, &v) in out.iter_mut().zip(x) {
                    *o = f(v);
                    any |= is_rare(v);
                }
                if any {
                    let wrong = out.iter_mut().zip(x).filter(|(_, v)| is_rare(**v));
                    wrong.for_each(|(o, &v)| *o = rare(v));
                }
            }
        },
    );
}

/// `out[i] = f(a[i], b[i])`.
#[inline]
pub(crate) fn zip<A: Copy, B: Copy, R>(
    a: &[A],
    b: &[B],
    out: &mut [R],
    f: impl Fn(A, B) -> R + Copy,
) {
    zip_at(Cost::Plain, a, b, out, f);
}

/// As [`zip`], of a function of this cost.
#[inline]
pub(crate) fn zip_at<A: Copy, B: Copy, R>(
    cost: Cost,
    a: &[A],
    b: &[B],
    out: &mut [R],
    f: impl Fn(A, B) -> R + Copy,
) {
    cost.vectorize(
        out.len(),
        #[inline(always)]
        move || {
            for ((o, &l), &r) in out.iter_mut().zip(a).zip(b) {
                *o = f(l, r);
            }
        },
    );
}

/// `x[i] = f(x[i])`.
#[inline]
pub(crate) fn map_in_place<T: Copy>(x: &mut [T], f: impl Fn(T) -> T + Copy) {
    vectorize(
        x.len(),
        #[inline(always)]
        move || {
            for v in x.iter_mut() {
                *v = f(*v);
            }
        },
    );
}

/// `x[i, j] = f(x[i, j], row[j])` over rows of `row`'s length, of which the last may be shorter.
#[inline]
pub(crate) fn update_rows<T: Copy, S: Copy>(x: &mut [T], row: &[S], f: impl Fn(T, S) -> T + Copy) {
    vectorize(
        x.len(),
        #[inline(always)]
        move || {
            for chunk in x.chunks_mut(row.len().max(1)) {
                for (v, &w) in chunk.iter_mut().zip(row) {
                    *v = f(*v, w);
                }
            }
        },
    );
}

/// `x[i] = f(x[i], y[i])`.
#[inline]
pub(crate) fn update<T: Copy, S: Copy>(x: &mut [T], y: &[S], f: impl Fn(T, S) -> T + Copy) {
    vectorize(
        x.len(),
        #[inline(always)]
        move || {
            for (v, &w) in x.iter_mut().zip(y) {
                *v = f(*v, w);
            }
        },
    );
}

/// Asks for the cache lines of elements that a loop will soon be at, where the CPU has an instruction for it.
#[inline]
pub(crate) fn prefetch<T>(values: &[T]) {
    #[cfg(not(target_arch = "x86_64"))]
    let _ = values;
    #[cfg(target_arch = "x86_64")]
    if let Some(sse) = pulp::core_arch::x86::Sse::try_new() {
        for line in values.chunks(super::pool::LINE / size_of::<T>()) {
            sse._mm_prefetch::<{ std::arch::x86_64::_MM_HINT_T0 }>(line.as_ptr().cast());
        }
    }
}
