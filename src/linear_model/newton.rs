//! Newton's method with conjugate gradients (Nocedal and Wright 2006, algorithm 7.1), which ends what L-BFGS began:
//! near the optimum each step squares the error, whatever the condition.

use super::problem::{Local, Problem};
use crate::{Result, Tensor};

/// A step this small against the weights no longer changes them.
const STILL: f64 = 1e-12;
/// Sufficient decrease.
const C1: f64 = 1e-4;

fn dot(a: &Tensor, b: &Tensor) -> f64 {
    (a * b).sum().item()
}

fn largest(values: &Tensor) -> f64 {
    values.abs().max().item()
}

/// Makes up to `limit` steps from `w`, until they no longer change it; returns the weights and the number of steps.
pub(super) fn newton(problem: &Problem, mut w: Tensor, limit: usize) -> Result<(Tensor, usize)> {
    for iteration in 0..limit {
        let local = problem.local(&w)?;
        let direction = direction(&local)?;
        let Some(step) = search(problem, &local, &w, &direction)? else {
            return Ok((w, iteration));
        };
        let (moved, size) = (largest(&step), largest(&w));
        w = &w + step;
        if moved <= STILL * size {
            return Ok((w, iteration + 1));
        }
    }
    Ok((w, limit))
}

/// Solves `H d = -g` by conjugate gradients, preconditioned by the diagonal. A direction of no curvature, as the common
/// shift of all classes' intercepts, is never entered: the gradient has no part in it.
fn direction(local: &Local<'_>) -> Result<Tensor> {
    let mut d = local.gradient.zeros_like();
    let mut residual = -&local.gradient;
    let mut z = &residual / &local.diagonal;
    let mut p = z.copy();
    let mut rz = dot(&residual, &z);
    let enough = rz * 1e-14;
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
        d = d + size * &p;
        residual = residual - size * hp;
        z = &residual / &local.diagonal;
        let next = dot(&residual, &z);
        p = &z + (next / rz) * p;
        rz = next;
    }
    Ok(d)
}

/// The longest of `d, d/2, d/4, ..` that lowers the objective enough; none if no one does.
///
/// Close to the optimum the decrease is below the rounding of the objective, and there the whole step is right.
fn search(problem: &Problem, local: &Local<'_>, w: &Tensor, d: &Tensor) -> Result<Option<Tensor>> {
    let start: f64 = problem.objective(w)?.item();
    let slope = dot(&local.gradient, d);
    if slope >= 0.0 {
        return Ok(None);
    }
    let rounding = 8.0 * f64::EPSILON * start.abs();
    let mut step = d.copy();
    let mut share = 1.0;
    for _ in 0..50 {
        let end: f64 = problem.objective(&(w + &step))?.item();
        if end <= start + C1 * share * slope + rounding {
            return Ok(Some(step));
        }
        step = step * 0.5;
        share *= 0.5;
    }
    Ok(None)
}
