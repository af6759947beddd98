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
/// [`Error::Gradient`] with the numerical and the analytical Jacobian, at the element that is furthest off; and if the
/// inputs or outputs are not `f64`, or no input requires gradients. `f32` is refused, since no tolerance tells its
/// rounding from an error; [`check_grads`](super::check_grads) takes it. An input whose elements share memory, such as an
/// expanded one, is checked as any other: each difference is taken on values of its own.
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
        check_outputs(op, &outputs)?;
        let analytic = outputs
            .iter()
            .map(|out| rows(out, inputs))
            .collect::<Result<Vec<_>>>()?;
        for (input, x) in inputs.iter().enumerate().filter(|(_, x)| x.requires_grad()) {
            let numeric = self.differences(f, inputs, input)?;
            for (output, rows) in analytic.iter().enumerate() {
                let found = rows.iter().map(|row| row[input].clone()).collect();
                let place = Place { op, input, output };
                self.compare(place, found, &numeric[output], x.numel())?;
            }
        }
        Ok(())
    }

    /// Central differences by one input: for each output and each of its elements, by each element of the input.
    fn differences(
        &self,
        f: &dyn Fn(&[Tensor]) -> Result<Vec<Tensor>>,
        inputs: &[Tensor],
        input: usize,
    ) -> Result<Vec<Vec<Vec<f64>>>> {
        let x = &inputs[input];
        let values = x.to_vec::<f64>();
        let mut found: Vec<Vec<Vec<f64>>> = f(inputs)?
            .iter()
            .map(|y| vec![Vec::new(); y.numel()])
            .collect();
        for element in 0..values.len() {
            let moved = |by: f64| -> Result<Vec<Vec<f64>>> {
                let mut values = values.clone();
                values[element] += by;
                let mut inputs = inputs.to_vec();
                inputs[input] = Tensor::from_vec(values, x.shape()).requires_grad_();
                f(&inputs)?.iter().map(Tensor::try_to_vec).collect()
            };
            let (ahead, behind) = (moved(self.eps)?, moved(-self.eps)?);
            for (rows, (ahead, behind)) in found.iter_mut().zip(ahead.iter().zip(&behind)) {
                for (row, (ahead, behind)) in rows.iter_mut().zip(ahead.iter().zip(behind)) {
                    row.push((ahead - behind) / (2.0 * self.eps));
                }
            }
        }
        Ok(found)
    }

    /// An error at the element that is furthest off, if one is.
    fn compare(
        &self,
        Place { op, input, output }: Place,
        analytic: Vec<Vec<f64>>,
        numeric: &[Vec<f64>],
        columns: usize,
    ) -> Result<()> {
        let mut worst: Option<(f64, usize, usize)> = None;
        for (at, (found, expected)) in analytic.iter().zip(numeric).enumerate() {
            for (element, (found, expected)) in found.iter().zip(expected).enumerate() {
                let excess = (found - expected).abs() - (self.atol + self.rtol * expected.abs());
                // A NaN is no agreement.
                let excess = if excess.is_nan() {
                    f64::INFINITY
                } else {
                    excess
                };
                if excess > 0.0 && worst.is_none_or(|(most, ..)| excess > most) {
                    worst = Some((excess, at, element));
                }
            }
        }
        let Some((_, output_element, input_element)) = worst else {
            return Ok(());
        };
        let print =
            |rows: &[Vec<f64>]| Tensor::from_vec(rows.concat(), [rows.len(), columns]).to_string();
        Err(Error::Gradient {
            op,
            input,
            input_element,
            output,
            output_element,
            analytic: analytic[output_element][input_element],
            numeric: numeric[output_element][input_element],
            analytic_jacobian: print(&analytic),
            numeric_jacobian: print(numeric),
        })
    }
}

/// What a check compares.
#[derive(Clone, Copy)]
struct Place {
    op: &'static str,
    input: usize,
    output: usize,
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

fn check_outputs(op: &'static str, outputs: &[Tensor]) -> Result<()> {
    match outputs.iter().position(|y| y.dtype() == DType::F32) {
        None => Ok(()),
        Some(i) => Err(Error::DType {
            op,
            problem: format!(
                "output {i} holds {}, too coarse for finite differences",
                outputs[i].dtype()
            ),
            cure: "Let the function compute in `f64` throughout, or use `check_grads`.".into(),
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
