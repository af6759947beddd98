//! Settings of attention, and its masks.

use crate::Tensor;

/// Settings with which a [`MultiheadAttention`](super::MultiheadAttention) is built.
///
/// ```
/// use retrograd::nn::MultiheadOptions;
/// let options = MultiheadOptions::new().batch_first(true).dropout(0.1);
/// ```
#[derive(Debug, Clone, Copy)]
pub struct MultiheadOptions {
    pub(super) dropout: f64,
    pub(super) bias: bool,
    pub(super) add_bias_kv: bool,
    pub(super) add_zero_attn: bool,
    pub(super) kdim: Option<usize>,
    pub(super) vdim: Option<usize>,
    pub(super) batch_first: bool,
}

impl Default for MultiheadOptions {
    fn default() -> Self {
        MultiheadOptions {
            dropout: 0.0,
            bias: true,
            add_bias_kv: false,
            add_zero_attn: false,
            kdim: None,
            vdim: None,
            batch_first: false,
        }
    }
}

impl MultiheadOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// The probability with which a weight is dropped in training; default 0.
    pub fn dropout(mut self, dropout: f64) -> Self {
        self.dropout = dropout;
        self
    }

    /// Whether the projections have biases; default true.
    pub fn bias(mut self, bias: bool) -> Self {
        self.bias = bias;
        self
    }

    /// Whether a key and a value that are learnt stand behind the others; default false.
    pub fn add_bias_kv(mut self, add_bias_kv: bool) -> Self {
        self.add_bias_kv = add_bias_kv;
        self
    }

    /// Whether a key and a value of zeros stand behind the others; default false.
    pub fn add_zero_attn(mut self, add_zero_attn: bool) -> Self {
        self.add_zero_attn = add_zero_attn;
        self
    }

    /// The features of the keys; default those of the queries.
    pub fn kdim(mut self, kdim: usize) -> Self {
        self.kdim = Some(kdim);
        self
    }

    /// The features of the values; default those of the queries.
    pub fn vdim(mut self, vdim: usize) -> Self {
        self.vdim = Some(vdim);
        self
    }

    /// Whether inputs are `[batch, length, features]` instead of `[length, batch, features]`; default false.
    pub fn batch_first(mut self, batch_first: bool) -> Self {
        self.batch_first = batch_first;
        self
    }
}

/// Which keys queries may see.
///
/// ```
/// use retrograd::nn::AttentionMasks;
/// let masks = AttentionMasks::new().key_padding_mask(&retrograd::tensor![[false, true]]);
/// ```
#[derive(Debug, Clone, Default)]
pub struct AttentionMasks {
    pub(super) key_padding_mask: Option<Tensor>,
    pub(super) attn_mask: Option<Tensor>,
}

impl AttentionMasks {
    /// No mask.
    pub fn new() -> Self {
        Self::default()
    }

    /// The keys that are hidden from all queries, `[batch, S]`, where `bool`, or what is added to their scores.
    pub fn key_padding_mask(mut self, key_padding_mask: &Tensor) -> Self {
        self.key_padding_mask = Some(key_padding_mask.clone());
        self
    }

    /// The keys that are hidden from each query, `[L, S]` or `[batch * heads, L, S]`, where `bool`, or what is added to
    /// their scores.
    pub fn attn_mask(mut self, attn_mask: &Tensor) -> Self {
        self.attn_mask = Some(attn_mask.clone());
        self
    }
}
