"""Inputs, timing and the printed line: `common/` for Python. What changes here changes there."""

import json
import statistics
import sys
import time

import numpy as np

STEPS = 20
WARM_UP, SAMPLE, ROUND = 0.3, 0.005, 0.3

EPOCH = dict(rows=455, inputs=30, hidden=100, lr=0.1, eps=1e-8)
SIZES = [784, 512, 512, 10]
CHAIN, FACTOR = 1000, 1.0001


def mix(stream, length):
    with np.errstate(over="ignore"):
        x = np.arange(length, dtype=np.uint32) * np.uint32(2654435761) + np.uint32(stream * 374761393 & 0xFFFFFFFF)
        x = (x ^ (x >> np.uint32(16))) * np.uint32(0x7FEB352D)
        x = (x ^ (x >> np.uint32(15))) * np.uint32(0x846CA68B)
        return x ^ (x >> np.uint32(16))


def numbers(stream, shape, scale):
    """Numbers spread evenly over `-scale .. scale`."""
    x = (mix(stream, int(np.prod(shape))) >> np.uint32(8)).astype(np.float32)
    return ((x / np.float32(8388608) - np.float32(1)) * np.float32(scale)).reshape(shape)


def labels(stream, length, classes):
    return ((mix(stream, length) >> np.uint32(8)) % np.uint32(classes)).astype(np.int64)


def layer(stream, rows, columns):
    return numbers(stream, (rows, columns), np.float32(1) / np.sqrt(np.float32(rows)))


def inputs(work):
    """The arrays of a work by name, as `common/src/inputs.rs` has them."""
    if work == "W1":
        return dict(
            x=numbers(1, (455, 30), 1.7), y=labels(2, 455, 2).astype(np.float32).reshape(455, 1),
            params=[layer(3, 30, 100), np.zeros(100, np.float32), layer(4, 100, 1), np.zeros(1, np.float32)],
        )
    if work == "W2":
        x = [[1, 2], [2, 3], [3, 1], [4, 3], [5, 3], [6, 2]]
        return dict(
            x=np.array(x, np.float32), y=np.array([[0], [0], [0], [1], [1], [1]], np.float32),
            params=[np.zeros((2, 1), np.float32), np.zeros(1, np.float32)],
        )
    if work.startswith("W3"):
        params = []
        for i in range(3):
            params += [layer(7 + i, SIZES[i], SIZES[i + 1]), np.zeros(SIZES[i + 1], np.float32)]
        return dict(x=numbers(5, (64, 784), 1.0), y=labels(6, 64, 10), params=params)
    if work == "W4":
        return dict(params=[numbers(10, 1_000_000, 2.0), numbers(11, 1_000_000, 2.0), numbers(12, 1_000_000, 1.0)])
    if work.startswith("W5"):
        n = int(work.split("-")[1])
        a, b, grad = (numbers(stream, (n, n), 1.0) for stream in (13, 14, 15))
        return dict(params=[a, b], grad=grad)
    if work == "W6":
        return dict(params=[numbers(16, (4096, 1000), 3.0)], y=labels(17, 4096, 1000))
    if work == "layer_norm":
        params = [numbers(18, (64, 128, 512), 2.0), numbers(19, (512,), 1.0), numbers(20, (512,), 1.0)]
        return dict(params=params, grad=numbers(21, (64, 128, 512), 1.0))
    if work == "attention":
        shape = (8, 128, 64)
        return dict(params=[numbers(s, shape, 1.7) for s in (22, 23, 24)], grad=numbers(25, shape, 1.0))
    if work == "conv2d":
        shape = (8, 32, 28, 28)
        params = [numbers(26, shape, 1.7), numbers(27, (32, 32, 3, 3), 0.06), numbers(28, (32,), 0.06)]
        return dict(params=params, grad=numbers(29, shape, 1.0))
    return {}


def signature(arrays):
    """A number that stands for many, in which each counts by its place."""
    total = 0.0
    for a in arrays:
        a = np.asarray(a, np.float64).ravel()
        total += float(np.sum((1 + (np.arange(a.size) % 97) / 97) * a * a))
    return total**0.5


class Prepared:
    """One step of a work, `step(calls)`, which returns the seconds that so many calls took."""

    def __init__(self, loss, check, step):
        self.loss, self.check, self.step = float(loss), float(check), step

    def calls(self):
        start, calls, spent = time.perf_counter(), 0, 0.0
        while calls < 3 or time.perf_counter() - start < WARM_UP:
            spent += self.step(1)
            calls += 1
        return max(1, int(np.ceil(SAMPLE / (spent / calls))))

    def round(self, calls):
        start = time.perf_counter()
        self.step(calls)
        samples = []
        while len(samples) < 3 or time.perf_counter() - start < ROUND:
            samples.append(self.step(calls) / calls)
        return samples


def whole(f, wait=lambda: None):
    """Times calls of `f`, with `wait` for what is still under way at their end."""

    def step(calls):
        start = time.perf_counter()
        for _ in range(calls):
            f()
        wait()
        return time.perf_counter() - start

    return step


def run(system, version, threads, prepare):
    """The whole of a program: `WORK THREADS ROUNDS [turns]`."""
    work, _, rounds, *turns = sys.argv[1:]
    say = lambda line: print(line, flush=True)
    prepared = prepare(work)
    if prepared is None:
        return say(json.dumps(dict(work=work, system=system, missing=True)))
    calls = prepared.calls()
    if turns:
        say("ready")
    samples, medians = [], []
    for _ in range(int(rounds)):
        if turns:
            sys.stdin.readline()
        samples += (taken := prepared.round(calls))
        medians.append(statistics.median(taken))
        if turns:
            say("done")
    say(json.dumps(dict(
        work=work, system=system, version=version, threads=threads, loss=prepared.loss, check=prepared.check,
        median=statistics.median(samples), minimum=min(samples), rounds=medians,
    )))
