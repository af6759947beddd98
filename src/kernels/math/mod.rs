//! Transcendental functions, within 2 units in the last place of the exact value (lgamma, digamma, erfinv: 4) over their
//! whole range and with C99's values at its ends; `tests/accuracy.rs` measures them.
//!
//! They are written without branches, so that loops over them become vector code, once for both types. Each file names
//! its method and where it comes from; all of them reduce the argument to a short range, evaluate a polynomial there
//! and carry along what the greatest terms lose in rounding.

mod coefficients;
mod double;
mod error_function;
mod exp;
mod exponential;
mod gamma;
mod inverse;
mod log;
mod payne_hanek;
mod power;
mod real;
mod trigonometric;

pub(crate) use exp::Exp;
pub(crate) use gamma::Polygamma;
use real::Real;

/// The functions, by PyTorch's names; the underscore sets them apart from std's, whose last bits depend on the platform.
pub(crate) trait Math: Copy {
    fn exp2_(self) -> Self;
    fn expm1_(self) -> Self;
    fn log_(self) -> Self;
    fn log2_(self) -> Self;
    fn log10_(self) -> Self;
    fn log1p_(self) -> Self;
    fn sin_(self) -> Self;
    fn cos_(self) -> Self;
    fn tan_(self) -> Self;
    fn asin_(self) -> Self;
    fn acos_(self) -> Self;
    fn atan_(self) -> Self;
    fn atan2_(self, x: Self) -> Self;
    fn sinh_(self) -> Self;
    fn cosh_(self) -> Self;
    fn tanh_(self) -> Self;
    fn asinh_(self) -> Self;
    fn acosh_(self) -> Self;
    fn atanh_(self) -> Self;
    fn erf_(self) -> Self;
    fn erfc_(self) -> Self;
    fn erfinv_(self) -> Self;
    fn lgamma_(self) -> Self;
    fn digamma_(self) -> Self;
    fn pow_(self, exponent: Self) -> Self;
    fn hypot_(self, other: Self) -> Self;

    /// Whether [`sin_`](Math::sin_) and its kin leave vector code for this angle; [`sin_near`](Math::sin_near) and its
    /// kin, which never leave it, are wrong then.
    fn is_far(self) -> bool;
    fn sin_near(self) -> Self;
    fn cos_near(self) -> Self;
    fn tan_near(self) -> Self;
}

macro_rules! math {
    (one: { $($method:ident => $file:ident::$function:ident;)* } far: { $($near:ident $any:ident => $name:ident $far:ident;)* }
        two: { $($pair:ident => $pair_file:ident::$of_two:ident;)* } wide: { $($wide:ident => $of_f64:ident;)* }) => {
        impl<F: Real> Math for F {
            $(#[inline(always)]
            fn $method(self) -> F { $file::$function(self) })*
            $(#[inline(always)]
            fn $near(self) -> F { trigonometric::$name(self) }
            #[inline(always)]
            fn $any(self) -> F {
                if self.is_far() { F::of(trigonometric::$far(self.to_f64())) } else { self.$near() }
            })*
            $(#[inline(always)]
            fn $pair(self, other: F) -> F { $pair_file::$of_two(self, other) })*
            $(#[inline(always)]
            fn $wide(self) -> F { F::of(gamma::$of_f64(self.to_f64())) })*
            #[inline(always)]
            fn is_far(self) -> bool { trigonometric::is_far(self) }
        }
    };
}
math! {
    one: {
    exp2_ => exponential::exp2;
    expm1_ => exponential::expm1;
    log_ => log::log;
    log2_ => log::log2;
    log10_ => log::log10;
    log1p_ => log::log1p;
    asin_ => inverse::asin;
    acos_ => inverse::acos;
    atan_ => inverse::atan;
    sinh_ => exponential::sinh;
    cosh_ => exponential::cosh;
    tanh_ => exponential::tanh;
    asinh_ => inverse::asinh;
    acosh_ => inverse::acosh;
    atanh_ => inverse::atanh;
    erf_ => error_function::erf;
    erfc_ => error_function::erfc;
    erfinv_ => error_function::erfinv;
    }
    far: {
    sin_near sin_ => sin sin_far;
    cos_near cos_ => cos cos_far;
    tan_near tan_ => tan tan_far;
    }
    two: {
    atan2_ => inverse::atan2;
    pow_ => power::pow;
        hypot_ => power::hypot;
    }
    wide: {
    lgamma_ => lgamma;
    digamma_ => digamma;
    }
}
