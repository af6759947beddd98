//! Folds of cross-validation.

use crate::inputs::labels;
use crate::random::NumpyRandomState;
use crate::{Error, Result, Tensor};

/// Cuts rows into folds, each of which is the test data once, scikit-learn's `KFold`.
///
/// By default a fold is a run of neighbouring rows; shuffled, they are drawn by NumPy's `RandomState`.
///
/// ```
/// use retrograd::preprocessing::KFold;
/// let folds = KFold::new(3).split(7)?;
/// assert_eq!(folds[0].1, [0, 1, 2]);
/// assert_eq!(folds[2], (vec![0, 1, 2, 3, 4], vec![5, 6]));
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct KFold {
    n_splits: usize,
    shuffle: bool,
    random_state: u32,
}

/// As [`KFold`], where each fold has the classes' shares of all rows, scikit-learn's `StratifiedKFold`.
///
/// ```
/// use retrograd::{preprocessing::StratifiedKFold, tensor};
/// let folds = StratifiedKFold::new(2).split(&tensor![0, 0, 0, 0, 1, 1])?;
/// assert_eq!(folds[0], (vec![2, 3, 5], vec![0, 1, 4]));
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct StratifiedKFold(KFold);

/// The positions of training and test rows, in order.
type Fold = (Vec<usize>, Vec<usize>);

impl KFold {
    /// That many folds of neighbouring rows.
    ///
    /// ```
    /// assert_eq!(retrograd::preprocessing::KFold::new(5).split(10)?.len(), 5);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn new(n_splits: usize) -> Self {
        KFold {
            n_splits,
            shuffle: false,
            random_state: 0,
        }
    }

    /// Whether rows are shuffled first; `false` by default.
    ///
    /// ```
    /// use retrograd::preprocessing::KFold;
    /// assert_eq!(KFold::new(2).shuffle(true).split(4)?[0].1, [2, 3]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.shuffle = shuffle;
        self
    }

    /// The seed of the shuffling; 0 by default.
    ///
    /// ```
    /// use retrograd::preprocessing::KFold;
    /// assert_eq!(KFold::new(2).shuffle(true).random_state(1).split(4)?[0].1, [2, 3]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn random_state(mut self, seed: u32) -> Self {
        self.random_state = seed;
        self
    }

    /// The positions of training and test rows of each fold, of `n` rows; the first folds take what is left over.
    ///
    /// # Errors
    /// If there are fewer than two folds, or more than rows.
    ///
    /// ```
    /// use retrograd::preprocessing::KFold;
    /// assert!(KFold::new(5).split(4).is_err());
    /// ```
    pub fn split(&self, n: usize) -> Result<Vec<Fold>> {
        self.check("KFold", n, "rows")?;
        let mut order: Vec<usize> = (0..n).collect();
        if self.shuffle {
            NumpyRandomState::new(self.random_state).shuffle(&mut order);
        }
        let mut fold_of = vec![0; n];
        let mut order = order.into_iter();
        for fold in 0..self.n_splits {
            let size = n / self.n_splits + usize::from(fold < n % self.n_splits);
            order
                .by_ref()
                .take(size)
                .for_each(|row| fold_of[row] = fold);
        }
        Ok(self.folds(&fold_of))
    }

    fn check(&self, op: &'static str, most: usize, what: &str) -> Result<()> {
        let problem = match self.n_splits {
            0 | 1 => "data are cut into at least two folds".to_owned(),
            n if n > most => format!("there are {most} {what}, fewer than folds"),
            _ => return Ok(()),
        };
        Err(Error::InvalidArgument {
            op,
            argument: "n_splits",
            value: self.n_splits.to_string(),
            problem,
            cure: "Give a number from 2 up, at most as many as there are rows.".into(),
        })
    }

    fn folds(&self, fold_of: &[usize]) -> Vec<Fold> {
        let fold = |fold| (0..fold_of.len()).partition(|&row| fold_of[row] != fold);
        (0..self.n_splits).map(fold).collect()
    }
}

impl StratifiedKFold {
    /// That many folds.
    ///
    /// ```
    /// use retrograd::{preprocessing::StratifiedKFold, tensor};
    /// assert_eq!(StratifiedKFold::new(2).split(&tensor![0, 1, 0, 1])?.len(), 2);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn new(n_splits: usize) -> Self {
        StratifiedKFold(KFold::new(n_splits))
    }

    /// Whether the rows of a class are shuffled first; `false` by default.
    ///
    /// ```
    /// use retrograd::{preprocessing::StratifiedKFold, tensor};
    /// let folds = StratifiedKFold::new(2).shuffle(true).split(&tensor![0, 1, 0, 1])?;
    /// assert_eq!(folds[0].1.len(), 2);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn shuffle(mut self, shuffle: bool) -> Self {
        self.0.shuffle = shuffle;
        self
    }

    /// The seed of the shuffling; 0 by default.
    ///
    /// ```
    /// use retrograd::{preprocessing::StratifiedKFold, tensor};
    /// let folds = StratifiedKFold::new(2).shuffle(true).random_state(7);
    /// assert_eq!(folds.split(&tensor![0, 1, 0, 1])?.len(), 2);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn random_state(mut self, seed: u32) -> Self {
        self.0.random_state = seed;
        self
    }

    /// The positions of training and test rows of each fold, by the class of each row, `[rows]`.
    ///
    /// # Errors
    /// If `y` are no labels, there are fewer than two folds, or more than every class has rows. A class that is smaller
    /// than that is missing in some folds.
    ///
    /// ```
    /// use retrograd::{preprocessing::StratifiedKFold, tensor};
    /// assert!(StratifiedKFold::new(3).split(&tensor![0, 1, 0, 1]).is_err());
    /// ```
    pub fn split(&self, y: &Tensor) -> Result<Vec<Fold>> {
        const OP: &str = "StratifiedKFold";
        let y = labels(OP, "y", y)?;
        let folds = self.0.n_splits;
        // Classes are numbered by their first rows, and dealt out to the folds in turn, class after class.
        let mut classes: Vec<i64> = Vec::new();
        for label in &y {
            if !classes.contains(label) {
                classes.push(*label);
            }
        }
        let rows_of = |class: &i64| (0..y.len()).filter(|&row| y[row] == *class).collect();
        let members: Vec<Vec<usize>> = classes.iter().map(rows_of).collect();
        let largest = members.iter().map(Vec::len).max().unwrap_or(0);
        self.0.check(OP, largest, "rows of the largest class")?;
        let mut random = NumpyRandomState::new(self.0.random_state);
        let mut fold_of = vec![0; y.len()];
        let mut dealt = 0;
        for rows in &members {
            let mut turns: Vec<usize> = (dealt..dealt + rows.len()).map(|at| at % folds).collect();
            dealt += rows.len();
            turns.sort_unstable();
            if self.0.shuffle {
                random.shuffle(&mut turns);
            }
            rows.iter()
                .zip(turns)
                .for_each(|(&row, fold)| fold_of[row] = fold);
        }
        Ok(self.0.folds(&fold_of))
    }
}
