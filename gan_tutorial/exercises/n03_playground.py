"""The exercises of notebook 03."""

import functools
import math
from collections.abc import Callable
from itertools import islice

import matplotlib.pyplot as plt
import torch
from torch import Tensor, nn

from ..distributions import ring
from ..networks import MLPDiscriminator, MLPGenerator
from ..objectives import OBJECTIVES, LeastSquares, Minimax, NonSaturating
from ..plots import FAKE, REAL, show_arrows, show_plane
from ..training import Players, train
from . import Exercise, Open, Recall
from .inputs import seeded

RING = ring(std=0.1)


@functools.cache
def young_pair(rounds: int = 300) -> Players:
    """The pair of section 2 after some rounds."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        G, D = MLPGenerator(), MLPDiscriminator()
    players = Players.create(G, D, lr_G=1e-3, lr_D=2e-3, betas=(0.0, 0.99), seed=0)
    for _ in islice(train(players, RING, OBJECTIVES["non-saturating"]), rounds):
        pass
    return players


def fakes(n: int) -> Tensor:
    G = young_pair().G
    with torch.no_grad():
        return G(torch.randn(n, 2, generator=seeded(1)))


# 03.1


def solve_shares(x: Tensor, modes: Tensor) -> Tensor:
    nearest = torch.cdist(x, modes).argmin(1)  # the table of all distances is (N, K)
    return nearest.bincount(minlength=len(modes)) / len(x)  # a mode that nobody visits counts, too: 0


def solve_shares_by_comparison(x: Tensor, modes: Tensor) -> Tensor:
    distance = (x[:, None] - modes).square().sum(2)
    nearest = distance.argmin(1, keepdim=True)
    return (nearest == torch.arange(len(modes))).double().mean(0)


def draw_shares(shares: Callable):
    figure, ax = plt.subplots(figsize=(6, 2.6), layout="constrained")
    found = torch.as_tensor(shares(fakes(4000), RING.modes))
    ax.bar(range(8), found.tolist(), color=FAKE)
    ax.axhline(1 / 8, color=REAL, ls="--", label="the data: 1/8 each")
    ax.set(xlabel="mode of the ring", ylabel="share of the fakes", ylim=(0, 0.25), title="G after 300 rounds")
    ax.legend()
    plt.close(figure)
    return figure


def heaps(counts: list[int], seed: int, spread: float = 0.3) -> tuple[Tensor, Tensor]:
    """Points near modes at unlike distances from 0, so many near each, none near some; a few scattered ones."""
    rng = seeded(seed)
    modes = 3 * torch.randn(len(counts), 2, generator=rng, dtype=torch.float64)
    modes[torch.tensor(counts) == 0] *= 6
    centres = modes.repeat_interleave(torch.tensor(counts), 0)
    x = centres + spread * torch.randn(len(centres), 2, generator=rng, dtype=torch.float64)
    return torch.cat([x, 3 * torch.randn(6, 2, generator=rng, dtype=torch.float64)]), modes


def near_only(x: Tensor, modes: Tensor) -> Tensor:
    """How many samples within three standard deviations of the ring's modes each mode has."""
    distance, nearest = torch.cdist(x, modes).min(1)
    return nearest[distance < 0.3].bincount(minlength=len(modes))


shares = Exercise(
    number="03.1",
    level="complete",
    minutes=5,
    solutions=(solve_shares, solve_shares_by_comparison),
    inputs=lambda: [heaps([9, 0, 4, 17, 0], 3), heaps([5, 8, 0], 7, 1.5), heaps([0, 30, 2, 9, 0, 0, 0, 0], 10)],
    mistakes=(
        (
            lambda x, modes: (c := torch.cdist(x, modes).argmin(1).bincount()) / c.sum(),
            "the list ends with the last mode that is visited. Those after it are modes, too, and their share is 0.",
            "What does bincount do with numbers that never come? Look for its minlength.",
        ),
        (
            lambda x, modes: torch.cdist(x, modes).argmin(1).unique(return_counts=True)[1] / len(x),
            "modes that nobody visits are left out, so nobody can tell which number belongs to which mode.",
        ),
        (
            lambda x, modes: torch.cdist(x, modes).argmin(1).bincount(minlength=len(modes)),
            "these are numbers of samples. A share is a part of them all.",
        ),
        (
            lambda x, modes: torch.cdist(x, modes).argmin(1).bincount(minlength=len(modes)) / len(modes),
            "the numbers of samples are divided by the number of modes. A share is a part of all samples.",
        ),
        (
            lambda x, modes: torch.cdist(x, modes).argmax(1).bincount(minlength=len(modes)) / len(x),
            "each sample is counted for the mode that is farthest from it.",
        ),
        (
            lambda x, modes: torch.cdist(x, modes).argmin(0),
            "this is for each mode the nearest sample. Ask for each sample which mode is nearest.",
        ),
        (
            lambda x, modes: torch.cdist(x, modes).argmin(0) / len(x),
            "this is for each mode the number of its nearest sample, divided by N. Ask for each sample which mode is "
            "nearest, and count.",
        ),
        (
            lambda x, modes: (x[:, None] - modes).sum(2).abs().argmin(1).bincount(minlength=len(modes)) / len(x),
            "the differences of the two coordinates are added up before their size is taken, and may cancel.",
        ),
        (
            lambda x, modes: (
                nn.functional.cosine_similarity(x[:, None], modes, dim=2).argmax(1).bincount(minlength=len(modes))
                / len(x)
            ),
            "only directions as seen from 0 are compared. That is enough on the ring alone.",
        ),
        (
            lambda x, modes: near_only(x, modes) / len(x),
            "samples that are on no mode are left out, so the sum is not 1. They belong to their nearest mode, too.",
        ),
        (
            lambda x, modes: near_only(x, modes) / near_only(x, modes).sum(),
            "samples that are on no mode are left out. They belong to their nearest mode, too.",
        ),
        (
            lambda x, modes: torch.histc(torch.cdist(x, modes).argmin(1).double(), len(modes)) / len(x),
            "histc without limits spreads its bins from the smallest to the largest number that comes: they are no "
            "longer the modes. Give it 0 and K.",
        ),
        (
            lambda x, modes: torch.cdist(x, modes).argmin(1),
            "this is the nearest mode of each sample. Now count how often each mode comes.",
        ),
        (
            lambda x, modes: (x @ modes.T).argmax(1).bincount(minlength=len(modes)) / len(x),
            "the largest product is the nearest mode only where all modes are equally far from 0, as on the ring.",
        ),
        (
            lambda x, modes: torch.cdist(x, modes, p=1).argmin(1).bincount(minlength=len(modes)) / len(x),
            "this measures distance along the axes. The straight one is asked for.",
        ),
        (
            lambda x, modes: (x[:, :1] - modes[:, 0]).abs().argmin(1).bincount(minlength=len(modes)) / len(x),
            "only the first coordinate is compared.",
        ),
        (
            lambda x, modes: torch.cdist(x, modes).mean(0),
            "this is the mean distance to each mode. Asked is for how many samples it is the nearest.",
        ),
        (
            lambda x, modes: (-torch.cdist(x, modes)).softmax(1).mean(0),
            "each sample is divided between the modes here. It belongs to the nearest one as a whole.",
        ),
        (
            lambda x, modes: (c := torch.cdist(x, modes).argmin(1).bincount(minlength=len(modes))) / c.max(),
            "these are parts of the fullest mode. A share is a part of all samples, and all shares add up to 1.",
        ),
        (
            lambda x, modes: torch.cdist(x, modes).argmin(1).bincount(minlength=len(modes)).double().softmax(0),
            "softmax makes parts of exponentials. A share is a plain part: the number of samples over the number of "
            "all.",
        ),
        (
            lambda x, modes: solve_shares(x.abs(), modes.abs()),
            "the signs of the coordinates are dropped, so modes on opposite sides of 0 become near.",
        ),
        (lambda x, modes: solve_shares(x, modes).round(decimals=1), "the shares are rounded to tenths."),
    ),
    hints=(
        "torch.cdist(x, modes) is the table of all distances, (N, K). argmin along which dimension says the nearest "
        "mode?",
        "bincount counts how often 0, 1, 2, ... come; minlength=K makes it K long.",
    ),
    insight="Precision, “the share on a mode”, is blind to this: a G that serves one mode of eight can have 100 % of "
    "its fakes on a mode. Equal shares are no proof either: 08 measures both sides.",
    reward=draw_shares,
)


# 03.2


def solve_energy_distance(x: Tensor, y: Tensor) -> Tensor:
    # pairs of a point with itself are at distance 0 and do not count: N (N - 1) pairs are left
    between = torch.cdist(x, y).mean()
    within = sum(torch.cdist(s, s).sum() / (len(s) * (len(s) - 1)) for s in (x, y))
    return 2 * between - within


def solve_energy_distance_by_pdist(x: Tensor, y: Tensor) -> Tensor:
    # pdist has each pair of different points once
    return 2 * torch.cdist(x, y).mean() - nn.functional.pdist(x).mean() - nn.functional.pdist(y).mean()


def some_distance(
    two: float = 2.0,
    f: Callable = lambda d: d,
    pairs: Callable = lambda n: n * (n - 1),
    x_part: float | Callable = 1.0,
    y_part: float | Callable = 1.0,
) -> Callable:
    def distance(x: Tensor, y: Tensor) -> Tensor:
        xy, xx, yy = (f(torch.cdist(a, b)) for a, b in ((x, y), (x, x), (y, y)))
        x_times, y_times = (part(len(s)) if callable(part) else part for part, s in ((x_part, x), (y_part, y)))
        return two * xy.mean() - x_times * xx.sum() / pairs(len(x)) - y_times * yy.sum() / pairs(len(y))

    return distance


def biased_within(s: Tensor) -> Tensor:
    return torch.cdist(s, s).mean()


BIASED = some_distance(pairs=lambda n: n * n)


def mean_distance(distance: Callable, n: int, repeats: int = 200) -> float:
    """On average over pairs of sets of n samples of one distribution, N(0, I) in the plane."""
    rng = seeded(n)
    draws = torch.randn(repeats, 2, n, 2, generator=rng, dtype=torch.float64)
    return sum(float(distance(x, y)) for x, y in draws) / repeats


def draw_bias(distance: Callable):
    sizes = [3, 5, 10, 20, 50]
    figure, ax = plt.subplots(figsize=(6.5, 2.8), layout="constrained")
    ax.plot(sizes, [mean_distance(BIASED, n) for n in sizes], "o-", color="0.6", label="with each point and itself")
    ax.plot(sizes, [mean_distance(distance, n) for n in sizes], "ks--", label="yours")
    ax.axhline(0, color="k", lw=0.5)
    ax.set(xlabel="samples in each set, all of one distribution", ylabel="mean of 200", ylim=(-0.3, 1.3))
    ax.set_xticks(sizes, sizes)
    ax.legend(title="energy distance")
    plt.close(figure)
    return figure


def two_sets(n: int, m: int, seed: int, shift: float, scale: float) -> tuple[Tensor, Tensor]:
    rng = seeded(seed)
    x, y = (torch.randn(k, 2, generator=rng, dtype=torch.float64) for k in (n, m))
    return x, shift + scale * y


energy_distance = Exercise(
    number="03.2",
    level="repair",
    minutes=6,
    solutions=(solve_energy_distance, solve_energy_distance_by_pdist),
    derivation="Of the N² entries of the table N are a point with itself, at distance 0. The mean over all entries is "
    "(1 − 1/N) times that of the other pairs: too small by E|x − x'| / N on average, for each set.",
    inputs=lambda: [two_sets(30, 40, 0, 0.0, 1.0), two_sets(2, 3, 1, 1.0, 0.5), two_sets(9, 5, 2, -0.5, 2.0)],
    mistakes=(
        (
            BIASED,
            "two sets of samples of one distribution are apart by your distance, the more so the smaller they are. "
            "On average it should be 0.",
            "Print torch.cdist(x, x) for three points. Which of its entries are no pair of two samples?",
        ),
        (
            some_distance(x_part=0, y_part=0),
            "this is twice the mean distance between the sets. Take away what is usual within each.",
        ),
        (
            some_distance(1, x_part=0, y_part=0),
            "this is the mean distance between the sets. Take away what is usual within each, and weigh them right.",
        ),
        (some_distance(1), "the distance between the sets must count twice."),
        (
            some_distance(pairs=lambda n: n * (n - 1) / 2),
            "each pair stands twice in the table of cdist, as (i, j) and as (j, i); yours is divided by N (N − 1) / 2.",
        ),
        (
            some_distance(pairs=lambda n: 2 * n * (n - 1)),
            "the distances within the sets count only half.",
        ),
        (some_distance(f=torch.square), "with squared distances only the means of the two distributions count."),
        (some_distance(x_part=2, y_part=0), "x is taken away twice, and y not at all."),
        (some_distance(x_part=0, y_part=2), "y is taken away twice, and x not at all."),
        (some_distance(y_part=0), "what is usual within y is missing."),
        (some_distance(x_part=0), "what is usual within x is missing."),
        (some_distance(x_part=-1, y_part=-1), "the distances within the sets are added. They are taken off."),
        (some_distance(pairs=lambda n: n - 1), "the sum over all pairs is divided by N − 1 only. There are N (N − 1)."),
        (some_distance(pairs=lambda n: n), "the sum over all pairs is divided by N only. How many pairs are there?"),
        (
            lambda x, y: 2 * torch.cdist(x, y).mean() - nn.functional.pdist(x).sum() - nn.functional.pdist(y).sum(),
            "the distances within the sets are summed. Each of the three expectations is a mean.",
        ),
        (
            lambda x, y: (
                2 * torch.cdist(x, y, p=1).mean()
                - sum(torch.cdist(s, s, p=1).sum() / (len(s) * (len(s) - 1)) for s in (x, y))
            ),
            "this measures distances along the axes. The straight ones are asked for.",
        ),
        (
            some_distance(pairs=lambda n: (n - 1) ** 2),
            "N (N − 1) pairs are left, not (N − 1)²: each of N points has N − 1 others.",
        ),
        (
            lambda x, y: solve_energy_distance(x, y).abs(),
            "the size is right, but the sign is lost. For samples of one distribution it must be 0 on average: "
            "without the sign their mean is not 0.",
        ),
        (
            lambda x, y: solve_energy_distance(x, y).clamp(min=0),
            "what is below 0 is cut off. For samples of one distribution it is 0 on average, so the mean is too large.",
        ),
        (
            lambda x, y: solve_energy_distance(x, y).clamp(min=0).sqrt(),
            "this is the root. What lies below 0 has none, and on average it is no longer 0.",
        ),
        (
            some_distance(y_part=lambda n: (n - 1) / n),
            "x is mended, y is not: its points are still compared with themselves.",
        ),
        (
            some_distance(x_part=lambda n: (n - 1) / n),
            "y is mended, x is not: its points are still compared with themselves.",
        ),
        (
            lambda x, y: (
                2 * torch.cdist(x, y).mean()
                - (torch.cdist(x, x).sum() + torch.cdist(y, y).sum()) / (len(x) * (len(x) - 1))
            ),
            "both sums are divided by N (N − 1). y has M samples.",
        ),
        (
            lambda x, y: (
                2 * torch.cdist(x, y).mean()
                - torch.cdist(x, x).sum() / (len(x) * (len(y) - 1))
                - torch.cdist(y, y).sum() / (len(y) * (len(x) - 1))
            ),
            "N and M are mixed: of x there are N (N − 1) pairs, of y M (M − 1).",
        ),
        (
            lambda x, y: 2 * torch.cdist(x, y).fill_diagonal_(0).mean() - biased_within(x) - biased_within(y),
            "the table of x and y loses its diagonal. There x_i meets y_i, two different samples; within each set a "
            "sample meets itself.",
        ),
        (
            lambda x, y: 2 * torch.cdist(x, y).mean() - 10 / 9 * (biased_within(x) + biased_within(y)),
            "10/9 is right for 10 samples. These sets have other sizes.",
        ),
        (
            lambda x, y: 2 * torch.cdist(x, y).mean() - 2 * nn.functional.pdist(torch.cat([x, y])).mean(),
            "both sets are thrown together before the distances within are taken. Each set has its own.",
        ),
        (
            lambda x, y: 2 * (x.mean(0) - y.mean(0)).norm(),
            "this is twice the distance of the two means. Distributions can differ and have one mean.",
        ),
        (
            lambda x, y: (
                2 * (x[: len(y)] - y[: len(x)]).norm(dim=1).mean()
                - nn.functional.pdist(x).mean()
                - nn.functional.pdist(y).mean()
            ),
            "between the sets only x_i and y_i are compared. The mean goes over all pairs.",
        ),
        (
            lambda x, y: (x.mean(0) - y.mean(0)).norm(),
            "this is the distance of the two means. Distributions can differ and have one mean.",
        ),
        (
            lambda x, y: (
                2 * torch.cdist(x, y).sum() / (len(x) * (len(y) - 1))
                - nn.functional.pdist(x).mean()
                - nn.functional.pdist(y).mean()
            ),
            "between the sets no sample meets itself: all N M pairs count there.",
        ),
        (
            lambda x, y: 2 * torch.cdist(x, y).median() - nn.functional.pdist(x).mean() - nn.functional.pdist(y).mean(),
            "between the sets the median is taken. An expectation is estimated by a mean.",
        ),
        (
            some_distance(pairs=lambda n: n * n - 1),
            "N² − 1 leaves out one entry of the table. How many samples meet themselves in it?",
        ),
        (
            lambda x, y: 2 * torch.cdist(x, y).mean() - torch.cdist(x, x).sum() / 870 - torch.cdist(y, y).sum() / 1560,
            "870 and 1560 are the pairs of 30 and of 40 samples. These sets have other sizes.",
        ),
        (
            lambda x, y: (
                2 * torch.cdist(x, y).mean()
                - (torch.cdist(x, x).sum() + torch.cdist(y, y).sum()) / (len(x) * (len(x) - 1) + len(y) * (len(y) - 1))
            ),
            "the pairs within x and within y are put into one mean. There are two, and both are taken away.",
        ),
    ),
    hints=(
        "torch.cdist(x, x) holds N × N distances. How many of them are of two different samples?",
        "The N on the diagonal are 0, so the sum is right as it is. Only what it is divided by is wrong.",
    ),
    prediction=(
        "what the biased distance says on average of two sets of 10 samples of one normal distribution, N(0, I) in the "
        "plane",
        lambda: 2 * math.sqrt(math.pi) / 10,
    ),
    insight="It was too large by 2 E|x − x'| / n: 0.35 for 10 points of N(0, I) in the plane. For the 1,000 points of "
    "section 9 that would be some 0.0026, while the settings of section 2 come to 0.006 there, the median of eight "
    "seeds: the error would be about two fifths of what is measured.",
    reward=draw_bias,
)


# 03.3


def solve_push(D, x: Tensor, cost) -> Tensor:
    # each fake's cost depends on its own place alone, so the gradient of the sum holds all of them
    x = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad(cost(D(x)).sum(), x)
    return -slope


def solve_push_one_by_one(D, x: Tensor, cost) -> Tensor:
    slope = torch.func.grad(lambda one: cost(D(one[None])).sum())
    return -torch.stack([slope(one) for one in x])


def slopes(f: Callable, over: Callable = torch.sum) -> Callable:
    """A push that derives something else than the sum of the costs."""

    def push(D, x: Tensor, cost) -> Tensor:
        x = x.clone().requires_grad_()
        return torch.autograd.grad(over(f(D(x), cost)), x)[0]

    return push


def draw_push(push: Callable):
    players, (real,) = young_pair(), RING(200, seeded(2))
    x = fakes(120)
    figure, axes = plt.subplots(1, 2, figsize=(8, 3.8), sharey=True, layout="constrained")
    for ax, name in zip(axes, ("non-saturating", "minimax"), strict=True):
        show_plane(ax, real, x, players.D)
        show_arrows(ax, x, torch.as_tensor(push(players.D, x, OBJECTIVES[name].cost)), scale=0.3)
        ax.set_title(name)
        ax.get_legend().remove()
    plt.close(figure)
    return figure


def steep(width: int, depth: int = 1) -> nn.Module:
    D = MLPDiscriminator(2, (width,) * depth)
    with torch.no_grad():
        for w in D.parameters():
            w *= 3  # scores that are not all near 0
    return D


push = Exercise(
    number="03.3",
    level="derive",
    minutes=6,
    solutions=(solve_push, solve_push_one_by_one),
    derivation="cost(t_1) + ... + cost(t_N), t_k the score of x_k: only the k-th term holds x_k, so the gradient of "
    "the sum in x_k is that of the k-th cost.",
    inputs=lambda: [
        (steep(16), torch.randn(20, 2, generator=seeded(0)), NonSaturating().cost),
        (steep(9, 2).eval(), 2 * torch.randn(5, 2, generator=seeded(1)), Minimax().cost),
        (steep(6), torch.randn(1, 2, generator=seeded(2)), LeastSquares().cost),
    ],
    mistakes=(
        (slopes(lambda t, cost: cost(t)), "these arrows point up the cost. A fake should go down."),
        (
            slopes(lambda t, cost: -cost(t), torch.mean),
            "every arrow is too short by the number of fakes: the gradient of a mean holds a factor 1/N.",
        ),
        (
            slopes(lambda t, cost: cost(t), torch.mean),
            "these arrows point up the cost, and are too short by the number of fakes.",
        ),
        (slopes(lambda t, cost: t), "these are the slopes of D's score. G feels each times the pull of its cost."),
        (slopes(lambda t, cost: t.sigmoid()), "these are the slopes of the probability D, not of the cost."),
        (slopes(lambda t, cost: -cost(t.sigmoid())), "a sigmoid stands before the cost. The cost takes scores."),
        (
            slopes(lambda t, cost: -cost(t.detach()) * t),
            "D's slope is multiplied by minus the cost. The pull is minus the slope of the cost.",
        ),
        (slopes(lambda t, cost: -cost(-t)), "the scores have the wrong sign before they go into the cost."),
        (
            slopes(lambda t, cost: t.sigmoid().log()),
            "these are the arrows for −log D. Another cost may be given.",
        ),
        (
            lambda D, x, cost: x + solve_push(D, x, cost),
            "these are the places where the arrows end. Asked are the arrows.",
        ),
        (
            lambda D, x, cost: nn.functional.normalize(solve_push(D, x, cost)),
            "the directions are right, and all arrows are of length 1. How far, depends on the cost.",
        ),
        (
            lambda D, x, cost: solve_push(D, x, cost).norm(dim=1),
            "these are the lengths of the arrows. Asked are the arrows.",
        ),
        (
            lambda D, x, cost: solve_push(D, x, cost).sum(0),
            "the arrows are added up. Each fake has its own.",
        ),
        (
            lambda D, x, cost: solve_push(D, x, cost).mean(0).expand_as(x),
            "all fakes get the same arrow, the mean of all. Each has its own.",
        ),
        (lambda D, x, cost: torch.zeros_like(x), "all arrows are 0. Is x detached after D was asked?"),
        (
            slopes(lambda t, cost: -cost(t), torch.min),
            "only the fake with the highest cost has an arrow. Each has its own.",
        ),
        (
            slopes(lambda t, cost: -cost(t.mean())),
            "this is the cost of the mean score. Each fake has a score, and a cost, of its own.",
        ),
        (
            slopes(lambda t, cost: -len(t) * cost(t.mean())),
            "the scores are averaged before the cost, so all fakes feel one pull. Each has a cost of its own.",
        ),
    ),
    hints=(
        "The arrow is minus the gradient of the cost of x's score with respect to x: torch.autograd.grad(..., x).",
        "x must require a gradient, and the thing to derive must be one number. Does a sum of the costs, or a mean, "
        "leave each fake its own gradient?",
    ),
    insight="One backward pass for all fakes, for none of them is in another one's cost. With BatchNorm in D "
    "(in train mode) that would be wrong: there a fake changes the scores of others.",
    reward=draw_push,
)


# 03.4


def steep_G(widths: tuple[int, ...]) -> nn.Module:
    G = MLPGenerator(2, 2, widths)
    with torch.no_grad():
        for w in G.parameters():
            w *= 2
    return G


def flat_G(widths: tuple[int, ...]) -> nn.Module:
    """Small factors, and a sheet that is turned by some angle."""
    G = MLPGenerator(2, 2, widths)
    with torch.no_grad():
        for w in G.parameters():
            w *= 1.4
    return G


def jacobians(G, z: Tensor) -> Tensor:
    """dx_i / dz_j for each latent: (N, 2, 2)."""
    z = z.detach().requires_grad_()
    x = G(z)
    rows = [torch.autograd.grad(x[:, k].sum(), z, retain_graph=True)[0] for k in range(x.shape[1])]
    return torch.stack(rows, 1)


def solve_stretch(G, z: Tensor) -> Tensor:
    # a row of the Jacobian for each coordinate of x; each latent moves its own x alone, so sums do no harm
    z = z.detach().requires_grad_()
    x = G(z)
    (a, b), (c, d) = (torch.autograd.grad(x[:, k].sum(), z, retain_graph=True)[0].T for k in (0, 1))
    return (a * d - b * c).abs()  # the area of the parallelogram that a unit square becomes


def solve_stretch_by_vmap(G, z: Tensor) -> Tensor:
    J = torch.func.vmap(torch.func.jacrev(lambda one: G(one[None])[0]))(z)
    return torch.linalg.det(J).abs().detach()


def some_stretch(of: Callable) -> Callable:
    return lambda G, z: of(jacobians(G, z))


def draw_stretch(stretch: Callable):
    G, z = young_pair().G, torch.randn(3000, 2, generator=seeded(3))
    area = torch.as_tensor(stretch(G, z)).detach().double()
    with torch.no_grad():
        x = G(z)
    on = torch.cdist(x, RING.modes).min(1).values < 3 * RING.std
    figure, ax = plt.subplots(figsize=(5.4, 4.2), layout="constrained")
    dots = ax.scatter(*x.T.numpy(), s=4, c=area.clamp(min=1e-3).log10().numpy(), cmap="viridis", vmin=-3, vmax=1)
    figure.colorbar(dots, label="log₁₀ of your factor")
    title = f"median factor on a mode {area[on].median():.2f}, between {area[~on].median():.2f}"
    ax.set(xlim=(-1.5, 1.5), ylim=(-1.5, 1.5), aspect="equal", xlabel="$x_1$", ylabel="$x_2$", title=title)
    plt.close(figure)
    return figure


stretch = Exercise(
    number="03.4",
    level="build",
    minutes=12,
    solutions=(solve_stretch, solve_stretch_by_vmap),
    inputs=lambda: [
        (steep_G((16,)), torch.randn(9, 2, generator=seeded(0))),
        (steep_G((8, 8)), 2 * torch.randn(6, 2, generator=seeded(1))),
        (steep_G((5,)), torch.randn(1, 2, generator=seeded(2))),
        (flat_G((7, 5)), torch.randn(30, 2, generator=seeded(6))),
    ],
    mistakes=(
        (
            some_stretch(lambda J: J.det()),
            "the sizes are right, but some are negative. There the sheet lies upside down; an area is never below 0.",
        ),
        (some_stretch(lambda J: J.det().square()), "this is the square of the factor."),
        (
            some_stretch(lambda J: 1 / J.det().abs()),
            "it is upside down: this is by how much samples get denser, not by how much the sheet gets larger.",
        ),
        (some_stretch(lambda J: J.det().abs().sqrt()), "this is the root of the factor, a mean stretch of lengths."),
        (some_stretch(lambda J: J.det().abs().log()), "this is the logarithm of the factor."),
        (
            some_stretch(lambda J: J.flatten(1).norm(dim=1)),
            "this is how long the entries of the Jacobian are together. A sheet that is stretched one way and pressed "
            "the other may keep its area.",
        ),
        (
            some_stretch(lambda J: J.flatten(1).square().sum(1)),
            "these are the squares of all slopes. An area takes a determinant.",
        ),
        (
            some_stretch(lambda J: torch.linalg.matrix_norm(J, 2)),
            "this is the largest stretch of a length. An area is stretched by both directions together.",
        ),
        (
            some_stretch(lambda J: torch.linalg.matrix_norm(J, -2)),
            "this is the smallest stretch of a length. An area is stretched by both directions together.",
        ),
        (
            some_stretch(lambda J: torch.linalg.svdvals(J).sum(1)),
            "the stretches of the two directions are added. For an area they are multiplied.",
        ),
        (
            some_stretch(lambda J: J.norm(dim=2).prod(1)),
            "the lengths of the two rows are multiplied, as if they stood at a right angle.",
        ),
        (
            some_stretch(lambda J: J.norm(dim=1).prod(1)),
            "the lengths of the two sides are multiplied. Only at a right angle is that the area.",
        ),
        (
            some_stretch(lambda J: (J[:, 0, 0] * J[:, 1, 1]).abs()),
            "this is the product of the diagonal. The other two entries count, too.",
        ),
        (
            some_stretch(lambda J: (J[:, 0, 0] * J[:, 1, 1] + J[:, 0, 1] * J[:, 1, 0]).abs()),
            "the second product of a determinant is taken off, not added.",
        ),
        (
            some_stretch(lambda J: torch.linalg.eigvals(J).real.prod(1).abs()),
            "the real parts of the eigenvalues are multiplied. Where the sheet is turned, they may be complex.",
        ),
        (
            some_stretch(lambda J: (J[:, 0, 0] + J[:, 1, 1]).abs()),
            "this is the trace of the Jacobian, not its determinant.",
        ),
        (
            some_stretch(lambda J: J.sum(1).norm(dim=1)),
            "the two coordinates of x are added up before the gradient. Each needs a gradient of its own.",
        ),
        (
            some_stretch(lambda J: J.det().abs().mean()),
            "this is the mean of all factors. Each latent has its own.",
        ),
        (some_stretch(lambda J: J), "these are the Jacobians. The factor is the size of their determinant."),
        (
            lambda G, z: jacobians(G, z.mean(0, keepdim=True)).det().abs().expand(len(z)),
            "this is the factor at the mean of the latents, for all of them. Each has its own.",
        ),
        (
            lambda G, z: jacobians(G, z[:1]).det().abs().expand(len(z)),
            "this is the factor at the first latent, for all of them. Each has its own.",
        ),
        (
            some_stretch(lambda J: J.det().relu()),
            "where the sheet lies upside down, this says 0. There, too, a square keeps some area.",
        ),
        (
            some_stretch(lambda J: J.abs().det()),
            "the sizes of the four slopes are taken before the determinant. Take the size of the determinant.",
        ),
        (
            some_stretch(lambda J: torch.linalg.eigvals(J).abs().amax(1)),
            "this is the size of the largest eigenvalue. An area takes both directions.",
        ),
        (
            lambda G, z: (G(z).norm(dim=1) / z.norm(dim=1)).detach(),
            "this compares how far x and z are from 0. No slope is in it.",
        ),
    ),
    hints=(
        "A small square of latents becomes a parallelogram. Its sides are the columns of the Jacobian, and its area "
        "is the size of the determinant.",
        "x[:, 0].sum() and x[:, 1].sum(), each by torch.autograd.grad in z, give the two rows for all latents at "
        "once. The first call needs retain_graph=True.",
    ),
    insight="q(x) is the density of z divided by this factor (added up over all z that land on x). So threads are thin "
    "where the sheet is steep: the title compares the factor on the modes and between them.",
    reward=draw_stretch,
)


# 03.5

a_face = Open(
    number="03.5",
    minutes=20,
    outline="""A face: two eyes, a tenth of the samples each, and a mouth of eight modes, all with the standard
deviation 0.08; {steps} steps, seeds 0 to 4. A part counts as lost if it gets less than a quarter of its share of the
fakes, within three standard deviations.

Runs that found all of the face, of {seeds}: {plain} with the settings of section 2, {slow} with a learning rate of D
ten times smaller, {small} with a D of width 8. (On another machine the slow D found all of it twice: such counts differ
between machines.) So the slow D, the worst row of section 9, sometimes finds what the others do not. Whether it suits
the face better than the settings of section 2, five seeds cannot say. The mouth was never lost.

The sheet fails in two ways. In {far} of {parts} lost eyes it does not come there at all: the nearest point of a fine
grid of latents in [-2.5, 2.5]² lies farther off than three standard deviations. In the others it reaches the eye, but
with a thread: fewer than one in 40 latents land there.

Not shown: whether more steps would find the eyes. A good answer draws the sheet of both seeds side by side.""",
)


recall = Recall(
    (
        "D stands still, and G alone goes on learning for a long time. What becomes of the fakes?",
        [
            ("They come to follow the data ever better.", "Nothing tells G about the data but D, and D has stopped."),
            (
                "They heap up where D's score is highest.",
                "Yes: G's cost asks of each fake how real it looks, and nothing asks for variety.",
            ),
            (
                "They stay where they are, for the game is over.",
                "As long as D has a slope where they are, they are pushed.",
            ),
        ],
        1,
        "Against a D that stands still one point on its highest hill is the best that G can do: the seed of mode "
        "collapse.",
    ),
    (
        "One D, two costs whose pull is positive. How do the arrows of one fake differ?",
        [
            ("in direction and in length", "The direction is that of D's slope, for each such cost."),
            ("in direction only", "The other way round: the cost changes how long the arrow is."),
            ("in length only", "Yes: the arrow is pull times slope of t, and the pull is a number."),
        ],
        2,
        "−cost'(t) ∇t(x): the first factor is a number that depends on the cost, the second belongs to D.",
    ),
    (
        "From 02: the loss curves are flat, at −log 4 and log 2. What does that say?",
        [
            (
                "This D earns no more than one that always says ½. About q it says nothing.",
                "Yes: a better D might tell real and fake apart at once.",
            ),
            (
                "G has reached the data.",
                "Then they would be flat, too; but also with a D that is too weak or too slow.",
            ),
            ("Learning has stopped, so the rates are too small.", "The players may be moving as fast as ever."),
        ],
        0,
        "V + log 4 is a lower bound of 2 JSD(p, q), good only if D is good. In this notebook heaps and rings alike had "
        "−1.38.",
    ),
)
