"""Play the game with buttons."""

import copy
import math
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import replace

import ipywidgets as ipw
import torch
from torch import Tensor
from torch.optim import Optimizer

from ..objectives import OBJECTIVES, Minimax
from ..observers import History
from ..penalties import PENALTIES
from ..sampling import at_rest
from ..training import Data, Players, Step, train
from .base import Pictured, button, told
from .dashboard import Dashboard, ImageGrid, Plane
from .step_thread import StepThread

SPEEDS = [("full", math.inf), ("10 steps a second", 10.0), ("3 steps a second", 3.0), ("1 step a second", 1.0)]
SHARE = 0.1  # of the time, at most, goes into pictures


class Trainer(Pictured):
    """The run of `train(players, data, objective, ...)` with buttons: play, pause, step, change the rules.

        Trainer(players, ring())
        Trainer(recipe.players(), images(pixels), batch_size=32, decay=0.995)

    It trains on a thread of its own, and only while it plays: pause it before other cells use the players. All
    that training changes is in them, so a pause changes nothing, and a new rule holds from the next step on.
    `penalty` is one of `PENALTIES`. A rule that `train` refuses is named, and the last good one stays. After an
    error in a step the players are as in the last picture. "Start again" makes them what they were when they came.

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
        super().__init__()
        self.players, self.data, self.loop, self.steps = players, data, loop, steps
        self.how = dict(batch_size=batch_size, critic_steps=critic_steps, decay=decay)
        self.objective = OBJECTIVES[objective]
        self.history = History()
        self.runner = StepThread(self._play_on, self._draw, self._fail)
        self._controls(objective, penalty, weight)
        self.ruled = self._rules()
        self.game = self._game(**self.ruled)
        self._look(rows, columns, seed)
        self.first = copy.deepcopy(players.state_dict())
        self._draw()

    def play(self) -> None:
        """Begin, or go on; beyond the step where it was to stop, for as many again."""
        if len(self.history) >= self.stop.value:
            self.stop.value = len(self.history) + self.steps
        self.message.value = ""
        self.marks.clear()
        self.runner.play()
        self._status()

    def pause(self) -> None:
        """End with the step in progress."""
        self.runner.halt()

    def step(self, n: int = 1) -> None:
        """Pause and take n steps before returning, with one picture at the end."""
        self.message.value = ""
        self.runner.once(lambda: [self._step() for _ in range(n)])

    def restart(self) -> None:
        """Pause; the players are again as they were when they came, the rules as the controls say."""
        self.message.value = ""
        self.runner.halt()
        self._go_back(self.first, 0)
        self.view.restart(self.objective)
        self.runner.once(self._renew)

    # what the thread does ---------------------------------------------------------------------------

    def _play_on(self) -> None:
        if len(self.history) >= self.stop.value:
            raise StopIteration
        self._step()

    def _step(self) -> None:
        self._renew()
        step = next(self.game)
        self.history(step)
        real, fake = ((t.sigmoid() if self._probable() else t).mean().item() for t in (step.d_real, step.d_fake))
        self.view.record(value=step.value.item(), cost=step.cost.item(), real=real, fake=fake)

    def _renew(self) -> None:
        """See to it that the game is the one that the controls state."""
        rules = self._rules()
        if self.game and rules == self.ruled:
            return
        try:
            self.game = self._game(**rules)
        except ValueError as error:
            if rules == self.ruled:
                raise
            for name, control in self.rules.items():
                control.value = self.ruled[name]
            self._renew()
            self._say(error, ". The rules are as they were")
            return
        self.ruled, self.message.value = rules, ""
        objective = OBJECTIVES[rules["objective"]] if "objective" in rules else self.objective
        if objective is not self.objective:
            self.objective = objective
            self.view.play_by(objective, since=len(self.history))

    def _game(self, learns: str, objective: str = "", penalty: str = "", weight: float = 0.0) -> Iterator[Step]:
        players = self.players if learns == "both" else self.players.only(learns)
        if self.loop:
            return self.loop(players)
        penalties = [replace(term, weight=weight) for term in PENALTIES[penalty]]
        return train(players, self.data, OBJECTIVES[objective], penalties, **self.how)

    def _draw(self) -> None:
        began = time.perf_counter()
        self._status()
        self.kept = copy.deepcopy(self.players.state_dict()), len(self.history)
        self.picture.value = self.view.png(self._samples())
        slow = self.runner.speed < math.inf  # then there is time to draw every step
        self.runner.rate = 20.0 if slow else min(20.0, max(1.0, SHARE / (time.perf_counter() - began)))

    def _fail(self, error: Exception) -> None:
        self._go_back(*self.kept)
        self._say(error, f". The players are as they were at step {len(self.history)}")

    def _go_back(self, state: dict, steps: int) -> None:
        self.players.load_state_dict(copy.deepcopy(state))
        del self.history[steps:]
        self.view.forget(steps)
        self._rates()
        self.game = None

    # what is seen -----------------------------------------------------------------------------------

    def _look(self, rows: int, columns: int, seed: int) -> None:
        """Choose what the samples are made of, with random numbers of its own."""
        rng = torch.Generator(self.players.rng.device).manual_seed(seed)
        x, *labels = self.data(500, rng)
        n = rows * columns if x.ndim == 4 else len(x)
        self.inputs = [torch.randn(n, self.players.G.latent_dim, generator=rng, device=rng.device)]
        if labels:
            self.inputs.append(torch.arange(n, device=rng.device) % self.players.G.classes)
        if x.ndim == 4:
            scale = max(1, 456 // (columns * (x.shape[-1] + 2)))
            samples = ImageGrid(self._samples(), columns, scale)
        elif x.shape[1:] == (2,) and not labels:
            samples = Plane(x, self.players.D)
        else:
            raise ValueError(
                f"the data have shape {tuple(x.shape)}{' and labels' * bool(labels)}; "
                "expected images (N, C, S, S), or points (N, 2) without labels"
            )
        self.view = Dashboard(samples, self.objective, scores=True)
        if x.ndim == 2:
            self.source.value = "G"

    def _samples(self) -> Tensor:
        with at_rest(getattr(self.players, self.source.value)) as G:
            return G(*self.inputs)

    def _probable(self) -> bool:
        return isinstance(self.objective, Minimax)

    def _status(self) -> None:
        n, stop, playing = len(self.history), self.stop.value, self.runner.playing
        self.button.description, self.button.icon = ("Pause", "pause") if playing else ("Play", "play")
        self.bar.value = n / stop
        words = [f"step {n} of {stop}"]
        self.marks.append((time.perf_counter(), n))
        (then, before), (now, _) = self.marks[0], self.marks[-1]
        if playing and n > before:
            rate = (n - before) / (now - then)
            words += [f"{rate:.0f} steps/s", f"{max(0, stop - n) / rate:.0f} s left"]
        if self.history:
            words += [f"V {self.history[-1].value:.2f}", f"L {self.history[-1].cost:.2f}"]
            symbol = "D" if self._probable() else "t"
            real, fake = (self.view.columns[name][-1] for name in ("real", "fake"))
            words += [f"{symbol}(x) {real:.2f}", f"{symbol}(G(z)) {fake:.2f}"]
        self.text.value = " · ".join(words)

    def _say(self, error: Exception, rest: str = "") -> None:
        self.message.value = told(error) + rest

    def __repr__(self) -> str:
        return f"{type(self).__name__} at step {len(self.history)}"

    # the controls -----------------------------------------------------------------------------------

    def _controls(self, objective: str, penalty: str, weight: float) -> None:
        self.learns = ipw.ToggleButtons(options=[("both", "both"), ("only D", "D"), ("only G", "G")])
        self.learns.style.button_width = "68px"
        self.rules = {"learns": self.learns}
        if not self.loop:
            self.rules["objective"] = ipw.Dropdown(options=list(OBJECTIVES), value=objective, description="objective")
            self.rules["penalty"] = ipw.Dropdown(options=list(PENALTIES), value=penalty, description="penalty")
            self.rules["weight"] = ipw.FloatLogSlider(weight, min=-3, max=2, description="weight")
        for control in self.rules.values():
            control.observe(self._changed, "value")
        self.lr_D, self.lr_G = _rate("lr of D", self.players.opt_D), _rate("lr of G", self.players.opt_G)
        for slider in (self.lr_D, self.lr_G):
            slider.observe(self._rates, "value")
        self.speed = ipw.Dropdown(options=SPEEDS, description="speed")
        self.speed.observe(lambda change: setattr(self.runner, "speed", change.new), "value")
        options = [("G, averaged", "G_ema"), ("G as it is", "G")]
        self.source = ipw.Dropdown(options=options, description="samples of")
        self.source.observe(self._look_again, "value")
        self.stop = ipw.BoundedIntText(self.steps, min=1, max=10**9, description="stop at step")
        self._arrange()

    def _arrange(self) -> None:
        self.button = button("Play", "play", lambda: (self.pause if self.runner.playing else self.play)())
        self.button.button_style = "primary"
        once = button("One step", "step-forward", self.step)
        again = button("Start again", "undo", self.restart)
        self.bar, self.text = ipw.FloatProgress(max=1.0, layout=ipw.Layout(width="150px")), ipw.Label()
        self.marks = deque(maxlen=10)  # (time, step) of the last pictures
        self.message = ipw.HTML()
        settings = [*list(self.rules.values())[1:], self.lr_D, self.lr_G, self.speed, self.source, self.stop]
        for control in settings:
            control.layout.width = "275px"
        self.children = [
            ipw.HBox([self.button, once, again, ipw.Label("who learns:"), self.learns]),
            ipw.HBox([self.bar, self.text]),
            self.message,
            self.picture,
            ipw.GridBox(settings, layout=ipw.Layout(grid_template_columns="repeat(auto-fill, 280px)")),
        ]

    def _rules(self) -> dict:
        return {name: control.value for name, control in self.rules.items()}

    def _changed(self, _) -> None:
        """While it plays, the thread sees for itself, before its next step."""
        if not self.runner.playing and self._rules() != self.ruled:
            self.runner.once(self._renew)

    def _look_again(self, _) -> None:
        if not self.runner.playing:
            self.runner.once(lambda: None)

    def _rates(self, _=None) -> None:
        for slider, optimizer in (self.lr_D, self.players.opt_D), (self.lr_G, self.players.opt_G):
            for group in optimizer.param_groups:
                group["lr"] = slider.value


def _rate(name: str, optimizer: Optimizer) -> ipw.FloatLogSlider:
    lr = optimizer.param_groups[0]["lr"]
    return ipw.FloatLogSlider(lr, min=math.log10(lr) - 2, max=math.log10(lr) + 2, description=name)
