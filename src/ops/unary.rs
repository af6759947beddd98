//! What operations on one operand, element by element, share.

/// Declares elementwise operations: `keep` leaves integers as they are and refuses `bool`, for which a `try_` twin is
/// named; `any` leaves `bool` as it is too; `lift` casts both to the default floating-point type; so does `angle`, which
/// takes a function for angles that are not huge and one for all.
/// Before them stands the name of a test function that lists them as operators. Backward gets the output's gradient and
/// the saved input (or output, or nothing), or, as `slope`, the output's own handle, which is the last one where nobody
/// else reads it.
macro_rules! unary {
    ($operators:ident; $(
        $(#[$doc:meta])*
        $method:ident $(/ $try_method:ident)? | $Op:ident $name:literal, $kind:ident |$v:ident| $forward:expr,
        $saved:ident |$g:ident, $s:ident| $backward:expr, on $low:literal .. $high:literal;
    )*) => {
        /// What these functions say of themselves.
        #[cfg(test)]
        fn $operators() -> Vec<crate::ops::operator::Operator> {
            use crate::ops::operator::Operator;
            vec![$(
                Operator::node::<$Op>(stringify!($method), concat!("Tensor::", stringify!($method))).elementwise(),
            )*]
        }

        $(
        pub(crate) struct $Op { saved: unary!(@type $saved) }

        impl Op for $Op {
            const NAME: &'static str = $name;

            fn backward_owned(&self, $g: Tensor, cx: &mut Cx<'_>) -> Result<()> {
                let $s = unary!(@read $saved self cx);
                cx.put(0, $backward);
                Ok(())
            }

            unary! { @last $saved |$g, $s| $backward }

            #[cfg(test)]
            fn cases() -> Vec<Case> {
                Case::unary($low, $high, Tensor::$method)
            }
        }

        unary! { @methods [$($try_method)?]
            $(#[$doc])*
            $method |this| {
                let out = unary!(@map $kind $method this, |$v| $forward);
                Ok(out.record(&[this.arg()], |_out| $Op { saved: unary!(@save $saved this _out) }))
            }
        }
        )*
    };
    (@methods [] $(#[$doc:meta])* $method:ident |$this:ident| $body:block) => {
        impl Tensor {
            $(#[$doc])*
            #[track_caller]
            pub fn $method(&self) -> Tensor {
                let $this = self;
                let out: Result<Tensor> = $body;
                crate::error::OrPanic::or_panic(out)
            }
        }
    };
    (@methods [$try_method:ident] $(#[$doc:meta])* $method:ident |$this:ident| $body:block) => {
        crate::ops::fallible! {
            $(#[$doc])*
            fn $method | $try_method(&self) -> Tensor {
                let $this = self;
                $body
            }
        }
    };
    (@last slope |$g:ident, $s:ident| $backward:expr) => {
        fn backward_last(self, $g: Tensor, cx: &mut Cx<'_>) -> Result<()> {
            let $s = cx.take(self.saved)?;
            cx.put(0, $backward);
            Ok(())
        }
    };
    (@last $other:ident |$g:ident, $s:ident| $backward:expr) => {};
    (@type none) => { () };
    (@type $other:ident) => { Saved };
    (@read none $self:ident $cx:ident) => { $self.saved };
    (@read slope $self:ident $cx:ident) => { $cx.saved(&$self.saved)? };
    (@read $other:ident $self:ident $cx:ident) => { &*$cx.read(&$self.saved)? };
    (@save none $self:ident $out:ident) => { () };
    (@save input $self:ident $out:ident) => { Saved::input($self) };
    (@save output $self:ident $out:ident) => { Saved::output($out) };
    (@save slope $self:ident $out:ident) => { Saved::output($out) };
    (@map lift $method:ident $this:ident, |$v:ident| $forward:expr) => {
        with_float!($this.dtype().or_default_float(), T => {
            $crate::ops::binary::map_fused::<T, T>($this, #[inline(always)] move |$v: T| -> T { $forward })
        }, else unreachable!("a floating-point type was chosen"))
    };
    (@map angle $method:ident $this:ident, |$v:ident| $forward:expr) => {
        with_float!($this.dtype().or_default_float(), T => {
            $crate::ops::binary::map_angles::<T>($this, $forward)
        }, else unreachable!("a floating-point type was chosen"))
    };
    (@map keep $method:ident $this:ident, |$v:ident| $forward:expr) => {
        with_number!($this.dtype(), T => {
            $crate::ops::binary::map::<T, T>($this, #[inline(always)] move |$v: T| -> T { $forward })
        }, else return Err($crate::ops::unary::no_bool(stringify!($method))))
    };
    (@map any $method:ident $this:ident, |$v:ident| $forward:expr) => {
        with_number!($this.dtype(), T => {
            $crate::ops::binary::map::<T, T>($this, #[inline(always)] move |$v: T| -> T { $forward })
        }, else return Ok($this.clone()))
    };
}
pub(crate) use unary;

/// The error of an operation that has no meaning for masks.
pub(crate) fn no_bool(op: &'static str) -> crate::Error {
    crate::Error::DType {
        op,
        problem: "a bool tensor holds no numbers".into(),
        cure: "Cast it first, with `.to(I64)`; `!&mask` or `logical_not()` inverts a mask.".into(),
    }
}
