"""Widgets as the front end drives them."""

import asyncio
import io
import json
import re
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from frontend import front_end_sets, stands_for
from ipywidgets import FloatSlider
from PIL import Image

from gan_tutorial import plots
from gan_tutorial.distributions import ring
from gan_tutorial.networks import ConvGenerator, MLPDiscriminator, MLPGenerator
from gan_tutorial.objectives import OBJECTIVES
from gan_tutorial.training import Players, Step
from gan_tutorial.widgets import Eraser, Panel, Playground, Question, RunView, Sampler, Score, Trainer, base
from gan_tutorial.widgets.dashboard import Dashboard, ImageGrid, Means
from gan_tutorial.widgets.eraser import Easel
from gan_tutorial.widgets.playground.stage import Stage


def lively(**kwargs):
    """A generator whose pictures differ, as those of a trained one do."""
    torch.manual_seed(0)
    G = ConvGenerator(8, latent_dim=6, widths=(8, 4), **kwargs)
    for p in G.parameters():
        torch.nn.init.normal_(p)
    return G


def test_a_message_of_the_browser_is_handled_before_the_panel_draws_the_last_value(monkeypatch):
    drawn = []
    panel = Panel(lambda a: drawn.append(a) or b"picture", a=FloatSlider(1.0))
    message = {"header": {"msg_type": "comm_msg"}}
    monkeypatch.setattr(base, "get_ipython", lambda: SimpleNamespace(get_parent=lambda: message))

    async def drag():
        for value in (2.0, 3.0, 4.0):
            front_end_sets(panel.controls["a"], value=value)
        assert drawn == [1.0]
        await asyncio.sleep(0)
        assert drawn == [1.0, 4.0]
        front_end_sets(panel.controls["a"], value=5.0)
        await asyncio.sleep(0)
        assert drawn == [1.0, 4.0, 5.0]

    asyncio.run(drag())


def test_a_panel_draws_when_it_is_made_and_once_per_change():
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


def steps(n, V=-0.5, L=2.0):
    scores = torch.zeros(4)
    return (Step(i, torch.tensor(V), torch.tensor(L), scores, scores) for i in range(1, n + 1))


def test_a_run_is_drawn_at_its_end_and_the_bar_is_full():
    G, z = lively(), torch.randn(6, 6)
    with RunView(G, z, steps=30, columns=3) as view:
        start = view.picture.value
        for step in steps(30):
            view(step)
    assert view.picture.value != start and view.bar.value == 1.0
    assert len(view.history) == 30 and repr(view) == "RunView at step 30"
    assert stands_for(view._repr_mimebundle_(), view)


def test_the_caption_of_a_run_is_shown_and_read_out(capsys):
    with RunView(lively(), torch.randn(4, 6), steps=2, caption="Four fakes and two flat curves") as view:
        view(next(steps(1)))
    assert "Four fakes and two flat curves" in capsys.readouterr().out


def test_names_of_the_columns_stand_above_them():
    G, z = lively(), torch.randn(4, 6)
    plain, named = (RunView(G, z, steps=2, columns=2, names=names) for names in ((), ("Boot", "Bag")))
    assert [text.get_text() for text in named.dashboard.figure.texts] == ["Boot", "Bag"]
    assert named.dashboard.samples.height == plain.dashboard.samples.height + 20


def test_a_run_begins_with_the_axes_of_another_one_that_it_is_compared_with():
    with RunView(lively(), torch.randn(4, 6), steps=5) as first:
        for step in steps(5, V=-3.5, L=8.0):
            first(step)
    plain, same = (RunView(lively(), torch.randn(4, 6), steps=2, like=view) for view in (None, first))
    limits = [[ax.get_ylim() for ax in view.dashboard.axes] for view in (plain, same, first)]
    assert limits[0] != limits[1] == limits[2] and limits[2][0][0] < -3.5 and limits[2][1][1] > 8
    assert [ax.get_xlim() for ax in same.dashboard.axes] == [(0, 2)] * 2


def test_looking_leaves_the_network_and_its_run_alone():
    G = lively().train()
    before = {k: v.clone() for k, v in G.state_dict().items()}
    with RunView(G, torch.randn(4, 6), pause=0.0) as view:
        random = torch.get_rng_state()
        for step in steps(3):
            view(step)
    assert G.training and torch.equal(torch.get_rng_state(), random)
    assert all(torch.equal(v, before[k]) for k, v in G.state_dict().items())


def test_an_interrupt_ends_the_run_but_not_the_notebook():
    with RunView(lively(), torch.randn(4, 6), steps=10) as view:
        for step in steps(10):
            view(step)
            if step.number == 4:
                raise KeyboardInterrupt
    assert view.bar.value == 0.4 and "step 4 of 10" in view.text.value and "interrupted" in view.text.value


def test_no_other_error_is_swallowed_and_time_counts_where_steps_do_not():
    view = RunView(lively(classes=10), torch.randn(4, 6), torch.arange(4), seconds=1e-9)
    with pytest.raises(FloatingPointError), view:
        view(next(steps(1)))
        raise FloatingPointError
    assert view.bar.value == 1.0 and view.elapsed > 0


def test_a_click_on_the_picture_moves_the_controls_it_names():
    drawn = []

    def draw(a, b):
        drawn.append((a, b))
        return b"picture"

    def pick(right, down):
        return {"b": 10 * right, "a": 1 - down}

    panel = Panel(draw, pick, a=FloatSlider(0.5, max=1.0), b=FloatSlider(2.0, max=10.0))
    front_end_sets(panel.picture, point=[0.7, 0.25])
    assert drawn[-1] == (0.75, 7.0) and panel.controls["b"].value == 7.0
    assert panel.picture.value == b"picture"
    front_end_sets(panel.controls["a"], value=0.1)
    assert drawn[-1] == (0.1, 7.0)


# ------------------------------------------------------------------------------------------ the doors


def players(**rates):
    return Players.create(MLPGenerator(widths=(4,)), MLPDiscriminator(widths=(4,)), **rates)


def conv(size=28, channels=1, **kwargs):
    return ConvGenerator(size, channels, latent_dim=4, widths=(4, 2), **kwargs)


def ask(options, right):
    return Question("Which?", options, right, "the answer", Score())


GREY = torch.zeros(1, 1, 28, 28)
DOORS = {
    "Trainer, G's rate 0": (lambda: Trainer(players(lr_G=0.0), ring()), "learning rate of G is 0.0; .* number > 0"),
    "Trainer, only G": (lambda: Trainer(players().only("G"), ring()), "rate of D is 0.0.* give both players"),
    "Trainer, only D": (lambda: Trainer(players().only("D"), ring()), "rate of G is 0.0.* choose it in the panel"),
    "Trainer, objective": (lambda: Trainer(players(), ring(), "best"), "objective is 'best'; .*minimax"),
    "Trainer, penalty": (lambda: Trainer(players(), ring(), penalty="R3"), "penalty is 'R3'; .*R1"),
    "Trainer, weight": (lambda: Trainer(players(), ring(), penalty="R1", weight=0.0), "weight is 0.0; .*'none'"),
    "Trainer, steps": (lambda: Trainer(players(), ring(), steps=0), "steps is 0"),
    "Trainer, columns": (lambda: Trainer(players(), ring(), columns=0), "columns is 0"),
    "Eraser, colours": (
        lambda: Eraser(conv(32, 3), torch.zeros(1, 3, 32, 32)),
        r"3, 32, 32\); expected \(N, 1, 28",
    ),
    "Eraser, another G": (lambda: Eraser(conv(16), GREY), r"what G makes has the shape \(1, 1, 16, 16\)"),
    "Eraser, classes": (lambda: Eraser(conv(classes=10), GREY), "10 classes; expected a generator without"),
    "Eraser, no picture": (lambda: Eraser(conv(), GREY[:0]), "the number of pictures x is 0"),
    "Eraser, no generator": (lambda: Eraser(torch.nn.Linear(4, 4), GREY), "Linear; .* G.latent_dim"),
    "Sampler, no generator": (lambda: Sampler(torch.nn.Linear(4, 4)), "Linear; .* G.latent_dim"),
    "Sampler, rows": (lambda: Sampler(conv(), rows=0), "rows is 0"),
    "RunView, columns": (lambda: RunView(conv(), torch.zeros(2, 4), columns=0), "columns is 0"),
    "RunView, seconds": (lambda: RunView(conv(), torch.zeros(2, 4), seconds=0), "seconds is 0; .* > 0"),
    "Question, right": (lambda: ask([("a", "no"), ("b", "yes")], right=2), "right is 2"),
    "Question, options": (lambda: ask([("a", "yes")] * 7, right=0), "the number of options is 7"),
    "Playground, rate": (lambda: Playground(lr_D=0.0), "lr_D is 0.0"),
    "Playground, layers": (lambda: Playground(layers_G=0), "layers_G is 0"),
    "Playground, betas": (lambda: Playground(betas=(0.5, 1.0)), "betas"),
    "Playground, seed": (lambda: Playground(seed=-1), "seed is -1"),
    "Playground, steps": (lambda: Playground(steps=-1), "steps is -1"),
    "Playground, changes": (lambda: Playground(changes={5: {"width_G": 4}}), "changes is 'width_G'; .*objective"),
    "Playground, a change": (lambda: Playground(changes={5: {"lr_G": -1.0}}), "lr_G is -1.0"),
}


@pytest.mark.parametrize("name", DOORS)
def test_what_a_widget_cannot_show_is_refused_at_the_door_with_a_remedy(name):
    act, words = DOORS[name]
    with pytest.raises((ValueError, TypeError), match=words):
        act()


# ------------------------------------------------------------------------ what stays small, and what is sent


def test_a_curve_is_the_means_of_a_run_and_stays_short():
    curve, numbers = Means(), torch.rand(1234, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for n, number in enumerate(numbers, 1):
        curve.append(number.item())
        assert len(curve) == n and len(curve.means) < 2 * Means.KEPT and len(curve.rest) < curve.width
    width = curve.width
    assert width == 8 and list(curve.steps) == list(range(width, 1234, width))
    means = numbers[: width * len(curve.means)].view(-1, width).mean(1)
    assert torch.allclose(torch.tensor(curve.means, dtype=torch.float64), means)


@pytest.mark.parametrize("kind", [base.Picture, Stage, Easel])
def test_a_picture_that_is_not_answered_is_followed_by_a_few_only(kind):
    picture = kind()
    while picture.ready:
        picture.show()
    assert picture.every < picture.number <= 24
    front_end_sets(picture, drawn=picture.every)
    assert picture.ready


def test_a_constant_that_the_browser_shares_is_sent_and_stands_in_no_script():
    sent = {"EDGE": 1.6, "SIDE": 48, "SHEET": 31, "FAKE": "#D55E00"}
    script = Stage()._esm
    for name, value in sent.items():
        assert script.count(f"const {name} = {json.dumps(value)};") == 1
        assert len(re.findall(rf"(?:const|,) {name} =", script)) == 1
    assert "const SIDE = 28;" in Easel()._esm


def test_what_is_shown_has_a_caption_that_is_its_alternative_text(monkeypatch):
    shown = []
    monkeypatch.setattr(base, "display", lambda *what, **how: shown.append((*what, how)))
    figure, _ = plt.subplots()
    base.show("Two lines that cross.")
    (first, how), (caption, _) = shown
    assert first is figure and how["metadata"] == {"image/png": {"alt": "Two lines that cross."}}
    assert caption["text/plain"] == "Two lines that cross."
    assert not plt.get_fignums()  # or it would be shown again at the end of the cell


def test_curves_are_told_apart_in_grey():
    board = Dashboard(ImageGrid(torch.zeros(4, 1, 8, 8), 2, 1), OBJECTIVES["non-saturating"], scores=True)
    V, L, real, fake = (board.lines[name] for name in ("value", "cost", "real", "fake"))
    assert V.get_linestyle() != L.get_linestyle() and real.get_linewidth() < fake.get_linewidth()
    assert all(level.get_linestyle() not in (V.get_linestyle(), L.get_linestyle()) for level in board.levels)


def test_saved_pictures_keep_the_colours_that_mean_something():
    noise = np.random.default_rng(0).integers(0, 256, (60, 60, 3), np.uint8)
    bands = (255 * plots.FAKE_TO_REAL(np.linspace(0, 1, 60))[None, :, :3].repeat(20, 0)).round().astype(np.uint8)
    bands[:9, :9], bands[-9:, -9:] = (0xD5, 0x5E, 0x00), (0x00, 0x72, 0xB2)
    kept = np.asarray(Image.open(io.BytesIO(base.compact(plots.png(np.vstack([noise, bands]))))).convert("RGB"))[60:]
    off = np.abs(kept.astype(int) - bands)
    assert off[:9, :9].max() == off[-9:, -9:].max() == 0
    assert off.max() <= 8
