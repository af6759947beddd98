//! Rounds of a work, each of some samples; between rounds the other systems have their turn.

use std::io::{BufRead, Write};
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

/// Steps before a trained work's loss is taken.
const STEPS: usize = 20;
const WARM_UP: Duration = Duration::from_millis(300);
/// What one sample takes at least, so that a clock can tell.
const SAMPLE: Duration = Duration::from_millis(5);
const ROUND: Duration = Duration::from_millis(300);

/// What shows that a program computed what the others did.
pub struct Figures {
    /// The loss; where a work has none, the signature of its output.
    pub loss: f64,
    /// The accuracy, or the signature of the gradients or of the trained parameters.
    pub check: f64,
}

/// What is timed of a chain.
#[derive(Clone, Copy)]
pub enum Chain {
    /// Recording.
    Forward,
    /// Going back.
    Backward,
    /// Both, and freeing what is left.
    Both,
}

impl Chain {
    /// The part that a work's name asks for.
    #[must_use]
    pub fn of(work: &str) -> Option<Self> {
        match work {
            "W7-forward" => Some(Chain::Forward),
            "W7-backward" => Some(Chain::Backward),
            "W7" => Some(Chain::Both),
            _ => None,
        }
    }
}

/// A work made ready: so many steps, which say how long they took, so that they may leave out what is not asked for.
pub struct Prepared {
    steps: Box<dyn FnMut(u32) -> Duration>,
    figures: Figures,
}

impl Prepared {
    /// A step that is timed whole, and the figures of the first one.
    pub fn new(figures: Figures, mut step: impl FnMut() + 'static) -> Self {
        let steps = Box::new(move |calls| {
            let start = Instant::now();
            (0..calls).for_each(|_| step());
            start.elapsed()
        });
        Prepared { steps, figures }
    }

    /// A step that says how long its part took.
    pub fn timed(figures: Figures, mut step: impl FnMut() -> Duration + 'static) -> Self {
        let steps = Box::new(move |calls| (0..calls).map(|_| step()).sum());
        Prepared { steps, figures }
    }

    /// A training step: `figures` is read after the first steps.
    pub fn trained<S: 'static>(
        mut state: S,
        mut step: impl FnMut(&mut S) + 'static,
        figures: impl FnOnce(&mut S) -> Figures,
    ) -> Self {
        (0..STEPS).for_each(|_| step(&mut state));
        let figures = figures(&mut state);
        Self::new(figures, move || step(&mut state))
    }

    /// A graph that is recorded and gone back through; `part` says which of the two is timed, or both and its end.
    ///
    /// `forward` returns the graph's end, `backward` the value and its derivative.
    pub fn chain<T>(
        part: Chain,
        mut forward: impl FnMut() -> T + 'static,
        mut backward: impl FnMut(&T) -> Figures + 'static,
    ) -> Self {
        let figures = backward(&forward());
        let step = move || {
            let start = Instant::now();
            let end = forward();
            let recorded = start.elapsed();
            std::hint::black_box(backward(&end));
            let gone_back = start.elapsed();
            drop(end);
            match part {
                Chain::Forward => recorded,
                Chain::Backward => gone_back - recorded,
                Chain::Both => start.elapsed(),
            }
        };
        Self::timed(figures, step)
    }

    fn sample(&mut self, calls: u32) -> f64 {
        (self.steps)(calls).as_secs_f64() / f64::from(calls)
    }

    /// How many calls make a sample.
    fn warm_up(&mut self) -> u32 {
        let start = Instant::now();
        let (mut calls, mut spent) = (0_u32, Duration::ZERO);
        while calls < 3 || start.elapsed() < WARM_UP {
            spent += (self.steps)(1);
            calls += 1;
        }
        let one = spent.as_secs_f64() / f64::from(calls);
        (SAMPLE.as_secs_f64() / one).ceil().clamp(1.0, 1e9) as u32
    }

    fn round(&mut self, calls: u32) -> Vec<f64> {
        let start = Instant::now();
        // What the others left in the caches is not measured.
        self.sample(calls);
        let mut samples = Vec::new();
        while samples.len() < 3 || start.elapsed() < ROUND {
            samples.push(self.sample(calls));
        }
        samples
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The whole of a program: `WORK THREADS ROUNDS [turns]`.
///
/// With `turns` it says `ready`, and waits for a line before each round and says `done` after it.
///
/// # Panics
/// If the arguments are others or the work fails.
pub fn run(system: &str, version: &str, prepare: impl FnOnce(&str, usize) -> Option<Prepared>) {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let usage = "usage: PROGRAM WORK THREADS ROUNDS [turns]";
    let [work, threads, rounds, turns @ ..] = &args[..] else {
        panic!("{usage}");
    };
    // rayon and candle read the environment, before main could tell them anything.
    if std::env::var("RAYON_NUM_THREADS").as_ref() != Ok(threads) {
        let mut again = Command::new(std::env::current_exe().expect("a program has a path"));
        let error = again.args(&args).env("RAYON_NUM_THREADS", threads).exec();
        panic!("{error}");
    }
    let threads = threads.parse().expect(usage);
    let rounds = rounds.parse().expect(usage);
    let Some(mut prepared) = prepare(work, threads) else {
        return say(
            &serde_json::json!({"work": work, "system": system, "missing": true}).to_string(),
        );
    };
    let calls = prepared.warm_up();
    let turn = |word: &str| {
        if !turns.is_empty() {
            say(word);
        }
    };
    turn("ready");
    let mut samples = Vec::new();
    let mut medians = Vec::new();
    for _ in 0..rounds {
        if !turns.is_empty() {
            let mut line = String::new();
            std::io::stdin()
                .lock()
                .read_line(&mut line)
                .expect("stdin is open");
        }
        let round = prepared.round(calls);
        medians.push(median(round.clone()));
        samples.extend(round);
        turn("done");
    }
    let line = serde_json::json!({
        "work": work, "system": system, "version": version, "threads": threads,
        "loss": prepared.figures.loss, "check": prepared.figures.check,
        "minimum": samples.iter().copied().fold(f64::INFINITY, f64::min),
        "median": median(samples), "rounds": medians,
    });
    say(&line.to_string());
}

fn say(line: &str) {
    println!("{line}");
    std::io::stdout().flush().expect("stdout is open");
}
