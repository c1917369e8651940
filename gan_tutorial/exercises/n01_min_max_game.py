"""The exercises of notebook 01."""

import math

import torch
from torch import Tensor

from ..chapters import theory
from . import Exercise, filled, named


def solve_best_judge(p: Tensor, q: Tensor, share: float) -> Tensor:
    # each point pays share p log D + (1 - share) q log(1 - D); its slope is zero where
    # share p (1 - D) = (1 - share) q D
    return share * p / (share * p + (1 - share) * q)


def mistake_of_judge(best_judge) -> str:
    p, q, share = torch.tensor([0.1, 0.2, 0.7]).double(), torch.tensor([0.3, 0.3, 0.4]).double(), 0.8
    D, best = filled(best_judge(p, q, share)), solve_best_judge(p, q, share)
    return named(
        D,
        (best, ""),
        (p / (p + q), "this is the best evaluator for share = 1/2; the share plays no part in it."),
        (solve_best_judge(p, q, 1 - share), "here share counts the fakes. It is the share of the real rolls."),
        (share * p / ((1 - share) * q), "these are odds, real against fake. D is a probability: odds / (1 + odds)."),
        other=f"for p = 0.1, q = 0.3 and share = 0.8 you say {D[0]:.3f}, and {best[0]:.3f} earns more.",
    )


best_judge = Exercise(
    mistake_of_judge,
    solve_best_judge,
    (
        "Look at one point x alone. It pays share p log D + (1 - share) q log(1 - D).",
        "It is equation (2) once more, with share p in the place of p. What stands in the place of q?",
    ),
)


def solve_laws() -> tuple[Tensor, Tensor]:
    # half of each distribution lies on the shared point, in equal parts; the other half where the other is not
    return torch.tensor([0.5, 0.5, 0.0]), torch.tensor([0.0, 0.5, 0.5])


def mistake_of_laws(distributions) -> str:
    p, q = (filled(distribution).double() for distribution in filled(distributions()))
    for name, distribution in (("p", p), ("q", q)):
        if distribution.shape != (3,) or distribution.min() < 0 or abs(distribution.sum() - 1) > 1e-6:
            return f"{name} = {distribution.tolist()} is no distribution on three points: numbers >= 0 whose sum is 1."
    TV, V, ceiling = theory.total_variation(p, q), 2 * theory.jsd(p, q) - math.log(4), -0.5 * math.log(4)
    if abs(TV - 0.5) > 1e-6:
        return f"the best evaluator is right in {50 + 50 * TV:.0f} %, not in 75 %: TV is {TV:.2f}, it must be 1/2."
    if ceiling - V > 1e-6:
        return f"D earns {V:.3f}, below the ceiling of {ceiling:.3f}: p and q share a point, but unequally."
    return ""


laws_on_the_ceiling = Exercise(
    mistake_of_laws,
    solve_laws,
    (
        "By equation (4), right in 75 % means TV = 1/2.",
        "Where does D lose nothing? On points that only one of the distributions visits. Where does D lose least on a "
        "point that both visit? Compare section 3, where some points were shared.",
    ),
)


def solve_table() -> Tensor:
    # 3 is the largest in its column and the smallest in its row: neither player gains by leaving it
    return torch.tensor([[3.0, 4.0], [1.0, 2.0]])


def mistake_of_table(table) -> str:
    A = filled(table())
    if A.shape != (2, 2) or len(A.unique()) < 4:
        return "it must be a 2 x 2 table of four different numbers."
    G_first, D_first = A.amax(0).amin().item(), A.amin(1).amax().item()
    if G_first > D_first:
        return f"with G first D gets {G_first:g}, with D first {D_first:g}: to move second still pays."
    return ""


no_gap = Exercise(
    mistake_of_table,
    solve_table,
    (
        "You need a saddle point: an entry that is the largest in its column and the smallest in its row.",
        "Put a number somewhere. D, who chooses the row, must not find a larger one in its column; G, who chooses "
        "the column, must not find a smaller one in its row.",
    ),
)
