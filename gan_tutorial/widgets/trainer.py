"""Play the game with buttons."""

import copy
import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import ipywidgets as ipw
import torch
from torch import Tensor
from torch.optim import Optimizer

from ..checks import one_of, whole
from ..objectives import OBJECTIVES, Minimax
from ..penalties import PENALTIES
from ..sampling import at_rest
from ..training import Data, Players, Step, train
from .base import Picture, button, error_html
from .dashboard import Dashboard, ImageGrid, Plane
from .step_thread import Played

SHARE = 0.1  # of the time, at most, goes into pictures
RATE = 20.0  # pictures per second, at most
WEIGHTS = (-3, 2)  # powers of 10 between which a penalty's weight may lie


class Trainer(Played):
    """The run of `train(players, data, objective, ...)` with buttons: play, pause, step, change the rules.

        Trainer(players, ring())
        Trainer(recipe.players(), images(pixels), batch_size=32, decay=0.995)

    It trains on a thread of its own, and only while it plays: pause it before other cells use the players. All
    that training changes is in them, so a pause changes nothing, and a new rule holds from the next step on.
    `penalty` is one of `PENALTIES`. A rule that `train` refuses is named, and the last good one stays. After an
    error in a step the players are as they were shortly before; the message says at which step. "Start again" makes
    them what they were when they came.

    The data are images (N, C, S, S), of which `rows` x `columns` fakes are shown, or points (N, 2); `seed` chooses
    what is shown, and no more. It stops at step `steps` of its own, until play is pressed again. With `loop`, a
    function from players to steps, a training loop of your own takes the place of `train` and brings its own rules.
    """

    def __init__(
        self,
        players: Players,
        data: Data,
        objective: str = "non-saturating",
        penalty: str = "none",
        weight: float = 1.0,
        *,
        batch_size: int = 64,
        critic_steps: int = 1,
        decay: float = 0.99,
        steps: int = 1000,
        rows: int = 5,
        columns: int = 5,
        seed: int = 0,
        loop: Callable[[Players], Iterator[Step]] | None = None,
    ):
        _check(players, objective, penalty, weight)
        whole(1, steps=steps, rows=rows, columns=columns)
        super().__init__(Picture(), RATE)
        self.players, self.data, self.loop, self.steps = players, data, loop, steps
        self.options: dict[str, Any] = dict(batch_size=batch_size, critic_steps=critic_steps, decay=decay)  # of `train`
        self.objective = OBJECTIVES[objective]
        self.rules = self._controls(objective, penalty, weight)  # name of a rule -> its control
        self.rules_in_force = self._rules_wanted()
        self.game: Iterator[Step] | None = self._game(**self.rules_in_force)  # None when it must be made anew
        self.inputs, self.dashboard = self._look(rows, columns, seed)
        self.first_state = copy.deepcopy(players.state_dict())
        self.latest: dict[str, float] = {}  # what the last step has added to the curves
        self.last_good = self._now()
        if isinstance(self.dashboard.samples, Plane):
            self.source.value = "G"  # a cloud of points need not be averaged to be seen
        self._draw()

    def play(self) -> None:
        """Begin, or go on; beyond the step where it was to stop, for as many again."""
        if self.done >= self.stop.value:
            self.stop.value = self.done + self.steps
        self.message.value = ""
        self.clock.clear()
        super().play()

    def step(self, n: int = 1) -> None:
        """Pause and take n steps before returning, with one picture at the end."""
        self.message.value = ""
        self.thread.once(lambda: self._take_steps(n))

    def restart(self) -> None:
        """Pause; the players are again as they were when they came, the rules as the controls say."""
        self.message.value = ""
        self.thread.halt()
        self._restore(self.first_state)
        self.dashboard.restart(self.objective)
        self.thread.once(self._renewed_game)

    @property
    def done(self) -> int:
        """How many steps it has taken."""
        return len(self.dashboard.curves["value"])

    # what the thread does ---------------------------------------------------------------------------

    def _step(self) -> None:
        if self.done >= self.stop.value:
            raise StopIteration
        self._take_steps(1)

    def _take_steps(self, n: int) -> None:
        for _ in range(n):
            self._record(next(self._renewed_game()))

    def _record(self, step: Step) -> None:
        real, fake = ((t.sigmoid() if self._probable() else t).mean().item() for t in (step.d_real, step.d_fake))
        self.latest = dict(value=step.value.item(), cost=step.cost.item(), real=real, fake=fake)
        self.dashboard.record(**self.latest)

    def _renewed_game(self) -> Iterator[Step]:
        """The game that the controls state."""
        wanted = self._rules_wanted()
        if self.game and wanted == self.rules_in_force:
            return self.game
        try:
            game = self._game(**wanted)
        except ValueError as error:
            if wanted == self.rules_in_force:
                raise
            for name, control in self.rules.items():
                control.value = self.rules_in_force[name]
            game = self._renewed_game()
            self.message.value = error_html(error) + ". The rules are as they were"
            return game
        self.game, self.rules_in_force, self.message.value = game, wanted, ""
        objective = OBJECTIVES[wanted["objective"]] if "objective" in wanted else self.objective
        if objective is not self.objective:
            self.objective = objective
            self.dashboard.play_by(objective, since=self.done)
        return game

    def _game(self, learns: str, objective: str = "", penalty: str = "", weight: float = 0.0) -> Iterator[Step]:
        players = self.players if learns == "both" else self.players.only(learns)
        if self.loop:
            return self.loop(players)
        penalties = [replace(term, weight=weight) for term in PENALTIES[penalty]]
        return train(players, self.data, OBJECTIVES[objective], penalties, **self.options)

    def _draw(self) -> None:
        began = time.perf_counter()
        self.last_good = self._now()
        super()._draw()
        slow = self.thread.speed <= RATE  # then there is time to draw every step
        self.thread.rate = RATE if slow else min(RATE, max(1.0, SHARE / (time.perf_counter() - began)))

    def _show(self) -> None:
        self._status()
        self.picture.show(value=self.dashboard.png(self._samples()))

    def _fail(self, error: Exception) -> None:
        state, self.dashboard.curves, self.latest = self.last_good
        self._restore(state)
        super()._fail(error)
        self.message.value += f". The players are as they were at step {self.done}"

    def _now(self) -> tuple[dict, dict, dict]:
        """The players' state, the curves so far, and what was added to them last."""
        return copy.deepcopy((self.players.state_dict(), self.dashboard.curves, self.latest))

    def _restore(self, state: dict) -> None:
        self.players.load_state_dict(copy.deepcopy(state))
        self._set_rates()
        self.game = None

    # what is seen -----------------------------------------------------------------------------------

    def _look(self, rows: int, columns: int, seed: int) -> tuple[list[Tensor], Dashboard]:
        """Choose what the samples are made of, with random numbers of its own."""
        rng = torch.Generator(self.players.rng.device).manual_seed(seed)
        x, *labels = self.data(500, rng)
        points = x.shape[1:] == (2,) and not labels
        if x.ndim != 4 and not points:
            raise ValueError(
                f"the data have shape {tuple(x.shape)}{' and labels' * bool(labels)}; "
                "expected images (N, C, S, S), or points (N, 2) without labels"
            )
        n = len(x) if points else rows * columns
        self.inputs = [torch.randn(n, self.players.G.latent_dim, generator=rng, device=rng.device)]
        if labels:
            self.inputs.append(torch.arange(n, device=rng.device) % self.players.G.classes)
        samples: Plane | ImageGrid
        if points:
            samples = Plane(x, self.players.D)
        else:
            samples = ImageGrid(self._samples(), columns, scale=max(1, 456 // (columns * (x.shape[-1] + 2))))
        return self.inputs, Dashboard(samples, self.objective, scores=True)

    def _samples(self) -> Tensor:
        with at_rest(getattr(self.players, self.source.value)) as G:
            return G(*self.inputs)

    def _probable(self) -> bool:
        return isinstance(self.objective, Minimax)

    def _status(self) -> None:
        n, stop = self.done, self.stop.value
        self.bar.value = n / stop
        words = [f"step {n} of {stop}"]
        self.clock.append((time.perf_counter(), n))
        (then, before), (now, _) = self.clock[0], self.clock[-1]
        if self.thread.playing and n > before:
            rate = (n - before) / (now - then)
            words += [f"{rate:.0f} steps/s", f"{max(0, stop - n) / rate:.0f} s left"]
        if n:
            symbol = "D" if self._probable() else "t"
            names = {"value": "V", "cost": "L", "real": f"{symbol}(x)", "fake": f"{symbol}(G(z))"}
            words += [f"{names[name]} {number:.2f}" for name, number in self.latest.items()]
        self.text.value = " · ".join(words)

    def __repr__(self) -> str:
        return f"{type(self).__name__} at step {self.done}"

    # the controls -----------------------------------------------------------------------------------

    def _controls(self, objective: str, penalty: str, weight: float) -> dict[str, ipw.Widget]:
        """Make them all; the rules among them."""
        self.learns = ipw.ToggleButtons(options=[("both", "both"), ("only D", "D"), ("only G", "G")])
        self.learns.style.button_width = "68px"
        rules: dict[str, ipw.Widget] = {"learns": self.learns}
        if not self.loop:
            low, high = WEIGHTS
            rules["objective"] = ipw.Dropdown(options=list(OBJECTIVES), value=objective, description="objective")
            rules["penalty"] = ipw.Dropdown(options=list(PENALTIES), value=penalty, description="penalty")
            rules["weight"] = ipw.FloatLogSlider(weight, min=low, max=high, description="weight")
        for control in rules.values():
            control.observe(self._rule_changed, "value")
        self.lr_D, self.lr_G = _slider("lr of D", self.players.opt_D), _slider("lr of G", self.players.opt_G)
        for slider in (self.lr_D, self.lr_G):
            slider.observe(self._set_rates, "value")
        options = [("G, averaged", "G_ema"), ("G as it is", "G")]
        self.source = ipw.Dropdown(options=options, description="samples of")
        self.source.observe(self._look_again, "value")
        self.stop = ipw.BoundedIntText(self.steps, min=1, max=10**9, description="stop at step")
        self._arrange([*list(rules.values())[1:], self.lr_D, self.lr_G, self.speed, self.source, self.stop])
        return rules

    def _arrange(self, settings: list[ipw.Widget]) -> None:
        once = button("One step", "step-forward", self.step)
        again = button("Start again", "undo", self.restart)
        self.bar, self.text = ipw.FloatProgress(max=1.0, layout=ipw.Layout(width="150px")), ipw.Label()
        self.clock: deque[tuple[float, int]] = deque(maxlen=10)  # (time, step) of the last pictures
        for control in settings:
            control.layout.width = "275px"
        self.children = [
            ipw.HBox([self.button, once, again, ipw.Label("who learns:"), self.learns]),
            ipw.HBox([self.bar, self.text]),
            self.message,
            self.picture,
            ipw.GridBox(settings, layout=ipw.Layout(grid_template_columns="repeat(auto-fill, 280px)")),
        ]

    def _rules_wanted(self) -> dict:
        """What the controls say."""
        return {name: control.value for name, control in self.rules.items()}

    def _rule_changed(self, _) -> None:
        """While it plays, the thread sees for itself, before its next step."""
        if not self.thread.playing and self._rules_wanted() != self.rules_in_force:
            self.thread.once(self._renewed_game)

    def _look_again(self, _) -> None:
        if not self.thread.playing:
            self.thread.once(lambda: None)

    def _set_rates(self, _=None) -> None:
        for slider, optimizer in (self.lr_D, self.players.opt_D), (self.lr_G, self.players.opt_G):
            for group in optimizer.param_groups:
                group["lr"] = slider.value


def _rate(optimizer: Optimizer) -> float:
    return optimizer.param_groups[0]["lr"]


def _slider(name: str, optimizer: Optimizer) -> ipw.FloatLogSlider:
    middle = math.log10(_rate(optimizer))
    return ipw.FloatLogSlider(_rate(optimizer), min=middle - 2, max=middle + 2, description=name)


def _check(players: Players, objective: str, penalty: str, weight: float) -> None:
    one_of(OBJECTIVES, objective=objective)
    one_of(PENALTIES, penalty=penalty)
    low, high = (10.0**power for power in WEIGHTS)
    if not low <= weight <= high:
        raise ValueError(f"weight is {weight}; expected a number from {low:g} to {high:g}, and penalty='none' for none")
    for name, optimizer in (("D", players.opt_D), ("G", players.opt_G)):
        if not 0 < _rate(optimizer) < math.inf:
            raise ValueError(
                f"the learning rate of {name} is {_rate(optimizer)}; expected a number > 0. To let one player learn "
                "alone, give both players with their rates (not players.only(...)) and choose it in the panel"
            )
