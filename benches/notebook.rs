//! One epoch of the breast-cancer network (455 x 30 - 100 - 1, full batch) through the tape, beside the same epoch
//! written out by hand without a tape, an allocation or a general shape.

use criterion::{Criterion, criterion_group};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2};
use retrograd::optim::Sgd;
use retrograd::prelude::*;
use std::hint::black_box;
use std::time::{Duration, Instant};

const ROWS: usize = 455;
const INPUTS: usize = 30;
const HIDDEN: usize = 100;
const LR: f32 = 0.01;
const EPS: f32 = 1e-8;

/// The network by the library's modules of choice for such a loop.
struct Taped {
    x: Tensor,
    y: Tensor,
    params: [Tensor; 4],
    optimizer: Sgd,
}

impl Taped {
    fn new() -> Self {
        manual_seed(42);
        let (x, y) = (randn([ROWS, INPUTS]), rand([ROWS, 1]).round());
        let params = [
            randn([INPUTS, HIDDEN]),
            zeros([HIDDEN]),
            randn([HIDDEN, 1]),
            zeros([1]),
        ];
        params.iter().for_each(|p| drop(p.requires_grad_()));
        let optimizer = Sgd::new(&params, f64::from(LR));
        Taped {
            x,
            y,
            params,
            optimizer,
        }
    }

    fn epoch(&mut self) -> f32 {
        let [w1, b1, w2, b2] = &self.params;
        let a1 = (self.x.mm(w1) + b1).sigmoid();
        let out = (a1.mm(w2) + b2).sigmoid();
        let eps = f64::from(EPS);
        let loss =
            -(&self.y * (&out + eps).log() + (1.0 - &self.y) * (1.0 - &out + eps).log()).mean();
        loss.backward();
        self.optimizer.step();
        self.optimizer.zero_grad();
        loss.item()
    }
}

/// The same network with its passes fused by hand.
struct Fused {
    x: Array2<f32>,
    y: Vec<f32>,
    w1: Array2<f32>,
    b1: Vec<f32>,
    w2: Vec<f32>,
    b2: f32,
    a1: Array2<f32>,
    slope: Array2<f32>,
    grad_w1: Array2<f32>,
    grad_w2: Array1<f32>,
}

/// `exp` without branches, so that a loop over it becomes vector code.
#[inline(always)]
fn exp(x: f32) -> f32 {
    let x = x.clamp(-87.0, 88.0);
    let shifted = x.mul_add(std::f32::consts::LOG2_E, 12_582_912.0);
    let n = shifted - 12_582_912.0;
    let r = n.mul_add(-1.428_606_8e-6, n.mul_add(-0.693_145_75, x));
    let coefficients = [
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ];
    let p = coefficients.iter().fold(0.0_f32, |p, c| p.mul_add(r, *c));
    p * f32::from_bits(shifted.to_bits().wrapping_add(127) << 23)
}

impl Fused {
    fn new(taped: &Taped) -> Self {
        let matrix = |t: &Tensor| {
            let shape = (t.size(0), t.size(1));
            Array2::from_shape_vec(shape, t.to_vec()).expect("the shape holds the values")
        };
        let [w1, b1, w2, b2] = &taped.params;
        Fused {
            x: matrix(&taped.x),
            y: taped.y.to_vec(),
            w1: matrix(w1),
            b1: b1.to_vec(),
            w2: w2.to_vec(),
            b2: b2.item(),
            a1: Array2::zeros((ROWS, HIDDEN)),
            slope: Array2::zeros((ROWS, HIDDEN)),
            grad_w1: Array2::zeros((INPUTS, HIDDEN)),
            grad_w2: Array1::zeros(HIDDEN),
        }
    }

    fn epoch(&mut self) -> f32 {
        general_mat_mul(1.0, &self.x, &self.w1, 0.0, &mut self.a1);
        let (mut loss, mut grad_b2) = (0.0, 0.0);
        let mut grad_b1 = [0.0_f32; HIDDEN];
        self.grad_w2.fill(0.0);
        let grad_w2 = self.grad_w2.as_slice_mut().expect("contiguous");
        let a1 = self
            .a1
            .as_slice_mut()
            .expect("contiguous")
            .chunks_exact_mut(HIDDEN);
        let slope = self
            .slope
            .as_slice_mut()
            .expect("contiguous")
            .chunks_exact_mut(HIDDEN);
        let (b1, w2, b2) = (&self.b1, &self.w2, self.b2);
        let rows = a1.zip(slope).zip(&self.y);
        pulp::Arch::new().dispatch(
            #[inline(always)]
            || {
                for ((a1, slope), &y) in rows {
                    for (a, &b) in a1.iter_mut().zip(b1) {
                        *a = 1.0 / (1.0 + exp(-(*a + b)));
                    }
                    let mut lanes = [0.0_f32; 4];
                    for (a, w) in a1.chunks_exact(4).zip(w2.chunks_exact(4)) {
                        (0..4).for_each(|i| lanes[i] += a[i] * w[i]);
                    }
                    let z = lanes.iter().sum::<f32>() + b2;
                    let out = 1.0 / (1.0 + exp(-z));
                    loss -= y * (out + EPS).ln() + (1.0 - y) * (1.0 - out + EPS).ln();
                    let grad = (out - y) / ROWS as f32;
                    grad_b2 += grad;
                    for j in 0..HIDDEN {
                        let a = a1[j];
                        grad_w2[j] += grad * a;
                        let s = grad * w2[j] * a * (1.0 - a);
                        grad_b1[j] += s;
                        slope[j] = s;
                    }
                }
            },
        );
        let x: ArrayView2<'_, f32> = self.x.t();
        general_mat_mul(1.0, &x, &self.slope, 0.0, &mut self.grad_w1);
        self.w1.scaled_add(-LR, &self.grad_w1);
        self.b1
            .iter_mut()
            .zip(&grad_b1)
            .for_each(|(b, g)| *b -= LR * g);
        self.w2
            .iter_mut()
            .zip(&self.grad_w2)
            .for_each(|(w, g)| *w -= LR * g);
        self.b2 -= LR * grad_b2;
        loss / ROWS as f32
    }
}

fn notebook(c: &mut Criterion) {
    let mut taped = Taped::new();
    let mut fused = Fused::new(&taped);
    for _ in 0..20 {
        let (a, b) = (taped.epoch(), fused.epoch());
        assert!(
            (a - b).abs() < 1e-3 * b.abs(),
            "both compute the same: {a} and {b}"
        );
    }
    let mut group = c.benchmark_group("notebook");
    group.bench_function("tape", |b| b.iter(|| black_box(taped.epoch())));
    group.bench_function("fused by hand", |b| b.iter(|| black_box(fused.epoch())));
    group.finish();
    ratio(&mut taped, &mut fused);
}

/// Both in turn, so that what else the machine does meets both alike.
fn ratio(taped: &mut Taped, fused: &mut Fused) {
    let time = |f: &mut dyn FnMut() -> f32| -> Duration {
        let start = Instant::now();
        for _ in 0..20 {
            black_box(f());
        }
        start.elapsed() / 20
    };
    let mut pairs: Vec<(Duration, Duration)> = (0..50)
        .map(|_| (time(&mut || taped.epoch()), time(&mut || fused.epoch())))
        .collect();
    pairs.sort_by(|a, b| {
        (a.0.as_secs_f64() / a.1.as_secs_f64()).total_cmp(&(b.0.as_secs_f64() / b.1.as_secs_f64()))
    });
    let (a, b) = pairs[pairs.len() / 2];
    println!(
        "notebook: tape {a:?}, fused by hand {b:?}, ratio {:.2} (median of 50)",
        a.as_secs_f64() / b.as_secs_f64()
    );
}

criterion_group!(benches, notebook);

fn main() {
    benches();
    Criterion::default().configure_from_args().final_summary();
}
