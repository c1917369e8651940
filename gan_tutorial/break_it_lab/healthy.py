"""The game once more, as people write it, on one page: notebook 09 replaces one line of it at a time.

    learn      D climbs V, then G descends L                 plane  labels  pictures
    criticise  the Wasserstein game with a gradient penalty  critic

A run takes seconds. Tests hold both loops against `gan_tutorial.training.train`.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Adam

from ..distributions import ring
from ..networks import mlp
from ..pictures import fashion_mnist
from ..plots import to_grid

DISTRIBUTION = ring(std=0.05)
bce = F.binary_cross_entropy_with_logits


class Run(NamedTuple):
    V: Tensor  # what D climbed: (steps,)
    L: Tensor  # what G descended: (steps,)
    G: nn.Module
    D: nn.Module


def learn(G, D, draw: Callable, latents: Callable, rate: float, steps: int, n: int) -> Run:
    opt_G = Adam(G.parameters(), rate, betas=(0.0, 0.99), fused=True)
    opt_D = Adam(D.parameters(), rate, betas=(0.0, 0.99), fused=True)
    ones, zeros, curves = torch.ones(n), torch.zeros(n), []
    for _ in range(steps):
        x, *y = draw(n)  # y: the labels, if there are any
        fake = G(latents(n), *y)

        V = -bce(D(x, *y), ones) - bce(D(fake.detach(), *y), zeros)
        opt_D.zero_grad()
        (-V).backward()
        opt_D.step()

        L = bce(D(fake, *y), ones)
        opt_G.zero_grad()
        L.backward()
        opt_G.step()
        curves.append((V.item(), L.item()))
    V, L = torch.tensor(curves).T
    return Run(V, L, G, D)


def sample(G: nn.Module, *inputs: Tensor) -> Tensor:
    G.eval()
    with torch.no_grad():
        return G(*inputs)


def show(x: Tensor, columns: int = 6) -> np.ndarray:
    return to_grid(x, columns)


# ------------------------------------------------------------------------------------- in the plane


def plane_D() -> nn.Module:
    return nn.Sequential(mlp(2, 64, 64, 1), nn.Flatten(0))


def plane(seed: int, steps: int = 800) -> Run:
    """z (N, 2) -> x (N, 2): a ring of eight modes."""
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    G, D = mlp(2, 64, 64, 2), plane_D()
    return learn(G, D, lambda n: DISTRIBUTION(n, rng), lambda n: torch.randn(n, 2, generator=rng), 4e-3, steps, 64)


class Obedient(nn.Module):
    """z (N, 8), y (N,) -> x (N, 2): G is told which mode."""

    def __init__(self):
        super().__init__()
        self.embed, self.net = nn.Embedding(8, 8), mlp(8, 64, 64, 2)

    def forward(self, z, y):
        return self.net(z + self.embed(y))


class Informed(nn.Module):
    """x (N, 2), y (N,) -> t (N,): so is D."""

    def __init__(self):
        super().__init__()
        self.net = mlp(2 + 8, 64, 64, 1)

    def forward(self, x, y):
        return self.net(torch.cat([x, F.one_hot(y, 8)], dim=1)).squeeze(1)


def labels(seed: int, steps: int = 600) -> Run:
    """The same ring, its modes numbered."""
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)

    def draw(n):
        y = torch.randint(8, (n,), generator=rng)
        return DISTRIBUTION.modes[y] + DISTRIBUTION.std * torch.randn(n, 2, generator=rng), y

    return learn(Obedient(), Informed(), draw, lambda n: torch.randn(n, 8, generator=rng), 2e-3, steps, 64)


def criticise(G, D, draw: Callable, rng: torch.Generator, steps: int, n: int) -> Run:
    opt_G = Adam(G.parameters(), 1e-3, betas=(0.0, 0.99), fused=True)
    opt_D = Adam(D.parameters(), 4e-3, betas=(0.0, 0.99), fused=True)
    curves = []
    for _ in range(steps):
        (x,) = draw(n, rng)
        fake = G(torch.randn(n, 2, generator=rng))

        u = torch.rand(n, 1, generator=rng)
        between = (fake + u * (x - fake)).detach().requires_grad_()
        (slope,) = torch.autograd.grad(D(between).sum(), between, create_graph=True)
        penalty = (slope.norm(dim=1) - 1).square().mean()

        V = D(x).mean() - D(fake.detach()).mean()
        opt_D.zero_grad()
        (penalty - V).backward()
        opt_D.step()

        L = -D(fake).mean()
        opt_G.zero_grad()
        L.backward()
        opt_G.step()
        curves.append((V.item(), L.item()))
    V, L = torch.tensor(curves).T
    return Run(V, L, G, D)


def critic(seed: int, steps: int = 600) -> Run:
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    return criticise(mlp(2, 64, 64, 2), plane_D(), DISTRIBUTION, rng, steps, 64)


# ----------------------------------------------------------------------------------------- pictures


def start(m: nn.Module) -> None:
    if isinstance(m, nn.Linear | nn.Conv2d | nn.ConvTranspose2d):
        nn.init.normal_(m.weight, 0.0, 0.02)


def norm(n: int) -> nn.Module:
    return nn.BatchNorm2d(n)


def picture_G() -> nn.Module:
    """z (N, 64) -> (N, 64, 7, 7) -> (N, 32, 14, 14) -> (N, 16, 28, 28) -> x (N, 1, 28, 28)."""
    return nn.Sequential(
        *(nn.Linear(64, 64 * 7 * 7, bias=False), nn.Unflatten(1, (64, 7, 7))),
        *(norm(64), nn.ReLU(), nn.ConvTranspose2d(64, 32, 4, 2, 1, bias=False)),
        *(norm(32), nn.ReLU(), nn.ConvTranspose2d(32, 16, 4, 2, 1, bias=False)),
        *(norm(16), nn.ReLU(), nn.Conv2d(16, 1, 3, 1, 1)),
        nn.Tanh(),
    )


def picture_D() -> nn.Module:
    """x (N, 1, 28, 28) -> (N, 16, 14, 14) -> (N, 32, 7, 7) -> (N, 64, 3, 3) -> t (N,)."""
    return nn.Sequential(
        *(nn.Conv2d(1, 16, 4, 2, 1), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(16, 32, 4, 2, 1), norm(32), nn.LeakyReLU(0.2)),
        *(nn.Conv2d(32, 64, 4, 2, 1), norm(64), nn.LeakyReLU(0.2)),
        *(nn.Flatten(), nn.Linear(64 * 3 * 3, 1), nn.Flatten(0)),
    )


def pictures(seed: int, steps: int = 150) -> Run:
    """Clothes, with the networks and numbers of notebook 07, but a small part of its steps."""
    torch.manual_seed(seed)
    rng = torch.Generator().manual_seed(seed)
    pixels, _ = fashion_mnist()

    def draw(n):
        i = torch.randint(len(pixels), (n,), generator=rng)
        return (pixels[i, None] / 127.5 - 1,)

    G, D = picture_G().apply(start), picture_D().apply(start)
    G, D = (m.to(memory_format=torch.channels_last) for m in (G, D))  # type: ignore[call-overload]  # not in its stubs
    return learn(G, D, draw, lambda n: torch.randn(n, 64, generator=rng), 3e-3, steps, 32)
