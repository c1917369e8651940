"""Play. The loop is a generator: whoever iterates it decides when to pause, look, save or stop."""

import copy
import math
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import ClassVar, NamedTuple, Self

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _BatchNorm
from torch.optim import SGD, Adam, Optimizer

from .checks import float32, instance, one_of, share, whole
from .distributions import Data
from .objectives import Objective
from .penalties import Penalty
from .sampling import FromLatents, at_rest


class Resumable:
    """What a checkpoint keeps: the states of `parts` and of the random numbers `rng`, and the number of the step."""

    parts: ClassVar[tuple[str, ...]]
    rng: torch.Generator
    step: int

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

    G: FromLatents
    D: nn.Module  # scores samples, and is told their labels if there are any
    opt_G: Optimizer
    opt_D: Optimizer
    G_ema: FromLatents  # G with its weights averaged over the steps: the one to sample from
    rng: torch.Generator
    step: int = 0

    @classmethod
    def create(
        cls,
        G: FromLatents,
        D: nn.Module,
        *,
        lr_G: float = 1e-3,
        lr_D: float = 1e-3,
        betas: tuple[float, float] = (0.5, 0.99),
        seed: int = 0,
    ) -> Self:
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

    def only(self, who: str) -> Self:
        """The same networks, but only "G" or "D" learns; steps of this game are not counted.

        The other's optimiser is exchanged for one that takes steps of size 0, so the loop stays as it is.
        """
        one_of(("G", "D"), who=who)
        if who == "G":
            return replace(self, opt_D=SGD(self.D.parameters(), lr=0.0))
        return replace(self, opt_G=SGD(self.G.parameters(), lr=0.0), G_ema=self.G)  # nothing to average


class Step(NamedTuple):
    """What one step leaves behind. Tensors stay on the device until somebody looks.

    A step synchronises with the device all the same, twice: `finite` reads the losses.
    """

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


def average(mean: nn.Module, net: nn.Module, decay: float) -> Callable[[], None]:
    """A function to call after each step: a <- decay a + (1 - decay) p for the weights a of `mean` and p of `net`.

    The statistics of batch normalisation are copied.
    """
    weights = list(zip(mean.parameters(), net.parameters(), strict=True))
    statistics = list(zip(mean.buffers(), net.buffers(), strict=True))

    @torch.no_grad()
    def follow() -> None:
        for a, p in weights:
            a.lerp_(p, 1 - decay)
        for b, q in statistics:
            b.copy_(q)

    return follow


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
    new ones: it saves one run of G per step. `decay` is that of the averaged weights G_ema.
    """
    whole(2, batch_size=batch_size)
    whole(1, critic_steps=critic_steps)
    share(decay=decay)
    check_rules(players.D, objective, penalties)
    check_players(players, check_batch(players, data, batch_size))

    def steps() -> Iterator[Step]:
        G, D, rng = players.G, players.D, players.rng
        average_weights = average(players.G_ema, G, decay)
        while True:
            for _ in range(critic_steps):
                x, *labels = data(batch_size, rng)
                fake = G(players.latent(batch_size), *labels)
                d_real, d_fake = D(x, *labels), D(fake.detach(), *labels)
                value = objective.value(d_real, d_fake)
                charges = (penalty(D, x, fake, labels, rng) for penalty in penalties)
                descend(players.opt_D, finite("D", players.step, sum(charges, start=-value)))

            cost = objective.generator_loss(partial(D, x, *labels), D(fake, *labels))
            descend(players.opt_G, finite("G", players.step, cost))

            average_weights()
            players.step += 1
            yield Step(players.step, *(t.detach() for t in (value, cost, d_real, d_fake)))

    return steps()


def finite(player: str, step: int, loss: Tensor) -> Tensor:
    """Pass a loss on, or stop before it reaches the weights."""
    if not math.isfinite(loss.item()):
        raise FloatingPointError(
            f"the loss of {player} became {loss.item()} at step {step + 1}; no weight was touched by it. "
            "Resume from the last checkpoint with a smaller learning rate or a penalty on D"
        )
    return loss


# What `train` looks at before the first step, with random numbers of its own


def check_rules(D: nn.Module, objective: Objective, penalties: Sequence[Penalty]) -> None:
    """The game is one, and D can be held to the penalties."""
    instance(Objective, objective=objective)
    instance(Sequence, penalties=penalties)
    for penalty in penalties:
        instance(Penalty, penalty=penalty)
    if penalties and any(isinstance(m, _BatchNorm) for m in D.modules()):
        raise ValueError(
            "a penalty looks at D's slope at each sample by itself, but this D has batch normalisation, "
            "which mixes the samples of a batch; build D without it"
        )


def check_batch(players: Players, data: Data, n: int) -> tuple[Tensor, ...]:
    """One batch: x (n, ...) finite, pixels in [-1, 1]."""
    batch = data(n, torch.Generator(players.rng.device).manual_seed(0))
    if not isinstance(batch, tuple | list):
        raise TypeError(f"data({n}, rng) gave a {type(batch).__name__}; expected a tuple (x, *labels), or (x,) alone")
    x = batch[0]
    float32(x, n, "...", name=f"the x of data({n}, rng)")
    if not x.isfinite().all():
        raise ValueError(f"the x of data({n}, rng) holds NaN or infinite numbers; expected finite ones")
    low, high = x.min().item(), x.max().item()
    if x.ndim == 4 and (low < -1 or high > 1 or low >= 0):
        remedy = "x / 127.5 - 1" if high > 1 else "2 * x - 1"
        raise ValueError(f"the pixels lie in [{low:g}, {high:g}]; expected [-1, 1], the range of G's tanh: {remedy}")
    return batch


def check_players(players: Players, batch: tuple[Tensor, ...]) -> None:
    """G makes samples like those of the batch, and D gives each one score."""
    if not hasattr(players.G, "latent_dim"):
        raise TypeError("G has no latent_dim, the length of its z; build it on networks.Generator")
    x, *labels = batch
    with at_rest(players.G) as G:
        fake = G(torch.zeros(len(x), G.latent_dim, device=x.device), *labels)
    if fake.shape != x.shape:
        raise ValueError(
            f"G makes samples of shape {tuple(fake.shape[1:])}, but the data have {tuple(x.shape[1:])}; "
            "build G for the shape of the data"
        )
    with at_rest(players.D) as D:
        scores = D(x, *labels)
    if scores.shape != (len(x),):
        raise ValueError(
            f"D gives scores of shape {tuple(scores.shape)} for {len(x)} samples; "
            f"expected ({len(x)},): one number each, without a sigmoid"
        )
