//! Mini-batches.

use super::collate::Collate;
use super::dataset::Dataset;
use super::sampler::{RandomSampler, Sampler, SequentialSampler};
use crate::random::{Generator, default_generator};
use crate::{Error, Result};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Batches of a data set; each loop over it is one epoch. With the same seed, PyTorch's order.
///
/// As in PyTorch, an epoch draws a base seed when it starts, even without shuffling, and the sampler's draw follows
/// at the first batch, both from the thread's default generator unless [`generator`](Self::generator) gave another.
///
/// ```
/// use retrograd::data::{DataLoader, TensorDataset};
/// use retrograd::{Tensor, zeros};
/// retrograd::manual_seed(0);
/// let data = TensorDataset::new((zeros([11, 2]), (0..11i64).collect::<Tensor>()));
/// let loader = DataLoader::new(data).batch_size(4).shuffle(true);
/// assert_eq!(loader.len(), 3);
/// let mut labels = Vec::new();
/// for batch in &loader {
///     let (x, y) = batch?;
///     assert_eq!(x.size(0), y.size(0));
///     labels.push(y.to_vec::<i64>());
/// }
/// assert_eq!(labels, [vec![10, 4, 2, 9], vec![5, 8, 1, 6], vec![0, 3, 7]]);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub struct DataLoader<D> {
    dataset: D,
    sampler: Box<dyn Sampler + Send + Sync>,
    batch_size: usize,
    drop_last: bool,
    generator: Option<Mutex<Generator>>,
}

impl<D: Dataset> DataLoader<D> {
    /// Batches of one item, in order, until the builder's methods say otherwise. To share a data set, give an
    /// `Arc` of it.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// assert_eq!(DataLoader::new(rows).len(), 11);
    /// ```
    pub fn new(dataset: D) -> Self {
        let sampler = Box::new(SequentialSampler::new(dataset.len()));
        DataLoader {
            dataset,
            sampler,
            batch_size: 1,
            drop_last: false,
            generator: None,
        }
    }

    /// The number of items of a batch, of which the last may have fewer.
    ///
    /// # Panics
    /// If it is 0.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// assert_eq!(DataLoader::new(rows).batch_size(4).len(), 3);
    /// ```
    #[track_caller]
    pub fn batch_size(mut self, batch_size: usize) -> Self {
        assert!(
            batch_size > 0,
            "{}",
            Error::InvalidArgument {
                op: "DataLoader",
                argument: "batch_size",
                value: "0".into(),
                problem: "a batch has at least one item".into(),
                cure: "Give a number from 1 up.".into(),
            }
        );
        self.batch_size = batch_size;
        self
    }

    /// Whether each epoch has an order of its own, by a [`RandomSampler`]. Replaces the sampler.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// assert_eq!(DataLoader::new(rows).batch_size(4).shuffle(true).len(), 3);
    /// ```
    pub fn shuffle(self, shuffle: bool) -> Self {
        let n = self.dataset.len();
        if shuffle {
            self.sampler(RandomSampler::new(n))
        } else {
            self.sampler(SequentialSampler::new(n))
        }
    }

    /// The order of the items.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, SubsetRandomSampler, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// assert_eq!(DataLoader::new(rows).sampler(SubsetRandomSampler::new([1, 3, 5])).len(), 3);
    /// ```
    pub fn sampler(mut self, sampler: impl Sampler + Send + Sync + 'static) -> Self {
        self.sampler = Box::new(sampler);
        self
    }

    /// Whether a last batch that is not full is left out; `false` by default.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// assert_eq!(DataLoader::new(rows).batch_size(4).drop_last(true).len(), 2);
    /// ```
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.drop_last = drop_last;
        self
    }

    /// Draws from this generator instead of the thread's default one.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// let loader = DataLoader::new(rows).shuffle(true).generator(retrograd::Generator::new(0));
    /// assert_eq!(loader.iter().count(), 11);
    /// ```
    pub fn generator(mut self, generator: Generator) -> Self {
        self.generator = Some(Mutex::new(generator));
        self
    }

    /// The data set.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, Dataset, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// assert_eq!(DataLoader::new(rows).dataset().len(), 11);
    /// ```
    pub fn dataset(&self) -> &D {
        &self.dataset
    }

    /// The number of batches of an epoch.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// assert_eq!(DataLoader::new(rows).batch_size(20).len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        let items = self.sampler.len();
        if self.drop_last {
            items / self.batch_size
        } else {
            items.div_ceil(self.batch_size)
        }
    }

    /// Whether an epoch has no batch.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// assert!(!DataLoader::new(rows).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Starts an epoch.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// let loader = DataLoader::new(rows).batch_size(4);
    /// let first = loader.iter().next().unwrap()?;
    /// assert_eq!(first.shape(), [4, 2]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn iter(&self) -> Batches<'_, D> {
        self.draw(|generator, _| generator.draw_seed());
        Batches {
            loader: self,
            order: None,
            at: 0,
        }
    }

    fn draw<R>(&self, draw: impl FnOnce(&mut Generator, bool) -> R) -> R {
        match &self.generator {
            Some(own) => draw(&mut lock(own), true),
            None => default_generator(|generator| draw(generator, false)),
        }
    }
}

fn lock(generator: &Mutex<Generator>) -> MutexGuard<'_, Generator> {
    generator.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<'a, D: Dataset> IntoIterator for &'a DataLoader<D>
where
    D::Item: Collate,
{
    type Item = Result<<D::Item as Collate>::Batch>;
    type IntoIter = Batches<'a, D>;

    fn into_iter(self) -> Batches<'a, D> {
        self.iter()
    }
}

/// The batches of one epoch of a [`DataLoader`].
pub struct Batches<'a, D> {
    loader: &'a DataLoader<D>,
    order: Option<Vec<usize>>,
    at: usize,
}

impl<D: Dataset> Batches<'_, D> {
    /// The positions of the next batch.
    fn positions(&mut self) -> Option<Result<std::ops::Range<usize>>> {
        if self.order.is_none() {
            match self
                .loader
                .draw(|generator, own| self.loader.sampler.sample(generator, own))
            {
                Ok(order) => self.order = Some(order),
                Err(error) => {
                    self.order = Some(Vec::new());
                    return Some(Err(error));
                }
            }
        }
        let left = self.order.as_ref().map_or(0, Vec::len) - self.at;
        let size = left.min(self.loader.batch_size);
        if size == 0 || (self.loader.drop_last && size < self.loader.batch_size) {
            return None;
        }
        self.at += size;
        Some(Ok(self.at - size..self.at))
    }
}

impl<D: Dataset> Iterator for Batches<'_, D>
where
    D::Item: Collate,
{
    type Item = Result<<D::Item as Collate>::Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        let range = match self.positions()? {
            Ok(range) => range,
            Err(error) => return Some(Err(error)),
        };
        let order = self.order.as_deref().unwrap_or_default();
        Some(self.loader.dataset.get_batch(&order[range]))
    }
}
