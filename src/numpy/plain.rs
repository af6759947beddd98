//! Shapes and nested lists, as Python prints tuples and lists.

use super::float::float;
use crate::{DType, Tensor};
use std::fmt;

/// A tensor's shape as Python prints a tuple, made by [`shape`].
#[derive(Clone, Copy)]
pub struct Shape<'a>(&'a [usize]);

/// Prints a tensor's shape as Python prints a tuple.
///
/// ```
/// use retrograd::{numpy, zeros};
/// assert_eq!(numpy::shape(&zeros([455, 30])).to_string(), "(455, 30)");
/// assert_eq!(numpy::shape(&zeros([455])).to_string(), "(455,)");
/// ```
pub fn shape(tensor: &Tensor) -> Shape<'_> {
    Shape(tensor.shape())
}

impl fmt::Display for Shape<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [size] => write!(f, "({size},)"),
            sizes => {
                let sizes: Vec<String> = sizes.iter().map(usize::to_string).collect();
                write!(f, "({})", sizes.join(", "))
            }
        }
    }
}

impl fmt::Debug for Shape<'_> {
    /// As [`Display`](fmt::Display).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A tensor as Python prints nested lists, made by [`list`].
#[derive(Clone, Copy)]
pub struct List<'a>(&'a Tensor);

/// Prints a tensor as Python prints what `tolist()` gives: nested lists of numbers, where an `f32` is a `float` of
/// the same value.
///
/// ```
/// use retrograd::{numpy, tensor};
/// assert_eq!(numpy::list(&tensor![[0.5, 1.0], [2.0, 0.1]]).to_string(), "[[0.5, 1.0], [2.0, 0.10000000149011612]]");
/// assert_eq!(numpy::list(&tensor![true, false]).to_string(), "[True, False]");
/// ```
pub fn list(tensor: &Tensor) -> List<'_> {
    List(tensor)
}

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tensor = self.0;
        let name = |v: bool| if v { "True" } else { "False" }.to_owned();
        let words: Vec<String> = match tensor.dtype() {
            DType::Bool => tensor.to_vec().into_iter().map(name).collect(),
            DType::I64 => tensor.to_vec::<i64>().iter().map(i64::to_string).collect(),
            DType::F32 | DType::F64 => {
                let values = tensor.to_vec::<f64>();
                values.iter().map(|v| float(*v).to_string()).collect()
            }
        };
        f.write_str(&nested(tensor.shape(), &words))
    }
}

impl fmt::Debug for List<'_> {
    /// As [`Display`](fmt::Display).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

fn nested(shape: &[usize], words: &[String]) -> String {
    match shape {
        [] => words.concat(),
        [_] => format!("[{}]", words.join(", ")),
        [size, rest @ ..] => {
            let step = rest.iter().product::<usize>();
            let parts: Vec<String> = (0..*size)
                .map(|i| nested(rest, &words[i * step..(i + 1) * step]))
                .collect();
            format!("[{}]", parts.join(", "))
        }
    }
}
