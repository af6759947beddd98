//! Elements or channels dropped by chance.

#[cfg(test)]
use super::case::{Case, sample};
use super::fallible_fn;
use crate::Tensor;
use crate::dtype::with_float;
use crate::error::{Error, Result};
use crate::random::default_generator;
use crate::shape::Dims;

fn check(op: &'static str, x: &Tensor, p: f64) -> Result<()> {
    super::mean::check_float(op, x)?;
    if (0.0..=1.0).contains(&p) {
        return Ok(());
    }
    Err(Error::InvalidArgument {
        op,
        argument: "p",
        value: p.to_string(),
        problem: "a probability is from 0 to 1".into(),
        cure: "Give the share of elements to drop, such as 0.5.".into(),
    })
}

/// `1 / (1 - p)` for what stays and 0 for what is dropped.
fn mask(x: &Tensor, shape: &[usize], p: f64) -> Tensor {
    with_float!(x.dtype(), T => {
        let mut mask = vec![0.0 as T; shape.iter().product()];
        default_generator(|g| g.fill_dropout_mask(&mut mask, p));
        Tensor::from_vec(mask, shape)
    }, else unreachable!("only floats come here"))
}

/// Each element dropped with probability `p`.
#[track_caller]
pub(crate) fn dropped(op: &'static str, x: &Tensor, p: f64) -> Result<Tensor> {
    check(op, x, p)?;
    match p {
        0.0 => Ok(x.clone()),
        _ => x.try_mul(mask(x, x.shape(), p)),
    }
}

/// `[batch, channels, 1 ..]`, or without a batch for inputs of `axes` axes, in which each number belongs to a channel.
fn channels(op: &'static str, x: &Tensor, axes: usize) -> Result<Dims> {
    if x.rank() != axes && x.rank() != axes + 1 {
        return Err(Error::Shape {
            op,
            problem: format!("the input has shape {:?}", x.shape()),
            cure: format!("Give {} axes, or {axes} without a batch.", axes + 1),
        });
    }
    let lead = x.rank() + 1 - axes;
    let size = |(axis, &size): (usize, &usize)| if axis < lead { size } else { 1 };
    Ok(x.shape().iter().enumerate().map(size).collect())
}

/// Whole channels dropped with probability `p`.
#[track_caller]
fn without_channels(
    op: &'static str,
    x: &Tensor,
    p: f64,
    axes: usize,
    training: bool,
) -> Result<Tensor> {
    check(op, x, p)?;
    let shape = channels(op, x, axes)?;
    match training && p > 0.0 {
        true => x.try_mul(mask(x, &shape, p)),
        false => Ok(x.clone()),
    }
}

/// `-scale alpha` of a SELU, to which dropped elements are set.
const FLOOR: f64 = -1.758_099_340_847_376_6;

/// What is dropped goes to the floor of a SELU; then all is scaled and shifted so that mean 0 and variance 1 stay.
#[track_caller]
fn to_floor(op: &'static str, x: &Tensor, shape: &[usize], p: f64) -> Result<Tensor> {
    if p == 1.0 {
        return x.try_mul(0.0);
    }
    let kept = mask(x, shape, p).try_ne(0.0)?.to(x.dtype());
    let a = 1.0 / ((FLOOR * FLOOR * p + 1.0) * (1.0 - p)).sqrt();
    let shift = kept
        .try_sub(1.0)?
        .try_mul(-FLOOR * a)?
        .try_add(-FLOOR * a * p)?;
    check(op, x, p)?;
    x.try_mul(kept.try_mul(a)?)?.try_add(shift)
}

fallible_fn! {
    /// While training, each element is dropped with probability `p` and the others multiplied by `1 / (1 - p)`
    /// (Hinton et al. 2012). Draws from the thread's default generator.
    ///
    /// # Panics
    /// If `p` is no probability, or the input holds no floats.
    ///
    /// ```
    /// use retrograd::{functional::dropout, prelude::*};
    /// manual_seed(0);
    /// assert_eq!(dropout(&ones([3]), 0.5, true), tensor![0.0, 0.0, 2.0]);
    /// assert_eq!(dropout(&ones([3]), 0.5, false), ones([3]));
    /// ```
    fn dropout | try_dropout(input: &Tensor, p: f64, training: bool) -> Tensor {
        check("dropout", input, p)?;
        match training {
            true => dropped("dropout", input, p),
            false => Ok(input.clone()),
        }
    }

    /// [`dropout`] of whole channels of `[batch, channels, length]`, or of `[channels, length]`.
    ///
    /// # Panics
    /// If `p` is no probability, the shape does not fit, or the input holds no floats.
    ///
    /// ```
    /// use retrograd::{functional::dropout1d, prelude::*};
    /// manual_seed(0);
    /// assert_eq!(dropout1d(&ones([3, 2]), 0.5, true), tensor![[0.0, 0.0], [0.0, 0.0], [2.0, 2.0]]);
    /// ```
    fn dropout1d | try_dropout1d(input: &Tensor, p: f64, training: bool) -> Tensor {
        without_channels("dropout1d", input, p, 2, training)
    }

    /// [`dropout`] of whole channels of `[batch, channels, height, width]`, or of `[channels, height, width]`.
    ///
    /// # Panics
    /// If `p` is no probability, the shape does not fit, or the input holds no floats.
    ///
    /// ```
    /// use retrograd::{functional::dropout2d, prelude::*};
    /// manual_seed(0);
    /// assert_eq!(dropout2d(&ones([3, 1, 1]), 0.5, true), tensor![[[0.0]], [[0.0]], [[2.0]]]);
    /// ```
    fn dropout2d | try_dropout2d(input: &Tensor, p: f64, training: bool) -> Tensor {
        without_channels("dropout2d", input, p, 3, training)
    }

    /// Dropout for networks of SELU: what is dropped goes to the function's floor, and mean 0 and variance 1 stay
    /// (Klambauer et al. 2017).
    ///
    /// # Panics
    /// If `p` is no probability, or the input holds no floats.
    ///
    /// ```
    /// use retrograd::{functional::alpha_dropout, prelude::*};
    /// let x = ones([2]);
    /// assert_eq!(alpha_dropout(&x, 0.5, false), x);
    /// ```
    fn alpha_dropout | try_alpha_dropout(input: &Tensor, p: f64, training: bool) -> Tensor {
        check("alpha_dropout", input, p)?;
        match training && p > 0.0 {
            true => to_floor("alpha_dropout", input, input.shape(), p),
            false => Ok(input.clone()),
        }
    }

    /// [`alpha_dropout`] of whole channels of `[batch, channels, ..]`.
    ///
    /// # Panics
    /// If `p` is no probability, the input has less than two axes, or it holds no floats.
    ///
    /// ```
    /// use retrograd::{functional::feature_alpha_dropout, prelude::*};
    /// let x = ones([2, 3]);
    /// assert_eq!(feature_alpha_dropout(&x, 0.5, false), x);
    /// ```
    fn feature_alpha_dropout | try_feature_alpha_dropout(input: &Tensor, p: f64, training: bool) -> Tensor {
        let op = "feature_alpha_dropout";
        check(op, input, p)?;
        let shape = channels(op, input, input.rank().max(2) - 1)?;
        match training && p > 0.0 {
            true => to_floor(op, input, &shape, p),
            false => Ok(input.clone()),
        }
    }
}

/// What this file says of its public operators.
#[cfg(test)]
pub(crate) fn operators() -> Vec<super::operator::Operator> {
    use super::operator::Operator;
    let case = |shape: &[usize], f: fn(&Tensor, f64, bool) -> Tensor| {
        Case::new([sample(shape, -1.0, 1.0, 0)], move |x| {
            crate::manual_seed(3);
            f(&x[0].pow(2), 0.5, true)
        })
    };
    vec![
        Operator::new(
            "nn.functional.dropout",
            "functional::dropout",
            [case(&[5], dropout)],
        ),
        Operator::new(
            "nn.functional.dropout1d",
            "functional::dropout1d",
            [case(&[2, 3, 2], dropout1d)],
        ),
        Operator::new(
            "nn.functional.dropout2d",
            "functional::dropout2d",
            [case(&[4, 2, 2], dropout2d)],
        ),
        Operator::new(
            "nn.functional.alpha_dropout",
            "functional::alpha_dropout",
            [case(&[5], alpha_dropout)],
        ),
        Operator::new(
            "nn.functional.feature_alpha_dropout",
            "functional::feature_alpha_dropout",
            [case(&[2, 3, 2], feature_alpha_dropout)],
        ),
    ]
}
