//! Between tensors and Rust's own values.

use super::operand::Number;
use super::storage::Data;
use super::{Scalar, Tensor};
use crate::dtype::{Element, with_dtype};
use crate::error::{Error, OrPanic, Result};
use crate::shape::{Dims, IntoShape, infer};
use crate::tape::trace;
use crate::{DType, default_dtype};

/// Numbers and nested arrays of them, as `Tensor::from` takes them. Not to be implemented outside.
pub trait IntoTensor {
    #[doc(hidden)]
    type Item: Element;
    #[doc(hidden)]
    fn push_shape(&self, shape: &mut Dims);
    #[doc(hidden)]
    fn push_values(self, values: &mut Vec<Self::Item>);
}

impl<T: Element> IntoTensor for T {
    type Item = T;
    fn push_shape(&self, _: &mut Dims) {}
    #[inline]
    fn push_values(self, values: &mut Vec<T>) {
        values.push(self);
    }
}

impl<N: IntoTensor, const LEN: usize> IntoTensor for [N; LEN] {
    type Item = N::Item;
    fn push_shape(&self, shape: &mut Dims) {
        shape.push(LEN);
        if let Some(first) = self.first() {
            first.push_shape(shape);
        }
    }
    fn push_values(self, values: &mut Vec<N::Item>) {
        for item in self {
            item.push_values(values);
        }
    }
}

/// `torch.from_numpy`: keeps the element type.
///
/// ```
/// use retrograd::prelude::*;
/// assert_eq!(Tensor::from([[1.0, 2.0], [3.0, 4.0]]).dtype(), F64);
/// ```
impl<N: IntoTensor> From<N> for Tensor {
    fn from(nested: N) -> Tensor {
        let mut shape = Dims::new();
        nested.push_shape(&mut shape);
        let mut values = Vec::with_capacity(shape.iter().product());
        nested.push_values(&mut values);
        Tensor::from_data(shape, Data::from_vec(values))
    }
}

impl<T: Element> From<Vec<T>> for Tensor {
    fn from(values: Vec<T>) -> Tensor {
        Tensor::from_data(Dims::from_slice(&[values.len()]), Data::from_vec(values))
    }
}

impl<T: Element> From<&[T]> for Tensor {
    fn from(values: &[T]) -> Tensor {
        Tensor::from(values.to_vec())
    }
}

impl<T: Element> FromIterator<T> for Tensor {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Tensor {
        Tensor::from(values.into_iter().collect::<Vec<T>>())
    }
}

/// What stands in `tensor![..]`: as [`IntoTensor`], but float literals take the default type and every
/// integer becomes `i64`, as in `torch.tensor`.
#[doc(hidden)]
pub trait Literal {
    fn push_shape(&self, shape: &mut Dims);
    fn push_numbers(self, numbers: &mut Vec<Number>);
}
impl<S: Scalar> Literal for S {
    fn push_shape(&self, _: &mut Dims) {}
    fn push_numbers(self, numbers: &mut Vec<Number>) {
        numbers.push(self.number());
    }
}
impl<L: Literal, const LEN: usize> Literal for [L; LEN] {
    fn push_shape(&self, shape: &mut Dims) {
        shape.push(LEN);
        if let Some(first) = self.first() {
            first.push_shape(shape);
        }
    }
    fn push_numbers(self, numbers: &mut Vec<Number>) {
        for item in self {
            item.push_numbers(numbers);
        }
    }
}

/// A tensor from its elements, as `torch.tensor([..])`: float literals take the default type, integers
/// give `i64`, `true` and `false` give `bool`.
///
/// ```
/// use retrograd::prelude::*;
/// assert_eq!(tensor![[1.0, 2.0], [3.0, 4.0]].shape(), [2, 2]);
/// assert_eq!(tensor![1, 2, 3].dtype(), I64);
/// assert_eq!(tensor![].shape(), [0]);
/// ```
#[macro_export]
macro_rules! tensor {
    () => { $crate::zeros([0]) };
    ($($item:expr),+ $(,)?) => { $crate::Tensor::from_literal([$($item),+]) };
}

impl Tensor {
    #[doc(hidden)]
    pub fn from_literal(literal: impl Literal) -> Tensor {
        let mut shape = Dims::new();
        literal.push_shape(&mut shape);
        let mut numbers = Vec::new();
        literal.push_numbers(&mut numbers);
        let dtype = numbers.first().map_or_else(default_dtype, |n| n.dtype());
        with_dtype!(dtype, T => {
            Tensor::from_data(shape, Data::from_vec(numbers.iter().map(|n| n.cast::<T>()).collect()))
        })
    }

    /// A 0-d tensor, as `torch.tensor(0.5)`: a float takes the default type, an integer gives `i64`.
    ///
    /// ```
    /// assert_eq!(retrograd::Tensor::scalar(0.5).rank(), 0);
    /// ```
    pub fn scalar(value: impl Scalar) -> Tensor {
        Tensor::from_literal(value)
    }

    /// A tensor from its elements in row-major order. One size may be -1.
    ///
    /// # Panics
    /// If the shape does not hold as many elements; [`try_from_vec`](Tensor::try_from_vec) returns the error.
    ///
    /// ```
    /// let x = retrograd::Tensor::from_vec(vec![1.0_f32, 2.0, 3.0, 4.0], [2, 2]);
    /// assert_eq!(x, retrograd::tensor![[1.0, 2.0], [3.0, 4.0]]);
    /// ```
    #[track_caller]
    pub fn from_vec<T: Element>(values: Vec<T>, shape: impl IntoShape) -> Tensor {
        Self::try_from_vec(values, shape).or_panic()
    }

    /// As [`from_vec`](Tensor::from_vec), with the error returned.
    ///
    /// # Errors
    /// If the shape does not hold as many elements.
    pub fn try_from_vec<T: Element>(values: Vec<T>, shape: impl IntoShape) -> Result<Tensor> {
        let shape = infer(
            "from_vec",
            values.len(),
            &[values.len()],
            &shape.into_sizes(),
        )?;
        Ok(Tensor::from_data(shape, Data::from_vec(values)))
    }

    /// The elements in row-major order. A wider type than the tensor's may be asked for.
    ///
    /// # Panics
    /// If `T` cannot hold every value of the tensor's type; [`try_to_vec`](Tensor::try_to_vec) returns the error.
    ///
    /// ```
    /// assert_eq!(retrograd::tensor![[1.0], [2.0]].to_vec::<f64>(), [1.0, 2.0]);
    /// ```
    #[track_caller]
    pub fn to_vec<T: Element>(&self) -> Vec<T> {
        self.try_to_vec().or_panic()
    }

    /// As [`to_vec`](Tensor::to_vec), with the error returned.
    ///
    /// # Errors
    /// If `T` cannot hold every value of the tensor's type.
    #[track_caller]
    pub fn try_to_vec<T: Element>(&self) -> Result<Vec<T>> {
        self.check_widens::<T>("to_vec")?;
        self.is_read("to_vec");
        Ok(with_dtype!(self.dtype(), S => {
            let values = self.values::<S>();
            if S::DTYPE == T::DTYPE {
                T::data(&values.into_data().into()).expect("the same type").to_vec()
            } else {
                values.iter().map(|&v| v.cast()).collect()
            }
        }))
    }

    /// The only element of a tensor that holds one.
    ///
    /// # Panics
    /// If there is not exactly one element, or `T` cannot hold it.
    ///
    /// ```
    /// assert_eq!(retrograd::tensor![2.5].item::<f64>(), 2.5);
    /// ```
    #[track_caller]
    pub fn item<T: Element>(&self) -> T {
        self.try_item().or_panic()
    }

    /// As [`item`](Tensor::item), with the error returned.
    ///
    /// # Errors
    /// If there is not exactly one element, or `T` cannot hold it.
    #[track_caller]
    pub fn try_item<T: Element>(&self) -> Result<T> {
        self.check_widens::<T>("item")?;
        if self.numel() != 1 {
            return Err(Error::Shape {
                op: "item",
                problem: format!("a tensor of shape {:?} holds {} elements, not one", self.shape(), self.numel()),
                cure: "Reduce it first, with `sum()` or `mean()`, index it, or take all with `to_vec()`.".into(),
            });
        }
        self.is_read("item");
        Ok(with_dtype!(self.dtype(), S => self.snapshot::<S>()[self.layout().offset].cast()))
    }

    /// Tells the record of a step, if one is made, that the program reads this tensor.
    #[track_caller]
    fn is_read(&self, by: &str) {
        if trace::tracing() {
            trace::stray(self);
            trace::name_stray(by);
        }
    }

    /// Refuses a conversion that would lose values; f32 to f64 and int to float do not.
    fn check_widens<T: Element>(&self, op: &'static str) -> Result<()> {
        let widens = match (self.dtype(), T::DTYPE) {
            (DType::Bool, _) | (DType::F32, DType::F64) | (DType::I64, DType::F64) => true,
            (from, to) => from == to,
        };
        if widens {
            Ok(())
        } else {
            self.check_type::<T>(op)
        }
    }
}

mod with_ndarray {
    use super::*;
    use ndarray::{ArrayBase, ArrayD, Data as NdData, Dimension};

    /// Copies the elements; the element type is kept.
    impl<T: Element, S: NdData<Elem = T>, D: Dimension> From<&ArrayBase<S, D>> for Tensor {
        fn from(array: &ArrayBase<S, D>) -> Tensor {
            let values = match array.as_slice() {
                Some(values) => values.to_vec(),
                None => array.iter().copied().collect(),
            };
            Tensor::from_data(array.shape().into(), Data::from_vec(values))
        }
    }

    /// Takes the elements over without a copy where they lie in row-major order.
    impl<T: Element, D: Dimension> From<ndarray::Array<T, D>> for Tensor {
        fn from(array: ndarray::Array<T, D>) -> Tensor {
            if !array.is_standard_layout() {
                return Tensor::from(&array);
            }
            let shape = array.shape().into();
            let (values, offset) = array.into_raw_vec_and_offset();
            if offset.unwrap_or(0) == 0 {
                return Tensor::from_data(shape, Data::from_vec(values));
            }
            let len = shape.iter().product();
            let values = values
                .into_iter()
                .skip(offset.unwrap_or(0))
                .take(len)
                .collect();
            Tensor::from_data(shape, Data::from_vec(values))
        }
    }

    impl Tensor {
        /// The elements as an ndarray of their own. A wider type than the tensor's may be asked for.
        ///
        /// # Panics
        /// If `T` cannot hold every value of the tensor's type.
        ///
        /// ```
        /// let x = retrograd::tensor![[1.0, 2.0]];
        /// assert_eq!(x.to_ndarray::<f32>().shape(), [1, 2]);
        /// ```
        #[track_caller]
        pub fn to_ndarray<T: Element>(&self) -> ArrayD<T> {
            self.try_to_ndarray().or_panic()
        }

        /// As [`to_ndarray`](Tensor::to_ndarray), with the error returned.
        ///
        /// # Errors
        /// If `T` cannot hold every value of the tensor's type.
        pub fn try_to_ndarray<T: Element>(&self) -> Result<ArrayD<T>> {
            let values = self.try_to_vec()?;
            Ok(ArrayD::from_shape_vec(self.shape(), values)
                .expect("a tensor's shape holds its elements"))
        }
    }
}
