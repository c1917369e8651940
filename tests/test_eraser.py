"""The Eraser, as its thread and the front end drive it."""

import numpy as np
import pytest
import torch
from frontend import front_end_sets, stands_for, until

from gan_tutorial.pretrained import load_generator
from gan_tutorial.widgets import Eraser, eraser as module
from gan_tutorial.widgets.eraser import BY_HAND, HOLES, rubbed

SEEN = torch.ones(28, 28, dtype=torch.bool)


@pytest.fixture(autouse=True)
def soon(monkeypatch):
    monkeypatch.setattr(module, "STEPS", 4)
    monkeypatch.setattr(module, "STARTS", 2)


@pytest.fixture
def panel():
    made = Eraser(load_generator(), torch.rand(3, 1, 28, 28, generator=torch.Generator().manual_seed(0)) * 2 - 1)
    yield made
    made.thread.halt()
    assert made.message.value == ""


def shown(panel):
    """What is on the canvas: the pixels that are seen (28, 28) bool, and the pictures (5, 28, 28)."""
    seen = np.frombuffer(panel.picture.seen, "u1").reshape(28, 28) == 1
    return seen, np.frombuffer(panel.picture.frame, "u1").reshape(-1, 28, 28).astype(int)


def at_rest(panel):
    until(lambda: not panel.thread.playing)
    panel.thread.halt()
    return shown(panel)


def choose(panel, option):
    front_end_sets(panel.hole, index=panel.hole._options_labels.index(option))


def rub(panel, right, down):
    """A dab of the brush, its place in pixels."""
    front_end_sets(panel.picture, stroke=[[right / 28, down / 28]])


def test_a_dab_rubs_out_the_pixels_near_it():
    left = rubbed(SEEN, [[3.5, 10.5]], 2)  # the middle of column 3, row 10
    gone = (~left).nonzero().tolist()
    assert sorted(gone) == [[9, 3], [10, 2], [10, 3], [10, 4], [11, 3]]
    assert (~rubbed(left, [[20, 20], [21, 20]], 2)).sum() == 5 + 6
    assert (~rubbed(SEEN, [[-50.0, 3.0]], 8)).sum() == 0


def test_at_first_the_middle_is_repaired_to_the_end(panel):
    seen, (y, repaired, original, *starts) = shown(panel)
    assert not panel.thread.playing and panel.steps == 4 and panel.picture.caption.endswith("step 4")
    assert (seen == HOLES["the middle"].numpy()).all()
    grey = ((panel.x[0, 0] + 1) * 127.5).round().numpy()
    assert (original == grey).all() and (y[seen] == grey[seen]).all() and (y[~seen] == 128).all()
    assert (abs(repaired - original)[seen] <= 1).all() and (repaired != original)[~seen].mean() > 0.9
    assert len(starts) == 2 and (starts[0] == repaired).all() and (starts[1] != repaired).any()


def test_a_stroke_makes_the_hole_larger_and_starts_a_search(panel):
    before, _ = shown(panel)
    front_end_sets(panel.brush, value=2)
    rub(panel, 3.5, 3.5)
    seen, (_, repaired, original, *_) = at_rest(panel)
    assert panel.hole.value == BY_HAND and panel.steps == 4
    assert (before & ~seen).sum() == 5 and not (seen & ~before).any()
    assert (abs(repaired - original)[seen] <= 1).all()
    rub(panel, 3.5, 20.5)
    assert at_rest(panel)[0].sum() == seen.sum() - 5


def test_clear_shows_all_and_other_holes_may_be_chosen(panel):
    for option, hole in HOLES.items():
        choose(panel, option)
        assert (at_rest(panel)[0] == hole.numpy()).all()
    rub(panel, 14.0, 14.0)
    at_rest(panel)
    clear = panel.children[1].children[-1]
    clear.click()
    seen, (_, repaired, original, *_) = at_rest(panel)
    assert seen.all() and abs(repaired - original).max() <= 1


def test_another_picture_and_other_starts(panel):
    _, first = shown(panel)
    front_end_sets(panel.which, value=2)
    _, second = at_rest(panel)
    assert (second[2] == ((panel.x[2, 0] + 1) * 127.5).round().numpy()).all()
    panel.children[1].children[2].click()  # new starts
    _, third = at_rest(panel)
    assert (third[2] == second[2]).all() and (third[1] != second[1]).any()
    front_end_sets(panel.which, value=0)
    panel._anew(seed=0)
    assert (at_rest(panel)[1] == first).all()


def test_it_can_be_stopped_and_goes_on(panel, monkeypatch):
    monkeypatch.setattr(module, "STEPS", 100_000)
    panel._anew()
    until(lambda: panel.steps > 2)
    assert panel.button.description == "Pause"
    panel.button.click()
    steps = panel.steps
    assert not panel.thread.playing and panel.button.description == "Go on" and steps < 100_000
    panel.button.click()
    until(lambda: panel.steps > steps)
    rub(panel, 1.0, 1.0)  # in the middle of a search
    assert panel.steps < 100_000 and panel.thread.playing
    panel.thread.halt()


def test_more_steps_come_nearer(panel):
    choose(panel, "nothing")
    at_rest(panel)
    errors = [panel.found.mse[0, 0].item()]
    for _ in range(3):
        panel.button.click()
        at_rest(panel)
        errors.append(panel.found.mse[0, 0].item())
    assert panel.steps == 16 and errors[-1] < errors[0]


def test_an_exception_is_shown(panel):
    panel.search = iter([])
    panel.goal = 100
    panel.search = (1 / 0 for _ in range(1))
    panel.thread.play()
    until(lambda: "ZeroDivisionError" in panel.message.value)
    panel._anew()
    at_rest(panel)


def test_looking_changes_nothing_and_a_still_picture_is_left():
    G = load_generator().train()
    before = {k: v.clone() for k, v in G.state_dict().items()}
    panel = Eraser(G, torch.zeros(1, 1, 28, 28))
    assert G.training and all(torch.equal(v, before[k]) for k, v in G.state_dict().items())
    bundle = panel._repr_mimebundle_()
    assert stands_for(bundle, panel) and bundle["text/plain"] == repr(panel) == "Eraser of 1 pictures"
