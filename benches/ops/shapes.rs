//! Operators that see a shape: bias, sums, transposed operands, views.

use crate::common::{Rows, vector};
use crate::{compare, row, sizes, values};
use retrograd::prelude::*;

/// What a loop by hand reads and writes.
struct Matrix {
    rows: usize,
    columns: usize,
    a: Vec<f32>,
    b: Vec<f32>,
    bias: Vec<f32>,
    /// The gradient of the output, as far as the output is long.
    grad: Vec<f32>,
    out: Vec<f32>,
    to_a: Vec<f32>,
    to_b: Vec<f32>,
}

/// A way from `a`, and from `b` or a bias of one row, to an output.
struct Shaped {
    name: &'static str,
    ours: fn(&Tensor, &Tensor) -> Tensor,
    /// Whether the second operand is a row.
    by_bias: bool,
    /// Makes `out`, and returns how long it is.
    forward: fn(&mut Matrix) -> usize,
    /// Makes `to_a` and `to_b`, and returns how much of `to_b` is asked for.
    backward: fn(&mut Matrix) -> usize,
}

impl Matrix {
    /// About `n` elements in rows of at most a hundred.
    fn new(n: usize) -> Self {
        let columns = n.min(100);
        let rows = n / columns;
        let zeros = || vec![0.0; n];
        Matrix {
            rows,
            columns,
            a: values(n, (-2.0, 2.0)),
            b: values(n, (0.5, 1.5)),
            bias: values(columns, (-1.0, 1.0)),
            grad: values(n, (0.5, 1.5)),
            out: zeros(),
            to_a: zeros(),
            to_b: zeros(),
        }
    }

    /// The sum of `from`'s rows.
    #[inline(always)]
    fn add_rows(from: &[f32], columns: usize, sums: &mut [f32]) {
        sums.fill(0.0);
        vector(
            #[inline(always)]
            || {
                for row in from.chunks_exact(columns) {
                    sums.iter_mut().zip(row).for_each(|(sum, v)| *sum += v);
                }
            },
        );
    }

    /// The transpose, by blocks that stay in the cache.
    fn transpose(from: &[f32], rows: usize, columns: usize, mut to: impl FnMut(usize, f32)) {
        const BLOCK: usize = 16;
        for top in (0..rows).step_by(BLOCK) {
            for left in (0..columns).step_by(BLOCK) {
                for row in top..(top + BLOCK).min(rows) {
                    for column in left..(left + BLOCK).min(columns) {
                        to(column * rows + row, from[row * columns + column]);
                    }
                }
            }
        }
    }
}

fn sum_of(row: &[f32]) -> f32 {
    let mut lanes = [0.0_f32; 16];
    let (chunks, rest) = row.as_chunks::<16>();
    for chunk in chunks {
        (0..16).for_each(|i| lanes[i] += chunk[i]);
    }
    lanes.iter().chain(rest).sum()
}

const BIAS: Shaped = Shaped {
    name: "bias_add",
    ours: |a, bias| a + bias,
    by_bias: true,
    forward: |m| {
        vector(
            #[inline(always)]
            || {
                let rows = m.a.chunks_exact(m.columns);
                for (out, row) in m.out.chunks_exact_mut(m.columns).zip(rows) {
                    for (out, (a, b)) in out.iter_mut().zip(row.iter().zip(&m.bias)) {
                        *out = a + b;
                    }
                }
            },
        );
        m.out.len()
    },
    backward: |m| {
        m.to_a.copy_from_slice(&m.grad);
        Matrix::add_rows(&m.grad, m.columns, &mut m.to_b[..m.columns]);
        m.columns
    },
};

const COLUMN_SUMS: Shaped = Shaped {
    name: "sum_dim_0",
    ours: |a, _| a.sum_dim(0),
    by_bias: false,
    forward: |m| {
        Matrix::add_rows(&m.a, m.columns, &mut m.out[..m.columns]);
        m.columns
    },
    backward: |m| {
        for row in m.to_a.chunks_exact_mut(m.columns) {
            row.copy_from_slice(&m.grad[..m.columns]);
        }
        0
    },
};

const ROW_SUMS: Shaped = Shaped {
    name: "sum_dim_1",
    ours: |a, _| a.sum_dim(1),
    by_bias: false,
    forward: |m| {
        vector(
            #[inline(always)]
            || {
                let rows = m.a.chunks_exact(m.columns);
                m.out
                    .iter_mut()
                    .zip(rows)
                    .for_each(|(out, row)| *out = sum_of(row));
            },
        );
        m.rows
    },
    backward: |m| {
        let rows = m.to_a.chunks_exact_mut(m.columns);
        rows.zip(&m.grad).for_each(|(row, g)| row.fill(*g));
        0
    },
};

const SUM: Shaped = Shaped {
    name: "sum",
    ours: |a, _| a.sum(),
    by_bias: false,
    forward: |m| {
        let parts = m.a.chunks(1024);
        m.out[0] = vector(
            #[inline(always)]
            || parts.map(sum_of).sum(),
        );
        1
    },
    backward: |m| {
        m.to_a.fill(m.grad[0]);
        0
    },
};

const TRANSPOSED: Shaped = Shaped {
    name: "add_transposed",
    ours: |a, b| a.t() + b.t(),
    by_bias: false,
    forward: |m| {
        let (rows, columns, out, b) = (m.rows, m.columns, &mut m.out, &m.b);
        Matrix::transpose(&m.a, rows, columns, |i, v| out[i] = v);
        Matrix::transpose(b, rows, columns, |i, v| out[i] += v);
        m.out.len()
    },
    backward: |m| {
        let to_a = &mut m.to_a;
        Matrix::transpose(&m.grad, m.columns, m.rows, |i, v| to_a[i] = v);
        m.to_b.copy_from_slice(&m.to_a);
        m.to_b.len()
    },
};

const VIEW: Shaped = Shaped {
    name: "mul_of_views",
    ours: |a, b| a.reshape([-1]) * b.reshape([-1]),
    by_bias: false,
    forward: |m| {
        vector(
            #[inline(always)]
            || {
                for (out, (a, b)) in m.out.iter_mut().zip(m.a.iter().zip(&m.b)) {
                    *out = a * b;
                }
            },
        );
        m.out.len()
    },
    backward: |m| {
        vector(
            #[inline(always)]
            || {
                let operands = m.grad.iter().zip(m.a.iter().zip(&m.b));
                let grads = m.to_a.iter_mut().zip(&mut m.to_b);
                for ((to_a, to_b), (g, (a, b))) in grads.zip(operands) {
                    *to_a = g * b;
                    *to_b = g * a;
                }
            },
        );
        m.to_b.len()
    },
};

const NARROWED: Shaped = Shaped {
    name: "narrow_columns",
    ours: |a, _| a.narrow(1, 0, a.size(1).div_ceil(2)) * 2.0,
    by_bias: false,
    forward: |m| {
        let half = m.columns.div_ceil(2);
        let rows = m.a.chunks_exact(m.columns);
        for (out, row) in m.out.chunks_exact_mut(half).zip(rows) {
            out.iter_mut().zip(row).for_each(|(out, a)| *out = a * 2.0);
        }
        m.rows * half
    },
    backward: |m| {
        let half = m.columns.div_ceil(2);
        let grads = m.grad.chunks_exact(half);
        for (row, grads) in m.to_a.chunks_exact_mut(m.columns).zip(grads) {
            let (front, back) = row.split_at_mut(half);
            front
                .iter_mut()
                .zip(grads)
                .for_each(|(to, g)| *to = g * 2.0);
            back.fill(0.0);
        }
        0
    },
};

fn shaped(rows: &mut Rows, op: &Shaped, n: usize) {
    let mut matrix = Matrix::new(n);
    let shape = [matrix.rows, matrix.columns];
    let a = Tensor::from(matrix.a.clone()).reshape(shape);
    let b = match op.by_bias {
        true => Tensor::from(matrix.bias.clone()),
        false => Tensor::from(matrix.b.clone()).reshape(shape),
    };
    let forward = format!("ops/{}/{n}", op.name);
    let (leaf, other) = (a.copy().requires_grad_(), b.copy().requires_grad_());
    let out = (op.ours)(&leaf, &other);
    let len = (op.forward)(&mut matrix);
    compare(
        &forward,
        &out.contiguous().reshape([-1]).to_vec::<f32>(),
        &matrix.out[..len],
    );
    let grad = Tensor::from(matrix.grad[..len].to_vec()).reshape(out.shape());
    out.backward_with(&grad);
    let second = (op.backward)(&mut matrix);
    let grad_of = |leaf: &Tensor| leaf.grad().map(|g| g.reshape([-1]).to_vec::<f32>());
    compare(
        &forward,
        &grad_of(&leaf).expect("backward reached it"),
        &matrix.to_a,
    );
    compare(
        &forward,
        &grad_of(&other).unwrap_or_default(),
        &matrix.to_b[..second],
    );
    let mut ours = || drop((op.ours)(&a, &b));
    row(rows, &forward, &mut ours, &mut || {
        (op.forward)(&mut matrix);
    });
    let mut ours = || {
        leaf.zero_grad();
        other.zero_grad();
        (op.ours)(&leaf, &other).backward_with(&grad);
    };
    let mut by_hand = || {
        (op.forward)(&mut matrix);
        (op.backward)(&mut matrix);
    };
    let both = format!("ops/{}/{n}/backward", op.name);
    row(rows, &both, &mut ours, &mut by_hand);
}

pub(crate) fn rows(rows: &mut Rows) {
    for &n in sizes() {
        for op in [
            &BIAS,
            &COLUMN_SUMS,
            &ROW_SUMS,
            &SUM,
            &TRANSPOSED,
            &VIEW,
            &NARROWED,
        ] {
            shaped(rows, op, n);
        }
    }
}
