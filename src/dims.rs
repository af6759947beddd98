//! A list of sizes, one an axis.

use std::borrow::Borrow;
use std::ops::{Deref, DerefMut};

/// Ranks up to this one need no allocation.
const FEW: usize = 4;

/// Sizes of axes, steps along them, or axes by number. Every tensor has some and every operation copies them, so a
/// copy of a short list is a plain copy of words and its end costs nothing, which no general container gives.
#[derive(Clone)]
pub enum Dims {
    /// Sizes that are not there are 1, so that all of them together can be compared and multiplied.
    // A length of a whole word: an odd one would be copied in two parts, each of which the next reader waits for.
    Few {
        len: usize,
        sizes: [usize; FEW],
    },
    Many(Vec<usize>),
}

impl Dims {
    #[inline]
    pub(crate) const fn new() -> Self {
        Dims::Few {
            len: 0,
            sizes: [1; FEW],
        }
    }

    #[inline]
    pub(crate) fn from_slice(from: &[usize]) -> Self {
        // By cases: a copy of unknown length is a call.
        let sizes = match *from {
            [] => [1; FEW],
            [a] => [a, 1, 1, 1],
            [a, b] => [a, b, 1, 1],
            [a, b, c] => [a, b, c, 1],
            [a, b, c, d] => [a, b, c, d],
            _ => return Dims::Many(from.to_vec()),
        };
        Dims::Few {
            len: from.len(),
            sizes,
        }
    }

    #[inline]
    pub(crate) fn from_elem(size: usize, len: usize) -> Self {
        if len > FEW {
            return Dims::Many(vec![size; len]);
        }
        let mut sizes = [1; FEW];
        sizes[..len].fill(size);
        Dims::Few { len, sizes }
    }

    /// `0, 1, ..`, so many.
    pub(crate) fn range(len: usize) -> Self {
        match [0, 1, 2, 3].get(..len) {
            Some(few) => Self::from_slice(few),
            None => (0..len).collect(),
        }
    }

    /// The product of all sizes.
    #[inline]
    pub(crate) fn numel(&self) -> usize {
        match self {
            Dims::Few { sizes, .. } => sizes.iter().product(),
            Dims::Many(sizes) => sizes.iter().product(),
        }
    }

    #[inline]
    pub(crate) fn push(&mut self, size: usize) {
        match self {
            Dims::Few { len, sizes } if *len < FEW => {
                sizes[*len] = size;
                *len += 1;
            }
            _ => self.many().push(size),
        }
    }

    pub(crate) fn insert(&mut self, at: usize, size: usize) {
        self.push(size);
        self[at..].rotate_right(1);
    }

    pub(crate) fn remove(&mut self, at: usize) -> usize {
        let size = self[at];
        self[at..].rotate_left(1);
        self.truncate(self.len() - 1);
        size
    }

    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&mut usize) -> bool) {
        let mut kept = 0;
        for i in 0..self.len() {
            let mut size = self[i];
            if keep(&mut size) {
                self[kept] = size;
                kept += 1;
            }
        }
        self.truncate(kept);
    }

    pub(crate) fn truncate(&mut self, to: usize) {
        match self {
            Dims::Few { len, sizes } => {
                *len = (*len).min(to);
                sizes[*len..].fill(1);
            }
            Dims::Many(sizes) => sizes.truncate(to),
        }
    }

    #[cold]
    fn many(&mut self) -> &mut Vec<usize> {
        if let Dims::Few { .. } = self {
            *self = Dims::Many(self.to_vec());
        }
        match self {
            Dims::Many(sizes) => sizes,
            Dims::Few { .. } => unreachable!("it was made a long list above"),
        }
    }
}

/// Whether two shapes are the same, without the call by which slices are compared.
#[inline]
pub(crate) fn same(a: &[usize], b: &[usize]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b)
}

impl Default for Dims {
    fn default() -> Self {
        Dims::new()
    }
}

impl Deref for Dims {
    type Target = [usize];
    #[inline]
    fn deref(&self) -> &[usize] {
        match self {
            Dims::Few { len, sizes } => &sizes[..*len],
            Dims::Many(sizes) => sizes,
        }
    }
}

impl DerefMut for Dims {
    #[inline]
    fn deref_mut(&mut self) -> &mut [usize] {
        match self {
            Dims::Few { len, sizes } => &mut sizes[..*len],
            Dims::Many(sizes) => sizes,
        }
    }
}

impl PartialEq for Dims {
    #[inline]
    fn eq(&self, other: &Dims) -> bool {
        match (self, other) {
            (Dims::Few { len, sizes }, Dims::Few { len: l, sizes: s }) => len == l && sizes == s,
            _ => **self == **other,
        }
    }
}
impl Eq for Dims {}

impl std::fmt::Debug for Dims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        (**self).fmt(f)
    }
}

impl From<&[usize]> for Dims {
    #[inline]
    fn from(sizes: &[usize]) -> Self {
        Dims::from_slice(sizes)
    }
}

impl From<Vec<usize>> for Dims {
    fn from(sizes: Vec<usize>) -> Self {
        Dims::from_slice(&sizes)
    }
}

impl Borrow<[usize]> for Dims {
    fn borrow(&self) -> &[usize] {
        self
    }
}

impl Extend<usize> for Dims {
    fn extend<I: IntoIterator<Item = usize>>(&mut self, sizes: I) {
        sizes.into_iter().for_each(|size| self.push(size));
    }
}

impl FromIterator<usize> for Dims {
    fn from_iter<I: IntoIterator<Item = usize>>(sizes: I) -> Self {
        let mut dims = Dims::new();
        dims.extend(sizes);
        dims
    }
}

impl<'a> IntoIterator for &'a Dims {
    type Item = &'a usize;
    type IntoIter = std::slice::Iter<'a, usize>;
    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_and_long_lists_change_alike() {
        for len in 0..8 {
            let expected: Vec<usize> = (0..len).collect();
            let mut dims: Dims = expected.iter().copied().collect();
            assert_eq!((&dims[..], dims.len()), (&expected[..], len));
            assert_eq!(dims, Dims::from_slice(&expected));
            dims.push(3);
            assert_ne!(dims, Dims::from_slice(&expected));
            assert_eq!(dims.numel(), 3 * expected.iter().product::<usize>());
            dims.truncate(len);
            assert_eq!(dims, Dims::from_slice(&expected));
            for at in 0..=len {
                let mut longer = expected.clone();
                longer.insert(at, 9);
                dims.insert(at, 9);
                assert_eq!(dims[..], longer[..]);
                assert_eq!(dims.remove(at), 9);
            }
            dims.retain(|size| *size % 2 == 1);
            assert!(dims.iter().all(|size| size % 2 == 1));
            assert_eq!(dims.len(), len / 2);
            assert_eq!(Dims::range(len), Dims::from_slice(&expected));
            assert_eq!(Dims::from_elem(3, len)[..], vec![3; len][..]);
        }
    }
}
