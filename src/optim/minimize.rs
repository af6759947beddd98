//! SciPy's `minimize`: L-BFGS-B without bounds.

use super::lbfgs::{IntoLoss, LbfgsReport, Stop, dot, largest};
use super::line_search::Point;
use super::more_thuente::more_thuente;
use crate::{Result, Tensor};
use std::collections::VecDeque;

/// Minimises a function of one tensor from `x0` on, as
/// `scipy.optimize.minimize(fun, x0, jac=True, method="L-BFGS-B")`, on SciPy's very path: for what has to end where
/// SciPy, or scikit-learn, ended. The gradient is the tape's; all is computed in f64.
///
/// ```
/// use retrograd::{optim::{Stop, minimize}, prelude::*};
/// let found = minimize(|x| (x - 1.0).pow(2).sum(), &Tensor::from([3.0, -2.0])).run()?;
/// assert!((found.x - 1.0).abs().max().item::<f64>() < 1e-6);
/// assert_eq!(found.report.stop, Stop::Gradient);
/// # Ok::<(), Error>(())
/// ```
pub fn minimize<L: IntoLoss, F: FnMut(&Tensor) -> L>(function: F, x0: &Tensor) -> Minimize<F> {
    Minimize {
        function,
        x0: x0.detach().to(crate::DType::F64).copy(),
        gtol: 1e-5,
        ftol: 2.220_446_049_250_313e-9,
        max_iter: 15_000,
        max_ls: 20,
    }
}

/// Settings of [`minimize`], with SciPy's defaults.
#[must_use = "nothing is computed before `run`"]
pub struct Minimize<F> {
    function: F,
    x0: Tensor,
    gtol: f64,
    ftol: f64,
    max_iter: usize,
    max_ls: usize,
}

/// What [`Minimize::run`] found.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Minimum {
    /// Where it is, f64, of the start's shape.
    pub x: Tensor,
    /// How it was reached; `loss` is the function's value there.
    pub report: LbfgsReport,
}

/// How many changes of the past give the curvature: SciPy's `maxcor`.
const MEMORY: usize = 10;

impl<L: IntoLoss, F: FnMut(&Tensor) -> L> Minimize<F> {
    /// The largest component of the gradient at which the search ends; 1e-5 by default.
    ///
    /// ```
    /// use retrograd::{Tensor, optim::minimize};
    /// let found = minimize(|x| x.pow(4).sum(), &Tensor::from([3.0])).gtol(1e-2).run()?;
    /// assert!(found.report.gradient <= 1e-2);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn gtol(mut self, gtol: f64) -> Self {
        self.gtol = gtol;
        self
    }

    /// The relative decrease below which the search ends; 2.2e-9 by default.
    ///
    /// ```
    /// use retrograd::{Tensor, optim::{Stop, minimize}};
    /// let found = minimize(|x| x.pow(4).sum() + 1.0, &Tensor::from([3.0])).ftol(1e-2).run()?;
    /// assert_eq!(found.report.stop, Stop::Change);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn ftol(mut self, ftol: f64) -> Self {
        self.ftol = ftol;
        self
    }

    /// The most iterations; 15,000 by default.
    ///
    /// ```
    /// use retrograd::{Tensor, optim::{Stop, minimize}};
    /// let found = minimize(|x| x.pow(4).sum(), &Tensor::from([3.0])).max_iter(2).run()?;
    /// assert_eq!((found.report.iterations, found.report.stop), (2, Stop::Iterations));
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn max_iter(mut self, max_iter: usize) -> Self {
        self.max_iter = max_iter;
        self
    }

    /// The most evaluations along one direction; 20 by default.
    ///
    /// ```
    /// use retrograd::{Tensor, optim::minimize};
    /// let found = minimize(|x| x.pow(2).sum(), &Tensor::from([1.0])).max_ls(50).run()?;
    /// assert!(found.report.loss < 1e-12);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn max_ls(mut self, max_ls: usize) -> Self {
        self.max_ls = max_ls;
        self
    }

    /// Searches.
    ///
    /// # Errors
    /// What the function or its backward pass returns, and a value that is not one number.
    #[track_caller]
    pub fn run(mut self) -> Result<Minimum> {
        let shape = self.x0.shape().to_vec();
        let (gtol, ftol, max_iter, max_ls) = (self.gtol, self.ftol, self.max_iter, self.max_ls);
        let mut evaluations = 0;
        let mut evaluate = |x: &[f64]| -> Result<Point> {
            evaluations += 1;
            let x = Tensor::try_from_vec(x.to_vec(), shape.as_slice())?.requires_grad_();
            let loss = crate::enable_grad(|| (self.function)(&x)).into_loss()?;
            loss.try_backward()?;
            let gradient = x.grad().unwrap_or_else(|| x.zeros_like());
            Ok(Point {
                loss: loss.try_item()?,
                gradient: gradient.try_to_vec()?,
            })
        };

        let mut x: Vec<f64> = self.x0.try_to_vec()?;
        let mut now = evaluate(&x)?;
        let initial_loss = now.loss;
        let mut history = History::default();
        let mut iterations = 0;
        let stop = loop {
            if !now.loss.is_finite() || !largest(&now.gradient).is_finite() {
                break Stop::NotFinite;
            }
            if largest(&now.gradient) <= gtol {
                break Stop::Gradient;
            }
            if iterations == max_iter {
                break Stop::Iterations;
            }
            let direction = history.direction(&now.gradient);
            let slope = dot(&now.gradient, &direction);
            let first = match iterations {
                0 => (1.0 / dot(&direction, &direction).sqrt()).min(1e10),
                _ => 1.0,
            };
            let mut along = |step: f64| {
                let point = evaluate(&place(&x, step, &direction))?;
                let slope = dot(&point.gradient, &direction);
                Ok((point, slope))
            };
            let found = match slope < 0.0 {
                true => more_thuente(&mut along, (now.loss, slope), first, max_ls)?,
                false => None,
            };
            let Some((step, next)) = found else {
                // What is remembered may mislead: once more along the gradient.
                if history.is_empty() {
                    break Stop::Direction;
                }
                history = History::default();
                continue;
            };
            iterations += 1;
            let before = std::mem::replace(&mut now, next);
            x = place(&x, step, &direction);
            let scale = before.loss.abs().max(now.loss.abs()).max(1.0);
            if largest(&now.gradient) > gtol && before.loss - now.loss <= ftol * scale {
                break Stop::Change;
            }
            history.push(&direction, step, slope, &before.gradient, &now.gradient);
        };
        Ok(Minimum {
            x: Tensor::try_from_vec(x, shape.as_slice())?,
            report: LbfgsReport {
                initial_loss,
                loss: now.loss,
                gradient: largest(&now.gradient),
                iterations,
                evaluations,
                stop,
            },
        })
    }
}

fn place(x: &[f64], step: f64, direction: &[f64]) -> Vec<f64> {
    x.iter().zip(direction).map(|(x, d)| x + step * d).collect()
}

/// Differences of places and of gradients, and the inverse of their product.
#[derive(Default)]
struct History(VecDeque<(Vec<f64>, Vec<f64>, f64)>);

impl History {
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn push(&mut self, direction: &[f64], step: f64, slope: f64, before: &[f64], after: &[f64]) {
        let product = (dot(after, direction) - slope) * step;
        if product <= f64::EPSILON * -slope * step {
            return;
        }
        let moved = direction.iter().map(|d| step * d).collect();
        let change = after.iter().zip(before).map(|(a, b)| a - b).collect();
        if self.0.len() == MEMORY {
            self.0.pop_front();
        }
        self.0.push_back((moved, change, 1.0 / product));
    }

    /// The step that the curvature seen so far suggests.
    fn direction(&self, gradient: &[f64]) -> Vec<f64> {
        let mut q = gradient.to_vec();
        let mut shares = Vec::with_capacity(self.0.len());
        for (moved, change, inverse) in self.0.iter().rev() {
            let share = dot(moved, &q) * inverse;
            q = place(&q, -share, change);
            shares.push(share);
        }
        if let Some((_, change, inverse)) = self.0.back() {
            let scale = 1.0 / (inverse * dot(change, change));
            q.iter_mut().for_each(|v| *v *= scale);
        }
        for ((moved, change, inverse), share) in self.0.iter().zip(shares.iter().rev()) {
            let back = dot(change, &q) * inverse;
            q = place(&q, share - back, moved);
        }
        q.iter_mut().for_each(|v| *v = -*v);
        q
    }
}
