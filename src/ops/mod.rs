//! The operations. One file holds all about an operation or a family of them: doc, method, kernel call,
//! what backward keeps, backward, cases for the tests, what it says of its public operators. [`ops!`] below names every
//! file and its nodes; the checks, the documentation's table and the proof that no gradient is lost are made from it.

pub(crate) mod activation;
pub(crate) mod align;
pub(crate) mod binary;
#[cfg(test)]
pub(crate) mod case;
pub(crate) mod conv_options;
#[cfg(test)]
pub(crate) mod operator;
pub(crate) mod owned;
pub(crate) mod reduce;
pub(crate) mod unary;

/// A node that stands in the list below. Only such a one can be recorded, so an operation that the table of
/// checked gradients does not know does not compile.
pub(crate) trait Listed {}

/// Declares the files and, for the tests, the table of all nodes with the cases that are checked.
macro_rules! ops {
    ($($file:ident: $($op:ident $(<$kind:tt>)?),*;)*) => {
        $(pub(crate) mod $file;)*
        $($(impl Listed for $file::$op $(<$kind>)? {})*)*

        #[cfg(test)]
        fn table() -> Vec<(&'static str, &'static str, Vec<case::Case>)> {
            use crate::tape::Op;
            let mut all = vec![$($((stringify!($op), <$file::$op $(<$kind>)? as Op>::NAME, <$file::$op $(<$kind>)? as Op>::cases()),)*)*];
            #[cfg(feature = "linalg")]
            all.extend(crate::linalg::table());
            all
        }

        /// What every file, here and beside this folder, says of its public operators, with the file's module.
        #[cfg(test)]
        fn operators() -> Vec<(&'static str, operator::Operator)> {
            let mut all = Vec::new();
            $(all.extend($file::operators().into_iter().map(|operator| (concat!("ops::", stringify!($file)), operator)));)*
            all.extend(crate::loss::operators().into_iter().map(|operator| ("loss", operator)));
            #[cfg(feature = "linalg")]
            all.extend(crate::linalg::operators().into_iter().map(|operator| ("linalg", operator)));
            all
        }
    };
}

ops! {
    add: Add;
    addc: ;
    addmm: ;
    amax: Amax<true>, Amax<false>;
    atan2: Atan2;
    attention: ;
    avg_pool: AvgPool, AvgPoolShares;
    axes: ;
    batch_norm: ;
    bilinear: ;
    bins: ;
    cast: ToCopy, CloneOp;
    cdist: ;
    clamp: Clamp;
    close: ;
    compare: ;
    conv: Convolution, ConvolutionInput, ConvolutionWeight;
    conv_transpose: ;
    count: ;
    cross_entropy: ClassLoss, NllLoss;
    cummax: ;
    cumprod: Cumprod;
    cumsum: Cumsum;
    diagonal: Diagonal, DiagonalEmbed;
    diff: ;
    div: Div;
    dropout: ;
    einsum: ;
    embedding: Embedding;
    elu: Elu, Celu, Selu;
    extreme: Max, Min;
    fmod: Fmod, DivTrunc, DivFloor;
    gelu: Gelu, GeluTanh;
    hard: Hardtanh, Hardsigmoid, Hardswish, Threshold;
    hypot: Hypot;
    join: Cat, Stack;
    layer_norm: ;
    leaky_relu: LeakyRelu, Prelu;
    lerp: Lerp;
    linear: ;
    logaddexp: Logaddexp;
    logcumsumexp: Logcumsumexp;
    logit: Logit;
    losses: BinaryCrossEntropy, BinaryCrossEntropyWithLogits;
    matmul: Mm, Bmm;
    max_pool: ;
    mean: Mean<true>, Mean<false>;
    median: Median<true>, Median<false>;
    mul: Mul;
    norm: Norm;
    normalize: Normalize;
    pad: ConstantPad;
    pick: Gather, IndexSelect, Index, MaskedSelect, Flip, Roll, MaxDim, MaxPool, MinDim, MedianDim, NanmedianDim, Cummax,
        Cummin, Sort, Topk, Kthvalue, Scatter;
    pointwise: Neg, Exp, Log, Sqrt, Sin, Cos, Tanh, Sigmoid, Relu, Abs, Reciprocal, Log1p, Expm1, Log2,
        Log10, Rsqrt, Tan, Asin, Acos, Atan, Sinh, Cosh, Exp2, Asinh, Acosh, Atanh,
        Floor, Ceil, Round, Trunc, Sign;
    pow: Pow;
    prod: Prod<true>, Prod<false>;
    products: ;
    remainder: Remainder;
    repeat: ;
    round_decimals: RoundDecimals;
    scaled: ;
    scan: Scan;
    scatter: Overwrite;
    search: ;
    select: Where, Maximum, Minimum;
    shrink: Hardshrink, Softshrink;
    similarity: ;
    slice: Slice, Embed, Select;
    slope: SigmoidBackward, TanhBackward, ReluBackward;
    smooth: Silu, Mish, Softplus, Logsigmoid;
    softmax: Softmax, LogSoftmax, LogSumExp;
    special: Erf, Erfc, Erfinv, Lgamma, Digamma, PolygammaOp;
    sort: ;
    stacks: ;
    sub: Sub;
    sum: Sum<true>, Sum<false>;
    take: ;
    triangle: Triangle<true>, Triangle<false>;
    variance: Var, Std;
    window: ;
    view: View, Squeeze, SqueezeDim, Unsqueeze, Transpose, T, Permute, Expand;
    xlogy: Xlogy;
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

/// As `fallible!`, for functions that are no methods.
macro_rules! fallible_fn {
    ($( $(#[$doc:meta])* fn $name:ident | $try_name:ident ($($arg:ident : $ty:ty),* $(,)?) -> $out:ty $body:block )*) => { $(
        $(#[$doc])*
        #[track_caller]
        pub fn $name($($arg: $ty),*) -> $out {
            $crate::error::OrPanic::or_panic($try_name($($arg),*))
        }

        #[doc = concat!("As [`", stringify!($name), "`], with the error returned.")]
        ///
        /// # Errors
        /// Where the other panics.
        #[track_caller]
        pub fn $try_name($($arg: $ty),*) -> $crate::Result<$out> $body
    )* };
}
pub(crate) use fallible_fn;

#[cfg(test)]
mod tests;
