//! Elementwise functions of one tensor.

#[cfg(test)]
use super::case::Case;
use super::owned::over_alone;
use super::slope::{relu_slope, sigmoid_slope, tanh_slope};
use super::unary::unary;
use crate::dtype::{with_float, with_number};
use crate::error::Result;
use crate::kernels::math::{Exp as _, Math};
use crate::tape::{Cx, Op, Saved};
use crate::{Operand, Tensor};

/// Signs of numbers, for integers and floats alike.
trait Signed: Copy {
    fn negative(self) -> Self;
    fn absolute(self) -> Self;
    fn positive_part(self) -> Self;
    fn sign(self) -> Self;
}
macro_rules! signed {
    ($($t:ty: $neg:ident, $abs:ident, |$v:ident| $relu:expr;)*) => { $(
        impl Signed for $t {
            #[inline(always)]
            fn negative(self) -> Self { <$t>::$neg(self) }
            #[inline(always)]
            fn absolute(self) -> Self { <$t>::$abs(self) }
            #[inline(always)]
            fn positive_part(self) -> Self { let $v = self; $relu }
            #[inline(always)]
            fn sign(self) -> Self { i8::from(self > Self::default()) as $t - i8::from(self < Self::default()) as $t }
        }
    )* };
}
use std::ops::Neg as _;
// A NaN is not less than zero and so passes through relu, as in PyTorch.
signed! {
    f32: neg, abs, |v| if v < 0.0 { 0.0 } else { v };
    f64: neg, abs, |v| if v < 0.0 { 0.0 } else { v };
    i64: wrapping_neg, wrapping_abs, |v| v.max(0);
}

/// The opposite written over an operand that nobody else holds, or that operand again.
#[track_caller]
pub(crate) fn neg_owned(own: Tensor) -> Result<Tensor, Tensor> {
    with_number!(own.dtype(), T => over_alone(own, |v: T| v.negative(), || Neg { saved: () }), else Err(own))
}

unary! {
    smooth;

    /// Each element with the other sign: `-&x`.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, -2.0].neg(), tensor![-1.0, 2.0]);
    /// ```
    neg / try_neg | Neg "NegBackward0", keep |v| v.negative(), none |g, _s| -g, on -2.0 .. 2.0;

    /// e to each element. Integers give the default floating-point type.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0].exp(), tensor![1.0]);
    /// ```
    exp | Exp "ExpBackward0", lift |v| v.exp_(), output |g, y| g * y, on -2.0 .. 2.0;

    /// Natural logarithm.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0].log(), tensor![0.0]);
    /// ```
    log | Log "LogBackward0", lift |v| v.log_(), input |g, x| g / x, on 0.5 .. 2.0;

    /// Square root.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![9.0].sqrt(), tensor![3.0]);
    /// ```
    sqrt | Sqrt "SqrtBackward0", lift |v| v.sqrt(), output |g, y| g / (y * 2), on 0.5 .. 2.0;

    /// Sine of radians.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0].sin(), tensor![0.0]);
    /// ```
    sin | Sin "SinBackward0", angle |_v| (Math::sin_near, Math::sin_), input |g, x| g * x.cos(), on -2.0 .. 2.0;

    /// Cosine of radians.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0].cos(), tensor![1.0]);
    /// ```
    cos | Cos "CosBackward0", angle |_v| (Math::cos_near, Math::cos_), input |g, x| g * -x.sin(), on -2.0 .. 2.0;

    /// Hyperbolic tangent.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0].tanh(), tensor![0.0]);
    /// ```
    tanh | Tanh "TanhBackward0", lift |v| v.tanh_(), slope |g, y| tanh_slope(g, y)?, on -2.0 .. 2.0;

    /// `1 / (1 + exp(-x))`, PyTorch's formula.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0].sigmoid(), tensor![0.5]);
    /// ```
    sigmoid | Sigmoid "SigmoidBackward0", lift |v| v.sigmoid_(), slope |g, y| sigmoid_slope(g, y)?,
        on -2.0 .. 2.0;

    /// Each element where it is positive, else 0. The derivative at 0 is 0.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![-1.0, 2.0].relu(), tensor![0.0, 2.0]);
    /// ```
    relu / try_relu | Relu "ReluBackward0", keep |v| v.positive_part(), slope |g, y| relu_slope(g, y)?,
        on 0.1 .. 2.0;

    /// Absolute value. The derivative at 0 is 0.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![-1.5, 2.0].abs(), tensor![1.5, 2.0]);
    /// ```
    abs / try_abs | Abs "AbsBackward0", keep |v| v.absolute(), input |g, x| g * x.sign(), on -2.0 .. -0.1;

    /// One over each element.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![4.0].reciprocal(), tensor![0.25]);
    /// ```
    reciprocal | Reciprocal "ReciprocalBackward0", lift |v| 1.0 / v, output |g, y| g * -(y * y), on 0.5 .. 2.0;

    /// Natural logarithm of `1 + x`, exact near 0.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0].log1p(), tensor![0.0]);
    /// ```
    log1p | Log1p "Log1pBackward0", lift |v| v.log1p_(), input |g, x| g / (x + 1), on -0.5 .. 2.0;

    /// `exp(x) - 1`, exact near 0.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0].expm1(), tensor![0.0]);
    /// ```
    expm1 | Expm1 "Expm1Backward0", lift |v| v.expm1_(), output |g, y| g * (y + 1), on -2.0 .. 2.0;

    /// Logarithm to base 2.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![8.0].log2(), tensor![3.0]);
    /// ```
    log2 | Log2 "Log2Backward0", lift |v| v.log2_(), input |g, x| g / (x * std::f64::consts::LN_2), on 0.5 .. 2.0;

    /// Logarithm to base 10.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![100.0].log10(), tensor![2.0]);
    /// ```
    log10 | Log10 "Log10Backward0", lift |v| v.log10_(), input |g, x| g / (x * std::f64::consts::LN_10), on 0.5 .. 2.0;

    /// One over the square root.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![4.0].rsqrt(), tensor![0.5]);
    /// ```
    rsqrt | Rsqrt "RsqrtBackward0", lift |v| 1.0 / v.sqrt(), output |g, y| g * -0.5 * y.pow(3), on 0.5 .. 2.0;

    /// Tangent of radians.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0].tan(), tensor![0.0]);
    /// ```
    tan | Tan "TanBackward0", angle |_v| (Math::tan_near, Math::tan_), output |g, y| g * (y * y + 1), on -1.0 .. 1.0;

    /// Angle in radians whose sine is the element.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0].asin(), tensor![0.0]);
    /// ```
    asin | Asin "AsinBackward0", lift |v| v.asin_(), input |g, x| g * (1.0 - x * x).rsqrt(), on -0.8 .. 0.8;

    /// Angle in radians whose cosine is the element.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0].acos(), tensor![0.0]);
    /// ```
    acos | Acos "AcosBackward0", lift |v| v.acos_(), input |g, x| g * -(1.0 - x * x).rsqrt(), on -0.8 .. 0.8;

    /// Angle in radians whose tangent is the element.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0].atan(), tensor![0.0]);
    /// ```
    atan | Atan "AtanBackward0", lift |v| v.atan_(), input |g, x| g / (x * x + 1), on -2.0 .. 2.0;

    /// Hyperbolic sine.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0].sinh(), tensor![0.0]);
    /// ```
    sinh | Sinh "SinhBackward0", lift |v| v.sinh_(), input |g, x| g * x.cosh(), on -2.0 .. 2.0;

    /// Hyperbolic cosine.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0].cosh(), tensor![1.0]);
    /// ```
    cosh | Cosh "CoshBackward0", lift |v| v.cosh_(), input |g, x| g * x.sinh(), on -2.0 .. 2.0;

    /// 2 to each element.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![3.0].exp2(), tensor![8.0]);
    /// ```
    exp2 | Exp2 "Exp2Backward0", lift |v| v.exp2_(), output |g, y| g * y * std::f64::consts::LN_2, on -2.0 .. 2.0;

    /// The number whose hyperbolic sine is the element.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0].asinh(), tensor![0.0]);
    /// ```
    asinh | Asinh "AsinhBackward0", lift |v| v.asinh_(), input |g, x| g * (x * x + 1).rsqrt(), on -2.0 .. 2.0;

    /// The number from 0 on whose hyperbolic cosine is the element; NaN below 1.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0].acosh(), tensor![0.0]);
    /// ```
    acosh | Acosh "AcoshBackward0", lift |v| v.acosh_(), input |g, x| g * ((x - 1).rsqrt() * (x + 1).rsqrt()),
        on 1.2 .. 3.0;

    /// The number whose hyperbolic tangent is the element; NaN beyond -1 and 1.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0].atanh(), tensor![0.0]);
    /// ```
    atanh | Atanh "AtanhBackward0", lift |v| v.atanh_(), input |g, x| g / (1.0 - x * x), on -0.8 .. 0.8;
}

/// Rounding, which leaves integers as they are.
trait Rounded: Copy {
    fn down(self) -> Self;
    fn up(self) -> Self;
    fn to_even(self) -> Self;
    fn to_zero(self) -> Self;
}
macro_rules! rounded {
    ($($t:ty),*) => { $(
        impl Rounded for $t {
            #[inline(always)]
            fn down(self) -> Self { self.floor() }
            #[inline(always)]
            fn up(self) -> Self { self.ceil() }
            #[inline(always)]
            fn to_even(self) -> Self { self.round_ties_even() }
            #[inline(always)]
            fn to_zero(self) -> Self { self.trunc() }
        }
    )* };
}
rounded!(f32, f64);
impl Rounded for i64 {
    fn down(self) -> Self {
        self
    }
    fn up(self) -> Self {
        self
    }
    fn to_even(self) -> Self {
        self
    }
    fn to_zero(self) -> Self {
        self
    }
}

unary! {
    rounding;

    /// The largest whole number not above each element. The derivative is 0.
    ///
    /// # Panics
    /// If the tensor is `bool`.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.7, -1.2].floor(), tensor![1.0, -2.0]);
    /// ```
    floor / try_floor | Floor "FloorBackward0", keep |v| v.down(), none |g, _s| g.zeros_like(), on 0.1 .. 0.9;

    /// The smallest whole number not below each element. The derivative is 0.
    ///
    /// # Panics
    /// If the tensor is `bool`.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.2, -1.7].ceil(), tensor![2.0, -1.0]);
    /// ```
    ceil / try_ceil | Ceil "CeilBackward0", keep |v| v.up(), none |g, _s| g.zeros_like(), on 0.1 .. 0.9;

    /// The nearest whole number, the even one where two are as near. The derivative is 0.
    ///
    /// # Panics
    /// If the tensor is `bool`.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.5, 1.5, 1.7].round(), tensor![0.0, 2.0, 2.0]);
    /// ```
    round / try_round | Round "RoundBackward0", keep |v| v.to_even(), none |g, _s| g.zeros_like(), on 0.1 .. 0.4;

    /// Each element without its fraction. The derivative is 0.
    ///
    /// # Panics
    /// If the tensor is `bool`.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.7, -1.7].trunc(), tensor![1.0, -1.0]);
    /// ```
    trunc / try_trunc | Trunc "TruncBackward0", keep |v| v.to_zero(), none |g, _s| g.zeros_like(), on 0.1 .. 0.9;

    /// -1, 0 or 1 by each element's sign; NaN gives 0, as in PyTorch. The derivative is 0.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![-2.0, 0.0, 3.0].sign(), tensor![-1.0, 0.0, 1.0]);
    /// ```
    sign / try_sign | Sign "SignBackward0", any |v| Signed::sign(v), none |g, _s| g.zeros_like(), on 0.1 .. 2.0;
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    smooth().into_iter().chain(rounding()).collect()
}
