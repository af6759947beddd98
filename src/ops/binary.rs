//! What operations on two operands share.

use crate::dtype::{Element, with_dtype};
use crate::kernels::elementwise::{self, Side};
use crate::kernels::math::Math;
use crate::kernels::simd::{self, Cost};
use crate::shape::{Dims, Layout};
use crate::tape::plan::kernel::{self, Pass};
use crate::tape::trace;
use crate::tensor::storage::{Data, INLINE};
use crate::tensor::{Arg, Inner, Values};
use crate::{Operand, Tensor};
use std::ops::Deref;

/// Sums, differences and products of elements: integers wrap around, `bool` takes "or" and "and".
pub(crate) trait Arithmetic: Element {
    /// The type in which PyTorch keeps a running sum or product of such elements.
    type Running: Arithmetic;
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
}

macro_rules! arithmetic {
    ($($t:ty, $running:ty: |$a:ident, $b:ident| $plus:expr, $minus:expr, $times:expr;)*) => { $(
        impl Arithmetic for $t {
            type Running = $running;
            #[inline(always)]
            fn plus(self, $b: Self) -> Self { let $a = self; $plus }
            #[inline(always)]
            fn minus(self, $b: Self) -> Self { let $a = self; $minus }
            #[inline(always)]
            fn times(self, $b: Self) -> Self { let $a = self; $times }
        }
    )* };
}
arithmetic! {
    f32, f64: |a, b| a + b, a - b, a * b;
    f64, f64: |a, b| a + b, a - b, a * b;
    i64, i64: |a, b| a.wrapping_add(b), a.wrapping_sub(b), a.wrapping_mul(b);
    bool, bool: |a, b| a | b, a & !b, a & b;
}

/// An operand's elements in row-major order.
pub(crate) enum Loaded<'a, T: Element> {
    /// Few elements, read where they stand.
    Borrowed(&'a [T]),
    One(T),
    Values(Values<T>),
}

impl<T: Element> Loaded<'_, T> {
    pub(crate) fn into_data(self) -> Data<T> {
        match self {
            Loaded::Values(values) => values.into_data(),
            few => Data::from_slice(&few),
        }
    }
}

impl<T: Element> Deref for Loaded<'_, T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            Loaded::Borrowed(values) => values,
            Loaded::One(value) => std::slice::from_ref(value),
            Loaded::Values(values) => values,
        }
    }
}

/// An operand's own elements, cast to `T`; a number has one.
#[inline]
pub(crate) fn load<T: Element>(arg: Arg<'_>) -> Loaded<'_, T> {
    match arg {
        Arg::Number(number) => Loaded::One(number.cast()),
        Arg::Tensor(tensor) if tensor.dtype() == T::DTYPE => match tensor.few() {
            Some(few) => Loaded::Borrowed(few),
            None => Loaded::Values(tensor.values()),
        },
        Arg::Tensor(tensor) => Loaded::Values(cast(tensor)),
    }
}

#[cold]
fn cast<T: Element>(tensor: &Tensor) -> Values<T> {
    with_dtype!(tensor.dtype(), S => {
        Values::whole(elementwise::map(&tensor.values::<S>(), Cost::Plain, |v| v.cast::<T>()))
    })
}

/// Where an operand's few elements stand that cannot be read in their place: here and not in what is handed on, for
/// every move of words just written waits for them.
#[derive(Default)]
pub(super) struct Few<T: Element>([T; INLINE]);

impl<T: Element> Few<T> {
    /// An operand's elements in row-major order where they are few, and of this type.
    #[inline(always)]
    pub(super) fn of<'s>(&'s mut self, arg: Arg<'s>) -> Option<&'s [T]> {
        match arg {
            Arg::Number(number) => {
                self.0[0] = number.cast();
                Some(&self.0[..1])
            }
            Arg::Tensor(tensor) => match tensor.few() {
                Some(few) => Some(few),
                None => self.copy(tensor),
            },
        }
    }

    /// The elements of a tensor that others hold too, or that lie in another order.
    #[inline(never)]
    fn copy(&mut self, tensor: &Tensor) -> Option<&[T]> {
        let len = tensor.numel();
        if len > INLINE || tensor.dtype() != T::DTYPE {
            return None;
        }
        tensor.copy_few(&mut self.0);
        Some(&self.0[..len])
    }
}

/// As [`zip`], where both operands have few elements, and each as many as the result or one: no kernel is worth its
/// call then.
#[inline(always)]
fn zip_few<T: Element, R: Element>(
    lhs: Arg<'_>,
    rhs: Arg<'_>,
    shape: &Dims,
    cost: Cost,
    f: impl Fn(T, T) -> R,
) -> Option<Inner> {
    let (mut left, mut right) = (Few::default(), Few::default());
    let (l, r) = (left.of(lhs)?, right.of(rhs)?);
    let len = l.len().max(r.len());
    let fits = |values: &[T]| values.len() == len || values.len() == 1;
    if !fits(l) || !fits(r) || len != shape.numel() {
        return None;
    }
    Some(Inner::few(shape.clone(), len, |out| {
        cost.vectorize(
            len,
            #[inline(always)]
            || match (l, r) {
                (&[a], &[b]) => out[0] = f(a, b),
                (l, &[b]) => out.iter_mut().zip(l).for_each(|(o, &a)| *o = f(a, b)),
                (&[a], r) => out.iter_mut().zip(r).for_each(|(o, &b)| *o = f(a, b)),
                (l, r) => {
                    let both = l.iter().zip(r);
                    out.iter_mut()
                        .zip(both)
                        .for_each(|(o, (&a, &b))| *o = f(a, b));
                }
            },
        );
    }))
}

/// As [`map`], of few elements.
#[inline(always)]
fn map_few<T: Element, R: Element>(x: &Tensor, cost: Cost, f: impl Fn(T) -> R) -> Option<Inner> {
    let mut few = Few::default();
    let values = few.of(x.arg())?;
    let shape = x.layout().shape.clone();
    Some(Inner::few(shape, values.len(), |out| {
        cost.vectorize(
            values.len(),
            #[inline(always)]
            || out.iter_mut().zip(values).for_each(|(o, &v)| *o = f(v)),
        );
    }))
}

/// A tensor without the repetitions that it was stretched by, where there are some: it need not be written out.
pub(super) fn unstretched(arg: Arg<'_>) -> Option<Tensor> {
    let tensor = arg.tensor()?;
    let layout = tensor.layout();
    if layout.contiguous {
        return None;
    }
    let strides = layout.strides();
    let repeats = |(&size, &stride): (&usize, &usize)| size > 1 && stride == 0;
    let sizes = || layout.shape.iter().zip(&strides);
    if !sizes().any(repeats) {
        return None;
    }
    let shape = sizes().map(|axis| if repeats(axis) { 1 } else { *axis.0 });
    let own = Layout::strided(shape.collect(), strides.clone(), layout.offset);
    Some(Inner::view(tensor, own).untracked())
}

/// `f` of the elements of both operands, cast to `T` and stretched to `shape`.
#[inline]
pub(crate) fn zip<T: Element, R: Element>(
    lhs: Arg<'_>,
    rhs: Arg<'_>,
    shape: Dims,
    f: impl Fn(T, T) -> R + Copy + Send + Sync + 'static,
) -> Inner {
    zip_from(lhs, rhs, shape, Cost::Plain, f)
}

// Kept apart, so that an operation's own code stays small whatever the number of element types.
#[inline(never)]
fn zip_from<T: Element, R: Element>(
    lhs: Arg<'_>,
    rhs: Arg<'_>,
    shape: Dims,
    cost: Cost,
    f: impl Fn(T, T) -> R + Copy + Send + Sync + 'static,
) -> Inner {
    if trace::tracing() {
        return traced_zip(lhs, rhs, shape, f);
    }
    if let Some(few) = zip_few(lhs, rhs, &shape, cost, f) {
        return few;
    }
    let own = (unstretched(lhs), unstretched(rhs));
    let lhs = own.0.as_ref().map_or(lhs, Tensor::arg);
    let rhs = own.1.as_ref().map_or(rhs, Tensor::arg);
    let (l, r) = (load::<T>(lhs), load::<T>(rhs));
    let sides = (
        Side {
            values: &l,
            shape: lhs.shape(),
        },
        Side {
            values: &r,
            shape: rhs.shape(),
        },
    );
    let data: Data<R> = elementwise::zip(sides.0, sides.1, &shape, cost, f);
    Inner::new(shape, data)
}

/// As [`zip`], noted in the record of a step.
#[cold]
#[inline(never)]
fn traced_zip<T: Element, R: Element>(
    lhs: Arg<'_>,
    rhs: Arg<'_>,
    shape: Dims,
    f: impl Fn(T, T) -> R + Copy + Send + Sync + 'static,
) -> Inner {
    let cast = |arg: Arg<'_>| arg.tensor().map(|tensor| tensor.detach().to(T::DTYPE));
    let (left, right) = (cast(lhs), cast(rhs));
    let args = [
        left.as_ref().map_or(lhs, Tensor::arg),
        right.as_ref().map_or(rhs, Tensor::arg),
    ];
    let out = trace::within(|| zip(args[0], args[1], shape, f));
    trace::elements::<T>(&args, &out, kernel::zip(f));
    out
}

/// `f` of each element, cast to `T`.
#[inline]
pub(crate) fn map<T: Element, R: Element>(
    x: &Tensor,
    f: impl Fn(T) -> R + Copy + Send + Sync + 'static,
) -> Inner {
    map_from(x, Cost::Plain, f)
}

#[inline(never)]
fn map_from<T: Element, R: Element>(
    x: &Tensor,
    cost: Cost,
    f: impl Fn(T) -> R + Copy + Send + Sync + 'static,
) -> Inner {
    if trace::tracing() {
        let pass = kernel::map(f);
        return traced_map::<T>(x, |x| map(x, f), pass);
    }
    if let Some(few) = map_few(x, cost, f) {
        return few;
    }
    let data = elementwise::map(&load::<T>(x.arg()), cost, f);
    Inner::new(x.layout().shape.clone(), data)
}

/// As [`map`], noted in the record of a step, which `pass` repeats.
#[cold]
#[inline(never)]
fn traced_map<T: Element>(x: &Tensor, map: impl FnOnce(&Tensor) -> Inner, pass: Pass) -> Inner {
    let x = x.detach().to(T::DTYPE);
    let out = trace::within(|| map(&x));
    trace::elements::<T>(&[x.arg()], &out, pass);
    out
}

/// As [`map`], for transcendental functions, which fuse multiply-adds.
pub(crate) fn map_fused<T: Element, R: Element>(
    x: &Tensor,
    f: impl Fn(T) -> R + Copy + Send + Sync + 'static,
) -> Inner {
    map_from(x, Cost::Fused, f)
}

/// As [`zip`], for transcendental functions, which fuse multiply-adds.
pub(crate) fn zip_fused<T: Element, R: Element>(
    lhs: Arg<'_>,
    rhs: Arg<'_>,
    shape: Dims,
    f: impl Fn(T, T) -> R + Copy + Send + Sync + 'static,
) -> Inner {
    zip_from(lhs, rhs, shape, Cost::Fused, f)
}

/// As [`map`], for a trigonometric function, by `near` where angles are not huge, else by `any`.
#[inline(never)]
pub(crate) fn map_angles<T: Element + Math>(
    x: &Tensor,
    (near, any): (
        impl Fn(T) -> T + Copy + Send + Sync + 'static,
        impl Fn(T) -> T + Copy + Send + Sync + 'static,
    ),
) -> Inner {
    if trace::tracing() {
        let eager = |x: &Tensor| map_angles(x, (near, any));
        let pass = kernel::map_slices::<T, T>(move |x, out| {
            simd::map_mostly(x, out, near, T::is_far, any)
        });
        return traced_map::<T>(x, eager, pass);
    }
    if let Some(few) = map_few(x, Cost::Fused, any) {
        return few;
    }
    let data = elementwise::map_angles(&load::<T>(x.arg()), (near, any));
    Inner::new(x.layout().shape.clone(), data)
}
