"""Notebook 02: the game on the line, where D can be held against D*, for p is known and q can be counted.

    q    a histogram of 20,000 fakes, always of the same latents
    D*   p / (p + q)
    W1   how far a sample of q has to travel, on average and by the shortest plan, until q is p

All on the interval [-6, 6], in bins of 0.1; what lies outside counts in the outermost bin.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import StepPatch
from torch import Tensor, nn

from ..distributions import GaussianMixture
from ..plots import FAKE, REAL, fast_png
from ..sampling import FromLatents, at_rest
from . import theory

EDGES = torch.linspace(-6, 6, 121)
MIDDLE = (EDGES[:-1] + EDGES[1:]) / 2
WIDTH = 0.1
RARE = 0.02  # below this density of p + q a sample is a rare thing, and D* is not drawn


class Look(NamedTuple):
    """The players at one moment; densities and probabilities are (120,), at MIDDLE."""

    p: Tensor  # the density of the data
    q: Tensor  # the density of G's samples
    D: Tensor  # what D says: a probability
    best: Tensor  # what D* would say
    V: float  # what D earns on p and q
    best_V: float  # what D* would earn
    W1: float  # from q to p

    @property
    def gap(self) -> float:
        """|D - D*|, on average over real samples and fakes in equal numbers."""
        return self._mean((self.D - self.best).abs())

    @property
    def gap_of_half(self) -> float:
        """The same for a D that always says 1/2."""
        return self._mean((0.5 - self.best).abs())

    def _mean(self, values: Tensor) -> float:
        return (values * (self.p + self.q) / 2).sum().item() * WIDTH


def look(distribution: GaussianMixture, G: FromLatents, D: nn.Module) -> Look:
    """What G: z (N, Z) -> x (N, 1) and D: x (N, 1) -> t (N,) make and say, beside `distribution`, that of the data."""
    z = torch.randn(20_000, G.latent_dim, generator=torch.Generator().manual_seed(0))
    with at_rest(G), at_rest(D):
        x = G(z)[:, 0].clamp(-5.99, 5.99)
        said = D(MIDDLE[:, None]).sigmoid()
    p, q = distribution.density(MIDDLE[:, None]), torch.histogram(x, EDGES, density=True).hist
    pair = p * WIDTH, q * WIDTH
    V, best_V = theory.value(said, *pair).item(), 2 * theory.jsd(*pair).item() - math.log(4)
    best = theory.optimal_discriminator(*pair)
    return Look(p, q, said, best, V, best_V, theory.wasserstein(*pair, WIDTH).item())


def show_densities(ax: Axes, it: Look, title: str = "") -> StepPatch:
    """p outlined and q hatched; returns what q is drawn with."""
    ax.fill_between(MIDDLE, it.p, facecolor=(REAL, 0.2), edgecolor=REAL, lw=2, label="p, real")
    ax.set(xlim=(-4, 4), ylim=(0, 1), xlabel="x", title=title, xticks=(-3, 0, 3))
    return ax.stairs(it.q, EDGES, fill=True, facecolor=(FAKE, 0.3), edgecolor=FAKE, hatch="////", lw=0, label="q, fake")


def show_answers(ax: Axes, it: Look, title: str = "") -> None:
    """p and q, and upon them D and D*, on one scale from 0 to 1."""
    show_densities(ax, it, title)
    ax.plot(MIDDLE, _where_known(it), color="0.6", lw=4, label="D*")
    ax.plot(MIDDLE, it.D, color="black", label="D")


def _where_known(it: Look) -> Tensor:
    return it.best.where(it.p + it.q > RARE, math.nan)


def film(looks: dict[int, Look], steps: list[int]) -> Iterator[tuple[int, bytes]]:
    """Pictures (PNG files) of some of the steps in `looks`: p and q, D and D*, and what both earn, step by step."""
    first, number = looks[min(looks)], list(looks)
    figure = Figure(figsize=(9, 4.2), dpi=80, layout="constrained")
    axes = figure.subplot_mosaic([["p, q", "V"], ["D", "V"]], width_ratios=(3, 2))
    heap = show_densities(axes["p, q"], first)
    axes["p, q"].set(xlabel="", ylabel="density", xticklabels=())
    (best,) = axes["D"].plot(MIDDLE, first.best, color="0.6", lw=4, label="D*")
    (said,) = axes["D"].plot(MIDDLE, first.D, color="black", label="D")
    axes["D"].set(xlim=(-4, 4), ylim=(0, 1), xlabel="x", ylabel="D(x)", xticks=(-3, 0, 3))
    axes["V"].plot(number, [it.best_V for it in looks.values()], color="0.6", lw=3, label="D* would earn")
    axes["V"].plot(number, [it.V for it in looks.values()], color="black", label="D earns V")
    axes["V"].axhline(-math.log(4), color="black", ls=":", label="−log 4")
    (now,) = axes["V"].plot(0, 0, "o", color="black", mfc="white", ms=9, label="this step")
    axes["V"].set(xlim=(0, max(looks)), ylim=(-1.8, 0), xlabel="step", ylabel="nats")
    for ax in axes.values():  # above the picture, where it hides nothing
        ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, fontsize=10, frameon=False)
    moving = heap, best, said, now
    repaint = fast_png(figure, moving)
    for step in steps:
        it = looks[step]
        heap.set_data(it.q)
        best.set_ydata(_where_known(it))
        said.set_ydata(it.D)
        now.set_data([step], [it.V])
        yield step, repaint()
