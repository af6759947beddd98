//! Attention of several heads as a module.

use super::attention_options::{AttentionMasks, MultiheadOptions};
use super::init::Init;
use super::module::{Visitor, VisitorMut};
use super::{Linear, Module, Param, Training};
use crate::error::{Error, OrPanic};
use crate::ops::attention::shares;
use crate::{DType, Result, Tensor, functional, zeros};
use std::fmt;
use std::ops::Deref;

/// The last layer of [`MultiheadAttention`]: a [`Linear`] to which it dereferences, with the name that PyTorch prints.
#[derive(Debug)]
pub struct NonDynamicallyQuantizableLinear(Linear);

impl Deref for NonDynamicallyQuantizableLinear {
    type Target = Linear;
    fn deref(&self) -> &Linear {
        &self.0
    }
}

impl Module for NonDynamicallyQuantizableLinear {
    fn name(&self) -> &str {
        "NonDynamicallyQuantizableLinear"
    }

    fn extra_repr(&self) -> String {
        self.0.extra_repr()
    }

    fn visit<'a>(&'a self, visitor: &mut dyn Visitor<'a>) {
        self.0.visit(visitor);
    }

    fn visit_mut(&mut self, visitor: &mut dyn VisitorMut) {
        self.0.visit_mut(visitor);
    }
}

impl fmt::Display for NonDynamicallyQuantizableLinear {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        super::fmt_module(self, f)
    }
}

/// Attention of several heads (Vaswani et al. 2017): queries `[L, batch, embed_dim]`, keys `[S, batch, kdim]` and
/// values `[S, batch, vdim]` give `[L, batch, embed_dim]`; with `batch_first` the batch is the first axis, and it may be
/// left out.
///
/// ```
/// use retrograd::nn::{MultiheadAttention, MultiheadOptions};
/// let attention = MultiheadAttention::with(8, 2, MultiheadOptions::new().batch_first(true));
/// let x = retrograd::ones([3, 5, 8]);
/// assert_eq!(attention.forward(&x, &x, &x).shape(), [3, 5, 8]);
/// ```
#[derive(Debug, Module)]
pub struct MultiheadAttention {
    /// The projections of queries, keys and values one above the other, `[3 * embed_dim, embed_dim]`, where all have
    /// the same features.
    pub in_proj_weight: Option<Param>,
    /// `[embed_dim, embed_dim]`, where the features differ.
    pub q_proj_weight: Option<Param>,
    /// `[embed_dim, kdim]`, where the features differ.
    pub k_proj_weight: Option<Param>,
    /// `[embed_dim, vdim]`, where the features differ.
    pub v_proj_weight: Option<Param>,
    /// `[3 * embed_dim]`.
    pub in_proj_bias: Option<Param>,
    /// A key that stands behind the others, `[1, 1, embed_dim]`.
    pub bias_k: Option<Param>,
    /// Its value.
    pub bias_v: Option<Param>,
    /// The projection of all heads' results.
    pub out_proj: NonDynamicallyQuantizableLinear,
    num_heads: usize,
    #[module(skip)]
    options: MultiheadOptions,
    /// Whether weights are dropped.
    pub training: Training,
}

fn drawn(rule: Init, shape: &[usize]) -> Param {
    let param = Param::new(zeros(shape));
    rule.apply_(&param);
    param
}

impl MultiheadAttention {
    /// A layer of the default settings.
    ///
    /// # Panics
    /// If the features are no multiple of the number of heads.
    #[track_caller]
    pub fn new(embed_dim: usize, num_heads: usize) -> Self {
        Self::with(embed_dim, num_heads, MultiheadOptions::new())
    }

    /// A layer of these settings, with PyTorch's first values: Glorot's uniform ones for the projections of the inputs,
    /// Linear's for the last one, zeros for the biases.
    ///
    /// # Panics
    /// If the features are no multiple of the number of heads.
    #[track_caller]
    pub fn with(embed_dim: usize, num_heads: usize, options: MultiheadOptions) -> Self {
        if num_heads == 0 || embed_dim == 0 || !embed_dim.is_multiple_of(num_heads) {
            let refused: Result<()> = Err(Error::InvalidArgument {
                op: "MultiheadAttention",
                argument: "num_heads",
                value: num_heads.to_string(),
                problem: format!("embed_dim = {embed_dim} features do not make so many heads"),
                cure: "Give a divisor of embed_dim.".into(),
            });
            refused.or_panic();
        }
        let out_proj = match options.bias {
            true => Linear::new(embed_dim, embed_dim),
            false => Linear::without_bias(embed_dim, embed_dim),
        };
        let uniform = Init::XavierUniform { gain: 1.0 };
        let (kdim, vdim) = (
            options.kdim.unwrap_or(embed_dim),
            options.vdim.unwrap_or(embed_dim),
        );
        let joint = kdim == embed_dim && vdim == embed_dim;
        let own = |features: usize| (!joint).then(|| drawn(uniform, &[embed_dim, features]));
        let in_proj_weight = joint.then(|| drawn(uniform, &[3 * embed_dim, embed_dim]));
        let (q_proj_weight, k_proj_weight, v_proj_weight) = (own(embed_dim), own(kdim), own(vdim));
        if let Some(bias) = &out_proj.bias {
            Init::Constant(0.0).apply_(bias);
        }
        let learnt = || {
            let normal = Init::XavierNormal { gain: 1.0 };
            options
                .add_bias_kv
                .then(|| drawn(normal, &[1, 1, embed_dim]))
        };
        MultiheadAttention {
            in_proj_weight,
            q_proj_weight,
            k_proj_weight,
            v_proj_weight,
            in_proj_bias: options.bias.then(|| Param::new(zeros([3 * embed_dim]))),
            bias_k: learnt(),
            bias_v: learnt(),
            out_proj: NonDynamicallyQuantizableLinear(out_proj),
            num_heads,
            options,
            training: Training::new(),
        }
    }

    /// The attended values.
    ///
    /// # Panics
    /// If the inputs do not fit the layer; [`try_forward`](Self::try_forward) returns the error.
    #[track_caller]
    pub fn forward(&self, query: &Tensor, key: &Tensor, value: &Tensor) -> Tensor {
        self.try_forward(query, key, value).or_panic()
    }

    /// As [`forward`](Self::forward), with the error returned.
    ///
    /// # Errors
    /// If the inputs do not fit the layer.
    #[track_caller]
    pub fn try_forward(&self, query: &Tensor, key: &Tensor, value: &Tensor) -> Result<Tensor> {
        Ok(self
            .try_attend(query, key, value, &AttentionMasks::new())?
            .0)
    }

    /// The attended values under masks, and the weights of the keys, `[batch, L, S]`, the mean over all heads.
    ///
    /// # Panics
    /// If the inputs do not fit the layer; [`try_attend`](Self::try_attend) returns the error.
    ///
    /// ```
    /// use retrograd::nn::{AttentionMasks, MultiheadAttention};
    /// let (attention, x) = (MultiheadAttention::new(4, 2), retrograd::ones([2, 1, 4]));
    /// let masks = AttentionMasks::new().attn_mask(&retrograd::tensor![[false, true], [false, true]]);
    /// let (_, weights) = attention.attend(&x, &x, &x, &masks);
    /// assert_eq!(weights, retrograd::tensor![[[1.0, 0.0], [1.0, 0.0]]]);
    /// ```
    #[track_caller]
    pub fn attend(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        masks: &AttentionMasks,
    ) -> (Tensor, Tensor) {
        self.try_attend(query, key, value, masks).or_panic()
    }

    /// As [`attend`](Self::attend), with the error returned.
    ///
    /// # Errors
    /// If the inputs do not fit the layer.
    #[track_caller]
    pub fn try_attend(
        &self,
        query: &Tensor,
        key: &Tensor,
        value: &Tensor,
        masks: &AttentionMasks,
    ) -> Result<(Tensor, Tensor)> {
        self.check(query, key, value)?;
        let single = query.rank() == 2;
        let batched = |x: &Tensor| match (single, self.options.batch_first) {
            (true, _) => x.try_unsqueeze(1),
            (false, true) => x.try_transpose(0, 1),
            (false, false) => Ok(x.clone()),
        };
        let [q, k, v] = self.projected([&batched(query)?, &batched(key)?, &batched(value)?])?;
        let (k, v) = (
            self.with_more(k, self.bias_k.as_ref())?,
            self.with_more(v, self.bias_v.as_ref())?,
        );
        let [q, k, v] = [self.heads(&q)?, self.heads(&k)?, self.heads(&v)?];
        let (weights, out) = self.weigh(&q, &k, &v, masks)?;
        let (heads, queries, features) = (self.num_heads, q.shape()[2], q.shape()[3]);
        let out = out
            .try_permute([2, 0, 1, 3])?
            .try_reshape([-1, (heads * features) as i64])?;
        let out = super::Forward::try_forward(&*self.out_proj, &out)?;
        let out = out.try_reshape([
            queries as i64,
            q.shape()[0] as i64,
            (heads * features) as i64,
        ])?;
        let weights = weights.try_mean_dim(1)?;
        match (single, self.options.batch_first) {
            (true, _) => Ok((out.try_squeeze_dim(1)?, weights.try_squeeze_dim(0)?)),
            (false, true) => Ok((out.try_transpose(0, 1)?, weights)),
            (false, false) => Ok((out, weights)),
        }
    }

    fn check(&self, query: &Tensor, key: &Tensor, value: &Tensor) -> Result<()> {
        let embed = self.out_proj.in_features();
        let features = [
            embed,
            self.options.kdim.unwrap_or(embed),
            self.options.vdim.unwrap_or(embed),
        ];
        let inputs = [query, key, value];
        let rank = query.rank();
        let ends = inputs
            .iter()
            .zip(features)
            .all(|(x, features)| x.shape().last() == Some(&features));
        let lead = |x: &Tensor| x.shape()[..x.rank().saturating_sub(1)].to_vec();
        let batch = |x: &Tensor| match self.options.batch_first {
            true => x.shape()[0],
            false => x.shape()[1],
        };
        let fits = (2..=3).contains(&rank)
            && inputs.iter().all(|x| x.rank() == rank)
            && ends
            && lead(key) == lead(value)
            && (rank == 2 || batch(query) == batch(key));
        if fits {
            return Ok(());
        }
        Err(Error::Shape {
            op: "MultiheadAttention",
            problem: format!(
                "queries of shape {:?}, keys of {:?}, values of {:?}",
                query.shape(),
                key.shape(),
                value.shape()
            ),
            cure: format!(
                "Their last sizes are {features:?}; batches agree, and keys and values have one length."
            ),
        })
    }

    /// Queries, keys and values by the weights of the layer.
    fn projected(&self, inputs: [&Tensor; 3]) -> Result<[Tensor; 3]> {
        let embed = self.out_proj.in_features();
        let apart = [
            &self.q_proj_weight,
            &self.k_proj_weight,
            &self.v_proj_weight,
        ];
        let project = |i: usize| {
            let weight = match (&self.in_proj_weight, apart[i]) {
                (Some(all), _) => all.try_narrow(0, i * embed, embed)?,
                (None, Some(own)) => own.deref().clone(),
                (None, None) => unreachable!("a layer is built with one weight or with three"),
            };
            let out = inputs[i].try_matmul(&weight.try_t()?)?;
            match &self.in_proj_bias {
                Some(bias) => out.try_add(bias.try_narrow(0, i * embed, embed)?),
                None => Ok(out),
            }
        };
        Ok([project(0)?, project(1)?, project(2)?])
    }

    /// Keys or values with those behind them that the layer itself brings.
    fn with_more(&self, x: Tensor, learnt: Option<&Param>) -> Result<Tensor> {
        let (batch, embed) = (x.shape()[1], x.shape()[2]);
        let mut parts = vec![x];
        if let Some(learnt) = learnt {
            parts.push(learnt.try_expand([1, batch, embed])?);
        }
        if self.options.add_zero_attn {
            parts.push(zeros([1, batch, embed]).to(parts[0].dtype()));
        }
        match &parts[..] {
            [one] => Ok(one.clone()),
            _ => crate::try_cat(&parts, 0),
        }
    }

    /// `[length, batch, embed]` as `[batch, heads, length, features]`.
    fn heads(&self, x: &Tensor) -> Result<Tensor> {
        let &[length, batch, embed] = x.shape() else {
            unreachable!("inputs were given a batch")
        };
        x.try_reshape([length, batch, self.num_heads, embed / self.num_heads])?
            .try_permute([1, 2, 0, 3])
    }

    /// The weights of the keys and the means of the values by them.
    fn weigh(
        &self,
        q: &Tensor,
        k: &Tensor,
        v: &Tensor,
        masks: &AttentionMasks,
    ) -> Result<(Tensor, Tensor)> {
        let features = q.shape()[3];
        let scores = q
            .try_mul((1.0 / features as f64).sqrt())?
            .try_matmul(&k.try_transpose(-2, -1)?)?;
        let weights = match self.mask(&scores, masks)? {
            Some(mask) => shares(&scores.try_add(mask)?)?,
            None => scores.try_softmax(-1)?,
        };
        let weights = functional::try_dropout(&weights, self.options.dropout, self.training.get())?;
        let out = weights.try_matmul(v)?;
        Ok((weights, out))
    }

    /// What is added to the scores `[batch, heads, L, S]`.
    fn mask(&self, scores: &Tensor, masks: &AttentionMasks) -> Result<Option<Tensor>> {
        let &[batch, heads, queries, keys] = scores.shape() else {
            unreachable!("scores have four axes")
        };
        let more = usize::from(self.bias_k.is_some()) + usize::from(self.options.add_zero_attn);
        let own = keys - more;
        let mut sum: Option<Tensor> = None;
        let padding = masks
            .key_padding_mask
            .as_ref()
            .map(|mask| (mask, vec![batch, 1, 1, own]));
        let attention = masks.attn_mask.as_ref().map(|mask| match mask.rank() {
            3 => (mask, vec![batch, heads, queries, own]),
            _ => (mask, vec![1, 1, queries, own]),
        });
        for (mask, shape) in [padding, attention].into_iter().flatten() {
            if mask.numel() != shape.iter().product::<usize>() {
                return Err(Error::Shape {
                    op: "MultiheadAttention",
                    problem: format!("a mask of shape {:?} for scores of shape {:?}", mask.shape(), scores.shape()),
                    cure: "A key_padding_mask is `[batch, S]`, an attn_mask `[L, S]` or `[batch * heads, L, S]`.".into(),
                });
            }
            let mask = match mask.dtype() {
                DType::Bool => zeros([1])
                    .to(scores.dtype())
                    .try_expand(mask.shape())?
                    .try_masked_fill(mask, f64::NEG_INFINITY)?,
                _ => mask.to(scores.dtype()),
            };
            // What the layer itself brings is seen by all.
            let mask = functional::try_pad(
                &mask.try_reshape(&shape)?,
                [0, more as i64],
                functional::PadMode::default(),
            )?;
            sum = Some(match sum {
                Some(sum) => sum.try_add(mask)?,
                None => mask,
            });
        }
        Ok(sum)
    }
}
