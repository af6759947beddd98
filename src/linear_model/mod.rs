//! Linear models, fitted until they have converged, by scikit-learn's objectives.

mod fit;
mod logistic;
mod newton;
mod problem;

pub use fit::{FitReport, LogisticOptions};
pub use logistic::LogisticRegression;
