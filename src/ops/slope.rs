//! Derivatives that one pass over the gradient and the function's value gives.

use super::binary::{unstretched, zip};
#[cfg(test)]
use super::case::{Case, sample};
use super::owned::{Side, over};
use crate::dtype::with_float;
use crate::error::Result;
use crate::tape::{Cx, Op, Saved, is_grad_enabled};
use crate::{Element, Operand, Tensor};

/// Declares `function(g, y)`, the gradient by the input of a function whose value is `y`, with its own derivatives by
/// `g` and, times the gradient `gg` of the result, by `y`.
macro_rules! slopes {
    ($(
        $(#[$doc:meta])*
        $function:ident | $Op:ident $name:literal, |$g:ident, $y:ident| $slope:expr, |$gg:ident| $curve:expr;
    )*) => { $(
        pub(crate) struct $Op {
            grad: Saved,
            output: Saved,
        }

        impl Op for $Op {
            const NAME: &'static str = $name;

            fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
                let ($g, $y, $gg) = (cx.saved(&self.grad)?, cx.saved(&self.output)?, grad);
                cx.give(0, |_| $function($gg.clone(), $y.clone()))?;
                cx.give(1, |_| Ok($curve))
            }

            #[cfg(test)]
            fn cases() -> Vec<Case> {
                let shapes: [&[usize]; 4] = [&[], &[3], &[2, 3], &[0, 2]];
                let case = |shape: &&[usize]| {
                    Case::new([sample(shape, 0.2, 2.0, 1), sample(shape, 0.1, 0.9, 2)], |x| {
                        $function(x[0].clone(), x[1].clone()).unwrap()
                    })
                };
                shapes.iter().map(case).collect()
            }
        }

        $(#[$doc])*
        #[track_caller]
        pub(crate) fn $function(grad: Tensor, y: Tensor) -> Result<Tensor> {
            with_float!(grad.dtype(), T => {
                let slope = |$g: T, $y: T| -> T { $slope };
                let keep = |g: &Tensor, y: &Tensor| $Op { grad: Saved::input(g), output: Saved::input(y) };
                let (grad, y) = match is_grad_enabled() && (grad.requires_grad() || y.requires_grad()) {
                    true => (grad, y),
                    false => match over_either(grad, y, slope) {
                        Ok(out) => return Ok(out),
                        Err(operands) => operands,
                    },
                };
                let out = zip::<T, T>(grad.arg(), y.arg(), y.shape().into(), slope);
                Ok(out.record(&[grad.arg(), y.arg()], |_| keep(&grad, &y)))
            }, else unreachable!("only floats stand in a graph"))
        }
    )* };
}

/// `slope(grad, y)` written over the gradient, or over the value, if nobody else holds that; nothing is recorded.
fn over_either<T: Element>(
    grad: Tensor,
    y: Tensor,
    slope: impl Fn(T, T) -> T + Copy + Sync,
) -> Result<Tensor, (Tensor, Tensor)> {
    let unrecorded = || -> SigmoidBackward { unreachable!("nothing is recorded") };
    let grad = match over(grad, Side::Left, y.arg(), slope, unrecorded) {
        Ok(out) => return Ok(out),
        Err(grad) => grad,
    };
    let thin = unstretched(grad.arg());
    let other = thin.as_ref().unwrap_or(&grad).arg();
    over(y, Side::Right, other, move |y, g| slope(g, y), unrecorded).map_err(|y| (grad.clone(), y))
}

slopes! {
    /// `g (1 - y) y`, of the logistic function.
    sigmoid_slope | SigmoidBackward "SigmoidBackwardBackward0", |g, y| g * (1.0 - y) * y,
        |gg| gg * &g * (y * -2 + 1);

    /// `g (1 - y^2)`, of the hyperbolic tangent.
    tanh_slope | TanhBackward "TanhBackwardBackward0", |g, y| g * (1.0 - y * y), |gg| gg * -2 * &g * &y;

    /// `g` but 0 where `y` is not positive, of the positive part; NaN lets it pass, as in PyTorch.
    relu_slope | ReluBackward "ReluBackwardBackward0", |g, y| if y <= 0.0 { 0.0 } else { g },
        |gg| { let _ = (&g, gg); y.zeros_like() };
}

/// What this file says of its public operators: it has none.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    Vec::new()
}
