//! Vector norms.

#[cfg(test)]
use super::case::{Case, sample};
use super::extreme::check_some;
use super::fallible;
use super::mean::check_float;
use super::reduce::{Axes, Plan};
use crate::dtype::with_float;
use crate::error::Result;
use crate::kernels::math::Math as _;
use crate::kernels::reduce::total;
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
        cx.give(0, |_| slope(grad, &x, &out, &self.plan, self.p))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let mut cases = Case::reduction_of_some(0.5, 2.0, Tensor::norm);
        for p in [
            1.0,
            2.0,
            3.0,
            1.5,
            0.5,
            -2.0,
            0.0,
            f64::INFINITY,
            f64::NEG_INFINITY,
        ] {
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

/// PyTorch's derivatives: where all elements are 0 the slope, which is not defined there, is taken to be 0.
#[track_caller]
fn slope(grad: &Tensor, x: &Tensor, out: &Tensor, plan: &Plan, p: f64) -> Result<Tensor> {
    let sign = x.detach().sign();
    // The gradient over a power of the norm, which is the same for all elements of a lane.
    let share = |power: f64| -> Result<Tensor> {
        let share = grad.try_div(out.try_pow(power)?)?;
        plan.stretch(&share.try_masked_fill(&out.detach().try_eq(0)?, 0)?)
    };
    match p {
        0.0 => Ok(x.zeros_like()),
        1.0 => plan.stretch(grad)?.try_mul(sign),
        2.0 => x.try_mul(share(1.0)?),
        _ if p.is_infinite() => {
            let size = x.detach().abs();
            let hit = size.try_eq(plan.stretch(&out.detach())?)?;
            let hit = hit.try_logical_or(size.isnan())?.to(x.dtype());
            let count = plan.sum_kept(&hit)?;
            let share = plan.stretch(grad)?.try_div(count)?.try_mul(&hit)?;
            share.try_mul(sign)
        }
        _ if p < 1.0 => {
            // The slope is infinite at 0, where PyTorch takes 0.
            let zero = x.detach().try_eq(0)?;
            let scaled = x.abs().try_pow(p - 1.0)?.try_masked_fill(&zero, 0)?;
            let share = plan.stretch(&grad.try_mul(out.try_pow(1.0 - p)?)?)?;
            sign.try_mul(scaled)?.try_mul(share)
        }
        _ if p < 2.0 => {
            let scaled = sign.try_mul(x.abs().try_pow(p - 1.0)?)?;
            scaled.try_mul(share(p - 1.0)?)
        }
        _ => {
            let scaled = x.try_mul(x.abs().try_pow(p - 2.0)?)?;
            scaled.try_mul(share(p - 1.0)?)
        }
    }
}

#[track_caller]
fn norm(x: &Tensor, plan: Plan, p: f64) -> Result<Tensor> {
    check_float("norm", x)?;
    if p < 0.0 || p.is_infinite() {
        check_some("norm", x, &plan)?;
    }
    let out = with_float!(x.dtype(), T => plan.blocks::<T>(x).fold_rows(&plan.to, |row| {
        let sizes = row.iter().map(|v| v.abs().cast::<f64>());
        T::from_f64(match p {
            0.0 => sizes.filter(|v| *v != 0.0).count() as f64,
            1.0 => total(row, |v| v.abs().cast::<f64>()),
            2.0 => total(row, |v| v.cast::<f64>() * v.cast::<f64>()).sqrt(),
            f64::INFINITY => sizes.fold(0.0, |a, b| if b > a || b.is_nan() { b } else { a }),
            f64::NEG_INFINITY => sizes.fold(f64::INFINITY, |a, b| if b < a || b.is_nan() { b } else { a }),
            p => sizes.map(|v| v.pow_(p)).sum::<f64>().pow_(1.0 / p),
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

    /// The p-norm of the difference of two tensors, with broadcasting.
    ///
    /// # Panics
    /// If the shapes do not broadcast, or the difference holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 2.0].dist(&tensor![4.0, 6.0], 2.0).item::<f32>(), 5.0);
    /// ```
    fn dist | try_dist(&self, other: &Tensor, p: f64) -> Tensor {
        let difference = self.try_sub(other)?;
        let plan = Plan::all(&difference);
        norm(&difference, plan, p)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let shapes: [(&[usize], &[usize]); 4] = [
        (&[], &[]),
        (&[3], &[3]),
        (&[2, 3], &[3]),
        (&[2, 1], &[1, 3]),
    ];
    let distance = |(a, b): (&[usize], &[usize]), p: f64| {
        let inputs = [sample(a, -2.0, -0.5, 1), sample(b, 0.5, 2.0, 2)];
        // The norm has a kink where both are equal.
        Case::new(inputs, move |x| x[0].dist(&x[1], p)).apart()
    };
    let distances = shapes
        .iter()
        .flat_map(|&shapes| [2.0, 1.0, 3.0, 0.5].map(|p| distance(shapes, p)));
    vec![
        Operator::node::<Norm>(
            "norm",
            "Tensor::norm Tensor::norm_dim Tensor::norm_keepdim Tensor::norm_with",
        ),
        Operator::node::<Norm>("linalg.vector_norm", "Tensor::norm_with"),
        Operator::new("dist", "Tensor::dist", distances),
    ]
}
