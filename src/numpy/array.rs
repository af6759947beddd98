//! NumPy's `str` and `repr` of an array, and what `numpy.set_printoptions` sets.

use super::float::Real;
use super::lines::{Lines, shown};
use super::plain::shape;
use super::words::Elements;
use crate::{DType, Tensor};
use std::fmt;
use std::sync::Arc;

type Formatter = Arc<dyn Fn(f64) -> String + Send + Sync>;

/// The arguments of `numpy.set_printoptions`, with its defaults.
///
/// ```
/// use retrograd::{numpy::PrintOptions, prelude::*};
/// let options = PrintOptions::new().precision(3).suppress(true);
/// let x = Tensor::from([1.23456, 0.000012]);
/// assert_eq!(options.array(&x).to_string(), "[1.235 0.   ]");
/// ```
#[derive(Clone)]
pub struct PrintOptions {
    pub(super) precision: usize,
    pub(super) suppress: bool,
    pub(super) formatter: Option<Formatter>,
    line_width: usize,
    threshold: usize,
    edge_items: usize,
}

impl Default for PrintOptions {
    fn default() -> Self {
        PrintOptions {
            precision: 8,
            suppress: false,
            formatter: None,
            line_width: 75,
            threshold: 1000,
            edge_items: 3,
        }
    }
}

impl PrintOptions {
    /// NumPy's defaults.
    ///
    /// ```
    /// use retrograd::{numpy::PrintOptions, tensor};
    /// assert_eq!(PrintOptions::new().array(&tensor![1, 2]).to_string(), "[1 2]");
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The most digits after the point; 8 by default.
    ///
    /// ```
    /// use retrograd::{Tensor, numpy::PrintOptions};
    /// let options = PrintOptions::new().precision(2);
    /// assert_eq!(options.array(&Tensor::from([0.1234, 2.0])).to_string(), "[0.12 2.  ]");
    /// ```
    pub fn precision(mut self, precision: usize) -> Self {
        self.precision = precision;
        self
    }

    /// Whether small numbers stand without an exponent, rounded; `false` by default.
    ///
    /// ```
    /// use retrograd::{Tensor, numpy::PrintOptions};
    /// let x = Tensor::from([1e-5, 1.0]);
    /// assert_eq!(PrintOptions::new().array(&x).to_string(), "[1.e-05 1.e+00]");
    /// assert_eq!(PrintOptions::new().suppress(true).array(&x).to_string(), "[0.00001 1.     ]");
    /// ```
    pub fn suppress(mut self, suppress: bool) -> Self {
        self.suppress = suppress;
        self
    }

    /// Writes each floating-point element by this function: NumPy's `formatter={'float_kind': ..}`.
    ///
    /// ```
    /// use retrograd::{Tensor, numpy::{PrintOptions, float}};
    /// let options = PrintOptions::new().formatter(|v| format!("{:.3}", float(v)));
    /// assert_eq!(options.array(&Tensor::from([0.5, f64::NAN])).to_string(), "[0.500 nan]");
    /// ```
    pub fn formatter(mut self, formatter: impl Fn(f64) -> String + Send + Sync + 'static) -> Self {
        self.formatter = Some(Arc::new(formatter));
        self
    }

    /// The columns after which a row goes on in a new line; 75 by default, `usize::MAX` for never.
    ///
    /// ```
    /// use retrograd::{numpy::PrintOptions, tensor};
    /// let options = PrintOptions::new().line_width(8);
    /// assert_eq!(options.array(&tensor![1, 2, 3, 4]).to_string(), "[1 2 3\n 4]");
    /// ```
    pub fn line_width(mut self, line_width: usize) -> Self {
        self.line_width = line_width;
        self
    }

    /// Arrays with more elements are summarised; 1000 by default.
    ///
    /// ```
    /// use retrograd::{arange, numpy::PrintOptions};
    /// let options = PrintOptions::new().threshold(7);
    /// assert_eq!(options.array(&arange(8)).to_string(), "[0 1 2 ... 5 6 7]");
    /// ```
    pub fn threshold(mut self, threshold: usize) -> Self {
        self.threshold = threshold;
        self
    }

    /// How many positions a summarised axis shows at each end; 3 by default.
    ///
    /// ```
    /// use retrograd::{arange, numpy::PrintOptions};
    /// let options = PrintOptions::new().threshold(7).edge_items(1);
    /// assert_eq!(options.array(&arange(8)).to_string(), "[0 ... 7]");
    /// ```
    pub fn edge_items(mut self, edge_items: usize) -> Self {
        self.edge_items = edge_items;
        self
    }

    /// Prints a tensor with these options.
    ///
    /// ```
    /// use retrograd::{numpy::PrintOptions, tensor};
    /// assert_eq!(format!("{:?}", PrintOptions::new().array(&tensor![true])), "array([ True])");
    /// ```
    pub fn array<'a>(&self, tensor: &'a Tensor) -> Array<'a> {
        Array {
            tensor,
            options: self.clone(),
        }
    }
}

impl fmt::Debug for PrintOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PrintOptions")
            .field("precision", &self.precision)
            .field("suppress", &self.suppress)
            .field("formatter", &self.formatter.is_some())
            .field("line_width", &self.line_width)
            .field("threshold", &self.threshold)
            .field("edge_items", &self.edge_items)
            .finish()
    }
}

/// A tensor as NumPy prints an array, made by [`array`](fn@array) or [`PrintOptions::array`]: `Display` is `str`, `Debug` is
/// `repr`.
#[derive(Clone)]
pub struct Array<'a> {
    tensor: &'a Tensor,
    options: PrintOptions,
}

/// Prints a tensor as NumPy prints an array, with NumPy's default [`PrintOptions`].
///
/// ```
/// use retrograd::{numpy, tensor};
/// let x = tensor![[1, -2], [30, 4]];
/// assert_eq!(numpy::array(&x).to_string(), "[[ 1 -2]\n [30  4]]");
/// assert_eq!(format!("{:?}", numpy::array(&x)), "array([[ 1, -2],\n       [30,  4]])");
/// ```
pub fn array(tensor: &Tensor) -> Array<'_> {
    PrintOptions::new().array(tensor)
}

impl Array<'_> {
    /// The elements in brackets: NumPy's `array2string`.
    fn text(&self, separator: &str, prefix: &str, suffix: &str) -> String {
        let shape = self.tensor.shape();
        if self.tensor.numel() == 0 {
            return "[]".into();
        }
        let summarise = self.tensor.numel() > self.options.threshold;
        let edge = summarise.then_some(self.options.edge_items);
        let words = elements(self.tensor, edge).words(&self.options, shape.is_empty());
        let mut lines = Lines {
            words: words.into_iter(),
            shape,
            separator,
            edge,
        };
        let width = self.options.line_width.saturating_sub(suffix.len());
        lines.text(0, prefix.len() + 1, width)
    }
}

/// The elements that are shown, in row-major order.
fn elements(tensor: &Tensor, edge: Option<usize>) -> Elements {
    let mut positions = vec![0];
    for &size in tensor.shape() {
        let along = shown(size, edge);
        positions = positions
            .iter()
            .flat_map(|&at| along.iter().map(move |i| at * size + i))
            .collect();
    }
    fn pick<T: crate::Element, R>(
        tensor: &Tensor,
        positions: &[usize],
        item: fn(T) -> R,
    ) -> Vec<R> {
        let values = tensor.to_vec::<T>();
        positions.iter().map(|&at| item(values[at])).collect()
    }
    match tensor.dtype() {
        DType::F32 => Elements::Float(pick(tensor, &positions, Real::F32)),
        DType::F64 => Elements::Float(pick(tensor, &positions, Real::F64)),
        DType::I64 => Elements::Int(pick(tensor, &positions, |v| v)),
        DType::Bool => Elements::Bool(pick(tensor, &positions, |v| v)),
    }
}

impl fmt::Display for Array<'_> {
    /// NumPy's `str`; an array without axes prints as its number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.tensor.shape().is_empty() {
            return f.write_str(&self.text(" ", "", ""));
        }
        match elements(self.tensor, None) {
            Elements::Float(values) => write!(f, "{}", values[0]),
            other => f.write_str(&other.words(&self.options, true)[0]),
        }
    }
}

impl fmt::Debug for Array<'_> {
    /// NumPy's `repr`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const PREFIX: &str = "array(";
        let (sizes, count) = (self.tensor.shape(), self.tensor.numel());
        let text = format!("{PREFIX}{}", self.text(", ", PREFIX, ")"));
        let mut extras = Vec::new();
        if (count == 0 && sizes != [0]) || count > self.options.threshold {
            extras.push(format!("shape={}", shape(self.tensor)));
        }
        if count == 0 || self.tensor.dtype() == DType::F32 {
            extras.push(format!("dtype={}", name(self.tensor.dtype())));
        }
        if extras.is_empty() {
            return write!(f, "{text})");
        }
        let extras = extras.join(", ");
        let last = text
            .rsplit('\n')
            .next()
            .map_or(0, |line| line.chars().count());
        // The comma, a space and the closing bracket.
        if last + extras.len() + 3 > self.options.line_width {
            write!(f, "{text},\n{}{extras})", " ".repeat(PREFIX.len()))
        } else {
            write!(f, "{text}, {extras})")
        }
    }
}

/// NumPy's name of a type.
fn name(dtype: DType) -> &'static str {
    match dtype {
        DType::F32 => "float32",
        DType::F64 => "float64",
        DType::I64 => "int64",
        DType::Bool => "bool",
    }
}
