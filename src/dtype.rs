//! Element types, PyTorch's promotion rules and the default type.

use crate::kernels::pool::Pool;
use crate::tape::plan::bank::{Bank, Banks, Port, Rest, View};
use crate::tape::plan::piece::{Piece, Values};
use crate::tensor::storage::{Buffer, Data};
use std::cell::{Cell, RefCell};
use std::fmt;
use std::thread::LocalKey;

/// The type of a tensor's elements.
///
/// ```
/// use retrograd::prelude::*;
/// assert_eq!(tensor![1.0, 2.0].dtype(), F32);
/// assert_eq!(tensor![1, 2].dtype(), I64);
/// ```
#[non_exhaustive]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DType {
    /// `bool`, `torch.bool`.
    Bool,
    /// `i64`, `torch.int64`.
    I64,
    /// `f32`, `torch.float32`, the default.
    F32,
    /// `f64`, `torch.float64`.
    F64,
}

impl DType {
    /// Whether the type is a floating-point one.
    ///
    /// ```
    /// assert!(retrograd::DType::F64.is_float());
    /// ```
    pub fn is_float(self) -> bool {
        matches!(self, DType::F32 | DType::F64)
    }

    /// PyTorch's name of the type, such as `torch.float32`.
    ///
    /// ```
    /// assert_eq!(retrograd::DType::I64.torch_name(), "torch.int64");
    /// ```
    pub fn torch_name(self) -> &'static str {
        match self {
            DType::F32 => "torch.float32",
            DType::F64 => "torch.float64",
            DType::I64 => "torch.int64",
            DType::Bool => "torch.bool",
        }
    }

    /// The type itself where it is a floating-point one, else the default type.
    pub(crate) fn or_default_float(self) -> DType {
        if self.is_float() {
            self
        } else {
            default_dtype()
        }
    }
}

impl fmt::Display for DType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            DType::F32 => "f32",
            DType::F64 => "f64",
            DType::I64 => "i64",
            DType::Bool => "bool",
        })
    }
}

/// The smallest type that holds both types' values by PyTorch's rules.
///
/// ```
/// use retrograd::prelude::*;
/// assert_eq!(retrograd::promote_types(I64, F32), F32);
/// ```
pub fn promote_types(a: DType, b: DType) -> DType {
    a.max(b)
}

thread_local! {
    static DEFAULT: Cell<DType> = const { Cell::new(DType::F32) };
}

/// The type that float literals, [`zeros`](crate::zeros) and the like take in this thread.
///
/// ```
/// assert_eq!(retrograd::default_dtype(), retrograd::DType::F32);
/// ```
pub fn default_dtype() -> DType {
    DEFAULT.get()
}

/// Sets this thread's default type, `f32` or `f64`.
///
/// # Panics
/// If `dtype` is not a floating-point type.
///
/// ```
/// use retrograd::prelude::*;
/// retrograd::set_default_dtype(F64);
/// assert_eq!(zeros([2]).dtype(), F64);
/// ```
#[track_caller]
pub fn set_default_dtype(dtype: DType) {
    assert!(
        dtype.is_float(),
        "set_default_dtype: dtype = {dtype}: only a floating-point type can be the default. Use F32 or F64."
    );
    DEFAULT.set(dtype);
}

mod sealed {
    /// Keeps [`Element`](super::Element) closed.
    pub trait Sealed {}
}

/// The Rust types that a tensor can hold: `f32`, `f64`, `i64` and `bool`.
///
/// ```
/// fn sum<T: retrograd::Element + Into<f64>>(x: &retrograd::Tensor) -> f64 {
///     x.to_vec::<T>().into_iter().map(Into::into).sum()
/// }
/// assert_eq!(sum::<f32>(&retrograd::tensor![1.0, 2.0]), 3.0);
/// ```
pub trait Element:
    sealed::Sealed + Copy + Default + Send + Sync + PartialEq + PartialOrd + fmt::Debug + 'static
{
    /// The type's value of [`DType`].
    const DTYPE: DType;
    #[doc(hidden)]
    fn data(buffer: &Buffer) -> Option<&Data<Self>>;
    #[doc(hidden)]
    fn data_mut(buffer: &mut Buffer) -> Option<&mut Data<Self>>;
    #[doc(hidden)]
    fn into_buffer(data: Data<Self>) -> Buffer;
    #[doc(hidden)]
    fn pool() -> &'static LocalKey<RefCell<Pool<Self>>>;
    #[doc(hidden)]
    fn bank(banks: &Banks) -> &Bank<Self>;
    #[doc(hidden)]
    fn bank_mut(banks: &mut Banks) -> &mut Bank<Self>;
    #[doc(hidden)]
    fn open(banks: &mut Banks, port: Port) -> (Rest<'_>, &mut [Self]);
    #[doc(hidden)]
    fn view<'b, 'a>(rest: &'b Rest<'a>) -> &'b View<'a, Self>;
    #[doc(hidden)]
    fn values<'b, 'p>(piece: &'b Piece<'p>) -> &'b Values<'p, Self>;
    #[doc(hidden)]
    fn values_mut<'b, 'p>(piece: &'b mut Piece<'p>) -> &'b mut Values<'p, Self>;
    #[doc(hidden)]
    fn cast<D: Element>(self) -> D;
    #[doc(hidden)]
    fn from_f32(value: f32) -> Self;
    #[doc(hidden)]
    fn from_f64(value: f64) -> Self;
    #[doc(hidden)]
    fn from_i64(value: i64) -> Self;
    #[doc(hidden)]
    fn from_bool(value: bool) -> Self;
    #[doc(hidden)]
    fn is_nan(self) -> bool;
}

macro_rules! element {
    ($t:ident beside $($other:ident)*, $variant:ident, $cast:ident, $nan:expr, [$($from:ident: $source:ident => |$v:ident| $e:expr),*]) => {
        impl sealed::Sealed for $t {}
        impl Element for $t {
            const DTYPE: DType = DType::$variant;
            #[inline]
            fn data(buffer: &Buffer) -> Option<&Data<Self>> {
                match buffer { Buffer::$variant(data) => Some(data), _ => None }
            }
            #[inline]
            fn data_mut(buffer: &mut Buffer) -> Option<&mut Data<Self>> {
                match buffer { Buffer::$variant(data) => Some(data), _ => None }
            }
            #[inline]
            fn into_buffer(data: Data<Self>) -> Buffer { Buffer::$variant(data) }
            fn pool() -> &'static LocalKey<RefCell<Pool<Self>>> {
                thread_local! { static POOL: RefCell<Pool<$t>> = const { RefCell::new(Pool::new()) }; }
                &POOL
            }
            #[inline(always)]
            fn bank(banks: &Banks) -> &Bank<Self> { &banks.$t }
            #[inline(always)]
            fn bank_mut(banks: &mut Banks) -> &mut Bank<Self> { &mut banks.$t }
            #[inline(always)]
            fn open(banks: &mut Banks, port: Port) -> (Rest<'_>, &mut [Self]) {
                let (own, values) = banks.$t.open(port);
                (Rest { $t: own, $($other: banks.$other.all()),* }, values)
            }
            #[inline(always)]
            fn view<'b, 'a>(rest: &'b Rest<'a>) -> &'b View<'a, Self> { &rest.$t }
            #[inline(always)]
            fn values<'b, 'p>(piece: &'b Piece<'p>) -> &'b Values<'p, Self> { &piece.$t }
            #[inline(always)]
            fn values_mut<'b, 'p>(piece: &'b mut Piece<'p>) -> &'b mut Values<'p, Self> { &mut piece.$t }
            #[inline(always)]
            fn cast<D: Element>(self) -> D { D::$cast(self) }
            $(#[inline(always)] fn $from($v: $source) -> Self { $e })*
            #[inline(always)]
            fn is_nan(self) -> bool { let is_nan: fn($t) -> bool = $nan;
                is_nan(self) }
        }
    };
}

element!(f32 beside f64 i64 bool, F32, from_f32, f32::is_nan,
    [from_f32: f32 => |v| v, from_f64: f64 => |v| v as f32, from_i64: i64 => |v| v as f32,
     from_bool: bool => |v| f32::from(u8::from(v))]);
element!(f64 beside f32 i64 bool, F64, from_f64, f64::is_nan,
    [from_f32: f32 => |v| f64::from(v), from_f64: f64 => |v| v, from_i64: i64 => |v| v as f64,
     from_bool: bool => |v| f64::from(u8::from(v))]);
element!(i64 beside f32 f64 bool, I64, from_i64, |_| false,
    [from_f32: f32 => |v| v as i64, from_f64: f64 => |v| v as i64, from_i64: i64 => |v| v,
     from_bool: bool => |v| i64::from(v)]);
element!(bool beside f32 f64 i64, Bool, from_bool, |_| false,
    [from_f32: f32 => |v| v != 0.0, from_f64: f64 => |v| v != 0.0, from_i64: i64 => |v| v != 0,
     from_bool: bool => |v| v]);

/// Runs a body with a type name bound to the Rust type behind a [`DType`].
macro_rules! with_dtype {
    ($dtype:expr, $T:ident => $body:expr) => {
        match $dtype {
            $crate::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::DType::F64 => {
                type $T = f64;
                $body
            }
            $crate::DType::I64 => {
                type $T = i64;
                $body
            }
            $crate::DType::Bool => {
                type $T = bool;
                $body
            }
        }
    };
}

/// As `with_dtype!`, for the floating-point types; others run the last arm.
macro_rules! with_float {
    ($dtype:expr, $T:ident => $body:expr, else $other:expr) => {
        match $dtype {
            $crate::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::DType::F64 => {
                type $T = f64;
                $body
            }
            _ => $other,
        }
    };
}

/// As `with_dtype!`, for numbers; `bool` runs the last arm.
macro_rules! with_number {
    ($dtype:expr, $T:ident => $body:expr, else $other:expr) => {
        match $dtype {
            $crate::DType::F32 => {
                type $T = f32;
                $body
            }
            $crate::DType::F64 => {
                type $T = f64;
                $body
            }
            $crate::DType::I64 => {
                type $T = i64;
                $body
            }
            $crate::DType::Bool => $other,
        }
    };
}
pub(crate) use {with_dtype, with_float, with_number};
