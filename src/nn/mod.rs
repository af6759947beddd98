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
mod attention;
mod attention_options;
mod batch_norm;
mod bilinear;
mod conv;
mod dropout;
mod embedding;
mod field;
mod flatten;
mod forward;
mod hooked;
pub mod init;
mod layer_norm;
mod linear;
mod module;
mod padding;
mod param;
mod pooling;
mod prelu;
mod print;
mod sequential;
mod state;
pub mod utils;

pub use activation::{
    CELU, ELU, GELU, GLU, Hardshrink, Hardsigmoid, Hardswish, Hardtanh, Identity, LeakyReLU,
    LogSigmoid, LogSoftmax, Mish, ReLU, ReLU6, SELU, SiLU, Sigmoid, Softmax, Softmin, Softplus,
    Softshrink, Softsign, Tanh, Tanhshrink, Threshold,
};
pub use attention::{MultiheadAttention, NonDynamicallyQuantizableLinear};
pub use attention_options::{AttentionMasks, MultiheadOptions};
pub use batch_norm::{BatchNorm1d, BatchNorm2d, InstanceNorm1d, InstanceNorm2d};
pub use bilinear::Bilinear;
pub use conv::{Conv1d, Conv2d, ConvTranspose1d, ConvTranspose2d};
pub use dropout::{AlphaDropout, Dropout, Dropout1d, Dropout2d, FeatureAlphaDropout};
pub use embedding::Embedding;
pub use field::Field;
pub use flatten::{Flatten, Unflatten};
pub use forward::Forward;
pub use hooked::Hooked;
pub use layer_norm::{GroupNorm, LayerNorm, RMSNorm};
pub use linear::Linear;
pub use module::{Module, Visitor, VisitorMut};
pub use padding::{
    CircularPad1d, CircularPad2d, ConstantPad1d, ConstantPad2d, Edges, ReflectionPad1d,
    ReflectionPad2d, ReplicationPad1d, ReplicationPad2d, ZeroPad1d, ZeroPad2d,
};
pub use param::{Buffer, Param, Training};
pub use pooling::{
    AdaptiveAvgPool1d, AdaptiveAvgPool2d, AvgPool1d, AvgPool2d, MaxPool1d, MaxPool2d,
};
pub use prelu::PReLU;
pub use print::fmt_module;
pub use retrograd_derive::Module;
pub use sequential::{Key, Layer, Sequential};
pub use state::{LoadReport, StateDict};
