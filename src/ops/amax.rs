//! Greatest and least elements over axes, of which equal ones share the gradient.

#[cfg(test)]
use super::case::Case;
use super::extreme::check_some;
use super::fallible;
use super::reduce::{Axes, Plan};
use crate::dtype::with_dtype;
use crate::error::Result;
use crate::tape::{Cx, Op, Saved};
use crate::{Element, Operand, Tensor};

pub(crate) struct Amax<const GREATEST: bool> {
    input: Saved,
    out: Saved,
    plan: Plan,
}

impl<const GREATEST: bool> Op for Amax<GREATEST> {
    const NAME: &'static str = if GREATEST {
        "AmaxBackward0"
    } else {
        "AminBackward0"
    };

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let x = cx.saved(&self.input)?.detach();
        let out = self.plan.stretch(&cx.saved(&self.out)?.detach())?;
        let hit = x.try_eq(out)?.to(grad.dtype());
        let count = self.plan.sum_kept(&hit)?;
        cx.give(0, |_| {
            self.plan.stretch(grad)?.try_mul(&hit)?.try_div(count)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let all: fn(&Tensor) -> Tensor = if GREATEST { Tensor::amax } else { Tensor::amin };
        let mut cases = Case::reduction_of_some(-2.0, 2.0, all);
        cases.extend(Case::reduction_over_axes(-2.0, 2.0, |x, axes, keep| {
            // An axis without elements has no extreme one.
            let x = &x.pow(3);
            match (GREATEST, keep) {
                _ if x.numel() == 0 => x.sum_dim(axes),
                (true, true) => x.amax_keepdim(axes),
                (true, false) => x.amax_dim(axes),
                (false, true) => x.amin_keepdim(axes),
                (false, false) => x.amin_dim(axes),
            }
        }));
        cases.into_iter().map(Case::apart).collect()
    }
}

#[track_caller]
fn extreme<const GREATEST: bool>(op: &'static str, x: &Tensor, plan: Plan) -> Result<Tensor>
where
    Amax<GREATEST>: super::Listed,
{
    check_some(op, x, &plan)?;
    let out = with_dtype!(x.dtype(), T => plan.blocks::<T>(x).fold(&plan.to, |mut lane| {
        let first = lane.next().copied().unwrap_or_default();
        // A NaN beats every number.
        let beats = |a: &T, b: &T| if GREATEST { a.gt(b) } else { a.lt(b) };
        lane.fold(first, |best, &v| if beats(&v, &best) || (v.is_nan() && !best.is_nan()) { v } else { best })
    }));
    Ok(out.record(&[x.arg()], |out| Amax::<GREATEST> {
        input: Saved::input(x),
        out: Saved::output(out),
        plan,
    }))
}

macro_rules! extremes {
    ($($name:ident $greatest:literal $adjective:literal: $all:ident $try_all:ident $dim:ident $try_dim:ident
        $keep:ident $try_keep:ident; $one:literal $value:literal $values:literal;)*) => { $( fallible! {
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
            extreme::<$greatest>(stringify!($name), self, Plan::all(self))
        }

        #[doc = concat!("The ", $adjective, " elements over one axis or several, which go. Equal ones share the gradient; in [`", $one, "_dim`](Tensor::", $one, "_dim) the first takes it.")]
        ///
        /// # Panics
        /// If there is no such axis, one is named twice, or they hold no elements.
        ///
        /// ```
        /// use retrograd::prelude::*;
        #[doc = concat!("assert_eq!(tensor![[2.0, 1.0], [3.0, 4.0]].", stringify!($dim), "(1), tensor!", $values, ");")]
        /// ```
        fn $dim | $try_dim(&self, axes: impl Axes) -> Tensor {
            extreme::<$greatest>(stringify!($name), self, Plan::over(stringify!($name), self, axes, false)?)
        }

        #[doc = concat!("As [`", stringify!($dim), "`](Tensor::", stringify!($dim), "); the axes stay, with size 1.")]
        ///
        /// # Panics
        /// If there is no such axis, one is named twice, or they hold no elements.
        fn $keep | $try_keep(&self, axes: impl Axes) -> Tensor {
            extreme::<$greatest>(stringify!($name), self, Plan::over(stringify!($name), self, axes, true)?)
        }
    } )* };
}
extremes! {
    amax true "greatest": amax try_amax amax_dim try_amax_dim amax_keepdim try_amax_keepdim; "max" "3.0" "[2.0, 4.0]";
    amin false "least": amin try_amin amin_dim try_amin_dim amin_keepdim try_amin_keepdim; "min" "1.0" "[1.0, 3.0]";
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Amax<true>>("amax", "Tensor::amax Tensor::amax_dim Tensor::amax_keepdim"),
        Operator::node::<Amax<false>>("amin", "Tensor::amin Tensor::amin_dim Tensor::amin_keepdim"),
    ]
}
