//! Data sets, samplers and loaders.

use super::says;
use retrograd::data::{
    BatchSampler, ConcatDataset, DataLoader, Dataset, RandomSampler, Sampler, SequentialSampler,
    Subset, TensorDataset, WeightedRandomSampler, random_split,
};
use retrograd::{Error, Result, Tensor, arange, tensor, zeros};
use std::panic::catch_unwind;

fn numbers(n: i64) -> TensorDataset<Tensor> {
    TensorDataset::new(arange(n))
}

/// The first batch of an epoch.
fn first<D: Dataset<Item = Tensor>>(loader: &DataLoader<D>) -> Result<Tensor> {
    loader.iter().next().expect("a batch or an error")
}

const EMPTY: &str = "DataLoader, data set: it has no items. Give a data set with items.";

#[test]
fn a_batch_of_no_items() {
    let text =
        "DataLoader: batch_size = 0: a batch has at least one item. Give a number from 1 up.";
    says(DataLoader::new(numbers(3)).try_batch_size(0), text);
    let panic = catch_unwind(|| DataLoader::new(numbers(3)).batch_size(0))
        .err()
        .unwrap();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), text);
    says(
        BatchSampler::try_new(SequentialSampler::new(3), 0),
        "BatchSampler: batch_size = 0: a batch has at least one item. Give a number from 1 up.",
    );
}

#[test]
fn a_batch_larger_than_the_data_set() {
    let loader = DataLoader::new(numbers(3)).batch_size(5);
    assert_eq!(
        first(&loader).unwrap(),
        tensor![0, 1, 2],
        "as in PyTorch it is all there is"
    );
    says(
        first(&loader.drop_last(true)),
        "DataLoader: batch_size = 5: 3 items do not fill a batch, and `drop_last` leaves out what is not full. Give a \
         smaller batch size, or keep the last batch.",
    );
}

#[test]
fn a_data_set_without_items() {
    says(first(&DataLoader::new(numbers(0))), EMPTY);
    says(first(&DataLoader::new(numbers(0)).shuffle(true)), EMPTY);
    says(
        first(&DataLoader::new(
            ConcatDataset::<TensorDataset<Tensor>>::new([]),
        )),
        EMPTY,
    );
    says(
        DataLoader::new(numbers(0))
            .prefetch(1)
            .iter()
            .next()
            .unwrap(),
        EMPTY,
    );
}

#[test]
fn an_epoch_that_was_refused_is_over() {
    let loader = DataLoader::new(numbers(0));
    assert_eq!(loader.iter().count(), 1);
    assert_eq!(loader.prefetch(1).iter().count(), 1);
}

#[test]
fn a_sampler_beyond_the_end() {
    struct Beyond;
    impl Sampler for Beyond {
        fn sample(&self) -> Result<Vec<usize>> {
            Ok(vec![0, 7])
        }
        fn len(&self) -> usize {
            2
        }
    }
    let text = "DataLoader, sampler: it gives position 7 of a data set with 3 items. Give positions from 0 to 2.";
    says(first(&DataLoader::new(numbers(3)).sampler(Beyond)), text);
    says(
        first(&DataLoader::new(numbers(3)).batch_sampler(BatchSampler::new(Beyond, 2))),
        text,
    );
    says(
        DataLoader::new(numbers(3))
            .sampler(Beyond)
            .prefetch(1)
            .iter()
            .next()
            .unwrap(),
        text,
    );
}

#[test]
fn a_sampler_that_draws_nothing() {
    says(
        RandomSampler::new(3).num_samples(0).sample(),
        "RandomSampler: num_samples = 0: there is nothing to draw. Give a number from 1 up.",
    );
    says(
        WeightedRandomSampler::new([1.0], 0).sample(),
        "WeightedRandomSampler: num_samples = 0: there is nothing to draw. Give a number from 1 up.",
    );
}

#[test]
fn weights_that_are_none() {
    says(
        WeightedRandomSampler::new([1.0, -2.0], 3).sample(),
        "multinomial: weights = -2: it is no weight. Give finite weights of zero or more.",
    );
    says(
        WeightedRandomSampler::new([1.0, 1.0], 3)
            .replacement(false)
            .sample(),
        "multinomial: samples = 3: without replacement, 2 is the most that can be drawn. Draw fewer, or with \
         replacement.",
    );
}

#[test]
fn tensors_of_different_lengths() {
    says(
        TensorDataset::try_new((zeros([5, 2]), zeros([4]))),
        "TensorDataset: tensors of shapes [[5, 2], [4]] do not have the same number of rows. Give tensors whose first \
         sizes are equal.",
    );
}

#[test]
fn positions_without_an_item() {
    says(
        numbers(3).get(3),
        "TensorDataset::get: position = 3: there are 3 items. Give a position from 0 to 2.",
    );
    says(
        Subset::new(numbers(3), vec![0, 5]),
        "Subset: position = 5: there are 3 items. Give a position from 0 to 2.",
    );
    says(
        ConcatDataset::new([numbers(1), numbers(1)]).get(2),
        "ConcatDataset::get: position = 2: there are 2 items. Give a position from 0 to 1.",
    );
}

#[test]
fn split_sizes_that_do_not_add_up() {
    says(
        random_split(numbers(10), [7, 2]),
        "random_split: lengths = [7, 2]: they add up to 9, and the data set has 10 items. Give lengths that add up to \
         the number of items, or shares that add up to 1.",
    );
    says(
        random_split(numbers(10), [0.7, 0.2]),
        "random_split: lengths = [0.7, 0.2]: shares are from 0 to 1 and add up to 1, these to 0.8999999999999999. Give \
         such as [0.8, 0.2].",
    );
    assert!(random_split(numbers(10), [usize::MAX, 11]).is_err());
}

#[test]
fn items_that_do_not_make_a_batch() {
    struct Growing;
    impl Dataset for Growing {
        type Item = Tensor;
        fn len(&self) -> usize {
            2
        }
        fn get(&self, i: usize) -> Result<Tensor> {
            Ok(zeros([i + 1]))
        }
    }
    let error = first(&DataLoader::new(Growing).batch_size(2))
        .unwrap_err()
        .to_string();
    assert!(
        error.starts_with("stack: ") && error.contains("[2]"),
        "{error}"
    );
}

/// Ten items, of which one cannot be had.
struct Flawed(fn() -> Result<f32>);

impl Dataset for Flawed {
    type Item = f32;
    fn len(&self) -> usize {
        10
    }
    fn get(&self, i: usize) -> Result<f32> {
        if i == 5 { (self.0)() } else { Ok(i as f32) }
    }
}

fn unreadable() -> Result<f32> {
    Err(Error::Data {
        place: "image 5".into(),
        problem: "it is torn".into(),
        cure: "Take it out.".into(),
    })
}

#[test]
fn an_error_of_a_worker_comes_at_its_batch() {
    let loader = DataLoader::new(Flawed(unreadable))
        .batch_size(4)
        .prefetch(3);
    let mut batches = loader.iter();
    assert_eq!(
        batches.next().unwrap().unwrap(),
        tensor![0.0, 1.0, 2.0, 3.0]
    );
    says(batches.next().unwrap(), "image 5: it is torn. Take it out.");
    assert_eq!(batches.next().unwrap().unwrap(), tensor![8.0, 9.0]);
    assert!(batches.next().is_none());
}

#[test]
fn a_panic_of_a_worker_is_an_error_that_names_the_batch() {
    let loader = DataLoader::new(Flawed(|| panic!("no item {}", 5)))
        .batch_size(4)
        .prefetch(3);
    let mut batches = loader.iter();
    assert!(batches.next().unwrap().is_ok());
    says(
        batches.next().unwrap(),
        "DataLoader, batch 1, positions [4, 5, 6, 7]: the data set panicked: no item 5. Correct it, or return an error \
         there.",
    );
    assert!(batches.next().is_none(), "the epoch is over");
    assert!(
        loader.iter().next().unwrap().is_ok(),
        "the next one starts anew"
    );
}
