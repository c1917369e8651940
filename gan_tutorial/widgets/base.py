"""What all widgets stand on: a picture that stays when the kernel goes, and controls that redraw it."""

import asyncio
import base64
import html
import io
from collections.abc import Callable

import anywidget
import ipywidgets as ipw
import traitlets
from IPython import get_ipython
from PIL import Image


def compact(png: bytes, zoom: int = 1) -> bytes:
    """The picture in 128 colours, none off by more than a few of 255 steps: half the size, for keeping."""
    file = io.BytesIO()
    few = Image.open(io.BytesIO(png)).convert("RGB").quantize(128, Image.Quantize.MAXCOVERAGE)
    few.resize((zoom * few.width, zoom * few.height), Image.Resampling.NEAREST).save(file, "png", optimize=True)
    return file.getvalue()


def parent() -> dict:
    """The front end's message that the kernel is answering; empty where no kernel runs."""
    return get_ipython().get_parent() if get_ipython() else {}


def told(error: Exception) -> str:
    """What went wrong, as HTML."""
    return f"<b>{type(error).__name__}</b>: {html.escape(str(error))}"


def button(text: str, icon: str, act: Callable[[], None], tip: str = "") -> ipw.Button:
    made = ipw.Button(description=text, icon=icon, tooltip=tip, layout=ipw.Layout(width="126px"))
    made.on_click(lambda _: act())
    return made


class Clickable(anywidget.AnyWidget):
    """A picture (PNG bytes, `value`) that says where it was clicked, or where the pressed mouse is dragged.

    `point` is (right, down), each in [0, 1]; each pixel is shown as a square of `zoom`. It shows nothing without a
    kernel: put it into a Pictured box.
    """

    _esm = """
    function render({ model, el }) {
      const image = document.createElement("img");
      Object.assign(image, { draggable: false, alt: "click to choose a point" });
      Object.assign(image.style, { maxWidth: "100%", cursor: "crosshair" });
      const show = () => { // as a data URL: an object URL takes a detour through another process
        const { buffer, byteOffset, byteLength } = model.get("value");
        const bytes = new Uint8Array(buffer, byteOffset, byteLength);
        const coded = () => btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ""));
        image.src = "data:image/png;base64," + (bytes.toBase64?.() ?? coded()); // browsers before 2025 lack the former
      };
      image.addEventListener("load", () => {
        image.width = model.get("zoom") * image.naturalWidth;
        image.style.imageRendering = model.get("zoom") > 1 ? "pixelated" : "auto";
      });
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
      return () => model.off("change:value", show);
    }
    export default { render };
    """
    value = traitlets.Bytes().tag(sync=True)
    zoom = traitlets.Int(1).tag(sync=True)
    point = traitlets.Tuple(traitlets.Float(), traitlets.Float(), default_value=(0.0, 0.0)).tag(sync=True)


class Code(anywidget.AnyWidget):
    """A button that shows and copies the code of what is there to see, which `say` has said last.

    The text goes to the browser when it is asked for. Where no page may write to the clipboard, it is selected.
    """

    _esm = """
    function render({ model, el }) {
      const add = (kind, properties) => el.appendChild(Object.assign(document.createElement(kind), properties));
      const button = add("button", { className: "jupyter-button", textContent: "Copy the code of this picture" });
      const note = add("span", { role: "status" }), area = add("textarea", { readOnly: true, ariaLabel: "the code" });
      area.dataset.lmSuppressShortcuts = button.dataset.lmSuppressShortcuts = "true"; // keys are meant for these
      Object.assign(button.style, { width: "auto", marginRight: "8px" });
      Object.assign(area.style, { width: "100%", height: "160px", boxSizing: "border-box", marginTop: "4px" });
      let wanted = false;
      const show = async () => {
        area.value = model.get("text");
        area.hidden = !area.value;
        note.textContent = "";
        if (!wanted || !area.value) return;
        wanted = false;
        area.select();
        try {
          await navigator.clipboard.writeText(area.value);
          note.textContent = "copied";
        } catch {
          note.textContent = "selected: press Ctrl C";
        }
      };
      button.addEventListener("click", () => {
        wanted = true;
        if (model.get("text")) return show();
        model.set("asked", model.get("asked") + 1);
        model.save_changes();
      });
      model.on("change:text", show);
      show();
      return () => model.off("change:text", show);
    }
    export default { render };
    """
    asked = traitlets.Int().tag(sync=True, echo_update=False)
    text = traitlets.Unicode().tag(sync=True)

    def say(self, code: str) -> None:
        self.code, self.text = code, ""

    @traitlets.observe("asked")
    def _asked(self, _) -> None:
        self.text = self.code


class Pictured(ipw.VBox):
    """A box around one `picture`, which stands for all of it where no kernel runs."""

    def __init__(self, clickable: bool = False) -> None:
        super().__init__()
        layout = ipw.Layout(max_width="100%", align_self="flex-start")
        self.picture = Clickable(layout=layout) if clickable else ipw.Image(format="png", layout=layout)

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
        pick: Callable[[float, float], dict[str, float]] | None = None,
        **controls: ipw.Widget,
    ):
        super().__init__(clickable=pick is not None)
        self.draw, self.pick, self.controls = draw, pick, controls
        self.due = False  # whether a drawing is about to begin
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
            self.message.value = told(error)

    def _picked(self, change) -> None:
        for name, value in self.pick(*change.new).items():
            self.controls[name].value = value

    def __repr__(self) -> str:
        return f"{type(self).__name__} with {', '.join(self.controls)}"
