//! The values behind tensors: buffers that are cheap to snapshot, and storages shared by views.

use crate::dtype::{DType, Element};
use crate::kernels::pool::Lines;
use std::ops::{Deref, DerefMut};
use std::panic::Location;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// Up to this many elements stand in the storage itself.
pub(crate) const INLINE: usize = 8;

/// A large buffer, which goes back to its thread's pool when dropped.
pub struct Heap<T: Element> {
    values: Lines<T>,
    len: usize,
}

impl<T: Element> Heap<T> {
    /// Elements of any value, from the thread's pool.
    pub(crate) fn scratch(len: usize) -> Self {
        let values = T::pool()
            .try_with(|pool| pool.borrow_mut().take(len))
            .unwrap_or_else(|_| Lines::new(len));
        Heap { values, len }
    }
}

impl<T: Element> Deref for Heap<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        &self.values[..self.len]
    }
}

impl<T: Element> DerefMut for Heap<T> {
    #[inline]
    fn deref_mut(&mut self) -> &mut [T] {
        &mut self.values[..self.len]
    }
}

impl<T: Element> Drop for Heap<T> {
    fn drop(&mut self) {
        let values = std::mem::take(&mut self.values);
        // A thread that is shutting down has no pool left.
        let _ = T::pool().try_with(|pool| pool.borrow_mut().give(values));
    }
}

/// A contiguous run of elements. Cloning is cheap and gives a snapshot: a later write copies first.
#[derive(Clone)]
pub enum Data<T: Element> {
    // A length of a whole word, as in `Dims`.
    Inline { values: [T; INLINE], len: usize },
    Shared(Arc<Heap<T>>),
}

impl<T: Element> Data<T> {
    /// Elements of any value, which the caller overwrites.
    pub(crate) fn scratch(len: usize) -> Self {
        if len <= INLINE {
            return Data::blank(len);
        }
        Data::Shared(Arc::new(Heap::scratch(len)))
    }

    pub(crate) fn full(len: usize, value: T) -> Self {
        let mut data = Self::scratch(len);
        data.make_mut().fill(value);
        data
    }

    #[inline]
    pub(crate) fn one(value: T) -> Self {
        let mut values = [T::default(); INLINE];
        values[0] = value;
        Data::Inline { values, len: 1 }
    }

    /// At most [`INLINE`] elements, each of them 0.
    #[inline(always)]
    pub(crate) fn blank(len: usize) -> Self {
        Data::Inline {
            values: [T::default(); INLINE],
            len,
        }
    }

    pub(crate) fn from_slice(values: &[T]) -> Self {
        let mut data = Self::scratch(values.len());
        data.make_mut().copy_from_slice(values);
        data
    }

    pub(crate) fn from_vec(values: Vec<T>) -> Self {
        Self::from_lines(values.into())
    }

    pub(crate) fn from_lines(values: Lines<T>) -> Self {
        let len = values.len();
        if len <= INLINE {
            return Self::from_slice(&values);
        }
        Data::Shared(Arc::new(Heap { values, len }))
    }

    #[inline(always)]
    fn is_inline(&self) -> bool {
        matches!(self, Data::Inline { .. })
    }

    /// Whether a write would not copy.
    pub(crate) fn is_unique(&mut self) -> bool {
        match self {
            Data::Inline { .. } => true,
            Data::Shared(heap) => Arc::get_mut(heap).is_some(),
        }
    }

    /// The elements for writing; copies them first where a snapshot is held elsewhere.
    #[inline]
    pub(crate) fn make_mut(&mut self) -> &mut [T] {
        if !self.is_unique() {
            let mut copy = Self::scratch(self.len());
            copy.make_mut().copy_from_slice(self);
            *self = copy;
        }
        match self {
            Data::Inline { values, len } => &mut values[..*len],
            Data::Shared(heap) => Arc::get_mut(heap).expect("uniqueness was established above"),
        }
    }
}

impl<T: Element> Data<T> {
    /// Moves the elements to where at least as many stand, copying only a few or those of a snapshot held elsewhere.
    pub(crate) fn lend(&mut self, to: &mut Lines<T>) {
        self.make_mut();
        match self {
            Data::Inline { values, len } => {
                to[..*len].copy_from_slice(&values[..*len]);
            }
            Data::Shared(heap) => {
                let heap = Arc::get_mut(heap).expect("make_mut has made it so");
                std::mem::swap(&mut heap.values, to);
            }
        }
    }

    /// The number of elements that a [loan](Data::lend) hands over.
    pub(crate) fn room(&self) -> usize {
        match self {
            Data::Inline { .. } => 0,
            Data::Shared(heap) => heap.values.len(),
        }
    }

    /// Takes back what was [lent](Data::lend).
    pub(crate) fn take_back(&mut self, from: &mut Lines<T>) {
        match self {
            Data::Inline { values, len } => {
                values[..*len].copy_from_slice(&from[..*len]);
            }
            Data::Shared(heap) => {
                let heap = Arc::get_mut(heap).expect("nobody takes a snapshot meanwhile");
                std::mem::swap(&mut heap.values, from);
            }
        }
    }
}

impl<T: Element> Deref for Data<T> {
    type Target = [T];
    #[inline]
    fn deref(&self) -> &[T] {
        match self {
            Data::Inline { values, len } => &values[..*len],
            Data::Shared(heap) => heap,
        }
    }
}

/// A buffer of any element type.
#[derive(Clone)]
pub enum Buffer {
    F32(Data<f32>),
    F64(Data<f64>),
    I64(Data<i64>),
    Bool(Data<bool>),
}

impl<T: Element> From<Data<T>> for Buffer {
    #[inline]
    fn from(data: Data<T>) -> Self {
        T::into_buffer(data)
    }
}

impl Buffer {
    #[inline(always)]
    fn is_inline(&self) -> bool {
        match self {
            Buffer::F32(data) => data.is_inline(),
            Buffer::F64(data) => data.is_inline(),
            Buffer::I64(data) => data.is_inline(),
            Buffer::Bool(data) => data.is_inline(),
        }
    }

    #[inline]
    pub(crate) fn dtype(&self) -> DType {
        match self {
            Buffer::F32(_) => DType::F32,
            Buffer::F64(_) => DType::F64,
            Buffer::I64(_) => DType::I64,
            Buffer::Bool(_) => DType::Bool,
        }
    }

    pub(crate) fn len(&self) -> usize {
        match self {
            Buffer::F32(data) => data.len(),
            Buffer::F64(data) => data.len(),
            Buffer::I64(data) => data.len(),
            Buffer::Bool(data) => data.len(),
        }
    }
}

/// What handles, views and detached tensors share: the values and how often they were changed.
///
/// Readers take a snapshot and hold no lock while they compute; a writer changes the values in place
/// where no snapshot is held and copies them otherwise. So no order of locks can hang.
pub(crate) struct Storage {
    contents: Mutex<Contents>,
    /// Raised under the lock of the contents.
    version: AtomicU32,
    /// Live tensors that are views of this storage.
    views: AtomicU32,
}

/// What a storage's lock guards.
pub(crate) struct Contents {
    pub(crate) buffer: Buffer,
    changed_at: Option<&'static Location<'static>>,
}

impl Storage {
    pub(crate) fn new(buffer: Buffer) -> Self {
        Storage {
            contents: Mutex::new(Contents {
                buffer,
                changed_at: None,
            }),
            version: AtomicU32::new(0),
            views: AtomicU32::new(0),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Contents> {
        // A panic in a kernel leaves plain numbers behind, never a broken invariant.
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The values, which nobody else reads or changes before the guard is dropped.
    #[inline]
    pub(crate) fn hold(&self) -> MutexGuard<'_, Contents> {
        self.lock()
    }

    /// Raises the version after a change in place of its contents, which the caller holds.
    #[inline]
    pub(crate) fn touch(&self, contents: &mut Contents, at: &'static Location<'static>) {
        self.version.store(self.version().wrapping_add(1), Relaxed);
        contents.changed_at = Some(at);
    }

    #[inline]
    pub(crate) fn version(&self) -> u32 {
        self.version.load(Relaxed)
    }

    pub(crate) fn snapshot(&self) -> Buffer {
        self.lock().buffer.clone()
    }

    /// Where the last in-place change was made.
    pub(crate) fn changed_at(&self) -> Option<&'static Location<'static>> {
        self.lock().changed_at
    }

    /// Changes the values in place and raises the version.
    #[track_caller]
    pub(crate) fn write<R>(&self, change: impl FnOnce(&mut Buffer) -> R) -> R {
        let at = Location::caller();
        let mut contents = self.lock();
        let result = change(&mut contents.buffer);
        self.touch(&mut contents, at);
        result
    }
}

/// A tensor's hold on its values.
pub(crate) enum Hold {
    /// Few values, which stand here until somebody shares or changes them: most tensors of a formula are read
    /// and dropped, and need no storage of their own, no count and no lock.
    Own(Buffer, OnceLock<Arc<Storage>>),
    Shared(Arc<Storage>),
    /// As [`Hold::Shared`], and counted among the storage's views.
    View(Arc<Storage>),
}

impl Hold {
    #[inline(always)]
    pub(crate) fn new(buffer: Buffer) -> Self {
        match buffer.is_inline() {
            true => Hold::Own(buffer, OnceLock::new()),
            false => Hold::Shared(Arc::new(Storage::new(buffer))),
        }
    }

    pub(crate) fn view(storage: Arc<Storage>) -> Self {
        storage.views.fetch_add(1, Relaxed);
        Hold::View(storage)
    }

    /// The storage to share, made at the first call.
    pub(crate) fn storage(&self) -> &Arc<Storage> {
        match self {
            Hold::Own(buffer, shared) => {
                shared.get_or_init(|| Arc::new(Storage::new(buffer.clone())))
            }
            Hold::Shared(storage) | Hold::View(storage) => storage,
        }
    }

    /// As [`storage`](Hold::storage), of a tensor that nobody else has seen yet.
    pub(crate) fn shared(&mut self) -> &Arc<Storage> {
        if let Hold::Own(buffer, shared) = self {
            let own = shared.take();
            let storage = own.unwrap_or_else(|| Arc::new(Storage::new(buffer.clone())));
            *self = Hold::Shared(storage);
        }
        self.storage()
    }

    /// The values if they are few, and nobody shares or has changed them; else where they stand.
    #[inline]
    fn place(&self) -> Result<&Buffer, &Storage> {
        match self {
            Hold::Own(buffer, shared) => match shared.get() {
                None => Ok(buffer),
                Some(storage) => Err(storage),
            },
            Hold::Shared(storage) | Hold::View(storage) => Err(storage),
        }
    }

    /// Few values that nobody shares or has changed.
    #[inline]
    pub(crate) fn few<T: Element>(&self) -> Option<&Data<T>> {
        T::data(self.place().ok()?)
    }

    #[inline]
    pub(crate) fn version(&self) -> u32 {
        self.place().err().map_or(0, Storage::version)
    }

    pub(crate) fn len(&self) -> usize {
        match self.place() {
            Ok(own) => own.len(),
            Err(storage) => storage.lock().buffer.len(),
        }
    }

    pub(crate) fn snapshot(&self) -> Buffer {
        match self.place() {
            Ok(own) => own.clone(),
            Err(storage) => storage.snapshot(),
        }
    }

    /// The values as they are now, of the buffer's own type.
    #[inline]
    pub(crate) fn snapshot_as<T: Element>(&self) -> Data<T> {
        self.look(Data::clone)
    }

    /// Looks at the values as they are now, of the buffer's own type.
    #[inline]
    pub(crate) fn look<T: Element, R>(&self, look: impl FnOnce(&Data<T>) -> R) -> R {
        let look = |buffer: &Buffer| {
            look(T::data(buffer).expect("the caller matched on the storage's type"))
        };
        match self.place() {
            Ok(own) => look(own),
            Err(storage) => look(&storage.lock().buffer),
        }
    }

    /// The values for writing, where nobody else reads them.
    pub(crate) fn exclusive(&mut self) -> Option<&mut Buffer> {
        let storage = match self {
            Hold::Own(buffer, shared) => match shared.get_mut() {
                None => return Some(buffer),
                Some(storage) => storage,
            },
            Hold::Shared(storage) => storage,
            Hold::View(_) => return None,
        };
        let contents = &mut Arc::get_mut(storage)?.contents;
        let contents = contents.get_mut().unwrap_or_else(PoisonError::into_inner);
        Some(&mut contents.buffer)
    }

    pub(crate) fn is_view(&self) -> bool {
        matches!(self, Hold::View(_))
    }

    pub(crate) fn has_views(&self) -> bool {
        let storage = self.place().err();
        storage.is_some_and(|storage| storage.views.load(Relaxed) > 0)
    }
}

impl Drop for Hold {
    #[inline]
    fn drop(&mut self) {
        if let Hold::View(storage) = self {
            storage.views.fetch_sub(1, Relaxed);
        }
    }
}
