"""The works by PyTorch, eager; with PEERS_COMPILE=1 by torch.compile."""

import os
import sys
import time

import torch
import torch.nn.functional as F

import peer

THREADS = int(sys.argv[2])
COMPILED = os.environ.get("PEERS_COMPILE") == "1"
compiled = torch.compile if COMPILED else lambda f: f


def bce(out, y):
    eps = peer.EPOCH["eps"]
    return -(y * torch.log(out + eps) + (1 - y) * torch.log(1 - out + eps)).mean()


def epoch(x, y, w1, b1, w2, b2):
    out = torch.sigmoid(torch.sigmoid(x @ w1 + b1) @ w2 + b2)
    return bce(out, y), ((out > 0.5) == y).float().mean()


def logistic(x, y, w, b):
    return (bce(torch.sigmoid(x @ w + b), y),)


def mlp(x, y, w1, b1, w2, b2, w3, b3):
    hidden = torch.relu(torch.relu(x @ w1 + b1) @ w2 + b2)
    return (F.cross_entropy(hidden @ w3 + b3, y),)


def chain(w):
    y = w
    for _ in range(peer.CHAIN):
        y = y * w
    return y


OUTPUTS = {
    "W4": lambda x, w, b: torch.sigmoid(x * w + b).sum(),
    "W5-512": torch.mm,
    "W5-1024": torch.mm,
    "W6": lambda x, y: F.nll_loss(F.log_softmax(x, 1), y),
    "layer_norm": lambda x, weight, bias: F.layer_norm(x, weight.shape, weight, bias, 1e-5),
    "attention": F.scaled_dot_product_attention,
    "conv2d": lambda x, weight, bias: F.conv2d(x, weight, bias, padding=1),
}


def trained(function, data, optimizer_of, reads_accuracy):
    x, y = torch.from_numpy(data["x"]), torch.from_numpy(data["y"])
    params = [torch.from_numpy(p).requires_grad_() for p in data["params"]]
    optimizer = optimizer_of(params)
    function, update = compiled(function), compiled(lambda: optimizer.step())

    def step():
        out = function(x, y, *params)
        optimizer.zero_grad()
        out[0].backward()
        update()
        return out[0], out[1].item() if reads_accuracy else None

    for _ in range(peer.STEPS):
        loss, accuracy = step()
    check = accuracy if reads_accuracy else peer.signature([p.detach().numpy() for p in params])
    return peer.Prepared(loss.item(), check, peer.whole(step))


def differentiated(function, data):
    params = [torch.from_numpy(p).requires_grad_() for p in data["params"]]
    more = [torch.from_numpy(data["y"])] if "y" in data else []
    grad = torch.from_numpy(data["grad"]) if "grad" in data else None
    function = compiled(function)

    def step():
        for p in params:
            p.grad = None
        out = function(*params, *more)
        out.backward(grad)
        return out

    out = step().detach()
    loss = out.item() if grad is None else peer.signature([out.numpy()])
    return peer.Prepared(loss, peer.signature([p.grad.numpy() for p in params]), peer.whole(step))


def chained(part):
    w = torch.tensor([peer.FACTOR], requires_grad=True)
    function = compiled(chain)

    def step():
        w.grad = None
        start = time.perf_counter()
        out = function(w)
        middle = time.perf_counter()
        out.backward()
        end = time.perf_counter()
        value = out.item()
        del out
        whole = time.perf_counter() - start
        return value, {"W7": whole, "W7-forward": middle - start, "W7-backward": end - middle}[part]

    loss, _ = step()
    return peer.Prepared(loss, w.grad.item(), lambda calls: sum(step()[1] for _ in range(calls)))


def prepare(work):
    data = peer.inputs(work)
    if work == "W1":
        return trained(epoch, data, lambda params: torch.optim.SGD(params, peer.EPOCH["lr"]), True)
    if work == "W2":
        return trained(logistic, data, lambda params: torch.optim.SGD(params, 0.01), False)
    if work == "W3":
        return trained(mlp, data, lambda params: torch.optim.SGD(params, 0.01, momentum=0.9), False)
    if work == "W3-adam":
        return trained(mlp, data, lambda params: torch.optim.Adam(params, 1e-4), False)
    if work.startswith("W7"):
        return chained(work)
    return differentiated(OUTPUTS[work], data) if work in OUTPUTS else None


torch.set_num_threads(THREADS)
peer.run("torch-compile" if COMPILED else "torch", torch.__version__.split("+")[0], THREADS, prepare)
