//! What every module can do, on top of showing its parts to a visitor.

use super::param::{Buffer, Param, Training};
use super::state::{LoadReport, StateDict, load};
use crate::{DType, Error, Result, Tensor};
use std::ops::Deref;

/// Looks at the parts of a module. Each method is given the part's name within its module.
pub trait Visitor<'a> {
    /// A parameter.
    fn param(&mut self, name: &str, param: &'a Param) {
        let _ = (name, param);
    }

    /// A buffer.
    fn buffer(&mut self, name: &str, buffer: &'a Buffer) {
        let _ = (name, buffer);
    }

    /// The flag that tells training from evaluation.
    fn training(&mut self, flag: &'a Training) {
        let _ = flag;
    }

    /// A child module, whose own parts are visited only if this method asks for it.
    fn module(&mut self, name: &str, module: &'a dyn Module) {
        let _ = (name, module);
    }
}

/// Looks at the parts of a module and may replace them; as [`Visitor`].
pub trait VisitorMut {
    /// A parameter.
    fn param(&mut self, name: &str, param: &mut Param) {
        let _ = (name, param);
    }

    /// A buffer.
    fn buffer(&mut self, name: &str, buffer: &mut Buffer) {
        let _ = (name, buffer);
    }

    /// A child module, whose own parts are visited only if this method asks for it.
    fn module(&mut self, name: &str, module: &mut dyn Module) {
        let _ = (name, module);
    }
}

/// A part of a network: named parameters and buffers, and other modules.
///
/// It is derived: `#[derive(Module)]` shows every field to a visitor, and everything else follows. What a module
/// computes stands in [`Forward`](super::Forward). Names are PyTorch's, as in `layers.0.weight`.
///
/// Only [`to`](Module::to) changes which tensors a module holds. All other methods take `&self`: parameters are
/// handles, and the training flag can be set through a shared reference.
///
/// ```
/// use retrograd::nn::{self, Forward, Module};
/// use retrograd::{Tensor, zeros};
///
/// #[derive(Module)]
/// struct Mlp {
///     hidden: nn::Linear,
///     out: nn::Linear,
/// }
///
/// impl Forward for Mlp {
///     fn forward(&self, x: &Tensor) -> Tensor {
///         self.out.forward(&self.hidden.forward(x).sigmoid())
///     }
/// }
///
/// let mlp = Mlp { hidden: nn::Linear::new(4, 3), out: nn::Linear::new(3, 1) };
/// assert_eq!(mlp.forward(&zeros([5, 4])).shape(), [5, 1]);
/// let names: Vec<String> = mlp.named_parameters().into_iter().map(|(name, _)| name).collect();
/// assert_eq!(names, ["hidden.weight", "hidden.bias", "out.weight", "out.bias"]);
/// println!("{mlp}");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a module",
    note = "put `#[derive(retrograd::nn::Module)]` on it"
)]
pub trait Module {
    /// The type's name, as printed.
    fn name(&self) -> &str;

    /// What is printed between the parentheses.
    fn extra_repr(&self) -> String {
        String::new()
    }

    /// Shows every parameter, buffer, flag and child to `visitor`, in the order of the fields.
    fn visit<'a>(&'a self, visitor: &mut dyn Visitor<'a>);

    /// As [`visit`](Module::visit), with parts that can be replaced.
    fn visit_mut(&mut self, visitor: &mut dyn VisitorMut);

    /// Whether this is a mere list of settings, such as a `Vec<usize>`, and so no child of a module.
    #[doc(hidden)]
    fn is_plain(&self) -> bool {
        false
    }

    /// All parameters, each once, with their names.
    ///
    /// ```
    /// use retrograd::nn::{Linear, Module};
    /// let [(name, weight), _] = &Linear::new(4, 3).named_parameters()[..] else { unreachable!() };
    /// assert_eq!((name.as_str(), weight.shape()), ("weight", &[3, 4][..]));
    /// ```
    fn named_parameters(&self) -> Vec<(String, Tensor)> {
        let mut found: Vec<(String, Tensor)> = Vec::new();
        for (name, part) in parts(self) {
            if let Part::Param(param) = part
                && !found.iter().any(|(_, other)| other.is_same(param))
            {
                found.push((name, param.deref().clone()));
            }
        }
        found
    }

    /// All parameters, each once: what an optimizer is given.
    ///
    /// ```
    /// use retrograd::nn::{Linear, Module};
    /// assert_eq!(Linear::new(4, 3).parameters().len(), 2);
    /// ```
    fn parameters(&self) -> Vec<Tensor> {
        self.named_parameters()
            .into_iter()
            .map(|(_, param)| param)
            .collect()
    }

    /// All buffers with their names: tensors that belong to the state and are not trained.
    ///
    /// ```
    /// use retrograd::nn::{Linear, Module};
    /// assert!(Linear::new(4, 3).named_buffers().is_empty());
    /// ```
    fn named_buffers(&self) -> Vec<(String, Tensor)> {
        let buffer = |(name, part)| match part {
            Part::Buffer(buffer) => Some((name, Deref::deref(buffer).clone())),
            Part::Param(_) => None,
        };
        parts(self).into_iter().filter_map(buffer).collect()
    }

    /// The modules that are fields of this one, with their names.
    ///
    /// ```
    /// use retrograd::nn::{Linear, Module, Sequential, Tanh};
    /// let model = Sequential::new().add(Linear::new(4, 3)).add(Tanh);
    /// assert_eq!(model.named_children()[1].1.name(), "Tanh");
    /// ```
    fn named_children(&self) -> Vec<(String, &dyn Module)> {
        let mut children = Children(Vec::new());
        self.visit(&mut children);
        children.0
    }

    /// The parameter of that name.
    ///
    /// ```
    /// use retrograd::nn::{Linear, Module};
    /// assert_eq!(Linear::new(4, 3).parameter("bias").unwrap().shape(), [3]);
    /// ```
    fn parameter(&self, name: &str) -> Option<Tensor> {
        parts(self)
            .into_iter()
            .find_map(|(found, part)| match part {
                Part::Param(param) if found == name => Some(param.deref().clone()),
                _ => None,
            })
    }

    /// Copies `value` into the parameter of that name, which stays the same tensor.
    ///
    /// # Errors
    /// If there is no such parameter, or its shape is another.
    ///
    /// ```
    /// use retrograd::nn::{Linear, Module};
    /// let layer = Linear::new(2, 1);
    /// layer.set_parameter("weight", &retrograd::tensor![[0.5, 1.0]])?;
    /// assert_eq!(layer.weight.to_vec::<f32>(), [0.5, 1.0]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    fn set_parameter(&self, name: &str, value: &Tensor) -> Result<()> {
        let refuse = |problem, cure| Error::InvalidArgument {
            op: "set_parameter",
            argument: "name",
            value: format!("{name:?}"),
            problem,
            cure,
        };
        let param = self.parameter(name).ok_or_else(|| {
            let names: Vec<String> = self
                .named_parameters()
                .into_iter()
                .map(|(name, _)| name)
                .collect();
            refuse(
                "there is no such parameter".into(),
                format!("Choose from {}.", names.join(", ")),
            )
        })?;
        if param.shape() != value.shape() {
            let problem = format!(
                "it has shape {:?}, the value {:?}",
                param.shape(),
                value.shape()
            );
            return Err(refuse(
                problem,
                "Give a value of the parameter's shape.".into(),
            ));
        }
        crate::no_grad(|| param.try_copy_(value))
    }

    /// Copies of all parameters and buffers, by name.
    ///
    /// ```
    /// use retrograd::nn::{Linear, Module};
    /// let state = Linear::new(4, 3).state_dict();
    /// assert_eq!(state.names(), ["weight", "bias"]);
    /// ```
    fn state_dict(&self) -> StateDict {
        let copy = |(name, part): (String, Part<'_>)| (name, part.tensor().detach().copy());
        parts(self).into_iter().map(copy).collect()
    }

    /// Copies a state into the parameters and buffers, which stay the same tensors.
    ///
    /// # Errors
    /// [`Error::StateDict`] with every name that is missing, every one that is not expected, and every other shape.
    /// Nothing is changed then.
    ///
    /// ```
    /// use retrograd::nn::{Linear, Module};
    /// let (one, other) = (Linear::new(4, 3), Linear::new(4, 3));
    /// other.load_state_dict(&one.state_dict())?;
    /// assert_eq!(*other.weight, *one.weight);
    /// let error = Linear::new(5, 3).load_state_dict(&one.state_dict()).unwrap_err();
    /// assert!(error.to_string().contains("weight has shape [3, 4], the module's has [3, 5]"));
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    fn load_state_dict(&self, state: &StateDict) -> Result<()> {
        load(self.name(), parts(self), state, true).map(|_| ())
    }

    /// Copies what both sides know, as `load_state_dict(strict=False)`, and reports the names that only one knows.
    ///
    /// # Errors
    /// [`Error::StateDict`] if a name's shape is another. Nothing is changed then.
    ///
    /// ```
    /// use retrograd::nn::{Linear, Module};
    /// let report = Linear::new(4, 3).load_state_dict_lenient(&Linear::without_bias(4, 3).state_dict())?;
    /// assert_eq!(report.missing, ["bias"]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    fn load_state_dict_lenient(&self, state: &StateDict) -> Result<LoadReport> {
        load(self.name(), parts(self), state, false)
    }

    /// Sets this module and all below it to training.
    ///
    /// ```
    /// use retrograd::nn::{Dropout, Module};
    /// let dropout = Dropout::new(0.5);
    /// dropout.eval();
    /// dropout.train();
    /// assert!(dropout.training.get());
    /// ```
    fn train(&self) {
        self.visit(&mut SetTraining(true));
    }

    /// Sets this module and all below it to evaluation.
    ///
    /// ```
    /// use retrograd::nn::{Dropout, Forward, Module};
    /// let dropout = Dropout::new(0.5);
    /// dropout.eval();
    /// let x = retrograd::ones([4]);
    /// assert_eq!(dropout.forward(&x), x);
    /// ```
    fn eval(&self) {
        self.visit(&mut SetTraining(false));
    }

    /// Forgets the gradients of all parameters.
    ///
    /// ```
    /// use retrograd::nn::{Forward, Linear, Module};
    /// let layer = Linear::new(2, 1);
    /// layer.forward(&retrograd::ones([1, 2])).sum().backward();
    /// layer.zero_grad();
    /// assert!(layer.weight.grad().is_none());
    /// ```
    fn zero_grad(&self) {
        self.parameters().iter().for_each(Tensor::zero_grad);
    }

    /// Freezes all parameters, or thaws them. They stay parameters.
    ///
    /// ```
    /// use retrograd::nn::{Linear, Module};
    /// let layer = Linear::new(2, 1);
    /// layer.requires_grad_(false);
    /// assert!(!layer.weight.requires_grad() && layer.parameters().len() == 2);
    /// ```
    fn requires_grad_(&self, requires_grad: bool) {
        self.parameters()
            .iter()
            .for_each(|p| p.set_requires_grad(requires_grad));
    }

    /// The module with all its floating-point parameters and buffers cast to `dtype`. The tensors are new ones:
    /// give an optimizer the parameters after the cast.
    ///
    /// ```
    /// use retrograd::DType::F64;
    /// use retrograd::nn::{Linear, Module};
    /// assert_eq!(Linear::new(2, 1).to(F64).weight.dtype(), F64);
    /// ```
    fn to(mut self, dtype: DType) -> Self
    where
        Self: Sized,
    {
        self.visit_mut(&mut Cast(dtype));
        self
    }
}

impl std::fmt::Display for dyn Module + '_ {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        super::fmt_module(self, f)
    }
}

/// A tensor of a module's state.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Param(&'a Param),
    Buffer(&'a Buffer),
}

impl<'a> Part<'a> {
    pub(super) fn tensor(self) -> &'a Tensor {
        match self {
            Part::Param(param) => param,
            Part::Buffer(buffer) => buffer,
        }
    }
}

/// The tensors of a module and of all below it, by full name.
pub(super) fn parts<M: Module + ?Sized>(module: &M) -> Vec<(String, Part<'_>)> {
    let mut parts = Parts {
        prefix: String::new(),
        found: Vec::new(),
    };
    module.visit(&mut parts);
    parts.found
}

struct Parts<'a> {
    prefix: String,
    found: Vec<(String, Part<'a>)>,
}

impl<'a> Visitor<'a> for Parts<'a> {
    fn param(&mut self, name: &str, param: &'a Param) {
        self.found
            .push((format!("{}{name}", self.prefix), Part::Param(param)));
    }

    fn buffer(&mut self, name: &str, buffer: &'a Buffer) {
        self.found
            .push((format!("{}{name}", self.prefix), Part::Buffer(buffer)));
    }

    fn module(&mut self, name: &str, module: &'a dyn Module) {
        let above = self.prefix.len();
        self.prefix.push_str(name);
        self.prefix.push('.');
        module.visit(self);
        self.prefix.truncate(above);
    }
}

struct Children<'a>(Vec<(String, &'a dyn Module)>);

impl<'a> Visitor<'a> for Children<'a> {
    fn module(&mut self, name: &str, module: &'a dyn Module) {
        self.0.push((name.into(), module));
    }
}

struct SetTraining(bool);

impl<'a> Visitor<'a> for SetTraining {
    fn training(&mut self, flag: &'a Training) {
        flag.set(self.0);
    }

    fn module(&mut self, _: &str, module: &'a dyn Module) {
        module.visit(self);
    }
}

struct Cast(DType);

impl VisitorMut for Cast {
    fn param(&mut self, _: &str, param: &mut Param) {
        if param.dtype() != self.0 {
            let requires_grad = param.requires_grad();
            let cast = Param::new(param.detach().to(self.0));
            cast.set_requires_grad(requires_grad);
            *param = cast;
        }
    }

    fn buffer(&mut self, _: &str, buffer: &mut Buffer) {
        if buffer.dtype().is_float() && buffer.dtype() != self.0 {
            *buffer = Buffer::new(buffer.detach().to(self.0));
        }
    }

    fn module(&mut self, _: &str, module: &mut dyn Module) {
        module.visit_mut(self);
    }
}
