//! Comparison of many figures at once.

use crate::common::is_close;

/// Fails with the worst element unless all are close and their number is the same.
#[track_caller]
pub(crate) fn assert_close(actual: &[f64], expected: &[f64], rtol: f64, atol: f64, what: &str) {
    assert_eq!(actual.len(), expected.len(), "{what}: number of elements");
    let far = |i: &usize| !is_close(actual[*i], expected[*i], rtol, atol);
    let error = |i: usize| (actual[i] - expected[i]).abs();
    let count = (0..actual.len()).filter(far).count();
    if let Some(i) = (0..actual.len())
        .filter(far)
        .max_by(|&i, &j| error(i).total_cmp(&error(j)))
    {
        let (a, e) = (actual[i], expected[i]);
        panic!(
            "{what}: {count} of {} differ, the worst at {i}: {a:?}, expected {e:?}",
            actual.len()
        );
    }
}

#[test]
#[should_panic(expected = "a list: 1 of 3 differ, the worst at 1: 2.0, expected 2.5")]
fn the_worst_figure_is_told() {
    assert_close(
        &[1.0, 2.0, f64::NAN],
        &[1.0, 2.5, f64::NAN],
        0.0,
        0.1,
        "a list",
    );
}
