"""Widgets as the front end drives them."""

import base64
import io

import numpy as np
import torch
from ipywidgets import FloatSlider
from PIL import Image

from gan_tutorial.networks import ConvGenerator
from gan_tutorial.widgets import LatentExplorer, Panel


def pixels(panel):
    return np.asarray(Image.open(io.BytesIO(panel.picture.value)))


def lively(**kwargs):
    """A generator whose pictures differ, as those of a trained one do."""
    torch.manual_seed(0)
    G = ConvGenerator(8, latent_dim=6, widths=(8, 4), **kwargs)
    for p in G.parameters():
        torch.nn.init.normal_(p)
    return G


def front_end_sets(widget, **state):
    """The message that a moved slider sends."""
    data = {"method": "update", "state": state, "buffer_paths": []}
    widget._handle_msg({"content": {"data": data}, "buffers": []})


def test_panel_draws_once_at_birth_and_once_a_change():
    drawn = []

    def draw(a, b):
        drawn.append((a, b))
        return b"picture"

    panel = Panel(draw, a=FloatSlider(1.0), b=FloatSlider(2.0))
    front_end_sets(panel.controls["b"], value=5.0)
    assert drawn == [(1.0, 2.0), (1.0, 5.0)]


def test_an_error_is_shown_and_the_last_picture_stays():
    def draw(a):
        if a > 1:
            raise ValueError("too far")
        return b"good"

    panel = Panel(draw, a=FloatSlider(0.0))
    panel.controls["a"].value = 2.0
    assert "too far" in panel.message.value and panel.picture.value == b"good"
    panel.controls["a"].value = 1.0
    assert panel.message.value == ""


def test_explorer_moves_repeats_and_stands_still_without_a_kernel():
    panel = LatentExplorer(lively())
    start = pixels(panel)
    front_end_sets(panel.controls["push_1"], value=5.0)
    pushed = pixels(panel)
    front_end_sets(panel.controls["push_1"], value=0.0)
    assert (pushed != start).any() and (pixels(panel) == start).all()
    panel.controls["new"].click()
    assert (pixels(panel) != start).any()
    bundle = panel._repr_mimebundle_()
    assert base64.b64decode(bundle["image/png"]) == panel.picture.value
    assert bundle["text/plain"] == repr(panel) and "0x" not in repr(panel)


def test_no_spread_makes_one_picture_and_a_class_is_a_class():
    G = lively(classes=10)
    panel = LatentExplorer(G, rows=2, columns=2)
    front_end_sets(panel.controls["spread"], value=0.0)
    of_each_class = pixels(panel)
    front_end_sets(panel.controls["label"], index=3)
    of_one_class = pixels(panel)
    cells = lambda sheet: [sheet[k : k + 24, j : j + 24] for k in (6, 36) for j in (6, 36)]  # noqa: E731
    assert len({c.tobytes() for c in cells(of_each_class)}) == 4
    assert len({c.tobytes() for c in cells(of_one_class)}) == 1
