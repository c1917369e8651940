"""Fréchet distance against CPU seconds, of our recipe and of published ones.

    python benchmarks/quality.py               what is still missing, then the figure and the table
    python benchmarks/quality.py RECIPE SEED   one run

Each run is a process of one thread. A recipe's first seed goes by its own processor time, of training only: let
it have the machine to itself. At each mark the other seeds have made as many steps as the first one had, so
other work on the machine changes nothing. (Of ours seeds 1 and 2 and of the others seed 1 are older: they too
went by their own processor time.) Ten thousand pictures by the averaged G are compared with the test pictures in
the features of the shipped classifier. Runs that data/results/quality.jsonl holds are not made again; delete the
file to start afresh. In all it takes eight hours of one core.
"""

import time
from statistics import median

import torch
from matplotlib.figure import Figure
from recipes import RECIPES

from gan_tutorial.classifier import Evaluator
from gan_tutorial.experiments import records
from gan_tutorial.metrics import class_shares, frechet_distance
from gan_tutorial.pictures import fashion_mnist
from gan_tutorial.sampling import sample

RESULTS = records.FOLDER / "quality.jsonl"
MARKS = (5, 10, 15, 20, 30, 40, 60, 90, 120, 180, 240, 360, 480, 600)  # CPU seconds
SEEDS = range(5)


def run(name: str, seed: int) -> dict:
    """One run, with the faster order in memory for everybody."""
    torch.set_num_threads(1)
    torch.manual_seed(seed)
    evaluator, (players, steps) = Evaluator(), RECIPES[name](fashion_mnist()[0], seed)
    for network in (players.G, players.D, players.G_ema):
        network.to(memory_format=torch.channels_last)
    found = (run["rows"] for run in records.load(RESULTS) if (run["recipe"], run["seed"]) == (name, SEEDS[0]))
    first = next(found, None)
    rows, seconds = [], 0.0
    for k, mark in enumerate(MARKS):
        while players.step < first[k]["step"] if first else seconds < mark:
            began = time.process_time()
            next(steps)
            seconds += time.process_time() - began
        x, _ = sample(players.G_ema, 10_000)
        border = (x.shape[-1] - 28) // 2
        h, logits = evaluator(x[..., border : border + 28, border : border + 28].clamp(-1, 1))  # R3GAN has no tanh
        fd, rarest = frechet_distance(evaluator.real, h), class_shares(logits).min().item()
        rows.append({"seconds": mark, "step": players.step, "fd": round(fd, 2), "rarest": round(rarest, 4)})
        print(name, seed, rows[-1], flush=True)
    return {"recipe": name, "seed": seed, "rows": rows}


def distances(runs: list[dict], seconds: float) -> list[float]:
    return [row["fd"] for run in runs for row in run["rows"] if row["seconds"] == seconds]


def reached(run: dict, distance: float) -> float:
    """The first mark at which the run was at `distance` or nearer; infinity if it never was."""
    return next((row["seconds"] for row in run["rows"] if row["fd"] <= distance), float("inf"))


def table(runs: dict[str, list[dict]]) -> str:
    """Medians over seeds, with the range, as Markdown."""
    goals, marks = (400, 200, 100, 50), (5, 20, 60, 240, 600)
    head = [f"CPU s to FD {goal}" for goal in goals] + [f"FD after {mark} s" for mark in marks]
    lines = ["| recipe | runs | steps | " + " | ".join(head) + " |", "|---" * (len(head) + 3) + "|"]
    for name, found in runs.items():
        steps = [run["rows"][-1]["step"] for run in found]
        cells = [str(len(found)), records.spread(steps, ",.0f")]
        for goal in goals:
            when = median(reached(run, goal) for run in found)
            cells.append(f"{when:g}" if when < float("inf") else "not in 600")
        for mark in marks:
            fd = distances(found, mark)
            cells.append(records.spread(fd, ".1f"))
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def draw(runs: dict[str, list[dict]]) -> None:
    """The median of each recipe as a curve, its range as a band."""
    figure = Figure(figsize=(8, 4.5), layout="constrained")
    ax = figure.subplots()
    colours = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe & Ito
    for (name, found), colour in zip(runs.items(), colours, strict=True):
        columns = [distances(found, mark) for mark in MARKS]
        ax.plot(MARKS, list(map(median, columns)), color=colour, label=name)
        ax.fill_between(MARKS, list(map(min, columns)), list(map(max, columns)), color=colour, alpha=0.2, lw=0)
    ax.set(xscale="log", yscale="log", xlabel="CPU seconds of training (one thread)", ylabel="Fréchet distance")
    ax.set_xticks((5, 10, 20, 60, 120, 240, 600), ("5", "10", "20", "60", "120", "240", "600"))
    ax.set_yticks((10, 20, 50, 100, 200, 400), ("10", "20", "50", "100", "200", "400"))
    ax.minorticks_off()
    ax.legend()
    figure.savefig(RESULTS.with_suffix(".png"), dpi=110)


def main() -> None:
    wanted = ({"recipe": name, "seed": seed} for seed in SEEDS for name in RECIPES)
    runs = records.complete([__file__], RESULTS, wanted)
    of = {name: [run for run in runs if run["recipe"] == name] for name in RECIPES}
    draw(of)
    records.report(RESULTS, runs, table(of))


if __name__ == "__main__":
    records.start(main, RESULTS, run)
