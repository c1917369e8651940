"""The exercises of notebook 09."""

import torch
from torch import Tensor, nn

from . import Exercise, filled


def solve_limits() -> tuple[float, float]:
    # the scores lie in (-1, 1): at best D gives 1 to the real and -1 to the fakes, at best for G a fake has 1
    best = torch.tensor(1.0).sigmoid().log().item()
    return 2 * best, -best


def mistake_of_limits(limits) -> str:
    V, L = (float(filled(number)) for number in filled(limits()))
    highest, lowest = solve_limits()
    if abs(V + 1.006) < 0.01:
        return "-1.006 is the ceiling for scores in (0, 1). What is the best score for a fake now?"
    if abs(V - highest) > 0.005:
        return f"a V of {V:.3f} is not the ceiling: let the real score 1 and the fakes -1, and add both terms."
    if abs(L - lowest) > 0.005:
        return f"an L of {L:.3f} is not the floor: L = -log sigmoid(t), and no fake gets more than t = 1."
    return ""


limits = Exercise(
    mistake_of_limits,
    solve_limits,
    (
        "The loss takes what D returns for a score t: V = E[log sigmoid(t)] + E[log sigmoid(-t)], real and fake.",
        "Which t in (-1, 1) would D like best for a real sample, and which for a fake?",
    ),
)


def solve_swapped(D: nn.Module, x: Tensor) -> bool:
    # with the labels swapped, D has learnt to give the real samples low scores
    return D(x).mean().item() < 0


def mistake_of_swapped(swapped) -> str:
    x = torch.ones(10, 2)
    said = [bool(filled(swapped(lambda x, t=t: t * x[:, 0], x))) for t in (5.0, -5.0)]
    if said == [False, True]:
        return ""
    if said == [True, False]:
        return "it is the other way round: a D whose labels are right gives real points a high score."
    return f"it says {said[0]} whether the real points score high or low."


swapped = Exercise(
    mistake_of_swapped,
    solve_swapped,
    (
        "The curves are the same, and so are the runaway fakes. What else does D evaluator?",
        "Look at D's mean score of real points.",
    ),
)
