//! What operations on one operand, element by element, share.

/// Declares elementwise operations: `keep` leaves integers as they are, `lift` casts them to the default type.
/// Backward gets the output's gradient and the saved input (or output, or nothing).
macro_rules! unary {
    ($(
        $(#[$doc:meta])*
        $method:ident | $Op:ident $name:literal, $kind:ident |$v:ident| $forward:expr,
        $saved:ident |$g:ident, $s:ident| $backward:expr, on $low:literal .. $high:literal;
    )*) => { $(
        pub(crate) struct $Op { saved: unary!(@type $saved) }

        impl Op for $Op {
            const NAME: &'static str = $name;

            fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
                let ($g, $s) = (grad, unary!(@read $saved self cx));
                cx.put(0, $backward);
                Ok(())
            }

            #[cfg(test)]
            fn cases() -> Vec<Case> {
                Case::unary($low, $high, Tensor::$method)
            }
        }

        impl Tensor {
            $(#[$doc])*
            #[track_caller]
            pub fn $method(&self) -> Tensor {
                let out = unary!(@map $kind self, |$v| $forward);
                out.record(&[self.arg()], |_out| $Op { saved: unary!(@save $saved self _out) })
            }
        }
    )* };
    (@type none) => { () };
    (@type $other:ident) => { Saved };
    (@read none $self:ident $cx:ident) => { $self.saved };
    (@read $other:ident $self:ident $cx:ident) => { &$cx.saved(&$self.saved)? };
    (@save none $self:ident $out:ident) => { () };
    (@save input $self:ident $out:ident) => { Saved::input($self) };
    (@save output $self:ident $out:ident) => { Saved::output($out) };
    (@map lift $self:ident, |$v:ident| $forward:expr) => {
        with_float!($self.dtype().or_default_float(), T => {
            Inner::new($self.shape().into(), elementwise::map(&load::<T>($self.arg()), |$v: T| -> T { $forward }))
        }, else unreachable!("a floating-point type was chosen"))
    };
    (@map keep $self:ident, |$v:ident| $forward:expr) => {
        with_number!($self.dtype(), T => {
            Inner::new($self.shape().into(), elementwise::map(&$self.values::<T>(), |$v: T| -> T { $forward }))
        }, else Inner::new($self.shape().into(), elementwise::map(&load::<i64>($self.arg()), |$v: i64| -> i64 { $forward })))
    };
}
pub(crate) use unary;
