//! Products of 8 to 1,024, square and thin, in every layout, forward and with both gradients, on one thread and on two.
//! The limit is the `matrixmultiply` crate on the same operands, whose rows two threads halve.
//!
//! `cargo bench --bench matmul` runs all, `-- 512` some.

#[path = "common/rows.rs"]
mod rows;

use ndarray::linalg::general_mat_mul;
use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis};
use retrograd::prelude::*;
use rows::Rows;

const SIZES: [[usize; 3]; 15] = [
    [8, 8, 8],
    [16, 16, 16],
    [32, 32, 32],
    [64, 64, 64],
    [128, 128, 128],
    [256, 256, 256],
    [512, 512, 512],
    [1024, 1024, 1024],
    [455, 30, 100],
    [30, 455, 100],
    [64, 784, 512],
    [512, 64, 784],
    [64, 512, 10],
    [1, 512, 512],
    [512, 512, 1],
];

/// Multiplications and additions from which two threads are measured too.
const LARGE: usize = 1 << 20;

/// Whether each factor is the transpose of a matrix that lies row by row.
const LAYOUTS: [(&str, [bool; 2]); 4] = [
    ("nn", [false, false]),
    ("tn", [true, false]),
    ("nt", [false, true]),
    ("tt", [true, true]),
];

/// A factor, as a tensor and as an array with the same elements in the same order.
struct Factor {
    leaf: Tensor,
    array: Array2<f32>,
    turned: bool,
}

impl Factor {
    fn new(rows: usize, cols: usize, turned: bool) -> Self {
        let shape = if turned { (cols, rows) } else { (rows, cols) };
        let leaf = randn([shape.0, shape.1]);
        let array = Array2::from_shape_vec(shape, leaf.to_vec()).expect("the shape's elements");
        Factor {
            leaf: leaf.requires_grad_(),
            array,
            turned,
        }
    }

    fn tensor(&self) -> Tensor {
        match self.turned {
            true => self.leaf.t(),
            false => self.leaf.clone(),
        }
    }

    fn view(&self) -> ArrayView2<'_, f32> {
        match self.turned {
            true => self.array.t(),
            false => self.array.view(),
        }
    }
}

/// `out = a b`, with the longer side of the result halved where there are two threads.
fn multiply(
    a: &ArrayView2<'_, f32>,
    b: &ArrayView2<'_, f32>,
    mut out: ArrayViewMut2<'_, f32>,
    threads: usize,
) {
    if threads == 1 {
        return general_mat_mul(1.0, a, b, 0.0, &mut out);
    }
    let (rows, cols) = out.dim();
    if rows >= cols {
        let (above, below) = out.split_at(Axis(0), rows / 2);
        let (first, second) = a.split_at(Axis(0), rows / 2);
        rayon::join(
            || multiply(&first, b, above, 1),
            || multiply(&second, b, below, 1),
        );
    } else {
        let (left, right) = out.split_at(Axis(1), cols / 2);
        let (first, second) = b.split_at(Axis(1), cols / 2);
        rayon::join(
            || multiply(a, &first, left, 1),
            || multiply(a, &second, right, 1),
        );
    }
}

fn forward(rows: &mut Rows, name: &str, [m, k, n]: [usize; 3], turned: [bool; 2], threads: usize) {
    if !rows.wants(name) {
        return;
    }
    let (a, b) = (Factor::new(m, k, turned[0]), Factor::new(k, n, turned[1]));
    let (left, right) = (a.tensor().detach(), b.tensor().detach());
    let mut out = Array2::zeros((m, n));
    rows.row(
        name,
        || left.mm(&right),
        || multiply(&a.view(), &b.view(), out.view_mut(), threads),
    );
}

fn gradients(rows: &mut Rows, name: &str, [m, k, n]: [usize; 3], threads: usize) {
    if !rows.wants(name) {
        return;
    }
    let (a, b) = (Factor::new(m, k, false), Factor::new(k, n, false));
    let (seed, slope) = (ones([m, n]), Array2::ones((m, n)));
    let mut outs = [(m, n), (m, k), (k, n)].map(Array2::zeros);
    rows.row(
        name,
        || {
            a.leaf.zero_grad();
            b.leaf.zero_grad();
            a.leaf.mm(&b.leaf).backward_with(&seed);
        },
        || {
            let [out, left, right] = &mut outs;
            multiply(&a.view(), &b.view(), out.view_mut(), threads);
            multiply(&slope.view(), &b.array.t(), left.view_mut(), threads);
            multiply(&a.array.t(), &slope.view(), right.view_mut(), threads);
        },
    );
}

fn main() {
    let mut rows = Rows::new();
    for threads in [1, 2] {
        retrograd::set_num_threads(threads);
        for size in SIZES {
            let [m, k, n] = size;
            if threads > 1 && m * k * n < LARGE {
                continue;
            }
            for (layout, turned) in LAYOUTS {
                let name = format!("matmul/{m}x{k}x{n}/{layout}/threads={threads}");
                forward(&mut rows, &name, size, turned, threads);
            }
            let name = format!("matmul/{m}x{k}x{n}/gradients/threads={threads}");
            gradients(&mut rows, &name, size, threads);
        }
    }
    rows.finish();
}
