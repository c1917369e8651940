"""A run on a time slider that needs no kernel: pictures and a few lines of script, in one piece of HTML."""

import base64
import html
import io
import json
from collections.abc import Iterable

from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor

from ..plots import figure_png, png, to_grid
from .base import compact

# Without script (on a code host, in a notebook that JupyterLab does not trust) the image alone is there.
PAGE = """\
<div class="gan-scrubber"><img src="{still}" width="{width}" alt="{caption}" \
style="max-width: 100%; height: auto; image-rendering: {rendering}"></div>
<script>{{
const root = document.currentScript.parentElement.querySelector(".gan-scrubber:not([role])");
const image = root.querySelector("img"), captions = {captions}, frames = {others};
frames.splice({start}, 0, image.src);
const bar = document.createElement("div");
const add = (kind, properties) => {{
  const part = bar.appendChild(Object.assign(document.createElement(kind), properties));
  part.dataset.lmSuppressShortcuts = "true";  /* or JupyterLab takes the arrow keys for itself */
  return part;
}};
const button = (text, act) => add("button", {{ type: "button", textContent: text, onclick: act }});
const show = (k) => {{
  slider.value = k;
  k = slider.valueAsNumber;
  image.src = frames[k];
  image.alt = output.value = captions[k];
  slider.setAttribute("aria-valuetext", captions[k]);
}};
const move = (by) => {{ pause(); show(slider.valueAsNumber + by); }};
let timer = 0;
const pause = () => {{ clearInterval(timer); timer = 0; play.textContent = "Play"; }};
const next = () => {{
  if (!root.isConnected || slider.value === slider.max) pause();
  else show(slider.valueAsNumber + 1);
}};
const toggle = () => {{
  if (timer) return pause();
  if (slider.value === slider.max) show(0);
  timer = setInterval(next, 200);
  play.textContent = "Pause";
}};
button("Previous", () => move(-1));
const play = button("Play", toggle);
button("Next", () => move(1));
const slider = add("input", {{ type: "range", min: 0, max: frames.length - 1, ariaLabel: "time" }});
slider.oninput = () => move(0);
const output = add("output", {{}});
bar.style.cssText = "display: flex; gap: 8px; align-items: center; margin-bottom: 6px; font: 15px sans-serif";
slider.style.width = "20em";
play.style.width = "5em";
root.setAttribute("role", "group");
root.prepend(bar);
show({start});
}}</script>"""


class Scrubber:
    """Pictures on a time slider, which moves back and forth without training: in JupyterLab and in a saved page.

        Scrubber(snapshots)  # observers.Snapshots of images
        Scrubber((step, figure_png(scene(step))) for step in range(0, 1001, 50))

    A frame is (caption, picture). The caption is the number of a step, or words; the picture a PNG file, a
    figure, or images (N, C, S, S) in [-1, 1], shown as a grid. `start` is the frame shown first, and the only
    one where no script runs. A frame is kept as WebP, 5 to 9 kB for 600 x 400 pixels: 25 of them fit into 300 kB.
    """

    def __init__(self, frames: Iterable[tuple[int | str, bytes | Figure | Tensor]], start: int = -1):
        pairs = list(frames)
        if not pairs:
            raise ValueError("there is no frame to show; expected pairs (caption, picture)")
        self.captions = [f"step {caption}" if isinstance(caption, int) else caption for caption, _ in pairs]
        self.frames = [_webp(_picture(frame)) for _, frame in pairs]
        self.start = range(len(pairs))[start]
        self.zoom = 3 if isinstance(pairs[start][1], Tensor) else 1  # small pictures: each pixel a square
        self.still = compact(_picture(pairs[start][1]))

    def _repr_mimebundle_(self, include=None, exclude=None) -> dict[str, str]:
        still, *others = (f"data:image/webp;base64,{base64.b64encode(frame).decode()}" for frame in self._still_first())
        page = PAGE.format(
            still=still,
            others=json.dumps(others),
            start=self.start,
            captions=json.dumps(self.captions).replace("<", "\\u003c"),  # no caption ends the script
            caption=html.escape(self.captions[self.start]),
            width=self.zoom * Image.open(io.BytesIO(self.still)).width,
            rendering="pixelated" if self.zoom > 1 else "auto",
        )
        return {"text/plain": repr(self), "text/html": page, "image/png": base64.b64encode(self.still).decode()}

    def _still_first(self) -> list[bytes]:
        return [self.frames[self.start], *self.frames[: self.start], *self.frames[self.start + 1 :]]

    def __repr__(self) -> str:
        return f"{type(self).__name__} of {len(self.frames)} frames, {self.captions[0]} to {self.captions[-1]}"


def _picture(frame: bytes | Figure | Tensor) -> bytes:
    if isinstance(frame, Tensor):
        return png(to_grid(frame))
    return figure_png(frame) if isinstance(frame, Figure) else frame


def _webp(picture: bytes) -> bytes:
    file = io.BytesIO()
    Image.open(io.BytesIO(picture)).convert("RGB").save(file, "webp", quality=30, method=6)
    return file.getvalue()
