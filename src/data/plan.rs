//! The batches of an epoch, as positions.

use super::batch_sampler::{BatchSampling, count};
use super::sampler::{RandomSampler, Sampler, Source};
use crate::{Error, Result};
use std::vec::IntoIter;

/// In which order a loader reads, as it was asked to.
pub(super) enum Order {
    Sequential,
    Shuffled,
    By(Box<dyn Sampler + Send + Sync>),
    Batches(Box<dyn BatchSampling + Send + Sync>),
}

/// How positions are cut into batches.
#[derive(Clone, Copy)]
pub(super) struct Cut {
    pub(super) batch_size: usize,
    pub(super) drop_last: bool,
}

impl Order {
    /// The number of batches, of `n` items.
    pub(super) fn batches(&self, n: usize, cut: Cut) -> usize {
        let items = match self {
            Order::Sequential | Order::Shuffled => n,
            Order::By(sampler) => sampler.len(),
            Order::Batches(batches) => return batches.len(),
        };
        count(items, cut.batch_size, cut.drop_last)
    }

    /// Draws an epoch over `n` items.
    pub(super) fn plan(&self, n: usize, cut: Cut, source: &Source) -> Result<Plan> {
        if n == 0 {
            return Err(refuse("it has no items", "Give a data set with items."));
        }
        let order = match self {
            Order::Sequential => (0..n).collect(),
            Order::Shuffled => RandomSampler::drawn_from(n, source.clone()).sample()?,
            Order::By(sampler) => in_range(sampler.sample()?, n)?,
            Order::Batches(batches) => {
                let in_range = |batch| in_range(batch, n);
                let batches: Result<Vec<_>> = batches.sample()?.into_iter().map(in_range).collect();
                return Ok(Plan::Batches(batches?.into_iter()));
            }
        };
        if cut.drop_last && (1..cut.batch_size).contains(&order.len()) {
            return Err(Error::InvalidArgument {
                op: "DataLoader",
                argument: "batch_size",
                value: cut.batch_size.to_string(),
                problem: format!(
                    "{} items do not fill a batch, and `drop_last` leaves out what is not full",
                    order.len()
                ),
                cure: "Give a smaller batch size, or keep the last batch.".into(),
            });
        }
        Ok(Plan::Order { order, cut, at: 0 })
    }
}

fn refuse(problem: &str, cure: &str) -> Error {
    Error::Data {
        place: "DataLoader, data set".into(),
        problem: problem.into(),
        cure: cure.into(),
    }
}

fn in_range(positions: Vec<usize>, n: usize) -> Result<Vec<usize>> {
    match positions.iter().find(|&&i| i >= n) {
        None => Ok(positions),
        Some(i) => Err(Error::Data {
            place: "DataLoader, sampler".into(),
            problem: format!("it gives position {i} of a data set with {n} items"),
            cure: format!("Give positions from 0 to {}.", n - 1),
        }),
    }
}

/// What is left of an epoch.
pub(super) enum Plan {
    Order {
        order: Vec<usize>,
        cut: Cut,
        at: usize,
    },
    Batches(IntoIter<Vec<usize>>),
}

impl Plan {
    /// Hands the next batch's positions to `make`.
    pub(super) fn next<R>(&mut self, make: impl FnOnce(&[usize]) -> R) -> Option<R> {
        match self {
            Plan::Batches(batches) => batches.next().map(|batch| make(&batch)),
            Plan::Order { order, cut, at } => {
                let size = cut.batch_size.min(order.len() - *at);
                if size == 0 || (cut.drop_last && size < cut.batch_size) {
                    return None;
                }
                *at += size;
                Some(make(&order[*at - size..*at]))
            }
        }
    }
}
