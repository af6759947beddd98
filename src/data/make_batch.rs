//! How a loader turns positions into a batch.

use super::collate::Collate;
use super::dataset::Dataset;
use crate::Result;

/// Makes a batch of a data set's items: by the items' [`Collate`], or by a function given to
/// [`DataLoader::collate`](super::DataLoader::collate).
#[diagnostic::on_unimplemented(
    message = "the items of `{D}` do not make a batch",
    note = "implement `retrograd::data::Collate` for them, or give the loader a function with `collate`"
)]
pub trait MakeBatch<D: Dataset + ?Sized> {
    /// The batch.
    type Batch;

    /// The items at `positions` as one batch.
    ///
    /// # Errors
    /// If an item cannot be had, or the items do not fit together.
    fn make_batch(&self, dataset: &D, positions: &[usize]) -> Result<Self::Batch>;
}

/// Batches by [`Dataset::get_batch`], the default of a loader.
#[derive(Debug, Clone, Copy)]
pub struct Collated;

impl<D: Dataset + ?Sized> MakeBatch<D> for Collated
where
    D::Item: Collate,
{
    type Batch = <D::Item as Collate>::Batch;

    fn make_batch(&self, dataset: &D, positions: &[usize]) -> Result<Self::Batch> {
        dataset.get_batch(positions)
    }
}

/// Batches by a function of the items.
#[derive(Clone, Copy)]
pub struct CollateFn<F>(pub(super) F);

impl<D: Dataset + ?Sized, F, B> MakeBatch<D> for CollateFn<F>
where
    F: Fn(Vec<D::Item>) -> Result<B>,
{
    type Batch = B;

    fn make_batch(&self, dataset: &D, positions: &[usize]) -> Result<B> {
        let items: Result<Vec<_>> = positions.iter().map(|&i| dataset.get(i)).collect();
        self.0(items?)
    }
}
