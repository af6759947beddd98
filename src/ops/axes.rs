//! Axes in other places, cut and joined: compositions of views.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use super::reduce::Axes;
use crate::Tensor;
use crate::error::{Error, Result};
use crate::shape::{self, Dims, IntoShape};

fn zero_dim(op: &'static str, axis: i64) -> Error {
    Error::Axis { op, axis, rank: 0 }
}

/// The order of axes in which those of `source` stand at `destination`, and the others in their order in between.
fn moved(x: &Tensor, source: &[i64], destination: &[i64]) -> Result<Vec<usize>> {
    let op = "movedim";
    if source.len() != destination.len() {
        return Err(Error::InvalidArgument {
            op,
            argument: "destination",
            value: format!("{destination:?}"),
            problem: format!("it does not name as many axes as source = {source:?}"),
            cure: "Give one new place for each axis.".into(),
        });
    }
    shape::axes(op, source, x.rank())?;
    shape::axes(op, destination, x.rank())?;
    let places = |axes: &[i64]| {
        axes.iter()
            .map(|&axis| shape::axis(op, axis, x.rank()))
            .collect::<Result<Dims>>()
    };
    let (from, to) = (places(source)?, places(destination)?);
    let mut rest = (0..x.rank()).filter(|axis| !from.contains(axis));
    let at = |place: usize| match to.iter().position(|&t| t == place) {
        Some(i) => Some(from[i]),
        None => rest.next(),
    };
    Ok((0..x.rank()).filter_map(at).collect())
}

fallible! {
    /// The tensor repeated along axes of size 1 and new leading axes, without a copy: another name of
    /// [`expand`](Tensor::expand).
    ///
    /// # Panics
    /// If an axis of another size than 1 would change.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([3]).broadcast_to([2, 3]).shape(), [2, 3]);
    /// ```
    fn broadcast_to | try_broadcast_to(&self, shape: impl IntoShape) -> Tensor {
        self.try_expand(shape)
    }

    /// The tensor with the axes `source` at the places `destination`; the others keep their order. A view.
    ///
    /// # Panics
    /// If it has no such axes, one is named twice, or there is not one place for each.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2, 3, 4]).movedim(0, -1).shape(), [3, 4, 2]);
    /// assert_eq!(retrograd::zeros([2, 3, 4]).movedim([0, 1], [1, 2]).shape(), [4, 2, 3]);
    /// ```
    fn movedim | try_movedim(&self, source: impl Axes, destination: impl Axes) -> Tensor {
        self.try_permute(moved(self, &source.list(), &destination.list())?)
    }

    /// The tensor with two axes swapped, NumPy's name of [`transpose`](Tensor::transpose). A view.
    ///
    /// # Panics
    /// If it has no such axis.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2, 3, 4]).swapaxes(0, 1).shape(), [3, 2, 4]);
    /// ```
    fn swapaxes | try_swapaxes(&self, first: i64, second: i64) -> Tensor {
        self.try_transpose(first, second)
    }

    /// One axis cut into several, of the given sizes; one of them may be -1.
    ///
    /// # Panics
    /// If there is no such axis, or the sizes do not multiply to its size.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2, 6]).unflatten(1, [-1, 2]).shape(), [2, 3, 2]);
    /// ```
    fn unflatten | try_unflatten(&self, axis: i64, sizes: impl IntoShape) -> Tensor {
        let axis = shape::axis("unflatten", axis, self.rank())?;
        let own = self.shape().get(axis).copied().ok_or_else(|| zero_dim("unflatten", axis as i64))?;
        let sizes = sizes.into_sizes();
        if sizes.is_empty() {
            return Err(Error::InvalidArgument {
                op: "unflatten",
                argument: "sizes",
                value: "[]".into(),
                problem: "an axis is cut into at least one".into(),
                cure: "Use `squeeze_dim` to drop an axis of size 1.".into(),
            });
        }
        let cut = shape::infer("unflatten", own, &[own], &sizes)?;
        let whole: Vec<usize> = [&self.shape()[..axis], &cut[..], &self.shape()[axis + 1..]].concat();
        self.try_reshape(whole)
    }

    /// The parts along an axis, which goes, one after the other. Views.
    ///
    /// # Panics
    /// If there is no such axis.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1.0, 2.0], [3.0, 4.0]].unbind(1)[0], tensor![1.0, 3.0]);
    /// ```
    fn unbind | try_unbind(&self, axis: i64) -> Vec<Tensor> {
        if self.rank() == 0 {
            return Err(zero_dim("unbind", axis));
        }
        let place = shape::axis("unbind", axis, self.rank())?;
        (0..self.shape()[place]).map(|i| self.try_select(axis, i as i64)).collect()
    }

    /// The tensor turned by `turns` quarters from the first of two axes towards the second, against the clock.
    ///
    /// # Panics
    /// If it has no such axes, or they are the same.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1, 2], [3, 4]].rot90(1, (0, 1)), tensor![[2, 4], [1, 3]]);
    /// ```
    fn rot90 | try_rot90(&self, turns: i64, axes: (i64, i64)) -> Tensor {
        let (first, second) = axes;
        if self.rank() == 0 {
            return Err(zero_dim("rot90", first));
        }
        shape::axes("rot90", &[first, second], self.rank())?;
        match turns.rem_euclid(4) {
            1 => self.try_flip(second)?.try_transpose(first, second),
            2 => self.try_flip([first, second]),
            3 => self.try_flip(first)?.try_transpose(first, second),
            _ => Ok(self.copy()),
        }
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let case = |shape: &[usize], f: fn(&Tensor) -> Tensor| {
        Case::new([sample(shape, -2.0, 2.0, 0)], move |x| f(&x[0]).pow(2))
    };
    vec![
        Operator::new(
            "broadcast_to",
            "Tensor::broadcast_to",
            [
                case(&[2, 1], |x| x.broadcast_to([3, 2, 2])),
                case(&[], |x| x.broadcast_to([0, 2])),
            ],
        ),
        Operator::new(
            "movedim",
            "Tensor::movedim Tensor::swapaxes",
            [
                case(&[2, 3, 4], |x| x.movedim([0, -1], [1, 0])),
                case(&[0, 3], |x| x.swapaxes(0, 1)),
            ],
        ),
        Operator::new(
            "unflatten",
            "Tensor::unflatten",
            [
                case(&[2, 6], |x| x.unflatten(-1, [2, -1])),
                case(&[4, 0], |x| x.unflatten(0, [2, 2])),
            ],
        ),
        Operator::new(
            "unbind",
            "Tensor::unbind",
            [
                case(&[2, 3], |x| x.unbind(-1).remove(1)),
                case(&[2, 0], |x| x.unbind(0).remove(1)),
            ],
        ),
        Operator::new(
            "rot90",
            "Tensor::rot90",
            [
                case(&[2, 3], |x| x.rot90(1, (0, 1))),
                case(&[2, 3], |x| x.rot90(2, (0, 1))),
                case(&[2, 3, 1], |x| x.rot90(-1, (1, -1))),
                case(&[2, 3], |x| x.rot90(0, (0, 1))),
            ],
        ),
    ]
}
