//! The Mersenne Twister of Matsumoto and Nishimura (1998), the engine of PyTorch and of NumPy's `RandomState`.

const N: usize = 624;
const M: usize = 397;

/// MT19937. A block of 624 words is tempered when it is made, so that a draw is one load.
#[derive(Clone, PartialEq)]
pub(super) struct Mt19937 {
    key: [u32; N],
    words: [u32; N],
    position: usize,
}

impl Mt19937 {
    /// The number of words of the state.
    pub(super) const LEN: usize = N;

    /// The engine seeded by `init_genrand`.
    pub(super) fn new(seed: u32) -> Self {
        let mut key = [seed; N];
        for i in 1..N {
            let previous = key[i - 1];
            key[i] = 1_812_433_253u32
                .wrapping_mul(previous ^ (previous >> 30))
                .wrapping_add(i as u32);
        }
        Self::from_parts(key, N)
    }

    /// The engine about to give word `position` of the block that `key` stands for; at 624 a new block is due.
    pub(super) fn from_parts(key: [u32; N], position: usize) -> Self {
        Self {
            words: key.map(temper),
            key,
            position,
        }
    }

    pub(super) fn key(&self) -> &[u32; N] {
        &self.key
    }

    pub(super) fn position(&self) -> usize {
        self.position
    }

    /// The next word.
    #[inline]
    pub(super) fn next_u32(&mut self) -> u32 {
        if self.position >= N {
            self.next_block();
        }
        let word = self.words[self.position];
        self.position += 1;
        word
    }

    /// The next two words, the first one high.
    #[inline]
    pub(super) fn next_u64(&mut self) -> u64 {
        let high = u64::from(self.next_u32());
        high << 32 | u64::from(self.next_u32())
    }

    /// Gives every element of `out` its word, in order.
    #[inline]
    pub(super) fn fill_from_u32<T>(&mut self, mut out: &mut [T], convert: impl Fn(u32) -> T) {
        while !out.is_empty() {
            if self.position >= N {
                self.next_block();
            }
            let words = &self.words[self.position..];
            let n = words.len().min(out.len());
            let (now, later) = out.split_at_mut(n);
            for (slot, &word) in now.iter_mut().zip(words) {
                *slot = convert(word);
            }
            self.position += n;
            out = later;
        }
    }

    #[cold]
    fn next_block(&mut self) {
        let key = &mut self.key;
        for i in 0..N - M {
            key[i] = twist(key[i + M], key[i], key[i + 1]);
        }
        for i in N - M..N - 1 {
            key[i] = twist(key[i + M - N], key[i], key[i + 1]);
        }
        key[N - 1] = twist(key[M - 1], key[N - 1], key[0]);
        for (word, &k) in self.words.iter_mut().zip(key.iter()) {
            *word = temper(k);
        }
        self.position = 0;
    }
}

#[inline(always)]
fn twist(far: u32, this: u32, next: u32) -> u32 {
    let mixed = (this & 0x8000_0000) | (next & 0x7fff_ffff);
    far ^ (mixed >> 1) ^ ((next & 1).wrapping_neg() & 0x9908_b0df)
}

#[inline(always)]
fn temper(mut y: u32) -> u32 {
    y ^= y >> 11;
    y ^= (y << 7) & 0x9d2c_5680;
    y ^= (y << 15) & 0xefc6_0000;
    y ^ (y >> 18)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ten_thousandth_word_is_the_published_one() {
        let mut engine = Mt19937::new(5489);
        let last = (0..10_000).map(|_| engine.next_u32()).last();
        assert_eq!(last, Some(4_123_659_995));
    }

    #[test]
    fn slice_fill_takes_the_same_words_across_blocks() {
        let (mut one, mut other) = (Mt19937::new(3), Mt19937::new(3));
        let mut filled = vec![0; 1500];
        one.next_u32();
        other.next_u32();
        one.fill_from_u32(&mut filled, |word| word);
        assert!(filled.iter().all(|&word| word == other.next_u32()));
        assert!(one == other);
    }
}
