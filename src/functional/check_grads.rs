//! Gradients of any order against a difference quotient along one random direction.

use super::walk::{derive, zeros_for};
use crate::error::{Error, Result};
use crate::random::Generator;
use crate::tape::Tensors;
use crate::{DType, Tensor, enable_grad};

/// The settings of [`check_grads`], with JAX's defaults.
///
/// ```
/// use retrograd::{functional::CheckGrads, prelude::*};
/// let x = tensor![0.5, 1.5].double().requires_grad_();
/// CheckGrads { rtol: Some(1e-8), eps: Some(1e-5), ..CheckGrads::default() }.run(|x| x.sin(), &x, 3).unwrap();
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CheckGrads {
    /// How far the inputs are moved along the direction to each side; default 1e-4, and 1/2048 where an input or output
    /// is `f32`.
    pub eps: Option<f64>,
    /// Allowed absolute error; default 1e-5, and 2e-3 where an input or output is `f32`.
    pub atol: Option<f64>,
    /// Allowed error as a share of the difference quotient; default as `atol`.
    pub rtol: Option<f64>,
    /// The seed of the directions, which are drawn from a generator of their own; default 0.
    pub seed: u64,
}

/// Checks the derivatives of `f` by the inputs that require gradients, up to the `order`-th, as JAX's `check_grads`:
/// along one random direction, so that its cost does not grow with the number of elements.
///
/// At each order the derivative along the direction, weighed by a random gradient of the outputs, is compared with a
/// central difference; for the next order the walk back itself is the function. The directions come from a generator
/// of the check's own: nothing is drawn from the program's. Inputs may be `f32` too, with wider tolerances; `f64` finds
/// more.
///
/// # Errors
/// [`Error::DirectionalGradient`] at the lowest order that is wrong, and if no input requires gradients.
///
/// ```
/// use retrograd::{functional::check_grads, prelude::*};
/// let x = tensor![0.5, 1.5].double().requires_grad_();
/// check_grads(|x| x.log() * x.sin(), &x, 3)?;
/// // Right at first order, wrong at second: the first derivative was cut off from the graph.
/// let cut = |x: &Tensor| (x * x.detach()) * 2.0 - x.detach().pow(2);
/// assert!(check_grads(cut, &x, 1).is_ok());
/// assert!(check_grads(cut, &x, 2).unwrap_err().to_string().contains("order 2"));
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn check_grads<I: Tensors + ?Sized, O: Tensors>(
    f: impl Fn(&I) -> O,
    inputs: &I,
    order: usize,
) -> Result<()> {
    CheckGrads::default().run(f, inputs, order)
}

type Function<'a> = &'a dyn Fn(&[Tensor]) -> Result<Vec<Tensor>>;

impl CheckGrads {
    /// As [`check_grads`], with these settings.
    ///
    /// # Errors
    /// As [`check_grads`].
    pub fn run<I: Tensors + ?Sized, O: Tensors>(
        &self,
        f: impl Fn(&I) -> O,
        inputs: &I,
        order: usize,
    ) -> Result<()> {
        let inputs = inputs.to_list();
        if !inputs.iter().any(Tensor::requires_grad) {
            return Err(Error::Tape {
                op: "check_grads",
                problem: "none of the inputs requires gradients".into(),
                cure: "Call `requires_grad_()` on those to be checked.".into(),
            });
        }
        let f = |x: &[Tensor]| {
            let outputs = I::with(x, |x| f(x).to_list());
            Ok(outputs
                .into_iter()
                .filter(|y| y.dtype().is_float())
                .collect())
        };
        let mut generator = Generator::new(self.seed);
        enable_grad(|| self.check(&f, &inputs, (1, order), &mut generator))
    }

    fn check(
        &self,
        f: Function<'_>,
        inputs: &[Tensor],
        (level, order): (usize, usize),
        generator: &mut Generator,
    ) -> Result<()> {
        if level > order {
            return Ok(());
        }
        let outputs = f(inputs)?;
        let mut draw = |x: &Tensor| normal(x, generator);
        let direction: Vec<Option<Tensor>> = inputs
            .iter()
            .map(|x| x.requires_grad().then(|| draw(x)))
            .collect();
        let weights: Vec<Tensor> = outputs.iter().map(draw).collect();
        let coarse = inputs
            .iter()
            .chain(&outputs)
            .any(|x| x.dtype() == DType::F32);
        let eps = self.eps.unwrap_or(if coarse { 1.0 / 2048.0 } else { 1e-4 });
        let moved = |by: f64| -> Result<f64> {
            let moved = inputs.iter().zip(&direction).map(|(x, way)| match way {
                Some(way) => (x.detach() + way * by).requires_grad_(),
                None => x.clone(),
            });
            Ok(dot(&f(&moved.collect::<Vec<_>>())?, &weights))
        };
        let numeric = (moved(eps)? - moved(-eps)?) / (2.0 * eps);
        let wanted: Vec<Tensor> = inputs
            .iter()
            .filter(|x| x.requires_grad())
            .cloned()
            .collect();
        let ways: Vec<Tensor> = direction.into_iter().flatten().collect();
        let grads = zeros_for(derive(&outputs, &wanted, &weights, false)?, &wanted);
        let analytic = dot(&grads, &ways);
        let default = if coarse { 2e-3 } else { 1e-5 };
        let (atol, rtol) = (
            self.atol.unwrap_or(default),
            self.rtol.or(self.atol).unwrap_or(default),
        );
        let close = (analytic - numeric).abs() <= atol + rtol * numeric.abs();
        if !close {
            let (order, seed) = (level, self.seed);
            return Err(Error::DirectionalGradient {
                order,
                seed,
                analytic,
                numeric,
            });
        }
        let count = inputs.len();
        let back = |all: &[Tensor]| -> Result<Vec<Tensor>> {
            let (inputs, weights) = all.split_at(count);
            let wanted: Vec<Tensor> = inputs
                .iter()
                .filter(|x| x.requires_grad())
                .cloned()
                .collect();
            Ok(zeros_for(
                derive(&f(inputs)?, &wanted, weights, true)?,
                &wanted,
            ))
        };
        let weights = weights.into_iter().map(|v| v.requires_grad_());
        let all: Vec<Tensor> = inputs.iter().cloned().chain(weights).collect();
        self.check(&back, &all, (level + 1, order), generator)
    }
}

/// Standard normal numbers of a tensor's shape and type.
fn normal(like: &Tensor, generator: &mut Generator) -> Tensor {
    let mut values = vec![0.0f64; like.numel()];
    generator.fill_normal(&mut values, 0.0, 1.0);
    Tensor::from_vec(values, like.shape()).to(like.dtype())
}

/// The sum of the products of all elements.
fn dot(a: &[Tensor], b: &[Tensor]) -> f64 {
    let numbers = |x: &Tensor| x.detach().double().to_vec::<f64>();
    let pairs = a.iter().zip(b);
    pairs
        .flat_map(|(a, b)| numbers(a).into_iter().zip(numbers(b)))
        .map(|(a, b)| a * b)
        .sum()
}
