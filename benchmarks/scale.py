"""What does a larger machine do for the recipe? (notebook 15)

    python benchmarks/scale.py              what is still missing, then the tables
    python benchmarks/scale.py WAY SEED     one run

Each way trains on 80,000 pictures: alone in 2,500 steps of 32, or in fewer steps by several processes that average
their gradients, each with a batch of 32. The averaged weights look back over as many pictures in each way. Beside
that, how long a step takes, of the recipe and of a pair that is twice as wide, in three ways: median of 60 steps of
one thread. Runs that data/results/scale.jsonl holds are not made again. In all it takes three quarters of an hour of
one core, and a C++ compiler for torch.compile.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path

import torch
from speed import seconds

from gan_tutorial.classifier import Evaluator
from gan_tutorial.experiments import records
from gan_tutorial.metrics import class_shares, frechet_distance
from gan_tutorial.pictures import fashion_mnist, images
from gan_tutorial.pretrained import load_generator
from gan_tutorial.recipe import Recipe
from gan_tutorial.sampling import sample
from gan_tutorial.training import Step

RESULTS = records.FOLDER / "scale.jsonl"
SEEDS = range(5)
WIDE = Recipe(widths_G=(128, 64), full_size_maps=32, widths_D=(32, 64, 128))


@dataclass(frozen=True)
class Way:
    processes: int = 1
    faster: float = 1.0  # the learning rate, in that of the recipe
    half: bool = False  # products in bfloat16


WAYS = {
    "alone": Way(),
    "alone, bfloat16": Way(half=True),
    "2 processes": Way(2),
    "4 processes": Way(4),
    "8 processes": Way(8),
    "8 processes, twice the rate": Way(8, 2.0),
}


def bfloat16(steps: Iterator[Step]) -> Iterator[Step]:
    """The same steps, with their products in bfloat16. No short copy of a weight is kept: D learns within a step."""
    while True:
        with torch.autocast("cpu", torch.bfloat16, cache_enabled=False):
            step = next(steps)
        yield step


def configured(way: Way, seed: int) -> Recipe:
    recipe, n = Recipe(), way.processes
    lr = recipe.lr_G * way.faster
    return replace(recipe, seed=seed, lr_G=lr, lr_D=lr, decay=recipe.decay**n, steps=recipe.steps // n)


def run(name: str, seed: int) -> dict:
    torch.set_num_threads(1)
    way = WAYS[name]
    recipe = configured(way, seed)
    if way.processes == 1:
        players = recipe.players()
        steps = recipe.train(players, images(fashion_mnist()[0]))
        for _ in islice(bfloat16(steps) if way.half else steps, recipe.steps):
            pass
        G = players.G_ema
    else:
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "G.safetensors"
            here = ["--standalone", "--local-addr", "127.0.0.1", "--nproc-per-node", way.processes]
            command = [sys.executable, "-m", "torch.distributed.run", *here]
            command += ["-m", "gan_tutorial", "train", "--out", file, "--seed", seed]
            command += ["--lr", recipe.lr_G, "--decay", recipe.decay, "--steps", recipe.steps]
            subprocess.run([str(word) for word in command], check=True, capture_output=True)
            G = load_generator(file)
    evaluator = Evaluator()
    h, logits = evaluator(sample(G, 10_000)[0])
    fd, rarest = frechet_distance(evaluator.real, h), class_shares(logits).min().item()
    return {"way": name, "seed": seed, "steps": recipe.steps, "fd": round(fd, 2), "rarest": round(rarest, 4)}


def step_times() -> str:
    """Milliseconds per step, as Markdown."""
    torch.set_num_threads(1)
    data = images(fashion_mnist()[0])
    lines = ["| ms per step | float32 | bfloat16 | compiled |", "|---|---|---|---|"]
    for name, recipe in (("the recipe", Recipe()), ("twice as wide", WIDE)):
        plain, half, compiled = (recipe.players() for _ in range(3))
        compiled.G.compile()
        compiled.D.compile()
        runs = (recipe.train(plain, data), bfloat16(recipe.train(half, data)), recipe.train(compiled, data))
        times = (seconds(partial(next, steps), "cpu", rounds=60) for steps in runs)
        lines.append(f"| {name} | " + " | ".join(f"{1e3 * t:.1f}" for t in times) + " |")
    return "\n".join(lines)


def table(runs: list[dict]) -> str:
    """Medians over seeds, with the range, as Markdown."""
    lines = ["| way | runs | steps | Fréchet distance, median (range) | rarest class, least |", "|---|---|---|---|---|"]
    for name in WAYS:
        found = [run for run in runs if run["way"] == name]
        fd, rarest = [run["fd"] for run in found], min(run["rarest"] for run in found)
        spread = records.spread(fd, ".1f")
        lines.append(f"| {name} | {len(found)} | {found[0]['steps']:,} | {spread} | {rarest:.1%} |")
    return "\n".join(lines)


def main() -> None:
    runs = records.complete([__file__], RESULTS, ({"way": way, "seed": seed} for seed in SEEDS for way in WAYS))
    records.report(RESULTS, runs, f"{table(runs)}\n\n{step_times()}")


if __name__ == "__main__":
    if found := records.start(main, RESULTS, run):
        print(found, flush=True)
