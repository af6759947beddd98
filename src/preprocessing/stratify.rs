//! Splits that keep the classes' shares, as scikit-learn's `StratifiedShuffleSplit`.

use crate::random::NumpyRandomState;
use crate::{Error, Result};

/// The positions of training and test rows; `sizes` are the numbers of all, of training and of test rows.
pub(super) fn split(
    labels: &[i64],
    [n, train, test]: [usize; 3],
    shuffle: bool,
    random: &mut NumpyRandomState,
) -> Result<(Vec<usize>, Vec<usize>)> {
    let mut classes = labels.to_vec();
    classes.sort_unstable();
    classes.dedup();
    let rows_of = |class: &i64| {
        (0..labels.len())
            .filter(|&row| labels[row] == *class)
            .collect()
    };
    let members: Vec<Vec<usize>> = classes.iter().map(rows_of).collect();
    let smallest = members.iter().map(Vec::len).min();
    let problem = if labels.len() != n {
        format!("there are {} classes for {n} rows", labels.len())
    } else if !shuffle {
        "rows that keep their order cannot be stratified".into()
    } else if smallest == Some(1) {
        "a class with one row cannot be in training and in test data".into()
    } else if train.min(test) < classes.len() {
        format!(
            "{train} training and {test} test rows do not hold {} classes",
            classes.len()
        )
    } else {
        return Ok(draw(&members, train, test, random));
    };
    Err(Error::InvalidArgument {
        op: "train_test_split",
        argument: "stratify",
        value: format!("{} classes", classes.len()),
        problem,
        cure: "Give one class for each row, with `shuffle(true)` and rows enough, or leave `stratify` out.".into(),
    })
}

fn draw(
    members: &[Vec<usize>],
    train: usize,
    test: usize,
    random: &mut NumpyRandomState,
) -> (Vec<usize>, Vec<usize>) {
    let counts: Vec<usize> = members.iter().map(Vec::len).collect();
    let train_counts = shares(&counts, train, random);
    let left: Vec<usize> = counts
        .iter()
        .zip(&train_counts)
        .map(|(all, train)| all - train)
        .collect();
    let test_counts = shares(&left, test, random);
    let (mut train, mut test) = (Vec::new(), Vec::new());
    for (class, rows) in members.iter().enumerate() {
        let mut order = permuted(rows, random).into_iter();
        train.extend(order.by_ref().take(train_counts[class]));
        test.extend(order.take(test_counts[class]));
    }
    (permuted(&train, random), permuted(&test, random))
}

fn permuted(items: &[usize], random: &mut NumpyRandomState) -> Vec<usize> {
    random
        .permutation(items.len())
        .into_iter()
        .map(|i| items[i as usize])
        .collect()
}

/// How many of each class make up `total`: their shares rounded down, and what is left to those with the largest
/// remainders, drawn among equal ones.
fn shares(counts: &[usize], total: usize, random: &mut NumpyRandomState) -> Vec<usize> {
    let sum: usize = counts.iter().sum();
    let exact = counts
        .iter()
        .map(|&count| count as f64 / sum as f64 * total as f64);
    let (mut shares, remainders): (Vec<usize>, Vec<f64>) = exact
        .map(|share| (share.floor() as usize, share - share.floor()))
        .unzip();
    let mut values = remainders.clone();
    values.sort_by(|a, b| b.total_cmp(a));
    values.dedup();
    let mut left = total - shares.iter().sum::<usize>();
    for value in values {
        if left == 0 {
            break;
        }
        let equal: Vec<usize> = (0..counts.len())
            .filter(|&i| remainders[i] == value)
            .collect();
        let chosen = permuted(&equal, random);
        for &class in chosen.iter().take(left) {
            shares[class] += 1;
        }
        left -= left.min(equal.len());
    }
    shares
}
