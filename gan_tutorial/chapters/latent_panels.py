"""What the two panels of notebook 10 draw: the plane of two latents, to walk about in, and a desk of sliders, each of
which moves garments along one direction.
"""

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke
from torch import Tensor

from ..plots import fast_png, to_grid
from ..sampling import FromLatents, at_rest
from .latent import lerp, slerp, truncate
from .reading import NAMES, attributes

REACH, TILES, STEPS = 11.0, 11, 9  # the plane reaches from -11 to 11, with so many pictures a side; of each path
MAP = (0.065, 0.11, 0.5, 0.857)  # where the plane stands in the figure, as shares: left, bottom, width, height
ROADS = {"slerp": (0.6, 0.28, 0.385, 0.075), "lerp": (0.6, 0.12, 0.385, 0.075)}  # and where the strips do
YELLOW = "#F0E442"  # on grey pictures; of Okabe and Ito's colours, and neither real nor fake


class Plane:
    """The plane through 0 and two latents a and b (Z,), which lie to the left and to the right of the upward axis."""

    def __init__(self, a: Tensor, b: Tensor) -> None:
        u, v = F.normalize(a, dim=0), F.normalize(b, dim=0)
        self.ends = a, b
        self.axes = torch.stack([F.normalize(v - u, dim=0), F.normalize(u + v, dim=0)])  # (2, Z): across, up

    def latents(self, places: Tensor) -> Tensor:
        """(..., 2) -> (..., Z)"""
        return places @ self.axes

    def places(self, z: Tensor) -> Tensor:
        """(..., Z) -> (..., 2), of what lies in the plane."""
        return z @ self.axes.T

    def roads(self) -> dict[str, Tensor]:
        """The latents along both paths, each (STEPS, Z)."""
        w = torch.linspace(0, 1, STEPS)
        return {"slerp": slerp(*self.ends, w), "lerp": lerp(*self.ends, w)}


def two(pair: int, latent_dim: int, threshold: float) -> Plane:
    """The plane of two latents ~ N(0, I), drawn with the seed `pair` and truncated."""
    a, b = truncate(torch.randn(2, latent_dim, generator=torch.Generator().manual_seed(pair)), threshold)
    return Plane(a, b)


def walk(
    G: FromLatents,
) -> tuple[Callable[[int, float, float, float], bytes], Callable[[float, float], dict[str, float]]]:
    """Two functions, for a Panel. The first draws the plane of two latents, papered with what G makes of its places,
    both paths, and the picture at one place. The second says which place was clicked, on the plane or on a path.
    """
    figure = Figure(figsize=(9.6, 5.6), dpi=80)
    figure.set_layout_engine("none")  # whatever the notebook asks of its own figures
    plane_ax, large_ax = figure.add_axes(MAP), figure.add_axes((0.65, 0.48, 0.28, 0.48))
    plane_ax.set(xlim=(-REACH, REACH), ylim=(-REACH, REACH), xlabel="across")
    plane_ax.set_ylabel("up", labelpad=-4)
    plane_ax.set(xticks=range(-10, 11, 5), yticks=range(-10, 11, 5))
    square = (-REACH, REACH, -REACH, REACH)
    paper = plane_ax.imshow(_grey(2), cmap="gray", vmin=0, vmax=255, extent=square, interpolation="nearest")
    shell = plane_ax.add_patch(Circle((0, 0), G.latent_dim**0.5, fill=False, ls=":", **_outlined("white")))
    lines = {
        name: plane_ax.plot([], [], style, **_outlined(YELLOW))[0] for name, style in (("slerp", "-"), ("lerp", "--"))
    }
    (ends,) = plane_ax.plot([], [], "o", ms=9, mfc="white", mec="black")
    (here,) = plane_ax.plot([], [], "P", ms=13, mfc=YELLOW, mec="black")
    names = [plane_ax.text(0, 0, name, color="white", weight="bold", fontsize=13) for name in ("a", "b")]
    for text in names:
        text.set_path_effects([withStroke(linewidth=3, foreground="black")])
    large = large_ax.imshow(_grey(1), cmap="gray", vmin=-1, vmax=1, interpolation="nearest")
    strips: dict[str, Artist] = {}
    for name, box in ROADS.items():
        ax = figure.add_axes(box)
        strips[name] = ax.imshow(_grey(1), cmap="gray", vmin=0, vmax=255, aspect="auto", interpolation="nearest")
        ax.set_title(f"{name}: the {'solid arc' if name == 'slerp' else 'dashed line'}, from a to b", fontsize=11)
        ax.axis("off")
    large_ax.axis("off")
    note = figure.text(0.79, 0.44, "", ha="center", va="center", fontsize=12)
    moving = [paper, shell, *lines.values(), ends, here, *names, large, *strips.values(), note]
    repaint = fast_png(figure, moving)
    middles = (torch.arange(TILES) + 0.5) * 2 * REACH / TILES - REACH
    grid = torch.stack(torch.meshgrid(middles, middles, indexing="xy"), -1).flip(0).flatten(0, 1)  # the top row first
    kept: dict[str, object] = {}

    def look(pair: int, threshold: float) -> Plane:
        """The plane and all that stays while the mouse moves in it."""
        if kept.get("what") != (pair, threshold):
            plane = two(pair, G.latent_dim, threshold)
            roads = plane.roads()
            with at_rest(G):
                pictures = G(torch.cat([plane.latents(grid), *roads.values()]))
            tiles, *along = pictures.split([len(grid), STEPS, STEPS])
            paper.set_data(to_grid(tiles, TILES, gap=0))
            for (name, road), x in zip(roads.items(), along, strict=True):
                lines[name].set_data(*plane.places(road).T.numpy())
                strips[name].set_data(to_grid(x, STEPS, gap=0))  # type: ignore[attr-defined]
            places = plane.places(torch.stack(plane.ends))
            ends.set_data(*places.T.numpy())
            for text, (right, up), shift in zip(names, places.tolist(), (-1.3, 0.6), strict=True):
                text.set_position((right + shift, up + 0.3))
            kept.update(what=(pair, threshold), plane=plane)
        return kept["plane"]  # type: ignore[return-value]

    def draw(pair: int, threshold: float, across: float, up: float) -> bytes:
        z = look(pair, threshold).latents(torch.tensor([[across, up]]))
        with at_rest(G):
            x = G(z)
        large.set_data(x[0, 0].numpy())
        here.set_data([across], [up])
        note.set_text(f"at the cross: |z| = {z.norm():.1f}, brightness {(x.mean() + 1) / 2:.2f}")
        return repaint()

    def pick(right: float, down: float) -> dict[str, float]:
        place = _within(MAP, right, down)
        if place:
            return _moved((2 * place[0] - 1) * REACH, (1 - 2 * place[1]) * REACH)
        for name, box in ROADS.items():
            place = _within(box, right, down)
            if place:
                plane: Plane = kept["plane"]  # type: ignore[assignment]
                z = plane.roads()[name][min(int(place[0] * STEPS), STEPS - 1)]
                return _moved(*plane.places(z).tolist())
        return {}

    return draw, pick


def _grey(side: int) -> list[list[float]]:
    return [[0.0] * side] * side


def _outlined(colour: str) -> dict:
    """A line that is seen on black and on white."""
    return {"color": colour, "lw": 2, "path_effects": [withStroke(linewidth=4, foreground="black")]}


def _within(box: tuple[float, float, float, float], right: float, down: float) -> tuple[float, float] | None:
    """A place of the figure as one in a box, both (right, down) in [0, 1]; None if it is outside."""
    left, bottom, width, height = box
    place = (right - left) / width, (down - (1 - bottom - height)) / height
    return place if min(place) >= 0 and max(place) <= 1 else None


def _moved(across: float, up: float) -> dict[str, float]:
    return {"across": round(across, 1), "up": round(up, 1)}


def desk(
    G: FromLatents,
    z: Tensor,
    classify: Callable[[Tensor], Tensor],
    directions: Mapping[str, Mapping[str, Tensor]],
    slopes: Tensor,
    sd: Tensor,
    towards: Tensor,
) -> Callable[..., bytes]:
    """A function that draws some latents z (N, Z) before and after a move, and what it did, for a Panel:

        draw(kind, goal, **{name of a direction: how far})

    `directions[kind][name]` are unit vectors (Z,). `classify` gives the class of each picture, `towards` (10, Z) the
    mean latent of each; unless the `goal` is -1, each z also goes the way from its class's mean to the goal's.
    `slopes` (Z, 5) say what a unit step along each axis does to the attributes, in their standard deviations sd (5,):
    hollow bars show what they promise, full ones what came of it, on average over the N pictures.
    """
    figure = Figure(figsize=(9.6, 3.4), dpi=80)
    figure.set_layout_engine("none")
    sheet, bars_ax = figure.add_axes((0.06, 0.04, 0.56, 0.86)), figure.add_axes((0.74, 0.17, 0.24, 0.73))
    with at_rest(G):
        before = G(z)
    read, was = attributes(before), classify(before)
    half = len(z) // 2
    picture = sheet.imshow(_sheet(before, before, half), cmap="gray", vmin=0, vmax=255, interpolation="nearest")
    sheet.axis("off")
    for row, name in enumerate(("before", "after") * 2):
        figure.text(0.053, 0.9 - 0.86 * (row + 0.5) / 4, name, ha="right", va="center", fontsize=11)
    promised, came, note = _bars(bars_ax, list(NAMES))
    repaint = fast_png(figure, [picture, *promised, *came, note])

    def draw(kind: str, goal: int, **amounts: float) -> bytes:
        step = sum((amount * directions[kind][name] for name, amount in amounts.items()), torch.zeros(z.shape[1]))
        step = step.expand_as(z)
        if goal >= 0:
            step = step + towards[goal] - towards[was]
        with at_rest(G):
            after = G(z + step)
        picture.set_data(_sheet(before, after, half))
        change = ((attributes(after) - read) / sd).mean(0)
        for bars, values in ((promised, (step @ slopes).mean(0)), (came, change)):
            for bar, value in zip(bars, values.tolist(), strict=True):
                bar.set_width(value)
        note.set_text(f"{(classify(after) != was).sum()} of {len(z)} changed their class")
        return repaint()

    return draw


def _bars(ax: Axes, names: list[str]) -> tuple:
    places = range(len(names))
    came = ax.barh(places, [0.0] * len(names), height=0.5, color="0.55")
    promised = ax.barh(places, [0.0] * len(names), height=0.8, fill=False, edgecolor="black", linewidth=1.5)
    ax.axvline(0, color="black", lw=1)
    ax.set_yticks(places, names, fontsize=11)
    ax.set(xlim=(-2.5, 2.5), ylim=(5.3, -0.6))
    ax.set_title("change (standard deviations)", fontsize=11)
    return promised, came, ax.text(0, 4.9, "", ha="center", va="center", fontsize=11)


def _sheet(before: Tensor, after: Tensor, columns: int):
    """Two rows of pairs: before above after."""
    rows = [part for k in (0, columns) for part in (before[k : k + columns], after[k : k + columns])]
    return to_grid(torch.cat(rows), columns)
