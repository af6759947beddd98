//! Modules: the parts of a network, with their parameters, names and state.
//!
//! ```
//! use retrograd::nn::{self, Forward};
//! retrograd::manual_seed(42);
//! let model = nn::Sequential::new()
//!     .add(nn::Linear::new(30, 100))
//!     .add(nn::Sigmoid)
//!     .add(nn::Linear::new(100, 1))
//!     .add(nn::Sigmoid);
//! assert_eq!(model.forward(&retrograd::zeros([5, 30])).shape(), [5, 1]);
//! ```

mod activation;
mod dropout;
mod field;
mod flatten;
mod forward;
mod hooked;
pub mod init;
mod linear;
mod module;
mod param;
mod print;
mod sequential;
mod state;
pub mod utils;

pub use activation::{Identity, LogSoftmax, ReLU, Sigmoid, Softmax, Tanh};
pub use dropout::Dropout;
pub use field::Field;
pub use flatten::Flatten;
pub use forward::Forward;
pub use hooked::Hooked;
pub use linear::Linear;
pub use module::{Module, Visitor, VisitorMut};
pub use param::{Buffer, Param, Training};
pub use print::fmt_module;
pub use retrograd_derive::Module;
pub use sequential::{Key, Layer, Sequential};
pub use state::{LoadReport, StateDict};
