"""Is it luck? Twenty seeds of the recipe, and of half and twice its learning rate.

    python benchmarks/stability.py            what is still missing, then the table
    python benchmarks/stability.py SEED LR    one run

Runs that data/results/stability.jsonl holds are not made again. In all it takes an hour of one core.
"""

from dataclasses import replace
from itertools import islice

import torch

from gan_tutorial.classifier import Evaluator
from gan_tutorial.experiments import records
from gan_tutorial.metrics import class_shares, frechet_distance
from gan_tutorial.pictures import fashion_mnist, images
from gan_tutorial.recipe import Recipe
from gan_tutorial.sampling import sample

RESULTS = records.FOLDER / "stability.jsonl"
RATES = [factor * Recipe().lr_G for factor in (0.5, 1, 2)]
SEEDS = range(20)


def run(seed: int, lr: float) -> dict:
    torch.set_num_threads(1)
    evaluator, recipe = Evaluator(), replace(Recipe(), seed=seed, lr_G=lr, lr_D=lr)
    players = recipe.players()
    for _ in islice(recipe.train(players, images(fashion_mnist()[0])), recipe.steps):
        pass
    h, logits = evaluator(sample(players.G_ema, 10_000)[0])
    fd, rarest = frechet_distance(evaluator.real, h), class_shares(logits).min().item()
    return {"seed": seed, "lr": lr, "steps": recipe.steps, "fd": round(fd, 2), "rarest": round(rarest, 4)}


def table(runs: list[dict]) -> str:
    lines = ["| learning rate | runs | Fréchet distance, median (range) | rarest class, least |", "|---|---|---|---|"]
    for lr in RATES:
        found = [run for run in runs if run["lr"] == lr]
        fd, rarest = [run["fd"] for run in found], min(run["rarest"] for run in found)
        lines.append(f"| {lr:g} | {len(found)} | {records.spread(fd, '.1f')} | {rarest:.1%} |")
    return "\n".join(lines)


def main() -> None:
    wanted = ({"seed": seed, "lr": lr} for seed in SEEDS for lr in RATES)
    runs = records.complete([__file__], RESULTS, wanted)
    records.report(RESULTS, runs, table(runs))


if __name__ == "__main__":
    if found := records.start(main, RESULTS, run):
        print(found, flush=True)
