//! Vector norms.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use super::mean::check_float;
use super::reduce::{Axes, Plan};
use crate::dtype::with_float;
use crate::error::Result;
use crate::tape::{Cx, Op, Saved};
use crate::{Element, Operand, Tensor};

/// `sum(|x|^p)^(1/p)`.
pub(crate) struct Norm {
    input: Saved,
    out: Saved,
    plan: Plan,
    p: f64,
}

impl Op for Norm {
    const NAME: &'static str = "LinalgVectorNormBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let (x, out) = (cx.saved(&self.input)?, cx.saved(&self.out)?);
        cx.give(0, |_| {
            let sign = x.detach().sign();
            let zero = out.detach().try_eq(0)?;
            match self.p {
                0.0 => Ok(x.zeros_like()),
                1.0 => self.plan.stretch(grad)?.try_mul(sign),
                2.0 => {
                    let share = grad.try_div(&out)?.try_masked_fill(&zero, 0)?;
                    x.try_mul(self.plan.stretch(&share)?)
                }
                p if p.is_infinite() => {
                    let hit = x
                        .detach()
                        .abs()
                        .try_eq(self.plan.stretch(&out.detach())?)?
                        .to(x.dtype());
                    let axes: Vec<i64> = self.plan.axes.iter().map(|&axis| axis as i64).collect();
                    let count = hit.try_sum_keepdim(&axes[..])?;
                    self.plan
                        .stretch(grad)?
                        .try_mul(sign.try_mul(hit)?.try_div(count)?)
                }
                p => {
                    let share = grad
                        .try_div(out.try_pow(p - 1.0)?)?
                        .try_masked_fill(&zero, 0)?;
                    let slope = sign.try_mul(x.abs().try_pow(p - 1.0)?)?;
                    // Below p = 1 the slope is infinite at 0, where PyTorch takes 0.
                    let slope = slope.try_masked_fill(&x.detach().try_eq(0)?, 0)?;
                    slope.try_mul(self.plan.stretch(&share)?)
                }
            }
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let mut cases = Case::reduction_of_some(0.5, 2.0, Tensor::norm);
        for p in [1.0, 2.0, 3.0, 1.5, f64::INFINITY, f64::NEG_INFINITY] {
            cases.push(Case::new([sample(&[3, 2], 0.5, 2.0, 3)], move |x| {
                x[0].norm_with(p, [1], false)
            }));
            cases.push(Case::new([sample(&[3, 2], -2.0, -0.5, 3)], move |x| {
                x[0].norm_with(p, [0, 1], true)
            }));
        }
        cases
    }
}

#[track_caller]
fn norm(x: &Tensor, plan: Plan, p: f64) -> Result<Tensor> {
    check_float("norm", x)?;
    let out = with_float!(x.dtype(), T => plan.blocks::<T>(x).fold(&plan.to, |lane| {
        let sizes = lane.map(|v| v.abs().cast::<f64>());
        T::from_f64(match p {
            0.0 => sizes.filter(|v| *v != 0.0).count() as f64,
            1.0 => sizes.sum(),
            2.0 => sizes.map(|v| v * v).sum::<f64>().sqrt(),
            f64::INFINITY => sizes.fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a }),
            f64::NEG_INFINITY => sizes.fold(f64::INFINITY, |a, b| if b < a || b.is_nan() { b } else { a }),
            p => sizes.map(|v| v.powf(p)).sum::<f64>().powf(1.0 / p),
        })
    }), else unreachable!("only floats come here"));
    Ok(out.record(&[x.arg()], |out| Norm {
        input: Saved::input(x),
        out: Saved::output(out),
        plan,
        p,
    }))
}

fallible! {
    /// The Euclidean length of all elements, as one vector.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![3.0, 4.0].norm().item::<f32>(), 5.0);
    /// ```
    fn norm | try_norm(&self) -> Tensor {
        norm(self, Plan::all(self), 2.0)
    }

    /// The Euclidean lengths over one axis or several, which go.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers, or has no such axis.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[3.0, 4.0]].norm_dim(1), tensor![5.0]);
    /// ```
    fn norm_dim | try_norm_dim(&self, axes: impl Axes) -> Tensor {
        norm(self, Plan::over("norm", self, axes, false)?, 2.0)
    }

    /// As [`norm_dim`](Tensor::norm_dim); the axes stay, with size 1.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers, or has no such axis.
    fn norm_keepdim | try_norm_keepdim(&self, axes: impl Axes) -> Tensor {
        norm(self, Plan::over("norm", self, axes, true)?, 2.0)
    }

    /// The p-norms over some axes, or over all if none is named; `p` may be 0 and infinite.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers, or has no such axis.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[3.0, -4.0]].norm_with(1.0, [1], false), tensor![7.0]);
    /// ```
    fn norm_with | try_norm_with(&self, p: f64, axes: impl Axes, keepdim: bool) -> Tensor {
        norm(self, Plan::over("norm", self, axes, keepdim)?, p)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![Operator::node::<Norm>(
        "norm",
        "Tensor::norm Tensor::norm_dim Tensor::norm_keepdim Tensor::norm_with",
    )]
}
