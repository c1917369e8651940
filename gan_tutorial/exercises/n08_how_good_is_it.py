"""The exercises of notebook 08."""

import torch
from torch import Tensor

from ..metrics import frechet_distance, neighbours
from . import Exercise, filled, named


def solve_frechet(x: Tensor, y: Tensor) -> Tensor:
    # with one feature the trace is s^2 + r^2 - 2 s r
    return (x.mean() - y.mean()) ** 2 + (x.std() - y.std()) ** 2


def mistake_of_frechet(frechet) -> str:
    rng = torch.Generator().manual_seed(0)
    x, y = torch.randn(400, generator=rng).double(), 1 + 2 * torch.randn(300, generator=rng).double()
    said, right = filled(frechet(x, y)), frechet_distance(x[:, None], y[:, None])
    means, spread = (x.mean() - y.mean()) ** 2, (x.std() - y.std()) ** 2
    return named(
        said,
        (right, ""),
        (right**0.5, "this is its root. By custom the distance is left squared."),
        (means, "this sees the means alone: a generator that makes one mean picture would be perfect."),
        (means + (x.var() - y.var()) ** 2, "it is the standard deviations that are compared, not the variances."),
        (means + x.var() + y.var(), "the variances are added. Two equal laws would have a distance."),
        (means.sqrt() + spread.sqrt(), "the two parts are squares."),
        other=f"for these numbers it is {right:.4f}, you say {float(said):.4f}.",
    )


frechet_of_one = Exercise(
    mistake_of_frechet,
    solve_frechet,
    (
        "With one feature a covariance matrix is a variance, s^2, and the root of the product s^2 r^2 is s r.",
        "s^2 + r^2 - 2 s r is a square.",
    ),
)


def solve_precision(real: Tensor, fake: Tensor, k: int) -> float:
    # the k + 1st smallest distance within the set: the smallest, 0, is that of a sample from itself
    radius = torch.cdist(real, real).kthvalue(k + 1, dim=1).values
    inside = torch.cdist(fake, real) <= radius
    return inside.any(1).double().mean().item()


def mistake_of_precision(precision) -> str:
    rng = torch.Generator().manual_seed(0)
    real, fake, k = torch.randn(150, 3, generator=rng), 0.4 + 1.3 * torch.randn(120, 3, generator=rng), 3
    said, found = float(filled(precision(real, fake, k))), neighbours(real, fake, k=k)
    within = torch.cdist(real, real)
    near = (torch.cdist(fake, real) <= within.kthvalue(k, dim=1).values).any(1).double().mean()
    largest = torch.cdist(fake, real) <= within.kthvalue(k + 1, dim=1).values.max()
    return named(
        said,
        (found.precision, ""),
        (found.recall, "this is recall: real samples inside the balls of fakes."),
        (found.density, "this is density: it counts every ball. Here one is enough."),
        (found.coverage, "this is coverage: the share of real balls that hold a fake."),
        (near, "each real sample is its own nearest neighbour, at distance 0: the k-th one is the k + 1st smallest."),
        (largest.any(1).double().mean(), "every ball has the radius of the largest. Each has one of its own."),
        (1 - found.precision, "these are the fakes outside."),
        other=f"for these sets it is {found.precision:.3f}, you say {said:.3f}.",
    )


precision = Exercise(
    mistake_of_precision,
    solve_precision,
    (
        "First the radius of each real sample: its distance from its k-th nearest neighbour among the real ones. "
        "torch.cdist(real, real) and kthvalue; mind that a sample is at distance 0 from itself.",
        "Then torch.cdist(fake, real) <= radius says which fake lies in which ball. One ball is enough: any(1).",
    ),
)
