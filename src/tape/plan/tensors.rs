//! Steps that compute with tensors: for operations that have no loop of their own in a plan.

use super::bank::{Banks, Port};
use super::kernel::{Pass, anywhere};
use crate::dtype::{Element, with_dtype};
use crate::error::Result;
use crate::shape::Layout;
use crate::tape::GradMode;
use crate::tensor::Inner;
use crate::tensor::storage::Hold;
use crate::{DType, Tensor};

/// Calls `compute` with tensors of these layouts and types over the operands, and puts what it gives into the results.
pub(super) fn pass<const M: usize>(
    operands: Vec<(Layout, DType)>,
    compute: impl Fn(&[&Tensor]) -> Result<[Tensor; M]> + Send + Sync + 'static,
) -> Pass {
    anywhere(move |banks, ports, _| {
        let _mode = GradMode::set(false);
        let (reads, writes) = ports.split_at(operands.len());
        let mut tensors: Vec<Tensor> = Vec::with_capacity(reads.len());
        for (i, (layout, dtype)) in operands.iter().enumerate() {
            let hold = match first_of(reads, &operands, i) {
                Some(first) => Hold::new(tensors[first].0.hold.snapshot()),
                None => with_dtype!(*dtype, T => {
                    Hold::new(T::into_buffer(T::bank_mut(banks).move_out(reads[i])))
                }),
            };
            tensors.push(Inner::on(layout.clone(), *dtype, hold).untracked());
        }
        let outs = compute(&tensors.iter().collect::<Vec<_>>());
        give_back(banks, reads, &operands, tensors);
        match outs {
            Ok(outs) => writes.iter().zip(outs).for_each(|(port, out)| {
                with_dtype!(out.dtype(), T => {
                    let data = out.values::<T>().into_data();
                    drop(out);
                    T::bank_mut(banks).put(*port, data);
                });
            }),
            Err(error) => banks.failure = Some(error),
        }
    })
}

/// An earlier operand that has the same values.
fn first_of(reads: &[Port], operands: &[(Layout, DType)], i: usize) -> Option<usize> {
    let place = |i: usize| (reads[i].slot, reads[i].few, operands[i].1);
    (0..i).find(|&other| place(other) == place(i))
}

/// Puts vectors back that were moved out.
fn give_back(
    banks: &mut Banks,
    reads: &[Port],
    operands: &[(Layout, DType)],
    mut tensors: Vec<Tensor>,
) {
    // The last first, so that the one that was moved out is alone when its turn comes.
    while let Some(mut tensor) = tensors.pop() {
        let i = tensors.len();
        if first_of(reads, operands, i).is_some() {
            continue;
        }
        let buffer = tensor.alone().and_then(|inner| inner.hold.exclusive());
        with_dtype!(operands[i].1, T => match buffer.and_then(T::data_mut) {
            Some(data) => T::bank_mut(banks).move_in(reads[i], data),
            None => unreachable!("no operation keeps its operands"),
        });
    }
}
