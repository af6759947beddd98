//! Newton's method with conjugate gradients (Nocedal and Wright 2006, algorithm 7.1), which ends what L-BFGS began:
//! near the optimum each step squares the error, whatever the condition.

use super::problem::{Local, Problem};
use crate::{Result, Tensor};

/// A step this small against the weights no longer changes them.
const STILL: f64 = 1e-12;
/// Sufficient decrease.
const C1: f64 = 1e-4;
/// The residual, squared and in the preconditioner's norm, at which a direction is good enough.
const ENOUGH: f64 = 1e-14;

fn dot(a: &Tensor, b: &Tensor) -> f64 {
    (a * b).sum().item()
}

fn largest(values: &Tensor) -> f64 {
    values.abs().max().item()
}

/// Makes up to `limit` steps from `w`, until rounding leaves nothing to gain; returns the weights and the number of
/// steps.
pub(super) fn newton(problem: &Problem, mut w: Tensor, limit: usize) -> Result<(Tensor, usize)> {
    // The weights and the gradient before a step too small to be seen in the objective.
    let mut last: Option<(Tensor, f64)> = None;
    for iteration in 0..limit {
        let local = problem.local(&w)?;
        let gradient = largest(&local.gradient);
        if let Some((before, was)) = last.filter(|(_, was)| gradient > 0.5 * was) {
            return Ok((if gradient < was { w } else { before }, iteration));
        }
        let direction = direction(&local)?;
        let Some(step) = search(problem, &local, &w, &direction)? else {
            return Ok((w, iteration));
        };
        if largest(&step.change) <= STILL * largest(&w) {
            return Ok((w + step.change, iteration + 1));
        }
        last = step.unseen.then(|| (w.clone(), gradient));
        w = &w + step.change;
    }
    Ok((w, limit))
}

/// Solves `H d = -g` by conjugate gradients, preconditioned by the diagonal.
///
/// With several classes, a shift common to all changes no probability. All vectors are kept free of one, so that the
/// rounding of a direction without curvature cannot grow.
fn direction(local: &Local<'_>) -> Result<Tensor> {
    let mut d = local.gradient.zeros_like();
    let mut residual = local.without_shift(-&local.gradient);
    let mut z = local.without_shift(&residual / &local.diagonal);
    let mut p = z.copy();
    let mut rz = dot(&residual, &z);
    let enough = rz * ENOUGH;
    for _ in 0..10 * residual.numel().clamp(10, 200) {
        if rz <= enough {
            break;
        }
        let hp = local.curvature(&p)?;
        let curvature = dot(&p, &hp);
        if curvature <= 0.0 || !curvature.is_finite() {
            break;
        }
        let size = rz / curvature;
        d += size * &p;
        residual = local.without_shift(residual - size * hp);
        z = local.without_shift(&residual / &local.diagonal);
        let next = dot(&residual, &z);
        p = &z + (next / rz) * p;
        rz = next;
    }
    Ok(d)
}

struct Step {
    change: Tensor,
    /// Whether the decrease that it promises is below the objective's rounding.
    unseen: bool,
}

/// The longest of `d, d/2, d/4, ..` that lowers the objective enough; none if no one does.
///
/// Close to the optimum the decrease is below the rounding of the objective, and there the whole step is right.
fn search(problem: &Problem, local: &Local<'_>, w: &Tensor, d: &Tensor) -> Result<Option<Step>> {
    let start: f64 = problem.objective(w)?.item();
    let slope = dot(&local.gradient, d);
    if slope >= 0.0 {
        return Ok(None);
    }
    let rounding = 8.0 * f64::EPSILON * start.abs();
    let mut change = d.copy();
    let mut share = 1.0;
    for _ in 0..50 {
        let end: f64 = problem.objective(&(w + &change))?.item();
        if end <= start + C1 * share * slope + rounding {
            let unseen = -slope <= rounding;
            return Ok(Some(Step { change, unseen }));
        }
        change *= 0.5;
        share *= 0.5;
    }
    Ok(None)
}
