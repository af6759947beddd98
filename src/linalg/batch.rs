//! Batches of matrices on their way to the factorisations and back.

use super::factor::{Matrix, from_rows};
use crate::dtype::with_float;
use crate::error::{Error, Result};
use crate::shape::Dims;
use crate::tensor::Inner;
use crate::tensor::storage::Data;
use crate::{DType, Tensor};

/// Refuses what holds no matrices of floating-point numbers.
pub(crate) fn check(op: &'static str, a: &Tensor) -> Result<()> {
    if a.rank() < 2 {
        return Err(Error::Shape {
            op,
            problem: format!("shape {:?} holds no matrix", a.shape()),
            cure: "Give at least two axes: [.., rows, columns].".into(),
        });
    }
    if !a.dtype().is_float() {
        return Err(Error::DType {
            op,
            problem: format!("matrices of {} are not factorised", a.dtype()),
            cure: "Cast them first, with `.to(F64)`.".into(),
        });
    }
    Ok(())
}

/// As [`check`], for square matrices.
pub(crate) fn check_square(op: &'static str, a: &Tensor) -> Result<()> {
    check(op, a)?;
    let [rows, cols] = sizes(a);
    if rows == cols {
        return Ok(());
    }
    Err(Error::Shape {
        op,
        problem: format!(
            "shape {:?} holds matrices of {rows} rows and {cols} columns",
            a.shape()
        ),
        cure: "They must be square; `pinv`, `lstsq`, `qr` and `svd` take any.".into(),
    })
}

/// The size of the matrices.
pub(crate) fn sizes(a: &Tensor) -> [usize; 2] {
    [a.shape()[a.rank() - 2], a.shape()[a.rank() - 1]]
}

/// The axes before the matrices.
pub(crate) fn lead(a: &Tensor) -> &[usize] {
    &a.shape()[..a.rank() - 2]
}

/// A matrix that a factorisation refuses, by its place in the batch where there is one.
pub(crate) fn refuse(
    op: &'static str,
    a: &Tensor,
    at: usize,
    problem: String,
    cure: &str,
) -> Error {
    let problem = match lead(a).is_empty() {
        true => problem,
        false => format!("matrix {at} of the batch: {problem}"),
    };
    Error::Shape {
        op,
        problem: format!("{problem} (the input has shape {:?})", a.shape()),
        cure: cure.into(),
    }
}

/// The matrices of a batch, in order.
pub(crate) fn matrices(a: &Tensor) -> Vec<Matrix> {
    let [rows, cols] = sizes(a);
    let count: usize = lead(a).iter().product();
    let values = a.detach().to(DType::F64);
    let values = values.values::<f64>();
    let matrix = |i: usize| from_rows(rows, cols, &values[i * rows * cols..][..rows * cols]);
    (0..count).map(matrix).collect()
}

/// Puts values into a tensor of a batch's type.
pub(crate) fn tensor(dtype: DType, shape: &[usize], values: &[f64]) -> Inner {
    with_float!(dtype, T => {
        let mut data = Data::<T>::scratch(values.len());
        data.make_mut().iter_mut().zip(values).for_each(|(out, &value)| *out = value as T);
        Inner::new(Dims::from_slice(shape), data)
    }, else unreachable!("only floats come here"))
}

/// Adds a matrix to a list, row by row.
pub(crate) fn push(values: &mut Vec<f64>, matrix: &Matrix) {
    let rows = (0..matrix.nrows()).flat_map(|row| (0..matrix.ncols()).map(move |col| (row, col)));
    values.extend(rows.map(|at| matrix[at]));
}

/// The parts of a factorisation that stand one after the other along the last axis, as views: a node has one output,
/// so that of several factors holds them all.
pub(crate) fn unpack<const N: usize>(
    packed: &Tensor,
    shapes: [&[usize]; N],
) -> Result<[Tensor; N]> {
    let lead = &packed.shape()[..packed.rank() - 1];
    let mut start = 0;
    let parts = shapes.map(|shape| {
        let len: usize = shape.iter().product();
        let part = packed.try_narrow(-1, start, len);
        start += len;
        part?.try_reshape([lead, shape].concat())
    });
    let mut whole = Vec::with_capacity(N);
    for part in parts {
        whole.push(part?);
    }
    Ok(whole
        .try_into()
        .unwrap_or_else(|_| unreachable!("there are as many parts as shapes")))
}

/// The transposed matrices.
pub(crate) fn mt(a: &Tensor) -> Result<Tensor> {
    a.try_transpose(-2, -1)
}

/// `a / b`, but 0 where both are: there the limit does not hang on the direction.
pub(crate) fn ratio(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let both = a
        .detach()
        .try_eq(0)?
        .try_logical_and(b.detach().try_eq(0)?)?;
    let b = b.try_expand(a.shape())?.try_masked_fill(&both, 1)?;
    a.try_div(b)
}
