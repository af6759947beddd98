//! Scaling, encoding and splitting, with scikit-learn's formulas.

mod scaler;
mod split;
mod stratify;

pub use scaler::StandardScaler;
pub use split::{Size, TrainTestSplit, train_test_split};
