"""See what a generator makes: new samples, the space of its latents, and what a batch does to an image."""

import copy
import io
import math
import re

import ipywidgets as ipw
import numpy as np
import torch
from ipywidgets import Layout
from PIL import Image, ImageDraw
from torch import Tensor

from ..chapters.latent import directions, lerp, slerp, truncate
from ..checks import whole
from ..pictures import CLASSES
from ..plots import FAKE, to_grid
from ..sampling import FromLatents, at_rest
from .base import Code, Panel, button, check_generator

PATHS = {"lerp": lerp, "slerp": slerp}

_CODE = """\
import copy, torch
from PIL import Image
from gan_tutorial.chapters.latent import directions, lerp, slerp, truncate
from gan_tutorial.plots import to_grid

network = copy.deepcopy(G).cpu().{mode}()
{inputs}
with torch.no_grad():
    x = network({names})
Image.fromarray(to_grid(x, {columns}))
"""


class Sampler(Panel):
    """A grid of images that G makes, live; a click picks one, and sliders move it along principal directions.

        Sampler(load_generator())

    Where none is picked the sliders move all. `path` joins the last two that were picked, in a row below the
    grid, which keeps the class of its start. In training mode each batch normalisation uses the statistics of
    the batch in view, so an image changes with its neighbours. All that the picture depends on stands in the
    controls, and a button copies the code that makes it. The panel has a copy of G, on the CPU: looking changes
    nothing in G, and training G on changes nothing here.
    """

    def __init__(self, G: FromLatents, *, rows: int = 8, columns: int = 8, sliders: int = 4, seed: int = 0):
        check_generator(G)
        whole(1, rows=rows, columns=columns, sliders=sliders)
        self.G, self.rows, self.columns = copy.deepcopy(G).cpu().eval(), rows, columns
        self.directions = directions(self.G, sliders)
        self.made: dict[bytes, Tensor] = {}  # the numbers of z and y -> the image that G made of them
        self.code = Code()
        super().__init__(self._draw, self._pick, **self._controls(seed))
        self.start = {name: control.value for name, control in self.controls.items() if name != "seed"}
        self.new = button("New samples", "refresh", self._new)
        self.new.button_style = "primary"
        self.reset = button("Reset", "undo", self._reset, "everything but the seed, as it was at first")
        self.reset.layout.width = "80px"
        seed_field, *others = self.controls.values()
        seed_field.style.description_width = "40px"
        for name in ("path", "mode"):
            self.controls[name].add_class("widget-inline-hbox")  # the label to the left, as everywhere
        hint = ipw.HTML("Click an image, or type its number: the sliders move it alone. For a path, click two.")
        side = ipw.VBox([ipw.HBox([self.new, self.reset, seed_field]), hint, *others, self.message, self.code])
        side.layout, self.picture.layout.flex = Layout(flex="1 1 340px", max_width="480px"), "0 0 auto"
        self.children = [ipw.HBox([self.picture, side], layout=Layout(flex_flow="row wrap", grid_gap="8px"))]

    def _controls(self, seed: int) -> dict[str, ipw.Widget]:
        def wide(kind: type[ipw.Widget], name: str, **settings) -> ipw.Widget:
            return kind(description=name, layout=Layout(width="auto"), **settings)

        hint, narrow = "none, so the sliders move all", {"button_width": "72px"}
        cuts = [(f"at {tenths / 10}", tenths / 10) for tenths in range(31)] + [("off", math.inf)]
        controls = {
            "seed": ipw.IntText(seed, description="seed", layout=Layout(width="120px")),
            "picked": wide(ipw.Text, "picked", placeholder=hint, continuous_update=False),
            "path": wide(ipw.ToggleButtons, "path", options=["off", *PATHS], style=narrow),
            "mode": wide(ipw.ToggleButtons, "mode", options=[("eval", "eval"), ("training", "train")], style=narrow),
            "truncation": wide(ipw.SelectionSlider, "truncation", options=cuts, value=math.inf),
        }
        if self.G.classes:
            names = CLASSES if self.G.classes == len(CLASSES) else map(str, range(self.G.classes))
            options = [("all classes", -1), *((name, k) for k, name in enumerate(names))]
            controls["label"] = wide(ipw.Dropdown, "class", options=options)
        for k in range(1, len(self.directions) + 1):
            controls[f"push_{k}"] = wide(ipw.FloatSlider, f"direction {k}", min=-6, max=6, step=0.2)
        return controls

    def _new(self) -> None:
        self.controls["seed"].value += 1

    def _reset(self) -> None:
        for name, value in self.start.items():
            self.controls[name].value = value

    def _pick(self, right: float, down: float) -> dict[str, str]:
        """The image under the mouse is picked, in place of the one before; on a path, in place of the last but one."""
        row, column = (min(int(part * k), k - 1) for part, k in ((down, self.shown), (right, self.columns)))
        if row >= self.rows:  # the path itself
            return {}
        here, picks = row * self.columns + column, _numbers(self.controls["picked"].value)
        others = [k for k in picks if k != here][-1:] if self.controls["path"].value != "off" else []
        return {"picked": " ".join(map(str, [*others, here]))}

    def _draw(self, picked: str, mode: str, **settings) -> bytes:
        picks = _numbers(picked)
        last = self.rows * self.columns - 1
        if max(picks, default=0) > last:
            raise ValueError(f"there is no image {max(picks)}; they are numbered row by row, from 0 to {last}")
        inputs = self._inputs(picks, **settings)
        sheet = to_grid(self._images(mode, *inputs), self.columns)
        self.shown = len(inputs[0]) // self.columns
        lines = "\n".join(self._lines(picks, **settings))
        names = ("z", "y")[: len(inputs)]
        self.code.say(_CODE.format(mode=mode, inputs=lines, names=", ".join(names), columns=self.columns))
        self.picture.zoom = max(1, 500 // sheet.shape[1])  # large enough to click on
        return self._framed(sheet, picks)

    def _inputs(
        self, picks: list[int], seed: int, path: str, truncation: float, label: int = -1, **pushes: float
    ) -> list[Tensor]:
        """G's inputs: z (N, Z), and y (N,) if there are classes. `_lines` says the same in words."""
        n = self.rows * self.columns
        z = torch.randn(n, self.G.latent_dim, generator=torch.Generator().manual_seed(seed))
        z = truncate(z, truncation)
        if any(pushes.values()):
            z[picks or slice(None)] += torch.tensor(_rounded(pushes)) @ self.directions
        y = torch.arange(n) % max(self.G.classes, 1) if label < 0 else torch.full((n,), label)
        if path != "off" and len(picks) > 1:
            a, b = picks[-2:]
            z = torch.cat([z, PATHS[path](z[a], z[b], torch.linspace(0, 1, self.columns))])
            y = torch.cat([y, y[a].expand(self.columns)])
        return [z, y] if self.G.classes else [z]

    def _lines(
        self, picks: list[int], seed: int, path: str, truncation: float, label: int = -1, **pushes: float
    ) -> list[str]:
        """What `_inputs` does, in lines of Python to copy; a test runs them and compares."""
        n, Z, columns, classes = self.rows * self.columns, self.G.latent_dim, self.columns, self.G.classes
        lines = [f"z = torch.randn({n}, {Z}, generator=torch.Generator().manual_seed({seed}))"]
        if truncation < math.inf:
            lines += [f"z = truncate(z, {truncation})"]
        if any(pushes.values()):
            lines += [f"z[{picks or ':'}] += torch.tensor({_rounded(pushes)}) @ directions(network, {len(pushes)})"]
        if classes:
            lines += [f"y = torch.arange({n}) % {classes}" if label < 0 else f"y = torch.full(({n},), {label})"]
        if path != "off" and len(picks) > 1:
            a, b = picks[-2:]
            lines += [f"z = torch.cat([z, {path}(z[{a}], z[{b}], torch.linspace(0, 1, {columns}))])"]
            if classes:
                lines += [f"y = torch.cat([y, y[{a}].expand({columns})])"]
        return lines

    def _images(self, mode: str, *inputs: Tensor) -> Tensor:
        """z, and y if there are classes -> x. In eval mode no image knows the others: only new ones are made."""
        if mode == "train":
            with torch.no_grad():
                return copy.deepcopy(self.G).train()(*inputs)  # a copy, so that the running statistics stay
        keys = [row.tobytes() for row in torch.cat([i.view(len(i), -1) for i in inputs], dim=1).numpy()]
        new = [k for k, key in enumerate(keys) if key not in self.made]
        if new:
            with at_rest(self.G) as G:
                self.made |= zip((keys[k] for k in new), G(*(i[new] for i in inputs)), strict=True)
        self.made = {key: self.made[key] for key in keys}
        return torch.stack([self.made[key] for key in keys])

    def _framed(self, sheet: np.ndarray, picks: list[int]) -> bytes:
        """The grid as a PNG file, with frames around what was picked and the path."""
        picture = Image.fromarray(sheet)
        width, height = (picture.width - 2) // self.columns, (picture.height - 2) // self.shown  # 2: the gap
        cells = [(k // self.columns, k % self.columns, 1) for k in picks]
        cells += [(row, 0, self.columns) for row in range(self.rows, self.shown)]
        if cells:
            picture = picture.convert("RGB")  # only where a frame is drawn: a grey picture is written in half the time
        for row, column, columns in cells:
            left, top = column * width, row * height
            box = (left, top, left + columns * width + 1, top + height + 1)
            ImageDraw.Draw(picture).rectangle(box, outline=FAKE, width=2)
        file = io.BytesIO()
        picture.save(file, format="png", compress_level=1)
        return file.getvalue()


def _rounded(pushes: dict[str, float]) -> list[float]:
    return [round(push, 6) for push in pushes.values()]


def _numbers(text: str) -> list[int]:
    return [int(digits) for digits in re.findall(r"\d+", text)]
