"""All of it at once: play a game in the plane, turn its knobs meanwhile, and see where each fake is pushed."""

import html
import math
import time
from collections.abc import Iterable
from dataclasses import replace
from functools import partial
from typing import Any

import ipywidgets as ipw

from ...checks import whole
from ..base import button
from ..step_thread import Played
from .game import CHOICES, LIVE, Game, Moment, Points, Settings
from .presets import PRESETS
from .stage import EDGE, Stage

BY_HAND = "drawn by hand"
RATES = tuple(round(k * 10.0**e, 5) for e in range(-5, 0) for k in (1, 2, 3, 5))
OFFERED: dict[str, tuple[Any, ...]] = {
    **{name: tuple(known) for name, known in CHOICES.items()},
    "distribution": (*CHOICES["distribution"], BY_HAND),
    **dict.fromkeys(("layers_D", "layers_G"), (1, 2, 3, 4, 6, 8)),
    **dict.fromkeys(("width_D", "width_G"), (2, 4, 8, 16, 32, 64, 128)),
    **dict.fromkeys(("lr_D", "lr_G"), RATES),
    **dict.fromkeys(("critic_steps", "generator_steps"), (1, 2, 3, 5, 10)),
    "weight": (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0),
    "betas": ((0.0, 0.99), (0.5, 0.99), (0.9, 0.99)),
    "batch_size": (16, 32, 64, 128, 256),
}
GROUPS = {
    "Distribution and noise": {
        "distribution": "distribution",
        "noise": "noise z",
        "batch_size": "batch",
        "seed": "seed",
    },
    "Networks": {
        "layers_D": "D: layers",
        "width_D": "D: width",
        "layers_G": "G: layers",
        "width_G": "G: width",
    },
    "Game": {
        "objective": "objective",
        "penalty": "penalty",
        "weight": "its weight",
        "critic_steps": "D: steps",
        "generator_steps": "G: steps",
    },
    "Training": {"optimiser": "optimiser", "betas": "Adam's β₁, β₂", "lr_D": "D: rate", "lr_G": "G: rate"},
}
PAST = 200  # places of the slider that looks back


class Playground(Played):
    """A GAN in the plane, live, after GAN Lab (Kahng et al. 2019). Every field of `game.Settings` may be given:

        Playground(distribution="ring", objective="relativistic", penalty="R1 + R2", lr_D=0.003, seed=3, steps=1200)

    Played, it halts after `steps` rounds (and goes on if played again); `changes` says which knobs turn on the
    way: {round: {name: value}}. The line below the panel is this call for what the panel shows.
    """

    def __init__(self, *, steps: int = 0, changes: dict[int, dict[str, Any]] | None = None, **settings: Any) -> None:
        self.last: Moment | None = None  # the record that the curves were sent up to
        self.asked: tuple[Any, ...] | None = None  # the arguments of `_begin`, until a knob is turned meanwhile
        self.clock: tuple[float, int, float]  # when, at which round, and the rate that was found then
        start = Settings(**settings)
        whole(0, steps=steps)
        super().__init__(Stage(), rate=45)
        self.picture.observe(lambda change: self._drawn(change.new), "stroke")
        self.line = ipw.HTML()
        knobs = [vars(start), *(changes or {}).values()]
        self.controls = {name: self._control(name, [k[name] for k in knobs if name in k]) for name in vars(start)}
        # of fixed length: the browser answers a new maximum with the old value, as if a user had moved it
        self.slider = ipw.IntSlider(PAST, max=PAST, description="look back", readout=False)
        self.slider.layout.width = "640px"
        self.slider.observe(lambda change: self._look_back(change.new), "value")
        self.children = [*self._transport(), self.message, self.picture, self.slider, self._groups(), self.line]
        self._begin(start, steps, changes)
        self._draw()

    def advance(self, rounds: int) -> "Playground":
        """Play so many rounds here and now, without the thread."""
        self.thread.halt()
        for _ in range(rounds):
            self.game.step()
        self._draw()
        return self

    # ------------------------------------------------------------------------------- what the thread calls

    def _step(self) -> None:
        self.game.step()
        if self.game.round == self.goal:
            raise StopIteration

    def _show(self) -> None:
        """Show the game as it is."""
        playing, game = self.thread.playing, self.game
        state = {"frame": game.scene(self._rate() if playing else 0.0).pack()}
        if game.records[-1] is not self.last:
            self.last, state["curves"] = game.records[-1], game.curves()
        self.picture.show(**state)
        self.slider.value = PAST
        if not playing:
            self._say(game.round)
        if game.settings is not self.followed:
            self._follow()

    def _fail(self, error: Exception) -> None:
        super()._fail(error)
        self.message.value += ". Reset begins anew."

    def _rate(self) -> float:
        """Rounds per second, of the last second or so."""
        now, (then, rounds, rate) = time.perf_counter(), self.clock
        if now - then > 1 and self.game.round >= rounds:
            self.clock = now, self.game.round, (self.game.round - rounds) / (now - then)
        return rate

    # ----------------------------------------------------------------------------------- what the user does

    def _begin(
        self, settings: Settings, steps: int = 0, changes: dict[int, dict[str, Any]] | None = None, start: int = 0
    ) -> None:
        """A new run, shown after `start` rounds."""
        self.game, self.goal, self.last = Game(settings, changes), steps, None
        for _ in range(start):
            self.game.step()
        self.points = settings.distribution if isinstance(settings.distribution, tuple) else ()
        self.picture.drawing = "more" if self.points else ""
        self.asked = settings, steps, changes, start
        self.message.value = PRESETS[self.preset.value].see if self.preset.value else ""
        self._follow()

    def _turned(self, name: str, value: Any) -> None:
        """A knob was turned: by the user, or because the panel follows the game."""
        settings = self.game.settings
        if value == _shown(settings, name) and self.picture.drawing != "first":
            return
        self.preset.value = ""
        if name in LIVE:
            playing = self.thread.playing
            self.asked = None
            self.thread.once(partial(self.game.change, **{name: value}))
            if playing:
                self.play()
        elif value == BY_HAND:
            self._clear()
        else:
            self.thread.once(partial(self._begin, replace(settings, **{name: value})))

    def play(self) -> None:
        """Begin, or go on, if there is a distribution; returns at once."""
        if self.picture.drawing != "first":
            self.clock = time.perf_counter(), self.game.round, 0.0
            super().play()

    def _clear(self) -> None:
        """An empty plane, for a distribution to be drawn on."""
        self.thread.halt()
        self.points, self.picture.drawing = (), "first"
        self.controls["distribution"].value = BY_HAND

    def _drawn(self, stroke: list[list[float]]) -> None:
        distribution = coarse([*self.points, *(Stage.at(*place) for place in stroke)])
        self.thread.once(partial(self._begin, replace(self.game.settings, distribution=distribution)))

    def _chosen(self, preset: str) -> None:
        if preset:
            _, steps, settings, changes, start = PRESETS[preset]
            self.thread.once(partial(self._begin, Settings(**settings), steps, changes, start))
        else:
            self.message.value = ""

    def _reset(self) -> None:
        """Back to the start: of the run that was asked for, or else with the knobs as they stand."""
        self.thread.once(partial(self._begin, *(self.asked or [self.game.settings])))

    def _look_back(self, place: int) -> None:
        """Show the record at a place from 0 to PAST, which is now."""
        if place < PAST:
            self.thread.halt()
            self.slider.value = place  # halting has moved it to the end
            record = self.game.records[place * len(self.game.records) // PAST]
            self.picture.show(frame=record.frame.pack())
            self._say(record.round)
        elif not self.thread.playing:
            self.picture.show(frame=self.game.scene().pack())
            self._say(self.game.round)

    # ------------------------------------------------------------------------------------- how it is laid out

    def _follow(self) -> None:
        """Show the game's settings on the knobs."""
        self.followed = self.game.settings
        self.picture.captions = self.game.captions
        for name, control in self.controls.items():
            control.value = _shown(self.followed, name)

    def _say(self, round: int) -> None:
        style = "user-select: all; display: block; line-height: 1.4; white-space: pre-wrap; overflow-wrap: anywhere"
        code = html.escape(self.game.code(round))
        self.line.value = f'This again, in Python (a click selects it): <code style="{style}">{code}</code>'

    def _control(self, name: str, used: list) -> ipw.Widget:
        """The knob of a setting, which offers the values that are used beside the usual ones."""
        group = next((group for group in GROUPS.values() if name in group), {name: ""})
        label = round(6.8 * max(map(len, group.values())))  # pixels, the same for all of a group
        options, layout = OFFERED.get(name, ()), ipw.Layout(width=f"{label + 131}px")
        shape = dict(description=group[name], style={"description_width": f"{label}px"}, layout=layout)
        if name == "seed":
            control = ipw.BoundedIntText(max=2**31, **shape)
        elif name == "learns":
            texts = [("both", "both"), ("D only", "D"), ("G only", "G")]
            layout = ipw.Layout(width="auto", flex="0 0 auto")
            control = ipw.ToggleButtons(options=texts, style={"button_width": "66px"}, layout=layout)
        elif isinstance(options[0], str):
            control = ipw.Dropdown(options=options, **shape)
        else:
            control = ipw.Dropdown(options=[(_number(v), v) for v in sorted({*options, *used})], **shape)
        control.observe(lambda change: self._turned(name, change.new), "value")
        return control

    def _transport(self) -> list[ipw.Widget]:
        once = button("One round", "step-forward", self._once, "D's steps, then G's")
        reset = button("Reset", "undo", self._reset, "back to the start")
        clear = button("Draw a distribution", "pencil", self._clear, "an empty plane, to draw on with mouse or keys")
        clear.layout.width = "170px"
        self.speed.layout.width, self.speed.style.description_width = "215px", "50px"
        self.preset = ipw.Dropdown(options=[("choose one", ""), *((k, k) for k in PRESETS)], description="experiment")
        self.preset.layout.width = "400px"
        self.preset.observe(lambda change: self._chosen(change.new), "value")
        return [
            ipw.HBox([self.preset, clear, reset]),
            ipw.HBox([self.button, once, ipw.Label("who learns:"), self.controls["learns"], self.speed]),
        ]

    def _once(self) -> None:
        if self.picture.drawing != "first":
            self.thread.once()

    def _groups(self) -> ipw.Widget:
        columns = [
            ipw.VBox([ipw.HTML(f"<b>{title}</b>"), *(self.controls[name] for name in group)])
            for title, group in GROUPS.items()
        ]
        return ipw.HBox(columns, layout=ipw.Layout(flex_flow="row wrap"))

    def __repr__(self) -> str:
        return f"{type(self).__name__} at round {self.game.round}"


def _shown(settings: Settings, name: str) -> Any:
    """What a knob shows for a setting."""
    value = getattr(settings, name)
    return BY_HAND if name == "distribution" and isinstance(value, tuple) else value


def _number(value: float | tuple[float, ...]) -> str:
    """A number, or several, as the knobs write them."""
    return ", ".join(f"{v:g}" for v in (value if isinstance(value, tuple) else (value,)))


def coarse(points: Iterable[Iterable[float]], gap: float = 0.09) -> Points:
    """The points in steps of 0.05, without those nearer than `gap` to an earlier one, so that they fit into a line."""
    kept: list[tuple[float, float]] = []
    for x, y in points:
        point = round(20 * x) / 20, round(20 * y) / 20
        if max(map(abs, point)) <= EDGE and all(math.dist(point, other) > gap for other in kept):
            kept.append(point)
    return tuple(kept)
