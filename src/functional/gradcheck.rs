//! Gradients against central differences.

use crate::error::{Error, Result};
use crate::tape::{TensorList, grad};
use crate::{DType, Tensor, enable_grad};

/// The settings of a check, with PyTorch's defaults.
///
/// ```
/// use retrograd::{functional::GradCheck, prelude::*};
/// let x = tensor![1.0, 2.0].double().requires_grad_();
/// GradCheck { rtol: 1e-6, ..GradCheck::default() }.first(|x| x[0].exp(), &[x]).unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GradCheck {
    /// How far an element is moved to each side; default 1e-6.
    pub eps: f64,
    /// Allowed absolute error; default 1e-5.
    pub atol: f64,
    /// Allowed error as a share of the difference quotient; default 1e-3.
    pub rtol: f64,
}

impl Default for GradCheck {
    fn default() -> Self {
        GradCheck {
            eps: 1e-6,
            atol: 1e-5,
            rtol: 1e-3,
        }
    }
}

/// Checks the first derivatives of `f` by the inputs that require gradients, as `torch.autograd.gradcheck`.
///
/// # Errors
/// [`Error::Gradient`] at the first derivative that is wrong, and if the inputs are not `f64` or none requires
/// gradients.
///
/// ```
/// use retrograd::{functional::gradcheck, prelude::*};
/// let x = tensor![0.5, 1.5].double().requires_grad_();
/// gradcheck(|x| x[0].log() * x[0].sin(), &[x]).unwrap();
/// ```
pub fn gradcheck<O: TensorList>(f: impl Fn(&[Tensor]) -> O, inputs: &[Tensor]) -> Result<()> {
    GradCheck::default().first(f, inputs)
}

/// Checks the second derivatives of `f`, as `torch.autograd.gradgradcheck`.
///
/// # Errors
/// As [`gradcheck`].
///
/// ```
/// use retrograd::{functional::gradgradcheck, prelude::*};
/// let x = tensor![0.5, 1.5].double().requires_grad_();
/// gradgradcheck(|x| x[0].log() * x[0].sin(), &[x]).unwrap();
/// ```
pub fn gradgradcheck<O: TensorList>(f: impl Fn(&[Tensor]) -> O, inputs: &[Tensor]) -> Result<()> {
    GradCheck::default().second(f, inputs)
}

impl GradCheck {
    /// As [`gradcheck`], with these settings.
    ///
    /// # Errors
    /// As [`gradcheck`].
    pub fn first<O: TensorList>(
        &self,
        f: impl Fn(&[Tensor]) -> O,
        inputs: &[Tensor],
    ) -> Result<()> {
        enable_grad(|| self.check("gradcheck", &|x: &[Tensor]| Ok(f(x).tensors()), inputs))
    }

    /// As [`gradgradcheck`], with these settings.
    ///
    /// # Errors
    /// As [`gradcheck`].
    pub fn second<O: TensorList>(
        &self,
        f: impl Fn(&[Tensor]) -> O,
        inputs: &[Tensor],
    ) -> Result<()> {
        enable_grad(|| {
            let count = inputs.len();
            let outputs: Vec<Tensor> = f(inputs).tensors();
            let seeds = outputs
                .iter()
                .enumerate()
                .map(|(i, out)| cotangent(out.shape(), i));
            let all: Vec<Tensor> = inputs.iter().cloned().chain(seeds).collect();
            let gradients = |all: &[Tensor]| -> Result<Vec<Tensor>> {
                let (inputs, seeds) = all.split_at(count);
                let wanted: Vec<&Tensor> = inputs.iter().filter(|x| x.requires_grad()).collect();
                let pairs = f(inputs).tensors().into_iter().zip(seeds.to_vec());
                let (outputs, seeds): (Vec<_>, Vec<_>) =
                    pairs.filter(|(out, _)| out.requires_grad()).unzip();
                if outputs.is_empty() {
                    return Ok(wanted.into_iter().map(Tensor::zeros_like).collect());
                }
                let grads = grad(&outputs, wanted.clone())
                    .grad_outputs(seeds)
                    .create_graph(true)
                    .allow_unused();
                let grads = grads.try_run()?.into_iter().zip(wanted);
                Ok(grads
                    .map(|(grad, x)| grad.unwrap_or_else(|| x.zeros_like()))
                    .collect())
            };
            self.check("gradgradcheck", &gradients, &all)
        })
    }

    fn check(
        &self,
        op: &'static str,
        f: &dyn Fn(&[Tensor]) -> Result<Vec<Tensor>>,
        inputs: &[Tensor],
    ) -> Result<()> {
        check_inputs(op, inputs)?;
        let outputs = f(inputs)?;
        let analytic = outputs
            .iter()
            .map(|out| rows(out, inputs))
            .collect::<Result<Vec<_>>>()?;
        for (input, x) in inputs.iter().enumerate().filter(|(_, x)| x.requires_grad()) {
            let values = x.to_vec::<f64>();
            for element in 0..values.len() {
                let moved = |by: f64| -> Result<Vec<Vec<f64>>> {
                    let mut values = values.clone();
                    values[element] += by;
                    let mut inputs = inputs.to_vec();
                    inputs[input] = Tensor::from_vec(values, x.shape()).requires_grad_();
                    f(&inputs)?.iter().map(Tensor::try_to_vec).collect()
                };
                let (ahead, behind) = (moved(self.eps)?, moved(-self.eps)?);
                for (output, rows) in analytic.iter().enumerate() {
                    for (at, row) in rows.iter().enumerate() {
                        let numeric = (ahead[output][at] - behind[output][at]) / (2.0 * self.eps);
                        let found = row[input][element];
                        let close =
                            (found - numeric).abs() <= self.atol + self.rtol * numeric.abs();
                        if !close {
                            let (analytic, input_element, output_element) = (found, element, at);
                            return Err(Error::Gradient {
                                op,
                                input,
                                input_element,
                                output,
                                output_element,
                                analytic,
                                numeric,
                            });
                        }
                    }
                }
            }
        }
        Ok(())
    }
}

/// The derivatives of each element of `out`: by input, then by the input's elements.
fn rows(out: &Tensor, inputs: &[Tensor]) -> Result<Vec<Vec<Vec<f64>>>> {
    let wanted: Vec<&Tensor> = inputs.iter().filter(|x| x.requires_grad()).collect();
    let row = |at: usize| -> Result<Vec<Vec<f64>>> {
        let mut grads = vec![None; wanted.len()];
        if out.requires_grad() {
            let mut seed = vec![0.0; out.numel()];
            seed[at] = 1.0;
            let seed = Tensor::from_vec(seed, out.shape());
            let walk = grad(out, wanted.clone())
                .grad_outputs(&seed)
                .retain_graph(true)
                .allow_unused();
            grads = walk.try_run()?;
        }
        let mut grads = grads.into_iter();
        let of = |x: &Tensor| match x.requires_grad().then(|| grads.next().flatten()).flatten() {
            Some(grad) => grad.to_vec::<f64>(),
            None => vec![0.0; x.numel()],
        };
        Ok(inputs.iter().map(of).collect())
    };
    (0..out.numel()).map(row).collect()
}

fn check_inputs(op: &'static str, inputs: &[Tensor]) -> Result<()> {
    if !inputs.iter().any(Tensor::requires_grad) {
        return Err(Error::Tape {
            op,
            problem: "none of the inputs requires gradients".into(),
            cure: "Call `requires_grad_()` on those to be checked.".into(),
        });
    }
    match inputs
        .iter()
        .find(|x| x.requires_grad() && x.dtype() != DType::F64)
    {
        None => Ok(()),
        Some(x) => Err(Error::DType {
            op,
            problem: format!(
                "an input holds {}, too coarse for finite differences",
                x.dtype()
            ),
            cure: "Cast it with `.double()` before `requires_grad_()`.".into(),
        }),
    }
}

/// Fixed values without pattern for the gradient of an output.
fn cotangent(shape: &[usize], salt: usize) -> Tensor {
    let value = |i: usize| {
        ((i + 1) as f64 * 0.618_033_988_749_895 + (salt + 1) as f64 * 0.377).fract() - 0.5
    };
    let values: Vec<f64> = (0..shape.iter().product()).map(value).collect();
    Tensor::from_vec(values, shape).requires_grad_()
}
