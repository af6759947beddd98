//! The factorisation by orthogonal columns.

use super::batch::{check, lead, matrices, mt, push, sizes, tensor, unpack};
use super::system::solved;
use super::{factor, functions};
use crate::error::Result;
#[cfg(test)]
use crate::ops::case::{Case, sample};
use crate::tape::{Cx, Op, Saved};
use crate::{Operand, Tensor, try_cat};

/// `Q` and `R` of each matrix, one after the other.
pub(crate) struct Qr {
    a: Saved,
    out: Saved,
    rows: usize,
    cols: usize,
}

/// The gradient of a matrix with at least as many rows as columns: `(gQ + Q copyltu(M)) R^-T` with
/// `M = R gR^T - gQ^T Q`, where `copyltu` mirrors the lower triangle.
fn tall(q: &Tensor, r: &Tensor, of_q: &Tensor, of_r: &Tensor) -> Result<Tensor> {
    let m = r
        .try_matmul(&mt(of_r)?)?
        .try_sub(mt(of_q)?.try_matmul(q)?)?;
    let mirrored = m.try_tril(0)?.try_add(mt(&m.try_tril(-1)?)?)?;
    let right = of_q.try_add(q.try_matmul(&mirrored)?)?;
    // X R^T = B is R X^T = B^T.
    mt(&solved("linalg.qr", r, &mt(&right)?)?)
}

impl Qr {
    fn split(&self, packed: &Tensor) -> Result<[Tensor; 2]> {
        let least = self.rows.min(self.cols);
        unpack(packed, [&[self.rows, least], &[least, self.cols]])
    }
}

impl Op for Qr {
    const NAME: &'static str = "LinalgQrBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let ([q, r], [of_q, of_r]) = (self.split(&cx.saved(&self.out)?)?, self.split(grad)?);
        let a = cx.saved(&self.a)?;
        cx.give(0, |_| {
            if self.rows >= self.cols {
                return tall(&q, &r, &of_q, &of_r);
            }
            // A wide matrix is [X Y] = Q [U V], where V = Q^T Y hangs on X through Q alone.
            let (rows, rest) = (self.rows, self.cols - self.rows);
            let (u, y) = (r.try_narrow(-1, 0, rows)?, a.try_narrow(-1, rows, rest)?);
            let (of_u, of_v) = (
                of_r.try_narrow(-1, 0, rows)?,
                of_r.try_narrow(-1, rows, rest)?,
            );
            let of_q = of_q.try_add(y.try_matmul(&mt(&of_v)?)?)?;
            let of_x = tall(&q, &u, &of_q, &of_u)?;
            try_cat([of_x, q.try_matmul(&of_v)?], -1)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |shape: &[usize]| {
            Case::new(
                [
                    super::system::regular(&[3, 3], 1),
                    sample(shape, -1.0, 1.0, 0),
                ],
                |x| {
                    let wide = x[0].matmul(&x[1]);
                    let (q, r) = qr(&wide);
                    q.matmul(&r.pow(2)) + q.sum() + r.sum()
                },
            )
            .apart()
        };
        let square = Case::new([super::system::regular(&[2, 2, 2], 0)], |x| {
            let (q, r) = qr(&x[0]);
            q * r.pow(2)
        });
        vec![case(&[3, 2]), case(&[3, 4]), square.apart()]
    }
}

functions! {
    /// The factors of `A = Q R`, for matrices `[.., m, n]`: `Q` with orthonormal columns, `[.., m, k]`, and upper
    /// triangular `R`, `[.., k, n]`, where `k` is the lesser of `m` and `n`. The signs are those of
    /// LAPACK. Only a matrix whose first `k` columns are independent has a gradient.
    ///
    /// # Panics
    /// If the tensor holds no matrices of floating-point numbers.
    ///
    /// ```
    /// use retrograd::{linalg, prelude::*};
    /// let (q, r) = linalg::qr(&tensor![[3.0, 5.0], [4.0, 0.0]]);
    /// assert_eq!(r, tensor![[-5.0, -3.0], [0.0, -4.0]]);
    /// assert_eq!(q.mm(&r), tensor![[3.0, 5.0], [4.0, 0.0]]);
    /// ```
    fn qr | try_qr(a: &Tensor) -> (Tensor, Tensor) {
        check("linalg.qr", a)?;
        let [rows, cols] = sizes(a);
        let least = rows.min(cols);
        let mut values = Vec::new();
        for matrix in matrices(a) {
            let (q, r) = factor::qr(&matrix);
            push(&mut values, &q);
            push(&mut values, &r);
        }
        let packed = tensor(a.dtype(), &[lead(a), &[least * (rows + cols)]].concat(), &values);
        let packed = packed.record(&[a.arg()], |out| Qr {
            a: Saved::input(a),
            out: Saved::output(out),
            rows,
            cols,
        });
        let [q, r] = unpack(&packed, [&[rows, least], &[least, cols]])?;
        Ok((q, r))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<crate::ops::operator::Operator> {
    use crate::ops::operator::Operator;
    vec![Operator::node::<Qr>("linalg.qr", "linalg::qr")]
}
