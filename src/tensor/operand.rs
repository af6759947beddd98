//! What may stand beside a tensor in a formula: tensors and Rust's numbers.

use crate::dtype::{Element, promote_types};
use crate::{DType, Tensor, default_dtype};

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// The value of a Rust number in a formula.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Number {
    Float(f64),
    Int(i64),
    Bool(bool),
}

impl Number {
    /// The type a bare number has among tensors.
    pub(crate) fn dtype(self) -> DType {
        match self {
            Number::Float(_) => default_dtype(),
            Number::Int(_) => DType::I64,
            Number::Bool(_) => DType::Bool,
        }
    }

    #[inline]
    pub(crate) fn cast<T: Element>(self) -> T {
        match self {
            Number::Float(v) => T::from_f64(v),
            Number::Int(v) => T::from_i64(v),
            Number::Bool(v) => T::from_bool(v),
        }
    }

    #[inline]
    pub(crate) fn as_f64(self) -> f64 {
        self.cast()
    }
}

/// Rust's numbers that may stand in a formula: `f64`, `f32`, `i64`, `i32`, `usize`, `bool`.
///
/// A number takes the tensor's type; a float lifts an integer tensor to the default type.
///
/// ```
/// use retrograd::prelude::*;
/// assert_eq!((tensor![1, 2] + 1).dtype(), I64);
/// assert_eq!((tensor![1, 2] + 0.5).dtype(), F32);
/// ```
pub trait Scalar: Operand + Copy {
    #[doc(hidden)]
    fn number(self) -> Number;
}

macro_rules! scalar {
    ($($t:ty => |$v:ident| $e:expr),*) => { $(
        impl sealed::Sealed for $t {}
        impl Scalar for $t {
            #[inline]
            fn number(self) -> Number { let $v = self; $e }
        }
        impl Operand for $t {
            #[inline]
            fn arg(&self) -> Arg<'_> { Arg::Number(self.number()) }
        }
    )* };
}
scalar!(f64 => |v| Number::Float(v), f32 => |v| Number::Float(f64::from(v)), i64 => |v| Number::Int(v),
    i32 => |v| Number::Int(i64::from(v)), usize => |v| Number::Int(v as i64), bool => |v| Number::Bool(v));

/// A tensor, owned or borrowed, or a number: what methods such as [`add`](Tensor::add) take.
///
/// ```
/// use retrograd::prelude::*;
/// let x = tensor![1.0, 2.0];
/// assert_eq!(x.maximum(1.5), x.maximum(tensor![1.5, 1.5]));
/// ```
pub trait Operand: sealed::Sealed {
    #[doc(hidden)]
    fn arg(&self) -> Arg<'_>;
}

impl sealed::Sealed for Tensor {}
impl Operand for Tensor {
    #[inline]
    fn arg(&self) -> Arg<'_> {
        Arg::Tensor(self)
    }
}
impl<T: sealed::Sealed> sealed::Sealed for &T {}
impl<T: Operand> Operand for &T {
    #[inline]
    fn arg(&self) -> Arg<'_> {
        (**self).arg()
    }
}

/// One side of a binary operation.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub enum Arg<'a> {
    Tensor(&'a Tensor),
    Number(Number),
}

impl<'a> Arg<'a> {
    /// The sizes of the axes; a number has none.
    #[inline]
    pub(crate) fn shape(&self) -> &'a [usize] {
        match self {
            Arg::Tensor(t) => t.shape(),
            Arg::Number(_) => &[],
        }
    }

    /// The element type; a float has the default one.
    pub(crate) fn dtype(&self) -> DType {
        match self {
            Arg::Tensor(t) => t.dtype(),
            Arg::Number(n) => n.dtype(),
        }
    }

    pub(crate) fn tensor(&self) -> Option<&'a Tensor> {
        match self {
            Arg::Tensor(t) => Some(t),
            Arg::Number(_) => None,
        }
    }

    #[inline]
    pub(crate) fn requires_grad(&self) -> bool {
        matches!(self, Arg::Tensor(t) if t.requires_grad())
    }
}

impl sealed::Sealed for Arg<'_> {}
impl Operand for Arg<'_> {
    #[inline]
    fn arg(&self) -> Arg<'_> {
        *self
    }
}

/// The type in which operands meet, by PyTorch's three priorities: tensors with axes, 0-d tensors, numbers.
#[inline]
pub(crate) fn result_dtype(args: &[Arg<'_>]) -> DType {
    match args {
        [Arg::Tensor(a), Arg::Tensor(b)] if a.dtype() == b.dtype() => return a.dtype(),
        [Arg::Tensor(x), Arg::Number(_)] | [Arg::Number(_), Arg::Tensor(x)]
            if x.dtype().is_float() =>
        {
            return x.dtype();
        }
        _ => {}
    }
    let (mut with_axes, mut zero_dim, mut numbers) = (None, None, None);
    for arg in args {
        let (slot, dtype) = match arg {
            Arg::Tensor(t) if t.rank() > 0 => (&mut with_axes, t.dtype()),
            Arg::Tensor(t) => (&mut zero_dim, t.dtype()),
            Arg::Number(n) => (&mut numbers, n.dtype()),
        };
        *slot = Some(slot.map_or(dtype, |old| promote_types(old, dtype)));
    }
    let combine = |higher: Option<DType>, lower: Option<DType>| match (higher, lower) {
        (Some(h), Some(l)) if !h.is_float() && (h == DType::Bool || l.is_float()) => {
            Some(promote_types(h, l))
        }
        (Some(h), _) => Some(h),
        (None, lower) => lower,
    };
    combine(with_axes, combine(zero_dim, numbers)).unwrap_or_else(default_dtype)
}
