//! A bounded pool of buffers in each thread.
//!
//! A training step frees and takes the same sizes again and again. Taking them from the pool spares
//! large allocations the page faults of fresh memory. Buffers keep their (initialised) contents, so no
//! unsafe code is needed to hand them out without clearing.

/// A pool that holds more bytes than this frees what was asked for longest ago.
const LIMIT: usize = 256 << 20;
/// Sizes under this many elements are left to the allocator, which is as fast for them.
const SMALLEST: usize = 64;

/// One thread's spare buffers of one element type, by size class.
pub struct Pool<T> {
    classes: Vec<Class<T>>,
    bytes: usize,
    /// How many buffers were asked for.
    asked: u64,
}

struct Class<T> {
    spare: Vec<Vec<T>>,
    /// The count of buffers asked for when one of this class was, the last time.
    asked: u64,
}

impl<T: Copy + Default> Pool<T> {
    pub(crate) const fn new() -> Self {
        Pool {
            classes: Vec::new(),
            bytes: 0,
            asked: 0,
        }
    }

    /// A buffer of at least `len` initialised elements of any value.
    pub(crate) fn take(&mut self, len: usize) -> Vec<T> {
        if len < SMALLEST {
            return vec![T::default(); len];
        }
        let (class, size) = class_above(len);
        self.asked += 1;
        let asked = self.asked;
        let class = self.class(class);
        class.asked = asked;
        match class.spare.pop() {
            Some(buffer) => {
                self.bytes -= buffer.len() * size_of::<T>();
                buffer
            }
            None => vec![T::default(); size],
        }
    }

    fn class(&mut self, class: usize) -> &mut Class<T> {
        if self.classes.len() <= class {
            let empty = || Class {
                spare: Vec::new(),
                asked: 0,
            };
            self.classes.resize_with(class + 1, empty);
        }
        &mut self.classes[class]
    }

    /// Takes a buffer back.
    pub(crate) fn give(&mut self, buffer: Vec<T>) {
        let bytes = buffer.len() * size_of::<T>();
        if buffer.len() < SMALLEST || bytes > LIMIT {
            return;
        }
        let class = class_below(buffer.len());
        self.bytes += bytes;
        self.class(class).spare.push(buffer);
        while self.bytes > LIMIT {
            self.free_one();
        }
    }

    /// Frees a buffer of the class that nobody has asked for the longest.
    #[cold]
    fn free_one(&mut self) {
        let filled = self
            .classes
            .iter_mut()
            .filter(|class| !class.spare.is_empty());
        let oldest = filled.min_by_key(|class| class.asked);
        let buffer = oldest.and_then(|class| class.spare.pop());
        self.bytes -= buffer.map_or(self.bytes, |buffer| buffer.len() * size_of::<T>());
    }
}

/// Sizes step by an eighth of their leading power of two, so at most an eighth is wasted.
fn class_below(len: usize) -> usize {
    let log = len.ilog2() as usize;
    log * 8 + ((len >> (log - 3)) & 7)
}

/// The smallest class all of whose buffers hold `len`, and its least size.
fn class_above(len: usize) -> (usize, usize) {
    let log = len.ilog2() as usize;
    let step = 1 << (log - 3);
    let size = len.div_ceil(step) * step;
    (class_below(size), size)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_returned_buffer_is_taken_again_and_is_long_enough() {
        let mut pool = Pool::<f32>::new();
        for len in (64..2000).chain([45_500, 1 << 20, (1 << 20) + 1]) {
            let buffer = pool.take(len);
            assert!(
                buffer.len() >= len && buffer.len() <= len + len / 8 + 1,
                "{len}: {}",
                buffer.len()
            );
            let address = buffer.as_ptr();
            pool.give(buffer);
            let again = pool.take(len);
            assert_eq!(again.as_ptr(), address, "{len}");
        }
    }

    #[test]
    fn the_pool_is_bounded() {
        let mut pool = Pool::<f64>::new();
        for _ in 0..8 {
            pool.give(vec![0.0; LIMIT / 16]);
        }
        assert!(pool.bytes <= LIMIT);
    }

    #[test]
    fn what_is_asked_for_stays_where_other_sizes_fill_the_pool() {
        let mut pool = Pool::<f64>::new();
        let buffer = pool.take(1000);
        let address = buffer.as_ptr();
        pool.give(buffer);
        for _ in 0..40 {
            pool.give(vec![0.0; LIMIT / 128]);
        }
        let again = pool.take(1000);
        assert_eq!(again.as_ptr(), address);
    }
}
