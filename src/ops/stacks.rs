//! Tensors joined by their number of axes: side by side, above each other, behind each other, as grids.

#[cfg(test)]
use super::case::{Case, sample};
use crate::error::{Error, OrPanic, Result};
use crate::tape::TensorList;
use crate::{Tensor, try_cat};

/// Declares a function over a list of tensors and its twin that returns the error.
macro_rules! of_tensors {
    ($($(#[$doc:meta])* $name:ident $try_name:ident ($tensors:ident) $body:block)*) => { $(
        $(#[$doc])*
        #[track_caller]
        pub fn $name(tensors: impl TensorList) -> Tensor {
            $try_name(tensors).or_panic()
        }

        #[doc = concat!("As [`", stringify!($name), "`], with the error returned.")]
        ///
        /// # Errors
        /// Where the other panics.
        #[track_caller]
        pub fn $try_name(tensors: impl TensorList) -> Result<Tensor> {
            let $tensors = tensors.tensors();
            $body
        }
    )* };
}

/// The tensor with at least `rank` axes: a vector becomes a row, a matrix gets a last axis of size 1.
fn at_least(x: &Tensor, rank: usize) -> Result<Tensor> {
    match (x.rank(), rank) {
        (0, rank) => x.try_reshape(vec![1; rank]),
        (1, 2) => x.try_unsqueeze(0),
        (1, 3) => x.try_unsqueeze(0)?.try_unsqueeze(-1),
        (2, 3) => x.try_unsqueeze(-1),
        _ => Ok(x.clone()),
    }
}

fn raised(tensors: &[Tensor], rank: usize) -> Result<Vec<Tensor>> {
    tensors.iter().map(|x| at_least(x, rank)).collect()
}

of_tensors! {
    /// Tensors side by side: vectors along their only axis, others along the second, as `torch.hstack`.
    ///
    /// # Panics
    /// If there is none, or they differ in another axis; [`try_hstack`] returns the error.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(retrograd::hstack([&tensor![[1], [2]], &tensor![[3], [4]]]), tensor![[1, 3], [2, 4]]);
    /// ```
    hstack try_hstack(tensors) {
        let tensors = raised(&tensors, 1)?;
        let vectors = tensors.first().is_some_and(|x| x.rank() == 1);
        try_cat(tensors, if vectors { 0 } else { 1 })
    }

    /// Tensors above each other, vectors as rows, as `torch.vstack`.
    ///
    /// # Panics
    /// If there is none, or they differ in another axis; [`try_vstack`] returns the error.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(retrograd::vstack([&tensor![1, 2], &tensor![3, 4]]), tensor![[1, 2], [3, 4]]);
    /// ```
    vstack try_vstack(tensors) {
        try_cat(raised(&tensors, 2)?, 0)
    }

    /// Tensors behind each other, along the third axis, as `torch.dstack`.
    ///
    /// # Panics
    /// If there is none, or they differ in another axis; [`try_dstack`] returns the error.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(retrograd::dstack([&tensor![1, 2], &tensor![3, 4]]), tensor![[[1, 3], [2, 4]]]);
    /// ```
    dstack try_dstack(tensors) {
        try_cat(raised(&tensors, 3)?, 2)
    }

    /// Vectors as the columns of a matrix, and matrices side by side, as `torch.column_stack`.
    ///
    /// # Panics
    /// If there is none, or they differ in another axis; [`try_column_stack`] returns the error.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(retrograd::column_stack([&tensor![1, 2], &tensor![3, 4]]), tensor![[1, 3], [2, 4]]);
    /// ```
    column_stack try_column_stack(tensors) {
        let column = |x: &Tensor| if x.rank() < 2 { x.try_reshape([x.numel(), 1]) } else { Ok(x.clone()) };
        try_cat(tensors.iter().map(column).collect::<Result<Vec<_>>>()?, 1)
    }
}

/// Along which axes the vectors of a [`meshgrid`] run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Indexing {
    /// The first vector along the first axis, the second along the second, as a matrix is indexed; PyTorch's default.
    #[default]
    Ij,
    /// The first vector along the second axis, the second along the first, as points of a plane are named.
    Xy,
}

/// Vectors stretched over the grid of all their combinations, a tensor for each, as `torch.meshgrid`. A number counts
/// as a vector of one. Views.
///
/// # Panics
/// If there is none, one has more than one axis, or the element types differ; [`try_meshgrid`] returns the error.
///
/// ```
/// use retrograd::{Indexing, meshgrid, prelude::*};
/// let grids = meshgrid([&tensor![1, 2], &tensor![5, 6, 7]], Indexing::Ij);
/// assert_eq!(grids[0], tensor![[1, 1, 1], [2, 2, 2]]);
/// assert_eq!(grids[1], tensor![[5, 6, 7], [5, 6, 7]]);
/// ```
#[track_caller]
pub fn meshgrid(tensors: impl TensorList, indexing: Indexing) -> Vec<Tensor> {
    try_meshgrid(tensors, indexing).or_panic()
}

/// As [`meshgrid`], with the error returned.
///
/// # Errors
/// If there is none, one has more than one axis, or the element types differ.
#[track_caller]
pub fn try_meshgrid(tensors: impl TensorList, indexing: Indexing) -> Result<Vec<Tensor>> {
    let tensors = tensors.tensors();
    let refuse = |problem: String| Error::Shape {
        op: "meshgrid",
        problem,
        cure: "Give vectors or numbers of one element type.".into(),
    };
    let first = tensors
        .first()
        .ok_or_else(|| refuse("there is no tensor".into()))?;
    for x in &tensors {
        if x.rank() > 1 {
            return Err(refuse(format!("shape {:?} is no vector's", x.shape())));
        }
        if x.dtype() != first.dtype() {
            return Err(refuse(format!(
                "element types {} and {} differ",
                first.dtype(),
                x.dtype()
            )));
        }
    }
    let mut order: Vec<usize> = (0..tensors.len()).collect();
    if indexing == Indexing::Xy && tensors.len() > 1 {
        order.swap(0, 1);
    }
    let shape: Vec<usize> = order.iter().map(|&i| tensors[i].numel()).collect();
    let grid = |(i, x): (usize, &Tensor)| {
        let mut own = vec![1; tensors.len()];
        own[order[i]] = x.numel();
        x.try_reshape(own)?.try_expand(&shape[..])
    };
    tensors.iter().enumerate().map(grid).collect()
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let case = |shape: &[usize], f: fn(&[Tensor]) -> Tensor| {
        let inputs = [sample(shape, -2.0, 2.0, 0), sample(shape, -2.0, 2.0, 1)];
        Case::new(inputs, move |x| f(x).pow(2))
    };
    let joined = |f: fn(&[Tensor]) -> Tensor| [case(&[2], f), case(&[2, 3], f), case(&[], f)];
    vec![
        Operator::new("hstack", "hstack", joined(|x| hstack(x))),
        Operator::new("vstack", "vstack", joined(|x| vstack(x))),
        Operator::new("dstack", "dstack", joined(|x| dstack(x))),
        Operator::new("column_stack", "column_stack", joined(|x| column_stack(x))),
        Operator::new(
            "meshgrid",
            "meshgrid",
            [
                case(&[3], |x| meshgrid(x, Indexing::Ij).remove(1)),
                case(&[2], |x| meshgrid(x, Indexing::Xy).remove(0)),
                case(&[], |x| meshgrid(x, Indexing::Ij).remove(0)),
            ],
        ),
    ]
}
