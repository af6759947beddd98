//! `+ - * / %` and unary `-`, for every mix of owned, borrowed and number.

use super::{Arg, Operand, Scalar, Tensor};
use crate::error::OrPanic;
use crate::ops;
use crate::ops::owned::Side;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

// An owned operand is written over where nobody else holds it.
macro_rules! operator {
    ($Trait:ident $method:ident $function:path, $owned:path) => {
        impl $Trait<&Tensor> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, rhs: &Tensor) -> Tensor {
                $function(self.arg(), rhs.arg()).or_panic()
            }
        }
        impl $Trait<Tensor> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, rhs: Tensor) -> Tensor {
                match $owned(rhs, Side::Right, self.arg()) {
                    Ok(out) => out,
                    Err(rhs) => self.$method(&rhs),
                }
            }
        }
        impl $Trait<&Tensor> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, rhs: &Tensor) -> Tensor {
                match $owned(self, Side::Left, rhs.arg()) {
                    Ok(out) => out,
                    Err(lhs) => (&lhs).$method(rhs),
                }
            }
        }
        impl $Trait<Tensor> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, rhs: Tensor) -> Tensor {
                match $owned(self, Side::Left, rhs.arg()) {
                    Ok(out) => out,
                    Err(lhs) => (&lhs).$method(rhs),
                }
            }
        }
        impl<S: Scalar> $Trait<S> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, rhs: S) -> Tensor {
                $function(self.arg(), rhs.arg()).or_panic()
            }
        }
        impl<S: Scalar> $Trait<S> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, rhs: S) -> Tensor {
                match $owned(self, Side::Left, rhs.arg()) {
                    Ok(out) => out,
                    Err(lhs) => (&lhs).$method(rhs),
                }
            }
        }
        operator!(left $Trait $method $function, $owned, f64);
        operator!(left $Trait $method $function, $owned, i64);
    };
    // An f32 on the left would make `(1.0 - &y).log()` ambiguous to the compiler.
    (left $Trait:ident $method:ident $function:path, $owned:path, $S:ty) => {
        impl $Trait<&Tensor> for $S {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, rhs: &Tensor) -> Tensor {
                $function(self.arg(), rhs.arg()).or_panic()
            }
        }
        impl $Trait<Tensor> for $S {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, rhs: Tensor) -> Tensor {
                match $owned(rhs, Side::Right, self.arg()) {
                    Ok(out) => out,
                    Err(rhs) => self.$method(&rhs),
                }
            }
        }
    };
}
operator!(Add add ops::add::add_args, ops::add::add_owned);
operator!(Sub sub ops::sub::sub_args, ops::sub::sub_owned);
operator!(Mul mul ops::mul::mul_args, ops::mul::mul_owned);
operator!(Div div ops::div::div_args, ops::div::div_owned);

/// The remainder is written over nothing.
fn remainder_owned(own: Tensor, _: Side, _: Arg<'_>) -> Result<Tensor, Tensor> {
    Err(own)
}
operator!(Rem rem ops::remainder::remainder_args, remainder_owned);

impl Neg for &Tensor {
    type Output = Tensor;
    #[track_caller]
    fn neg(self) -> Tensor {
        Tensor::neg(self)
    }
}
impl Neg for Tensor {
    type Output = Tensor;
    #[track_caller]
    fn neg(self) -> Tensor {
        match ops::pointwise::neg_owned(self) {
            Ok(out) => out,
            Err(own) => Tensor::neg(&own),
        }
    }
}
