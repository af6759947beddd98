//! What LBFGS remembers from step to step.

use super::state::exact;
use crate::error::{Error, Result};
use crate::nn::StateDict;
use crate::{DType, Tensor};
use std::collections::VecDeque;

/// A difference of gradients, one of parameters, and the inverse of their product.
pub(super) type Change = (Vec<f64>, Vec<f64>, f64);

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) iterations: usize,
    /// The last direction, its step size, and the gradient it was taken at.
    pub(super) last: Option<(Vec<f64>, f64, Vec<f64>)>,
    pub(super) history: VecDeque<Change>,
    pub(super) scale: f64,
}

const PROBLEM: &str = "it is missing or of another size";

fn read(state: &StateDict, name: &str, len: usize) -> Result<Vec<f64>> {
    let tensor = state.get(name).filter(|tensor| tensor.numel() == len);
    match tensor {
        Some(tensor) => Ok(tensor.detach().to(DType::F64).to_vec()),
        None => Err(Error::InvalidArgument {
            op: "Lbfgs",
            argument: "state",
            value: name.to_owned(),
            problem: PROBLEM.into(),
            cure: "Load what `state_dict()` of an `Lbfgs` over the same parameters gave.".into(),
        }),
    }
}

impl State {
    /// By PyTorch's names; the differences are the rows of matrices.
    pub(super) fn save(&self, lr: f64) -> StateDict {
        let mut state = StateDict::new();
        state.insert("group.0.lr", exact(lr));
        let Some((direction, size, gradient)) = &self.last else {
            return state;
        };
        state.insert("state.0.n_iter", Tensor::scalar(self.iterations as i64));
        state.insert("state.0.d", Tensor::from(direction.clone()));
        state.insert("state.0.t", exact(*size));
        state.insert("state.0.prev_flat_grad", Tensor::from(gradient.clone()));
        state.insert("state.0.H_diag", exact(self.scale));
        let shape = [self.history.len(), direction.len()];
        let rows = |pick: fn(&Change) -> &Vec<f64>| -> Tensor {
            let values: Vec<f64> = self.history.iter().flat_map(pick).copied().collect();
            Tensor::from_vec(values, shape)
        };
        state.insert("state.0.old_dirs", rows(|(dirs, _, _)| dirs));
        state.insert("state.0.old_stps", rows(|(_, steps, _)| steps));
        let ro: Vec<f64> = self.history.iter().map(|(_, _, ro)| *ro).collect();
        state.insert("state.0.ro", Tensor::from(ro));
        state
    }

    /// The learning rate and the state for parameters of `size` elements.
    pub(super) fn load(state: &StateDict, size: usize) -> Result<(f64, State)> {
        let number = |name: &str| Ok::<f64, Error>(read(state, name, 1)?[0]);
        let lr = number("group.0.lr")?;
        let mut loaded = State {
            scale: 1.0,
            ..State::default()
        };
        if state.get("state.0.n_iter").is_none() {
            return Ok((lr, loaded));
        }
        loaded.iterations = number("state.0.n_iter")? as usize;
        loaded.scale = number("state.0.H_diag")?;
        loaded.last = Some((
            read(state, "state.0.d", size)?,
            number("state.0.t")?,
            read(state, "state.0.prev_flat_grad", size)?,
        ));
        let kept = state.get("state.0.ro").map_or(0, Tensor::numel);
        let ro = read(state, "state.0.ro", kept)?;
        let dirs = read(state, "state.0.old_dirs", kept * size)?;
        let steps = read(state, "state.0.old_stps", kept * size)?;
        let row = |values: &[f64], i: usize| values[i * size..(i + 1) * size].to_vec();
        let rows = (0..kept).map(|i| (row(&dirs, i), row(&steps, i), ro[i]));
        loaded.history = rows.collect();
        Ok((lr, loaded))
    }
}
