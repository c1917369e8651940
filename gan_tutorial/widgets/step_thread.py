"""What panels that train stand on: a thread of its own, which takes steps until it is told to halt, and its buttons.

A cell that loops would keep the kernel from hearing its buttons; a thread leaves the kernel free. Nothing runs
before somebody presses play, so "Run All Cells" never waits for a panel.
"""

import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakSet

import ipywidgets as ipw
import torch

from .base import Pictured, Screen, button, error_html, parent

THREADS = max(1, torch.get_num_threads() - 1)
SPEEDS = {"full speed": math.inf, "50 per second": 50.0, "10 per second": 10.0, "2 per second": 2.0, "1 in 2 s": 0.5}

_made: dict[str, tuple[str, WeakSet]] = {}  # notebook cell -> which run of it, the threads made in that run


@contextmanager
def beside_a_browser() -> Iterator[None]:
    """With THREADS threads for torch at most: a core is the browser's, and on two cores training is a fifth faster so.

    The numbers of a convolution depend on how many threads share it, in their last digits.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(min(before, THREADS))
    try:
        yield
    finally:
        torch.set_num_threads(before)


class StepThread:
    """While it plays it calls `step()`, and `draw()` at most `rate` times per second and once at the end.

    `speed` is the most steps per second (slow motion); it may be changed at any time. A `step` that raises
    StopIteration ends the playing; any other exception does so too and goes to `fail(exception)`. What `step`
    changes belongs to the thread until `halt` has returned. Running a cell again halts the threads of its last run.
    """

    def __init__(
        self,
        step: Callable[[], None],
        draw: Callable[[], None],
        fail: Callable[[Exception], None],
        rate: float = 20.0,
    ):
        self.step, self.draw, self.fail, self.rate = step, draw, fail, rate
        self.speed = math.inf
        self._go, self._thread = threading.Event(), threading.Thread()
        _halt_older(self)

    @property
    def playing(self) -> bool:
        return self._go.is_set()

    def play(self) -> None:
        """Begin, or go on; returns at once."""
        if not self.playing:
            self.halt()
            self._go.set()
            self._thread = threading.Thread(target=self._play, daemon=True)
            self._thread.start()

    def halt(self) -> None:
        """End with the step in progress: when this returns, none follows."""
        self._go.clear()
        if self._thread.is_alive() and self._thread is not threading.current_thread():
            self._thread.join()

    def once(self, step: Callable[[], object] | None = None) -> None:
        """Halt, then take one step (or do something else in its place) and draw, before returning."""
        self.halt()
        with beside_a_browser():
            self._try(step or self.step)
            self._try(self.draw)

    @beside_a_browser()
    def _play(self) -> None:
        due, drawn = time.perf_counter(), -math.inf
        while self.playing:
            self._try(self.step)
            now = time.perf_counter()
            if now - drawn >= 1 / self.rate:
                self._try(self.draw)
                drawn = now
            due = max(due + 1 / self.speed, now)
            while self.playing and (rest := due - time.perf_counter()) > 0:
                time.sleep(min(rest, 0.02))
        self._try(self.draw)

    def _try(self, act: Callable[[], object]) -> None:
        try:
            act()
        except StopIteration:
            self._go.clear()
        except Exception as error:
            self._go.clear()
            self.fail(error)


def _halt_older(thread: StepThread) -> None:
    message = parent()
    cell = message.get("metadata", {}).get("cellId")  # JupyterLab names the cell; other front ends may not
    if cell:
        run = message["header"]["msg_id"]
        last, threads = _made.get(cell, (run, WeakSet()))
        if last != run:
            for other in threads:
                other.halt()
            threads = WeakSet()
        threads.add(thread)
        _made[cell] = run, threads


class Played(Pictured):
    """A panel whose `step` is taken by a thread of its own while it plays, and whose `show` draws it.

    It has the button that plays and pauses, the menu of speeds, and a message for what went wrong. While it plays, a
    picture is drawn only if the browser has answered the last ones: without a page, none pile up.
    """

    resume = "Play"  # what the button says while it rests

    def __init__(self, picture: Screen, rate: float) -> None:
        super().__init__(picture)
        self.thread = StepThread(self._step, self._draw, self._fail, rate)
        self.message = ipw.HTML()
        self.button = button(self.resume, "play", self._play_or_pause, "play, or pause")
        self.button.button_style = "primary"
        self.speed = ipw.Dropdown(options=SPEEDS, description="speed")
        self.speed.observe(lambda change: setattr(self.thread, "speed", change.new), "value")

    def _step(self) -> None:
        raise NotImplementedError

    def _show(self) -> None:
        raise NotImplementedError

    def _draw(self) -> None:
        if not self.thread.playing or self.picture.ready:
            self._name_button(self.thread.playing)
            self._show()

    def _fail(self, error: Exception) -> None:
        self.message.value = error_html(error)

    def play(self) -> None:
        """Begin, or go on; returns at once."""
        self._name_button(True)  # before the thread does, which may end at once
        self.thread.play()

    def pause(self) -> None:
        """End with the step in progress."""
        self.thread.halt()

    def _play_or_pause(self) -> None:
        (self.pause if self.thread.playing else self.play)()

    def _name_button(self, playing: bool) -> None:
        self.button.description, self.button.icon = ("Pause", "pause") if playing else (self.resume, "play")
