"""What the twelve bugs of notebook 09 look like: of each a panel, a measurement, and whether the symptom is there.

All of it depends on the broken module and the seed only: a case may be looked at twice, and in any order.
"""

import copy
from collections.abc import Callable, Sequence
from functools import cache
from types import ModuleType
from typing import NamedTuple

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from ..plots import COST, FAKE, REAL, VALUE, show_curves
from . import healthy
from .healthy import Run

UNDECIDED = (-1.386, VALUE), (0.693, COST)  # V and L while D answers one half
Draw = Callable[[Axes, int], None]  # draws what is the twin's (0) or the patient's (1)


class Observation(NamedTuple):
    figure: Figure  # its label says in words what it shows
    measured: str  # would give the game away: for the answer
    there: bool


@cache
def twin(world: str, seed: int, **steps: int) -> Run:
    return getattr(healthy, world)(seed, **steps)


def latents(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed + 1))


def real_points(seed: int) -> Tensor:
    return healthy.DISTRIBUTION(500, torch.Generator().manual_seed(seed + 1))[0]


def late(curve: Tensor) -> float:
    return curve[-50:].mean().item()


# ------------------------------------------------------------------------------------------- panels


def draw_curves(ax: Axes, run: Run, limits: tuple[float, float], dashed: Sequence[tuple[float, str]]) -> None:
    numbers = list(zip(range(1, len(run.V) + 1), run.V.tolist(), run.L.tolist(), strict=True))
    show_curves(ax, numbers, smooth=max(1, len(numbers) // 80))
    for level, colour in dashed:
        ax.axhline(level, color=colour, lw=1.5, ls="--")
    ax.legend_ = None  # the panel has one
    ax.set(ylim=limits, ylabel="V and L (nats)" if dashed else "V and L")
    beyond = []
    if run.V.min() < limits[0]:
        beyond.append(f"V down to −{-run.V.min():.1f}")
    if run.L.max() > limits[1]:
        beyond.append(f"L up to {run.L.max():.1f}")
    ax.set_xlabel(f"step ({', '.join(beyond)})" if beyond else "step")


def panel(well: Run, ill: Run, draw: Draw, limits=(-2.5, 2.5), dashed=UNDECIDED) -> Figure:
    """The curves of twin and patient on one scale, then what either G makes of the same latents."""
    figure = Figure(figsize=(12, 3.1), layout="constrained")
    axes = figure.subplots(1, 4, width_ratios=(1.2, 1.2, 1, 1))
    label = "Curves and samples. Means of the last 50 steps:"
    for whose, (name, run) in enumerate({"healthy twin": well, "patient": ill}.items()):
        draw_curves(axes[whose], run, limits, dashed)
        axes[whose].set_title(name, fontweight="bold")
        draw(axes[2 + whose], whose)
        axes[2 + whose].set_title(f"{name}: samples")
        label += f" {name}: V = {late(run.V):.2f}, L = {late(run.L):.2f}."
    axes[0].legend(loc="best", fontsize=9)
    figure.set_label(label)
    return figure


def points(real: Tensor, fakes: Sequence[Tensor], limit: float = 1.6) -> Draw:
    """Real and fake points; fakes beyond the chart are drawn on its edge, and counted."""

    def draw(ax: Axes, whose: int) -> None:
        x = fakes[whose]
        ax.scatter(real[:, 0], real[:, 1], s=4, color=REAL, alpha=0.5, label="real")
        inside = x * (limit / x.abs().amax(1, keepdim=True)).clamp(max=1)
        ax.scatter(inside[:, 0], inside[:, 1], s=12, color=FAKE, marker="x", lw=0.8, label="fake", clip_on=False)
        beyond = x.abs().amax(1) > limit
        if beyond.any():
            words = f"{beyond.sum()} of {len(x)}\nbeyond the edge,\nmedian |x| {x[beyond].norm(dim=1).median():.1f}"
            ax.text(0, 0, words, ha="center", va="center", fontsize=9)
        ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xlabel="$x_1$", ylabel="$x_2$")
        ax.legend(loc="upper right", fontsize=8)

    return draw


def in_the_plane(broken: ModuleType, seed: int, world: str = "plane", limits=(-2.5, 2.5), dashed=UNDECIDED):
    """The panel of a run on the ring, both runs, and the fakes of both."""
    runs = twin(world, seed), getattr(broken, world)(seed)
    z = latents(seed, 500, 2)
    fakes = healthy.sample(runs[0].G, z), broken.sample(runs[1].G, z)
    return panel(*runs, points(real_points(seed), fakes), limits, dashed), runs, fakes


def sheets(*pixels: np.ndarray) -> Draw:
    def draw(ax: Axes, whose: int) -> None:
        ax.imshow(pixels[whose], cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        ax.axis("off")

    return draw


def in_pictures(broken: ModuleType, seed: int, limits=(-2.5, 2.5), **steps: int):
    """The panel of a run on clothes, both runs, and the fakes of both."""
    runs = twin("pictures", seed, **steps), broken.pictures(seed, **steps)
    z = latents(seed, 24, 64)
    fakes = healthy.sample(runs[0].G, z), broken.sample(runs[1].G, z)
    return panel(*runs, sheets(healthy.show(fakes[0]), broken.show(fakes[1])), limits), runs, fakes


def side_by_side(names: tuple[str, str], draw: Draw) -> Figure:
    """Pictures only, for cases in which the curves are the same."""
    figure = Figure(figsize=(12, 2.6), layout="constrained")
    for whose, (ax, name) in enumerate(zip(figure.subplots(1, 2), names, strict=True)):
        draw(ax, whose)
        ax.set_title(name, fontweight="bold")
    figure.set_label(f"Pictures: {names[0]}, {names[1]}.")
    return figure


# -------------------------------------------------------------------------------- the twelve, in order


def statue(broken: ModuleType, seed: int) -> Observation:
    figure, (_, run), (_, x) = in_the_plane(broken, seed, limits=(-3, 16))
    first = broken.sample(broken.plane(seed, steps=1).G, latents(seed, 500, 2))
    way = (x - first).norm(dim=1).max().item()
    measured = f"The largest way that any fake went between step 1 and step 800: {way:.1f}."
    return Observation(figure, measured, way == 0 and late(run.V) > -0.1 and late(run.L) > 5)


def happiness(broken: ModuleType, seed: int) -> Observation:
    figure, (_, run), (_, x) = in_the_plane(broken, seed)
    far = x.norm(dim=1).median().item()
    measured = f"The median distance of a fake from the middle is {far:.1f}, that of a real point 1."
    return Observation(figure, measured, late(run.V) > -0.05 and late(run.L) < 0.05 and far > 3)


def worse_than_guessing(broken: ModuleType, seed: int) -> Observation:
    figure, runs, fakes = in_the_plane(broken, seed, limits=(-8, 4))
    below = [(run.V[100:] < -1.386).float().mean().item() for run in runs]
    served = [((torch.cdist(x, healthy.DISTRIBUTION.modes) < 0.2).float().mean(0) > 0.02).sum().item() for x in fakes]
    measured = (
        f"After step 100, V is below −1.386 in {below[1]:.0%} of the steps, the twin's in {below[0]:.0%}. Heaps that "
        f"get at least 2 % of the fakes: {served[1]}, the twin's {served[0]} of 8."
    )
    return Observation(figure, measured, late(runs[1].V) < -2 and below[1] > 0.7 > 0.3 > below[0] and served[1] <= 3)


def glass_ceiling(broken: ModuleType, seed: int) -> Observation:
    figure, (well, run), _ = in_the_plane(broken, seed, limits=(-1.6, 1.6))
    measured = (
        f"At the first step L is {run.L[0]:.2f}, the twin's {well.L[0]:.2f}. The highest L of 800 steps is "
        f"{run.L.max():.4f}, and log 2 is 0.6931."
    )
    there = run.L[0] < 0.55 < well.L[0] and run.L.max() < 0.6932 and run.V.max() < -1.006
    return Observation(figure, measured, bool(there))


def mean_slope(run: Run, real: Tensor, fake: Tensor) -> float:
    """Of the critic, half-way between real and fake points."""
    between = ((real + fake) / 2).requires_grad_()
    return torch.autograd.grad(run.D(between).sum(), between)[0].norm(dim=1).mean().item()


def critics(broken: ModuleType, seed: int, limits: tuple[float, float]):
    figure, runs, fakes = in_the_plane(broken, seed, "critic", limits, dashed=())
    slopes = [mean_slope(run, real_points(seed), x) for run, x in zip(runs, fakes, strict=True)]
    measured = (
        f"The critic's mean slope half-way between real and fake points is {slopes[1]:.2f}, the twin's "
        f"{slopes[0]:.2f}. V over the last 50 steps: {late(runs[1].V):.2f}, the twin's {late(runs[0].V):.2f}."
    )
    return figure, runs, slopes, measured


def growing_distance(broken: ModuleType, seed: int) -> Observation:
    figure, (well, run), slopes, measured = critics(broken, seed, (-3, 30))
    return Observation(figure, measured, late(run.V) > 5 * late(well.V) and slopes[1] > 10)


def no_distance(broken: ModuleType, seed: int) -> Observation:
    figure, runs, slopes, measured = critics(broken, seed, (-0.5, 3))
    well, run = (run.V[100:].abs().mean() for run in runs)
    return Observation(figure, measured, bool(run < well / 2) and slopes[1] < 0.3)


def same_dish(broken: ModuleType, seed: int) -> Observation:
    runs = twin("labels", seed), broken.labels(seed)
    z, y = latents(seed, 800, 8), torch.arange(800) % 8
    fakes = healthy.sample(runs[0].G, z, y), broken.sample(runs[1].G, z, y)
    nearest = [torch.cdist(x, healthy.DISTRIBUTION.modes).argmin(1) for x in fakes]

    def draw(ax: Axes, whose: int) -> None:
        shares = torch.zeros(8, 8).index_put_((y, nearest[whose]), torch.tensor(0.01), accumulate=True)
        ax.imshow(shares.numpy(), cmap="Oranges", vmin=0, vmax=1)
        ax.set(xticks=range(8), yticks=range(8), xlabel="heap nearest to the fake", ylabel="heap ordered")

    accuracy = [(x == y).float().mean().item() for x in nearest]
    measured = f"Fakes nearest to the heap that was ordered: {accuracy[1]:.0%}, the twin's {accuracy[0]:.0%}."
    there = accuracy[0] > 0.85 and accuracy[1] < 0.25 and late(runs[1].V) > late(runs[0].V) + 0.5
    return Observation(panel(*runs, draw, (-3, 14)), measured, there)


def one_picture(broken: ModuleType, seed: int) -> Observation:
    runs = twin("pictures", seed, steps=40), broken.pictures(seed, steps=40)
    z = latents(seed, 18, 64)
    fakes = healthy.sample(runs[0].G, z), broken.sample(runs[1].G, z)
    with_rest = [torch.cat([x, 50 * (x - x.mean(0))[:6]]) for x in fakes]
    variety = [(x - x.mean(0)).std().item() for x in fakes]
    measured = f"Standard deviation about the mean picture: {variety[1]:.3f}, the twin's {variety[0]:.3f}."
    draw = sheets(healthy.show(with_rest[0]), broken.show(with_rest[1]))
    return Observation(panel(*runs, draw), measured, variety[1] < variety[0] / 3)


def company(broken: ModuleType, seed: int) -> Observation:
    z, twice = latents(seed, 24, 64), []
    for module in (healthy, broken):
        G = copy.deepcopy(twin("pictures", seed).G).train()  # a copy: sampling may move its running statistics
        together = module.sample(G, z)[:8]
        alone = torch.cat([module.sample(G, one) for one in z[:8].split(1)])
        twice.append((together, alone, (together - alone).abs() - 1))
    gap = [(difference + 1).mean().item() for *_, difference in twice]
    measured = f"Mean difference of a pixel, of 2 that are possible: {gap[1]:.2f}, the twin's {gap[0]:.2f}."
    draw = sheets(*(healthy.show(torch.cat(rows), columns=8) for rows in twice))
    return Observation(side_by_side(("healthy twin", "patient"), draw), measured, gap[0] < 1e-4 and gap[1] > 0.05)


def no_night(broken: ModuleType, seed: int) -> Observation:
    figure, _, fakes = in_pictures(broken, seed)
    corner = [x[..., 0, 0].median().item() for x in fakes]
    measured = f"Median of the top left pixel: {corner[1]:.2f}, the twin's {corner[0]:.2f}."
    return Observation(figure, measured, corner[0] < -0.7 and corner[1] > -0.4)


def early_genius(broken: ModuleType, seed: int) -> Observation:
    x = healthy.sample(twin("pictures", seed, steps=10).G, latents(seed, 24, 64))
    shown = healthy.show(x, columns=8), broken.show(x, columns=8)
    contrast = [sheet[2:30, 2:30].astype(float).std() for sheet in shown]
    measured = (
        f"x lies in [{x.min():.2f}, {x.max():.2f}]. Contrast (standard deviation) of the first picture, of 127.5 that "
        f"are possible: {contrast[1]:.0f}, at the colleague's {contrast[0]:.0f}."
    )
    figure = side_by_side(("my colleague's viewer", "my viewer"), sheets(*shown))
    return Observation(figure, measured, bool(x.abs().max() < 0.7 and contrast[1] > 1.5 * contrast[0]))


def chalk(broken: ModuleType, seed: int) -> Observation:
    figure, (_, run), fakes = in_pictures(broken, seed, limits=(-2, 9))
    ranges = [f"[{x.min():.1f}, {x.max():.1f}]" for x in fakes]
    measured = f"Pixels lie in {ranges[1]}, the twin's in {ranges[0]}."
    return Observation(figure, measured, bool(late(run.V) > -0.3 and late(run.L) > 3 and fakes[1].abs().max() > 1.5))
