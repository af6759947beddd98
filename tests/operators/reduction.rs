//! Reductions and cumulative operators.

use super::call::Arg;
use super::{Call, Outcome, Refusal, Run};
use retrograd::{DType, Tensor};

/// Entries of reductions over all elements, over axes that go and over axes that stay.
macro_rules! reduction {
    ($name:literal, |$x:ident| $all:expr, $try_dim:ident, $try_keepdim:ident) => {
        ($name, |call| {
            let $x = cast(call, 2)?;
            Ok(vec![
                match (call.ints(0, "dim")?, call.flag(1, "keepdim", false)?) {
                    (None, false) => $all,
                    (None, true) => $x.$try_keepdim(&[] as &[i64])?,
                    (Some(axes), false) => $x.$try_dim(&axes[..])?,
                    (Some(axes), true) => $x.$try_keepdim(&axes[..])?,
                },
            ])
        })
    };
}

/// Entries of reductions along one axis, which give values and positions, or over all elements.
macro_rules! chosen {
    ($name:literal, $try_all:ident, $try_dim:ident, $try_keepdim:ident) => {
        ($name, |call| {
            let x = call.input()?;
            let keepdim = call.flag(1, "keepdim", false)?;
            let Some(axis) = call.int_or_none(0, "dim")? else {
                return Ok(vec![x.$try_all()?]);
            };
            let (values, positions) = match keepdim {
                false => x.$try_dim(axis)?,
                true => x.$try_keepdim(axis)?,
            };
            Ok(vec![values, positions])
        })
    };
}

/// Entries of `max` and `min`, which take an axis or another tensor.
macro_rules! extreme {
    ($name:literal, $try_all:ident, $try_dim:ident, $try_keepdim:ident, $try_other:ident) => {
        ($name, |call| {
            let x = call.input()?;
            let other = match call.arg(0, "other") {
                Some(Arg::Tensor(other)) => Some(other),
                _ => None,
            };
            if let Some(other) = other {
                return Ok(vec![x.$try_other(other)?]);
            }
            let keepdim = call.flag(1, "keepdim", false)?;
            let Some(axis) = call.int_or_none(0, "dim")? else {
                return Ok(vec![x.$try_all()?]);
            };
            let (values, positions) = match keepdim {
                false => x.$try_dim(axis)?,
                true => x.$try_keepdim(axis)?,
            };
            Ok(vec![values, positions])
        })
    };
}

/// Entries of the positions of extremes.
macro_rules! position {
    ($name:literal, $try_all:ident, $try_dim:ident, $try_keepdim:ident) => {
        ($name, |call| {
            let x = call.input()?;
            Ok(vec![
                match (call.int_or_none(0, "dim")?, call.flag(1, "keepdim", false)?) {
                    (None, false) => x.$try_all()?,
                    (None, true) => x.$try_all()?.try_reshape(vec![1usize; x.rank()])?,
                    (Some(axis), false) => x.$try_dim(axis)?,
                    (Some(axis), true) => x.$try_keepdim(axis)?,
                },
            ])
        })
    };
}

/// Entries of variances and standard deviations.
macro_rules! spread {
    ($name:literal, $try_all:ident, $try_with:ident) => {
        ($name, |call| {
            let (x, options) = (call.input()?, Spread::new(call)?);
            Ok(vec![match options {
                None => x.$try_all()?,
                Some(Spread {
                    axes,
                    correction,
                    keepdim,
                }) => x.$try_with(&axes[..], correction, keepdim)?,
            }])
        })
    };
}

/// Entries of variances and standard deviations with the means.
macro_rules! spread_and_mean {
    ($name:literal, $try_all:ident, $try_with:ident) => {
        ($name, |call| {
            let (x, options) = (call.input()?, Spread::new(call)?);
            let (spread, mean) = match options {
                None => x.$try_all()?,
                Some(Spread {
                    axes,
                    correction,
                    keepdim,
                }) => x.$try_with(&axes[..], correction, keepdim)?,
            };
            Ok(vec![spread, mean])
        })
    };
}

/// Entries of operators that run along one axis.
macro_rules! running {
    ($name:literal, $try_method:ident) => {
        ($name, |call| {
            Ok(vec![cast(call, 1)?.$try_method(axis(call)?)?])
        })
    };
}

pub(crate) const TABLE: &[(&str, Run)] = &[
    reduction!("sum", |x| x.sum(), try_sum_dim, try_sum_keepdim),
    reduction!(
        "nansum",
        |x| x.try_nansum()?,
        try_nansum_dim,
        try_nansum_keepdim
    ),
    reduction!("mean", |x| x.try_mean()?, try_mean_dim, try_mean_keepdim),
    reduction!("amax", |x| x.try_amax()?, try_amax_dim, try_amax_keepdim),
    reduction!("amin", |x| x.try_amin()?, try_amin_dim, try_amin_keepdim),
    reduction!("all", |x| x.try_all()?, try_all_dim, try_all_keepdim),
    reduction!("any", |x| x.try_any()?, try_any_dim, try_any_keepdim),
    chosen!("median", try_median, try_median_dim, try_median_keepdim),
    chosen!(
        "nanmedian",
        try_nanmedian,
        try_nanmedian_dim,
        try_nanmedian_keepdim
    ),
    extreme!("max", try_max, try_max_dim, try_max_keepdim, try_maximum),
    extreme!("min", try_min, try_min_dim, try_min_keepdim, try_minimum),
    position!("argmax", try_argmax, try_argmax_dim, try_argmax_keepdim),
    position!("argmin", try_argmin, try_argmin_dim, try_argmin_keepdim),
    spread!("var", try_var, try_var_with),
    spread!("std", try_std, try_std_with),
    spread_and_mean!("var_mean", try_var_mean, try_var_mean_with),
    spread_and_mean!("std_mean", try_std_mean, try_std_mean_with),
    running!("cumsum", try_cumsum),
    running!("cumprod", try_cumprod),
    running!("logcumsumexp", try_logcumsumexp),
    ("cummax", |call| {
        let (values, positions) = call.input()?.try_cummax(axis(call)?)?;
        Ok(vec![values, positions])
    }),
    ("cummin", |call| {
        let (values, positions) = call.input()?.try_cummin(axis(call)?)?;
        Ok(vec![values, positions])
    }),
    ("prod", |call| {
        let x = cast(call, 2)?;
        let out = match (call.int_or_none(0, "dim")?, call.flag(1, "keepdim", false)?) {
            (None, _) => x.prod(),
            (Some(axis), false) => x.try_prod_dim(axis)?,
            (Some(axis), true) => x.try_prod_keepdim(axis)?,
        };
        // The product of masks is a whole number here, and a mask in PyTorch where that is asked for.
        Ok(vec![match call.dtype(2, "dtype")? {
            Some(DType::Bool) => out.bool(),
            _ => out,
        }])
    }),
    ("logsumexp", |call| {
        let axes = call.ints(0, "dim")?.unwrap_or_default();
        let x = call.input()?;
        Ok(vec![match call.flag(1, "keepdim", false)? {
            false => x.try_logsumexp(&axes[..])?,
            true => x.try_logsumexp_keepdim(&axes[..])?,
        }])
    }),
    ("count_nonzero", |call| {
        let x = call.input()?;
        Ok(vec![match call.ints(0, "dim")? {
            None => x.count_nonzero(),
            Some(axes) => x.try_count_nonzero_dim(&axes[..])?,
        }])
    }),
    ("norm", |call| match call.arg(0, "p") {
        Some(Arg::Plain(serde_json::Value::String(text))) if text == "nuc" => nuclear_norm(call),
        _ => vector_norm(call, order(call, "p")?),
    }),
    ("linalg.vector_norm", |call| {
        let p = order(call, "ord")?;
        vector_norm(call, p)
    }),
    ("dist", |call| {
        Ok(vec![call.input()?.try_dist(
            call.tensor(0, "other")?,
            call.float(1, "p", 2.0)?,
        )?])
    }),
    ("trace", |call| Ok(vec![call.input()?.try_trace()?])),
    ("diff", |call| {
        let (x, n, axis) = (
            call.input()?,
            call.count(0, "n", 1)?,
            call.int(1, "dim", -1)?,
        );
        let (prepend, append) = (
            call.tensor_or_none(2, "prepend")?,
            call.tensor_or_none(3, "append")?,
        );
        Ok(vec![match (prepend, append) {
            (None, None) => x.try_diff(n, axis)?,
            _ => x.try_diff_with(n, axis, prepend, append)?,
        }])
    }),
];

/// The input, cast where a `dtype` is given: PyTorch's argument is a cast before the operator.
fn cast(call: &Call, position: usize) -> Result<Tensor, Refusal> {
    let x = call.input()?;
    Ok(match call.dtype(position, "dtype")? {
        None => x.clone(),
        Some(dtype) => x.to(dtype),
    })
}

fn axis(call: &Call) -> Result<i64, Refusal> {
    let axis = call.int_or_none(0, "dim")?;
    axis.ok_or_else(|| Refusal::Forbidden("`dim` must be given".into()))
}

/// The axes, the correction and whether the axes stay, where any of them is given.
struct Spread {
    axes: Vec<i64>,
    correction: f64,
    keepdim: bool,
}

impl Spread {
    fn new(call: &Call) -> Result<Option<Spread>, Refusal> {
        // The old form is `(unbiased)` or `(dim, unbiased, keepdim)`.
        let first = match call.arg(0, "dim") {
            Some(Arg::Plain(serde_json::Value::Bool(unbiased))) => Some(*unbiased),
            _ => None,
        };
        let axes = match first {
            Some(_) => Vec::new(),
            None => call.ints(0, "dim")?.unwrap_or_default(),
        };
        let unbiased = match first {
            Some(unbiased) => unbiased,
            None => call.flag(1, "unbiased", true)?,
        };
        let correction = call.float(usize::MAX, "correction", f64::from(u8::from(unbiased)))?;
        let keepdim = call.flag(2, "keepdim", false)?;
        let plain = axes.is_empty() && correction == 1.0 && !keepdim;
        Ok((!plain).then_some(Spread {
            axes,
            correction,
            keepdim,
        }))
    }
}

/// The sum of the singular values, over two axes or, of a matrix, both.
fn nuclear_norm(call: &Call) -> Outcome {
    let axes = match call.ints(1, "dim")?.as_deref() {
        None => (0, 1),
        Some([rows, cols]) => (*rows, *cols),
        Some(other) => {
            let reason = format!("the axes of matrices are a pair, {other:?} is none");
            return Err(Refusal::Forbidden(reason));
        }
    };
    let (x, keepdim) = (cast(call, 3)?, call.flag(2, "keepdim", false)?);
    let order = retrograd::linalg::MatrixOrder::Nuc;
    let norm = retrograd::linalg::try_matrix_norm_dim(&x, order, axes, keepdim)?;
    Ok(vec![norm])
}

/// Which norm: a number, or the name of a norm that is one for vectors.
fn order(call: &Call, name: &str) -> Result<f64, Refusal> {
    match call.arg(0, name) {
        Some(Arg::Plain(serde_json::Value::String(text))) if text == "fro" => Ok(2.0),
        _ => call.float(0, name, 2.0),
    }
}

fn vector_norm(call: &Call, p: f64) -> Outcome {
    let axes = call.ints(1, "dim")?;
    let keepdim = call.flag(2, "keepdim", false)?;
    let x = cast(call, 3)?;
    Ok(vec![match axes {
        None if !keepdim && p == 2.0 => x.try_norm()?,
        axes => x.try_norm_with(p, &axes.unwrap_or_default()[..], keepdim)?,
    }])
}
