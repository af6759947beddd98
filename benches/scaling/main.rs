//! Time and peak memory as a graph, its elements or its parameters grow, on one thread and two, beside the same work by
//! hand. Every size has a process of its own, since a process's peak never falls.
//!
//! The growth printed is the exponent of the size, fitted to the three largest sizes: 1 is linear.

#[path = "../common/measure.rs"]
mod measure;
mod works;

use criterion::Criterion;
use measure::show;
use std::process::Command;
use works::{Figures, WORKS, Work};

/// The sizes that a run without measurements tries, to see that all of it works.
const SMALL: usize = 100;

struct Row {
    size: usize,
    ours: Figures,
    by_hand: Figures,
}

/// The figures of one size, from a process of its own.
fn figures(work: &Work, size: usize, threads: usize, side: &str) -> Figures {
    let program = std::env::current_exe().expect("a program has a path");
    let (size, threads) = (size.to_string(), threads.to_string());
    let output = Command::new(program)
        .args(["one", work.name, &size, &threads, side])
        .output()
        .expect("the bench runs itself");
    let text = String::from_utf8_lossy(&output.stdout);
    Figures::read(&text).unwrap_or_else(|| {
        let error = String::from_utf8_lossy(&output.stderr);
        panic!("{} of {size}: {text}{error}", work.name)
    })
}

/// The slope of a line through the logarithms.
fn exponent(points: impl Iterator<Item = (f64, f64)>) -> f64 {
    let points: Vec<(f64, f64)> = points.map(|(x, y)| (x.ln(), y.ln())).collect();
    let mean = |f: fn(&(f64, f64)) -> f64| points.iter().map(f).sum::<f64>() / points.len() as f64;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let along: f64 = points.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let square: f64 = points.iter().map(|p| (p.0 - x) * (p.0 - x)).sum();
    along / square
}

fn print(work: &Work, threads: usize, rows: &[Row]) {
    for Row {
        size,
        ours,
        by_hand,
    } in rows
    {
        println!(
            "scaling/{}/{size}, {threads} threads: {} against {} by hand; {:.1} MiB more at the peak, {:.1} bytes {}, against {:.1}",
            work.name,
            show(ours.seconds),
            show(by_hand.seconds),
            ours.bytes / 1048576.0,
            ours.bytes / *size as f64,
            work.unit,
            by_hand.bytes / *size as f64,
        );
    }
    // A few pages more or less say nothing of how it grows.
    let large = &rows[rows.len().saturating_sub(3)..];
    let time = exponent(large.iter().map(|row| (row.size as f64, row.ours.seconds)));
    let memory = exponent(
        large
            .iter()
            .map(|row| (row.size as f64, row.ours.bytes.max(1.0))),
    );
    println!(
        "growth: {} with {threads} threads, time {time:.2}, memory {memory:.2}",
        work.name
    );
}

fn compare(work: &Work, threads: usize, sizes: &[usize], ratios: &mut Vec<String>) {
    let rows: Vec<Row> = sizes
        .iter()
        .map(|&size| Row {
            size,
            ours: figures(work, size, threads, "retrograd"),
            by_hand: figures(work, size, threads, "hand"),
        })
        .collect();
    print(work, threads, &rows);
    for Row {
        size,
        ours,
        by_hand,
    } in &rows
    {
        let ratio = ours.seconds / by_hand.seconds;
        ratios.push(format!(
            "ratio: scaling/{}/{size}/{threads} {ratio:.2}",
            work.name
        ));
    }
}

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if let [one, name, size, threads, side] = &args[..]
        && one == "one"
    {
        let number = |text: &str| text.parse().expect("a number");
        return works::one(name, number(size), number(threads), side);
    }
    // For its arguments alone: criterion measures in this process, and the works run in others.
    drop(Criterion::default().configure_from_args());
    let measures = args.iter().any(|arg| arg == "--bench");
    let filter = args.iter().find(|arg| !arg.starts_with("--"));
    let mut ratios = Vec::new();
    for work in &WORKS {
        let name = format!("scaling/{}", work.name);
        if filter.is_some_and(|part| !name.contains(part.as_str())) {
            continue;
        }
        let sizes: Vec<usize> = work
            .sizes()
            .filter(|&size| measures || size <= SMALL)
            .collect();
        for threads in [1, 2] {
            compare(work, threads, &sizes, &mut ratios);
        }
    }
    ratios.iter().for_each(|line| println!("{line}"));
}
