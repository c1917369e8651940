"""GAN, VAE and flow matching: one data set, one budget of CPU seconds and of parameters (notebook 14).

    python -m gan_tutorial.experiments.n14_families                      what is still missing, then the table
    python -m gan_tutorial.experiments.n14_families FAMILY SEED [FILE]   one run; its averaged weights go into the FILE

Each run is a process of one thread; its clock counts the processor time of training only. 5,000 pictures by
the averaged network are compared with the test pictures in the features of the shipped evaluator; precision,
recall and coverage look at 5,000 test pictures. A run takes seven minutes of one core, a flow's ten. Runs that
data/results/families.jsonl holds are not made again.
"""

import math
import time
from collections.abc import Callable, Iterator
from statistics import median
from typing import NamedTuple

import torch
from torch import Tensor, nn

from ..chapters.flow import Flow, UNet
from ..chapters.one_network import Learner, OwnLoss, train_alone
from ..chapters.vae import VAE, ConvEncoder
from ..checkpoints import save_weights
from ..classifier import Evaluator
from ..metrics import class_shares, frechet_distance, neighbours
from ..networks import ConvGenerator
from ..pictures import fashion_mnist, images, unit
from ..recipe import Recipe
from ..sampling import FromLatents, sample
from . import records

RESULTS = records.FOLDER / "families.jsonl"
MARKS = (20, 60, 120, 240)  # CPU seconds
STEPS = (1, 2, 5, 10, 20, 50)  # of a flow's sampling
SEEDS = range(3)
FAKES = 5000


class Contestant(NamedTuple):
    net: FromLatents  # what is sampled from: its weights are averages
    steps: Iterator  # each one trains a little
    learns: tuple[nn.Module, ...]  # all that the budget of parameters counts


def gan(pixels: Tensor, seed: int) -> Contestant:
    """The recipe of notebook 07."""
    recipe = Recipe(seed=seed)
    players = recipe.players()
    return Contestant(players.G_ema, recipe.train(players, images(pixels)), (players.G, players.D))


def vae(pixels: Tensor, seed: int) -> Contestant:
    """The recipe's G as the decoder, the body of its D as the encoder; 48 latents keep the budget."""
    torch.manual_seed(seed)
    net = VAE(ConvGenerator(28, 1, 48, (64, 32), 16), ConvEncoder(48), 48)
    return learner(net, 3e-3, pixels, seed)


def flow(pixels: Tensor, seed: int) -> Contestant:
    """Flow matching with the UNet of `chapters.flow`."""
    torch.manual_seed(seed)
    return learner(Flow(UNet()), 2e-3, pixels, seed)


def learner(net: OwnLoss, lr: float, pixels: Tensor, seed: int) -> Contestant:
    """A network without an opponent, with batches and averages as in the recipe of the GAN."""
    one = Learner.create(net, lr=lr, seed=seed)
    return Contestant(one.net_ema, train_alone(one, images(pixels), batch_size=32, decay=0.995), (net,))


FAMILIES: dict[str, Callable[[Tensor, int], Contestant]] = {"GAN": gan, "VAE": vae, "flow": flow}


def parameters(contestant: Contestant) -> int:
    """How many numbers are learnt."""
    return sum(p.numel() for network in contestant.learns for p in network.parameters())


def train(contestant: Contestant, seconds: float) -> int:
    """Train for so many seconds of the processor -> the number of steps."""
    spent, steps = 0.0, 0
    while spent < seconds:
        began = time.process_time()
        next(contestant.steps)
        spent, steps = spent + time.process_time() - began, steps + 1
    return steps


def measure(evaluator: Evaluator, net: FromLatents, n: int = FAKES) -> dict[str, float]:
    """The distance of n fakes from the test pictures, and their neighbours among n of these."""
    h, logits = evaluator(sample(net, n)[0])
    near = neighbours(evaluator.real[:n], h)
    found = {"fd": frechet_distance(evaluator.real, h), "rarest": class_shares(logits).min().item()}
    return found | {"precision": near.precision, "recall": near.recall, "coverage": near.coverage}


@torch.no_grad()
def bits_per_pixel(net: VAE | Flow, n: int = 500) -> tuple[float, float]:
    """The bound of a VAE, the estimate of a flow: bits per pixel for the first n test pictures, and the standard error.

    A grey is one of 256, 2 / 255 apart. Noise is added that spreads it evenly over that width, so that the mean log
    density is a bound on the log probability of the grey. Theis et al. 2016
    """
    rng = torch.Generator().manual_seed(0)
    x = unit(fashion_mnist("test")[0][:n, None])
    x = x + (torch.rand(x.shape, generator=rng) - 0.5) * 2 / 255
    if isinstance(net, VAE):
        log_q, kl = net.elbo(x, rng)
        nats = log_q - kl
    else:
        nats = net.log_density(x, 25, rng)
    bits = math.log2(255 / 2) - nats / (784 * math.log(2))
    return bits.mean().item(), (bits.std() / n**0.5).item()


def run(family: str, seed: int, file: str | None = None) -> dict:
    torch.set_num_threads(1)
    evaluator, contestant = Evaluator(), FAMILIES[family](fashion_mnist()[0], seed)
    step, spent, rows = 0, 0, []
    for mark in MARKS:
        step += train(contestant, mark - spent)
        spent = mark
        found = {key: round(value, 4) for key, value in measure(evaluator, contestant.net).items()}
        rows.append({"seconds": mark, "step": step} | found)
        print(family, seed, rows[-1], flush=True)
    if file:
        command = f"python -m gan_tutorial.experiments.n14_families {family} {seed} {file}"
        save_weights(file, contestant.net, command=command, steps=step, seconds=spent)
    of_run = {"family": family, "seed": seed, "parameters": parameters(contestant), "rows": rows}
    net = contestant.net
    if isinstance(net, VAE | Flow):
        of_run |= dict(zip(("bits", "bits_error"), bits_per_pixel(net), strict=True))
    if isinstance(net, Flow):
        by_steps = []
        for net.steps in STEPS:
            by_steps.append({"steps": net.steps, "fd": measure(evaluator, net, 2000)["fd"]})
        of_run["by_steps"] = by_steps
    return of_run


def column(runs: list[dict], seconds: int, name: str) -> list[float]:
    return [row[name] for run in runs for row in run["rows"] if row["seconds"] == seconds]


def table(runs: dict[str, list[dict]]) -> str:
    """Medians over the seeds, with the range, as Markdown."""
    wanted = [("fd", mark, 1) for mark in MARKS]
    wanted += [(share, MARKS[-1], 2) for share in ("precision", "recall", "coverage")]
    head = ["family", "runs", "parameters", "steps"]
    head += [f"{name.replace('fd', 'FD')}, {mark} s" for name, mark, _ in wanted]
    lines = ["| " + " | ".join(head) + " |", "|---" * len(head) + "|"]
    for family, found in runs.items():
        steps = median(column(found, MARKS[-1], "step"))
        cells = [family, f"{len(found)}", f"{found[0]['parameters']:,}", f"{steps:,.0f}"]
        for name, mark, digits in wanted:
            values = column(found, mark, name)
            low, middle, high = (f"{v:.{digits}f}" for v in (min(values), median(values), max(values)))
            cells.append(f"{middle} ({low}–{high})")
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def of_families(runs: list[dict]) -> dict[str, list[dict]]:
    return {family: [run for run in runs if run["family"] == family] for family in FAMILIES}


def main() -> None:
    wanted = ({"family": family, "seed": seed} for seed in SEEDS for family in FAMILIES)
    runs = records.complete(["-m", __spec__.name], RESULTS, wanted)
    records.report(RESULTS, runs, table(of_families(runs)))


if __name__ == "__main__":
    records.start(main, RESULTS, run)
