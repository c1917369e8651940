"""Repair a picture x of which only y is seen, with a generator as the prior: among the pictures that G can make,
those that would look like y.

    y = A(x) + noise                                         what is seen
    z^ = argmin over z of the mean square of A(G(z)) - y     Bora et al. 2017; Yeh et al. 2017
    consistent = x + A.back(y - A(x))                        the picture nearest to x with A(picture) = y

Every A here is linear and has a `back`, its pseudo-inverse: A(back(y)) = y for every y that A can show, and of all
such pictures back(y) has the least length. And a network that is trained to repair:

    Enlarger     y (N, 1, S, S) -> (N, 1, 4S, 4S)
    Mender       y (N, 1, S, S), a picture with a hole, noise or coarse squares -> (N, 1, S, S)
    lessons      train one with L1 + weight * (the cost of a generator)
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..checks import not_negative, shape, whole
from ..networks import Conv2dToGrey, channels_last
from ..objectives import OBJECTIVES
from ..sampling import FromLatents, at_rest
from ..training import Data, descend
from .latent import Inversion, search

# ---------------------------------------------------------------------------------- what is seen


class Degradation(Protocol):
    def __call__(self, x: Tensor) -> Tensor: ...

    def back(self, y: Tensor) -> Tensor: ...


@dataclass(frozen=True, eq=False)
class Mask:
    """Some pixels are not seen, and shown as 0, grey: `seen` (S, S) bool."""

    seen: Tensor

    def __post_init__(self) -> None:
        shape(self.seen, "S", "S", name="seen")
        if self.seen.dtype != torch.bool:
            raise TypeError(f"seen is {self.seen.dtype}; expected torch.bool, True where a pixel is seen")

    def __call__(self, x: Tensor) -> Tensor:
        shape(x, "N", "C", *self.seen.shape, name="x")
        return x * self.seen

    back = __call__


@dataclass(frozen=True)
class Pool:
    """The means of squares of k x k pixels: (N, C, S, S) -> (N, C, S/k, S/k). With k = 1, the picture."""

    k: int

    def __post_init__(self) -> None:
        whole(1, k=self.k)

    def __call__(self, x: Tensor) -> Tensor:
        shape(x, "N", "C", "S", "S", name="x")
        if x.shape[2] % self.k or x.shape[3] % self.k:
            raise ValueError(f"x has the sides {tuple(x.shape[2:])}; expected multiples of k, {self.k}")
        return F.avg_pool2d(x, self.k)

    def back(self, y: Tensor) -> Tensor:
        return F.interpolate(y, scale_factor=self.k, mode="nearest")


def hole(rows: slice, columns: slice, size: int = 28) -> Mask:
    """All is seen but a rectangle of rows and columns, within a picture of this size."""
    for name, part in (("rows", rows), ("columns", columns)):
        if not 0 <= (part.start or 0) < (size if part.stop is None else part.stop) <= size:
            raise ValueError(f"{name} is {part}; expected 0 <= start < stop <= {size}, the size of the picture")
    seen = torch.ones(size, size, dtype=torch.bool)
    seen[rows, columns] = False
    return Mask(seen)


def consistent(A: Degradation, x: Tensor, y: Tensor) -> Tensor:
    """x, changed as little as possible so that A sees y: what is known stays as it is known.

    consistent(A, x, y) = x + A.back(y - A(x))
    """
    seen = A(x)
    shape(y, "N", *seen.shape[1:], name="y")
    return x + A.back(y - seen)


# ------------------------------------------------------------------------------- G as the prior


class DegradedGenerator(FromLatents):
    """The generator whose pictures are A(G(z))."""

    def __init__(self, G: FromLatents, A: Degradation):
        super().__init__()
        self.G, self.A = G, A
        self.latent_dim, self.classes = G.latent_dim, G.classes

    def forward(self, z: Tensor, *labels: Tensor) -> Tensor:
        return self.A(self.G(z, *labels))


class Repair(NamedTuple):
    """For each of N pictures what R starts lead to, the one nearest to what is seen first."""

    x: Tensor  # (N, R, C, S, S)
    z: Tensor  # (N, R, Z)
    mse: Tensor  # (N, R): the mean square of A(G(z)) - y


def repairs(
    G: FromLatents, A: Degradation, y: Tensor, rng: torch.Generator, *, restarts: int = 4
) -> Iterator[Inversion]:
    """`latent.search` for what is seen, y (N, ...): after each step, the latents and their errors, for ever."""
    return search(DegradedGenerator(G, A), y, rng, restarts=restarts)


def repair(
    G: FromLatents, A: Degradation, y: Tensor, rng: torch.Generator, *, restarts: int = 4, steps: int = 200
) -> Repair:
    """What `repairs` has found after so many steps."""
    whole(0, steps=steps)
    z, mse = next(islice(repairs(G, A, y, rng, restarts=restarts), steps, None))
    with at_rest(G):
        x = G(z.flatten(0, 1))
    return Repair(x.view(*z.shape[:2], *x.shape[1:]), z, mse)


# ------------------------------------------------------------------------ a network that repairs


class Enlarger(nn.Module):
    """y (N, 1, S, S) -> (N, w, S, S) -> (N, w, 2S, 2S) -> (N, w/2, 4S, 4S) -> x (N, 1, 4S, 4S), in [-1, 1]."""

    def __init__(self, width: int = 32):
        super().__init__()
        w = width
        self.net = nn.Sequential(
            *(nn.Conv2d(1, w, 3, padding=1), nn.LeakyReLU(0.2)),
            *(nn.Conv2d(w, w, 3, padding=1), nn.LeakyReLU(0.2)),
            *(nn.ConvTranspose2d(w, w, 4, 2, 1), nn.LeakyReLU(0.2)),
            *(nn.ConvTranspose2d(w, w // 2, 4, 2, 1), nn.LeakyReLU(0.2)),
            *(Conv2dToGrey(w // 2, 3, 1), nn.Tanh()),
        )
        channels_last(self)

    def forward(self, y: Tensor) -> Tensor:
        return self.net(y)


class Mender(nn.Module):
    """y (N, 1, S, S) -> x (N, 1, S, S), in [-1, 1]: down to S/4 and up again, each size with what was seen at it.

    After Ronneberger, Fischer & Brox 2015
    """

    def __init__(self, width: int = 32):
        super().__init__()
        w = width
        self.down = nn.Sequential(nn.Conv2d(1, w, 4, 2, 1), nn.LeakyReLU(0.2))
        self.middle = nn.Sequential(
            *(nn.Conv2d(w, w, 4, 2, 1), nn.LeakyReLU(0.2)),
            *(nn.Conv2d(w, w, 3, padding=1), nn.LeakyReLU(0.2)),
            *(nn.ConvTranspose2d(w, w, 4, 2, 1), nn.LeakyReLU(0.2)),
        )
        self.up = nn.Sequential(nn.ConvTranspose2d(2 * w, w // 2, 4, 2, 1), nn.LeakyReLU(0.2))
        self.last = nn.Sequential(Conv2dToGrey(w // 2 + 1, 3, 1), nn.Tanh())
        channels_last(self)

    def forward(self, y: Tensor) -> Tensor:
        half = self.down(y)
        up = self.up(torch.cat([self.middle(half), half], 1))
        return self.last(torch.cat([up, y], 1))


class Lesson(NamedTuple):
    distance: Tensor  # the mean of |x^ - x|: ()
    cost: Tensor  # what D makes a generator pay: ()


def lessons(
    net: nn.Module,
    D: nn.Module,
    A: Callable[[Tensor], Tensor],
    data: Data,
    rng: torch.Generator,
    weight: float,
    *,
    batch_size: int = 32,
    lr: float = 1e-3,
) -> Iterator[Lesson]:
    """Teach `net` to find x from A(x), for ever: it descends |net(A(x)) - x| + weight * (the non-saturating cost).

    D learns to tell x from net(A(x)). With weight 0 it is not asked. After Pathak et al. 2016; Ledig et al. 2017
    """
    not_negative(weight=weight)
    game = OBJECTIVES["non-saturating"]
    opt_net = torch.optim.Adam(net.parameters(), lr, (0.5, 0.99), fused=True)
    opt_D = torch.optim.Adam(D.parameters(), lr, (0.5, 0.99), fused=True)
    while True:
        (x,) = data(batch_size, rng)
        made = net(A(x))
        distance, cost = (made - x).abs().mean(), torch.zeros((), device=x.device)
        if weight:
            descend(opt_D, -game.value(D(x), D(made.detach())))
            cost = game.cost(D(made)).mean()
        descend(opt_net, distance + weight * cost)
        yield Lesson(distance.detach(), cost.detach())


# ------------------------------------------------------------------------------ how near is it?


def psnr(x: Tensor, y: Tensor) -> Tensor:
    """Peak signal-to-noise ratio in decibels: (N, ...), (N, ...) in [-1, 1] -> (N,). For each picture,

        psnr(x, y) = 10 * log10(2**2 / mean((x - y)**2))

    The peak is the width of the range, 2. A difference of 10 in 255 grey levels everywhere is at 28.1 dB; no
    difference is at infinity.
    """
    shape(y, *x.shape, name="y")
    return 10 * torch.log10(4 / (x - y).square().flatten(1).mean(1))
