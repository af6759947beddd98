//! Which items make a batch.

use super::sampler::Sampler;
use crate::error::{Error, OrPanic, Result};

/// The batches of one epoch, as positions. Written for batches that a size and an order do not describe, such as one
/// of each class.
///
/// ```
/// use retrograd::data::{BatchSampling, DataLoader, TensorDataset};
/// use retrograd::{Result, tensor};
///
/// struct Growing(usize);
///
/// impl BatchSampling for Growing {
///     fn sample(&self) -> Result<Vec<Vec<usize>>> {
///         Ok((1..=self.0).map(|size| (0..size).collect()).collect())
///     }
///     fn len(&self) -> usize {
///         self.0
///     }
/// }
///
/// let loader = DataLoader::new(TensorDataset::new(tensor![5, 6, 7])).batch_sampler(Growing(3));
/// let sizes = loader.iter().map(|batch| Ok(batch?.numel())).collect::<Result<Vec<_>>>()?;
/// assert_eq!(sizes, [1, 2, 3]);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub trait BatchSampling {
    /// Draws the batches.
    ///
    /// # Errors
    /// If the settings do not allow a draw.
    fn sample(&self) -> Result<Vec<Vec<usize>>>;

    /// The number of batches.
    fn len(&self) -> usize;

    /// Whether an epoch has no batch.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A sampler's positions cut into batches of one size, `torch.utils.data.BatchSampler`.
///
/// ```
/// use retrograd::data::{BatchSampler, BatchSampling, SequentialSampler};
/// let batches = BatchSampler::new(SequentialSampler::new(5), 2);
/// assert_eq!(batches.sample()?, [vec![0, 1], vec![2, 3], vec![4]]);
/// assert_eq!(batches.drop_last(true).len(), 2);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct BatchSampler<S> {
    sampler: S,
    batch_size: usize,
    drop_last: bool,
}

impl<S: Sampler> BatchSampler<S> {
    /// Batches of `batch_size` positions, of which the last may have fewer.
    ///
    /// # Panics
    /// If the size is 0; [`try_new`](Self::try_new) returns the error.
    ///
    /// ```
    /// use retrograd::data::{BatchSampler, BatchSampling, SequentialSampler};
    /// assert_eq!(BatchSampler::new(SequentialSampler::new(5), 2).len(), 3);
    /// ```
    #[track_caller]
    pub fn new(sampler: S, batch_size: usize) -> Self {
        Self::try_new(sampler, batch_size).or_panic()
    }

    /// As [`new`](Self::new), with the error returned.
    ///
    /// # Errors
    /// If the size is 0.
    ///
    /// ```
    /// use retrograd::data::{BatchSampler, SequentialSampler};
    /// assert!(BatchSampler::try_new(SequentialSampler::new(5), 0).is_err());
    /// ```
    pub fn try_new(sampler: S, batch_size: usize) -> Result<Self> {
        Ok(BatchSampler {
            sampler,
            batch_size: at_least_one("BatchSampler", batch_size)?,
            drop_last: false,
        })
    }

    /// Whether a last batch that is not full is left out; `false` by default.
    ///
    /// ```
    /// use retrograd::data::{BatchSampler, BatchSampling, SequentialSampler};
    /// assert_eq!(BatchSampler::new(SequentialSampler::new(5), 2).drop_last(true).len(), 2);
    /// ```
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.drop_last = drop_last;
        self
    }
}

impl<S: Sampler> BatchSampling for BatchSampler<S> {
    fn sample(&self) -> Result<Vec<Vec<usize>>> {
        Ok(cut(self.sampler.sample()?, self.batch_size, self.drop_last))
    }

    fn len(&self) -> usize {
        count(self.sampler.len(), self.batch_size, self.drop_last)
    }
}

/// The number of batches of `items` items.
pub(super) fn count(items: usize, batch_size: usize, drop_last: bool) -> usize {
    if drop_last {
        items / batch_size
    } else {
        items.div_ceil(batch_size)
    }
}

pub(super) fn cut(order: Vec<usize>, batch_size: usize, drop_last: bool) -> Vec<Vec<usize>> {
    let batches = count(order.len(), batch_size, drop_last);
    let batch = |positions: &[usize]| positions.to_vec();
    order.chunks(batch_size).take(batches).map(batch).collect()
}

pub(super) fn at_least_one(op: &'static str, batch_size: usize) -> Result<usize> {
    if batch_size > 0 {
        return Ok(batch_size);
    }
    Err(Error::InvalidArgument {
        op,
        argument: "batch_size",
        value: "0".into(),
        problem: "a batch has at least one item".into(),
        cure: "Give a number from 1 up.".into(),
    })
}
