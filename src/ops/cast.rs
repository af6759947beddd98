//! Casts and copies.

#[cfg(test)]
use super::case::Case;
use crate::dtype::{Element, with_dtype};
use crate::error::Result;
use crate::tape::{Cx, Op, trace};
use crate::tensor::Inner;
use crate::{DType, Operand, Tensor};

pub(crate) struct ToCopy;

impl Op for ToCopy {
    const NAME: &'static str = "ToCopyBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        // The walk casts every gradient to its input's type.
        cx.put(0, grad.clone());
        Ok(())
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        // A real cast would round the finite differences away.
        Case::unary(-2.0, 2.0, |x| {
            Inner::view(x, x.layout().clone()).record(&[x.arg()], |_| ToCopy)
        })
    }
}

pub(crate) struct CloneOp;

impl Op for CloneOp {
    const NAME: &'static str = "CloneBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.put(0, grad.clone());
        Ok(())
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        Case::unary(-2.0, 2.0, Tensor::copy)
    }
}

impl Tensor {
    /// The tensor with its elements cast to `dtype`; the same tensor where it is of that type already.
    ///
    /// Floats lose their fraction on the way to `i64`; every number but 0 becomes `true`.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.9, -1.9].to(I64), tensor![1, -1]);
    /// ```
    #[track_caller]
    pub fn to(&self, dtype: DType) -> Tensor {
        if dtype == self.dtype() {
            return self.clone();
        }
        let out = with_dtype!(dtype, T => with_dtype!(self.dtype(), S => {
            super::binary::map::<S, T>(self, Element::cast::<T>)
        }));
        match dtype.is_float() {
            true => out.record(&[self.arg()], |_| ToCopy),
            false => out.untracked(),
        }
    }

    /// A tensor of its own with the same elements, row-major: PyTorch's `clone()`, while Rust's
    /// `clone()` gives another handle of the same tensor. Gradients flow through it.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = tensor![1.0];
    /// let y = x.copy();
    /// y.fill_(5.0);
    /// assert_eq!(x, tensor![1.0]);
    /// ```
    #[track_caller]
    pub fn copy(&self) -> Tensor {
        let out = with_dtype!(self.dtype(), T => match trace::tracing() {
            true => super::binary::map::<T, T>(self, |v| v),
            false => {
                let mut data = self.values::<T>().into_data();
                data.make_mut();
                Inner::new(self.shape().into(), data)
            }
        });
        out.record(&[self.arg()], |_| CloneOp)
    }

    /// The tensor itself where its elements lie in row-major order, else a copy for which they do.
    ///
    /// ```
    /// assert!(retrograd::zeros([2, 3]).t().contiguous().is_contiguous());
    /// ```
    #[track_caller]
    pub fn contiguous(&self) -> Tensor {
        if self.is_contiguous() {
            self.clone()
        } else {
            self.copy()
        }
    }

    /// Cast to `f32`.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1, 2].float().dtype(), F32);
    /// ```
    #[track_caller]
    pub fn float(&self) -> Tensor {
        self.to(DType::F32)
    }

    /// Cast to `f64`.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0].double().dtype(), F64);
    /// ```
    #[track_caller]
    pub fn double(&self) -> Tensor {
        self.to(DType::F64)
    }

    /// Cast to `i64`.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.5].long(), tensor![1]);
    /// ```
    #[track_caller]
    pub fn long(&self) -> Tensor {
        self.to(DType::I64)
    }

    /// Cast to `bool`.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.5, 0.0].bool(), tensor![true, false]);
    /// ```
    #[track_caller]
    pub fn bool(&self) -> Tensor {
        self.to(DType::Bool)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<ToCopy>("to", "Tensor::to Tensor::float Tensor::double"),
        Operator::node::<CloneOp>("clone", "Tensor::copy"),
        Operator::new(
            "contiguous",
            "Tensor::contiguous",
            Case::unary(-2.0, 2.0, |x| x.contiguous().pow(2)),
        ),
        Operator::not_differentiable("long", "Tensor::long", "whole numbers", |x| vec![x.long()]),
        Operator::not_differentiable("bool", "Tensor::bool", "a mask", |x| vec![x.bool()]),
    ]
}
