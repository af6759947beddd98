//! Rectifiers with a slope on the negative side.

use super::activation::activation;
use super::binary::zip;
#[cfg(test)]
use super::case::{Case, sample};
use super::mean::check_float;
use super::{fallible, fallible_fn};
use crate::dtype::with_float;
use crate::error::{Error, Result};
use crate::tape::{Cx, Op, Saved};
use crate::{Operand, Tensor};

activation! {
    /// `x` where it is positive, else `negative_slope x`. PyTorch's default slope is 0.01.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers.
    ///
    /// ```
    /// use retrograd::{functional::leaky_relu, prelude::*};
    /// assert_eq!(leaky_relu(&tensor![-1.0, 2.0], 0.25), tensor![-0.25, 2.0]);
    /// ```
    leaky_relu / try_leaky_relu(negative_slope) | LeakyRelu "LeakyReluBackward0",
        float |v| if v > 0.0 { v } else { v * negative_slope },
        |g, x| Tensor::try_where(&x.try_gt(0)?, g, g.try_mul(negative_slope)?),
        on (0.01) in -2.0 .. -0.1, (0.3) in -2.0 .. 2.0;
}

/// A slope of its own, which is learned, for all elements or for each channel.
pub(crate) struct Prelu {
    input: Saved,
    weight: Saved,
}

impl Op for Prelu {
    const NAME: &'static str = "PreluKernelBackward0";
    const BROADCASTS: bool = true;

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let (x, weight) = (cx.saved(&self.input)?, cx.saved(&self.weight)?);
        let positive = x.try_gt(0)?;
        cx.give(0, |_| {
            Tensor::try_where(&positive, grad, weight.try_mul(grad)?)
        })?;
        cx.give(1, |_| Tensor::try_where(&positive, 0, x.try_mul(grad)?))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let shapes: [(&[usize], &[usize]); 7] = [
            (&[], &[]),
            (&[], &[1]),
            (&[5], &[1]),
            (&[2, 3], &[]),
            (&[4, 3], &[3]),
            (&[2, 3, 2], &[3]),
            (&[0, 3], &[3]),
        ];
        let case = |(x, weight): &(&[usize], &[usize])| {
            let inputs = [sample(x, -2.0, 2.0, 0), sample(weight, 0.1, 0.9, 1)];
            Case::new(inputs, |x| x[0].prelu(&x[1])).apart()
        };
        shapes.iter().map(case).collect()
    }
}

/// The weight in a shape that broadcasts along the channels, which are the second axis.
#[track_caller]
fn along_channels(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    let refuse = |problem: String| {
        Err(Error::Shape {
            op: "prelu",
            problem,
            cure: "Give one weight, or a vector of one for each channel: the second axis of the input.".into(),
        })
    };
    if weight.rank() > 1 {
        return refuse(format!(
            "a weight of shape {:?} is no vector",
            weight.shape()
        ));
    }
    let channels = x.shape().get(1).copied().unwrap_or(1);
    let count = weight.numel();
    if count != 1 && count != channels {
        return refuse(format!(
            "{count} weights do not fit an input of shape {:?}, which has {channels} channels",
            x.shape()
        ));
    }
    let mut shape = vec![1; x.rank()];
    if count != 1 {
        shape[1] = count;
    }
    weight.try_reshape(&shape[..])
}

fallible! {
    /// `x` where it is positive, else `weight x`; the weight is one number or one for each channel, `[channels]`, which
    /// are the second axis.
    ///
    /// # Panics
    /// If the tensors hold no floating-point numbers of one type, or the weight does not fit.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = tensor![[-1.0, -1.0], [2.0, 2.0]];
    /// assert_eq!(x.prelu(&tensor![0.25, 0.5]), tensor![[-0.25, -0.5], [2.0, 2.0]]);
    /// ```
    fn prelu | try_prelu(&self, weight: &Tensor) -> Tensor {
        check_float("prelu", self)?;
        if self.dtype() != weight.dtype() {
            return Err(Error::DType {
                op: "prelu",
                problem: format!("an input of {} and a weight of {}", self.dtype(), weight.dtype()),
                cure: "Cast one of them, with `.to(..)`.".into(),
            });
        }
        let weight = along_channels(self, weight)?;
        let out = with_float!(self.dtype(), T => {
            zip::<T, T>(self.arg(), weight.arg(), self.shape().into(), |v, w| if v > 0.0 { v } else { w * v })
        }, else unreachable!("only floats come here"));
        Ok(out.record(&[self.arg(), weight.arg()], |_| Prelu {
            input: Saved::input(self),
            weight: Saved::input(&weight),
        }))
    }
}

fallible_fn! {
    /// [`Tensor::prelu`] as a function.
    ///
    /// # Panics
    /// If the tensors hold no floating-point numbers of one type, or the weight does not fit.
    ///
    /// ```
    /// use retrograd::{functional::prelu, prelude::*};
    /// assert_eq!(prelu(&tensor![-1.0, 2.0], &tensor![0.25]), tensor![-0.25, 2.0]);
    /// ```
    fn prelu | try_prelu(x: &Tensor, weight: &Tensor) -> Tensor {
        x.try_prelu(weight)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<LeakyRelu>("nn.functional.leaky_relu", "functional::leaky_relu")
            .elementwise(),
        Operator::node::<Prelu>("nn.functional.prelu", "functional::prelu Tensor::prelu")
            .elementwise(),
    ]
}
