//! Sums and differences with a factor on the second operand.

use super::align::{factor, in_type};
#[cfg(test)]
use super::case::Case;
use super::fallible;
use crate::error::Result;
use crate::tensor::{Arg, Number, result_dtype};
use crate::{Operand, Scalar, Tensor};

/// The second operand in the result's type, times its factor.
#[track_caller]
fn scaled(op: &'static str, lhs: Arg<'_>, rhs: Arg<'_>, alpha: Number) -> Result<Tensor> {
    let dtype = result_dtype(&[lhs, rhs]);
    let alpha = factor(op, "alpha", alpha, dtype)?;
    in_type(rhs, dtype).try_mul(Arg::Number(alpha))
}

fallible! {
    /// `self + alpha * other`, with broadcasting: PyTorch's `add` with `alpha`.
    ///
    /// # Panics
    /// If the shapes do not broadcast, or `alpha` is a float and both operands hold integers.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 2.0].add_scaled(tensor![10.0, 20.0], 0.5), tensor![6.0, 12.0]);
    /// ```
    fn add_scaled | try_add_scaled(&self, other: impl Operand, alpha: impl Scalar) -> Tensor {
        self.try_add(scaled("add_scaled", self.arg(), other.arg(), alpha.number())?)
    }

    /// `self - alpha * other`, with broadcasting: PyTorch's `sub` with `alpha`.
    ///
    /// # Panics
    /// If the shapes do not broadcast, an operand is `bool`, or `alpha` is a float and both operands hold integers.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 2.0].sub_scaled(tensor![10.0, 20.0], 0.5), tensor![-4.0, -8.0]);
    /// ```
    fn sub_scaled | try_sub_scaled(&self, other: impl Operand, alpha: impl Scalar) -> Tensor {
        self.try_sub(scaled("sub_scaled", self.arg(), other.arg(), alpha.number())?)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let on = |f: fn(&Tensor, &Tensor) -> Tensor| Case::binary((-2.0, 2.0), (-2.0, 2.0), f);
    vec![
        Operator::new("add", "Tensor::add_scaled", on(|a, b| a.add_scaled(b, 1.5))).elementwise(),
        Operator::new(
            "sub",
            "Tensor::sub_scaled",
            on(|a, b| a.sub_scaled(b, -0.5)),
        )
        .elementwise(),
    ]
}
