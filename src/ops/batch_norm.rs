//! Normalisations of channels: over the batch, or over each sample, with running statistics for evaluation.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible_fn;
use super::normalize::{Affine, normalize};
use crate::error::{Error, Result};
use crate::kernels::norm::Frame;
use crate::{Tensor, no_grad};

/// Settings of [`batch_norm`]: no weights, evaluation, `momentum` 0.1 and `eps` 1e-5, by default.
///
/// ```
/// use retrograd::functional::BatchNormOptions;
/// let options = BatchNormOptions::new().weight(&retrograd::ones([3])).training(true).momentum(0.01);
/// ```
#[derive(Debug, Clone)]
pub struct BatchNormOptions {
    weight: Option<Tensor>,
    bias: Option<Tensor>,
    training: bool,
    momentum: f64,
    eps: f64,
}

impl Default for BatchNormOptions {
    fn default() -> Self {
        BatchNormOptions {
            weight: None,
            bias: None,
            training: false,
            momentum: 0.1,
            eps: 1e-5,
        }
    }
}

impl BatchNormOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// What the normalised values of each channel are multiplied by, `[channels]`; default 1.
    pub fn weight(mut self, weight: &Tensor) -> Self {
        self.weight = Some(weight.clone());
        self
    }

    /// What is added to each channel then, `[channels]`; default 0.
    pub fn bias(mut self, bias: &Tensor) -> Self {
        self.bias = Some(bias.clone());
        self
    }

    /// Whether the batch's own statistics are used, and the running ones updated; default false.
    pub fn training(mut self, training: bool) -> Self {
        self.training = training;
        self
    }

    /// The weight of the batch's statistics in the running ones; default 0.1.
    pub fn momentum(mut self, momentum: f64) -> Self {
        self.momentum = momentum;
        self
    }

    /// What is added to the variance; default 1e-5.
    pub fn eps(mut self, eps: f64) -> Self {
        self.eps = eps;
        self
    }

    fn affine(&self) -> Affine<'_> {
        Affine {
            weight: self.weight.as_ref(),
            bias: self.bias.as_ref(),
            eps: self.eps,
        }
    }
}

fn refuse<T>(op: &'static str, problem: String, cure: &str) -> Result<T> {
    Err(Error::Shape {
        op,
        problem,
        cure: cure.into(),
    })
}

/// The running statistics, of one number for each channel.
#[derive(Clone, Copy)]
struct Running<'a> {
    mean: Option<&'a Tensor>,
    variance: Option<&'a Tensor>,
}

impl Running<'_> {
    fn check(&self, op: &'static str, x: &Tensor, channels: usize) -> Result<()> {
        for (name, tensor) in [("running_mean", self.mean), ("running_var", self.variance)] {
            if let Some(tensor) = tensor.filter(|tensor| tensor.shape() != [channels]) {
                let problem = format!(
                    "{name} of shape {:?} for an input of shape {:?}",
                    tensor.shape(),
                    x.shape()
                );
                return refuse(
                    op,
                    problem,
                    &format!("Give one number for each of the {channels} channels."),
                );
            }
        }
        Ok(())
    }

    /// Moves the statistics towards those of a batch of `count` values a channel, whose means and variances are
    /// `[samples, channels]`.
    fn update(&self, mean: &Tensor, variance: &Tensor, count: usize, momentum: f64) -> Result<()> {
        let unbiased = count as f64 / (count as f64 - 1.0);
        let step = |running: Option<&Tensor>, now: Tensor| match running {
            Some(running) => {
                let now = now.try_mean_dim(0)?.to(running.dtype());
                let moved = running
                    .try_mul(1.0 - momentum)?
                    .try_add(now.try_mul(momentum)?)?;
                running.try_copy_(&moved)
            }
            None => Ok(()),
        };
        no_grad(|| {
            step(self.mean, mean.clone())?;
            step(self.variance, variance.try_mul(unbiased)?)
        })
    }
}

/// `(x - mean) / sqrt(variance + eps) * weight + bias`, with given statistics.
fn by_given(x: &Tensor, running: Running<'_>, affine: Affine<'_>) -> Result<Tensor> {
    let mut shape = vec![1; x.rank()];
    shape[1] = x.shape()[1];
    let (Some(mean), Some(variance)) = (running.mean, running.variance) else {
        return Err(Error::InvalidArgument {
            op: "batch_norm",
            argument: "running_mean",
            value: "None".into(),
            problem: "evaluation reads running statistics".into(),
            cure: "Give running_mean and running_var, or set training(true).".into(),
        });
    };
    let [mean, variance] = [mean, variance].map(|tensor| tensor.detach().to(x.dtype()));
    let scale = variance.try_add(affine.eps)?.sqrt().reciprocal();
    let scale = match affine.weight {
        Some(weight) => scale.try_mul(weight)?,
        None => scale,
    };
    let shift = mean.try_mul(&scale)?.neg();
    let shift = match affine.bias {
        Some(bias) => shift.try_add(bias)?,
        None => shift,
    };
    x.try_mul(scale.try_reshape(&shape[..])?)?
        .try_add(shift.try_reshape(&shape[..])?)
}

/// The weights of a batch without elements count still, with gradients of zero.
fn of_nothing(x: &Tensor, affine: Affine<'_>) -> Result<Tensor> {
    let mut out = x.try_mul(1)?;
    if let Some(weight) = affine.weight {
        out = out.try_mul(weight.try_sum_dim(0)?)?;
    }
    match affine.bias {
        Some(bias) => out.try_add(bias.try_sum_dim(0)?),
        None => Ok(out),
    }
}

fallible_fn! {
    /// Each channel of `[batch, channels, ..]` with mean 0 and variance 1, times its weight plus its bias (Ioffe and
    /// Szegedy 2015). In training mean and variance are the batch's, and the running statistics are changed in place:
    /// `running = (1 - momentum) running + momentum now`, with the variance's Bessel correction. In evaluation they are
    /// the running ones.
    ///
    /// # Panics
    /// If the shapes or types do not fit, training finds one value a channel, or evaluation no running statistics.
    ///
    /// ```
    /// use retrograd::{functional::{BatchNormOptions, batch_norm}, prelude::*};
    /// let (mean, var) = (zeros([2]), ones([2]));
    /// let x = tensor![[1.0, 10.0], [3.0, 30.0]];
    /// let y = batch_norm(&x, Some(&mean), Some(&var), BatchNormOptions::new().training(true).momentum(0.5).eps(0.0));
    /// assert_eq!(y, tensor![[-1.0, -1.0], [1.0, 1.0]]);
    /// assert_eq!(mean, tensor![1.0, 10.0]);
    /// ```
    fn batch_norm | try_batch_norm(
        input: &Tensor,
        running_mean: Option<&Tensor>,
        running_var: Option<&Tensor>,
        options: BatchNormOptions,
    ) -> Tensor {
        let (op, affine) = ("batch_norm", options.affine());
        let running = Running { mean: running_mean, variance: running_var };
        super::mean::check_float(op, input)?;
        if input.numel() == 0 {
            return of_nothing(input, affine);
        }
        let &[batch, channels, ref space @ ..] = input.shape() else {
            return refuse(op, format!("the input has shape {:?}", input.shape()), "Give `[batch, channels, ..]`.");
        };
        affine.check(op, input, &[channels])?;
        running.check(op, input, channels)?;
        if !options.training {
            return by_given(input, running, affine);
        }
        let run: usize = space.iter().product();
        if batch * run == 1 {
            return refuse(
                op,
                format!("an input of shape {:?} has one value for each channel, and its variance is 0", input.shape()),
                "Give more samples, or set training(false).",
            );
        }
        let frame = Frame { outer: batch, rows: channels, len: run, groups: channels, run };
        let (out, mean, variance) = normalize(input, frame, affine);
        running.update(&mean.try_reshape([1, channels])?, &variance.try_reshape([1, channels])?, batch * run, options.momentum)?;
        Ok(out)
    }

    /// Each channel of each sample of `[batch, channels, length ..]` with mean 0 and variance 1, times the channel's
    /// weight plus its bias (Ulyanov, Vedaldi and Lempitsky 2016). The options' `training` is PyTorch's
    /// `use_input_stats`; running statistics are updated with the mean over the samples.
    ///
    /// # Panics
    /// If the shapes or types do not fit, a sample has one value a channel, or evaluation finds no running statistics.
    ///
    /// ```
    /// use retrograd::{functional::{BatchNormOptions, instance_norm}, prelude::*};
    /// let x = tensor![[[1.0, 3.0]], [[10.0, 30.0]]];
    /// let y = instance_norm(&x, None, None, BatchNormOptions::new().training(true).eps(0.0));
    /// assert_eq!(y, tensor![[[-1.0, 1.0]], [[-1.0, 1.0]]]);
    /// ```
    fn instance_norm | try_instance_norm(
        input: &Tensor,
        running_mean: Option<&Tensor>,
        running_var: Option<&Tensor>,
        options: BatchNormOptions,
    ) -> Tensor {
        let (op, affine) = ("instance_norm", options.affine());
        let running = Running { mean: running_mean, variance: running_var };
        super::mean::check_float(op, input)?;
        let &[batch, channels, ref space @ ..] = input.shape() else {
            return refuse(op, format!("the input has shape {:?}", input.shape()), "Give `[batch, channels, length, ..]`.");
        };
        affine.check(op, input, &[channels])?;
        running.check(op, input, channels)?;
        if !options.training {
            return by_given(input, running, affine);
        }
        let run: usize = space.iter().product();
        if run <= 1 {
            return refuse(
                op,
                format!("an input of shape {:?} has {run} values for each channel of a sample", input.shape()),
                "Give longer samples, or set training(false).",
            );
        }
        let frame = Frame { outer: 1, rows: batch * channels, len: run, groups: channels, run };
        let (out, mean, variance) = normalize(input, frame, affine);
        let rows = [batch, channels];
        if batch > 0 {
            running.update(&mean.try_reshape(rows)?, &variance.try_reshape(rows)?, run, options.momentum)?;
        }
        Ok(out)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let inputs = |shape: &[usize]| {
        let weights = &shape[1..2];
        [
            sample(shape, -1.0, 1.0, 0),
            sample(weights, 0.5, 1.5, 1),
            sample(weights, -1.0, 1.0, 2),
        ]
    };
    let options = |x: &[Tensor]| BatchNormOptions::new().weight(&x[1]).bias(&x[2]).eps(0.1);
    let statistics = || (sample(&[2], -1.0, 1.0, 3), sample(&[2], 0.5, 1.5, 4));
    let trained =
        move |x: &[Tensor]| batch_norm(&x[0], None, None, options(x).training(true)).pow(2);
    let given = move |x: &[Tensor]| {
        let (mean, var) = statistics();
        batch_norm(&x[0], Some(&mean.to(x[0].dtype())), Some(&var), options(x)).pow(2)
    };
    vec![
        Operator::new(
            "nn.functional.batch_norm",
            "functional::batch_norm",
            [
                Case::new(inputs(&[3, 2]), trained),
                Case::new(inputs(&[2, 2, 2]), trained),
                Case::new(inputs(&[2, 2, 2]), given),
                Case::new(inputs(&[0, 2]), trained),
            ],
        ),
        Operator::new(
            "nn.functional.instance_norm",
            "functional::instance_norm",
            [Case::new(inputs(&[2, 2, 3]), move |x| {
                instance_norm(&x[0], None, None, options(x).training(true)).pow(2)
            })],
        ),
    ]
}
