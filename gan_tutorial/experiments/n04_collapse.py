"""Does a smaller learning rate keep two small networks from collapsing, and does R1? (notebook 04)

    python -m gan_tutorial.experiments.n04_collapse                     what is still missing, then the table
    python -m gan_tutorial.experiments.n04_collapse H GAMMA STEPS       one row: five seeds

Two modes on the line, nearly points; the non-saturating game; plain gradient steps of one rate h for both players; R1
with GAMMA, none if it is 0. In all it takes about fifteen minutes of one core.
"""

from collections.abc import Sequence
from itertools import islice

import torch
from torch import Tensor
from torch.optim import SGD

from ..distributions import two_gaussians
from ..networks import MLPDiscriminator, MLPGenerator
from ..objectives import NonSaturating
from ..penalties import R1, Penalty
from ..training import Players, train
from . import records

RESULTS = records.FOLDER / "collapse.jsonl"
SEEDS = range(5)
LOOKS = 80  # in each run, at equal distances; the last one is at its end
FAKES = 400  # at each look, from the same latents
ROWS = ((0.03, 0.0, 8000), (0.03, 0.3, 8000), (0.01, 0.0, 24_000))  # h, gamma, steps
DATA = two_gaussians(distance=2.0, std=0.02)


def play(
    seed: int, beta1: float | None, h: float, penalties: Sequence[Penalty] = (), steps: int = 800, looks: int = LOOKS
) -> Tensor:
    """The fakes of G and those of its averaged weights, look by look: (2, looks, FAKES).

    Both players step with the rate h, by Adam with beta1 and beta2 = 0.99, or along the plain gradient if beta1 is
    None.
    """
    torch.manual_seed(seed)
    G, D = MLPGenerator(data_dim=1, widths=(32, 32)), MLPDiscriminator(data_dim=1, widths=(32, 32))
    players = Players.create(G, D, lr_G=h, lr_D=h, betas=(beta1 or 0.0, 0.99), seed=seed)
    if beta1 is None:
        players.opt_G, players.opt_D = (SGD(network.parameters(), h) for network in (G, D))
    z = torch.randn(FAKES, 2, generator=torch.Generator().manual_seed(0))
    film = []
    for step in islice(train(players, DATA, NonSaturating(), penalties), steps):
        if step.number % (steps // looks) == 0:
            with torch.no_grad():
                film.append(torch.stack([G(z)[:, 0], players.G_ema(z)[:, 0]]))
    return torch.stack(film, 1)


def on_one_mode(fakes: Tensor) -> Tensor:
    """The share of the fakes that are nearer to the mode that has more of them: (..., N) -> (...)."""
    right = (fakes > 0).double().mean(-1)
    return torch.maximum(right, 1 - right)


def collapsed_from(fakes: Tensor, steps: int) -> int | None:
    """The first step from which on each look finds more than 90 % on one mode; None, if the last does not."""
    missed = (on_one_mode(fakes) <= 0.9).nonzero()
    look = int(missed[-1]) + 1 if len(missed) else 0  # looks are numbered from 0
    return (look + 1) * steps // len(fakes) if look < len(fakes) else None


def run(h: float, gamma: float, steps: int) -> dict:
    """A row: for each seed what `collapsed_from` says, and a film of ten quantiles of the fakes."""
    torch.set_num_threads(1)
    films = [play(seed, None, h, (R1(gamma),) if gamma else (), steps)[0] for seed in SEEDS]
    at = torch.linspace(0.05, 0.95, 10)
    return {
        "h": h,
        "gamma": gamma,
        "steps": steps,
        "collapsed from": [collapsed_from(film, steps) for film in films],
        "fakes": [[[round(x, 2) for x in look.quantile(at).tolist()] for look in film] for film in films],
    }


def table(rows: list[dict]) -> str:
    """As Markdown, in the order of ROWS."""
    lines = ["| h | γ of R1 | steps | on one mode to the end from step (seeds 0 to 4) |", "|---" * 4 + "|"]
    for row in sorted(rows, key=lambda row: ROWS.index((row["h"], row["gamma"], row["steps"]))):
        since = ", ".join("never" if step is None else f"{step:,}" for step in row["collapsed from"])
        lines.append(f"| {row['h']:g} | {row['gamma']:g} | {row['steps']:,} | {since} |")
    return "\n".join(lines)


def main() -> None:
    wanted = ({"h": h, "gamma": gamma, "steps": steps} for h, gamma, steps in ROWS)
    rows = records.complete(["-m", __spec__.name], RESULTS, wanted)
    records.report(RESULTS, rows, table(rows))


if __name__ == "__main__":
    records.start(main, RESULTS, run)
