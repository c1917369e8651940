"""Rub out a part of a picture with mouse or keys, and see a generator fill it."""

import copy
from functools import partial

import ipywidgets as ipw
import numpy as np
import torch
import traitlets
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from torch import Tensor

from ..chapters.restoration import Mask, consistent, hole, repairs
from ..checks import shape, whole
from ..plots import figure_png, show_images
from ..sampling import FromLatents, at_rest
from .base import Screen, button, check_generator, script
from .step_thread import Played

SIDE = 28  # of the pictures, in pixels
HIDDEN = "#F0E442"  # what is not seen: one of Okabe & Ito's colours that no picture and no kind of data has
STARTS, STEPS = 8, 200
HOLES = {
    "the middle": hole(slice(8, 20), slice(8, 20)).seen,
    "the lower half": hole(slice(14, 28), slice(0, 28)).seen,
    "all but 1 pixel in 10": torch.rand(SIDE, SIDE, generator=torch.Generator().manual_seed(0)) < 0.1,
    "nothing": torch.ones(SIDE, SIDE, dtype=torch.bool),
}
BY_HAND = "drawn by hand"


class Easel(Screen):
    """A picture with its hole, the repairs, and the original, on a canvas: mouse or keys rub out.

    `value` stands for it without a kernel.
    """

    _esm = script("eraser.js", SIDE=SIDE, HIDDEN=HIDDEN)
    frame = traitlets.Bytes().tag(sync=True)  # uint8: what is seen, the repair, the original, every start's repair
    seen = traitlets.Bytes().tag(sync=True)  # a byte per pixel: 1 seen, 0 rubbed out
    caption = traitlets.Unicode().tag(sync=True)
    brush = traitlets.Int(4).tag(sync=True)  # its width in pixels
    # the last one drawn: [[right, down], ...] in [0, 1]
    stroke: traitlets.List[list[float]] = traitlets.List().tag(sync=True, echo_update=False)

    def show_pictures(self, seen: Tensor, pictures: Tensor, caption: str) -> None:
        """Pictures (3 + STARTS, 1, 28, 28) in [-1, 1]."""
        grey = ((pictures.clamp(-1, 1) + 1) * 127.5).round().byte().numpy().tobytes()
        self.show(seen=seen.byte().numpy().tobytes(), frame=grey, caption=caption)

    @property
    def value(self) -> bytes:
        """A PNG file of what is there to see."""
        grey = np.frombuffer(self.frame, "u1").reshape(-1, 1, SIDE, SIDE)
        pictures = torch.from_numpy(grey.copy()).float() / 127.5 - 1
        figure = Figure(figsize=(7.4, 4.1), layout="constrained")
        top, below = figure.subfigures(2, 1, squeeze=False, height_ratios=(2.4, 1)).flat
        titles = ("what is seen", self.caption, "the original")
        for ax, picture, title in zip(top.subplots(1, 3), pictures[:3], titles, strict=True):
            ax.imshow(picture[0].numpy(), cmap="gray", vmin=-1, vmax=1)
            ax.set_title(title, fontsize=10)
            ax.axis("off")
        hidden = np.frombuffer(self.seen, "u1").reshape(SIDE, SIDE) == 0
        colour = np.full((SIDE, SIDE, 3), to_rgb(HIDDEN))
        top.axes[0].imshow(np.concatenate([colour, hidden[..., None]], 2))
        show_images(below.subplots(), pictures[3:], STARTS)
        return figure_png(figure, 90)


class Eraser(Played):
    """Pictures to rub out, and a generator that fills the hole, live:

        Eraser(load_generator(), x)  # x (N, 1, 28, 28) in [-1, 1]

    Each new hole, or picture, begins a search for latents whose pictures look like what is left, from several
    starts; the nearest is shown large, with what is seen pasted in. Nothing is trained, and G is a copy.
    """

    resume = "Go on"

    def __init__(self, G: FromLatents, x: Tensor, *, seed: int = 0) -> None:
        _check(G, x)
        super().__init__(Easel(), rate=15)
        self.G, self.x, self.seed = copy.deepcopy(G).cpu().eval(), x, seed
        self.number, self.seen = 0, HOLES["the middle"]
        self.picture.observe(lambda change: self._drawn(change.new), "stroke")
        self.children = [*self._controls(), self.picture, self.message]
        self._begin()
        self.finish()

    def finish(self) -> "Eraser":
        """Search to the end here and now, without the thread."""
        self.thread.halt()
        while self.steps < self.goal:
            self._advance()
        self._draw()
        return self

    # ------------------------------------------------------------------------------- what the thread calls

    def _begin(self) -> None:
        """A new search, for the picture and the hole as they are."""
        self.A = Mask(self.seen)
        self.y = self.A(self.x[self.number, None])
        rng = torch.Generator().manual_seed(self.seed)
        self.search = repairs(self.G, self.A, self.y, rng, restarts=STARTS)
        self.found, self.steps, self.goal = next(self.search), 0, STEPS
        self.message.value = ""

    def _advance(self) -> None:
        self.found, self.steps = next(self.search), self.steps + 1

    def _step(self) -> None:
        self._advance()
        if self.steps >= self.goal:
            raise StopIteration

    def _show(self) -> None:
        with at_rest(self.G) as G:
            repaired = consistent(self.A, G(self.found.z[0]), self.y)
        pictures = torch.cat([self.y, repaired[:1], self.x[self.number, None], repaired])
        self.picture.show_pictures(self.seen, pictures, f"repaired, step {self.steps}")

    # ----------------------------------------------------------------------------------- what the user does

    def _anew(self, **changes) -> None:
        """Begin again with another picture, hole or seed, and let it run."""

        def change() -> None:
            for name, value in changes.items():
                setattr(self, name, value)
            self._begin()

        self.thread.once(change)
        super().play()

    def _drawn(self, stroke: list[list[float]]) -> None:
        pixels = [[SIDE * right, SIDE * down] for right, down in stroke]
        seen = rubbed(self.seen, pixels, self.brush.value)
        self.hole.value = BY_HAND
        self._anew(seen=seen)

    def _chosen(self, name: str) -> None:
        if name != BY_HAND:
            self._anew(seen=HOLES[name])

    def play(self) -> None:
        """Search on; beyond the end, for as many steps again."""
        if self.steps >= self.goal:
            self.goal = self.steps + STEPS
        super().play()

    # ------------------------------------------------------------------------------------- how it is laid out

    def _controls(self) -> list[ipw.Widget]:
        self.which = ipw.IntSlider(0, max=len(self.x) - 1, description="picture", continuous_update=False)
        self.which.observe(lambda change: self._anew(number=change.new), "value")
        self.brush = ipw.IntSlider(4, min=2, max=8, description="brush")
        ipw.jslink((self.brush, "value"), (self.picture, "brush"))
        self.hole = ipw.Dropdown(options=[*HOLES, BY_HAND], description="rub out", layout=ipw.Layout(width="270px"))
        self.hole.observe(lambda change: self._chosen(change.new), "value")
        new = button("New starts", "refresh", lambda: self._anew(seed=self.seed + 1), "other random latents")
        clear = button("Clear", "undo", partial(setattr, self.hole, "value", "nothing"), "the whole picture is seen")
        return [
            ipw.HBox([self.which, self.brush], layout=ipw.Layout(flex_flow="row wrap")),
            ipw.HBox([self.hole, self.button, new, clear], layout=ipw.Layout(flex_flow="row wrap")),
        ]

    def __repr__(self) -> str:
        return f"{type(self).__name__} of {len(self.x)} pictures"


def _check(G: FromLatents, x: Tensor) -> None:
    check_generator(G)
    shape(x, "N", 1, SIDE, SIDE, name="the pictures x")
    whole(1, **{"the number of pictures x": len(x)})
    if G.classes:
        raise ValueError(
            f"G has {G.classes} classes; expected a generator without, for only latents are searched: "
            "one of a fixed class, or one that was trained without labels"
        )
    with at_rest(G):
        shape(G(torch.zeros(1, G.latent_dim)), "N", 1, SIDE, SIDE, name="what G makes")


def rubbed(seen: Tensor, stroke: list[list[float]], width: float) -> Tensor:
    """`seen` (S, S), without the pixels whose middle is within width / 2 of a point (right, down) of the stroke."""
    points = torch.tensor(stroke, dtype=torch.float)
    middles = torch.cartesian_prod(*(torch.arange(len(seen)) + 0.5,) * 2).flip(1)  # (right, down), row by row
    near = torch.cdist(middles, points).min(1).values <= width / 2
    return seen & ~near.view_as(seen)
