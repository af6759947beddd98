//! What grows, by retrograd and by hand, in a process of its own.

use crate::measure::median;
use retrograd::optim::Sgd;
use retrograd::prelude::*;
use std::hint::black_box;
use std::time::Instant;

/// What is measured of one size.
pub(crate) struct Figures {
    pub(crate) seconds: f64,
    /// The peak of memory above what the process had before.
    pub(crate) bytes: f64,
}

impl Figures {
    pub(crate) fn read(line: &str) -> Option<Self> {
        let mut numbers = line.split_whitespace().map(str::parse);
        Some(Figures {
            seconds: numbers.next()?.ok()?,
            bytes: numbers.next()?.ok()?,
        })
    }
}

/// Something that grows.
pub(crate) struct Work {
    pub(crate) name: &'static str,
    /// What a byte count is divided by.
    pub(crate) unit: &'static str,
    powers: std::ops::RangeInclusive<u32>,
    ours: fn(usize) -> Box<dyn FnMut()>,
    by_hand: fn(usize) -> Box<dyn FnMut()>,
}

impl Work {
    pub(crate) fn sizes(&self) -> impl Iterator<Item = usize> {
        self.powers.clone().map(|power| 10_usize.pow(power))
    }
}

pub(crate) const WORKS: [Work; 3] = [
    Work {
        name: "graph",
        unit: "an operation",
        powers: 1..=6,
        ours: graph,
        by_hand: graph_by_hand,
    },
    Work {
        name: "elements",
        unit: "an element",
        powers: 0..=8,
        ours: elements,
        by_hand: elements_by_hand,
    },
    Work {
        name: "parameters",
        unit: "a parameter",
        powers: 0..=7,
        ours: parameters,
        by_hand: parameters_by_hand,
    },
];

/// A chain of products of one number: recorded, gone back through and freed.
fn graph(len: usize) -> Box<dyn FnMut()> {
    let w = tensor![1.0000001].requires_grad_();
    Box::new(move || {
        let end = (0..len).fold(w.clone(), |y, _| y * &w);
        end.backward();
        w.zero_grad();
    })
}

fn graph_by_hand(len: usize) -> Box<dyn FnMut()> {
    let w = 1.0000001_f32;
    Box::new(move || {
        let w = black_box(w);
        let mut values = Vec::with_capacity(len);
        let mut value = w;
        for _ in 0..len {
            values.push(value);
            value *= w;
        }
        let (mut back, mut grad) = (1.0, 0.0);
        for value in values.iter().rev() {
            grad += back * value;
            back *= w;
        }
        black_box(grad + back);
    })
}

/// The sum of sigmoids and its gradient.
fn elements(len: usize) -> Box<dyn FnMut()> {
    let x = (arange(len as i64) * (1.0 / len as f64))
        .float()
        .requires_grad_();
    Box::new(move || {
        x.sigmoid().sum().backward();
        x.zero_grad();
    })
}

fn elements_by_hand(len: usize) -> Box<dyn FnMut()> {
    let x: Vec<f32> = (0..len).map(|i| i as f32 / len as f32).collect();
    Box::new(move || {
        let out: Vec<f32> = x.iter().map(|x| 1.0 / (1.0 + (-x).exp())).collect();
        black_box(out.iter().sum::<f32>());
        let grad: Vec<f32> = out.iter().map(|s| (1.0 - s) * s).collect();
        black_box(grad);
    })
}

/// A step of SGD with momentum down a bowl.
fn parameters(len: usize) -> Box<dyn FnMut()> {
    let w = ones([len]).requires_grad_();
    let mut optimizer = Sgd::new([&w], 1e-3).momentum(0.9);
    Box::new(move || {
        w.square().sum().backward();
        optimizer.step();
        optimizer.zero_grad();
    })
}

fn parameters_by_hand(len: usize) -> Box<dyn FnMut()> {
    let (mut w, mut velocity) = (vec![1.0_f32; len], vec![0.0_f32; len]);
    Box::new(move || {
        black_box(w.iter().map(|w| w * w).sum::<f32>());
        let grad: Vec<f32> = w.iter().map(|w| 2.0 * w).collect();
        for ((w, v), g) in w.iter_mut().zip(&mut velocity).zip(&grad) {
            *v = 0.9 * *v + g;
            *w -= 1e-3 * *v;
        }
    })
}

/// The peak of the process's memory, where the system tells it.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kilobytes = line.and_then(|rest| rest.trim().strip_suffix(" kB"));
    kilobytes
        .and_then(|number| number.parse::<f64>().ok())
        .unwrap_or(0.0)
        * 1024.0
}

/// Measures one size, and prints the figures for the process that asked.
pub(crate) fn one(name: &str, size: usize, threads: usize, side: &str) {
    retrograd::set_num_threads(threads);
    let work = WORKS
        .iter()
        .find(|work| work.name == name)
        .expect("a work of the list");
    let make = if side == "hand" {
        work.by_hand
    } else {
        work.ours
    };
    let before = peak();
    let mut step = make(size);
    let start = Instant::now();
    step();
    let first = start.elapsed().as_secs_f64();
    // As many calls as make 0.2 s, in samples of a millisecond or more.
    let calls = (1e-3 / first).ceil().max(1.0) as usize;
    let samples = (0.2 / (first * calls as f64)).ceil().clamp(3.0, 100.0) as usize;
    let times = (0..samples).map(|_| {
        let start = Instant::now();
        (0..calls).for_each(|_| step());
        start.elapsed().as_secs_f64() / calls as f64
    });
    let seconds = median(times.collect());
    println!("{seconds:e} {:e}", peak() - before);
}
