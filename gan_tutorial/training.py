"""Play. The loop is a generator: whoever iterates it decides when to pause, look, save or stop."""

import copy
import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, NamedTuple

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import SGD, Adam, Optimizer

from .objectives import Objective
from .penalties import Penalty

Data = Callable[[int, torch.Generator], tuple[Tensor, ...]]  # (n, rng) -> x, *labels


class Resumable:
    """What a checkpoint keeps: the states of `parts` and of the random numbers `rng`, and the number of the step."""

    parts: ClassVar[tuple[str, ...]]

    def state_dict(self) -> dict:
        parts = {k: getattr(self, k).state_dict() for k in self.parts}
        return parts | {"rng": self.rng.get_state(), "step": self.step}

    def load_state_dict(self, state: dict) -> None:
        for k in self.parts:
            getattr(self, k).load_state_dict(state[k])
        saved = state["rng"].cpu()
        if len(saved) == len(self.rng.get_state()):
            self.rng.set_state(saved)
        else:  # of another kind of device, whose numbers are others: go on with some that follow from the saved ones
            self.rng.manual_seed(zlib.crc32(saved.numpy()))
        self.step = state["step"]


@dataclass
class Players(Resumable):
    """Everything that training changes, hence everything that a checkpoint must hold."""

    parts = ("G", "D", "opt_G", "opt_D", "G_ema")

    G: nn.Module
    D: nn.Module
    opt_G: Optimizer
    opt_D: Optimizer
    G_ema: nn.Module  # G with its weights averaged over the steps: the one to sample from
    rng: torch.Generator
    step: int = 0

    @classmethod
    def create(
        cls,
        G: nn.Module,
        D: nn.Module,
        *,
        lr_G: float = 1e-3,
        lr_D: float = 1e-3,
        betas: tuple[float, float] = (0.5, 0.99),
        seed: int = 0,
    ) -> "Players":
        """Players at step 0, each with Adam. `seed` is for data and latents; the weights are G's and D's."""
        device = next(G.parameters()).device
        return cls(
            G,
            D,
            Adam(G.parameters(), lr_G, betas, fused=True),
            Adam(D.parameters(), lr_D, betas, fused=True),
            copy.deepcopy(G).requires_grad_(False).eval(),
            torch.Generator(device).manual_seed(seed),
        )

    def latent(self, n: int) -> Tensor:
        """z ~ N(0, I): (n, Z)."""
        return torch.randn(n, self.G.latent_dim, generator=self.rng, device=self.rng.device)

    def only(self, who: str) -> "Players":
        """The same networks, but only "G" or "D" learns; steps of this game are not counted.

        The other's optimiser is exchanged for one that takes steps of size 0, so the loop stays as it is.
        """
        if who not in ("G", "D"):
            raise ValueError(f"only({who!r}): expected 'G' or 'D', the player who goes on learning")
        if who == "G":
            return replace(self, opt_D=SGD(self.D.parameters(), lr=0.0))
        return replace(self, opt_G=SGD(self.G.parameters(), lr=0.0), G_ema=self.G)  # nothing to average


class Step(NamedTuple):
    """What one step leaves behind. Tensors stay on the device until somebody looks."""

    number: int  # of steps done, so the first is 1
    value: Tensor  # V, what D climbed: ()
    cost: Tensor  # L, what G descended: ()
    d_real: Tensor  # the scores that V was made of: (N,)
    d_fake: Tensor  # likewise: (N,)


def descend(optimizer: Optimizer, loss: Tensor) -> None:
    """One gradient step by one player; the opponent's weights and gradients stay untouched."""
    params = [p for group in optimizer.param_groups for p in group["params"]]
    for p in params:
        p.grad = None  # as zero_grad() does, less its profiler, which takes a twentieth of a step in the plane
    loss.backward(inputs=params)
    optimizer.step()


@torch.no_grad()
def average(weights: list[tuple[Tensor, Tensor]], statistics: list[tuple[Tensor, Tensor]], decay: float) -> None:
    """a <- decay a + (1 - decay) p for pairs (a, p) of weights; the statistics of batch normalisation are copied."""
    for a, p in weights:
        a.lerp_(p, 1 - decay)
    for a, b in statistics:
        a.copy_(b)


def train(
    players: Players,
    data: Data,
    objective: Objective,
    penalties: Sequence[Penalty] = (),
    *,
    batch_size: int = 64,
    critic_steps: int = 1,
    decay: float = 0.99,
) -> Iterator[Step]:
    """Goodfellow et al. 2014, algorithm 1, for ever: D climbs V, then G descends its cost.

    The fakes that G is corrected on are those that D has just learnt from, where algorithm 1 draws
    new ones: it saves one run of G a step. `decay` is that of the averaged weights G_ema.
    """
    check(players, data, penalties, batch_size, critic_steps, decay)
    return _play(players, data, objective, penalties, batch_size, critic_steps, decay)


def _play(players, data, objective, penalties, batch_size, critic_steps, decay) -> Iterator[Step]:
    G, D, rng = players.G, players.D, players.rng
    weights = list(zip(players.G_ema.parameters(), G.parameters(), strict=True))
    statistics = list(zip(players.G_ema.buffers(), G.buffers(), strict=True))
    while True:
        for _ in range(critic_steps):
            x, *labels = data(batch_size, rng)
            fake = G(players.latent(batch_size), *labels)
            d_real, d_fake = D(x, *labels), D(fake.detach(), *labels)
            value = objective.value(d_real, d_fake)
            fines = (penalty(D, x, fake, labels, rng) for penalty in penalties)
            descend(players.opt_D, finite("D", players.step, sum(fines, start=-value)))

        cost = objective.generator_loss(partial(D, x, *labels), D(fake, *labels))
        descend(players.opt_G, finite("G", players.step, cost))

        average(weights, statistics, decay)
        players.step += 1
        yield Step(
            players.step,
            value.detach(),
            cost.detach(),
            d_real.detach(),
            d_fake.detach(),
        )


def finite(player: str, step: int, loss: Tensor) -> Tensor:
    """Pass a loss on, or stop before it reaches the weights."""
    if not math.isfinite(loss.item()):
        raise FloatingPointError(
            f"the loss of {player} became {loss.item()} at step {step + 1}; no weight was touched by it. "
            "Resume from the last checkpoint with a smaller learning rate or a penalty on D"
        )
    return loss


def check(
    players: Players,
    data: Data,
    penalties: Sequence[Penalty],
    batch_size: int,
    critic_steps: int,
    decay: float,
) -> None:
    """Look at one batch and at what the players make of it, and name what would go wrong later.

    Nothing is changed by it: it has random numbers of its own and copies of the players.
    """
    if batch_size < 2 or critic_steps < 1 or not 0 <= decay < 1:
        raise ValueError(
            f"got batch_size={batch_size}, critic_steps={critic_steps}, decay={decay}; "
            "expected batch_size >= 2, critic_steps >= 1 and 0 <= decay < 1"
        )
    if penalties and any(isinstance(m, _BatchNorm) for m in players.D.modules()):
        raise ValueError(
            "a penalty looks at D's slope at each sample by itself, but this D has batch normalisation, "
            "which mixes the samples of a batch; build D without it"
        )
    x, *labels = data(batch_size, torch.Generator(players.rng.device).manual_seed(0))
    if x.dtype != torch.float32 or len(x) != batch_size or not x.isfinite().all():
        raise ValueError(
            f"data({batch_size}, rng) gave {x.dtype} of shape {tuple(x.shape)}"
            f"{'' if x.isfinite().all() else ' with NaN or infinite numbers'}; "
            f"expected finite float32 of shape ({batch_size}, ...)"
        )
    low, high = x.min().item(), x.max().item()
    if x.ndim == 4 and (low < -1 or high > 1 or low >= 0):
        remedy = "x / 127.5 - 1" if high > 1 else "2 * x - 1"
        raise ValueError(f"the pixels lie in [{low:g}, {high:g}]; expected [-1, 1], the range of G's tanh: {remedy}")
    with torch.no_grad():
        G, D = copy.deepcopy(players.G), copy.deepcopy(players.D)
        fake = G(torch.zeros(batch_size, G.latent_dim, device=x.device), *labels)
        if fake.shape != x.shape:
            raise ValueError(
                f"G makes samples of shape {tuple(fake.shape[1:])}, but the data have {tuple(x.shape[1:])}; "
                "build G for the shape of the data"
            )
        scores = D(x, *labels)
        if scores.shape != (batch_size,):
            raise ValueError(
                f"D gives scores of shape {tuple(scores.shape)} for {batch_size} samples; "
                f"expected ({batch_size},): one number each, without a sigmoid"
            )
