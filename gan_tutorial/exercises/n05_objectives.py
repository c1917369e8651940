"""The exercises of notebook 05."""

import math

import torch
from torch import Tensor, nn

from ..networks import MLPDiscriminator
from . import Exercise, filled, named


def solve_best_score(p: Tensor, q: Tensor) -> Tensor:
    # at one x D earns -p/2 (t - 1)^2 - q/2 (t + 1)^2; the slope -p (t - 1) - q (t + 1) is zero here:
    return (p - q) / (p + q)


def mistake_of_score(best_score) -> str:
    p, q = torch.tensor([0.1, 0.2, 0.7]).double(), torch.tensor([0.3, 0.3, 0.4]).double()
    t, right = filled(best_score(p, q)), solve_best_score(p, q)
    return named(
        t,
        (right, ""),
        (-right, "the fakes get the high scores: real is 1, fake is -1."),
        (p / (p + q), "this is the answer for the targets 1 and 0. Now a fake's target is -1."),
        ((p - q).sign(), "this is the hinge game's answer. The square makes D weigh how sure it is."),
        (p - q, "not yet divided by how often x comes at all."),
        ((p / q).log(), "this is the score of minimax, the log-ratio."),
        other=f"for p = 0.1, q = 0.3 you say {t[0]:.3f}, and {right[0]:.3f} earns more.",
    )


best_score = Exercise(
    mistake_of_score,
    solve_best_score,
    (
        "At one x D earns -p/2 (t - 1)^2 - q/2 (t + 1)^2. Where is the slope in t zero?",
        "-p (t - 1) - q (t + 1) = 0. Solve for t.",
    ),
)


def solve_slope_bound(D: nn.Module) -> float:
    # LeakyReLU(0.2) lengthens nothing, a linear layer at most by its largest singular value, and factors multiply
    layers = [m for m in D.modules() if isinstance(m, nn.Linear)]
    return math.prod(torch.linalg.matrix_norm(layer.weight, 2).item() for layer in layers)


def mistake_of_bound(slope_bound) -> str:
    torch.manual_seed(0)
    D = MLPDiscriminator(2, (32, 32))
    bound, right = float(filled(slope_bound(D))), solve_slope_bound(D)
    weights = [m.weight.detach() for m in D.modules() if isinstance(m, nn.Linear)]
    largest = [torch.linalg.matrix_norm(w, 2).item() for w in weights]
    return named(
        bound,
        (right, ""),
        (sum(largest), "the layers stand one behind the other, so their factors multiply; they do not add."),
        (max(largest), "one layer alone is no bound: what it lets through, the next ones stretch again."),
        (
            math.prod(w.norm().item() for w in weights),
            "a bound, but too large a one: the Frobenius norm adds up all singular values, and the largest is enough.",
        ),
        (
            math.prod(w.abs().max().item() for w in weights),
            "the largest weight bounds no slope: many small ones add up. (So clipping is a crude bond.)",
        ),
        other=f"for this D it is {right:.3f}, you say {bound:.3f}.",
    )


slope_bound = Exercise(
    mistake_of_bound,
    solve_slope_bound,
    (
        "By how much can a linear layer x -> W x + b lengthen the difference of two x? And LeakyReLU(0.2)?",
        "By W's largest singular value, torch.linalg.matrix_norm(W, 2). LeakyReLU(0.2) has slopes 0.2 and 1.",
        "[m for m in D.modules() if isinstance(m, torch.nn.Linear)] are the layers, the last one included.",
    ),
)
