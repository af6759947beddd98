//! A product or quotient of two tensors, added to a third.

use super::align::{factor, in_type};
#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use crate::error::{Error, Result};
use crate::tensor::{Arg, Number, result_dtype};
use crate::{DType, Operand, Scalar, Tensor};

/// All in the type of the result, and the first factor times the number.
#[track_caller]
fn prepared(
    op: &'static str,
    [x, a, b]: [&Tensor; 3],
    value: Number,
) -> Result<(Tensor, Tensor, Tensor)> {
    let dtype = result_dtype(&[x.arg(), a.arg(), b.arg()]);
    let cast = |x: &Tensor| in_type(x.arg(), dtype);
    let value = factor(op, "value", value, dtype)?;
    Ok((cast(x), cast(a).try_mul(Arg::Number(value))?, cast(b)))
}

fallible! {
    /// `self + a * b`, with broadcasting.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0].addcmul(&tensor![2.0], &tensor![3.0]), tensor![7.0]);
    /// ```
    fn addcmul | try_addcmul(&self, a: &Tensor, b: &Tensor) -> Tensor {
        self.try_addcmul_scaled(a, b, 1)
    }

    /// `self + value * a * b`, with broadcasting.
    ///
    /// # Panics
    /// If the shapes do not broadcast, or `value` is a float and all tensors hold integers.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0].addcmul_scaled(&tensor![2.0], &tensor![3.0], 0.5), tensor![4.0]);
    /// ```
    fn addcmul_scaled | try_addcmul_scaled(&self, a: &Tensor, b: &Tensor, value: impl Scalar) -> Tensor {
        let (x, a, b) = prepared("addcmul", [self, a, b], value.number())?;
        x.try_add(a.try_mul(b)?)
    }

    /// `self + a / b`, with broadcasting.
    ///
    /// # Panics
    /// If the shapes do not broadcast, or both `a` and `b` hold integers.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0].addcdiv(&tensor![6.0], &tensor![3.0]), tensor![3.0]);
    /// ```
    fn addcdiv | try_addcdiv(&self, a: &Tensor, b: &Tensor) -> Tensor {
        self.try_addcdiv_scaled(a, b, 1)
    }

    /// `self + value * a / b`, with broadcasting.
    ///
    /// # Panics
    /// If the shapes do not broadcast, or both `a` and `b` hold integers.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0].addcdiv_scaled(&tensor![6.0], &tensor![3.0], 0.5), tensor![2.0]);
    /// ```
    fn addcdiv_scaled | try_addcdiv_scaled(&self, a: &Tensor, b: &Tensor, value: impl Scalar) -> Tensor {
        if [a, b].iter().all(|x| matches!(x.dtype(), DType::I64 | DType::Bool)) {
            return Err(Error::DType {
                op: "addcdiv",
                problem: format!("{} over {} is no whole number", a.dtype(), b.dtype()),
                cure: "Cast one of them first, with `.to(F32)`, or add a quotient of `div_floor` or `div_trunc`.".into(),
            });
        }
        let (x, a, b) = prepared("addcdiv", [self, a, b], value.number())?;
        x.try_add(a.try_div(b)?)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let on = |f: fn(&Tensor, &Tensor, &Tensor) -> Tensor| -> Vec<Case> {
        let shapes: [[&[usize]; 3]; 4] = [
            [&[], &[], &[]],
            [&[2, 3], &[2, 3], &[2, 3]],
            [&[3], &[2, 1], &[1, 3]],
            [&[0, 2], &[2], &[1]],
        ];
        let case = |[x, a, b]: &[&[usize]; 3]| {
            let inputs = [
                sample(x, -2.0, 2.0, 0),
                sample(a, -2.0, 2.0, 1),
                sample(b, 0.5, 2.0, 2),
            ];
            Case::new(inputs, move |x| f(&x[0], &x[1], &x[2])).apart()
        };
        shapes.iter().map(case).collect()
    };
    vec![
        Operator::new(
            "addcmul",
            "Tensor::addcmul Tensor::addcmul_scaled",
            on(|x, a, b| x.addcmul(a, b) + x.addcmul_scaled(a, b, -1.5)),
        )
        .elementwise(),
        Operator::new(
            "addcdiv",
            "Tensor::addcdiv Tensor::addcdiv_scaled",
            on(|x, a, b| x.addcdiv(a, b) + x.addcdiv_scaled(a, b, -1.5)),
        )
        .elementwise(),
    ]
}
