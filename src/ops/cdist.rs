//! Distances between all pairs of points.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use crate::Tensor;
use crate::error::Error;

fallible! {
    /// The Euclidean distances between all pairs of points of two sets, `[.., m, d] [.., n, d]` to `[.., m, n]`;
    /// leading axes broadcast. The gradient is 0 where two points coincide, as in PyTorch.
    ///
    /// The differences are taken one by one, PyTorch's `compute_mode="donot_use_mm_for_euclid_dist"`: near points keep
    /// all their digits, and the differences of all pairs stand in memory.
    ///
    /// # Panics
    /// If the points have not one dimension, or hold no floating-point numbers.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = tensor![[0.0, 0.0], [3.0, 0.0]];
    /// assert_eq!(x.cdist(&tensor![[0.0, 4.0]]), tensor![[4.0], [5.0]]);
    /// ```
    fn cdist | try_cdist(&self, other: &Tensor) -> Tensor {
        self.try_cdist_p(other, 2.0)
    }

    /// As [`cdist`](Tensor::cdist), by the p-norm of the differences; `p` is at least 0 and may be infinite.
    ///
    /// # Panics
    /// If the points have not one dimension, hold no floating-point numbers, or `p` is negative.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[0.0, 0.0]].cdist_p(&tensor![[3.0, 4.0]], 1.0), tensor![[7.0]]);
    /// ```
    fn cdist_p | try_cdist_p(&self, other: &Tensor, p: f64) -> Tensor {
        const OP: &str = "cdist";
        if p.is_nan() || p < 0.0 {
            return Err(Error::InvalidArgument {
                op: OP,
                argument: "p",
                value: p.to_string(),
                problem: "there is no such distance".into(),
                cure: "Give a number from 0, such as 1.0, 2.0 or f64::INFINITY.".into(),
            });
        }
        if !self.dtype().is_float() || self.dtype() != other.dtype() {
            return Err(Error::DType {
                op: OP,
                problem: format!("points of {} and {} have no distances", self.dtype(), other.dtype()),
                cure: "Cast both to one floating-point type, for example with `.to(F32)`.".into(),
            });
        }
        if self.rank() < 2 || other.rank() < 2 || self.shape().last() != other.shape().last() {
            return Err(Error::Shape {
                op: OP,
                problem: format!("shapes {:?} and {:?} hold no points of one dimension", self.shape(), other.shape()),
                cure: "Give [.., m, d] and [.., n, d].".into(),
            });
        }
        let differences = self.try_unsqueeze(-2)?.try_sub(other.try_unsqueeze(-3)?)?;
        differences.try_norm_with(p, -1, false)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let case = |left: &[usize], right: &[usize], p: f64| {
        let inputs = [sample(left, -1.0, 1.0, 1), sample(right, 1.5, 3.0, 2)];
        Case::new(inputs, move |x| x[0].cdist_p(&x[1], p)).apart()
    };
    vec![Operator::new(
        "cdist",
        "Tensor::cdist Tensor::cdist_p",
        [
            case(&[3, 2], &[2, 2], 2.0),
            case(&[2, 3, 2], &[2, 2], 1.0),
            case(&[2, 2], &[3, 2], 3.0),
            case(&[2, 1], &[3, 1], f64::INFINITY),
        ],
    )]
}
