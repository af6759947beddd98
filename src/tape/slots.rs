//! A short list with a place for each input of an operation.

use std::ops::{Deref, DerefMut};

/// What belongs to each input of an operation, where there is something. Every recorded operation makes such a list and
/// every walk takes it apart, so its end costs no more than that of what it holds, which no general container gives.
#[derive(Clone)]
pub(crate) enum Slots<T> {
    None,
    One([Option<T>; 1]),
    Two([Option<T>; 2]),
    Many(Vec<Option<T>>),
}

impl<T> Slots<T> {
    #[inline]
    pub(crate) const fn new() -> Self {
        Slots::None
    }

    /// So many places, with nothing in them.
    #[inline]
    pub(crate) fn empty(len: usize) -> Self {
        match len {
            0 => Slots::None,
            1 => Slots::One([None]),
            2 => Slots::Two([None, None]),
            _ => Slots::Many(std::iter::repeat_with(|| None).take(len).collect()),
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, slot: Option<T>) {
        *self = match std::mem::take(self) {
            Slots::None => Slots::One([slot]),
            Slots::One([first]) => Slots::Two([first, slot]),
            Slots::Two([first, second]) => Slots::Many(vec![first, second, slot]),
            Slots::Many(mut all) => {
                all.push(slot);
                Slots::Many(all)
            }
        };
    }
}

impl<T> Default for Slots<T> {
    #[inline]
    fn default() -> Self {
        Slots::new()
    }
}

impl<T> Deref for Slots<T> {
    type Target = [Option<T>];
    #[inline]
    fn deref(&self) -> &[Option<T>] {
        match self {
            Slots::None => &[],
            Slots::One(slots) => slots,
            Slots::Two(slots) => slots,
            Slots::Many(slots) => slots,
        }
    }
}

impl<T> DerefMut for Slots<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [Option<T>] {
        match self {
            Slots::None => &mut [],
            Slots::One(slots) => slots,
            Slots::Two(slots) => slots,
            Slots::Many(slots) => slots,
        }
    }
}

impl<T> From<[Option<T>; 1]> for Slots<T> {
    #[inline]
    fn from(slots: [Option<T>; 1]) -> Self {
        Slots::One(slots)
    }
}

impl<T> From<[Option<T>; 2]> for Slots<T> {
    #[inline]
    fn from(slots: [Option<T>; 2]) -> Self {
        Slots::Two(slots)
    }
}

impl<T> FromIterator<Option<T>> for Slots<T> {
    #[inline]
    fn from_iter<I: IntoIterator<Item = Option<T>>>(all: I) -> Self {
        let mut slots = Slots::new();
        all.into_iter().for_each(|slot| slots.push(slot));
        slots
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_lists_keep_their_places() {
        for len in 0..6 {
            let held = |i: usize| i.is_multiple_of(2).then_some(i);
            let mut slots: Slots<usize> = (0..len).map(held).collect();
            assert_eq!(slots.len(), len);
            assert_eq!(slots.to_vec(), (0..len).map(held).collect::<Vec<_>>());
            slots
                .iter_mut()
                .for_each(|slot| *slot = slot.map(|i| i + 1));
            let kept: Vec<_> = slots.iter().copied().flatten().collect();
            assert_eq!(
                kept,
                (0..len).filter_map(held).map(|i| i + 1).collect::<Vec<_>>()
            );
            assert_eq!(Slots::<usize>::empty(len).to_vec(), vec![None; len]);
        }
    }
}
