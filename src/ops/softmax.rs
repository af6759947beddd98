//! Exponentials shared out along an axis: `softmax`, `log_softmax`, `logsumexp`.

use super::binary::zip_fused;
#[cfg(test)]
use super::case::{Case, sample};
use super::mean::check_float;
use super::reduce::{Axes, Plan};
use super::{fallible, fallible_fn};
use crate::dtype::with_float;
use crate::error::Result;
use crate::kernels::math::Exp as _;
use crate::kernels::softmax::{Rows, logsumexp as logsumexp_of_rows};
use crate::tape::node::NodeRef;
use crate::tape::trace;
use crate::tape::{Cx, Op, Saved, is_grad_enabled};
use crate::tensor::Inner;
use crate::tensor::storage::Data;
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

    fn backward_owned(&self, grad: Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let share = cx.saved(&self.out)?;
        if !is_grad_enabled() {
            cx.put(0, slope(grad, &share, self.axis, false)?);
            return Ok(());
        }
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

    fn backward_owned(&self, grad: Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let out = cx.saved(&self.out)?;
        if !is_grad_enabled() {
            cx.put(0, slope(grad, &out, self.axis, true)?);
            return Ok(());
        }
        let share = out.exp();
        cx.give(0, |_| {
            grad.try_sub(share.try_mul(grad.try_sum_keepdim(self.axis)?)?)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        along_axes(Tensor::log_softmax)
    }
}

/// The place on the tape of the tensor of which this one is the log-softmax along an axis, as it came from there.
pub(super) fn source(log: &Tensor, axis: i64) -> Option<NodeRef> {
    let node = log.node()?;
    let own = node.peek(|op: &LogSoftmax| op.axis)?;
    let same = own.rem_euclid(log.rank().max(1) as i64) == axis;
    let first = node.state().edges.first().cloned().flatten();
    first.filter(|_| same)
}

/// How the rows lie along which the exponentials are shared out.
fn rows(op: &'static str, x: &Tensor, axis: i64) -> Result<Rows> {
    let at = crate::shape::axis(op, axis, x.rank())?;
    let shape = x.shape();
    let (len, after) = shape
        .get(at..)
        .and_then(<[usize]>::split_first)
        .unwrap_or((&1, &[]));
    Ok(Rows {
        len: *len,
        inner: after.iter().product(),
    })
}

/// The gradient by the input in one pass, where nothing is recorded: over that of the result if nobody else holds it.
fn slope(grad: Tensor, out: &Tensor, axis: i64, log: bool) -> Result<Tensor> {
    let rows = rows("softmax", out, axis)?;
    if trace::tracing() {
        let again = move |x: &[&Tensor]| [slope_by(rows, x[0].clone(), x[1], log)];
        let [slope] = trace::computed(&[&grad, out], again);
        return Ok(slope);
    }
    Ok(slope_by(rows, grad, out, log))
}

fn slope_by(rows: Rows, mut grad: Tensor, out: &Tensor, log: bool) -> Tensor {
    with_float!(out.dtype(), T => {
        let y = out.values::<T>();
        if let Some(own) = grad.exclusive::<T>() {
            rows.slope(&y, own, log);
            return grad;
        }
        let mut data = grad.values::<T>().into_data();
        rows.slope(&y, data.make_mut(), log);
        Tensor::from_data(out.shape().into(), data)
    }, else unreachable!("only floats stand in a graph"))
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
            let stretched = self.plan.stretch(&out)?;
            if is_grad_enabled() {
                let share = x.try_sub(stretched)?.exp();
                return self.plan.stretch(grad)?.try_mul(share);
            }
            let grad = self.plan.stretch(grad)?;
            let share = with_float!(x.dtype(), T => {
                zip_fused::<T, T>(x.arg(), stretched.arg(), x.shape().into(), #[inline(always)] |v, sum| {
                    (v - sum).exp_()
                })
                .untracked()
            }, else unreachable!("only floats stand in a graph"));
            Ok(share * grad)
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

/// The softmax of a tensor, or its logarithm.
fn shared_out(x: &Tensor, axis: i64, op: &'static str, log: bool) -> Result<Inner> {
    check_float(op, x)?;
    let rows = rows(op, x, axis)?;
    Ok(trace::computed_one(&[x], move |x| {
        with_float!(x[0].dtype(), T => {
            Inner::new(x[0].shape().into(), rows.softmax(&x[0].values::<T>(), log))
        }, else unreachable!("only floats come here"))
    }))
}

fn logs_of_sums(x: &Tensor, plan: &Plan) -> Inner {
    with_float!(x.dtype(), T => {
        let blocks = plan.blocks::<T>(x).in_rows();
        let mut data = Data::<T>::scratch(blocks.outer);
        logsumexp_of_rows(&blocks.values, blocks.len, data.make_mut());
        Inner::new(plan.to.clone(), data)
    }, else unreachable!("only floats come here"))
}

#[track_caller]
fn logsumexp(x: &Tensor, axes: impl Axes, keepdim: bool) -> Result<Tensor> {
    let x = &x.to(x.dtype().or_default_float());
    let plan = Plan::over("logsumexp", x, axes, keepdim)?;
    let again = plan.clone();
    let out = trace::computed_one(&[x], move |x| logs_of_sums(x[0], &again));
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
