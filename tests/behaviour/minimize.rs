//! `optim::minimize` walks SciPy's path: SciPy 1.18's figures on Rosenbrock's valley.

use retrograd::optim::{Minimum, Stop, minimize};
use retrograd::prelude::*;

fn valley(x: &Tensor) -> Tensor {
    let (a, b) = (x.i(..-1), x.i(1..));
    (100.0 * (b - a.square()).square() + (1.0 - a).square()).sum()
}

/// Holds iterations, evaluations, value, place and reason against SciPy's.
#[track_caller]
fn check(found: Minimum, counts: (usize, usize), value: f64, x: &[f64], stop: Stop) {
    let report = &found.report;
    assert_eq!((report.iterations, report.evaluations), counts);
    assert_eq!(report.stop, stop);
    assert!(
        (report.loss - value).abs() <= 1e-4 * value + 1e-18,
        "{report:?}"
    );
    for (actual, expected) in found.x.to_vec::<f64>().iter().zip(x) {
        assert!(
            (actual - expected).abs() < 1e-8,
            "{actual}, expected {expected}"
        );
    }
}

#[test]
fn from_the_customary_start() {
    let found = minimize(valley, &Tensor::from([-1.2, 1.0])).run().unwrap();
    let x = [0.999998945349282, 0.9999980209057328];
    check(found, (36, 44), 2.8076498487712216e-12, &x, Stop::Change);
}

#[test]
fn until_the_gradient_is_small() {
    let start = Tensor::from([1.3, 0.7, 0.8, 1.9, 1.2]);
    let found = minimize(valley, &start).gtol(0.1).ftol(0.0).run().unwrap();
    let x = [
        1.0001126506474955,
        1.0002409273597566,
        1.0005537108405567,
        1.0010514636039394,
        1.002054308792594,
    ];
    check(found, (20, 22), 2.5866005405051177e-06, &x, Stop::Gradient);
}

#[test]
fn with_few_evaluations_along_a_direction() {
    let start = Tensor::from([-3.0, -4.0]);
    let found = minimize(valley, &start).max_ls(3).run().unwrap();
    let x = [0.9999998359547225, 0.9999996772954794];
    check(found, (28, 34), 2.9811760771341503e-14, &x, Stop::Gradient);
}

#[test]
fn until_the_iterations_are_used_up() {
    let start = Tensor::from([10.0, -10.0, 7.0]);
    let found = minimize(valley, &start).max_iter(9).run().unwrap();
    let x = [0.2889995775612082, -2.687910754212161, 7.590231444451869];
    check(found, (9, 10), 795.5387894971971, &x, Stop::Iterations);
}

#[test]
fn what_is_not_finite_ends_the_search() {
    let start = Tensor::from([-1.0]);
    let found = minimize(|x| x.log().sum(), &start).run().unwrap();
    assert_eq!(found.report.stop, Stop::NotFinite);
    let found = minimize(|x| -x.exp().sum(), &Tensor::from([1.0]))
        .run()
        .unwrap();
    assert_ne!(found.report.stop, Stop::Gradient);
}

#[test]
fn what_the_function_returns_as_an_error_comes_back() {
    let wrong = |x: &Tensor| x.try_mm(x);
    assert!(minimize(wrong, &Tensor::from([1.0, 2.0])).run().is_err());
    assert!(
        minimize(|x| x.square(), &Tensor::from([1.0, 2.0]))
            .run()
            .is_err()
    );
}
