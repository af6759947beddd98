//! From files to mini-batches: tables, data sets, samplers and loaders.
//!
//! A [`Dataset`] gives items by position, a [`Sampler`] their order, and a [`DataLoader`] batches of them: an epoch is
//! one loop over it. From the same seed the order is PyTorch's.
//!
//! ```
//! use retrograd::data::{DataLoader, TensorDataset, random_split};
//! use retrograd::datasets;
//! retrograd::manual_seed(0);
//! let iris = datasets::iris();
//! let [train, test] = random_split(TensorDataset::new((iris.data, iris.target)), [0.8, 0.2])?;
//! let (train, test) = (DataLoader::new(train).batch_size(32).shuffle(true), DataLoader::new(test).batch_size(30));
//! for batch in &train {
//!     let (x, y) = batch?;
//!     assert_eq!((x.size(0), x.size(1)), (y.numel(), 4));
//! }
//! assert_eq!((train.len(), test.len()), (4, 1));
//! # Ok::<(), retrograd::Error>(())
//! ```
//!
//! A table of one's own is read by [`CsvReader`] (feature `csv`); scaling, encoding and splitting stand in
//! [`preprocessing`](crate::preprocessing).

mod batch_sampler;
mod collate;
#[cfg(feature = "csv")]
mod csv;
mod dataset;
mod loader;
mod make_batch;
mod plan;
mod prefetch;
mod sampler;
mod subset;
#[cfg(feature = "csv")]
mod table;

pub use batch_sampler::{BatchSampler, BatchSampling};
pub use collate::Collate;
#[cfg(feature = "csv")]
pub use csv::CsvReader;
pub(crate) use dataset::rows;
pub use dataset::{Dataset, TensorDataset, Tensors};
pub use loader::{Batches, DataLoader};
pub use make_batch::{CollateFn, Collated, MakeBatch};
pub use prefetch::{Prefetch, PrefetchedBatches};
pub use sampler::{
    RandomSampler, Sampler, SequentialSampler, SubsetRandomSampler, WeightedRandomSampler,
};
pub use subset::{ConcatDataset, Length, Lengths, Subset, random_split, random_split_with};
#[cfg(feature = "csv")]
pub use table::{Column, Table};
