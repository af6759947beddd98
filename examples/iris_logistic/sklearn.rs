//! What the trainings are held against.

use crate::{Data, print_array, three_places};
use retrograd::linear_model::LogisticRegression;
use retrograd::prelude::*;
use retrograd::{numpy, optim};

/// C of the batch solver: almost no penalty.
const C: f64 = 1e5;

/// scikit-learn's solution without an intercept: what every training below is held against.
pub(crate) struct Sklearn {
    pub(crate) params: Tensor,
    /// The probabilities for the test data.
    pub(crate) proba: Tensor,
    /// Where scikit-learn's own solver ends, which does not go on to the optimum.
    pub(crate) stopped_early: Tensor,
}

impl Sklearn {
    pub(crate) fn fit(data: &Data) -> retrograd::Result<Self> {
        let (x, y) = (&data.x_train, &data.y_train);
        let model = LogisticRegression::options()
            .fit_intercept(false)
            .c(C)
            .fit(x, y)?;
        let params = model.coef().at(0);
        print_array(&params);

        let objective = |w: &Tensor| {
            let penalty = 0.5 * w.square().sum() / (C * x.size(0) as f64);
            bce_with_logits(&x.matmul(w), y) + penalty
        };
        let stopped_early = optim::minimize(objective, &params.zeros_like())
            .gtol(1e-4)
            .ftol(64.0 * f64::EPSILON)
            .max_ls(50)
            .run()?
            .x;
        Ok(Sklearn {
            proba: model.predict_proba(&data.x_test)?.i((.., 1)),
            params,
            stopped_early,
        })
    }

    pub(crate) fn print_params(&self) {
        println!(
            "parameters from sklearn {}",
            three_places().array(&self.params)
        );
    }

    /// Both solutions' probabilities, one below the other.
    pub(crate) fn print_both(&self, proba: &Tensor) {
        print_array(&self.proba);
        print_array(proba);
    }

    /// The share of flowers of which both solutions say the same.
    pub(crate) fn agreement(&self, proba: &Tensor) -> numpy::Float {
        let same = proba.gt(0.5).eq(self.proba.gt(0.5));
        numpy::float(same.double().mean().item::<f64>())
    }
}
