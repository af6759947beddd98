//! A table of vectors as a module.

use super::init::Init;
use super::print::{flag, python};
use super::{Forward, Module, Param};
use crate::error::OrPanic;
use crate::functional::{self, EmbeddingOptions};
use crate::{Result, Tensor, no_grad, zeros};

/// A table of `num_embeddings` vectors of `embedding_dim` features, looked up by position: `[..]` of `i64` to
/// `[.., embedding_dim]`. The vectors are drawn from the standard normal distribution.
///
/// ```
/// use retrograd::nn::{Embedding, Forward};
/// let table = Embedding::new(7, 3);
/// assert_eq!(table.forward(&retrograd::tensor![[0, 6], [2, 2]]).shape(), [2, 2, 3]);
/// assert_eq!(table.to_string(), "Embedding(7, 3)");
/// ```
#[derive(Debug, Module)]
#[module(extra_repr = Embedding::describe)]
pub struct Embedding {
    /// `[num_embeddings, embedding_dim]`.
    pub weight: Param,
    #[module(skip)]
    options: EmbeddingOptions,
}

impl Embedding {
    /// A table of the default settings.
    pub fn new(num_embeddings: usize, embedding_dim: usize) -> Self {
        let weight = Param::new(zeros([num_embeddings, embedding_dim]));
        Init::Normal {
            mean: 0.0,
            std: 1.0,
        }
        .apply_(&weight);
        Embedding {
            weight,
            options: EmbeddingOptions::new(),
        }
    }

    /// A table of these settings. The vector of a padding index is zeros.
    ///
    /// # Panics
    /// If the padding index is no row of the table.
    ///
    /// ```
    /// use retrograd::{functional::EmbeddingOptions, nn::Embedding};
    /// let table = Embedding::with(7, 3, EmbeddingOptions::new().padding_idx(-1));
    /// assert_eq!(table.to_string(), "Embedding(7, 3, padding_idx=6)");
    /// assert_eq!(table.weight.at(6).to_vec::<f32>(), [0.0; 3]);
    /// ```
    #[track_caller]
    pub fn with(num_embeddings: usize, embedding_dim: usize, options: EmbeddingOptions) -> Self {
        let mut table = Self::new(num_embeddings, embedding_dim);
        let padding = options.padding_row("Embedding", num_embeddings).or_panic();
        table.options = options;
        if let Some(row) = padding {
            table.options = options.padding_idx(row as i64);
            no_grad(|| {
                table.weight.select(0, row as i64).zero_();
            });
        }
        table
    }

    fn describe(&self) -> String {
        let (shape, options) = (self.weight.shape(), &self.options);
        let mut text = format!("{}, {}", shape[0], shape[1]);
        if let Some(row) = options.padding_idx {
            text += &format!(", padding_idx={row}");
        }
        if let Some(max_norm) = options.max_norm {
            text += &format!(", max_norm={}", python(max_norm));
        }
        if options.norm_type != 2.0 {
            text += &format!(", norm_type={}", python(options.norm_type));
        }
        if options.scale_grad_by_freq {
            text += &format!(", scale_grad_by_freq={}", flag(true));
        }
        text
    }
}

impl Forward for Embedding {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        self.try_forward(x).or_panic()
    }

    #[track_caller]
    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        functional::try_embedding(x, &self.weight, self.options)
    }
}
