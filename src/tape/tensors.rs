//! One tensor or several, as functions take and return them.

use crate::Tensor;

/// What a function of tensors takes or returns: a [`Tensor`], an array, a `Vec` or a slice of tensors, or a tuple of up
/// to four.
///
/// The functions of [`functional`](crate::functional), [`checkpoint`](super::checkpoint) and a
/// [`Function`](super::Function) of one's own are written once for all of these: a function of one tensor takes
/// `&Tensor`, one of two `&[Tensor; 2]`, and what is asked of it comes back in the same structure.
///
/// ```
/// use retrograd::{functional::jacobian, prelude::*};
/// let (a, b) = (tensor![1.0, 2.0], tensor![3.0, 4.0]);
/// let by_a = jacobian(|a| a * 2.0, &a);
/// assert_eq!(by_a, tensor![[2.0, 0.0], [0.0, 2.0]]);
/// let [by_a, by_b] = jacobian(|[a, b]| a * b, &[a, b]);
/// assert_eq!((by_a, by_b), (tensor![[3.0, 0.0], [0.0, 4.0]], tensor![[1.0, 0.0], [0.0, 2.0]]));
/// ```
pub trait Tensors {
    /// The same structure, with a `T` in the place of each tensor.
    type Of<T>;

    /// Handles of the tensors, in order.
    fn to_list(&self) -> Vec<Tensor>;

    /// Calls `f` with the tensors of a list put into this structure.
    #[doc(hidden)]
    fn with<R>(list: &[Tensor], f: impl FnOnce(&Self) -> R) -> R;

    /// Puts the items of a list into this structure.
    #[doc(hidden)]
    fn gather<T>(items: Vec<T>) -> Self::Of<T>;

    /// The items in order.
    #[doc(hidden)]
    fn items<T>(of: Self::Of<T>) -> Vec<T>;
}

const ONE_EACH: &str = "there is one item for each tensor of the structure";

impl Tensors for Tensor {
    type Of<T> = T;

    fn to_list(&self) -> Vec<Tensor> {
        vec![self.clone()]
    }
    fn with<R>(list: &[Tensor], f: impl FnOnce(&Self) -> R) -> R {
        f(&list[0])
    }
    fn gather<T>(items: Vec<T>) -> T {
        items.into_iter().next().expect(ONE_EACH)
    }
    fn items<T>(of: T) -> Vec<T> {
        vec![of]
    }
}

impl<const N: usize> Tensors for [Tensor; N] {
    type Of<T> = [T; N];

    fn to_list(&self) -> Vec<Tensor> {
        self.to_vec()
    }
    fn with<R>(list: &[Tensor], f: impl FnOnce(&Self) -> R) -> R {
        f(list.try_into().expect(ONE_EACH))
    }
    fn gather<T>(items: Vec<T>) -> [T; N] {
        items.try_into().ok().expect(ONE_EACH)
    }
    fn items<T>(of: [T; N]) -> Vec<T> {
        of.into()
    }
}

impl Tensors for [Tensor] {
    type Of<T> = Vec<T>;

    fn to_list(&self) -> Vec<Tensor> {
        self.to_vec()
    }
    fn with<R>(list: &[Tensor], f: impl FnOnce(&Self) -> R) -> R {
        f(list)
    }
    fn gather<T>(items: Vec<T>) -> Vec<T> {
        items
    }
    fn items<T>(of: Vec<T>) -> Vec<T> {
        of
    }
}

impl Tensors for Vec<Tensor> {
    type Of<T> = Vec<T>;

    fn to_list(&self) -> Vec<Tensor> {
        self.clone()
    }
    fn with<R>(list: &[Tensor], f: impl FnOnce(&Self) -> R) -> R {
        f(&list.to_vec())
    }
    fn gather<T>(items: Vec<T>) -> Vec<T> {
        items
    }
    fn items<T>(of: Vec<T>) -> Vec<T> {
        of
    }
}

macro_rules! tuple {
    ($($T:ident $at:tt),+) => {
        impl Tensors for ($(tuple!(@ $T Tensor),)+) {
            type Of<T> = ($(tuple!(@ $T T),)+);

            fn to_list(&self) -> Vec<Tensor> {
                vec![$(self.$at.clone()),+]
            }
            fn with<R>(list: &[Tensor], f: impl FnOnce(&Self) -> R) -> R {
                f(&($(list[$at].clone(),)+))
            }
            fn gather<T>(items: Vec<T>) -> Self::Of<T> {
                let mut items = items.into_iter();
                ($(tuple!(@ $T items.next().expect(ONE_EACH)),)+)
            }
            fn items<T>(of: Self::Of<T>) -> Vec<T> {
                vec![$(of.$at),+]
            }
        }
    };
    (@ $T:ident $what:ty) => { $what };
    (@ $T:ident $what:expr) => { $what };
}

tuple!(A 0);
tuple!(A 0, B 1);
tuple!(A 0, B 1, C 2);
tuple!(A 0, B 1, C 2, D 3);
