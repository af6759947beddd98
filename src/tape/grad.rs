//! `backward` and `grad`.

use super::cx::Options;
use super::node::NodeRef;
use super::status::no_graph;
use super::sweep::{Roots, one_for, sweep};
use crate::Tensor;
use crate::error::{Error, OrPanic, Result};
use std::panic::Location;

/// One tensor or several, as [`grad`] takes them.
pub trait TensorList {
    /// Handles of the tensors.
    fn tensors(&self) -> Vec<Tensor>;
}
impl TensorList for Tensor {
    fn tensors(&self) -> Vec<Tensor> {
        vec![self.clone()]
    }
}
impl TensorList for [Tensor] {
    fn tensors(&self) -> Vec<Tensor> {
        self.to_vec()
    }
}
impl TensorList for [&Tensor] {
    fn tensors(&self) -> Vec<Tensor> {
        self.iter().copied().cloned().collect()
    }
}
impl<const N: usize> TensorList for [Tensor; N] {
    fn tensors(&self) -> Vec<Tensor> {
        self.to_vec()
    }
}
impl<const N: usize> TensorList for [&Tensor; N] {
    fn tensors(&self) -> Vec<Tensor> {
        self.as_slice().tensors()
    }
}
impl TensorList for Vec<Tensor> {
    fn tensors(&self) -> Vec<Tensor> {
        self.clone()
    }
}
impl TensorList for Vec<&Tensor> {
    fn tensors(&self) -> Vec<Tensor> {
        self.as_slice().tensors()
    }
}
impl<T: TensorList + ?Sized> TensorList for &T {
    fn tensors(&self) -> Vec<Tensor> {
        (**self).tensors()
    }
}

impl Tensor {
    /// Adds to the gradient of every leaf the derivative of this scalar by it, and frees the graph's saved
    /// values.
    ///
    /// # Panics
    /// If the tensor is no scalar, has no graph, its graph was walked before, or a value that a derivative
    /// reads was changed in place; [`try_backward`](Tensor::try_backward) returns the error.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = tensor![2.0].requires_grad_();
    /// (&x * &x * 3.0).sum().backward();
    /// assert_eq!(x.grad().unwrap(), tensor![12.0]);
    /// ```
    #[track_caller]
    pub fn backward(&self) {
        self.try_backward().or_panic();
    }

    /// As [`backward`](Tensor::backward), with the error returned.
    ///
    /// # Errors
    /// If the tensor is no scalar, has no graph, its graph was walked before, or a value that a derivative
    /// reads was changed in place.
    #[track_caller]
    pub fn try_backward(&self) -> Result<()> {
        let root = root("backward", self, None)?;
        walk(root, Location::caller(), false)
    }

    /// As [`backward`](Tensor::backward), and keeps the graph for another pass.
    ///
    /// # Panics
    /// As [`backward`](Tensor::backward).
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = tensor![2.0].requires_grad_();
    /// let y = x.pow(2).sum();
    /// y.backward_retain();
    /// y.backward();
    /// assert_eq!(x.grad().unwrap(), tensor![8.0]);
    /// ```
    #[track_caller]
    pub fn backward_retain(&self) {
        let root = root("backward", self, None).or_panic();
        walk(root, Location::caller(), true).or_panic();
    }

    /// As [`backward`](Tensor::backward), from a tensor of any shape whose own gradient is given.
    ///
    /// # Panics
    /// As [`backward`](Tensor::backward), and if the gradient's shape is not the tensor's;
    /// [`try_backward_with`](Tensor::try_backward_with) returns the error.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = tensor![2.0, 3.0].requires_grad_();
    /// x.pow(2).backward_with(&tensor![1.0, 10.0]);
    /// assert_eq!(x.grad().unwrap(), tensor![4.0, 60.0]);
    /// ```
    #[track_caller]
    pub fn backward_with(&self, gradient: &Tensor) {
        self.try_backward_with(gradient).or_panic();
    }

    /// As [`backward_with`](Tensor::backward_with), with the error returned.
    ///
    /// # Errors
    /// As [`try_backward`](Tensor::try_backward), and if the gradient's shape is not the tensor's.
    #[track_caller]
    pub fn try_backward_with(&self, gradient: &Tensor) -> Result<()> {
        let root = root("backward_with", self, Some(gradient))?;
        walk(root, Location::caller(), false)
    }
}

fn walk(root: (NodeRef, Tensor), caller: &'static Location<'static>, retain: bool) -> Result<()> {
    let options = Options {
        op: "backward",
        caller,
        retain,
        create_graph: false,
        stop_at_inputs: false,
    };
    sweep(Roots::from_buf([root]), None, options).map(drop)
}

/// An output's node and the gradient with which the walk begins there.
fn root(op: &'static str, output: &Tensor, gradient: Option<&Tensor>) -> Result<(NodeRef, Tensor)> {
    let node = output.node().ok_or_else(|| no_graph(op, output))?;
    let gradient = match gradient {
        None => one_for(op, output)?,
        Some(gradient) if gradient.shape() == output.shape() => gradient.to(output.dtype()),
        Some(gradient) => {
            return Err(Error::Shape {
                op,
                problem: format!(
                    "a gradient of shape {:?} was given for an output of shape {:?}",
                    gradient.shape(),
                    output.shape()
                ),
                cure: "The gradient has the output's shape.".into(),
            });
        }
    };
    Ok((node, gradient))
}

/// Derivatives of `outputs` by `inputs`, as `torch.autograd.grad`: nothing is added to any `.grad()`.
///
/// Set options, then [`run`](Grad::run).
///
/// ```
/// use retrograd::prelude::*;
/// let x = tensor![3.0].requires_grad_();
/// let y = x.pow(3).sum();
/// let first = grad(&y, [&x]).create_graph(true).run().remove(0);
/// let second = grad(&first.sum(), [&x]).run().remove(0);
/// assert_eq!((first.item::<f32>(), second.item::<f32>()), (27.0, 18.0));
/// ```
pub fn grad(outputs: impl TensorList, inputs: impl TensorList) -> Grad {
    Grad {
        outputs: outputs.tensors(),
        inputs: inputs.tensors(),
        grad_outputs: None,
        create_graph: false,
        retain_graph: None,
    }
}

/// The options of [`grad`].
#[must_use = "nothing is computed before `run`"]
pub struct Grad {
    outputs: Vec<Tensor>,
    inputs: Vec<Tensor>,
    grad_outputs: Option<Vec<Tensor>>,
    create_graph: bool,
    retain_graph: Option<bool>,
}

impl Grad {
    /// Whether the derivatives are recorded themselves, so that they can be differentiated again; default
    /// `false`.
    pub fn create_graph(mut self, create_graph: bool) -> Self {
        self.create_graph = create_graph;
        self
    }

    /// Whether the graph is kept for another pass; default as `create_graph`.
    pub fn retain_graph(mut self, retain_graph: bool) -> Self {
        self.retain_graph = Some(retain_graph);
        self
    }

    /// The gradients of the outputs; default 1 for each, which must then be scalars.
    pub fn grad_outputs(mut self, grad_outputs: impl TensorList) -> Self {
        self.grad_outputs = Some(grad_outputs.tensors());
        self
    }

    /// Allows inputs that the outputs do not depend on: their derivative is `None`.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let (x, unused) = (tensor![1.0].requires_grad_(), tensor![1.0].requires_grad_());
    /// let grads = grad(x.sum(), [&x, &unused]).allow_unused().run();
    /// assert!(grads[0].is_some() && grads[1].is_none());
    /// ```
    pub fn allow_unused(self) -> GradAllowUnused {
        GradAllowUnused(self)
    }

    /// The derivative by each input, in order.
    ///
    /// # Panics
    /// If an input does not require gradients or the outputs do not depend on it, and as
    /// [`Tensor::backward`]; [`try_run`](Grad::try_run) returns the error.
    #[track_caller]
    pub fn run(self) -> Vec<Tensor> {
        self.try_run().or_panic()
    }

    /// As [`run`](Grad::run), with the error returned.
    ///
    /// # Errors
    /// If an input does not require gradients or the outputs do not depend on it, and as
    /// [`Tensor::try_backward`].
    #[track_caller]
    pub fn try_run(self) -> Result<Vec<Tensor>> {
        let grads = self.gradients(Location::caller())?;
        let unused = |i: usize| Error::Tape {
            op: "grad",
            problem: format!("the outputs do not depend on the input at index {i}"),
            cure: "Leave it out, or use `.allow_unused()`, which gives `None` for it.".into(),
        };
        grads
            .into_iter()
            .enumerate()
            .map(|(i, grad)| grad.ok_or_else(|| unused(i)))
            .collect()
    }

    fn gradients(self, caller: &'static Location<'static>) -> Result<Vec<Option<Tensor>>> {
        if let Some(given) = &self.grad_outputs
            && given.len() != self.outputs.len()
        {
            return Err(Error::InvalidArgument {
                op: "grad",
                argument: "grad_outputs",
                value: format!("{} tensors", given.len()),
                problem: format!("there are {} outputs", self.outputs.len()),
                cure: "Give one gradient for each output.".into(),
            });
        }
        let gradient = |i: usize| self.grad_outputs.as_ref().map(|given| &given[i]);
        let roots = self
            .outputs
            .iter()
            .enumerate()
            .map(|(i, output)| root("grad", output, gradient(i)))
            .collect::<Result<Roots>>()?;
        let inputs = self
            .inputs
            .iter()
            .enumerate()
            .map(|(i, input)| {
                input.node().ok_or_else(|| Error::Tape {
                    op: "grad",
                    problem: format!("the input at index {i} does not require gradients"),
                    cure: "Call `requires_grad_()` on it before computing the outputs.".into(),
                })
            })
            .collect::<Result<Vec<_>>>()?;
        let retain = self.retain_graph.unwrap_or(self.create_graph);
        sweep(
            roots,
            Some(&inputs),
            Options {
                op: "grad",
                caller,
                retain,
                create_graph: self.create_graph,
                stop_at_inputs: false,
            },
        )
    }
}

/// As [`Grad`], for inputs on which the outputs may not depend.
#[must_use = "nothing is computed before `run`"]
pub struct GradAllowUnused(Grad);

impl GradAllowUnused {
    /// The derivative by each input, in order; `None` where the outputs do not depend on it.
    ///
    /// # Panics
    /// As [`Grad::run`], but for unused inputs.
    #[track_caller]
    pub fn run(self) -> Vec<Option<Tensor>> {
        self.try_run().or_panic()
    }

    /// As [`run`](GradAllowUnused::run), with the error returned.
    ///
    /// # Errors
    /// As [`Grad::try_run`], but for unused inputs.
    #[track_caller]
    pub fn try_run(self) -> Result<Vec<Option<Tensor>>> {
        self.0.gradients(Location::caller())
    }
}
