"""Buttons and sliders around a picture.

Each widget here is live in JupyterLab, and a still picture of itself where no kernel runs: on a code
host, in a saved page. All drawing ends in one PNG image, so nothing flickers; the browser keeps one message
in flight and merges the rest, so nothing queues.
"""

import base64
from collections.abc import Callable

import ipywidgets as ipw
import torch
from torch import nn

from .data import CLASSES
from .plots import png, to_grid


class Panel(ipw.VBox):
    """Controls above one picture: `draw(**values of the controls)` -> PNG bytes, called on every change.

        Panel(draw, position=FloatSlider(...), width=FloatSlider(...))

    An exception in `draw` is shown under the picture, and the last good picture stays.
    """

    def __init__(self, draw: Callable[..., bytes], **controls: ipw.Widget):
        self.draw, self.controls = draw, controls
        self.picture = ipw.Image(format="png", layout=ipw.Layout(max_width="100%", align_self="flex-start"))
        self.message = ipw.HTML()
        for control in controls.values():
            if isinstance(control, ipw.Button):
                control.on_click(self.redraw)
            else:
                control.observe(self.redraw, "value")
        row = ipw.Layout(flex_flow="row wrap")
        super().__init__([ipw.HBox(list(controls.values()), layout=row), self.picture, self.message])
        self.redraw()

    def redraw(self, _=None) -> None:
        values = {k: c.value for k, c in self.controls.items() if not isinstance(c, ipw.Button)}
        try:
            self.picture.value = self.draw(**values)
            self.message.value = ""
        except Exception as error:
            self.message.value = f"<b>{type(error).__name__}</b>: {error}"

    def __repr__(self) -> str:
        return f"{type(self).__name__} with {', '.join(self.controls)}"

    def _repr_mimebundle_(self, **kwargs) -> dict:
        still = {"image/png": base64.b64encode(self.picture.value).decode()}
        return super()._repr_mimebundle_(**kwargs) | still


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
        new = ipw.Button(description="New samples", button_style="primary", icon="refresh")
        new.on_click(self._new)
        controls = {"new": new, "spread": _slider("spread", 0.0, 2.0, 1.0)}
        controls |= {f"push_{i + 1}": _slider(f"push {i + 1}", -6.0, 6.0, 0.0) for i in range(sliders)}
        if G.classes:
            options = [("all classes", -1), *((name, k) for k, name in enumerate(CLASSES[: G.classes]))]
            controls["label"] = ipw.Dropdown(options=options, description="class")
        super().__init__(self._grid, **controls)

    def _new(self, _) -> None:
        self.z = torch.randn(self.z.shape, generator=self.rng)

    @torch.no_grad()
    def _grid(self, spread: float, label: int = -1, **pushes: float) -> bytes:
        z = spread * self.z + torch.tensor(list(pushes.values())) @ self.directions
        labels = ()
        if self.G.classes:
            labels = (torch.arange(len(z)) % self.G.classes if label < 0 else torch.full((len(z),), label),)
        return png(to_grid(self.G(z, *labels), self.columns), scale=3)


def _slider(name: str, low: float, high: float, start: float) -> ipw.FloatSlider:
    return ipw.FloatSlider(start, min=low, max=high, step=(high - low) / 60, description=name, readout_format=".1f")
