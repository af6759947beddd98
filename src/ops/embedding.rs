//! Rows of a table, looked up.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible_fn;
use super::pick::{Runs, picked, plain_position, positions, scatter};
use crate::dtype::{Element, with_float};
use crate::error::{Error, Result};
use crate::kernels::math::Math as _;
use crate::shape::Dims;
use crate::tape::{Cx, Op};
use crate::{Operand, Tensor, no_grad};
use num_traits::Float;
use std::sync::Arc;

/// Settings of [`embedding`].
///
/// ```
/// use retrograd::functional::EmbeddingOptions;
/// let options = EmbeddingOptions::new().padding_idx(0).max_norm(1.0);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EmbeddingOptions {
    pub(crate) padding_idx: Option<i64>,
    pub(crate) max_norm: Option<f64>,
    pub(crate) norm_type: f64,
    pub(crate) scale_grad_by_freq: bool,
}

impl Default for EmbeddingOptions {
    fn default() -> Self {
        EmbeddingOptions {
            padding_idx: None,
            max_norm: None,
            norm_type: 2.0,
            scale_grad_by_freq: false,
        }
    }
}

impl EmbeddingOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The row that gets no gradient; a negative one counts from the end. Default none.
    pub fn padding_idx(mut self, padding_idx: i64) -> Self {
        self.padding_idx = Some(padding_idx);
        self
    }

    /// Rows that are looked up and whose norm is greater are scaled down to it, in place; default none.
    pub fn max_norm(mut self, max_norm: f64) -> Self {
        self.max_norm = Some(max_norm);
        self
    }

    /// The `p` of the norm for `max_norm`; default 2.
    pub fn norm_type(mut self, norm_type: f64) -> Self {
        self.norm_type = norm_type;
        self
    }

    /// Whether a row's gradient is divided by how often it was looked up; default false.
    pub fn scale_grad_by_freq(mut self, scale_grad_by_freq: bool) -> Self {
        self.scale_grad_by_freq = scale_grad_by_freq;
        self
    }

    /// The row without a gradient, in a table of so many.
    pub(crate) fn padding_row(&self, op: &'static str, rows: usize) -> Result<Option<usize>> {
        let Some(at) = self.padding_idx else {
            return Ok(None);
        };
        super::slice::position(op, at, 0, rows).map(Some)
    }
}

/// Rows of the weight.
pub(crate) struct Embedding {
    runs: Arc<Runs>,
    /// What each looked-up row's gradient is multiplied by; none for 1 everywhere.
    factors: Option<Tensor>,
}

impl Op for Embedding {
    const NAME: &'static str = "EmbeddingBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |_| match &self.factors {
            Some(factors) => Ok(scatter(&grad.try_mul(factors)?, self.runs.clone())),
            None => Ok(scatter(grad, self.runs.clone())),
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |options: EmbeddingOptions| {
            Case::new([sample(&[3, 2], -1.0, 1.0, 0)], move |x| {
                // Only rows whose gradient is that of the values: none of the padding.
                embedding(&crate::tensor![[0, 2], [2, 0]], &x[0], options).pow(2)
            })
        };
        vec![
            case(EmbeddingOptions::new()),
            case(EmbeddingOptions::new().padding_idx(1)),
            Case::new([sample(&[3, 2], -1.0, 1.0, 0)], |x| {
                embedding(
                    &crate::tensor![1],
                    &x[0],
                    EmbeddingOptions::new().scale_grad_by_freq(true),
                )
                .pow(2)
            }),
        ]
    }
}

/// For each looked-up row 0 where it is the padding, and 1 or one by its frequency elsewhere; none if all are 1.
fn factors(
    rows: &[usize],
    count: usize,
    padding: Option<usize>,
    by_frequency: bool,
) -> Option<Vec<f64>> {
    if padding.is_none() && !by_frequency {
        return None;
    }
    let mut frequency = vec![0usize; count];
    rows.iter().for_each(|&row| frequency[row] += 1);
    let factor = |&row: &usize| match row {
        row if Some(row) == padding => 0.0,
        row if by_frequency => 1.0 / frequency[row] as f64,
        _ => 1.0,
    };
    Some(rows.iter().map(factor).collect())
}

fn norm<T: Float>(row: &[T], p: f64) -> f64 {
    let sizes = row.iter().map(|v| v.to_f64().unwrap_or(f64::NAN).abs());
    match p {
        f64::INFINITY => sizes.fold(0.0, f64::max),
        1.0 => sizes.sum(),
        2.0 => sizes.map(|v| v * v).sum::<f64>().sqrt(),
        _ => sizes.map(|v| v.pow_(p)).sum::<f64>().pow_(1.0 / p),
    }
}

/// Scales the rows named down to the norm allowed, in place.
#[track_caller]
fn renormalise(weight: &Tensor, rows: &[usize], max_norm: f64, p: f64) -> Result<()> {
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    rows.dedup();
    let width = weight.shape()[1];
    with_float!(weight.dtype(), T => scale_down::<T>(weight, &rows, width, max_norm, p), else Ok(()))
}

#[track_caller]
fn scale_down<T: Element + Float>(
    weight: &Tensor,
    rows: &[usize],
    width: usize,
    max: f64,
    p: f64,
) -> Result<()> {
    let mut values = weight.try_to_vec::<T>()?;
    let mut changed = false;
    for &row in rows {
        let row = &mut values[row * width..(row + 1) * width];
        let size = norm(row, p);
        if size > max {
            let factor = T::from(max / (size + 1e-7)).expect("a float holds every f64, rounded");
            row.iter_mut().for_each(|v| *v = *v * factor);
            changed = true;
        }
    }
    match changed {
        true => no_grad(|| weight.try_copy_(&Tensor::try_from_vec(values, weight.shape())?)),
        false => Ok(()),
    }
}

fallible_fn! {
    /// The rows of `weight [rows, features]` at the positions of `input`, which holds `i64` and has any shape; the
    /// result has one more axis, of the features.
    ///
    /// # Panics
    /// If the weight is no matrix, or a position is not one of its rows.
    ///
    /// ```
    /// use retrograd::{functional::{EmbeddingOptions, embedding}, prelude::*};
    /// let table = tensor![[1.0, 2.0], [3.0, 4.0]];
    /// let rows = embedding(&tensor![1, 0, 1], &table, EmbeddingOptions::new());
    /// assert_eq!(rows, tensor![[3.0, 4.0], [1.0, 2.0], [3.0, 4.0]]);
    /// ```
    fn embedding | try_embedding(input: &Tensor, weight: &Tensor, options: EmbeddingOptions) -> Tensor {
        let op = "embedding";
        let &[count, width] = weight.shape() else {
            return Err(Error::Shape {
                op,
                problem: format!("the weight has shape {:?}", weight.shape()),
                cure: "It is a matrix, `[rows, features]`.".into(),
            });
        };
        let padding = options.padding_row(op, count)?;
        let found = positions(op, input)?.into_iter().map(|at| plain_position(op, at, 0, count));
        let rows = found.collect::<Result<Vec<usize>>>()?;
        if let Some(max_norm) = options.max_norm {
            renormalise(weight, &rows, max_norm, options.norm_type)?;
        }
        let factors = factors(&rows, count, padding, options.scale_grad_by_freq).map(|factors| {
            let shape: Dims = input.shape().iter().copied().chain([1]).collect();
            Tensor::from_vec(factors, &shape[..]).to(weight.dtype())
        });
        let runs = Arc::new(Runs {
            starts: rows.into_iter().map(|row| row * width).collect(),
            run: width,
            from: weight.shape().into(),
            to: input.shape().iter().copied().chain([width]).collect(),
        });
        let out = picked(weight, &runs);
        Ok(out.record(&[weight.arg()], |_| Embedding { runs, factors }))
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![Operator::node::<Embedding>(
        "nn.functional.embedding",
        "functional::embedding",
    )]
}
