//! Means and greatest elements of the windows of images.

use super::threads;
use crate::dtype::Element;
use crate::tensor::storage::Data;
use num_traits::Float;

/// One window along an axis: the elements in it, and the size by which a mean is divided.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) start: usize,
    pub(crate) end: usize,
    pub(crate) size: usize,
}

/// The windows of images of two axes.
#[derive(Clone, Debug)]
pub(crate) struct Spans {
    pub(crate) input: [usize; 2],
    pub(crate) spans: [Vec<Span>; 2],
    /// What every sum is divided by, in the place of the window's own size.
    pub(crate) divisor: Option<f64>,
}

impl Spans {
    fn pixels(&self) -> usize {
        self.input[0] * self.input[1]
    }

    fn windows(&self) -> usize {
        self.spans[0].len() * self.spans[1].len()
    }

    /// Calls `f` for every window with its rows, its columns and its divisor.
    fn each<T: Float>(&self, mut f: impl FnMut(&Span, &Span, T)) {
        let exact = |size: f64| T::from(size).expect("a float holds every size, rounded");
        for row in &self.spans[0] {
            for col in &self.spans[1] {
                f(
                    row,
                    col,
                    exact(self.divisor.unwrap_or((row.size * col.size) as f64)),
                );
            }
        }
    }

    fn is_parallel(&self, images: usize) -> bool {
        let largest = |spans: &[Span]| {
            spans
                .iter()
                .map(|span| span.end - span.start)
                .max()
                .unwrap_or(0)
        };
        let window = largest(&self.spans[0]) * largest(&self.spans[1]);
        threads::pays(images * self.windows() * window)
    }

    /// The mean of every window of every image.
    pub(crate) fn means<T: Element + Float>(&self, x: &[T], images: usize) -> Data<T> {
        let mut out = Data::<T>::scratch(images * self.windows());
        if out.is_empty() {
            return out;
        }
        threads::for_each_chunk(
            out.make_mut(),
            self.windows(),
            self.is_parallel(images),
            |i, out| {
                let image = &x[i * self.pixels()..(i + 1) * self.pixels()];
                let mut out = out.iter_mut();
                self.each(|row, col, divisor: T| {
                    let mut sum = T::zero();
                    for y in row.start..row.end {
                        let line = &image[y * self.input[1]..];
                        line[col.start..col.end].iter().for_each(|&v| sum = sum + v);
                    }
                    if let Some(out) = out.next() {
                        *out = sum / divisor;
                    }
                });
            },
        );
        out
    }

    /// A gradient of the means, shared out to the elements.
    pub(crate) fn shares<T: Element + Float>(&self, grad: &[T], images: usize) -> Data<T> {
        let mut out = Data::<T>::full(images * self.pixels(), T::zero());
        if out.is_empty() || grad.is_empty() {
            return out;
        }
        threads::for_each_chunk(
            out.make_mut(),
            self.pixels(),
            self.is_parallel(images),
            |i, image| {
                let mut grad = grad[i * self.windows()..(i + 1) * self.windows()].iter();
                self.each(|row, col, divisor: T| {
                    let share = grad.next().map_or(T::zero(), |&grad| grad / divisor);
                    for y in row.start..row.end {
                        let line = &mut image[y * self.input[1]..];
                        line[col.start..col.end]
                            .iter_mut()
                            .for_each(|sum| *sum = *sum + share);
                    }
                });
            },
        );
        out
    }
}

/// Where windows of dilated elements begin.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lattice {
    pub(crate) input: [usize; 2],
    pub(crate) kernel: [usize; 2],
    pub(crate) output: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) dilation: [usize; 2],
    /// Elements less than all others that stand before the first one.
    pub(crate) before: [usize; 2],
}

impl Lattice {
    /// Along an axis, the positions of a window that are inside of the image.
    fn span(&self, axis: usize, window: usize) -> (usize, usize) {
        let step = self.dilation[axis];
        let (from, before) = (window * self.stride[axis], self.before[axis]);
        // Whole steps out of the padding.
        let start = from + before.saturating_sub(from).div_ceil(step) * step - before;
        let end = (from + (self.kernel[axis] - 1) * step + 1)
            .saturating_sub(before)
            .min(self.input[axis]);
        (start, end.max(start))
    }

    /// Whether some window has all its elements in the padding.
    pub(crate) fn has_empty_window(&self) -> bool {
        let empty = |axis: usize| {
            (0..self.output[axis])
                .map(move |at| self.span(axis, at))
                .any(|(start, end)| start >= end)
        };
        empty(0) || empty(1)
    }

    /// The place in its image of every window's greatest element: the first of them, or the last NaN.
    pub(crate) fn greatest<T: Element + Float>(&self, x: &[T], images: usize) -> Data<i64> {
        let (windows, pixels) = (
            self.output[0] * self.output[1],
            self.input[0] * self.input[1],
        );
        let mut out = Data::<i64>::scratch(images * windows);
        if out.is_empty() {
            return out;
        }
        let spans = |axis: usize| {
            (0..self.output[axis])
                .map(move |at| self.span(axis, at))
                .collect::<Vec<_>>()
        };
        let (rows, cols) = (spans(0), spans(1));
        let parallel = threads::pays(images * windows * self.kernel[0] * self.kernel[1]);
        threads::for_each_chunk(out.make_mut(), windows, parallel, |i, out| {
            let image = &x[i * pixels..(i + 1) * pixels];
            for (out, at) in out.iter_mut().zip(0..) {
                let (row, col) = (rows[at / cols.len()], cols[at % cols.len()]);
                *out = self.top(image, row, col) as i64;
            }
        });
        out
    }

    fn top<T: Float>(&self, image: &[T], rows: (usize, usize), cols: (usize, usize)) -> usize {
        let mut place = rows.0 * self.input[1] + cols.0;
        let mut top = T::neg_infinity();
        for y in (rows.0..rows.1).step_by(self.dilation[0]) {
            for x in (cols.0..cols.1).step_by(self.dilation[1]) {
                let at = y * self.input[1] + x;
                if image[at] > top || image[at].is_nan() {
                    (top, place) = (image[at], at);
                }
            }
        }
        place
    }
}
