//! Regularised logistic regression as a function of its weights.

use crate::loss::{BceWithLogits, CrossEntropy};
use crate::{DType, Error, Result, Tensor, cat, ones_dtype, zeros_dtype};

/// The classes of all rows, as positions.
#[derive(Clone)]
pub(super) struct Classes {
    /// i64 for the softmax, f64 for the sigmoid of one output; `[rows]`.
    y: Tensor,
    /// 1 where the row is of the output's class, f64 `[rows, outputs]`.
    hot: Tensor,
    outputs: usize,
}

impl Classes {
    pub(super) fn new(positions: &[i64], classes: usize) -> Self {
        let y: Tensor = positions.iter().copied().collect();
        if classes == 2 {
            let y = y.to(DType::F64);
            let hot = y.unsqueeze(1);
            return Classes { y, hot, outputs: 1 };
        }
        let all: Tensor = (0..classes as i64).collect();
        let hot = y.unsqueeze(1).eq(&all).to(DType::F64);
        Classes {
            y,
            hot,
            outputs: classes,
        }
    }
}

/// Mean log loss plus `sum(penalty * w^2) / 2`, as a function of `w`, `[outputs, columns]`.
pub(super) struct Problem {
    /// `[rows, columns]`.
    x: Tensor,
    /// `[columns]`.
    penalty: Tensor,
    classes: Classes,
}

impl Problem {
    /// Features and, with an intercept, a last column of ones that is not penalised.
    pub(super) fn new(x: &Tensor, penalty: &Tensor, classes: &Classes, intercept: bool) -> Problem {
        let (mut x, mut penalty) = (x.clone(), penalty.clone());
        if intercept {
            x = cat([&x, &ones_dtype([x.size(0), 1], DType::F64)], 1);
            penalty = cat([&penalty, &zeros_dtype([1], DType::F64)], 0);
        }
        Problem {
            x,
            penalty,
            classes: classes.clone(),
        }
    }

    pub(super) fn start(&self) -> Tensor {
        zeros_dtype([self.classes.outputs, self.penalty.numel()], DType::F64)
    }

    fn logits(&self, w: &Tensor) -> Result<Tensor> {
        self.x.try_mm(&w.t())
    }

    /// The objective, recorded where `w` requires a gradient.
    pub(super) fn objective(&self, w: &Tensor) -> Result<Tensor> {
        let logits = self.logits(w)?;
        let y = &self.classes.y;
        let loss = match self.classes.outputs {
            1 => BceWithLogits::new().try_forward(&logits.squeeze_dim(1), y)?,
            _ => CrossEntropy::new().try_forward(&logits, y)?,
        };
        Ok(loss + 0.5 * (&self.penalty * w.square()).sum())
    }

    /// Gradient and curvature at `w`.
    pub(super) fn local(&self, w: &Tensor) -> Result<Local<'_>> {
        let logits = self.logits(w)?;
        let p = match self.classes.outputs {
            1 => logits.sigmoid(),
            _ => logits.try_softmax(1)?,
        };
        let rows = self.x.size(0) as f64;
        let off = (&p - &self.classes.hot).t();
        let gradient = off.try_mm(&self.x)? / rows + &self.penalty * w;
        let spread = (&p * (1.0 - &p)).t();
        let diagonal = spread.try_mm(&self.x.square())? / rows + &self.penalty;
        Ok(Local {
            problem: self,
            p,
            gradient,
            diagonal,
        })
    }
}

/// The problem near one point.
pub(super) struct Local<'a> {
    problem: &'a Problem,
    p: Tensor,
    pub(super) gradient: Tensor,
    /// The diagonal of the Hessian.
    pub(super) diagonal: Tensor,
}

impl Local<'_> {
    /// `v` without what it has in common for all classes, where there are several.
    pub(super) fn without_shift(&self, v: Tensor) -> Tensor {
        match self.problem.classes.outputs {
            1 => v,
            _ => &v - v.mean_dim(0),
        }
    }

    /// The Hessian times `v`, `[outputs, columns]`.
    pub(super) fn curvature(&self, v: &Tensor) -> Result<Tensor> {
        let Problem {
            x,
            penalty,
            classes,
        } = self.problem;
        let along = x.try_mm(&v.t())?;
        let moved = match classes.outputs {
            1 => &self.p * (1.0 - &self.p) * along,
            _ => {
                let mean = (&self.p * &along).sum_dim(1).unsqueeze(1);
                &self.p * (along - mean)
            }
        };
        Ok(moved.t().try_mm(x)? / x.size(0) as f64 + penalty * v)
    }
}

/// Coordinates in which the curvature at 0 is alike along every feature: raw and standardised features are nearly the
/// same problem there.
pub(super) struct Scaling {
    centre: Option<Tensor>,
    divisor: Tensor,
}

impl Scaling {
    pub(super) fn new(x: &Tensor, strength: f64, intercept: bool) -> Result<Self> {
        let centre = intercept.then(|| x.mean_dim(0));
        let spread = match &centre {
            Some(centre) => (x - centre).square(),
            None => x.square(),
        };
        // At 0 the loss curves by a quarter of the mean square, and the penalty by its strength.
        let divisor = (spread.mean_dim(0) + 4.0 * strength).sqrt();
        match divisor.to_vec::<f64>().iter().position(|d| !d.is_finite()) {
            None => Ok(Scaling { centre, divisor }),
            Some(column) => Err(Error::InvalidArgument {
                op: "LogisticRegression",
                argument: "x",
                value: format!("column {column}"),
                problem: "the squares of its numbers are beyond f64".into(),
                cure: "Divide the column by a power of ten, or standardise it.".into(),
            }),
        }
    }

    /// Features and penalties in these coordinates.
    pub(super) fn apply(&self, x: &Tensor, strength: f64) -> (Tensor, Tensor) {
        let centred = match &self.centre {
            Some(centre) => x - centre,
            None => x.clone(),
        };
        (centred / &self.divisor, strength / self.divisor.square())
    }

    /// The same weights for the features as they were given.
    pub(super) fn undo(&self, w: &Tensor) -> Tensor {
        let features = self.divisor.numel() as i64;
        let coef = w.i((.., ..features)) / &self.divisor;
        let Some(centre) = &self.centre else {
            return coef;
        };
        let intercept = w.i((.., features..)) - (&coef * centre).sum_dim(1).unsqueeze(1);
        cat([coef, intercept], 1)
    }
}
