//! From items to a batch.

use crate::{Result, Tensor};

/// An item of which several make a batch: tensors are stacked, numbers become a tensor, tuples go part by part,
/// texts become a list.
///
/// ```
/// use retrograd::data::Collate;
/// let (x, names) = Collate::collate(vec![(1.5f32, "a".to_owned()), (2.5, "b".to_owned())])?;
/// assert_eq!(x, retrograd::tensor![1.5, 2.5]);
/// assert_eq!(names, ["a", "b"]);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "items of type `{Self}` do not make a batch",
    note = "implement `retrograd::data::Collate` for it, or let the data set give tensors, numbers or tuples of them"
)]
pub trait Collate: Sized {
    /// The batch.
    type Batch;

    /// Makes one batch of all items.
    ///
    /// # Errors
    /// If they do not fit together.
    fn collate(items: Vec<Self>) -> Result<Self::Batch>;
}

impl Collate for Tensor {
    type Batch = Tensor;

    fn collate(items: Vec<Self>) -> Result<Tensor> {
        crate::try_stack(&items, 0)
    }
}

macro_rules! numbers {
    ($($T:ty),*) => { $(
        impl Collate for $T {
            type Batch = Tensor;

            fn collate(items: Vec<Self>) -> Result<Tensor> {
                Ok(Tensor::from(items))
            }
        }
    )* };
}

numbers!(f32, f64, i64, bool);

impl Collate for usize {
    type Batch = Tensor;

    fn collate(items: Vec<Self>) -> Result<Tensor> {
        Ok(items.into_iter().map(|i| i as i64).collect())
    }
}

impl Collate for String {
    type Batch = Vec<String>;

    fn collate(items: Vec<Self>) -> Result<Vec<String>> {
        Ok(items)
    }
}

macro_rules! tuple {
    ($($T:ident $part:ident $item:ident),*) => {
        impl<$($T: Collate),*> Collate for ($($T,)*) {
            type Batch = ($($T::Batch,)*);

            fn collate(items: Vec<Self>) -> Result<Self::Batch> {
                $(let mut $part = Vec::with_capacity(items.len());)*
                for item in items {
                    let ($($item,)*) = item;
                    $($part.push($item);)*
                }
                Ok(($($T::collate($part)?,)*))
            }
        }
    };
}

tuple!(A a a1);
tuple!(A a a1, B b b1);
tuple!(A a a1, B b b1, C c c1);
tuple!(A a a1, B b b1, C c c1, D d d1);
