//! A search along a direction for the strong Wolfe conditions, as in PyTorch (after Nocedal and Wright 2006,
//! algorithms 3.5 and 3.6, with cubic interpolation).

use super::lbfgs::{dot, largest};
use crate::Result;

/// Sufficient decrease.
const C1: f64 = 1e-4;
/// Curvature.
const C2: f64 = 0.9;

/// The loss and its gradient at a place.
#[derive(Debug, Clone)]
pub(super) struct Point {
    pub(super) loss: f64,
    pub(super) gradient: Vec<f64>,
}

/// A place along the direction.
#[derive(Clone)]
struct Place {
    t: f64,
    point: Point,
    slope: f64,
}

pub(super) struct Found {
    pub(super) size: f64,
    pub(super) point: Point,
    pub(super) evaluations: usize,
}

/// The least value of the cubic through two places, within bounds.
fn interpolate(a: &Place, b: &Place, bounds: Option<(f64, f64)>) -> f64 {
    let (low, high) = bounds.unwrap_or(if a.t <= b.t { (a.t, b.t) } else { (b.t, a.t) });
    let d1 = a.slope + b.slope - 3.0 * (a.point.loss - b.point.loss) / (a.t - b.t);
    let square = d1 * d1 - a.slope * b.slope;
    if square < 0.0 || square.is_nan() {
        return (low + high) / 2.0;
    }
    let d2 = square.sqrt();
    let least = match a.t <= b.t {
        true => b.t - (b.t - a.t) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2.0 * d2)),
        false => a.t - (a.t - b.t) * ((a.slope + d2 - d1) / (a.slope - b.slope + 2.0 * d2)),
    };
    least.max(low).min(high)
}

pub(super) fn strong_wolfe(
    evaluate: &mut dyn FnMut(f64) -> Result<Point>,
    start: &Point,
    direction: &[f64],
    slope: f64,
    size: f64,
    tolerance: f64,
    limit: usize,
) -> Result<Found> {
    let mut search = Search {
        evaluate,
        direction,
        start,
        slope,
        evaluations: 0,
        limit,
        tolerance,
    };
    let (mut bracket, done) = search.bracket(size)?;
    if !done {
        search.zoom(&mut bracket)?;
    }
    let best = bracket
        .into_iter()
        .reduce(|a, b| if b.point.loss < a.point.loss { b } else { a });
    let best = best.expect("a bracket has one or two places");
    Ok(Found {
        size: best.t,
        point: best.point,
        evaluations: search.evaluations,
    })
}

struct Search<'a> {
    evaluate: &'a mut dyn FnMut(f64) -> Result<Point>,
    direction: &'a [f64],
    start: &'a Point,
    slope: f64,
    evaluations: usize,
    limit: usize,
    tolerance: f64,
}

impl Search<'_> {
    fn at(&mut self, t: f64) -> Result<Place> {
        let point = (self.evaluate)(t)?;
        self.evaluations += 1;
        Ok(Place {
            t,
            slope: dot(&point.gradient, self.direction),
            point,
        })
    }

    /// Whether the loss at a place has not sunk enough for its distance.
    fn too_high(&self, place: &Place) -> bool {
        place.point.loss > self.start.loss + C1 * place.t * self.slope
    }

    fn is_flat(&self, place: &Place) -> bool {
        place.slope.abs() <= -C2 * self.slope
    }

    /// Two places between which the conditions hold somewhere, or one at which they do (with `true`).
    fn bracket(&mut self, size: f64) -> Result<(Vec<Place>, bool)> {
        let mut last = Place {
            t: 0.0,
            point: self.start.clone(),
            slope: self.slope,
        };
        let mut place = self.at(size)?;
        let mut iterations = 0;
        while iterations < self.limit {
            if self.too_high(&place) || (iterations > 0 && place.point.loss >= last.point.loss) {
                return Ok((vec![last, place], false));
            }
            if self.is_flat(&place) {
                return Ok((vec![place], true));
            }
            if place.slope >= 0.0 {
                return Ok((vec![last, place], false));
            }
            let low = place.t + 0.01 * (place.t - last.t);
            let high = place.t * 10.0;
            let t = interpolate(&last, &place, Some((low, high)));
            last = place;
            place = self.at(t)?;
            iterations += 1;
        }
        let start = Place {
            t: 0.0,
            point: self.start.clone(),
            slope: self.slope,
        };
        Ok((vec![start, place], false))
    }

    /// Narrows a bracket until the conditions hold at one end, or it is too small.
    fn zoom(&mut self, bracket: &mut [Place]) -> Result<()> {
        let mut stalled = false;
        let (mut low, mut high) = if bracket[0].point.loss <= bracket[1].point.loss {
            (0, 1)
        } else {
            (1, 0)
        };
        let mut iterations = self.evaluations.saturating_sub(1);
        while iterations < self.limit {
            let width = (bracket[1].t - bracket[0].t).abs();
            if width * largest(self.direction) < self.tolerance {
                break;
            }
            let mut t = interpolate(&bracket[0], &bracket[1], None);
            let (least, most) = (
                bracket[0].t.min(bracket[1].t),
                bracket[0].t.max(bracket[1].t),
            );
            let margin = 0.1 * (most - least);
            if (most - t).min(t - least) < margin {
                if stalled || t >= most || t <= least {
                    t = if (t - most).abs() < (t - least).abs() {
                        most - margin
                    } else {
                        least + margin
                    };
                    stalled = false;
                } else {
                    stalled = true;
                }
            } else {
                stalled = false;
            }
            let place = self.at(t)?;
            iterations += 1;
            if self.too_high(&place) || place.point.loss >= bracket[low].point.loss {
                bracket[high] = place;
                (low, high) = if bracket[0].point.loss <= bracket[1].point.loss {
                    (0, 1)
                } else {
                    (1, 0)
                };
                continue;
            }
            let done = self.is_flat(&place);
            if !done && place.slope * (bracket[high].t - bracket[low].t) >= 0.0 {
                bracket[high] = bracket[low].clone();
            }
            bracket[low] = place;
            if done {
                break;
            }
        }
        // The better end is taken by the caller; PyTorch takes the low one, which is the same.
        bracket.swap(0, low);
        Ok(())
    }
}
