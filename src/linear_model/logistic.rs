//! Logistic regression.

use super::fit::{FitReport, LogisticOptions};
use crate::inputs::finite_matrix;
use crate::{DType, Error, Result, Tensor, stack};

/// Logistic regression of two or more classes with an L2 penalty, `sklearn.linear_model.LogisticRegression`, fitted to
/// convergence.
///
/// It minimises scikit-learn's objective, here as a mean over the rows,
/// `mean(log loss) + sum(coef^2) / (2 C rows)`; the intercept is not penalised. With two classes there is one output,
/// whose sigmoid is the probability of the second; with more there is one for each class, and their softmax.
///
/// All is computed in f64. Inside, features are centred (with an intercept) and scaled to like curvature, which changes
/// the path and not the optimum; L-BFGS does the first part of the way and Newton's method with conjugate gradients the
/// rest, so that raw features of very different size converge too. [`report`](Self::report) says how it went.
///
/// ```
/// use retrograd::{datasets, linear_model::LogisticRegression};
/// let set = datasets::breast_cancer(); // raw: the columns' sizes differ by five orders of magnitude
/// let model = LogisticRegression::fit(&set.data, &set.target)?;
/// assert!(model.report().converged && model.report().gradient_norm <= 1e-8);
/// assert!(model.score(&set.data, &set.target)? > 0.95);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct LogisticRegression {
    pub(super) coef: Tensor,
    pub(super) intercept: Tensor,
    pub(super) classes: Vec<i64>,
    pub(super) report: FitReport,
}

impl LogisticRegression {
    /// Fits the default settings: C = 1, with an intercept.
    ///
    /// # Errors
    /// As [`LogisticOptions::fit`].
    ///
    /// ```
    /// use retrograd::{linear_model::LogisticRegression, tensor};
    /// let model = LogisticRegression::fit(&tensor![[0.0], [1.0], [2.0]], &tensor![0, 1, 1])?;
    /// assert_eq!(model.coef().shape(), [1, 1]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn fit(x: &Tensor, y: &Tensor) -> Result<Self> {
        Self::options().fit(x, y)
    }

    /// Settings to change before [`LogisticOptions::fit`].
    ///
    /// ```
    /// use retrograd::{linear_model::LogisticRegression, tensor};
    /// let (x, y) = (tensor![[0.0], [1.0], [2.0]], tensor![0, 1, 1]);
    /// let strong = LogisticRegression::options().c(1e-3).fit(&x, &y)?;
    /// assert!(strong.coef().item::<f64>() < LogisticRegression::fit(&x, &y)?.coef().item::<f64>());
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn options() -> LogisticOptions {
        LogisticOptions::default()
    }

    /// The coefficients, f64: `[1, features]` for two classes, else `[classes, features]`.
    ///
    /// ```
    /// use retrograd::{datasets, linear_model::LogisticRegression};
    /// let iris = datasets::iris();
    /// assert_eq!(LogisticRegression::fit(&iris.data, &iris.target)?.coef().shape(), [3, 4]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn coef(&self) -> &Tensor {
        &self.coef
    }

    /// The intercepts, f64: `[1]` for two classes, else `[classes]`; 0 without `fit_intercept`.
    ///
    /// ```
    /// use retrograd::{datasets, linear_model::LogisticRegression};
    /// let iris = datasets::iris();
    /// assert_eq!(LogisticRegression::fit(&iris.data, &iris.target)?.intercept().shape(), [3]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn intercept(&self) -> &Tensor {
        &self.intercept
    }

    /// The labels that were seen, in order.
    ///
    /// ```
    /// use retrograd::{linear_model::LogisticRegression, tensor};
    /// let model = LogisticRegression::fit(&tensor![[0.0], [1.0], [2.0]], &tensor![4, 2, 2])?;
    /// assert_eq!(model.classes(), [2, 4]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn classes(&self) -> &[i64] {
        &self.classes
    }

    /// Whether the fit converged, after how many iterations, and how close it came.
    ///
    /// ```
    /// use retrograd::{linear_model::LogisticRegression, tensor};
    /// let model = LogisticRegression::fit(&tensor![[0.0], [1.0], [2.0]], &tensor![0, 1, 1])?;
    /// assert!(model.report().gradient_norm <= 1e-8);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn report(&self) -> &FitReport {
        &self.report
    }

    /// `x coef^T + intercept`, f64: `[rows]` for two classes, else `[rows, classes]`.
    ///
    /// # Errors
    /// If `x` is no matrix with the features that were fitted, or holds a number that is not finite.
    ///
    /// ```
    /// use retrograd::{linear_model::LogisticRegression, tensor};
    /// let model = LogisticRegression::fit(&tensor![[-1.0], [1.0]], &tensor![0, 1])?;
    /// assert!(model.decision_function(&tensor![[0.0]])?.item::<f64>().abs() < 1e-12);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn decision_function(&self, x: &Tensor) -> Result<Tensor> {
        let logits = self.logits("LogisticRegression::decision_function", x)?;
        Ok(match self.classes.len() {
            2 => logits.squeeze_dim(1),
            _ => logits,
        })
    }

    fn logits(&self, op: &'static str, x: &Tensor) -> Result<Tensor> {
        let x = finite_matrix(op, "x", x)?;
        if x.size(1) != self.coef.size(1) {
            return Err(Error::Shape {
                op,
                problem: format!(
                    "x has {} columns, and {} were fitted",
                    x.size(1),
                    self.coef.size(1)
                ),
                cure: "Give the columns that were fitted.".into(),
            });
        }
        x.try_mm(&self.coef.t())?.try_add(&self.intercept)
    }

    /// The probability of each class, f64 `[rows, classes]`, in the order of [`classes`](Self::classes).
    ///
    /// # Errors
    /// As [`decision_function`](Self::decision_function).
    ///
    /// ```
    /// use retrograd::{linear_model::LogisticRegression, tensor};
    /// let model = LogisticRegression::fit(&tensor![[-1.0], [1.0]], &tensor![0, 1])?;
    /// assert_eq!(model.predict_proba(&tensor![[3.0], [0.5]])?.shape(), [2, 2]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn predict_proba(&self, x: &Tensor) -> Result<Tensor> {
        let logits = self.logits("LogisticRegression::predict_proba", x)?;
        match self.classes.len() {
            2 => {
                let p = logits.squeeze_dim(1).sigmoid();
                Ok(stack([&(1.0 - &p), &p], 1))
            }
            _ => logits.try_softmax(1),
        }
    }

    /// The most probable class of each row, i64 `[rows]`.
    ///
    /// # Errors
    /// As [`decision_function`](Self::decision_function).
    ///
    /// ```
    /// use retrograd::{linear_model::LogisticRegression, tensor};
    /// let model = LogisticRegression::fit(&tensor![[-1.0], [1.0]], &tensor![2, 4])?;
    /// assert_eq!(model.predict(&tensor![[3.0], [-0.5]])?, tensor![4, 2]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn predict(&self, x: &Tensor) -> Result<Tensor> {
        let logits = self.logits("LogisticRegression::predict", x)?;
        let best = match self.classes.len() {
            2 => logits.squeeze_dim(1).gt(0.0).to(DType::I64),
            _ => logits.argmax_dim(1),
        };
        let class = |&at: &i64| self.classes[at as usize];
        Ok(best.to_vec::<i64>().iter().map(class).collect())
    }

    /// The share of rows whose class is predicted.
    ///
    /// # Errors
    /// As [`predict`](Self::predict), and if `y` are no labels, one for each row.
    ///
    /// ```
    /// use retrograd::{linear_model::LogisticRegression, tensor};
    /// let (x, y) = (tensor![[-1.0], [1.0]], tensor![0, 1]);
    /// assert_eq!(LogisticRegression::fit(&x, &y)?.score(&x, &y)?, 1.0);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn score(&self, x: &Tensor, y: &Tensor) -> Result<f64> {
        crate::metrics::accuracy_score(y, &self.predict(x)?)
    }
}
