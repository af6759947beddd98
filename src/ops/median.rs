//! Medians: of an even number of elements the lower one of the two in the middle.

#[cfg(test)]
use super::case::{Case, sample};
use super::extreme::{check_some, shared_among_equals, taken};
use super::fallible;
use super::pick::kind;
use super::reduce::{Lane, Plan};
use super::unary::no_bool;
use crate::dtype::with_number;
use crate::error::Result;
use crate::tape::{Cx, Op, Saved};
use crate::tensor::Inner;
use crate::tensor::storage::Data;
use crate::{DType, Element, Operand, Tensor};

/// Of all elements, those that are NaN counted or not.
pub(crate) struct Median<const NAN_COUNTS: bool> {
    input: Saved,
    out: Saved,
}

impl<const NAN_COUNTS: bool> Op for Median<NAN_COUNTS> {
    const NAME: &'static str = if NAN_COUNTS {
        "MedianBackward0"
    } else {
        "NanmedianBackward0"
    };

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let (x, out) = (
            cx.saved(&self.input)?.detach(),
            cx.saved(&self.out)?.detach(),
        );
        cx.give(0, |_| shared_among_equals(grad, &x, &out))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        match NAN_COUNTS {
            true => Case::reduction_of_some(-2.0, 2.0, |x| x.median().pow(2)),
            false => {
                let mut cases = Case::reduction_of_some(-2.0, 2.0, |x| x.nanmedian().pow(2));
                cases.push(Case::new([sample(&[5], -2.0, 2.0, 1)], |x| {
                    // The logarithm of a negative number is NaN.
                    x[0].log().nanmedian().pow(2)
                }));
                cases
            }
        }
    }
}

/// Where the median stands: the first NaN if there is one, unless they do not count.
fn middle<T: Element>(lane: Lane<'_, T>, nan_counts: bool) -> usize {
    let first_nan = lane.clone().position(|v| v.is_nan());
    if let (true, Some(at)) = (nan_counts, first_nan) {
        return at;
    }
    let mut ranked: Vec<(usize, T)> = lane
        .copied()
        .enumerate()
        .filter(|(_, v)| !v.is_nan())
        .collect();
    if ranked.is_empty() {
        return first_nan.unwrap_or(0);
    }
    let half = (ranked.len() - 1) / 2;
    let order = |(i, a): &(usize, T), (j, b): &(usize, T)| {
        let by_value = a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal);
        by_value.then(i.cmp(j))
    };
    ranked.select_nth_unstable_by(half, order).1.0
}

fn positions(op: &'static str, x: &Tensor, plan: &Plan, nan_counts: bool) -> Result<Tensor> {
    Ok(with_number!(x.dtype(), T => {
        plan.blocks::<T>(x).fold(&plan.to, |lane| middle(lane, nan_counts) as i64)
    }, else return Err(no_bool(op)))
    .untracked())
}

#[track_caller]
fn of_all<const NAN_COUNTS: bool>(op: &'static str, x: &Tensor) -> Result<Tensor>
where
    Median<NAN_COUNTS>: super::Listed,
{
    let plan = Plan::all(x);
    if x.dtype() == DType::I64 || x.dtype() == DType::Bool {
        check_some(op, x, &plan)?;
    }
    let at = positions(op, x, &plan, NAN_COUNTS)?.item::<i64>() as usize;
    let out = with_number!(x.dtype(), T => {
        let value = x.values::<T>().get(at).copied().unwrap_or(T::from_f64(f64::NAN));
        Inner::new(plan.to, Data::<T>::one(value))
    }, else return Err(no_bool(op)));
    Ok(out.record(&[x.arg()], |out| Median::<NAN_COUNTS> {
        input: Saved::input(x),
        out: Saved::output(out),
    }))
}

#[track_caller]
fn along<K: super::pick::Kind>(
    op: &'static str,
    x: &Tensor,
    axis: i64,
    keepdim: bool,
    nan_counts: bool,
) -> Result<(Tensor, Tensor)>
where
    super::pick::Pick<K>: super::Listed,
{
    let plan = Plan::over(op, x, [axis], keepdim)?;
    check_some(op, x, &plan)?;
    let positions = positions(op, x, &plan, nan_counts)?;
    Ok(taken::<K>(x, plan, positions))
}

macro_rules! medians {
    ($($name:ident $counts:literal $Kind:ident $nan:literal: $all:ident $try_all:ident $dim:ident $try_dim:ident
        $keep:ident $try_keep:ident;)*) => { $( fallible! {
        #[doc = concat!("The median of all elements, of an even number the lower one in the middle; ", $nan)]
        /// Equal elements share the gradient. NaN of none.
        ///
        /// # Panics
        /// If the tensor is `bool`, or holds integers and is empty.
        ///
        /// ```
        /// use retrograd::prelude::*;
        #[doc = concat!("assert_eq!(tensor![9.0, 1.0, 5.0, 2.0].", stringify!($all), "().item::<f32>(), 2.0);")]
        /// ```
        fn $all | $try_all(&self) -> Tensor {
            of_all::<$counts>(stringify!($name), self)
        }

        #[doc = concat!("The medians along one axis, which goes, and their positions; ", $nan)]
        ///
        /// # Panics
        /// If there is no such axis, it is empty, or the tensor is `bool`.
        ///
        /// ```
        /// use retrograd::prelude::*;
        #[doc = concat!("let (values, positions) = tensor![[9.0, 1.0, 5.0]].", stringify!($dim), "(1);")]
        /// assert_eq!((values, positions), (tensor![5.0], tensor![2]));
        /// ```
        fn $dim | $try_dim(&self, axis: i64) -> (Tensor, Tensor) {
            along::<kind::$Kind>(stringify!($name), self, axis, false, $counts)
        }

        #[doc = concat!("As [`", stringify!($dim), "`](Tensor::", stringify!($dim), "); the axis stays, with size 1.")]
        ///
        /// # Panics
        /// If there is no such axis, it is empty, or the tensor is `bool`.
        fn $keep | $try_keep(&self, axis: i64) -> (Tensor, Tensor) {
            along::<kind::$Kind>(stringify!($name), self, axis, true, $counts)
        }
    } )* };
}
medians! {
    median true MedianDim "NaN if there is one.":
        median try_median median_dim try_median_dim median_keepdim try_median_keepdim;
    nanmedian false NanmedianDim "those that are NaN do not count.":
        nanmedian try_nanmedian nanmedian_dim try_nanmedian_dim nanmedian_keepdim try_nanmedian_keepdim;
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Median<true>>(
            "median",
            "Tensor::median Tensor::median_dim Tensor::median_keepdim",
        )
        .and::<super::pick::Pick<kind::MedianDim>>(),
        Operator::node::<Median<false>>(
            "nanmedian",
            "Tensor::nanmedian Tensor::nanmedian_dim Tensor::nanmedian_keepdim",
        )
        .and::<super::pick::Pick<kind::NanmedianDim>>(),
    ]
}
