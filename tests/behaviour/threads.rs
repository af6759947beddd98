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

#[test]
fn a_product_has_the_same_bits_on_any_number_of_threads() {
    manual_seed(3);
    let (a, b) = (randn([301, 517]), randn([517, 283]));
    let on = |threads: usize| {
        retrograd::set_num_threads(threads);
        let product = a.mm(&b).to_vec::<f32>();
        retrograd::set_num_threads(0);
        product
    };
    let one = on(1);
    for threads in [2, 3, 0] {
        assert_eq!(on(threads), one, "{threads} threads");
    }
}
