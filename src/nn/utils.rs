//! Helpers for training, `torch.nn.utils`.

use crate::error::{Error, OrPanic, Result};
use crate::tape::TensorList;
use crate::{Tensor, no_grad, stack};

/// How gradients are scaled down together, `torch.nn.utils.clip_grad_norm_`.
///
/// ```
/// use retrograd::{nn::utils::ClipGradNorm, prelude::*};
/// let w = tensor![3.0, -4.0].requires_grad_();
/// (w.pow(2) / 2.0).sum().backward();
/// let norm = ClipGradNorm::new(2.0).norm_type(f64::INFINITY).run([&w])?;
/// assert_eq!((norm.item::<f32>(), w.grad().unwrap().to_string()), (4.0, "tensor([ 1.5000, -2.0000])".into()));
/// # Ok::<(), Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClipGradNorm {
    max_norm: f64,
    norm_type: f64,
    error_if_nonfinite: bool,
}

impl ClipGradNorm {
    /// To a Euclidean norm of at most `max_norm`.
    pub fn new(max_norm: f64) -> Self {
        ClipGradNorm {
            max_norm,
            norm_type: 2.0,
            error_if_nonfinite: false,
        }
    }

    /// The order of the norm, which may be infinite; default 2.
    pub fn norm_type(mut self, norm_type: f64) -> Self {
        self.norm_type = norm_type;
        self
    }

    /// Whether a norm that is infinite or no number is an error; default `false`, and the gradients become so too.
    pub fn error_if_nonfinite(mut self, error_if_nonfinite: bool) -> Self {
        self.error_if_nonfinite = error_if_nonfinite;
        self
    }

    /// Scales the gradients and returns the norm before.
    ///
    /// # Errors
    /// If `max_norm` is negative or no number, or the norm is not finite and that is to be an error.
    pub fn run(self, params: impl TensorList) -> Result<Tensor> {
        if self.max_norm.is_nan() || self.max_norm < 0.0 {
            return Err(refusal("max_norm", self.max_norm, "it must be at least 0"));
        }
        no_grad(|| {
            let params = params.tensors();
            let grads: Vec<(&Tensor, Tensor)> = params
                .iter()
                .filter_map(|param| Some((param, param.grad()?)))
                .collect();
            if grads.is_empty() {
                return Ok(Tensor::scalar(0.0_f32));
            }
            let all: &[i64] = &[];
            let norm = |x: &Tensor| x.try_norm_with(self.norm_type, all, false);
            let norms = grads
                .iter()
                .map(|(_, grad)| norm(grad).map(|n| n.to(grads[0].1.dtype())));
            let total = norm(&stack(&norms.collect::<Result<Vec<_>>>()?, 0))?;
            if self.error_if_nonfinite && !total.to(crate::DType::F64).item::<f64>().is_finite() {
                return Err(refusal(
                    "params",
                    total.to(crate::DType::F64).item(),
                    "the norm of the gradients is not finite",
                ));
            }
            let share = (self.max_norm / (&total + 1e-6)).clamp_max(1.0);
            for (param, grad) in grads {
                param.set_grad(Some(&grad * share.to(grad.dtype())));
            }
            Ok(total)
        })
    }
}

fn refusal(argument: &'static str, value: f64, problem: &str) -> Error {
    Error::InvalidArgument {
        op: "clip_grad_norm_",
        argument,
        value: value.to_string(),
        problem: problem.into(),
        cure: "Look for the operation that made it, with `detect_anomaly`, or lower the learning rate.".into(),
    }
}

/// Scales all gradients together so that their Euclidean norm is at most `max_norm`; returns the norm before. See
/// [`ClipGradNorm`] for other norms.
///
/// # Panics
/// If `max_norm` is negative or no number.
///
/// ```
/// use retrograd::{nn::utils::clip_grad_norm_, prelude::*};
/// let w = tensor![3.0, 4.0].requires_grad_();
/// (w.pow(2) / 2.0).sum().backward();
/// assert_eq!(clip_grad_norm_([&w], 1.0).item::<f32>(), 5.0);
/// assert!((w.grad().unwrap().norm().item::<f32>() - 1.0).abs() < 1e-6);
/// ```
#[track_caller]
pub fn clip_grad_norm_(params: impl TensorList, max_norm: f64) -> Tensor {
    ClipGradNorm::new(max_norm).run(params).or_panic()
}

/// Clamps each element of the gradients to `-clip_value ..= clip_value`, `torch.nn.utils.clip_grad_value_`.
///
/// ```
/// use retrograd::{nn::utils::clip_grad_value_, prelude::*};
/// let w = tensor![3.0, -0.25].requires_grad_();
/// (w.pow(2) / 2.0).sum().backward();
/// clip_grad_value_([&w], 0.5);
/// assert_eq!(w.grad().unwrap(), tensor![0.5, -0.25]);
/// ```
#[track_caller]
pub fn clip_grad_value_(params: impl TensorList, clip_value: f64) {
    no_grad(|| {
        for param in params.tensors() {
            if let Some(grad) = param.grad() {
                param.set_grad(Some(grad.clamp(-clip_value, clip_value)));
            }
        }
    });
}
