//! Values on the way from one tensor to another.

use super::align::in_type;
#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use super::mean::check_float;
use super::select::stretched;
use crate::dtype::with_float;
use crate::error::Result;
use crate::shape::broadcast;
use crate::tape::{Cx, Op, Saved, SavedArg};
use crate::tensor::storage::Data;
use crate::tensor::{Arg, Inner, result_dtype};
use crate::{Operand, Tensor};

pub(crate) struct Lerp {
    start: Saved,
    end: Saved,
    weight: SavedArg,
}

impl Op for Lerp {
    const NAME: &'static str = "LerpBackward0";
    const BROADCASTS: bool = true;

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let weight = cx.saved_arg(&self.weight)?;
        cx.give(0, |_| match weight.arg() {
            Arg::Tensor(weight) => grad.try_mul(1.0 - weight),
            Arg::Number(weight) => grad.try_mul(1.0 - weight.as_f64()),
        })?;
        cx.give(1, |_| grad.try_mul(&weight))?;
        cx.give(2, |cx| {
            let (start, end) = (cx.saved(&self.start)?, cx.saved(&self.end)?);
            grad.try_mul(end.try_sub(start)?)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let shapes: [[&[usize]; 3]; 4] = [
            [&[], &[], &[]],
            [&[2, 3], &[2, 3], &[2, 3]],
            [&[3], &[2, 1], &[1, 3]],
            [&[0, 2], &[2], &[1]],
        ];
        let mut cases = Vec::new();
        for shapes in shapes {
            let inputs = [0, 1, 2].map(|i| sample(shapes[i], -2.0, 2.0, i));
            cases.push(Case::new(&inputs[..2], |x| x[0].lerp(&x[1], 0.3)));
            cases.push(Case::new(&inputs[..2], |x| x[0].lerp(&x[1], 1.7)));
            cases.push(Case::new(inputs, |x| x[0].lerp(&x[1], &x[2])).apart());
        }
        cases
    }
}

fallible! {
    /// `self + weight (end - self)`, with broadcasting; the weight is a number or a tensor. Computed from the nearer
    /// end, so that a weight of 1 gives `end`.
    ///
    /// # Panics
    /// If the shapes do not broadcast, or no tensor holds floating-point numbers.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![0.0, 10.0].lerp(&tensor![4.0, 20.0], 0.25), tensor![1.0, 12.5]);
    /// ```
    fn lerp | try_lerp(&self, end: &Tensor, weight: impl Operand) -> Tensor {
        let weight = weight.arg();
        let dtype = result_dtype(&[self.arg(), end.arg(), weight]);
        let (start, end) = (in_type(self.arg(), dtype), in_type(end.arg(), dtype));
        check_float("lerp", &start)?;
        let ends = broadcast("lerp", start.shape(), end.shape())?;
        let shape = broadcast("lerp", &ends, weight.shape())?;
        let out = with_float!(dtype, T => {
            let side = |arg: Arg<'_>| stretched::<T>(arg, &shape);
            let (a, b, w) = (side(start.arg()), side(end.arg()), side(weight));
            let mut out = Data::<T>::scratch(a.len());
            let values = a.iter().zip(b.iter().zip(w.iter()));
            for (out, (&a, (&b, &w))) in out.make_mut().iter_mut().zip(values) {
                *out = if w.abs() < 0.5 { a + w * (b - a) } else { b - (b - a) * (1.0 - w) };
            }
            Inner::new(shape.clone(), out)
        }, else unreachable!("only floats come here"));
        Ok(out.record(&[start.arg(), end.arg(), weight], |_| Lerp {
            start: Saved::input(&start),
            end: Saved::input(&end),
            weight: SavedArg::new(weight, true),
        }))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![Operator::node::<Lerp>("lerp", "Tensor::lerp").elementwise()]
}
