//! Elementwise operators and comparisons.

use super::call::{with_number, with_side};
use super::{Call, Refusal, Run, binary, unary};
use retrograd::{Tensor, Tolerance};

pub(crate) const TABLE: &[(&str, Run)] = &[
    unary!("abs", abs),
    unary!("acos", acos),
    unary!("acosh", acosh),
    unary!("asin", asin),
    unary!("asinh", asinh),
    unary!("atan", atan),
    unary!("atanh", atanh),
    unary!("ceil", ceil),
    unary!("cos", cos),
    unary!("cosh", cosh),
    unary!("digamma", digamma),
    unary!("erf", erf),
    unary!("erfc", erfc),
    unary!("erfinv", erfinv),
    unary!("exp", exp),
    unary!("exp2", exp2),
    unary!("expm1", expm1),
    unary!("floor", floor),
    unary!("isfinite", isfinite),
    unary!("isinf", isinf),
    unary!("isnan", isnan),
    unary!("lgamma", lgamma),
    unary!("log", log),
    unary!("log10", log10),
    unary!("log1p", log1p),
    unary!("log2", log2),
    unary!("logical_not", logical_not),
    unary!("reciprocal", reciprocal),
    unary!("rsqrt", rsqrt),
    unary!("sigmoid", sigmoid),
    unary!("sign", sign),
    unary!("sin", sin),
    unary!("sinh", sinh),
    unary!("sqrt", sqrt),
    unary!("square", square),
    unary!("tan", tan),
    unary!("tanh", tanh),
    unary!("trunc", trunc),
    ("neg", |call| Ok(vec![call.input()?.try_neg()?])),
    ("atan2", |call| {
        Ok(vec![call.input()?.try_atan2(call.tensor(0, "other")?)?])
    }),
    binary!("eq", try_eq),
    binary!("floor_divide", try_floor_divide),
    binary!("fmod", try_fmod),
    binary!("ge", try_ge),
    binary!("gt", try_gt),
    binary!("hypot", try_hypot),
    binary!("le", try_le),
    binary!("logaddexp", try_logaddexp),
    binary!("logical_and", try_logical_and),
    binary!("logical_or", try_logical_or),
    binary!("logical_xor", try_logical_xor),
    binary!("lt", try_lt),
    binary!("maximum", try_maximum),
    binary!("minimum", try_minimum),
    binary!("mul", try_mul),
    binary!("ne", try_ne),
    binary!("remainder", try_remainder),
    binary!("xlogy", try_xlogy),
    ("add", |call| {
        let (x, other) = (call.input()?, call.side(0, "other")?);
        Ok(vec![match call.number_or_none(1, "alpha")? {
            None => with_side!(other, other => x.try_add(other))?,
            Some(alpha) => {
                with_side!(other, other => with_number!(alpha, alpha => x.try_add_scaled(other, alpha)))?
            }
        }])
    }),
    ("sub", |call| {
        let (x, other) = (call.input()?, call.side(0, "other")?);
        Ok(vec![match call.number_or_none(1, "alpha")? {
            None => with_side!(other, other => x.try_sub(other))?,
            Some(alpha) => {
                with_side!(other, other => with_number!(alpha, alpha => x.try_sub_scaled(other, alpha)))?
            }
        }])
    }),
    ("div", |call| {
        let (x, other) = (call.input()?, call.side(0, "other")?);
        Ok(vec![match call.text(1, "rounding_mode")? {
            None => with_side!(other, other => x.try_div(other))?,
            Some("trunc") => with_side!(other, other => x.try_div_trunc(other))?,
            Some("floor") => with_side!(other, other => x.try_div_floor(other))?,
            Some(mode) => return Err(Refusal::Forbidden(format!("there is no method for {mode}"))),
        }])
    }),
    ("pow", |call| {
        let x = call.input()?;
        Ok(vec![
            with_side!(call.side(0, "exponent")?, exponent => x.try_pow(exponent))?,
        ])
    }),
    ("float_power", |call| {
        let x = call.input()?;
        Ok(vec![
            with_side!(call.side(0, "exponent")?, exponent => x.try_float_power(exponent))?,
        ])
    }),
    ("addcmul", |call| {
        let (x, a, b) = (
            call.input()?,
            call.tensor(0, "tensor1")?,
            call.tensor(1, "tensor2")?,
        );
        Ok(vec![match call.number_or_none(2, "value")? {
            None => x.try_addcmul(a, b)?,
            Some(value) => with_number!(value, value => x.try_addcmul_scaled(a, b, value))?,
        }])
    }),
    ("addcdiv", |call| {
        let (x, a, b) = (
            call.input()?,
            call.tensor(0, "tensor1")?,
            call.tensor(1, "tensor2")?,
        );
        Ok(vec![match call.number_or_none(2, "value")? {
            None => x.try_addcdiv(a, b)?,
            Some(value) => with_number!(value, value => x.try_addcdiv_scaled(a, b, value))?,
        }])
    }),
    ("lerp", |call| {
        let (x, end) = (call.input()?, call.tensor(0, "end")?);
        Ok(vec![
            with_side!(call.side(1, "weight")?, weight => x.try_lerp(end, weight))?,
        ])
    }),
    ("clamp", |call| {
        let (x, low, high) = (
            call.input()?,
            call.side_or_none(0, "min")?,
            call.side_or_none(1, "max")?,
        );
        Ok(vec![match (low, high) {
            (Some(low), Some(high)) => {
                with_side!(low, low => with_side!(high, high => x.try_clamp(low, high)))?
            }
            (Some(low), None) => with_side!(low, low => x.try_clamp_min(low))?,
            (None, Some(high)) => with_side!(high, high => x.try_clamp_max(high))?,
            (None, None) => {
                return Err(Refusal::Forbidden(
                    "there is no method without a bound".into(),
                ));
            }
        }])
    }),
    ("clamp_min", |call| {
        let x = call.input()?;
        Ok(vec![
            with_side!(call.side(0, "min")?, low => x.try_clamp_min(low))?,
        ])
    }),
    ("clamp_max", |call| {
        let x = call.input()?;
        Ok(vec![
            with_side!(call.side(0, "max")?, high => x.try_clamp_max(high))?,
        ])
    }),
    ("where", |call| {
        // PyTorch's sample puts the first of the two values before the condition.
        let (condition, b) = (call.tensor(0, "condition")?, call.side(1, "other")?);
        let a = call.input()?;
        Ok(vec![
            with_side!(b, b => Tensor::try_where(condition, a, b))?,
        ])
    }),
    ("masked_fill", |call| {
        let (x, mask) = (call.input()?, call.tensor(0, "mask")?);
        Ok(vec![
            with_side!(call.side(1, "value")?, value => x.try_masked_fill(mask, value))?,
        ])
    }),
    ("round", |call| {
        let x = call.input()?;
        Ok(vec![match call.int_or_none(0, "decimals")? {
            None => x.try_round()?,
            Some(decimals) => {
                let decimals = i32::try_from(decimals)
                    .map_err(|_| Refusal::Forbidden("`decimals` is an i32".into()))?;
                x.try_round_decimals(decimals)?
            }
        }])
    }),
    ("logit", |call| {
        let x = call.input()?;
        Ok(vec![match call.float_or_none(0, "eps")? {
            None => x.logit(),
            Some(eps) => x.logit_eps(eps),
        }])
    }),
    ("isclose", |call| {
        let (x, other) = (call.input()?, call.tensor(0, "other")?);
        Ok(vec![match tolerance(call)? {
            None => x.try_isclose(other)?,
            Some(tolerance) => x.try_isclose_with(other, tolerance)?,
        }])
    }),
    ("allclose", |call| {
        let (x, other) = (call.input()?, call.tensor(0, "other")?);
        Ok(vec![Tensor::scalar(match tolerance(call)? {
            None => x.try_allclose(other)?,
            Some(tolerance) => x.try_allclose_with(other, tolerance)?,
        })])
    }),
    ("equal", |call| {
        Ok(vec![Tensor::scalar(
            call.input()?.equal(call.tensor(0, "other")?),
        )])
    }),
    ("zeros_like", |call| {
        let x = call.input()?;
        Ok(vec![match call.dtype(0, "dtype")? {
            None => x.zeros_like(),
            Some(dtype) => x.zeros_like_dtype(dtype),
        }])
    }),
    ("ones_like", |call| {
        let x = call.input()?;
        Ok(vec![match call.dtype(0, "dtype")? {
            None => x.ones_like(),
            Some(dtype) => x.ones_like_dtype(dtype),
        }])
    }),
    ("full_like", |call| {
        let x = call.input()?;
        let value = call
            .number_or_none(0, "fill_value")?
            .ok_or_else(|| Refusal::Forbidden("`fill_value` must be given".into()))?;
        Ok(vec![match call.dtype(1, "dtype")? {
            None => with_number!(value, value => x.full_like(value)),
            Some(dtype) => with_number!(value, value => x.full_like_dtype(value, dtype)),
        }])
    }),
];

/// The tolerance, where any part of it is given.
fn tolerance(call: &Call) -> Result<Option<Tolerance>, Refusal> {
    let (rtol, atol) = (
        call.float_or_none(1, "rtol")?,
        call.float_or_none(2, "atol")?,
    );
    let equal_nan = call.flag(3, "equal_nan", false)?;
    if rtol.is_none() && atol.is_none() && !equal_nan {
        return Ok(None);
    }
    let mut tolerance = Tolerance::new().equal_nan(equal_nan);
    if let Some(rtol) = rtol {
        tolerance = tolerance.rtol(rtol);
    }
    if let Some(atol) = atol {
        tolerance = tolerance.atol(atol);
    }
    Ok(Some(tolerance))
}
