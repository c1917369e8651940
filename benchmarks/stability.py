"""Is it luck? Twenty seeds of the recipe, and of half and twice its learning rate: python benchmarks/stability.py

Runs that results/stability.jsonl holds are not made again. In all it takes an hour of one core.
"""

import json
from dataclasses import replace
from itertools import islice
from pathlib import Path
from statistics import median

import torch

from gan_tutorial.config import Config
from gan_tutorial.data import fashion_mnist, images
from gan_tutorial.evaluation import Judge, sample
from gan_tutorial.metrics import class_shares, frechet_distance

RESULTS = Path(__file__).with_name("results") / "stability.jsonl"
RATES = [factor * Config().lr for factor in (1, 0.5, 2)]
SEEDS = range(20)


def load() -> list[dict]:
    return [json.loads(line) for line in RESULTS.read_text("utf-8").splitlines()] if RESULTS.exists() else []


def main() -> None:
    torch.set_num_threads(1)
    judge, data = Judge(), images(fashion_mnist()[0])
    RESULTS.parent.mkdir(exist_ok=True)
    for seed in SEEDS:
        for lr in RATES:
            if any((run["seed"], run["lr"]) == (seed, lr) for run in load()):
                continue
            config = replace(Config(), seed=seed, lr=lr)
            players = config.players()
            for _ in islice(config.train(players, data), config.steps):
                pass
            h, logits = judge(sample(players.G_ema, 10_000)[0])
            shares, fd = class_shares(logits), frechet_distance(judge.real, h)
            run = {
                "seed": seed,
                "lr": lr,
                "steps": config.steps,
                "fd": round(fd, 2),
                "rarest": round(shares.min().item(), 4),
            }
            with RESULTS.open("a", encoding="utf-8") as file:
                file.write(json.dumps(run) + "\n")
            print(run, flush=True)
    print("| learning rate | runs | Fréchet distance, median (range) | rarest class, least |\n|---|---|---|---|")
    for lr in sorted(RATES):
        runs = [run for run in load() if run["lr"] == lr]
        fd = [run["fd"] for run in runs]
        rarest = min(run["rarest"] for run in runs)
        print(f"| {lr:g} | {len(runs)} | {median(fd):.1f} ({min(fd):.1f}–{max(fd):.1f}) | {rarest:.1%} |")


if __name__ == "__main__":
    main()
