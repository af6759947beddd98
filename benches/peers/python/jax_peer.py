"""The works by JAX, each step one jitted function."""

import os
import sys

THREADS = int(sys.argv[2])
# XLA takes as many threads as it may run on cores, and offers no other way.
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:THREADS])

import jax
import jax.numpy as jnp

import peer


def bce(out, y):
    # XLA rewrites (1 - p) + 1e-8 as (1 + 1e-8) - p, which is 1 - p: the logarithm of 0 follows, and a loss of NaN.
    eps = peer.EPOCH["eps"]
    rest = jax.lax.optimization_barrier(1 - out)
    return -(y * jnp.log(out + eps) + (1 - y) * jnp.log(rest + eps)).mean()


def epoch(params, x, y):
    w1, b1, w2, b2 = params
    out = jax.nn.sigmoid(jax.nn.sigmoid(x @ w1 + b1) @ w2 + b2)
    return bce(out, y), ((out > 0.5) == y).astype(jnp.float32).mean()


def logistic(params, x, y):
    w, b = params
    return bce(jax.nn.sigmoid(x @ w + b), y), None


def nll(scores, y):
    picked = jnp.take_along_axis(jax.nn.log_softmax(scores, axis=1), y[:, None], axis=1)
    return -picked.mean()


def mlp(params, x, y):
    w1, b1, w2, b2, w3, b3 = params
    hidden = jax.nn.relu(jax.nn.relu(x @ w1 + b1) @ w2 + b2)
    return nll(hidden @ w3 + b3, y), None


def chain(w):
    y = w
    for _ in range(peer.CHAIN):
        y = y * w
    return y[0]


def layer_norm(x, weight, bias):
    mean = x.mean(-1, keepdims=True)
    variance = jnp.square(x - mean).mean(-1, keepdims=True)
    return (x - mean) * jax.lax.rsqrt(variance + 1e-5) * weight + bias


def attention(q, k, v):
    return jax.nn.softmax(q @ k.swapaxes(1, 2) / q.shape[-1] ** 0.5, axis=-1) @ v


def conv2d(x, weight, bias):
    return jax.lax.conv_general_dilated(x, weight, (1, 1), "SAME") + bias[:, None, None]


OUTPUTS = {
    "W4": lambda x, w, b: jax.nn.sigmoid(x * w + b).sum(),
    "W5-512": jnp.matmul,
    "W5-1024": jnp.matmul,
    "layer_norm": layer_norm,
    "attention": attention,
    "conv2d": conv2d,
}


def sgd(lr):
    return lambda params, grads, nothing: ([p - lr * g for p, g in zip(params, grads)], nothing)


def momentum(lr, keep=0.9):
    def descend(params, grads, velocities):
        velocities = [keep * v + g for v, g in zip(velocities, grads)]
        return [p - lr * v for p, v in zip(params, velocities)], velocities

    return descend


def adam(lr, beta1=0.9, beta2=0.999, eps=1e-8):
    def descend(params, grads, moments):
        steps, first, second = moments
        steps = steps + 1
        first = [m + (1 - beta1) * (g - m) for m, g in zip(first, grads)]
        second = [beta2 * v + (1 - beta2) * g * g for v, g in zip(second, grads)]
        size, root = lr / (1 - beta1**steps), jnp.sqrt(1 - beta2**steps)
        moved = [p - size * m / (jnp.sqrt(v) / root + eps) for p, m, v in zip(params, first, second)]
        return moved, (steps, first, second)

    return descend


def trained(function, data, descend, memory, reads_accuracy=False):
    x, y = jnp.array(data["x"]), jnp.array(data["y"])

    @jax.jit
    def update(params, memory):
        (loss, accuracy), grads = jax.value_and_grad(function, has_aux=True)(params, x, y)
        params, memory = descend(params, grads, memory)
        return params, memory, loss, accuracy

    params = [jnp.array(p) for p in data["params"]]
    state = [params, memory(params)]

    def step():
        state[0], state[1], loss, accuracy = update(*state)
        return loss, float(accuracy) if reads_accuracy else None

    for _ in range(peer.STEPS):
        loss, accuracy = step()
    check = accuracy if reads_accuracy else peer.signature(state[0])
    return peer.Prepared(loss, check, peer.whole(step, lambda: jax.block_until_ready(state[0])))


def differentiated(function, data):
    params = [jnp.array(p) for p in data["params"]]
    grad = jnp.array(data["grad"]) if "grad" in data else None

    @jax.jit
    def step(params, grad):
        out, pullback = jax.vjp(function, *params)
        return out, pullback(jnp.ones_like(out) if grad is None else grad)

    out, grads = step(params, grad)
    loss = out if grad is None else peer.signature([out])
    one = lambda: jax.block_until_ready(step(params, grad))
    return peer.Prepared(loss, peer.signature(grads), peer.whole(one))


def chained():
    w = jnp.array([peer.FACTOR], jnp.float32)
    both = jax.jit(jax.value_and_grad(chain))
    loss, grad = both(w)
    return peer.Prepared(loss, grad[0], peer.whole(lambda: jax.block_until_ready(both(w))))


def zeros(params):
    return [jnp.zeros_like(p) for p in params]


def prepare(work):
    data = peer.inputs(work)
    if work == "W1":
        return trained(epoch, data, sgd(peer.EPOCH["lr"]), lambda params: None, reads_accuracy=True)
    if work == "W2":
        return trained(logistic, data, sgd(0.01), lambda params: None)
    if work == "W3":
        return trained(mlp, data, momentum(0.01), zeros)
    if work == "W3-adam":
        return trained(mlp, data, adam(1e-4), lambda params: (jnp.float32(0), zeros(params), zeros(params)))
    if work == "W6":
        y = jnp.array(data["y"])
        return differentiated(lambda x: nll(x, y), data)
    if work == "W7":
        # Its halves are one compiled function.
        return chained()
    return differentiated(OUTPUTS[work], data) if work in OUTPUTS else None


peer.run("jax", jax.__version__, THREADS, prepare)
