//! Elementwise operators and comparisons.

use super::{Run, binary, unary};

pub(crate) const TABLE: &[(&str, Run)] = &[
    unary!("abs", abs),
    unary!("acos", acos),
    unary!("asin", asin),
    unary!("atan", atan),
    unary!("ceil", ceil),
    unary!("cos", cos),
    unary!("cosh", cosh),
    unary!("exp", exp),
    unary!("expm1", expm1),
    unary!("floor", floor),
    unary!("isfinite", isfinite),
    unary!("isinf", isinf),
    unary!("isnan", isnan),
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
    ("maximum", |call| {
        Ok(vec![call.input()?.try_maximum(call.tensor(0, "other")?)?])
    }),
    ("minimum", |call| {
        Ok(vec![call.input()?.try_minimum(call.tensor(0, "other")?)?])
    }),
    binary!("mul", try_mul),
    binary!("remainder", try_remainder),
];
