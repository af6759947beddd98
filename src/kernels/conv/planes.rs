//! Convolutions without steps, on planes that hold their zeros: no window is copied.

use super::{Geometry, part};
use crate::kernels::gemm::{Lanes, PIECES, ROWS, WHOLE, Windows};
use crate::kernels::{simd, threads};
use crate::tensor::storage::Heap;
use num_traits::Float;

/// To lay out windows as columns costs as much as computing about so many channels.
const UNFOLDING: usize = 16;
/// Elements written at a time where lines are short.
const SHORT: usize = 8;
/// Channels that are worth a vector of their own.
const SIDE_BY_SIDE: usize = 8;

impl Geometry {
    /// Whether windows are read from planes. Those that begin near the end of a line would reach into the next one;
    /// their sums are computed and dropped, which costs more than copied windows where many channels read short lines.
    pub(super) fn has_planes(&self) -> bool {
        let dropped = self.channels[1] * self.reach(1) * self.output[0].saturating_sub(1);
        self.stride == [1, 1]
            && !self.is_pointwise()
            && self.window() > 0
            && self.windows() > 0
            && dropped <= UNFOLDING * self.windows()
    }

    /// From the first to the last element of a window.
    pub(super) fn reach(&self, axis: usize) -> usize {
        self.dilation[axis] * (self.kernel[axis] - 1)
    }

    /// The sizes of a plane: what all windows read.
    fn plane(&self) -> [usize; 2] {
        [0, 1].map(|axis| self.output[axis] + self.reach(axis))
    }

    /// From where a window begins to its elements in all planes.
    pub(super) fn offsets(&self) -> Vec<usize> {
        let [height, width] = self.plane();
        let [down, along] = self.dilation;
        let at = |channel, (i, j)| channel * height * width + i * down * width + j * along;
        let channels = 0..self.channels[0];
        channels
            .flat_map(|channel| self.positions().map(move |position| at(channel, position)))
            .collect()
    }

    /// Places where a window begins, up to the last one's.
    fn places(&self) -> usize {
        (self.output[0] - 1) * self.plane()[1] + self.output[1]
    }

    /// One group of an image with zeros around its channels, and behind the last one what vectors may read.
    pub(super) fn padded<T: Float + Lanes>(&self, image: &[T]) -> Heap<T> {
        let ([height, width], [top, left]) = (self.plane(), self.before);
        let size = height * width;
        let rows = self.input[0].min(height.saturating_sub(top));
        let cols = self.input[1].min(width.saturating_sub(left));
        let mut planes = Heap::<T>::scratch(self.channels[0] * size + WHOLE);
        if rows * cols == 0 {
            planes.fill(T::zero());
            return planes;
        }
        for (at, channel) in image.chunks_exact(self.pixels()).enumerate() {
            let plane = &mut planes[at * size..];
            let mut at = top * width + left;
            plane[..at].fill(T::zero());
            for line in channel.chunks_exact(self.input[1]).take(rows) {
                let (place, behind) = plane[at..].split_at_mut(cols);
                copy(&line[..cols], place);
                match behind.first_chunk_mut() {
                    // What is too much stands where the next line comes.
                    Some(zeros) if width - cols <= SHORT => *zeros = [T::zero(); SHORT],
                    _ => behind[..width - cols].fill(T::zero()),
                }
                at += width;
            }
            plane[at - width + cols..size].fill(T::zero());
        }
        planes[self.channels[0] * size..].fill(T::zero());
        planes
    }

    /// Some channels of the output, from their part of the weight.
    pub(super) fn correlate<T: Float + Lanes>(
        &self,
        windows: Windows<'_, T>,
        weight: &[T],
        bias: Option<&[T]>,
        out: &mut [T],
    ) {
        let (places, width) = (self.places(), self.plane()[1]);
        let step = places.next_multiple_of(WHOLE);
        let rows = (weight.len() / self.window()).next_multiple_of(ROWS);
        let mut sums = Heap::<T>::scratch(rows * step);
        windows.correlate(weight, places, &mut sums, step);
        let channels = out.chunks_exact_mut(self.windows());
        for (channel, (out, sums)) in channels.zip(sums.chunks_exact(step)).enumerate() {
            let lines = out.chunks_exact_mut(self.output[1]).zip(sums.chunks(width));
            match bias {
                None => lines.for_each(|(out, sums)| copy(&sums[..out.len()], out)),
                Some(bias) => simd::vectorize(
                    self.windows(),
                    #[inline(always)]
                    || {
                        for (out, sums) in lines {
                            let pairs = out.iter_mut().zip(sums);
                            pairs.for_each(|(out, &sum)| *out = sum + bias[channel]);
                        }
                    },
                ),
            }
        }
    }

    /// Adds what one group of an image gives to the gradient of its weight.
    pub(super) fn gather<T: Float + Lanes>(
        &self,
        image: &[T],
        offsets: &[usize],
        grad: &[T],
        sum: &mut [T],
    ) {
        let image = &self.padded(image)[..];
        Windows { image, offsets }.gather(grad, self.output, self.plane()[1], sum);
    }

    /// Whether the gradient of the weight is read from planes, its channels side by side in vectors. One image alone is
    /// left to the product, which threads share.
    pub(super) fn gathers(&self) -> bool {
        self.has_planes() && self.channels[1] >= SIDE_BY_SIDE && self.batch * self.groups > 1
    }
}

/// Copies a line, mostly of so few elements that a call costs as much as the copy.
#[inline(always)]
fn copy<T: Copy>(from: &[T], to: &mut [T]) {
    let (Some(last), true) = (from.last_chunk::<SHORT>(), from.len() == to.len()) else {
        return to.copy_from_slice(from);
    };
    let pairs = to.as_chunks_mut().0.iter_mut().zip(from.as_chunks().0);
    pairs.for_each(|(to, from): (&mut [T; SHORT], _)| *to = *from);
    if let Some(to) = to.last_chunk_mut() {
        *to = *last;
    }
}

/// As [`super::output`], of a geometry that [has planes](Geometry::has_planes).
pub(super) fn output<T: Float + Lanes>(
    g: &Geometry,
    x: &[T],
    w: &[T],
    bias: Option<&[T]>,
    out: &mut [T],
) {
    let channels = g.channels[1];
    let offsets = g.offsets();
    let correlate = |image: &[T], group: usize, from: usize, out: &mut [T]| {
        let windows = Windows {
            image,
            offsets: &offsets,
        };
        let rows = from..from + out.len() / g.windows();
        let weight = part(w, group, channels * g.window());
        let weight = &weight[rows.start * g.window()..rows.end * g.window()];
        let bias = bias.map(|bias| &part(bias, group, channels)[rows]);
        g.correlate(windows, weight, bias, out);
    };
    if g.batch * g.groups == 1 && g.pays() {
        let (image, rows) = (
            g.padded(x),
            channels.div_ceil(PIECES * threads::num_threads()),
        );
        let rows = rows.next_multiple_of(ROWS);
        return threads::for_each_chunk(out, rows * g.windows(), true, |i, out| {
            correlate(&image, 0, i * rows, out);
        });
    }
    let size = channels * g.windows();
    threads::for_each_chunk(out, size, g.is_parallel(), |i, out| {
        let image = g.padded(part(x, i, g.image()));
        correlate(&image, i % g.groups, 0, out);
    });
}
