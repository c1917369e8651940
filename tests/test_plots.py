"""Pictures say what they hold, whatever the batch."""

import io

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.figure import Figure
from PIL import Image
from torch import nn

from gan_tutorial import plots
from gan_tutorial.networks import MLPDiscriminator
from gan_tutorial.observers import History, Record

matplotlib.use("agg")


def test_grid_has_a_fixed_range_and_keeps_the_order():
    """A grid stretched per batch, as in many tutorials, would draw the faint image at full contrast."""
    x = torch.tensor([-1.0, -0.5, 0.0, 1.0, 7.0]).view(5, 1, 1, 1).expand(5, 1, 3, 3)
    sheet = plots.to_grid(x, columns=3, gap=1)
    assert sheet.shape == (9, 13) and sheet.dtype == np.uint8
    assert [sheet[2, c] for c in (2, 6, 10)] == [0, 64, 128] and [sheet[6, c] for c in (2, 6)] == [255, 255]
    assert (sheet[0] == 255).all()  # the gap
    faint = plots.to_grid(x[:1] * 0.02)
    assert faint.max() == 255 and np.unique(faint).tolist() == [125, 255]


def test_colour_grid_and_png_come_back():
    x = torch.rand(4, 3, 5, 5) * 2 - 1
    sheet = plots.to_grid(x)
    assert sheet.shape == (16, 16, 3)
    back = np.asarray(Image.open(io.BytesIO(plots.png(sheet, scale=2))))
    assert (back[::2, ::2] == sheet).all() and back.shape == (32, 32, 3)
    with pytest.raises(ValueError, match="channels is 2; expected one of 1, 3"):
        plots.to_grid(x[:, :2])


def test_drawing_shows_the_surface_the_right_way_round_and_leaves_D_alone():
    D = MLPDiscriminator()
    with torch.no_grad():
        for p in D.parameters():
            p.zero_()
        D.net[0][0].weight[0, 1] = 50.0  # D likes large x_2
        D.net[0][2].weight[0, 0] = D.score.weight[0, 0] = 1.0
        D.score.bias.fill_(-5)
    ax = Figure().add_subplot()
    plots.show_plane(ax, torch.rand(9, 2), torch.rand(9, 2), D)
    image = ax.images[0]
    assert image.get_clim() == (0, 1) and ax.get_xlabel() == "$x_1$"
    surface = image.get_array()
    assert (surface[-1] > 0.9).all() and (surface[0] < 0.1).all()  # the row of largest x_2 is the top one
    assert all(p.grad is None for p in D.parameters())


def test_curves_are_means_over_steps():
    history = History(Record(k, value=float(k), cost=-float(k), d_real=0.0, d_fake=0.0) for k in range(1, 8))
    ax = Figure().add_subplot()
    plots.show_curves(ax, history, smooth=3)
    value, cost = (line.get_xydata().tolist() for line in ax.lines)
    assert value == [[2, 2], [5, 5]] and cost == [[2, -2], [5, -5]]


def test_images_are_drawn_with_black_at_minus_one():
    ax = Figure().add_subplot()
    plots.show_images(ax, torch.zeros(4, 1, 8, 8))
    assert ax.images[0].get_clim() == (0, 255)
    assert Image.open(io.BytesIO(plots.figure_png(ax.figure))).format == "PNG"


def test_fast_redraw_paints_what_a_full_one_would():
    figure = Figure(layout="constrained")
    (line,) = figure.add_subplot(xlim=(-1, 4), ylim=(-1, 4)).plot([0, 1, 2, 3], [0, 1, 2, 3])
    repaint = plots.fast_png(figure, [line])
    first = repaint()
    plots.fast_png(Figure(), [])()  # another figure in between
    line.set_ydata([3, 0, 3, 0])
    second = repaint()
    assert second == repaint() != first  # nothing is left of the old line
    line.set_animated(False)
    full = plots.figure_png(figure, dpi=figure.dpi)
    pixels = [np.asarray(Image.open(io.BytesIO(file)).convert("RGB")) for file in (second, full)]
    assert (pixels[0] == pixels[1]).all()


class Stretch(nn.Module):
    def forward(self, z):
        return z * torch.tensor([1.0, 10.0])


def test_warp_is_what_the_network_makes_of_straight_lines():
    ax = Figure().subplots()
    plots.show_warp(ax, Stretch(), limit=2, lines=5)
    down, across = (np.stack(c.get_segments()) for c in ax.collections)
    assert down.shape == across.shape == (5, 200, 2)
    assert (down[0, :, 0] == -2).all() and down[0, [0, -1], 1].tolist() == [-20, 20]
    assert (across[4, :, 1] == 20).all() and across[4, [0, -1], 0].tolist() == [-2, 2]


def test_an_arrow_points_from_its_sample():
    ax = Figure().subplots()
    plots.show_arrows(ax, torch.tensor([[1.0, 2.0]]), torch.tensor([[3.0, -4.0]]), scale=0.5)
    (arrows,) = ax.collections
    assert arrows.get_offsets().tolist() == [[1, 2]] and (arrows.U[0], arrows.V[0]) == (1.5, -2)
    assert (arrows.angles, arrows.scale_units, arrows.scale) == ("xy", "xy", 1)
