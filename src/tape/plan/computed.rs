//! Operations on whole tensors, which a replay computes again by the same function.

use super::tensors;
use super::trace::{tracing, whole, within};
use crate::Tensor;
use crate::error::{OrPanic, Result};
use crate::tape::mode::GradMode;
use crate::tensor::{Body, Inner};

/// The results of an operation on whole tensors, which looks at nothing else that may change. While a step is recorded
/// they are noted, to be computed again.
#[inline]
pub(crate) fn computed<const M: usize>(
    inputs: &[&Tensor],
    compute: impl Fn(&[&Tensor]) -> [Tensor; M] + Send + Sync + 'static,
) -> [Tensor; M] {
    match tracing() {
        false => compute(inputs),
        true => noted(inputs, move |x| Ok((compute(x), ()))).or_panic().0,
    }
}

/// As [`computed`], of one result.
#[inline]
pub(crate) fn computed_one(
    inputs: &[&Tensor],
    compute: impl Fn(&[&Tensor]) -> Inner + Send + Sync + 'static,
) -> Inner {
    if !tracing() {
        return compute(inputs);
    }
    let [out] = computed(inputs, move |x| [compute(x).untracked()]);
    out.into_inner()
}

/// What a look at tensors' values finds, and whether they are refused; in every run of a recorded step they are looked
/// at again.
///
/// # Errors
/// If `check` refuses the values.
#[inline]
pub(crate) fn checked<R>(
    inputs: &[&Tensor],
    check: impl Fn(&[&Tensor]) -> Result<R> + Send + Sync + 'static,
) -> Result<R> {
    match tracing() {
        false => check(inputs),
        true => noted(inputs, move |x| Ok(([], check(x)?))).map(|found| found.1),
    }
}

#[cold]
fn noted<const M: usize, R>(
    inputs: &[&Tensor],
    compute: impl Fn(&[&Tensor]) -> Result<([Tensor; M], R)> + Send + Sync + 'static,
) -> Result<([Tensor; M], R)> {
    let (outs, found) = {
        let _mode = GradMode::set(false);
        within(|| compute(inputs))?
    };
    let operands = inputs.iter().map(|x| (x.layout().clone(), x.dtype()));
    let pass = tensors::pass(operands.collect(), move |x| compute(x).map(|found| found.0));
    let results: Vec<&Body> = outs.iter().map(|out| &*out.0).collect();
    whole(inputs, &results, pass);
    Ok((outs, found))
}
