//! What a step may return.

use crate::Tensor;

/// What a step of a [`Plan`](super::Plan) returns: a tensor, an array or a tuple of up to four, or nothing.
pub trait StepOutput: Sized {
    /// The same structure with each tensor replaced, in order.
    #[doc(hidden)]
    fn map(self, f: &mut dyn FnMut(Tensor) -> Tensor) -> Self;

    /// The structure filled with tensors, in order.
    #[doc(hidden)]
    fn take(next: &mut dyn FnMut() -> Tensor) -> Self;
}

impl StepOutput for Tensor {
    fn map(self, f: &mut dyn FnMut(Tensor) -> Tensor) -> Self {
        f(self)
    }
    fn take(next: &mut dyn FnMut() -> Tensor) -> Self {
        next()
    }
}

impl<const M: usize> StepOutput for [Tensor; M] {
    fn map(self, f: &mut dyn FnMut(Tensor) -> Tensor) -> Self {
        self.map(f)
    }
    fn take(next: &mut dyn FnMut() -> Tensor) -> Self {
        std::array::from_fn(|_| next())
    }
}

impl StepOutput for () {
    fn map(self, _: &mut dyn FnMut(Tensor) -> Tensor) {}
    fn take(_: &mut dyn FnMut() -> Tensor) {}
}

macro_rules! tuple {
    ($($name:ident)*) => {
        impl StepOutput for ($(tuple!(@ $name),)*) {
            fn map(self, f: &mut dyn FnMut(Tensor) -> Tensor) -> Self {
                let ($($name,)*) = self;
                ($(f($name),)*)
            }
            fn take(next: &mut dyn FnMut() -> Tensor) -> Self {
                ($({ let $name = next(); $name },)*)
            }
        }
    };
    (@ $name:ident) => { Tensor };
}
tuple!(a b);
tuple!(a b c);
tuple!(a b c d);
