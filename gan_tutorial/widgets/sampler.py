"""See what a generator makes: new samples, and sliders that move them."""

import ipywidgets as ipw
import torch
from torch import nn

from ..data import CLASSES
from ..plots import png, to_grid
from .base import Panel


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
