"""Which learning rates find all modes of the ring? D's slow rate is not the whole story (notebook 03).

    python -m gan_tutorial.experiments.n03_rates                       what is still missing, then the table
    python -m gan_tutorial.experiments.n03_rates LR_D LR_G STEPS       one row: eight seeds

The game is that of notebook 03: the ring with standard deviation 0.1, non-saturating, no momentum, 64 samples a step;
what is measured is G itself, without averaged weights. In all it takes five minutes of one core.
"""

from itertools import islice
from statistics import median

import torch

from ..distributions import ring
from ..metrics import energy_distance, mode_coverage
from ..networks import MLPDiscriminator, MLPGenerator
from ..objectives import NonSaturating
from ..observers import History, watch
from ..training import Players, train
from . import records

RESULTS = records.FOLDER / "rates.jsonl"
SEEDS = range(8)
ROWS = (  # lr of D, lr of G, steps
    (2e-3, 1e-3, 1000),
    (2e-3, 1e-2, 1000),
    (2e-4, 1e-3, 1000),
    (2e-4, 5e-4, 1000),
    (2e-4, 2e-4, 1000),
    (2e-4, 1e-4, 1000),
    (2e-4, 1e-3, 10_000),
)


def play(lr_D: float, lr_G: float, steps: int, seed: int) -> dict:
    """One run, measured at its end. A mode is covered as VEEGAN counts (Srivastava et al. 2017), with 2,500 fakes."""
    torch.manual_seed(seed)
    G, D, history = MLPGenerator(), MLPDiscriminator(), History()
    players = Players.create(G, D, lr_G=lr_G, lr_D=lr_D, betas=(0.0, 0.99), seed=seed)
    for _ in watch(islice(train(players, ring(std=0.1), NonSaturating()), steps), history):
        pass
    rng = torch.Generator().manual_seed(0)
    with torch.no_grad():
        fake, (real,) = G(torch.randn(2500, 2, generator=rng)), ring(std=0.1)(1000, rng)
    return {
        "covered": mode_coverage(ring().modes, 0.1, fake).covered,
        "energy": round(energy_distance(real, fake[:1000]), 4),
        "value": round(history.column("value")[-100:].mean().item(), 3),
    }


def run(lr_D: float, lr_G: float, steps: int) -> dict:
    """A row: what was measured, seed by seed."""
    torch.set_num_threads(1)
    runs = [play(lr_D, lr_G, steps, seed) for seed in SEEDS]
    return {"lr_D": lr_D, "lr_G": lr_G, "steps": steps} | {key: [r[key] for r in runs] for key in runs[0]}


def table(rows: list[dict]) -> str:
    """As Markdown, in the order of ROWS."""
    lines = [f"{len(SEEDS)} seeds; median (range).", ""]
    lines += ["| lr of D | lr of G | G : D | steps | seeds with all 8 modes | modes | energy distance | V |"]
    lines += ["|---" * 8 + "|"]
    for row in sorted(rows, key=lambda row: ROWS.index((row["lr_D"], row["lr_G"], row["steps"]))):
        covered, energy, value = row["covered"], row["energy"], row["value"]
        lines.append(
            f"| {row['lr_D']:g} | {row['lr_G']:g} | {row['lr_G'] / row['lr_D']:g} | {row['steps']:,} "
            f"| {sum(c == 8 for c in covered)} of {len(covered)} | {records.spread(covered, 'g')} "
            f"| {records.spread(energy, '.3f')} | {median(value):.2f} |"
        )
    return "\n".join(lines)


def main() -> None:
    wanted = ({"lr_D": lr_D, "lr_G": lr_G, "steps": steps} for lr_D, lr_G, steps in ROWS)
    rows = records.complete(["-m", __spec__.name], RESULTS, wanted)
    records.report(RESULTS, rows, table(rows))


if __name__ == "__main__":
    records.start(main, RESULTS, run)
