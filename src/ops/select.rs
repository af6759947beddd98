//! One of two values, element by element.

use super::align::in_type;
use super::binary::{load, zip};
#[cfg(test)]
use super::case::Case;
use super::fallible;
use crate::dtype::with_dtype;
use crate::error::{Error, OrPanic, Result};
use crate::kernels::simd;
use crate::shape::Dims;
use crate::shape::broadcast;
use crate::tape::trace;
use crate::tape::{Cx, Op, SavedArg};
use crate::tensor::storage::Data;
use crate::tensor::{Arg, Inner, result_dtype};
use crate::{DType, Element, Operand, Tensor};
use std::cmp::Ordering;

pub(crate) struct Where {
    condition: Tensor,
}

impl Op for Where {
    const NAME: &'static str = "WhereBackward0";
    const BROADCASTS: bool = true;

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |_| Tensor::try_where(&self.condition, grad, 0))?;
        cx.give(1, |_| Tensor::try_where(&self.condition, 0, grad))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        Case::binary((-2.0, 2.0), (-2.0, 2.0), |a, b| {
            let condition = a.detach().gt(b.detach());
            Tensor::where_(&condition, a * 2.0, b.pow(2))
        })
        .into_iter()
        .map(Case::apart)
        .collect()
    }
}

impl Tensor {
    /// `a` where `condition` is true, else `b`, with broadcasting. The side not taken gets the gradient 0,
    /// whatever stands there.
    ///
    /// # Panics
    /// If `condition` is not `bool` or the shapes do not broadcast; [`try_where`](Tensor::try_where) returns
    /// the error.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = tensor![-1.0, 2.0];
    /// assert_eq!(Tensor::where_(&x.gt(0), &x, 0), tensor![0.0, 2.0]);
    /// ```
    #[track_caller]
    pub fn where_(condition: &Tensor, a: impl Operand, b: impl Operand) -> Tensor {
        Self::try_where(condition, a, b).or_panic()
    }

    /// As [`where_`](Tensor::where_), with the error returned.
    ///
    /// # Errors
    /// If `condition` is not `bool` or the shapes do not broadcast.
    #[track_caller]
    pub fn try_where(condition: &Tensor, a: impl Operand, b: impl Operand) -> Result<Tensor> {
        if condition.dtype() != DType::Bool {
            return Err(Error::DType {
                op: "where",
                problem: format!("the condition holds {}, not bool", condition.dtype()),
                cure: "Give the result of a comparison, or cast it with `.to(Bool)`.".into(),
            });
        }
        let (l, r) = (a.arg(), b.arg());
        let sides = broadcast("where", l.shape(), r.shape())?;
        let shape = broadcast("where", condition.shape(), &sides)?;
        let dtype = result_dtype(&[l, r]);
        let out = match trace::tracing() {
            true => traced_choice(condition, [l, r], shape, dtype),
            false => chosen(condition, [l, r], &shape, dtype),
        };
        Ok(out.record(&[l, r], |_| Where {
            condition: condition.snapshot_tensor(),
        }))
    }
}

/// An operand's elements, cast and repeated to a shape.
pub(crate) fn stretched<T: Element>(arg: Arg<'_>, shape: &[usize]) -> Data<T> {
    let values = load::<T>(arg).into_data();
    if arg.shape() == shape {
        return values;
    }
    if let [value] = *values {
        return Data::full(shape.iter().product(), value);
    }
    let layout = crate::shape::Layout::contiguous(arg.shape().into()).broadcast_to(shape);
    crate::kernels::strided::gather(&values, &layout)
}

/// The elements of the first where the condition holds, else of the second.
fn chosen(condition: &Tensor, [l, r]: [Arg<'_>; 2], shape: &Dims, dtype: DType) -> Inner {
    with_dtype!(dtype, T => {
        let (l, r) = (stretched::<T>(l, shape), stretched::<T>(r, shape));
        let mask = stretched::<bool>(condition.arg(), shape);
        let mut out = Data::<T>::scratch(mask.len());
        let values = mask.iter().zip(l.iter().zip(r.iter()));
        let places = out.make_mut().iter_mut().zip(values);
        simd::vectorize(mask.len(), #[inline(always)] move || {
            places.for_each(|(o, (&c, (&a, &b)))| *o = if c { a } else { b });
        });
        Inner::new(shape.clone(), out)
    })
}

/// As [`chosen`], noted in the record of a step.
#[cold]
fn traced_choice(condition: &Tensor, sides: [Arg<'_>; 2], shape: Dims, dtype: DType) -> Inner {
    let numbers = sides.map(|side| match side {
        Arg::Number(number) => Some(number),
        Arg::Tensor(_) => None,
    });
    let tensors = sides.iter().filter_map(Arg::tensor);
    let operands: Vec<&Tensor> = std::iter::once(condition).chain(tensors).collect();
    trace::computed_one(&operands, move |x| {
        let mut tensors = x[1..].iter();
        let sides = numbers.map(|number| match number {
            Some(number) => Arg::Number(number),
            None => Arg::Tensor(tensors.next().expect("there is one for each side")),
        });
        chosen(x[0], sides, &shape, dtype)
    })
}

macro_rules! extreme {
    ($($Op:ident $name:literal $args:ident $beats:ident $Beats:ident;)*) => { $(
        pub(crate) struct $Op {
            lhs: SavedArg,
            rhs: SavedArg,
        }

        impl Op for $Op {
            const NAME: &'static str = $name;
            const BROADCASTS: bool = true;

            fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
                let (l, r) = (cx.saved_arg(&self.lhs)?, cx.saved_arg(&self.rhs)?);
                // A NaN on either side is neither greater nor less: both get the gradient whole.
                let (l, r) = (l.arg(), r.arg());
                let tie = tied(l, r)?;
                let split = Tensor::try_where(&tie, grad.try_div(2)?, grad)?;
                let won = compare(l, r, |order| order == Some(Ordering::$Beats))?;
                let lost = compare(r, l, |order| order == Some(Ordering::$Beats))?;
                cx.give(0, |_| split.try_masked_fill(&lost, 0))?;
                cx.give(1, |_| split.try_masked_fill(&won, 0))
            }

            #[cfg(test)]
            fn cases() -> Vec<Case> {
                let f = |a: &Tensor, b: &Tensor| $args(a.arg(), b.arg()).unwrap().pow(2);
                Case::binary((-2.0, 2.0), (-2.0, 2.0), f).into_iter().map(Case::apart).collect()
            }
        }

        #[track_caller]
        fn $args(l: Arg<'_>, r: Arg<'_>) -> Result<Tensor> {
            let shape = broadcast(stringify!($Op), l.shape(), r.shape())?;
            // A NaN on either side wins, as in PyTorch.
            let out = with_dtype!(result_dtype(&[l, r]), T => {
                zip::<T, T>(l, r, shape, |a: T, b: T| if a.is_nan() || (a.$beats(&b) && !b.is_nan()) { a } else { b })
            });
            let needed = l.requires_grad() || r.requires_grad();
            Ok(out.record(&[l, r], |_| $Op { lhs: SavedArg::new(l, needed), rhs: SavedArg::new(r, needed) }))
        }
    )* };
}
extreme! {
    Maximum "MaximumBackward0" maximum_args gt Greater;
    Minimum "MinimumBackward0" minimum_args lt Less;
}

/// Where the order of two operands' elements is such, in the type in which they meet; a NaN has none.
pub(crate) fn compare(
    l: Arg<'_>,
    r: Arg<'_>,
    holds: impl Fn(Option<Ordering>) -> bool + Copy + Send + Sync + 'static,
) -> Result<Tensor> {
    let shape = broadcast("compare", l.shape(), r.shape())?;
    Ok(with_dtype!(result_dtype(&[l, r]), T => {
        zip::<T, bool>(l, r, shape, #[inline(always)] move |a: T, b: T| holds(a.partial_cmp(&b)))
    })
    .untracked())
}

/// Where the first is less.
pub(crate) fn below(l: Arg<'_>, r: Arg<'_>) -> Result<Tensor> {
    compare(l, r, |order| order == Some(Ordering::Less))
}

/// Where both are equal.
pub(crate) fn tied(l: Arg<'_>, r: Arg<'_>) -> Result<Tensor> {
    compare(l, r, |order| order == Some(Ordering::Equal))
}

fallible! {
    /// The greater of the two elements, with broadcasting; NaN where either is. Where they are equal each
    /// side gets half of the gradient.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 5.0].maximum(tensor![3.0, 2.0]), tensor![3.0, 5.0]);
    /// ```
    fn maximum | try_maximum(&self, other: impl Operand) -> Tensor {
        maximum_args(self.arg(), other.arg())
    }

    /// The lesser of the two elements, with broadcasting; NaN where either is. Where they are equal each
    /// side gets half of the gradient.
    ///
    /// # Panics
    /// If the shapes do not broadcast.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 5.0].minimum(tensor![3.0, 2.0]), tensor![1.0, 2.0]);
    /// ```
    fn minimum | try_minimum(&self, other: impl Operand) -> Tensor {
        minimum_args(self.arg(), other.arg())
    }

    /// The tensor with `value`, a number or a tensor of no axes, where `mask` is true, with broadcasting; it keeps
    /// its type.
    ///
    /// # Panics
    /// If `mask` is not `bool` or does not broadcast, `value` has axes, or it is a float and the tensor holds none.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 2.0].masked_fill(&tensor![true, false], 0), tensor![0.0, 2.0]);
    /// ```
    fn masked_fill | try_masked_fill(&self, mask: &Tensor, value: impl Operand) -> Tensor {
        let value = value.arg();
        if !value.shape().is_empty() {
            return Err(Error::Shape {
                op: "masked_fill",
                problem: format!("the value has shape {:?}, and one number fills all places", value.shape()),
                cure: "Give a number or a tensor of no axes, or use `where_`, which takes tensors of every shape.".into(),
            });
        }
        if value.dtype().is_float() && !self.dtype().is_float() {
            return Err(Error::DType {
                op: "masked_fill",
                problem: format!("a value of {} does not go into a tensor of {}", value.dtype(), self.dtype()),
                cure: "Cast the tensor or the value first, with `.to(..)`.".into(),
            });
        }
        match value {
            Arg::Number(_) if self.dtype().is_float() => Tensor::try_where(mask, value, self),
            value => Tensor::try_where(mask, in_type(value, self.dtype()), self),
        }
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Where>("where", "Tensor::where_").elementwise(),
        Operator::node::<Maximum>("maximum", "Tensor::maximum").elementwise(),
        Operator::node::<Minimum>("minimum", "Tensor::minimum").elementwise(),
        Operator::new(
            "masked_fill",
            "Tensor::masked_fill",
            Case::unary(-2.0, 2.0, |x| {
                x.masked_fill(&x.detach().gt(0.5), x.pow(2).sum())
            }),
        ),
    ]
}
