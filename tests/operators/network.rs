//! Convolution, pooling, normalisation, attention, padding, embedding.

use super::call::Arg;
use super::{Call, Outcome, Refusal, Run};
use retrograd::functional::{self as f, PadMode, Padding};
use serde_json::Value;

/// A size for each of `D` axes, given as one number or as a list of one or `D`; an empty list is none.
fn sizes<const D: usize>(
    call: &Call,
    position: usize,
    name: &str,
) -> Result<Option<[usize; D]>, Refusal> {
    let Some(list) = call.counts(position, name)? else {
        return Ok(None);
    };
    match list[..] {
        [] => Ok(None),
        [one] => Ok(Some([one; D])),
        _ => list.try_into().map(Some).map_err(|list: Vec<usize>| {
            Refusal::Forbidden(format!(
                "`{name}` holds {D} sizes, {list:?} holds {}",
                list.len()
            ))
        }),
    }
}

fn must<T>(value: Option<T>, name: &str) -> Result<T, Refusal> {
    value.ok_or_else(|| Refusal::Forbidden(format!("`{name}` must be given")))
}

fn padding<const D: usize>(call: &Call, position: usize) -> Result<Option<Padding<D>>, Refusal> {
    match call.arg(position, "padding") {
        Some(Arg::Plain(Value::String(text))) => match text.as_str() {
            "same" => Ok(Some(Padding::Same)),
            "valid" => Ok(Some(Padding::Valid)),
            other => Err(Refusal::Forbidden(format!("there is no padding {other:?}"))),
        },
        _ => Ok(sizes::<D>(call, position, "padding")?.map(Padding::Sizes)),
    }
}

/// Sets what was given.
macro_rules! set {
    ($options:ident, $call:ident: $($set:ident = $value:expr),* $(,)?) => {
        $(if let Some(value) = $value { $options = $options.$set(value); })*
    };
}

macro_rules! conv {
    ($name:literal, $Options:ident, $try_conv:ident) => {
        ($name, |call| {
            let mut options = f::$Options::new();
            set!(options, call:
                stride = sizes(call, 2, "stride")?,
                padding = padding(call, 3)?,
                dilation = sizes(call, 4, "dilation")?,
                groups = call.counts(5, "groups")?.map(|groups| groups[0]),
            );
            let bias = call.tensor_or_none(1, "bias")?;
            Ok(vec![f::$try_conv(call.input()?, call.tensor(0, "weight")?, bias, options)?])
        })
    };
}

macro_rules! max_pool {
    ($name:literal, $Options:ident, $try_pool:ident, $try_indices:ident, |$size:ident| $kernel:expr) => {
        ($name, |call| {
            let mut options = f::$Options::new();
            set!(options, call:
                stride = sizes(call, 1, "stride")?,
                padding = sizes(call, 2, "padding")?,
                dilation = sizes(call, 3, "dilation")?,
            );
            let options = options.ceil_mode(call.flag(4, "ceil_mode", false)?);
            let $size = must(sizes(call, 0, "kernel_size")?, "kernel_size")?;
            if call.flag(5, "return_indices", false)? {
                let (values, indices) = f::$try_indices(call.input()?, $kernel, options)?;
                return Ok(vec![values, indices]);
            }
            Ok(vec![f::$try_pool(call.input()?, $kernel, options)?])
        })
    };
}

fn avg_pool1d(call: &Call) -> Outcome {
    let mut options = f::AvgPool1dOptions::new();
    set!(options, call: stride = sizes(call, 1, "stride")?, padding = sizes(call, 2, "padding")?);
    let options = options
        .ceil_mode(call.flag(3, "ceil_mode", false)?)
        .count_include_pad(call.flag(4, "count_include_pad", true)?);
    let [kernel] = must(sizes(call, 0, "kernel_size")?, "kernel_size")?;
    Ok(vec![f::try_avg_pool1d(call.input()?, kernel, options)?])
}

fn avg_pool2d(call: &Call) -> Outcome {
    let mut options = f::AvgPool2dOptions::new();
    set!(options, call:
        stride = sizes(call, 1, "stride")?,
        padding = sizes(call, 2, "padding")?,
        divisor_override = call.int_or_none(5, "divisor_override")?,
    );
    let options = options
        .ceil_mode(call.flag(3, "ceil_mode", false)?)
        .count_include_pad(call.flag(4, "count_include_pad", true)?);
    let kernel: [usize; 2] = must(sizes(call, 0, "kernel_size")?, "kernel_size")?;
    Ok(vec![f::try_avg_pool2d(call.input()?, kernel, options)?])
}

fn batch_norm(call: &Call) -> Outcome {
    let mut options = f::BatchNormOptions::new();
    set!(options, call:
        weight = call.tensor_or_none(2, "weight")?,
        bias = call.tensor_or_none(3, "bias")?,
        momentum = call.float_or_none(5, "momentum")?,
        eps = call.float_or_none(6, "eps")?,
    );
    let options = options.training(call.flag(4, "training", false)?);
    let mean = call.tensor_or_none(0, "running_mean")?;
    let var = call.tensor_or_none(1, "running_var")?;
    Ok(vec![f::try_batch_norm(call.input()?, mean, var, options)?])
}

/// The weights and `eps` from this position on.
fn norm_options(call: &Call, position: usize) -> Result<f::NormOptions, Refusal> {
    let mut options = f::NormOptions::new();
    set!(options, call:
        weight = call.tensor_or_none(position, "weight")?,
        bias = call.tensor_or_none(position + 1, "bias")?,
        eps = call.float_or_none(position + 2, "eps")?,
    );
    Ok(options)
}

fn layer_norm(call: &Call) -> Outcome {
    let shape = must(call.counts(0, "normalized_shape")?, "normalized_shape")?;
    Ok(vec![f::try_layer_norm(
        call.input()?,
        shape,
        norm_options(call, 1)?,
    )?])
}

fn group_norm(call: &Call) -> Outcome {
    let groups = must(call.counts(0, "num_groups")?, "num_groups")?;
    Ok(vec![f::try_group_norm(
        call.input()?,
        groups[0],
        norm_options(call, 1)?,
    )?])
}

fn rms_norm(call: &Call) -> Outcome {
    let mut options = f::RmsNormOptions::new();
    set!(options, call:
        weight = call.tensor_or_none(1, "weight")?,
        eps = call.float_or_none(2, "eps")?,
    );
    let shape = must(call.counts(0, "normalized_shape")?, "normalized_shape")?;
    Ok(vec![f::try_rms_norm(call.input()?, shape, options)?])
}

/// The samples give the weight first.
fn embedding(call: &Call) -> Outcome {
    let mut options = f::EmbeddingOptions::new();
    set!(options, call:
        padding_idx = call.int_or_none(1, "padding_idx")?,
        max_norm = call.float_or_none(2, "max_norm")?,
        norm_type = call.float_or_none(3, "norm_type")?,
    );
    let options = options.scale_grad_by_freq(call.flag(4, "scale_grad_by_freq", false)?);
    if call.flag(5, "sparse", false)? {
        return Err(Refusal::LeftOut(
            "gradients are dense: there are no sparse tensors".into(),
        ));
    }
    Ok(vec![f::try_embedding(
        call.tensor(0, "input")?,
        call.input()?,
        options,
    )?])
}

fn bilinear(call: &Call) -> Outcome {
    let (other, weight) = (call.tensor(0, "input2")?, call.tensor(1, "weight")?);
    let bias = call.tensor_or_none(2, "bias")?;
    Ok(vec![f::try_bilinear(call.input()?, other, weight, bias)?])
}

fn pad(call: &Call) -> Outcome {
    let value = call.float(2, "value", 0.0)?;
    let mode = match call.text(1, "mode")?.unwrap_or("constant") {
        "constant" => PadMode::Constant(value),
        "reflect" => PadMode::Reflect,
        "replicate" => PadMode::Replicate,
        "circular" => PadMode::Circular,
        other => return Err(Refusal::Forbidden(format!("there is no mode {other:?}"))),
    };
    let pads = must(call.ints(0, "pad")?, "pad")?;
    Ok(vec![f::try_pad(call.input()?, pads, mode)?])
}

/// PyTorch's samples seed its generator with 42 before each call.
fn attention(call: &Call) -> Outcome {
    let mut options = f::AttentionOptions::new();
    set!(options, call:
        attn_mask = call.tensor_or_none(2, "attn_mask")?,
        dropout_p = call.float_or_none(3, "dropout_p")?,
        scale = call.float_or_none(5, "scale")?,
    );
    let options = options
        .is_causal(call.flag(4, "is_causal", false)?)
        .enable_gqa(call.flag(6, "enable_gqa", false)?);
    retrograd::manual_seed(42);
    let (key, value) = (call.tensor(0, "key")?, call.tensor(1, "value")?);
    Ok(vec![f::try_scaled_dot_product_attention(
        call.input()?,
        key,
        value,
        options,
    )?])
}

pub(crate) const TABLE: &[(&str, Run)] = &[
    ("nn.functional.avg_pool1d", avg_pool1d),
    ("nn.functional.avg_pool2d", avg_pool2d),
    ("nn.functional.batch_norm", batch_norm),
    ("nn.functional.bilinear", bilinear),
    ("nn.functional.embedding", embedding),
    ("nn.functional.group_norm", group_norm),
    ("nn.functional.layer_norm", layer_norm),
    ("nn.functional.pad", pad),
    ("nn.functional.rms_norm", rms_norm),
    ("nn.functional.scaled_dot_product_attention", attention),
    conv!("nn.functional.conv1d", Conv1dOptions, try_conv1d),
    conv!("nn.functional.conv2d", Conv2dOptions, try_conv2d),
    max_pool!(
        "nn.functional.max_pool1d",
        MaxPool1dOptions,
        try_max_pool1d,
        try_max_pool1d_with_indices,
        |size| {
            let [size]: [usize; 1] = size;
            size
        }
    ),
    max_pool!(
        "nn.functional.max_pool2d",
        MaxPool2dOptions,
        try_max_pool2d,
        try_max_pool2d_with_indices,
        |size| {
            let size: [usize; 2] = size;
            size
        }
    ),
];
