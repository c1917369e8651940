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

NUMBERS = (  # what is measured in each case
    "largest way of a fake",
    "median distance from the middle",
    "steps with V below -1.386",
    "highest L",
    "the critic's slope",
    "the critic's slope",
    "fakes as ordered",
    "standard deviation about the mean picture",
    "mean difference of a pixel",
    "median of the top left pixel",
    "contrast of the first picture",
    "least pixel",
)
UNDECIDED = (-1.386, VALUE), (0.693, COST)  # V and L while D answers one half
Draw = Callable[[Axes, int], None]  # draws what is the twin's (0) or the patient's (1)


class Observation(NamedTuple):
    figure: Figure  # its label says in words what it shows
    measured: str  # would give the game away: for the answer
    there: bool
    numbers: tuple[float, float]  # what was measured, the twin's and the patient's: see NUMBERS
    runs: Sequence[Run] = ()  # the twin's and the patient's, where they differ


@cache
def twin(world: str, seed: int, **steps: int) -> Run:
    return getattr(healthy, world)(seed, **steps)


def latents(seed: int, *shape: int) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed + 1))


def real_points(seed: int) -> Tensor:
    return healthy.DISTRIBUTION(500, torch.Generator().manual_seed(seed + 1))[0]


def number(x: float | Tensor) -> str:
    """With two digits, a minus of its own, and no −0.00."""
    return f"{round(float(x), 2) + 0.0:.2f}".replace("-", "−")


def late(curve: Tensor) -> float:
    return curve[-50:].mean().item()


# ------------------------------------------------------------------------------------------- panels


def draw_curves(ax: Axes, run: Run, limits: tuple[float, float], undecided: Sequence[tuple[float, str]]) -> None:
    numbers = list(zip(range(1, len(run.V) + 1), run.V.tolist(), run.L.tolist(), strict=True))
    show_curves(ax, numbers, smooth=max(1, len(numbers) // 80))
    for level, colour in undecided:
        ax.axhline(level, color=colour, lw=1.5, ls=":", label=f"{level:.3f}".replace("-", "−"))
    ax.legend_ = None  # the panel has one
    ax.set(ylim=limits, ylabel="V and L (nats)" if undecided else "V and L")
    beyond = []
    if run.V.min() < limits[0]:
        beyond.append(f"V down to −{-run.V.min():.1f}")
    if run.L.max() > limits[1]:
        beyond.append(f"L up to {run.L.max():.1f}")
    ax.set_xlabel(f"step ({', '.join(beyond)})" if beyond else "step")


def panel(well: Run, ill: Run, draw: Draw, samples: str, limits=(-2.5, 2.5), undecided=UNDECIDED) -> Figure:
    """The curves of twin and patient on one scale, then what either G makes of the same latents: `samples` tells it."""
    figure = Figure(figsize=(12, 3.5), layout="constrained")
    axes = figure.subplots(1, 4, width_ratios=(1.2, 1.2, 1, 1))
    ends = []
    for whose, (name, run) in enumerate({"healthy twin": well, "patient": ill}.items()):
        draw_curves(axes[whose], run, limits, undecided)
        axes[whose].set_title(name, fontweight="bold")
        draw(axes[2 + whose], whose)
        axes[2 + whose].set_title(f"{name}: samples")
        ends.append(f"{number(late(run.V))} and {number(late(run.L))} ({name.removeprefix('healthy ')})")
    legend = [ax.get_legend_handles_labels() for ax in (axes[0], axes[2])]
    figure.legend(*map(sum, zip(*legend, strict=True), ([], [])), loc="outside lower center", ncols=6)
    steps = len(well.V)
    how = ("end at", "50 steps") if steps > 50 else ("are", f"all {steps} steps")
    figure.set_label(f"V and L {how[0]} {', '.join(ends)}, as means of {how[1]}. {samples}")
    return figure


def points(real: Tensor, fakes: Sequence[Tensor], limit: float = 1.6) -> Draw:
    """Real and fake points; fakes beyond the chart are drawn on its edge, and counted below it."""

    def draw(ax: Axes, whose: int) -> None:
        x = fakes[whose]
        ax.scatter(real[:, 0], real[:, 1], s=4, color=REAL, alpha=0.5, label="real")
        inside = x * (limit / x.abs().amax(1, keepdim=True)).clamp(max=1)
        ax.scatter(inside[:, 0], inside[:, 1], s=12, color=FAKE, marker="x", lw=0.8, label="fake", clip_on=False)
        beyond = x.abs().amax(1) > limit
        words = f"\n{beyond.sum()} of {len(x)} beyond the edge" if beyond.any() else ""
        ax.set(xlim=(-limit, limit), ylim=(-limit, limit), aspect="equal", xlabel=f"$x_1${words}", ylabel="$x_2$")

    return draw


def near_a_mode(x: Tensor) -> float:
    """The share of samples within 0.2, four standard deviations, of a mode."""
    return (torch.cdist(x, healthy.DISTRIBUTION.modes).amin(1) < 0.2).float().mean().item()


def modes_served(x: Tensor) -> int:
    """The modes that have at least 2 % of the samples within 0.2."""
    return int(((torch.cdist(x, healthy.DISTRIBUTION.modes) < 0.2).float().mean(0) >= 0.02).sum())


def in_the_plane(broken: ModuleType, seed: int, world: str = "plane", limits=(-2.5, 2.5), undecided=UNDECIDED):
    """The panel of a run on the ring, both runs, and the fakes of both."""
    runs = twin(world, seed), getattr(broken, world)(seed)
    z = latents(seed, 500, 2)
    fakes = healthy.sample(runs[0].G, z), broken.sample(runs[1].G, z)
    shares = [near_a_mode(x) for x in fakes]
    beyond = [int((x.abs().amax(1) > 1.6).sum()) for x in fakes]
    samples = (
        f"Of 500 fakes {shares[0]:.0%} of the twin's and {shares[1]:.0%} of the patient's lie within 0.2 of a mode; "
        f"{beyond[0]} and {beyond[1]} are beyond the edge."
    )
    return panel(*runs, points(real_points(seed), fakes), samples, limits, undecided), runs, fakes


def sheets(*pixels: np.ndarray, rows: Sequence[str] = ()) -> Draw:
    """Sheets of pictures of 28 x 28 with two pixels between them, the rows named if names are given."""

    def draw(ax: Axes, whose: int) -> None:
        ax.imshow(pixels[whose], cmap="gray", vmin=0, vmax=255, interpolation="nearest")
        ax.set(xticks=[], yticks=[16 + 30 * k for k in range(len(rows))], yticklabels=rows, frame_on=False)
        ax.tick_params(length=0)

    return draw


def in_pictures(broken: ModuleType, seed: int, limits=(-2.5, 2.5), **steps: int):
    """The panel of a run on clothes, both runs, and the fakes of both."""
    runs = twin("pictures", seed, **steps), broken.pictures(seed, **steps)
    z = latents(seed, 24, 64)
    fakes = healthy.sample(runs[0].G, z), broken.sample(runs[1].G, z)
    dark = [dark_share(x) for x in fakes]
    samples = f"Of the pixels {dark[0]:.0%} (twin) and {dark[1]:.0%} (patient) are black, or nearly."
    return panel(*runs, sheets(healthy.show(fakes[0]), broken.show(fakes[1])), samples, limits), runs, fakes


def dark_share(x: Tensor) -> float:
    """The share of pixels below -0.9."""
    return (x < -0.9).float().mean().item()


def side_by_side(names: tuple[str, str], draw: Draw, told: str) -> Figure:
    """Pictures only, for cases in which the curves are the same; `told` says what is seen."""
    figure = Figure(figsize=(12, 2.6), layout="constrained")
    for whose, (ax, name) in enumerate(zip(figure.subplots(1, 2), names, strict=True)):
        draw(ax, whose)
        ax.set_title(name, fontweight="bold")
    figure.set_label(told)
    return figure


# -------------------------------------------------------------------------------- the twelve, in order


def statue(broken: ModuleType, seed: int) -> Observation:
    figure, runs, fakes = in_the_plane(broken, seed, limits=(-3, 16))
    ways = []
    for module, x in zip((healthy, broken), fakes, strict=True):
        first = module.sample(module.plane(seed, steps=1).G, latents(seed, 500, 2))
        ways.append((x - first).norm(dim=1).max().item())
    measured = f"The largest way of a fake between step 1 and step 800: {ways[1]:.1f}, the twin's {ways[0]:.1f}."
    there = ways[1] == 0 < ways[0] and late(runs[1].V) > -0.1 and late(runs[1].L) > 5
    return Observation(figure, measured, there, (ways[0], ways[1]), runs)


def happiness(broken: ModuleType, seed: int) -> Observation:
    figure, runs, fakes = in_the_plane(broken, seed)
    near, far = (x.norm(dim=1).median().item() for x in fakes)
    measured = f"The median distance of a fake from the middle is {far:.1f}, of the twin's {near:.1f}."
    there = late(runs[1].V) > -0.05 and late(runs[1].L) < 0.05 and far > 3
    return Observation(figure, measured, there, (near, far), runs)


def worse_than_guessing(broken: ModuleType, seed: int) -> Observation:
    figure, runs, fakes = in_the_plane(broken, seed)
    below = [(run.V[100:] < -1.386).float().mean().item() for run in runs]
    served = [modes_served(x) for x in fakes]
    measured = (
        f"After step 100, V is below −1.386 in {below[1]:.0%} of the steps, the twin's in {below[0]:.0%}; it ends "
        f"at {number(late(runs[1].V))}. Modes with at least 2 % of the fakes within 0.2: {served[1]}, the twin's "
        f"{served[0]} of 8."
    )
    there = below[1] == 1 > 0.3 > below[0] and abs(late(runs[1].V) + 1.504) < 0.02 and served[1] >= 5
    return Observation(figure, measured, there, (below[0], below[1]), runs)


def glass_ceiling(broken: ModuleType, seed: int) -> Observation:
    figure, runs, _ = in_the_plane(broken, seed, limits=(-1.6, 1.6))
    well, run = runs
    measured = (
        f"At the first step L is {run.L[0]:.2f}, the twin's {well.L[0]:.2f}. The highest L of 800 steps is "
        f"{run.L.max():.3f}, the twin's {well.L.max():.3f}; log 2 is 0.693."
    )
    there = run.L[0] < 0.55 < well.L[0] and run.L.max() < 0.6932 < well.L.max() and run.V.max() < -1.006
    return Observation(figure, measured, bool(there), (well.L.max().item(), run.L.max().item()), runs)


def mean_slope(run: Run, real: Tensor, fake: Tensor) -> float:
    """Of the critic, half-way between real and fake points."""
    between = ((real + fake) / 2).requires_grad_()
    return torch.autograd.grad(run.D(between).sum(), between)[0].norm(dim=1).mean().item()


def critics(broken: ModuleType, seed: int, limits: tuple[float, float]):
    figure, runs, fakes = in_the_plane(broken, seed, "critic", limits, undecided=())
    slopes = [mean_slope(run, real_points(seed), x) for run, x in zip(runs, fakes, strict=True)]
    measured = (
        f"The critic's mean slope half-way between real and fake points is {slopes[1]:.2f}, the twin's "
        f"{slopes[0]:.2f}. V over the last 50 steps: {number(late(runs[1].V))}, the twin's {number(late(runs[0].V))}."
    )
    return figure, runs, slopes, measured


def growing_distance(broken: ModuleType, seed: int) -> Observation:
    figure, runs, slopes, measured = critics(broken, seed, (-3, 30))
    there = late(runs[1].V) > 5 * late(runs[0].V) and slopes[1] > 10
    return Observation(figure, measured, there, (slopes[0], slopes[1]), runs)


def no_distance(broken: ModuleType, seed: int) -> Observation:
    figure, runs, slopes, measured = critics(broken, seed, (-0.5, 3))
    well, run = (run.V[100:].abs().mean() for run in runs)
    return Observation(figure, measured, bool(run < well / 2) and slopes[1] < 0.3, (slopes[0], slopes[1]), runs)


def same_dish(broken: ModuleType, seed: int) -> Observation:
    runs = twin("labels", seed), broken.labels(seed)
    z, y = latents(seed, 800, 8), torch.arange(800) % 8
    fakes = healthy.sample(runs[0].G, z, y), broken.sample(runs[1].G, z, y)
    nearest = [torch.cdist(x, healthy.DISTRIBUTION.modes).argmin(1) for x in fakes]

    def draw(ax: Axes, whose: int) -> None:
        shares = torch.zeros(8, 8).index_put_((y, nearest[whose]), torch.tensor(0.01), accumulate=True)
        ax.imshow(shares.numpy(), cmap="Oranges", vmin=0, vmax=1)
        ax.set(xticks=range(8), yticks=range(8), xlabel="mode nearest to the fake", ylabel="mode ordered")

    accuracy = [(x == y).float().mean().item() for x in nearest]
    measured = f"Fakes nearest to the mode that was ordered: {accuracy[1]:.0%}, the twin's {accuracy[0]:.0%}."
    there = accuracy[0] > 0.85 and accuracy[1] < 0.25 and late(runs[1].V) > late(runs[0].V) + 0.5
    samples = f"Who got what: {accuracy[0]:.0%} (twin) and {accuracy[1]:.0%} (patient) lie on the diagonal."
    return Observation(panel(*runs, draw, samples, (-3, 14)), measured, there, (accuracy[0], accuracy[1]), runs)


def one_picture(broken: ModuleType, seed: int) -> Observation:
    runs = twin("pictures", seed, steps=40), broken.pictures(seed, steps=40)
    z = latents(seed, 18, 64)
    fakes = healthy.sample(runs[0].G, z), broken.sample(runs[1].G, z)
    with_rest = [torch.cat([x, 50 * (x - x.mean(0))[:6]]) for x in fakes]
    variety = [(x - x.mean(0)).std().item() for x in fakes]
    measured = f"Standard deviation about the mean picture: {variety[1]:.3f}, the twin's {variety[0]:.3f}."
    draw = sheets(healthy.show(with_rest[0]), broken.show(with_rest[1]), rows=("", "G(z)", "", "rest × 50"))
    samples = f"The pixels deviate from the mean picture by {variety[0]:.2f} (twin) and {variety[1]:.2f} (patient)."
    there = variety[1] < variety[0] / 3
    return Observation(panel(*runs, draw, samples), measured, there, (variety[0], variety[1]), runs)


def company(broken: ModuleType, seed: int) -> Observation:
    z, twice = latents(seed, 24, 64), []
    for module in (healthy, broken):
        G = copy.deepcopy(twin("pictures", seed).G).train()  # a copy: sampling may move its running statistics
        together = module.sample(G, z)[:8]
        alone = torch.cat([module.sample(G, one) for one in z[:8].split(1)])
        twice.append((together, alone, (together - alone).abs() - 1))
    gap = [(difference + 1).mean().item() for *_, difference in twice]
    measured = f"Mean difference of a pixel, of 2 that are possible: {gap[1]:.2f}, the twin's {gap[0]:.2f}."
    rows = ("in company", "alone", "difference")
    draw = sheets(*(healthy.show(torch.cat(three), columns=8) for three in twice), rows=rows)
    told = (
        "Eight pictures in company, alone, and the difference: black for the twin, outlines and areas for the patient."
    )
    figure = side_by_side(("healthy twin", "patient"), draw, told)
    return Observation(figure, measured, gap[0] < 1e-4 and gap[1] > 0.05, (gap[0], gap[1]))


def no_night(broken: ModuleType, seed: int) -> Observation:
    figure, runs, fakes = in_pictures(broken, seed)
    corner = [x[..., 0, 0].median().item() for x in fakes]
    measured = f"Median of the top left pixel: {number(corner[1])}, the twin's {number(corner[0])}."
    return Observation(figure, measured, corner[0] < -0.7 and corner[1] > -0.4, (corner[0], corner[1]), runs)


def early_genius(broken: ModuleType, seed: int) -> Observation:
    x = healthy.sample(twin("pictures", seed, steps=10).G, latents(seed, 24, 64))
    shown = healthy.show(x, columns=8), broken.show(x, columns=8)
    contrast = [float(sheet[2:30, 2:30].std()) for sheet in shown]
    measured = (
        f"x lies in [{number(x.min())}, {number(x.max())}]. Contrast (standard deviation) of the first picture, of "
        f"127.5 that are possible: {contrast[1]:.0f}, at the colleague's {contrast[0]:.0f}."
    )
    told = "The same 24 pictures: grey and faint in my colleague's viewer, with more contrast in mine."
    figure = side_by_side(("my colleague's viewer", "my viewer"), sheets(*shown), told)
    there = bool(x.abs().max() < 0.7 and contrast[1] > 1.5 * contrast[0])
    return Observation(figure, measured, there, (contrast[0], contrast[1]))


def chalk(broken: ModuleType, seed: int) -> Observation:
    figure, runs, fakes = in_pictures(broken, seed, limits=(-2, 9))
    ranges = [f"[{number(x.min())}, {number(x.max())}]" for x in fakes]
    measured = f"Pixels lie in {ranges[1]}, the twin's in {ranges[0]}."
    there = late(runs[1].V) > -0.3 and late(runs[1].L) > 3 and bool(fakes[1].abs().max() > 1.5)
    return Observation(figure, measured, there, (fakes[0].min().item(), fakes[1].min().item()), runs)
