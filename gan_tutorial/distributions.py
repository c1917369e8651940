"""Distributions on the line and in the plane whose density is known. Each is a sampler (n, rng) -> (x,) with x (n, d).

    two_gaussians  ring  grid  line  spiral  disjoint

All are mixtures of equal round normal distributions.
"""

import math
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    """sum_k weights[k] N(modes[k], std^2 I): `modes` (K, d), one standard deviation for all."""

    modes: Tensor
    std: float
    weights: Tensor | None = None  # (K,), equal unless given

    def __post_init__(self) -> None:
        if self.modes.ndim != 2 or not self.std > 0:
            raise ValueError(
                f"got modes of shape {tuple(self.modes.shape)} and std {self.std}; expected (K, d) and > 0"
            )
        weights = torch.ones(len(self.modes)) if self.weights is None else self.weights
        if weights.shape != self.modes.shape[:1] or not (weights >= 0).all() or not weights.sum() > 0:
            raise ValueError(f"got weights {weights.tolist()}; expected {len(self.modes)} numbers >= 0, not all 0")
        object.__setattr__(self, "weights", weights / weights.sum())

    def __call__(self, n: int, rng: torch.Generator) -> tuple[Tensor]:
        """n samples: x (n, d) float32."""
        k = torch.multinomial(self.weights.to(rng.device), n, replacement=True, generator=rng)
        centres = self.modes.to(rng.device, torch.float32)[k]
        noise = torch.randn(centres.shape, generator=rng, device=rng.device)
        return (centres + self.std * noise,)

    def log_density(self, x: Tensor) -> Tensor:
        """log p(x), natural: x (n, d) -> (n,), in x's precision."""
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
    """Two bells side by side, `distance` between their centres, on the line or in the plane."""
    modes = torch.zeros(2, dim)
    modes[:, 0] = torch.tensor([-distance / 2, distance / 2])
    return GaussianMixture(modes, std)


def ring(n: int = 8, radius: float = 1.0, std: float = 0.01) -> GaussianMixture:
    """n modes on a circle; the numbers are those of VEEGAN's code (Srivastava et al. 2017)."""
    return GaussianMixture(_on_circle(n, radius), std)


def grid(side: int = 5, spacing: float = 2.0, std: float = 0.05) -> GaussianMixture:
    """side x side modes, centred at 0; the numbers are those of VEEGAN's code (Srivastava et al. 2017)."""
    axis = (torch.arange(side) - (side - 1) / 2) * spacing
    return GaussianMixture(torch.cartesian_prod(axis, axis), std)


def line(length: float = 2.0, std: float = 0.02) -> GaussianMixture:
    """A rising straight line through 0, drawn as Gaussians closer than their width."""
    along = torch.linspace(-length / 2, length / 2, max(2, math.ceil(length / std)))
    return GaussianMixture(torch.stack([along, along], dim=1) / math.sqrt(2), std)


def spiral(turns: float = 2.0, std: float = 0.02) -> GaussianMixture:
    """An Archimedean spiral from 0 to radius 1, equally dense along its length."""
    u = torch.linspace(0, 1, math.ceil(2 * math.pi * turns / std / 2)).sqrt()
    angle = 2 * math.pi * turns * u
    return GaussianMixture(u[:, None] * torch.stack([angle.cos(), angle.sin()], dim=1), std)


def disjoint(distance: float = 2.0, std: float = 0.05) -> tuple[GaussianMixture, GaussianMixture]:
    """Two distributions in the plane that hardly overlap: data on the left, and a model's samples on the right."""
    centre = torch.tensor([[distance / 2, 0.0]])
    return GaussianMixture(-centre, std), GaussianMixture(centre, std)
