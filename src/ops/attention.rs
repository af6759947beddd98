//! Attention: means of values, weighted by how well their keys fit each query.

#[cfg(test)]
use super::case::{Case, sample};
use super::dropout::dropped;
use super::fallible_fn;
use crate::error::{Error, Result};
use crate::{DType, Tensor};

/// Settings of [`scaled_dot_product_attention`].
///
/// ```
/// use retrograd::functional::AttentionOptions;
/// let options = AttentionOptions::new().is_causal(true).scale(0.125);
/// ```
#[derive(Debug, Clone, Default)]
pub struct AttentionOptions {
    attn_mask: Option<Tensor>,
    dropout_p: f64,
    is_causal: bool,
    scale: Option<f64>,
    enable_gqa: bool,
}

impl AttentionOptions {
    /// The defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Which keys a query sees, where `bool`, or what is added to their scores; it broadcasts to `[.., L, S]`.
    pub fn attn_mask(mut self, attn_mask: &Tensor) -> Self {
        self.attn_mask = Some(attn_mask.clone());
        self
    }

    /// The probability with which a weight is dropped; default 0.
    pub fn dropout_p(mut self, dropout_p: f64) -> Self {
        self.dropout_p = dropout_p;
        self
    }

    /// Whether a query sees only the keys up to its own position; default false.
    pub fn is_causal(mut self, is_causal: bool) -> Self {
        self.is_causal = is_causal;
        self
    }

    /// The factor on the scores; default `1 / sqrt(E)`.
    pub fn scale(mut self, scale: f64) -> Self {
        self.scale = Some(scale);
        self
    }

    /// Whether several heads of queries share one of keys and values; default false.
    pub fn enable_gqa(mut self, enable_gqa: bool) -> Self {
        self.enable_gqa = enable_gqa;
        self
    }
}

const OP: &str = "scaled_dot_product_attention";

fn check(query: &Tensor, key: &Tensor, value: &Tensor) -> Result<()> {
    super::mean::check_float(OP, query)?;
    if query.dtype() != key.dtype() || query.dtype() != value.dtype() {
        return Err(Error::DType {
            op: OP,
            problem: format!(
                "queries of {}, keys of {}, values of {}",
                query.dtype(),
                key.dtype(),
                value.dtype()
            ),
            cure: "Cast them, so that all have one type.".into(),
        });
    }
    let fits = match (query.shape(), key.shape(), value.shape()) {
        ([.., _, e], [.., s, own], [.., other, _]) => e == own && s == other,
        _ => false,
    };
    if fits && query.rank() >= 2 {
        return Ok(());
    }
    Err(Error::Shape {
        op: OP,
        problem: format!(
            "queries of shape {:?}, keys of {:?}, values of {:?}",
            query.shape(),
            key.shape(),
            value.shape()
        ),
        cure: "They are `[.., L, E]`, `[.., S, E]` and `[.., S, Ev]`.".into(),
    })
}

/// The scores with what the mask adds to them.
fn masked(scores: Tensor, mask: &Tensor) -> Result<Tensor> {
    if mask.dtype() == DType::Bool {
        let shut = crate::shape::broadcast(OP, scores.shape(), mask.shape())?;
        return scores
            .try_expand(&shut[..])?
            .try_masked_fill(&mask.logical_not(), f64::NEG_INFINITY);
    }
    if mask.dtype() != scores.dtype() {
        return Err(Error::DType {
            op: OP,
            problem: format!(
                "a mask of {} for queries of {}",
                mask.dtype(),
                scores.dtype()
            ),
            cure: "Give `bool`, or numbers of the queries' type.".into(),
        });
    }
    scores.try_add(mask)
}

/// Shares of the scores; a query that sees no key has none, where a softmax would have NaN.
pub(crate) fn shares(scores: &Tensor) -> Result<Tensor> {
    let top = scores.detach().try_max_keepdim(-1)?.0;
    let blind = top.try_eq(f64::NEG_INFINITY)?;
    if !blind.any().item::<bool>() {
        return scores.try_softmax(-1);
    }
    let shares = scores.try_masked_fill(&blind, 0.0)?.try_softmax(-1)?;
    shares.try_masked_fill(&blind, 0.0)
}

/// Heads of keys or values, each as often as heads of queries share it.
fn shared(heads: &Tensor, query: &Tensor) -> Result<Tensor> {
    let (rank, count) = (heads.rank(), |x: &Tensor| x.shape()[x.rank() - 3]);
    let (own, wanted) = (count(heads), count(query));
    if own == wanted {
        return Ok(heads.clone());
    }
    if own == 0 || !wanted.is_multiple_of(own) {
        return Err(Error::Shape {
            op: OP,
            problem: format!("{wanted} heads of queries cannot share {own} of keys and values"),
            cure: "Give a number of heads of queries that is a multiple of theirs.".into(),
        });
    }
    let axis = (rank - 2) as i64;
    let mut shape = heads.shape().to_vec();
    shape.insert(rank - 2, wanted / own);
    heads
        .try_unsqueeze(axis)?
        .try_expand(&shape)?
        .try_flatten_dims(axis - 1, axis)
}

/// True up to each query's own position.
fn causal(queries: usize, keys: usize) -> Tensor {
    let seen = (0..queries).flat_map(|query| (0..keys).map(move |key| key <= query));
    Tensor::from_vec(seen.collect::<Vec<bool>>(), [queries, keys])
}

fallible_fn! {
    /// `softmax(scale Q Kᵀ + mask) V` (Vaswani et al. 2017): `query [.., L, E]`, `key [.., S, E]` and
    /// `value [.., S, Ev]` give `[.., L, Ev]`. A query that sees no key gets zeros.
    ///
    /// # Panics
    /// If shapes or types do not fit, `dropout_p` is no probability, or a mask and `is_causal` are both given.
    ///
    /// ```
    /// use retrograd::{functional::{AttentionOptions, scaled_dot_product_attention}, prelude::*};
    /// let (q, k, v) = (zeros([2, 3]), zeros([2, 3]), tensor![[1.0], [3.0]]);
    /// let y = scaled_dot_product_attention(&q, &k, &v, AttentionOptions::new());
    /// assert_eq!(y, tensor![[2.0], [2.0]]);
    /// let y = scaled_dot_product_attention(&q, &k, &v, AttentionOptions::new().is_causal(true));
    /// assert_eq!(y, tensor![[1.0], [2.0]]);
    /// ```
    fn scaled_dot_product_attention | try_scaled_dot_product_attention(
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        options: AttentionOptions,
    ) -> Tensor {
        check(query, key, value)?;
        let refuse = |argument, value: String, problem: &str, cure: &str| {
            Err(Error::InvalidArgument { op: OP, argument, value, problem: problem.into(), cure: cure.into() })
        };
        if options.is_causal && options.attn_mask.is_some() {
            return refuse("is_causal", "true".into(), "a mask is given too", "Put the causal part into the mask.");
        }
        if options.enable_gqa && query.rank().min(key.rank()).min(value.rank()) < 3 {
            return refuse("enable_gqa", "true".into(), "there is no axis of heads", "Give `[.., heads, length, features]`.");
        }
        let (key, value) = match options.enable_gqa {
            true => (shared(key, query)?, shared(value, query)?),
            false => (key.clone(), value.clone()),
        };
        let features = query.shape()[query.rank() - 1];
        let scale = options.scale.unwrap_or(1.0 / (features as f64).sqrt());
        // Scaled before the product, so that large scores do not leave the range on their way to small ones.
        let scores = query.try_mul(scale)?.try_matmul(&key.try_transpose(-2, -1)?)?;
        let mask = match options.is_causal {
            true => Some(causal(query.shape()[query.rank() - 2], key.shape()[key.rank() - 2])),
            false => options.attn_mask,
        };
        let weights = match mask {
            Some(mask) => shares(&masked(scores, &mask)?)?,
            None => scores.try_softmax(-1)?,
        };
        dropped(OP, &weights, options.dropout_p)?.try_matmul(&value)
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let tensor = |shape: &[usize], salt| sample(shape, -1.0, 1.0, salt);
    let case = |q: &[usize], k: &[usize], options: fn() -> AttentionOptions| {
        Case::new([tensor(q, 0), tensor(k, 1), tensor(k, 2)], move |x| {
            scaled_dot_product_attention(&x[0], &x[1], &x[2], options())
        })
    };
    vec![Operator::new(
        "nn.functional.scaled_dot_product_attention",
        "functional::scaled_dot_product_attention",
        [
            case(&[2, 2, 3], &[2, 3, 3], AttentionOptions::new),
            case(&[3, 2], &[3, 2], || {
                AttentionOptions::new().is_causal(true).scale(-0.5)
            }),
            case(&[4, 2, 2], &[2, 2, 2], || {
                AttentionOptions::new().enable_gqa(true)
            }),
            case(&[2, 2], &[2, 2], || {
                AttentionOptions::new().attn_mask(&crate::tensor![[true, false], [false, false]])
            }),
            case(&[2, 2], &[3, 2], || {
                crate::manual_seed(1);
                AttentionOptions::new().dropout_p(0.5)
            }),
        ],
    )]
}
