//! Tensors across threads.

use retrograd::prelude::*;
use std::thread;

fn is_send_and_sync<T: Send + Sync>() {}

#[test]
fn tensors_can_be_shared() {
    is_send_and_sync::<Tensor>();
    is_send_and_sync::<retrograd::nn::Linear>();
}

#[test]
fn concurrent_passes_sum_into_the_same_leaf() {
    let w = ones([50]).requires_grad_();
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| (0..200).for_each(|_| (&w * 2).sum().backward()));
        }
    });
    assert_eq!(w.grad().unwrap(), ones([50]) * 3200.0);
}

#[test]
fn one_graph_can_be_walked_by_many() {
    let w = ones([50]).requires_grad_();
    let y = w.exp().sum();
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| y.backward_retain());
        }
    });
    assert_eq!(w.grad().unwrap(), w.detach().exp() * 4);
}

/// Records, walks and drops graphs that share parts across threads, to second order.
#[test]
fn shared_parts_are_walked_from_many_threads() {
    let w = ones([20]).double().requires_grad_();
    let shared = w.exp();
    let expected = {
        let first = grad((&shared * &shared).sum(), [&w])
            .create_graph(true)
            .run()
            .remove(0);
        grad(first.sum(), [&w]).retain_graph(true).run().remove(0)
    };
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..50 {
                    let loss = (&shared * &shared).sum();
                    let first = grad(&loss, [&w]).create_graph(true).run().remove(0);
                    let second = grad(first.sum(), [&w]).retain_graph(true).run().remove(0);
                    assert_eq!(second, expected);
                }
            });
        }
    });
}

#[test]
fn modes_belong_to_their_thread() {
    let x = tensor![-1.0];
    retrograd::tape::detect_anomaly(|| {
        thread::scope(|scope| {
            let nan = scope.spawn(|| x.log().isnan().all().item::<bool>());
            assert!(nan.join().unwrap(), "no search in the other thread");
        });
    });
}

#[test]
fn readers_see_whole_states_while_a_writer_changes_them() {
    let w = zeros([1000]);
    thread::scope(|scope| {
        scope.spawn(|| {
            for i in 1..=500 {
                w.fill_(i);
            }
        });
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..500 {
                    let seen = &w * 1;
                    assert_eq!(seen.min(), seen.max());
                }
            });
        }
    });
}

#[test]
fn recording_is_switched_off_in_one_thread_only() {
    let w = ones([2]).requires_grad_();
    no_grad(|| {
        thread::scope(|scope| {
            scope
                .spawn(|| assert!((&w * 2).requires_grad()))
                .join()
                .unwrap()
        })
    });
}

/// The same computation on one thread and on several gives the same bits.
#[track_caller]
fn same_bits(what: &str, compute: impl Fn() -> Vec<Tensor>) {
    let on = |threads: usize| -> Vec<Vec<u64>> {
        retrograd::set_num_threads(threads);
        let results = compute();
        retrograd::set_num_threads(0);
        let bits = |x: &Tensor| {
            x.double()
                .to_vec::<f64>()
                .into_iter()
                .map(f64::to_bits)
                .collect()
        };
        results.iter().map(bits).collect()
    };
    let one = on(1);
    for threads in [2, 0] {
        assert!(on(threads) == one, "{what} on {threads} threads");
    }
}

/// A function's result and its gradients by all inputs.
fn with_gradients(inputs: &[Tensor], f: impl Fn(&[Tensor]) -> Tensor) -> Vec<Tensor> {
    let inputs: Vec<Tensor> = inputs
        .iter()
        .map(|x| x.copy().detach().requires_grad_())
        .collect();
    let out = f(&inputs);
    manual_seed(9);
    out.backward_with(&randn(out.shape()));
    let grads = inputs.iter().map(|x| x.grad().unwrap());
    std::iter::once(out.detach()).chain(grads).collect()
}

/// Sizes about those from which work is shared out, and far above them.
const SIZES: [usize; 5] = [1000, 131_071, 131_072, 262_144, 300_001];

#[test]
fn a_product_has_the_same_bits_on_any_number_of_threads() {
    manual_seed(3);
    let (a, b) = (randn([301, 517]), randn([517, 283]));
    same_bits("a product", || vec![a.mm(&b)]);
}

#[test]
fn passes_over_elements_have_the_same_bits_on_any_number_of_threads() {
    type Function = fn(&[Tensor]) -> Tensor;
    let functions: [(&str, Function); 9] = [
        ("products", |x| &x[0] * &x[1]),
        ("a chain over owned operands", |x| {
            (&x[0] * &x[1] + &x[0]).sigmoid() * 2.0 - 1.0
        }),
        ("sines", |x| (&x[0] * 1e5).sin() + &x[1]),
        ("exponentials", |x| {
            (-x[0].abs()).exp() / (x[1].square() + 1.0)
        }),
        ("a column", |x| x[0].reshape([-1, 1]) * x[1].narrow(0, 0, 3)),
        ("a row", |x| {
            x[0].reshape([1, -1]) + x[1].narrow(0, 0, 2).reshape([2, 1])
        }),
        ("the sum", |x| (&x[0] * &x[1]).sum()),
        ("the mean", |x| (&x[0] - &x[1]).mean()),
        ("the variance", |x| (&x[0] - &x[1]).var()),
    ];
    for size in SIZES {
        manual_seed(3);
        let inputs = [randn([size]), randn([size])];
        for (name, f) in functions {
            same_bits(&format!("{name} of {size}"), || with_gradients(&inputs, f));
        }
    }
}

#[test]
fn passes_over_rows_have_the_same_bits_on_any_number_of_threads() {
    use retrograd::functional::{NormOptions, layer_norm};
    type Function = fn(&[Tensor]) -> Tensor;
    let functions: [(&str, Function); 9] = [
        ("rows added", |x| &x[0] + &x[1]),
        ("sums of rows", |x| (&x[0] * &x[1]).sum_dim(1)),
        ("sums of columns", |x| (&x[0] * &x[1]).sum_dim(0)),
        ("softmax", |x| (&x[0] + &x[1]).softmax(1)),
        ("softmax of columns", |x| (&x[0] + &x[1]).softmax(0)),
        ("log_softmax", |x| (&x[0] + &x[1]).log_softmax(1)),
        ("logsumexp", |x| (&x[0] + &x[1]).logsumexp(1)),
        ("cross entropy", |x| {
            let scores = &x[0] + &x[1];
            let classes = arange(scores.size(0) as i64).remainder(scores.size(1) as i64);
            retrograd::loss::cross_entropy(&scores, &classes)
        }),
        ("layer_norm", |x| {
            let len = x[1].numel();
            layer_norm(&x[0], [len], NormOptions::new().weight(&x[1]).bias(&x[1]))
        }),
    ];
    for size in SIZES {
        for width in [10, 1001] {
            manual_seed(3);
            let inputs = [randn([size.div_ceil(width), width]), randn([width])];
            for (name, f) in functions {
                let what = format!("{name} of {size} in rows of {width}");
                same_bits(&what, || with_gradients(&inputs, f));
            }
        }
    }
}

#[test]
fn steps_of_optimizers_have_the_same_bits_on_any_number_of_threads() {
    use retrograd::optim::{Adam, Sgd};
    for size in SIZES {
        same_bits(&format!("steps of {size} parameters"), || {
            manual_seed(3);
            let (w, g) = (randn([size]).requires_grad_(), randn([size]));
            (&w * &g).sum().backward();
            Adam::new([&w], 0.1).weight_decay(0.1).step();
            Sgd::new([&w], 0.1).momentum(0.9).step();
            vec![w.detach()]
        });
    }
}

#[test]
fn a_pool_that_reads_what_is_being_changed_keeps_nobody_waiting() {
    let w = zeros([600_000]);
    thread::scope(|scope| {
        scope.spawn(|| {
            rayon::scope(|pool| {
                for _ in 0..4 {
                    pool.spawn(|_| {
                        for _ in 0..20 {
                            assert_eq!(w.sum_dim(0).item::<f32>() % 600_000.0, 0.0);
                        }
                    });
                }
            });
        });
        for _ in 0..20 {
            w.add_(1);
        }
    });
    assert_eq!(w.sum().item::<f32>(), 12_000_000.0);
}
