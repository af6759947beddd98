//! A bounded pool of buffers in each thread.
//!
//! A training step frees and takes the same sizes again and again. Taking them from the pool spares
//! large allocations the page faults of fresh memory. Buffers keep their (initialised) contents, so no
//! unsafe code is needed to hand them out without clearing.

use std::ops::{Deref, DerefMut};

/// Bytes of a cache line. A vector of a CPU's registers that lies in two of them takes two loads, and those of a stream
/// from memory come at half the speed.
pub(super) const LINE: usize = 64;

/// Elements that begin with a cache line, unless they are few.
#[derive(Default)]
pub(crate) struct Lines<T> {
    values: Vec<T>,
    start: usize,
}

impl<T: Copy + Default> Lines<T> {
    /// `len` elements of the default value.
    pub(crate) fn new(len: usize) -> Self {
        let mut lines = Self::within(vec![T::default(); len + LINE / size_of::<T>() - 1]);
        lines.values.truncate(lines.start + len);
        lines
    }

    /// The elements from the first cache line on that begins in a vector.
    fn within(values: Vec<T>) -> Self {
        let start = values.as_ptr().align_offset(LINE).min(values.len());
        Lines { values, start }
    }
}

impl<T: Copy + Default> From<Vec<T>> for Lines<T> {
    /// Moves the elements on to a cache line, which costs less than one pass over them as they lie.
    fn from(mut values: Vec<T>) -> Self {
        if values.len() < SMALLEST || values.as_ptr().align_offset(LINE) == 0 {
            return Lines { values, start: 0 };
        }
        values.reserve(LINE / size_of::<T>());
        let start = values.as_ptr().align_offset(LINE);
        values.splice(0..0, std::iter::repeat_n(T::default(), start));
        Lines { values, start }
    }
}

impl<T> Deref for Lines<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        &self.values[self.start..]
    }
}

impl<T> DerefMut for Lines<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[self.start..]
    }
}

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
    spare: Vec<Lines<T>>,
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
    pub(crate) fn take(&mut self, len: usize) -> Lines<T> {
        if len < SMALLEST {
            return Lines::new(len);
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
            None => Lines::new(size),
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
    pub(crate) fn give(&mut self, buffer: Lines<T>) {
        let buffer = Lines::within(buffer.values);
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
    fn buffers_begin_with_a_cache_line_also_those_that_were_vectors() {
        let mut pool = Pool::<f32>::new();
        for len in [1, 64, 900, 5000] {
            assert_eq!(pool.take(len).as_ptr().align_offset(LINE), 0, "{len}");
        }
        for skipped in 0..16 {
            let vector: Vec<f32> = (0..300 + skipped).map(|i| i as f32).collect();
            let lines = Lines::from(vector[skipped as usize..].to_vec());
            assert_eq!(lines[..], vector[skipped as usize..]);
            assert_eq!(lines.as_ptr().align_offset(LINE), 0);
            pool.give(lines);
        }
        let all = |pool: &mut Pool<f32>| (0..20).map(|_| pool.take(290)).collect::<Vec<_>>();
        assert!(
            all(&mut pool)
                .iter()
                .all(|lines| lines.as_ptr().align_offset(LINE) == 0)
        );
    }

    #[test]
    fn the_pool_is_bounded() {
        let mut pool = Pool::<f64>::new();
        for _ in 0..8 {
            pool.give(Lines::new(LIMIT / 16));
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
            pool.give(Lines::new(LIMIT / 128));
        }
        let again = pool.take(1000);
        assert_eq!(again.as_ptr(), address);
    }
}
