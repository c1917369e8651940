"""Buttons and sliders around a picture.

Each widget here is live in JupyterLab, and a still picture of itself where no kernel runs: on a code
host, in a saved page. All drawing ends in one PNG image, so nothing flickers; the browser keeps one message
in flight and merges the rest, so nothing queues.
"""

import base64
import io
import math
import time
from collections.abc import Callable

import anywidget
import ipywidgets as ipw
import torch
import traitlets
from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor, nn

from .data import CLASSES
from .observers import History
from .plots import FAKE, REAL, figure_png, png, to_grid
from .training import Step


def compact(png: bytes) -> bytes:
    """The picture in 128 colours, none off by more than a few of 255 steps: half the size, for keeping."""
    file = io.BytesIO()
    few = Image.open(io.BytesIO(png)).convert("RGB").quantize(128, Image.Quantize.MAXCOVERAGE)
    few.save(file, "png", optimize=True)
    return file.getvalue()


class Clickable(anywidget.AnyWidget):
    """A picture (PNG bytes, `value`) that says where it was clicked, or where the pressed mouse is dragged.

    `point` is (right, down), each in [0, 1]. It shows nothing without a kernel: put it into a Pictured box.
    """

    _esm = """
    function render({ model, el }) {
      const image = document.createElement("img");
      Object.assign(image, { draggable: false, alt: "click to choose a point" });
      Object.assign(image.style, { maxWidth: "100%", cursor: "crosshair" });
      const show = () => {
        URL.revokeObjectURL(image.src);
        image.src = URL.createObjectURL(new Blob([model.get("value")], { type: "image/png" }));
      };
      const point = (event) => {
        if (event.buttons === 0) return;
        const box = image.getBoundingClientRect();
        model.set("point", [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height]);
        model.save_changes();
      };
      image.addEventListener("pointerdown", point);
      image.addEventListener("pointermove", point);
      model.on("change:value", show);
      show();
      el.append(image);
      return () => URL.revokeObjectURL(image.src);
    }
    export default { render };
    """
    value = traitlets.Bytes().tag(sync=True)
    point = traitlets.Tuple(traitlets.Float(), traitlets.Float(), default_value=(0.0, 0.0)).tag(sync=True)


class Pictured(ipw.VBox):
    """A box around one `picture`, which stands for all of it where no kernel runs."""

    def __init__(self, clickable: bool = False) -> None:
        super().__init__()
        layout = ipw.Layout(max_width="100%", align_self="flex-start")
        self.picture = Clickable(layout=layout) if clickable else ipw.Image(format="png", layout=layout)

    def _repr_mimebundle_(self, **kwargs) -> dict:
        bundle = super()._repr_mimebundle_(**kwargs)
        if self.picture.value:
            bundle["image/png"] = base64.b64encode(compact(self.picture.value)).decode()
        return bundle


class Panel(Pictured):
    """Controls above one picture: `draw(**values of the controls)` -> PNG bytes, called on every change.

        Panel(draw, position=FloatSlider(...), width=FloatSlider(...))

    An exception in `draw` is shown under the picture, and the last good picture stays. With `pick`, a click on
    the picture moves controls: pick(right, down) -> {name of a control: its new value}, for a place in [0, 1]^2.
    """

    def __init__(
        self,
        draw: Callable[..., bytes],
        pick: Callable[[float, float], dict[str, float]] | None = None,
        **controls: ipw.Widget,
    ):
        super().__init__(clickable=pick is not None)
        self.draw, self.pick, self.controls = draw, pick, controls
        if pick:
            self.picture.observe(self._picked, "point")
        self.message = ipw.HTML()
        for control in controls.values():
            if isinstance(control, ipw.Button):
                control.on_click(self.redraw)
            else:
                control.observe(self.redraw, "value")
        columns = ipw.Layout(grid_template_columns="repeat(auto-fill, 310px)")
        self.children = [ipw.GridBox(list(controls.values()), layout=columns), self.picture, self.message]
        self.redraw()

    def redraw(self, _=None) -> None:
        values = {k: c.value for k, c in self.controls.items() if not isinstance(c, ipw.Button)}
        try:
            self.picture.value = self.draw(**values)
            self.message.value = ""
        except Exception as error:
            self.message.value = f"<b>{type(error).__name__}</b>: {error}"

    def _picked(self, change) -> None:
        for name, value in self.pick(*change.new).items():
            self.controls[name].value = value

    def __repr__(self) -> str:
        return f"{type(self).__name__} with {', '.join(self.controls)}"


class LatentExplorer(Panel):
    """A grid of pictures that G makes, live: new latents, sliders that push them all, and their spread.

    The sliders move every z along the directions that G's first layer stretches most, its leading right
    singular vectors (Shen & Zhou 2021). `spread` scales z: 1 is the law that G was trained on.
    """

    def __init__(self, G: nn.Module, *, rows: int = 4, columns: int = 8, sliders: int = 4, seed: int = 0):
        self.G, self.columns = G.eval(), columns
        self.rng = torch.Generator().manual_seed(seed)
        self.z = torch.randn(rows * columns, G.latent_dim, generator=self.rng)
        first = next(m for m in G.modules() if isinstance(m, nn.Linear)).weight[:, : G.latent_dim]
        self.directions = torch.linalg.svd(first.detach(), full_matrices=False).Vh[:sliders]
        largest = self.directions.abs().argmax(1, keepdim=True)
        self.directions *= self.directions.gather(1, largest).sign()  # the signs are free: fix them for all machines
        new = ipw.Button(description="New samples", button_style="primary", icon="refresh")
        new.on_click(self._new)
        reset = ipw.Button(description="Sliders back", icon="undo")
        reset.on_click(self._reset)
        controls = {"new": new, "reset": reset, "spread": _slider("spread", 0.0, 2.0, 1.0, 0.05)}
        controls |= {f"push_{i + 1}": _slider(f"push {i + 1}", -6.0, 6.0, 0.0, 0.2) for i in range(sliders)}
        if G.classes:
            options = [("all classes", -1), *((name, k) for k, name in enumerate(CLASSES[: G.classes]))]
            controls["label"] = ipw.Dropdown(options=options, description="class")
        super().__init__(self._grid, **controls)

    def _new(self, _) -> None:
        self.z = torch.randn(self.z.shape, generator=self.rng)

    def _reset(self, _) -> None:
        for name, control in self.controls.items():
            if isinstance(control, ipw.FloatSlider):
                control.value = float(name == "spread")

    @torch.no_grad()
    def _grid(self, spread: float, label: int = -1, **pushes: float) -> bytes:
        z = spread * self.z + torch.tensor(list(pushes.values())) @ self.directions
        labels = ()
        if self.G.classes:
            labels = (torch.arange(len(z)) % self.G.classes if label < 0 else torch.full((len(z),), label),)
        return png(to_grid(self.G(z, *labels), self.columns), scale=3)


def _slider(name: str, low: float, high: float, start: float, step: float) -> ipw.FloatSlider:
    return ipw.FloatSlider(start, min=low, max=high, step=step, description=name, readout_format=".2f")


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
