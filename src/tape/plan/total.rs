//! The sum of all elements of a value, which may be taken while they are at hand.

use super::bank::LANES;
use super::kernel::{Pass, map_slices, whole};
use crate::dtype::Element;
use crate::kernels::reduce::{pairwise, sum_axis, sum_blocks};
use std::ops::Add;

/// A sum of `len` elements: in one step, or in two, the sums of their blocks and the sum of these. The bits are the same.
pub(super) struct Total {
    pub(super) len: usize,
    pub(super) whole: Pass,
    pub(super) blocks: Pass,
    pub(super) joined: Pass,
}

impl Total {
    /// The elements stand from `at` on.
    pub(super) fn new<T: Element + Add<Output = T>>(at: usize, len: usize) -> Total {
        Total {
            len,
            whole: whole::<T, T>(move |x, out| {
                let x = &x[at..][..len];
                match len {
                    // One after another, as `sum_axis` adds them.
                    0..=LANES => out[0] = x.iter().fold(T::default(), |sum, &v| sum + v),
                    _ => sum_axis(x, 1, len, 1, out),
                }
            }),
            blocks: map_slices::<T, T>(sum_blocks),
            joined: whole::<T, T>(move |sums, out| out[0] = pairwise(sums, len)),
        }
    }
}
