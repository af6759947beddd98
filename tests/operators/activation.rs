//! Activation functions.

use super::{Call, Refusal, Run};
use retrograd::functional as f;

/// Entries of functions of one tensor and numbers with their defaults.
macro_rules! activation {
    ($name:literal, $try_function:ident $(, $position:literal $param:literal $default:literal)*) => {
        ($name, |call| Ok(vec![f::$try_function(call.input()? $(, call.float($position, $param, $default)?)*)?]))
    };
}

pub(crate) const TABLE: &[(&str, Run)] = &[
    activation!("nn.functional.celu", try_celu, 0 "alpha" 1.0),
    activation!("nn.functional.elu", try_elu, 0 "alpha" 1.0),
    activation!("nn.functional.hardshrink", try_hardshrink, 0 "lambd" 0.5),
    activation!("nn.functional.hardsigmoid", try_hardsigmoid),
    activation!("nn.functional.hardswish", try_hardswish),
    activation!("nn.functional.hardtanh", try_hardtanh, 0 "min_val" -1.0, 1 "max_val" 1.0),
    activation!("nn.functional.leaky_relu", try_leaky_relu, 0 "negative_slope" 0.01),
    activation!("nn.functional.logsigmoid", try_logsigmoid),
    activation!("nn.functional.mish", try_mish),
    activation!("nn.functional.relu6", try_relu6),
    activation!("nn.functional.selu", try_selu),
    activation!("nn.functional.silu", try_silu),
    activation!("nn.functional.softplus", try_softplus, 0 "beta" 1.0, 1 "threshold" 20.0),
    activation!("nn.functional.softshrink", try_softshrink, 0 "lambd" 0.5),
    activation!("nn.functional.softsign", try_softsign),
    activation!("nn.functional.tanhshrink", try_tanhshrink),
    ("nn.functional.gelu", |call| {
        let x = call.input()?;
        Ok(vec![match call.text(0, "approximate")? {
            None | Some("none") => f::try_gelu(x)?,
            Some("tanh") => f::try_gelu_tanh(x)?,
            Some(other) => {
                return Err(Refusal::Forbidden(format!(
                    "there is no function for {other}"
                )));
            }
        }])
    }),
    ("nn.functional.relu", |call| {
        Ok(vec![call.input()?.try_relu()?])
    }),
    ("nn.functional.threshold", |call| {
        let given = |position, name| {
            let number = call.float_or_none(position, name)?;
            number.ok_or_else(|| Refusal::Forbidden(format!("`{name}` must be given")))
        };
        Ok(vec![f::try_threshold(
            call.input()?,
            given(0, "threshold")?,
            given(1, "value")?,
        )?])
    }),
    ("nn.functional.prelu", |call| {
        Ok(vec![f::try_prelu(
            call.input()?,
            call.tensor(0, "weight")?,
        )?])
    }),
    ("nn.functional.glu", |call| {
        Ok(vec![f::try_glu(call.input()?, call.int(0, "dim", -1)?)?])
    }),
    ("nn.functional.softmin", |call| {
        let (x, axis) = (call.input()?, axis(call)?);
        Ok(vec![match call.dtype(2, "dtype")? {
            None => f::try_softmin(x, axis)?,
            Some(dtype) => f::try_softmin_dtype(x, axis, dtype)?,
        }])
    }),
    ("softmax", |call| {
        let (x, axis) = (call.input()?, axis(call)?);
        Ok(vec![match call.dtype(1, "dtype")? {
            None => x.try_softmax(axis)?,
            Some(dtype) => x.try_softmax_dtype(axis, dtype)?,
        }])
    }),
    ("log_softmax", |call| {
        let (x, axis) = (call.input()?, axis(call)?);
        Ok(vec![match call.dtype(1, "dtype")? {
            None => x.try_log_softmax(axis)?,
            Some(dtype) => x.try_log_softmax_dtype(axis, dtype)?,
        }])
    }),
    ("nn.functional.normalize", |call| {
        let mut options = f::NormalizeOptions::new().axis(call.int(1, "dim", 1)?);
        if let Some(p) = call.float_or_none(0, "p")? {
            options = options.p(p);
        }
        if let Some(eps) = call.float_or_none(2, "eps")? {
            options = options.eps(eps);
        }
        Ok(vec![f::try_normalize(call.input()?, options)?])
    }),
    ("nn.functional.cosine_similarity", |call| {
        let mut options = f::CosineSimilarityOptions::new().axis(call.int(1, "dim", 1)?);
        if let Some(eps) = call.float_or_none(2, "eps")? {
            options = options.eps(eps);
        }
        Ok(vec![f::try_cosine_similarity(
            call.input()?,
            call.tensor(0, "x2")?,
            options,
        )?])
    }),
    ("nn.functional.pairwise_distance", |call| {
        let mut options =
            f::PairwiseDistanceOptions::new().keepdim(call.flag(3, "keepdim", false)?);
        if let Some(p) = call.float_or_none(1, "p")? {
            options = options.p(p);
        }
        if let Some(eps) = call.float_or_none(2, "eps")? {
            options = options.eps(eps);
        }
        Ok(vec![f::try_pairwise_distance(
            call.input()?,
            call.tensor(0, "x2")?,
            options,
        )?])
    }),
];

fn axis(call: &Call) -> Result<i64, Refusal> {
    let axis = call.int_or_none(0, "dim")?;
    axis.ok_or_else(|| Refusal::Forbidden("`dim` must be given".into()))
}
