//! Batches made beforehand, on a thread.

use super::dataset::Dataset;
use super::loader::DataLoader;
use super::make_batch::{Collated, MakeBatch};
use super::plan::Plan;
use crate::tape::GradMode;
use crate::{DType, Error, Result, default_dtype, is_grad_enabled, manual_seed, set_default_dtype};
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

/// A loader whose batches are made on a thread while the last ones are used; see [`DataLoader::prefetch`].
pub struct Prefetch<D, C = Collated> {
    loader: DataLoader<D, C>,
    ahead: usize,
}

impl<D: Dataset, C> Prefetch<D, C> {
    pub(super) fn new(loader: DataLoader<D, C>, ahead: usize) -> Self {
        Prefetch { loader, ahead }
    }

    /// The number of batches of an epoch.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// assert_eq!(DataLoader::new(rows).batch_size(4).prefetch(2).len(), 3);
    /// ```
    pub fn len(&self) -> usize {
        self.loader.len()
    }

    /// Whether an epoch has no batch.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// assert!(!DataLoader::new(rows).prefetch(2).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.loader.is_empty()
    }

    /// The data set.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, Dataset, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// assert_eq!(DataLoader::new(rows).prefetch(2).dataset().len(), 11);
    /// ```
    pub fn dataset(&self) -> &D {
        self.loader.dataset()
    }
}

impl<D, C> Prefetch<D, C>
where
    D: Dataset + Send + Sync + 'static,
    C: MakeBatch<D> + Send + Sync + 'static,
    C::Batch: Send + 'static,
{
    /// Starts an epoch, and its thread. Dropping the iterator ends both, after the batch at hand.
    ///
    /// ```
    /// use retrograd::data::{DataLoader, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([11, 2]));
    /// let loader = DataLoader::new(rows).batch_size(4).prefetch(2);
    /// assert_eq!(loader.iter().next().unwrap()?.shape(), [4, 2]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn iter(&self) -> PrefetchedBatches<C::Batch> {
        let seed = self.loader.draw_base_seed();
        let plan = match self.loader.plan() {
            Ok(plan) => plan,
            Err(error) => return PrefetchedBatches(State::Refused(error)),
        };
        let (dataset, make) = self.loader.parts();
        let modes = Modes::of_this_thread(seed);
        // A batch waits in the sender's hands besides those in the channel.
        let (sender, batches) = sync_channel(self.ahead.saturating_sub(1));
        let spawned = thread::Builder::new()
            .name("retrograd-prefetch".into())
            .spawn(move || {
                let _mode = modes.enter();
                work(dataset, make, plan, &sender);
            });
        PrefetchedBatches(match spawned {
            Ok(worker) => State::Running(batches, worker),
            Err(error) => State::Refused(Error::Data {
                place: "DataLoader::prefetch".into(),
                problem: format!("no thread could be started: {error}"),
                cure: "Leave `prefetch` out, or raise the system's limit on threads.".into(),
            }),
        })
    }
}

impl<D, C> IntoIterator for &Prefetch<D, C>
where
    D: Dataset + Send + Sync + 'static,
    C: MakeBatch<D> + Send + Sync + 'static,
    C::Batch: Send + 'static,
{
    type Item = Result<C::Batch>;
    type IntoIter = PrefetchedBatches<C::Batch>;

    fn into_iter(self) -> PrefetchedBatches<C::Batch> {
        self.iter()
    }
}

/// What belongs to a thread and is handed on to the worker.
struct Modes {
    grad: bool,
    dtype: DType,
    seed: u64,
}

impl Modes {
    fn of_this_thread(seed: u64) -> Self {
        Modes {
            grad: is_grad_enabled(),
            dtype: default_dtype(),
            seed,
        }
    }

    fn enter(self) -> GradMode {
        set_default_dtype(self.dtype);
        manual_seed(self.seed);
        GradMode::set(self.grad)
    }
}

/// Makes the batches until the epoch, or the interest in it, ends. A panic ends it too.
fn work<D: Dataset, C: MakeBatch<D>>(
    dataset: Arc<D>,
    make: Arc<C>,
    mut plan: Plan,
    batches: &SyncSender<Result<C::Batch>>,
) {
    let mut number = 0;
    loop {
        let made = plan.next(|positions| {
            catch_unwind(AssertUnwindSafe(|| make.make_batch(&dataset, positions))).map_err(
                |panic| Error::Panic {
                    place: format!("DataLoader, batch {number}, positions {positions:?}"),
                    message: message(&*panic),
                },
            )
        });
        let (batch, last) = match made {
            None => return,
            Some(Ok(batch)) => (batch, false),
            Some(Err(panic)) => (Err(panic), true),
        };
        if batches.send(batch).is_err() || last {
            return;
        }
        number += 1;
    }
}

/// The text of a panic.
fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| text.to_string());
    text.or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".into())
}

/// The batches of one epoch of a [`Prefetch`].
pub struct PrefetchedBatches<B>(State<B>);

enum State<B> {
    Refused(Error),
    Running(Receiver<Result<B>>, JoinHandle<()>),
    Ended,
}

impl<B> PrefetchedBatches<B> {
    /// Lets the thread end: without a receiver its next send fails.
    fn end(&mut self) {
        if let State::Running(batches, worker) = std::mem::replace(&mut self.0, State::Ended) {
            drop(batches);
            // Panics of the data set were caught, so there is none to hand on.
            let _ = worker.join();
        }
    }
}

impl<B> Iterator for PrefetchedBatches<B> {
    type Item = Result<B>;

    fn next(&mut self) -> Option<Result<B>> {
        if let State::Running(batches, _) = &self.0 {
            let next = batches.recv().ok();
            if next.is_none() {
                self.end();
            }
            return next;
        }
        match std::mem::replace(&mut self.0, State::Ended) {
            State::Refused(error) => Some(Err(error)),
            _ => None,
        }
    }
}

impl<B> Drop for PrefetchedBatches<B> {
    fn drop(&mut self) {
        self.end();
    }
}
