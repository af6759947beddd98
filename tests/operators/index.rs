//! Gathering, scattering, sorting.

use super::call::{Arg, Call, Refusal};
use super::{Outcome, Run};
use serde_json::Value;

fn pair((values, positions): (retrograd::Tensor, retrograd::Tensor)) -> Outcome {
    Ok(vec![values, positions])
}

/// What is put: a tensor or a number.
fn scatter(call: &Call) -> Outcome {
    let (x, axis, index) = (
        call.input()?,
        call.int(0, "dim", 0)?,
        call.tensor(1, "index")?,
    );
    let source = call.arg(2, "src").or_else(|| call.arg(usize::MAX, "value"));
    let reduce = call.text(usize::MAX, "reduce")?;
    macro_rules! put {
        ($source:expr) => {
            match reduce {
                None => x.try_scatter(axis, index, $source)?,
                Some("add") => x.try_scatter_add(axis, index, $source)?,
                Some(other) => {
                    let reason = format!("`reduce={other:?}`, which PyTorch calls deprecated");
                    return Err(Refusal::LeftOut(reason));
                }
            }
        };
    }
    Ok(vec![match source {
        Some(Arg::Tensor(source)) => put!(source),
        Some(Arg::Plain(Value::Bool(value))) => put!(*value),
        Some(Arg::Plain(value)) if value.is_i64() => put!(value.as_i64().unwrap_or_default()),
        Some(Arg::Plain(Value::Number(value))) => put!(value.as_f64().unwrap_or_default()),
        _ => return Err(Refusal::Forbidden("there is nothing to put".into())),
    }])
}

fn index_add(call: &Call) -> Outcome {
    let (x, axis) = (call.input()?, call.int(0, "dim", 0)?);
    let (index, source) = (call.tensor(1, "index")?, call.tensor(2, "source")?);
    Ok(vec![match call.arg(usize::MAX, "alpha") {
        None => x.try_index_add(axis, index, source)?,
        Some(Arg::Plain(Value::Number(alpha))) if alpha.is_i64() => {
            x.try_index_add_scaled(axis, index, source, call.int(usize::MAX, "alpha", 1)?)?
        }
        Some(_) => {
            let alpha = call.float(usize::MAX, "alpha", 1.0)?;
            x.try_index_add_scaled(axis, index, source, alpha)?
        }
    }])
}

/// The order of a sort; every sort of the crate is stable.
fn direction(call: &Call) -> Result<(i64, bool), Refusal> {
    call.flag(usize::MAX, "stable", false)?;
    Ok((call.int(0, "dim", -1)?, call.flag(1, "descending", false)?))
}

pub(crate) const TABLE: &[(&str, Run)] = &[
    ("argsort", |call| {
        let (axis, descending) = direction(call)?;
        Ok(vec![call.input()?.try_argsort(axis, descending)?])
    }),
    ("gather", |call| {
        // The gradients of the crate are dense.
        call.flag(usize::MAX, "sparse_grad", false)?;
        let (axis, index) = (call.int(0, "dim", 0)?, call.tensor(1, "index")?);
        Ok(vec![call.input()?.try_gather(axis, index)?])
    }),
    ("index_add", index_add),
    ("index_select", |call| {
        let (axis, index) = (call.int(0, "dim", 0)?, call.tensor(1, "index")?);
        Ok(vec![call.input()?.try_index_select(axis, index)?])
    }),
    ("masked_fill", |call| {
        let (mask, value) = (call.tensor(0, "mask")?, call.operand(1, "value")?);
        Ok(vec![call.input()?.try_masked_fill(mask, value)?])
    }),
    ("masked_select", |call| {
        Ok(vec![
            call.input()?.try_masked_select(call.tensor(0, "mask")?)?,
        ])
    }),
    ("scatter", scatter),
    ("scatter_add", |call| {
        let (axis, index) = (call.int(0, "dim", 0)?, call.tensor(1, "index")?);
        Ok(vec![call.input()?.try_scatter_add(
            axis,
            index,
            call.tensor(2, "src")?,
        )?])
    }),
    ("sort", |call| {
        let (axis, descending) = direction(call)?;
        pair(call.input()?.try_sort(axis, descending)?)
    }),
    ("topk", |call| {
        // The crate's are always sorted.
        call.flag(3, "sorted", true)?;
        let (k, axis) = (call.count(0, "k", 1)?, call.int(1, "dim", -1)?);
        pair(
            call.input()?
                .try_topk(k, axis, call.flag(2, "largest", true)?)?,
        )
    }),
];
