"""What do the curves of a run say, and what must be measured? Short runs of notebook 07's recipe and of variants.

    python -m gan_tutorial.experiments.n07_curves             what is still missing, then the table
    python -m gan_tutorial.experiments.n07_curves ROW SEED    one run

Every run has 250 steps of G, the tenth part of the recipe's, and what is measured is G itself, without averaging.
Runs that data/results/curves.jsonl holds are not made again. In all it takes about a quarter of an hour of one core.
On another processor runs differ: with beta1 = 0.9, seeds 0 to 2 end with V -0.18, -0.10, -0.24 on an Intel Xeon.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from itertools import chain, islice
from statistics import median
from typing import Any

import torch
from torch import Tensor, nn

from ..classifier import Evaluator
from ..distributions import Data
from ..metrics import class_shares, frechet_distance
from ..networks import ConvDiscriminator
from ..objectives import OBJECTIVES
from ..observers import History, watch
from ..pictures import fashion_mnist, images
from ..recipe import Recipe
from ..sampling import sample
from ..training import Players, Step, train
from . import records

RESULTS = records.FOLDER / "curves.jsonl"
SEEDS = range(5)
STEPS = 250
Run = tuple[Players, Iterator[Step]]


def changed(*, critic_steps: int = 1, **numbers) -> Callable[[int, Data], Run]:
    """The recipe with some of its numbers changed, and with so many of D's steps before each step of G."""

    def start(seed: int, data: Data) -> Run:
        recipe = replace(Recipe(seed=seed), **numbers)
        players, game, n = recipe.players(), OBJECTIVES[recipe.objective], recipe.batch_size
        return players, train(players, data, game, batch_size=n, critic_steps=critic_steps, decay=recipe.decay)

    return start


def resting(seed: int, data: Data) -> Run:
    """From step 100 on, D does not move."""
    recipe = Recipe(seed=seed)
    players = recipe.players()
    return players, chain(islice(recipe.train(players, data), 100), recipe.train(players.only("G"), data))


def without_norms(seed: int, data: Data, **numbers) -> Run:
    """The recipe without BatchNorm, in either network."""
    recipe = replace(Recipe(seed=seed), **numbers)
    torch.manual_seed(seed)
    G, D = recipe.generator(), ConvDiscriminator(recipe.size, recipe.channels, recipe.widths_D)
    G.net = nn.Sequential(*(layer for layer in G.net.children() if not isinstance(layer, nn.BatchNorm2d)))
    players = recipe.optimised(G, D)
    return players, recipe.train(players, data)


RATE = Recipe().lr_G
USUAL: dict[str, Any] = dict(lr_G=1e-3, lr_D=1e-3, betas=(0.9, 0.999))  # Adam as PyTorch has it if nothing is said
ROWS: dict[str, Callable[[int, Data], Run]] = {
    "the recipe": changed(),
    "β₁ = 0.5": changed(betas=(0.5, 0.99)),
    "β₁ = 0.8": changed(betas=(0.8, 0.99)),
    "β₁ = 0.9": changed(betas=(0.9, 0.99)),
    "both rates 0.0002": changed(lr_G=2e-4, lr_D=2e-4),
    "β₁ = 0.9, both rates 0.0002": changed(betas=(0.9, 0.99), lr_G=2e-4, lr_D=2e-4),
    "both rates / 200": changed(lr_G=RATE / 200, lr_D=RATE / 200),
    "G's rate / 200": changed(lr_G=RATE / 200),
    "five steps of D": changed(critic_steps=5),
    "D rests": resting,
    "D's rate / 30": changed(lr_D=RATE / 30),
    "Adam's defaults": changed(**USUAL),
    "no BatchNorm": without_norms,
    "no BatchNorm, Adam's defaults": partial(without_norms, **USUAL),
}


def played(steps: Iterator[Step], n: int = STEPS) -> History:
    """V and L on the way, after so many steps of G."""
    history = History()
    for _ in watch(islice(steps, n), history):
        pass
    return history


def ends(history: History) -> dict[str, float]:
    """The medians of V and L over the last 100 steps, and the standard deviation of L in them."""
    V, L = (history.column(name)[-100:] for name in ("value", "cost"))
    return {"V": V.median().item(), "L": L.median().item(), "swing": L.std().item()}


def diversity(x: Tensor) -> float:
    """The share, in [0, 1], of the variance of all pixels of x (N, ...) that is left without the mean picture.

    It is 0 if all pictures are the same, and the same for a x + b as for x: dim pictures are no less diverse.
    """
    return ((x - x.mean(0)).square().mean() / (x - x.mean()).square().mean()).item()


def measure(players: Players, evaluator: Evaluator, seed: int) -> dict[str, float]:
    """G itself, with 2,000 pictures."""
    x, _ = sample(players.G.eval(), 2000, seed=seed + 1)
    h, logits = evaluator(x)
    commonest = class_shares(logits).max().item()
    return {"diversity": diversity(x), "FD": frechet_distance(evaluator.real, h), "commonest": commonest}


def run(row: str, seed: int) -> dict:
    torch.set_num_threads(1)
    players, steps = ROWS[row](seed, images(fashion_mnist()[0]))
    found = ends(played(steps)) | measure(players, Evaluator(), seed)
    return {"row": row, "seed": seed, **{name: round(value, 4) for name, value in found.items()}}


COLUMNS = {"V": ".2f", "L": ".2f", "swing": ".2f", "diversity": ".2f", "FD": ".0f", "commonest": ".0%"}


def summary(runs: list[dict], row: str) -> dict[str, tuple[float, float, float]]:
    """Median, least and largest of each column over the seeds."""
    columns = {name: [run[name] for run in runs if run["row"] == row] for name in COLUMNS}
    return {name: (median(values), min(values), max(values)) for name, values in columns.items()}


def table(runs: list[dict]) -> str:
    """Medians over the seeds, with the range, as Markdown."""
    x = fashion_mnist()[0][:2000, None] / 127.5 - 1
    lines = [
        f"After {STEPS} steps of G: median (range) of {len(SEEDS)} seeds. V and L are medians over a run's last 100 "
        f"steps, swing is the standard deviation of L in them. Real pictures have a diversity of {diversity(x):.2f}.",
        "",
        f"| row | {' | '.join(COLUMNS)} |",
        "|---" * (len(COLUMNS) + 1) + "|",
    ]
    for row in ROWS:
        found = summary(runs, row)
        cells = ["{:{form}} ({:{form}} to {:{form}})".format(*found[n], form=f) for n, f in COLUMNS.items()]
        lines.append(f"| {row} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    wanted = ({"row": row, "seed": seed} for row in ROWS for seed in SEEDS)
    runs = records.complete(["-m", __spec__.name], RESULTS, wanted)
    records.report(RESULTS, runs, table(runs))


if __name__ == "__main__":
    records.start(main, RESULTS, run)
