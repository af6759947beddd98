//! In which order a loader reads.

use crate::random::Generator;
use crate::{Error, Result};

/// The positions of one epoch, in order.
pub trait Sampler {
    /// Draws the positions. `generator` is what the loader was given, else the thread's default one, of which
    /// `own` is then false.
    ///
    /// # Errors
    /// If the sampler's settings do not allow a draw.
    fn sample(&self, generator: &mut Generator, own: bool) -> Result<Vec<usize>>;

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

/// From the first to the last.
///
/// ```
/// use retrograd::{Generator, data::{Sampler, SequentialSampler}};
/// assert_eq!(SequentialSampler::new(3).sample(&mut Generator::new(0), false)?, [0, 1, 2]);
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
    /// use retrograd::{Generator, data::{SequentialSampler, Sampler}};
    /// assert_eq!(SequentialSampler::new(5).len(), 5);
    /// ```
    pub fn new(n: usize) -> Self {
        SequentialSampler { n }
    }
}

impl Sampler for SequentialSampler {
    fn sample(&self, _: &mut Generator, _: bool) -> Result<Vec<usize>> {
        Ok((0..self.n).collect())
    }

    fn len(&self) -> usize {
        self.n
    }
}

/// In random order, by default each item once. What `shuffle(true)` gives a loader.
///
/// From the default generator it draws a seed for a generator of its own, as PyTorch does.
///
/// ```
/// use retrograd::{Generator, data::{RandomSampler, Sampler}};
/// let order = RandomSampler::new(4).sample(&mut Generator::new(0), true)?;
/// assert_eq!(order, [0, 1, 3, 2]);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct RandomSampler {
    n: usize,
    replacement: bool,
    num_samples: Option<usize>,
    torch_1_8: bool,
}

impl RandomSampler {
    /// Of `n` items.
    ///
    /// ```
    /// use retrograd::{Generator, data::{RandomSampler, Sampler}};
    /// assert_eq!(RandomSampler::new(5).len(), 5);
    /// ```
    pub fn new(n: usize) -> Self {
        RandomSampler {
            n,
            replacement: false,
            num_samples: None,
            torch_1_8: false,
        }
    }

    /// Draws every position anew, so that an item can come twice; `false` by default.
    ///
    /// ```
    /// use retrograd::{Generator, data::{RandomSampler, Sampler}};
    /// let order = RandomSampler::new(1).replacement(true).num_samples(3).sample(&mut Generator::new(0), false)?;
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
    /// use retrograd::{Generator, data::{RandomSampler, Sampler}};
    /// assert_eq!(RandomSampler::new(5).num_samples(12).len(), 12);
    /// ```
    pub fn num_samples(mut self, num_samples: usize) -> Self {
        self.num_samples = Some(num_samples);
        self
    }

    /// The order of PyTorch 1.8, which drew the seed too but took the permutation from the default generator.
    ///
    /// ```
    /// use retrograd::{Generator, data::{RandomSampler, Sampler}};
    /// let (mut g, mut same) = (Generator::new(0), Generator::new(0));
    /// same.draw_seed();
    /// let order = RandomSampler::new(3).torch_1_8().sample(&mut g, false)?;
    /// assert_eq!(order, same.randperm(3).iter().map(|&i| i as usize).collect::<Vec<_>>());
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn torch_1_8(mut self) -> Self {
        self.torch_1_8 = true;
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
            let rest = count - order.len();
            // PyTorch draws the last permutation even if it takes nothing of it; 1.8 did not.
            if rest > 0 || !self.torch_1_8 {
                order.extend(positions(generator.randperm(self.n)).take(rest));
            }
        }
        order
    }
}

impl Sampler for RandomSampler {
    fn sample(&self, generator: &mut Generator, own: bool) -> Result<Vec<usize>> {
        if self.n == 0 {
            return match self.len() {
                0 => Ok(Vec::new()),
                count => Err(Error::InvalidArgument {
                    op: "RandomSampler",
                    argument: "num_samples",
                    value: count.to_string(),
                    problem: "there is no item to draw".into(),
                    cure: "Give a data set with items.".into(),
                }),
            };
        }
        if own {
            return Ok(self.draw(generator));
        }
        let seed = generator.draw_seed();
        Ok(if self.torch_1_8 {
            self.draw(generator)
        } else {
            self.draw(&mut Generator::new(seed))
        })
    }

    fn len(&self) -> usize {
        self.num_samples.unwrap_or(self.n)
    }
}

/// Chosen positions in random order.
///
/// ```
/// use retrograd::{Generator, data::{Sampler, SubsetRandomSampler}};
/// let order = SubsetRandomSampler::new([1, 3, 5, 7]).sample(&mut Generator::new(0), false)?;
/// assert_eq!(order, [1, 3, 7, 5]);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct SubsetRandomSampler {
    indices: Vec<usize>,
}

impl SubsetRandomSampler {
    /// Of these positions.
    ///
    /// ```
    /// use retrograd::{Generator, data::{SubsetRandomSampler, Sampler}};
    /// assert_eq!(SubsetRandomSampler::new([4, 9]).len(), 2);
    /// ```
    pub fn new(indices: impl Into<Vec<usize>>) -> Self {
        SubsetRandomSampler {
            indices: indices.into(),
        }
    }
}

impl Sampler for SubsetRandomSampler {
    fn sample(&self, generator: &mut Generator, _: bool) -> Result<Vec<usize>> {
        Ok(positions(generator.randperm(self.indices.len()))
            .map(|i| self.indices[i])
            .collect())
    }

    fn len(&self) -> usize {
        self.indices.len()
    }
}

/// Positions drawn with the probabilities that their weights give, by default with replacement.
///
/// ```
/// use retrograd::{Generator, data::{Sampler, WeightedRandomSampler}};
/// let rare = WeightedRandomSampler::new([0.0, 1.0], 3);
/// assert_eq!(rare.sample(&mut Generator::new(0), false)?, [1, 1, 1]);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct WeightedRandomSampler {
    weights: Vec<f64>,
    num_samples: usize,
    replacement: bool,
}

impl WeightedRandomSampler {
    /// `num_samples` positions by their weights, which need not add up to 1.
    ///
    /// ```
    /// use retrograd::{Generator, data::{WeightedRandomSampler, Sampler}};
    /// assert_eq!(WeightedRandomSampler::new([1.0, 3.0], 10).len(), 10);
    /// ```
    pub fn new(weights: impl Into<Vec<f64>>, num_samples: usize) -> Self {
        WeightedRandomSampler {
            weights: weights.into(),
            num_samples,
            replacement: true,
        }
    }

    /// Whether an item can come twice; `true` by default.
    ///
    /// ```
    /// use retrograd::{Generator, data::{WeightedRandomSampler, Sampler}};
    /// let sampler = WeightedRandomSampler::new([1.0, 1.0], 2).replacement(false);
    /// let mut order = sampler.sample(&mut Generator::new(0), false)?;
    /// order.sort();
    /// assert_eq!(order, [0, 1]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn replacement(mut self, replacement: bool) -> Self {
        self.replacement = replacement;
        self
    }
}

impl Sampler for WeightedRandomSampler {
    fn sample(&self, generator: &mut Generator, _: bool) -> Result<Vec<usize>> {
        Ok(
            positions(generator.multinomial(&self.weights, self.num_samples, self.replacement)?)
                .collect(),
        )
    }

    fn len(&self) -> usize {
        self.num_samples
    }
}
