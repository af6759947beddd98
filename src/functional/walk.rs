//! A function run once with its inputs watched, and the walks back through it.

use crate::error::{Error, Result};
use crate::tape::grad;
use crate::{Tensor, enable_grad, is_grad_enabled, try_stack};

/// A run of a function.
pub(super) struct Recording {
    op: &'static str,
    /// What the function was given: places of their own on the tape.
    pub(super) inputs: Vec<Tensor>,
    pub(super) outputs: Vec<Tensor>,
    /// Whether what is computed from the run is to be recorded, since something behind it requires gradients.
    pub(super) recording: bool,
}

impl Recording {
    pub(super) fn of(
        op: &'static str,
        f: impl Fn(&[Tensor]) -> Vec<Tensor>,
        given: &[Tensor],
    ) -> Result<Recording> {
        floats(op, "input", given)?;
        let outer = is_grad_enabled();
        let enter = |x: &Tensor| match outer && x.requires_grad() {
            true => x.alias(),
            false => x.detach().requires_grad_(),
        };
        let inputs: Vec<Tensor> = given.iter().map(enter).collect();
        let outputs = enable_grad(|| f(&inputs));
        floats(op, "output", &outputs)?;
        let own: Vec<_> = inputs.iter().filter_map(Tensor::grad_node).collect();
        let recording = outer
            && outputs
                .iter()
                .any(|output| output.reaches_leaf_besides(&own));
        Ok(Recording {
            op,
            inputs,
            outputs,
            recording,
        })
    }

    /// The outputs as the function's caller gets them.
    pub(super) fn results(&self) -> Vec<Tensor> {
        match self.recording {
            true => self.outputs.clone(),
            false => self.outputs.iter().map(Tensor::detach).collect(),
        }
    }

    /// The gradients of a function of one element, as a function of the same inputs.
    pub(super) fn gradients(&self) -> Result<Recording> {
        let ones: Vec<Tensor> = self.outputs.iter().map(Tensor::ones_like).collect();
        let grads = derive(&self.outputs, &self.inputs, &ones, true)?;
        Ok(Recording {
            op: self.op,
            inputs: self.inputs.clone(),
            outputs: zeros_for(grads, &self.inputs),
            recording: self.recording,
        })
    }

    /// The walk back as a linear function of the gradient with which it begins.
    pub(super) fn transposed(&self) -> Result<Transposed> {
        let seeds: Vec<Tensor> = self
            .outputs
            .iter()
            .map(|y| y.zeros_like().requires_grad_())
            .collect();
        let grads = derive(&self.outputs, &self.inputs, &seeds, true)?;
        Ok(Transposed { seeds, grads })
    }

    /// By output and input: `[output's shape.., input's shape..]`.
    pub(super) fn jacobian(&self) -> Result<Vec<Vec<Tensor>>> {
        let elements = |tensors: &[Tensor]| -> usize { tensors.iter().map(Tensor::numel).sum() };
        let (rows, columns) = (elements(&self.outputs), elements(&self.inputs));
        // In forward mode there is one walk more, to be transposed.
        if rows <= columns + 1 {
            self.by_rows()
        } else {
            self.by_columns()
        }
    }

    fn by_rows(&self) -> Result<Vec<Vec<Tensor>>> {
        let of = |output: &Tensor| {
            let mut rows = vec![Vec::new(); self.inputs.len()];
            for at in 0..output.numel() {
                let outputs = std::slice::from_ref(output);
                let grads = derive(outputs, &self.inputs, &[unit(output, at)], self.recording)?;
                let grads = zeros_for(grads, &self.inputs);
                rows.iter_mut()
                    .zip(grads)
                    .for_each(|(rows, grad)| rows.push(grad));
            }
            let blocks = rows.iter().zip(&self.inputs);
            blocks
                .map(|(rows, input)| pack(rows, 0, output, input))
                .collect()
        };
        self.outputs.iter().map(of).collect()
    }

    fn by_columns(&self) -> Result<Vec<Vec<Tensor>>> {
        let transposed = self.transposed()?;
        let mut blocks = vec![Vec::new(); self.outputs.len()];
        for (i, input) in self.inputs.iter().enumerate() {
            let mut columns = vec![Vec::new(); self.outputs.len()];
            for at in 0..input.numel() {
                let mut v: Vec<Option<Tensor>> = vec![None; self.inputs.len()];
                v[i] = Some(unit(input, at));
                let slopes = transposed.along(&v, self.recording)?;
                columns
                    .iter_mut()
                    .zip(slopes)
                    .for_each(|(column, slope)| column.push(slope));
            }
            for ((block, columns), output) in blocks.iter_mut().zip(columns).zip(&self.outputs) {
                block.push(pack(&columns, -1, output, input)?);
            }
        }
        Ok(blocks)
    }
}

/// Gradients of inputs as a recorded, linear function of seeds.
pub(super) struct Transposed {
    seeds: Vec<Tensor>,
    grads: Vec<Option<Tensor>>,
}

impl Transposed {
    /// The derivative of the outputs in the direction `v`.
    pub(super) fn forward(&self, v: &[Tensor], recording: bool) -> Result<Vec<Tensor>> {
        let v: Vec<_> = v.iter().cloned().map(Some).collect();
        self.along(&v, recording)
    }

    /// As [`forward`](Transposed::forward), zeros along the inputs for which there is nothing.
    fn along(&self, v: &[Option<Tensor>], recording: bool) -> Result<Vec<Tensor>> {
        let pairs = self.grads.iter().zip(v);
        let (grads, v): (Vec<_>, Vec<_>) = pairs
            .filter_map(|(grad, v)| Some((grad.clone()?, v.clone()?)))
            .unzip();
        Ok(zeros_for(
            derive(&grads, &self.seeds, &v, recording)?,
            &self.seeds,
        ))
    }
}

/// The derivatives of outputs, each weighed by `v`, by the inputs; `None` where nothing depends. The graph is kept.
pub(super) fn derive(
    outputs: &[Tensor],
    inputs: &[Tensor],
    v: &[Tensor],
    recording: bool,
) -> Result<Vec<Option<Tensor>>> {
    let pairs = outputs
        .iter()
        .zip(v)
        .filter(|(output, _)| output.requires_grad());
    let (outputs, v): (Vec<&Tensor>, Vec<&Tensor>) = pairs.unzip();
    if outputs.is_empty() {
        return Ok(vec![None; inputs.len()]);
    }
    grad(outputs, inputs)
        .grad_outputs(v)
        .retain_graph(true)
        .create_graph(recording)
        .allow_unused()
        .try_run()
}

/// Zeros for the derivatives that there are not.
pub(super) fn zeros_for(grads: Vec<Option<Tensor>>, like: &[Tensor]) -> Vec<Tensor> {
    let pairs = grads.into_iter().zip(like);
    pairs
        .map(|(grad, like)| grad.unwrap_or_else(|| like.detach().zeros_like()))
        .collect()
}

/// `v`, if each of its tensors has the shape of its counterpart; in the counterpart's type.
pub(super) fn matching(
    op: &'static str,
    whose: &str,
    v: Vec<Tensor>,
    of: &[Tensor],
) -> Result<Vec<Tensor>> {
    let shapes = |tensors: &[Tensor]| {
        tensors
            .iter()
            .map(|x| format!("{:?}", x.shape()))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let fits = v.len() == of.len() && v.iter().zip(of).all(|(v, of)| v.shape() == of.shape());
    if fits {
        return Ok(v.iter().zip(of).map(|(v, of)| v.to(of.dtype())).collect());
    }
    Err(Error::Shape {
        op,
        problem: format!(
            "`v` has shape {}, and the {whose} have {}",
            shapes(&v),
            shapes(of)
        ),
        cure: format!("Give `v` the shapes of the {whose}."),
    })
}

fn floats(op: &'static str, what: &str, tensors: &[Tensor]) -> Result<()> {
    match tensors
        .iter()
        .enumerate()
        .find(|(_, x)| !x.dtype().is_float())
    {
        None => Ok(()),
        Some((i, x)) => Err(Error::DType {
            op,
            problem: format!("{what} {i} holds {}, which has no derivative", x.dtype()),
            cure: match what {
                "input" => "Cast it to a floating-point type, or let the function capture it.",
                _ => "Return floating-point numbers.",
            }
            .into(),
        }),
    }
}

/// Zeros like `x`, with a one at the element `at`.
fn unit(x: &Tensor, at: usize) -> Tensor {
    let mut values = vec![0.0; x.numel()];
    values[at] = 1.0;
    Tensor::from_vec::<f64>(values, x.shape()).to(x.dtype())
}

/// Rows or columns of a Jacobian, stacked along `axis`, in its full shape.
fn pack(parts: &[Tensor], axis: i64, output: &Tensor, input: &Tensor) -> Result<Tensor> {
    let shape = [output.shape(), input.shape()].concat();
    if parts.is_empty() {
        return Ok(crate::zeros_dtype(&shape[..], output.dtype()));
    }
    try_stack(parts, axis)?.try_reshape(&shape[..])
}
