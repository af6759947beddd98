//! Shapes, views, joins and splits.

use super::call::{Arg, Call, Refusal};
use super::{Outcome, Run};
use retrograd::Indexing;
use serde_json::Value;

fn ints(call: &Call, position: usize, name: &str) -> Result<Vec<i64>, Refusal> {
    let missing = || Refusal::Forbidden(format!("`{name}` must be given"));
    call.ints(position, name)?.ok_or_else(missing)
}

/// A shape, which PyTorch takes as a list or as further arguments.
fn sizes(call: &Call, name: &str) -> Result<Vec<i64>, Refusal> {
    match call.arg(0, name) {
        Some(Arg::List(_)) | None => Ok(call.ints(0, name)?.unwrap_or_default()),
        Some(_) => {
            let mut sizes = Vec::new();
            while let Some(size) = call.int_or_none(sizes.len(), "sizes")? {
                sizes.push(size);
            }
            Ok(sizes)
        }
    }
}

fn split(call: &Call) -> Outcome {
    let axis = call.int(1, "dim", 0)?;
    match call.arg(0, "split_size_or_sections") {
        Some(Arg::List(_)) => {
            let sizes = call
                .counts(0, "split_size_or_sections")?
                .unwrap_or_default();
            Ok(call.input()?.try_split_with_sizes(&sizes, axis)?)
        }
        _ => {
            let size = call.count(0, "split_size_or_sections", 0)?;
            Ok(call.input()?.try_split(size, axis)?)
        }
    }
}

fn repeat_interleave(call: &Call) -> Outcome {
    // The size of the result spares PyTorch a look at the counts on another device.
    call.int_or_none(2, "output_size")?;
    let (x, axis) = (call.input()?, call.int_or_none(1, "dim")?);
    let out = match (call.arg(0, "repeats"), axis) {
        (Some(Arg::Tensor(repeats)), None) => x.try_repeat_interleave(repeats),
        (Some(Arg::Tensor(repeats)), Some(axis)) => x.try_repeat_interleave_dim(repeats, axis),
        (_, None) => x.try_repeat_interleave(call.count(0, "repeats", 0)?),
        (_, Some(axis)) => x.try_repeat_interleave_dim(call.count(0, "repeats", 0)?, axis),
    };
    Ok(vec![out?])
}

fn meshgrid(call: &Call) -> Outcome {
    let indexing = match call.text(usize::MAX, "indexing")? {
        None | Some("ij") => Indexing::Ij,
        Some("xy") => Indexing::Xy,
        Some(other) => {
            return Err(Refusal::Forbidden(format!(
                "there is no Indexing of the name {other}"
            )));
        }
    };
    Ok(retrograd::try_meshgrid(call.all_tensors()?, indexing)?)
}

fn narrow(call: &Call) -> Outcome {
    let axis = call.int(0, "dim", 0)?;
    let start = match call.arg(1, "start") {
        Some(Arg::Tensor(start)) => start.try_item::<i64>()?,
        _ => call.int(1, "start", 0)?,
    };
    let len = call.count(2, "length", 0)?;
    Ok(vec![call.input()?.try_narrow(axis, start, len)?])
}

fn squeeze(call: &Call) -> Outcome {
    Ok(vec![match call.ints(0, "dim")? {
        None => call.input()?.squeeze(),
        Some(axes) => call.input()?.try_squeeze_dim(&axes[..])?,
    }])
}

fn flatten(call: &Call) -> Outcome {
    let (start, end) = (call.int(0, "start_dim", 0)?, call.int(1, "end_dim", -1)?);
    Ok(vec![call.input()?.try_flatten_dims(start, end)?])
}

fn size_alone(call: &Call) -> bool {
    matches!(call.arg(0, "dims"), Some(Arg::Plain(Value::Number(_))))
}

/// `flip` takes its axes as a list or as further arguments.
fn flip(call: &Call) -> Outcome {
    let axes = match size_alone(call) {
        true => sizes(call, "dims")?,
        false => ints(call, 0, "dims")?,
    };
    Ok(vec![call.input()?.try_flip(&axes[..])?])
}

pub(crate) const TABLE: &[(&str, Run)] = &[
    ("broadcast_to", |call| {
        Ok(vec![call.input()?.try_broadcast_to(sizes(call, "size")?)?])
    }),
    ("cat", |call| {
        Ok(vec![retrograd::try_cat(
            call.inputs()?,
            call.int(0, "dim", 0)?,
        )?])
    }),
    ("chunk", |call| {
        let (chunks, axis) = (call.count(0, "chunks", 1)?, call.int(1, "dim", 0)?);
        Ok(call.input()?.try_chunk(chunks, axis)?)
    }),
    ("diag", |call| {
        Ok(vec![call.input()?.try_diag(call.int(0, "diagonal", 0)?)?])
    }),
    ("diag_embed", |call| {
        let (rows, cols) = (call.int(1, "dim1", -2)?, call.int(2, "dim2", -1)?);
        let offset = call.int(0, "offset", 0)?;
        Ok(vec![call.input()?.try_diag_embed_dims(offset, rows, cols)?])
    }),
    ("diagonal", |call| {
        let (rows, cols) = (call.int(1, "dim1", 0)?, call.int(2, "dim2", 1)?);
        let offset = call.int(0, "offset", 0)?;
        Ok(vec![call.input()?.try_diagonal_dims(offset, rows, cols)?])
    }),
    ("expand", |call| {
        Ok(vec![call.input()?.try_expand(sizes(call, "size")?)?])
    }),
    ("flatten", flatten),
    ("flip", flip),
    ("meshgrid", meshgrid),
    ("movedim", |call| {
        let (source, destination) = (ints(call, 0, "source")?, ints(call, 1, "destination")?);
        Ok(vec![
            call.input()?.try_movedim(&source[..], &destination[..])?,
        ])
    }),
    ("narrow", narrow),
    ("permute", |call| {
        Ok(vec![call.input()?.try_permute(sizes(call, "dims")?)?])
    }),
    ("repeat", |call| {
        Ok(vec![call.input()?.try_repeat(sizes(call, "repeats")?)?])
    }),
    ("repeat_interleave", repeat_interleave),
    ("reshape", |call| {
        Ok(vec![call.input()?.try_reshape(sizes(call, "shape")?)?])
    }),
    ("roll", |call| {
        let (shifts, axes) = (ints(call, 0, "shifts")?, call.ints(1, "dims")?);
        Ok(vec![
            call.input()?
                .try_roll(&shifts[..], &axes.unwrap_or_default()[..])?,
        ])
    }),
    ("select", |call| {
        let (axis, index) = (call.int(0, "dim", 0)?, call.int(1, "index", 0)?);
        Ok(vec![call.input()?.try_select(axis, index)?])
    }),
    ("split", split),
    ("split_with_sizes", |call| {
        let sizes = call.counts(0, "split_sizes")?.unwrap_or_default();
        let axis = call.int(1, "dim", 0)?;
        Ok(call.input()?.try_split_with_sizes(&sizes, axis)?)
    }),
    ("squeeze", squeeze),
    ("stack", |call| {
        Ok(vec![retrograd::try_stack(
            call.inputs()?,
            call.int(0, "dim", 0)?,
        )?])
    }),
    ("t", |call| Ok(vec![call.input()?.try_t()?])),
    ("tile", |call| {
        Ok(vec![call.input()?.try_tile(sizes(call, "dims")?)?])
    }),
    ("transpose", |call| {
        let (first, second) = (call.int(0, "dim0", 0)?, call.int(1, "dim1", 0)?);
        Ok(vec![call.input()?.try_transpose(first, second)?])
    }),
    ("tril", |call| {
        Ok(vec![call.input()?.try_tril(call.int(0, "diagonal", 0)?)?])
    }),
    ("triu", |call| {
        Ok(vec![call.input()?.try_triu(call.int(0, "diagonal", 0)?)?])
    }),
    ("unbind", |call| {
        Ok(call.input()?.try_unbind(call.int(0, "dim", 0)?)?)
    }),
    ("unflatten", |call| {
        let (axis, sizes) = (call.int(0, "dim", 0)?, ints(call, 1, "sizes")?);
        Ok(vec![call.input()?.try_unflatten(axis, sizes)?])
    }),
    ("unsqueeze", |call| {
        Ok(vec![call.input()?.try_unsqueeze(call.int(0, "dim", 0)?)?])
    }),
];
