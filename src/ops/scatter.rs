//! Elements put at positions: written over what stands there, or added to it.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use super::pick::{Runs, along, kind, pick, rows, scatter};
use crate::dtype::with_dtype;
use crate::error::{Error, Result};
use crate::shape::Dims;
use crate::tape::{Cx, Op};
use crate::tensor::{Arg, Inner, Number};
use crate::{DType, Operand, Scalar, Tensor};
use std::sync::Arc;

/// The first input with the elements of the second one at some places.
pub(crate) struct Overwrite {
    places: Arc<Places>,
}

/// Where the elements of a source go.
struct Places {
    runs: Arc<Runs>,
    /// The elements that are not overwritten by later ones, where that happens at all.
    last: Option<Vec<usize>>,
}

impl Places {
    fn new(runs: Runs) -> Places {
        let mut at = vec![None; runs.from.iter().product()];
        for (i, &start) in runs.starts.iter().enumerate() {
            at[start] = Some(i);
        }
        let last: Vec<usize> = at.into_iter().flatten().collect();
        Places {
            last: (last.len() < runs.starts.len()).then_some(last),
            runs: Arc::new(runs),
        }
    }

    /// What the source's elements get of a gradient; those that were overwritten get 0.
    fn gradient(&self, grad: &Tensor) -> Tensor {
        let Some(last) = &self.last else {
            return pick::<kind::Gather>(grad, self.runs.clone());
        };
        let to = Dims::from_slice(&[last.len()]);
        let (from, source) = (self.runs.from.clone(), self.runs.to.clone());
        let taken = Runs {
            starts: last.iter().map(|&i| self.runs.starts[i]).collect(),
            run: 1,
            from,
            to: to.clone(),
        };
        let put = Runs {
            starts: last.clone(),
            run: 1,
            from: source,
            to,
        };
        scatter(&pick::<kind::Gather>(grad, Arc::new(taken)), Arc::new(put))
    }
}

impl Op for Overwrite {
    const NAME: &'static str = "ScatterBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |_| {
            let zeros = Tensor::scalar(0.0).to(grad.dtype());
            let zeros = zeros.try_expand(&self.places.runs.to[..])?;
            Ok(overwrite(grad, &zeros, self.places.clone()))
        })?;
        cx.give(1, |_| Ok(self.places.gradient(grad)))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let case = |shape: &[usize], axis: i64, index: Tensor| {
            let inputs = [
                sample(shape, -2.0, 2.0, 0),
                sample(index.shape(), -2.0, 2.0, 1),
            ];
            Case::new(inputs, move |x| x[0].scatter(axis, &index, &x[1]).pow(2))
        };
        vec![
            case(&[4], 0, Tensor::from([2i64, 0])),
            case(&[4], 0, Tensor::from([2i64, 0, 2])),
            case(&[3, 2], 1, Tensor::from([[1i64, 0], [0, 0]])),
            case(&[0, 2], 1, crate::zeros_dtype([0, 2], DType::I64)),
            case(&[], 0, Tensor::scalar(0)),
        ]
    }
}

#[track_caller]
fn overwrite(x: &Tensor, source: &Tensor, places: Arc<Places>) -> Tensor {
    let out = with_dtype!(x.dtype(), T => {
        let mut data = x.values::<T>().into_data();
        let values = source.values::<T>();
        let target = data.make_mut();
        for (&start, &value) in places.runs.starts.iter().zip(values.iter()) {
            target[start] = value;
        }
        Inner::new(x.shape().into(), data)
    });
    out.record(&[x.arg(), source.arg()], |_| Overwrite { places })
}

/// A number in a tensor's type, which must hold it as it is.
pub(crate) fn exact(op: &'static str, value: Number, dtype: DType) -> Result<Tensor> {
    let out = match value {
        Number::Float(v) => Tensor::scalar(v),
        Number::Int(v) => Tensor::scalar(v),
        Number::Bool(v) => Tensor::scalar(v),
    };
    let lost = match value {
        _ if dtype.is_float() => false,
        Number::Float(v) => v.fract() != 0.0 || !v.is_finite() || dtype == DType::Bool,
        Number::Int(_) => dtype == DType::Bool,
        Number::Bool(_) => false,
    };
    if lost {
        return Err(Error::InvalidArgument {
            op,
            argument: "value",
            value: value.as_f64().to_string(),
            problem: format!("a tensor of {dtype} does not hold it"),
            cure: "Cast the tensor first, with `.to(F32)`, or give a value of its type.".into(),
        });
    }
    // Straight to the type, so that no digit is lost on the way through the default one.
    Ok(match (value, dtype) {
        (Number::Float(v), DType::F64) => Tensor::from_vec(vec![v], ()),
        _ => out.to(dtype),
    })
}

/// The source as the index sees it: of its type, and no larger than it.
fn fitted(op: &'static str, x: &Tensor, index: &Tensor, source: Arg<'_>) -> Result<Tensor> {
    let source = match source {
        Arg::Tensor(source) => source,
        Arg::Number(number) => return exact(op, number, x.dtype())?.try_expand(index.shape()),
    };
    if source.dtype() != x.dtype() {
        return Err(Error::DType {
            op,
            problem: format!(
                "the source holds {} and the tensor {}",
                source.dtype(),
                x.dtype()
            ),
            cure: format!("Cast the source with `.to(DType::{:?})`.", x.dtype()),
        });
    }
    let fits = source.rank().max(1) == index.rank().max(1)
        && source
            .shape()
            .iter()
            .zip(index.shape())
            .all(|(own, asked)| asked <= own);
    if !fits && index.numel() > 0 {
        return Err(Error::Shape {
            op,
            problem: format!(
                "an index of shape {:?} for a source of shape {:?}",
                index.shape(),
                source.shape()
            ),
            cure: "The source has as many axes, none of them shorter than the index.".into(),
        });
    }
    if index.numel() == 0 {
        return source
            .try_reshape([source.numel()])?
            .try_narrow(0, 0, 0)?
            .try_reshape(index.shape());
    }
    let longer =
        |&(axis, len): &(usize, &usize)| source.shape().get(axis).is_some_and(|own| own != len);
    let cut = |part: Tensor, (axis, &len): (usize, &usize)| part.try_narrow(axis as i64, 0, len);
    let mut axes = index.shape().iter().enumerate().filter(longer);
    axes.try_fold(source.clone(), cut)?
        .try_reshape(index.shape())
}

#[track_caller]
fn add_rows(
    x: &Tensor,
    axis: i64,
    index: &Tensor,
    source: &Tensor,
    alpha: Number,
) -> Result<Tensor> {
    const OP: &str = "index_add";
    if source.dtype() != x.dtype() {
        return Err(Error::DType {
            op: OP,
            problem: format!(
                "the source holds {} and the tensor {}",
                source.dtype(),
                x.dtype()
            ),
            cure: format!("Cast the source with `.to(DType::{:?})`.", x.dtype()),
        });
    }
    let runs = rows(OP, x.shape(), axis, index)?;
    // A number stands for a vector of one.
    let count: usize = runs.to.iter().product();
    let alike =
        *source.shape() == runs.to[..] || runs.to.len() == 1 && source.rank() == 0 && count == 1;
    if !alike {
        return Err(Error::Shape {
            op: OP,
            problem: format!(
                "a source of shape {:?} for a tensor of shape {:?} and {} positions",
                source.shape(),
                x.shape(),
                index.numel()
            ),
            cure: format!(
                "The source has the tensor's shape with one position along axis {axis} for each of the index."
            ),
        });
    }
    let factor = exact(OP, alpha, x.dtype())?;
    let source = match alpha.as_f64() == 1.0 {
        true => source.clone(),
        false => source.try_mul(factor)?,
    };
    let source = source.try_reshape(&runs.to[..])?;
    x.try_add(scatter(&source, Arc::new(runs)))
}

fallible! {
    /// The tensor with the elements of `source`, a tensor or a number, at the positions of `index` along `axis`, as
    /// `torch.scatter`. A source that is larger than the index is read only where the index is. Where a place is named
    /// twice the last element stays, and only that one gets a gradient.
    ///
    /// # Panics
    /// If `index` does not hold `i64` or does not fit, a position is out of bounds, or the source is of another type.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = zeros([3]).scatter(0, &tensor![2, 0], tensor![1.0, 2.0]);
    /// assert_eq!(x, tensor![2.0, 0.0, 1.0]);
    /// assert_eq!(x.scatter(0, &tensor![1], 5), tensor![2.0, 5.0, 1.0]);
    /// ```
    fn scatter | try_scatter(&self, axis: i64, index: &Tensor, source: impl Operand) -> Tensor {
        let source = fitted("scatter", self, index, source.arg())?;
        let runs = along("scatter", self.shape(), axis, index)?;
        Ok(overwrite(self, &source, Arc::new(Places::new(runs))))
    }

    /// The tensor with `source` added at the positions of `index` along `axis`. A source that is larger than the index
    /// is read only where the index is.
    ///
    /// # Panics
    /// If `index` does not hold `i64` or does not fit, a position is out of bounds, or the source is of another type.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = zeros([3]).scatter_add(0, &tensor![0, 0, 2], &tensor![1.0, 2.0, 3.0]);
    /// assert_eq!(x, tensor![3.0, 0.0, 3.0]);
    /// ```
    fn scatter_add | try_scatter_add(&self, axis: i64, index: &Tensor, source: impl Operand) -> Tensor {
        let source = fitted("scatter_add", self, index, source.arg())?;
        let runs = Arc::new(along("scatter_add", self.shape(), axis, index)?);
        self.try_add(scatter(&source, runs))
    }

    /// The tensor with the parts of `source` along `axis` added at the positions that the vector `index` names.
    ///
    /// # Panics
    /// If `index` is no vector of `i64`, a position is out of bounds, or the source does not fit.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = zeros([3, 1]).index_add(0, &tensor![2, 2], &tensor![[1.0], [2.0]]);
    /// assert_eq!(x, tensor![[0.0], [0.0], [3.0]]);
    /// ```
    fn index_add | try_index_add(&self, axis: i64, index: &Tensor, source: &Tensor) -> Tensor {
        add_rows(self, axis, index, source, Number::Int(1))
    }

    /// As [`index_add`](Tensor::index_add), with `alpha` times the source.
    ///
    /// # Panics
    /// As `index_add`, and if integers meet a factor that is no whole number.
    fn index_add_scaled | try_index_add_scaled(&self, axis: i64, index: &Tensor, source: &Tensor, alpha: impl Scalar) -> Tensor {
        add_rows(self, axis, index, source, alpha.number())
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let rows = || [sample(&[3, 2], -2.0, 2.0, 0), sample(&[2, 2], -2.0, 2.0, 1)];
    vec![
        Operator::node::<Overwrite>("scatter", "Tensor::scatter"),
        Operator::node::<super::pick::Scatter>("scatter_add", "Tensor::scatter_add"),
        Operator::new(
            "index_add",
            "Tensor::index_add Tensor::index_add_scaled",
            [
                Case::new(rows(), |x| {
                    x[0].index_add(0, &Tensor::from([2i64, 2]), &x[1]).pow(2)
                }),
                Case::new(rows(), |x| {
                    x[0].index_add_scaled(0, &Tensor::from([0i64, 2]), &x[1], -0.5)
                        .pow(2)
                }),
            ],
        ),
    ]
}
