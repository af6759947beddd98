//! What a loader reads: items by position.

use super::collate::Collate;
use crate::error::OrPanic;
use crate::{Error, Result, Tensor};
use std::sync::Arc;

/// Items by position.
///
/// ```
/// use retrograd::data::{DataLoader, Dataset};
/// use retrograd::{Result, Tensor, tensor};
///
/// struct Squares;
///
/// impl Dataset for Squares {
///     type Item = (Tensor, f32);
///     fn len(&self) -> usize {
///         10
///     }
///     fn get(&self, i: usize) -> Result<Self::Item> {
///         Ok((tensor![i as f32], (i * i) as f32))
///     }
/// }
///
/// let (x, y) = DataLoader::new(Squares).batch_size(4).iter().next().unwrap()?;
/// assert_eq!((x.shape(), y.to_vec::<f32>()), (&[4, 1][..], vec![0.0, 1.0, 4.0, 9.0]));
/// # Ok::<(), retrograd::Error>(())
/// ```
pub trait Dataset {
    /// What stands at one position.
    type Item;

    /// The number of items.
    fn len(&self) -> usize;

    /// The item at position `i`.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    fn get(&self, i: usize) -> Result<Self::Item>;

    /// Whether there is no item.
    fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The items at `positions` as one batch; by default each is got and then all are collated. Worth writing where a
    /// batch can be had in one go.
    ///
    /// # Errors
    /// As [`get`](Dataset::get), and if the items do not fit into one batch.
    fn get_batch(&self, positions: &[usize]) -> Result<<Self::Item as Collate>::Batch>
    where
        Self::Item: Collate,
    {
        let items = positions
            .iter()
            .map(|&i| self.get(i))
            .collect::<Result<Vec<_>>>()?;
        Self::Item::collate(items)
    }
}

pub(super) fn no_item(op: &'static str, i: usize, len: usize) -> Error {
    Error::InvalidArgument {
        op,
        argument: "position",
        value: i.to_string(),
        problem: format!("there are {len} items"),
        cure: match len {
            0 => "Give a data set with items.".into(),
            _ => format!("Give a position from 0 to {}.", len - 1),
        },
    }
}

/// The rows of `tensor` at `positions`.
pub(crate) fn rows(tensor: &Tensor, positions: &[usize]) -> Result<Tensor> {
    let positions: Tensor = positions.iter().map(|&i| i as i64).collect();
    tensor.try_index_select(0, &positions)
}

impl<D: Dataset + ?Sized> Dataset for Arc<D> {
    type Item = D::Item;

    fn len(&self) -> usize {
        (**self).len()
    }

    fn get(&self, i: usize) -> Result<D::Item> {
        (**self).get(i)
    }

    fn get_batch(&self, positions: &[usize]) -> Result<<D::Item as Collate>::Batch>
    where
        D::Item: Collate,
    {
        (**self).get_batch(positions)
    }
}

/// The rows of one tensor, or of several of equal length in a tuple. A batch is gathered in one go.
///
/// ```
/// use retrograd::data::{Dataset, TensorDataset};
/// use retrograd::tensor;
/// let data = TensorDataset::new((tensor![[1.0, 2.0], [3.0, 4.0]], tensor![0, 1]));
/// let (x, y) = data.get(1)?;
/// assert_eq!((x.to_vec::<f32>(), y.item::<i64>()), (vec![3.0, 4.0], 1));
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct TensorDataset<T = (Tensor, Tensor)> {
    tensors: T,
    len: usize,
}

impl<T: Tensors> TensorDataset<T> {
    /// The rows of these tensors.
    ///
    /// # Panics
    /// If their first sizes differ, or one has no axis; [`try_new`](Self::try_new) returns the error.
    ///
    /// ```
    /// use retrograd::data::{Dataset, TensorDataset};
    /// assert_eq!(TensorDataset::new(retrograd::zeros([5, 2])).len(), 5);
    /// ```
    #[track_caller]
    pub fn new(tensors: T) -> Self {
        Self::try_new(tensors).or_panic()
    }

    /// As [`new`](Self::new), with the error returned.
    ///
    /// # Errors
    /// If their first sizes differ, or one has no axis.
    ///
    /// ```
    /// use retrograd::{data::TensorDataset, zeros};
    /// assert!(TensorDataset::try_new((zeros([5, 2]), zeros([4]))).is_err());
    /// ```
    pub fn try_new(tensors: T) -> Result<Self> {
        let mut shapes = Vec::new();
        tensors.each(&mut |tensor| shapes.push(tensor.shape().to_vec()));
        let mut lengths = shapes.iter().map(|shape| shape.first());
        let first = lengths.next().flatten().copied();
        match first {
            Some(len) if lengths.all(|l| l == Some(&len)) => Ok(TensorDataset { tensors, len }),
            _ => Err(Error::Shape {
                op: "TensorDataset",
                problem: format!(
                    "tensors of shapes {shapes:?} do not have the same number of rows"
                ),
                cure: "Give tensors whose first sizes are equal.".into(),
            }),
        }
    }

    /// The tensors themselves.
    ///
    /// ```
    /// use retrograd::{data::TensorDataset, zeros};
    /// let data = TensorDataset::new((zeros([5, 2]), zeros([5])));
    /// assert_eq!(data.tensors().0.shape(), [5, 2]);
    /// ```
    pub fn tensors(&self) -> &T {
        &self.tensors
    }
}

impl<T: Tensors> Dataset for TensorDataset<T>
where
    T: Collate<Batch = T>,
{
    type Item = T;

    fn len(&self) -> usize {
        self.len
    }

    fn get(&self, i: usize) -> Result<T> {
        if i >= self.len {
            return Err(no_item("TensorDataset::get", i, self.len));
        }
        self.tensors
            .map(&mut |tensor| tensor.try_select(0, i as i64))
    }

    fn get_batch(&self, positions: &[usize]) -> Result<T> {
        self.tensors.map(&mut |tensor| rows(tensor, positions))
    }
}

/// A tensor or a tuple of tensors.
pub trait Tensors: Sized {
    #[doc(hidden)]
    fn each(&self, look: &mut dyn FnMut(&Tensor));
    #[doc(hidden)]
    fn map(&self, change: &mut dyn FnMut(&Tensor) -> Result<Tensor>) -> Result<Self>;
}

impl Tensors for Tensor {
    fn each(&self, look: &mut dyn FnMut(&Tensor)) {
        look(self);
    }

    fn map(&self, change: &mut dyn FnMut(&Tensor) -> Result<Tensor>) -> Result<Self> {
        change(self)
    }
}

macro_rules! tuple {
    ($($at:tt $T:ident),*) => {
        impl<$($T: Tensors),*> Tensors for ($($T,)*) {
            fn each(&self, look: &mut dyn FnMut(&Tensor)) {
                $(self.$at.each(look);)*
            }

            fn map(&self, change: &mut dyn FnMut(&Tensor) -> Result<Tensor>) -> Result<Self> {
                Ok(($(self.$at.map(change)?,)*))
            }
        }
    };
}

tuple!(0 A);
tuple!(0 A, 1 B);
tuple!(0 A, 1 B, 2 C);
tuple!(0 A, 1 B, 2 C, 3 D);
