"""The playground's stage: one canvas, one buffer of bytes per frame, and a still picture of the same."""

import math
from typing import NamedTuple

import numpy as np
import traitlets
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from ...plots import COST, FAKE, FAKE_TO_REAL, REAL, VALUE, figure_png
from ..base import Screen, script

EDGE = 1.6  # the plane that is shown is [-EDGE, EDGE]^2
SIDE = 48  # squares along a side of D's map
FAR = 4.0  # the largest coordinate that a frame can hold; what lies beyond is moved there
SHEET = 31  # latents along a side of G's sheet

CURVES = ("round", "value", "cost", "jsd", "energy", "modes")
LIMITS = {"jsd": (0.0, 0.7), "energy": (1e-4, 4.0)}  # of their charts, in nats and in the plane's units


class Frame(NamedTuple):
    """What is on stage at one moment."""

    round: int
    rate: float  # rounds per second, 0 while it rests
    real: np.ndarray  # (N, 2)
    fake: np.ndarray  # (N, 2)
    tips: np.ndarray  # (N, 2): where the arrow at each fake ends
    sheet: np.ndarray  # what G makes of a square of latents (SHEET^2, 2), or of a line of them (SHEET^2, 2)
    surface: np.ndarray  # (SIDE, SIDE) in [0, 1], from "fake" to "real": D's answers, the first row is the top
    best: np.ndarray  # (SIDE, SIDE) likewise: those of D*, NaN where hardly a sample falls

    def pack(self) -> bytes:
        """float32 round, rate and N; int16 points, in units of FAR / 32767; uint8 maps, 255 for NaN."""
        head = np.array([self.round, self.rate, len(self.real)], "<f4")
        points = np.nan_to_num(np.concatenate([self.real, self.fake, self.tips, self.sheet])) * (32767 / FAR)
        maps = np.stack([self.surface, self.best]) * 254
        maps = np.where(np.isnan(maps), 255, maps)
        parts = head, points.clip(-32767, 32767).round().astype("<i2"), maps.round().astype("u1")
        return b"".join(part.tobytes() for part in parts)

    @classmethod
    def unpack(cls, data: bytes) -> "Frame":
        """The frame that `pack` made, to within its rounding."""
        round, rate, n = np.frombuffer(data, "<f4", 3).tolist()
        n, start = int(n), 12
        points = np.frombuffer(data, "<i2", 2 * (3 * n + SHEET**2), start).reshape(-1, 2) * (FAR / 32767)
        maps = np.frombuffer(data, "u1", 2 * SIDE**2, start + 4 * (3 * n + SHEET**2)).reshape(2, SIDE, SIDE)
        maps = np.where(maps == 255, math.nan, maps / 254)
        return cls(int(round), rate, *np.split(points, [n, 2 * n, 3 * n]), *maps)


SHARED = dict(EDGE=EDGE, SIDE=SIDE, FAR=FAR, SHEET=SHEET, CURVES=CURVES, LIMITS=LIMITS)


class Stage(Screen):
    """A frame and the curves so far on a canvas, to draw on with mouse or keys; `value` stands for it without a kernel.

    `at` takes a place on the plane as the browser names it, (right, down) in [0, 1], to its x in [-EDGE, EDGE]^2.
    """

    _esm = script("playground/stage.js", REAL=REAL, FAKE=FAKE, VALUE=VALUE, COST=COST, **SHARED)
    frame = traitlets.Bytes().tag(sync=True)
    curves = traitlets.Bytes().tag(sync=True)  # float32 (records, len(CURVES))
    captions = traitlets.Dict().tag(sync=True)  # captions and levels: see Game.captions
    drawing = traitlets.Unicode().tag(sync=True)  # "" no; "more" adds to the distribution; "first" there is none yet
    # the last one drawn: [[right, down], ...] in [0, 1]
    stroke: traitlets.List[list[float]] = traitlets.List().tag(sync=True, echo_update=False)

    @staticmethod
    def at(right: float, down: float) -> tuple[float, float]:
        return EDGE * (2 * right - 1), EDGE * (1 - 2 * down)

    @property
    def value(self) -> bytes:
        """A PNG file of what is on stage."""
        return still(
            Frame.unpack(self.frame), np.frombuffer(self.curves, "<f4").reshape(-1, len(CURVES)), self.captions
        )


def still(frame: Frame, curves: np.ndarray, captions: dict) -> bytes:
    """A frame and the curves (records, len(CURVES)) as a PNG file."""
    figure = Figure(figsize=(9.6, 4.2), layout="constrained")
    axes = figure.subplot_mosaic([["plane", "plane", "best", "jsd"], ["plane", "plane", "sheet", "energy"]])
    _map(axes["plane"], frame.surface)
    real, fake, push = frame.real, frame.fake, frame.tips - frame.fake
    axes["plane"].scatter(real[:, 0], real[:, 1], s=6, color=REAL, label="real", linewidths=0)
    axes["plane"].scatter(fake[:, 0], fake[:, 1], s=12, color=FAKE, label="fake", linewidths=0.9, marker="x")
    axes["plane"].quiver(*fake.T, *push.T, angles="xy", scale_units="xy", scale=1, width=0.003, zorder=3)
    axes["plane"].legend(loc="upper center", bbox_to_anchor=(0.5, -0.07), ncols=2, frameon=False)
    axes["plane"].set_title(f"round {frame.round:,}: D's map, and the push on each fake")
    _map(axes["best"], frame.best)
    axes["best"].set(title="p / (p + q)", facecolor="0.88")
    sheet = frame.sheet.reshape(SHEET, SHEET, 2)
    lines = [frame.sheet] if captions["line"] else [*sheet[::2], *sheet.swapaxes(0, 1)[::2]]
    axes["sheet"].add_collection(LineCollection(lines, colors=FAKE, linewidths=0.6))
    axes["sheet"].set_title("G's thread" if captions["line"] else "G's sheet")
    for name, title, scale in (("jsd", "JSD", "linear"), ("energy", "energy distance", "log")):
        ax = axes[name]
        ax.plot(curves[:, 0], curves[:, CURVES.index(name)].clip(LIMITS[name][0]), color="black")
        ax.axhline(captions[name], color="0.5", linestyle="--")
        ax.text(0.04, captions[name], "floor", transform=ax.get_yaxis_transform(), va="bottom", color="0.3")
        ax.set(title=title, yscale=scale, ylim=LIMITS[name], xlabel="round")
    for name in ("plane", "best", "sheet"):
        axes[name].set(xlim=(-EDGE, EDGE), ylim=(-EDGE, EDGE), aspect="equal")
    return figure_png(figure)


def _map(ax: Axes, shades: np.ndarray) -> None:
    ax.imshow(
        shades, extent=(-EDGE, EDGE, -EDGE, EDGE), cmap=FAKE_TO_REAL, vmin=0, vmax=1, alpha=0.6, interpolation="nearest"
    )
