//! The `rand` crate's traits, so that its distributions and those of `rand_distr` draw from these generators.

use super::mt19937::Mt19937;
use super::{Generator, NumpyRandomState};
use rand::TryRng;
use rand::rand_core::utils::fill_bytes_via_next_word;
use std::convert::Infallible;

macro_rules! try_rng {
    ($($generator:ty),*) => { $(
        impl TryRng for $generator {
            type Error = Infallible;
            fn try_next_u32(&mut self) -> Result<u32, Infallible> {
                Ok(self.engine.next_u32())
            }
            fn try_next_u64(&mut self) -> Result<u64, Infallible> {
                Ok(self.engine.next_u64())
            }
            fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
                fill_bytes(&mut self.engine, bytes)
            }
        }
    )* };
}
try_rng!(Generator, NumpyRandomState);

fn fill_bytes(engine: &mut Mt19937, bytes: &mut [u8]) -> Result<(), Infallible> {
    fill_bytes_via_next_word(bytes, || Ok(engine.next_u32()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::Rng;
    use rand_distr::{Distribution, Poisson};

    #[test]
    fn traits_draw_the_generators_own_words() {
        let (mut g, mut own) = (Generator::new(9), Generator::new(9));
        assert_eq!(
            (Rng::next_u32(&mut g), Rng::next_u64(&mut g)),
            (own.random(), own.random64())
        );
        let mut bytes = [0; 6];
        g.fill_bytes(&mut bytes);
        assert_eq!(bytes[..4], own.random().to_le_bytes());
        assert_eq!(bytes[4..], own.random().to_le_bytes()[..2]);
        assert!(g == own);
    }

    #[test]
    fn any_distribution_draws_from_both() {
        let poisson = Poisson::new(4.0).unwrap();
        let mean = |draws: Vec<f64>| draws.iter().sum::<f64>() / draws.len() as f64;
        let torch = poisson
            .sample_iter(Generator::new(0))
            .take(20_000)
            .collect();
        let numpy = poisson
            .sample_iter(NumpyRandomState::new(0))
            .take(20_000)
            .collect();
        assert!((mean(torch) - 4.0).abs() < 0.1 && (mean(numpy) - 4.0).abs() < 0.1);
    }
}
