//! Mini-batches.

use super::batch_sampler::{BatchSampling, at_least_one};
use super::dataset::Dataset;
use super::make_batch::{CollateFn, Collated, MakeBatch};
use super::plan::{Cut, Order, Plan};
use super::prefetch::Prefetch;
use super::sampler::{Sampler, Source};
use crate::Result;
use crate::error::OrPanic;
use crate::random::Generator;
use std::sync::Arc;

/// Batches of a data set; each loop over it is one epoch. With the same seed, PyTorch's order.
///
/// As in PyTorch, an epoch draws a base seed when it starts, even without shuffling, and the sampler's draw follows
/// at the first batch. The base seed and what [`shuffle`](Self::shuffle) draws come from the thread's default generator
/// unless [`generator`](Self::generator) gave another; a sampler has its own source.
///
/// An epoch that cannot give a batch (a data set without items, or with `drop_last` fewer than a batch of them) gives
/// an error, where PyTorch's loop passes over nothing.
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
pub struct DataLoader<D, C = Collated> {
    dataset: Arc<D>,
    make: Arc<C>,
    order: Order,
    cut: Cut,
    source: Source,
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
        DataLoader {
            dataset: Arc::new(dataset),
            make: Arc::new(Collated),
            order: Order::Sequential,
            cut: Cut {
                batch_size: 1,
                drop_last: false,
            },
            source: Source::default(),
        }
    }
}

impl<D: Dataset, C> DataLoader<D, C> {
    /// The number of items of a batch, of which the last may have fewer. It may be above the number of items.
    ///
    /// # Panics
    /// If it is 0; [`try_batch_size`](Self::try_batch_size) returns the error.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// assert_eq!(DataLoader::new(rows).batch_size(4).len(), 3);
    /// ```
    #[track_caller]
    pub fn batch_size(self, batch_size: usize) -> Self {
        self.try_batch_size(batch_size).or_panic()
    }

    /// As [`batch_size`](Self::batch_size), with the error returned.
    ///
    /// # Errors
    /// If it is 0.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// assert!(DataLoader::new(rows).try_batch_size(0).is_err());
    /// ```
    pub fn try_batch_size(mut self, batch_size: usize) -> Result<Self> {
        self.cut.batch_size = at_least_one("DataLoader", batch_size)?;
        Ok(self)
    }

    /// Whether each epoch has an order of its own, by a [`RandomSampler`](super::RandomSampler). Replaces the sampler.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// assert_eq!(DataLoader::new(rows).batch_size(4).shuffle(true).len(), 3);
    /// ```
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.order = if shuffle {
            Order::Shuffled
        } else {
            Order::Sequential
        };
        self
    }

    /// The order of the items. Replaces `shuffle`.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, SubsetRandomSampler, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// assert_eq!(DataLoader::new(rows).sampler(SubsetRandomSampler::new([1, 3, 5])).len(), 3);
    /// ```
    pub fn sampler(mut self, sampler: impl Sampler + Send + Sync + 'static) -> Self {
        self.order = Order::By(Box::new(sampler));
        self
    }

    /// The batches themselves, whatever `batch_size`, `drop_last` and `shuffle` say.
    ///
    /// ```
    /// use retrograd::data::{BatchSampler, DataLoader, RandomSampler, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// let batches = BatchSampler::new(RandomSampler::new(11), 4).drop_last(true);
    /// assert_eq!(DataLoader::new(rows).batch_sampler(batches).len(), 2);
    /// ```
    pub fn batch_sampler(mut self, batches: impl BatchSampling + Send + Sync + 'static) -> Self {
        self.order = Order::Batches(Box::new(batches));
        self
    }

    /// Makes each batch by a function of its items, in place of [`Collate`](super::Collate).
    ///
    /// ```
    /// use retrograd::data::{DataLoader, Dataset};
    /// use retrograd::Result;
    ///
    /// struct Words;
    /// impl Dataset for Words {
    ///     type Item = &'static str;
    ///     fn len(&self) -> usize { 3 }
    ///     fn get(&self, i: usize) -> Result<&'static str> { Ok(["a", "bc", "def"][i]) }
    /// }
    ///
    /// let loader = DataLoader::new(Words).batch_size(2).collate(|words| Ok(words.concat()));
    /// assert_eq!(loader.iter().collect::<Result<Vec<_>>>()?, ["abc", "def"]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn collate<B, F: Fn(Vec<D::Item>) -> Result<B>>(
        self,
        collate: F,
    ) -> DataLoader<D, CollateFn<F>> {
        DataLoader {
            dataset: self.dataset,
            make: Arc::new(CollateFn(collate)),
            order: self.order,
            cut: self.cut,
            source: self.source,
        }
    }

    /// Makes up to `ahead` batches (at least one) beforehand, in the same order, on a thread that lives as long as an epoch. Comes
    /// last of the settings.
    ///
    /// The order is drawn on the caller's thread. Errors arrive at their batch, and so does a panic of the data set, as
    /// an error that ends the epoch. The thread has the caller's grad mode and default dtype, and its default generator
    /// starts from the epoch's base seed, as that of PyTorch's first worker does.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// let loader = DataLoader::new(rows).batch_size(4).prefetch(2);
    /// let mut rows = 0;
    /// for batch in &loader {
    ///     rows += batch?.size(0);
    /// }
    /// assert_eq!(rows, 11);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn prefetch(self, ahead: usize) -> Prefetch<D, C> {
        Prefetch::new(self, ahead)
    }

    /// Whether a last batch that is not full is left out; `false` by default.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// assert_eq!(DataLoader::new(rows).batch_size(4).drop_last(true).len(), 2);
    /// ```
    pub fn drop_last(mut self, drop_last: bool) -> Self {
        self.cut.drop_last = drop_last;
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
        self.source = Source::own(generator);
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
        self.order.batches(self.dataset.len(), self.cut)
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
    pub fn iter(&self) -> Batches<'_, D, C> {
        self.draw_base_seed();
        Batches {
            loader: self,
            plan: None,
        }
    }

    pub(super) fn draw_base_seed(&self) -> u64 {
        self.source.draw(Generator::draw_seed)
    }

    pub(super) fn plan(&self) -> Result<Plan> {
        self.order.plan(self.dataset.len(), self.cut, &self.source)
    }

    /// What a thread needs to make batches.
    pub(super) fn parts(&self) -> (Arc<D>, Arc<C>) {
        (self.dataset.clone(), self.make.clone())
    }
}

impl<'a, D: Dataset, C: MakeBatch<D>> IntoIterator for &'a DataLoader<D, C> {
    type Item = Result<C::Batch>;
    type IntoIter = Batches<'a, D, C>;

    fn into_iter(self) -> Batches<'a, D, C> {
        self.iter()
    }
}

/// The batches of one epoch of a [`DataLoader`].
pub struct Batches<'a, D, C = Collated> {
    loader: &'a DataLoader<D, C>,
    plan: Option<Plan>,
}

impl<D: Dataset, C: MakeBatch<D>> Iterator for Batches<'_, D, C> {
    type Item = Result<C::Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        let loader = self.loader;
        let plan = match &mut self.plan {
            Some(plan) => plan,
            none => match loader.plan() {
                Ok(plan) => none.insert(plan),
                Err(error) => {
                    *none = Some(Plan::Batches(Vec::new().into_iter()));
                    return Some(Err(error));
                }
            },
        };
        plan.next(|positions| loader.make.make_batch(&loader.dataset, positions))
    }
}
