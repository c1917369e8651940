"""The exercises of notebook 03."""

import torch
from torch import Tensor

from ..metrics import energy_distance as package_distance
from ..networks import MLPDiscriminator
from ..objectives import NonSaturating
from . import Exercise, filled, named


def solve_push(D, x: Tensor, cost) -> Tensor:
    # each fake's cost depends on its own place alone, so the gradient of the sum holds all of them
    x = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad(cost(D(x)).sum(), x)
    return -slope


def mistake_of_push(push) -> str:
    torch.manual_seed(0)
    D, x, cost = MLPDiscriminator(2, (16,)), torch.randn(8, 2), NonSaturating().cost
    arrows, right = filled(push(D, x, cost)), solve_push(D, x, cost)
    if arrows.shape != right.shape:
        return f"an arrow for each of the 8 fakes has shape (8, 2), not {tuple(arrows.shape)}."
    return named(
        arrows,
        (right, ""),
        (-right, "these arrows point up the cost. A fake should go down."),
        (right / 8, "every arrow is too short by the number of fakes: the gradient of a mean holds a factor 1/N."),
        (
            solve_push(D, x, lambda t: -t),
            "these are the slopes of D's score. G feels it times the cost's pull.",
        ),
        (solve_push(D, x, lambda t: -t.sigmoid()), "these are the slopes of the probability D, not of the cost."),
        other=f"the first fake should go along {right[0].tolist()}, you say {arrows[0].tolist()}.",
    )


push = Exercise(
    mistake_of_push,
    solve_push,
    (
        "The arrow is minus the gradient of cost(D(x)) with respect to x: torch.autograd.grad(..., x).",
        "x must require a gradient, and the thing to derive must be one number. Does a sum of the costs, or a mean, "
        "leave each fake its own gradient?",
    ),
)


def solve_energy_distance(x: Tensor, y: Tensor) -> Tensor:
    # pairs of a point with itself are at distance 0 and do not count: N (N - 1) pairs are left
    between = torch.cdist(x, y).mean()
    within = sum(torch.cdist(s, s).sum() / (len(s) * (len(s) - 1)) for s in (x, y))
    return 2 * between - within


def mistake_of_distance(energy_distance) -> str:
    rng = torch.Generator().manual_seed(0)
    x, y = torch.randn(30, 2, generator=rng), 2 * torch.randn(40, 2, generator=rng)
    said, right = filled(energy_distance(x, y)), package_distance(x, y)
    between, xx, yy = (torch.cdist(a, b) for a, b in ((x, y), (x, x), (y, y)))

    def distance(two: float, f=lambda d: d, pairs=lambda n: n * (n - 1)) -> Tensor:
        return two * f(between).mean() - f(xx).sum() / pairs(len(x)) - f(yy).sum() / pairs(len(y))

    return named(
        said,
        (right, ""),
        (
            distance(2, pairs=lambda n: n * n),
            "the pairs of a point with itself are counted, too: then even samples of one distribution are apart.",
        ),
        (between.mean(), "this is the mean distance between the sets. Take away what is usual within each."),
        (distance(1), "the distance between the sets counts twice."),
        (distance(2, torch.square), "with squared distances only the means of the two laws count."),
        other=f"for these sets it is {right:.3f}, you say {said:.3f}.",
    )


energy_distance = Exercise(
    mistake_of_distance,
    solve_energy_distance,
    (
        "torch.cdist(x, y) is the table of all distances: (N, M).",
        "Within x there are N (N - 1) pairs of different points; the table has N more entries, all 0.",
        "2 E|x - y| - E|x - x'| - E|y - y'|.",
    ),
)
