//! Nanoseconds an element for each transcendental function, beside std's scalar one where it has one.
//!
//! `cargo bench --bench math` runs all, `-- sin exp` some.

use retrograd::{DType, Tensor};
use std::hint::black_box;
use std::time::Instant;

const LEN: usize = 10_000;

/// The best of many runs, since what else the machine does only adds.
fn time(mut f: impl FnMut()) -> f64 {
    let runs = (0..60).map(|_| {
        let start = Instant::now();
        f();
        start.elapsed().as_secs_f64()
    });
    runs.fold(f64::INFINITY, f64::min) * 1e9
}

struct Function {
    name: &'static str,
    ours: fn(&Tensor) -> Tensor,
    single: Option<fn(f32) -> f32>,
    double: Option<fn(f64) -> f64>,
    range: (f64, f64),
}

macro_rules! functions {
    ($($name:ident $($std:ident)?, $low:literal .. $high:literal;)*) => {
        [$(Function {
            name: stringify!($name),
            ours: Tensor::$name,
            single: functions!(@std f32 $($std)?),
            double: functions!(@std f64 $($std)?),
            range: ($low, $high),
        }),*]
    };
    (@std $t:ident) => { None };
    (@std $t:ident $std:ident) => { Some($t::$std) };
}

fn bench(function: &Function) {
    let (low, high) = function.range;
    let values: Vec<f64> = (0..LEN)
        .map(|i| low + (high - low) * (i as f64 * 0.618_033_988_7).fract())
        .collect();
    let x = Tensor::from(values.clone());
    let per = |ns: f64| format!("{:6.2}", ns / LEN as f64);
    let std = |ns: Option<f64>| ns.map_or("     -".into(), per);
    let single: Vec<f32> = values.iter().map(|&v| v as f32).collect();
    let ours = |dtype| {
        let x = x.to(dtype);
        time(|| drop(black_box((function.ours)(black_box(&x)))))
    };
    let mut out = vec![0.0; LEN];
    let std64 = function.double.map(|f| {
        time(|| {
            black_box(&values)
                .iter()
                .zip(&mut out)
                .for_each(|(&v, o)| *o = f(v));
            black_box(&out);
        })
    });
    let mut out = vec![0.0; LEN];
    let std32 = function.single.map(|f| {
        time(|| {
            black_box(&single)
                .iter()
                .zip(&mut out)
                .for_each(|(&v, o)| *o = f(v));
            black_box(&out);
        })
    });
    let one = x.narrow(0, 7, 1).copy();
    let few =
        time(|| (0..1000).for_each(|_| drop(black_box((function.ours)(black_box(&one)))))) / 1000.0;
    println!(
        "{:10}  f32 {} (std {})   f64 {} (std {})   one f64 {few:6.0}",
        function.name,
        per(ours(DType::F32)),
        std(std32),
        per(ours(DType::F64)),
        std(std64),
    );
}

fn main() {
    let functions = functions! {
        sqrt sqrt, 0.0 .. 9.0;
        exp exp, -10.0 .. 10.0;
        exp2 exp2, -10.0 .. 10.0;
        expm1 exp_m1, -10.0 .. 10.0;
        log ln, 0.0 .. 10.0;
        log2 log2, 0.0 .. 10.0;
        log10 log10, 0.0 .. 10.0;
        log1p ln_1p, -0.9 .. 10.0;
        sin sin, -10.0 .. 10.0;
        cos cos, -10.0 .. 10.0;
        tan tan, -10.0 .. 10.0;
        asin asin, -1.0 .. 1.0;
        acos acos, -1.0 .. 1.0;
        atan atan, -3.0 .. 3.0;
        sinh sinh, -5.0 .. 5.0;
        cosh cosh, -5.0 .. 5.0;
        tanh tanh, -5.0 .. 5.0;
        asinh asinh, -5.0 .. 5.0;
        acosh acosh, 1.0 .. 9.0;
        atanh atanh, -1.0 .. 1.0;
        erf, -3.0 .. 3.0;
        erfc, -3.0 .. 3.0;
        erfinv, -1.0 .. 1.0;
        lgamma, -5.0 .. 20.0;
        digamma, -5.0 .. 20.0;
        sigmoid, -9.0 .. 9.0;
    };
    let chosen: Vec<String> = std::env::args()
        .skip(1)
        .filter(|arg| !arg.starts_with('-'))
        .collect();
    for function in &functions {
        if chosen.is_empty() || chosen.iter().any(|name| name == function.name) {
            bench(function);
        }
    }
}
