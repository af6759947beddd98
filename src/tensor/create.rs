//! New tensors from a shape.

use super::operand::Number;
use super::storage::Data;
use super::{Scalar, Tensor};
use crate::dtype::{Element, with_dtype};
use crate::error::{Error, OrPanic, Result};
use crate::shape::{Dims, IntoShape, full_shape};
use crate::{DType, default_dtype};
use std::ops::Range;

pub(crate) fn filled(shape: Dims, value: Number, dtype: DType) -> Tensor {
    let len = shape.iter().product();
    with_dtype!(dtype, T => Tensor::from_data(shape, Data::<T>::full(len, value.cast())))
}

/// Zeros of the default type.
///
/// # Panics
/// If a size is negative.
///
/// ```
/// assert_eq!(retrograd::zeros([2]).to_vec::<f32>(), [0.0, 0.0]);
/// ```
#[track_caller]
pub fn zeros(shape: impl IntoShape) -> Tensor {
    zeros_dtype(shape, default_dtype())
}

/// Zeros of a given type.
///
/// # Panics
/// If a size is negative.
///
/// ```
/// use retrograd::{DType, zeros_dtype};
/// assert_eq!(zeros_dtype([2], DType::I64).to_vec::<i64>(), [0, 0]);
/// ```
#[track_caller]
pub fn zeros_dtype(shape: impl IntoShape, dtype: DType) -> Tensor {
    filled(
        full_shape("zeros", shape).or_panic(),
        Number::Bool(false),
        dtype,
    )
}

/// Ones of the default type.
///
/// # Panics
/// If a size is negative.
///
/// ```
/// assert_eq!(retrograd::ones([2]).to_vec::<f32>(), [1.0, 1.0]);
/// ```
#[track_caller]
pub fn ones(shape: impl IntoShape) -> Tensor {
    ones_dtype(shape, default_dtype())
}

/// Ones of a given type.
///
/// # Panics
/// If a size is negative.
///
/// ```
/// use retrograd::{DType, ones_dtype};
/// assert_eq!(ones_dtype([2], DType::I64).to_vec::<i64>(), [1, 1]);
/// ```
#[track_caller]
pub fn ones_dtype(shape: impl IntoShape, dtype: DType) -> Tensor {
    filled(
        full_shape("ones", shape).or_panic(),
        Number::Bool(true),
        dtype,
    )
}

/// One value everywhere; a float gives the default type, an integer `i64`, a `bool` `bool`.
///
/// # Panics
/// If a size is negative.
///
/// ```
/// assert_eq!(retrograd::full([2], 7).to_vec::<i64>(), [7, 7]);
/// ```
#[track_caller]
pub fn full(shape: impl IntoShape, value: impl Scalar) -> Tensor {
    let value = value.number();
    filled(full_shape("full", shape).or_panic(), value, value.dtype())
}

/// A tensor of the default type whose values are yet to be written; here they are zeros.
///
/// # Panics
/// If a size is negative.
///
/// ```
/// assert_eq!(retrograd::empty([2, 0]).numel(), 0);
/// ```
#[track_caller]
pub fn empty(shape: impl IntoShape) -> Tensor {
    zeros(shape)
}

/// The identity matrix of the default type, `[n, n]`.
///
/// ```
/// assert_eq!(retrograd::eye(2).to_vec::<f32>(), [1.0, 0.0, 0.0, 1.0]);
/// ```
pub fn eye(n: usize) -> Tensor {
    let out = zeros([n, n]);
    if n > 0 {
        with_dtype!(out.dtype(), T => out.write_values::<T>(|values| {
            values.iter_mut().step_by(n + 1).for_each(|v| *v = T::from_bool(true));
        }));
    }
    out
}

mod sealed {
    pub trait Sealed {}
}

/// What [`arange`] takes: an end, a range, or `(start, end, step)`.
pub trait Steps: sealed::Sealed {
    #[doc(hidden)]
    fn steps(self) -> (Number, Number, Number);
}
macro_rules! steps {
    ($($t:ty: $zero:expr, $one:expr),*) => { $(
        impl sealed::Sealed for $t {}
        impl Steps for $t {
            fn steps(self) -> (Number, Number, Number) { ($zero.number(), self.number(), $one.number()) }
        }
        impl sealed::Sealed for Range<$t> {}
        impl Steps for Range<$t> {
            fn steps(self) -> (Number, Number, Number) {
                (self.start.number(), self.end.number(), $one.number())
            }
        }
        impl sealed::Sealed for ($t, $t, $t) {}
        impl Steps for ($t, $t, $t) {
            fn steps(self) -> (Number, Number, Number) { (self.0.number(), self.1.number(), self.2.number()) }
        }
    )* };
}
steps!(i32: 0, 1, i64: 0, 1, usize: 0, 1, f64: 0.0, 1.0);

/// Evenly spaced values from a start up to, but without, an end: `arange(5)`, `arange(2..5)`,
/// `arange((0.0, 1.0, 0.25))`. Integers give `i64`, floats the default type.
///
/// # Panics
/// If the step is zero, not finite, or leads away from the end.
///
/// ```
/// use retrograd::arange;
/// assert_eq!(arange(3).to_vec::<i64>(), [0, 1, 2]);
/// assert_eq!(arange((0.0, 1.0, 0.5)).to_vec::<f32>(), [0.0, 0.5]);
/// assert_eq!(arange((-2.0, 2.0, 0.01)).at(200).item::<f32>(), 4.1633363e-17); // rounded as in PyTorch
/// ```
#[track_caller]
pub fn arange(steps: impl Steps) -> Tensor {
    try_arange(steps).or_panic()
}

fn try_arange(steps: impl Steps) -> Result<Tensor> {
    let (start, end, step) = steps.steps();
    let (s, e, d) = (start.as_f64(), end.as_f64(), step.as_f64());
    let count = ((e - s) / d).ceil();
    if d == 0.0 || !count.is_finite() || (e - s) * d < 0.0 {
        return Err(Error::InvalidArgument {
            op: "arange",
            argument: "step",
            value: d.to_string(),
            problem: format!("no finite number of such steps leads from {s} to {e}"),
            cure: "Give finite bounds and a step other than 0 with the sign of end - start.".into(),
        });
    }
    let len = count as usize;
    Ok(match (start, step) {
        (Number::Int(start), Number::Int(step)) => Tensor::from(
            (0..len as i64)
                .map(|i| start + i * step)
                .collect::<Vec<i64>>(),
        ),
        _ => match default_dtype() {
            DType::F64 => {
                let values = (0..len).map(|i| lane_value(s, d, i, len, 4, |base| base));
                Tensor::from(values.collect::<Vec<f64>>())
            }
            _ => {
                let round = |base: f64| f64::from(base as f32);
                let values = (0..len).map(|i| lane_value(s, d, i, len, 8, round) as f32);
                Tensor::from(values.collect::<Vec<f32>>())
            }
        },
    })
}

/// `start + i step` as PyTorch's kernel rounds it: fused, and from the first element of a vector of `lanes` on, which is
/// rounded to the tensor's type before. Two vectors are filled at a time; what is left over has none.
fn lane_value(
    start: f64,
    step: f64,
    i: usize,
    len: usize,
    lanes: usize,
    round: impl Fn(f64) -> f64,
) -> f64 {
    let lane = if i < len - len % (2 * lanes) {
        i % lanes
    } else {
        0
    };
    let base = step.mul_add((i - lane) as f64, start);
    if lane == 0 {
        base
    } else {
        step.mul_add(lane as f64, round(base))
    }
}

/// `steps` values of the default type, evenly spaced from `start` to `end`, both included.
///
/// ```
/// assert_eq!(retrograd::linspace(0.0, 1.0, 3).to_vec::<f32>(), [0.0, 0.5, 1.0]);
/// ```
pub fn linspace(start: f64, end: f64, steps: usize) -> Tensor {
    // PyTorch fills the second half from the end, in the tensor's own type.
    macro_rules! fill {
        ($t:ty) => {{
            let (first, last) = (start as $t, end as $t);
            let step = (last - first) / (steps.max(2) - 1) as $t;
            let value = |i: usize| match i < steps / 2 {
                _ if steps == 1 => first,
                true => first + step * i as $t,
                false => last - step * (steps - 1 - i) as $t,
            };
            Tensor::from((0..steps).map(value).collect::<Vec<$t>>())
        }};
    }
    match default_dtype() {
        DType::F64 => fill!(f64),
        _ => fill!(f32),
    }
}

impl Tensor {
    /// Zeros of this tensor's shape and type.
    ///
    /// ```
    /// assert_eq!(retrograd::ones([2]).zeros_like(), retrograd::zeros([2]));
    /// ```
    pub fn zeros_like(&self) -> Tensor {
        filled(self.shape().into(), Number::Bool(false), self.dtype())
    }

    /// Ones of this tensor's shape and type.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2]).ones_like(), retrograd::ones([2]));
    /// ```
    pub fn ones_like(&self) -> Tensor {
        filled(self.shape().into(), Number::Bool(true), self.dtype())
    }

    /// One value everywhere, in this tensor's shape and type.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2]).full_like(3).to_vec::<f32>(), [3.0, 3.0]);
    /// ```
    pub fn full_like(&self, value: impl Scalar) -> Tensor {
        filled(self.shape().into(), value.number(), self.dtype())
    }

    /// Zeros of this tensor's shape and of a given type.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(zeros([2]).zeros_like_dtype(I64), tensor![0, 0]);
    /// ```
    pub fn zeros_like_dtype(&self, dtype: DType) -> Tensor {
        filled(self.shape().into(), Number::Bool(false), dtype)
    }

    /// Ones of this tensor's shape and of a given type.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(zeros([2]).ones_like_dtype(I64), tensor![1, 1]);
    /// ```
    pub fn ones_like_dtype(&self, dtype: DType) -> Tensor {
        filled(self.shape().into(), Number::Bool(true), dtype)
    }

    /// One value everywhere, in this tensor's shape and of a given type.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(zeros([2]).full_like_dtype(3, I64), tensor![3, 3]);
    /// ```
    pub fn full_like_dtype(&self, value: impl Scalar, dtype: DType) -> Tensor {
        filled(self.shape().into(), value.number(), dtype)
    }
}
