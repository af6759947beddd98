//! Convolutions over two spatial axes as matrix products: the windows of an image are laid out as the columns of a
//! matrix (Chellapilla, Puri and Simard 2006), or read where they lie (`planes.rs`). Images and groups are shared out to
//! threads, and sums over images are cut by their number alone, so the bits are the same on any number of threads.

mod planes;
#[cfg(test)]
mod tests;

use super::gemm::{Lanes, Matrix, Product};
use super::{simd, threads};
use crate::dtype::Element;
use crate::tensor::storage::{Data, Heap};
use num_traits::Float;
use std::ops::Range;

/// Sums over images are cut into at most so many parts.
const PARTS: usize = 8;

/// The sizes of a convolution.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Geometry {
    pub(crate) batch: usize,
    pub(crate) groups: usize,
    /// Channels in and out of each group.
    pub(crate) channels: [usize; 2],
    pub(crate) input: [usize; 2],
    pub(crate) kernel: [usize; 2],
    pub(crate) output: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) dilation: [usize; 2],
    /// Zeros before the first element of each axis.
    pub(crate) before: [usize; 2],
}

impl Geometry {
    /// The elements of one group of an image.
    pub(crate) fn image(&self) -> usize {
        self.channels[0] * self.pixels()
    }

    fn pixels(&self) -> usize {
        self.input[0] * self.input[1]
    }

    /// The elements of a window over all channels of its group.
    pub(crate) fn window(&self) -> usize {
        self.channels[0] * self.kernel[0] * self.kernel[1]
    }

    /// The number of windows of an image.
    pub(crate) fn windows(&self) -> usize {
        self.output[0] * self.output[1]
    }

    /// Multiplications and additions for the whole batch.
    fn operations(&self) -> usize {
        self.batch * self.groups * self.channels[1] * self.window() * self.windows()
    }

    /// Whether threads share the work, be it by images or within the product of one.
    fn pays(&self) -> bool {
        threads::pays(self.operations())
    }

    fn is_parallel(&self) -> bool {
        self.batch * self.groups > 1 && self.pays()
    }

    /// Whether the image itself is the matrix of its windows.
    fn is_pointwise(&self) -> bool {
        self.kernel == [1, 1]
            && self.stride == [1, 1]
            && self.before == [0, 0]
            && self.output == self.input
    }

    /// Whether the windows' elements at one position of the kernel are the image moved by a step.
    fn is_shift(&self) -> bool {
        self.stride == [1, 1] && self.output[1] == self.input[1]
    }

    /// What is transposed to a convolution without steps is one too, from the output to the input, with the kernel read
    /// backwards; a pointwise one is a plain product as it is.
    fn mirrored(&self) -> Option<Geometry> {
        let reach = [0, 1].map(|axis| self.reach(axis));
        let inside = self.before[0] <= reach[0] && self.before[1] <= reach[1];
        (self.stride == [1, 1] && inside && !self.is_pointwise()).then(|| Geometry {
            channels: [self.channels[1], self.channels[0]],
            input: self.output,
            output: self.input,
            before: [0, 1].map(|axis| reach[axis] - self.before[axis]),
            ..*self
        })
    }

    /// The weight `[groups, out, channels, kernel]` for [`Geometry::mirrored`].
    fn mirrored_weight<T: Float + Element>(&self, w: &[T]) -> Vec<T> {
        let [channels, out] = self.channels;
        let size = self.kernel[0] * self.kernel[1];
        let mut mirrored = Vec::with_capacity(w.len());
        for group in w.chunks_exact((out * self.window()).max(1)) {
            for channel in 0..channels {
                for kernels in group.chunks_exact(self.window()) {
                    mirrored.extend(kernels[channel * size..][..size].iter().rev());
                }
            }
        }
        mirrored
    }

    /// Along an axis, at a position in the kernel: the outputs whose window reads an element there, and the first one.
    fn inside(&self, axis: usize, at: usize) -> (Range<usize>, usize) {
        let (shift, stride) = (at * self.dilation[axis], self.stride[axis]);
        let first = self.before[axis].saturating_sub(shift).div_ceil(stride);
        let end = (self.input[axis] + self.before[axis])
            .saturating_sub(shift)
            .div_ceil(stride);
        let end = end.min(self.output[axis]);
        let first = first.min(end);
        (
            first..end,
            (first * stride + shift).saturating_sub(self.before[axis]),
        )
    }

    /// The image's windows as columns: `[channels, kernel, output]`.
    pub(crate) fn unfold<T: Float>(&self, image: &[T], columns: &mut [T]) {
        let mut rows = columns.chunks_exact_mut(self.windows().max(1));
        for channel in image.chunks_exact(self.pixels().max(1)) {
            for (i, j) in self.positions() {
                if let Some(row) = rows.next() {
                    self.take(channel, i, j, row);
                }
            }
        }
    }

    fn positions(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let [rows, cols] = self.kernel;
        (0..rows).flat_map(move |i| (0..cols).map(move |j| (i, j)))
    }

    /// For every window, its element at one position of the kernel.
    fn take<T: Float>(&self, channel: &[T], i: usize, j: usize, out: &mut [T]) {
        let ((rows, mut y), (cols, x)) = (self.inside(0, i), self.inside(1, j));
        let width = self.output[1];
        out[..rows.start * width].fill(T::zero());
        out[rows.end * width..].fill(T::zero());
        if let Some(moved) = self.moved(&rows, &cols) {
            let len = moved.len();
            out[moved].copy_from_slice(&channel[y * width + x..][..len]);
            self.clear(out, &rows, &cols);
            return;
        }
        for row in rows {
            let out = &mut out[row * width..(row + 1) * width];
            out[..cols.start].fill(T::zero());
            out[cols.end..].fill(T::zero());
            let line = &channel[y * self.input[1]..(y + 1) * self.input[1]];
            let out = &mut out[cols.clone()];
            match (self.stride[1], out.len()) {
                (_, 0) => {}
                (1, len) => out.copy_from_slice(&line[x..x + len]),
                (step, _) => out
                    .iter_mut()
                    .zip(line[x..].iter().step_by(step))
                    .for_each(|(o, &v)| *o = v),
            }
            y += self.stride[0];
        }
    }

    /// From the first window that reads an element of the image to the last one, where one step leads from every
    /// window's place to its element's.
    fn moved(&self, rows: &Range<usize>, cols: &Range<usize>) -> Option<Range<usize>> {
        let width = self.output[1];
        (self.is_shift() && !rows.is_empty() && !cols.is_empty())
            .then(|| rows.start * width + cols.start..(rows.end - 1) * width + cols.end)
    }

    /// Sets to 0 the windows of some rows that are in no column.
    fn clear<T: Float>(&self, out: &mut [T], rows: &Range<usize>, cols: &Range<usize>) {
        let width = self.output[1];
        for col in (0..cols.start).chain(cols.end..width) {
            let column = out[rows.start * width + col..rows.end * width].iter_mut();
            column.step_by(width).for_each(|v| *v = T::zero());
        }
    }

    /// Adds every column to where its window stands in the image. Elements outside of the image may become 0.
    pub(crate) fn fold<T: Float>(&self, columns: &mut [T], image: &mut [T]) {
        let mut rows = columns.chunks_exact_mut(self.windows().max(1));
        for channel in image.chunks_exact_mut(self.pixels().max(1)) {
            for (i, j) in self.positions() {
                if let Some(row) = rows.next() {
                    self.put(row, i, j, channel);
                }
            }
        }
    }

    fn put<T: Float>(&self, row: &mut [T], i: usize, j: usize, channel: &mut [T]) {
        let ((rows, mut y), (cols, x)) = (self.inside(0, i), self.inside(1, j));
        if let Some(moved) = self.moved(&rows, &cols) {
            self.clear(row, &rows, &cols);
            let place = &mut channel[y * self.input[1] + x..][..moved.len()];
            return simd::update(place, &row[moved], |sum, v| sum + v);
        }
        for at in rows {
            let values = &row[at * self.output[1]..][cols.clone()];
            let line = &mut channel[y * self.input[1]..(y + 1) * self.input[1]];
            match (self.stride[1], values.len()) {
                (_, 0) => {}
                (1, len) => simd::update(&mut line[x..x + len], values, |sum, v| sum + v),
                (step, _) => {
                    let places = line[x..].iter_mut().step_by(step);
                    places.zip(values).for_each(|(sum, &v)| *sum = *sum + v);
                }
            }
            y += self.stride[0];
        }
    }
}

fn matrix<T>(values: &[T], rows: usize, cols: usize) -> Matrix<'_, T> {
    Matrix {
        values,
        rows,
        cols,
        row_step: cols,
        col_step: 1,
    }
}

fn transposed<T>(values: &[T], rows: usize, cols: usize) -> Matrix<'_, T> {
    Matrix {
        values,
        rows: cols,
        cols: rows,
        row_step: 1,
        col_step: cols,
    }
}

/// The part of `values` that belongs to the `i`-th of equal parts of `size`.
fn part<T>(values: &[T], i: usize, size: usize) -> &[T] {
    &values[i * size..(i + 1) * size]
}

/// Calls `f` with one group of an image as columns.
fn columns<T: Product + Float, R>(g: &Geometry, image: &[T], f: impl FnOnce(&[T]) -> R) -> R {
    if g.is_pointwise() {
        return f(image);
    }
    let len = g.window() * g.windows();
    let mut columns = Heap::<T>::scratch(len);
    g.unfold(image, &mut columns);
    f(&columns)
}

/// The convolution of `x [batch, groups, channels, input]` with `w [groups, out, channels, kernel]`.
pub(crate) fn output<T: Product + Lanes + Float>(
    g: &Geometry,
    x: &[T],
    w: &[T],
    bias: Option<&[T]>,
) -> Data<T> {
    let size = g.channels[1] * g.windows();
    let mut out = Data::<T>::scratch(g.batch * g.groups * size);
    if size == 0 {
        return out;
    }
    if g.has_planes() {
        planes::output(g, x, w, bias, out.make_mut());
        return out;
    }
    let parallel = g.is_parallel();
    threads::for_each_chunk(out.make_mut(), size, parallel, |i, out| {
        let group = i % g.groups;
        let weight = part(w, group, g.channels[1] * g.window());
        columns(g, part(x, i, g.image()), |columns| {
            let columns = matrix(columns, g.window(), g.windows());
            let weight = matrix(weight, g.channels[1], g.window());
            T::multiply(weight, columns, out, !parallel && g.pays());
        });
        if let Some(bias) = bias {
            let bias = part(bias, group, g.channels[1]);
            for (out, &b) in out.chunks_exact_mut(g.windows()).zip(bias) {
                simd::map_in_place(out, |v| v + b);
            }
        }
    });
    out
}

/// What [`output`] is to `x`, transposed: from the shape of the output to that of `x`.
pub(crate) fn input<T: Product + Lanes + Float>(g: &Geometry, grad: &[T], w: &[T]) -> Data<T> {
    if let Some(mirror) = g.mirrored() {
        return output(&mirror, grad, &g.mirrored_weight(w), None);
    }
    let mut out = Data::<T>::scratch(g.batch * g.groups * g.image());
    if g.image() == 0 {
        return out;
    }
    let parallel = g.is_parallel();
    threads::for_each_chunk(out.make_mut(), g.image(), parallel, |i, out| {
        let weight = part(w, i % g.groups, g.channels[1] * g.window());
        let weight = transposed(weight, g.channels[1], g.window());
        let grad = matrix(
            part(grad, i, g.channels[1] * g.windows()),
            g.channels[1],
            g.windows(),
        );
        let shared = !parallel && g.pays();
        if g.is_pointwise() {
            return T::multiply(weight, grad, out, shared);
        }
        let mut columns = Data::<T>::scratch(g.window() * g.windows());
        T::multiply(weight, grad, columns.make_mut(), shared);
        out.fill(T::zero());
        g.fold(columns.make_mut(), out);
    });
    out
}

/// What [`output`] is to `w`, transposed: from `x` and the shape of the output to that of `w`.
pub(crate) fn weight<T: Product + Lanes + Float>(g: &Geometry, x: &[T], grad: &[T]) -> Data<T> {
    let size = g.channels[1] * g.window();
    let whole = g.groups * size;
    // Each part sums its images one after the other.
    let images = g.batch.div_ceil(PARTS).max(1);
    let parts = g.batch.div_ceil(images).max(1);
    let mut sums = Data::<T>::full(parts * whole, T::zero());
    if whole == 0 {
        return sums;
    }
    let parallel = g.is_parallel();
    let offsets = g.gathers().then(|| g.offsets());
    threads::for_each_chunk(sums.make_mut(), size, parallel, |at, sum| {
        let (first, group) = (at / g.groups * images, at % g.groups);
        let images = (first..(first + images).min(g.batch)).map(|image| image * g.groups + group);
        let grads = |i| part(grad, i, g.channels[1] * g.windows());
        if let Some(offsets) = &offsets {
            return images.for_each(|i| g.gather(part(x, i, g.image()), offsets, grads(i), sum));
        }
        let mut product = Data::<T>::scratch(size);
        for i in images {
            let grad = matrix(grads(i), g.channels[1], g.windows());
            columns(g, part(x, i, g.image()), |columns| {
                let columns = transposed(columns, g.window(), g.windows());
                let shared = !parallel && g.pays();
                T::multiply(grad, columns, product.make_mut(), shared);
            });
            simd::update(sum, &product, |sum, v| sum + v);
        }
    });
    let (first, rest) = sums.split_at(whole);
    let mut sum = Data::from_slice(first);
    for part in rest.chunks_exact(whole) {
        simd::update(sum.make_mut(), part, |sum, v| sum + v);
    }
    sum
}
