//! PyTorch's CPU generator: its words, its seeds and its forks.

use super::mt19937::Mt19937;
use super::real::unit_f64;
use std::fmt;

/// PyTorch's CPU generator, `torch.Generator`.
///
/// The same seed gives PyTorch's numbers: uniforms, integers, permutations and 64-bit normals to the bit. The
/// stream is part of the crate's promise and changes only with a new minor version, by an entry in the changelog.
///
/// ```
/// let mut g = retrograd::Generator::new(0);
/// assert_eq!(g.randperm(10), [4, 1, 7, 5, 3, 9, 0, 8, 6, 2]);
/// ```
#[derive(Clone, PartialEq)]
pub struct Generator {
    pub(super) engine: Mt19937,
    pub(super) seed: u64,
    /// The second normal of the last pair, due at the next draw of a single one.
    pub(super) next_normal: Option<f64>,
}

impl Generator {
    /// The seed of a generator that was given none: `torch.Generator()`'s own.
    pub const DEFAULT_SEED: u64 = 67_280_421_310_721;

    /// A generator seeded with `seed`, of which the engine takes the low 32 bits.
    ///
    /// ```
    /// use retrograd::Generator;
    /// assert!(Generator::new(1) == Generator::new(1));
    /// ```
    pub fn new(seed: u64) -> Self {
        Self {
            engine: Mt19937::new(seed as u32),
            seed,
            next_normal: None,
        }
    }

    /// Starts the stream of `seed` anew.
    ///
    /// ```
    /// let mut g = retrograd::Generator::new(1);
    /// let first = g.random();
    /// g.manual_seed(1);
    /// assert_eq!(g.random(), first);
    /// ```
    pub fn manual_seed(&mut self, seed: u64) {
        *self = Self::new(seed);
    }

    /// The seed that the stream began with.
    ///
    /// ```
    /// assert_eq!(retrograd::Generator::new(3).initial_seed(), 3);
    /// ```
    pub fn initial_seed(&self) -> u64 {
        self.seed
    }

    /// The next 32-bit word of the stream.
    ///
    /// ```
    /// assert_eq!(retrograd::Generator::new(5489).random(), 3_499_211_612);
    /// ```
    #[inline]
    pub fn random(&mut self) -> u32 {
        self.engine.next_u32()
    }

    /// The next two words as one of 64 bits, the first one high.
    ///
    /// ```
    /// let (mut one, mut other) = (retrograd::Generator::new(0), retrograd::Generator::new(0));
    /// assert_eq!(one.random64() >> 32, u64::from(other.random()));
    /// ```
    #[inline]
    pub fn random64(&mut self) -> u64 {
        self.engine.next_u64()
    }

    /// A seed below 2^63 drawn from the stream, as PyTorch's `DataLoader` and `RandomSampler` draw theirs.
    ///
    /// ```
    /// let mut g = retrograd::Generator::new(0);
    /// assert_eq!(g.draw_seed(), 900_450_186_894_289_455); // torch.empty((), dtype=torch.int64).random_()
    /// ```
    pub fn draw_seed(&mut self) -> u64 {
        self.random64() & (u64::MAX >> 1)
    }

    /// Generators for `workers` threads, as PyTorch's `DataLoader` seeds its workers: one drawn seed,
    /// to which each adds its number. The draw is made even for no worker.
    ///
    /// ```
    /// let mut g = retrograd::Generator::new(0);
    /// let seeds = g.fork(2).map(|worker| worker.initial_seed()).collect::<Vec<_>>();
    /// assert_eq!(seeds, [900_450_186_894_289_455, 900_450_186_894_289_456]);
    /// ```
    pub fn fork(&mut self, workers: usize) -> impl Iterator<Item = Generator> + use<> {
        let base = self.draw_seed();
        (0..workers as u64).map(move |worker| Self::new(base.wrapping_add(worker)))
    }

    /// A uniform of [0, 1) of 53 bits.
    #[inline]
    pub(super) fn uniform64(&mut self) -> f64 {
        unit_f64(self.engine.next_u64())
    }

    /// A standard normal, drawn in pairs by Box and Muller's method.
    pub(super) fn normal64(&mut self) -> f64 {
        if let Some(kept) = self.next_normal.take() {
            return kept;
        }
        let angle = std::f64::consts::TAU * self.uniform64();
        let radius = (-2.0 * (-self.uniform64()).ln_1p()).sqrt();
        self.next_normal = Some(radius * angle.sin());
        radius * angle.cos()
    }
}

impl Default for Generator {
    /// A generator seeded with [`DEFAULT_SEED`](Self::DEFAULT_SEED).
    fn default() -> Self {
        Self::new(Self::DEFAULT_SEED)
    }
}

impl fmt::Debug for Generator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Generator")
            .field("initial_seed", &self.seed)
            .finish_non_exhaustive()
    }
}
