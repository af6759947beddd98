//! Modules one after another.

use super::module::{Module, Visitor, VisitorMut};
use super::{Forward, fmt_module};
use crate::{Result, Tensor};
use std::any::Any;
use std::fmt;

/// What [`Sequential`] holds: a module with one input and one output.
pub trait Layer: Module + Forward + Any + Send + Sync {}

impl<L: Module + Forward + Any + Send + Sync> Layer for L {}

/// Modules that run one after another, by position or by name.
///
/// ```
/// use retrograd::nn::{Forward, Linear, Module, Sequential, Sigmoid};
/// let model = Sequential::new().add(Linear::new(30, 100)).add(Sigmoid).add_named("out", Linear::new(100, 1));
/// assert_eq!(model.forward(&retrograd::zeros([5, 30])).shape(), [5, 1]);
/// assert_eq!(model.get::<Linear>("out").unwrap().weight.shape(), [1, 100]);
/// assert_eq!(model.named_parameters()[0].0, "0.weight");
/// ```
#[derive(Default)]
pub struct Sequential {
    layers: Vec<(String, Box<dyn Layer>)>,
}

impl Sequential {
    /// An empty sequence, which returns its input.
    ///
    /// ```
    /// use retrograd::nn::{ReLU, Sequential};
    /// assert!(Sequential::new().is_empty());
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a module, named by its position.
    ///
    /// ```
    /// use retrograd::nn::{ReLU, Sequential};
    /// assert_eq!(Sequential::new().add(ReLU).to_string(), "Sequential(\n  (0): ReLU()\n)");
    /// ```
    #[expect(
        clippy::should_implement_trait,
        reason = "it appends, as PyTorch's `append`; nothing is summed"
    )]
    pub fn add(mut self, layer: impl Layer) -> Self {
        self.push(layer);
        self
    }

    /// Appends a module under a name; a module that has it already is replaced.
    ///
    /// ```
    /// use retrograd::nn::{ReLU, Sequential};
    /// assert!(Sequential::new().add_named("act", ReLU).get::<ReLU>("act").is_some());
    /// ```
    pub fn add_named(mut self, name: &str, layer: impl Layer) -> Self {
        let layer: Box<dyn Layer> = Box::new(layer);
        match self.layers.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = layer,
            None => self.layers.push((name.to_owned(), layer)),
        }
        self
    }

    /// Appends a module in place, named by its position.
    ///
    /// ```
    /// use retrograd::nn::{Linear, Sequential};
    /// let mut model = Sequential::new();
    /// for width in [8, 4, 2] {
    ///     model.push(Linear::new(width, width / 2));
    /// }
    /// assert_eq!(model.len(), 3);
    /// ```
    pub fn push(&mut self, layer: impl Layer) {
        self.layers
            .push((self.layers.len().to_string(), Box::new(layer)));
    }

    /// The module at a position or of a name, if there is one and it is of type `L`.
    ///
    /// ```
    /// use retrograd::nn::{Linear, ReLU, Sequential};
    /// let model = Sequential::new().add(Linear::new(2, 1)).add(ReLU);
    /// assert_eq!(model.get::<Linear>(0).unwrap().weight.shape(), [1, 2]);
    /// assert!(model.get::<Linear>(1).is_none());
    /// ```
    pub fn get<L: Layer>(&self, key: impl Key) -> Option<&L> {
        let at = key.find(self)?;
        let layer: &dyn Any = &*self.layers[at].1;
        layer.downcast_ref()
    }

    /// The number of modules.
    ///
    /// ```
    /// use retrograd::nn::{ReLU, Sequential};
    /// assert_eq!(Sequential::new().add(ReLU).len(), 1);
    /// ```
    pub fn len(&self) -> usize {
        self.layers.len()
    }

    /// Whether there is no module.
    ///
    /// ```
    /// use retrograd::nn::{ReLU, Sequential};
    /// assert!(!Sequential::new().add(ReLU).is_empty());
    /// ```
    pub fn is_empty(&self) -> bool {
        self.layers.is_empty()
    }
}

/// A position (`usize`) or a name (`&str`) in a [`Sequential`].
pub trait Key {
    #[doc(hidden)]
    fn find(&self, sequential: &Sequential) -> Option<usize>;
}

impl Key for usize {
    fn find(&self, sequential: &Sequential) -> Option<usize> {
        (*self < sequential.len()).then_some(*self)
    }
}

impl Key for &str {
    fn find(&self, sequential: &Sequential) -> Option<usize> {
        sequential.layers.iter().position(|(name, _)| name == self)
    }
}

impl Module for Sequential {
    fn name(&self) -> &str {
        "Sequential"
    }

    fn visit<'a>(&'a self, visitor: &mut dyn Visitor<'a>) {
        self.layers
            .iter()
            .for_each(|(name, layer)| visitor.module(name, &**layer));
    }

    fn visit_mut(&mut self, visitor: &mut dyn VisitorMut) {
        self.layers
            .iter_mut()
            .for_each(|(name, layer)| visitor.module(name, &mut **layer));
    }
}

impl Forward for Sequential {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let Some(((_, first), rest)) = self.layers.split_first() else {
            return x.clone();
        };
        rest.iter()
            .fold(first.forward(x), |x, (_, layer)| layer.forward(&x))
    }

    #[track_caller]
    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        self.layers
            .iter()
            .try_fold(x.clone(), |x, (_, layer)| layer.try_forward(&x))
    }
}

impl fmt::Display for Sequential {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_module(self, f)
    }
}
