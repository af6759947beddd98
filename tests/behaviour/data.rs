//! Tables, loaders and learners at work.

use retrograd::data::{
    CsvReader, DataLoader, Dataset, Sampler, Subset, TensorDataset, random_split,
};
use retrograd::linear_model::LogisticRegression;
use retrograd::metrics::accuracy_score;
use retrograd::preprocessing::{SimpleImputer, StandardScaler, Strategy};
use retrograd::random::{default_generator, manual_seed};
use retrograd::{DType, Result, Tensor, arange, datasets, is_grad_enabled, no_grad, rand, tensor};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

const TREES: &str = "\u{feff}id,height,width,kind\r\n7,1.5,2,oak\r\n8,?,4,elm\r\n\r\n9,5,6,oak\r\n10,\"3\",8,ash\r\n";

#[test]
fn a_table_of_ones_own_becomes_batches() {
    let table = CsvReader::new()
        .columns(["height", "width"])
        .target("kind")
        .missing(["?"])
        .dtype(DType::F32)
        .read_from(TREES.as_bytes(), "trees.csv")
        .unwrap();
    assert_eq!(
        (table.rows(), table.names()),
        (4, &["height".to_owned(), "width".to_owned()][..])
    );
    assert_eq!(table.classes(), ["ash", "elm", "oak"]);
    assert_eq!(table.target().unwrap(), tensor![2, 1, 2, 0]);
    let x = table.data();
    let x = SimpleImputer::fit(&x, Strategy::Median)
        .unwrap()
        .transform(&x)
        .unwrap();
    assert_eq!(x, tensor![[1.5, 2.0], [3.0, 4.0], [5.0, 6.0], [3.0, 8.0]]);
    let data = TensorDataset::new((x, table.target().unwrap()));
    let batches: Vec<_> = DataLoader::new(data)
        .batch_size(3)
        .iter()
        .map(Result::unwrap)
        .collect();
    assert_eq!(batches[1], (tensor![[3.0, 8.0]], tensor![0]));
    assert_eq!(table.clone().drop_missing().labels(), ["oak", "oak", "ash"]);
    assert_eq!(
        table.fill_missing(0.0).column("height").unwrap(),
        tensor![1.5, 0.0, 5.0, 3.0]
    );
}

#[test]
fn a_byte_order_mark_is_no_part_of_the_first_name() {
    let table = CsvReader::new()
        .columns(["id"])
        .read_from(TREES.as_bytes(), "trees.csv")
        .unwrap();
    assert_eq!(table.data().to_vec::<f64>(), [7.0, 8.0, 9.0, 10.0]);
}

#[test]
fn labels_that_are_numbers_are_in_their_order() {
    let reader = CsvReader::new().target("class");
    let table = reader
        .read_from("a,class\n1,10\n2,9\n3,10.0\n4,10\n".as_bytes(), "t")
        .unwrap();
    assert_eq!(table.classes(), ["9", "10", "10.0"]);
    assert_eq!(table.target().unwrap(), tensor![1, 0, 2, 1]);
}

/// PyTorch 1.8's random order: it drew the seed too, but took the permutation from the default generator.
struct Torch18(usize);

impl Sampler for Torch18 {
    fn sample(&self) -> Result<Vec<usize>> {
        let order = default_generator(|generator| {
            generator.draw_seed();
            generator.randperm(self.0)
        });
        Ok(order.into_iter().map(|i| i as usize).collect())
    }
    fn len(&self) -> usize {
        self.0
    }
}

#[test]
fn a_sampler_of_ones_own_draws_from_the_default_generator() {
    manual_seed(0);
    let loader = DataLoader::new(TensorDataset::new(arange(6)))
        .batch_size(6)
        .sampler(Torch18(6));
    let order = loader.iter().next().unwrap().unwrap();
    manual_seed(0);
    let expected = default_generator(|generator| {
        generator.draw_seed();
        generator.draw_seed();
        generator.randperm(6)
    });
    assert_eq!(order.to_vec::<i64>(), expected);
}

/// Items that tell how they were asked for.
struct Counting {
    single: AtomicUsize,
    batches: AtomicUsize,
}

impl Dataset for Counting {
    type Item = i64;
    fn len(&self) -> usize {
        8
    }
    fn get(&self, i: usize) -> Result<i64> {
        self.single.fetch_add(1, Ordering::Relaxed);
        Ok(i as i64)
    }
    fn get_batch(&self, positions: &[usize]) -> Result<Tensor> {
        self.batches.fetch_add(1, Ordering::Relaxed);
        Ok(positions.iter().map(|&i| i as i64).collect())
    }
}

#[test]
fn a_batch_is_gathered_in_one_go_also_through_a_subset() {
    let data = Arc::new(Counting {
        single: AtomicUsize::new(0),
        batches: AtomicUsize::new(0),
    });
    let [part, _] = random_split(data.clone(), [6, 2]).unwrap();
    let sum = |loader: &DataLoader<Subset<Arc<Counting>>>| -> i64 {
        loader
            .iter()
            .map(|batch| batch.unwrap().sum().item::<i64>())
            .sum()
    };
    let expected: i64 = part.indices().iter().map(|&i| i as i64).sum();
    assert_eq!(sum(&DataLoader::new(part).batch_size(4)), expected);
    assert_eq!(data.batches.load(Ordering::Relaxed), 2);
    assert_eq!(data.single.load(Ordering::Relaxed), 0);
}

/// Items that depend on the thread they are made in.
struct Drawn;

impl Dataset for Drawn {
    type Item = (Tensor, bool);
    fn len(&self) -> usize {
        4
    }
    fn get(&self, _: usize) -> Result<Self::Item> {
        Ok((rand([1]), is_grad_enabled()))
    }
}

#[test]
fn a_prefetching_thread_has_the_callers_modes_and_a_seed_of_the_epoch() {
    let epoch = |seed| {
        manual_seed(seed);
        no_grad(|| {
            let loader = DataLoader::new(Drawn).batch_size(4).prefetch(2);
            loader.iter().next().unwrap().unwrap()
        })
    };
    let (first, recorded) = epoch(3);
    assert!(!recorded.any().item::<bool>());
    assert_eq!(first, epoch(3).0);
    assert_ne!(first, epoch(4).0);
}

#[test]
fn an_epoch_can_be_left_early() {
    let loader = DataLoader::new(TensorDataset::new(arange(1000))).prefetch(4);
    for _ in 0..3 {
        assert_eq!(
            loader
                .iter()
                .take(2)
                .map(Result::unwrap)
                .collect::<Vec<_>>(),
            [tensor![0], tensor![1]]
        );
    }
}

#[test]
fn raw_features_converge_like_standardised_ones() {
    let set = datasets::breast_cancer();
    let rows = set.data.size(0) as f64;
    for (x, most) in [
        (set.data.clone(), 0.090885),
        (
            StandardScaler::fit_transform(&set.data).unwrap().1,
            0.0598280,
        ),
    ] {
        // The penalty on the mean loss is 1e-3 times half the sum of squares.
        let model = LogisticRegression::options()
            .c(1.0 / (1e-3 * rows))
            .fit(&x, &set.target)
            .unwrap();
        let report = model.report();
        assert!(report.converged && report.gradient_norm <= 1e-8, "{report}");
        assert!(report.objective <= most, "{report}");
        let predicted = model.predict(&x).unwrap();
        assert_eq!(
            model.score(&x, &set.target).unwrap(),
            accuracy_score(&set.target, &predicted).unwrap()
        );
    }
}

#[test]
fn a_fit_with_weak_and_strong_penalties_converges() {
    let (cancer, iris) = (datasets::breast_cancer(), datasets::iris());
    for (x, y) in [(&cancer.data, &cancer.target), (&iris.data, &iris.target)] {
        for c in [1e-6, 1e-2, 1e4, 1e8] {
            for intercept in [false, true] {
                let options = LogisticRegression::options().c(c).fit_intercept(intercept);
                let report = options.fit(x, y).unwrap().report().clone();
                assert!(report.iterations < 200, "C {c}: {report}");
                assert!(report.converged, "C {c}: {report}");
            }
        }
    }
}

#[test]
fn a_fit_that_ends_early_says_so() {
    let set = datasets::breast_cancer();
    let model = LogisticRegression::options()
        .max_iter(3)
        .fit(&set.data, &set.target)
        .unwrap();
    let report = model.report();
    assert_eq!((report.converged, report.iterations), (false, 3));
    assert!(
        report
            .to_string()
            .starts_with("NOT converged after 3 iterations: objective "),
        "{report}"
    );
}

#[test]
fn a_constant_feature_and_a_copied_one_do_no_harm() {
    let iris = datasets::iris();
    let ones = iris.data.i((.., ..1)) * 0.0 + 5.0;
    let twice = retrograd::cat([&iris.data, &iris.data.i((.., 2..)), &ones], 1);
    let model = LogisticRegression::fit(&twice, &iris.target).unwrap();
    assert!(model.report().converged, "{}", model.report());
    let coef = model.coef();
    let (one, other) = (coef.i((.., 2..4)), coef.i((.., 4..6)));
    assert!((&one - &other).abs().max().item::<f64>() < 1e-9);
    assert!(coef.i((.., 6)).abs().max().item::<f64>() < 1e-9);
}

#[test]
fn fitting_is_the_same_under_no_grad_and_leaves_no_graph() {
    let iris = datasets::iris();
    let free = LogisticRegression::fit(&iris.data, &iris.target).unwrap();
    let under = no_grad(|| LogisticRegression::fit(&iris.data, &iris.target).unwrap());
    assert_eq!(free.coef(), under.coef());
    assert!(!free.coef().requires_grad());
}
