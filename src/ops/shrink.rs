//! Functions that shrink elements towards 0.

use super::activation::activation;
#[cfg(test)]
use super::case::Case;
use crate::error::Result;
use crate::tape::{Cx, Op, Saved};
use crate::{Operand, Tensor};

activation! {
    /// `x`, but 0 from `-lambda` to `lambda`. PyTorch's default `lambda` is 0.5.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::{functional::hardshrink, prelude::*};
    /// assert_eq!(hardshrink(&tensor![-1.0, 0.4, 2.0], 0.5), tensor![-1.0, 0.0, 2.0]);
    /// ```
    hardshrink / try_hardshrink(lambda) | Hardshrink "HardshrinkBackward0",
        float |v| if v >= -lambda && v <= lambda { 0.0 } else { v },
        |g, x| {
            let inside = x.try_ge(-lambda)?.try_logical_and(x.try_le(lambda)?)?;
            Tensor::try_where(&inside, 0, g)
        },
        on (0.5) in -2.0 .. 2.0;

    /// `x` moved by `lambda` towards 0, where it stops. PyTorch's default `lambda` is 0.5.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers, or `lambda` is negative.
    ///
    /// ```
    /// use retrograd::{functional::softshrink, prelude::*};
    /// assert_eq!(softshrink(&tensor![-1.0, 0.4, 2.0], 0.5), tensor![-0.5, 0.0, 1.5]);
    /// ```
    softshrink / try_softshrink(lambda) | Softshrink "SoftshrinkBackward0",
        [refuse lambda if lambda.is_nan() || lambda < 0.0, "elements are moved by it towards 0", "Give 0 or a positive number."]
        float |v| if v > lambda {
            v - lambda
        } else if v < -lambda {
            v + lambda
        } else {
            // Keeps a NaN.
            v * 0.0
        },
        |g, x| {
            let inside = x.try_ge(-lambda)?.try_logical_and(x.try_le(lambda)?)?;
            Tensor::try_where(&inside, 0, g)
        },
        on (0.5) in -2.0 .. 2.0;
}

super::fallible! {
    /// [`functional::hardshrink`](crate::functional::hardshrink) as a method.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![-1.0, 0.4].hardshrink(0.5), tensor![-1.0, 0.0]);
    /// ```
    fn hardshrink | try_hardshrink(&self, lambda: f64) -> Tensor {
        try_hardshrink(self, lambda)
    }
}

super::fallible_fn! {
    /// `x - tanh(x)`.
    ///
    /// # Panics
    /// If the tensor is `bool`.
    ///
    /// ```
    /// use retrograd::{functional::tanhshrink, prelude::*};
    /// assert_eq!(tanhshrink(&tensor![0.0, 100.0]), tensor![0.0, 99.0]);
    /// ```
    fn tanhshrink | try_tanhshrink(x: &Tensor) -> Tensor {
        x.try_sub(x.tanh())
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Hardshrink>(
            "nn.functional.hardshrink",
            "functional::hardshrink Tensor::hardshrink",
        )
        .elementwise(),
        Operator::node::<Softshrink>("nn.functional.softshrink", "functional::softshrink")
            .elementwise(),
        Operator::new(
            "nn.functional.tanhshrink",
            "functional::tanhshrink",
            Case::unary(-2.0, 2.0, tanhshrink),
        )
        .elementwise(),
    ]
}
