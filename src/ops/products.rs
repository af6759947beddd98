//! Products of vectors, batches of matrices and tensors over chosen axes.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use super::matmul::{Factor, bmm, check};
use super::reduce::Axes;
use crate::Tensor;
use crate::error::{Error, Result};
use crate::shape;

fn refuse(op: &'static str, a: &Tensor, b: &Tensor, problem: &str, cure: &str) -> Error {
    Error::Shape {
        op,
        problem: format!("shapes {:?} and {:?}: {problem}", a.shape(), b.shape()),
        cure: cure.into(),
    }
}

/// Which axes [`Tensor::tensordot`] sums over: a number of them, the last of the left tensor and the first of the
/// right one, or a pair of lists of axes.
pub trait Contraction {
    /// The axes of both sides.
    #[doc(hidden)]
    fn pair(&self, left: usize) -> Result<(Vec<i64>, Vec<i64>)>;
}

impl Contraction for usize {
    fn pair(&self, left: usize) -> Result<(Vec<i64>, Vec<i64>)> {
        let first = left
            .checked_sub(*self)
            .ok_or_else(|| Error::InvalidArgument {
                op: "tensordot",
                argument: "axes",
                value: self.to_string(),
                problem: format!("the left tensor has {left} axes"),
                cure: "Sum over no more axes than either tensor has.".into(),
            })?;
        let axes = |from: usize, to: usize| (from as i64..to as i64).collect();
        Ok((axes(first, left), axes(0, *self)))
    }
}
impl<A: Axes, B: Axes> Contraction for (A, B) {
    fn pair(&self, _left: usize) -> Result<(Vec<i64>, Vec<i64>)> {
        Ok((self.0.list(), self.1.list()))
    }
}

/// A tensor with the axes that are summed over at one end, as a matrix; and the sizes of the others.
fn matrix(x: &Tensor, summed: &[usize], last: bool) -> Result<(Tensor, Vec<usize>)> {
    let free: Vec<usize> = (0..x.rank())
        .filter(|axis| !summed.contains(axis))
        .collect();
    let sizes: Vec<usize> = free.iter().map(|&axis| x.shape()[axis]).collect();
    let (rows, len) = (
        sizes.iter().product::<usize>(),
        summed
            .iter()
            .map(|&axis| x.shape()[axis])
            .product::<usize>(),
    );
    let order = |first: &[usize], second: &[usize]| x.try_permute([first, second].concat());
    let matrix = match last {
        true => order(&free, summed)?.try_reshape([rows, len])?,
        false => order(summed, &free)?.try_reshape([len, rows])?,
    };
    Ok((matrix, sizes))
}

fn tensordot(a: &Tensor, b: &Tensor, axes: impl Contraction) -> Result<Tensor> {
    const OP: &str = "tensordot";
    let (left, right) = axes.pair(a.rank())?;
    if left.len() != right.len() {
        let problem = format!("{left:?} and {right:?} do not name as many axes");
        return Err(refuse(
            OP,
            a,
            b,
            &problem,
            "Name as many axes on each side.",
        ));
    }
    for (x, axes) in [(a, &left), (b, &right)] {
        if let (0, Some(&axis)) = (x.rank(), axes.first()) {
            return Err(Error::Axis {
                op: OP,
                axis,
                rank: 0,
            });
        }
        shape::axes(OP, axes, x.rank())?;
    }
    let place = |axes: &[i64], rank| {
        let places = axes.iter().map(|&axis| shape::axis(OP, axis, rank));
        places.collect::<Result<Vec<usize>>>()
    };
    let (left, right) = (place(&left, a.rank())?, place(&right, b.rank())?);
    let (mut l, mut r) = (a.clone(), b.clone());
    for (&i, &j) in left.iter().zip(&right) {
        // An axis of size 1 stands for as many as the other side has, so that side is summed at once.
        match (a.shape()[i], b.shape()[j]) {
            (m, n) if m == n => {}
            (_, 1) => l = l.try_sum_keepdim(i)?,
            (1, _) => r = r.try_sum_keepdim(j)?,
            (m, n) => {
                let problem = format!("axis {i} of size {m} meets axis {j} of size {n}");
                return Err(refuse(
                    OP,
                    a,
                    b,
                    &problem,
                    "Axes that are summed over have one size.",
                ));
            }
        }
    }
    let ((l, rows), (r, cols)) = (matrix(&l, &left, true)?, matrix(&r, &right, false)?);
    check(&l, &r)?;
    l.try_mm(&r)?.try_reshape([rows, cols].concat())
}

fallible! {
    /// The products of as many pairs of matrices, `[batch, m, k] [batch, k, n]`.
    ///
    /// # Panics
    /// If an operand has not three axes, the batches differ, the matrices do not multiply, or the element types
    /// differ.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[[1.0, 2.0]]].bmm(&tensor![[[3.0], [4.0]]]), tensor![[[11.0]]]);
    /// ```
    fn bmm | try_bmm(&self, other: &Tensor) -> Tensor {
        if self.rank() != 3 || other.rank() != 3 || self.shape()[0] != other.shape()[0] {
            let cure = "Give [batch, m, k] and [batch, k, n]; `matmul` broadcasts batches.";
            return Err(refuse("bmm", self, other, "these are no two rows of as many matrices", cure));
        }
        check(self, other)?;
        bmm(Factor::of(self), Factor::of(other))
    }

    /// The product of a matrix and a vector, `[m, k] [k]`.
    ///
    /// # Panics
    /// If the operands are no matrix and vector, do not multiply, or their element types differ.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1.0, 2.0], [3.0, 4.0]].mv(&tensor![1.0, 10.0]), tensor![21.0, 43.0]);
    /// ```
    fn mv | try_mv(&self, vector: &Tensor) -> Tensor {
        if self.rank() != 2 || vector.rank() != 1 {
            let cure = "Use `matmul`, which takes vectors and batches too.";
            return Err(refuse("mv", self, vector, "these are no matrix and vector", cure));
        }
        self.try_matmul(vector)
    }

    /// The sum of the products of two vectors' elements.
    ///
    /// # Panics
    /// If the operands are no two vectors of one length, or their element types differ.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 2.0].dot(&tensor![3.0, 4.0]).item::<f32>(), 11.0);
    /// ```
    fn dot | try_dot(&self, other: &Tensor) -> Tensor {
        if self.rank() != 1 || other.rank() != 1 || self.shape() != other.shape() {
            let cure = "Flatten them first, or use `matmul` for matrices.";
            return Err(refuse("dot", self, other, "these are no two vectors of one length", cure));
        }
        self.try_matmul(other)
    }

    /// The sums of products over the last axis of both, `[.., k] [.., k]`; a number multiplies.
    ///
    /// # Panics
    /// If the last axes differ in size, or the element types differ.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1.0, 2.0], [3.0, 4.0]].inner(&tensor![1.0, 10.0]), tensor![21.0, 43.0]);
    /// ```
    fn inner | try_inner(&self, other: &Tensor) -> Tensor {
        if self.rank() == 0 || other.rank() == 0 {
            return self.try_mul(other);
        }
        if self.shape().last() != other.shape().last() {
            let cure = "The last axes must have one size: transpose or reshape one of the operands.";
            return Err(refuse("inner", self, other, "the last axes differ", cure));
        }
        tensordot(self, other, (-1, -1))
    }

    /// The products of all pairs of two vectors' elements, `[m] [n]` to `[m, n]`.
    ///
    /// # Panics
    /// If an operand is no vector.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1, 2].outer(&tensor![3, 4]), tensor![[3, 4], [6, 8]]);
    /// ```
    fn outer | try_outer(&self, other: &Tensor) -> Tensor {
        if self.rank() != 1 || other.rank() != 1 {
            let cure = "Flatten them first, or use `tensordot(.., 0)` for tensors.";
            return Err(refuse("outer", self, other, "these are no two vectors", cure));
        }
        self.try_unsqueeze(1)?.try_mul(other)
    }

    /// The sums of products over some axes of both: `axes` is their number, the last of this tensor and the first of
    /// the other one, or a pair of lists. The other axes follow, this tensor's first.
    ///
    /// # Panics
    /// If there are no such axes, their sizes differ (1 is stretched), or the element types differ.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let (x, y) = (ones([2, 3, 4]), ones([4, 3, 5]));
    /// assert_eq!(x.tensordot(&y, ([1, 2], [1, 0])), full([2, 5], 12.0));
    /// assert_eq!(x.tensordot(&y, 1).shape(), [2, 3, 3, 5]);
    /// ```
    fn tensordot | try_tensordot(&self, other: &Tensor, axes: impl Contraction) -> Tensor {
        tensordot(self, other, axes)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let case = |left: &[usize], right: &[usize], f: fn(&Tensor, &Tensor) -> Tensor| {
        let inputs = [sample(left, -1.0, 1.0, 1), sample(right, -1.0, 1.0, 2)];
        Case::new(inputs, move |x| f(&x[0], &x[1]).pow(2))
    };
    vec![
        Operator::node::<super::matmul::Bmm>("bmm", "Tensor::bmm"),
        Operator::new("mv", "Tensor::mv", [case(&[2, 3], &[3], Tensor::mv)]),
        Operator::new("dot", "Tensor::dot", [case(&[3], &[3], Tensor::dot)]),
        Operator::new(
            "inner",
            "Tensor::inner",
            [
                case(&[2, 3], &[2, 2, 3], Tensor::inner),
                case(&[], &[2], Tensor::inner),
            ],
        ),
        Operator::new(
            "outer",
            "Tensor::outer",
            [
                case(&[2], &[3], Tensor::outer),
                case(&[0], &[2], Tensor::outer),
            ],
        ),
        Operator::new(
            "tensordot",
            "Tensor::tensordot",
            [
                case(&[2, 2, 3], &[2, 3, 2], |x, y| x.tensordot(y, 2)),
                case(&[2, 3], &[3, 1], |x, y| x.tensordot(y, ([0, 1], [1, 0]))),
                case(&[2], &[3], |x, y| x.tensordot(y, 0)),
            ],
        ),
    ]
}
