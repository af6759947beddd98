//! Cases on which the operations' gradients are checked.

use crate::Tensor;
use crate::functional::{gradcheck, gradgradcheck};
use crate::shape::{Dims, Layout, row_major};
use crate::tensor::Inner;

type Function = Box<dyn Fn(&[Tensor]) -> Tensor>;

/// A function of some `f64` tensors that is smooth where they lie.
pub(crate) struct Case {
    inputs: Vec<Tensor>,
    f: Function,
    repeats: bool,
}

/// Values spread over a range, without order or pattern, the same in every run.
pub(crate) fn sample(shape: &[usize], low: f64, high: f64, salt: usize) -> Tensor {
    let spread = |i: usize| ((i + 1) as f64 * 0.618_033_988_749_895 + salt as f64 * 0.271).fract();
    let values = (0..shape.iter().product())
        .map(|i| low + (high - low) * spread(i))
        .collect();
    Tensor::from_vec::<f64>(values, shape)
}

impl Case {
    pub(crate) fn new(
        inputs: impl Into<Vec<Tensor>>,
        f: impl Fn(&[Tensor]) -> Tensor + 'static,
    ) -> Case {
        Case {
            inputs: inputs.into(),
            f: Box::new(f),
            repeats: true,
        }
    }

    /// For a function with a kink where its inputs are equal.
    pub(crate) fn apart(self) -> Case {
        Case {
            repeats: false,
            ..self
        }
    }

    /// An elementwise function of one tensor, over shapes from 0-d to empty.
    pub(crate) fn unary(
        low: f64,
        high: f64,
        f: impl Fn(&Tensor) -> Tensor + Copy + 'static,
    ) -> Vec<Case> {
        let shapes: [&[usize]; 5] = [&[], &[3], &[2, 3], &[20], &[0, 2]];
        shapes
            .iter()
            .map(|shape| Case::new([sample(shape, low, high, shape.len())], move |x| f(&x[0])))
            .collect()
    }

    /// An elementwise function of two tensors, over pairs of shapes that broadcast.
    pub(crate) fn binary(
        (low, high): (f64, f64),
        (other_low, other_high): (f64, f64),
        f: impl Fn(&Tensor, &Tensor) -> Tensor + Copy + 'static,
    ) -> Vec<Case> {
        let shapes: [(&[usize], &[usize]); 9] = [
            (&[], &[]),
            (&[3], &[3]),
            (&[2, 3], &[3]),
            (&[2, 1], &[1, 3]),
            (&[], &[2]),
            (&[2, 3], &[2, 1]),
            (&[2, 1, 3], &[2, 1]),
            (&[0, 3], &[3]),
            (&[1], &[0]),
        ];
        let pair = |(l, r): &(&[usize], &[usize])| {
            [sample(l, low, high, 1), sample(r, other_low, other_high, 2)]
        };
        shapes
            .iter()
            .map(|shapes| Case::new(pair(shapes), move |x| f(&x[0], &x[1])))
            .collect()
    }

    /// A reduction of all elements of one tensor, over shapes from 0-d to empty.
    pub(crate) fn reduction(
        low: f64,
        high: f64,
        f: impl Fn(&Tensor) -> Tensor + Copy + 'static,
    ) -> Vec<Case> {
        let mut cases = Self::reduction_of_some(low, high, f);
        cases.push(Case::new(
            [sample(&[0, 2], low, high, 0)],
            move |x| f(&x[0]),
        ));
        cases
    }

    /// As [`reduction`](Case::reduction), for one that has no value for no elements.
    pub(crate) fn reduction_of_some(
        low: f64,
        high: f64,
        f: impl Fn(&Tensor) -> Tensor + Copy + 'static,
    ) -> Vec<Case> {
        let shapes: [&[usize]; 4] = [&[], &[3], &[2, 3], &[2, 1, 3]];
        shapes
            .iter()
            .map(|shape| Case::new([sample(shape, low, high, shape.len())], move |x| f(&x[0])))
            .collect()
    }

    /// A reduction over axes, which are given to it with whether they stay.
    pub(crate) fn reduction_over_axes(
        low: f64,
        high: f64,
        f: impl Fn(&Tensor, &[i64], bool) -> Tensor + Copy + 'static,
    ) -> Vec<Case> {
        let cases: [(&[usize], &'static [i64]); 8] = [
            (&[], &[0]),
            (&[3], &[0]),
            (&[2, 3], &[0]),
            (&[2, 3], &[-1]),
            (&[2, 3, 2], &[0, 2]),
            (&[2, 3, 2], &[1]),
            (&[2, 1, 3], &[0, 1]),
            (&[0, 2], &[1]),
        ];
        let case = |&(shape, axes): &(&[usize], &'static [i64])| {
            [false, true]
                .map(|keep| Case::new([sample(shape, low, high, 1)], move |x| f(&x[0], axes, keep)))
        };
        cases.iter().flat_map(case).collect()
    }

    /// Checks derivatives up to `order`: on the inputs as they are, on scattered ones, on one slice in the place of
    /// all along an axis, and on one tensor in the place of all; and the values in `f32` against those in `f64`.
    #[track_caller]
    pub(crate) fn check(self, op: &str, order: usize) {
        let shapes: Vec<_> = self.inputs.iter().map(|x| x.shape().to_vec()).collect();
        let prove = |inputs: &[Tensor], f: &dyn Fn(&[Tensor]) -> Tensor, how: &str| {
            let slope = |x: &[Tensor]| directional(f, x);
            let checked = gradcheck(f, inputs)
                .and_then(|()| gradgradcheck(f, inputs))
                .and_then(|()| match order {
                    3 => gradgradcheck(slope, inputs),
                    _ => Ok(()),
                });
            if let Err(error) = checked {
                panic!("{op} on {shapes:?}, {how}: {error}");
            }
        };
        let leaves = |f: fn(&Tensor) -> Tensor| -> Vec<Tensor> {
            self.inputs.iter().map(|x| f(x).requires_grad_()).collect()
        };
        prove(&leaves(Tensor::detach), &self.f, "contiguous");
        prove(&leaves(scatter), &self.f, "not contiguous");
        if self.repeats {
            let narrow = leaves(first_of_each_axis);
            let stretched = |x: &[Tensor]| {
                let whole = x.iter().zip(&shapes).map(|(x, shape)| x.expand(&shape[..]));
                (self.f)(&whole.collect::<Vec<_>>())
            };
            prove(&narrow, &stretched, "stretched");
        }
        let alike = self
            .inputs
            .windows(2)
            .all(|pair| pair[0].shape() == pair[1].shape());
        if self.repeats && self.inputs.len() > 1 && alike {
            let count = self.inputs.len();
            let repeated = |x: &[Tensor]| (self.f)(&vec![x[0].clone(); count]);
            prove(
                &leaves(Tensor::detach)[..1],
                &repeated,
                "the same tensor twice",
            );
        }
        self.check_single(op, &shapes);
    }

    /// Holds the values in `f32` against those in `f64` of the same inputs.
    #[track_caller]
    /// Whether a plan of the function and its gradients gives their bits for other values too; an error says why the
    /// plan is refused.
    pub(crate) fn replays(&self, op: &str) -> crate::error::Result<()> {
        use crate::tape::Plan;
        let leaves = || -> Vec<Tensor> {
            let copies = self.inputs.iter().map(Tensor::copy);
            copies.map(|x| x.requires_grad_()).collect()
        };
        let step = |leaves: &[Tensor]| {
            leaves.iter().for_each(Tensor::zero_grad);
            let out = (self.f)(leaves);
            if out.requires_grad() {
                (&out * sample(out.shape(), 0.5, 1.5, 7).float())
                    .sum()
                    .backward();
            }
            out.detach()
        };
        let (eager, planned) = (leaves(), leaves());
        let mut plan = Plan::new(|_: &[Tensor; 0]| step(&planned));
        for run in 0..5 {
            for leaf in eager.iter().chain(&planned) {
                crate::no_grad(|| leaf.mul_(1.0 - 0.002 * f64::from(run)));
            }
            let (expected, got) = (step(&eager), plan.try_run([])?);
            let bits = |x: &Tensor| {
                x.double()
                    .to_vec::<f64>()
                    .into_iter()
                    .map(f64::to_bits)
                    .collect::<Vec<_>>()
            };
            assert_eq!(bits(&got), bits(&expected), "{op}, run {run}");
            for (a, b) in planned.iter().zip(&eager) {
                let grads = [a, b].map(|x| x.grad().map(|grad| bits(&grad)));
                assert_eq!(grads[0], grads[1], "{op}, gradient in run {run}");
            }
        }
        Ok(())
    }

    fn check_single(&self, op: &str, shapes: &[Vec<usize>]) {
        let single: Vec<Tensor> = self.inputs.iter().map(Tensor::float).collect();
        let double: Vec<Tensor> = single.iter().map(Tensor::double).collect();
        let values = |x: &[Tensor]| (self.f)(x).double().to_vec::<f64>();
        let size = |values: &[f64]| values.iter().fold(1.0, |size: f64, v| size.max(v.abs()));
        let (single, double) = (values(&single), values(&double));
        let close = |(a, b): (&f64, &f64)| {
            (a - b).abs() <= 1e-4 * size(&double) || a == b || a.is_nan() && b.is_nan()
        };
        assert!(
            single.len() == double.len() && single.iter().zip(&double).all(close),
            "{op} on {shapes:?}: {single:?} in f32, {double:?} in f64"
        );
    }
}

/// The gradients of a weighted sum of `f`, of which second derivatives are the third ones of `f`.
fn directional(f: &dyn Fn(&[Tensor]) -> Tensor, x: &[Tensor]) -> Vec<Tensor> {
    let out = f(x);
    let weights = sample(out.shape(), 0.5, 1.5, 7);
    let wanted: Vec<&Tensor> = x.iter().filter(|x| x.requires_grad()).collect();
    if !out.requires_grad() {
        return wanted.into_iter().map(Tensor::zeros_like).collect();
    }
    let grads = crate::tape::grad(&out, wanted.clone())
        .grad_outputs(&weights)
        .create_graph(true)
        .allow_unused()
        .run();
    let grads = grads.into_iter().zip(wanted);
    grads
        .map(|(grad, x)| grad.unwrap_or_else(|| x.zeros_like()))
        .collect()
}

/// The part of a tensor that stands first along every axis, of size 1 along each that is not empty.
fn first_of_each_axis(x: &Tensor) -> Tensor {
    let first = |x: Tensor, axis: usize| x.narrow(axis as i64, 0, x.shape()[axis].min(1));
    (0..x.rank()).fold(x.detach(), first).copy()
}

/// The same values in a storage with gaps, the first axis innermost.
fn scatter(x: &Tensor) -> Tensor {
    let reversed: Dims = x.shape().iter().rev().copied().collect();
    let strides: Dims = row_major(&reversed)
        .iter()
        .rev()
        .map(|step| step * 2)
        .collect();
    let layout = Layout::strided(x.shape().into(), strides, 1);
    let mut values = vec![f64::NAN; 2 * x.numel() + 1];
    let mut source = x.to_vec::<f64>().into_iter();
    crate::kernels::strided::for_each_position(&layout, |at| values[at] = source.next().unwrap());
    let base = Tensor::from(values);
    Inner::view(&base, layout).untracked()
}
