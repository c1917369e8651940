"""For tests of widgets: what the browser sends, what it would show, and waiting."""

import base64
import io
import time

import numpy as np
from PIL import Image


def front_end_sets(widget, **state):
    """The message that a moved slider sends."""
    data = {"method": "update", "state": state, "buffer_paths": []}
    widget._handle_msg({"content": {"data": data}, "buffers": []})


def pixels(panel):
    """The picture in view: int (H, W, 3)."""
    return np.asarray(Image.open(io.BytesIO(panel.picture.value)).convert("RGB")).astype(int)


def stands_for(bundle, panel):
    """Whether the still picture is the live one, but for small differences of colour."""
    still = Image.open(io.BytesIO(base64.b64decode(bundle["image/png"]))).convert("RGB")
    return np.abs(np.asarray(still).astype(int) - pixels(panel)).max() < 12


def until(true, seconds=30.0):
    """Wait for what a thread will do."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.002)
