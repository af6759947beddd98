//! The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno.

use super::lbfgs_state::State;
use super::line_search::{Point, strong_wolfe};
use super::{Optimizer, checked, in_range};
use crate::error::{Error, OrPanic, Result};
use crate::nn::StateDict;
use crate::tape::TensorList;
use crate::{Tensor, cat, no_grad};
use std::fmt;

/// What a closure may return as its loss: a tensor, or a result with one.
pub trait IntoLoss {
    /// The loss, or why there is none.
    ///
    /// # Errors
    /// If the closure returned one.
    fn into_loss(self) -> Result<Tensor>;
}
impl IntoLoss for Tensor {
    fn into_loss(self) -> Result<Tensor> {
        Ok(self)
    }
}
impl IntoLoss for Result<Tensor> {
    fn into_loss(self) -> Result<Tensor> {
        self
    }
}

/// Why a step ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Stop {
    /// The largest component of the gradient is at most `tolerance_grad`.
    Gradient,
    /// The parameters moved by at most `tolerance_change`.
    Movement,
    /// The loss changed by less than `tolerance_change`.
    Change,
    /// The direction does not lead downhill.
    Direction,
    /// `max_iter` iterations were made.
    Iterations,
    /// `max_eval` evaluations were made.
    Evaluations,
    /// The loss or its gradient is infinite or no number.
    NotFinite,
}

impl fmt::Display for Stop {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stop::Gradient => "converged: the gradient is within tolerance_grad",
            Stop::Movement => "converged: the parameters moved by less than tolerance_change",
            Stop::Change => "converged: the loss changed by less than tolerance_change",
            Stop::Direction => "stopped: the direction does not lead downhill enough",
            Stop::Iterations => "stopped: max_iter was reached",
            Stop::Evaluations => "stopped: max_eval was reached",
            Stop::NotFinite => {
                "diverged: the loss is not finite; standardise the features or use `strong_wolfe()`"
            }
        })
    }
}

/// What a step did and why it ended.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct LbfgsReport {
    /// The loss before the step, which PyTorch returns.
    pub initial_loss: f64,
    /// The last loss computed.
    pub loss: f64,
    /// The largest component of the last gradient.
    pub gradient: f64,
    /// Iterations in this step.
    pub iterations: usize,
    /// Evaluations of the closure in this step.
    pub evaluations: usize,
    /// Why it ended.
    pub stop: Stop,
}

/// L-BFGS, `torch.optim.LBFGS`, with the rules of PyTorch 2.15. Use f64 for it where figures matter.
///
/// ```
/// use retrograd::{optim::{Lbfgs, Stop}, prelude::*};
/// let w = tensor![3.0, -2.0].double().requires_grad_();
/// let mut optimizer = Lbfgs::new([&w], 1.0).strong_wolfe();
/// let report = optimizer.step_with(|| (&w - 1.0).pow(2).sum()).unwrap();
/// assert!(report.loss < 1e-12 && report.stop == Stop::Gradient);
/// ```
#[derive(Debug)]
pub struct Lbfgs {
    params: Vec<Tensor>,
    lr: f64,
    max_iter: usize,
    max_eval: Option<usize>,
    tolerance_grad: f64,
    tolerance_change: f64,
    history_size: usize,
    strong_wolfe: bool,
    state: State,
}

macro_rules! setter {
    ($($(#[$doc:meta])* $name:ident: $t:ty => $e:expr;)*) => { impl Lbfgs { $(
        $(#[$doc])*
        pub fn $name(mut self, $name: $t) -> Self {
            self.$name = $e;
            self
        }
    )* } };
}
setter! {
    /// The most iterations in a step; default 20.
    max_iter: usize => max_iter;
    /// The most evaluations of the closure in a step; default 1.25 `max_iter`.
    max_eval: usize => Some(max_eval);
    /// A step ends when no component of the gradient is larger; default 1e-7.
    tolerance_grad: f64 => tolerance_grad;
    /// A step ends when loss or parameters change by less; default 1e-9.
    tolerance_change: f64 => tolerance_change;
    /// How many past changes the curvature is estimated from; default 100.
    history_size: usize => history_size;
}

pub(super) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub(super) fn largest(values: &[f64]) -> f64 {
    values.iter().fold(0.0, |m, v| {
        if v.abs() > m || v.is_nan() {
            v.abs()
        } else {
            m
        }
    })
}

impl Lbfgs {
    /// With PyTorch's defaults: steps of fixed size `lr` along the direction.
    ///
    /// # Panics
    /// If there is no parameter or one is no leaf.
    #[track_caller]
    pub fn new(params: impl TensorList, lr: f64) -> Self {
        Lbfgs {
            params: checked("Lbfgs", params).or_panic(),
            lr,
            max_iter: 20,
            max_eval: None,
            tolerance_grad: 1e-7,
            tolerance_change: 1e-9,
            history_size: 100,
            strong_wolfe: false,
            state: State {
                scale: 1.0,
                ..State::default()
            },
        }
    }

    /// Searches along each direction for a point that satisfies the strong Wolfe conditions.
    pub fn strong_wolfe(mut self) -> Self {
        self.strong_wolfe = true;
        self
    }

    /// Makes up to `max_iter` iterations. The closure computes the loss; gradients are cleared and computed here.
    ///
    /// # Errors
    /// What the closure returns, what its loss's backward pass returns, and a setting out of range.
    #[track_caller]
    pub fn step_with<L: IntoLoss>(
        &mut self,
        mut closure: impl FnMut() -> L,
    ) -> Result<LbfgsReport> {
        in_range("Lbfgs", "lr", self.lr, self.lr >= 0.0, "at least 0")?;
        let params = self.params.clone();
        let mut evaluate = || -> Result<Point> {
            params.iter().for_each(Tensor::zero_grad);
            let loss = crate::enable_grad(&mut closure).into_loss()?;
            loss.try_backward()?;
            Ok(Point {
                loss: loss.try_item::<f64>()?,
                gradient: gradient(&params)?,
            })
        };
        let mut run = Run {
            lr: self.lr,
            now: evaluate()?,
            evaluations: 1,
            iterations: 0,
        };
        let initial_loss = run.now.loss;
        let stop = loop {
            if let Some(stop) = self.iterate(&mut run, &mut evaluate)? {
                break stop;
            }
        };
        Ok(LbfgsReport {
            initial_loss,
            loss: run.now.loss,
            gradient: largest(&run.now.gradient),
            iterations: run.iterations,
            evaluations: run.evaluations,
            stop,
        })
    }

    /// One iteration; the reason where it is the last one.
    fn iterate(
        &mut self,
        run: &mut Run,
        evaluate: &mut dyn FnMut() -> Result<Point>,
    ) -> Result<Option<Stop>> {
        if !run.now.loss.is_finite() || !largest(&run.now.gradient).is_finite() {
            return Ok(Some(Stop::NotFinite));
        }
        if run.iterations == 0 && largest(&run.now.gradient) <= self.tolerance_grad {
            return Ok(Some(Stop::Gradient));
        }
        if self.max_iter == 0 {
            return Ok(Some(Stop::Iterations));
        }
        run.iterations += 1;
        self.state.iterations += 1;
        let direction = self.state.direction(&run.now.gradient, self.history_size);
        let slope = dot(&run.now.gradient, &direction);
        let first = self.state.iterations == 1;
        let total: f64 = run.now.gradient.iter().map(|g| g.abs()).sum();
        let mut size = if first {
            (1.0 / total).min(1.0) * run.lr
        } else {
            run.lr
        };
        let before = run.now.clone();
        self.state.last = Some((direction.clone(), size, before.gradient.clone()));
        if slope > -self.tolerance_change {
            return Ok(Some(Stop::Direction));
        }
        let max_eval = self.max_eval.unwrap_or(self.max_iter * 5 / 4);
        let at = values(&self.params)?;
        if self.strong_wolfe {
            let params = &self.params;
            let mut along = |t: f64| -> Result<Point> {
                place(params, &at, t, &direction);
                evaluate()
            };
            let limit = max_eval.saturating_sub(run.evaluations);
            let found = strong_wolfe(
                &mut along,
                &before,
                &direction,
                slope,
                size,
                self.tolerance_change,
                limit,
            )?;
            run.evaluations += found.evaluations;
            size = found.size;
            run.now = found.point;
            place(&self.params, &at, size, &direction);
        } else {
            place(&self.params, &at, size, &direction);
            if run.iterations != self.max_iter {
                run.now = evaluate()?;
                run.evaluations += 1;
            }
        }
        if let Some((_, last, _)) = &mut self.state.last {
            *last = size;
        }
        let finite = run.now.loss.is_finite();
        let stop = [
            (!finite, Stop::NotFinite),
            (run.iterations == self.max_iter, Stop::Iterations),
            (run.evaluations >= max_eval, Stop::Evaluations),
            (
                largest(&run.now.gradient) <= self.tolerance_grad,
                Stop::Gradient,
            ),
            (
                size * largest(&direction) <= self.tolerance_change,
                Stop::Movement,
            ),
            (
                (run.now.loss - before.loss).abs() < self.tolerance_change,
                Stop::Change,
            ),
        ];
        Ok(stop.iter().find(|(holds, _)| *holds).map(|(_, stop)| *stop))
    }
}

/// Where a step stands.
struct Run {
    lr: f64,
    now: Point,
    evaluations: usize,
    iterations: usize,
}

impl State {
    /// The direction of the next iteration, by the two-loop recursion (Nocedal 1980).
    fn direction(&mut self, gradient: &[f64], limit: usize) -> Vec<f64> {
        let Some((direction, size, previous)) = self.last.take() else {
            self.history.clear();
            self.scale = 1.0;
            return gradient.iter().map(|g| -g).collect();
        };
        let y: Vec<f64> = gradient.iter().zip(&previous).map(|(g, p)| g - p).collect();
        let s: Vec<f64> = direction.iter().map(|d| d * size).collect();
        let ys = dot(&y, &s);
        if ys > 1e-10 {
            while self.history.len() >= limit.max(1) {
                self.history.pop_front();
            }
            self.scale = ys / dot(&y, &y);
            self.history.push_back((y, s, 1.0 / ys));
        }
        let mut q: Vec<f64> = gradient.iter().map(|g| -g).collect();
        let mut shares = vec![0.0; self.history.len()];
        for (i, (y, s, inverse)) in self.history.iter().enumerate().rev() {
            shares[i] = dot(s, &q) * inverse;
            q.iter_mut().zip(y).for_each(|(q, y)| *q -= shares[i] * y);
        }
        q.iter_mut().for_each(|q| *q *= self.scale);
        for (i, (y, s, inverse)) in self.history.iter().enumerate() {
            let back = dot(y, &q) * inverse;
            q.iter_mut()
                .zip(s)
                .for_each(|(q, s)| *q += (shares[i] - back) * s);
        }
        q
    }
}

/// All gradients as one vector; 0 where there is none.
fn gradient(params: &[Tensor]) -> Result<Vec<f64>> {
    let grads = params.iter().map(|p| {
        p.grad()
            .unwrap_or_else(|| p.zeros_like())
            .double()
            .flatten()
    });
    no_grad(|| cat(grads.collect::<Vec<_>>(), 0)).try_to_vec()
}

fn values(params: &[Tensor]) -> Result<Vec<f64>> {
    no_grad(|| {
        cat(
            params
                .iter()
                .map(|p| p.detach().double().flatten())
                .collect::<Vec<_>>(),
            0,
        )
    })
    .try_to_vec()
}

/// Sets the parameters to `at + t direction`.
fn place(params: &[Tensor], at: &[f64], t: f64, direction: &[f64]) {
    let mut moved = at.iter().zip(direction).map(|(a, d)| a + t * d);
    for param in params {
        let own: Vec<f64> = moved.by_ref().take(param.numel()).collect();
        no_grad(|| {
            param.copy_(&Tensor::from_vec(own, param.shape()));
        });
    }
}

impl Optimizer for Lbfgs {
    /// Refused: this method needs the loss more than once in a step.
    fn try_step(&mut self) -> Result<()> {
        Err(Error::Tape {
            op: "Lbfgs",
            problem: "a step needs to compute the loss more than once".into(),
            cure: "Call `step_with(|| loss)` with a closure that computes it.".into(),
        })
    }

    fn parameters(&self) -> Vec<Tensor> {
        self.params.clone()
    }

    fn lrs(&self) -> Vec<f64> {
        vec![self.lr]
    }

    fn set_lrs(&mut self, lrs: &[f64]) {
        lrs.iter().for_each(|lr| self.lr = *lr);
    }

    fn state_dict(&self) -> StateDict {
        self.state.save(self.lr)
    }

    fn load_state_dict(&mut self, state: &StateDict) -> Result<()> {
        let size = self.params.iter().map(Tensor::numel).sum();
        (self.lr, self.state) = State::load(state, size)?;
        Ok(())
    }
}
