//! Losses of distributions: divergence, counts, means with variances.

use super::{Reduction, cast, check_float, loss, prepare, refuse};
use crate::Tensor;
use crate::error::{Error, Result};
use crate::shape::broadcast;
use crate::tape::no_grad;
use std::f64::consts::PI;

/// The Kullback-Leibler divergence of logarithms of probabilities, `torch.nn.KLDivLoss`: `t (log t - input)`, which is
/// 0 where the target `t` is. Input and target have one shape. The mean is over all elements, as in PyTorch;
/// [`batch_mean`](KlDiv::batch_mean) gives the divergence by its definition.
///
/// ```
/// use retrograd::{loss::KlDiv, prelude::*};
/// let (p, q) = (tensor![[0.5, 0.5]], tensor![[1.0, 0.0]]);
/// assert_eq!(KlDiv::new().batch_mean().forward(&p.log(), &q).to_string(), "tensor(0.6931)");
/// ```
#[derive(Debug, Clone, Default)]
pub struct KlDiv {
    log_target: bool,
    batch_mean: bool,
    reduction: Reduction,
}

impl KlDiv {
    /// Whether the target holds logarithms too; default no.
    pub fn log_target(mut self, log_target: bool) -> Self {
        self.log_target = log_target;
        self
    }

    /// Divides the sum by the size of the first axis, PyTorch's `reduction="batchmean"`.
    pub fn batch_mean(mut self) -> Self {
        self.batch_mean = true;
        self
    }

    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the shapes differ, or the input holds no floats.
    #[track_caller]
    pub fn try_forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        let target = prepare("kl_div", input, target)?;
        let losses = match self.log_target {
            true => target.exp().try_mul(target.try_sub(input)?)?,
            false => {
                // Where the target is 0 so is the loss, and no infinite logarithm meets it.
                let safe = target.try_masked_fill(&target.detach().try_eq(0)?, 1)?;
                target
                    .try_mul(safe.log())?
                    .try_sub(target.try_mul(input)?)?
            }
        };
        if self.batch_mean {
            let examples = input.shape().first().copied().unwrap_or(1);
            return losses.sum().try_div(examples);
        }
        Ok(self.reduction.of(losses))
    }
}
loss!(KlDiv "KLDivLoss" [] kl_div try_kl_div (input, target) {
    "let loss = loss::kl_div(&tensor![0.5, 0.5].log(), &tensor![0.5, 0.5]);"
    "assert_eq!(loss.item::<f32>(), 0.0);"
});

/// The negative log-likelihood of counts by Poisson's law, `torch.nn.PoissonNLLLoss`: `exp(x) - t x` for the logarithm
/// `x` of the expected count, or `x - t log(x + eps)` for the count itself. Input and target have one shape.
///
/// ```
/// use retrograd::{loss::PoissonNll, prelude::*};
/// let loss = PoissonNll::new().log_input(false).forward(&tensor![1.0], &tensor![2.0]);
/// assert_eq!(loss.item::<f32>(), 1.0);
/// ```
#[derive(Debug, Clone)]
pub struct PoissonNll {
    log_input: bool,
    full: bool,
    eps: f64,
    reduction: Reduction,
}

impl Default for PoissonNll {
    fn default() -> Self {
        PoissonNll {
            log_input: true,
            full: false,
            eps: 1e-8,
            reduction: Reduction::Mean,
        }
    }
}

impl PoissonNll {
    /// Whether the input holds logarithms of the expected counts; default yes.
    pub fn log_input(mut self, log_input: bool) -> Self {
        self.log_input = log_input;
        self
    }

    /// Whether Stirling's formula for `log(t!)`, which does not hang on the input, is added for counts above 1;
    /// default no.
    pub fn full(mut self, full: bool) -> Self {
        self.full = full;
        self
    }

    /// What keeps the logarithm of an expected count finite; default 1e-8.
    pub fn eps(mut self, eps: f64) -> Self {
        self.eps = eps;
        self
    }

    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the shapes differ, or the input holds no floats.
    #[track_caller]
    pub fn try_forward(&self, input: &Tensor, target: &Tensor) -> Result<Tensor> {
        let target = prepare("poisson_nll", input, target)?;
        let mut losses = match self.log_input {
            true => input.exp().try_sub(target.try_mul(input)?)?,
            false => input.try_sub(target.try_mul(input.try_add(self.eps)?.log())?)?,
        };
        if self.full {
            let half = target.try_mul(2.0 * PI)?.log().try_mul(0.5)?;
            let stirling = target
                .try_mul(target.log())?
                .try_sub(&target)?
                .try_add(half)?;
            losses = losses.try_add(stirling.try_masked_fill(&target.detach().try_le(1)?, 0)?)?;
        }
        Ok(self.reduction.of(losses))
    }
}
loss!(PoissonNll "PoissonNLLLoss" [] poisson_nll try_poisson_nll (input, target) {
    "let loss = loss::poisson_nll(&tensor![0.0], &tensor![3.0]);"
    "assert_eq!(loss.item::<f32>(), 1.0);"
});

/// The negative log-likelihood of normal distributions, `torch.nn.GaussianNLLLoss`: `0.5 (log v + (input - t)^2 / v)`
/// for the mean `input`, the target `t` and the variance `v`, of which at least `eps` is taken; the gradient is that of
/// `v` itself. The target broadcasts to the input. The variance has the input's shape, lacks its last axis, or has it
/// with size 1.
///
/// ```
/// use retrograd::{loss::GaussianNll, prelude::*};
/// let loss = GaussianNll::new().forward(&tensor![1.0], &tensor![3.0], &tensor![1.0]);
/// assert_eq!(loss.item::<f32>(), 2.0);
/// ```
#[derive(Debug, Clone)]
pub struct GaussianNll {
    full: bool,
    eps: f64,
    reduction: Reduction,
}

impl Default for GaussianNll {
    fn default() -> Self {
        GaussianNll {
            full: false,
            eps: 1e-6,
            reduction: Reduction::Mean,
        }
    }
}

impl GaussianNll {
    /// Whether the constant `0.5 log(2 pi)` is added; default no.
    pub fn full(mut self, full: bool) -> Self {
        self.full = full;
        self
    }

    /// The least variance; default 1e-6.
    pub fn eps(mut self, eps: f64) -> Self {
        self.eps = eps;
        self
    }

    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the shapes do not fit, the input holds no floats, a variance is negative, or `eps` is not positive.
    #[track_caller]
    pub fn try_forward(&self, input: &Tensor, target: &Tensor, var: &Tensor) -> Result<Tensor> {
        const OP: &str = "gaussian_nll";
        check_float(OP, input)?;
        if self.eps.is_nan() || self.eps <= 0.0 {
            return Err(refuse(
                OP,
                "eps",
                self.eps,
                "the least variance is positive",
            ));
        }
        let shape = broadcast(OP, input.shape(), target.shape())?;
        let var = fitted(&cast(input, var), input)?;
        if let Some(least) = negative(&var) {
            return Err(refuse(OP, "var", least, "a variance is not negative"));
        }
        // Brought up behind the tape's back, so that the gradient is that of the variance as it was.
        let var = var.copy();
        no_grad(|| var.try_copy_(&var.try_clamp_min(self.eps)?))?;
        let square = input.try_sub(cast(input, target))?.square();
        debug_assert_eq!(square.shape(), &shape[..]);
        let mut losses = var.log().try_add(square.try_div(&var)?)?.try_mul(0.5)?;
        if self.full {
            losses = losses.try_add(0.5 * (2.0 * PI).ln())?;
        }
        Ok(self.reduction.of(losses))
    }
}
loss!(GaussianNll "GaussianNLLLoss" [] gaussian_nll try_gaussian_nll (input, target, var) {
    "let loss = loss::gaussian_nll(&tensor![1.0, 1.0], &tensor![3.0, 1.0], &tensor![1.0, 1.0]);"
    "assert_eq!(loss.item::<f32>(), 1.0);"
});

/// The variance with the input's number of axes.
fn fitted(var: &Tensor, input: &Tensor) -> Result<Tensor> {
    if var.shape() == input.shape() {
        return Ok(var.clone());
    }
    match input.shape().split_last() {
        Some((_, lead)) if lead == var.shape() => var.try_unsqueeze(-1),
        Some((_, lead)) if var.shape().split_last() == Some((&1, lead)) => Ok(var.clone()),
        _ => Err(Error::Shape {
            op: "gaussian_nll",
            problem: format!("a variance of shape {:?} for an input of shape {:?}", var.shape(), input.shape()),
            cure: "Give it the input's shape, without the last axis where one variance holds along it.".into(),
        }),
    }
}

fn negative(var: &Tensor) -> Option<f64> {
    if var.numel() == 0 {
        return None;
    }
    let least = var.detach().min().to(crate::DType::F64).item::<f64>();
    (least < 0.0).then_some(least)
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    use crate::ops::case::{Case, sample};
    use crate::ops::operator::Operator;
    let pair = || [sample(&[2, 3], 0.5, 2.0, 0), sample(&[2, 3], 0.2, 1.8, 1)];
    let triple = |var: &[usize]| {
        let [input, target] = pair();
        [input, target, sample(var, 0.5, 2.0, 2)]
    };
    vec![
        Operator::new(
            "nn.functional.kl_div",
            "loss::kl_div functional::kl_div",
            [
                Case::new(pair(), |x| kl_div(&x[0], &x[1])),
                Case::new(pair(), |x| {
                    KlDiv::new()
                        .log_target(true)
                        .batch_mean()
                        .forward(&x[0], &x[1])
                }),
            ],
        ),
        Operator::new(
            "nn.functional.poisson_nll_loss",
            "loss::poisson_nll functional::poisson_nll_loss",
            [
                Case::new(pair(), |x| poisson_nll(&x[0], &x[1])),
                Case::new(
                    [sample(&[2, 3], 0.5, 2.0, 0), sample(&[2, 3], 1.2, 3.0, 1)],
                    |x| {
                        PoissonNll::new()
                            .log_input(false)
                            .full(true)
                            .forward(&x[0], &x[1])
                    },
                ),
            ],
        ),
        Operator::new(
            "nn.functional.gaussian_nll_loss",
            "loss::gaussian_nll functional::gaussian_nll_loss",
            [
                Case::new(triple(&[2, 3]), |x| gaussian_nll(&x[0], &x[1], &x[2])),
                Case::new(triple(&[2]), |x| {
                    GaussianNll::new().full(true).forward(&x[0], &x[1], &x[2])
                }),
            ],
        ),
    ]
}
