"""Notebook 01: what the best play would be, on distributions that are known.

A distribution is an array of weights p (K,) on K points: the probabilities of a discrete one, or a density times the
grid's step on the line. Then, with natural logarithms,

    V(D; p, q) = sum p log D + q log(1 - D)                        the value of a D in (0, 1)
    D*         = p / (p + q)                                       which maximises it
    V(D*)      = 2 JSD(p, q) - log 4
    JSD(p, q)  = KL(p, m) / 2 + KL(q, m) / 2,  m = (p + q) / 2     in [0, log 2]

Goodfellow et al. 2014. Computed in float64; 0 log 0 = 0; sums that
rounding or the grid's end left within 0.001 of 1 are made 1.
"""

import math

import torch
from torch import Tensor

from ..checks import positive, shape


def _distribution(name: str, p: Tensor) -> Tensor:
    p = torch.as_tensor(p).double()
    shape(p, "K", name=name)
    if not (p >= 0).all() or abs(p.sum().item() - 1) > 1e-3:
        raise ValueError(
            f"{name} has the sum {p.sum().item():.6g} and {(p < 0).sum()} negative weights; expected a distribution: "
            "weights (K,) >= 0 that sum to 1 (widen or refine the grid if it is a density's)"
        )
    return p / p.sum()


def _distributions(p: Tensor, q: Tensor) -> tuple[Tensor, Tensor]:
    p, q = _distribution("p", p), _distribution("q", q)
    shape(q, len(p), name="q")
    return p, q


def value(D: Tensor, p: Tensor, q: Tensor) -> Tensor:
    """V of a D (K,) in [0, 1]: (). Minus infinity where D is certain and wrong.

    value(D, p, q) = sum(p * log(D) + q * log(1 - D))
    """
    p, q = _distributions(p, q)
    D = torch.as_tensor(D).double()
    shape(D, len(p), name="D")
    if not ((D >= 0) & (D <= 1)).all():
        raise ValueError(f"D lies in [{D.min():.6g}, {D.max():.6g}]; expected probabilities in [0, 1]")
    return (torch.xlogy(p, D) + torch.xlogy(q, 1 - D)).sum()


def optimal_discriminator(p: Tensor, q: Tensor) -> Tensor:
    """D*: (K,). Where neither distribution has weight any answer is as good; 1/2 stands there.

    optimal_discriminator(p, q) = p / (p + q)
    """
    p, q = _distributions(p, q)
    return torch.where(p + q > 0, p / (p + q), 0.5)


def kl(p: Tensor, q: Tensor) -> Tensor:
    """Kullback-Leibler divergence in nats: (). Infinite where p has weight and q has none.

    kl(p, q) = sum(p * log(p / q))
    """
    p, q = _distributions(p, q)
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum()


def jsd(p: Tensor, q: Tensor) -> Tensor:
    """Jensen-Shannon divergence in nats: (), from 0 (the same distribution) to log 2 (no common point).

    jsd(p, q) = kl(p, (p + q) / 2) / 2 + kl(q, (p + q) / 2) / 2
    """
    p, q = _distributions(p, q)
    share_p, share_q = optimal_discriminator(p, q), optimal_discriminator(q, p)  # p / 2m and q / 2m
    return math.log(2) + (torch.xlogy(p, share_p) + torch.xlogy(q, share_q)).sum() / 2


def total_variation(p: Tensor, q: Tensor) -> Tensor:
    """Half the sum of what p and q differ by: (), from 0 to 1.

    total_variation(p, q) = sum(abs(p - q)) / 2
    """
    p, q = _distributions(p, q)
    return (p - q).abs().sum() / 2


def wasserstein(p: Tensor, q: Tensor, step: float) -> Tensor:
    """W1 on the line, in units of x: (). The area between the distribution functions, on a grid of this spacing.

    wasserstein(p, q, step) = sum(abs(cumsum(p - q))) * step
    """
    p, q = _distributions(p, q)
    positive(step=step)
    return (p - q).cumsum(0).abs().sum() * step
