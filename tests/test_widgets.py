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
    torch.manual_seed(0)
    panel = LatentExplorer(ConvGenerator(8, latent_dim=6, widths=(8, 4)))
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
    torch.manual_seed(0)
    G = ConvGenerator(8, latent_dim=6, widths=(8, 4), classes=10)
    panel = LatentExplorer(G, rows=2, columns=2)
    front_end_sets(panel.controls["spread"], value=0.0)
    different_classes = pixels(panel)
    front_end_sets(panel.controls["label"], index=3)
    sheet = pixels(panel)
    side = sheet.shape[0] // 2
    assert (different_classes[:side] != different_classes[side:]).any()
    assert (sheet[6 : side - 6] == sheet[side : 2 * side - 12]).any()
    assert torch.equal(G(torch.zeros(1, 6), torch.tensor([2])), G(torch.zeros(1, 6), torch.tensor([2])))
