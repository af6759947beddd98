"""Draws `speed.svg` from `results.json`: every system's time by retrograd's, work by work."""

import json

import matplotlib

matplotlib.use("Agg")
matplotlib.rcParams["svg.hashsalt"] = "retrograd"
matplotlib.rcParams["font.size"] = 9

from matplotlib import pyplot  # noqa: E402

import report  # noqa: E402

# Colours that differ for the colour-blind, too, and shapes that differ in print.
STYLES = {
    "limit": ("black", "|"),
    "retrograd-replay": ("#0072b2", "<"),
    "torch": ("#d55e00", "o"),
    "torch-compile": ("#e69f00", "s"),
    "jax": ("#009e73", "^"),
    "candle": ("#cc79a7", "D"),
    "burn": ("#56b4e9", "v"),
}


def draw(axes, results, threads):
    places, works = report.by_place(results), report.works_of(results)
    for system, (colour, shape) in STYLES.items():
        points = []
        for row, work in enumerate(works):
            if answer := places.get((work, threads, system)):
                points.append((answer["ratio"], row))
        if points:
            x, y = zip(*points)
            size = 90 if shape == "|" else 26
            axes.scatter(x, y, s=size, c=colour, marker=shape, label=report.name(system), zorder=3, alpha=0.9)
    axes.axvline(1, color="#0072b2", linewidth=1.5, zorder=2)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:g}")
    axes.set_yticks(range(len(works)), [report.WORKS[work] for work in works])
    axes.set_ylim(len(works) - 0.5, -0.5)
    axes.grid(axis="both", color="#dddddd", linewidth=0.6, zorder=0)
    axes.set_title("one thread" if threads == 1 else f"{threads} threads", fontsize=10)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    axes.tick_params(axis="y", length=0)


def main():
    results = json.loads((report.HERE / "results.json").read_text())
    height = 1.6 + 0.34 * len(report.works_of(results))
    figure, panels = pyplot.subplots(1, 2, figsize=(12.5, height), sharex=True, sharey=True, layout="constrained")
    for axes, threads in zip(panels, (1, 2)):
        draw(axes, results, threads)
    figure.suptitle("time divided by retrograd's, log scale; right of 1, retrograd is faster", fontsize=10)
    handles, names = panels[0].get_legend_handles_labels()
    figure.legend(handles, names, loc="outside lower center", ncols=len(names), frameon=False)
    figure.savefig(report.HERE / "speed.svg", metadata={"Date": None}, facecolor="white")


if __name__ == "__main__":
    main()
