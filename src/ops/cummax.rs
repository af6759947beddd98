//! Running extremes.

use super::fallible;
use super::pick::{Kind, Pick, Runs, kind, pick};
use super::reduce::Plan;
use crate::dtype::with_dtype;
use crate::error::Result;
use crate::{Element, Tensor};
use std::sync::Arc;

/// The extremes up to and with each element, and where they stand: of equal ones the last.
#[track_caller]
fn running<K: Kind>(
    op: &'static str,
    x: &Tensor,
    axis: i64,
    greatest: bool,
) -> Result<(Tensor, Tensor)>
where
    Pick<K>: super::Listed,
{
    let plan = Plan::over(op, x, [axis], false)?;
    let positions = with_dtype!(x.dtype(), T => {
        let data = plan.blocks::<T>(x).rows(|row: &[T], out: &mut [i64]| {
            let (mut best, mut at) = (row[0], 0);
            for (i, &v) in row.iter().enumerate() {
                let beats = if greatest { v >= best } else { v <= best };
                // A NaN beats every number, and a later NaN an earlier one.
                if v.is_nan() || (!best.is_nan() && beats) {
                    (best, at) = (v, i);
                }
                out[i] = at as i64;
            }
        });
        Tensor::from_data(x.shape().into(), data)
    });
    let len = plan.len();
    let first = plan.axes.first().map_or(0, |&axis| axis + 1);
    let inner: usize = plan.from.iter().skip(first).product();
    let start = |(i, at): (usize, i64)| {
        let lane = i / (len * inner) * len;
        (lane + at as usize) * inner + i % inner
    };
    let places = positions.to_vec::<i64>().into_iter().enumerate();
    let runs = Runs {
        starts: places.map(start).collect(),
        run: 1,
        from: x.shape().into(),
        to: x.shape().into(),
    };
    Ok((pick::<K>(x, Arc::new(runs)), positions))
}

fallible! {
    /// The greatest of the elements up to and with each one, along an axis, and their positions, of equal ones the
    /// last; from the first NaN on it is NaN.
    ///
    /// # Panics
    /// If the tensor has no such axis.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let (values, positions) = tensor![1.0, 3.0, 2.0].cummax(0);
    /// assert_eq!((values, positions), (tensor![1.0, 3.0, 3.0], tensor![0, 1, 1]));
    /// ```
    fn cummax | try_cummax(&self, axis: i64) -> (Tensor, Tensor) {
        running::<kind::Cummax>("cummax", self, axis, true)
    }

    /// The least of the elements up to and with each one, along an axis, and their positions, of equal ones the
    /// last; from the first NaN on it is NaN.
    ///
    /// # Panics
    /// If the tensor has no such axis.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let (values, positions) = tensor![2.0, 1.0, 3.0].cummin(0);
    /// assert_eq!((values, positions), (tensor![2.0, 1.0, 1.0], tensor![0, 1, 1]));
    /// ```
    fn cummin | try_cummin(&self, axis: i64) -> (Tensor, Tensor) {
        running::<kind::Cummin>("cummin", self, axis, false)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Pick<kind::Cummax>>("cummax", "Tensor::cummax"),
        Operator::node::<Pick<kind::Cummin>>("cummin", "Tensor::cummin"),
    ]
}
