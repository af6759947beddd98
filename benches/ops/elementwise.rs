//! Operators of one and of two operands, element by element.

use crate::common::{Rows, exp, vector};
use crate::{compare, row, sizes, values};
use retrograd::functional;
use retrograd::prelude::*;

/// -1, 0 or 1.
fn sign(x: f32) -> f32 {
    f32::from(i8::from(x > 0.0) - i8::from(x < 0.0))
}

/// One operand: the value of an element, and the gradient of it from `(x, value, gradient of the value)`.
struct Unary {
    name: &'static str,
    range: (f32, f32),
    ours: fn(&Tensor) -> Tensor,
    forward: fn(&[f32], &mut [f32]),
    backward: fn([&[f32]; 3], &mut [f32]),
}

/// Two operands: the value of an element, and both gradients from `(a, b, value, gradient of the value)`.
struct Binary {
    name: &'static str,
    ours: fn(&Tensor, &Tensor) -> Tensor,
    forward: fn(&[f32], &[f32], &mut [f32]),
    backward: fn([&[f32]; 4], &mut [f32], &mut [f32]),
}

macro_rules! unary {
    ($($name:ident $ours:expr, $range:expr, $value:expr, $slope:expr;)*) => {
        [$(Unary {
            name: stringify!($name),
            range: $range,
            ours: $ours,
            forward: |x, out| vector(#[inline(always)] || {
                let value = of_one($value);
                for (out, &x) in out.iter_mut().zip(x) {
                    *out = value(x);
                }
            }),
            backward: |[x, y, grad], out| vector(#[inline(always)] || {
                let slope = of_three($slope);
                for ((out, &grad), (&x, &y)) in out.iter_mut().zip(grad).zip(x.iter().zip(y)) {
                    *out = slope(x, y, grad);
                }
            }),
        }),*]
    };
}

macro_rules! binary {
    ($($name:ident $ours:expr, $value:expr, $left:expr, $right:expr;)*) => {
        [$(Binary {
            name: stringify!($name),
            ours: $ours,
            forward: |a, b, out| vector(#[inline(always)] || {
                let value = of_two($value);
                for (out, (&a, &b)) in out.iter_mut().zip(a.iter().zip(b)) {
                    *out = value(a, b);
                }
            }),
            backward: |[a, b, y, grad], left, right| vector(#[inline(always)] || {
                let (to_a, to_b) = (of_four($left), of_four($right));
                let operands = a.iter().zip(b).zip(y.iter().zip(grad));
                for ((left, right), ((&a, &b), (&y, &grad))) in left.iter_mut().zip(right).zip(operands) {
                    *left = to_a(a, b, y, grad);
                    *right = to_b(a, b, y, grad);
                }
            }),
        }),*]
    };
}

/// Tells the compiler the types of a closure's arguments, and leaves it to be inlined.
macro_rules! typed {
    ($($name:ident($($ty:ty),*);)*) => {
        $(
            #[inline(always)]
            fn $name<F: Fn($($ty),*) -> f32>(f: F) -> F {
                f
            }
        )*
    };
}

typed! {
    of_one(f32);
    of_two(f32, f32);
    of_three(f32, f32, f32);
    of_four(f32, f32, f32, f32);
}

#[inline(always)]
fn sigmoid(x: f32) -> f32 {
    1.0 / (1.0 + exp(-x))
}

fn unary_table() -> [Unary; 34] {
    let near = (-3.0, 3.0);
    let positive = (0.1, 9.0);
    let inside = (-0.9, 0.9);
    unary! {
        neg Tensor::neg, near, |x| -x, |_, _, g| -g;
        abs Tensor::abs, near, f32::abs, |x, _, g| g * sign(x);
        square Tensor::square, near, |x| x * x, |x, _, g| g * 2.0 * x;
        sqrt Tensor::sqrt, positive, f32::sqrt, |_, y, g| g / (2.0 * y);
        rsqrt Tensor::rsqrt, positive, |x| 1.0 / x.sqrt(), |x, y, g| g * -0.5 * y / x;
        reciprocal Tensor::reciprocal, positive, |x| 1.0 / x, |_, y, g| -g * y * y;
        exp Tensor::exp, near, exp, |_, y, g| g * y;
        exp2 Tensor::exp2, near, f32::exp2, |_, y, g| g * y * std::f32::consts::LN_2;
        expm1 Tensor::expm1, near, f32::exp_m1, |_, y, g| g * (y + 1.0);
        log Tensor::log, positive, f32::ln, |x, _, g| g / x;
        log2 Tensor::log2, positive, f32::log2, |x, _, g| g / (x * std::f32::consts::LN_2);
        log10 Tensor::log10, positive, f32::log10, |x, _, g| g / (x * std::f32::consts::LN_10);
        log1p Tensor::log1p, positive, f32::ln_1p, |x, _, g| g / (1.0 + x);
        sin Tensor::sin, near, f32::sin, |x, _, g| g * x.cos();
        cos Tensor::cos, near, f32::cos, |x, _, g| -g * x.sin();
        tan Tensor::tan, inside, f32::tan, |_, y, g| g * (1.0 + y * y);
        asin Tensor::asin, inside, f32::asin, |x, _, g| g / (1.0 - x * x).sqrt();
        acos Tensor::acos, inside, f32::acos, |x, _, g| -g / (1.0 - x * x).sqrt();
        atan Tensor::atan, near, f32::atan, |x, _, g| g / (1.0 + x * x);
        sinh Tensor::sinh, near, f32::sinh, |x, _, g| g * x.cosh();
        cosh Tensor::cosh, near, f32::cosh, |x, _, g| g * x.sinh();
        tanh Tensor::tanh, near, f32::tanh, |_, y, g| g * (1.0 - y * y);
        asinh Tensor::asinh, near, f32::asinh, |x, _, g| g / (1.0 + x * x).sqrt();
        acosh Tensor::acosh, (1.1, 9.0), f32::acosh, |x, _, g| g / (x * x - 1.0).sqrt();
        atanh Tensor::atanh, inside, f32::atanh, |x, _, g| g / (1.0 - x * x);
        floor Tensor::floor, near, f32::floor, |_, _, _| 0.0;
        ceil Tensor::ceil, near, f32::ceil, |_, _, _| 0.0;
        round Tensor::round, near, f32::round_ties_even, |_, _, _| 0.0;
        trunc Tensor::trunc, near, f32::trunc, |_, _, _| 0.0;
        sign Tensor::sign, near, sign, |_, _, _| 0.0;
        relu Tensor::relu, near, |x| if x > 0.0 { x } else { 0.0 }, |_, y, g| if y > 0.0 { g } else { 0.0 };
        sigmoid Tensor::sigmoid, near, sigmoid, |_, y, g| g * (1.0 - y) * y;
        silu functional::silu, near, |x| x * sigmoid(x), |x, _, g| {
            let s = sigmoid(x);
            g * s * (1.0 + x * (1.0 - s))
        };
        softsign functional::softsign, near, |x| x / (1.0 + x.abs()), |x, _, g| {
            let d = 1.0 + x.abs();
            g / (d * d)
        };
    }
}

fn binary_table() -> [Binary; 8] {
    binary! {
        add |a, b| a + b, |a, b| a + b, |_, _, _, g| g, |_, _, _, g| g;
        sub |a, b| a - b, |a, b| a - b, |_, _, _, g| g, |_, _, _, g| -g;
        mul |a, b| a * b, |a, b| a * b, |_, b, _, g| g * b, |a, _, _, g| g * a;
        div |a, b| a / b, |a, b| a / b, |_, b, _, g| g / b, |_, b, y, g| -g * y / b;
        pow |a, b| a.pow(b), f32::powf, |a, b, _, g| g * b * a.powf(b - 1.0), |a, _, y, g| g * y * a.ln();
        maximum |a, b| a.maximum(b), |a, b| if a > b { a } else { b },
            |a, b, _, g| if a > b { g } else { 0.0 }, |a, b, _, g| if a > b { 0.0 } else { g };
        hypot |a, b| a.hypot(b), |a, b| (a * a + b * b).sqrt(), |a, _, y, g| g * a / y, |_, b, y, g| g * b / y;
        atan2 |a, b| a.atan2(b), f32::atan2,
            |a, b, _, g| g * b / (a * a + b * b), |a, b, _, g| -g * a / (a * a + b * b);
    }
}

/// A tensor's gradients of ones, whose values the loops have, too.
fn gradients(n: usize) -> (Tensor, Vec<f32>) {
    let grads = values(n, (0.5, 1.5));
    (Tensor::from(grads.clone()), grads)
}

fn grad_of(leaf: &Tensor) -> Vec<f32> {
    leaf.grad().expect("backward reached it").to_vec()
}

fn one_operand(rows: &mut Rows, op: &Unary, n: usize) {
    let xs = values(n, op.range);
    let x = Tensor::from(xs.clone());
    let (mut ys, mut back) = (vec![0.0; n], vec![0.0; n]);
    let forward = format!("ops/{}/{n}", op.name);
    (op.forward)(&xs, &mut ys);
    compare(&forward, &(op.ours)(&x).to_vec::<f32>(), &ys);
    let leaf = x.copy().requires_grad_();
    let (grad, grads) = gradients(n);
    (op.ours)(&leaf).backward_with(&grad);
    (op.backward)([&xs, &ys, &grads], &mut back);
    compare(&forward, &grad_of(&leaf), &back);
    let mut ours = || drop((op.ours)(&x));
    row(rows, &forward, &mut ours, &mut || {
        (op.forward)(&xs, &mut ys)
    });
    let mut ours = || {
        leaf.zero_grad();
        (op.ours)(&leaf).backward_with(&grad);
    };
    let mut by_hand = || {
        (op.forward)(&xs, &mut ys);
        (op.backward)([&xs, &ys, &grads], &mut back);
    };
    let both = format!("ops/{}/{n}/backward", op.name);
    row(rows, &both, &mut ours, &mut by_hand);
}

fn two_operands(rows: &mut Rows, op: &Binary, n: usize) {
    let (left, right) = (
        values(n, (0.2, 3.0)),
        values(n + 1, (0.3, 2.5))[1..].to_vec(),
    );
    let (a, b) = (Tensor::from(left.clone()), Tensor::from(right.clone()));
    let [mut ys, mut to_a, mut to_b] = [0; 3].map(|_| vec![0.0; n]);
    let forward = format!("ops/{}/{n}", op.name);
    (op.forward)(&left, &right, &mut ys);
    compare(&forward, &(op.ours)(&a, &b).to_vec::<f32>(), &ys);
    let leaves = [a.copy(), b.copy()].map(|t| t.requires_grad_());
    let (grad, grads) = gradients(n);
    (op.ours)(&leaves[0], &leaves[1]).backward_with(&grad);
    (op.backward)([&left, &right, &ys, &grads], &mut to_a, &mut to_b);
    compare(&forward, &grad_of(&leaves[0]), &to_a);
    compare(&forward, &grad_of(&leaves[1]), &to_b);
    let mut ours = || drop((op.ours)(&a, &b));
    row(rows, &forward, &mut ours, &mut || {
        (op.forward)(&left, &right, &mut ys)
    });
    let mut ours = || {
        leaves.iter().for_each(Tensor::zero_grad);
        (op.ours)(&leaves[0], &leaves[1]).backward_with(&grad);
    };
    let mut by_hand = || {
        (op.forward)(&left, &right, &mut ys);
        (op.backward)([&left, &right, &ys, &grads], &mut to_a, &mut to_b);
    };
    let both = format!("ops/{}/{n}/backward", op.name);
    row(rows, &both, &mut ours, &mut by_hand);
}

pub(crate) fn rows(rows: &mut Rows) {
    for &n in sizes() {
        for op in &unary_table() {
            one_operand(rows, op, n);
        }
        for op in &binary_table() {
            two_operands(rows, op, n);
        }
    }
}
