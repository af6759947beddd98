//! Powers.

use super::binary::{load, map, map_fused, zip, zip_fused};
#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use super::mul::times;
use crate::dtype::{Element, with_number};
use crate::error::{Error, Result};
use crate::kernels::math::Math as _;
use crate::shape::broadcast;
use crate::tape::{Cx, Op, Saved, SavedArg};
use crate::tensor::{Arg, Inner, Number, result_dtype};
use crate::{DType, Operand, Tensor};

/// An element raised to a power.
trait Power: Element {
    fn power(self, exponent: Self) -> Self;

    /// All elements raised to one power.
    fn powers(x: &Tensor, exponent: Self) -> Inner {
        map::<Self, Self>(x, move |x| x.power(exponent))
    }
}
macro_rules! power {
    ($($t:ty),*) => { $(
        impl Power for $t {
            #[inline(always)]
            fn power(self, exponent: Self) -> Self {
                self.pow_(exponent)
            }

            fn powers(x: &Tensor, exponent: Self) -> Inner {
                // PyTorch writes these out, which is quicker and rounds as its figures do.
                match exponent {
                    // The derivative of a square asks for it.
                    1.0 => map::<$t, $t>(x, |x| x),
                    2.0 => map::<$t, $t>(x, |x| x * x),
                    3.0 => map::<$t, $t>(x, |x| x * x * x),
                    -1.0 => map::<$t, $t>(x, |x| 1.0 / x),
                    -2.0 => map::<$t, $t>(x, |x| 1.0 / (x * x)),
                    0.5 => map::<$t, $t>(x, |x| x.sqrt()),
                    -0.5 => map::<$t, $t>(x, |x| 1.0 / x.sqrt()),
                    _ => map_fused::<$t, $t>(x, #[inline(always)] move |x| x.pow_(exponent)),
                }
            }
        }
    )* };
}
power!(f32, f64);
impl Power for i64 {
    #[inline(always)]
    fn power(self, exponent: Self) -> Self {
        match (self, exponent) {
            (1, _) => 1,
            (-1, _) => {
                if exponent % 2 == 0 {
                    1
                } else {
                    -1
                }
            }
            (_, ..0) => 0,
            _ => self.wrapping_pow(exponent.min(i64::from(u32::MAX)) as u32),
        }
    }
}

pub(crate) struct Pow {
    base: SavedArg,
    exponent: SavedArg,
    out: Option<Saved>,
}

impl Op for Pow {
    const NAME: &'static str = "PowBackward0";
    const BROADCASTS: bool = true;

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let (base, exponent) = (cx.saved_arg(&self.base)?, cx.saved_arg(&self.exponent)?);
        cx.give(0, |_| {
            let slope = match exponent.arg() {
                Arg::Number(number) if number.as_f64() == 0.0 => return Ok(grad.zeros_like()),
                Arg::Number(number) => pow_args(
                    base.arg(),
                    Arg::Number(Number::Float(number.as_f64() - 1.0)),
                )?,
                Arg::Tensor(tensor) => pow_args(base.arg(), tensor.try_sub(1)?.arg())?,
            };
            let slope = times(slope, exponent.arg())?;
            match exponent.arg() {
                Arg::Number(_) => Ok(grad * slope),
                Arg::Tensor(tensor) => {
                    Ok(grad * Tensor::try_where(&tensor.try_eq(0)?, 0.0, slope)?)
                }
            }
        })?;
        let Some(out) = &self.out else { return Ok(()) };
        cx.give(1, |cx| {
            let log = match base.arg() {
                Arg::Number(number) => Tensor::from(number.as_f64()).to(grad.dtype()),
                Arg::Tensor(tensor) => tensor.clone(),
            };
            // 0 to a positive power stays 0 nearby, where the formula gives 0 times minus infinity.
            let flat = log
                .try_eq(0)?
                .try_logical_and(&exponent_tensor(exponent.arg()).try_ge(0)?)?;
            grad.try_mul(Tensor::try_where(
                &flat,
                0.0,
                cx.saved(out)?.try_mul(log.log())?,
            )?)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let mut cases = Case::binary((0.5, 2.0), (-2.0, 2.0), |a, b| a.pow(b));
        for exponent in [0.0, 0.5, 1.0, 2.0, 3.0, -1.0, 2.5] {
            cases.extend(Case::unary(0.5, 2.0, move |x| x.pow(exponent)));
        }
        cases.push(Case::new([sample(&[3], -1.0, 1.0, 0)], |x| {
            Tensor::scalar(2.0).pow(&x[0])
        }));
        cases
    }
}

fn exponent_tensor(exponent: Arg<'_>) -> Tensor {
    match exponent {
        Arg::Tensor(tensor) => tensor.clone(),
        Arg::Number(number) => Tensor::from(number.as_f64()),
    }
}

#[track_caller]
pub(crate) fn pow_args(base: Arg<'_>, exponent: Arg<'_>) -> Result<Tensor> {
    let shape = broadcast("pow", base.shape(), exponent.shape())?;
    let dtype = result_dtype(&[base, exponent]);
    if let (DType::I64, Arg::Number(number)) = (dtype, exponent)
        && number.as_f64() < 0.0
    {
        return Err(Error::InvalidArgument {
            op: "pow",
            argument: "exponent",
            value: number.as_f64().to_string(),
            problem: "integers have no negative powers among the integers".into(),
            cure: "Cast the tensor first, with `.to(F32)`.".into(),
        });
    }
    let out = with_number!(dtype, T => match (base, exponent.shape()) {
        (Arg::Tensor(base), []) => T::powers(base, load::<T>(exponent)[0]),
        _ => zip_fused::<T, T>(base, exponent, shape, #[inline(always)] |a: T, b| a.power(b)),
    }, else {
        if let Arg::Tensor(_) = exponent {
            return Err(Error::DType {
                op: "pow",
                problem: "two bool operands have no power".into(),
                cure: "Cast them first, with `.to(I64)`.".into(),
            });
        }
        zip::<bool, bool>(base, exponent, shape, |base, exponent| base | !exponent)
    });
    Ok(out.record(&[base, exponent], |out| Pow {
        base: SavedArg::new(base, true),
        exponent: SavedArg::new(exponent, true),
        out: exponent.requires_grad().then(|| Saved::output(out)),
    }))
}

fallible! {
    /// Each element to a power, with broadcasting.
    ///
    /// # Panics
    /// If the shapes do not broadcast, an integer tensor is raised to a negative number, or both are `bool`.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 2.0].pow(3), tensor![1.0, 8.0]);
    /// ```
    fn pow | try_pow(&self, exponent: impl Operand) -> Tensor {
        pow_args(self.arg(), exponent.arg())
    }

    /// Each element to a power, with broadcasting, computed in `f64` whatever the operands' types.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1, 2].float_power(-1), tensor![1.0, 0.5].double());
    /// ```
    fn float_power | try_float_power(&self, exponent: impl Operand) -> Tensor {
        let base = self.to(DType::F64);
        match exponent.arg() {
            Arg::Number(number) => base.try_pow(number.as_f64()),
            Arg::Tensor(tensor) => base.try_pow(tensor.to(DType::F64)),
        }
    }
}

impl Tensor {
    /// Each element times itself.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![-3.0].square(), tensor![9.0]);
    /// ```
    #[track_caller]
    pub fn square(&self) -> Tensor {
        self.pow(2)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Pow>("pow", "Tensor::pow").elementwise(),
        Operator::new(
            "float_power",
            "Tensor::float_power",
            Case::binary((0.5, 2.0), (-2.0, 2.0), |a, b| a.float_power(b)),
        )
        .elementwise(),
        Operator::new(
            "square",
            "Tensor::square",
            Case::unary(-2.0, 2.0, Tensor::square),
        )
        .elementwise(),
    ]
}
