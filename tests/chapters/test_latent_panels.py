"""The panels of notebook 10, as a reader moves them."""

import io
import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from ipywidgets import FloatSlider, IntSlider, SelectionSlider
from PIL import Image

from gan_tutorial.chapters.latent import directions
from gan_tutorial.chapters.latent_panels import MAP, REACH, ROADS, STEPS, desk, two, walk
from gan_tutorial.chapters.reading import NAMES, attributes
from gan_tutorial.pretrained import load_generator
from gan_tutorial.widgets import Panel


@pytest.fixture(scope="module")
def G():
    return load_generator().train()  # whatever mode it is in


def seen(png):
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def part(png, box):
    """What is seen in a box of the figure."""
    picture = seen(png)
    (height, width), (left, bottom, wide, high) = picture.shape[:2], box
    return picture[
        round((1 - bottom - high) * height) : round((1 - bottom) * height),
        round(left * width) : round((left + wide) * width),
    ]


def at(box, right, down):
    """A place in a box as one of the figure."""
    left, bottom, width, height = box
    return left + right * width, 1 - bottom - height + down * height


def test_the_plane_holds_0_and_both_latents_one_on_each_side():
    plane = two(3, 64, math.inf)
    a, b = plane.ends
    torch.testing.assert_close(plane.axes @ plane.axes.T, torch.eye(2), rtol=0, atol=1e-5)
    for z, side in ((a, -1), (b, 1)):
        place = plane.places(z)
        torch.testing.assert_close(plane.latents(place), z)
        assert place[0] * side > 0 and place[1] > 0
    assert not plane.latents(torch.zeros(2)).any()
    for road in plane.roads().values():
        torch.testing.assert_close(road[[0, -1]], torch.stack([a, b]))
        torch.testing.assert_close(plane.latents(plane.places(road)), road, rtol=0, atol=1e-4)
    assert two(3, 64, 0.5).ends[0].abs().max() <= 0.5


def test_a_click_takes_the_cross_there_and_one_on_a_strip_to_that_place_of_the_path(G):
    draw, pick = walk(G)
    draw(3, math.inf, 0.0, 0.0)
    assert pick(*at(MAP, 0.5, 0.5)) == {"across": 0.0, "up": 0.0}
    assert pick(*at(MAP, 1.0, 0.25)) == {"across": REACH, "up": REACH / 2}
    plane = two(3, 64, math.inf)
    for name, box in ROADS.items():
        for k in range(STEPS):
            across, up = plane.places(plane.roads()[name][k]).tolist()
            found = pick(*at(box, (k + 0.5) / STEPS, 0.5))
            assert found == {"across": pytest.approx(across, abs=0.051), "up": pytest.approx(up, abs=0.051)}
    assert pick(0.99, 0.01) == pick(0.0, 0.5) == {}


def test_each_control_moves_what_it_should(G):
    draw, _ = walk(G)
    start = draw(3, math.inf, 0.0, 6.0)
    nearby = draw(3, math.inf, 0.5, 6.0)
    for box in ROADS.values():
        assert (part(start, box) == part(nearby, box)).all()
    assert (seen(start) != seen(nearby)).any()
    for other in (draw(4, math.inf, 0.0, 6.0), draw(3, 1.0, 0.0, 6.0)):
        assert all((part(start, box) != part(other, box)).any() for box in (MAP, *ROADS.values()))
    assert (seen(draw(3, math.inf, 0.0, 6.0)) == seen(start)).all()


def test_looking_leaves_the_mode_of_g_alone(G):
    walk(G)[0](0, math.inf, 0.0, 0.0)
    assert G.training


def test_both_functions_serve_a_panel(G):
    draw, pick = walk(G)
    options = [("1", 1.0), ("none", math.inf)]
    controls = {name: FloatSlider(0.0, min=-11, max=11) for name in ("across", "up")}
    threshold = SelectionSlider(options=options, value=math.inf)
    panel = Panel(draw, pick, pair=IntSlider(3), threshold=threshold, **controls)
    before = panel.picture.value
    panel.picture.point = at(MAP, 0.75, 0.25)
    assert panel.message.value == "" and panel.picture.value != before
    assert panel.controls["across"].value == panel.controls["up"].value == REACH / 2


@pytest.fixture(scope="module")
def table(G):
    """A desk, and what it stands on."""
    z = torch.randn(8, 64, generator=torch.Generator().manual_seed(0))
    kinds = {"free": {"first": directions(G, 2)[0]}, "held": {"first": directions(G, 2)[1]}}
    slopes, towards = torch.zeros(64, 5), torch.zeros(10, 64)
    slopes[:, 3] = kinds["free"]["first"]  # a unit along it promises one of height
    towards[4] = 3 * F.normalize(torch.ones(64), dim=0)

    def classify(x):
        return (x.mean((1, 2, 3)) > -0.4).long()

    with torch.no_grad():
        sd = attributes(load_generator()(torch.randn(200, 64))).std(0)
    return desk(G, z, classify, kinds, slopes, sd, towards)


def test_a_desk_that_nobody_touches_changes_nothing(table):
    picture = seen(table("free", -1, first=0.0))
    height = picture.shape[0]
    rows = [picture[round((0.1 + 0.215 * k) * height) :][: round(0.2 * height), 60:470] for k in range(4)]
    for before, after in (rows[:2], rows[2:]):
        assert np.abs(before - after).mean() < 30  # the same garments, a fraction of a pixel apart


def test_sliders_kinds_and_goals_move_the_garments(table):
    pictures = [
        table("free", -1, first=0.0),
        table("free", -1, first=3.0),
        table("held", -1, first=3.0),
        table("free", 4, first=0.0),
    ]
    assert len(set(pictures)) == 4
    assert table("free", -1, first=0.0) == table("held", -1, first=0.0) == pictures[0]
    assert len(NAMES) == 5
