//! The derivative in one direction, of the breast-cancer network's loss and of a chain of elementwise operations: by
//! walking back twice (`functional::jvp`) and by dual numbers whose rules are written out by hand.

use criterion::{Criterion, criterion_group, criterion_main};
use retrograd::functional::jvp;
use retrograd::prelude::*;
use std::hint::black_box;

/// A value and its derivative in the direction.
struct Dual(Tensor, Tensor);

impl Dual {
    fn matmul(&self, w: &Dual) -> Dual {
        Dual(
            self.0.matmul(&w.0),
            self.1.matmul(&w.0) + self.0.matmul(&w.1),
        )
    }
    fn add(&self, b: &Dual) -> Dual {
        Dual(&self.0 + &b.0, &self.1 + &b.1)
    }
    fn sigmoid(&self) -> Dual {
        let s = self.0.sigmoid();
        let slope = &self.1 * (&s * (1.0 - &s));
        Dual(s, slope)
    }
    fn sin(&self) -> Dual {
        Dual(self.0.sin(), &self.1 * self.0.cos())
    }
    fn mean(&self) -> Dual {
        Dual(self.0.mean(), self.1.mean())
    }
}

fn network(x: &Tensor, [w1, b1, w2, b2]: &[Tensor; 4]) -> Tensor {
    let hidden = (x.matmul(w1) + b1).sigmoid();
    (hidden.matmul(w2) + b2).sigmoid().mean()
}

fn dual_network(x: &Tensor, params: &[Tensor; 4], v: &[Tensor; 4]) -> Dual {
    let [w1, b1, w2, b2] = [0, 1, 2, 3].map(|i| Dual(params[i].clone(), v[i].clone()));
    // The data is constant: its product has one term.
    let z = Dual(x.matmul(&w1.0), x.matmul(&w1.1)).add(&b1);
    z.sigmoid().matmul(&w2).add(&b2).sigmoid().mean()
}

fn forward_mode(c: &mut Criterion) {
    manual_seed(0);
    let x = randn([455, 30]);
    let shapes: [&[usize]; 4] = [&[30, 100], &[100], &[100, 1], &[1]];
    let params = shapes.map(randn);
    let v = shapes.map(randn);
    let twice = jvp(|p| network(&x, p), &params, &v).1.item::<f64>();
    let dual = dual_network(&x, &params, &v).1.item::<f64>();
    assert!(
        (twice - dual).abs() <= 1e-5 * dual.abs(),
        "{twice} and {dual}"
    );
    let mut group = c.benchmark_group("forward_mode");
    group.bench_function("network, back twice", |b| {
        b.iter(|| black_box(jvp(|p| network(&x, p), &params, &v)));
    });
    group.bench_function("network, dual numbers", |b| {
        b.iter(|| black_box(dual_network(&x, &params, &v)));
    });
    let (x, v) = (randn([4096]), randn([4096]));
    group.bench_function("20 sines of 4096, back twice", |b| {
        b.iter(|| black_box(jvp(|x| (0..20).fold(x.clone(), |x, _| x.sin()), &x, &v)));
    });
    group.bench_function("20 sines of 4096, dual numbers", |b| {
        b.iter(|| black_box((0..20).fold(Dual(x.clone(), v.clone()), |x, _| x.sin())));
    });
    group.finish();
}

criterion_group! {
    name = benches;
    config = Criterion::default().sample_size(50);
    targets = forward_mode
}
criterion_main!(benches);
