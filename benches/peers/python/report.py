"""What the comparison's figures are shown as: tables in RESULTS.md and README.md."""

import datetime
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess

HERE = pathlib.Path(__file__).resolve().parent.parent
README = HERE.parent.parent / "README.md"
OURS = "retrograd"
# The load average from which the machine is not quiet.
BUSY = 0.7

WORKS = {
    "W1": "epoch of the breast-cancer network, 455x30-100-1",
    "W2": "step of logistic regression, 6x2",
    "W3": "step of an MLP 784-512-512-10, batch 64, momentum",
    "W3-adam": "the same with Adam",
    "W4": "sum(sigmoid(x w + b)), 10^6 each, three gradients",
    "W5-512": "product 512x512 and both gradients",
    "W5-1024": "product 1024x1024 and both gradients",
    "W6": "log-softmax and NLL, 4096x1000",
    "W7": "1,000 products of one number and their gradient",
    "W7-forward": "of these, recording",
    "W7-backward": "of these, going back",
    "layer_norm": "layer norm, 64x128x512",
    "attention": "attention, 8x128x64",
    "conv2d": "conv2d 3x3, 8x32x28x28, 32 channels",
}
ORDER = [OURS, "retrograd-replay", "retrograd-native", "limit", "torch", "torch-compile", "jax", "candle", "burn"]
NAMES = {
    "retrograd-replay": "replayed",
    "retrograd-native": "for this CPU",
    "limit": "by hand",
    "torch": "PyTorch",
    "torch-compile": "torch.compile",
    "jax": "JAX jit",
}
NOTES = """Every cell is the median over all rounds; in each round every system had its turn of at least 0.3 s, each round in
another order. In brackets: the median over the rounds of its time by retrograd's in the same round, so above 1
retrograd is the faster. All systems begin with the same inputs; loss and gradients (or the trained parameters, or the
accuracy) agree within 0.1 %, else the run fails.

- candle and burn are built with `-C target-cpu=native`; gemm, the crate under them, has its AVX-512 on. retrograd and the
  loops by hand choose their instructions at run time and are built without flags. "For this CPU" is retrograd with the flag.
- Replayed: retrograd's step recorded once by `tape::Plan`, then replayed without a tape.
- By hand: the same work in safe Rust without a tape, on one thread, products by `faer`.
- torch.compile compiles forward, loss and optimizer step; JAX jits the whole step. JAX on one thread is pinned to a core.
- JAX compiles the chain of W7 into one function, which has no halves to be timed.
- W1 reads the accuracy in each epoch; nothing else is read from the other works' steps.
- JAX needs an `optimization_barrier` in W1 and W2: XLA rewrites `(1 - p) + 1e-8` and trains to NaN without.
- candle and burn start backward from ones alone: where the output has a gradient, they multiply it with the output.
- candle's fused layer norm and burn's fused attention have no backward: the composed ones stand here.
"""


def machine():
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    run = lambda *command: subprocess.run(command, capture_output=True, text=True, cwd=HERE).stdout.strip()
    return dict(
        date=datetime.datetime.now(datetime.timezone.utc).strftime("%d %B %Y"),
        cpu=cpu.group(1) if cpu else platform.processor(),
        cores=len(os.sched_getaffinity(0)),
        system=f"{platform.system()} {platform.machine()}",
        rustc=run("rustc", "--version"),
        commit=run("git", "rev-parse", "--short", "HEAD"),
        load=round(os.getloadavg()[0], 1),
    )


def show(seconds):
    for unit, size in (("s", 1), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


def ratio(answer, ours):
    """How much longer a system takes than retrograd in the same run, round by round."""
    return statistics.median(theirs / mine for theirs, mine in zip(answer["rounds"], ours["rounds"]))


def name(system):
    return NAMES.get(system, system)


def figure(ratio):
    return f"{ratio:.2g}" if ratio < 0.1 else f"{ratio:.2f}" if ratio < 10 else f"{ratio:.0f}"


def line(work, threads, figures):
    """One work's figures for who waits at the terminal."""
    cells = [f"{answer['system']} {show(answer['median'])}" for answer in figures]
    return f"{work} {threads} threads: " + ", ".join(cells)


def by_place(results):
    return {(answer["work"], answer["threads"], answer["system"]): answer for answer in results["figures"]}


def merged(results):
    """The stored results with these in their places."""
    file = HERE / "results.json"
    stored = json.loads(file.read_text()) if file.exists() else dict(figures=[])
    places = by_place(stored) | by_place(results)
    order = {system: number for number, system in enumerate(ORDER)}
    figures = sorted(places.values(), key=lambda answer: order[answer["system"]])
    return dict(results, figures=figures)


def systems_of(results):
    return list(dict.fromkeys(answer["system"] for answer in results["figures"]))


def works_of(results):
    return [work for work in WORKS if any(answer["work"] == work for answer in results["figures"])]


def tables(results):
    """The tables of all figures, one for each number of threads."""
    places, systems = by_place(results), systems_of(results)
    parts = []
    for threads in sorted({answer["threads"] for answer in results["figures"]}):
        rows = [["work", *map(name, systems)], ["---"] * (len(systems) + 1)]
        for work in works_of(results):
            row = [f"{work}: {WORKS[work]}" if work.startswith("W") else WORKS[work]]
            for system in systems:
                answer = places.get((work, threads, system))
                cell = show(answer["median"]) if answer else "-"
                if answer and "ratio" in answer and system != OURS:
                    cell += f" [{figure(answer['ratio'])}]"
                row.append(cell)
            rows.append(row)
        title = "One thread" if threads == 1 else f"{threads} threads"
        parts.append(f"## {title}\n" + "\n".join("| " + " | ".join(row) + " |" for row in rows))
    return "\n\n".join(parts)


def versions(results):
    found = {answer["system"]: answer["version"] for answer in results["figures"]}
    skipped = {"limit", "torch-compile", "retrograd-replay", "retrograd-native"}
    return ", ".join(f"{name(s)} {v}" for s, v in found.items() if s not in skipped)


def about(results):
    machine = results["machine"]
    text = f"{machine['date']}, {machine['cpu']}, {machine['cores']} cores, {machine['rustc']}; {versions(results)}"
    if machine["load"] > BUSY:
        text += (
            f". **Other work ran beside it (load {machine['load']} at the start)**, which slows most what needs all"
            " cores at once: the figures for two threads say little, and the others are rough"
        )
    return text


def write_results(results):
    text = f"""# Results
Written by `benches/peers/run`. {about(results)}; commit {results['machine']['commit']}, {results['rounds']} rounds.

{NOTES}
{tables(results)}
"""
    (HERE / "RESULTS.md").write_text(text)


def write_readme(results):
    """Puts the table of ratios between the README's two marks."""
    places = by_place(results)
    systems = [s for s in systems_of(results) if s not in (OURS, "retrograd-native")]
    rows = [["work", "retrograd", *map(name, systems)], ["---"] * (len(systems) + 2)]
    for work in works_of(results):
        if work in ("W7-forward", "W7-backward"):
            continue
        times = [places[work, threads, OURS] for threads in (1, 2)]
        row = [WORKS[work], " / ".join(show(answer["median"]) for answer in times)]
        for system in systems:
            answers = [places.get((work, threads, system)) for threads in (1, 2)]
            cells = [figure(answer["ratio"]) if answer else "-" for answer in answers]
            row.append(" / ".join(cells) if cells != ["-", "-"] else "-")
        rows.append(row)
    table = "\n".join("| " + " | ".join(row) + " |" for row in rows)
    text = README.read_text()
    start, end = "<!-- peers: written by benches/peers/run --readme -->\n", "<!-- end of peers -->"
    before, rest = text.split(start)
    _, after = rest.split(end)
    README.write_text(f"{before}{start}{table}\n\n{about(results)}.\n{end}{after}")


def write_all(interpreter):
    """Every page, from the figures of the last whole run."""
    results = json.loads((HERE / "results.json").read_text())
    write_results(results)
    write_readme(results)
    subprocess.run([interpreter, str(HERE / "python" / "plot.py")], check=True)
