//! Operators that are functions by PyTorch's names, and functions of functions: products with Jacobians and Hessians,
//! both as a whole, maps over examples, and checks of gradients against finite differences.
//!
//! What an operator may be told beside its tensors stands in its options, which begin with PyTorch's defaults:
//!
//! ```
//! use retrograd::functional::{Conv2dOptions, conv2d};
//! let (x, w) = (retrograd::ones([1, 3, 8, 8]), retrograd::ones([4, 3, 3, 3]));
//! let y = conv2d(&x, &w, None, Conv2dOptions::new().stride(2).padding(1));
//! assert_eq!(y.shape(), [1, 4, 4, 4]);
//! ```
//!
//! A function given to another takes and returns one tensor or several (see [`Tensors`](crate::tape::Tensors)); inputs
//! need not require gradients. What is computed here is recorded, and so can be differentiated again, where something
//! behind it requires gradients: an input or what the function captures. Under [`no_grad`](crate::no_grad) nothing is.

mod activation;
mod check_grads;
mod gradcheck;
mod transform;
mod walk;

pub use crate::ops::attention::{
    AttentionOptions, scaled_dot_product_attention, try_scaled_dot_product_attention,
};
pub use crate::ops::avg_pool::{
    AvgPool1dOptions, AvgPool2dOptions, AvgPoolOptions, adaptive_avg_pool1d, adaptive_avg_pool2d,
    avg_pool1d, avg_pool2d, try_adaptive_avg_pool1d, try_adaptive_avg_pool2d, try_avg_pool1d,
    try_avg_pool2d,
};
pub use crate::ops::batch_norm::{
    BatchNormOptions, batch_norm, instance_norm, try_batch_norm, try_instance_norm,
};
pub use crate::ops::bilinear::{bilinear, try_bilinear};
pub use crate::ops::conv::{conv1d, conv2d, try_conv1d, try_conv2d};
pub use crate::ops::conv_options::{Conv1dOptions, Conv2dOptions, ConvOptions, Padding};
pub use crate::ops::conv_transpose::{
    ConvTranspose1dOptions, ConvTranspose2dOptions, ConvTransposeOptions, conv_transpose1d,
    conv_transpose2d, try_conv_transpose1d, try_conv_transpose2d,
};
pub use crate::ops::dropout::{
    alpha_dropout, dropout, dropout1d, dropout2d, feature_alpha_dropout, try_alpha_dropout,
    try_dropout, try_dropout1d, try_dropout2d, try_feature_alpha_dropout,
};
pub use crate::ops::elu::{celu, elu, selu, try_celu, try_elu, try_selu};
pub use crate::ops::embedding::{EmbeddingOptions, embedding, try_embedding};
pub use crate::ops::gelu::{gelu, gelu_tanh, try_gelu, try_gelu_tanh};
pub use crate::ops::hard::{
    hardsigmoid, hardswish, hardtanh, relu6, threshold, try_hardsigmoid, try_hardswish,
    try_hardtanh, try_relu6, try_threshold,
};
pub use crate::ops::layer_norm::{
    NormOptions, RmsNormOptions, group_norm, layer_norm, rms_norm, try_group_norm, try_layer_norm,
    try_rms_norm,
};
pub use crate::ops::leaky_relu::{leaky_relu, prelu, try_leaky_relu, try_prelu};
pub use crate::ops::max_pool::{
    MaxPool1dOptions, MaxPool2dOptions, MaxPoolOptions, max_pool1d, max_pool1d_with_indices,
    max_pool2d, max_pool2d_with_indices, try_max_pool1d, try_max_pool1d_with_indices,
    try_max_pool2d, try_max_pool2d_with_indices,
};
pub use crate::ops::pad::{PadMode, pad, try_pad};
pub use crate::ops::shrink::{
    hardshrink, softshrink, tanhshrink, try_hardshrink, try_softshrink, try_tanhshrink,
};
pub use crate::ops::similarity::{
    CosineSimilarityOptions, NormalizeOptions, PairwiseDistanceOptions, cosine_similarity,
    normalize, pairwise_distance, try_cosine_similarity, try_normalize, try_pairwise_distance,
};
pub use crate::ops::smooth::{
    glu, logsigmoid, mish, silu, softplus, softsign, try_glu, try_logsigmoid, try_mish, try_silu,
    try_softplus, try_softsign,
};
pub use crate::ops::softmax::{softmin, softmin_dtype, try_softmin, try_softmin_dtype};
pub use crate::ops::window::Sizes;
pub use activation::{
    log_softmax, relu, sigmoid, softmax, tanh, try_log_softmax, try_relu, try_softmax,
};
pub use check_grads::{CheckGrads, check_grads};
pub use gradcheck::{GradCheck, gradcheck, gradgradcheck};
pub use transform::{
    hessian, hvp, jacobian, jvp, try_hessian, try_hvp, try_jacobian, try_jvp, try_vhp, try_vjp,
    try_vmap, vhp, vjp, vmap,
};

pub use crate::loss::{
    bce as binary_cross_entropy, bce_with_logits as binary_cross_entropy_with_logits,
    cosine_embedding as cosine_embedding_loss, cross_entropy, gaussian_nll as gaussian_nll_loss,
    hinge_embedding as hinge_embedding_loss, huber as huber_loss, kl_div, l1 as l1_loss,
    margin_ranking as margin_ranking_loss, mse as mse_loss, multi_margin as multi_margin_loss,
    multilabel_margin as multilabel_margin_loss,
    multilabel_soft_margin as multilabel_soft_margin_loss, nll as nll_loss,
    poisson_nll as poisson_nll_loss, smooth_l1 as smooth_l1_loss, soft_margin as soft_margin_loss,
    triplet_margin as triplet_margin_loss, try_bce as try_binary_cross_entropy,
    try_bce_with_logits as try_binary_cross_entropy_with_logits,
    try_cosine_embedding as try_cosine_embedding_loss, try_cross_entropy,
    try_gaussian_nll as try_gaussian_nll_loss, try_hinge_embedding as try_hinge_embedding_loss,
    try_huber as try_huber_loss, try_kl_div, try_l1 as try_l1_loss,
    try_margin_ranking as try_margin_ranking_loss, try_mse as try_mse_loss,
    try_multi_margin as try_multi_margin_loss, try_multilabel_margin as try_multilabel_margin_loss,
    try_multilabel_soft_margin as try_multilabel_soft_margin_loss, try_nll as try_nll_loss,
    try_poisson_nll as try_poisson_nll_loss, try_smooth_l1 as try_smooth_l1_loss,
    try_soft_margin as try_soft_margin_loss, try_triplet_margin as try_triplet_margin_loss,
};
pub use crate::ops::linear::{linear, try_linear};
