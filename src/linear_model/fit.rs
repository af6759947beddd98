//! Fitting a logistic regression.

use super::logistic::LogisticRegression;
use super::newton::newton;
use super::problem::{Classes, Problem, Scaling};
use crate::inputs::{distinct, finite_matrix, labels, same_rows};
use crate::optim::Lbfgs;
use crate::{DType, Error, Result, Tensor, no_grad, zeros_dtype};
use std::fmt;

const OP: &str = "LogisticRegression";
/// The most iterations of L-BFGS, and the largest part of the gradient at which Newton's method takes over.
const FAR: usize = 100;
const NEAR: f64 = 1e-5;

/// Settings of [`LogisticRegression`], with scikit-learn's defaults except for `tol` and `max_iter`.
///
/// ```
/// use retrograd::{linear_model::LogisticRegression, tensor};
/// let (x, y) = (tensor![[0.0], [1.0], [2.0], [3.0]], tensor![0, 0, 1, 1]);
/// let model = LogisticRegression::options().c(10.0).fit_intercept(false).fit(&x, &y)?;
/// assert_eq!(model.intercept().to_vec::<f64>(), [0.0]);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LogisticOptions {
    c: f64,
    fit_intercept: bool,
    max_iter: usize,
    tol: f64,
}

impl Default for LogisticOptions {
    fn default() -> Self {
        LogisticOptions {
            c: 1.0,
            fit_intercept: true,
            max_iter: 1000,
            tol: 1e-8,
        }
    }
}

/// How a fit went.
///
/// ```
/// use retrograd::{linear_model::LogisticRegression, tensor};
/// let model = LogisticRegression::fit(&tensor![[0.0], [1.0], [2.0]], &tensor![0, 1, 1])?;
/// assert!(model.report().to_string().starts_with("converged after "), "{}", model.report());
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct FitReport {
    /// Whether the gradient's norm is within `tol`.
    pub converged: bool,
    /// Iterations of L-BFGS and of Newton's method.
    pub iterations: usize,
    /// The objective: mean log loss plus penalty.
    pub objective: f64,
    /// The Euclidean norm of the objective's gradient by coefficients and intercepts, of the features as given.
    pub gradient_norm: f64,
    /// What the norm had to come down to.
    pub tol: f64,
}

impl fmt::Display for FitReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let FitReport {
            iterations,
            objective,
            gradient_norm,
            tol,
            ..
        } = self;
        if self.converged {
            write!(f, "converged after {iterations} iterations: ")?;
        } else {
            write!(f, "NOT converged after {iterations} iterations: ")?;
        }
        write!(
            f,
            "objective {objective}, gradient norm {gradient_norm:.1e} (tol {tol:.0e})"
        )?;
        if !self.converged {
            f.write_str("; raise `max_iter`, standardise the features, or lower `c`")?;
        }
        Ok(())
    }
}

impl LogisticOptions {
    /// The inverse of the penalty's strength, scikit-learn's `C`: the penalty on the mean loss is
    /// `sum(coef^2) / (2 C rows)`. 1 by default.
    ///
    /// ```
    /// use retrograd::{linear_model::LogisticRegression, tensor};
    /// let (x, y) = (tensor![[0.0], [1.0]], tensor![0, 1]);
    /// assert!(LogisticRegression::options().c(0.0).fit(&x, &y).is_err());
    /// ```
    pub fn c(mut self, c: f64) -> Self {
        self.c = c;
        self
    }

    /// Whether the model has an intercept; `true` by default.
    ///
    /// ```
    /// use retrograd::{linear_model::LogisticRegression, tensor};
    /// let (x, y) = (tensor![[0.0], [1.0]], tensor![0, 1]);
    /// let model = LogisticRegression::options().fit_intercept(false).fit(&x, &y)?;
    /// assert_eq!(model.intercept().item::<f64>(), 0.0);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn fit_intercept(mut self, fit_intercept: bool) -> Self {
        self.fit_intercept = fit_intercept;
        self
    }

    /// The most iterations, of L-BFGS and Newton's method together; 1000 by default. A fit that ends there says so in
    /// its report.
    ///
    /// ```
    /// use retrograd::{datasets, linear_model::LogisticRegression};
    /// let iris = datasets::iris();
    /// let model = LogisticRegression::options().max_iter(2).fit(&iris.data, &iris.target)?;
    /// assert!(!model.report().converged);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn max_iter(mut self, max_iter: usize) -> Self {
        self.max_iter = max_iter;
        self
    }

    /// The norm of the gradient at which the fit counts as converged; 1e-8 by default. Newton's method goes on from
    /// there as long as it changes the weights.
    ///
    /// ```
    /// use retrograd::{linear_model::LogisticRegression, tensor};
    /// let (x, y) = (tensor![[0.0], [1.0]], tensor![0, 1]);
    /// assert_eq!(LogisticRegression::options().tol(1e-6).fit(&x, &y)?.report().tol, 1e-6);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn tol(mut self, tol: f64) -> Self {
        self.tol = tol;
        self
    }

    /// Fits features `x`, `[rows, features]`, to labels `y`, `[rows]`: whole numbers of any values.
    ///
    /// # Errors
    /// If `x` is no matrix or holds a number that is not finite; if `y` has not one whole number for each row, or only
    /// one class; if `c` or `tol` is not positive and finite, or `max_iter` is 0.
    ///
    /// ```
    /// use retrograd::{linear_model::LogisticRegression, tensor};
    /// let refused = LogisticRegression::options().fit(&tensor![[0.0], [1.0]], &tensor![1, 1]).unwrap_err();
    /// assert_eq!(
    ///     refused.to_string(),
    ///     "LogisticRegression: y = 1 in all 2 rows: there is only one class. Give rows of at least two classes."
    /// );
    /// ```
    pub fn fit(&self, x: &Tensor, y: &Tensor) -> Result<LogisticRegression> {
        self.check()?;
        let x = finite_matrix(OP, "x", x)?;
        let y = labels(OP, "y", y)?;
        same_rows(OP, ("x", x.size(0)), ("y", y.len()))?;
        let classes = distinct(y.iter().copied());
        if let &[only] = classes.as_slice() {
            return Err(Error::InvalidArgument {
                op: OP,
                argument: "y",
                value: format!("{only} in all {} rows", y.len()),
                problem: "there is only one class".into(),
                cure: "Give rows of at least two classes.".into(),
            });
        }
        let position = |label: &i64| classes.binary_search(label).expect("it was seen") as i64;
        let y: Vec<i64> = y.iter().map(position).collect();
        let y = Classes::new(&y, classes.len());
        let strength = 1.0 / (self.c * x.size(0) as f64);
        let scaling = no_grad(|| Scaling::new(&x, strength, self.fit_intercept))?;
        let (scaled, penalty) = scaling.apply(&x, strength);
        let (w, iterations) =
            self.minimise(&Problem::new(&scaled, &penalty, &y, self.fit_intercept))?;
        let w = scaling.undo(&w);
        let penalty = zeros_dtype([x.size(1)], DType::F64) + strength;
        let report = self.judge(
            &Problem::new(&x, &penalty, &y, self.fit_intercept),
            &w,
            iterations,
        )?;
        let features = x.size(1) as i64;
        let intercept = match self.fit_intercept {
            true => w.i((.., -1)).copy(),
            false => zeros_dtype([w.size(0)], DType::F64),
        };
        Ok(LogisticRegression {
            coef: w.i((.., ..features)).copy(),
            intercept,
            classes,
            report,
        })
    }

    fn check(&self) -> Result<()> {
        let positive = |argument, value: f64| {
            if value > 0.0 && value.is_finite() {
                return Ok(());
            }
            Err(Error::InvalidArgument {
                op: OP,
                argument,
                value: value.to_string(),
                problem: "it is not positive and finite".into(),
                cure: "Give a number above 0.".into(),
            })
        };
        positive("c", self.c)?;
        positive("tol", self.tol)?;
        if self.max_iter > 0 {
            return Ok(());
        }
        Err(Error::InvalidArgument {
            op: OP,
            argument: "max_iter",
            value: "0".into(),
            problem: "a fit takes at least one iteration".into(),
            cure: "Give a number from 1 up.".into(),
        })
    }

    /// The weights of the least objective, and the number of iterations.
    fn minimise(&self, problem: &Problem) -> Result<(Tensor, usize)> {
        let w = problem.start().requires_grad_();
        let first = self.max_iter.min(FAR);
        let mut lbfgs = Lbfgs::new([&w], 1.0)
            .strong_wolfe()
            .max_iter(first)
            .max_eval(10 * first)
            .tolerance_grad(NEAR)
            .tolerance_change(1e-12);
        let far = lbfgs.step_with(|| problem.objective(&w))?.iterations;
        let (w, near) = no_grad(|| newton(problem, w.detach(), self.max_iter - far))?;
        Ok((w, far + near))
    }

    /// What the weights are worth, by the features as they were given.
    fn judge(&self, problem: &Problem, w: &Tensor, iterations: usize) -> Result<FitReport> {
        let gradient = problem.local(w)?.gradient;
        let gradient_norm = gradient.square().sum().sqrt().item::<f64>();
        Ok(FitReport {
            converged: gradient_norm <= self.tol,
            iterations,
            objective: problem.objective(w)?.item(),
            gradient_norm,
            tol: self.tol,
        })
    }
}
