//! Differences of neighbours.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use super::join::try_cat;
use crate::error::Error;
use crate::shape;
use crate::{DType, Tensor};

fallible! {
    /// The differences of neighbours along an axis, taken `n` times: `x[1] - x[0], x[2] - x[1], ..`. Of `bool` it is
    /// where neighbours differ.
    ///
    /// # Panics
    /// If the tensor has no axes, or not this one.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 4.0, 9.0].diff(1, 0), tensor![3.0, 5.0]);
    /// assert_eq!(tensor![1.0, 4.0, 9.0].diff(2, 0), tensor![2.0]);
    /// ```
    fn diff | try_diff(&self, n: usize, axis: i64) -> Tensor {
        self.try_diff_with(n, axis, None, None)
    }

    /// As [`diff`](Tensor::diff), of the tensor with others joined on before and after it along the axis.
    ///
    /// # Panics
    /// If the tensor has no axes, or not this one, or another does not fit it.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 4.0].diff_with(1, 0, Some(&tensor![0.0]), None), tensor![1.0, 3.0]);
    /// ```
    fn diff_with | try_diff_with(&self, n: usize, axis: i64, prepend: Option<&Tensor>, append: Option<&Tensor>) -> Tensor {
        if self.rank() == 0 {
            return Err(Error::Shape {
                op: "diff",
                problem: "a tensor of no axes has no neighbours".into(),
                cure: "Give a tensor of at least one axis.".into(),
            });
        }
        shape::axis("diff", axis, self.rank())?;
        if n == 0 {
            return Ok(self.copy());
        }
        let parts: Vec<&Tensor> = [prepend, Some(self), append].into_iter().flatten().collect();
        let mut x = match parts[..] {
            [one] => one.clone(),
            _ => try_cat(parts, axis)?,
        };
        for _ in 0..n.min(x.size(axis)) {
            let len = x.size(axis) - 1;
            let (later, earlier) = (x.try_narrow(axis, 1, len)?, x.try_narrow(axis, 0, len)?);
            x = match x.dtype() {
                DType::Bool => later.try_ne(earlier)?,
                _ => later.try_sub(earlier)?,
            };
        }
        Ok(x)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let x = |shape: &[usize]| sample(shape, -2.0, 2.0, 0);
    let cases = vec![
        Case::new([x(&[4])], |x| x[0].diff(1, 0).pow(2)),
        Case::new([x(&[2, 4])], |x| x[0].diff(2, -1).pow(2)),
        Case::new([x(&[2, 3])], |x| x[0].diff(9, 0).pow(2)),
        Case::new([x(&[0, 3])], |x| x[0].diff(1, 1).pow(2)),
        Case::new([x(&[2, 3]), x(&[2, 1])], |x| {
            x[0].diff_with(1, 1, Some(&x[1]), Some(&x[0])).pow(2)
        }),
    ];
    vec![Operator::new(
        "diff",
        "Tensor::diff Tensor::diff_with",
        cases,
    )]
}
