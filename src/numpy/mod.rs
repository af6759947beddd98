//! Tensors, numbers and shapes as NumPy and Python print them.
//!
//! `Display` is Python's `str`, `Debug` is its `repr`.
//!
//! ```
//! use retrograd::{numpy, prelude::*};
//! let x = Tensor::from([0.5, -1.25]);
//! assert_eq!(format!("{}", numpy::array(&x)), "[ 0.5  -1.25]");
//! assert_eq!(format!("{:?}", numpy::array(&x)), "array([ 0.5 , -1.25])");
//! assert_eq!(format!("{}", numpy::list(&x)), "[0.5, -1.25]");
//! assert_eq!(format!("{}", numpy::shape(&x)), "(2,)");
//! ```

mod array;
mod float;
mod lines;
mod plain;
mod words;

pub use array::{Array, PrintOptions, array};
pub use float::{Float, float};
pub use plain::{List, Shape, list, shape};
