"""Distributions on the line and in the plane whose density is known. Each is a function (n, rng) -> (x,) with x (n, d).

    two_gaussians  ring  grid  line  spiral  disjoint

All are mixtures of normal distributions N(mode, std^2 I) with equal weights; the modes are where the docstrings say.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from .checks import not_negative, positive, shape, whole

# What is real: n samples drawn with the generator rng, (n, rng) -> (x, *labels)
Data = Callable[[int, torch.Generator], tuple[Tensor, ...]]


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    """sum_k weights[k] N(modes[k], std^2 I): `modes` (K, d), one standard deviation for all."""

    modes: Tensor
    std: float
    weights: Tensor  # (K,), equal unless given; their sum is 1

    def __init__(self, modes: Tensor, std: float, weights: Tensor | None = None) -> None:
        shape(modes, "K", "d", name="modes")
        if not modes.numel() or not modes.isfinite().all():
            raise ValueError(f"modes are {modes.tolist()}; expected at least one, of finite numbers")
        positive(std=std)
        weights = torch.ones(len(modes)) if weights is None else weights
        shape(weights, len(modes), name="weights")
        if not (weights >= 0).all() or not 0 < weights.sum() < math.inf:
            raise ValueError(f"weights are {weights.tolist()}; expected finite numbers >= 0, not all 0")
        vars(self).update(modes=modes, std=std, weights=weights / weights.sum())  # frozen from now on

    def __call__(self, n: int, rng: torch.Generator) -> tuple[Tensor]:
        """n samples: x (n, d) float32."""
        k = torch.multinomial(self.weights.to(rng.device), n, replacement=True, generator=rng)
        centres = self.modes.to(rng.device, torch.float32)[k]
        noise = torch.randn(centres.shape, generator=rng, device=rng.device)
        return (centres + self.std * noise,)

    def log_density(self, x: Tensor) -> Tensor:
        """log p(x), natural: x (n, d) -> (n,), in x's precision."""
        shape(x, "n", self.modes.shape[1], name="the points x")
        modes, weights = self.modes.to(x), self.weights.to(x)
        square = (x[:, None, :] - modes).square().sum(2) / self.std**2
        normal = -square / 2 - x.shape[1] * math.log(self.std * math.sqrt(2 * math.pi))
        return torch.logsumexp(weights.log() + normal, dim=1)

    def density(self, x: Tensor) -> Tensor:
        """p(x): x (n, d) -> (n,)."""
        return self.log_density(x).exp()


def _on_circle(n: int, radius: float) -> Tensor:
    angle = torch.arange(n) * (2 * math.pi / n)
    return radius * torch.stack([angle.cos(), angle.sin()], dim=1)


def two_gaussians(distance: float = 4.0, std: float = 0.5, dim: int = 1) -> GaussianMixture:
    """Two modes at -distance / 2 and distance / 2 on the first axis of `dim`: 1 for the line, 2 for the plane."""
    not_negative(distance=distance)
    whole(1, dim=dim)
    modes = torch.zeros(2, dim)
    modes[:, 0] = torch.tensor([-distance / 2, distance / 2])
    return GaussianMixture(modes, std)


def ring(n: int = 8, radius: float = 1.0, std: float = 0.01) -> GaussianMixture:
    """n modes at equal angles on a circle around 0; the numbers are those of VEEGAN's code (Srivastava et al. 2017)."""
    whole(1, n=n)
    positive(radius=radius)
    return GaussianMixture(_on_circle(n, radius), std)


def grid(side: int = 5, spacing: float = 2.0, std: float = 0.05) -> GaussianMixture:
    """side x side modes around 0, `spacing` from one to the next along each axis; the numbers are those of VEEGAN's
    code (Srivastava et al. 2017)."""
    whole(1, side=side)
    positive(spacing=spacing)
    axis = (torch.arange(side) - (side - 1) / 2) * spacing
    return GaussianMixture(torch.cartesian_prod(axis, axis), std)


def line(length: float = 2.0, std: float = 0.02) -> GaussianMixture:
    """A straight line of that length around 0, rising at 45 degrees: modes along it, about std from one to the next."""
    positive(length=length, std=std)
    along = torch.linspace(-length / 2, length / 2, max(2, math.ceil(length / std)))
    return GaussianMixture(torch.stack([along, along], dim=1) / math.sqrt(2), std)


def spiral(turns: float = 2.0, std: float = 0.02) -> GaussianMixture:
    """An Archimedean spiral, radius = angle / (2 pi turns), from radius 0 to 1: modes along it, about std from one to
    the next. From half a turn on their distances are within a tenth of the mean; before that they are larger."""
    positive(turns=turns, std=std)
    u = torch.linspace(0, 1, max(2, math.ceil(2 * math.pi * turns / std / 2))).sqrt()
    angle = 2 * math.pi * turns * u
    return GaussianMixture(u[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1), std)


def disjoint(distance: float = 2.0, std: float = 0.05) -> tuple[GaussianMixture, GaussianMixture]:
    """Two distributions in the plane that hardly overlap: the data at (-distance / 2, 0), and a model's samples at
    (distance / 2, 0)."""
    positive(distance=distance)
    centre = torch.tensor([[distance / 2, 0.0]])
    return GaussianMixture(-centre, std), GaussianMixture(centre, std)
