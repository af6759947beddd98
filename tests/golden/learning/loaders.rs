//! The order of batches over two epochs, and what the generator gives after them.

use super::{each, parts};
use crate::close::assert_close;
use crate::common::numbers;
use crate::random::call::{Arg, Call};
use retrograd::data::{
    ConcatDataset, DataLoader, Dataset, RandomSampler, Subset, SubsetRandomSampler, TensorDataset,
    WeightedRandomSampler,
};
use retrograd::{Generator, Result, Tensor, manual_seed, rand};
use serde_json::Value;

type Numbers = TensorDataset<Tensor>;

/// `arange(n)`.
fn numbers_to(n: i64) -> Numbers {
    TensorDataset::new((0..n).collect::<Tensor>())
}

/// The `arange`s among the arguments, of which `[:k]` leaves the first `k`.
fn ranges(args: &[Arg]) -> Vec<Numbers> {
    let mut found: Vec<i64> = Vec::new();
    for arg in args {
        match arg {
            Arg::Call(call) if call.name == "arange" => found.push(call.args[0].int()),
            Arg::List(items) => {
                let [Arg::Word(slice)] = items.as_slice() else {
                    continue;
                };
                let end = slice.strip_prefix(':').expect("a slice from the start");
                *found.last_mut().expect("a range before it") = end.parse().expect("a number");
            }
            _ => {}
        }
    }
    found.into_iter().map(numbers_to).collect()
}

/// A number such as `seed + 1`.
fn seeded(arg: &Arg, seed: u64) -> u64 {
    match arg {
        Arg::Number(value) => *value as u64,
        Arg::Word(sum) => sum
            .split('+')
            .map(|part| match part.trim() {
                "seed" => seed,
                number => number.parse().expect("a number"),
            })
            .sum(),
        other => panic!("{other:?} is no seed"),
    }
}

fn flag(call: &Call, name: &str) -> bool {
    call.option(name).is_some_and(|value| value.is("True"))
}

/// A loader with the options of the call, of a data set of one tensor.
fn loader<D: Dataset>(dataset: D, call: &Call, seed: u64) -> DataLoader<D> {
    let n = dataset.len();
    let mut loader = DataLoader::new(dataset)
        .shuffle(flag(call, "shuffle"))
        .drop_last(flag(call, "drop_last"));
    if let Some(size) = call.option("batch_size") {
        loader = loader.batch_size(size.size());
    }
    if let Some(Arg::Call(generator)) = call.option("generator") {
        loader = loader.generator(Generator::new(seeded(&generator.args[0], seed)));
    }
    match call.option("sampler") {
        Some(Arg::Call(sampler)) => with_sampler(loader, sampler, n),
        _ => loader,
    }
}

fn with_sampler<D: Dataset>(loader: DataLoader<D>, call: &Call, n: usize) -> DataLoader<D> {
    match call.name.as_str() {
        "RandomSampler" => {
            let mut sampler = RandomSampler::new(n).replacement(flag(call, "replacement"));
            if let Some(count) = call.option("num_samples") {
                sampler = sampler.num_samples(count.size());
            }
            loader.sampler(sampler)
        }
        "SubsetRandomSampler" => {
            let indices: Vec<usize> = call.args[0].numbers().iter().map(|&i| i as usize).collect();
            loader.sampler(SubsetRandomSampler::new(indices))
        }
        "WeightedRandomSampler" => {
            let Arg::Word(range) = &call.args[0] else {
                panic!("{:?} are no weights", call.args[0])
            };
            let (first, last) = range.split_once("..").expect("weights from .. to");
            let [first, last] = [first, last].map(|end| end.parse::<u32>().expect("a weight"));
            let weights: Vec<f64> = (first..=last).map(f64::from).collect();
            let with = !call
                .option("replacement")
                .is_some_and(|value| value.is("False"));
            loader
                .sampler(WeightedRandomSampler::new(weights, call.args[1].size()).replacement(with))
        }
        other => panic!("no sampler {other}"),
    }
}

/// All batches of an epoch, read as they come or beforehand.
fn epoch<D>(loader: &DataLoader<D>) -> Vec<Vec<usize>>
where
    D: Dataset<Item = Tensor>,
{
    let batch = |batch: Result<Tensor>| {
        let values: Vec<i64> = batch.expect("a batch").to_vec();
        values.into_iter().map(|i| i as usize).collect()
    };
    loader.iter().map(batch).collect()
}

fn check<D>(case: &Value, seed: u64, make: impl Fn() -> DataLoader<D>)
where
    D: Dataset<Item = Tensor> + Send + Sync + 'static,
{
    let text = case["call"].as_str().expect("a call");
    let epochs: Vec<Vec<Vec<usize>>> = case["epochs"]
        .as_array()
        .unwrap()
        .iter()
        .map(parts)
        .collect();
    let then = numbers(&case["then_rand"]);
    manual_seed(seed);
    let loader = make();
    assert_eq!(loader.len() as u64, case["len"].as_u64().unwrap(), "{text}");
    for expected in &epochs {
        assert_eq!(&epoch(&loader), expected, "{text}");
    }
    assert_close(&rand([then.len()]).to_vec::<f64>(), &then, 0.0, 0.0, text);

    manual_seed(seed);
    let loader = make().prefetch(2);
    for expected in &epochs {
        let batches = loader
            .iter()
            .map(|batch| batch.expect("a batch").to_vec::<i64>());
        let batches: Vec<Vec<usize>> = batches
            .map(|batch| batch.into_iter().map(|i| i as usize).collect())
            .collect();
        assert_eq!(&batches, expected, "{text}, prefetched");
    }
    assert_close(&rand([then.len()]).to_vec::<f64>(), &then, 0.0, 0.0, text);
}

#[test]
fn loaders_give_pytorchs_batches_and_leave_its_generator() {
    each("loaders", |seed, case| {
        let call = &Call::parse_all(case["call"].as_str().expect("a call"))[0];
        match &call.args[0] {
            Arg::Call(set) if set.name == "Subset" => {
                let indices: Vec<usize> =
                    set.args[1].numbers().iter().map(|&i| i as usize).collect();
                check(case, seed, || {
                    let whole = ranges(&set.args).remove(0);
                    loader(Subset::new(whole, indices.clone()).unwrap(), call, seed)
                });
            }
            Arg::Call(set) if set.name == "ConcatDataset" => check(case, seed, || {
                loader(ConcatDataset::new(ranges(&set.args)), call, seed)
            }),
            _ => check(case, seed, || {
                loader(ranges(&call.args).remove(0), call, seed)
            }),
        }
    });
}
