//! Two ways of doing the same work, measured in turn in one run.

#[path = "measure.rs"]
mod measure;

use criterion::Criterion;
use std::hint::black_box;
use std::time::{Duration, Instant};

use measure::{median, show};

/// Rounds of a comparison. Both sides are measured in each, so that what else the machine does meets both alike.
const ROUNDS: usize = 31;
/// What one side of a round takes at least, where one call takes less.
const SPAN: Duration = Duration::from_millis(2);

/// The rows of one bench.
pub(crate) struct Rows {
    criterion: Criterion,
    filter: Option<String>,
    /// Whether times are asked for; else, as in `cargo test --benches`, each side runs once.
    measures: bool,
    ratios: Vec<String>,
}

impl Rows {
    pub(crate) fn new() -> Self {
        let criterion = Criterion::default()
            .sample_size(10)
            .nresamples(1000)
            .warm_up_time(Duration::from_millis(100))
            .measurement_time(Duration::from_millis(300))
            .configure_from_args();
        let args: Vec<String> = std::env::args().skip(1).collect();
        Rows {
            criterion,
            filter: args.iter().find(|arg| !arg.starts_with("--")).cloned(),
            measures: args.iter().any(|arg| arg == "--bench"),
            ratios: Vec::new(),
        }
    }

    /// Whether a row is asked for, so that what it works on need not be made in vain.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.filter.as_ref().is_none_or(|part| name.contains(part))
    }

    /// Measures `ours` beside `limit`, which does the same work without a tape.
    pub(crate) fn row<A, B>(
        &mut self,
        name: &str,
        mut ours: impl FnMut() -> A,
        mut limit: impl FnMut() -> B,
    ) {
        if !self.wants(name) {
            return;
        }
        let mut group = self.criterion.benchmark_group(name);
        group.bench_function("retrograd", |b| b.iter(|| black_box(ours())));
        group.bench_function("by hand", |b| b.iter(|| black_box(limit())));
        group.finish();
        if !self.measures {
            return;
        }
        let (mut ours, mut limit) = (
            Side::new(|| drop(black_box(ours()))),
            Side::new(|| drop(black_box(limit()))),
        );
        let pairs: Vec<(f64, f64)> = (0..ROUNDS).map(|_| (ours.time(), limit.time())).collect();
        let of = |f: fn(&(f64, f64)) -> f64| median(pairs.iter().map(f).collect());
        let ratio = of(|(ours, limit)| ours / limit);
        println!(
            "{name}: {} against {} by hand",
            show(of(|pair| pair.0)),
            show(of(|pair| pair.1))
        );
        self.ratios.push(format!("ratio: {name} {ratio:.2}"));
    }

    /// Prints the ratios of all rows.
    pub(crate) fn finish(self) {
        self.criterion.final_summary();
        self.ratios.iter().for_each(|line| println!("{line}"));
    }
}

/// One way of doing the work, called so often in a row that a clock can tell.
struct Side<F> {
    work: F,
    calls: u32,
}

impl<F: FnMut()> Side<F> {
    fn new(mut work: F) -> Self {
        let start = Instant::now();
        let mut calls = 0_u32;
        while calls == 0 || start.elapsed() < 2 * SPAN {
            work();
            calls += 1;
        }
        Side {
            work,
            calls: calls.div_ceil(2),
        }
    }

    /// Seconds a call.
    fn time(&mut self) -> f64 {
        let start = Instant::now();
        (0..self.calls).for_each(|_| (self.work)());
        start.elapsed().as_secs_f64() / f64::from(self.calls)
    }
}
