"""The exercises of notebook 08."""

import math
from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from torch import Tensor

from ..metrics import frechet_distance
from ..plots import FAKE, REAL
from . import Exercise, Open, Recall
from .inputs import normal, numbers

# 08.1


def solve_choice(fd: Tensor, again: Tensor) -> tuple[Tensor, Tensor]:
    # the least of many noisy numbers is too small on average: it may choose, but another sample reports
    best = fd.argmin()
    return best, again[best]


def solve_choice_by_sorting(fd: Tensor, again: Tensor) -> tuple[int, float]:
    _, best, reported = min(zip(fd.tolist(), range(len(fd)), again.tolist(), strict=True))
    return best, reported


def use_choice(choice: Callable) -> str:
    rng = torch.Generator().manual_seed(0)
    studies = 12 + 2 * torch.randn(400, 2, 10, generator=rng, dtype=torch.float64)
    reported = [float(choice(*study)[1]) for study in studies]
    return (
        "400 studies, each of ten checkpoints whose distance is 12 in truth, measured with a scatter of 2: the least "
        f"measured one is {studies[:, 0].amin(1).mean():.1f} on average, what you report {sum(reported) / 400:.1f}."
    )


def first_rise(fd: Tensor, again: Tensor) -> tuple[int, Tensor]:
    rises = (fd.diff() >= 0).tolist()
    stop = rises.index(True) if True in rises else len(rises)
    return stop, again[stop]


choice = Exercise(
    number="08.1",
    level="complete",
    minutes=4,
    solutions=(solve_choice, solve_choice_by_sorting),
    parts=("checkpoint", "distance"),
    inputs=lambda: [
        (numbers(9.1, 7.2, 7.9, 8.4), numbers(9.0, 8.1, 7.7, 8.8)),
        (numbers(31.0, 24.5, 20.3, 19.8, 21.7, 26.2), numbers(29.1, 24.9, 19.9, 22.6, 20.8, 25.0)),
        (numbers(4.1, 5.8, 3.1), numbers(4.4, 5.2, 5.3)),
        (numbers(61.0, 15.0, 14.0, 16.0, 12.0), numbers(64.0, 17.0, 13.5, 12.2, 15.5)),
        (numbers(5.6, 5.2, 7.2, 6.0), numbers(5.0, 4.9, 5.1, 4.4)),
    ],
    mistakes=(
        (
            lambda fd, again: (fd.argmin(), fd.min()),
            "the sample that chose also reports. The least of many noisy numbers is too small on average.",
        ),
        (
            lambda fd, again: (again.argmin(), again.min()),
            "fd plays no part: the second sample chooses and reports at once, and so flatters.",
        ),
        (lambda fd, again: (again.argmin(), fd[again.argmin()]), "the two samples are exchanged: fd is to choose."),
        (
            lambda fd, again: ((fd + again).argmin(), (fd + again).min() / 2),
            "a mean of both samples is one larger sample, and it chooses and reports at once.",
        ),
        (
            lambda fd, again: ((fd + again).argmin(), again[(fd + again).argmin()]),
            "the sample that reports has had a say in the choice.",
        ),
        (
            lambda fd, again: (fd.argmin(), again.min()),
            "the reported distance is the least of all checkpoints'. Report that of the checkpoint you chose.",
        ),
        (
            lambda fd, again: (fd.argmin(), (fd.min() + again[fd.argmin()]) / 2),
            "half of the report still comes from the sample that chose, and is too small on average.",
        ),
        (
            lambda fd, again: (fd.argmin(), again.mean()),
            "the reported distance is the mean of all checkpoints'. Report that of the checkpoint you chose.",
        ),
        (
            lambda fd, again: (fd.argmin(), again[fd.argmin()] - (again - fd).mean()),
            "nothing has to be corrected: the second sample had no say in the choice, so it does not flatter.",
        ),
        (lambda fd, again: (len(fd) - 1, again[-1]), "this takes the last checkpoint, whatever was measured."),
        (lambda fd, again: (fd.argmax(), again[fd.argmax()]), "a large distance is bad, and this takes the largest."),
        (lambda fd, again: (fd.argmin() + 1, again[fd.argmin()]), "the checkpoints are counted from 0."),
        (lambda fd, again: (fd.min(), again[fd.argmin()]), "first comes which checkpoint, not its distance."),
        (lambda fd, again: (again[fd.argmin()], fd.argmin()), "the two answers are exchanged: first the checkpoint."),
        (
            lambda fd, again: (fd.argmin(), max(fd.min(), again[fd.argmin()])),
            "the larger of two noisy numbers is too large on average. The second sample alone reports.",
        ),
        (
            lambda fd, again: (
                torch.maximum(fd, again).argmin(),
                again[torch.maximum(fd, again).argmin()],
            ),
            "the sample that reports has had a say in the choice: the larger of the two numbers chooses.",
        ),
        (lambda fd, again: (fd.argsort()[1], again[fd.argsort()[1]]), "this is the second best checkpoint."),
        (
            lambda fd, again: (fd[1:].argmin(), again[1:][fd[1:].argmin()]),
            "the first checkpoint is left out, and the next one counted as number 0.",
        ),
        (
            lambda fd, again: (fd.argmin(), again.median()),
            "the reported distance is the median of all checkpoints'. Report that of the checkpoint you chose.",
        ),
        (
            first_rise,
            "this stops where the distance rises for the first time. A later checkpoint may be better.",
        ),
        (
            lambda fd, again: ((fd - again).abs().argmin(), again[(fd - again).abs().argmin()]),
            "this is where the two samples agree best. That says nothing about how good the checkpoint is.",
        ),
        (lambda fd, again: (fd.argmin(), int(again[fd.argmin()])), "the distance has lost its decimals."),
    ),
    hints=(
        "Which of the two samples may choose? And may that one also say how good the chosen one is?",
        "fd.argmin() is the checkpoint. Ask the other sample about it.",
    ),
    insight="Ten equal checkpoints and a normal scatter of s: the least of the ten lies about 1.5 s below the truth on "
    "average. More checkpoints flatter more. To stop by the test set and report on it is the same mistake.",
    reward=use_choice,
)


# 08.2


def solve_precision(real: Tensor, fake: Tensor, k: int) -> Tensor:
    # the k + 1st smallest distance within the set: the smallest, about 0, is that of a sample from itself
    radius = torch.cdist(real, real).kthvalue(k + 1, dim=1).values
    inside = torch.cdist(fake, real) <= radius
    return inside.any(1).double().mean()


def solve_precision_without_itself(real: Tensor, fake: Tensor, k: int) -> float:
    others = torch.cdist(real, real).fill_diagonal_(math.inf)
    radius = others.sort(dim=1).values[:, k - 1]
    return sum(bool(((x - real).norm(dim=1) <= radius).any()) for x in fake) / len(fake)


def balls(centres: Tensor, points: Tensor, k: int) -> Tensor:
    """Which point lies in the ball of which centre: (points, centres)."""
    return torch.cdist(points, centres) <= torch.cdist(centres, centres).kthvalue(k + 1, dim=1).values


def only_the_nearest(real: Tensor, fake: Tensor, k: int) -> Tensor:
    near = torch.cdist(fake, real).argmin(1, keepdim=True)
    return balls(real, fake, k).gather(1, near).double().mean()


def with_radius(radius: Callable[[Tensor, Tensor, int], Tensor]) -> Callable:
    return lambda real, fake, k: (torch.cdist(fake, real) <= radius(real, fake, k)).any(1).double().mean()


def within(real: Tensor, k: int) -> Tensor:
    return torch.cdist(real, real).kthvalue(k, dim=1).values


def draw_precision(precision: Callable):
    real, z = normal(150, 2, seed=3), normal(150, 2, seed=4)
    spreads = (0.2, 0.4, 0.7, 1.0, 1.4, 2.0)
    figure, ax = plt.subplots(figsize=(6, 2.8), layout="constrained")
    for name, style, ask in (
        ("precision", "k-o", lambda fake: precision(real, fake, 5)),
        ("your function, sets exchanged", "k--s", lambda fake: precision(fake, real, 5)),
    ):
        ax.plot(spreads, [float(ask(s * z)) for s in spreads], style, mfc="w", label=name)
    ax.set(xlabel="spread of the fakes (of the real ones: 1)", ylabel="share", ylim=(0, 1.05))
    ax.legend()
    plt.close(figure)
    return figure


def rounded_diagonal(real: Tensor) -> Tensor:
    distances = torch.cdist(real, real)
    return distances.where(distances != 0, math.inf)


precision = Exercise(
    number="08.2",
    level="repair",
    minutes=6,
    solutions=(solve_precision, solve_precision_without_itself),
    inputs=lambda: [
        (normal(30, 3), 0.4 + 1.3 * normal(24, 3, seed=1), 3),
        (normal(40, 2, seed=2), 1.6 * normal(40, 2, seed=3), 1),
        (normal(25, 4, seed=4), 0.7 * normal(50, 4, seed=5) + 0.5, 5),
        (3 * normal(20, 1, seed=6), 4 * normal(30, 1, seed=7) + 5, 2),
        (torch.cat([normal(20, 2, seed=8), 6 + 0.1 * normal(10, 2, seed=9)]), 2 * normal(35, 2, seed=10) + 2, 7),
    ],
    mistakes=(
        (
            with_radius(lambda real, fake, k: within(real, k)),
            "for k = 1 only a copy of a real sample is inside a ball; for a larger k the balls are too small. How long "
            "is the radius of a ball for k = 1, and whose distance is that?",
            "torch.cdist(real, real) holds N distances for each sample. The smallest of them is 0, but for rounding: "
            "that of the sample from itself.",
        ),
        (lambda real, fake, k: balls(fake, real, k).any(1).double().mean(), "this is recall: real in balls of fakes."),
        (
            lambda real, fake, k: balls(real, fake, k).sum(1).double().mean() / k,
            "this is density: it counts every ball. Here one is enough.",
        ),
        (
            lambda real, fake, k: balls(real, fake, k).any(0).double().mean(),
            "this is coverage: the share of real balls that hold a fake. Over which axis does any() go?",
        ),
        (
            with_radius(lambda real, fake, k: within(real, k + 1).max()),
            "every ball has the radius of the largest. Each has one of its own.",
        ),
        (
            with_radius(lambda real, fake, k: within(real, k + 1).mean()),
            "every ball has the mean radius. Each has one of its own.",
        ),
        (
            with_radius(lambda real, fake, k: torch.cdist(real, fake).kthvalue(k, dim=1).values),
            "your balls reach to the k-th nearest fake. They should reach to the k-th nearest real sample.",
        ),
        (
            with_radius(lambda real, fake, k: torch.cdist(real, fake).kthvalue(k + 1, dim=1).values),
            "your balls reach to a fake, number k + 1. They should reach to the k-th nearest real sample.",
        ),
        (
            lambda real, fake, k: balls(real, fake, k).all(1).double().mean(),
            "a fake must lie in every ball here. One is enough.",
        ),
        (only_the_nearest, "only the ball of the nearest real sample is asked. A farther one may have a larger ball."),
        (
            lambda real, fake, k: (torch.cdist(fake, real) <= within(fake, k + 1)[:, None]).any(1).double().mean(),
            "this asks whether a fake's own ball holds a real sample. The balls are those of the real samples.",
        ),
        (
            with_radius(lambda real, fake, k: within(real, k + 2)),
            "the balls are one neighbour too large: they reach to neighbour k + 1.",
        ),
        (
            lambda real, fake, k: balls(real, fake, k).sum(1).double().mean(),
            "this is in how many balls a fake lies on average. One is enough, and more do not count.",
        ),
        (
            lambda real, fake, k: balls(real, fake, k).any(1).sum(),
            "this counts the fakes inside. Precision is their share.",
        ),
        (
            lambda real, fake, k: 1 - balls(real, fake, k).any(1).double().mean(),
            "this is the share of the fakes outside.",
        ),
        (
            lambda real, fake, k: balls(real, fake, k).double().mean(),
            "this is the share of all pairs. A fake counts once, if it lies in at least one ball.",
        ),
        (
            with_radius(lambda real, fake, k: torch.cdist(real, torch.cat([real, fake])).kthvalue(k + 1, dim=1).values),
            "the fakes are neighbours as well here. A ball reaches to the k-th nearest real sample.",
        ),
        (lambda real, fake, k: solve_precision(real[:20], fake, k), "only the first 20 real samples are asked."),
        (
            with_radius(lambda real, fake, k: within(real, k + 1) / 2),
            "the balls have half their radius. They reach to the k-th neighbour.",
        ),
        (
            with_radius(lambda real, fake, k: k),
            "k is taken for the radius. It is a number of neighbours.",
        ),
        (
            lambda real, fake, k: (
                (torch.cdist(fake, real, p=1) <= torch.cdist(real, real, p=1).kthvalue(k + 1, dim=1).values)
                .any(1)
                .double()
                .mean()
            ),
            "the distances are sums over the coordinates. Take the length of the difference, as cdist does.",
        ),
        (
            with_radius(lambda real, fake, k: within(real, k + 1).square()),
            "distances are compared with squares of radii.",
        ),
        (
            with_radius(lambda real, fake, k: rounded_diagonal(real).kthvalue(k, dim=1).values),
            "cdist rounds: the distance of a sample from itself is not always exactly 0. Find it by its place.",
        ),
        (
            with_radius(lambda real, fake, k: torch.cdist(real, real)[:, 1:].kthvalue(k, dim=1).values),
            "the first column holds the distances from sample 0, not those of each sample from itself.",
        ),
        (
            with_radius(
                lambda real, fake, k: (torch.cdist(real, real) + torch.eye(len(real))).kthvalue(k, dim=1).values
            ),
            "a sample is put at distance 1 from itself. Where the others are farther away, it still is a neighbour.",
        ),
        (
            lambda real, fake, k: balls(real, fake, k).any(1).sum() / len(real),
            "the number of fakes inside is divided by the number of real samples.",
        ),
    ),
    hints=(
        "Print the radius for k = 1. Which distance in the row of a sample is the smallest?",
        "Each sample is its own nearest neighbour, at distance 0. So its k-th neighbour stands at which place?",
    ),
    insight="Recall is the same function with the two sets exchanged: real samples in balls of fakes. A larger k makes "
    "balls that are no smaller, so precision never falls as k grows: quote k with it.",
    reward=draw_precision,
)


# 08.3


def solve_frechet(x: Tensor, y: Tensor) -> Tensor:
    # with one feature the trace is s^2 + r^2 - 2 s r, a square
    return (x.mean() - y.mean()) ** 2 + (x.std() - y.std()) ** 2


def solve_frechet_by_trace(x: Tensor, y: Tensor) -> Tensor:
    s2, r2 = x.var(), y.var()
    return (x.mean() - y.mean()).square() + s2 + r2 - 2 * (s2 * r2).sqrt()


def solve_frechet_1_over_n(x: Tensor, y: Tensor) -> Tensor:
    s, r = (v.var(correction=0).sqrt() for v in (x, y))
    return (x.mean() - y.mean()) ** 2 + (s - r) ** 2


def draw_frechet(frechet: Callable):
    coin = torch.ones(2000, dtype=torch.float64)
    coin[1000:] = -1
    gauss = normal(2000)
    gauss = (gauss - gauss.mean()) / gauss.std() * coin.std()
    figure, axes = plt.subplots(1, 2, figsize=(8, 2.4), sharey=True, layout="constrained")
    bins = torch.linspace(-4, 4, 41)
    for ax, fake in zip(axes, (gauss, gauss + 0.3), strict=True):
        ax.hist(coin, bins, color=REAL, label="real")
        ax.hist(fake, bins, color=FAKE, histtype="step", lw=2, label="fake")
        ax.set(xlabel="feature", ylim=(0, 1100), title=f"your distance: {abs(float(frechet(coin, fake))):.2f}")
    axes[0].set_ylabel("samples")
    axes[0].legend()
    plt.close(figure)
    return figure


def paired(x: Tensor, y: Tensor) -> Tensor:
    x, y = x[: len(y)], y[: len(x)]
    return (x.mean() - y.mean()) ** 2 + x.var() + y.var() - 2 * ((x - x.mean()) * (y - y.mean())).mean()


FRECHET_MISTAKES = (
    (lambda x, y: solve_frechet(x, y).sqrt(), "this is its root. By custom the distance is left squared."),
    (
        lambda x, y: (x.mean() - y.mean()) ** 2,
        "this sees the means alone: a generator that always makes the mean would be perfect.",
    ),
    (
        lambda x, y: (x.std() - y.std()) ** 2,
        "this sees the spread alone: fakes that are all moved aside would be perfect.",
    ),
    (
        lambda x, y: (x.mean() - y.mean()) ** 2 + (x.var() - y.var()) ** 2,
        "the standard deviations are compared, not the variances.",
    ),
    (
        lambda x, y: (x.mean() - y.mean()) ** 2 + x.var() + y.var(),
        "the variances are added. Two equal distributions would have a distance.",
    ),
    (
        lambda x, y: (x.mean() - y.mean()) ** 2 + x.var() + y.var() - 2 * x.var() * y.var(),
        "in the last term of the trace the root is missing.",
    ),
    (
        lambda x, y: (x.mean() - y.mean()) ** 2 + x.var() + y.var() - x.std() * y.std(),
        "in the trace a factor 2 is missing: two equal distributions would have a distance.",
    ),
    (
        lambda x, y: (x.mean() - y.mean()).abs() + (x.std() - y.std()).abs(),
        "neither part is squared.",
    ),
    (
        lambda x, y: (x.mean() - y.mean()).abs() + (x.std() - y.std()) ** 2,
        "the part of the means is a square, too.",
    ),
    (
        lambda x, y: (x.mean() - y.mean()) ** 2 + (x.std() - y.std()).abs(),
        "the part of the standard deviations is a square, too.",
    ),
    (
        lambda x, y: (x.mean() - y.mean()) ** 2 - (x.std() - y.std()) ** 2,
        "the second part is added, not taken off.",
    ),
    (
        lambda x, y: (x.mean() - y.mean()) ** 2 + (x.std() + y.std()) ** 2,
        "the standard deviations are subtracted, not added: two equal distributions have the distance 0.",
    ),
    (
        lambda x, y: (x.mean() - y.mean()) ** 2 + x.var() - y.var(),
        "(s − r)² is not s² − r²: your second part can be negative.",
    ),
    (
        lambda x, y: (x[: len(y)] - y[: len(x)]).square().mean(),
        "this pairs the samples, the first with the first. The sets have no order.",
    ),
    (
        lambda x, y: (x.median() - y.median()) ** 2 + (x.std() - y.std()) ** 2,
        "the formula has means, not medians.",
    ),
    (
        lambda x, y: (x.mean() - y.mean() + x.std() - y.std()) ** 2,
        "the two parts are squared each by itself, then added.",
    ),
    (
        lambda x, y: (x.mean() - y.mean()) ** 2 / (x.var() + y.var()),
        "the means are compared in units of the spread here. The formula divides by nothing.",
    ),
    (
        lambda x, y: (x.mean() - y.mean()) ** 2 + x.std() + y.std() - 2 * (x.std() * y.std()).sqrt(),
        "standard deviations stand where the trace has variances.",
    ),
    (
        lambda x, y: (x.mean() - y.mean()) ** 2 + (x.square().mean().sqrt() - y.square().mean().sqrt()) ** 2,
        "the spread is measured from 0 here. Measure it from the mean.",
    ),
    (
        lambda x, y: (x.mean() - y.mean()) ** 2 + (x.var() - y.var()).abs(),
        "the difference of the variances is not the square of that of the standard deviations.",
    ),
    (
        lambda x, y: x.mean() ** 2 - y.mean() ** 2 + (x.std() - y.std()) ** 2,
        "the squares of the means are subtracted. The means are, and then comes the square.",
    ),
    (
        lambda x, y: (x.mean() - y.mean()) ** 2 + (x.std() - 1) ** 2,
        "the standard deviation of y is taken as 1. Measure it.",
    ),
    (
        lambda x, y: (x.mean() - y.mean()) ** 2 + (1 - y.std()) ** 2,
        "the standard deviation of x is taken as 1. Measure it.",
    ),
    (lambda x, y: x.mean() ** 2 + (x.std() - y.std()) ** 2, "the mean of y plays no part."),
    (lambda x, y: (x.mean() - y.mean()) ** 2 + x.var(), "the spread of y plays no part."),
    (
        lambda x, y: (x[: len(y)].sort().values - y[: len(x)].sort().values).square().mean(),
        "this pairs the samples by their size. The Fréchet distance knows means and standard deviations only.",
    ),
    (paired, "a covariance of x and y needs pairs, and these two sets have none."),
    (
        lambda x, y: (x.mean() - y.mean()) ** 2 + (x.std() - y.std()).clamp(min=0) ** 2,
        "y's spread counts only where it is below x's. Above, it is a difference, too.",
    ),
    (
        lambda x, y: (x.mean() - y.mean()) ** 2 + (x.std() - y.std()) ** 2 / 2,
        "the part of the standard deviations counts half.",
    ),
)


def with_1_over_n(mistake: Callable) -> Callable:
    """The same mistake, made with standard deviations of the other kind."""

    def narrower(v: Tensor) -> Tensor:
        return v.mean() + (v - v.mean()) * math.sqrt(1 - 1 / len(v))

    return lambda x, y: mistake(narrower(x), narrower(y))


frechet_of_one = Exercise(
    number="08.3",
    level="derive",
    minutes=7,
    solutions=(solve_frechet, solve_frechet_by_trace, solve_frechet_1_over_n),
    derivation="A 1 × 1 covariance is a variance: tr(S_p + S_q − 2 (S_p S_q)^½) = s² + r² − 2 s r = (s − r)².",
    inputs=lambda: [
        (normal(40), 1 + 2 * normal(30, seed=1)),
        (5 + 0.1 * normal(20, seed=2), -3 + 0.4 * normal(20, seed=3)),
        (numbers(2.0, 2.0, 2.0), numbers(1.0, 4.0, 7.0, 9.0)),
        (numbers(0.0, 10.0), numbers(4.0, 5.0, 6.0)),
        (100 * normal(15, seed=4).square(), 90 * normal(25, seed=5)),
    ],
    mistakes=(*FRECHET_MISTAKES, *((with_1_over_n(mistake), sentence) for mistake, sentence in FRECHET_MISTAKES)),
    hints=(
        "With one feature a covariance matrix is a variance, s², and the root of the product s² r² is s r.",
        "s² + r² − 2 s r is a square.",
    ),
    prediction=("The distance of N(0, 1) from N(3, 2²)", lambda: 10.0),
    insight="FD knows two numbers of each set. Toss a coin for ±1: its distance from N(0, 1) is 0 (left). Many "
    "features help, and yet in section 4 two thousand pictures, repeated, pass: their means and covariances are "
    "nearly right.",
    reward=draw_frechet,
)


# 08.4


def solve_limit(n: Tensor, fd: Tensor) -> Tensor:
    # as in (2) the distance is about a line in 1/n; at 1/n = 0 the bias by n is gone
    A = torch.stack([torch.ones_like(n), 1 / n], 1)
    return torch.linalg.lstsq(A, fd[:, None]).solution[0, 0]


def solve_limit_by_means(n: Tensor, fd: Tensor) -> Tensor:
    u = 1 / n
    slope = ((u - u.mean()) * (fd - fd.mean())).sum() / (u - u.mean()).square().sum()
    return fd.mean() - slope * u.mean()


def line(u: Tensor, fd: Tensor) -> tuple[Tensor, Tensor]:
    """Least squares: the height at u = 0, and the slope."""
    slope = ((u - u.mean()) * (fd - fd.mean())).sum() / (u - u.mean()).square().sum()
    return fd.mean() - slope * u.mean(), slope


def draw_limit(limit: Callable):
    rng = torch.Generator().manual_seed(0)
    d, move, width = 8, 0.4, 1.2
    truth = d * move**2 + d * (width - 1) ** 2
    sizes = numbers(40, 40, 60, 60, 100, 100, 200, 400)
    real = torch.randn(20_000, d, generator=rng)
    found = [frechet_distance(real, move + width * torch.randn(int(n), d, generator=rng)) for n in sizes]
    fd = numbers(*found)
    at_0 = float(limit(sizes, fd))
    figure, ax = plt.subplots(figsize=(6, 2.8), layout="constrained")
    ax.plot(1 / sizes, fd, "o", color=FAKE, label="measured")
    ax.plot([0, 0.025], [at_0, at_0 + float(line(1 / sizes, fd)[1]) * 0.025], "k-", lw=1)
    ax.plot(0, at_0, "kD", mfc="w", clip_on=False, zorder=3, label=f"yours: {at_0:.2f}")
    ax.axhline(truth, color="0.5", ls="--", label=f"the truth: {truth:.2f}")
    ax.set(xlim=(0, 0.027), ylim=(0, 5), xlabel="1/n", ylabel="Fréchet distance")
    ax.legend(loc="upper left")
    plt.close(figure)
    return figure


without_bias = Exercise(
    number="08.4",
    level="build",
    minutes=12,
    solutions=(solve_limit, solve_limit_by_means),
    derivation="Least squares of fd = a + b u with u = 1/n: b = cov(u, fd) / var(u), and a = mean(fd) − b mean(u).",
    inputs=lambda: [
        (numbers(250, 500, 1000, 2000), numbers(12.1, 7.3, 4.8, 3.4)),
        (numbers(100, 100, 200, 400, 800, 800), numbers(55.0, 52.0, 43.5, 38.0, 36.5, 34.9)),
        (numbers(5000, 50, 500), numbers(0.6, 45.0, 5.1)),
        (numbers(10, 20, 40, 30, 25), numbers(8.0, 5.5, 4.9, 4.6, 5.6)),
        (numbers(1000, 500, 4000, 2000), numbers(2.2, 4.6, 0.4, 1.3)),
    ],
    mistakes=(
        (lambda n, fd: line(n, fd)[0], "this is a line in n. By (2) the bias falls like 1/n."),
        (lambda n, fd: line(n**-0.5, fd)[0], "this is a line in 1/√n. By (2) the bias falls like 1/n."),
        (lambda n, fd: line(n.log(), fd)[0], "this is a line in log n. By (2) the bias falls like 1/n."),
        (lambda n, fd: line(1 / n, fd)[1], "this is the slope in 1/n. Asked for is the height of the line."),
        (lambda n, fd: line(fd, 1 / n)[0], "the line takes 1/n as a function of the distance. It is the other way."),
        (
            lambda n, fd: -line(fd, 1 / n)[0] / line(fd, 1 / n)[1],
            "the squares are those of the misses in 1/n. The distances are what scatters.",
        ),
        (
            lambda n, fd: line(1 / n[[0, -1]], fd[[0, -1]])[0],
            "this line goes through the first and the last measurement only. All of them count.",
        ),
        (
            lambda n, fd: sum(line(1 / n, fd)[j] / n.max() ** j for j in (0, 1)),
            "this is the line at the largest n. It goes on to 1/n = 0.",
        ),
        (lambda n, fd: fd[n.argmax()], "the largest n has the least bias, but some. Where does the line lead?"),
        (lambda n, fd: fd[-1], "this is the last measurement of the list, with its bias and its luck."),
        (
            lambda n, fd: fd @ (1 / n) / (1 / n).square().sum(),
            "this is the slope of a line through 0. The line has two unknowns, a height and a slope.",
        ),
        (
            lambda n, fd: (fd - 2261 / n).mean(),
            "2261 is the slope of section 1's real pictures, and each generator has its own. Fit it.",
        ),
        (
            lambda n, fd: (fd - 2261 * (1 / n + 1e-4)).mean(),
            "2261 and 10,000 belong to section 1's real pictures, and each generator has its own slope. Fit it.",
        ),
        (
            lambda n, fd: torch.linalg.lstsq(torch.stack([n**0, 1 / n, n**-2], 1), fd[:, None]).solution[0, 0],
            "this is a parabola in 1/n. Asked for is a line.",
        ),
        (
            lambda n, fd: torch.linalg.lstsq(
                torch.stack([n**0, 1 / n], 1) * n[:, None].sqrt(), (n.sqrt() * fd)[:, None]
            ).solution[0, 0],
            "large n count for more here. Let all measurements count the same.",
        ),
        (
            lambda n, fd: line(1 / n, fd)[0] + line(1 / n, fd)[1] / 10_000,
            "this is the line at n = 10,000. It goes on to 1/n = 0.",
        ),
        (
            lambda n, fd: line(1 / n, fd.log())[0].exp(),
            "the logarithms of the distances are fitted. Fit the distances.",
        ),
        (lambda n, fd: fd.mean(), "a mean over the sizes keeps their mean bias."),
        (lambda n, fd: fd.min(), "the least distance is that of the largest n and of luck. Where does the line lead?"),
        (
            lambda n, fd: (n * fd).sum() / n.sum(),
            "this is a mean weighted by n. It keeps a part of the bias.",
        ),
        (
            lambda n, fd: line(1 / n, fd)[0] + line(1 / n, fd)[1],
            "this is the line at 1/n = 1, a single picture. Asked for is 1/n = 0.",
        ),
        (
            lambda n, fd: line(1 / n[[int(n.argmin()), int(n.argmax())]], fd[[int(n.argmin()), int(n.argmax())]])[0],
            "this line goes through the measurements with the least and the largest n only. All of them count.",
        ),
        (
            lambda n, fd: torch.linalg.lstsq(torch.stack([n, n**0], 1), (n * fd)[:, None]).solution[0, 0],
            "the squares are weighted by n². Let all measurements count the same.",
        ),
        (
            lambda n, fd: (fd - fd @ (1 / n) / (1 / n).square().sum() / n).mean(),
            "the slope is that of a line through 0. Fit the height and the slope together.",
        ),
        (
            lambda n, fd: line(1 / n, fd)[0].clamp(min=0),
            "a fit below 0 is lifted to 0. But too small ones balance too large ones: now the mean is too large.",
        ),
        (
            lambda n, fd: line(1 / n + 1e-4, fd)[0],
            "the reference's 1/m is added to 1/n. Asked for is the height at 1/n = 0, not at −1/m.",
        ),
        (
            lambda n, fd: line((1 / n).sort().values, fd.sort().values)[0],
            "n and the distances are sorted each by itself: they no longer belong together.",
        ),
        (
            lambda n, fd: line(1 / n, fd.log())[0],
            "this is fitted to the logarithms of the distances. Fit the distances.",
        ),
        (lambda n, fd: line(1 / n[:3], fd[:3])[0], "only the first three measurements count."),
        (
            lambda n, fd: line(1 / n, fd.sort().values)[0],
            "the distances are sorted and n is not: they no longer belong together.",
        ),
        (
            lambda n, fd: line(1 / n.unique(), torch.stack([fd[n == size].mean() for size in n.unique()]))[0],
            "the measurements with one n are averaged first. Let each count the same.",
        ),
        (
            lambda n, fd: line(n.log(), fd.log())[0].exp(),
            "this is a power of n, read off at n = 1. As in (2), the distance is about a line in 1/n.",
        ),
        (
            lambda n, fd: line(1 / n[n >= n.median()], fd[n >= n.median()])[0],
            "the smaller n are left out. All measurements count.",
        ),
    ),
    hints=(
        "Draw the distances over 1/n (section 1 draws them over n). Which place on that axis means infinitely many "
        "pictures?",
        "Least squares with two unknowns: the columns are 1 and 1/n, and the first unknown is the answer. "
        "torch.linalg.lstsq solves it.",
    ),
    insight="Chong and Forsyth (2020) call this FID∞. Each generator has a slope of its own, so at equal n the better "
    "one can have the larger FD; at 1/n = 0 the bias by 1/m, the scatter and what a line leaves out remain.",
    reward=draw_limit,
)


# 08.5

a_cheat = Open(
    number="08.5",
    minutes=25,
    outline="""What beats the shipped generator's distance, {shipped_fd} ({shipped_fd_range})? (Medians and ranges
over {seeds} seeds, with 5,000 pictures each.)

Not what looks like a cheat. The upper half of one garment on the lower half of another of its class:
FD {seams_fd}. Two garments of a class laid over each other, 3 to 1: FD {ghosts_fd}, though its
precision, {ghosts_precision}, is better than the generator's; the audit by pixels (of 300) rings
({ghosts_alarm} errors), we guess because three quarters of each picture are a copy.

What does win is to train against the measure. One faint pattern (its standard deviation {strength} of
255 grey levels), added to all fakes, descends for 30 steps what the means and deviations of the
classifier's features miss; and every hundredth picture is static. FD {pattern_fd}
({pattern_fd_range}), though fifty pictures are noise and the others carry the pattern.

Who catches it? None of those that we asked: precision {pattern_precision} against {shipped_precision} before, recall
{pattern_recall} against {shipped_recall}, density {pattern_density} against {shipped_density},
coverage {pattern_coverage} against {shipped_coverage}, and the audit is silent ({pattern_alarm}
errors). All but the audit see through the same classifier. Do not trust a measure that was descended:
ask another network, and look at the pictures.""",
)


recall = Recall(
    (
        "Paper A reports FD 9, measured with 500 pictures; paper B 8, with 5,000, by the same features. Who is ahead?",
        [
            ("B: the distance is smaller.", "The bias alone may be larger than this difference."),
            ("A: fewer pictures make FD smaller.", "Fewer pictures make it larger, on average."),
            (
                "One cannot say.",
                "Yes. For one generator, the bias by n is about ten times as large with 500 as with 5,000.",
            ),
        ],
        2,
        "The bias by n falls about like 1/n. Compare at the same n, beside the floor, or extrapolate to 1/n = 0.",
    ),
    (
        "Precision 0.95, recall 0.10. What does this generator most likely draw?",
        [
            ("good pictures of few kinds", "Yes: fakes lie among the real ones, but few real ones among the fakes."),
            ("bad pictures of all kinds", "Then one expects a low precision."),
            (
                "copies of the training pictures",
                "A copier of many has a high recall. Only the audit asks about copies.",
            ),
        ],
        0,
        "Precision is about quality, recall about variety. Look at the pictures, too: the grey squares of section 6 "
        "have a precision near 1.",
    ),
    (
        "From 07: why can V and L not tell you when to stop?",
        [
            ("They are too noisy.", "A mean over many steps is smooth, and still says little."),
            (
                "They say how the players stand against each other, and both change.",
                "Yes. The same L means another thing against another D.",
            ),
            ("They are computed on training pictures.", "That is a question of copies. It is not the reason here."),
        ],
        1,
        "V and L compare G with the D of the moment. A distance compares G with the data.",
    ),
)
