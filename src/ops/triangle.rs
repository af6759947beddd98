//! The parts of matrices on one side of a diagonal.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use crate::dtype::with_dtype;
use crate::error::{Error, Result};
use crate::tape::trace;
use crate::tape::{Cx, Op};
use crate::tensor::Inner;
use crate::{Operand, Tensor};

/// The matrices over the last two axes with zeros above a diagonal, or below it.
pub(crate) struct Triangle<const LOWER: bool> {
    diagonal: i64,
}

impl<const LOWER: bool> Op for Triangle<LOWER>
where
    Triangle<LOWER>: super::Listed,
{
    const NAME: &'static str = if LOWER {
        "TrilBackward0"
    } else {
        "TriuBackward0"
    };

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |_| triangle::<LOWER>(grad, self.diagonal))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |shape: &[usize], diagonal: i64| {
            Case::new([sample(shape, -2.0, 2.0, 0)], move |x| {
                triangle::<LOWER>(&x[0].pow(2), diagonal).unwrap()
            })
        };
        vec![
            case(&[3, 3], 0),
            case(&[2, 2, 3], 1),
            case(&[3, 2], -1),
            case(&[0, 2], 0),
        ]
    }
}

#[track_caller]
fn triangle<const LOWER: bool>(x: &Tensor, diagonal: i64) -> Result<Tensor>
where
    Triangle<LOWER>: super::Listed,
{
    let Some(outer) = x.rank().checked_sub(2) else {
        return Err(Error::Shape {
            op: if LOWER { "tril" } else { "triu" },
            problem: format!("shape {:?} holds no matrix", x.shape()),
            cure: "Give at least two axes: [.., rows, columns].".into(),
        });
    };
    let (rows, cols) = (x.shape()[outer], x.shape()[outer + 1]);
    let out = trace::computed_one(&[x], move |x| {
        let x = x[0];
        with_dtype!(x.dtype(), T => {
            let mut data = x.values::<T>().into_data();
            if cols > 0 {
                for (i, row) in data.make_mut().chunks_exact_mut(cols).enumerate() {
                    // The first column beyond the diagonal: it belongs to the upper part, one before it to the lower.
                    let edge = ((i % rows) as i64).saturating_add(diagonal);
                    let edge = if LOWER { edge.saturating_add(1) } else { edge };
                    let edge = edge.clamp(0, cols as i64) as usize;
                    if LOWER { row[edge..].fill(T::default()) } else { row[..edge].fill(T::default()) }
                }
            }
            Inner::new(x.shape().into(), data)
        })
    });
    Ok(out.record(&[x.arg()], |_| Triangle::<LOWER> { diagonal }))
}

fallible! {
    /// The matrices over the last two axes, `[.., rows, cols]`, with zeros above the diagonal that lies `diagonal`
    /// above the main one.
    ///
    /// # Panics
    /// If the tensor has fewer than two axes.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1, 2], [3, 4]].tril(0), tensor![[1, 0], [3, 4]]);
    /// ```
    fn tril | try_tril(&self, diagonal: i64) -> Tensor {
        triangle::<true>(self, diagonal)
    }

    /// The matrices over the last two axes, `[.., rows, cols]`, with zeros below the diagonal that lies `diagonal`
    /// above the main one.
    ///
    /// # Panics
    /// If the tensor has fewer than two axes.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1, 2], [3, 4]].triu(1), tensor![[0, 2], [0, 0]]);
    /// ```
    fn triu | try_triu(&self, diagonal: i64) -> Tensor {
        triangle::<false>(self, diagonal)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<Triangle<true>>("tril", "Tensor::tril"),
        Operator::node::<Triangle<false>>("triu", "Tensor::triu"),
    ]
}
