//! In which order a loader reads.

use crate::random::{Generator, default_generator};
use crate::{Error, Result};
use std::sync::{Arc, Mutex, PoisonError};

/// The positions of one epoch, in order.
///
/// A sampler of one's own draws from wherever it likes; the library's take the thread's default generator, or the one
/// that their `generator` method was given.
///
/// ```
/// use retrograd::data::{DataLoader, Sampler, TensorDataset};
/// use retrograd::{Result, tensor};
///
/// struct Backwards(usize);
///
/// impl Sampler for Backwards {
///     fn sample(&self) -> Result<Vec<usize>> {
///         Ok((0..self.0).rev().collect())
///     }
///     fn len(&self) -> usize {
///         self.0
///     }
/// }
///
/// let loader = DataLoader::new(TensorDataset::new(tensor![5, 6, 7])).batch_size(2).sampler(Backwards(3));
/// assert_eq!(loader.iter().next().unwrap()?, tensor![7, 6]);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub trait Sampler {
    /// Draws the positions.
    ///
    /// # Errors
    /// If the sampler's settings do not allow a draw.
    fn sample(&self) -> Result<Vec<usize>>;

    /// The number of positions.
    fn len(&self) -> usize;

    /// Whether an epoch has no positions.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn positions(drawn: Vec<i64>) -> impl Iterator<Item = usize> {
    drawn.into_iter().map(|i| i as usize)
}

fn nothing(op: &'static str, argument: &'static str) -> Error {
    Error::InvalidArgument {
        op,
        argument,
        value: "0".into(),
        problem: "there is nothing to draw".into(),
        cure: "Give a number from 1 up.".into(),
    }
}

/// Where draws come from: a generator of one's own, which clones share, or else the thread's default one.
#[derive(Debug, Clone, Default)]
pub(super) struct Source(Option<Arc<Mutex<Generator>>>);

impl Source {
    pub(super) fn own(generator: Generator) -> Self {
        Source(Some(Arc::new(Mutex::new(generator))))
    }

    fn is_own(&self) -> bool {
        self.0.is_some()
    }

    pub(super) fn draw<R>(&self, draw: impl FnOnce(&mut Generator) -> R) -> R {
        match &self.0 {
            Some(own) => draw(&mut own.lock().unwrap_or_else(PoisonError::into_inner)),
            None => default_generator(draw),
        }
    }
}

/// From the first to the last.
///
/// ```
/// use retrograd::data::{Sampler, SequentialSampler};
/// assert_eq!(SequentialSampler::new(3).sample()?, [0, 1, 2]);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct SequentialSampler {
    n: usize,
}

impl SequentialSampler {
    /// Of `n` items.
    ///
    /// ```
    /// use retrograd::data::{Sampler, SequentialSampler};
    /// assert_eq!(SequentialSampler::new(5).len(), 5);
    /// ```
    pub fn new(n: usize) -> Self {
        SequentialSampler { n }
    }
}

impl Sampler for SequentialSampler {
    fn sample(&self) -> Result<Vec<usize>> {
        Ok((0..self.n).collect())
    }

    fn len(&self) -> usize {
        self.n
    }
}

/// In random order, by default each item once. What `shuffle(true)` gives a loader.
///
/// From the default generator it draws a seed for a generator of the epoch, as PyTorch does.
///
/// ```
/// use retrograd::{Generator, data::{RandomSampler, Sampler}};
/// let sampler = RandomSampler::new(4).generator(Generator::new(0));
/// assert_eq!(sampler.sample()?, [0, 1, 3, 2]);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RandomSampler {
    n: usize,
    replacement: bool,
    num_samples: Option<usize>,
    source: Source,
}

impl RandomSampler {
    /// Of `n` items.
    ///
    /// ```
    /// use retrograd::data::{RandomSampler, Sampler};
    /// assert_eq!(RandomSampler::new(5).len(), 5);
    /// ```
    pub fn new(n: usize) -> Self {
        Self::drawn_from(n, Source::default())
    }

    pub(super) fn drawn_from(n: usize, source: Source) -> Self {
        RandomSampler {
            n,
            replacement: false,
            num_samples: None,
            source,
        }
    }

    /// Draws every position anew, so that an item can come twice; `false` by default.
    ///
    /// ```
    /// use retrograd::data::{RandomSampler, Sampler};
    /// let order = RandomSampler::new(1).replacement(true).num_samples(3).sample()?;
    /// assert_eq!(order, [0, 0, 0]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn replacement(mut self, replacement: bool) -> Self {
        self.replacement = replacement;
        self
    }

    /// Draws that many positions; by default as many as there are items. Without replacement, one permutation follows
    /// another.
    ///
    /// ```
    /// use retrograd::data::{RandomSampler, Sampler};
    /// assert_eq!(RandomSampler::new(5).num_samples(12).len(), 12);
    /// ```
    pub fn num_samples(mut self, num_samples: usize) -> Self {
        self.num_samples = Some(num_samples);
        self
    }

    /// Draws from this generator, and no seed from the default one. Clones of the sampler share it.
    ///
    /// ```
    /// use retrograd::{Generator, data::{RandomSampler, Sampler}};
    /// let sampler = RandomSampler::new(3).generator(Generator::new(0));
    /// let positions = |order: Vec<i64>| order.into_iter().map(|i| i as usize).collect::<Vec<_>>();
    /// assert_eq!(sampler.sample()?, positions(Generator::new(0).randperm(3)));
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn generator(mut self, generator: Generator) -> Self {
        self.source = Source::own(generator);
        self
    }

    fn draw(&self, generator: &mut Generator) -> Vec<usize> {
        let count = self.len();
        let mut order = Vec::with_capacity(count);
        if self.replacement {
            let mut drawn = vec![0; count];
            generator.fill_randint(&mut drawn, 0, self.n as i64);
            order.extend(positions(drawn));
        } else {
            while order.len() + self.n <= count {
                order.extend(positions(generator.randperm(self.n)));
            }
            // PyTorch draws the last permutation even if it takes nothing of it.
            let rest = count - order.len();
            order.extend(positions(generator.randperm(self.n)).take(rest));
        }
        order
    }
}

impl Sampler for RandomSampler {
    fn sample(&self) -> Result<Vec<usize>> {
        if self.n == 0 {
            return Err(nothing("RandomSampler", "n"));
        }
        if self.len() == 0 {
            return Err(nothing("RandomSampler", "num_samples"));
        }
        if self.source.is_own() {
            return Ok(self.source.draw(|generator| self.draw(generator)));
        }
        let seed = self.source.draw(Generator::draw_seed);
        Ok(self.draw(&mut Generator::new(seed)))
    }

    fn len(&self) -> usize {
        self.num_samples.unwrap_or(self.n)
    }
}

/// Chosen positions in random order.
///
/// ```
/// use retrograd::{Generator, data::{Sampler, SubsetRandomSampler}};
/// let sampler = SubsetRandomSampler::new([1, 3, 5, 7]).generator(Generator::new(0));
/// assert_eq!(sampler.sample()?, [1, 3, 7, 5]);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SubsetRandomSampler {
    indices: Vec<usize>,
    source: Source,
}

impl SubsetRandomSampler {
    /// Of these positions.
    ///
    /// ```
    /// use retrograd::data::{Sampler, SubsetRandomSampler};
    /// assert_eq!(SubsetRandomSampler::new([4, 9]).len(), 2);
    /// ```
    pub fn new(indices: impl Into<Vec<usize>>) -> Self {
        SubsetRandomSampler {
            indices: indices.into(),
            source: Source::default(),
        }
    }

    /// Draws from this generator instead of the thread's default one. Clones of the sampler share it.
    ///
    /// ```
    /// use retrograd::{Generator, data::{Sampler, SubsetRandomSampler}};
    /// let sampler = SubsetRandomSampler::new([4, 9]).generator(Generator::new(1));
    /// assert_eq!(sampler.sample()?.len(), 2);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn generator(mut self, generator: Generator) -> Self {
        self.source = Source::own(generator);
        self
    }
}

impl Sampler for SubsetRandomSampler {
    fn sample(&self) -> Result<Vec<usize>> {
        let order = self.source.draw(|g| g.randperm(self.indices.len()));
        Ok(positions(order).map(|i| self.indices[i]).collect())
    }

    fn len(&self) -> usize {
        self.indices.len()
    }
}

/// Positions drawn with the probabilities that their weights give, by default with replacement.
///
/// ```
/// use retrograd::data::{Sampler, WeightedRandomSampler};
/// let rare = WeightedRandomSampler::new([0.0, 1.0], 3);
/// assert_eq!(rare.sample()?, [1, 1, 1]);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct WeightedRandomSampler {
    weights: Vec<f64>,
    num_samples: usize,
    replacement: bool,
    source: Source,
}

impl WeightedRandomSampler {
    /// `num_samples` positions by their weights, which need not add up to 1.
    ///
    /// ```
    /// use retrograd::data::{Sampler, WeightedRandomSampler};
    /// assert_eq!(WeightedRandomSampler::new([1.0, 3.0], 10).len(), 10);
    /// ```
    pub fn new(weights: impl Into<Vec<f64>>, num_samples: usize) -> Self {
        WeightedRandomSampler {
            weights: weights.into(),
            num_samples,
            replacement: true,
            source: Source::default(),
        }
    }

    /// Whether an item can come twice; `true` by default.
    ///
    /// ```
    /// use retrograd::data::{Sampler, WeightedRandomSampler};
    /// let sampler = WeightedRandomSampler::new([1.0, 1.0], 2).replacement(false);
    /// let mut order = sampler.sample()?;
    /// order.sort();
    /// assert_eq!(order, [0, 1]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn replacement(mut self, replacement: bool) -> Self {
        self.replacement = replacement;
        self
    }

    /// Draws from this generator instead of the thread's default one. Clones of the sampler share it.
    ///
    /// ```
    /// use retrograd::{Generator, data::{Sampler, WeightedRandomSampler}};
    /// let sampler = WeightedRandomSampler::new([1.0, 3.0], 10).generator(Generator::new(1));
    /// assert_eq!(sampler.sample()?.len(), 10);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn generator(mut self, generator: Generator) -> Self {
        self.source = Source::own(generator);
        self
    }
}

impl Sampler for WeightedRandomSampler {
    fn sample(&self) -> Result<Vec<usize>> {
        if self.num_samples == 0 {
            return Err(nothing("WeightedRandomSampler", "num_samples"));
        }
        let drawn = self
            .source
            .draw(|g| g.multinomial(&self.weights, self.num_samples, self.replacement))?;
        Ok(positions(drawn).collect())
    }

    fn len(&self) -> usize {
        self.num_samples
    }
}
