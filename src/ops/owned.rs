//! Operands that nobody else holds: the result is written over them, and takes their place.

use super::Listed;
use super::binary::{Few, load, map};
use crate::Tensor;
use crate::dtype::Element;
use crate::kernels::elementwise;
use crate::tape::{Op, RECORDING, modes};
use crate::tensor::{Arg, Inner};

/// The side on which the operand stands that is written over.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Side {
    Left,
    Right,
}

/// `f(own, other)` written over `own` and recorded as the output of `op`, which keeps nothing of `own`. Where somebody
/// else would see that, or the result has another shape or type, `own` comes back unchanged.
#[track_caller]
pub(crate) fn over<T: Element, O: Op + Listed>(
    mut own: Tensor,
    side: Side,
    other: Arg<'_>,
    f: impl Fn(T, T) -> T + Copy + Sync,
    op: impl FnOnce() -> O,
) -> Result<Tensor, Tensor> {
    // Who watches operations wants to see what goes in.
    let watched = modes() & !RECORDING != 0;
    if watched || own.dtype() != T::DTYPE || !takes(&own, other) {
        return Err(own);
    }
    let mut few = Few::default();
    let many;
    let values = match few.of(other) {
        Some(values) => values,
        None => {
            many = load::<T>(other);
            &*many
        }
    };
    let Some(out) = own.exclusive::<T>() else {
        return Err(own);
    };
    match values {
        &[value] => elementwise::map_in_place(out, move |v| f(v, value)),
        values => elementwise::update_rows(out, values, f),
    }
    Ok(own.recorded_anew(Some((side, other)), op))
}

/// As [`over`], of the operand alone.
#[track_caller]
pub(crate) fn over_alone<T: Element, O: Op + Listed>(
    mut own: Tensor,
    f: impl Fn(T) -> T + Copy + Sync,
    op: impl FnOnce() -> O,
) -> Result<Tensor, Tensor> {
    let watched = modes() & !RECORDING != 0;
    match own.exclusive::<T>() {
        Some(out) if !watched => elementwise::map_in_place(out, f),
        _ => return Err(own),
    }
    Ok(own.recorded_anew(None, op))
}

/// `f` of each element of a tensor that nobody has seen yet.
pub(crate) fn map_fresh<T: Element>(
    inner: Inner,
    f: impl Fn(T) -> T + Copy + Send + Sync + 'static,
) -> Inner {
    let mut own = inner.untracked();
    match own.exclusive::<T>() {
        Some(out) => elementwise::map_in_place(out, f),
        None => return map::<T, T>(&own, f),
    }
    own.into_inner()
}

/// Whether the other operand changes neither shape nor type: a number, one element, or whole trailing axes.
fn takes(own: &Tensor, other: Arg<'_>) -> bool {
    match other {
        Arg::Number(number) => own.dtype().is_float() || !number.dtype().is_float(),
        Arg::Tensor(other) => {
            let few = other.numel() == 1 && other.rank() <= own.rank();
            own.dtype() == other.dtype() && (few || own.shape().ends_with(other.shape()))
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::prelude::*;

    fn address(x: &Tensor) -> *const f32 {
        x.values::<f32>().as_ptr()
    }

    fn sample() -> Tensor {
        arange(24).float().reshape([4, 6]) + 1.0
    }

    #[test]
    fn an_operand_that_nobody_else_holds_becomes_the_result() {
        let row = arange(6).float() + 1.0;
        let results: [fn(Tensor, &Tensor) -> Tensor; 6] = [
            |x, row| x + row,
            |x, row| row - x,
            |x, _| x * 2.0,
            |x, _| 1.0 / x,
            |x, row| x / row,
            |x, _| &sample() * x,
        ];
        let expected: [fn(&Tensor, &Tensor) -> Tensor; 6] = [
            |x, row| x + row,
            |x, row| row - x,
            |x, _| x * 2.0,
            |x, _| 1.0 / x,
            |x, row| x / row,
            |x, _| &sample() * x,
        ];
        for (owned, borrowed) in results.iter().zip(expected) {
            let x = sample();
            let (at, expected) = (address(&x), borrowed(&x, &row));
            let out = owned(x, &row);
            assert_eq!(out, expected);
            assert_eq!(address(&out), at);
        }
    }

    #[test]
    fn an_operand_that_somebody_else_reads_stays_as_it_is() {
        let x = sample();
        let (handle, view, detached) = (x.clone(), x.t(), x.detach());
        let sum = x + 1.0;
        assert_eq!(sum, &handle + 1.0);
        for other in [handle, view.t(), detached] {
            assert_eq!(other, sample());
        }
        let x = sample();
        let view = x.narrow(0, 0, 2);
        drop(x * 2.0);
        assert_eq!(view, sample().narrow(0, 0, 2));
        let integers = arange(24);
        assert_eq!((integers + 0.5).dtype(), F32);
    }

    #[test]
    fn gradients_pass_through_operands_that_were_written_over() {
        let x = sample().requires_grad_();
        let w = sample().requires_grad_();
        let row = (arange(6).float() + 1.0).requires_grad_();
        // `exp` reads its result, and the product with `w` its left operand: neither may be written over.
        let y = ((&x * 0.1).exp() * 2.0 + &row) * &w / 3.0 - 1.0;
        y.sum().backward();
        let e = (x.detach() * 0.1).exp();
        let near = |a: &Tensor, b: Tensor| {
            let worst = (a - &b).abs().max().item::<f32>();
            assert!(worst < 1e-4, "{a} and {b}");
        };
        near(&x.grad().unwrap(), &e * 0.2 * w.detach() / 3.0);
        near(&w.grad().unwrap(), (&e * 2.0 + row.detach()) / 3.0);
        near(&row.grad().unwrap(), w.detach().sum_dim(0) / 3.0);
    }
}
