"""The scrubber as a saved page holds it. tests/browser moves it."""

import base64
import io
import json
import re

import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import nn

from gan_tutorial.observers import Snapshots
from gan_tutorial.plots import figure_png, png, to_grid
from gan_tutorial.training import Step
from gan_tutorial.widgets import Scrubber

GREYS = [(step, png(np.full((40, 60, 3), shade, np.uint8))) for step, shade in ((0, 10), (50, 120), (100, 240))]
WEBP = r"data:image/webp;base64,([^\"]*)"


def page(scrubber):
    return scrubber._repr_mimebundle_()["text/html"]


def mean(data):
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(data))).convert("RGB")).mean()


@pytest.mark.parametrize("start", [0, 1, -1])
def test_each_frame_is_there_once_and_the_chosen_one_needs_no_script(start):
    scrubber = Scrubber(iter(GREYS), start)
    still, *others = map(mean, re.findall(WEBP, page(scrubber)))
    shades = [10.0, 120.0, 240.0]
    assert still == pytest.approx(shades.pop(start), abs=3) and others == pytest.approx(shades, abs=3)
    assert f".splice({range(3)[start]}, 0, image.src)" in page(scrubber)  # where the script puts it back
    assert mean(scrubber._repr_mimebundle_()["image/png"]) == pytest.approx(still, abs=3)


def test_the_page_repeats_itself_and_asks_for_nothing_from_elsewhere():
    assert page(Scrubber(GREYS)) == page(Scrubber(GREYS))
    assert "//" not in re.sub(WEBP, "", page(Scrubber(GREYS)))
    assert Scrubber(GREYS)._repr_mimebundle_()["text/plain"] == "Scrubber of 3 frames, step 0 to step 100"


def test_any_words_may_be_a_caption():
    words = 'a </script> & "b" é'
    text = page(Scrubber([(words, GREYS[0][1])]))
    assert text.count("</script>") == 1 and '&quot;b&quot; é"' in text
    assert json.loads(re.search(r"captions = (.*), frames = ", text)[1]) == [words]


def test_snapshots_are_grids_of_square_pixels_and_figures_are_themselves():
    snapshots = Snapshots(nn.Tanh(), torch.randn(6, 1, 8, 8))
    for number in (10, 20):
        snapshots(Step(number, *torch.zeros(4)))
    height, width = to_grid(snapshots[0][1]).shape
    text = page(Scrubber(snapshots))
    assert f'width="{3 * width}" alt="step 20"' in text and "rendering: pixelated" in text
    assert Image.open(io.BytesIO(base64.b64decode(re.search(WEBP, text)[1]))).size == (width, height)
    figure = Figure(figsize=(3, 2))
    assert page(Scrubber([("a", figure)])) == page(Scrubber([("a", figure_png(figure))]))
    assert 'width="300"' in page(Scrubber([("a", figure)])) and "pixelated" not in page(Scrubber([("a", figure)]))


def test_a_frame_is_so_small_that_25_fit_into_a_notebook():
    """A surface with 400 points, 600 x 400 pixels: as much as a frame of ours ever holds."""
    rng, frames = np.random.default_rng(0), []
    for step in range(5):
        figure = Figure(figsize=(6, 4), layout="constrained")
        ax = figure.subplots()
        ax.imshow(np.add.outer(np.sin(np.linspace(0, 5, 80) + step), np.linspace(-1, 1, 80)), extent=[-3, 3, -3, 3])
        ax.scatter(*rng.normal(size=(2, 400)), s=10, marker="x")
        frames.append((step, figure))
    assert len(page(Scrubber(frames))) < 300_000 / 5


def test_nothing_to_show_is_said():
    with pytest.raises(ValueError, match="no frame"):
        Scrubber([])
