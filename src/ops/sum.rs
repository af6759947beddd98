//! Sums.

#[cfg(test)]
use super::case::Case;
use super::fallible;
use super::reduce::{Axes, Plan, stretch};
use crate::dtype::with_number;
use crate::error::Result;
use crate::kernels::reduce::sum_axis;
use crate::kernels::strided::gather;
use crate::shape::Dims;
use crate::tape::plan::kernel;
use crate::tape::{Cx, Op, trace};
use crate::tensor::Inner;
use crate::tensor::storage::Data;
use crate::{DType, Operand, Tensor};

/// Over all elements, or over some axes.
pub(crate) struct Sum<const ALL: bool> {
    /// The input's shape with every axis that went at size 1.
    kept: Dims,
}

impl<const ALL: bool> Op for Sum<ALL> {
    const NAME: &'static str = if ALL { "SumBackward0" } else { "SumBackward1" };

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |cx| stretch(grad, &self.kept, cx.input_shape(0)))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        match ALL {
            true => Case::reduction(-2.0, 2.0, |x| x.pow(2).sum()),
            false => Case::reduction_over_axes(-2.0, 2.0, |x, axes, keep| match keep {
                true => x.pow(2).sum_keepdim(axes),
                false => x.pow(2).sum_dim(axes),
            }),
        }
    }
}

/// The sums as values; integers and `bool` give `i64`.
pub(crate) fn sums(x: &Tensor, plan: &Plan) -> Inner {
    if trace::tracing() {
        return traced_sums(x, plan);
    }
    with_number!(x.dtype(), T => {
        let blocks = plan.blocks::<T>(x);
        let mut out = Data::<T>::scratch(blocks.outer * blocks.inner);
        sum_axis(&blocks.values, blocks.outer, blocks.len, blocks.inner, out.make_mut());
        Inner::new(plan.to.clone(), out)
    }, else sums(&x.to(DType::I64), plan))
}

/// As [`sums`], noted in the record of a step.
#[cold]
fn traced_sums(x: &Tensor, plan: &Plan) -> Inner {
    if !x.dtype().is_float() && x.dtype() != DType::I64 {
        return traced_sums(&x.to(DType::I64), plan);
    }
    let x = &x.detach().contiguous();
    let out = trace::within(|| sums(x, plan));
    if plan.order(x).is_none() && out.layout.numel() == 1 {
        with_number!(x.dtype(), T => trace::total::<T>(x, &out), else unreachable!("masks were cast"));
        return out;
    }
    let pass = with_number!(x.dtype(), T => {
        let [outer, len, inner] = trace::within(|| plan.blocks::<T>(x)).sizes();
        let at = x.layout().offset;
        let order = plan.order(x);
        kernel::whole::<T, T>(move |x, out| match &order {
            None => sum_axis(&x[at..][..outer * len * inner], outer, len, inner, out),
            Some(layout) => sum_axis(&gather(x, layout), outer, len, inner, out),
        })
    }, else unreachable!("masks were cast"));
    trace::whole(&[x], &[&out], pass);
    out
}

#[track_caller]
fn sum_over(x: &Tensor, axes: impl Axes, keepdim: bool) -> Result<Tensor> {
    let plan = Plan::over("sum", x, axes, keepdim)?;
    Ok(sums(x, &plan).record(&[x.arg()], |_| Sum::<false> { kept: plan.kept }))
}

fallible! {
    /// The sums over one axis or several, which go. Integers and `bool` give `i64`.
    ///
    /// # Panics
    /// If the tensor has no such axis, or one is named twice.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1.0, 2.0], [3.0, 4.0]].sum_dim(0), tensor![4.0, 6.0]);
    /// ```
    fn sum_dim | try_sum_dim(&self, axes: impl Axes) -> Tensor {
        sum_over(self, axes, false)
    }

    /// As [`sum_dim`](Tensor::sum_dim); the axes stay, with size 1.
    ///
    /// # Panics
    /// If the tensor has no such axis, or one is named twice.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1.0, 2.0], [3.0, 4.0]].sum_keepdim(1), tensor![[3.0], [7.0]]);
    /// ```
    fn sum_keepdim | try_sum_keepdim(&self, axes: impl Axes) -> Tensor {
        sum_over(self, axes, true)
    }
}

impl Tensor {
    /// The sum of all elements. Integers and `bool` give `i64`.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![true, true, false].sum().item::<i64>(), 2);
    /// ```
    #[track_caller]
    pub fn sum(&self) -> Tensor {
        let plan = Plan::all(self);
        sums(self, &plan).record(&[self.arg()], |_| Sum::<true> { kept: plan.kept })
    }

    /// Summed over the axes along which a tensor of `shape` would be stretched to this one.
    #[track_caller]
    pub(crate) fn sum_to(&self, shape: &[usize]) -> Tensor {
        let lead = self.rank() - shape.len();
        let stretched =
            |axis: usize| axis < lead || (shape[axis - lead] == 1 && self.shape()[axis] != 1);
        let axes: Dims = (0..self.rank()).filter(|&axis| stretched(axis)).collect();
        if axes.is_empty() {
            return self.clone();
        }
        let mut kept: Dims = self.shape().into();
        axes.iter().for_each(|&axis| kept[axis] = 1);
        let plan = Plan {
            axes,
            from: self.shape().into(),
            kept,
            to: shape.into(),
        };
        sums(self, &plan).record(&[self.arg()], |_| Sum::<false> { kept: plan.kept })
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Sum<true>>("sum", "Tensor::sum Tensor::sum_dim Tensor::sum_keepdim")
            .and::<Sum<false>>(),
    ]
}
