//! Exponentials shared out along an axis: `softmax`, `log_softmax`, `logsumexp`.

#[cfg(test)]
use super::case::{Case, sample};
use super::mean::check_float;
use super::reduce::{Axes, Plan};
use super::{fallible, fallible_fn};
use crate::dtype::with_float;
use crate::error::Result;
use crate::kernels::math::{Exp as _, Math as _};
use crate::tape::{Cx, Op, Saved};
use crate::tensor::Inner;
use crate::{DType, Operand, Tensor};

#[cfg(test)]
fn along_axes(f: fn(&Tensor, i64) -> Tensor) -> Vec<Case> {
    let shapes: [(&[usize], i64); 5] = [
        (&[], 0),
        (&[3], 0),
        (&[2, 3], -1),
        (&[2, 3, 2], 1),
        (&[0, 3], 1),
    ];
    let case = |&(shape, axis): &(&[usize], i64)| {
        Case::new([sample(shape, -2.0, 2.0, 0)], move |x| f(&x[0], axis))
    };
    shapes.iter().map(case).collect()
}

pub(crate) struct Softmax {
    out: Saved,
    axis: i64,
}

impl Op for Softmax {
    const NAME: &'static str = "SoftmaxBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let share = cx.saved(&self.out)?;
        let weighted = grad.try_mul(&share)?;
        cx.give(0, |_| {
            weighted.try_sub(share.try_mul(weighted.try_sum_keepdim(self.axis)?)?)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        along_axes(Tensor::softmax)
    }
}

pub(crate) struct LogSoftmax {
    out: Saved,
    axis: i64,
}

impl Op for LogSoftmax {
    const NAME: &'static str = "LogSoftmaxBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let share = cx.saved(&self.out)?.exp();
        cx.give(0, |_| {
            grad.try_sub(share.try_mul(grad.try_sum_keepdim(self.axis)?)?)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        along_axes(Tensor::log_softmax)
    }
}

pub(crate) struct LogSumExp {
    input: Saved,
    out: Saved,
    plan: Plan,
}

impl Op for LogSumExp {
    const NAME: &'static str = "LogsumexpBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let (x, out) = (cx.saved(&self.input)?, cx.saved(&self.out)?);
        cx.give(0, |_| {
            let share = x.try_sub(self.plan.stretch(&out)?)?.exp();
            self.plan.stretch(grad)?.try_mul(share)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        Case::reduction_over_axes(-2.0, 2.0, |x, axes, keep| match keep {
            true => x.logsumexp_keepdim(axes),
            false => x.logsumexp(axes),
        })
    }
}

macro_rules! greatest {
    ($values:expr, $T:ty) => {
        $values.fold(
            <$T>::NEG_INFINITY,
            |a, b| if b > a || b.is_nan() { b } else { a },
        )
    };
}

/// Each lane's values and the greatest of them, handed to a function that fills the result.
fn shared_out(x: &Tensor, axis: i64, op: &'static str, log: bool) -> Result<Inner> {
    check_float(op, x)?;
    let plan = Plan::over(op, x, [axis], false)?;
    Ok(with_float!(x.dtype(), T => {
        let data = plan.blocks::<T>(x).rows(|row: &[T], out: &mut [T]| {
            crate::kernels::simd::fused(#[inline(always)] || {
                let top = greatest!(row.iter().copied(), T);
                out.iter_mut().zip(row).for_each(|(o, &v)| *o = (v - top).exp_());
                let sum: T = out.iter().sum();
                match log {
                    true => {
                        let shift = sum.log_();
                        out.iter_mut().zip(row).for_each(|(o, &v)| *o = v - top - shift);
                    }
                    false => out.iter_mut().for_each(|o| *o /= sum),
                }
            });
        });
        Inner::new(x.shape().into(), data)
    }, else unreachable!("only floats come here")))
}

#[track_caller]
fn logsumexp(x: &Tensor, axes: impl Axes, keepdim: bool) -> Result<Tensor> {
    let x = &x.to(x.dtype().or_default_float());
    let plan = Plan::over("logsumexp", x, axes, keepdim)?;
    let out = with_float!(x.dtype(), T => plan.blocks::<T>(x).fold(&plan.to, |lane| {
        let top = greatest!(lane.clone().copied(), T);
        // An infinite shift would make NaN of infinite terms.
        let top = if top.is_infinite() { 0.0 } else { top };
        lane.map(|&v| (v - top).exp_()).sum::<T>().log_() + top
    }), else unreachable!("only floats come here"));
    Ok(out.record(&[x.arg()], |out| LogSumExp {
        input: Saved::input(x),
        out: Saved::output(out),
        plan,
    }))
}

fallible! {
    /// `exp(x)` over its sum along one axis: positive shares that add up to 1.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers, or has no such axis.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 1.0].softmax(0), tensor![0.5, 0.5]);
    /// ```
    fn softmax | try_softmax(&self, axis: i64) -> Tensor {
        let out = shared_out(self, axis, "softmax", false)?;
        Ok(out.record(&[self.arg()], |out| Softmax { out: Saved::output(out), axis }))
    }

    /// The logarithm of [`softmax`](Tensor::softmax), computed so that no share becomes 0.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers, or has no such axis.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1e4, 0.0].log_softmax(0), tensor![0.0, -1e4]);
    /// ```
    fn log_softmax | try_log_softmax(&self, axis: i64) -> Tensor {
        let out = shared_out(self, axis, "log_softmax", true)?;
        Ok(out.record(&[self.arg()], |out| LogSoftmax { out: Saved::output(out), axis }))
    }

    /// As [`softmax`](Tensor::softmax), of the tensor cast to a floating-point type first: PyTorch's `softmax` with
    /// `dtype`.
    ///
    /// # Panics
    /// If `dtype` is no floating-point type, or the tensor has no such axis.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1, 1].softmax_dtype(0, F64), tensor![0.5, 0.5].double());
    /// ```
    fn softmax_dtype | try_softmax_dtype(&self, axis: i64, dtype: DType) -> Tensor {
        self.to(dtype).try_softmax(axis)
    }

    /// As [`log_softmax`](Tensor::log_softmax), of the tensor cast to a floating-point type first: PyTorch's
    /// `log_softmax` with `dtype`.
    ///
    /// # Panics
    /// If `dtype` is no floating-point type, or the tensor has no such axis.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![10000, 0].log_softmax_dtype(0, F32), tensor![0.0, -1e4]);
    /// ```
    fn log_softmax_dtype | try_log_softmax_dtype(&self, axis: i64, dtype: DType) -> Tensor {
        self.to(dtype).try_log_softmax(axis)
    }

    /// `log(sum(exp(x)))` over one axis or several, which go, computed so that it does not overflow. Integers give
    /// the default floating-point type.
    ///
    /// # Panics
    /// If the tensor has no such axis, or one is named twice.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1e4, 0.0].logsumexp(0).item::<f32>(), 1e4);
    /// ```
    fn logsumexp | try_logsumexp(&self, axes: impl Axes) -> Tensor {
        logsumexp(self, axes, false)
    }

    /// As [`logsumexp`](Tensor::logsumexp); the axes stay, with size 1.
    ///
    /// # Panics
    /// If the tensor has no such axis, or one is named twice.
    fn logsumexp_keepdim | try_logsumexp_keepdim(&self, axes: impl Axes) -> Tensor {
        logsumexp(self, axes, true)
    }
}

fallible_fn! {
    /// [`softmax`](Tensor::softmax) of the negative: the least element gets the largest share.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers, or has no such axis.
    ///
    /// ```
    /// use retrograd::{functional::softmin, prelude::*};
    /// let x = tensor![1.0, 3.0];
    /// assert_eq!(softmin(&x, 0), (-x).softmax(0));
    /// ```
    fn softmin | try_softmin(x: &Tensor, axis: i64) -> Tensor {
        x.try_neg()?.try_softmax(axis)
    }

    /// As [`softmin`], of the tensor cast to a floating-point type first: PyTorch's `softmin` with `dtype`.
    ///
    /// # Panics
    /// If `dtype` is no floating-point type, or the tensor has no such axis.
    ///
    /// ```
    /// use retrograd::{functional::softmin_dtype, prelude::*};
    /// assert_eq!(softmin_dtype(&tensor![1, 1], 0, F64), tensor![0.5, 0.5].double());
    /// ```
    fn softmin_dtype | try_softmin_dtype(x: &Tensor, axis: i64, dtype: DType) -> Tensor {
        x.try_neg()?.try_softmax_dtype(axis, dtype)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Softmax>("softmax", "Tensor::softmax Tensor::softmax_dtype"),
        Operator::node::<LogSoftmax>(
            "log_softmax",
            "Tensor::log_softmax Tensor::log_softmax_dtype",
        ),
        Operator::new(
            "nn.functional.softmin",
            "functional::softmin functional::softmin_dtype",
            along_axes(softmin),
        ),
        Operator::node::<LogSumExp>("logsumexp", "Tensor::logsumexp Tensor::logsumexp_keepdim"),
    ]
}
