//! Matrix products.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use crate::dtype::with_number;
use crate::error::{Error, Result};
use crate::kernels::gemm::{Matrix, Product};
use crate::shape::{Dims, Layout, broadcast};
use crate::tape::plan::kernel;
use crate::tape::{Cx, Op, ReadTensor, SavedArg, is_grad_enabled, trace};
use crate::tensor::Inner;
use crate::tensor::storage::Data;
use crate::{Operand, Tensor};
use std::borrow::Cow;

/// A saved factor, kept where the other one's gradient reads it.
pub(super) fn keep(tensor: &Tensor, other: &Tensor) -> SavedArg {
    SavedArg::new(tensor.arg(), other.requires_grad())
}

/// Whether the matrices of a tensor lie column by column.
fn is_turned(tensor: &Tensor) -> bool {
    if tensor.is_contiguous() {
        return false;
    }
    let (shape, strides) = (tensor.shape(), tensor.layout().strides());
    let rows = shape.len() - 2;
    shape[rows] > 1 && shape[rows + 1] > 1 && strides[rows] == 1 && strides[rows + 1] > 1
}

/// A factor, of which each matrix is read as its transpose if `turned`.
#[derive(Clone, Copy)]
pub(super) struct Factor<'a> {
    tensor: &'a Tensor,
    turned: bool,
}

impl<'a> Factor<'a> {
    pub(super) fn of(tensor: &'a Tensor) -> Self {
        Factor {
            tensor,
            turned: false,
        }
    }

    fn t(self) -> Self {
        Factor {
            turned: !self.turned,
            ..self
        }
    }

    /// The size of an axis of its matrices.
    fn size(self, axis: usize) -> usize {
        let shape = self.tensor.shape();
        shape[shape.len() - 2 + (axis + usize::from(self.turned)) % 2]
    }

    /// A tensor that is read as it lies.
    fn whole(self) -> Result<Cow<'a, Tensor>> {
        Ok(match self.turned {
            true => Cow::Owned(self.tensor.try_transpose(-2, -1)?),
            false => Cow::Borrowed(self.tensor),
        })
    }

    fn lie(self) -> Lie {
        let lie = Lie::of(self.tensor.layout());
        match self.turned {
            true => lie.t(),
            false => lie,
        }
    }
}

/// Gives both factors their gradients, which are products too. A gradient lies column by column where its factor is
/// `turned`, so that it need not be copied where the factor is the transpose of a parameter.
fn give_factors(
    product: fn(Factor<'_>, Factor<'_>) -> Result<Tensor>,
    grad: &Tensor,
    [lhs, rhs]: [&SavedArg; 2],
    turned: [bool; 2],
    cx: &mut Cx<'_>,
) -> Result<()> {
    let laid = |turned: bool, a: Factor<'_>, b: Factor<'_>| match turned {
        true => product(b.t(), a.t())?.try_transpose(-2, -1),
        false => product(a, b),
    };
    let grad = Factor::of(grad);
    cx.give(0, |cx| {
        laid(turned[0], grad, Factor::of(&*cx.saved_tensor(rhs)?).t())
    })?;
    cx.give(1, |cx| {
        laid(turned[1], Factor::of(&*cx.saved_tensor(lhs)?).t(), grad)
    })
}

/// The product of two matrices.
pub(crate) struct Mm {
    lhs: SavedArg,
    rhs: SavedArg,
    turned: [bool; 2],
}

impl Op for Mm {
    const NAME: &'static str = "MmBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        give_factors(mm, grad, [&self.lhs, &self.rhs], self.turned, cx)
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let sizes: [[usize; 3]; 4] = [[2, 3, 4], [1, 1, 1], [3, 3, 3], [2, 0, 3]];
        let pair =
            |[m, k, n]: [usize; 3]| [sample(&[m, k], -1.0, 1.0, 1), sample(&[k, n], -1.0, 1.0, 2)];
        let mut cases: Vec<_> = sizes
            .into_iter()
            .map(|s| Case::new(pair(s), |x| x[0].matmul(&x[1]).pow(2)))
            .collect();
        cases.push(Case::new(
            [sample(&[3], -1.0, 1.0, 1), sample(&[3], -1.0, 1.0, 2)],
            |x| x[0].matmul(&x[1]),
        ));
        cases.push(Case::new(
            [sample(&[3], -1.0, 1.0, 1), sample(&[3, 2], -1.0, 1.0, 2)],
            |x| x[0].matmul(&x[1]),
        ));
        cases.push(Case::new(
            [sample(&[2, 3], -1.0, 1.0, 1), sample(&[3], -1.0, 1.0, 2)],
            |x| x[0].matmul(&x[1]),
        ));
        cases.push(Case::new(
            [
                sample(&[2, 2, 3], -1.0, 1.0, 1),
                sample(&[3, 2], -1.0, 1.0, 2),
            ],
            |x| x[0].matmul(&x[1]),
        ));
        cases
    }
}

/// The products of two rows of matrices.
pub(crate) struct Bmm {
    lhs: SavedArg,
    rhs: SavedArg,
    turned: [bool; 2],
}

impl Op for Bmm {
    const NAME: &'static str = "BmmBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        give_factors(bmm, grad, [&self.lhs, &self.rhs], self.turned, cx)
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let shapes: [[&[usize]; 2]; 5] = [
            [&[2, 2, 3], &[2, 3, 2]],
            [&[2, 1, 2, 3], &[3, 3, 2]],
            [&[3], &[2, 3, 2]],
            [&[0, 2, 3], &[0, 3, 1]],
            [&[2, 2, 2], &[2, 2, 2]],
        ];
        let case = |[l, r]: &[&[usize]; 2]| {
            Case::new([sample(l, -1.0, 1.0, 1), sample(r, -1.0, 1.0, 2)], |x| {
                x[0].matmul(&x[1]).pow(2)
            })
        };
        shapes.iter().map(case).collect()
    }
}

impl Cx<'_> {
    pub(super) fn saved_tensor<'s>(&self, saved: &'s SavedArg) -> Result<ReadTensor<'s>> {
        match saved {
            SavedArg::Tensor(saved) => self.read(saved),
            _ => unreachable!(
                "a factor is a tensor, kept wherever the other one requires a gradient"
            ),
        }
    }
}

/// How the matrices of a tensor `[.., rows, cols]` lie in its storage.
struct Lie {
    start: usize,
    /// The axes before those of the matrices, and the steps along them.
    lead: Dims,
    steps: Dims,
    rows: usize,
    cols: usize,
    row_step: usize,
    col_step: usize,
}

impl Lie {
    fn of(layout: &Layout) -> Lie {
        let (lead, strides) = (layout.rank() - 2, layout.strides());
        Lie {
            start: layout.offset,
            lead: Dims::from_slice(&layout.shape[..lead]),
            steps: Dims::from_slice(&strides[..lead]),
            rows: layout.shape[lead],
            cols: layout.shape[lead + 1],
            row_step: strides[lead],
            col_step: strides[lead + 1],
        }
    }

    fn t(self) -> Lie {
        Lie {
            rows: self.cols,
            cols: self.rows,
            row_step: self.col_step,
            col_step: self.row_step,
            ..self
        }
    }

    /// The `batch`-th matrix.
    fn matrix<'a, T>(&self, values: &'a [T], batch: usize) -> Matrix<'a, T> {
        let (mut start, mut rest) = (self.start, batch);
        for (size, step) in self.lead.iter().zip(self.steps.iter()).rev() {
            start += rest % size * step;
            rest /= size;
        }
        Matrix {
            values: values.get(start..).unwrap_or(&[]),
            rows: self.rows,
            cols: self.cols,
            row_step: self.row_step,
            col_step: self.col_step,
        }
    }
}

/// The products of `batch` pairs of matrices.
fn multiply<T: Product>(
    (left, l): (&Lie, &[T]),
    (right, r): (&Lie, &[T]),
    batch: usize,
    out: &mut [T],
) {
    let pair = |i: usize| (left.matrix(l, i), right.matrix(r, i));
    T::products(batch, pair, out);
}

/// As [`products`], noted in the record of a step.
#[cold]
fn traced_products(
    op: &'static str,
    a: Factor<'_>,
    b: Factor<'_>,
    batch: usize,
    shape: Dims,
) -> Result<Inner> {
    let out = trace::within(|| products(op, a, b, batch, shape))?;
    let (left, right) = (a.lie(), b.lie());
    let pass = with_number!(a.tensor.dtype(), T => kernel::whole_pair::<T>(move |l, r, out| {
        multiply((&left, l), (&right, r), batch, out);
    }), else unreachable!("the product itself refuses masks"));
    trace::whole(&[a.tensor, b.tensor], &[&out], pass);
    Ok(out)
}

/// Products of `batch` pairs of matrices, into a tensor of `shape`.
fn products(
    op: &'static str,
    a: Factor<'_>,
    b: Factor<'_>,
    batch: usize,
    shape: Dims,
) -> Result<Inner> {
    if trace::tracing() {
        return traced_products(op, a, b, batch, shape);
    }
    Ok(with_number!(a.tensor.dtype(), T => {
        let (left, right) = (a.tensor.snapshot::<T>(), b.tensor.snapshot::<T>());
        let mut out = Data::<T>::scratch(shape.numel());
        multiply((&a.lie(), &left), (&b.lie(), &right), batch, out.make_mut());
        Inner::new(shape, out)
    }, else {
        return Err(Error::DType {
            op,
            problem: "matrices of bool have no product".into(),
            cure: "Cast them first, with `.to(F32)`.".into(),
        });
    }))
}

/// A product of whole tensors or, where nothing is recorded, of factors as they lie.
macro_rules! product {
    ($($(#[$doc:meta])* $name:ident -> $Op:ident;)*) => { $(
        $(#[$doc])*
        #[track_caller]
        pub(super) fn $name(a: Factor<'_>, b: Factor<'_>) -> Result<Tensor> {
            if (a.turned || b.turned) && is_grad_enabled() {
                let (a, b) = (a.whole()?, b.whole()?);
                return $name(Factor::of(&a), Factor::of(&b));
            }
            let mut shape = Dims::from_slice(a.tensor.shape());
            let (lead, cols) = (shape.len() - 2, b.size(1));
            shape[lead..].copy_from_slice(&[a.size(0), cols]);
            let batch = shape[..lead].iter().product();
            let out = products(stringify!($name), a, b, batch, shape)?;
            let (a, b) = (a.tensor, b.tensor);
            Ok(out.record(&[a.arg(), b.arg()], |_| $Op {
                lhs: keep(a, b),
                rhs: keep(b, a),
                turned: [is_turned(a), is_turned(b)],
            }))
        }
    )* };
}
product! {
    /// The product of two matrices.
    mm -> Mm;
    /// Products of tensors `[.., m, k]` and `[.., k, n]` whose leading axes are the same.
    bmm -> Bmm;
}

pub(super) fn check(a: &Tensor, b: &Tensor) -> Result<()> {
    if a.rank() == 0 || b.rank() == 0 {
        return Err(Error::Shape {
            op: "matmul",
            problem: format!(
                "shapes {:?} and {:?}: both operands need at least one axis",
                a.shape(),
                b.shape()
            ),
            cure: "Use `*` to multiply by a single number.".into(),
        });
    }
    if a.dtype() != b.dtype() {
        let wider = crate::promote_types(a.dtype(), b.dtype());
        return Err(Error::DType {
            op: "matmul",
            problem: format!(
                "the left operand holds {} and the right one {}",
                a.dtype(),
                b.dtype()
            ),
            cure: format!("Cast one of them, for example with `.to(DType::{wider:?})`."),
        });
    }
    let columns = a.shape()[a.rank() - 1];
    let rows = b.shape()[b.rank().saturating_sub(2)];
    if columns != rows {
        return Err(Error::Shape {
            op: if a.rank() <= 2 && b.rank() <= 2 {
                "mm"
            } else {
                "matmul"
            },
            problem: format!(
                "shapes {:?} and {:?} do not multiply: {columns} columns meet {rows} rows",
                a.shape(),
                b.shape()
            ),
            cure: "Transpose one of them, or check the layer's in_features.".into(),
        });
    }
    Ok(())
}

#[track_caller]
fn batched(a: &Tensor, b: &Tensor) -> Result<Tensor> {
    let (lead_a, own_a) = a.shape().split_at(a.rank() - 2);
    let (lead_b, own_b) = b.shape().split_at(b.rank() - 2);
    let lead = broadcast("matmul", lead_a, lead_b)?;
    let stretched = |x: &Tensor, own: &[usize]| x.try_expand([&lead[..], own].concat());
    let (a, b) = (stretched(a, own_a)?, stretched(b, own_b)?);
    bmm(Factor::of(&a), Factor::of(&b))
}

fallible! {
    /// Matrix product of two matrices, `[m, k] [k, n]`.
    ///
    /// # Panics
    /// If an operand is no matrix, the shapes do not multiply, or the element types differ.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1.0, 2.0]].mm(&tensor![[3.0], [4.0]]), tensor![[11.0]]);
    /// ```
    fn mm | try_mm(&self, other: &Tensor) -> Tensor {
        if self.rank() != 2 || other.rank() != 2 {
            return Err(Error::Shape {
                op: "mm",
                problem: format!("shapes {:?} and {:?} are not both matrices", self.shape(), other.shape()),
                cure: "Use `matmul`, which takes vectors and batches too.".into(),
            });
        }
        self.try_matmul(other)
    }

    /// Matrix product as NumPy's `@`: of vectors `[k] [k]`, matrices `[m, k] [k, n]`, either mixed, and
    /// of batches `[.., m, k] [.., k, n]` whose leading axes broadcast.
    ///
    /// # Panics
    /// If the shapes do not multiply, or the element types differ.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = tensor![[1.0, 2.0], [3.0, 4.0]];
    /// assert_eq!(x.matmul(&tensor![1.0, 10.0]), tensor![21.0, 43.0]);
    /// ```
    fn matmul | try_matmul(&self, other: &Tensor) -> Tensor {
        check(self, other)?;
        let of = Factor::of;
        match (self.rank(), other.rank()) {
            (2, 2) => mm(of(self), of(other)),
            (1, 1) => mm(of(&self.try_unsqueeze(0)?), of(&other.try_unsqueeze(1)?))?.try_reshape(()),
            (1, 2) => mm(of(&self.try_unsqueeze(0)?), of(other))?.try_squeeze_dim(0),
            (2, 1) => mm(of(self), of(&other.try_unsqueeze(1)?))?.try_squeeze_dim(1),
            (1, _) => batched(&self.try_unsqueeze(0)?, other)?.try_squeeze_dim(-2),
            (_, 1) => batched(self, &other.try_unsqueeze(1)?)?.try_squeeze_dim(-1),
            (rank, 2) => {
                // One product of a tall matrix is quicker than many small ones.
                let (lead, k) = self.shape().split_at(rank - 1);
                let rows: usize = lead.iter().product();
                let out = mm(of(&self.try_reshape([rows, k[0]])?), of(other))?;
                let whole: Vec<usize> = [lead, &[other.shape()[1]]].concat();
                out.try_reshape(whole)
            }
            _ => batched(self, other),
        }
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Mm>("mm", "Tensor::mm"),
        Operator::node::<Mm>("matmul", "Tensor::matmul").and::<Bmm>(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rank_and_layout_gives_the_sums_of_products() {
        let a = sample(&[3, 4], -1.0, 1.0, 1);
        let b = sample(&[4, 5], -1.0, 1.0, 2);
        let out = a.matmul(&b).to_vec::<f64>();
        let (l, r) = (a.to_vec::<f64>(), b.to_vec::<f64>());
        for i in 0..3 {
            for j in 0..5 {
                let expected: f64 = (0..4).map(|k| l[i * 4 + k] * r[k * 5 + j]).sum();
                assert!((out[i * 5 + j] - expected).abs() < 1e-12);
            }
        }
        let flipped = b.t().matmul(&a.t()).t();
        assert!((flipped - a.matmul(&b)).abs().max().item::<f64>() < 1e-12);
        let row = a.expand([2, 3, 4]).matmul(&b);
        assert!((row - a.matmul(&b)).abs().max().item::<f64>() < 1e-12);
        assert_eq!(
            Tensor::from([[1i64, 2]])
                .matmul(&Tensor::from([[3i64], [4]]))
                .to_vec::<i64>(),
            [11]
        );
        assert_eq!(
            crate::zeros([2, 0]).matmul(&crate::zeros([0, 3])),
            crate::zeros([2, 3])
        );
    }
}
