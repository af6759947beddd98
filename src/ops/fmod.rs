//! Remainders with the dividend's sign, and quotients rounded towards zero or down.

use super::binary::zip;
#[cfg(test)]
use super::case::Case;
use super::fallible;
use super::remainder::{Floored, check_quotient};
use crate::dtype::with_number;
use crate::error::Result;
use crate::shape::broadcast;
use crate::tape::{Cx, Op, SavedArg};
use crate::tensor::Arg;
use crate::{Operand, Tensor};

/// Division rounded towards zero, as Rust's `/` and `%` of integers.
trait Truncated: Copy {
    fn trunc_div(self, divisor: Self) -> Self;
    fn rest(self, divisor: Self) -> Self;
}
macro_rules! truncated {
    ($($t:ty: |$a:ident, $b:ident| $div:expr, $rest:expr;)*) => { $(
        impl Truncated for $t {
            #[inline(always)]
            fn trunc_div(self, $b: Self) -> Self { let $a = self; $div }
            #[inline(always)]
            fn rest(self, $b: Self) -> Self { let $a = self; $rest }
        }
    )* };
}
truncated! {
    f32: |a, b| (a / b).trunc(), a % b;
    f64: |a, b| (a / b).trunc(), a % b;
    i64: |a, b| a.wrapping_div(b), a.wrapping_rem(b);
}

pub(crate) struct Fmod {
    lhs: SavedArg,
    rhs: SavedArg,
}

impl Op for Fmod {
    const NAME: &'static str = "FmodBackward0";
    const BROADCASTS: bool = true;

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |_| Ok(grad.clone()))?;
        cx.give(1, |cx| {
            let (lhs, rhs) = (cx.saved_arg(&self.lhs)?, cx.saved_arg(&self.rhs)?);
            grad.neg().try_mul(div_trunc_args(lhs.arg(), rhs.arg())?)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        stepped(|a, b| a.fmod(b))
    }
}

/// Cases between the steps of a quotient from 1.2 to 3.2.
#[cfg(test)]
fn stepped(f: fn(&Tensor, &Tensor) -> Tensor) -> Vec<Case> {
    let cases = Case::binary((1.1, 1.9), (0.6, 0.9), f);
    cases.into_iter().map(Case::apart).collect()
}

macro_rules! rounded_quotient {
    ($($Op:ident $args:ident $name:literal $method:ident |$a:ident, $b:ident| $quotient:expr;)*) => { $(
        pub(crate) struct $Op;

        impl Op for $Op {
            const NAME: &'static str = "DivBackward1";
            const BROADCASTS: bool = true;

            fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
                cx.give(0, |_| Ok(grad.zeros_like()))?;
                cx.give(1, |_| Ok(grad.zeros_like()))
            }

            #[cfg(test)]
            fn cases() -> Vec<Case> {
                stepped(|a, b| a.$method(b))
            }
        }

        #[track_caller]
        pub(crate) fn $args(lhs: Arg<'_>, rhs: Arg<'_>) -> Result<Tensor> {
            let shape = broadcast($name, lhs.shape(), rhs.shape())?;
            let out = with_number!(check_quotient($name, lhs, rhs)?, T => {
                zip::<T, T>(lhs, rhs, shape, |$a: T, $b: T| -> T { $quotient })
            }, else unreachable!("bool was refused"));
            Ok(out.record(&[lhs, rhs], |_| $Op))
        }
    )* };
}
rounded_quotient! {
    DivTrunc div_trunc_args "div_trunc" div_trunc |a, b| a.trunc_div(b);
    DivFloor div_floor_args "div_floor" div_floor |a, b| a.floor_div(b);
}

fallible! {
    /// Remainder of the quotient rounded towards zero, with the dividend's sign, as C's `fmod`.
    ///
    /// # Panics
    /// If the shapes do not broadcast, both operands are `bool`, or an integer divisor is 0.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![-3, -1, 4].fmod(3), tensor![0, -1, 1]);
    /// ```
    fn fmod | try_fmod(&self, other: impl Operand) -> Tensor {
        let (lhs, rhs) = (self.arg(), other.arg());
        let shape = broadcast("fmod", lhs.shape(), rhs.shape())?;
        let out = with_number!(check_quotient("fmod", lhs, rhs)?, T => zip::<T, T>(lhs, rhs, shape, Truncated::rest),
            else unreachable!("bool was refused"));
        Ok(out.record(&[lhs, rhs], |_| Fmod {
            lhs: SavedArg::new(lhs, rhs.requires_grad()),
            rhs: SavedArg::new(rhs, rhs.requires_grad()),
        }))
    }

    /// Quotient rounded towards zero: PyTorch's `div` with `rounding_mode="trunc"`. Integers stay integers; the
    /// derivative is 0.
    ///
    /// # Panics
    /// If the shapes do not broadcast, both operands are `bool`, or an integer divisor is 0.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![-3.5, 3.5].div_trunc(2), tensor![-1.0, 1.0]);
    /// ```
    fn div_trunc | try_div_trunc(&self, other: impl Operand) -> Tensor {
        div_trunc_args(self.arg(), other.arg())
    }

    /// Quotient rounded down: PyTorch's `div` with `rounding_mode="floor"`. Integers stay integers; the derivative
    /// is 0.
    ///
    /// # Panics
    /// If the shapes do not broadcast, both operands are `bool`, or an integer divisor is 0.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![-3.5, 3.5].div_floor(2), tensor![-2.0, 1.0]);
    /// ```
    fn div_floor | try_div_floor(&self, other: impl Operand) -> Tensor {
        div_floor_args(self.arg(), other.arg())
    }

    /// Quotient rounded down, as Python's `//`: another name of [`div_floor`](Tensor::div_floor).
    ///
    /// # Panics
    /// If the shapes do not broadcast, both operands are `bool`, or an integer divisor is 0.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![-3, -1, 4].floor_divide(3), tensor![-1, -1, 1]);
    /// ```
    fn floor_divide | try_floor_divide(&self, other: impl Operand) -> Tensor {
        div_floor_args(self.arg(), other.arg())
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Fmod>("fmod", "Tensor::fmod").elementwise(),
        Operator::node::<DivTrunc>("div", "Tensor::div_trunc").elementwise(),
        Operator::node::<DivFloor>("div", "Tensor::div_floor").elementwise(),
        Operator::node::<DivFloor>("floor_divide", "Tensor::floor_divide").elementwise(),
    ]
}
