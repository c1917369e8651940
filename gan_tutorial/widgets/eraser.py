"""Rub out a part of a picture with the mouse, and see a generator fill it."""

import copy
from functools import partial
from pathlib import Path

import anywidget
import ipywidgets as ipw
import numpy as np
import torch
import traitlets
from matplotlib.figure import Figure
from torch import Tensor, nn

from ..chapters.restoration import Mask, consistent, hole, repairs
from ..plots import FAKE, figure_png, show_images
from .base import Pictured, button, told
from .step_thread import StepThread

STARTS, STEPS = 8, 200
HOLES = {
    "the middle": hole(slice(8, 20), slice(8, 20)).seen,
    "the lower half": hole(slice(14, 28), slice(0, 28)).seen,
    "all but 1 pixel in 10": torch.rand(28, 28, generator=torch.Generator().manual_seed(0)) < 0.1,
    "nothing": torch.ones(28, 28, dtype=torch.bool),
}
BY_HAND = "drawn by hand"


class Easel(anywidget.AnyWidget):
    """A picture with its hole, the repairs, and the original, on a canvas: mouse or keys rub out.

    `value` stands for it without a kernel.
    """

    _esm = Path(__file__).with_name("eraser.js")
    frame = traitlets.Bytes().tag(sync=True)  # uint8: what is seen, the repair, the original, every start's repair
    seen = traitlets.Bytes().tag(sync=True)  # a byte a pixel: 1 seen, 0 rubbed out
    caption = traitlets.Unicode().tag(sync=True)
    brush = traitlets.Int(4).tag(sync=True)  # its width in pixels
    stroke = traitlets.List().tag(sync=True, echo_update=False)  # [[right, down], ...] in pixels, the last one drawn

    def show(self, seen: Tensor, pictures: Tensor, caption: str) -> None:
        """Pictures (3 + STARTS, 1, 28, 28) in [-1, 1]."""
        grey = ((pictures.clamp(-1, 1) + 1) * 127.5).round().byte().numpy().tobytes()
        with self.hold_sync():
            self.seen, self.frame, self.caption = seen.byte().numpy().tobytes(), grey, caption

    @property
    def value(self) -> bytes:
        """A PNG file of what is there to see."""
        grey = np.frombuffer(self.frame, "u1").reshape(-1, 1, 28, 28)
        pictures = torch.from_numpy(grey.copy()).float() / 127.5 - 1
        figure = Figure(figsize=(7.4, 4.1), layout="constrained")
        top, below = figure.subfigures(2, 1, height_ratios=(2.4, 1))
        titles = ("what is seen", self.caption, "the original")
        for ax, picture, title in zip(top.subplots(1, 3), pictures[:3], titles, strict=True):
            ax.imshow(picture[0].numpy(), cmap="gray", vmin=-1, vmax=1)
            ax.set_title(title, fontsize=10)
            ax.axis("off")
        hidden = np.frombuffer(self.seen, "u1").reshape(28, 28) == 0
        colour = tuple(int(FAKE[k : k + 2], 16) / 255 for k in (1, 3, 5))
        top.axes[0].imshow(np.concatenate([np.full((28, 28, 3), colour), hidden[..., None]], 2))
        show_images(below.subplots(), pictures[3:], STARTS)
        return figure_png(figure, 90)


class Eraser(Pictured):
    """Pictures to rub out, and a generator that fills the hole, live:

        Eraser(load_generator(), x)  # x (N, 1, 28, 28) in [-1, 1]

    Each new hole, or picture, begins a search for latents whose pictures look like what is left, from several
    starts; the nearest is shown large, with what is seen pasted in. Nothing is trained, and G is a copy.
    """

    def __init__(self, G: nn.Module, x: Tensor, *, seed: int = 0) -> None:
        super().__init__()
        self.G, self.x, self.seed = copy.deepcopy(G).cpu().eval(), x, seed
        self.number, self.seen = 0, HOLES["the middle"]
        self.picture = Easel()
        self.picture.observe(lambda change: self._drawn(change.new), "stroke")
        self.runner = StepThread(self._step, self._draw, self._fail, rate=15)
        self.message = ipw.HTML()
        self.children = [*self._controls(), self.picture, self.message]
        self._begin()
        self.finish()

    def finish(self) -> "Eraser":
        """Search to the end here and now, without the thread."""
        self.runner.halt()
        while self.steps < self.goal:
            self._advance()
        self._draw()
        return self

    # ------------------------------------------------------------------------------- what the runner calls

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

    @torch.no_grad()
    def _draw(self) -> None:
        playing = self.runner.playing
        self.play.description, self.play.icon = ("Pause", "pause") if playing else ("Go on", "play")
        repaired = consistent(self.A, self.G(self.found.z[0]), self.y)
        pictures = torch.cat([self.y, repaired[:1], self.x[self.number, None], repaired])
        self.picture.show(self.seen, pictures, f"repaired, step {self.steps}")

    def _fail(self, error: Exception) -> None:
        self.message.value = told(error)

    # ----------------------------------------------------------------------------------- what the user does

    def _anew(self, **changes) -> None:
        """Begin again with another picture, hole or seed, and let it run."""

        def change() -> None:
            for name, value in changes.items():
                setattr(self, name, value)
            self._begin()

        self.runner.once(change)
        self.runner.play()

    def _drawn(self, stroke: list[list[float]]) -> None:
        seen = rubbed(self.seen, stroke, self.brush.value)
        self.hole.value = BY_HAND
        self._anew(seen=seen)

    def _chosen(self, name: str) -> None:
        if name != BY_HAND:
            self._anew(seen=HOLES[name])

    def _pause_or_go_on(self) -> None:
        if self.runner.playing:
            self.runner.halt()
            return
        if self.steps >= self.goal:
            self.goal = self.steps + STEPS
        self.runner.play()

    # ------------------------------------------------------------------------------------- how it is laid out

    def _controls(self) -> list[ipw.Widget]:
        self.which = ipw.IntSlider(0, max=len(self.x) - 1, description="picture", continuous_update=False)
        self.which.observe(lambda change: self._anew(number=change.new), "value")
        self.brush = ipw.IntSlider(4, min=2, max=8, description="brush")
        ipw.jslink((self.brush, "value"), (self.picture, "brush"))
        self.hole = ipw.Dropdown(options=[*HOLES, BY_HAND], description="rub out", layout=ipw.Layout(width="270px"))
        self.hole.observe(lambda change: self._chosen(change.new), "value")
        self.play = button("Go on", "play", self._pause_or_go_on, "search on, or pause")
        new = button("New starts", "refresh", lambda: self._anew(seed=self.seed + 1), "other random latents")
        clear = button("Clear", "undo", partial(setattr, self.hole, "value", "nothing"), "the whole picture is seen")
        return [
            ipw.HBox([self.which, self.brush], layout=ipw.Layout(flex_flow="row wrap")),
            ipw.HBox([self.hole, self.play, new, clear], layout=ipw.Layout(flex_flow="row wrap")),
        ]

    def __repr__(self) -> str:
        return f"{type(self).__name__} of {len(self.x)} pictures"


def rubbed(seen: Tensor, stroke: list[list[float]], width: float) -> Tensor:
    """`seen` (S, S), without the pixels whose middle is within width / 2 of a point (right, down) of the stroke."""
    points = torch.tensor(stroke, dtype=torch.float)
    middles = torch.cartesian_prod(*(torch.arange(len(seen)) + 0.5,) * 2).flip(1)  # (right, down), row by row
    near = torch.cdist(middles, points).min(1).values <= width / 2
    return seen & ~near.view_as(seen)
