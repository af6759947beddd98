//! Matrix products added to a tensor.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use crate::error::{Error, Result};
use crate::tensor::{Arg, Number};
use crate::{Scalar, Tensor};

fn is(number: Number, value: f64) -> bool {
    number.as_f64() == value
}

/// `beta x + alpha product`. Where `beta` is 0 nothing of `x` passes, not even a NaN.
#[track_caller]
fn sum(
    op: &'static str,
    x: &Tensor,
    product: Tensor,
    beta: Number,
    alpha: Number,
) -> Result<Tensor> {
    for (argument, factor) in [("beta", beta), ("alpha", alpha)] {
        if let (Number::Float(value), false) = (factor, product.dtype().is_float()) {
            return Err(Error::InvalidArgument {
                op,
                argument,
                value: value.to_string(),
                problem: format!("a tensor of {} takes a whole factor", product.dtype()),
                cure: "Give an integer, or cast the tensors to floats first.".into(),
            });
        }
    }
    if x.dtype() != product.dtype() {
        return Err(Error::DType {
            op,
            problem: format!(
                "the tensor holds {} and the product {}",
                x.dtype(),
                product.dtype()
            ),
            cure: format!(
                "Cast one of them, for example with `.to(DType::{:?})`.",
                product.dtype()
            ),
        });
    }
    let x = x.try_expand(product.shape()).map_err(|_| Error::Shape {
        op,
        problem: format!(
            "shape {:?} does not stretch to the product's {:?}",
            x.shape(),
            product.shape()
        ),
        cure: "Give it the product's shape, or one that broadcasts to that.".into(),
    })?;
    let product = if is(alpha, 1.0) {
        product
    } else {
        product.try_mul(Arg::Number(alpha))?
    };
    match beta {
        beta if is(beta, 0.0) => Ok(product),
        beta if is(beta, 1.0) => x.try_add(product),
        beta => x.try_mul(Arg::Number(beta))?.try_add(product),
    }
}

macro_rules! sums_of_products {
    ($($name:ident $try_name:ident $with:ident $try_with:ident $product:ident $doc:literal $shape:literal $example:literal;)*) => {
        fallible! { $(
            #[doc = $doc]
            #[doc = concat!("The tensor has the product's shape ", $shape, " or broadcasts to it.")]
            ///
            /// # Panics
            /// If the shapes do not fit or the element types differ.
            ///
            /// ```
            /// use retrograd::prelude::*;
            #[doc = $example]
            /// ```
            fn $name | $try_name(&self, a: &Tensor, b: &Tensor) -> Tensor {
                self.$try_with(a, b, 1, 1)
            }

            #[doc = concat!("`beta` times the tensor plus `alpha` times the product: [`", stringify!($name), "`](Tensor::",
                stringify!($name), ") with factors. Where `beta` is 0 the tensor counts for nothing, whatever it holds.")]
            ///
            /// # Panics
            /// If the shapes do not fit, the element types differ, or integers meet a factor that is a float.
            fn $with | $try_with(&self, a: &Tensor, b: &Tensor, beta: impl Scalar, alpha: impl Scalar) -> Tensor {
                sum(stringify!($name), self, a.$product(b)?, beta.number(), alpha.number())
            }
        )* }
    };
}
sums_of_products! {
    addmm try_addmm addmm_scaled try_addmm_scaled try_mm "The tensor plus the product of two matrices, `[m, k] [k, n]`." "`[m, n]`"
        "assert_eq!(tensor![1.0].addmm(&tensor![[1.0, 2.0]], &tensor![[3.0], [4.0]]), tensor![[12.0]]);";
    addmv try_addmv addmv_scaled try_addmv_scaled try_mv "The tensor plus the product of a matrix and a vector, `[m, k] [k]`." "`[m]`"
        "assert_eq!(tensor![1.0].addmv(&tensor![[1.0, 2.0]], &tensor![3.0, 4.0]), tensor![12.0]);";
    baddbmm try_baddbmm baddbmm_scaled try_baddbmm_scaled try_bmm "The tensor plus the products of pairs of matrices, `[batch, m, k] [batch, k, n]`." "`[batch, m, n]`"
        "assert_eq!(tensor![1.0].baddbmm(&tensor![[[1.0, 2.0]]], &tensor![[[3.0], [4.0]]]), tensor![[[12.0]]]);";
    addr try_addr addr_scaled try_addr_scaled try_outer "The tensor plus the products of all pairs of two vectors' elements, `[m] [n]`." "`[m, n]`"
        "assert_eq!(tensor![1.0].addr(&tensor![1.0], &tensor![3.0, 4.0]), tensor![[4.0, 5.0]]);";
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    type F = fn(&Tensor, &Tensor, &Tensor) -> Tensor;
    let case = |x: &[usize], a: &[usize], b: &[usize], f: F| {
        let inputs = [
            sample(x, -1.0, 1.0, 0),
            sample(a, -1.0, 1.0, 1),
            sample(b, -1.0, 1.0, 2),
        ];
        Case::new(inputs, move |x| f(&x[0], &x[1], &x[2]).pow(2))
    };
    let both = |name, forms, shapes: [&[usize]; 3], plain: F, scaled: F| {
        let [x, a, b] = shapes;
        let cases = [
            case(x, a, b, plain),
            case(x, a, b, scaled),
            case(&[], a, b, plain),
        ];
        Operator::new(name, forms, cases)
    };
    vec![
        both(
            "addmm",
            "Tensor::addmm Tensor::addmm_scaled",
            [&[2, 2], &[2, 3], &[3, 2]],
            Tensor::addmm,
            |x, a, b| x.addmm_scaled(a, b, 0.5, -2),
        ),
        both(
            "addmv",
            "Tensor::addmv Tensor::addmv_scaled",
            [&[2], &[2, 3], &[3]],
            Tensor::addmv,
            |x, a, b| x.addmv_scaled(a, b, 0, 1.5),
        ),
        both(
            "baddbmm",
            "Tensor::baddbmm Tensor::baddbmm_scaled",
            [&[2, 2, 2], &[2, 2, 1], &[2, 1, 2]],
            Tensor::baddbmm,
            |x, a, b| x.baddbmm_scaled(a, b, 2, 0.5),
        ),
        both(
            "addr",
            "Tensor::addr Tensor::addr_scaled",
            [&[2, 3], &[2], &[3]],
            Tensor::addr,
            |x, a, b| x.addr_scaled(a, b, 0.5, 2),
        ),
    ]
}
