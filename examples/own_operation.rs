//! An operation of one's own with a fused kernel: SwiGLU, `a / (1 + exp(-a)) * b`, in one pass forward and one backward.
//!
//! It is checked by the crate's own tools, and its graph is drawn beside that of the same formula in tensor operations:
//! `cargo run --release --example own_operation -- --dot graph.dot`, then `dot -Tsvg graph.dot -o graph.svg`.

use clap::Parser;
use retrograd::functional::{check_grads, gradcheck, gradgradcheck};
use retrograd::prelude::*;
use retrograd::tape::{Context, Function, Save};

#[derive(Parser)]
struct Options {
    /// Where the graph of one application is written, for Graphviz.
    #[arg(long, value_name = "FILE")]
    dot: Option<std::path::PathBuf>,
}

/// One pass over equally long slices. A kernel of one's own works on what types it likes; here on both floats, in f64.
fn fused<const N: usize, const M: usize>(
    inputs: [&Tensor; N],
    kernel: impl Fn([f64; N]) -> [f64; M],
) -> [Tensor; M] {
    let columns = inputs.map(|x| x.double().to_vec::<f64>());
    let mut outputs = [(); M].map(|()| Vec::with_capacity(columns[0].len()));
    let len = columns[0].len();
    for values in (0..len).map(|i| kernel(columns.each_ref().map(|column| column[i]))) {
        outputs
            .iter_mut()
            .zip(values)
            .for_each(|(output, value)| output.push(value));
    }
    outputs.map(|values| Tensor::from_vec(values, inputs[0].shape()).to(inputs[0].dtype()))
}

fn sigmoid(a: f64) -> f64 {
    1.0 / (1.0 + (-a).exp())
}

/// `a` and `b` of one shape to `silu(a) * b`.
struct SwiGlu;

impl Function for SwiGlu {
    type Inputs = [Tensor; 2];
    type Outputs = Tensor;
    const NAME: &'static str = "SwiGluBackward";

    fn forward(&self, cx: &mut Save<'_>, [a, b]: &[Tensor; 2]) -> Result<Tensor> {
        cx.save([a, b]);
        let [y] = fused([a, b], |[a, b]| [a * sigmoid(a) * b]);
        Ok(y)
    }

    /// The backward is a fused kernel too, and so an operation of its own: this is what second derivatives pass through.
    fn backward(&self, cx: &Context<'_>, grad: &Tensor) -> Result<[Option<Tensor>; 2]> {
        let [a, b] = cx.saved()?;
        let [by_a, by_b] = SwiGluGrad.try_apply(&[a, b, grad.clone()])?;
        Ok([Some(by_a), Some(by_b)])
    }
}

/// `a`, `b` and the gradient of the product to the gradients of `a` and `b`.
struct SwiGluGrad;

impl Function for SwiGluGrad {
    type Inputs = [Tensor; 3];
    type Outputs = [Tensor; 2];
    const NAME: &'static str = "SwiGluBackwardBackward";

    fn forward(&self, cx: &mut Save<'_>, [a, b, grad]: &[Tensor; 3]) -> Result<[Tensor; 2]> {
        cx.save([a, b, grad]);
        Ok(fused([a, b, grad], |[a, b, g]| {
            let s = sigmoid(a);
            [g * b * s * (1.0 + a * (1.0 - s)), g * a * s]
        }))
    }

    /// In tensor operations: any order of derivative follows from here on.
    fn backward(
        &self,
        cx: &Context<'_>,
        [by_a, by_b]: &[Tensor; 2],
    ) -> Result<[Option<Tensor>; 3]> {
        let [a, b, g] = cx.saved()?;
        let s = a.sigmoid();
        let slope = &s * (1.0 + &a * (1.0 - &s));
        let bend = &s * (1.0 - &s) * (2.0 + &a * (1.0 - 2.0 * &s));
        Ok([
            Some(&g * (by_a * &b * bend + by_b * &slope)),
            Some(&g * by_a * &slope),
            Some(by_a * &b * &slope + by_b * &a * &s),
        ])
    }
}

/// The same in tensor operations.
fn composed(a: &Tensor, b: &Tensor) -> Tensor {
    a * a.sigmoid() * b
}

/// What `to_dot` writes above the picture: how many nodes there are, and what they save.
fn caption(dot: &str) -> &str {
    dot.split('"').nth(1).unwrap_or_default()
}

fn main() -> Result<()> {
    let options = Options::parse();
    manual_seed(42);
    let pair = |shape: [usize; 2]| [(); 2].map(|()| randn(shape).double().requires_grad_());
    let inputs = pair([2, 3]);
    let f = |x: &[Tensor]| SwiGlu.apply(&[x[0].clone(), x[1].clone()]);
    gradcheck(f, &inputs)?;
    gradgradcheck(f, &inputs)?;
    check_grads(|x| SwiGlu.apply(x), &inputs, 3)?;
    println!("derivatives agree with finite differences up to the third");

    let y = SwiGlu.apply(&inputs);
    println!("{y}");
    let dot = y.sum().to_dot();
    let [a, b] = &inputs;
    println!("in one operation: {}", caption(&dot));
    println!(
        "in tensor operations: {}",
        caption(&composed(a, b).sum().to_dot())
    );
    if let Some(path) = options.dot {
        std::fs::write(&path, dot).map_err(|error| retrograd::Error::Data {
            place: path.display().to_string(),
            problem: error.to_string(),
            cure: "Give a file that can be written.".into(),
        })?;
    }
    Ok(())
}
