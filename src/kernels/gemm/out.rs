//! Where a product is written: rows of one slice, or pieces of rows that one thread works on.

/// Rows of a result.
pub(super) enum Out<'a, 'b, T> {
    /// Row `i` starts at `i * step`.
    Slice {
        values: &'a mut [T],
        step: usize,
    },
    Pieces(&'a mut [&'b mut [T]]),
}

impl<'a, 'b, T> Out<'a, 'b, T> {
    pub(super) fn slice(values: &'a mut [T], step: usize) -> Self {
        Out::Slice { values, step }
    }

    #[inline(always)]
    pub(super) fn reborrow(&mut self) -> Out<'_, 'b, T> {
        match self {
            Out::Slice { values, step } => Out::slice(values, *step),
            Out::Pieces(rows) => Out::Pieces(rows),
        }
    }

    #[inline(always)]
    pub(super) fn row(&mut self, i: usize) -> &mut [T] {
        match self {
            Out::Slice { values, step } => &mut values[i * *step..],
            Out::Pieces(rows) => rows[i],
        }
    }
}
