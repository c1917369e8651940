"""The picture of a run: what G makes on the left, the curves so far on the right."""

import math
from collections.abc import Callable, Sequence

import numpy as np
import torch
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from torch import Tensor, nn

from ..objectives import Minimax, Objective
from ..plots import COST, VALUE, fast_png, show_plane, surface, to_grid


class ImageGrid(Artist):
    """Images (N, C, S, S) in the upper left corner, each pixel of theirs drawn as a square of `scale`.

    With `names` there is a row above, with a name for each column.
    """

    def __init__(self, x: Tensor, columns: int, scale: int, names: Sequence[str] = ()):
        super().__init__()
        self.columns, self.scale, self.names = columns, scale, names
        self.show(x)
        self.height, self.width = self.pixels.shape[:2]
        self.height += 20 * bool(names)

    def add_to(self, figure: Figure) -> list[Artist]:
        for k, name in enumerate(self.names):
            left, bottom, *_ = _box(figure, (k + 0.5) * self.width / self.columns, figure.bbox.height - 10, 0, 0)
            figure.text(left, bottom, name, ha="center", va="center", fontsize=7)
        return [figure.add_artist(self)]

    def show(self, x: Tensor) -> None:
        sheet = to_grid(x, self.columns).repeat(self.scale, axis=0).repeat(self.scale, axis=1)
        self.pixels = np.full((*sheet.shape[:2], 4), 255, np.uint8)
        self.pixels[..., :3] = sheet if sheet.ndim == 3 else sheet[..., None]

    def draw(self, renderer) -> None:
        bottom = self.figure.bbox.height - self.height
        renderer.draw_image(renderer.new_gc(), 0, bottom, self.pixels[::-1])  # Agg wants the lowest row first


class Plane:
    """Points (N, 2) and always the same `real` ones, over D's probability "real"."""

    height = width = 460

    def __init__(self, real: Tensor, D: nn.Module):
        self.real, self.D, self.limit = real, D, 1.3 * real.abs().max().item()

    def add_to(self, figure: Figure) -> list[Artist]:
        self.ax = figure.add_axes(_box(figure, 72, 55, 380, 380))
        show_plane(self.ax, self.real, self.real, self.D, self.limit)
        self.ax.legend(loc="lower right", bbox_to_anchor=(1, 0.985), ncols=2, frameon=False)
        return [*self.ax.images, *self.ax.collections]

    def show(self, x: Tensor) -> None:
        self.ax.collections[-1].set_offsets(x.cpu())
        self.ax.images[0].set_data(surface(self.D, self.limit))


class Means:
    """A curve of bounded length: the numbers of a run, as means over `width` steps each.

    When there are 2 * KEPT means, neighbours are joined, and the width doubles.
    """

    KEPT = 100

    def __init__(self):
        self.width, self.means, self.rest = 1, [], []

    def append(self, number: float) -> None:
        self.rest.append(number)
        if len(self.rest) == self.width:
            self.means.append(sum(self.rest) / self.width)
            self.rest = []
        if len(self.means) == 2 * self.KEPT:
            self.means = [(a + b) / 2 for a, b in zip(self.means[::2], self.means[1::2], strict=True)]
            self.width *= 2

    @property
    def steps(self) -> range:
        """The last step of each mean."""
        return range(self.width, self.width * len(self.means) + 1, self.width)

    def __len__(self) -> int:
        return self.width * len(self.means) + len(self.rest)


# An axis goes at first from 0 to so many times the level of an undecided D: for minimax, V in [-2, 0] and L in [0, 5]
ROOM = {"value": 2 / math.log(4), "cost": 5 / math.log(2)}
LOOKS: dict[str, dict] = {"value": {"color": VALUE}, "cost": {"color": COST, "ls": "--"}}
LOOKS |= {"real": {"color": "black", "lw": 1}, "fake": {"color": "0.65", "lw": 3, "zorder": 1.9}}  # a band, below


class Dashboard:
    """Samples beside charts of V, of L and, if `scores`, of D; a redraw paints only what has moved.

    What the charts show stands in `curves`: {"value": V, "cost": L, "real": D's of real x, "fake": of fakes}.
    V is solid and L dashed. The axes start from `steps` and from what the objective suggests, and widen when a curve
    leaves them. A dotted line shows where a D would be that gives every sample one score, the best that it can.
    """

    def __init__(self, samples: ImageGrid | Plane, objective: Objective, steps: int = 50, scores: bool = False):
        self.samples, self.steps = samples, steps
        charts = [["value"], ["cost"], ["real", "fake"]][: 2 + scores]
        self.names = [name for chart in charts for name in chart]
        height = max(samples.height, 150 * len(charts))
        self.figure = Figure(figsize=((samples.width + 380) / 100, height / 100))
        self.lines: dict[str, Line2D] = {}
        self.axes: list[Axes] = []
        self.ax_of: dict[str, Axes] = {}  # of each curve
        self.marks: list[Line2D] = []
        self.repaint: Callable[[], bytes] | None = None  # None when it must be made anew
        tall = (height - 60) / len(charts)
        for k, names in enumerate(charts):
            box = _box(self.figure, samples.width + 75, height - (k + 1) * tall, 285, tall - 15)
            self.axes.append(self.figure.add_axes(box))
            for name in names:
                self.ax_of[name] = self.axes[k]
                (self.lines[name],) = self.axes[k].plot([], [], **LOOKS[name])
            self.axes[k].tick_params(labelbottom=k == len(charts) - 1)
        self.axes[-1].set_xlabel("step")
        if scores:
            self.axes[-1].legend(["of real x", "of fake G(z)"], fontsize="small", loc="upper right", ncols=2)
        self.levels = [ax.axhline(0.0, color="0.6", linestyle=":") for ax in self.axes]
        self.moving = [*samples.add_to(self.figure), *sorted(self.lines.values(), key=Line2D.get_zorder)]
        self.restart(objective)

    def record(self, **numbers: float) -> None:
        """A number for each curve, once per step."""
        for name, curve in self.curves.items():
            curve.append(numbers[name])

    def restart(self, objective: Objective) -> None:
        """Forget the past."""
        self.curves = {name: Means() for name in self.names}
        for mark in self.marks:
            mark.remove()
        self.marks = []
        for ax in self.axes:
            ax.set_xlim(0, self.steps)
        self.play_by(objective)

    def play_by(self, objective: Objective, since: int = 0) -> None:
        """Names and ranges of the axes are now those of this game; a thin line shows since which step."""
        value, cost, score = undecided(objective)
        D = ("probability D", 0.5, (0, 1)) if isinstance(objective, Minimax) else ("score t", score, (-1, 1))
        charts = ("D's value V", value, (0, ROOM["value"] * value)), ("G's cost L", cost, (0, ROOM["cost"] * cost)), D
        for ax, line, (name, level, (a, b)) in zip(self.axes, self.levels, charts, strict=False):
            ax.set(ylabel=name, ylim=sorted((a, b)) if a != b else (-1, 1))
            line.set_ydata([level, level])
            if since:
                self.marks.append(ax.axvline(since, color="0.8", linewidth=1))
        self.repaint = None

    def png(self, x: Tensor) -> bytes:
        """The picture of samples x (N, ...) and of the curves."""
        self.samples.show(x)
        for name, curve in self.curves.items():
            self.lines[name].set_data(curve.steps, curve.means)
            if curve.means:
                self._widen(self.ax_of[name], len(curve), min(curve.means), max(curve.means))
        if self.repaint is None:
            self.repaint = fast_png(self.figure, self.moving)
        return self.repaint()

    def _widen(self, ax: Axes, n: int, least: float, most: float) -> None:
        right, (low, high) = ax.get_xlim()[1], ax.get_ylim()
        if n > right or least < low or most > high:
            margin = 0.2 * (max(most, high) - min(least, low))
            ax.set_xlim(0, right * 2 ** max(0, math.ceil(math.log2(n / right))))
            ax.set_ylim(low if least >= low else least - margin, high if most <= high else most + margin)
            self.repaint = None


def undecided(objective: Objective) -> tuple[float, float, float]:
    """(V, L, t) of a D that gives every sample the same score t, the best one: 0, or 1/2 for least squares."""
    t = max((torch.tensor([0.0]), torch.tensor([0.5])), key=lambda t: objective.value(t, t).item())
    return objective.value(t, t).item(), objective.generator_loss(lambda: t, t).item(), t.item()


def _box(figure: Figure, left: float, bottom: float, width: float, height: float) -> tuple[float, float, float, float]:
    """Pixels -> what `add_axes` takes."""
    across, up = figure.bbox.size
    return left / across, bottom / up, width / across, height / up
