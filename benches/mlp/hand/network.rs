//! One training step of a network of linear layers with ReLU between them, ended by cross entropy.

use super::softmax::Nll;
use super::{Operand, product};
use crate::common::vector;
use faer::Accum;

/// How the parameters go down.
#[derive(Clone, Copy)]
pub(crate) enum Descent {
    Momentum { lr: f32, momentum: f32 },
    Adam { lr: f32 },
}

/// A tensor of parameters with what its descent remembers.
struct Parameter {
    values: Vec<f32>,
    grad: Vec<f32>,
    first: Vec<f32>,
    second: Vec<f32>,
}

impl Parameter {
    fn new(values: Vec<f32>) -> Self {
        let zeros = || vec![0.0; values.len()];
        let (grad, first, second) = (zeros(), zeros(), zeros());
        Parameter {
            values,
            grad,
            first,
            second,
        }
    }

    fn descend(&mut self, descent: Descent, steps: i32) {
        let grads = self.values.iter_mut().zip(&self.grad);
        match descent {
            Descent::Momentum { lr, momentum } => vector(
                #[inline(always)]
                || {
                    for ((value, &grad), first) in grads.zip(&mut self.first) {
                        *first = momentum * *first + grad;
                        *value -= lr * *first;
                    }
                },
            ),
            Descent::Adam { lr } => {
                let (beta1, beta2, eps) = (0.9_f32, 0.999_f32, 1e-8_f32);
                let size = lr / (1.0 - beta1.powi(steps));
                let root = (1.0 - beta2.powi(steps)).sqrt();
                let moments = self.first.iter_mut().zip(&mut self.second);
                vector(
                    #[inline(always)]
                    || {
                        for ((value, &grad), (first, second)) in grads.zip(moments) {
                            *first += (1.0 - beta1) * (grad - *first);
                            *second = beta2 * *second + (1.0 - beta2) * grad * grad;
                            *value -= size * *first / (second.sqrt() / root + eps);
                        }
                    },
                );
            }
        }
    }
}

pub(crate) struct Network {
    sizes: Vec<usize>,
    batch: usize,
    /// Weights `[in, out]` and biases.
    layers: Vec<(Parameter, Parameter)>,
    /// What each layer puts out, after ReLU but for the last, and the gradient before it.
    outputs: Vec<(Vec<f32>, Vec<f32>)>,
    loss: Nll,
    steps: i32,
}

impl Network {
    pub(crate) fn new(
        batch: usize,
        sizes: &[usize],
        layers: impl IntoIterator<Item = (Vec<f32>, Vec<f32>)>,
    ) -> Self {
        let outputs = sizes[1..].iter().map(|width| {
            let zeros = vec![0.0; batch * width];
            (zeros.clone(), zeros)
        });
        Network {
            batch,
            layers: layers
                .into_iter()
                .map(|(weight, bias)| (Parameter::new(weight), Parameter::new(bias)))
                .collect(),
            outputs: outputs.collect(),
            loss: Nll::new(batch, sizes[sizes.len() - 1]),
            sizes: sizes.to_vec(),
            steps: 0,
        }
    }

    /// The parameters as they stand.
    pub(crate) fn parameters(&self) -> impl Iterator<Item = &[f32]> {
        let layers = self.layers.iter();
        layers.flat_map(|(weight, bias)| [&weight.values[..], &bias.values])
    }

    pub(crate) fn step(&mut self, x: &[f32], y: &[u32], descent: Descent) -> f32 {
        self.forward(x);
        let (scores, _) = &self.outputs[self.outputs.len() - 1];
        let loss = self.loss.step(scores, y);
        self.backward(x);
        self.steps += 1;
        for (weight, bias) in &mut self.layers {
            weight.descend(descent, self.steps);
            bias.descend(descent, self.steps);
        }
        loss
    }

    fn forward(&mut self, x: &[f32]) {
        let last = self.layers.len() - 1;
        for (i, (weight, bias)) in self.layers.iter().enumerate() {
            let (before, here) = self.outputs.split_at_mut(i);
            let input = before.last().map_or(x, |(output, _)| output);
            let output = &mut here[0].0;
            let shape = [self.batch, self.sizes[i], self.sizes[i + 1]];
            let (a, b) = (Operand::Rows(input), Operand::Rows(&weight.values));
            product(output, Accum::Replace, shape, a, b);
            let floor = if i == last { f32::NEG_INFINITY } else { 0.0 };
            vector(
                #[inline(always)]
                || {
                    for row in output.chunks_exact_mut(bias.values.len()) {
                        for (out, &bias) in row.iter_mut().zip(&bias.values) {
                            let sum = *out + bias;
                            *out = if sum > floor { sum } else { floor };
                        }
                    }
                },
            );
        }
    }

    fn backward(&mut self, x: &[f32]) {
        let last = self.layers.len() - 1;
        for (i, (weight, bias)) in self.layers.iter_mut().enumerate().rev() {
            let (before, here) = self.outputs.split_at_mut(i);
            let (rows, columns) = (self.sizes[i], self.sizes[i + 1]);
            let slope = match i == last {
                true => &self.loss.grad,
                false => &here[0].1,
            };
            let input = before.last().map_or(x, |(output, _)| output);
            let (a, b) = (Operand::Columns(input), Operand::Rows(slope));
            product(
                &mut weight.grad,
                Accum::Replace,
                [rows, self.batch, columns],
                a,
                b,
            );
            bias.grad.fill(0.0);
            vector(
                #[inline(always)]
                || {
                    for row in slope.chunks_exact(columns) {
                        bias.grad.iter_mut().zip(row).for_each(|(sum, g)| *sum += g);
                    }
                },
            );
            let Some((output, back)) = before.last_mut() else {
                continue;
            };
            let (a, b) = (Operand::Rows(slope), Operand::Columns(&weight.values));
            product(back, Accum::Replace, [self.batch, columns, rows], a, b);
            vector(
                #[inline(always)]
                || {
                    for (back, &output) in back.iter_mut().zip(&*output) {
                        *back = if output > 0.0 { *back } else { 0.0 };
                    }
                },
            );
        }
    }
}
