"""The game that the playground plays: any distribution and any rule in the plane, and what is shown of it."""

import math
from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.optim import SGD

from ... import distributions
from ...chapters import theory
from ...checks import not_negative, one_of, positive, whole
from ...distributions import GaussianMixture
from ...metrics import energy_distance, mode_coverage
from ...networks import MLPDiscriminator, MLPGenerator
from ...objectives import OBJECTIVES
from ...penalties import PENALTIES
from ...sampling import at_rest
from ...training import Players, train
from ..dashboard import undecided
from .stage import EDGE, SHEET, SIDE, Frame

DISTRIBUTIONS = {
    "line": distributions.line(),
    "two gaussians": distributions.two_gaussians(distance=2, std=0.25, dim=2),
    "ring": distributions.ring(std=0.1),
    "grid": distributions.grid(spacing=0.6),
    "spiral": distributions.spiral(),
    "disjoint": distributions.disjoint()[0],
}
COUNTED = ("two gaussians", "ring", "grid")  # distributions of separate modes
NOISES = ("2-D Gaussian", "2-D uniform", "1-D Gaussian", "1-D uniform")
OPTIMISERS = ("Adam", "SGD")
LEARNS = ("both", "D", "G")
Points = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Settings:
    """All knobs. A run is a function of them, of when they were turned, and of nothing else."""

    distribution: str | Points = "ring"  # one of DISTRIBUTIONS, or points drawn by hand, each a narrow N(x, 0.05² I)
    noise: str = "2-D Gaussian"
    layers_G: int = 2
    width_G: int = 64
    layers_D: int = 2
    width_D: int = 64
    optimiser: str = "Adam"
    seed: int = 0
    # those below, LIVE, may change while it plays
    objective: str = "non-saturating"
    penalty: str = "none"
    weight: float = 0.1  # of the penalty
    lr_D: float = 2e-3
    lr_G: float = 1e-3
    betas: tuple[float, float] = (0.0, 0.99)  # Adam's
    critic_steps: int = 1  # steps of D per round
    generator_steps: int = 1  # steps of G per round
    batch_size: int = 64
    learns: str = "both"

    def __post_init__(self) -> None:
        if not isinstance(self.distribution, str):
            object.__setattr__(self, "distribution", tuple((float(x), float(y)) for x, y in self.distribution))
        for name, known in CHOICES.items():
            if name != "distribution" or not self.distribution or isinstance(self.distribution, str):
                one_of(known, **{name: getattr(self, name)})
        positive(lr_D=self.lr_D, lr_G=self.lr_G)
        not_negative(weight=self.weight)
        whole(0, seed=self.seed)
        whole(2, batch_size=self.batch_size)
        for name in ("layers_G", "width_G", "layers_D", "width_D", "critic_steps", "generator_steps"):
            whole(1, **{name: getattr(self, name)})
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            raise ValueError(f"betas are {self.betas}; expected two numbers in [0, 1), Adam's beta_1 and beta_2")


CHOICES = {
    "distribution": DISTRIBUTIONS,
    "noise": NOISES,
    "optimiser": OPTIMISERS,
    "objective": OBJECTIVES,
    "penalty": PENALTIES,
    "learns": LEARNS,
}
LIVE = (
    *("objective", "penalty", "weight", "lr_D", "lr_G", "betas"),
    *("critic_steps", "generator_steps", "batch_size", "learns"),
)


class Shade(NamedTuple):
    """How D's scores become shades from 0, "fake", to 1, "real"."""

    words: str
    of: Callable[[Tensor, Tensor], Tensor]  # scores t (N,), and the middle between real and fake ones () -> (N,)


_probability = Shade("probability “real”", lambda t, middle: t.sigmoid())
_difference = Shade("sigmoid of the score, less its middle", lambda t, middle: (t - middle).sigmoid())
SHADES = {
    "minimax": _probability,
    "non-saturating": _probability,
    "least-squares": Shade("the score, from 0 to 1", lambda t, middle: t.clamp(0, 1)),
    "hinge": Shade("the score, from −1 to 1", lambda t, middle: ((t + 1) / 2).clamp(0, 1)),
    "wasserstein": _difference,  # only differences of scores count
    "relativistic": _difference,
}


class UniformPlayers(Players):
    """Players with uniform noise: z in [-1, 1]^Z."""

    def latent(self, n: int) -> Tensor:
        return 2 * torch.rand(n, self.G.latent_dim, generator=self.rng) - 1


def cells(distribution: GaussianMixture) -> Tensor:
    """The distribution's weights in the SIDE^2 squares of the plane, the top row first, and outside, last."""
    edges = torch.linspace(-EDGE, EDGE, SIDE + 1, dtype=torch.float64)
    below = torch.special.ndtr((edges - distribution.modes[..., None].double()) / distribution.std)  # (K, 2, SIDE + 1)
    across, up = below.diff(dim=2).unbind(1)
    inside = ((distribution.weights.double()[:, None] * up).T @ across).flip(0).flatten()
    return torch.cat([inside, (1 - inside.sum()).clamp(min=0)[None]])


def counts(x: Tensor) -> Tensor:
    """The share of the samples x (N, 2) in the same squares and outside."""
    column, row = ((x * torch.tensor([1.0, -1.0]) + EDGE) * (SIDE / (2 * EDGE))).floor().long().T
    inside = (column >= 0) & (column < SIDE) & (row >= 0) & (row < SIDE)
    return torch.where(inside, row * SIDE + column, SIDE**2).bincount(minlength=SIDE**2 + 1).double() / len(x)


def smooth(weights: Tensor) -> Tensor:
    """Blur weights in the squares (SIDE^2,) by a normal distribution of one square's width: (SIDE, SIDE)."""
    away = torch.arange(SIDE)[:, None] - torch.arange(SIDE)
    kernel = torch.exp(-away.double().square() / 2)
    kernel /= kernel.sum(0)
    return kernel @ weights.view(SIDE, SIDE) @ kernel.T


class Moment(NamedTuple):
    """What is kept of a moment: a point of each curve, and the frame."""

    round: int
    value: float
    cost: float
    jsd: float
    energy: float
    modes: int
    frame: Frame


class Game:
    """One run: `step()` plays a round, `change(...)` turns knobs meanwhile, `scene()` is what it looks like.

    `plan` says which knobs turn by themselves: {round: {name: value}}, and `changes` which were turned. Every
    `stride` rounds a record is kept; when there are too many, every second one is dropped and the stride doubles.
    """

    KEPT, FAKES, MANY = 100, 200, 4000

    def __init__(self, settings: Settings, plan: dict[int, dict] | None = None):
        s = self.start = self.settings = settings
        self.plan = dict(plan or {})
        self.changes: dict[int, dict[str, Any]] = {}
        for knobs in self.plan.values():
            for name in knobs:
                one_of(LIVE, **{"a knob in changes": name})
            replace(settings, **knobs)  # refuses wrong values here and now
        self.round, self.stride = 0, 25
        self.records: list[Moment] = []
        self.distribution = (
            DISTRIBUTIONS[s.distribution]
            if isinstance(s.distribution, str)
            else GaussianMixture(torch.tensor(s.distribution), 0.05)
        )
        self.players = self._players()
        look = torch.Generator().manual_seed(s.seed)  # looking has random numbers of its own
        (self.real,) = self.distribution(self.MANY, look)
        self.z = replace(self.players, rng=look).latent(self.MANY)
        self.p, self.separate = cells(self.distribution), s.distribution in COUNTED
        self.p_smooth = smooth(self.p[:-1])
        distributions = (self.distribution(self.MANY, look)[0] for _ in range(20))
        floor = [self._distances(x, counts(x)) for x in distributions]
        self.floor = torch.tensor(floor).quantile(0.95, dim=0).tolist()
        self._turn()
        self._record()

    def _players(self) -> Players:
        s = self.settings
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(s.seed)
            G = MLPGenerator(2, int(s.noise[0]), (s.width_G,) * s.layers_G)
            D = MLPDiscriminator(2, (s.width_D,) * s.layers_D)
        if s.distribution == "disjoint":
            with torch.no_grad():
                *_, bias = G.parameters()
                bias.add_(distributions.disjoint()[1].modes[0])  # G begins where the data are not
        kind = UniformPlayers if "uniform" in s.noise else Players
        players = kind.create(G, D, seed=s.seed)
        if s.optimiser == "SGD":
            players.opt_G, players.opt_D = SGD(G.parameters()), SGD(D.parameters())
        return players

    def change(self, **knobs) -> None:
        """From the next round on these settings hold, all of them LIVE; what was planned for later is dropped."""
        self.plan = {}
        self._turned(knobs)

    def _turned(self, knobs: dict) -> None:
        self.settings = replace(self.settings, **knobs)
        if self.round == 0:
            self.start = self.settings
        else:
            self.changes[self.round] = self.changes.get(self.round, {}) | knobs
        self._turn()

    def _turn(self) -> None:
        """Set the optimisers, and the games whose steps make up a round."""
        s, players = self.settings, self.players
        for optimiser, lr in ((players.opt_D, s.lr_D), (players.opt_G, s.lr_G)):
            optimiser.param_groups[0]["lr"] = lr
            if s.optimiser == "Adam":
                optimiser.param_groups[0]["betas"] = s.betas
        self.objective = OBJECTIVES[s.objective]
        penalties = [replace(term, weight=s.weight) for term in PENALTIES[s.penalty]]
        play = partial(train, data=self.distribution, objective=self.objective, penalties=penalties)
        play = partial(play, batch_size=s.batch_size, critic_steps=s.critic_steps)
        self.game_of_G = play(players.only("G"), critic_steps=1)  # its steps end a round
        both, D = players, players.only("D")
        self.game = self.game_of_G if s.learns == "G" else play(both if s.learns == "both" else D)  # begins it
        self.sums, self.summed = [0.0, 0.0], 0

    def step(self) -> None:
        """One round: critic_steps steps of D, then generator_steps steps of G."""
        if self.round in self.plan:
            self._turned(self.plan.pop(self.round))
        first = last = next(self.game)
        if self.settings.learns != "D":
            for _ in range(self.settings.generator_steps - 1):
                last = next(self.game_of_G)
        self.round += 1
        self.sums = [self.sums[0] + first.value.item(), self.sums[1] + last.cost.item()]
        self.summed += 1
        if self.round % self.stride == 0:
            self._record()

    def _distances(self, x: Tensor, q: Tensor) -> tuple[float, float]:
        """Of samples x (MANY, 2), counted in q, from the data: JSD in the squares, energy distance of 400."""
        return theory.jsd(self.p, q).item(), energy_distance(self.real[:400], x[:400])

    def _record(self) -> None:
        with at_rest(self.players.G) as G:
            x = G(self.z)
        shares = counts(x)
        p, q = self.p_smooth, smooth(shares[:-1])
        self.best = torch.where(p + q > 1e-4, p / (p + q), math.nan).numpy()
        modes = mode_coverage(self.distribution.modes, self.distribution.std, x[:2500]).covered if self.separate else 0
        value, cost = (total / self.summed if self.summed else math.nan for total in self.sums)
        self.sums, self.summed = [0.0, 0.0], 0
        jsd, energy = self._distances(x, shares)
        self.records.append(Moment(self.round, value, cost, jsd, energy, modes, self.scene()))
        if len(self.records) > self.KEPT:
            self.records = self.records[::2]
            self.stride *= 2

    def scene(self, rate: float = 0.0) -> Frame:
        """What it looks like now; `rate`, in rounds per second, is only shown."""
        n, D = self.FAKES, self.players.D
        real = self.real[:n]
        with at_rest(self.players.G) as G, at_rest(D):  # in as few calls as can be
            fake, sheet = G(torch.cat([self.z[:n], self._latents()])).split([n, SHEET**2])
            t, t_real, t_fake = D(torch.cat([SQUARES, real, fake])).split([SIDE**2, n, n])
            middle = (t_real.mean() + t_fake.mean()) / 2
            surface = SHADES[self.settings.objective].of(t, middle).view(SIDE, SIDE)
        push = PUSH * self.objective.direction(D, real, fake).nan_to_num()
        push *= (LONGEST / push.norm(dim=1, keepdim=True).clamp(min=1e-9)).clamp(max=1)
        dots, crosses, tips = real.numpy(), fake.numpy(), (fake + push).numpy()
        return Frame(self.round, rate, dots, crosses, tips, sheet.numpy(), surface.numpy(), self.best)

    def _latents(self) -> Tensor:
        """Noise at even steps of probability, so that equally many z lie between neighbours: (SHEET^2, Z)."""
        dim = self.players.G.latent_dim
        share = (torch.arange(SHEET if dim == 2 else SHEET**2) + 0.5) / (SHEET if dim == 2 else SHEET**2)
        axis = 2 * share - 1 if "uniform" in self.settings.noise else torch.special.ndtri(share)
        return torch.cartesian_prod(*[axis] * dim).view(-1, dim)

    @property
    def captions(self) -> dict:
        """What to write beside it, and the levels to draw in the charts."""
        value, cost, _ = undecided(self.objective)
        return {
            "shade": SHADES[self.settings.objective].words,
            "value": value,
            "cost": cost,
            "jsd": self.floor[0],
            "energy": self.floor[1],
            "modes": len(self.distribution.modes) if self.separate else 0,
            "line": self.players.G.latent_dim == 1,
        }

    def curves(self) -> bytes:
        return np.array([record[:-1] for record in self.records], "<f4").tobytes()

    def code(self, round: int | None = None) -> str:
        """A line of Python that plays the same again, up to a round: this one unless given."""
        round = self.round if round is None else round
        differs = {f.name: v for f in fields(Settings) if (v := getattr(self.start, f.name)) != f.default}
        arguments = {"distribution": self.start.distribution} | differs | {"seed": self.start.seed, "steps": round}
        if changes := {k: v for k, v in self.changes.items() if k < round}:
            arguments["changes"] = changes
        return f"Playground({', '.join(f'{k}={v!r}' for k, v in arguments.items())})"


PUSH, LONGEST = 0.2, 0.5  # the arrows' scale, and the longest one drawn
_axis = (torch.arange(SIDE) + 0.5) * (2 * EDGE / SIDE) - EDGE
SQUARES = torch.cartesian_prod(-_axis, _axis).flip(1)  # their centres, row by row from the top: (SIDE^2, 2)
