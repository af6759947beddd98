//! Greatest and least elements, and where they stand; `all` and `any`.

#[cfg(test)]
use super::case::Case;
use super::fallible;
use super::pick::{Runs, kind, pick};
use super::reduce::{Axes, Lane, Plan};
use crate::dtype::with_dtype;
use crate::error::{Error, Result};
use crate::tape::{Cx, Op, Saved};
use crate::{DType, Element, Operand, Tensor};
use std::sync::Arc;

/// The position of the element that no other beats; a NaN beats every number, as in PyTorch.
fn best<T: Element>(lane: Lane<'_, T>, beats: fn(&T, &T) -> bool) -> usize {
    let mut found: Option<(usize, T)> = None;
    for (i, &v) in lane.enumerate() {
        let better = match found {
            None => true,
            Some((_, old)) => beats(&v, &old) || (v.is_nan() && !old.is_nan()),
        };
        if better {
            found = Some((i, v));
        }
    }
    found.map_or(0, |(i, _)| i)
}

/// Refuses lanes without elements, of which none is the extreme one.
pub(crate) fn check_some(op: &'static str, x: &Tensor, plan: &Plan) -> Result<()> {
    if plan.len() > 0 || plan.to.contains(&0) {
        return Ok(());
    }
    Err(Error::Shape {
        op,
        problem: format!(
            "a tensor of shape {:?} has no elements there, so none is the extreme one",
            x.shape()
        ),
        cure: "Check that the tensor is not empty first.".into(),
    })
}

fn check_number(op: &'static str, x: &Tensor) -> Result<()> {
    if x.dtype() == DType::Bool {
        Err(super::unary::no_bool(op))
    } else {
        Ok(())
    }
}

/// The positions of the extremes, counted within what goes.
fn arg(x: &Tensor, plan: &Plan, greatest: bool) -> Tensor {
    with_dtype!(x.dtype(), T => {
        let beats: fn(&T, &T) -> bool = if greatest { |a, b| a > b } else { |a, b| a < b };
        plan.blocks::<T>(x).fold(&plan.to, |lane| best(lane, beats) as i64).untracked()
    })
}

/// The gradient of one element that was chosen from all, in equal parts for those that are equal to it.
#[track_caller]
pub(crate) fn shared_among_equals(grad: &Tensor, x: &Tensor, out: &Tensor) -> Result<Tensor> {
    let hit = match out.isnan().item::<bool>() {
        true => x.isnan(),
        false => x.try_eq(out)?,
    };
    let share = grad.try_div(hit.sum())?;
    Tensor::try_where(&hit, share, 0)
}

macro_rules! extremes {
    ($($Op:ident $name:literal $Kind:ident $greatest:literal $adjective:literal;
        $all:ident $try_all:ident $dim:ident $try_dim:ident $keep:ident $try_keep:ident
        $arg:ident $try_arg:ident $arg_dim:ident $try_arg_dim:ident $arg_keep:ident $try_arg_keep:ident;
        $value:literal $position:literal;)*) => { $(
        pub(crate) struct $Op {
            input: Saved,
            out: Saved,
        }

        impl Op for $Op {
            const NAME: &'static str = $name;

            fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
                let (x, out) = (cx.saved(&self.input)?.detach(), cx.saved(&self.out)?.detach());
                cx.give(0, |_| shared_among_equals(grad, &x, &out))
            }

            #[cfg(test)]
            fn cases() -> Vec<Case> {
                Case::reduction_of_some(-2.0, 2.0, |x| x.$all().pow(2))
            }
        }

        fallible! {
            #[doc = concat!("The ", $adjective, " element; NaN if there is one. Equal ones share the gradient.")]
            ///
            /// # Panics
            /// If the tensor is empty.
            ///
            /// ```
            /// use retrograd::prelude::*;
            #[doc = concat!("assert_eq!(tensor![2.0, 1.0, 3.0].", stringify!($all), "().item::<f32>(), ", $value, ");")]
            /// ```
            fn $all | $try_all(&self) -> Tensor {
                let plan = Plan::all(self);
                check_some(stringify!($all), self, &plan)?;
                let at = arg(self, &plan, $greatest).item::<i64>() as usize;
                let out = with_dtype!(self.dtype(), T => {
                    crate::tensor::Inner::new(plan.to, crate::tensor::storage::Data::<T>::one(self.values::<T>()[at]))
                });
                Ok(out.record(&[self.arg()], |out| $Op { input: Saved::input(self), out: Saved::output(out) }))
            }

            #[doc = concat!("The ", $adjective, " elements along one axis, which goes, and their first positions.")]
            ///
            /// # Panics
            /// If there is no such axis, or it is empty.
            ///
            /// ```
            /// use retrograd::prelude::*;
            #[doc = concat!("let (values, positions) = tensor![[2.0, 1.0, 3.0]].", stringify!($dim), "(1);")]
            #[doc = concat!("assert_eq!((values, positions), (tensor![", $value, "], tensor![", $position, "]));")]
            /// ```
            fn $dim | $try_dim(&self, axis: i64) -> (Tensor, Tensor) {
                let plan = Plan::over(stringify!($all), self, [axis], false)?;
                check_some(stringify!($all), self, &plan)?;
                let positions = arg(self, &plan, $greatest);
                Ok(taken::<kind::$Kind>(self, plan, positions))
            }

            #[doc = concat!("As [`", stringify!($dim), "`](Tensor::", stringify!($dim), "); the axis stays, with size 1.")]
            ///
            /// # Panics
            /// If there is no such axis, or it is empty.
            fn $keep | $try_keep(&self, axis: i64) -> (Tensor, Tensor) {
                let plan = Plan::over(stringify!($all), self, [axis], true)?;
                check_some(stringify!($all), self, &plan)?;
                let positions = arg(self, &plan, $greatest);
                Ok(taken::<kind::$Kind>(self, plan, positions))
            }

            #[doc = concat!("The first position of the ", $adjective, " element, counted in row-major order.")]
            ///
            /// # Panics
            /// If the tensor is empty.
            ///
            /// ```
            /// use retrograd::prelude::*;
            #[doc = concat!("assert_eq!(tensor![2.0, 1.0, 3.0].", stringify!($arg), "().item::<i64>(), ", $position, ");")]
            /// ```
            fn $arg | $try_arg(&self) -> Tensor {
                let plan = Plan::all(self);
                check_some(stringify!($arg), self, &plan)?;
                check_number(stringify!($arg), self)?;
                Ok(arg(self, &plan, $greatest))
            }

            #[doc = concat!("The first positions of the ", $adjective, " elements along one axis, which goes.")]
            ///
            /// # Panics
            /// If there is no such axis, or it is empty.
            ///
            /// ```
            /// use retrograd::prelude::*;
            #[doc = concat!("assert_eq!(tensor![[2.0, 1.0, 3.0]].", stringify!($arg_dim), "(1), tensor![", $position, "]);")]
            /// ```
            fn $arg_dim | $try_arg_dim(&self, axis: i64) -> Tensor {
                let plan = Plan::over(stringify!($arg), self, [axis], false)?;
                check_some(stringify!($arg), self, &plan)?;
                check_number(stringify!($arg), self)?;
                Ok(arg(self, &plan, $greatest))
            }

            #[doc = concat!("As [`", stringify!($arg_dim), "`](Tensor::", stringify!($arg_dim), "); the axis stays, with size 1.")]
            ///
            /// # Panics
            /// If there is no such axis, or it is empty.
            fn $arg_keep | $try_arg_keep(&self, axis: i64) -> Tensor {
                let plan = Plan::over(stringify!($arg), self, [axis], true)?;
                check_some(stringify!($arg), self, &plan)?;
                check_number(stringify!($arg), self)?;
                Ok(arg(self, &plan, $greatest))
            }
        }
    )* };
}
extremes! {
    Max "MaxBackward1" MaxDim true "greatest";
        max try_max max_dim try_max_dim max_keepdim try_max_keepdim
        argmax try_argmax argmax_dim try_argmax_dim argmax_keepdim try_argmax_keepdim; "3.0" "2";
    Min "MinBackward1" MinDim false "least";
        min try_min min_dim try_min_dim min_keepdim try_min_keepdim
        argmin try_argmin argmin_dim try_argmin_dim argmin_keepdim try_argmin_keepdim; "1.0" "1";
}

/// The elements at one position along the axis that goes, for each of the others, and the positions.
#[track_caller]
pub(crate) fn taken<K: super::pick::Kind>(
    x: &Tensor,
    plan: Plan,
    positions: Tensor,
) -> (Tensor, Tensor)
where
    super::pick::Pick<K>: super::Listed,
{
    let axis = plan.axes.first().copied().unwrap_or(0);
    let (len, inner) = (
        plan.len(),
        plan.from.iter().skip(axis + 1).product::<usize>(),
    );
    let start = |(i, at): (usize, i64)| (i / inner * len + at as usize) * inner + i % inner;
    let starts = positions
        .to_vec::<i64>()
        .into_iter()
        .enumerate()
        .map(start)
        .collect();
    let runs = Arc::new(Runs {
        starts,
        run: 1,
        from: plan.from,
        to: plan.to,
    });
    (pick::<K>(x, runs), positions)
}

fn logical(
    op: &'static str,
    x: &Tensor,
    axes: Option<(&[i64], bool)>,
    all: bool,
) -> Result<Tensor> {
    let plan = match axes {
        None => Plan::all(x),
        Some((axes, keepdim)) => Plan::over(op, x, axes, keepdim)?,
    };
    let mask = x.to(DType::Bool);
    let holds = |mut lane: Lane<'_, bool>| {
        if all {
            lane.all(|&v| v)
        } else {
            lane.any(|&v| v)
        }
    };
    Ok(plan.blocks::<bool>(&mask).fold(&plan.to, holds).untracked())
}

fallible! {
    /// Whether along some axes, which go, every element is other than 0 or false.
    ///
    /// # Panics
    /// If there is no such axis, or one is named twice.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[true, false], [true, true]].all_dim(1), tensor![false, true]);
    /// ```
    fn all_dim | try_all_dim(&self, axes: impl Axes) -> Tensor {
        logical("all", self, Some((&axes.list(), false)), true)
    }

    /// As [`all_dim`](Tensor::all_dim); the axes stay, with size 1.
    ///
    /// # Panics
    /// If there is no such axis, or one is named twice.
    fn all_keepdim | try_all_keepdim(&self, axes: impl Axes) -> Tensor {
        logical("all", self, Some((&axes.list(), true)), true)
    }

    /// Whether along some axes, which go, some element is other than 0 or false.
    ///
    /// # Panics
    /// If there is no such axis, or one is named twice.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[true, false], [false, false]].any_dim(1), tensor![true, false]);
    /// ```
    fn any_dim | try_any_dim(&self, axes: impl Axes) -> Tensor {
        logical("any", self, Some((&axes.list(), false)), false)
    }

    /// As [`any_dim`](Tensor::any_dim); the axes stay, with size 1.
    ///
    /// # Panics
    /// If there is no such axis, or one is named twice.
    fn any_keepdim | try_any_keepdim(&self, axes: impl Axes) -> Tensor {
        logical("any", self, Some((&axes.list(), true)), false)
    }

    /// Whether every element is other than 0 or false.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert!(tensor![1.0, 2.0].gt(0).all().item::<bool>());
    /// ```
    fn all | try_all(&self) -> Tensor {
        logical("all", self, None, true)
    }

    /// Whether some element is other than 0 or false.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert!(!tensor![1.0, 2.0].lt(0).any().item::<bool>());
    /// ```
    fn any | try_any(&self) -> Tensor {
        logical("any", self, None, false)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Max>("max", "Tensor::max Tensor::max_dim Tensor::max_keepdim")
            .and::<super::pick::Pick<super::pick::kind::MaxDim>>(),
        Operator::node::<Min>("min", "Tensor::min Tensor::min_dim Tensor::min_keepdim")
            .and::<super::pick::Pick<super::pick::kind::MinDim>>(),
        Operator::not_differentiable(
            "argmax",
            "Tensor::argmax Tensor::argmax_dim Tensor::argmax_keepdim",
            "positions",
            |x| vec![x.argmax(), x.argmax_dim(1), x.argmax_keepdim(1)],
        ),
        Operator::not_differentiable(
            "argmin",
            "Tensor::argmin Tensor::argmin_dim Tensor::argmin_keepdim",
            "positions",
            |x| vec![x.argmin(), x.argmin_dim(1), x.argmin_keepdim(1)],
        ),
        Operator::not_differentiable(
            "all",
            "Tensor::all Tensor::all_dim Tensor::all_keepdim",
            "a mask",
            |x| vec![x.all(), x.all_dim(1), x.all_keepdim(1)],
        ),
        Operator::not_differentiable(
            "any",
            "Tensor::any Tensor::any_dim Tensor::any_keepdim",
            "a mask",
            |x| vec![x.any(), x.any_dim(1), x.any_keepdim(1)],
        ),
    ]
}
