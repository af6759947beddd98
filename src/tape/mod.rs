//! The tape: what was done to which tensors, and how gradients flow back through it.
//!
//! Each recorded tensor owns a node; nodes own their inputs' nodes and what their backward reads, never
//! their own output. So a graph lives exactly as long as some tensor computed in it.

mod anomaly;
mod checkpoint;
mod cx;
mod dot;
mod frontier;
mod function;
mod grad;
mod graph;
mod hooks;
mod live;
mod mode;
pub(crate) mod node;
mod outputs;
pub(crate) mod plan;
mod record;
mod saved;
mod slots;
mod status;
mod sweep;
mod tensors;
mod undifferentiable;
mod watch;

pub use anomaly::{DetectAnomaly, detect_anomaly, detect_anomaly_guard, try_detect_anomaly};
pub use checkpoint::checkpoint;
pub(crate) use cx::Cx;
pub use function::{Context, Function, Save};
pub use grad::{Grad, GradAllowUnused, TensorList, grad};
pub use graph::GradNode;
pub use hooks::HookHandle;
pub use live::live_nodes;
pub use mode::{GradMode, NoGrad, enable_grad, is_grad_enabled, no_grad, no_grad_guard};
pub(crate) use mode::{RECORDING, TRACING, modes};
pub(crate) use node::Op;
pub(crate) use plan::trace;
pub use plan::{Plan, StepOutput};
pub(crate) use saved::{ReadTensor, Saved, SavedArg};
pub use status::GradStatus;
pub use tensors::Tensors;
