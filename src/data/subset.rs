//! Data sets made of others.

use super::collate::Collate;
use super::dataset::{Dataset, no_item};
use crate::random::{Generator, default_generator};
use crate::{Error, Result};
use std::sync::Arc;

/// The items of a data set at chosen positions.
///
/// ```
/// use retrograd::data::{Dataset, Subset, TensorDataset};
/// use retrograd::tensor;
/// let data = Subset::new(TensorDataset::new(tensor![10, 11, 12, 13]), vec![3, 0])?;
/// assert_eq!((data.len(), data.get(0)?.item::<i64>()), (2, 13));
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug)]
pub struct Subset<D> {
    dataset: Arc<D>,
    indices: Vec<usize>,
}

impl<D> Clone for Subset<D> {
    fn clone(&self) -> Self {
        Subset {
            dataset: self.dataset.clone(),
            indices: self.indices.clone(),
        }
    }
}

impl<D: Dataset> Subset<D> {
    /// The items of `dataset` at `indices`, in their order.
    ///
    /// # Errors
    /// If a position is beyond the end.
    ///
    /// ```
    /// use retrograd::data::{Subset, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([5, 2]));
    /// assert!(Subset::new(rows, vec![5]).is_err());
    /// ```
    pub fn new(dataset: D, indices: Vec<usize>) -> Result<Self> {
        match indices.iter().find(|&&i| i >= dataset.len()) {
            Some(&i) => Err(no_item("Subset", i, dataset.len())),
            None => Ok(Subset {
                dataset: Arc::new(dataset),
                indices,
            }),
        }
    }

    /// The positions in the whole data set.
    ///
    /// ```
    /// use retrograd::data::{Subset, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([5, 2]));
    /// assert_eq!(Subset::new(rows, vec![4, 0])?.indices(), [4, 0]);
    /// # Ok::<(), retrograd::Error>(())
    /// ```
    pub fn indices(&self) -> &[usize] {
        &self.indices
    }

    fn position(&self, i: usize) -> Result<usize> {
        self.indices
            .as_slice()
            .get(i)
            .copied()
            .ok_or_else(|| no_item("Subset::get", i, self.indices.len()))
    }
}

impl<D: Dataset> Dataset for Subset<D> {
    type Item = D::Item;

    fn len(&self) -> usize {
        self.indices.len()
    }

    fn get(&self, i: usize) -> Result<D::Item> {
        self.dataset.get(self.position(i)?)
    }

    fn get_batch(&self, positions: &[usize]) -> Result<<D::Item as Collate>::Batch>
    where
        D::Item: Collate,
    {
        let positions = positions
            .iter()
            .map(|&i| self.position(i))
            .collect::<Result<Vec<_>>>()?;
        self.dataset.get_batch(&positions)
    }
}

/// Data sets one after another.
///
/// ```
/// use retrograd::data::{ConcatDataset, Dataset, TensorDataset};
/// use retrograd::tensor;
/// let data = ConcatDataset::new([tensor![1, 2], tensor![3]].map(TensorDataset::new));
/// assert_eq!((data.len(), data.get(2)?.item::<i64>()), (3, 3));
/// # Ok::<(), retrograd::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ConcatDataset<D> {
    datasets: Vec<D>,
}

impl<D: Dataset> ConcatDataset<D> {
    /// All items of all data sets, in order.
    ///
    /// ```
    /// use retrograd::data::{ConcatDataset, Dataset, TensorDataset};
    /// let rows = TensorDataset::new(retrograd::zeros([5, 2]));
    /// assert_eq!(ConcatDataset::new([rows.clone(), rows]).len(), 10);
    /// ```
    pub fn new(datasets: impl IntoIterator<Item = D>) -> Self {
        ConcatDataset {
            datasets: datasets.into_iter().collect(),
        }
    }
}

impl<D: Dataset> Dataset for ConcatDataset<D> {
    type Item = D::Item;

    fn len(&self) -> usize {
        self.datasets.iter().map(D::len).sum()
    }

    fn get(&self, i: usize) -> Result<D::Item> {
        let mut at = i;
        for dataset in &self.datasets {
            match at.checked_sub(dataset.len()) {
                Some(rest) => at = rest,
                None => return dataset.get(at),
            }
        }
        Err(no_item("ConcatDataset::get", i, self.len()))
    }
}

/// A part's length: a number of items (`usize`) or a share of them (`f64`).
pub trait Length: Copy {
    /// The parts' numbers of items, of `n` in all.
    #[doc(hidden)]
    fn counts(lengths: &[Self], n: usize) -> Result<Vec<usize>>;
}

fn refuse(lengths: String, problem: String, cure: &str) -> Error {
    Error::InvalidArgument {
        op: "random_split",
        argument: "lengths",
        value: lengths,
        problem,
        cure: cure.into(),
    }
}

impl Length for usize {
    fn counts(lengths: &[usize], n: usize) -> Result<Vec<usize>> {
        let sum = lengths
            .iter()
            .fold(0, |sum: usize, &length| sum.saturating_add(length));
        if sum != n {
            let problem = format!("they add up to {sum}, and the data set has {n} items");
            let cure =
                "Give lengths that add up to the number of items, or shares that add up to 1.";
            return Err(refuse(format!("{lengths:?}"), problem, cure));
        }
        Ok(lengths.to_vec())
    }
}

impl Length for f64 {
    fn counts(shares: &[f64], n: usize) -> Result<Vec<usize>> {
        let sum: f64 = shares.iter().sum();
        let fit = shares.iter().all(|share| (0.0..=1.0).contains(share));
        if !fit || (sum - 1.0).abs() > 1e-9 {
            let problem = format!("shares are from 0 to 1 and add up to 1, these to {sum}");
            return Err(refuse(
                format!("{shares:?}"),
                problem,
                "Give such as [0.8, 0.2].",
            ));
        }
        let mut counts: Vec<usize> = shares
            .iter()
            .map(|share| (n as f64 * share).floor() as usize)
            .collect();
        let rest = n.saturating_sub(counts.iter().sum());
        let parts = counts.len();
        (0..rest).for_each(|i| counts[i % parts] += 1);
        Ok(counts)
    }
}

/// The lengths of all parts: an array, from which an array of parts follows, or a list.
pub trait Lengths {
    /// As many parts as lengths.
    type Parts<P>;
    #[doc(hidden)]
    fn counts(&self, n: usize) -> Result<Vec<usize>>;
    #[doc(hidden)]
    fn parts<P>(&self, parts: impl Iterator<Item = P>) -> Self::Parts<P>;
}

impl<L: Length, const N: usize> Lengths for [L; N] {
    type Parts<P> = [P; N];

    fn counts(&self, n: usize) -> Result<Vec<usize>> {
        L::counts(self, n)
    }

    fn parts<P>(&self, mut parts: impl Iterator<Item = P>) -> [P; N] {
        std::array::from_fn(|_| parts.next().expect("a part for each length"))
    }
}

impl<L: Length> Lengths for &[L] {
    type Parts<P> = Vec<P>;

    fn counts(&self, n: usize) -> Result<Vec<usize>> {
        L::counts(self, n)
    }

    fn parts<P>(&self, parts: impl Iterator<Item = P>) -> Vec<P> {
        parts.collect()
    }
}

/// Splits a data set at random into parts of given lengths, or shares, as `torch.utils.data.random_split`: one
/// permutation from the thread's default generator, cut in order.
///
/// What the shares leave over goes to the first parts, one item each.
///
/// # Errors
/// If the lengths do not add up to the number of items, or the shares to 1.
///
/// ```
/// use retrograd::data::{Dataset, TensorDataset, random_split};
/// let data = TensorDataset::new(retrograd::zeros([10, 2]));
/// let [train, test] = random_split(data, [0.8, 0.2])?;
/// assert_eq!((train.len(), test.len()), (8, 2));
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn random_split<D: Dataset, L: Lengths>(dataset: D, lengths: L) -> Result<L::Parts<Subset<D>>> {
    default_generator(|generator| random_split_with(dataset, lengths, generator))
}

/// As [`random_split`], drawn from `generator`.
///
/// # Errors
/// As [`random_split`].
///
/// ```
/// use retrograd::Generator;
/// use retrograd::data::{TensorDataset, random_split_with};
/// let data = TensorDataset::new(retrograd::zeros([10, 2]));
/// let [train, _] = random_split_with(data, [7, 3], &mut Generator::new(0))?;
/// assert_eq!(train.indices(), [4, 1, 7, 5, 3, 9, 0]);
/// # Ok::<(), retrograd::Error>(())
/// ```
pub fn random_split_with<D: Dataset, L: Lengths>(
    dataset: D,
    lengths: L,
    generator: &mut Generator,
) -> Result<L::Parts<Subset<D>>> {
    let dataset = Arc::new(dataset);
    let counts = lengths.counts(dataset.len())?;
    let mut order = generator
        .randperm(dataset.len())
        .into_iter()
        .map(|i| i as usize);
    let part = |count| Subset {
        dataset: dataset.clone(),
        indices: order.by_ref().take(count).collect(),
    };
    Ok(lengths.parts(counts.into_iter().map(part)))
}
