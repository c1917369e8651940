"""What becomes of G while D rests, and once D answers again (notebook 08)?

    python -m gan_tutorial.experiments.n08_rest             what is still missing, then the table
    python -m gan_tutorial.experiments.n08_rest ROW SEED    one run

First START steps of notebook 07's recipe. Then D moves in every hundredth step only, for REST steps. From there on G
goes two ways: on like this, or with D moving in each step. Beside them a run that was never disturbed. In the second
row D has no BatchNorm, so that it looks at each picture by itself; that run ends where the ways part. In all it takes
ten minutes of one core.
"""

import copy
from collections.abc import Iterable
from itertools import islice

import torch
from torch import Tensor

from ..classifier import Evaluator
from ..distributions import Data
from ..metrics import class_shares, frechet_distance, neighbours
from ..networks import ConvDiscriminator
from ..pictures import fashion_mnist, images
from ..recipe import Recipe
from ..sampling import FromLatents, sample
from ..training import Players
from . import records
from .n07_curves import diversity

RESULTS = records.FOLDER / "rest.jsonl"
ROWS = ("the recipe", "D without BatchNorm")
SEEDS = range(5)
START, EVERY, REST = 1000, 100, 300
LOOKS = {  # arm: (after which arm, D moves in every so many steps, steps after which we look)
    "D rests": ("start", EVERY, (99, 199, 299)),
    "D rests on": ("D rests", EVERY, (99, 199)),
    "D answers": ("D rests", 1, (24, 49, 99, 199)),
    "undisturbed": ("start", 1, (499,)),
}


def cast(row: str, seed: int) -> Players:
    """The recipe's players; in the second row with a D that has no BatchNorm."""
    recipe = Recipe(seed=seed)
    if row == "the recipe":
        return recipe.players()
    torch.manual_seed(seed)
    return recipe.optimised(recipe.generator(), ConvDiscriminator(recipe.size, recipe.channels, recipe.widths_D))


def go_on(players: Players, data: Data, every: int, looks: Iterable[int]) -> dict[int, tuple[FromLatents, float]]:
    """So many steps of G, with D moving in each `every`-th: {step: (a copy of G, D(G(z)))}.

    D(G(z)) is exp(-L), the geometric mean of what D says of the step's fakes. One step is taken after the last look:
    there D moves.
    """
    recipe, found, looks = Recipe(), {}, tuple(looks)
    both, only_G = recipe.train(players, data), recipe.train(players.only("G"), data)
    for k in range(1, looks[-1] + 2):
        step = next(both if k % every == 0 else only_G)
        if k in looks:
            found[k] = copy.deepcopy(players.G).eval(), (-step.cost).exp().item()
    return found


def play(
    players: Players, data: Data, arms: Iterable[str] = tuple(LOOKS)
) -> dict[str, dict[int, tuple[FromLatents, float]]]:
    """The arms, from players that have taken START steps: {arm: {step since the start: (G, D(G(z)))}}."""
    states, steps = {"start": copy.deepcopy(players.state_dict())}, {"start": 0}
    played: dict[str, dict[int, tuple[FromLatents, float]]] = {}
    for arm in arms:
        before, every, looks = LOOKS[arm]
        players.load_state_dict(copy.deepcopy(states[before]))
        played[arm] = {steps[before] + k: seen for k, seen in go_on(players, data, every, looks).items()}
        states[arm], steps[arm] = copy.deepcopy(players.state_dict()), steps[before] + looks[-1] + 1
    return played


class Measures:
    """What we say of a generator: 1,000 pictures, always of the same latents, against the test pictures."""

    def __init__(self, evaluator: Evaluator, seed: int) -> None:
        self.evaluator, self.seed = evaluator, seed

    def __call__(self, G: FromLatents) -> tuple[dict[str, float], Tensor]:
        """The measures, and the classes that the classifier sees."""
        x, _ = sample(G, 1000, seed=self.seed + 1)
        h, logits = self.evaluator(x)
        balls = neighbours(self.evaluator.real[:1000], h)
        found = {"diversity": diversity(x), "FD": frechet_distance(self.evaluator.real, h)}
        found |= {"precision": balls.precision, "recall": balls.recall, "coverage": balls.coverage}
        shares = class_shares(logits)
        return found | {"commonest": shares.max().item(), "rarest": shares.min().item()}, logits.argmax(1)


def run(row: str, seed: int) -> dict:
    """The curves of G and G_ema on the way to START, and what each arm's G is at each look.

    "same" is the share of the latents whose class is that of the start.
    """
    torch.set_num_threads(1)
    measure, data = Measures(Evaluator(), seed), images(fashion_mnist()[0])
    players = cast(row, seed)
    steps, way = Recipe(seed=seed).train(players, data), []
    for _ in range(START // 100):
        for _ in islice(steps, 100):
            pass
        if row == ROWS[0]:
            both = {"G": players.G, "G_ema": players.G_ema}
            way.append(rounded({name: measure(G)[0] for name, G in both.items()}))
    start, classes = measure(players.G)
    looks = [{"arm": "start", "step": 0, "same": 1.0} | start]
    for arm, seen in play(players, data, LOOKS if row == ROWS[0] else ("D rests",)).items():
        for k, (G, said) in seen.items():
            found, now = measure(G)
            same = (now == classes).double().mean().item()
            looks.append({"arm": arm, "step": k, "same": same, "D(G(z))": said} | found)
    return {"row": row, "seed": seed, "way": way, "looks": [rounded(look) for look in looks]}


def rounded(found: dict) -> dict:
    """Numbers with four decimals, also within."""
    kinds = {float: lambda x: round(x, 4), dict: rounded}
    return {name: kinds.get(type(value), lambda x: x)(value) for name, value in found.items()}


COLUMNS = {
    **{"diversity": ".2f", "FD": ".0f", "precision": ".2f", "recall": ".2f", "coverage": ".2f"},
    **{"commonest": ".0%", "D(G(z))": ".2f", "same": ".0%"},
}


def column(runs: list[dict], row: str, arm: str, step: int, name: str) -> list[float]:
    """One measure at one look, for each seed in turn."""
    looks = [look for run in sorted(runs, key=lambda r: r["seed"]) if run["row"] == row for look in run["looks"]]
    return [look[name] for look in looks if (look["arm"], look["step"]) == (arm, step) and name in look]


def table(runs: list[dict]) -> str:
    """Medians over the seeds, with the range, as Markdown."""
    x = fashion_mnist()[0][:2000, None] / 127.5 - 1
    lines = [
        f"Median (range) of {len(SEEDS)} seeds, 1,000 pictures each, of G itself. Steps count from step {START:,} "
        f"of the recipe. Real pictures have a diversity of {diversity(x):.2f}. D(G(z)) is exp(-L); same: latents whose "
        "class is that of the start.",
        "",
        f"| row | arm | step | {' | '.join(COLUMNS)} |",
        "|---" * (len(COLUMNS) + 3) + "|",
    ]
    for row in ROWS:
        first = next(run for run in runs if run["row"] == row)
        for look in first["looks"]:
            cells = []
            for name, form in COLUMNS.items():
                values = column(runs, row, look["arm"], look["step"], name)
                cells.append(records.spread(values, form) if values else "")
            lines.append(f"| {row} | {look['arm']} | {look['step']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def main() -> None:
    wanted = ({"row": row, "seed": seed} for row in ROWS for seed in SEEDS)
    runs = records.complete(["-m", __spec__.name], RESULTS, wanted)
    records.report(RESULTS, runs, table(runs))


if __name__ == "__main__":
    records.start(main, RESULTS, run)
