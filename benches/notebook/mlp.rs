//! One epoch of the breast-cancer network: 455 x 30 - 100 - 1, full batch, accuracy included.

use crate::common::{Rows, exp, vector};
use ndarray::linalg::general_mat_mul;
use ndarray::{Array1, Array2, ArrayView2};
use retrograd::loss::bce;
use retrograd::optim::Sgd;
use retrograd::{nn, prelude::*};

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
    fn all() -> [(&'static str, Way); 5] {
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
        ]
    }

    /// Where this way begins, which the loop by hand takes over.
    fn parameters(&self) -> [Tensor; 4] {
        match self {
            Way::Hand(p) | Way::Grad(p) | Way::Backward(p) | Way::Optimizer(p, _) => p.clone(),
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
        };
        let accuracy = out.gt(0.5).eq(y).float().mean();
        (loss.item(), accuracy.item())
    }
}

fn forward(x: &Tensor, y: &Tensor, [w1, b1, w2, b2]: &[Tensor; 4]) -> (Tensor, Tensor) {
    let a1 = (x.mm(w1) + b1).sigmoid();
    let out = (a1.mm(w2) + b2).sigmoid();
    let loss = bce_loss(&out, y);
    (out, loss)
}

fn bce_loss(out: &Tensor, y: &Tensor) -> Tensor {
    let eps = f64::from(EPS);
    -(y * (out + eps).log() + (1.0 - y) * (1.0 - out + eps).log()).mean()
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

impl Fused {
    fn new(data: &Data, [w1, b1, w2, b2]: &[Tensor; 4]) -> Self {
        let matrix = |t: &Tensor| {
            let shape = (t.size(0), t.size(1));
            Array2::from_shape_vec(shape, t.to_vec()).expect("the shape holds the values")
        };
        Fused {
            x: matrix(&data.x),
            y: data.y.to_vec(),
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

    fn epoch(&mut self) -> (f32, f32) {
        general_mat_mul(1.0, &self.x, &self.w1, 0.0, &mut self.a1);
        let mut grad_b1 = [0.0_f32; HIDDEN];
        self.grad_w2.fill(0.0);
        let [a1, slope] =
            [&mut self.a1, &mut self.slope].map(|m| m.as_slice_mut().expect("contiguous"));
        let grad_w2 = self.grad_w2.as_slice_mut().expect("contiguous");
        let (b1, w2, b2) = (&self.b1, &self.w2, self.b2);
        let rows = a1
            .chunks_exact_mut(HIDDEN)
            .zip(slope.chunks_exact_mut(HIDDEN))
            .zip(&self.y);
        let (mut loss, mut right, mut grad_b2) = (0.0, 0, 0.0);
        vector(
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
                    right += u32::from((out > 0.5) == (y > 0.5));
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
        let descend = |values: &mut [f32], grads: &[f32]| {
            values.iter_mut().zip(grads).for_each(|(v, g)| *v -= LR * g);
        };
        descend(&mut self.b1, &grad_b1);
        descend(&mut self.w2, grad_w2);
        self.b2 -= LR * grad_b2;
        (loss / ROWS as f32, right as f32 / ROWS as f32)
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
