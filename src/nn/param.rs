//! What a module holds besides other modules: parameters, buffers and the training flag.

use crate::Tensor;
use std::fmt;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};

/// A tensor that is trained: a leaf that requires gradients. It dereferences to its [`Tensor`].
///
/// Freezing it by `set_requires_grad(false)` leaves it a parameter.
///
/// ```
/// use retrograd::nn::Param;
/// let weight = Param::new(retrograd::zeros([3, 4]));
/// assert!(weight.requires_grad() && weight.shape() == [3, 4]);
/// assert!(weight.to_string().starts_with("Parameter containing:\ntensor([["));
/// ```
pub struct Param(Tensor);

impl Param {
    /// A parameter with the values of `tensor`, outside of the graph that computed them.
    ///
    /// # Panics
    /// If the tensor is not of floating point.
    ///
    /// ```
    /// let scale = retrograd::nn::Param::new(retrograd::ones([3]));
    /// assert!(scale.is_leaf());
    /// ```
    #[track_caller]
    pub fn new(tensor: Tensor) -> Self {
        let leaf = if tensor.requires_grad() && !tensor.is_leaf() {
            tensor.detach()
        } else {
            tensor
        };
        leaf.requires_grad_();
        Param(leaf)
    }
}

impl fmt::Display for Param {
    /// As PyTorch prints an `nn.Parameter`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parameter containing:\n{}", self.0)
    }
}

/// A tensor that belongs to a module's state and is not trained, such as a running mean.
/// It dereferences to its [`Tensor`].
///
/// ```
/// use retrograd::nn::{Buffer, Module};
/// #[derive(Module)]
/// struct Scale { factor: Buffer }
/// let scale = Scale { factor: Buffer::new(retrograd::ones([3])) };
/// assert_eq!(scale.state_dict().names(), ["factor"]);
/// assert!(scale.parameters().is_empty());
/// ```
pub struct Buffer(Tensor);

impl Buffer {
    /// A buffer of this very tensor.
    ///
    /// ```
    /// assert_eq!(retrograd::nn::Buffer::new(retrograd::zeros([3])).numel(), 3);
    /// ```
    pub fn new(tensor: Tensor) -> Self {
        Buffer(tensor)
    }
}

macro_rules! holds_a_tensor {
    ($($T:ident),*) => { $(
        impl Deref for $T {
            type Target = Tensor;
            fn deref(&self) -> &Tensor {
                &self.0
            }
        }

        impl fmt::Debug for $T {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($T)).field(&self.0).finish()
            }
        }
    )* };
}

holds_a_tensor!(Param, Buffer);

/// Whether a module is being trained, which is what it starts with; `train()` and `eval()` set it.
///
/// ```
/// use retrograd::nn::{Module, Training};
/// #[derive(Module)]
/// struct Noise { training: Training }
/// let noise = Noise { training: Training::new() };
/// noise.eval();
/// assert!(!noise.training.get());
/// ```
#[derive(Debug)]
pub struct Training(AtomicBool);

impl Default for Training {
    fn default() -> Self {
        Self::new()
    }
}

impl Training {
    /// A flag that says "training".
    ///
    /// ```
    /// assert!(retrograd::nn::Training::new().get());
    /// ```
    pub fn new() -> Self {
        Training(AtomicBool::new(true))
    }

    /// Whether the module is being trained.
    ///
    /// ```
    /// assert!(retrograd::nn::Training::default().get());
    /// ```
    pub fn get(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Sets the flag of this one module.
    ///
    /// ```
    /// let flag = retrograd::nn::Training::new();
    /// flag.set(false);
    /// assert!(!flag.get());
    /// ```
    pub fn set(&self, training: bool) {
        self.0.store(training, Ordering::Relaxed);
    }
}
