//! Matrix products and their kin.

use super::call::{Arg, Call, Refusal};
use super::{Outcome, Run};
use retrograd::functional;
use serde_json::Value;

/// The factors `beta` and `alpha` where both are whole numbers.
fn whole(call: &Call) -> Result<Option<(i64, i64)>, Refusal> {
    let is_whole = |name: &str| match call.arg(usize::MAX, name) {
        None => true,
        Some(Arg::Plain(Value::Number(n))) => n.is_i64(),
        Some(_) => false,
    };
    if is_whole("beta") && is_whole("alpha") {
        return Ok(Some((
            call.int(usize::MAX, "beta", 1)?,
            call.int(usize::MAX, "alpha", 1)?,
        )));
    }
    Ok(None)
}

/// Entries of a product added to the input, both with factors.
macro_rules! scaled {
    ($name:literal, $try_method:ident, $a:literal, $b:literal) => {
        ($name, |call| {
            let (x, a, b) = (call.input()?, call.tensor(0, $a)?, call.tensor(1, $b)?);
            Ok(vec![match whole(call)? {
                Some((beta, alpha)) => x.$try_method(a, b, beta, alpha)?,
                None => {
                    let beta = call.float(usize::MAX, "beta", 1.0)?;
                    x.$try_method(a, b, beta, call.float(usize::MAX, "alpha", 1.0)?)?
                }
            }])
        })
    };
}

/// Entries of operators on two tensors.
macro_rules! pair {
    ($name:literal, $try_method:ident, $other:literal) => {
        ($name, |call| {
            Ok(vec![call.input()?.$try_method(call.tensor(0, $other)?)?])
        })
    };
}

fn axes(arg: &Arg) -> Vec<i64> {
    match arg {
        Arg::List(items) => items.iter().flat_map(axes).collect(),
        Arg::Plain(value) => value.as_i64().into_iter().collect(),
        Arg::Tensor(_) => Vec::new(),
    }
}

fn tensordot(call: &Call) -> Outcome {
    let (x, other) = (call.input()?, call.tensor(0, "other")?);
    Ok(vec![match call.arg(1, "dims") {
        Some(Arg::List(lists)) => match &lists[..] {
            [left, right] => x.try_tensordot(other, (&axes(left)[..], &axes(right)[..]))?,
            _ => return Err(Refusal::Forbidden("`dims` is a pair of lists".into())),
        },
        _ => x.try_tensordot(other, call.count(1, "dims", 2)?)?,
    }])
}

fn einsum(call: &Call) -> Outcome {
    let equation = call.text(0, "equation")?.unwrap_or_default();
    Ok(vec![retrograd::try_einsum(equation, call.inputs()?)?])
}

pub(crate) const TABLE: &[(&str, Run)] = &[
    scaled!("addmm", try_addmm_scaled, "mat1", "mat2"),
    scaled!("addmv", try_addmv_scaled, "mat", "vec"),
    scaled!("baddbmm", try_baddbmm_scaled, "batch1", "batch2"),
    pair!("bmm", try_bmm, "mat2"),
    ("cdist", |call| {
        // How PyTorch computes it, not what.
        call.text(2, "compute_mode")?;
        let (other, p) = (call.tensor(0, "x2")?, call.float(1, "p", 2.0)?);
        Ok(vec![call.input()?.try_cdist_p(other, p)?])
    }),
    pair!("dot", try_dot, "other"),
    ("einsum", einsum),
    pair!("inner", try_inner, "other"),
    pair!("matmul", try_matmul, "other"),
    pair!("mm", try_mm, "mat2"),
    pair!("mv", try_mv, "vec"),
    ("nn.functional.linear", |call| {
        let (weight, bias) = (call.tensor(0, "weight")?, call.tensor_or_none(1, "bias")?);
        Ok(vec![functional::try_linear(call.input()?, weight, bias)?])
    }),
    pair!("outer", try_outer, "vec2"),
    ("tensordot", tensordot),
];
