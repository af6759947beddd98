//! `+ - * / %` and unary `-`, for every mix of owned, borrowed and number.

use super::{Operand, Scalar, Tensor};
use crate::error::OrPanic;
use crate::ops;
use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

macro_rules! operator {
    ($Trait:ident $method:ident $function:path) => {
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
                $function(self.arg(), rhs.arg()).or_panic()
            }
        }
        impl $Trait<&Tensor> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, rhs: &Tensor) -> Tensor {
                $function(self.arg(), rhs.arg()).or_panic()
            }
        }
        impl $Trait<Tensor> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, rhs: Tensor) -> Tensor {
                $function(self.arg(), rhs.arg()).or_panic()
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
                $function(self.arg(), rhs.arg()).or_panic()
            }
        }
        operator!(left $Trait $method $function, f64);
        operator!(left $Trait $method $function, i64);
    };
    // An f32 on the left would make `(1.0 - &y).log()` ambiguous to the compiler.
    (left $Trait:ident $method:ident $function:path, $S:ty) => {
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
                $function(self.arg(), rhs.arg()).or_panic()
            }
        }
    };
}
operator!(Add add ops::add::add_args);
operator!(Sub sub ops::sub::sub_args);
operator!(Mul mul ops::mul::mul_args);
operator!(Div div ops::div::div_args);
operator!(Rem rem ops::remainder::remainder_args);

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
        Tensor::neg(&self)
    }
}
