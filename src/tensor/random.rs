//! Tensors of random numbers, from the thread's default generator: PyTorch's stream.

use super::Tensor;
use super::storage::Data;
use crate::dtype::with_float;
use crate::error::{Error, OrPanic, Result};
use crate::random::{Generator, default_generator};
use crate::shape::{Dims, IntoShape, full_shape};
use crate::{Element, default_dtype};

/// A new tensor of floats, filled from a generator.
macro_rules! drawn {
    ($shape:expr, $dtype:expr, |$values:ident| $fill:expr) => {
        with_float!($dtype, T => {
            let shape: Dims = $shape;
            let mut data = Data::<T>::scratch(shape.iter().product());
            let $values: &mut [T] = data.make_mut();
            $fill;
            Tensor::from_data(shape, data)
        }, else unreachable!("only floats are drawn so"))
    };
}

/// Uniforms of [0, 1) of the default type.
///
/// # Panics
/// If a size is negative.
///
/// ```
/// retrograd::manual_seed(0);
/// assert_eq!(retrograd::rand([2]).to_string(), "tensor([0.4963, 0.7682])");
/// ```
#[track_caller]
pub fn rand(shape: impl IntoShape) -> Tensor {
    let shape = full_shape("rand", shape).or_panic();
    drawn!(shape, default_dtype(), |values| default_generator(
        |g| g.fill_uniform(values, 0.0, 1.0)
    ))
}

/// Standard normals of the default type.
///
/// # Panics
/// If a size is negative.
///
/// ```
/// retrograd::manual_seed(0);
/// assert_eq!(retrograd::randn([2]).to_string(), "tensor([ 1.5410, -0.2934])");
/// ```
#[track_caller]
pub fn randn(shape: impl IntoShape) -> Tensor {
    let shape = full_shape("randn", shape).or_panic();
    drawn!(shape, default_dtype(), |values| default_generator(
        |g| g.fill_normal(values, 0.0, 1.0)
    ))
}

/// Whole numbers (`i64`) from `low` up to, but without, `high`.
///
/// # Panics
/// If a size is negative or there is no number in the range.
///
/// ```
/// retrograd::manual_seed(0);
/// assert_eq!(retrograd::randint(0, 10, [3]).to_vec::<i64>(), [4, 9, 3]);
/// ```
#[track_caller]
pub fn randint(low: i64, high: i64, shape: impl IntoShape) -> Tensor {
    let shape = full_shape("randint", shape).or_panic();
    let refused = (low >= high).then(|| Error::InvalidArgument {
        op: "randint",
        argument: "high",
        value: high.to_string(),
        problem: format!("there is no whole number from {low} up to, but without, {high}"),
        cure: "Give a high above low.".into(),
    });
    refused.map_or(Ok(()), Err).or_panic();
    let mut values = vec![0; shape.iter().product()];
    default_generator(|g| g.fill_randint(&mut values, low, high));
    Tensor::from_vec(values, &shape[..])
}

/// The whole numbers (`i64`) below `n` in random order.
///
/// ```
/// retrograd::manual_seed(0);
/// assert_eq!(retrograd::randperm(10).to_vec::<i64>(), [4, 1, 7, 5, 3, 9, 0, 8, 6, 2]);
/// ```
pub fn randperm(n: usize) -> Tensor {
    Tensor::from(default_generator(|g| g.randperm(n)))
}

impl Tensor {
    fn refill(
        &self,
        op: &'static str,
        fill: impl Fn(&mut Generator, &Tensor) -> Tensor,
    ) -> Result<()> {
        if !self.dtype().is_float() {
            return Err(Error::DType {
                op,
                problem: format!(
                    "the tensor holds {}, and the draws are floating-point numbers",
                    self.dtype()
                ),
                cure: "Cast it first, with `.to(F32)`.".into(),
            });
        }
        self.in_place(op, None, |x| Ok(default_generator(|g| fill(g, x))))
    }

    /// Draws every element uniformly from [low, high) in place.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers, or is a leaf that requires gradients while recording.
    ///
    /// ```
    /// retrograd::manual_seed(0);
    /// let x = retrograd::zeros([2]);
    /// x.uniform_(0.0, 1.0);
    /// assert_eq!(x.to_string(), "tensor([0.4963, 0.7682])");
    /// ```
    #[track_caller]
    pub fn uniform_(&self, low: f64, high: f64) -> &Tensor {
        self.refill("uniform_", |g, x| {
            drawn!(x.shape().into(), x.dtype(), |values| g
                .fill_uniform(values, low, high))
        })
        .or_panic();
        self
    }

    /// Draws every element from a normal distribution in place.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers, or is a leaf that requires gradients while recording.
    ///
    /// ```
    /// retrograd::manual_seed(0);
    /// let x = retrograd::zeros([2]);
    /// x.normal_(0.0, 1.0);
    /// assert_eq!(x.to_string(), "tensor([ 1.5410, -0.2934])");
    /// ```
    #[track_caller]
    pub fn normal_(&self, mean: f64, std: f64) -> &Tensor {
        self.refill("normal_", |g, x| {
            drawn!(x.shape().into(), x.dtype(), |values| g
                .fill_normal(values, mean, std))
        })
        .or_panic();
        self
    }

    /// A tensor filled by a function that is called once for each element, in row-major order.
    ///
    /// With the feature `rand`, a [`Generator`] is a generator of that crate, so any of its distributions can be
    /// drawn from.
    ///
    /// # Panics
    /// If a size is negative.
    ///
    /// ```
    /// use rand_distr::{Distribution, Poisson};
    /// use retrograd::{Generator, Tensor};
    /// let (poisson, mut generator) = (Poisson::new(3.0).unwrap(), Generator::new(0));
    /// let counts = Tensor::from_fn([2, 3], || poisson.sample(&mut generator));
    /// assert!(counts.ge(0).all().item::<bool>());
    /// ```
    #[track_caller]
    pub fn from_fn<T: Element>(shape: impl IntoShape, mut draw: impl FnMut() -> T) -> Tensor {
        let shape = full_shape("from_fn", shape).or_panic();
        let mut data = Data::scratch(shape.iter().product());
        data.make_mut().iter_mut().for_each(|v| *v = draw());
        Tensor::from_data(shape, data)
    }

    /// Uniforms of [0, 1) in this tensor's shape and type.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2]).rand_like().shape(), [2]);
    /// ```
    #[track_caller]
    pub fn rand_like(&self) -> Tensor {
        let out = self.zeros_like();
        out.uniform_(0.0, 1.0);
        out
    }

    /// Standard normals in this tensor's shape and type.
    ///
    /// # Panics
    /// If the tensor holds no floating-point numbers.
    ///
    /// ```
    /// assert_eq!(retrograd::zeros([2]).randn_like().shape(), [2]);
    /// ```
    #[track_caller]
    pub fn randn_like(&self) -> Tensor {
        let out = self.zeros_like();
        out.normal_(0.0, 1.0);
        out
    }
}
