//! Scaling, encoding and splitting, with scikit-learn's names and formulas.
//!
//! What is fitted is a value of its own: a scaler exists once it has seen data, so there is none to forget to fit.
//!
//! ```
//! use retrograd::datasets;
//! use retrograd::preprocessing::{StandardScaler, train_test_split};
//! let set = datasets::breast_cancer();
//! let split = train_test_split().test_size(0.2).random_state(42).stratify(&set.target)?;
//! let ((x_train, _), (x_test, _)) = split.split((set.data, set.target))?;
//! let scaler = StandardScaler::fit(&x_train)?;
//! assert_eq!(scaler.transform(&x_test)?.shape(), [114, 30]);
//! # Ok::<(), retrograd::Error>(())
//! ```

mod columns;
mod encode;
mod folds;
mod impute;
mod min_max;
mod normalize;
mod scaler;
mod split;
mod stratify;

pub use encode::{LabelEncoder, one_hot};
pub use folds::{KFold, StratifiedKFold};
pub use impute::{SimpleImputer, Strategy};
pub use min_max::{MinMaxOptions, MinMaxScaler};
pub use normalize::{Norm, normalize};
pub use scaler::{StandardOptions, StandardScaler};
pub use split::{Size, TrainTestSplit, train_test_split};
