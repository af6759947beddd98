//! From files to mini-batches: tables, data sets, samplers, loaders, splits and scaling.

mod collate;
#[cfg(feature = "csv")]
mod csv;
mod dataset;
mod loader;
mod sampler;
mod scaler;
mod split;
mod stratify;
mod subset;
#[cfg(feature = "csv")]
mod table;

pub use collate::Collate;
#[cfg(feature = "csv")]
pub use csv::CsvReader;
pub use dataset::{Dataset, TensorDataset, Tensors};
pub use loader::{Batches, DataLoader};
pub use sampler::{
    RandomSampler, Sampler, SequentialSampler, SubsetRandomSampler, WeightedRandomSampler,
};
pub use scaler::StandardScaler;
pub use split::{Size, TrainTestSplit, train_test_split};
pub use subset::{ConcatDataset, Length, Lengths, Subset, random_split, random_split_with};
#[cfg(feature = "csv")]
pub use table::{Column, Table};
