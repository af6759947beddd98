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
    // Refused out here, where the caller's line is known.
    let shape = full_shape("rand", shape).or_panic();
    default_generator(|g| g.rand(&shape[..]))
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
    default_generator(|g| g.randn(&shape[..]))
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
    check_range(low, high).or_panic();
    default_generator(|g| g.randint(low, high, &shape[..]))
}

fn check_range(low: i64, high: i64) -> Result<()> {
    if low < high {
        return Ok(());
    }
    Err(Error::InvalidArgument {
        op: "randint",
        argument: "high",
        value: high.to_string(),
        problem: format!("there is no whole number from {low} up to, but without, {high}"),
        cure: "Give a high above low.".into(),
    })
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

/// The same from a generator of one's own, which leaves the thread's default one alone.
impl Generator {
    /// As [`rand`](crate::rand), from this generator.
    ///
    /// # Panics
    /// If a size is negative.
    ///
    /// ```
    /// let mut generator = retrograd::Generator::new(0);
    /// assert_eq!(generator.rand([2]).to_string(), "tensor([0.4963, 0.7682])");
    /// ```
    #[track_caller]
    pub fn rand(&mut self, shape: impl IntoShape) -> Tensor {
        let shape = full_shape("rand", shape).or_panic();
        drawn!(shape, default_dtype(), |values| self
            .fill_uniform(values, 0.0, 1.0))
    }

    /// As [`randn`](crate::randn), from this generator.
    ///
    /// # Panics
    /// If a size is negative.
    ///
    /// ```
    /// let mut generator = retrograd::Generator::new(0);
    /// assert_eq!(generator.randn([2]).to_string(), "tensor([ 1.5410, -0.2934])");
    /// ```
    #[track_caller]
    pub fn randn(&mut self, shape: impl IntoShape) -> Tensor {
        let shape = full_shape("randn", shape).or_panic();
        drawn!(shape, default_dtype(), |values| self
            .fill_normal(values, 0.0, 1.0))
    }

    /// As [`randint`](crate::randint), from this generator.
    ///
    /// # Panics
    /// If a size is negative or there is no number in the range.
    ///
    /// ```
    /// let mut generator = retrograd::Generator::new(0);
    /// assert_eq!(generator.randint(0, 10, [3]).to_vec::<i64>(), [4, 9, 3]);
    /// ```
    #[track_caller]
    pub fn randint(&mut self, low: i64, high: i64, shape: impl IntoShape) -> Tensor {
        let shape = full_shape("randint", shape).or_panic();
        check_range(low, high).or_panic();
        let mut data = Data::scratch(shape.iter().product());
        self.fill_randint(data.make_mut(), low, high);
        Tensor::from_data(shape, data)
    }
}

/// Declares draws in place: from the thread's generator as methods of a tensor, from one's own as methods of it.
macro_rules! in_place {
    ($(
        $(#[$doc:meta])*
        $name:ident($($arg:ident),*) by $fill:ident, $call:literal gives $printed:literal;
    )*) => {
        impl Tensor { $(
            $(#[$doc])*
            ///
            /// # Panics
            /// If the tensor holds no floating-point numbers, or is a leaf that requires gradients while recording.
            ///
            /// ```
            /// retrograd::manual_seed(0);
            /// let x = retrograd::zeros([2]);
            #[doc = concat!("x.", stringify!($name), "(", $call, ");")]
            #[doc = concat!("assert_eq!(x.to_string(), \"", $printed, "\");")]
            /// ```
            #[track_caller]
            pub fn $name(&self $(, $arg: f64)*) -> &Tensor {
                self.refill(stringify!($name), |x| default_generator(|g| {
                    drawn!(x.shape().into(), x.dtype(), |values| g.$fill(values $(, $arg)*))
                }))
                .or_panic();
                self
            }
        )* }

        impl Generator { $(
            #[doc = concat!("As [`Tensor::", stringify!($name), "`], from this generator.")]
            ///
            /// # Panics
            /// If the tensor holds no floating-point numbers, or is a leaf that requires gradients while recording.
            ///
            /// ```
            /// let x = retrograd::zeros([2]);
            #[doc = concat!("retrograd::Generator::new(0).", stringify!($name), "(&x, ", $call, ");")]
            #[doc = concat!("assert_eq!(x.to_string(), \"", $printed, "\");")]
            /// ```
            #[track_caller]
            pub fn $name(&mut self, x: &Tensor $(, $arg: f64)*) {
                x.refill(stringify!($name), |x| {
                    drawn!(x.shape().into(), x.dtype(), |values| self.$fill(values $(, $arg)*))
                })
                .or_panic();
            }
        )* }
    };
}
in_place! {
    /// Draws every element uniformly from [low, high) in place.
    uniform_(low, high) by fill_uniform, "0.0, 1.0" gives "tensor([0.4963, 0.7682])";

    /// Draws every element from a normal distribution in place.
    normal_(mean, std) by fill_normal, "0.0, 1.0" gives "tensor([ 1.5410, -0.2934])";

    /// Draws every element in place: 1 with probability `p`, else 0.
    bernoulli_(p) by fill_bernoulli, "1.0" gives "tensor([1., 1.])";

    /// Draws every element from the exponential distribution of rate `lambda` in place.
    exponential_(lambda) by fill_exponential, "1.0" gives "tensor([3.5083, 1.2304])";
}

impl Tensor {
    #[track_caller]
    fn refill(&self, op: &'static str, fill: impl FnOnce(&Tensor) -> Tensor) -> Result<()> {
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
        self.in_place(op, None, |x| Ok(fill(x)))
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
