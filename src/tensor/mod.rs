//! The tensor: a handle on values, their layout and their place on the tape.

mod convert;
pub(crate) mod create;
mod index;
mod inplace;
mod operand;
mod operators;
mod place;
mod print;
mod random;
pub(crate) mod storage;

pub use convert::IntoTensor;
pub use create::{arange, empty, eye, full, linspace, ones, ones_dtype, zeros, zeros_dtype};
pub use index::{Ellipsis, Index, IntoIndex, NewAxis, step};
pub(crate) use operand::sealed::Sealed as SealedOperand;
pub(crate) use operand::{Arg, Number, result_dtype};
pub use operand::{Operand, Scalar};
pub use random::{rand, randint, randn, randperm};

use crate::DType;
use crate::dtype::Element;
use crate::error::{Error, Result};
use crate::kernels::strided;
use crate::shape::{Dims, Layout};
use crate::tape::node::NodeRef;
use crate::tape::trace;
use place::Place;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use storage::{Buffer, Data, Hold, INLINE, Storage};
use triomphe::{Arc, UniqueArc};

/// An n-dimensional array that records on the tape what is done to it.
///
/// Rank, shape and element type are run-time values. `clone()` gives another handle of the same tensor,
/// as assignment does in Python; [`copy`](Tensor::copy) is PyTorch's `clone()`.
///
/// ```
/// use retrograd::prelude::*;
/// let x = tensor![[1.0, 2.0], [3.0, 4.0]].requires_grad_();
/// let y = (&x * &x).sum();
/// y.backward();
/// assert_eq!(x.grad().unwrap(), tensor![[2.0, 4.0], [6.0, 8.0]]);
/// ```
#[derive(Clone)]
pub struct Tensor(pub(crate) Arc<Body>);

/// Why a tensor stands outside of any graph though it was computed from one inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    NoGrad(&'static Location<'static>),
    Detached(&'static Location<'static>),
    /// It was declared to have no gradient by an operation of the user's.
    NotDifferentiable(&'static Location<'static>),
}

/// A tensor that nobody else has seen yet: it stands where it will stay, so that handing it on copies one word.
pub(crate) struct Inner(UniqueArc<Body>);

/// What the handles of one tensor share.
pub(crate) struct Body {
    pub(crate) layout: Layout,
    pub(crate) dtype: DType,
    pub(crate) hold: Hold,
    pub(crate) origin: Option<Origin>,
    place: Place,
}

impl Inner {
    /// A tensor of its own storage, row-major, outside of the tape.
    #[inline(always)]
    pub(crate) fn new(shape: Dims, buffer: impl Into<Buffer>) -> Self {
        let buffer = buffer.into();
        let dtype = buffer.dtype();
        let inner = Self::on(Layout::contiguous(shape), dtype, Hold::new(buffer));
        if trace::tracing() {
            trace::fresh(&inner);
        }
        inner
    }

    /// A row-major tensor of few elements, outside of the tape, which `fill` sets where they stay.
    #[inline(always)]
    pub(crate) fn few<T: Element>(shape: Dims, len: usize, fill: impl FnOnce(&mut [T])) -> Self {
        let mut inner = Self::new(shape, Data::<T>::blank(len));
        if let Hold::Own(buffer, _) = &mut inner.hold
            && let Some(data) = T::data_mut(buffer)
        {
            fill(data.make_mut());
        }
        inner
    }

    /// A tensor that reads another one's storage through its own layout.
    pub(crate) fn view(of: &Tensor, layout: Layout) -> Self {
        Self::on(layout, of.dtype(), Hold::view(of.storage().clone()))
    }

    #[inline(always)]
    pub(crate) fn on(layout: Layout, dtype: DType, hold: Hold) -> Self {
        Inner(UniqueArc::new(Body {
            layout,
            dtype,
            hold,
            origin: None,
            place: Place::default(),
        }))
    }

    #[inline]
    pub(crate) fn untracked(self) -> Tensor {
        Tensor(self.0.shareable())
    }
}

impl Deref for Inner {
    type Target = Body;
    #[inline]
    fn deref(&self) -> &Body {
        &self.0
    }
}

impl DerefMut for Inner {
    #[inline]
    fn deref_mut(&mut self) -> &mut Body {
        &mut self.0
    }
}

impl Body {
    #[inline]
    pub(crate) fn set_node_mut(&mut self, node: NodeRef) {
        self.place = Place::made(node);
    }

    pub(crate) fn leave_graph(&mut self) {
        self.place = Place::default();
    }

    /// The node, of which the tensor leaves the graph.
    pub(crate) fn take_node(&mut self) -> Option<NodeRef> {
        std::mem::take(&mut self.place).into_node()
    }
}

impl Tensor {
    #[inline]
    pub(crate) fn from_data<T: Element>(shape: Dims, data: Data<T>) -> Tensor {
        Inner::new(shape, data).untracked()
    }

    /// What is behind a tensor that nobody else has seen yet.
    pub(crate) fn into_inner(self) -> Inner {
        Inner(Arc::into_unique(self.0).expect("nobody else has seen the tensor"))
    }

    /// The sizes of the axes.
    ///
    /// ```
    /// assert_eq!(retrograd::tensor![[1.0, 2.0, 3.0]].shape(), [1, 3]);
    /// ```
    #[inline]
    pub fn shape(&self) -> &[usize] {
        &self.0.layout.shape
    }

    /// The size of one axis; a negative one counts from the end.
    ///
    /// # Panics
    /// If the tensor has no such axis.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2, 3]).size(-1), 3);
    /// ```
    #[track_caller]
    pub fn size(&self, axis: i64) -> usize {
        use crate::error::OrPanic;
        let refused = Error::Axis {
            op: "size",
            axis,
            rank: self.rank(),
        };
        if self.rank() == 0 {
            Err(refused).or_panic()
        } else {
            self.shape()[crate::shape::axis("size", axis, self.rank()).or_panic()]
        }
    }

    /// The number of axes.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2, 3]).rank(), 2);
    /// ```
    #[inline]
    pub fn rank(&self) -> usize {
        self.0.layout.shape.len()
    }

    /// The number of axes, PyTorch's name of [`rank`](Tensor::rank).
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2, 3]).dim(), 2);
    /// ```
    #[inline]
    pub fn dim(&self) -> usize {
        self.rank()
    }

    /// The number of elements.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2, 3]).numel(), 6);
    /// ```
    #[inline]
    pub fn numel(&self) -> usize {
        self.0.layout.numel()
    }

    /// The element type.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2]).dtype(), retrograd::DType::F32);
    /// ```
    #[inline]
    pub fn dtype(&self) -> DType {
        self.0.dtype
    }

    /// Whether the elements lie in row-major order without gaps.
    ///
    /// ```
    /// assert!(!retrograd::zeros([2, 3]).t().is_contiguous());
    /// ```
    #[inline]
    pub fn is_contiguous(&self) -> bool {
        self.0.layout.contiguous
    }

    /// Whether both handles name the same tensor.
    ///
    /// ```
    /// let x = retrograd::zeros([2]);
    /// assert!(x.is_same(&x.clone()) && !x.is_same(&x.copy()));
    /// ```
    pub fn is_same(&self, other: &Tensor) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// What is behind the tensor, where this is its only handle.
    pub(crate) fn alone(&mut self) -> Option<&mut Body> {
        Arc::get_mut(&mut self.0)
    }

    /// How many handles name this tensor.
    pub(crate) fn handles(&self) -> usize {
        Arc::count(&self.0)
    }

    /// Whether both tensors read the same storage, as views and their base do.
    ///
    /// ```
    /// let x = retrograd::zeros([2, 3]);
    /// assert!(x.shares_storage(&x.t()));
    /// ```
    pub fn shares_storage(&self, other: &Tensor) -> bool {
        std::sync::Arc::ptr_eq(self.storage(), other.storage())
    }

    #[inline]
    pub(crate) fn layout(&self) -> &Layout {
        &self.0.layout
    }

    #[inline]
    pub(crate) fn storage(&self) -> &std::sync::Arc<Storage> {
        self.0.hold.storage()
    }

    /// Whether gradients flow to this tensor: it is a leaf that asks for them, or computed from one.
    ///
    /// ```
    /// use retrograd::prelude::*;
    /// let x = tensor![1.0].requires_grad_();
    /// assert!((&x * 2.0).requires_grad());
    /// ```
    #[inline]
    pub fn requires_grad(&self) -> bool {
        !self.0.place.is_outside()
    }

    /// The tensor's place on the tape.
    #[inline]
    pub(crate) fn node(&self) -> Option<NodeRef> {
        self.0.place.get()
    }

    /// Looks at the tensor's place on the tape.
    #[inline]
    pub(crate) fn with_node<R>(&self, look: impl FnOnce(Option<&NodeRef>) -> R) -> R {
        self.0.place.with(look)
    }

    pub(crate) fn set_node(&self, node: Option<NodeRef>) {
        self.0.place.set(node);
    }

    /// The elements for writing, where this handle is all that holds them and they lie in row-major order.
    pub(crate) fn exclusive<T: Element>(&mut self) -> Option<&mut [T]> {
        if trace::tracing() {
            return None;
        }
        let inner = self.alone()?;
        let layout = &inner.layout;
        if !layout.contiguous {
            return None;
        }
        let range = layout.offset..layout.offset + layout.numel();
        let data = T::data_mut(inner.hold.exclusive()?)?;
        match data.is_unique() {
            true => data.make_mut().get_mut(range),
            false => None,
        }
    }

    /// The elements of a small row-major tensor of `T`, read where they stand if nobody else can change them.
    #[inline]
    pub(crate) fn few<T: Element>(&self) -> Option<&[T]> {
        if trace::tracing() {
            trace::stray(self);
        }
        let layout = &self.0.layout;
        let data = self.0.hold.few::<T>()?;
        match layout.contiguous {
            true => data.get(layout.offset..layout.offset + layout.numel()),
            false => None,
        }
    }

    /// Copies few elements of `T`, in row-major order, to where there is room for them.
    pub(crate) fn copy_few<T: Element>(&self, to: &mut [T; INLINE]) {
        let layout = self.layout();
        self.0.hold.look::<T, _>(|data| match data {
            // Whole, which is a copy of known length.
            Data::Inline { values, .. } if layout.contiguous && layout.offset == 0 => *to = *values,
            data => {
                let mut places = to.iter_mut();
                strided::for_each_position(layout, |at| {
                    if let Some(place) = places.next() {
                        *place = data[at];
                    }
                });
            }
        });
    }

    /// The elements in row-major order, without a copy where they lie so.
    ///
    /// `T` must be the type behind [`dtype`](Tensor::dtype).
    #[inline]
    pub(crate) fn values<T: Element>(&self) -> Values<T> {
        let Layout {
            offset, contiguous, ..
        } = self.0.layout;
        let data = self.snapshot::<T>();
        if contiguous {
            return Values {
                data,
                start: offset,
                len: self.numel(),
            };
        }
        let data = strided::gather(&data, self.layout());
        Values {
            start: 0,
            len: data.len(),
            data,
        }
    }

    /// The whole storage as it is now.
    #[inline]
    pub(crate) fn snapshot<T: Element>(&self) -> Data<T> {
        if trace::tracing() {
            trace::stray(self);
        }
        self.0.hold.snapshot_as::<T>()
    }

    pub(crate) fn check_type<T: Element>(&self, op: &'static str) -> Result<()> {
        if T::DTYPE == self.dtype() {
            return Ok(());
        }
        Err(Error::WrongType {
            op,
            actual: self.dtype(),
            asked: T::DTYPE,
        })
    }
}

/// A snapshot of a tensor's elements in row-major order.
pub(crate) struct Values<T: Element> {
    data: Data<T>,
    start: usize,
    len: usize,
}

impl<T: Element> Values<T> {
    #[inline]
    pub(crate) fn whole(data: Data<T>) -> Self {
        Values {
            start: 0,
            len: data.len(),
            data,
        }
    }

    /// The elements as a buffer, without a copy where it holds no others.
    pub(crate) fn into_data(self) -> Data<T> {
        if self.start == 0 && self.data.len() == self.len {
            return self.data;
        }
        Data::from_slice(&self)
    }
}

impl<T: Element> Deref for Values<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        &self.data[self.start..self.start + self.len]
    }
}

impl PartialEq for Tensor {
    /// Whether shape, element type and every element agree; a NaN agrees with nothing.
    fn eq(&self, other: &Tensor) -> bool {
        self.shape() == other.shape()
            && self.dtype() == other.dtype()
            && crate::dtype::with_dtype!(self.dtype(), T => *self.values::<T>() == *other.values::<T>())
    }
}
