"""Which game? Modes covered and the share of good samples, on a ring of 8 and a grid of 25 modes (notebook 05).

    python -m gan_tutorial.experiments.n05_plane                  what is still missing, then the table
    python -m gan_tutorial.experiments.n05_plane ROW DISTRIBUTION SEED     one run

Every row has the same two networks and plays through `gan_tutorial.training.train` on one thread. The baselines take
so many steps that a run lasts five to twelve seconds of one core of our machine, as it is more or less busy; `ours`,
the recipe of notebook 05, and its twin with another objective take about fifty, as many steps of the plain game (on
the grid) sixty, and as many without a schedule ninety. A critic with a gradient penalty and five steps to one of G
plays twice on the ring, as long as the others and as many steps of G as the critic with one. 2,500 samples are counted
as VEEGAN counts them (Srivastava et al. 2017). Runs that data/results/plane.jsonl holds are not made again. In all it
takes an hour of one core.

A seed names a run on one machine. The file's machine is an AMD EPYC; an Intel Xeon gave the grid's averaged shares of
high quality, seeds 0 to 4, as 6, 2, 12, 31 and 1 % in the row `non-saturating`, and as 46, 43, 51, 50 and 45 % in
`non-saturating, rates fall`.
"""

import math
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import islice
from statistics import median

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ..distributions import GaussianMixture, grid, ring
from ..metrics import mode_coverage
from ..networks import MLPDiscriminator, MLPGenerator
from ..objectives import OBJECTIVES
from ..penalties import R1, R2, Interpolated
from ..sampling import FromLatents
from ..training import Players, Step, train
from . import records

RESULTS = records.FOLDER / "plane.jsonl"
SEEDS = range(5)
RATE = 2e-3
Run = tuple[Players, Iterator[Step]]


def unit(distribution: GaussianMixture) -> GaussianMixture:
    """The same distribution in units in which a coordinate has variance 1, on average; the count stays the same."""
    size = (distribution.modes.var(0, unbiased=False).mean() + distribution.std**2).sqrt().item()
    return GaussianMixture(distribution.modes / size, distribution.std / size, distribution.weights)


DISTRIBUTIONS = {"ring": unit(ring()), "grid": unit(grid())}


def networks(seed: int) -> tuple[MLPGenerator, MLPDiscriminator]:
    """A deep, narrow G and a shallow, wide D. The hidden layers start with He's weights, which keep the signal's size
    from layer to layer; PyTorch's default shrinks it by more than half at each."""
    torch.manual_seed(seed)
    G, D = MLPGenerator(widths=(64,) * 8), MLPDiscriminator(widths=(128, 128))
    for layer in (*G.modules(), *D.modules()):
        if isinstance(layer, nn.Linear) and layer.out_features > 2:
            nn.init.kaiming_uniform_(layer.weight, a=0.2)  # 0.2 is LeakyReLU's slope
    return G, D


def cast(seed: int) -> Players:
    """The players. Beta1 is 0, so that no gradient against an earlier opponent is averaged in."""
    return Players.create(*networks(seed), lr_G=RATE, lr_D=RATE, betas=(0.0, 0.99), seed=seed)


# ------------------------------------------------------------------------------------------- rows

BOTH = (R1(0.1), R2(0.1))
SLOPE_ONE = (Interpolated(0.1),)
Row = Callable[[GaussianMixture, int], Run]


def baseline(objective: str, penalties=(), *, steps: int, critic_steps: int = 1, limit=lambda players: None) -> Row:
    """One objective in the first part of `ours`: the same networks, rates and batches. `limit` changes D."""

    def row(distribution: GaussianMixture, seed: int) -> Run:
        players = cast(seed)
        limit(players)
        game = OBJECTIVES[objective]
        return players, islice(
            train(players, distribution, game, penalties, batch_size=128, critic_steps=critic_steps), steps
        )

    return row


def clip(players: Players, limit: float = 0.1) -> None:
    """Arjovsky et al. 2017: after each step of the critic, every weight is cut to [-limit, limit].

    With their 0.01 the critic is flatter still: tried with seed 0, it leaves out modes of the ring in these steps, and
    so does a gradient penalty of weight 10. The limit 0.1 is ours.
    """

    @torch.no_grad()
    def cut(*_) -> None:
        for weight in players.D.parameters():
            weight.clamp_(-limit, limit)

    players.opt_D.register_step_post_hook(cut)


def normalise(players: Players) -> None:
    """Miyato et al. 2018: each weight matrix is divided by its largest singular value."""
    for layer in [m for m in players.D.modules() if isinstance(m, nn.Linear)]:
        spectral_norm(layer)
    players.opt_D = type(players.opt_D)(players.D.parameters(), **players.opt_D.defaults)


OURS_STEPS = 18_000
MARKS = (250, 500, 1000, 1500, 2000, 2500, 3000, 4000, 6000, 8000, 10_000, 12_000, 14_000, 16_000)  # see `run`


def ours(distribution: GaussianMixture, seed: int, objective: str = "relativistic") -> Run:
    """R1 + R2 and a high rate first. From a fifth of the steps on the rates fall, to a fortieth; after two fifths the
    penalties, which have been falling too, are dropped."""
    players = cast(seed)

    def play() -> Iterator[Step]:
        for k in range(100):
            lower_rates(players, k)
            weight = 0.1 * 0.01 ** (k / 100)
            penalties = [R1(weight), R2(weight)] if k < 40 else []
            yield from islice(
                train(players, distribution, OBJECTIVES[objective], penalties, batch_size=128), OURS_STEPS // 100
            )

    return players, play()


def rates_fall(distribution: GaussianMixture, seed: int) -> Run:
    """The non-saturating row but for its rates, which fall as those of `ours` do."""
    players = cast(seed)

    def play() -> Iterator[Step]:
        for k in range(100):
            lower_rates(players, k)
            yield from islice(train(players, distribution, OBJECTIVES["non-saturating"], batch_size=128), 25)

    return players, play()


def lower_rates(players: Players, k: int) -> None:
    """Set the rates for the k-th hundredth of a run: RATE for a fifth of it, then falling to a fortieth."""
    for optimizer in (players.opt_G, players.opt_D):
        for group in optimizer.param_groups:
            group["lr"] = RATE * 0.025 ** max(0, (k - 20) / 80)


FALLING = "non-saturating, rates fall"
EQUAL_STEPS = "Wasserstein, gradient penalty, 5 critic steps, longer"  # on the ring only
TIME_ALONE = "non-saturating, longer"  # on the grid only
ROWS: dict[str, Row] = {
    "minimax": baseline("minimax", steps=2500),
    "non-saturating": baseline("non-saturating", steps=2500),
    "non-saturating, R1 + R2": baseline("non-saturating", BOTH, steps=1500),
    "least squares": baseline("least-squares", steps=2500),
    "least squares, R1 + R2": baseline("least-squares", BOTH, steps=1500),
    "hinge": baseline("hinge", steps=2500),
    "hinge, R1 + R2": baseline("hinge", BOTH, steps=1500),
    "hinge, spectral norm": baseline("hinge", steps=2000, limit=normalise),
    "Wasserstein, clipping": baseline("wasserstein", steps=2500, limit=clip),
    "Wasserstein, clipping, 5 critic steps": baseline("wasserstein", steps=850, critic_steps=5, limit=clip),
    "Wasserstein, gradient penalty": baseline("wasserstein", SLOPE_ONE, steps=1800),
    "Wasserstein, gradient penalty, 5 critic steps": baseline("wasserstein", SLOPE_ONE, steps=500, critic_steps=5),
    "relativistic": baseline("relativistic", steps=2500),
    "relativistic, R1 + R2": baseline("relativistic", BOTH, steps=1500),
    FALLING: rates_fall,
    EQUAL_STEPS: baseline("wasserstein", SLOPE_ONE, steps=1800, critic_steps=5),
    TIME_ALONE: baseline("non-saturating", steps=OURS_STEPS),
    "ours, no schedule": baseline("relativistic", BOTH, steps=OURS_STEPS),
    "ours": ours,
    "ours, but non-saturating": partial(ours, objective="non-saturating"),
}


def played_on(row: str) -> tuple[str, ...]:
    """The distributions that a row is played on."""
    if row == EQUAL_STEPS:
        return ("ring",)
    return ("grid",) if row == TIME_ALONE else ("ring", "grid")


# --------------------------------------------------------------------------------------- measuring


def run(row: str, distribution: str, seed: int) -> dict:
    """One run, measured at its end; the row without a schedule on its way too, and of `ours` some samples are kept."""
    torch.set_num_threads(1)
    began = time.process_time()
    players, steps = ROWS[row](DISTRIBUTIONS[distribution], seed)
    path = []
    for k, _ in enumerate(steps, 1):
        if row == "ours, no schedule" and k in MARKS:
            path.append({"steps": k, **both_measures(players, DISTRIBUTIONS[distribution])})
    seconds = time.process_time() - began
    x = draw(players.G_ema)
    return {
        "row": row,
        "distribution": distribution,
        "seed": seed,
        **both_measures(players, DISTRIBUTIONS[distribution]),
        "steps": players.step,
        "seconds": round(seconds, 1),
        **({"path": path} if path else {}),
        **({"x": [[round(v, 3) for v in point] for point in x[:400].tolist()]} if row == "ours" else {}),
    }


@torch.no_grad()
def draw(G: FromLatents, n: int = 2500) -> Tensor:
    """Samples, from the same latents for every G: x (n, 2)."""
    return G(torch.randn(n, G.latent_dim, generator=torch.Generator().manual_seed(0)))


def both_measures(players: Players, distribution: GaussianMixture) -> dict:
    """Of the averaged G, and under "last" of G as the last step left it."""
    averaged, last = (measure(draw(G), distribution) for G in (players.G_ema, players.G))
    return averaged | {"last": last}


def measure(x: Tensor, distribution: GaussianMixture) -> dict:
    """Modes covered, share of good samples, and the share of the poorest mode, in equal shares: 1 if all get the
    same."""
    covered, good = mode_coverage(distribution.modes, distribution.std, x)
    counts = torch.cdist(x, distribution.modes).argmin(1).bincount(minlength=len(distribution.modes))
    return {
        "covered": covered,
        "high_quality": round(good, 4),
        "poorest": round((counts.min() * len(counts) / len(x)).item(), 3),
    }


def width(x: Tensor, distribution: GaussianMixture) -> float:
    """How wide the modes are drawn, in the distribution's standard deviations: by how much the samples x of high
    quality spread, in a coordinate, about the mean of those at the same mode. The distribution itself has 0.97, for
    what lies beyond three standard deviations does not count."""
    distance, nearest = torch.cdist(x, distribution.modes).min(1)
    clusters = [x[(nearest == k) & (distance < 3 * distribution.std)] for k in nearest.unique()]
    clusters = [cluster for cluster in clusters if len(cluster) > 1]
    squares = sum((cluster - cluster.mean(0)).square().sum().item() for cluster in clusters)
    free = sum(cluster.shape[1] * (len(cluster) - 1) for cluster in clusters)
    return math.sqrt(squares / free) / distribution.std


def table(runs: list[dict]) -> str:
    """The seeds' modes, and medians with the range, as Markdown. A share in the last weights' column is plain G's."""
    head = [
        f"{distribution}: {what}"
        for distribution in DISTRIBUTIONS
        for what in ("modes", "high quality", "last weights", "poorest mode")
    ]
    lines = [
        f"Median (range) of {len(SEEDS)} seeds; modes of each seed. All but `last weights` is the averaged G's.",
        "",
    ]
    lines += [f"| row | CPU s | {' | '.join(head)} |", "|---" * (len(head) + 2) + "|"]
    for row in ROWS:
        seconds = median(run["seconds"] for run in runs if run["row"] == row)
        cells = [row, f"{seconds:.0f}"]
        for distribution in DISTRIBUTIONS:
            found = [run for run in runs if (run["row"], run["distribution"]) == (row, distribution)]
            last = [run["last"]["high_quality"] for run in found if "last" in run]
            cells += [
                " ".join(map(str, sorted(run["covered"] for run in found))),
                spread([run["high_quality"] for run in found], ".0%"),
                spread(last, ".0%"),
                spread([run["poorest"] for run in found], ".2f"),
            ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def spread(values: list[float], form: str) -> str:
    """Median and range, where every seed was measured."""
    return records.spread(values, form) if len(values) == len(SEEDS) else ""


def main() -> None:
    wanted = (
        {"row": row, "distribution": distribution, "seed": seed}
        for seed in SEEDS
        for row in ROWS
        for distribution in DISTRIBUTIONS
        if distribution in played_on(row)
    )
    runs = records.complete(["-m", __spec__.name], RESULTS, wanted)
    records.report(RESULTS, runs, table(runs))


if __name__ == "__main__":
    records.start(main, RESULTS, run)
