"""Look at a run while it lasts."""

import math
import time
from collections.abc import Sequence

import ipywidgets as ipw
from IPython.display import display
from torch import Tensor, nn

from ..checks import not_negative, whole
from ..objectives import OBJECTIVES
from ..observers import History
from ..sampling import at_rest
from ..training import Step
from .base import Pictured, alt_text, show_caption
from .dashboard import Dashboard, ImageGrid


class RunView(Pictured):
    """An observer that shows a run while it lasts: how far it is, what G makes of fixed inputs, V and L.

        with RunView(players.G_ema, z, steps=3000) as view:
            for step in watch(islice(train(...), 3000), view):
                ...

    The bar counts `steps`, or else `seconds`. It is redrawn every `pause` seconds, and at the end, which is what a
    saved notebook shows. The caption stands below, and is what is read out to those who cannot see. Interrupting the
    kernel ends the run, but not the notebook: what was learnt so far stays, and so does the record of it,
    `view.history`. The columns may have `names`. V and L begin with the axes that they have in the view `like`, so that
    two runs can be compared.
    """

    def __init__(
        self,
        G: nn.Module,
        z: Tensor,
        *labels: Tensor,
        steps: int = 0,
        seconds: float = math.inf,
        columns: int = 10,
        names: Sequence[str] = (),
        pause: float = 2.0,
        caption: str = "",
        like: "RunView | None" = None,
    ):
        whole(0, steps=steps)
        whole(1, columns=columns)
        not_negative(pause=pause)
        if not seconds > 0:
            raise ValueError(f"seconds is {seconds}; expected a number > 0, or math.inf where steps are counted")
        super().__init__()
        self.G, self.inputs, self.pause, self.caption = G, (z, *labels), pause, caption
        self.steps, self.seconds, self.elapsed, self.history = steps, seconds, 0.0, History()
        self.bar, self.text = ipw.FloatProgress(max=1.0), ipw.Label()
        self.children = [ipw.HBox([self.bar, self.text]), self.picture]
        grid = ImageGrid(self._samples(), columns, scale=2, names=names)
        self.dashboard = Dashboard(grid, OBJECTIVES["non-saturating"], steps or 50)
        for ax, its in zip(self.dashboard.axes, like.dashboard.axes if like else [], strict=False):
            ax.set_ylim(its.get_ylim())
        self.redraw()
        self.start = self.drawn = time.perf_counter()

    def __enter__(self) -> "RunView":
        self.handle = display(self, metadata=alt_text(self.caption), display_id=True)
        if self.caption:
            show_caption(self.caption)
        self.start = self.drawn = time.perf_counter()
        return self

    def __call__(self, step: Step) -> None:
        self.history(step)
        self.dashboard.record(value=step.value.item(), cost=step.cost.item())
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
            self.handle.update(self, metadata=alt_text(self.caption))
        return kind is KeyboardInterrupt

    def redraw(self) -> None:
        n = len(self.history)
        self.bar.value = n / self.steps if self.steps else self.elapsed / self.seconds
        self.text.value = f"step {n}" + f" of {self.steps}" * (self.steps > 0) + f", {self.elapsed:.0f} s"
        self.picture.value = self.dashboard.png(self._samples())

    def _samples(self) -> Tensor:
        with at_rest(self.G) as G:
            return G(*self.inputs)

    def __repr__(self) -> str:
        return f"{type(self).__name__} at step {len(self.history)}"
