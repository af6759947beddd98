//! Layers forward and backward: softmax with its loss, normalisation, attention, convolution.

use crate::common::Rows;
use crate::hand::attention::Attention;
use crate::hand::conv::Conv;
use crate::hand::layer_norm::LayerNorm;
use crate::hand::softmax::Nll;
use retrograd::functional::{
    AttentionOptions, Conv2dOptions, NormOptions, conv2d, layer_norm, scaled_dot_product_attention,
};
use retrograd::prelude::*;

/// Holds the gradients of a backward by the tape against those by hand.
#[track_caller]
fn compare(leaf: &Tensor, by_hand: &[f32]) {
    let ours: Vec<f32> = leaf.grad().expect("backward reached it").to_vec();
    assert_eq!(ours.len(), by_hand.len());
    let scale = by_hand.iter().fold(0.0_f32, |top, g| top.max(g.abs()));
    for (i, (a, b)) in ours.iter().zip(by_hand).enumerate() {
        assert!((a - b).abs() < 1e-4 * scale, "gradient {i}: {a} and {b}");
    }
}

fn leaves<const N: usize>(shapes: [&[usize]; N]) -> ([Tensor; N], [Vec<f32>; N]) {
    let tensors = shapes.map(|shape| randn(shape).requires_grad_());
    let values = tensors.each_ref().map(|t| t.to_vec());
    (tensors, values)
}

fn zero(leaves: &[Tensor]) {
    leaves.iter().for_each(Tensor::zero_grad);
}

fn softmax(rows: &mut Rows) {
    let (count, classes) = (4096, 1000);
    let ([x], [values]) = leaves([&[count, classes]]);
    let y = randint(0, classes as i64, [count]);
    let targets: Vec<u32> = y.to_vec::<i64>().into_iter().map(|y| y as u32).collect();
    let loss = retrograd::loss::Nll::new();
    let step = || {
        x.zero_grad();
        let loss = loss.forward(&x.log_softmax(1), &y);
        loss.backward();
        loss
    };
    let mut nll = Nll::new(count, classes);
    let (ours, theirs) = (step().item::<f32>(), nll.step(&values, &targets));
    assert!((ours - theirs).abs() < 1e-4 * theirs, "{ours} and {theirs}");
    compare(&x, &nll.grad);
    rows.row("mlp/log_softmax_nll", step, || nll.step(&values, &targets));
}

fn norm(rows: &mut Rows) {
    let (count, width) = (64 * 128, 512);
    let ([x, weight, bias], [xs, weights, biases]) =
        leaves([&[64, 128, width], &[width], &[width]]);
    let grad = randn([64, 128, width]);
    let grads = grad.to_vec::<f32>();
    let step = || {
        zero(&[x.clone(), weight.clone(), bias.clone()]);
        let options = NormOptions::new().weight(&weight).bias(&bias);
        layer_norm(&x, [width], options).backward_with(&grad);
    };
    let mut hand = LayerNorm::new(count, width);
    let mut by_hand = || {
        hand.forward(&xs, &weights, &biases);
        hand.backward(&xs, &weights, &grads);
    };
    step();
    by_hand();
    rows.row("mlp/layer_norm", step, by_hand);
    compare(&x, &hand.grad_x);
    compare(&weight, &hand.grad_weight);
    compare(&bias, &hand.grad_bias);
}

fn attention(rows: &mut Rows) {
    let shape = [8, 128, 64];
    let (operands, [q, k, v]) = leaves([&shape, &shape, &shape]);
    let grad = randn(shape);
    let grads = grad.to_vec::<f32>();
    let step = || {
        zero(&operands);
        let [q, k, v] = &operands;
        scaled_dot_product_attention(q, k, v, AttentionOptions::new()).backward_with(&grad);
    };
    let mut hand = Attention::new(shape);
    let mut by_hand = || {
        hand.forward(&q, &k, &v);
        hand.backward(&q, &k, &v, &grads);
    };
    step();
    by_hand();
    rows.row("mlp/attention", step, by_hand);
    for (operand, grad) in operands.iter().zip(&hand.grads) {
        compare(operand, grad);
    }
}

fn convolution(rows: &mut Rows) {
    let (images, channels, side) = (8, 32, 28);
    let shape = [images, channels, side, side];
    let ([x, weight, bias], [xs, weights, biases]) =
        leaves([&shape, &[channels, channels, 3, 3], &[channels]]);
    let grad = randn(shape);
    let grads = grad.to_vec::<f32>();
    let step = || {
        zero(&[x.clone(), weight.clone(), bias.clone()]);
        let options = Conv2dOptions::new().padding(1);
        conv2d(&x, &weight, Some(&bias), options).backward_with(&grad);
    };
    let mut hand = Conv::new(images, channels, side);
    let mut by_hand = || {
        hand.forward(&xs, &weights, &biases);
        hand.backward(&weights, &grads);
    };
    step();
    by_hand();
    rows.row("mlp/conv2d", step, by_hand);
    compare(&x, &hand.grad_x);
    compare(&weight, &hand.grad_weight);
    compare(&bias, &hand.grad_bias);
}

pub(crate) fn rows(rows: &mut Rows) {
    manual_seed(2);
    for (name, layer) in [
        ("mlp/log_softmax_nll", softmax as fn(&mut Rows)),
        ("mlp/layer_norm", norm),
        ("mlp/attention", attention),
        ("mlp/conv2d", convolution),
    ] {
        if rows.wants(name) {
            layer(rows);
        }
    }
}
