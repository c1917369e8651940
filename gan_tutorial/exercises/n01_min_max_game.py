"""The exercises of notebook 01."""

import math
from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from torch import Tensor

from ..chapters import theory
from . import Exercise, Open, Recall
from .engine import as_tensor
from .inputs import numbers

# 01.1


def solve_table() -> Tensor:
    # 2 is the largest in its column and the smallest in its row: neither player gains by leaving it
    return torch.tensor([[2.0, 3.0], [1.0, 4.0]])


def solve_table_from_below() -> list[list[float]]:
    # the saddle point may lie in the lower row, too: 2.2 is the largest in its column and the smallest in its row
    return [[2.0, 3.0], [2.2, 2.5]]


def fault_of_table(A: Tensor) -> str:
    if len(A.unique()) < 4:
        return "the four numbers must be different."
    G_first, D_first = A.amax(0).amin().item(), A.amin(1).amax().item()
    if G_first > D_first:
        return f"with G first D gets {G_first:g}, with D first {D_first:g}: to move second still pays."
    if A.argmax(0).unique().numel() == 1:
        return "no gap, but one row is D's best against both columns. It should depend on what G does."
    return ""


def use_table(table: Callable) -> str:
    A = as_tensor(table())
    row, column = divmod(int((A.amin(1).amax() == A).flatten().int().argmax()), 2)
    return f"The saddle point of your table is in row {row + 1}, column {column + 1}: {A[row, column]:g}."


no_gap = Exercise(
    number="01.1",
    level="complete",
    minutes=3,
    solutions=(solve_table, solve_table_from_below),
    accepts=fault_of_table,
    hints=(
        "You need a saddle point: an entry that is the largest in its column and the smallest in its row.",
        "2 is the smallest in its row. Choose the number below it so that D, who chooses the row, stays with 2. Then "
        "let D prefer your row where G plays the other column.",
    ),
    insight="A saddle point without mixing, and one of your columns is G's best against both rows. In matching "
    "pennies there is neither, and so the players must toss.",
    reward=use_table,
)


# 01.2


def solve_value(p: Tensor, q: Tensor, D: Tensor) -> Tensor:
    # xlogy(p, D) is p log D, and 0 where p is 0
    return torch.xlogy(p, D).sum() + torch.xlogy(q, 1 - D).sum()


def solve_value_by_choice(p: Tensor, q: Tensor, D: Tensor) -> Tensor:
    return (p[p > 0] * D[p > 0].log()).sum() + (q[q > 0] * (1 - D[q > 0]).log()).sum()


def use_value(value: Callable) -> str:
    p, q = numbers(0.6, 0.4, 0), numbers(0, 0.2, 0.8)
    return (
        f"Your V at the best D of p = (0.6, 0.4, 0) and q = (0, 0.2, 0.8): {float(value(p, q, p / (p + q))):.3f}, "
        f"and 2 JSD(p, q) − log 4 = {2 * theory.jsd(p, q) - math.log(4):.3f}."
    )


value = Exercise(
    number="01.2",
    level="repair",
    minutes=5,
    solutions=(solve_value, solve_value_by_choice),
    inputs=lambda: [
        (numbers(0.5, 0.5, 0), numbers(0, 0.5, 0.5), numbers(1, 0.5, 0)),
        (numbers(0.1, 0.2, 0.3, 0.4), numbers(0.4, 0.3, 0.3, 0), numbers(0.3, 0.6, 0.2, 1)),
        (numbers(0.7, 0.3), numbers(0.2, 0.8), numbers(0.9, 0.4)),
        (numbers(0, 1, 0, 0, 0), numbers(0.2, 0.2, 0.2, 0.2, 0.2), numbers(0, 0.8, 0.1, 0.2, 0.3)),
        (numbers(0.2, 0.5, 0.3), numbers(0.5, 0.1, 0.4), numbers(0.6, 0, 0.7)),  # certain and wrong, of a real one
        (numbers(0.4, 0.6), numbers(0.3, 0.7), numbers(0.9, 1)),  # and of a fake
    ],
    mistakes=(
        (
            lambda p, q, D: (p * D.log() + q * (1 - D).log()).sum(),
            "V is NaN as soon as D is certain of a point and right: there p or q is 0 and meets log 0, and 0 · (−∞) is "
            "NaN. What should a point count that never comes?",
        ),
        (
            lambda p, q, D: (p * D.clamp(0.01, 0.99).log() + q * (1 - D).clamp(0.01, 0.99).log()).sum(),
            "no NaN, but a D that is certain and right is charged for it: 0.01 is not 0.",
        ),
        (
            lambda p, q, D: torch.xlogy(p, D).sum() - torch.xlogy(q, 1 - D).sum(),
            "the second sum is added, not taken off.",
        ),
        (
            lambda p, q, D: torch.xlogy(p, D).sum() + torch.xlogy(q, D).sum(),
            "for a fake D earns log(1 − D), not log D.",
        ),
        (lambda p, q, D: torch.xlogy(p, D).sum(), "the fakes are missing: their part is q log(1 − D)."),
        (lambda p, q, D: torch.xlogy(q, 1 - D).sum(), "the real rolls are missing: their part is p log D."),
        (
            lambda p, q, D: torch.xlogy(p, D).mean() + torch.xlogy(q, 1 - D).mean(),
            "E is a sum over the points, weighted by their probabilities. A mean divides by their number once more.",
        ),
        (lambda p, q, D: torch.xlogy(q, D).sum() + torch.xlogy(p, 1 - D).sum(), "p and q are exchanged."),
        (
            lambda p, q, D: (p * D + q * (1 - D)).sum(),
            "this is the mean probability that D gives the truth, twice. V has logarithms.",
        ),
        (
            lambda p, q, D: torch.xlogy(p, D) + torch.xlogy(q, 1 - D),
            "this is what each point adds to V. V is their sum.",
        ),
        (
            lambda p, q, D: 2 * theory.jsd(p, q) - math.log(4),
            "this is V at the best D for p and q. Asked is V at the D that is given.",
        ),
        (
            lambda p, q, D: sum(w @ d.log().nan_to_num(neginf=0.0) for w, d in ((p, D), (q, 1 - D))),
            "log 0 counts as 0 here, even where the point does come: a D that is certain and wrong pays nothing. Its V "
            "is −∞.",
        ),
        (
            lambda p, q, D: torch.xlogy(p, D).sum() + torch.log1p(-(q @ D)),
            "the fakes' part is the logarithm of a mean. V has the mean of the logarithms, of log(1 − D).",
        ),
        (
            lambda p, q, D: (p @ D).log() + torch.log1p(-(q @ D)),
            "these are the logarithms of two means. V has the means of the logarithms.",
        ),
    ),
    hints=(
        "Print p * D.log() for the first input, p = (½, ½, 0) and D = (1, ½, 0). Which point is NaN?",
        "torch.xlogy(p, D) is p log D, with 0 where p is 0. Or add up only the points that do come.",
    ),
    insight="0 · log 0 counts as 0, for a point that never comes pays nothing. Framework code hides this in the "
    "score: 02 shows how.",
    reward=use_value,
)


# 01.3


def solve_best_discriminator(p: Tensor, q: Tensor, share: float) -> Tensor:
    # each point pays share p log D + (1 - share) q log(1 - D); the slope in D is zero where
    # share p (1 - D) = (1 - share) q D
    return share * p / (share * p + (1 - share) * q)


def solve_by_bayes(p: Tensor, q: Tensor, share: float) -> Tensor:
    odds = p / q * share / (1 - share)  # prior odds times the likelihood ratio
    return odds / (1 + odds)


def draw_best_discriminators(best_discriminator: Callable):
    x = torch.linspace(-5, 5, 201, dtype=torch.float64)
    p, q = (torch.exp(-((x - m) ** 2) / 2) / math.sqrt(2 * math.pi) for m in (-1, 1))
    figure, ax = plt.subplots(figsize=(7, 2.8))
    for share, style in ((0.1, ":"), (0.5, "-"), (0.9, "--")):
        ax.plot(x, torch.as_tensor(best_discriminator(p, q, share)), "k", linestyle=style, label=f"share = {share}")
    ax.set(xlabel="x (real around −1, fakes around 1)", ylabel="your D*(x)", ylim=(0, 1))
    ax.legend()
    plt.close(figure)
    return figure


best_discriminator = Exercise(
    number="01.3",
    level="derive",
    minutes=6,
    solutions=(solve_best_discriminator, solve_by_bayes),
    derivation="At one x: share p / D = (1 − share) q / (1 − D); solve for D. It is Bayes' rule with the prior "
    "`share`.",
    inputs=lambda: [
        (numbers(0.1, 0.2, 0.7), numbers(0.3, 0.3, 0.4), 0.8),
        (numbers(0.25, 0.75), numbers(0.6, 0.4), 0.3),
        (numbers(0.4, 0.1, 0.2, 0.3), numbers(0.1, 0.2, 0.3, 0.4), 0.5),
        (numbers(0.05, 0.95), numbers(0.9, 0.1), 0.02),
    ],
    mistakes=(
        (lambda p, q, share: p / (p + q), "this is the best D for share = ½; the share plays no part in it."),
        (
            lambda p, q, share: (1 - share) * p / ((1 - share) * p + share * q),
            "here share counts the fakes. It is the share of the real rolls.",
        ),
        (
            lambda p, q, share: share * p / ((1 - share) * q),
            "these are the odds, real against fake. D is a probability: odds / (1 + odds).",
        ),
        (
            lambda p, q, share: share * p / (p + q),
            "the share stands above only. With p = q and share = 0.9 this says 0.45.",
            "In the derivative of share p log D + (1 − share) q log(1 − D), which factor stands with q?",
        ),
        (lambda p, q, share: share * p / (share * p + q), "the fakes' part of V has a weight, too: 1 − share."),
        (
            lambda p, q, share: p**share / (p**share + q ** (1 - share)),
            "the share is a factor of V's terms, and so of p and q; here it is an exponent.",
        ),
        (
            lambda p, q, share: p / (share * p + (1 - share) * q),
            "share is missing above: share p stands there as well as below.",
        ),
        (
            lambda p, q, share: (1 - share) * q / (share * p + (1 - share) * q),
            "this is the probability that x is a fake.",
        ),
        (
            lambda p, q, share: share * p / (share * p + (1 - share) * q).sum(),
            "this is share · p, the probability that x comes and is real. Asked is: x has come, how probable is real?",
        ),
        (lambda p, q, share: share * p + (1 - share) * q, "this is how often x comes at all, real or fake."),
        (
            lambda p, q, share: (share * p > (1 - share) * q).double(),
            "this says which is likelier. D says how likely.",
        ),
        (
            lambda p, q, share: (share * p / ((1 - share) * q)).log(),
            "this is the score t*, the logarithm of the odds. D* is its sigmoid.",
        ),
        (
            lambda p, q, share: (share * p / ((1 - share) * q)).sigmoid(),
            "the sigmoid is taken of the odds. It turns their logarithm, the score, into a probability.",
        ),
        (
            lambda p, q, share: p / (p + (1 - share) * q),
            "the fakes have their weight, 1 − share; the real rolls have none.",
        ),
        (
            lambda p, q, share: 2 * share * p / (p + q),
            "this is the answer for share = ½, times 2 · share. It can be above 1, and no probability is.",
        ),
    ),
    hints=(
        "Look at one point x alone. It pays share p log D + (1 − share) q log(1 − D). Where is the slope in D zero?",
        "It is equation (2) once more, with share p in the place of p. What stands in the place of q?",
    ),
    prediction=("D* where p = q and share = 0.9", lambda: 0.9),
    insight="The share moves the score by a constant: t* = log p/q + log share/(1 − share). For the two normals drawn "
    "log p/q is a straight line; there, and not in general, this pushes D* to the side.",
    reward=draw_best_discriminators,
)


# 01.4


def solve_distributions() -> tuple[Tensor, Tensor]:
    # half of each distribution lies on the shared point, in equal parts; the other half where the other one is not
    return numbers(0.5, 0.5, 0.0), numbers(0.0, 0.5, 0.5)


def solve_distributions_elsewhere() -> tuple[list[float], list[float]]:
    return [0.0, 0.5, 0.5], [0.5, 0.5, 0.0]


def fault_of_distributions(p: Tensor, q: Tensor) -> str:
    for name, d in (("p", p), ("q", q)):
        if d.min() < 0 or abs(d.sum() - 1) > 1e-6:
            shown = ", ".join(f"{v:g}" for v in d.tolist())
            return f"{name} = ({shown}) is no distribution on three points: numbers >= 0 whose sum is 1."
    TV = 0.5 * (p - q).abs().sum()
    V, ceiling = 2 * theory.jsd(p, q) - math.log(4), -0.5 * math.log(4)
    if abs(TV - 0.5) > 1e-6:
        n = 4 if abs(TV - 0.5) > 1e-3 else 8
        return (
            f"the best D is right in {50 + 50 * TV:.{n}g} % of all cases, not in 75 %: TV is {TV:.{n}g}, it must be ½."
        )
    if ceiling - V > 1e-6:
        return f"D earns {V:.3f}, below the ceiling of {ceiling:.3f}: p and q share points, but unequally."
    return ""


def use_distributions(distributions: Callable) -> str:
    p, q = (torch.as_tensor(d).double() for d in distributions())
    points = ", ".join(
        "never comes" if a + b == 0 else f"D* = {a / (a + b):.2f}" for a, b in zip(p.tolist(), q.tolist(), strict=True)
    )
    return f"Your best D, point by point: {points}."


distributions_on_the_ceiling = Exercise(
    number="01.4",
    level="build",
    minutes=8,
    solutions=(solve_distributions, solve_distributions_elsewhere),
    parts=("p", "q"),
    accepts=fault_of_distributions,
    hints=(
        "By equation (4), right in 75 % means TV = ½.",
        "Where does D lose nothing? On points that only one of the two visits. TV = ½ leaves an overlap, the sum of "
        "min(p, q), of ½. Is a surplus of one of them worth more to D on the shared points, or elsewhere?",
    ),
    insight="On the ceiling D is either certain and right, or knows nothing at all: its answers are 1, ½ and 0.",
    reward=use_distributions,
)


# 01.5

the_lighter_of_two = Open(
    number="01.5",
    minutes=20,
    outline="""Take a fine grid of means and widths as the family, p with weights w and 1 - w, and the least JSD.

Two components of width 1, 12 apart: the lighter is given up each time we tried, w from {lightest} to {heaviest}. Not by
chance: where q is one component of weight w and the other is far, D* is w / (w + 1) on it and 1 elsewhere,
so max over D of V is w log(w / (w + 1)) + log(1 / (w + 1)), which falls as w grows, whatever the widths.

The surprise, 8 apart: with w = 0.4 and width 1 for both the lighter is given up, too. With width 3 for the lighter the
best q is neither: its mean is {mean}, its standard deviation {deviation}. It covers both; 12 apart it does not.
Width 1 for both and w = 0.49, 8 apart: mean {near_mean}, standard deviation {near_deviation}, so again both. "G gives
up the lighter one" is sure among the q that take one where the other is far; whether taking one is best depends on
widths, weights and distance.""",
)


recall = Recall(
    (
        "For which q is the maximum over D of V(D, q) smallest?",
        [
            ("for q = p", "Yes: there the JSD is 0, and the maximum is −log 4."),
            (
                "for the q whose samples D takes for real most often",
                "For which D? The maximum lets D answer each q anew.",
            ),
            (
                "for each q that covers all of p",
                "A q that is too wide differs from p as well. The JSD is 0 for q = p alone.",
            ),
        ],
        0,
        "The maximum is 2 JSD(p, q) − log 4, and the JSD is 0 for q = p and for no other q.",
    ),
    (
        "Your run shows V = −log 4. What do you know about the fakes?",
        [
            ("They are perfect.", "Only if D is the best D against them."),
            ("Nothing yet.", "Yes. A D that says ½ to everything gets −log 4 against any fakes."),
            ("They are far from the data.", "Then a good D would get more; but is this D good?"),
        ],
        1,
        "V = −log 4 at the best D means q = p. Without knowing that D is the best it means nothing: D = ½ always gets "
        "it.",
    ),
    (
        "In 00 you drew garments from a generator. What went into it, what came out?",
        [
            ("a garment went in, a probability came out", "That is D: it says of a sample how likely it is real."),
            ("latents went in, pictures came out", "Yes: z from a normal distribution, and a picture for each z."),
            (
                "a label went in, a picture came out",
                "With that one there were no labels; conditional generators come in 11.",
            ),
        ],
        1,
        "G maps latents z, drawn from a normal distribution, to samples. Its samples follow the distribution q.",
    ),
)
