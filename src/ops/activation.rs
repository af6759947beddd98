//! What activation functions share: elementwise functions of one tensor and some numbers.

/// Declares functions `name(x, parameters ..)` that record a node of their own: `float` ones refuse integers and
/// `bool`, `number` ones only `bool`. Inside of the forward formula the parameters are of the tensor's type, inside
/// of the backward formula, which gets the output's gradient and the saved input, they are `f64`.
/// A `refuse` clause in brackets names a parameter, when it cannot be used, why, and the cure.
macro_rules! activation {
    ($(
        $(#[$doc:meta])*
        $name:ident / $try_name:ident ($($param:ident),*) | $Op:ident $node:literal,
        $([refuse $bad:ident if $when:expr, $problem:literal, $cure:literal])?
        $kind:ident |$v:ident| $forward:expr,
        |$g:ident, $x:ident| $backward:expr,
        on $(($($value:expr),*) in $low:literal .. $high:literal),+;
    )*) => { $(
        pub(crate) struct $Op {
            input: Saved,
            $($param: f64,)*
        }

        impl Op for $Op {
            const NAME: &'static str = $node;

            fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
                let input = cx.saved(&self.input)?;
                let ($g, $x) = (grad, &input);
                // Not every derivative reads all parameters.
                let ($($param,)*) = ($(self.$param,)*);
                $(let _ = $param;)*
                cx.give(0, |_| $backward)
            }

            #[cfg(test)]
            fn cases() -> Vec<Case> {
                let mut cases = Vec::new();
                $(cases.extend(Case::unary($low, $high, |x| $name(x $(, $value)*)));)+
                cases
            }
        }

        crate::ops::fallible_fn! {
            $(#[$doc])*
            fn $name | $try_name(x: &Tensor $(, $param: f64)*) -> Tensor {
                $(if $when {
                    return Err(crate::Error::InvalidArgument {
                        op: stringify!($name),
                        argument: stringify!($bad),
                        value: $bad.to_string(),
                        problem: $problem.into(),
                        cure: $cure.into(),
                    });
                })?
                let out = activation!(@map $kind $name x, [$($param),*] |$v| $forward);
                Ok(out.record(&[x.arg()], |_| $Op { input: Saved::input(x), $($param),* }))
            }
        }
    )* };
    (@map float $name:ident $this:ident, [$($param:ident),*] |$v:ident| $forward:expr) => {{
        crate::ops::mean::check_float(stringify!($name), $this)?;
        crate::dtype::with_float!($this.dtype(), T => {
            $(let $param = $param as T;)*
            $crate::ops::binary::map_fused::<T, T>($this, #[inline(always)] move |$v: T| -> T { $forward })
        }, else unreachable!("only floats come here"))
    }};
    (@map number $name:ident $this:ident, [$($param:ident),*] |$v:ident| $forward:expr) => {
        crate::dtype::with_number!($this.dtype(), T => {
            $(let $param = $param as T;)*
            $crate::ops::binary::map::<T, T>($this, #[inline(always)] move |$v: T| -> T { $forward })
        }, else return Err(crate::ops::unary::no_bool(stringify!($name))))
    };
}
pub(crate) use activation;
