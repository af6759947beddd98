//! Pseudoinverses, ranks, least squares.

use super::batch::{check, lead, matrices, mt, push, sizes, tensor};
use super::orthogonal::try_qr;
use super::singular::not_found;
use super::system::solved;
use super::{factor, functions};
use crate::error::{Error, Result};
#[cfg(test)]
use crate::ops::case::{Case, sample};
use crate::shape::broadcast;
use crate::tape::{Cx, Op, Saved};
use crate::{DType, Operand, Tensor};

/// The pseudoinverse of each matrix.
pub(crate) struct Pinv {
    a: Saved,
    out: Saved,
}

impl Op for Pinv {
    const NAME: &'static str = "LinalgPinvBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let (a, p) = (cx.saved(&self.a)?, cx.saved(&self.out)?);
        cx.give(0, |_| {
            let (gt, pt) = (mt(grad)?, mt(&p)?);
            let [rows, cols] = sizes(&a);
            // The order of the products keeps them small.
            if rows <= cols {
                let k = gt.try_matmul(&p)?;
                let k_pt = k.try_matmul(&pt)?;
                mt(&p.try_matmul(&k)?)?
                    .neg()
                    .try_add(&k_pt)?
                    .try_sub(a.try_matmul(&p)?.try_matmul(&k_pt)?)?
                    .try_add(
                        pt.try_matmul(&p)?
                            .try_matmul(&gt.try_sub(k.try_matmul(&a)?)?)?,
                    )
            } else {
                let k = p.try_matmul(&gt)?;
                let pt_k = pt.try_matmul(&k)?;
                mt(&k.try_matmul(&p)?)?
                    .neg()
                    .try_add(
                        gt.try_sub(a.try_matmul(&k)?)?
                            .try_matmul(&p)?
                            .try_matmul(&pt)?,
                    )?
                    .try_add(&pt_k)?
                    .try_sub(pt_k.try_matmul(&p)?.try_matmul(&a)?)
            }
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |shape: &[usize]| {
            Case::new([sample(shape, -1.0, 1.0, 0)], |x| pinv(&x[0], None).pow(2)).apart()
        };
        vec![
            case(&[2, 2]),
            case(&[3, 2]),
            case(&[2, 2, 3]),
            case(&[0, 2]),
        ]
    }
}

/// Singular values up to this share of the greatest count as 0: PyTorch's default is the longer side times the
/// precision of the tensor's type.
fn share(a: &Tensor, rtol: Option<f64>) -> f64 {
    let precision = match a.dtype() {
        DType::F32 => f64::from(f32::EPSILON),
        _ => f64::EPSILON,
    };
    rtol.unwrap_or_else(|| sizes(a)[0].max(sizes(a)[1]) as f64 * precision)
}

functions! {
    /// The pseudoinverses of matrices, `[.., m, n]` to `[.., n, m]`. Singular values up to `rtol` times the greatest count
    /// as 0, by default the longer side times the precision of the type. It has a derivative where the rank does not
    /// change.
    ///
    /// # Panics
    /// If the tensor holds no matrices of floating-point numbers, or they hold NaN or infinities.
    ///
    /// ```
    /// use retrograd::{linalg, prelude::*};
    /// assert_eq!(linalg::pinv(&tensor![[2.0, 0.0], [0.0, 0.0]], None), tensor![[0.5, 0.0], [0.0, 0.0]]);
    /// ```
    fn pinv | try_pinv(a: &Tensor, rtol: Option<f64>) -> Tensor {
        const OP: &str = "linalg.pinv";
        check(OP, a)?;
        let [rows, cols] = sizes(a);
        let mut values = Vec::with_capacity(a.numel());
        for (at, matrix) in matrices(a).into_iter().enumerate() {
            let (u, s, vh) = factor::svd(&matrix).ok_or_else(|| not_found(OP, a, at))?;
            let least = s.iter().fold(0.0, |most: f64, &s| most.max(s)) * share(a, rtol);
            let inverse: Vec<f64> = s.iter().map(|&s| if s > least { 1.0 / s } else { 0.0 }).collect();
            let v = factor::scale_columns(&vh.transpose().to_owned(), &inverse);
            push(&mut values, &(v * u.transpose()));
        }
        let out = tensor(a.dtype(), &[lead(a), &[cols, rows]].concat(), &values);
        Ok(out.record(&[a.arg()], |out| Pinv { a: Saved::input(a), out: Saved::output(out) }))
    }

    /// The ranks of matrices, `[.., m, n]` to `[..]` of `i64`: the number of singular values greater than `rtol` times the
    /// greatest, by default the longer side times the precision of the type.
    ///
    /// # Panics
    /// If the tensor holds no matrices of floating-point numbers, or they hold NaN or infinities.
    ///
    /// ```
    /// use retrograd::{linalg, prelude::*};
    /// assert_eq!(linalg::matrix_rank(&tensor![[1.0, 2.0], [2.0, 4.0]], None).item::<i64>(), 1);
    /// ```
    fn matrix_rank | try_matrix_rank(a: &Tensor, rtol: Option<f64>) -> Tensor {
        const OP: &str = "linalg.matrix_rank";
        check(OP, a)?;
        let mut ranks = Vec::new();
        for (at, matrix) in matrices(a).into_iter().enumerate() {
            let s = factor::svdvals(&matrix).ok_or_else(|| not_found(OP, a, at))?;
            let least = s.iter().fold(0.0, |most: f64, &s| most.max(s)) * share(a, rtol);
            ranks.push(s.iter().filter(|&&s| s > least).count() as i64);
        }
        Ok(Tensor::from_vec(ranks, lead(a)))
    }

    /// The least squares solutions `X` of `A X = B`, `[.., m, n]` and `[.., m, k]` to `[.., n, k]`: where there are several,
    /// those of least norm. Leading axes broadcast. By the [`qr`](crate::linalg::qr) of matrices of full rank, else by [`pinv`].
    ///
    /// # Panics
    /// If the shapes or types do not fit, or the matrices hold NaN or infinities.
    ///
    /// ```
    /// use retrograd::{linalg, prelude::*};
    /// let line = linalg::lstsq(&tensor![[1.0, 0.0], [1.0, 1.0], [1.0, 2.0]], &tensor![[1.0], [3.0], [5.0]]);
    /// assert!((line - tensor![[1.0], [2.0]]).abs().max().item::<f32>() < 1e-5);
    /// ```
    fn lstsq | try_lstsq(a: &Tensor, b: &Tensor) -> Tensor {
        const OP: &str = "linalg.lstsq";
        check(OP, a)?;
        check(OP, b)?;
        let ([rows, cols], least) = (sizes(a), sizes(a)[0].min(sizes(a)[1]));
        if sizes(b)[0] != rows || a.dtype() != b.dtype() {
            return Err(Error::Shape {
                op: OP,
                problem: format!(
                    "matrices of shape {:?} and type {}, and a right side of shape {:?} and type {}",
                    a.shape(), a.dtype(), b.shape(), b.dtype()
                ),
                cure: format!("Give a right side of {rows} rows, [.., {rows}, k], in the same type."),
            });
        }
        let shape = broadcast(OP, lead(a), lead(b))?;
        let b = b.try_expand([&shape[..], &sizes(b)].concat())?;
        if try_matrix_rank(a, None)?.try_lt(least)?.any().item::<bool>() {
            return try_pinv(a, None)?.try_matmul(&b);
        }
        let a = a.try_expand([&shape[..], &[rows, cols]].concat())?;
        if rows >= cols {
            let (q, r) = try_qr(&a)?;
            return solved(OP, &r, &mt(&q)?.try_matmul(&b)?);
        }
        let (q, r) = try_qr(&mt(&a)?)?;
        q.try_matmul(&solved(OP, &mt(&r)?, &b)?)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    use crate::ops::operator::Operator;
    let case = |a: &[usize], b: &[usize]| {
        let inputs = [sample(a, -1.0, 1.0, 0), sample(b, -1.0, 1.0, 1)];
        Case::new(inputs, |x| lstsq(&x[0], &x[1]).pow(2)).apart()
    };
    vec![
        Operator::node::<Pinv>("linalg.pinv", "linalg::pinv"),
        Operator::new(
            "linalg.lstsq",
            "linalg::lstsq",
            [
                case(&[3, 2], &[3, 1]),
                case(&[2, 3], &[2, 2]),
                case(&[2, 3, 2], &[3, 1]),
            ],
        ),
        Operator::not_differentiable("linalg.matrix_rank", "linalg::matrix_rank", "counts", |x| {
            vec![matrix_rank(x, None)]
        }),
    ]
}
