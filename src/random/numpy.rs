//! NumPy's legacy `RandomState`.

use super::check;
use super::mt19937::Mt19937;
use crate::error::OrPanic;
use crate::{Error, Result};
use std::fmt;

/// NumPy's `numpy.random.RandomState`, whose numbers NumPy has frozen.
///
/// ```
/// let mut random = retrograd::NumpyRandomState::new(0);
/// assert_eq!(random.permutation(10), [2, 8, 4, 9, 1, 6, 7, 3, 0, 5]);
/// ```
#[derive(Clone, PartialEq)]
pub struct NumpyRandomState {
    pub(super) engine: Mt19937,
    gauss: Option<f64>,
}

/// A [`NumpyRandomState`]'s state, with the fields of NumPy's `get_state(legacy=False)`.
#[derive(Debug, Clone, PartialEq)]
pub struct NumpyState {
    /// The 624 words of the engine.
    pub key: Vec<u32>,
    /// The place of the next word, at most 624.
    pub pos: usize,
    /// The normal kept for the next draw; NumPy's `has_gauss` says whether there is one.
    pub gauss: Option<f64>,
}

impl NumpyRandomState {
    /// `RandomState(seed)`.
    ///
    /// ```
    /// let mut random = retrograd::NumpyRandomState::new(42);
    /// assert_eq!(random.random_sample(1), [0.3745401188473625]);
    /// ```
    pub fn new(seed: u32) -> Self {
        Self {
            engine: Mt19937::new(seed),
            gauss: None,
        }
    }

    /// Uniforms of [0, 1), also NumPy's `rand`.
    ///
    /// ```
    /// assert_eq!(retrograd::NumpyRandomState::new(0).random_sample(1), [0.5488135039273248]);
    /// ```
    pub fn random_sample(&mut self, size: usize) -> Vec<f64> {
        self.uniform(0.0, 1.0, size)
    }

    /// Uniforms of [`low`, `high`).
    ///
    /// # Panics
    /// If `low` is above `high`, or an end is not finite.
    ///
    /// ```
    /// assert_eq!(retrograd::NumpyRandomState::new(0).uniform(-1.0, 3.0, 1), [1.195254015709299]);
    /// ```
    #[track_caller]
    pub fn uniform(&mut self, low: f64, high: f64, size: usize) -> Vec<f64> {
        check::interval("uniform", low, high).or_panic();
        let range = high - low;
        (0..size)
            .map(|_| low + range * self.next_double())
            .collect()
    }

    /// Standard normals, also NumPy's `standard_normal`.
    ///
    /// ```
    /// assert_eq!(retrograd::NumpyRandomState::new(0).randn(2), [1.764052345967664, 0.4001572083672233]);
    /// ```
    pub fn randn(&mut self, size: usize) -> Vec<f64> {
        (0..size).map(|_| self.next_gauss()).collect()
    }

    /// Normals with mean `loc` and standard deviation `scale`.
    ///
    /// # Panics
    /// If `scale` is negative.
    ///
    /// ```
    /// assert_eq!(retrograd::NumpyRandomState::new(0).normal(1.0, 2.0, 1), [4.528104691935328]);
    /// ```
    #[track_caller]
    pub fn normal(&mut self, loc: f64, scale: f64, size: usize) -> Vec<f64> {
        check::not_negative("normal", "scale", scale).or_panic();
        (0..size).map(|_| loc + scale * self.next_gauss()).collect()
    }

    /// Exponentials of mean `scale`.
    ///
    /// # Panics
    /// If `scale` is negative.
    ///
    /// ```
    /// assert_eq!(retrograd::NumpyRandomState::new(0).exponential(2.0, 1), [1.59174901632622]);
    /// ```
    #[track_caller]
    pub fn exponential(&mut self, scale: f64, size: usize) -> Vec<f64> {
        check::not_negative("exponential", "scale", scale).or_panic();
        (0..size)
            .map(|_| scale * -(1.0 - self.next_double()).ln())
            .collect()
    }

    /// Integers from `low` up to but without `high`.
    ///
    /// # Panics
    /// If `low` is not below `high`.
    ///
    /// ```
    /// assert_eq!(retrograd::NumpyRandomState::new(0).randint(0, 10, 4), [5, 0, 3, 3]);
    /// ```
    #[track_caller]
    pub fn randint(&mut self, low: i64, high: i64, size: usize) -> Vec<i64> {
        check::range("randint", low, high).or_panic();
        let last = high.wrapping_sub(low).wrapping_sub(1) as u64;
        (0..size)
            .map(|_| low.wrapping_add(self.interval(last) as i64))
            .collect()
    }

    /// A random order of `0..n`.
    ///
    /// ```
    /// assert_eq!(retrograd::NumpyRandomState::new(0).permutation(3), [2, 1, 0]);
    /// ```
    pub fn permutation(&mut self, n: usize) -> Vec<i64> {
        let mut order: Vec<i64> = (0..n as i64).collect();
        self.shuffle(&mut order);
        order
    }

    /// Brings a slice into a random order.
    ///
    /// ```
    /// let mut letters = ['a', 'b', 'c'];
    /// retrograd::NumpyRandomState::new(0).shuffle(&mut letters);
    /// assert_eq!(letters, ['c', 'b', 'a']);
    /// ```
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.interval(i as u64) as usize);
        }
    }

    /// `size` positions of `0..n`, each as likely as the others.
    ///
    /// # Errors
    /// If `n` is zero and something is to be drawn, or if without replacement `size` is above `n`.
    ///
    /// ```
    /// assert_eq!(retrograd::NumpyRandomState::new(0).choice(10, 3, false)?, [2, 8, 4]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn choice(&mut self, n: usize, size: usize, replace: bool) -> Result<Vec<i64>> {
        if size == 0 {
            return Ok(Vec::new());
        }
        check::not_empty("choice", n)?;
        if replace {
            return Ok(self.randint(0, n as i64, size));
        }
        check::population("choice", size, n)?;
        let mut order = self.permutation(n);
        order.truncate(size);
        Ok(order)
    }

    /// `size` positions drawn with the probabilities `p`: NumPy's `choice(len(p), size, replace, p)`.
    ///
    /// # Errors
    /// If `p` holds no probabilities that sum to one, or if without replacement `size` is above the number of
    /// positions of probability above zero.
    ///
    /// ```
    /// let mut random = retrograd::NumpyRandomState::new(0);
    /// assert_eq!(random.choice_p(&[0.1, 0.2, 0.7], 4, true)?, [2, 2, 2, 2]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn choice_p(&mut self, p: &[f64], size: usize, replace: bool) -> Result<Vec<i64>> {
        check::weights("choice_p", p, size, replace)?;
        check::sum_to_one("choice_p", p)?;
        if replace {
            let cdf = cumulative(p);
            return Ok((0..size)
                .map(|_| search(&cdf, self.next_double()))
                .collect());
        }
        let mut p = p.to_vec();
        let mut found = Vec::with_capacity(size);
        while found.len() < size {
            let uniforms = self.random_sample(size - found.len());
            let cdf = cumulative(&p);
            for i in uniforms.into_iter().map(|u| search(&cdf, u)) {
                if p[i as usize] > 0.0 {
                    p[i as usize] = 0.0;
                    found.push(i);
                }
            }
        }
        Ok(found)
    }

    /// The state, as `get_state(legacy=False)`.
    ///
    /// ```
    /// let mut random = retrograd::NumpyRandomState::new(0);
    /// let state = random.get_state();
    /// let first = random.randn(3);
    /// random.set_state(&state)?;
    /// assert_eq!(random.randn(3), first);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn get_state(&self) -> NumpyState {
        NumpyState {
            key: self.engine.key().to_vec(),
            pos: self.engine.position(),
            gauss: self.gauss,
        }
    }

    /// Goes on from a state.
    ///
    /// # Errors
    /// If the key has not 624 words, or `pos` is above 624.
    ///
    /// ```
    /// let mut random = retrograd::NumpyRandomState::new(0);
    /// let mut state = random.get_state();
    /// state.pos = 700;
    /// assert!(random.set_state(&state).is_err());
    /// ```
    pub fn set_state(&mut self, state: &NumpyState) -> Result<()> {
        let refuse = |argument, value: usize, problem: &str| Error::InvalidArgument {
            op: "set_state",
            argument,
            value: value.to_string(),
            problem: problem.into(),
            cure: "Give what `get_state` returned.".into(),
        };
        let key = <[u32; Mt19937::LEN]>::try_from(state.key.as_slice())
            .map_err(|_| refuse("key.len()", state.key.len(), "a key has 624 words"))?;
        if state.pos > Mt19937::LEN {
            return Err(refuse("pos", state.pos, "the last place is 624"));
        }
        self.engine = Mt19937::from_parts(key, state.pos);
        self.gauss = state.gauss;
        Ok(())
    }

    fn next_double(&mut self) -> f64 {
        let high = f64::from(self.engine.next_u32() >> 5);
        let low = f64::from(self.engine.next_u32() >> 6);
        (high * (1u64 << 26) as f64 + low) / (1u64 << 53) as f64
    }

    /// A standard normal by Marsaglia's polar method, which makes two at a time.
    fn next_gauss(&mut self) -> f64 {
        if let Some(kept) = self.gauss.take() {
            return kept;
        }
        loop {
            let x = 2.0 * self.next_double() - 1.0;
            let y = 2.0 * self.next_double() - 1.0;
            let square = x * x + y * y;
            if square < 1.0 && square != 0.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                self.gauss = Some(factor * x);
                return factor * y;
            }
        }
    }

    /// An integer from 0 to `max`, by rejection of what the smallest mask of ones that covers `max` lets through.
    fn interval(&mut self, max: u64) -> u64 {
        if max == 0 {
            return 0;
        }
        let mask = u64::MAX >> max.leading_zeros();
        loop {
            let word = if max >> 32 == 0 {
                u64::from(self.engine.next_u32())
            } else {
                self.engine.next_u64()
            };
            if word & mask <= max {
                return word & mask;
            }
        }
    }
}

impl fmt::Debug for NumpyRandomState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NumpyRandomState").finish_non_exhaustive()
    }
}

fn cumulative(p: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let sums: Vec<f64> = p
        .iter()
        .map(|p| {
            sum += p;
            sum
        })
        .collect();
    sums.iter().map(|s| s / sum).collect()
}

fn search(cdf: &[f64], u: f64) -> i64 {
    cdf.partition_point(|&c| c <= u) as i64
}
