//! Labels as numbers.

use crate::inputs::labels;
use crate::{Error, Result, Tensor};
use std::fmt::Debug;

/// Labels of any kind as positions in the sorted list of those that were fitted, scikit-learn's `LabelEncoder`.
///
/// ```
/// use retrograd::preprocessing::LabelEncoder;
/// use retrograd::tensor;
/// let encoder = LabelEncoder::fit(["b", "a", "c", "a"])?;
/// assert_eq!(encoder.classes(), ["a", "b", "c"]);
/// assert_eq!(encoder.transform(["c", "a"])?, tensor![2, 0]);
/// assert_eq!(encoder.inverse_transform(&tensor![1, 1])?, ["b", "b"]);
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LabelEncoder<T> {
    classes: Vec<T>,
}

impl<T: Ord + Clone + Debug> LabelEncoder<T> {
    /// Takes the different labels.
    ///
    /// # Errors
    /// If there is none.
    ///
    /// ```
    /// use retrograd::preprocessing::LabelEncoder;
    /// assert_eq!(LabelEncoder::fit([4, 2, 4])?.classes(), [2, 4]);
    /// assert!(LabelEncoder::<i64>::fit([]).is_err());
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn fit(labels: impl IntoIterator<Item = T>) -> Result<Self> {
        let mut classes: Vec<T> = labels.into_iter().collect();
        classes.sort_unstable();
        classes.dedup();
        if !classes.is_empty() {
            return Ok(LabelEncoder { classes });
        }
        Err(Error::InvalidArgument {
            op: "LabelEncoder::fit",
            argument: "labels",
            value: "[]".into(),
            problem: "there is no label".into(),
            cure: "Give at least one.".into(),
        })
    }

    /// The different labels, sorted.
    ///
    /// ```
    /// use retrograd::preprocessing::LabelEncoder;
    /// assert_eq!(LabelEncoder::fit(["oak", "elm"])?.classes(), ["elm", "oak"]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn classes(&self) -> &[T] {
        &self.classes
    }

    /// The labels' positions, i64 `[labels]`.
    ///
    /// # Errors
    /// If a label was not fitted.
    ///
    /// ```
    /// use retrograd::preprocessing::LabelEncoder;
    /// let error = LabelEncoder::fit(["oak", "elm"])?.transform(["elm", "ash"]).unwrap_err();
    /// assert_eq!(
    ///     error.to_string(),
    ///     "LabelEncoder::transform: labels = \"ash\" at position 1: it was not fitted. \
    ///      Fit the encoder with all labels that occur: [\"elm\", \"oak\"] were."
    /// );
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn transform(&self, labels: impl IntoIterator<Item = T>) -> Result<Tensor> {
        let position = |(at, label): (usize, T)| match self.classes.binary_search(&label) {
            Ok(position) => Ok(position as i64),
            Err(_) => Err(Error::InvalidArgument {
                op: "LabelEncoder::transform",
                argument: "labels",
                value: format!("{label:?} at position {at}"),
                problem: "it was not fitted".into(),
                cure: format!(
                    "Fit the encoder with all labels that occur: {:?} were.",
                    self.classes
                ),
            }),
        };
        let positions = labels.into_iter().enumerate().map(position);
        Ok(Tensor::from(positions.collect::<Result<Vec<i64>>>()?))
    }

    /// The labels at these positions, `[labels]`.
    ///
    /// # Errors
    /// If they are not positions of labels.
    ///
    /// ```
    /// use retrograd::{preprocessing::LabelEncoder, tensor};
    /// let encoder = LabelEncoder::fit(["oak", "elm"])?;
    /// assert_eq!(encoder.inverse_transform(&tensor![1, 0])?, ["oak", "elm"]);
    /// assert!(encoder.inverse_transform(&tensor![2]).is_err());
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn inverse_transform(&self, positions: &Tensor) -> Result<Vec<T>> {
        const OP: &str = "LabelEncoder::inverse_transform";
        let positions = labels(OP, "positions", positions)?;
        check_range(OP, "positions", &positions, self.classes.len())?;
        Ok(positions
            .iter()
            .map(|&at| self.classes[at as usize].clone())
            .collect())
    }
}

/// A row for each label with 1 in its class's column and 0 in the others, `torch.nn.functional.one_hot`: i64
/// `[labels, classes]`. Without a number of classes there are as many as the greatest label asks for.
///
/// # Errors
/// If a label is no whole number from 0 up to, but without, `classes`; if there is no label to count classes by.
///
/// ```
/// use retrograd::{preprocessing::one_hot, tensor};
/// assert_eq!(one_hot(&tensor![0, 2], None)?, tensor![[1, 0, 0], [0, 0, 1]]);
/// assert_eq!(one_hot(&tensor![1, 0], 2)?, tensor![[0, 1], [1, 0]]);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn one_hot(y: &Tensor, classes: impl Into<Option<usize>>) -> Result<Tensor> {
    const OP: &str = "one_hot";
    let positions = labels(OP, "labels", y)?;
    let classes = match (classes.into(), positions.iter().max()) {
        (Some(classes), _) => classes,
        (None, Some(&greatest)) => usize::try_from(greatest).map_or(0, |greatest| greatest + 1),
        (None, None) => {
            return Err(Error::InvalidArgument {
                op: OP,
                argument: "labels",
                value: "[]".into(),
                problem: "without a label, the number of classes is not known".into(),
                cure: "Give the number of classes.".into(),
            });
        }
    };
    check_range(OP, "labels", &positions, classes)?;
    let mut hot = vec![0i64; positions.len() * classes];
    for (row, &at) in positions.iter().enumerate() {
        hot[row * classes + at as usize] = 1;
    }
    Tensor::try_from_vec(hot, [positions.len(), classes])
}

fn check_range(
    op: &'static str,
    argument: &'static str,
    labels: &[i64],
    classes: usize,
) -> Result<()> {
    match labels
        .iter()
        .position(|label| !(0..classes as i64).contains(label))
    {
        None => Ok(()),
        Some(at) => Err(Error::InvalidArgument {
            op,
            argument,
            value: format!("{} at position {at}", labels[at]),
            problem: format!("there are {classes} classes"),
            cure: match classes {
                0 => "Labels are counted from 0.".into(),
                _ => format!(
                    "Give labels from 0 to {}, or encode them with `LabelEncoder` first.",
                    classes - 1
                ),
            },
        }),
    }
}
