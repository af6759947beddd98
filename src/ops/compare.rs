//! Comparisons and logic, which give `bool`.

use super::binary::{map, zip};
use super::fallible;
use crate::dtype::with_dtype;
use crate::shape::broadcast;
use crate::tensor::result_dtype;
use crate::{Operand, Tensor};

macro_rules! compare {
    ($( $name:ident $try_name:ident |$a:ident, $b:ident| $e:expr, $doc:literal, $example:literal; )*) => { fallible! { $(
        #[doc = $doc]
        ///
        /// # Panics
        /// If the shapes do not broadcast.
        ///
        /// ```
        /// use retrograd::prelude::*;
        #[doc = concat!("assert_eq!(tensor![1.0, 2.0, 3.0].", stringify!($name), "(2.0), tensor!", $example, ");")]
        /// ```
        fn $name | $try_name(&self, other: impl Operand) -> Tensor {
            let (l, r) = (self.arg(), other.arg());
            let shape = broadcast(stringify!($name), l.shape(), r.shape())?;
            Ok(with_dtype!(result_dtype(&[l, r]), T => zip::<T, bool>(l, r, shape, |$a, $b| $e)).untracked())
        }
    )* } };
}
compare! {
    eq try_eq |a, b| a == b, "Where both elements are equal.", "[false, true, false]";
    ne try_ne |a, b| a != b, "Where the elements differ.", "[true, false, true]";
    lt try_lt |a, b| a.lt(&b), "Where the first element is less.", "[true, false, false]";
    le try_le |a, b| a.le(&b), "Where the first element is not greater.", "[true, true, false]";
    gt try_gt |a, b| a.gt(&b), "Where the first element is greater.", "[false, false, true]";
    ge try_ge |a, b| a.ge(&b), "Where the first element is not less.", "[false, true, true]";
}

macro_rules! logic {
    ($( $name:ident $try_name:ident |$a:ident, $b:ident| $e:expr, $doc:literal, $example:literal; )*) => { fallible! { $(
        #[doc = $doc]
        ///
        /// # Panics
        /// If the shapes do not broadcast.
        ///
        /// ```
        /// use retrograd::prelude::*;
        #[doc = concat!("assert_eq!(tensor![1.0, 0.0].", stringify!($name), "(tensor![true, true]), tensor!", $example, ");")]
        /// ```
        fn $name | $try_name(&self, other: impl Operand) -> Tensor {
            let (l, r) = (self.arg(), other.arg());
            let shape = broadcast(stringify!($name), l.shape(), r.shape())?;
            Ok(zip::<bool, bool>(l, r, shape, |$a, $b| $e).untracked())
        }
    )* } };
}
logic! {
    logical_and try_logical_and |a, b| a & b, "Where neither element is 0 or false.", "[true, false]";
    logical_or try_logical_or |a, b| a | b, "Where an element is not 0 or false.", "[true, true]";
    logical_xor try_logical_xor |a, b| a ^ b, "Where one element of two is 0 or false.", "[false, true]";
}

impl Tensor {
    /// Where the element is 0 or false: `!&mask`.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, 0.0].logical_not(), tensor![false, true]);
    /// ```
    pub fn logical_not(&self) -> Tensor {
        map::<bool, bool>(self, |v| !v).untracked()
    }

    fn float_test(&self, of_f32: fn(f32) -> bool, of_f64: fn(f64) -> bool, of_int: bool) -> Tensor {
        let shape = self.shape();
        match self.dtype() {
            crate::DType::F32 => map::<f32, bool>(self, of_f32).untracked(),
            crate::DType::F64 => map::<f64, bool>(self, of_f64).untracked(),
            _ => Tensor::from(of_int).expand(shape).copy(),
        }
    }

    /// Where the element is not a number.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, f64::NAN].isnan(), tensor![false, true]);
    /// ```
    pub fn isnan(&self) -> Tensor {
        self.float_test(f32::is_nan, f64::is_nan, false)
    }

    /// Where the element is infinite.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, f64::INFINITY].isinf(), tensor![false, true]);
    /// ```
    pub fn isinf(&self) -> Tensor {
        self.float_test(f32::is_infinite, f64::is_infinite, false)
    }

    /// Where the element is neither infinite nor not a number.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![1.0, f64::INFINITY].isfinite(), tensor![true, false]);
    /// ```
    pub fn isfinite(&self) -> Tensor {
        self.float_test(f32::is_finite, f64::is_finite, true)
    }
}

macro_rules! logical_operator {
    ($Trait:ident $method:ident $function:ident) => {
        impl<O: Operand> std::ops::$Trait<O> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, rhs: O) -> Tensor {
                self.$function(rhs)
            }
        }
        impl<O: Operand> std::ops::$Trait<O> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, rhs: O) -> Tensor {
                self.$function(rhs)
            }
        }
    };
}
logical_operator!(BitAnd bitand logical_and);
logical_operator!(BitOr bitor logical_or);
logical_operator!(BitXor bitxor logical_xor);

impl std::ops::Not for &Tensor {
    type Output = Tensor;
    fn not(self) -> Tensor {
        self.logical_not()
    }
}
impl std::ops::Not for Tensor {
    type Output = Tensor;
    fn not(self) -> Tensor {
        self.logical_not()
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::not_differentiable("eq", "Tensor::eq", "a mask", |x| vec![x.eq(0.5)]),
        Operator::not_differentiable("ne", "Tensor::ne", "a mask", |x| vec![x.ne(0.5)]),
        Operator::not_differentiable("lt", "Tensor::lt", "a mask", |x| vec![x.lt(0.5)]),
        Operator::not_differentiable("le", "Tensor::le", "a mask", |x| vec![x.le(0.5)]),
        Operator::not_differentiable("gt", "Tensor::gt", "a mask", |x| vec![x.gt(0.5)]),
        Operator::not_differentiable("ge", "Tensor::ge", "a mask", |x| vec![x.ge(0.5)]),
        Operator::not_differentiable("logical_and", "Tensor::logical_and", "a mask", |x| {
            vec![x.logical_and(x)]
        }),
        Operator::not_differentiable("logical_or", "Tensor::logical_or", "a mask", |x| {
            vec![x.logical_or(x)]
        }),
        Operator::not_differentiable("logical_xor", "Tensor::logical_xor", "a mask", |x| {
            vec![x.logical_xor(x)]
        }),
        Operator::not_differentiable("logical_not", "Tensor::logical_not", "a mask", |x| {
            vec![x.logical_not()]
        }),
        Operator::not_differentiable("isnan", "Tensor::isnan", "a mask", |x| vec![x.isnan()]),
        Operator::not_differentiable("isinf", "Tensor::isinf", "a mask", |x| vec![x.isinf()]),
        Operator::not_differentiable("isfinite", "Tensor::isfinite", "a mask", |x| {
            vec![x.isfinite()]
        }),
    ]
}
