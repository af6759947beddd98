//! Steps that are shared out to threads or larger than the caches.

use super::*;

/// Moves the parameters down the loss's gradient; returns its value.
fn descend(params: &[Tensor], loss: &Tensor) -> Tensor {
    loss.backward();
    no_grad(|| {
        for p in params {
            p.sub_(p.grad().unwrap() * 0.5);
            p.zero_grad();
        }
    });
    loss.detach()
}

#[test]
fn large_steps_on_several_threads_replay_to_the_bit() {
    const ROWS: usize = 401;
    let data = |run: usize| {
        retrograd::manual_seed(run as u64);
        [randn([ROWS, 1000]), rand([ROWS, 1])]
    };
    agree(data, || {
        retrograd::manual_seed(9);
        let [w, row, scale] = [randn([ROWS, 1000]), randn([1000]), tensor![0.5]];
        let params = [w, row, scale].map(|p| p.requires_grad_());
        let kept = params.to_vec();
        let step = move |[x, y]: &[Tensor; 2]| {
            let [w, row, scale] = &params;
            let z = x * w + row * y;
            let out = (&z * scale).sigmoid() + z.gt(0.25).float() * z.narrow(1, 3, 1);
            let steps = z.abs().floor().to(I64) + 1;
            let loss = out.mean() + (out.pow(2) * steps.to(F64)).sum().float() * 1e-4;
            descend(&params, &loss)
        };
        (kept, step)
    });
}

#[test]
fn steps_beyond_the_caches_replay_to_the_bit() {
    const LEN: usize = 900_001;
    let data = |run: usize| {
        retrograd::manual_seed(run as u64);
        [randn([LEN]), randn([LEN]).to(F64)]
    };
    agree(data, || {
        retrograd::manual_seed(9);
        let params = [0, 1].map(|_| randn([LEN]).requires_grad_());
        let kept = params.to_vec();
        let step = move |[x, y]: &[Tensor; 2]| {
            let [w, b] = &params;
            let out = (x * w + b).sigmoid() * x.gt(0.25).float();
            let loss = out.sum() + (out.to(F64) * y).mean().float();
            descend(&params, &loss)
        };
        (kept, step)
    });
}
