"""Look at a run while it lasts."""

import math
import time

import ipywidgets as ipw
import torch
from IPython.display import display
from matplotlib.figure import Figure
from torch import Tensor, nn

from ..observers import History
from ..plots import FAKE, REAL, figure_png, to_grid
from ..training import Step
from .base import Pictured


class RunView(Pictured):
    """An observer that shows a run while it lasts: how far it is, what G makes of fixed inputs, V and L.

        with RunView(players.G_ema, z, steps=3000) as view:
            for step in watch(islice(train(...), 3000), view):
                ...

    The bar counts `steps`, or else `seconds`. A redraw every `pause` seconds, and a last one at the end,
    which is what a saved notebook shows. Interrupting the kernel ends the run, but not the notebook: what
    was learnt so far stays, and so does the record of it, `view.history`.
    """

    def __init__(
        self,
        G: nn.Module,
        z: Tensor,
        *labels: Tensor,
        steps: int = 0,
        seconds: float = math.inf,
        columns: int = 10,
        pause: float = 2.0,
    ):
        super().__init__()
        self.G, self.inputs, self.columns, self.pause = G, (z, *labels), columns, pause
        self.steps, self.seconds, self.elapsed, self.history = steps, seconds, 0.0, History()
        self.bar, self.text = ipw.FloatProgress(max=1.0), ipw.Label()
        self.children = [ipw.HBox([self.bar, self.text]), self.picture]
        self.figure, self.image, self.curves = self._figure()
        self.redraw()
        self.start = self.drawn = time.perf_counter()

    def __enter__(self) -> "RunView":
        self.handle = display(self, display_id=True)
        self.start = self.drawn = time.perf_counter()
        return self

    def __call__(self, step: Step) -> None:
        self.history(step)
        self.elapsed = time.perf_counter() - self.start
        if time.perf_counter() - self.drawn > self.pause:
            self.redraw()
            self.drawn = time.perf_counter()

    def __exit__(self, kind, *_) -> bool:
        self.redraw()
        self.bar.bar_style = "success" if kind is None else "warning"
        if kind is KeyboardInterrupt:
            self.text.value += ", interrupted"
        if self.handle:
            self.handle.update(self)
        return kind is KeyboardInterrupt

    def redraw(self) -> None:
        n = len(self.history)
        self.bar.value = n / self.steps if self.steps else self.elapsed / self.seconds
        self.text.value = f"step {n}" + f" of {self.steps}" * (self.steps > 0) + f", {self.elapsed:.0f} s"
        self.image.set_data(self._samples())
        width = max(1, n // 100)
        for name, curve in self.curves.items():
            means = self.history.column(name)[: n - n % width].view(-1, width).mean(1)
            curve.set_data(range(width, n + 1, width), means.numpy())
            curve.axes.set(xlim=(0, self.steps or max(n, 1)))
        self.picture.value = figure_png(self.figure)

    @torch.no_grad()
    def _samples(self):
        training = self.G.training
        x = self.G.eval()(*self.inputs)
        self.G.train(training)
        return to_grid(x, self.columns)

    def _figure(self):
        """The grid on the left, each of its pixels two wide; two curves on the right."""
        samples = self._samples()
        tall, wide = (2 * side for side in samples.shape[:2])
        height, width = max(tall, 360), wide + 400
        figure = Figure(figsize=(width / 100, height / 100))
        image = figure.add_axes((0, 1 - tall / height, wide / width, tall / height))
        image.axis("off")
        curves = {}
        for name, label, colour, limits, bottom, level, meaning in (
            ("value", "D's value V (nats)", REAL, (-2, 0), 0.6, -math.log(4), "−log 4"),
            ("cost", "G's cost L (nats)", FAKE, (0, 5), 0.14, math.log(2), "log 2"),
        ):
            ax = figure.add_axes(((wide + 75) / width, bottom, 300 / width, 0.36))
            ax.set(xlabel="step" * (name == "cost"), ylabel=label, ylim=limits)
            ax.axhline(level, color="0.6", linestyle="--")  # where a D that always answers 1/2 would be
            ax.annotate(
                meaning, (1, level), (-2, 2), xycoords=ax.get_yaxis_transform(), textcoords="offset points", ha="right"
            )
            (curves[name],) = ax.plot([], [], color=colour)
        return figure, image.imshow(samples, cmap="gray", vmin=0, vmax=255), curves

    def __repr__(self) -> str:
        return f"{type(self).__name__} at step {len(self.history)}"
