//! Products of 8 to 1,024, square and thin, in every layout, beside the `matrixmultiply` crate on the same operands.

use criterion::Criterion;
use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2};
use retrograd::prelude::*;
use std::hint::black_box;
use std::time::{Duration, Instant};

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort();
    times[times.len() / 2].as_secs_f64()
}

fn time(steps: usize, mut f: impl FnMut()) -> Duration {
    let start = Instant::now();
    (0..steps).for_each(|_| f());
    start.elapsed() / steps as u32
}

fn main() {
    let criterion = Criterion::default().configure_from_args();
    drop(criterion);
    for threads in [1, 2] {
        retrograd::set_num_threads(threads);
        let sizes = [
            [8, 8, 8],
            [16, 16, 16],
            [32, 32, 32],
            [64, 64, 64],
            [128, 128, 128],
            [256, 256, 256],
            [512, 512, 512],
            [455, 30, 100],
            [30, 455, 100],
            [455, 100, 1],
            [64, 784, 512],
            [64, 512, 512],
            [512, 64, 784],
        ];
        for [m, k, n] in sizes {
            for (layout, left, right) in [
                ("nn", false, false),
                ("tn", true, false),
                ("nt", false, true),
            ] {
                let a = if left {
                    randn([k, m]).t()
                } else {
                    randn([m, k])
                };
                let b = if right {
                    randn([n, k]).t()
                } else {
                    randn([k, n])
                };
                let (x, y) = (
                    a.contiguous().to_ndarray::<f32>(),
                    b.contiguous().to_ndarray::<f32>(),
                );
                let two = |x: &ndarray::ArrayD<f32>| {
                    x.clone().into_dimensionality::<ndarray::Ix2>().unwrap()
                };
                let (x, y) = (two(&x), two(&y));
                let (x, y): (Array2<f32>, Array2<f32>) = (
                    if left {
                        x.t().as_standard_layout().into_owned()
                    } else {
                        x
                    },
                    if right {
                        y.t().as_standard_layout().into_owned()
                    } else {
                        y
                    },
                );
                let (xv, yv): (ArrayView2<'_, f32>, ArrayView2<'_, f32>) = (
                    if left { x.t() } else { x.view() },
                    if right { y.t() } else { y.view() },
                );
                let mut out = Array2::<f32>::zeros((m, n));
                let flops = 2 * m * k * n;
                let steps = (20_000_000 / flops).clamp(1, 5000);
                let (mut ours, mut theirs) = (Vec::new(), Vec::new());
                for _ in 0..15 {
                    ours.push(time(steps, || drop(black_box(a.mm(&b)))));
                    theirs.push(time(steps, || {
                        general_mat_mul(1.0, &xv, &yv, 0.0, black_box(&mut out))
                    }));
                }
                let (ours, theirs) = (median(ours), median(theirs));
                println!(
                    "matmul {threads} threads {layout} {m}x{k}x{n}: {:.2} us, {:.1} GFLOP/s; matrixmultiply {:.2} us; ratio: {:.2}",
                    ours * 1e6,
                    flops as f64 / ours / 1e9,
                    theirs * 1e6,
                    ours / theirs
                );
            }
        }
    }
}
