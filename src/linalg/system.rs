//! Solutions of systems of linear equations.

use super::batch::{check_square, lead, matrices, mt, push, refuse, sizes, tensor};
use super::{factor, functions};
use crate::error::{Error, Result};
#[cfg(test)]
use crate::ops::case::{Case, sample};
use crate::shape::broadcast;
use crate::tape::{Cx, Op, Saved};
use crate::{Operand, Tensor};

/// `X` of `A X = B`, for batches of one shape.
pub(crate) struct Solve {
    op: &'static str,
    a: Saved,
    out: Saved,
}

impl Op for Solve {
    const NAME: &'static str = "LinalgSolveExBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let (a, x) = (cx.saved(&self.a)?, cx.saved(&self.out)?);
        let of_b = solved(self.op, &mt(&a)?, grad)?;
        cx.give(0, |_| of_b.neg().try_matmul(&mt(&x)?))?;
        cx.give(1, |_| Ok(of_b.clone()))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |a: &[usize], b: &[usize]| {
            let inputs = [regular(a, 0), sample(b, -1.0, 1.0, 1)];
            Case::new(inputs, |x| {
                solved("linalg.solve", &x[0], &x[1]).unwrap().pow(2)
            })
            .apart()
        };
        vec![
            case(&[2, 2], &[2, 1]),
            case(&[2, 2, 2], &[2, 2, 3]),
            case(&[1, 1], &[1, 1]),
            case(&[0, 0], &[0, 2]),
        ]
    }
}

/// Matrices far from singular ones.
#[cfg(test)]
pub(crate) fn regular(shape: &[usize], salt: usize) -> Tensor {
    let n = shape[shape.len() - 1];
    sample(shape, -0.4, 0.4, salt) + crate::eye(n).double() * 2.0
}

#[track_caller]
pub(crate) fn solved(op: &'static str, a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let mut values = Vec::with_capacity(b.numel());
    for (at, (left, right)) in matrices(a).into_iter().zip(matrices(b)).enumerate() {
        let x = factor::solve(&left, &right).map_err(|pivot| {
            let problem =
                format!("the matrix is singular: pivot {pivot} of its LU factorisation is 0");
            let cure = "Use `lstsq` or `pinv`, or add a small number to the diagonal.";
            refuse(op, a, at, problem, cure)
        })?;
        push(&mut values, &x);
    }
    let out = tensor(a.dtype(), b.shape(), &values);
    Ok(out.record(&[a.arg(), b.arg()], |out| Solve {
        op,
        a: Saved::input(a),
        out: Saved::output(out),
    }))
}

functions! {
    /// The solution `X` of `A X = B`, for square matrices `[.., n, n]` and `B` of shape `[.., n, k]` or, for vectors,
    /// `[n]` or the batch's shape with `[n]`; the leading axes of matrices broadcast.
    ///
    /// # Panics
    /// If a matrix is not square or singular, or the shapes or types do not fit.
    ///
    /// ```
    /// use retrograd::{linalg, prelude::*};
    /// let x = linalg::solve(&tensor![[2.0, 0.0], [0.0, 4.0]], &tensor![2.0, 2.0]);
    /// assert_eq!(x, tensor![1.0, 0.5]);
    /// ```
    fn solve | try_solve(a: &Tensor, b: &Tensor) -> Tensor {
        const OP: &str = "linalg.solve";
        check_square(OP, a)?;
        if a.dtype() != b.dtype() {
            return Err(Error::DType {
                op: OP,
                problem: format!("the matrices hold {} and the right side {}", a.dtype(), b.dtype()),
                cure: format!("Cast the right side with `.to(DType::{:?})`.", a.dtype()),
            });
        }
        let n = sizes(a)[0];
        // As PyTorch has it, a batch of vectors is told from a matrix by its shape alone.
        let vectors = b.rank() == 1 || (b.rank() + 1 == a.rank() && *b.shape() == a.shape()[..a.rank() - 1]);
        let b = if vectors { b.try_unsqueeze(-1)? } else { b.clone() };
        if b.rank() < 2 || sizes(&b)[0] != n {
            return Err(Error::Shape {
                op: OP,
                problem: format!("matrices of shape {:?} and a right side of shape {:?}", a.shape(), b.shape()),
                cure: format!("Give a right side of {n} rows."),
            });
        }
        let shape = broadcast(OP, lead(a), lead(&b))?;
        let stretched = |x: &Tensor| x.try_expand([&shape[..], &sizes(x)].concat());
        let x = solved(OP, &stretched(a)?, &stretched(&b)?)?;
        if vectors { x.try_squeeze_dim(-1) } else { Ok(x) }
    }

    /// The inverses of square matrices, `[.., n, n]`.
    ///
    /// # Panics
    /// If a matrix is not square or singular.
    ///
    /// ```
    /// use retrograd::{linalg, prelude::*};
    /// assert_eq!(linalg::inv(&tensor![[2.0, 0.0], [0.0, 4.0]]), tensor![[0.5, 0.0], [0.0, 0.25]]);
    /// ```
    fn inv | try_inv(a: &Tensor) -> Tensor {
        const OP: &str = "linalg.inv";
        check_square(OP, a)?;
        let one = crate::eye(sizes(a)[0]).to(a.dtype());
        solved(OP, a, &one.try_expand(a.shape())?)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    use crate::ops::operator::Operator;
    vec![
        Operator::new(
            "linalg.solve",
            "linalg::solve",
            [
                Case::new([regular(&[2, 2], 0), sample(&[2], -1.0, 1.0, 1)], |x| {
                    try_solve(&x[0], &x[1]).unwrap().pow(2)
                })
                .apart(),
                Case::new(
                    [regular(&[2, 1, 2, 2], 0), sample(&[3, 2, 1], -1.0, 1.0, 1)],
                    |x| try_solve(&x[0], &x[1]).unwrap().pow(2),
                )
                .apart(),
            ],
        ),
        Operator::new(
            "linalg.inv",
            "linalg::inv",
            [Case::new([regular(&[2, 2, 2], 0)], |x| inv(&x[0]).pow(2)).apart()],
        ),
    ]
}
