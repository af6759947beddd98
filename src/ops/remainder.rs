//! Remainders with the divisor's sign.

use super::binary::{load, zip};
#[cfg(test)]
use super::case::Case;
use super::fallible;
use super::fmod::div_floor_args;
use crate::dtype::with_number;
use crate::error::{Error, Result};
use crate::shape::broadcast;
use crate::tape::{Cx, Op, SavedArg};
use crate::tensor::{Arg, result_dtype};
use crate::{DType, Operand, Tensor};

/// Division rounded down, as Python's `//` and `%`.
pub(crate) trait Floored: Copy {
    fn floor_div(self, divisor: Self) -> Self;
    fn modulo(self, divisor: Self) -> Self;
}
macro_rules! floored {
    ($($t:ty),*) => { $(
        impl Floored for $t {
            #[inline(always)]
            fn modulo(self, divisor: Self) -> Self {
                let rest = self % divisor;
                if rest != 0.0 && (rest < 0.0) != (divisor < 0.0) { rest + divisor } else { rest }
            }
            #[inline(always)]
            fn floor_div(self, divisor: Self) -> Self {
                // As CPython: the exact quotient of what the remainder leaves, then rounded.
                if divisor == 0.0 {
                    return self / divisor;
                }
                let rest = self % divisor;
                let mut quotient = (self - rest) / divisor;
                if rest != 0.0 && (rest < 0.0) != (divisor < 0.0) {
                    quotient -= 1.0;
                }
                if quotient == 0.0 {
                    return (0.0 as $t).copysign(self / divisor);
                }
                let down = quotient.floor();
                if quotient - down > 0.5 { down + 1.0 } else { down }
            }
        }
    )* };
}
floored!(f32, f64);
impl Floored for i64 {
    #[inline(always)]
    fn modulo(self, divisor: Self) -> Self {
        let rest = self.wrapping_rem(divisor);
        if rest != 0 && (rest < 0) != (divisor < 0) {
            rest + divisor
        } else {
            rest
        }
    }
    #[inline(always)]
    fn floor_div(self, divisor: Self) -> Self {
        let quotient = self.wrapping_div(divisor);
        if self.wrapping_rem(divisor) != 0 && (self < 0) != (divisor < 0) {
            quotient - 1
        } else {
            quotient
        }
    }
}

pub(crate) struct Remainder {
    lhs: SavedArg,
    rhs: SavedArg,
}

impl Op for Remainder {
    const NAME: &'static str = "RemainderBackward0";
    const BROADCASTS: bool = true;

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |_| Ok(grad.clone()))?;
        cx.give(1, |cx| {
            let (lhs, rhs) = (cx.saved_arg(&self.lhs)?, cx.saved_arg(&self.rhs)?);
            grad.neg().try_mul(div_floor_args(lhs.arg(), rhs.arg())?)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        Case::binary((1.1, 1.9), (0.6, 0.9), |a, b| a % b)
            .into_iter()
            .map(Case::apart)
            .collect()
    }
}

/// The type of a quotient that is a whole number.
pub(crate) fn check_quotient(op: &'static str, lhs: Arg<'_>, rhs: Arg<'_>) -> Result<DType> {
    let dtype = result_dtype(&[lhs, rhs]);
    let refuse = |problem: String, cure: &str| {
        Err(Error::DType {
            op,
            problem,
            cure: cure.into(),
        })
    };
    match dtype {
        DType::Bool => refuse(
            "two bool operands have no quotient".into(),
            "Cast them first, with `.to(I64)`.",
        ),
        DType::I64 if load::<i64>(rhs).contains(&0) => refuse(
            "an integer divisor is 0".into(),
            "Divide floating-point tensors, or mask the zeros first.",
        ),
        _ => Ok(dtype),
    }
}

#[track_caller]
pub(crate) fn remainder_args(lhs: Arg<'_>, rhs: Arg<'_>) -> Result<Tensor> {
    let shape = broadcast("remainder", lhs.shape(), rhs.shape())?;
    let out = with_number!(check_quotient("remainder", lhs, rhs)?, T => zip::<T, T>(lhs, rhs, shape, Floored::modulo),
        else unreachable!("bool was refused"));
    Ok(out.record(&[lhs, rhs], |_| Remainder {
        lhs: SavedArg::new(lhs, rhs.requires_grad()),
        rhs: SavedArg::new(rhs, rhs.requires_grad()),
    }))
}

fallible! {
    /// Remainder of the quotient rounded down, with the divisor's sign, as Python's `%`: `&x % 3`.
    ///
    /// # Panics
    /// If the shapes do not broadcast, both operands are `bool`, or an integer divisor is 0.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![-3, -1, 4].remainder(3), tensor![0, 2, 1]);
    /// ```
    fn remainder | try_remainder(&self, other: impl Operand) -> Tensor {
        remainder_args(self.arg(), other.arg())
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![Operator::node::<Remainder>("remainder", "Tensor::remainder").elementwise()]
}
