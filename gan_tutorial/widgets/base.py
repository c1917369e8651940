"""What all widgets stand on: a picture that stays when the kernel goes, and controls that redraw it."""

import asyncio
import base64
import html
import io
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import anywidget
import ipywidgets as ipw
import numpy as np
import traitlets
from IPython import get_ipython
from IPython.display import display
from matplotlib.figure import Figure
from PIL import Image
from torch import nn

from ..plots import FAKE_TO_REAL


def _numbers(colours: np.ndarray) -> np.ndarray:
    return colours.astype(int) @ (1 << 16, 1 << 8, 1)


MAP = (255 * FAKE_TO_REAL(np.arange(256))[:, :3]).round().astype(np.uint8)  # fake, D's map, real
CODES = _numbers(MAP)
ORDER = CODES.argsort()


def compact(png: bytes, zoom: int = 1) -> bytes:
    """The picture in 256 colours, half the size, for keeping: those of real, fake and D's map between them as good as
    exactly, none of the others off by more than a few of 255 steps.
    """
    file = io.BytesIO()
    picture = Image.open(io.BytesIO(png)).convert("RGB")
    few = picture.quantize(223, Image.Quantize.MAXCOVERAGE)
    palette = few.getpalette() or []
    numbers = _numbers(np.asarray(picture))
    place = ORDER[np.searchsorted(CODES, numbers, sorter=ORDER).clip(max=255)]
    kept = len(palette) // 3 + (place + 4) // 8  # every eighth colour of the map: 33
    indices = np.where(CODES[place] == numbers, kept, np.asarray(few))
    few = Image.fromarray(indices.astype(np.uint8))
    few.putpalette(palette + MAP[np.arange(0, 257, 8).clip(max=255)].flatten().tolist())
    few.resize((zoom * few.width, zoom * few.height), Image.Resampling.NEAREST).save(file, "png", optimize=True)
    return file.getvalue()


def show(caption: str, shown: Any = None) -> None:
    """Display a widget or a picture, pyplot's current figure if none is given, in a notebook, with its caption below.

    The caption is also the picture's alternative text: what is read out to those who cannot see it.
    """
    import matplotlib.pyplot as plt  # at the first call, for it looks for a window system

    shown = plt.gcf() if shown is None else shown
    display(shown, metadata=alt_text(caption))
    show_caption(caption)
    if isinstance(shown, Figure):
        plt.close(shown)


def alt_text(caption: str) -> dict:
    """The metadata of a display that holds a picture."""
    return {"image/png": {"alt": caption}}


def show_caption(caption: str) -> None:
    display({"text/markdown": "*" + caption.replace("*", r"\*") + "*", "text/plain": caption}, raw=True)


def parent() -> dict:
    """The front end's message that the kernel is answering; empty where no kernel runs."""
    return get_ipython().get_parent() if get_ipython() else {}


def error_html(error: Exception) -> str:
    """What went wrong, as HTML."""
    return f"<b>{type(error).__name__}</b>: {html.escape(str(error))}"


def button(text: str, icon: str, act: Callable[[], None], tip: str = "") -> ipw.Button:
    made = ipw.Button(description=text, icon=icon, tooltip=tip, layout=ipw.Layout(width="126px"))
    made.on_click(lambda _: act())
    return made


def check_generator(G: nn.Module) -> None:
    """Refuse what is no generator."""
    if not (hasattr(G, "latent_dim") and hasattr(G, "classes")):
        raise TypeError(
            f"G is of type {type(G).__name__}; expected a generator with G.latent_dim, the number of its latents, "
            "and G.classes, 0 where it takes no labels: one of gan_tutorial.networks, or set both"
        )


def script(name: str, **constants: Any) -> str:
    """A module for the browser: constants of ours, what all modules share, and the file of this name."""
    lines = [f"const {key} = {json.dumps(value)};" for key, value in constants.items()]
    texts = ((Path(__file__).parent / file).read_text("utf-8") for file in ("shared.js", name))
    return "\n".join([*lines, *texts])


class Keeper(anywidget.AnyWidget):
    """Has JupyterLab save the state of widgets with the notebook, so that they are still seen when it is opened again.

    Otherwise JupyterLab, which never shows the still picture that is saved beside a widget, says "Error displaying
    widget: model not found", unless the user has asked for the state in the settings. One does for all of a kernel.
    """

    _esm = script("keeper.js")


keeper = cache(Keeper)


class Screen(anywidget.AnyWidget):
    """A picture of which the browser says, after `every` so many, the `number` of the one that it has `drawn` last."""

    every = traitlets.Int(16).tag(sync=True)
    number = traitlets.Int().tag(sync=True)
    drawn = traitlets.Int().tag(sync=True, echo_update=False)

    def show(self, **state: Any) -> None:
        """Send one more picture, in one message: the traits that make it up."""
        with self.hold_sync():
            self.number += 1
            for name, value in state.items():
                setattr(self, name, value)

    @property
    def ready(self) -> bool:
        """Whether the browser keeps up; if its page is closed or busy, what is sent to it piles up in Jupyter."""
        return self.number - self.drawn < 1.5 * self.every


class Picture(Screen):
    """A PNG file, `value`; each of its pixels is shown as a square of `zoom`.

    If `clickable`, `point` says where it was clicked, or where the pressed mouse is dragged: (right, down), each in
    [0, 1]. It shows nothing without a kernel: put it into a Pictured box.
    """

    _esm = script("picture.js")
    every = traitlets.Int(4).tag(sync=True)  # a picture of 40 kB is worth an answer
    value = traitlets.Bytes().tag(sync=True)
    zoom = traitlets.Int(1).tag(sync=True)
    clickable = traitlets.Bool(False).tag(sync=True)
    point = traitlets.Tuple(traitlets.Float(), traitlets.Float(), default_value=(0.0, 0.0)).tag(sync=True)


class Code(anywidget.AnyWidget):
    """A button that shows and copies a piece of code: what `say` was given last.

    The text goes to the browser when it is asked for. Where no page may write to the clipboard, it is selected.
    """

    _esm = script("code.js")
    asked = traitlets.Int().tag(sync=True, echo_update=False)
    text = traitlets.Unicode().tag(sync=True)

    def say(self, code: str) -> None:
        self.code, self.text = code, ""

    @traitlets.observe("asked")
    def _asked(self, _) -> None:
        self.text = self.code


class Pictured(ipw.VBox):
    """A box around one `picture`, which stands for all of it where no kernel runs; its `value` is a PNG file."""

    def __init__(self, picture: ipw.DOMWidget | None = None) -> None:
        super().__init__()
        keeper()
        self.picture = picture or ipw.Image(format="png")
        self.picture.layout = ipw.Layout(max_width="100%", align_self="flex-start")

    def _repr_mimebundle_(self, **kwargs) -> dict:
        bundle = super()._repr_mimebundle_(**kwargs)
        if self.picture.value:
            zoom = getattr(self.picture, "zoom", 1)
            bundle["image/png"] = base64.b64encode(compact(self.picture.value, zoom)).decode()
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
        pick: Callable[[float, float], dict[str, Any]] | None = None,
        **controls: ipw.Widget,
    ):
        super().__init__(Picture(clickable=True) if pick else None)
        self.draw, self.controls = draw, controls
        self.due = False  # whether a drawing is about to begin
        if pick:
            self.picture.observe(lambda change: self._set(pick(*change.new)), "point")
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
        """Draw; if a message of the browser asks for it, once the kernel has told the browser that it is handled.

        Before that the browser sends no slider's next place. So the next one comes while we draw, and of several
        changes the last one is drawn.
        """
        if parent().get("header", {}).get("msg_type") != "comm_msg":
            self._redraw()
        elif not self.due:
            self.due = True
            asyncio.get_running_loop().call_soon(self._redraw)

    def _redraw(self) -> None:
        self.due = False
        values = {k: c.value for k, c in self.controls.items() if not isinstance(c, ipw.Button)}
        try:
            self.picture.value = self.draw(**values)
            self.message.value = ""
        except Exception as error:
            self.message.value = error_html(error)

    def _set(self, values: dict[str, Any]) -> None:
        for name, value in values.items():
            self.controls[name].value = value

    def __repr__(self) -> str:
        return f"{type(self).__name__} with {', '.join(self.controls)}"
