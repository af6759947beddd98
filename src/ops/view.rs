//! Other readings of the same elements: nothing is copied.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible;
use super::reduce::Axes;
use crate::error::{Error, Result};
use crate::shape::{self, Dims, IntoShape, Layout};
use crate::tape::{Cx, Op};
use crate::tensor::Inner;
use crate::{Operand, Tensor};

/// Declares nodes whose backward reshapes the gradient to the input's shape.
macro_rules! reshaping {
    ($($(#[$doc:meta])* $Op:ident $name:literal, $case:expr;)*) => { $(
        $(#[$doc])*
        pub(crate) struct $Op;

        impl Op for $Op {
            const NAME: &'static str = $name;

            fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
                cx.give(0, |cx| grad.try_reshape(cx.input_shape(0)))
            }

            #[cfg(test)]
            fn cases() -> Vec<Case> {
                let f: fn(&Tensor) -> Tensor = $case;
                vec![
                    Case::new([sample(&[2, 1, 3], -2.0, 2.0, 0)], move |x| f(&x[0])),
                    Case::new([sample(&[1, 1, 1], -2.0, 2.0, 1)], move |x| f(&x[0])),
                    Case::new([sample(&[0, 1, 2], -2.0, 2.0, 2)], move |x| f(&x[0])),
                ]
            }
        }
    )* };
}
reshaping! {
    View "ViewBackward0", |x| x.reshape((-1,)).pow(2);
    Squeeze "SqueezeBackward0", |x| x.squeeze().pow(2);
    SqueezeDim "SqueezeBackward1", |x| x.squeeze_dim(1).pow(2);
    Unsqueeze "UnsqueezeBackward0", |x| x.unsqueeze(-1).pow(2);
}

pub(crate) struct Transpose {
    first: usize,
    second: usize,
}

impl Op for Transpose {
    const NAME: &'static str = "TransposeBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |_| {
            grad.try_transpose(self.first as i64, self.second as i64)
        })
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let shapes: [&[usize]; 3] = [&[2, 3, 4], &[3, 2], &[0, 2]];
        let case =
            |s: &&[usize]| Case::new([sample(s, -2.0, 2.0, 0)], |x| x[0].transpose(0, -1).pow(2));
        shapes.iter().map(case).collect()
    }
}

pub(crate) struct T;

impl Op for T {
    const NAME: &'static str = "TBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.give(0, |_| grad.try_t())
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let shapes: [&[usize]; 4] = [&[2, 3], &[3], &[], &[0, 2]];
        let case = |s: &&[usize]| Case::new([sample(s, -2.0, 2.0, 0)], |x| x[0].t().pow(2));
        shapes.iter().map(case).collect()
    }
}

pub(crate) struct Permute {
    axes: Dims,
}

impl Op for Permute {
    const NAME: &'static str = "PermuteBackward0";

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        let mut inverse: Dims = self.axes.clone();
        self.axes
            .iter()
            .enumerate()
            .for_each(|(to, &from)| inverse[from] = to);
        cx.give(0, |_| grad.try_permute(&inverse[..]))
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let shapes: [&[usize]; 2] = [&[2, 3, 4], &[0, 3, 4]];
        let case = |s: &&[usize]| {
            Case::new([sample(s, -2.0, 2.0, 0)], |x| {
                x[0].permute([2, 0, -2]).pow(2)
            })
        };
        shapes.iter().map(case).collect()
    }
}

pub(crate) struct Expand;

impl Op for Expand {
    const NAME: &'static str = "ExpandBackward0";
    const BROADCASTS: bool = true;

    fn backward(&self, grad: &Tensor, cx: &mut Cx<'_>) -> Result<()> {
        cx.put(0, grad.clone());
        Ok(())
    }

    #[cfg(test)]
    fn cases() -> Vec<Case> {
        let weights = || sample(&[2, 3], -1.0, 1.0, 3);
        vec![
            Case::new([sample(&[3], -2.0, 2.0, 0)], move |x| {
                x[0].expand([2, 3]).pow(2) * weights()
            }),
            Case::new([sample(&[2, 1], -2.0, 2.0, 0)], move |x| {
                x[0].expand([-1, 3]).pow(2) * weights()
            }),
            Case::new([sample(&[], -2.0, 2.0, 0)], move |x| {
                x[0].expand([2, 3]).pow(2) * weights()
            }),
            Case::new([sample(&[1, 2], -2.0, 2.0, 0)], |x| {
                x[0].expand([0, 2]).pow(2)
            }),
        ]
    }
}

#[track_caller]
fn view<O: Op + super::Listed>(of: &Tensor, layout: Layout, op: O) -> Tensor {
    Inner::view(of, layout).record(&[of.arg()], |_| op)
}

fn with_axes(of: &Tensor, axes: &[usize]) -> Layout {
    let layout = of.layout();
    let pick = |values: &Dims| axes.iter().map(|&axis| values[axis]).collect();
    Layout::strided(pick(&layout.shape), pick(&layout.strides()), layout.offset)
}

fallible! {
    /// The elements, in row-major order, in another shape; one size may be -1. A view where the strides
    /// allow it, else a copy.
    ///
    /// # Panics
    /// If the shape does not hold as many elements.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(arange(6).reshape((2, -1)).shape(), [2, 3]);
    /// ```
    fn reshape | try_reshape(&self, shape: impl IntoShape) -> Tensor {
        let shape = shape::infer("reshape", self.numel(), self.shape(), &shape.into_sizes())?;
        Ok(match self.layout().reshape(&shape) {
            Some(layout) => view(self, layout, View),
            None => {
                let copy = self.copy();
                let layout = Layout::contiguous(shape);
                view(&copy, layout, View)
            }
        })
    }

    /// As [`reshape`](Tensor::reshape), but never a copy.
    ///
    /// # Panics
    /// If the shape does not hold as many elements, or the strides do not allow a view.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = zeros([2, 3]);
    /// assert!(x.view([6]).shares_storage(&x));
    /// ```
    fn view | try_view(&self, shape: impl IntoShape) -> Tensor {
        let shape = shape::infer("view", self.numel(), self.shape(), &shape.into_sizes())?;
        match self.layout().reshape(&shape) {
            Some(layout) => Ok(view(self, layout, View)),
            None => Err(Error::Shape {
                op: "view",
                problem: format!(
                    "the elements of shape {:?} with strides {:?} do not lie so that {:?} is a view of them",
                    self.shape(), &self.layout().strides()[..], &shape[..]
                ),
                cure: "Use `reshape`, which copies where it must.".into(),
            }),
        }
    }

    /// The matrix transposed; vectors and 0-d tensors are returned as they are.
    ///
    /// # Panics
    /// If the tensor has more than two axes.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2, 3]).t().shape(), [3, 2]);
    /// ```
    fn t | try_t(&self) -> Tensor {
        match self.rank() {
            0 | 1 => Ok(view(self, self.layout().clone(), T)),
            2 => Ok(view(self, with_axes(self, &[1, 0]), T)),
            rank => Err(Error::Shape {
                op: "t",
                problem: format!("shape {:?} has {rank} axes, and t() transposes matrices", self.shape()),
                cure: "Use `transpose(a, b)` with the two axes to swap, such as -2 and -1.".into(),
            }),
        }
    }

    /// The tensor with two axes swapped.
    ///
    /// # Panics
    /// If it has no such axis.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2, 3, 4]).transpose(0, -1).shape(), [4, 3, 2]);
    /// ```
    fn transpose | try_transpose(&self, first: i64, second: i64) -> Tensor {
        let first = shape::axis("transpose", first, self.rank())?;
        let second = shape::axis("transpose", second, self.rank())?;
        let mut axes: Dims = (0..self.rank()).collect();
        if self.rank() > 0 {
            axes.swap(first, second);
        }
        Ok(view(self, with_axes(self, &axes), Transpose { first, second }))
    }

    /// The tensor with its axes in another order.
    ///
    /// # Panics
    /// If `axes` does not name every axis once.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2, 3, 4]).permute([2, 0, 1]).shape(), [4, 2, 3]);
    /// ```
    fn permute | try_permute(&self, axes: impl IntoShape) -> Tensor {
        let named = axes.into_sizes();
        if named.len() != self.rank() {
            return Err(Error::InvalidArgument {
                op: "permute",
                argument: "axes",
                value: format!("{:?}", named.as_slice()),
                problem: format!("shape {:?} has {} axes", self.shape(), self.rank()),
                cure: "Name every axis once, in its new order.".into(),
            });
        }
        shape::axes("permute", &named, self.rank())?;
        let order = named.iter().map(|&a| shape::axis("permute", a, self.rank())).collect::<Result<Dims>>()?;
        let layout = with_axes(self, &order);
        Ok(view(self, layout, Permute { axes: order }))
    }

    /// The tensor repeated along axes of size 1 and new leading axes, without a copy; -1 keeps a size.
    ///
    /// # Panics
    /// If an axis of another size than 1 would change.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// assert_eq!(tensor![[1.0], [2.0]].expand([-1, 2]), tensor![[1.0, 1.0], [2.0, 2.0]]);
    /// ```
    fn expand | try_expand(&self, shape: impl IntoShape) -> Tensor {
        let sizes = shape.into_sizes();
        let refuse = || Error::Shape {
            op: "expand",
            problem: format!("shape {:?} cannot be expanded to {:?}", self.shape(), sizes.as_slice()),
            cure: "Only axes of size 1 and new leading ones can be: reshape or unsqueeze the tensor first.".into(),
        };
        let lead = sizes.len().checked_sub(self.rank()).ok_or_else(refuse)?;
        let mut target = Dims::new();
        for (axis, &size) in sizes.iter().enumerate() {
            let own = axis.checked_sub(lead).map(|own| self.shape()[own]);
            target.push(match (own, size) {
                (Some(own), -1) => own,
                (Some(own), size) if size == own as i64 || (own == 1 && size >= 0) => size as usize,
                (None, size) if size >= 0 => size as usize,
                _ => return Err(refuse()),
            });
        }
        Ok(view(self, self.layout().broadcast_to(&target), Expand))
    }

    /// The tensor without one axis or several, where they are of size 1.
    ///
    /// # Panics
    /// If it has no such axis, or one is named twice.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2, 1]).squeeze_dim(-1).shape(), [2]);
    /// assert_eq!(retrograd::zeros([1, 2, 1]).squeeze_dim([0, 1]).shape(), [2, 1]);
    /// ```
    fn squeeze_dim | try_squeeze_dim(&self, axes: impl Axes) -> Tensor {
        let axes = shape::axes("squeeze", &axes.list(), self.rank())?;
        let keep: Dims = (0..self.rank()).filter(|a| !axes.contains(a) || self.shape()[*a] != 1).collect();
        Ok(view(self, with_axes(self, &keep), SqueezeDim))
    }

    /// The tensor with a new axis of size 1 before `axis`.
    ///
    /// # Panics
    /// If `axis` is out of range.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([3]).unsqueeze(0).shape(), [1, 3]);
    /// assert_eq!(retrograd::zeros([3]).unsqueeze(-1).shape(), [3, 1]);
    /// ```
    fn unsqueeze | try_unsqueeze(&self, axis: i64) -> Tensor {
        let axis = shape::axis("unsqueeze", axis, self.rank() + 1)?;
        let mut layout = self.layout().clone();
        let mut strides = layout.strides();
        let step = if axis < self.rank() { strides[axis] * layout.shape[axis] } else { 1 };
        layout.shape.insert(axis, 1);
        strides.insert(axis, step);
        Ok(view(self, Layout::strided(layout.shape, strides, layout.offset), Unsqueeze))
    }

    /// The axes from `start` to `end`, both included, as one.
    ///
    /// # Panics
    /// If it has no such axes, or they are not in order.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2, 3, 4]).flatten_dims(1, -1).shape(), [2, 12]);
    /// ```
    fn flatten_dims | try_flatten_dims(&self, start: i64, end: i64) -> Tensor {
        let (first, last) = (shape::axis("flatten", start, self.rank())?, shape::axis("flatten", end, self.rank())?);
        if first > last {
            return Err(Error::InvalidArgument {
                op: "flatten",
                argument: "start",
                value: start.to_string(),
                problem: format!("it comes after end = {end}"),
                cure: "Name the first axis, then the last.".into(),
            });
        }
        if self.rank() == 0 {
            return self.try_reshape([1]);
        }
        let own = self.shape();
        let joined = own[first..=last].iter().product();
        let sizes: Vec<usize> = [&own[..first], &[joined], &own[last + 1..]].concat();
        self.try_reshape(sizes)
    }
}

impl Tensor {
    /// The tensor without its axes of size 1.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([1, 3, 1]).squeeze().shape(), [3]);
    /// ```
    #[track_caller]
    pub fn squeeze(&self) -> Tensor {
        let keep: Dims = (0..self.rank())
            .filter(|&axis| self.shape()[axis] != 1)
            .collect();
        view(self, with_axes(self, &keep), Squeeze)
    }

    /// All elements along one axis, in row-major order.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2, 3]).flatten().shape(), [6]);
    /// ```
    #[track_caller]
    pub fn flatten(&self) -> Tensor {
        self.reshape([self.numel()])
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    vec![
        Operator::node::<View>("reshape", "Tensor::reshape Tensor::view"),
        Operator::node::<View>("flatten", "Tensor::flatten Tensor::flatten_dims"),
        Operator::node::<Squeeze>("squeeze", "Tensor::squeeze Tensor::squeeze_dim")
            .and::<SqueezeDim>(),
        Operator::node::<Unsqueeze>("unsqueeze", "Tensor::unsqueeze"),
        Operator::node::<T>("t", "Tensor::t"),
        Operator::node::<Transpose>("transpose", "Tensor::transpose"),
        Operator::node::<Permute>("permute", "Tensor::permute"),
        Operator::node::<Expand>("expand", "Tensor::expand"),
    ]
}
