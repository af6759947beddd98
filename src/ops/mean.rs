//! Means.

#[cfg(test)]
use super::case::Case;
use super::fallible;
use super::owned::map_fresh;
use super::reduce::{Axes, Plan, stretch};
use super::sum::sums;
use crate::dtype::with_float;
use crate::error::{Error, Result};
use crate::shape::Dims;
use crate::tape::{Cx, Op};
use crate::tensor::Inner;
use crate::{Operand, Tensor};

/// Over all elements, or over some axes.
pub(crate) struct Mean<const ALL: bool> {
    /// The input's shape with every axis that went at size 1.
    kept: Dims,
    count: usize,
}

impl<const ALL: bool> Op for Mean<ALL> {
    const NAME: &'static str = if ALL {
        "MeanBackward0"
    } else {
        "MeanBackward1"
    };

    fn backward_owned(&self, grad: Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |cx| {
            stretch(&(grad / self.count as f64), &self.kept, cx.input_shape(0))
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        match ALL {
            true => Case::reduction_of_some(-2.0, 2.0, |x| x.pow(2).mean()),
            false => Case::reduction_over_axes(-2.0, 2.0, |x, axes, keep| match keep {
                true => x.pow(2).mean_keepdim(axes),
                false => x.pow(2).mean_dim(axes),
            }),
        }
    }
}

impl<const ALL: bool> Mean<ALL> {
    fn of(plan: Plan) -> Self {
        Mean {
            count: plan.len(),
            kept: plan.kept,
        }
    }
}

/// Refuses a reduction that has no meaning for integers.
pub(crate) fn check_float(op: &'static str, x: &Tensor) -> Result<()> {
    if x.dtype().is_float() {
        return Ok(());
    }
    Err(Error::DType {
        op,
        problem: format!(
            "the tensor holds {}, and the result is a floating-point number",
            x.dtype()
        ),
        cure: "Cast it first, with `.to(F32)`.".into(),
    })
}

#[track_caller]
fn means(x: &Tensor, plan: &Plan) -> Inner {
    let (count, sums) = (plan.len(), sums(x, plan));
    with_float!(sums.dtype, T => {
        map_fresh(sums, move |sum: T| sum / count as T)
    }, else unreachable!("only floats come here"))
}

#[track_caller]
fn mean_over(x: &Tensor, axes: impl Axes, keepdim: bool) -> Result<Tensor> {
    check_float("mean", x)?;
    let plan = Plan::over("mean", x, axes, keepdim)?;
    Ok(means(x, &plan).record(&[x.arg()], |_| Mean::<false>::of(plan)))
}

fallible! {
    /// The mean of all elements; NaN of none.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 2.0].mean().item::<f32>(), 1.5);
    /// ```
    fn mean | try_mean(&self) -> Tensor {
        check_float("mean", self)?;
        let plan = Plan::all(self);
        Ok(means(self, &plan).record(&[self.arg()], |_| Mean::<true>::of(plan)))
    }

    /// The means over one axis or several, which go.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers, has no such axis, or one is named twice.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1.0, 2.0], [3.0, 4.0]].mean_dim(0), tensor![2.0, 3.0]);
    /// ```
    fn mean_dim | try_mean_dim(&self, axes: impl Axes) -> Tensor {
        mean_over(self, axes, false)
    }

    /// As [`mean_dim`](Tensor::mean_dim); the axes stay, with size 1.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers, has no such axis, or one is named twice.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1.0, 2.0], [3.0, 4.0]].mean_keepdim(1), tensor![[1.5], [3.5]]);
    /// ```
    fn mean_keepdim | try_mean_keepdim(&self, axes: impl Axes) -> Tensor {
        mean_over(self, axes, true)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Mean<true>>("mean", "Tensor::mean Tensor::mean_dim Tensor::mean_keepdim")
            .and::<Mean<false>>(),
    ]
}
