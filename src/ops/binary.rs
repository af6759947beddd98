//! What operations on two operands share.

use crate::dtype::{Element, with_dtype};
use crate::kernels::elementwise::{self, Side};
use crate::shape::Dims;
use crate::tensor::storage::Data;
use crate::tensor::{Arg, Inner, Values};

/// Sums, differences and products of elements: integers wrap around, `bool` takes "or" and "and".
pub(crate) trait Arithmetic: Element {
    fn plus(self, other: Self) -> Self;
    fn minus(self, other: Self) -> Self;
    fn times(self, other: Self) -> Self;
}

macro_rules! arithmetic {
    ($($t:ty: |$a:ident, $b:ident| $plus:expr, $minus:expr, $times:expr;)*) => { $(
        impl Arithmetic for $t {
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
    f32: |a, b| a + b, a - b, a * b;
    f64: |a, b| a + b, a - b, a * b;
    i64: |a, b| a.wrapping_add(b), a.wrapping_sub(b), a.wrapping_mul(b);
    bool: |a, b| a | b, a & !b, a & b;
}

/// An operand's own elements, cast to `T`; a number has one.
#[inline]
pub(crate) fn load<T: Element>(arg: Arg<'_>) -> Values<T> {
    match arg {
        Arg::Number(number) => Values::one(number.cast()),
        Arg::Tensor(tensor) if tensor.dtype() == T::DTYPE => tensor.values(),
        Arg::Tensor(tensor) => with_dtype!(tensor.dtype(), S => {
            Values::whole(elementwise::map(&tensor.values::<S>(), |v| v.cast::<T>()))
        }),
    }
}

/// `f` of the elements of both operands, cast to `T` and stretched to `shape`.
#[inline]
pub(crate) fn zip<T: Element, R: Element>(
    lhs: Arg<'_>,
    rhs: Arg<'_>,
    shape: Dims,
    f: impl Fn(T, T) -> R + Copy,
) -> Inner {
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
    let data: Data<R> = elementwise::zip(sides.0, sides.1, &shape, f);
    Inner::new(shape, data)
}
