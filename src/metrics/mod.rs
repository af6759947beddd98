//! How good predictions are: scikit-learn's metrics, by its names and formulas.
//!
//! Labels are `[rows]`: integers, `bool`, or floats that hold whole numbers. Figures are f64. What cannot be judged, as
//! labels that are no classes or arguments of different lengths, is an error.
//!
//! ```
//! use retrograd::metrics::{Average, accuracy_score, confusion_matrix, f1_score};
//! use retrograd::tensor;
//! let (y, predicted) = (tensor![0, 1, 1, 0, 1], tensor![0, 1, 0, 0, 1]);
//! assert_eq!(accuracy_score(&y, &predicted)?, 0.8);
//! assert_eq!(confusion_matrix(&y, &predicted)?, tensor![[2, 0], [1, 2]]);
//! assert_eq!(f1_score(&y, &predicted, Average::Binary)?, 0.8);
//! # Ok::<(), retrograd::Error>(())
//! ```

mod classification;
mod f1;
mod probability;
mod ranking;
mod regression;

pub use classification::{
    accuracy_score, balanced_accuracy_score, confusion_matrix, matthews_corrcoef,
};
pub use f1::{Average, ClassScores, class_scores, f1_score, precision_score, recall_score};
pub use probability::log_loss;
pub use ranking::{RocCurve, average_precision_score, roc_auc_score, roc_curve};
pub use regression::{mean_absolute_error, mean_squared_error, r2_score};
