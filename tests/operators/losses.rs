//! Losses.

use super::call::{Call, Refusal};
use super::{Outcome, Run};
use retrograd::loss::{self, Reduction};

fn reduction(call: &Call) -> Result<Reduction, Refusal> {
    let name = call.text(usize::MAX, "reduction")?;
    Ok(name.map_or(Ok(Reduction::Mean), str::parse)?)
}

/// A loss with settings that take a tensor, where the call has one.
macro_rules! with_tensors {
    ($call:ident, $loss:expr $(, $setting:ident)*) => {{
        let mut loss = $loss.reduction(reduction($call)?);
        $(if let Some(tensor) = $call.tensor_or_none(usize::MAX, stringify!($setting))? {
            loss = loss.$setting(tensor.clone());
        })*
        loss
    }};
}

/// A setting that is a number, where the call has one.
macro_rules! with_floats {
    ($call:ident, $loss:expr, $($setting:ident),*) => {{
        let mut loss = $loss.reduction(reduction($call)?);
        $(if let Some(value) = $call.float_or_none(usize::MAX, stringify!($setting))? {
            loss = loss.$setting(value);
        })*
        loss
    }};
}

/// The loss of the input against the target.
macro_rules! of_target {
    ($call:ident, $loss:expr) => {
        Ok(vec![
            $loss.try_forward($call.input()?, $call.tensor(0, "target")?)?,
        ])
    };
}

/// The loss of three tensors.
macro_rules! of_three {
    ($call:ident, $loss:expr, $second:literal, $third:literal) => {{
        let (second, third) = ($call.tensor(0, $second)?, $call.tensor(1, $third)?);
        Ok(vec![$loss.try_forward($call.input()?, second, third)?])
    }};
}

fn cross_entropy(call: &Call) -> Outcome {
    let mut loss = with_tensors!(call, loss::CrossEntropy::new(), weight);
    if let Some(index) = call.int_or_none(usize::MAX, "ignore_index")? {
        loss = loss.ignore_index(index);
    }
    if let Some(share) = call.float_or_none(usize::MAX, "label_smoothing")? {
        loss = loss.label_smoothing(share);
    }
    of_target!(call, loss)
}

fn nll(call: &Call) -> Outcome {
    let mut loss = with_tensors!(call, loss::Nll::new(), weight);
    if let Some(index) = call.int_or_none(usize::MAX, "ignore_index")? {
        loss = loss.ignore_index(index);
    }
    of_target!(call, loss)
}

fn kl_div(call: &Call) -> Outcome {
    let loss = loss::KlDiv::new().log_target(call.flag(usize::MAX, "log_target", false)?);
    let loss = match call.text(usize::MAX, "reduction")? {
        Some("batchmean") => loss.batch_mean(),
        _ => loss.reduction(reduction(call)?),
    };
    of_target!(call, loss)
}

fn poisson_nll(call: &Call) -> Outcome {
    let loss = with_floats!(call, loss::PoissonNll::new(), eps);
    let loss = loss.log_input(call.flag(usize::MAX, "log_input", true)?);
    of_target!(call, loss.full(call.flag(usize::MAX, "full", false)?))
}

fn gaussian_nll(call: &Call) -> Outcome {
    let loss = with_floats!(call, loss::GaussianNll::new(), eps);
    let loss = loss.full(call.flag(usize::MAX, "full", false)?);
    of_three!(call, loss, "target", "var")
}

fn multi_margin(call: &Call) -> Outcome {
    let mut loss = with_tensors!(call, loss::MultiMargin::new(), weight);
    if let Some(p) = call.int_or_none(usize::MAX, "p")? {
        loss = loss.p(p);
    }
    if let Some(margin) = call.float_or_none(usize::MAX, "margin")? {
        loss = loss.margin(margin);
    }
    of_target!(call, loss)
}

fn triplet_margin(call: &Call) -> Outcome {
    let loss = with_floats!(call, loss::TripletMargin::new(), margin, p, eps);
    let loss = loss.swap(call.flag(usize::MAX, "swap", false)?);
    of_three!(call, loss, "positive", "negative")
}

pub(crate) const TABLE: &[(&str, Run)] = &[
    ("nn.functional.binary_cross_entropy", |call| {
        of_target!(call, with_tensors!(call, loss::Bce::new(), weight))
    }),
    ("nn.functional.binary_cross_entropy_with_logits", |call| {
        let loss = loss::BceWithLogits::new();
        of_target!(call, with_tensors!(call, loss, weight, pos_weight))
    }),
    ("nn.functional.cosine_embedding_loss", |call| {
        let loss = with_floats!(call, loss::CosineEmbedding::new(), margin);
        of_three!(call, loss, "input2", "target")
    }),
    ("nn.functional.cross_entropy", cross_entropy),
    ("nn.functional.gaussian_nll_loss", gaussian_nll),
    ("nn.functional.hinge_embedding_loss", |call| {
        of_target!(
            call,
            with_floats!(call, loss::HingeEmbedding::new(), margin)
        )
    }),
    ("nn.functional.huber_loss", |call| {
        of_target!(call, with_floats!(call, loss::Huber::new(), delta))
    }),
    ("nn.functional.kl_div", kl_div),
    ("nn.functional.l1_loss", |call| {
        of_target!(call, loss::L1::new().reduction(reduction(call)?))
    }),
    ("nn.functional.margin_ranking_loss", |call| {
        let loss = with_floats!(call, loss::MarginRanking::new(), margin);
        of_three!(call, loss, "input2", "target")
    }),
    ("nn.functional.mse_loss", |call| {
        of_target!(call, loss::Mse::new().reduction(reduction(call)?))
    }),
    ("nn.functional.multi_margin_loss", multi_margin),
    ("nn.functional.multilabel_margin_loss", |call| {
        of_target!(
            call,
            loss::MultiLabelMargin::new().reduction(reduction(call)?)
        )
    }),
    ("nn.functional.multilabel_soft_margin_loss", |call| {
        let loss = loss::MultiLabelSoftMargin::new();
        of_target!(call, with_tensors!(call, loss, weight))
    }),
    ("nn.functional.nll_loss", nll),
    ("nn.functional.poisson_nll_loss", poisson_nll),
    ("nn.functional.smooth_l1_loss", |call| {
        of_target!(call, with_floats!(call, loss::SmoothL1::new(), beta))
    }),
    ("nn.functional.soft_margin_loss", |call| {
        of_target!(call, loss::SoftMargin::new().reduction(reduction(call)?))
    }),
    ("nn.functional.triplet_margin_loss", triplet_margin),
];
