//! Training and test data.

use super::stratify;
use crate::data::{Tensors, rows};
use crate::inputs::labels;
use crate::random::NumpyRandomState;
use crate::{Error, Result, Tensor};

/// Splits rows into training and test data, as scikit-learn's `train_test_split`: [`split`](TrainTestSplit::split)
/// tensors, or take the [`positions`](TrainTestSplit::positions).
///
/// By default a quarter is for the test, and rows are permuted by NumPy's `RandomState` of seed 0.
///
/// ```
/// use retrograd::preprocessing::train_test_split;
/// use retrograd::{Tensor, zeros};
/// let (x, y) = (zeros([10, 3]), (0..10i64).collect::<Tensor>());
/// let ((x_train, y_train), (x_test, y_test)) =
///     train_test_split().test_size(0.2).random_state(42).split((x, y))?;
/// assert_eq!((x_train.shape(), x_test.shape()), (&[8, 3][..], &[2, 3][..]));
/// assert_eq!(y_test.to_vec::<i64>(), [8, 1]);
/// # let _ = y_train;
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn train_test_split() -> TrainTestSplit {
    TrainTestSplit {
        test_size: None,
        train_size: None,
        random_state: 0,
        shuffle: true,
        stratify: None,
    }
}

/// Settings of [`train_test_split`].
#[derive(Debug, Clone)]
pub struct TrainTestSplit {
    test_size: Option<Size>,
    train_size: Option<Size>,
    random_state: u32,
    shuffle: bool,
    stratify: Option<Vec<i64>>,
}

/// A number of rows, or a share of them.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum Size {
    /// That many rows.
    Count(usize),
    /// That share of the rows, between 0 and 1.
    Share(f64),
}

impl From<usize> for Size {
    fn from(count: usize) -> Self {
        Size::Count(count)
    }
}

impl From<f64> for Size {
    fn from(share: f64) -> Self {
        Size::Share(share)
    }
}

impl Size {
    fn rows(self, argument: &'static str, n: usize, round: fn(f64) -> f64) -> Result<usize> {
        let (fits, value, rows) = match self {
            Size::Count(count) => (count > 0 && count < n, count.to_string(), count),
            Size::Share(share) => (
                share > 0.0 && share < 1.0,
                share.to_string(),
                round(share * n as f64) as usize,
            ),
        };
        if fits {
            return Ok(rows);
        }
        Err(Error::InvalidArgument {
            op: "train_test_split",
            argument,
            value,
            problem: format!("of {n} rows, this leaves training or test data without any"),
            cure: format!(
                "Give a share between 0 and 1, or a number of rows from 1 to {}.",
                n.saturating_sub(1)
            ),
        })
    }
}

impl TrainTestSplit {
    /// The test data's number of rows (`usize`), or share of them (`f64`), rounded up.
    ///
    /// ```
    /// let split = retrograd::preprocessing::train_test_split().test_size(0.2);
    /// assert_eq!(split.positions(12)?.1.len(), 3);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn test_size(mut self, size: impl Into<Size>) -> Self {
        self.test_size = Some(size.into());
        self
    }

    /// The training data's number of rows (`usize`), or share of them (`f64`), rounded down; by default all that are
    /// not for the test.
    ///
    /// ```
    /// let split = retrograd::preprocessing::train_test_split().train_size(5);
    /// assert_eq!(split.positions(12)?.0.len(), 5);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn train_size(mut self, size: impl Into<Size>) -> Self {
        self.train_size = Some(size.into());
        self
    }

    /// The seed of the permutation.
    ///
    /// ```
    /// let split = retrograd::preprocessing::train_test_split().random_state(42);
    /// assert_eq!(split.positions(10)?.1, [8, 1, 5]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn random_state(mut self, seed: u32) -> Self {
        self.random_state = seed;
        self
    }

    /// Whether rows are permuted; if not, the test data are the last rows. `true` by default.
    ///
    /// ```
    /// let split = retrograd::preprocessing::train_test_split().shuffle(false);
    /// assert_eq!(split.positions(4)?.1, [3]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// Gives training and test data the shares of each class that all rows have; `classes` has one of each row.
    ///
    /// # Errors
    /// If `classes` are no labels, `[rows]`.
    ///
    /// ```
    /// let y = retrograd::tensor![0, 0, 0, 0, 1, 1, 1, 1];
    /// let split = retrograd::preprocessing::train_test_split().stratify(&y)?;
    /// let (_, test) = split.positions(8)?;
    /// assert_eq!(test.iter().filter(|&&row| row < 4).count(), 1);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn stratify(mut self, classes: &Tensor) -> Result<Self> {
        self.stratify = Some(labels("train_test_split", "stratify", classes)?);
        Ok(self)
    }

    /// The positions of the training and of the test rows, of `n`.
    ///
    /// # Errors
    /// If the sizes leave training or test data without any row, or ask for more than `n`; if rows are stratified,
    /// also if a class has one row only, or there are fewer training or test rows than classes.
    ///
    /// ```
    /// let (train, test) = retrograd::preprocessing::train_test_split().test_size(2).shuffle(false).positions(5)?;
    /// assert_eq!((train, test), (vec![0, 1, 2], vec![3, 4]));
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn positions(&self, n: usize) -> Result<(Vec<usize>, Vec<usize>)> {
        let (train, test) = self.sizes(n)?;
        let mut random = NumpyRandomState::new(self.random_state);
        if let Some(classes) = &self.stratify {
            return stratify::split(classes, [n, train, test], self.shuffle, &mut random);
        }
        if !self.shuffle {
            return Ok(((0..train).collect(), (train..train + test).collect()));
        }
        let order = random.permutation(n);
        let order: Vec<usize> = order.into_iter().map(|i| i as usize).collect();
        Ok((order[test..test + train].to_vec(), order[..test].to_vec()))
    }

    /// The numbers of training and of test rows, of `n`.
    fn sizes(&self, n: usize) -> Result<(usize, usize)> {
        let test = self
            .test_size
            .map(|size| size.rows("test_size", n, f64::ceil))
            .transpose()?;
        let train = self
            .train_size
            .map(|size| size.rows("train_size", n, f64::floor))
            .transpose()?;
        let test = match (test, train) {
            (Some(test), _) => test,
            (None, Some(train)) => n - train,
            (None, None) => Size::Share(0.25).rows("test_size", n, f64::ceil)?,
        };
        let train = train.unwrap_or(n - test);
        if train == 0 || test + train > n {
            return Err(Error::InvalidArgument {
                op: "train_test_split",
                argument: "test_size",
                value: test.to_string(),
                problem: format!("with {train} rows for training, it does not fit {n} rows"),
                cure: "Give smaller sizes, or more rows.".into(),
            });
        }
        Ok((train, test))
    }

    /// Splits a tensor, or each of a tuple of tensors, by rows: returns the training part and the test part.
    ///
    /// # Errors
    /// As [`positions`](Self::positions), and if the tensors' numbers of rows differ.
    ///
    /// ```
    /// let (train, test) = retrograd::preprocessing::train_test_split().split(retrograd::zeros([8, 3]))?;
    /// assert_eq!((train.shape(), test.shape()), (&[6, 3][..], &[2, 3][..]));
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn split<T: Tensors>(&self, tensors: T) -> Result<(T, T)> {
        let mut shapes = Vec::new();
        tensors.each(&mut |tensor| shapes.push(tensor.shape().to_vec()));
        let mut counts = shapes.iter().map(|shape| shape.first().copied());
        let n = counts
            .next()
            .flatten()
            .filter(|&n| counts.all(|count| count == Some(n)));
        let n = n.ok_or_else(|| Error::Shape {
            op: "train_test_split",
            problem: format!("tensors of shapes {shapes:?} do not have the same number of rows"),
            cure: "Give tensors whose first sizes are equal.".into(),
        })?;
        let (train, test) = self.positions(n)?;
        let part =
            |positions: &[usize]| tensors.map(&mut |tensor: &Tensor| rows(tensor, positions));
        Ok((part(&train)?, part(&test)?))
    }
}
