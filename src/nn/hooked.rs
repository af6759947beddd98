//! Hooks around a module's forward.

use super::module::{Module, Visitor, VisitorMut};
use super::{Forward, fmt_module};
use crate::tape::HookHandle;
use crate::{Result, Tensor};
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Mutex, PoisonError};

/// A module with hooks around its forward. It takes the module's place: its name, parts, names of parameters and printed
/// form are the module's own, to which it dereferences.
///
/// A module of the crate is plain data whose `forward` is its own, so that it costs nothing to be able to have hooks; a
/// part of a network that is to be looked at is wrapped. It is shared by a handle on the hooks, so `&self` suffices, and
/// goes into a [`Sequential`](super::Sequential) as any layer.
///
/// ```
/// use retrograd::nn::{Forward, Hooked, Linear, Sequential, Tanh};
/// use std::sync::{Arc, Mutex};
/// let hidden = Hooked::new(Linear::new(4, 3));
/// let seen = Arc::new(Mutex::new(None));
/// let features = seen.clone();
/// hidden.register_forward_hook(move |_, output| {
///     *features.lock().unwrap() = Some(output.detach());
///     None
/// });
/// let model = Sequential::new().add(hidden).add(Tanh);
/// model.forward(&retrograd::zeros([5, 4]));
/// assert_eq!(seen.lock().unwrap().as_ref().unwrap().shape(), [5, 3]);
/// assert_eq!(model.get::<Hooked<Linear>>(0).unwrap().weight.shape(), [3, 4]);
/// ```
pub struct Hooked<M> {
    module: M,
    before: Hooks<PreHook>,
    after: Hooks<ForwardHook>,
}

type PreHook = dyn Fn(&Tensor) -> Option<Tensor> + Send + Sync;
type ForwardHook = dyn Fn(&Tensor, &Tensor) -> Option<Tensor> + Send + Sync;

/// Hooks in the order of registration, under their numbers.
struct Hooks<H: ?Sized>(Arc<Mutex<Numbered<H>>>);

type Numbered<H> = Vec<(u64, Arc<H>)>;

impl<H: ?Sized> Hooks<H> {
    fn new() -> Self {
        Hooks(Arc::new(Mutex::new(Vec::new())))
    }

    fn all(&self) -> Vec<Arc<H>> {
        let hooks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hooks.iter().map(|(_, hook)| hook.clone()).collect()
    }
}

impl<H: ?Sized + Send + Sync + 'static> Hooks<H> {
    fn register(&self, hook: Arc<H>) -> HookHandle {
        let hooks = Arc::downgrade(&self.0);
        let handle = HookHandle::new(move |id| {
            if let Some(hooks) = hooks.upgrade() {
                let mut hooks = hooks.lock().unwrap_or_else(PoisonError::into_inner);
                hooks.retain(|(own, _)| *own != id);
            }
        });
        let mut hooks = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        hooks.push((handle.id(), hook));
        handle
    }
}

impl<M> Hooked<M> {
    /// The module, without hooks yet.
    ///
    /// ```
    /// use retrograd::nn::{Hooked, Linear};
    /// assert_eq!(Hooked::new(Linear::new(4, 3)).in_features(), 4);
    /// ```
    pub fn new(module: M) -> Self {
        Hooked {
            module,
            before: Hooks::new(),
            after: Hooks::new(),
        }
    }

    /// The module without its hooks.
    ///
    /// ```
    /// use retrograd::nn::{Hooked, Linear};
    /// let layer: Linear = Hooked::new(Linear::new(4, 3)).into_inner();
    /// ```
    pub fn into_inner(self) -> M {
        self.module
    }

    /// Calls `hook` with the input before each forward; what it returns is used instead. Hooks run in the order of
    /// their registration, each on what the one before left.
    ///
    /// ```
    /// use retrograd::nn::{Forward, Hooked, Identity};
    /// let module = Hooked::new(Identity);
    /// let handle = module.register_forward_pre_hook(|input| Some(input * 2.0));
    /// assert_eq!(module.forward(&retrograd::tensor![1.0]), retrograd::tensor![2.0]);
    /// handle.remove();
    /// assert_eq!(module.forward(&retrograd::tensor![1.0]), retrograd::tensor![1.0]);
    /// ```
    pub fn register_forward_pre_hook(
        &self,
        hook: impl Fn(&Tensor) -> Option<Tensor> + Send + Sync + 'static,
    ) -> HookHandle {
        self.before.register(Arc::new(hook))
    }

    /// Calls `hook` with the input and the output after each forward; what it returns takes the output's place. For
    /// gradients, register a [hook](Tensor::register_hook) on the output here.
    ///
    /// ```
    /// use retrograd::nn::{Forward, Hooked, Identity};
    /// let module = Hooked::new(Identity);
    /// module.register_forward_hook(|input, output| Some(input + output));
    /// assert_eq!(module.forward(&retrograd::tensor![1.0]), retrograd::tensor![2.0]);
    /// ```
    pub fn register_forward_hook(
        &self,
        hook: impl Fn(&Tensor, &Tensor) -> Option<Tensor> + Send + Sync + 'static,
    ) -> HookHandle {
        self.after.register(Arc::new(hook))
    }

    fn enter(&self, x: &Tensor) -> Tensor {
        let hooks = self.before.all();
        hooks
            .iter()
            .fold(x.clone(), |x, hook| hook(&x).unwrap_or(x))
    }

    fn leave(&self, x: &Tensor, y: Tensor) -> Tensor {
        let hooks = self.after.all();
        hooks.iter().fold(y, |y, hook| hook(x, &y).unwrap_or(y))
    }
}

impl<M: Forward> Forward for Hooked<M> {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        let x = self.enter(x);
        let y = self.module.forward(&x);
        self.leave(&x, y)
    }

    #[track_caller]
    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        let x = self.enter(x);
        let y = self.module.try_forward(&x)?;
        Ok(self.leave(&x, y))
    }
}

impl<M: Module> Module for Hooked<M> {
    fn name(&self) -> &str {
        self.module.name()
    }

    fn extra_repr(&self) -> String {
        self.module.extra_repr()
    }

    fn is_plain(&self) -> bool {
        self.module.is_plain()
    }

    fn visit<'a>(&'a self, visitor: &mut dyn Visitor<'a>) {
        self.module.visit(visitor);
    }

    fn visit_mut(&mut self, visitor: &mut dyn VisitorMut) {
        self.module.visit_mut(visitor);
    }
}

impl<M> Deref for Hooked<M> {
    type Target = M;
    fn deref(&self) -> &M {
        &self.module
    }
}

impl<M> DerefMut for Hooked<M> {
    fn deref_mut(&mut self) -> &mut M {
        &mut self.module
    }
}

impl<M: Module> fmt::Display for Hooked<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt_module(self, f)
    }
}

impl<M: fmt::Debug> fmt::Debug for Hooked<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Hooked").field(&self.module).finish()
    }
}
