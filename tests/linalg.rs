//! `linalg` through the public interface: every operator's derivatives against finite differences to second order, what
//! the factors must satisfy, and what is refused.
//!
//! Prints a line for each operator and, last, their number.

use retrograd::functional::{gradcheck, gradgradcheck};
use retrograd::linalg::{self, MatrixOrder};
use retrograd::prelude::*;
use std::panic::catch_unwind;
use std::process::ExitCode;

/// A function of matrices, and the shapes of those on which it is checked.
type Check = (
    &'static str,
    fn(&[Tensor]) -> Vec<Tensor>,
    &'static [&'static [&'static [usize]]],
);

/// Symmetric from any square matrices.
fn symmetric(x: &Tensor) -> Tensor {
    x + x.transpose(-2, -1)
}

/// Far from singular, from any square matrices.
fn regular(x: &Tensor) -> Tensor {
    x + eye(x.size(-1)).double() * 3.0
}

fn order(x: &[Tensor], order: MatrixOrder) -> Tensor {
    linalg::matrix_norm(&x[0], order)
}

const CHECKS: &[Check] = &[
    (
        "solve",
        |x| vec![linalg::solve(&regular(&x[0]), &x[1])],
        &[
            &[&[3, 3], &[3, 2]],
            &[&[2, 2, 2], &[2, 2, 1]],
            &[&[2, 2], &[2]],
        ],
    ),
    (
        "inv",
        |x| vec![linalg::inv(&regular(&x[0]))],
        &[&[&[3, 3]], &[&[2, 2, 2]]],
    ),
    (
        "det",
        |x| vec![linalg::det(&x[0])],
        &[&[&[3, 3]], &[&[2, 2, 2]], &[&[1, 1]]],
    ),
    (
        "slogdet",
        |x| vec![linalg::slogdet(&x[0]).1],
        &[&[&[3, 3]], &[&[2, 2, 2]]],
    ),
    (
        "cholesky",
        |x| vec![linalg::cholesky(&regular(&symmetric(&(&x[0] * 0.5))))],
        &[&[&[3, 3]], &[&[2, 2, 2]]],
    ),
    (
        "qr",
        |x| {
            let (q, r) = linalg::qr(&x[0]);
            vec![q, r]
        },
        &[&[&[3, 3]], &[&[4, 2]], &[&[2, 4]], &[&[2, 3, 2]]],
    ),
    // The vectors' signs cancel in products of two.
    (
        "svd",
        |x| {
            let (u, s, vh) = linalg::svd(&x[0]);
            vec![
                u.unsqueeze(-2).mul(u.unsqueeze(-3)),
                s,
                vh.unsqueeze(-1).mul(vh.unsqueeze(-2)),
            ]
        },
        &[&[&[3, 3]], &[&[4, 2]], &[&[2, 3]], &[&[2, 2, 2]]],
    ),
    (
        "svdvals",
        |x| vec![linalg::svdvals(&x[0])],
        &[&[&[3, 3]], &[&[2, 4, 2]]],
    ),
    (
        "eigh",
        |x| {
            let (values, vectors) = linalg::eigh(&symmetric(&x[0]));
            vec![values, vectors.unsqueeze(-2).mul(vectors.unsqueeze(-3))]
        },
        &[&[&[3, 3]], &[&[2, 2, 2]]],
    ),
    (
        "eigvalsh",
        |x| vec![linalg::eigvalsh(&symmetric(&x[0]))],
        &[&[&[3, 3]], &[&[2, 2, 2]]],
    ),
    (
        "pinv",
        |x| vec![linalg::pinv(&x[0], None)],
        &[&[&[3, 3]], &[&[4, 2]], &[&[2, 2, 3]]],
    ),
    (
        "lstsq",
        |x| vec![linalg::lstsq(&x[0], &x[1])],
        &[
            &[&[4, 2], &[4, 3]],
            &[&[2, 4], &[2, 1]],
            &[&[2, 3, 2], &[3, 1]],
        ],
    ),
    (
        "matrix_norm fro",
        |x| vec![order(x, MatrixOrder::Fro)],
        &[&[&[3, 2]], &[&[2, 2, 3]]],
    ),
    (
        "matrix_norm nuc",
        |x| vec![order(x, MatrixOrder::Nuc)],
        &[&[&[3, 3]], &[&[2, 2, 3]]],
    ),
    (
        "matrix_norm inf",
        |x| vec![order(x, MatrixOrder::Inf)],
        &[&[&[3, 2]], &[&[2, 2, 3]]],
    ),
    (
        "matrix_norm -inf",
        |x| vec![order(x, MatrixOrder::NegInf)],
        &[&[&[3, 2]]],
    ),
    (
        "matrix_norm 1",
        |x| vec![order(x, MatrixOrder::One)],
        &[&[&[3, 2]]],
    ),
    (
        "matrix_norm -1",
        |x| vec![order(x, MatrixOrder::NegOne)],
        &[&[&[3, 2]]],
    ),
    (
        "matrix_norm 2",
        |x| vec![order(x, MatrixOrder::Two)],
        &[&[&[3, 2]], &[&[2, 2, 3]]],
    ),
    (
        "matrix_norm -2",
        |x| vec![order(x, MatrixOrder::NegTwo)],
        &[&[&[3, 2]]],
    ),
];

fn inputs(shapes: &[&[usize]]) -> Vec<Tensor> {
    shapes
        .iter()
        .map(|shape| randn(*shape).double().requires_grad_())
        .collect()
}

fn small(x: &Tensor) -> bool {
    x.numel() == 0 || x.abs().max().item::<f64>() < 1e-10
}

/// What defines the factors, on matrices of several shapes, ranks and sizes.
fn factors_satisfy_their_equations() {
    for shape in [
        [1, 1],
        [4, 4],
        [6, 3],
        [3, 6],
        [30, 30],
        [0, 0],
        [0, 2],
        [2, 0],
    ] {
        let flat = randn([shape[0], 1])
            .double()
            .mm(&randn([1, shape[1]]).double());
        for a in [randn(shape).double(), flat, zeros(shape).double()] {
            let t = |x: &Tensor| x.transpose(-2, -1);
            let (q, r) = linalg::qr(&a);
            assert!(small(&(q.mm(&r) - &a)) && small(&(&r - r.triu(0))));
            let (u, s, vh) = linalg::svd(&a);
            assert!(small(&((&u * &s).mm(&vh) - &a)) && small(&(linalg::svdvals(&a) - &s)));
            let p = linalg::pinv(&a, None);
            assert!(small(&(a.mm(&p).mm(&a) - &a)) && small(&(p.mm(&a).mm(&p) - &p)));
            if shape[0] == shape[1] {
                let (values, vectors) = linalg::eigh(&symmetric(&a));
                assert!(small(
                    &((&vectors * values).mm(&t(&vectors)) - symmetric(&a))
                ));
                let regular = a.mm(&t(&a)) + eye(shape[0]).double();
                let l = linalg::cholesky(&regular);
                assert!(small(&(l.mm(&t(&l)) - &regular)));
                assert!(small(
                    &(linalg::inv(&regular).mm(&regular) - eye(shape[0]).double())
                ));
                let (sign, log) = linalg::slogdet(&regular);
                let det = linalg::det(&regular);
                assert!(small(&((sign * log.exp() - &det) / &det)));
            }
        }
    }
    assert_eq!(
        linalg::matrix_rank(&tensor![[1.0, 2.0], [2.0, 4.0]], None).item::<i64>(),
        1
    );
    // Several matrices at once, and a type that keeps fewer digits.
    let batch = randn([2, 3, 3]);
    assert_eq!(linalg::inv(&batch).dtype(), F32);
    assert_eq!(linalg::inv(&batch).at(1), linalg::inv(&batch.at(1)));
}

/// Gradients where there is no inverse, or singular values are repeated or vanish.
fn degenerate_matrices_have_the_gradients_that_the_documentation_names() {
    let a = tensor![[1.0, 2.0], [2.0, 4.0]].double().requires_grad_();
    linalg::det(&a).backward();
    let cofactors = tensor![[4.0, -2.0], [-2.0, 1.0]].double();
    assert!(small(&(a.grad().unwrap() - cofactors)));
    let identity = eye(2).double().requires_grad_();
    linalg::matrix_norm(&identity, MatrixOrder::Nuc).backward();
    assert!(small(&(identity.grad().unwrap() - eye(2).double())));
    let zero = zeros([3, 2]).double().requires_grad_();
    linalg::matrix_norm(&zero, MatrixOrder::Nuc).backward();
    assert!(zero.grad().unwrap().isfinite().all().item::<bool>());
    let repeated = eye(2).double().requires_grad_();
    linalg::svd(&repeated).1.sum().backward();
    assert!(small(&(repeated.grad().unwrap() - eye(2).double())));
}

fn refusals_name_the_operation_and_the_pivot() {
    let singular = tensor![[1.0, 2.0], [2.0, 4.0]];
    let text = |refused: retrograd::Error| refused.to_string();
    let said = text(linalg::try_solve(&singular, &tensor![1.0, 1.0]).unwrap_err());
    assert!(
        said.contains("linalg.solve") && said.contains("pivot 2"),
        "{said}"
    );
    let said = text(linalg::try_inv(&retrograd::stack([&eye(2), &singular], 0)).unwrap_err());
    assert!(
        said.contains("linalg.inv") && said.contains("matrix 1 of the batch"),
        "{said}"
    );
    let said = text(linalg::try_cholesky(&tensor![[1.0, 0.0], [0.0, -1.0]]).unwrap_err());
    assert!(
        said.contains("linalg.cholesky") && said.contains("leading minor of order 2"),
        "{said}"
    );
    let broken = tensor![[f64::NAN, 0.0], [0.0, 1.0]];
    assert!(text(linalg::try_svd(&broken).unwrap_err()).contains("linalg.svd"));
    assert!(text(linalg::try_eigh(&broken).unwrap_err()).contains("linalg.eigh"));
    assert!(linalg::try_det(&zeros([2, 3])).is_err() && linalg::try_qr(&zeros([2])).is_err());
    assert!(linalg::try_solve(&eye(2), &zeros([3])).is_err());
    assert!(linalg::try_svd(&zeros([2, 2]).long()).is_err());
}

fn main() -> ExitCode {
    manual_seed(7);
    let parts: [(&str, fn()); 3] = [
        ("factors", factors_satisfy_their_equations),
        (
            "degenerate matrices",
            degenerate_matrices_have_the_gradients_that_the_documentation_names,
        ),
        ("refusals", refusals_name_the_operation_and_the_pivot),
    ];
    let mut failed = false;
    for (name, part) in parts {
        let passed = catch_unwind(part).is_ok();
        println!(
            "{name}: {}",
            if passed { "as they must be" } else { "FAILED" }
        );
        failed |= !passed;
    }
    let mut checked = 0;
    for (name, f, cases) in CHECKS {
        let check = |shapes: &&[&[usize]]| {
            let inputs = inputs(shapes);
            gradcheck(f, &inputs).and_then(|()| gradgradcheck(f, &inputs))
        };
        match cases.iter().try_for_each(check) {
            Ok(()) => {
                println!("{name}: gradients of first and second order are right");
                checked += 1;
            }
            Err(error) => {
                println!("{name}: FAILED: {error}");
                failed = true;
            }
        }
    }
    println!("linalg: {checked} operators checked");
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}
