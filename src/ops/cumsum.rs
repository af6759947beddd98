//! Running sums.

use super::binary::Arithmetic;
#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use super::reduce::Plan;
use crate::dtype::with_number;
use crate::error::Result;
use crate::tape::{Cx, Op};
use crate::tensor::Inner;
use crate::{DType, Element, Operand, Tensor};

pub(crate) struct Cumsum {
    axis: i64,
}

impl Op for Cumsum {
    const NAME: &'static str = "CumsumBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |_| {
            grad.try_flip(self.axis)?
                .try_cumsum(self.axis)?
                .try_flip(self.axis)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let shapes: [(&[usize], i64); 5] = [
            (&[], 0),
            (&[3], 0),
            (&[2, 3], 0),
            (&[2, 3, 2], -2),
            (&[0, 2], 1),
        ];
        let case = |&(shape, axis): &(&[usize], i64)| {
            Case::new([sample(shape, -2.0, 2.0, 0)], move |x| {
                x[0].cumsum(axis).pow(2)
            })
        };
        shapes.iter().map(case).collect()
    }
}

fallible! {
    /// The sums of the elements up to and with each one, along an axis; those of `f32` are kept in `f64` on the way.
    /// `bool` gives `i64`.
    ///
    /// # Panics
    /// If the tensor has no such axis.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 2.0, 3.0].cumsum(0), tensor![1.0, 3.0, 6.0]);
    /// ```
    fn cumsum | try_cumsum(&self, axis: i64) -> Tensor {
        let plan = Plan::over("cumsum", self, [axis], false)?;
        let out = with_number!(self.dtype(), T => {
            let data = plan.blocks::<T>(self).rows(|row: &[T], out: &mut [T]| {
                let mut sum = <T as Arithmetic>::Running::default();
                out.iter_mut().zip(row).for_each(|(o, &v)| {
                    sum = sum.plus(v.cast());
                    *o = sum.cast();
                });
            });
            Inner::new(self.shape().into(), data)
        }, else return self.to(DType::I64).try_cumsum(axis));
        Ok(out.record(&[self.arg()], |_| Cumsum { axis }))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![Operator::node::<Cumsum>("cumsum", "Tensor::cumsum")]
}
