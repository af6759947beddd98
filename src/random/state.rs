//! A generator's state as bytes, in PyTorch's own layout.

use super::Generator;
use super::mt19937::Mt19937;
use crate::{Error, Result};

// `CPUGeneratorImplState` of PyTorch, little-endian: seed u64, left i32, seeded i32, next u64, 624 words in u64 each,
// three f64 of which the second is the kept normal, i32 whether it is kept, and a pair that is no longer used.
const LEFT: usize = 8;
const SEEDED: usize = 12;
const NEXT: usize = 16;
const KEY: usize = 24;
const NORMAL: usize = KEY + 8 * Mt19937::LEN + 8;
const HAS_NORMAL: usize = NORMAL + 16;
const SIZE: usize = HAS_NORMAL + 16;

impl Generator {
    /// The state as bytes that [`set_state`](Self::set_state) takes. The layout is PyTorch's: `set_state` of a
    /// `torch.Generator` reads them too.
    ///
    /// ```
    /// let mut g = retrograd::Generator::new(0);
    /// let state = g.get_state();
    /// let first = g.random();
    /// g.set_state(&state)?;
    /// assert_eq!(g.random(), first);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn get_state(&self) -> Vec<u8> {
        let position = self.engine.position();
        let left = if position == Mt19937::LEN {
            1
        } else {
            Mt19937::LEN + 1 - position
        };
        let mut bytes = vec![0; SIZE];
        put(&mut bytes, 0, &self.seed.to_le_bytes());
        put(&mut bytes, LEFT, &(left as u32).to_le_bytes());
        put(&mut bytes, SEEDED, &1u32.to_le_bytes());
        put(&mut bytes, NEXT, &(position as u64).to_le_bytes());
        for (i, &word) in self.engine.key().iter().enumerate() {
            put(&mut bytes, KEY + 8 * i, &u64::from(word).to_le_bytes());
        }
        if let Some(normal) = self.next_normal {
            put(&mut bytes, NORMAL, &normal.to_le_bytes());
            put(&mut bytes, HAS_NORMAL, &1u32.to_le_bytes());
        }
        bytes
    }

    /// Goes on from a state that [`get_state`](Self::get_state), or a `torch.Generator`'s, gave.
    ///
    /// # Errors
    /// If the bytes are no state of a generator, which then stays as it is.
    ///
    /// ```
    /// let mut g = retrograd::Generator::new(0);
    /// g.set_state(&retrograd::Generator::new(7).get_state())?;
    /// assert_eq!(g.initial_seed(), 7);
    /// assert!(g.set_state(&[0; 16]).is_err());
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn set_state(&mut self, state: &[u8]) -> Result<()> {
        let refuse = |problem: &str| Error::InvalidArgument {
            op: "set_state",
            argument: "state",
            value: format!("{} bytes", state.len()),
            problem: problem.into(),
            cure: "Give the bytes of `get_state`.".into(),
        };
        if state.len() != SIZE {
            return Err(refuse(&format!("a state has {SIZE} bytes")));
        }
        let (left, next) = (u32_at(state, LEFT) as usize, u64_at(state, NEXT) as usize);
        let position = if left == 1 { Mt19937::LEN } else { next };
        let fits = left == 1 || left.checked_add(next) == Some(Mt19937::LEN + 1);
        if u32_at(state, SEEDED) == 0 || position > Mt19937::LEN || !fits {
            return Err(refuse("its counters are not those of a seeded generator"));
        }
        let mut key = [0; Mt19937::LEN];
        for (i, word) in key.iter_mut().enumerate() {
            let stored = u64_at(state, KEY + 8 * i);
            *word = u32::try_from(stored).map_err(|_| refuse("a word has more than 32 bits"))?;
        }
        let kept = u32_at(state, HAS_NORMAL) != 0;
        *self = Self {
            engine: Mt19937::from_parts(key, position),
            seed: u64_at(state, 0),
            next_normal: kept.then(|| f64::from_bits(u64_at(state, NORMAL))),
        };
        Ok(())
    }
}

fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u64_at(bytes, at) as u32
}

fn u64_at(bytes: &[u8], at: usize) -> u64 {
    let word = bytes[at..]
        .first_chunk()
        .expect("eight bytes stand from every field's place on");
    u64::from_le_bytes(*word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_goes_on_from_any_place() {
        for words in [0, 1, 2, 623, 624, 625, 1300] {
            let mut g = Generator::new(11);
            (0..words).for_each(|_| _ = g.random());
            let mut x = [0.0f64; 1];
            g.fill_normal(&mut x, 0.0, 1.0);
            let mut other = Generator::new(0);
            other.set_state(&g.get_state()).unwrap();
            assert!(other == g, "after {words} words");
            let mut y = x;
            g.fill_normal(&mut x, 0.0, 1.0);
            other.fill_normal(&mut y, 0.0, 1.0);
            assert_eq!((x, g.random()), (y, other.random()));
        }
    }

    #[test]
    fn bytes_have_the_layout_of_pytorch() {
        let mut g = Generator::new(1 << 40 | 5);
        g.random();
        let state = g.get_state();
        assert_eq!(state.len(), 5056);
        assert_eq!(u64_at(&state, 0), 1 << 40 | 5);
        assert_eq!(
            (u32_at(&state, 8), u32_at(&state, 12), u64_at(&state, 16)),
            (624, 1, 1)
        );
    }

    #[test]
    fn a_damaged_state_is_refused_and_changes_nothing() {
        let mut g = Generator::new(3);
        let before = g.clone();
        for (at, value) in [(LEFT, 700u32), (SEEDED, 0), (NEXT, 3), (KEY + 4, 1)] {
            let mut state = g.get_state();
            if at == NEXT {
                put(&mut state, LEFT, &5u32.to_le_bytes());
            }
            put(&mut state, at, &value.to_le_bytes());
            assert!(g.set_state(&state).is_err(), "byte {at}");
            assert!(g == before);
        }
    }
}
