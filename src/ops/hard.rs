//! Activations made of straight pieces.

use super::activation::activation;
#[cfg(test)]
use super::case::Case;
use crate::error::Result;
use crate::tape::{Cx, Op, Saved};
use crate::{Operand, Tensor};

activation! {
    /// `x` cut off below `min` and above `max`, by default -1 and 1 in PyTorch. Unlike in
    /// [`clamp`](Tensor::clamp), the derivative at the bounds is 0. Integers stay integers.
    ///
    /// # Panics
    /// If the tensor is `bool`, or `min` is greater than `max`.
    ///
    /// ```
    /// use retrograd::{functional::hardtanh, prelude::*};
    /// assert_eq!(hardtanh(&tensor![-3.0, 0.5, 3.0], -1.0, 1.0), tensor![-1.0, 0.5, 1.0]);
    /// ```
    hardtanh / try_hardtanh(min, max) | Hardtanh "HardtanhBackward0",
        [refuse min if min > max, "it is greater than `max`", "Give the lower bound first."]
        number |v| if v < min { min } else if v > max { max } else { v },
        |g, x| {
            let cut = x.try_le(min)?.try_logical_or(x.try_ge(max)?)?;
            Tensor::try_where(&cut, 0, g)
        },
        on (-1.0, 1.0) in -2.0 .. 2.0;

    /// `min(max(x + 3, 0), 6) / 6`, a sigmoid of straight pieces.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::{functional::hardsigmoid, prelude::*};
    /// assert_eq!(hardsigmoid(&tensor![-4.0, 0.0, 4.0]), tensor![0.0, 0.5, 1.0]);
    /// ```
    hardsigmoid / try_hardsigmoid() | Hardsigmoid "HardsigmoidBackward0",
        float |v| cut(v + 3.0) / 6.0,
        |g, x| {
            let inside = x.try_gt(-3)?.try_logical_and(x.try_lt(3)?)?;
            Tensor::try_where(&inside, g.try_mul(1.0 / 6.0)?, 0)
        },
        on () in -5.0 .. 5.0;

    /// `x min(max(x + 3, 0), 6) / 6` (Howard et al. 2019).
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::{functional::hardswish, prelude::*};
    /// assert_eq!(hardswish(&tensor![-4.0, 1.5, 4.0]), tensor![0.0, 1.125, 4.0]);
    /// ```
    hardswish / try_hardswish() | Hardswish "HardswishBackward0",
        float |v| v * cut(v + 3.0) / 6.0,
        |g, x| {
            let rise = g.try_mul(x.try_div(3)?.try_add(0.5)?)?;
            let above = Tensor::try_where(&x.try_ge(3)?, g, rise)?;
            Tensor::try_where(&x.try_le(-3)?, 0, above)
        },
        on () in -5.0 .. 5.0;

    /// `x` where it is greater than `threshold`, else `value`. Integers stay integers.
    ///
    /// # Panics
    /// If the tensor is `bool`.
    ///
    /// ```
    /// use retrograd::{functional::threshold, prelude::*};
    /// assert_eq!(threshold(&tensor![0.5, 2.0], 1.0, -7.0), tensor![-7.0, 2.0]);
    /// ```
    threshold / try_threshold(threshold, value) | Threshold "ThresholdBackward0",
        number |v| if v <= threshold { value } else { v },
        |g, x| Tensor::try_where(&x.try_le(threshold)?, 0, g),
        on (0.5, 20.0) in -2.0 .. 2.0;
}

/// Brought into the range from 0 to 6; a NaN stays one.
fn cut<T: PartialOrd + From<u8>>(v: T) -> T {
    if v < T::from(0) {
        T::from(0)
    } else if v > T::from(6) {
        T::from(6)
    } else {
        v
    }
}

super::fallible_fn! {
    /// `min(max(x, 0), 6)`. The derivative at both bounds is 0.
    ///
    /// # Panics
    /// If the tensor is `bool`.
    ///
    /// ```
    /// use retrograd::{functional::relu6, prelude::*};
    /// assert_eq!(relu6(&tensor![-1.0, 3.0, 8.0]), tensor![0.0, 3.0, 6.0]);
    /// ```
    fn relu6 | try_relu6(x: &Tensor) -> Tensor {
        try_hardtanh(x, 0.0, 6.0)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Hardtanh>("nn.functional.hardtanh", "functional::hardtanh").elementwise(),
        Operator::new(
            "nn.functional.relu6",
            "functional::relu6",
            Case::unary(-2.0, 9.0, |x| relu6(x).pow(3)),
        )
        .elementwise(),
        Operator::node::<Hardsigmoid>("nn.functional.hardsigmoid", "functional::hardsigmoid")
            .elementwise(),
        Operator::node::<Hardswish>("nn.functional.hardswish", "functional::hardswish")
            .elementwise(),
        Operator::node::<Threshold>("nn.functional.threshold", "functional::threshold")
            .elementwise(),
    ]
}
