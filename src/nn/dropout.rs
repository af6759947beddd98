//! Dropout.

use super::{Forward, Module, Training};
use crate::error::OrPanic;
use crate::random::{Real, default_generator};
use crate::{DType, Element, Error, Result, Tensor};

/// In training, zeroes each element with probability `p` and multiplies the others by `1 / (1 - p)`; in evaluation
/// returns its input. Draws from the thread's default generator, as PyTorch does.
///
/// ```
/// use retrograd::nn::{Dropout, Forward};
/// retrograd::manual_seed(0);
/// let y = Dropout::new(0.5).forward(&retrograd::ones([3]));
/// assert_eq!(y.to_vec::<f32>(), [0.0, 0.0, 2.0]);
/// ```
#[derive(Debug, Module)]
#[module(extra_repr = Dropout::describe)]
pub struct Dropout {
    p: f64,
    /// Whether elements are dropped.
    pub training: Training,
}

impl Dropout {
    /// Drops with probability `p`.
    ///
    /// # Panics
    /// If `p` is not from 0 to 1; [`try_new`](Self::try_new) returns the error.
    ///
    /// ```
    /// assert_eq!(retrograd::nn::Dropout::new(0.25).to_string(), "Dropout(p=0.25, inplace=False)");
    /// ```
    #[track_caller]
    pub fn new(p: f64) -> Self {
        Self::try_new(p).or_panic()
    }

    /// As [`new`](Self::new), with the error returned.
    ///
    /// # Errors
    /// If `p` is not from 0 to 1.
    ///
    /// ```
    /// assert!(retrograd::nn::Dropout::try_new(1.5).is_err());
    /// ```
    pub fn try_new(p: f64) -> Result<Self> {
        if !(0.0..=1.0).contains(&p) {
            return Err(Error::InvalidArgument {
                op: "Dropout",
                argument: "p",
                value: p.to_string(),
                problem: "a probability is from 0 to 1".into(),
                cure: "Give the share of elements to drop, such as 0.5.".into(),
            });
        }
        Ok(Dropout {
            p,
            training: Training::new(),
        })
    }

    fn describe(&self) -> String {
        format!("p={:?}, inplace=False", self.p)
    }
}

impl Forward for Dropout {
    #[track_caller]
    fn forward(&self, x: &Tensor) -> Tensor {
        self.try_forward(x).or_panic()
    }

    #[track_caller]
    fn try_forward(&self, x: &Tensor) -> Result<Tensor> {
        if !self.training.get() || self.p == 0.0 {
            return Ok(x.clone());
        }
        match x.dtype() {
            DType::F32 => Ok(x * mask::<f32>(x, self.p)),
            DType::F64 => Ok(x * mask::<f64>(x, self.p)),
            other => Err(Error::DType {
                op: "Dropout",
                problem: format!(
                    "the input has type {other}, which cannot hold the scaled elements"
                ),
                cure: "Cast it to a floating-point type first.".into(),
            }),
        }
    }
}

fn mask<T: Element + Real>(x: &Tensor, p: f64) -> Tensor {
    let mut mask = vec![<T as num_traits::Zero>::zero(); x.numel()];
    default_generator(|g| g.fill_dropout_mask(&mut mask, p));
    Tensor::from_vec(mask, x.shape())
}
