//! Functions of the user's that a backward pass calls on its way.

use super::node::{Node, NodeRef};
use super::plan::trace;
use super::status::no_graph;
use crate::Tensor;
use crate::error::{Error, OrPanic, Result};
use crate::tensor::Inner;
use crate::tensor::storage::Hold;
use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Weak};

/// Reads a gradient, and may give another in its place.
pub(crate) type GradHook = dyn Fn(&Tensor) -> Option<Tensor> + Send + Sync;
/// Reads what a node's backward got and gave, and may give other gradients in the place of the latter.
pub(crate) type NodeHook =
    dyn Fn(&[Option<Tensor>], &Tensor) -> Option<Vec<Option<Tensor>>> + Send + Sync;
/// Looks at a leaf's gradient after it was added to.
pub(crate) type LeafHook = dyn Fn(&NodeRef) + Send + Sync;

/// What few nodes have.
#[derive(Default)]
pub(crate) struct Extras {
    /// The gradient kept after `retain_grad`.
    pub(crate) retained: Option<Option<Tensor>>,
    hooks: Vec<(u64, Hook)>,
}

#[derive(Clone)]
enum Hook {
    Tensor(Arc<GradHook>),
    Before(Arc<GradHook>),
    After(Arc<NodeHook>),
    Accumulated(Arc<LeafHook>),
}

/// Whether any node of the program was ever given a hook: where none was, a pass does not look for them.
static ANY: AtomicBool = AtomicBool::new(false);
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A registered hook, to take it away again. Dropping the handle leaves the hook in place.
///
/// ```
/// use retrograd::prelude::*;
/// let x = tensor![1.0].requires_grad_();
/// let handle = x.register_hook(|grad| Some(grad * 10.0));
/// handle.remove();
/// x.sum().backward();
/// assert_eq!(x.grad().unwrap(), tensor![1.0]);
/// ```
pub struct HookHandle {
    id: u64,
    owner: Owner,
}

enum Owner {
    Node(Weak<Node>),
    Other(Box<dyn Fn(u64) + Send + Sync>),
}

impl HookHandle {
    /// A handle on a hook that somebody else keeps under its number.
    pub(crate) fn new(remove: impl Fn(u64) + Send + Sync + 'static) -> Self {
        HookHandle {
            id: NEXT.fetch_add(1, Relaxed),
            owner: Owner::Other(Box::new(remove)),
        }
    }

    pub(crate) fn id(&self) -> u64 {
        self.id
    }

    /// Takes the hook away. Nothing happens where its tensor, node or module is gone.
    pub fn remove(self) {
        match self.owner {
            Owner::Other(remove) => remove(self.id),
            Owner::Node(node) => {
                if let Some(node) = node.upgrade()
                    && let Some(extras) = node.state().extras.as_mut()
                {
                    extras.hooks.retain(|(id, _)| *id != self.id);
                }
            }
        }
    }
}

impl fmt::Debug for HookHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HookHandle").field("id", &self.id).finish()
    }
}

fn register(node: &NodeRef, hook: Hook) -> HookHandle {
    ANY.store(true, Relaxed);
    let id = NEXT.fetch_add(1, Relaxed);
    let mut state = node.state();
    state.extras.get_or_insert_default().hooks.push((id, hook));
    HookHandle {
        id,
        owner: Owner::Node(Arc::downgrade(node)),
    }
}

pub(super) fn register_before(
    node: &NodeRef,
    hook: impl Fn(&Tensor) -> Option<Tensor> + Send + Sync + 'static,
) -> HookHandle {
    register(node, Hook::Before(Arc::new(hook)))
}

pub(super) fn register_after(
    node: &NodeRef,
    hook: impl Fn(&[Option<Tensor>], &Tensor) -> Option<Vec<Option<Tensor>>> + Send + Sync + 'static,
) -> HookHandle {
    register(node, Hook::After(Arc::new(hook)))
}

impl Tensor {
    /// Calls `hook` with this tensor's gradient in each backward pass, before it goes on or is accumulated. What it
    /// returns takes the gradient's place; with `None` the gradient stays. Hooks run in the order of their
    /// registration, each on what the one before left.
    ///
    /// A gradient that the pass sums up from several uses is shown once, as the sum.
    ///
    /// # Panics
    /// If the tensor does not require gradients. In a pass: an error if a hook returns another shape or type.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = tensor![1.0, 2.0].requires_grad_();
    /// let y = &x * 3.0;
    /// y.register_hook(|grad| Some(grad.clamp(-1.0, 1.0)));
    /// (y * 100.0).sum().backward();
    /// assert_eq!(x.grad().unwrap(), tensor![3.0, 3.0]);
    /// ```
    #[track_caller]
    pub fn register_hook(
        &self,
        hook: impl Fn(&Tensor) -> Option<Tensor> + Send + Sync + 'static,
    ) -> HookHandle {
        let node = self.node().ok_or_else(|| no_graph("register_hook", self));
        register(&node.or_panic(), Hook::Tensor(Arc::new(hook)))
    }

    /// Calls `hook` with this leaf each time that a backward pass has added to its gradient, for example to take an
    /// optimizer's step at once and free the gradient.
    ///
    /// # Panics
    /// If the tensor is not a leaf that requires gradients.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let w = tensor![1.0].requires_grad_();
    /// w.register_post_accumulate_grad_hook(|w| {
    ///     w.sub_(w.grad().unwrap() * 0.1);
    ///     w.zero_grad();
    /// });
    /// (&w * 5.0).sum().backward();
    /// assert_eq!(w.detach(), tensor![0.5]);
    /// ```
    #[track_caller]
    pub fn register_post_accumulate_grad_hook(
        &self,
        hook: impl Fn(&Tensor) + Send + Sync + 'static,
    ) -> HookHandle {
        let op = "register_post_accumulate_grad_hook";
        let node = self.node().ok_or_else(|| no_graph(op, self)).or_panic();
        if !node.is_leaf() {
            let refused: Result<()> = Err(Error::Tape {
                op,
                problem: "the tensor was computed, and gradients are accumulated in leaves".into(),
                cure: "Use `register_hook` to see the gradient of a computed tensor.".into(),
            });
            refused.or_panic();
        }
        // The tensor owns the node, which must not own the tensor: the hook is given a handle made on the way.
        let (layout, dtype, storage) =
            (self.layout().clone(), self.dtype(), self.storage().clone());
        let hook = move |leaf: &NodeRef| {
            let mut own = Inner::on(layout.clone(), dtype, Hold::Shared(storage.clone()));
            own.set_node_mut(leaf.clone());
            hook(&own.untracked());
        };
        register(&node, Hook::Accumulated(Arc::new(hook)))
    }
}

fn hooks<H>(node: &NodeRef, of: impl Fn(&Hook) -> Option<&H>) -> Vec<H>
where
    H: Clone,
{
    let state = node.state();
    let Some(extras) = &state.extras else {
        return Vec::new();
    };
    // Called without the lock: a hook may look at its own tensor.
    let hooks: Vec<H> = extras
        .hooks
        .iter()
        .filter_map(|(_, hook)| of(hook))
        .cloned()
        .collect();
    if trace::tracing() && !hooks.is_empty() {
        trace::refuse("runs a hook");
    }
    hooks
}

/// The gradient of the tensor behind `node`, after the tensor's hooks.
#[inline]
pub(super) fn on_tensor(node: &NodeRef, grad: Tensor) -> Result<Tensor> {
    if !ANY.load(Relaxed) {
        return Ok(grad);
    }
    change(
        node,
        grad,
        &hooks(node, |hook| match hook {
            Hook::Tensor(hook) => Some(hook),
            _ => None,
        }),
    )
}

/// The gradient with which a node's backward begins, after the node's hooks.
#[inline]
pub(super) fn before(node: &NodeRef, grad: Tensor) -> Result<Tensor> {
    if !ANY.load(Relaxed) {
        return Ok(grad);
    }
    change(
        node,
        grad,
        &hooks(node, |hook| match hook {
            Hook::Before(hook) => Some(hook),
            _ => None,
        }),
    )
}

#[cold]
fn change(node: &NodeRef, mut grad: Tensor, hooks: &[Arc<GradHook>]) -> Result<Tensor> {
    for hook in hooks {
        if let Some(other) = hook(&grad) {
            grad = same_kind(node, other, grad.shape(), &grad)?;
        }
    }
    Ok(grad)
}

fn same_kind(node: &NodeRef, given: Tensor, shape: &[usize], like: &Tensor) -> Result<Tensor> {
    if given.shape() == shape && given.dtype() == like.dtype() {
        return Ok(given);
    }
    Err(Error::Tape {
        op: "register_hook",
        problem: format!(
            "a hook on {} returned a gradient of shape {:?} and type {} in the place of one of shape {shape:?} and \
             type {}",
            node.name(),
            given.shape(),
            given.dtype(),
            like.dtype()
        ),
        cure: "A hook keeps the gradient's shape and type; it returns `None` to leave it as it is."
            .into(),
    })
}

/// What a node's backward gave, after the node's hooks.
#[cold]
pub(super) fn after(node: &NodeRef, grad: &Tensor, given: &mut [Option<Tensor>]) -> Result<()> {
    let hooks = hooks(node, |hook| match hook {
        Hook::After(hook) => Some(hook),
        _ => None,
    });
    for hook in hooks {
        let Some(others) = hook(given, grad) else {
            continue;
        };
        if others.len() != given.len() {
            return Err(Error::Tape {
                op: "register_hook",
                problem: format!(
                    "a hook on {} returned {} gradients for {} inputs",
                    node.name(),
                    others.len(),
                    given.len()
                ),
                cure: "It returns one for each input, `None` where there is none.".into(),
            });
        }
        for (given, other) in given.iter_mut().zip(others) {
            *given = match (given.take(), other) {
                (Some(old), Some(new)) => {
                    let shape = old.shape().to_vec();
                    Some(same_kind(node, new, &shape, &old)?)
                }
                (_, other) => other,
            };
        }
    }
    Ok(())
}

/// Tells a leaf's hooks that its gradient has grown.
#[inline]
pub(super) fn accumulated(node: &NodeRef) {
    if ANY.load(Relaxed) {
        let hooks = hooks(node, |hook| match hook {
            Hook::Accumulated(hook) => Some(hook),
            _ => None,
        });
        hooks.iter().for_each(|hook| hook(node));
    }
}

/// Whether a node may have hooks.
#[inline]
pub(super) fn any() -> bool {
    ANY.load(Relaxed)
}
