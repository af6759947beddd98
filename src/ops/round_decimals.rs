//! Rounding to decimal places.

#[cfg(test)]
use super::case::Case;
use super::fallible;
use super::mean::check_float;
use crate::dtype::with_float;
use crate::error::Result;
use crate::tape::{Cx, Op};
use crate::{Operand, Tensor};

pub(crate) struct RoundDecimals;

impl Op for RoundDecimals {
    const NAME: &'static str = "RoundBackward1";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |_| Ok(grad.zeros_like()))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let mut cases = Case::unary(0.11, 0.14, |x| x.round_decimals(1));
        cases.extend(Case::unary(11.0, 14.0, |x| x.round_decimals(-1)));
        cases
    }
}

fallible! {
    /// Each element rounded to so many decimal places, or, where the number is negative, to tens, hundreds and so on;
    /// halves go to the even neighbour. PyTorch's `round` with `decimals`: its formula scales, rounds and scales
    /// back. The derivative is 0.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers, unless `decimals` is 0.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.375, 125.0].round_decimals(2), tensor![1.38, 125.0]);
    /// assert_eq!(tensor![1.375, 125.0].round_decimals(-1), tensor![0.0, 120.0]);
    /// ```
    fn round_decimals | try_round_decimals(&self, decimals: i32) -> Tensor {
        if decimals == 0 {
            return self.try_round();
        }
        check_float("round_decimals", self)?;
        let out = with_float!(self.dtype(), T => {
            let scale = 10f64.powi(decimals.saturating_abs()) as T;
            let round = move |v: T| -> T {
                match decimals < 0 {
                    true => (v / scale).round_ties_even() * scale,
                    false => (v * scale).round_ties_even() / scale,
                }
            };
            super::binary::map::<T, T>(self, round)
        }, else unreachable!("only floats come here"));
        Ok(out.record(&[self.arg()], |_| RoundDecimals))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![Operator::node::<RoundDecimals>("round", "Tensor::round_decimals").elementwise()]
}
