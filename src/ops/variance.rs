//! Variances and standard deviations.

#[cfg(test)]
use super::case::Case;
use super::fallible;
use super::mean::check_float;
use super::reduce::{Axes, Plan};
use crate::dtype::with_float;
use crate::error::Result;
use crate::kernels::reduce::total;
use crate::tape::{Cx, Op, Saved};
use crate::tensor::Inner;
use crate::{Element, Operand, Tensor};

pub(crate) struct Var {
    input: Saved,
    plan: Plan,
    correction: f64,
    /// Whether no axis was named.
    all: bool,
}

/// How far the elements are from their mean, times `2 / (n - correction)`.
#[track_caller]
fn slope(x: &Tensor, plan: &Plan, correction: f64, all: bool) -> Result<Tensor> {
    let axes: Vec<i64> = plan.axes.iter().map(|&axis| axis as i64).collect();
    let mean = if axes.is_empty() {
        x.clone()
    } else {
        x.try_mean_keepdim(&axes[..])?
    };
    let freedom = plan.len() as f64 - correction;
    let distance = x.try_sub(mean)?;
    if freedom <= 0.0 && all {
        // The variance of all is infinite then, or NaN, and so is its slope in PyTorch.
        let flat = distance.detach().try_eq(0)?;
        return x.full_like(f64::INFINITY).try_masked_fill(&flat, f64::NAN);
    }
    distance.try_mul(2.0 / freedom)
}

impl Op for Var {
    const NAME: &'static str = "VarBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let x = cx.saved(&self.input)?;
        cx.give(0, |_| {
            self.plan
                .stretch(grad)?
                .try_mul(slope(&x, &self.plan, self.correction, self.all)?)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let mut cases =
            Case::reduction_over_axes(-2.0, 2.0, |x, axes, keep| x.var_with(axes, 0.0, keep));
        cases.push(Case::new([super::case::sample(&[4], -2.0, 2.0, 0)], |x| {
            x[0].var()
        }));
        cases
    }
}

pub(crate) struct Std {
    input: Saved,
    out: Saved,
    plan: Plan,
    correction: f64,
    all: bool,
}

impl Op for Std {
    const NAME: &'static str = "StdBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let (x, out) = (cx.saved(&self.input)?, cx.saved(&self.out)?);
        cx.give(0, |_| {
            let share = grad.try_div(out.try_mul(2)?)?;
            // Where all elements are equal PyTorch takes 0 for the slope, which is not defined there.
            let share = share.try_masked_fill(&out.detach().try_eq(0)?, 0)?;
            self.plan
                .stretch(&share)?
                .try_mul(slope(&x, &self.plan, self.correction, self.all)?)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        use super::case::sample;
        vec![
            Case::new([sample(&[4], -2.0, 2.0, 0)], |x| x[0].std()),
            Case::new([sample(&[3, 4], -2.0, 2.0, 1)], |x| x[0].std_dim(1)),
            Case::new([sample(&[3, 4], -2.0, 2.0, 1)], |x| {
                x[0].std_with([0], 0.0, true)
            }),
            Case::new([sample(&[2, 3, 2], -2.0, 2.0, 2)], |x| x[0].std_dim([0, 2])),
        ]
        .into_iter()
        // The root has a kink where all elements are equal.
        .map(Case::apart)
        .collect()
    }
}

/// The mean of the squared distances from the mean, in two passes of double precision.
fn variances(x: &Tensor, plan: &Plan, correction: f64, root: bool) -> Inner {
    let count = plan.len() as f64;
    with_float!(x.dtype(), T => {
        plan.blocks::<T>(x).fold_rows(&plan.to, #[inline(always)] |row| {
            let mean = total(row, |v| v.cast::<f64>()) / count;
            let sum = total(row, |v| {
                let distance = v.cast::<f64>() - mean;
                distance * distance
            });
            let variance = sum / (count - correction).max(0.0);
            T::from_f64(if root { variance.sqrt() } else { variance })
        })
    }, else unreachable!("only floats come here"))
}

#[track_caller]
fn var(x: &Tensor, plan: Plan, correction: f64, all: bool) -> Result<Tensor> {
    check_float("var", x)?;
    let out = variances(x, &plan, correction, false);
    Ok(out.record(&[x.arg()], |_| Var {
        input: Saved::input(x),
        plan,
        correction,
        all,
    }))
}

#[track_caller]
fn std(x: &Tensor, plan: Plan, correction: f64, all: bool) -> Result<Tensor> {
    check_float("std", x)?;
    let out = variances(x, &plan, correction, true);
    Ok(out.record(&[x.arg()], |out| Std {
        input: Saved::input(x),
        out: Saved::output(out),
        plan,
        correction,
        all,
    }))
}

macro_rules! spread {
    ($($name:ident $what:literal: $all:ident $try_all:ident $dim:ident $try_dim:ident $keep:ident $try_keep:ident
        $with:ident $try_with:ident; $example:literal;)*) => { $( fallible! {
        #[doc = concat!("The ", $what, " of all elements, by n - 1.")]
        ///
        /// # Panics
        /// If the tensor holds no floating-point numbers.
        ///
        /// ```
        /// use retrograd::prelude::*;
        #[doc = concat!("assert_eq!(tensor![1.0, 5.0, 9.0].", stringify!($all), "().item::<f32>(), ", $example, ");")]
        /// ```
        fn $all | $try_all(&self) -> Tensor {
            $name(self, Plan::all(self), 1.0, true)
        }

        #[doc = concat!("The ", $what, " over one axis or several, which go, by n - 1.")]
        ///
        /// # Panics
        /// If the tensor holds no floating-point numbers, or has no such axis.
        fn $dim | $try_dim(&self, axes: impl Axes) -> Tensor {
            $name(self, Plan::over(stringify!($name), self, axes, false)?, 1.0, self.rank() == 0)
        }

        #[doc = concat!("As [`", stringify!($dim), "`](Tensor::", stringify!($dim), "); the axes stay, with size 1.")]
        ///
        /// # Panics
        /// If the tensor holds no floating-point numbers, or has no such axis.
        fn $keep | $try_keep(&self, axes: impl Axes) -> Tensor {
            $name(self, Plan::over(stringify!($name), self, axes, true)?, 1.0, self.rank() == 0)
        }

        #[doc = concat!("The ", $what, " over some axes, or over all if none is named, by n - `correction`.")]
        ///
        /// # Panics
        /// If the tensor holds no floating-point numbers, or has no such axis.
        fn $with | $try_with(&self, axes: impl Axes, correction: f64, keepdim: bool) -> Tensor {
            let axes = axes.list();
            let all = axes.is_empty() || self.rank() == 0;
            $name(self, Plan::over(stringify!($name), self, &axes[..], keepdim)?, correction, all)
        }
    } )* };
}
spread! {
    var "variance": var try_var var_dim try_var_dim var_keepdim try_var_keepdim var_with try_var_with; "16.0";
    std "standard deviation": std try_std std_dim try_std_dim std_keepdim try_std_keepdim std_with try_std_with; "4.0";
}

macro_rules! with_mean {
    ($($what:literal $spread:ident: $all:ident $try_all:ident $with:ident $try_with:ident, $try_by:ident;)*) => { $( fallible! {
        #[doc = concat!("The ", $what, " of all elements, by n - 1, and their mean.")]
        ///
        /// # Panics
        /// If the tensor holds no floating-point numbers.
        ///
        /// ```
        /// use retrograd::prelude::*;
        #[doc = concat!("let (spread, mean) = tensor![1.0, 5.0, 9.0].", stringify!($all), "();")]
        #[doc = concat!("assert_eq!((spread, mean), (tensor![1.0, 5.0, 9.0].", stringify!($spread), "(), Tensor::scalar(5.0f32)));")]
        /// ```
        fn $all | $try_all(&self) -> (Tensor, Tensor) {
            self.$try_with([0i64; 0], 1.0, false)
        }

        #[doc = concat!("The ", $what, " over some axes, or over all if none is named, by n - `correction`, and the mean.")]
        ///
        /// # Panics
        /// If the tensor holds no floating-point numbers, or has no such axis.
        ///
        /// ```
        /// use retrograd::prelude::*;
        #[doc = concat!("let (spread, mean) = tensor![[1.0, 3.0]].", stringify!($with), "(1, 0.0, false);")]
        /// assert_eq!((spread, mean), (tensor![1.0], tensor![2.0]));
        /// ```
        fn $with | $try_with(&self, axes: impl Axes, correction: f64, keepdim: bool) -> (Tensor, Tensor) {
            let axes = axes.list();
            let spread = self.$try_by(&axes[..], correction, keepdim)?;
            let mean = match keepdim {
                true => self.try_mean_keepdim(&axes[..])?,
                false => self.try_mean_dim(&axes[..])?,
            };
            Ok((spread, mean))
        }
    } )* };
}
with_mean! {
    "variance" var: var_mean try_var_mean var_mean_with try_var_mean_with, try_var_with;
    "standard deviation" std: std_mean try_std_mean std_mean_with try_std_mean_with, try_std_with;
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let both = |(spread, mean): (Tensor, Tensor)| spread * mean.pow(2);
    let spread_of = |shape: &[usize]| super::case::sample(shape, 0.5, 2.0, 3);
    vec![
        Operator::new(
            "var_mean",
            "Tensor::var_mean Tensor::var_mean_with",
            [
                Case::new([spread_of(&[4])], move |x| both(x[0].var_mean())),
                Case::new([spread_of(&[2, 3])], move |x| {
                    both(x[0].var_mean_with([-1], 0.0, true))
                }),
            ],
        ),
        Operator::new(
            "std_mean",
            "Tensor::std_mean Tensor::std_mean_with",
            [
                Case::new([spread_of(&[4])], move |x| both(x[0].std_mean())).apart(),
                Case::new([spread_of(&[2, 3])], move |x| {
                    both(x[0].std_mean_with([-1], 0.0, true))
                })
                .apart(),
            ],
        ),
        Operator::node::<Var>(
            "var",
            "Tensor::var Tensor::var_dim Tensor::var_keepdim Tensor::var_with",
        ),
        Operator::node::<Std>(
            "std",
            "Tensor::std Tensor::std_dim Tensor::std_keepdim Tensor::std_with",
        ),
    ]
}
