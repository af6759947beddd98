//! The operations. One file holds all about an operation or a family of them: doc, method, kernel call,
//! what backward keeps, backward, cases for the tests. [`ops!`] below names every file and its nodes.

#[cfg(test)]
pub(crate) mod case;
pub(crate) mod binary;
pub(crate) mod reduce;
pub(crate) mod unary;

/// Declares the files and, for the tests, the table of all nodes with their cases. A node whose `Op` has no
/// cases does not compile, and one that is not named here fails `every_operation_is_listed`.
macro_rules! ops {
    ($($file:ident: $($op:ident $(<$kind:tt>)?),*;)*) => {
        $(pub(crate) mod $file;)*

        #[cfg(test)]
        fn table() -> Vec<(&'static str, &'static str, Vec<case::Case>)> {
            use crate::tape::Op;
            vec![$($((stringify!($op), <$file::$op $(<$kind>)? as Op>::NAME, <$file::$op $(<$kind>)? as Op>::cases())),*),*]
        }
    };
}

ops! {
    add: Add;
    cast: ToCopy, CloneOp;
    compare: ;
    div: Div;
    matmul: Mm, Bmm;
    mean: Mean<true>, Mean<false>;
    mul: Mul;
    pointwise: Neg, Exp, Log, Sqrt, Sin, Cos, Tanh, Sigmoid, Relu, Abs, Reciprocal;
    pow: Pow;
    remainder: Remainder;
    select: Where, Maximum, Minimum, Clamp;
    sub: Sub;
    sum: Sum<true>, Sum<false>;
    view: View, Squeeze, SqueezeDim, Unsqueeze, Transpose, T, Permute, Expand;
}

/// Declares a method that panics at its caller's line with the error that its `try_` twin returns.
macro_rules! fallible {
    ($( $(#[$doc:meta])* fn $name:ident | $try_name:ident (&$self:ident $(, $arg:ident : $ty:ty)*) -> $out:ty $body:block )*) => {
        impl $crate::Tensor { $(
            $(#[$doc])*
            #[track_caller]
            pub fn $name(&$self $(, $arg: $ty)*) -> $out {
                $crate::error::OrPanic::or_panic($self.$try_name($($arg),*))
            }

            #[doc = concat!("As [`", stringify!($name), "`](Tensor::", stringify!($name), "), with the error returned.")]
            ///
            /// # Errors
            /// Where the other panics.
            #[track_caller]
            pub fn $try_name(&$self $(, $arg: $ty)*) -> $crate::Result<$out> $body
        )* }
    };
}
pub(crate) use fallible;

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn gradients_of_every_operation_are_right_to_second_order() {
        for (op, _, cases) in table() {
            assert!(!cases.is_empty(), "{op} has no cases");
            for case in cases {
                case.check(op);
            }
        }
    }

    #[test]
    fn every_operation_is_listed() {
        let listed: BTreeSet<String> = table().iter().map(|row| row.0.to_string()).collect();
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/ops");
        let mut found = BTreeSet::new();
        for entry in std::fs::read_dir(folder).unwrap() {
            let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
            for line in text.lines().filter(|line| line.starts_with("impl") && line.contains("Op for ")) {
                let name = line.split("Op for ").nth(1).unwrap().split(['<', ' ']).next().unwrap();
                found.insert(name.to_string());
            }
        }
        let hidden: Vec<_> = found.iter().filter(|name| !name.starts_with('$') && !listed.contains(*name)).collect();
        assert!(hidden.is_empty(), "not in `ops!`: {hidden:?}");
    }
}
