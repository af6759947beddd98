//! One epoch of the breast-cancer network: 455 x 30 - 100 - 1, full batch, accuracy included.

use crate::common::{Rows, exp, vector};
use crate::tile::{WIDE, multiply};
use pulp::{Simd, WithSimd};
use retrograd::loss::bce;
use retrograd::optim::Sgd;
use retrograd::{nn, prelude::*, tape::Plan};

const ROWS: usize = 455;
const INPUTS: usize = 30;
const HIDDEN: usize = 100;
const LR: f32 = 0.01;
const EPS: f32 = 1e-8;

struct Data {
    x: Tensor,
    y: Tensor,
}

/// The ways in which the notebook trains, from gradients by hand to a module.
enum Way {
    Hand([Tensor; 4]),
    Grad([Tensor; 4]),
    Backward([Tensor; 4]),
    Optimizer([Tensor; 4], Sgd),
    Sequential(nn::Sequential, Sgd),
    Replay([Tensor; 4], Step),
}

/// A recorded epoch of these inputs and labels, with the loss and the accuracy.
type Step = Box<dyn FnMut(&Tensor, &Tensor) -> (Tensor, Tensor)>;

/// The epoch by `backward` and the optimizer, to be replayed.
fn plan(params: [Tensor; 4]) -> Step {
    let mut optimizer = Sgd::new(&params, f64::from(LR));
    let mut plan = Plan::new(move |[x, y]: &[Tensor; 2]| {
        let (out, loss) = forward(x, y, &params);
        loss.backward();
        optimizer.step();
        optimizer.zero_grad();
        (loss, accuracy(&out, y))
    });
    Box::new(move |x, y| plan.run([x, y]))
}

fn leaves() -> [Tensor; 4] {
    parameters().map(|p| p.requires_grad_())
}

fn parameters() -> [Tensor; 4] {
    manual_seed(42);
    [
        randn([INPUTS, HIDDEN]),
        zeros([HIDDEN]),
        randn([HIDDEN, 1]),
        zeros([1]),
    ]
}

impl Way {
    fn all() -> [(&'static str, Way); 6] {
        let replayed = leaves();
        let step = plan(replayed.clone());
        let params = leaves();
        let optimizer = Sgd::new(&params, f64::from(LR));
        let model = nn::Sequential::new()
            .add(nn::Linear::new(INPUTS, HIDDEN))
            .add(nn::Sigmoid)
            .add(nn::Linear::new(HIDDEN, 1))
            .add(nn::Sigmoid);
        let sequential = Sgd::new(model.parameters(), f64::from(LR));
        [
            ("notebook/hand", Way::Hand(parameters())),
            ("notebook/grad", Way::Grad(leaves())),
            ("notebook/backward", Way::Backward(leaves())),
            ("notebook/optimizer", Way::Optimizer(params, optimizer)),
            ("notebook/sequential", Way::Sequential(model, sequential)),
            ("notebook/replay", Way::Replay(replayed, step)),
        ]
    }

    /// Where this way begins, which the loop by hand takes over.
    fn parameters(&self) -> [Tensor; 4] {
        match self {
            Way::Hand(p)
            | Way::Grad(p)
            | Way::Backward(p)
            | Way::Optimizer(p, _)
            | Way::Replay(p, _) => p.clone(),
            Way::Sequential(model, _) => {
                let parameter = |name: &str| model.parameter(name).expect("the layer has it");
                [
                    parameter("0.weight").t(),
                    parameter("0.bias"),
                    parameter("2.weight").t(),
                    parameter("2.bias"),
                ]
            }
        }
    }

    /// Loss and accuracy of one epoch.
    fn epoch(&mut self, data: &Data) -> (f32, f32) {
        let Data { x, y } = data;
        let lr = f64::from(LR);
        let (out, loss) = match self {
            Way::Hand([w1, b1, w2, b2]) => {
                let a1 = (x.mm(w1) + &*b1).sigmoid();
                let out = (a1.mm(w2) + &*b2).sigmoid();
                let loss = bce_loss(&out, y);
                let grad_z2 = (&out - y) / ROWS;
                let grad_z1 = grad_z2.mm(&w2.t()) * &a1 * (1.0 - &a1);
                *w1 -= lr * x.t().mm(&grad_z1);
                *b1 -= lr * grad_z1.sum_dim(0);
                *w2 -= lr * a1.t().mm(&grad_z2);
                *b2 -= lr * grad_z2.sum_dim(0);
                (out, loss)
            }
            Way::Grad(params) => {
                let (out, loss) = forward(x, y, params);
                let grads = grad(&loss, &*params).run();
                no_grad(|| {
                    for (p, grad) in params.iter_mut().zip(grads) {
                        *p -= lr * grad;
                    }
                });
                (out, loss)
            }
            Way::Backward(params) => {
                let (out, loss) = forward(x, y, params);
                loss.backward();
                no_grad(|| {
                    for p in params {
                        *p -= lr * p.grad().expect("backward reached it");
                        p.zero_grad();
                    }
                });
                (out, loss)
            }
            Way::Optimizer(params, optimizer) => {
                let (out, loss) = forward(x, y, params);
                loss.backward();
                optimizer.step();
                optimizer.zero_grad();
                (out, loss)
            }
            Way::Sequential(model, optimizer) => {
                let out = model.forward(x);
                let loss = bce(&out, y);
                loss.backward();
                optimizer.step();
                optimizer.zero_grad();
                (out, loss)
            }
            Way::Replay(_, step) => {
                let (loss, accuracy) = step(x, y);
                return (loss.item(), accuracy.item());
            }
        };
        (loss.item(), accuracy(&out, y).item())
    }
}

fn forward(x: &Tensor, y: &Tensor, [w1, b1, w2, b2]: &[Tensor; 4]) -> (Tensor, Tensor) {
    let a1 = (x.mm(w1) + b1).sigmoid();
    let out = (a1.mm(w2) + b2).sigmoid();
    let loss = bce_loss(&out, y);
    (out, loss)
}

fn accuracy(out: &Tensor, y: &Tensor) -> Tensor {
    out.gt(0.5).eq(y).float().mean()
}

fn bce_loss(out: &Tensor, y: &Tensor) -> Tensor {
    let eps = f64::from(EPS);
    -(y * (out + eps).log() + (1.0 - y) * (1.0 - out + eps).log()).mean()
}

/// Elements from a row of the table to the next one, with room for a tile's rows beyond the last column.
const STRIDE: usize = 36;
/// Rows in whole tiles of any size.
const PADDED: usize = 456;

/// The same network with its passes fused by hand, in a register tile of its own. Hidden units beyond the last one have
/// weights of 0.
struct Fused {
    x: Vec<f32>,
    y: Vec<f32>,
    w1: Vec<f32>,
    b1: Vec<f32>,
    w2: Vec<f32>,
    b2: f32,
    a1: Vec<f32>,
    slope: Vec<f32>,
    grad_w1: Vec<f32>,
    grad_b1: [f32; WIDE],
    grad_w2: [f32; WIDE],
    grad_b2: f32,
}

/// Rows of `len` elements in rows of `stride`, with zeros behind each and after the last.
fn padded(values: &[f32], len: usize, stride: usize, rows: usize) -> Vec<f32> {
    let mut out = vec![0.0; stride * rows];
    for (out, row) in out.chunks_exact_mut(stride).zip(values.chunks_exact(len)) {
        out[..len].copy_from_slice(row);
    }
    out
}

impl Fused {
    fn new(data: &Data, [w1, b1, w2, b2]: &[Tensor; 4]) -> Self {
        let hidden = |t: &Tensor, rows| padded(&t.to_vec::<f32>(), HIDDEN, WIDE, rows);
        Fused {
            x: padded(&data.x.to_vec::<f32>(), INPUTS, STRIDE, PADDED),
            y: data.y.to_vec(),
            w1: hidden(w1, INPUTS),
            b1: hidden(b1, 1),
            w2: hidden(&w2.t().contiguous(), 1),
            b2: b2.item(),
            a1: vec![0.0; WIDE * PADDED],
            slope: vec![0.0; WIDE * PADDED],
            grad_w1: vec![0.0; WIDE * STRIDE],
            grad_b1: [0.0; WIDE],
            grad_w2: [0.0; WIDE],
            grad_b2: 0.0,
        }
    }

    fn epoch(&mut self) -> (f32, f32) {
        let scores = pulp::Arch::new().dispatch(Epoch(self));
        vector(
            #[inline(always)]
            || {
                descend(&mut self.w1, &self.grad_w1);
                descend(&mut self.b1, &self.grad_b1);
                descend(&mut self.w2[..HIDDEN], &self.grad_w2);
                self.b2 -= LR * self.grad_b2;
            },
        );
        scores
    }

    #[inline(always)]
    fn run<S: Simd, const M: usize, const N: usize>(&mut self, simd: S) -> (f32, f32) {
        let (w2, b2) = (&self.w2[..WIDE], self.b2);
        let mut outs = [0.0_f32; PADDED];
        // A few rows at a time while they are in the first cache; then all outputs, as whole vectors.
        for first in (0..ROWS).step_by(M) {
            let (x, a1) = (&self.x[first * STRIDE..], &mut self.a1[first * WIDE..]);
            multiply::<S, M, N>(simd, x, (STRIDE, 1), INPUTS, &self.w1, a1);
            let rows = a1.chunks_exact_mut(WIDE).zip(&mut outs[first..]);
            for (a1, out) in rows.take(M) {
                for (a, &b) in a1.iter_mut().zip(&self.b1) {
                    *a = 1.0 / (1.0 + exp(-(*a + b)));
                }
                let mut lanes = [0.0_f32; 16];
                for (a, w) in a1.chunks_exact(16).zip(w2.chunks_exact(16)) {
                    (0..16).for_each(|i| lanes[i] += a[i] * w[i]);
                }
                for half in [8, 4, 2, 1] {
                    (0..half).for_each(|i| lanes[i] += lanes[i + half]);
                }
                *out = lanes[0] + b2;
            }
        }
        outs.iter_mut().for_each(|z| *z = 1.0 / (1.0 + exp(-*z)));
        let (mut loss, mut right, mut grad_b2) = (0.0, 0, 0.0);
        let (mut grad_b1, mut grad_w2) = ([0.0_f32; WIDE], [0.0_f32; WIDE]);
        let rows = self.a1.chunks_exact(WIDE);
        let rows = rows.zip(self.slope.chunks_exact_mut(WIDE));
        for (((a1, slope), &out), &y) in rows.zip(&outs).zip(&self.y) {
            loss -= y * (out + EPS).ln() + (1.0 - y) * (1.0 - out + EPS).ln();
            right += u32::from((out > 0.5) == (y > 0.5));
            let grad = (out - y) / ROWS as f32;
            grad_b2 += grad;
            for j in 0..WIDE {
                let a = a1[j];
                grad_w2[j] += grad * a;
                let s = grad * w2[j] * a * (1.0 - a);
                grad_b1[j] += s;
                slope[j] = s;
            }
        }
        for first in (0..INPUTS).step_by(M) {
            let (x, out) = (&self.x[first..], &mut self.grad_w1[first * WIDE..]);
            multiply::<S, M, N>(simd, x, (1, STRIDE), ROWS, &self.slope, out);
        }
        (self.grad_b1, self.grad_w2, self.grad_b2) = (grad_b1, grad_w2, grad_b2);
        (loss / ROWS as f32, right as f32 / ROWS as f32)
    }
}

#[inline(always)]
fn descend(values: &mut [f32], grads: &[f32]) {
    values.iter_mut().zip(grads).for_each(|(v, g)| *v -= LR * g);
}

struct Epoch<'a>(&'a mut Fused);

impl WithSimd for Epoch<'_> {
    type Output = (f32, f32);

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> (f32, f32) {
        if S::REGISTER_COUNT >= 32 && S::F32_LANES == 16 {
            self.0.run::<S, 3, 7>(simd)
        } else {
            self.0.run::<S, 6, 2>(simd)
        }
    }
}

pub(crate) fn rows(rows: &mut Rows) {
    manual_seed(1);
    let data = Data {
        x: randn([ROWS, INPUTS]),
        y: rand([ROWS, 1]).round(),
    };
    for (name, mut way) in Way::all() {
        let mut fused = Fused::new(&data, &way.parameters());
        for _ in 0..20 {
            let ((a, score), (b, expected)) = (way.epoch(&data), fused.epoch());
            // Outputs near 0 and 1 lose digits in `1 - out`, and not the same ones.
            assert!((a - b).abs() < 1e-2 * b.abs(), "{name}: {a} and {b}");
            assert!(
                (score - expected).abs() < 0.01,
                "{name}: {score} and {expected}"
            );
        }
        rows.row(name, || way.epoch(&data), || fused.epoch());
    }
}
