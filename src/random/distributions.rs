//! What PyTorch's generator fills slices with.

use super::{Generator, Real, check};
use crate::Result;
use crate::error::OrPanic;

/// From this many elements on, PyTorch draws normals by blocks.
const BLOCK: usize = 16;

impl Generator {
    /// Uniforms of [`low`, `high`), as `uniform_`: of 24 random bits in `f32`, of 53 in `f64`.
    ///
    /// # Panics
    /// If `low` is above `high`, or an end is not finite.
    ///
    /// ```
    /// let mut x = [0.0f32; 2];
    /// retrograd::Generator::new(0).fill_uniform(&mut x, 0.0, 1.0);
    /// assert_eq!(x, [0.4962566, 0.7682218]);
    /// ```
    #[track_caller]
    pub fn fill_uniform<T: Real>(&mut self, out: &mut [T], low: f64, high: f64) {
        check::interval("uniform_", low, high).or_panic();
        T::fill_uniform(self, out);
        if (low, high) != (0.0, 1.0) {
            let (low, high) = (T::from_f64(low), T::from_f64(high));
            let range = high - low;
            pulp::Arch::new().dispatch(
                #[inline(always)]
                || out.iter_mut().for_each(|x| *x = x.mul_add(range, low)),
            );
        }
    }

    /// Normals, as `normal_`. As in PyTorch, 16 elements or more are drawn in another way than fewer, so that
    /// the streams of 15 and of 16 share no beginning.
    ///
    /// # Panics
    /// If `std` is negative.
    ///
    /// ```
    /// let mut x = [0.0f64; 2];
    /// retrograd::Generator::new(0).fill_normal(&mut x, 0.0, 1.0);
    /// assert_eq!(x, [1.5409961082440433, -0.2934289057609464]);
    /// ```
    #[track_caller]
    pub fn fill_normal<T: Real>(&mut self, out: &mut [T], mean: f64, std: f64) {
        check::not_negative("normal_", "std", std).or_panic();
        if out.len() < BLOCK {
            out.fill_with(|| T::from_f64(self.normal64().mul_add(std, mean)));
            return;
        }
        let (mean, std) = (T::from_f64(mean), T::from_f64(std));
        T::fill_uniform(self, out);
        T::box_muller(out, mean, std);
        if !out.len().is_multiple_of(BLOCK) {
            let start = out.len() - BLOCK;
            T::fill_uniform(self, &mut out[start..]);
            T::box_muller(&mut out[start..], mean, std);
        }
    }

    /// Normals between `a` and `b`, as `init.trunc_normal_`: all are drawn again until none lies outside, and those
    /// outside take what is drawn for their place.
    ///
    /// # Errors
    /// If `std` is negative, if `a` is above `b`, or if hardly any normal falls between them.
    ///
    /// ```
    /// let mut x = [0.0f32; 30];
    /// retrograd::Generator::new(0).fill_trunc_normal(&mut x, 0.0, 1.0, -2.0, 2.0)?;
    /// assert_eq!(x[7], -0.3917544);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn fill_trunc_normal<T: Real>(
        &mut self,
        out: &mut [T],
        mean: f64,
        std: f64,
        a: f64,
        b: f64,
    ) -> Result<()> {
        const ROUNDS: usize = 10_000;
        check::not_negative("trunc_normal_", "std", std)?;
        let outside = |x: &T| !(a..=b).contains(&(*x).into());
        self.fill_normal(out, mean, std);
        let mut again = vec![T::from_f64(0.0); out.len()];
        for _ in 0..ROUNDS {
            if !out.iter().any(outside) {
                return Ok(());
            }
            self.fill_normal(&mut again, mean, std);
            for (x, &new) in out.iter_mut().zip(&again) {
                if outside(x) {
                    *x = new;
                }
            }
        }
        Err(check::far_interval("trunc_normal_", a, b, mean, std))
    }

    /// One with probability `p`, else zero, as `bernoulli_`.
    ///
    /// # Panics
    /// If `p` is not from 0 to 1.
    ///
    /// ```
    /// let mut x = [0.0f32; 7];
    /// retrograd::Generator::new(0).fill_bernoulli(&mut x, 0.3);
    /// assert_eq!(x, [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]);
    /// ```
    #[track_caller]
    pub fn fill_bernoulli<T: Real>(&mut self, out: &mut [T], p: f64) {
        check::probability("bernoulli_", p).or_panic();
        out.fill_with(|| T::from_f64(f64::from(u8::from(self.uniform64() < p))));
    }

    /// What dropout multiplies its input with: `1 / (1 - p)`, or zero with probability `p`.
    /// Nothing is drawn where `p` is 0 or 1.
    ///
    /// # Panics
    /// If `p` is not from 0 to 1.
    ///
    /// ```
    /// let mut mask = [0.0f32; 3];
    /// retrograd::Generator::new(0).fill_dropout_mask(&mut mask, 0.5);
    /// assert_eq!(mask, [0.0, 0.0, 2.0]);
    /// ```
    #[track_caller]
    pub fn fill_dropout_mask<T: Real>(&mut self, mask: &mut [T], p: f64) {
        check::probability("dropout", p).or_panic();
        if p == 0.0 || p == 1.0 {
            mask.fill(T::from_f64(1.0 - p));
            return;
        }
        let kept = T::from_f64(1.0) / T::from_f64(1.0 - p);
        mask.fill_with(|| {
            if self.uniform64() < 1.0 - p {
                kept
            } else {
                T::from_f64(0.0)
            }
        });
    }

    /// Exponentials of rate `lambda`, as `exponential_`.
    ///
    /// # Panics
    /// If `lambda` is not positive.
    ///
    /// ```
    /// let mut x = [0.0f32; 1];
    /// retrograd::Generator::new(0).fill_exponential(&mut x, 1.0);
    /// assert_eq!(x, [3.5083263]);
    /// ```
    #[track_caller]
    pub fn fill_exponential<T: Real>(&mut self, out: &mut [T], lambda: f64) {
        check::positive("exponential_", "lambda", lambda).or_panic();
        out.fill_with(|| T::from_f64(-1.0 / lambda * (-self.uniform64()).ln_1p()));
    }

    /// Integers from `low` up to but without `high`, as `randint` and `random_(low, high)`.
    ///
    /// # Panics
    /// If `low` is not below `high`.
    ///
    /// ```
    /// let mut x = [0; 5];
    /// retrograd::Generator::new(0).fill_randint(&mut x, 0, 10);
    /// assert_eq!(x, [4, 9, 3, 0, 3]);
    /// ```
    #[track_caller]
    pub fn fill_randint(&mut self, out: &mut [i64], low: i64, high: i64) {
        check::range("randint", low, high).or_panic();
        let range = high.wrapping_sub(low) as u64;
        out.fill_with(|| {
            let word = if range >> 32 == 0 {
                u64::from(self.random())
            } else {
                self.random64()
            };
            low.wrapping_add((word % range) as i64)
        });
    }

    /// A random order of `0..n`, as `randperm`.
    ///
    /// ```
    /// assert_eq!(retrograd::Generator::new(0).randperm(4), [0, 1, 3, 2]);
    /// ```
    pub fn randperm(&mut self, n: usize) -> Vec<i64> {
        const LARGE: usize = u32::MAX as usize / 20;
        let mut order: Vec<i64> = (0..n as i64).collect();
        if n < LARGE {
            for i in 0..n.saturating_sub(1) {
                order.swap(i, i + self.random() as usize % (n - i));
            }
        } else {
            for i in 0..n {
                order.swap(i, (self.random64() % (i as u64 + 1)) as usize);
            }
        }
        order
    }

    /// Positions drawn in proportion to their weights, as `multinomial`; the weights need not sum to one.
    ///
    /// # Errors
    /// If a weight is negative or not finite, if all are zero, or if more samples are asked for without replacement
    /// than there are positions with a weight.
    ///
    /// ```
    /// let mut g = retrograd::Generator::new(0);
    /// assert_eq!(g.multinomial(&[0.1f32, 0.2, 0.3, 0.4], 5, true)?, [3, 3, 2, 3, 3]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn multinomial<T: Real>(
        &mut self,
        weights: &[T],
        samples: usize,
        replacement: bool,
    ) -> Result<Vec<i64>> {
        let exact: Vec<f64> = weights.iter().map(|&w| w.into()).collect();
        check::weights("multinomial", &exact, samples, replacement)?;
        if replacement && samples != 1 {
            return Ok(self.multinomial_by_search(weights, samples));
        }
        let mut waits = vec![T::from_f64(0.0); weights.len()];
        self.fill_exponential(&mut waits, 1.0);
        let scores: Vec<f64> = weights
            .iter()
            .zip(waits)
            .map(|(&w, wait)| (w / wait).into())
            .collect();
        let mut order: Vec<i64> = (0..weights.len() as i64).collect();
        order.sort_by(|&a, &b| scores[b as usize].total_cmp(&scores[a as usize]));
        order.truncate(samples);
        Ok(order)
    }

    fn multinomial_by_search<T: Real>(&mut self, weights: &[T], samples: usize) -> Vec<i64> {
        let mut sum = T::from_f64(0.0);
        let mut cumulative: Vec<T> = weights
            .iter()
            .map(|&w| {
                sum = sum + w;
                sum
            })
            .collect();
        for c in &mut cumulative {
            *c = *c / sum;
        }
        let last = cumulative.len() - 1;
        let draw = |_| {
            let u = self.uniform64();
            cumulative[..last].partition_point(|&c| c.into() < u) as i64
        };
        (0..samples).map(draw).collect()
    }
}
