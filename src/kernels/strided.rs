//! Elements that do not lie in row-major order: gathered to where the contiguous kernels can work,
//! or written to where they belong.

use crate::dtype::Element;
use crate::shape::{Dims, Layout, row_major};
use crate::tensor::storage::Data;

/// Walks the positions of all axes but the last; `visit` gets the offset of each innermost run.
pub(crate) fn for_each_run(
    shape: &[usize],
    strides: &[usize],
    offset: usize,
    mut visit: impl FnMut(usize),
) {
    let outer = shape.len().saturating_sub(1);
    if shape.contains(&0) {
        return;
    }
    let mut at: Dims = Dims::from_elem(0, outer);
    let mut position = offset;
    loop {
        visit(position);
        let mut axis = outer;
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            at[axis] += 1;
            position += strides[axis];
            if at[axis] < shape[axis] {
                break;
            }
            position -= strides[axis] * shape[axis];
            at[axis] = 0;
        }
    }
}

/// The elements of a layout in row-major order.
pub(crate) fn gather<T: Element>(source: &[T], layout: &Layout) -> Data<T> {
    let mut data = Data::scratch(layout.numel());
    gather_into(source, layout, data.make_mut());
    data
}

/// As [`gather`], into a slice of as many elements.
pub(crate) fn gather_into<T: Element>(source: &[T], layout: &Layout, out: &mut [T]) {
    let (shape, strides) = merge(&layout.shape, &layout.strides());
    let (len, step) = match (shape.last(), strides.last()) {
        (Some(&len), Some(&step)) => (len, step),
        _ => (1, 1),
    };
    if let ([rows, cols], [1, col_step]) = (&shape[..], &strides[..]) {
        return transpose(&source[layout.offset..], *rows, *cols, *col_step, out);
    }
    let mut filled = 0;
    for_each_run(&shape, &strides, layout.offset, |from| {
        let run = &mut out[filled..filled + len];
        match step {
            0 => run.fill(source[from]),
            1 => run.copy_from_slice(&source[from..from + len]),
            _ => run
                .iter_mut()
                .zip(source[from..].iter().step_by(step))
                .for_each(|(o, &v)| *o = v),
        }
        filled += len;
    });
}

/// A transposed matrix, by blocks that fit the nearest cache.
fn transpose<T: Element>(source: &[T], rows: usize, cols: usize, col_step: usize, out: &mut [T]) {
    const BLOCK: usize = 16;
    for row in (0..rows).step_by(BLOCK) {
        for col in (0..cols).step_by(BLOCK) {
            for r in row..(row + BLOCK).min(rows) {
                for c in col..(col + BLOCK).min(cols) {
                    out[r * cols + c] = source[c * col_step + r];
                }
            }
        }
    }
}

/// Calls `write` with the storage position of every element of a layout, in row-major order.
pub(crate) fn for_each_position(layout: &Layout, mut write: impl FnMut(usize)) {
    let strides = layout.strides();
    let (len, step) = match (layout.shape.last(), strides.last()) {
        (Some(&len), Some(&step)) => (len, step),
        _ => (1, 1),
    };
    for_each_run(&layout.shape, &strides, layout.offset, |from| {
        for i in 0..len {
            write(from + i * step);
        }
    });
}

/// Axes of size 1 dropped and neighbours that lie like one axis joined.
pub(crate) fn merge(shape: &[usize], strides: &[usize]) -> (Dims, Dims) {
    let (mut sizes, mut steps) = (Dims::new(), Dims::new());
    for (&size, &stride) in shape.iter().zip(strides) {
        if size == 1 {
            continue;
        }
        match (sizes.last_mut(), steps.last_mut()) {
            (Some(last_size), Some(last_step)) if *last_step == size * stride && size != 0 => {
                *last_size *= size;
                *last_step = stride;
            }
            _ => {
                sizes.push(size);
                steps.push(stride);
            }
        }
    }
    (sizes, steps)
}

/// How two contiguous operands of shapes that broadcast are walked together: the sizes of the joined
/// axes and each operand's steps along them, 0 where it is repeated.
pub(crate) struct Pair {
    pub(crate) shape: Dims,
    pub(crate) lhs: Dims,
    pub(crate) rhs: Dims,
}

impl Pair {
    pub(crate) fn new(out: &[usize], lhs: &[usize], rhs: &[usize]) -> Pair {
        let steps = |own: &[usize]| -> Dims {
            let natural = row_major(own);
            let lead = out.len() - own.len();
            (0..out.len())
                .map(|a| {
                    if a < lead || own[a - lead] == 1 {
                        0
                    } else {
                        natural[a - lead]
                    }
                })
                .collect()
        };
        let (l, r) = (steps(lhs), steps(rhs));
        let mut pair = Pair {
            shape: Dims::new(),
            lhs: Dims::new(),
            rhs: Dims::new(),
        };
        for (axis, &size) in out.iter().enumerate().filter(|&(_, &size)| size != 1) {
            let last = pair.shape.len().wrapping_sub(1);
            let joins = |steps: &Dims, step: usize| steps[last] == step * size;
            if !pair.shape.is_empty() && joins(&pair.lhs, l[axis]) && joins(&pair.rhs, r[axis]) {
                pair.shape[last] *= size;
                pair.lhs[last] = l[axis];
                pair.rhs[last] = r[axis];
            } else {
                pair.shape.push(size);
                pair.lhs.push(l[axis]);
                pair.rhs.push(r[axis]);
            }
        }
        pair
    }

    /// Whether the right operand is one row, which repeats along the other axis.
    pub(crate) fn is_row(&self) -> bool {
        self.rhs[..] == [0, 1]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gathering_follows_the_strides() {
        let source: Vec<i64> = (0..24).collect();
        let dims = Dims::from_slice;
        let swapped = Layout::strided(dims(&[4, 3, 2]), dims(&[1, 4, 12]), 0);
        let expected: Vec<i64> = (0..4)
            .flat_map(|a| (0..3).flat_map(move |b| (0..2).map(move |c| a + 4 * b + 12 * c)))
            .collect();
        assert_eq!(*gather(&source, &swapped), *expected);
        let stretched = Layout::strided(dims(&[2, 3]), dims(&[1, 0]), 5);
        assert_eq!(*gather(&source, &stretched), [5, 5, 5, 6, 6, 6]);
        let matrix = Layout::strided(dims(&[6, 4]), dims(&[1, 6]), 0);
        assert_eq!(gather(&source, &matrix)[4..8], [1, 7, 13, 19]);
        assert!(gather(&source, &Layout::strided(dims(&[0, 4]), dims(&[1, 6]), 0)).is_empty());
    }

    #[test]
    fn axes_join_where_both_operands_run_on() {
        let pair = Pair::new(&[2, 3, 4], &[2, 3, 4], &[4]);
        assert_eq!(
            (&pair.shape[..], &pair.lhs[..], &pair.rhs[..]),
            (&[6, 4][..], &[4, 1][..], &[0, 1][..])
        );
        let pair = Pair::new(&[2, 3, 4], &[2, 3, 1], &[1]);
        assert_eq!((&pair.shape[..], &pair.lhs[..]), (&[6, 4][..], &[1, 0][..]));
    }
}
