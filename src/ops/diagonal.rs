//! Diagonals of matrices, taken and laid out.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use super::slice::placed;
use crate::error::{Error, Result};
use crate::shape::{self, Dims, Layout};
use crate::tape::{Cx, Op};
use crate::tensor::Inner;
use crate::{Operand, Tensor};

/// A diagonal of the matrices over two axes.
#[derive(Clone, Copy)]
struct Line {
    /// How far it lies above the main one; below it where negative.
    offset: i64,
    rows: usize,
    cols: usize,
}

impl Line {
    fn new(op: &'static str, offset: i64, first: i64, second: i64, rank: usize) -> Result<Line> {
        if rank < 2 {
            return Err(Error::Shape {
                op,
                problem: format!("a tensor of {rank} dimensions holds no matrices"),
                cure: "Give at least two axes; `diag` and `diag_embed` lay a vector out.".into(),
            });
        }
        shape::axes(op, &[first, second], rank)?;
        Ok(Line {
            offset,
            rows: shape::axis(op, first, rank)?,
            cols: shape::axis(op, second, rank)?,
        })
    }

    /// The diagonal of a layout, as its last axis.
    fn of(self, layout: &Layout) -> Layout {
        let (rows, cols) = (layout.shape[self.rows], layout.shape[self.cols]);
        let (down, right) = match self.offset {
            offset if offset < 0 => (offset.unsigned_abs() as usize, 0),
            offset => (0, offset as usize),
        };
        let len = rows.saturating_sub(down).min(cols.saturating_sub(right));
        let strides = layout.strides();
        let (row_step, col_step) = (strides[self.rows], strides[self.cols]);
        let rest = |values: &Dims, last: usize| {
            let kept = (0..values.len()).filter(|&axis| axis != self.rows && axis != self.cols);
            kept.map(|axis| values[axis]).chain([last]).collect()
        };
        Layout::strided(
            rest(&layout.shape, len),
            rest(&strides, row_step + col_step),
            layout.offset + down * row_step + right * col_step,
        )
    }
}

/// A diagonal of the input.
pub(crate) struct Diagonal {
    line: Line,
}

impl Op for Diagonal {
    const NAME: &'static str = "DiagonalBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |cx| Ok(embed(grad, self.line, cx.input_shape(0))))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |shape: &[usize], offset: i64, first: i64, second: i64| {
            Case::new([sample(shape, -2.0, 2.0, 0)], move |x| {
                x[0].diagonal_dims(offset, first, second).pow(2)
            })
        };
        vec![
            case(&[3, 3], 0, 0, 1),
            case(&[2, 4], 1, 0, 1),
            case(&[3, 2, 4], -1, 2, 0),
            case(&[2, 2], 5, 0, 1),
            case(&[0, 2], 0, 0, 1),
        ]
    }
}

/// The input as a diagonal of zeros.
pub(crate) struct DiagonalEmbed {
    line: Line,
}

impl Op for DiagonalEmbed {
    const NAME: &'static str = "DiagEmbedBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |_| Ok(diagonal(grad, self.line)))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |shape: &[usize], offset: i64, first: i64, second: i64| {
            Case::new([sample(shape, -2.0, 2.0, 0)], move |x| {
                x[0].pow(2).diag_embed_dims(offset, first, second)
            })
        };
        vec![
            case(&[3], 0, -2, -1),
            case(&[2, 3], 1, 0, -1),
            case(&[2, 3], -2, 2, 1),
            case(&[0], 0, -2, -1),
        ]
    }
}

#[track_caller]
fn diagonal(x: &Tensor, line: Line) -> Tensor {
    Inner::view(x, line.of(x.layout())).record(&[x.arg()], |_| Diagonal { line })
}

#[track_caller]
fn embed(x: &Tensor, line: Line, shape: &[usize]) -> Tensor {
    let out = placed(x, shape, |whole| line.of(whole));
    out.record(&[x.arg()], |_| DiagonalEmbed { line })
}

fallible! {
    /// A diagonal of a matrix `[rows, cols]`, or of the matrices over the first two axes, as the last axis; `offset`
    /// counts from the main one upwards. A view.
    ///
    /// # Panics
    /// If the tensor has fewer than two axes.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = tensor![[1, 2], [3, 4]];
    /// assert_eq!((x.diagonal(0), x.diagonal(-1)), (tensor![1, 4], tensor![3]));
    /// ```
    fn diagonal | try_diagonal(&self, offset: i64) -> Tensor {
        self.try_diagonal_dims(offset, 0, 1)
    }

    /// A diagonal of the matrices whose rows and columns lie along two axes, as the last axis. A view.
    ///
    /// # Panics
    /// If the tensor has no such axes, or they are the same.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2, 3, 4]).diagonal_dims(1, -2, -1).shape(), [2, 3]);
    /// ```
    fn diagonal_dims | try_diagonal_dims(&self, offset: i64, rows: i64, cols: i64) -> Tensor {
        Ok(diagonal(self, Line::new("diagonal", offset, rows, cols, self.rank())?))
    }

    /// The vectors along the last axis laid out as diagonals of square matrices of zeros, over two new last axes.
    ///
    /// # Panics
    /// If the tensor has no axis.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1, 2].diag_embed(0), tensor![[1, 0], [0, 2]]);
    /// ```
    fn diag_embed | try_diag_embed(&self, offset: i64) -> Tensor {
        self.try_diag_embed_dims(offset, -2, -1)
    }

    /// As [`diag_embed`](Tensor::diag_embed), with the places of the new axes in the result.
    ///
    /// # Panics
    /// If the tensor has no axis, or the result no such axes.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([5, 3]).diag_embed_dims(1, 0, 2).shape(), [4, 5, 4]);
    /// ```
    fn diag_embed_dims | try_diag_embed_dims(&self, offset: i64, rows: i64, cols: i64) -> Tensor {
        let Some((&len, lead)) = self.shape().split_last() else {
            return Err(Error::Axis { op: "diag_embed", axis: -1, rank: 0 });
        };
        let line = Line::new("diag_embed", offset, rows, cols, self.rank() + 1)?;
        let side = len + offset.unsigned_abs() as usize;
        let mut shape: Vec<usize> = lead.to_vec();
        for place in [line.rows.min(line.cols), line.rows.max(line.cols)] {
            shape.insert(place, side);
        }
        Ok(embed(self, line, &shape))
    }

    /// A vector laid out as a diagonal of a matrix of zeros, or a diagonal of a matrix as a vector.
    ///
    /// # Panics
    /// If the tensor is neither vector nor matrix.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![5].diag(1), tensor![[0, 5], [0, 0]]);
    /// assert_eq!(tensor![[1, 2], [3, 4]].diag(0), tensor![1, 4]);
    /// ```
    fn diag | try_diag(&self, offset: i64) -> Tensor {
        match self.rank() {
            1 => self.try_diag_embed(offset),
            2 => self.try_diagonal(offset),
            rank => Err(Error::Shape {
                op: "diag",
                problem: format!("shape {:?} has {rank} axes", self.shape()),
                cure: "Give a vector or a matrix; `diagonal` and `diag_embed` take batches.".into(),
            }),
        }
    }

    /// The sum of a matrix's main diagonal.
    ///
    /// # Panics
    /// If the tensor is no matrix.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1.0, 2.0], [3.0, 4.0]].trace().item::<f32>(), 5.0);
    /// ```
    fn trace | try_trace(&self) -> Tensor {
        if self.rank() != 2 {
            return Err(Error::Shape {
                op: "trace",
                problem: format!("shape {:?} is not that of a matrix", self.shape()),
                cure: "For batches sum `diagonal_dims(0, -2, -1)` over its last axis.".into(),
            });
        }
        Ok(self.try_diagonal(0)?.sum())
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let case = |shape: &[usize], f: fn(&Tensor) -> Tensor| {
        Case::new([sample(shape, -2.0, 2.0, 0)], move |x| f(&x[0].pow(2)))
    };
    vec![
        Operator::node::<Diagonal>("diagonal", "Tensor::diagonal Tensor::diagonal_dims"),
        Operator::node::<DiagonalEmbed>("diag_embed", "Tensor::diag_embed Tensor::diag_embed_dims"),
        Operator::new(
            "diag",
            "Tensor::diag",
            [case(&[3], |x| x.diag(-1)), case(&[3, 2], |x| x.diag(0))],
        ),
        Operator::new(
            "trace",
            "Tensor::trace",
            [case(&[3, 2], Tensor::trace), case(&[0, 2], Tensor::trace)],
        ),
    ]
}
