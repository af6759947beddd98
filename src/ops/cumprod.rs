//! Running products.

use super::binary::Arithmetic;
#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use super::reduce::Plan;
use super::scan::{scan, shift};
use crate::dtype::with_number;
use crate::error::Result;
use crate::tape::{Cx, Op, Saved};
use crate::tensor::Inner;
use crate::{DType, Element, Operand, Tensor};

pub(crate) struct Cumprod {
    input: Saved,
    out: Saved,
    axis: i64,
}

impl Op for Cumprod {
    const NAME: &'static str = "CumprodBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let (x, out) = (cx.saved(&self.input)?, cx.saved(&self.out)?);
        // The products before each element, times the sum of the gradients after it, each with the products between:
        // without a division, which zeros would spoil.
        cx.give(0, |_| {
            let before = shift(&out, self.axis, 1, true, 1.0)?;
            let next = shift(&x, self.axis, 1, false, 0.0)?;
            before.try_mul(scan(grad, &next, self.axis, true)?)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let shapes: [(&[usize], i64); 5] = [
            (&[], 0),
            (&[4], 0),
            (&[2, 3], -1),
            (&[2, 3, 2], 1),
            (&[0, 2], 1),
        ];
        let case = |&(shape, axis): &(&[usize], i64)| {
            Case::new([sample(shape, -2.0, 2.0, 0)], move |x| x[0].cumprod(axis))
        };
        let mut cases: Vec<Case> = shapes.iter().map(case).collect();
        for zeros in [vec![2.0, 0.0, 3.0, -1.5], vec![0.0, 2.0, 0.0, 3.0]] {
            cases.push(Case::new([Tensor::from(zeros)], |x| x[0].cumprod(0)));
        }
        cases
    }
}

fallible! {
    /// The products of the elements up to and with each one, along an axis; those of `f32` are kept in `f64` on the way.
    /// `bool` gives `i64`.
    ///
    /// # Panics
    /// If the tensor has no such axis.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 2.0, 3.0].cumprod(0), tensor![1.0, 2.0, 6.0]);
    /// ```
    fn cumprod | try_cumprod(&self, axis: i64) -> Tensor {
        let plan = Plan::over("cumprod", self, [axis], false)?;
        let out = with_number!(self.dtype(), T => {
            let data = plan.blocks::<T>(self).rows(|row: &[T], out: &mut [T]| {
                let mut product: <T as Arithmetic>::Running = 1i64.cast();
                out.iter_mut().zip(row).for_each(|(o, &v)| {
                    product = product.times(v.cast());
                    *o = product.cast();
                });
            });
            Inner::new(self.shape().into(), data)
        }, else return self.to(DType::I64).try_cumprod(axis));
        Ok(out.record(&[self.arg()], |out| Cumprod {
            input: Saved::input(self),
            out: Saved::output(out),
            axis,
        }))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![Operator::node::<Cumprod>("cumprod", "Tensor::cumprod")]
}
