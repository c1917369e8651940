"""The thread behind panels that train."""

import threading
import time
from types import SimpleNamespace

import pytest
import torch
from frontend import until

from gan_tutorial.widgets import base
from gan_tutorial.widgets.step_thread import THREADS, StepThread


class Counter:
    """Something that steps, draws and fails, and remembers."""

    def __init__(self, fail_at=None, end_at=None, nap=0.001, **kwargs):
        self.steps, self.pictures, self.errors = 0, [], []
        self.fail_at, self.end_at, self.nap = fail_at, end_at, nap
        self.thread = StepThread(self.step, lambda: self.pictures.append(self.steps), self.errors.append, **kwargs)

    def step(self):
        if self.steps == self.fail_at:
            raise FloatingPointError("no number")
        if self.steps == self.end_at:
            raise StopIteration
        time.sleep(self.nap)
        self.steps += 1


def test_nothing_runs_before_play_and_nothing_after_halt():
    c = Counter()
    assert not c.thread.playing and c.steps == 0
    c.thread.play()
    until(lambda: c.steps > 5)
    c.thread.halt()
    steps = c.steps
    time.sleep(0.05)
    assert c.steps == steps and not c.thread.playing and c.pictures[-1] == steps
    c.thread.play()
    until(lambda: c.steps > steps)
    c.thread.halt()


def test_buttons_pressed_in_any_order_leave_one_thread_at_most():
    before = threading.active_count()
    c = Counter()
    for _ in range(20):
        c.thread.play()
        c.thread.play()
        assert threading.active_count() <= before + 1
        c.thread.halt()
        c.thread.halt()
    assert threading.active_count() == before


def test_once_is_one_step_also_while_it_plays():
    c = Counter()
    c.thread.once()
    assert c.steps == 1 and c.pictures == [1]
    c.thread.play()
    c.thread.once()
    steps = c.steps
    time.sleep(0.03)
    assert c.steps == steps == c.pictures[-1]
    c.thread.once(lambda: None)  # something else in the place of a step
    assert c.steps == steps


def test_steps_leave_a_core_to_the_browser_whoever_asks_for_them():
    seen, before = [], torch.get_num_threads()
    thread = StepThread(lambda: seen.append(torch.get_num_threads()), lambda: None, print)
    thread.once()
    assert torch.get_num_threads() == before
    thread.play()
    until(lambda: len(seen) > 2)
    thread.halt()
    assert set(seen) == {min(before, THREADS)}


def test_slow_motion_takes_its_time_and_halts_at_once():
    c = Counter(nap=0)
    c.thread.speed = 0.5
    c.thread.play()
    until(lambda: c.steps == 1)
    began = time.monotonic()
    c.thread.halt()
    assert c.steps == 1 and time.monotonic() - began < 1.0  # the next step was due after two seconds


def test_pictures_come_at_once_then_at_the_rate_and_the_last_one_shows_the_end():
    c = Counter(rate=1e-9)
    c.thread.play()
    until(lambda: c.steps > 20)
    c.thread.halt()
    assert c.pictures == [1, c.steps]


def test_an_error_halts_and_is_told_and_an_end_just_halts():
    c = Counter(fail_at=3)
    c.thread.play()
    until(lambda: not c.thread.playing)
    c.thread.halt()
    assert c.steps == 3 and [str(e) for e in c.errors] == ["no number"]
    c = Counter(end_at=4)
    c.thread.play()
    until(lambda: not c.thread.playing)
    c.thread.halt()
    assert c.steps == 4 and c.errors == []


def test_two_side_by_side_do_not_disturb_each_other():
    a, b = Counter(), Counter()
    a.thread.play()
    b.thread.play()
    until(lambda: a.steps > 5 and b.steps > 5)
    a.thread.halt()
    steps = b.steps
    until(lambda: b.steps > steps)
    b.thread.halt()


def test_running_a_cell_again_halts_what_it_made_before(monkeypatch):
    parent = {}
    monkeypatch.setattr(base, "get_ipython", lambda: SimpleNamespace(get_parent=lambda: parent))

    def cell(name, run):
        parent.update(metadata={"cellId": name}, header={"msg_id": run})
        c = Counter()
        c.thread.play()
        return c

    a, twin, other = cell("a", "1"), cell("a", "1"), cell("b", "2")
    assert a.thread.playing and twin.thread.playing  # one run may make two
    again = cell("a", "3")
    assert not a.thread.playing and not twin.thread.playing
    assert other.thread.playing and again.thread.playing
    other.thread.halt()
    again.thread.halt()


@pytest.mark.parametrize("parent", [{}, {"metadata": {}}], ids=["no message", "no cell"])
def test_a_front_end_that_names_no_cell_is_fine(monkeypatch, parent):
    monkeypatch.setattr(base, "get_ipython", lambda: SimpleNamespace(get_parent=lambda: parent))
    Counter().thread.once()
