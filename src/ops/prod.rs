//! Products of a tensor's elements.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use super::reduce::Plan;
use super::scan::shift;
use crate::dtype::with_number;
use crate::error::Result;
use crate::tape::{Cx, Op, Saved};
use crate::tensor::Inner;
use crate::{DType, Operand, Tensor, ops::binary::Arithmetic};

/// Over all elements, or over one axis.
pub(crate) struct Prod<const ALL: bool> {
    input: Saved,
    out: Saved,
    plan: Plan,
}

impl<const ALL: bool> Op for Prod<ALL> {
    const NAME: &'static str = if ALL {
        "ProdBackward0"
    } else {
        "ProdBackward1"
    };

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let (x, out) = (cx.saved(&self.input)?, cx.saved(&self.out)?);
        let has_zero = x.detach().try_eq(0)?.any().item::<bool>();
        cx.give(0, |_| {
            let grad_out = self.plan.stretch(grad)?;
            if !has_zero {
                return grad_out.try_mul(self.plan.stretch(&out)?.try_div(&x)?);
            }
            let others = match ALL {
                true => others(&x.flatten(), 0)?.try_reshape(x.shape())?,
                false => others(&x, self.plan.axes.first().map_or(0, |&axis| axis as i64))?,
            };
            grad_out.try_mul(others)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let zeros = |shape: &[usize]| {
            let x = sample(shape, 0.5, 2.0, 0);
            let mut values = x.to_vec::<f64>();
            values[1] = 0.0;
            Tensor::from_vec(values, shape)
        };
        match ALL {
            true => {
                let mut cases = Case::reduction(0.5, 2.0, Tensor::prod);
                cases.push(Case::new([zeros(&[4])], |x| x[0].prod()));
                cases.push(Case::new([zeros(&[2, 2])], |x| x[0].prod()));
                cases
            }
            false => vec![
                Case::new([sample(&[2, 3], 0.5, 2.0, 0)], |x| x[0].prod_dim(1)),
                Case::new([sample(&[2, 3, 2], 0.5, 2.0, 0)], |x| x[0].prod_keepdim(-2)),
                Case::new([zeros(&[2, 3])], |x| x[0].prod_dim(0)),
                Case::new([zeros(&[2, 3])], |x| x[0].prod_dim(1)),
                Case::new([sample(&[0, 2], 0.5, 2.0, 0)], |x| x[0].prod_dim(1)),
            ],
        }
    }
}

/// For each element the product of the others along an axis, without a division.
///
/// Running products from both ends, in a logarithmic number of steps (Hillis and Steele 1986).
fn others(x: &Tensor, axis: i64) -> Result<Tensor> {
    if x.rank() == 0 {
        return Ok(x.ones_like());
    }
    let len = x.size(axis);
    let running = |ahead: bool| -> Result<Tensor> {
        let mut product = shift(x, axis, 1, ahead, 1)?;
        let mut step = 1;
        while step < len {
            product = product.try_mul(shift(&product, axis, step, ahead, 1)?)?;
            step *= 2;
        }
        Ok(product)
    };
    running(true)?.try_mul(running(false)?)
}

fn products(x: &Tensor, plan: &Plan) -> Inner {
    with_number!(x.dtype(), T => {
        let one = 1i8 as T;
        plan.blocks::<T>(x).fold(&plan.to, |lane| lane.fold(one, |product, &v| product.times(v)))
    }, else products(&x.to(DType::I64), plan))
}

#[track_caller]
fn over(x: &Tensor, axis: i64, keepdim: bool) -> Result<Tensor> {
    let plan = Plan::over("prod", x, [axis], keepdim)?;
    let out = products(x, &plan);
    Ok(out.record(&[x.arg()], |out| Prod::<false> {
        input: Saved::input(x),
        out: Saved::output(out),
        plan,
    }))
}

fallible! {
    /// The products along one axis, which goes. Integers and `bool` give `i64`.
    ///
    /// # Panics
    /// If the tensor has no such axis.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1.0, 2.0], [3.0, 4.0]].prod_dim(0), tensor![3.0, 8.0]);
    /// ```
    fn prod_dim | try_prod_dim(&self, axis: i64) -> Tensor {
        over(self, axis, false)
    }

    /// As [`prod_dim`](Tensor::prod_dim); the axis stays, with size 1.
    ///
    /// # Panics
    /// If the tensor has no such axis.
    fn prod_keepdim | try_prod_keepdim(&self, axis: i64) -> Tensor {
        over(self, axis, true)
    }
}

impl Tensor {
    /// The product of all elements. Integers and `bool` give `i64`.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![2.0, 3.0].prod().item::<f32>(), 6.0);
    /// ```
    #[track_caller]
    pub fn prod(&self) -> Tensor {
        let plan = Plan::all(self);
        let out = products(self, &plan);
        out.record(&[self.arg()], |out| Prod::<true> {
            input: Saved::input(self),
            out: Saved::output(out),
            plan,
        })
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Prod<true>>("prod", "Tensor::prod Tensor::prod_dim Tensor::prod_keepdim")
            .and::<Prod<false>>(),
    ]
}
