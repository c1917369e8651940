"""The exercises of notebook 05."""

import math
from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from ..distributions import GaussianMixture, ring
from ..metrics import mode_coverage
from ..networks import MLPDiscriminator
from ..penalties import squared_slope
from . import Exercise, Open, Recall
from .inputs import numbers
from .running import after_a_turn

# 05.1


def solve_count(x: Tensor, modes: Tensor, std: float) -> tuple[int, float]:
    distance, nearest = torch.cdist(x, modes).min(1)
    good = distance < 3 * std
    # a mode is covered if it is the nearest one of a good sample
    return len(nearest[good].unique()), good.double().mean().item()


def solve_count_by_loop(x: Tensor, modes: Tensor, std: float) -> tuple[int, float]:
    covered = set()
    good = 0
    for point in x:
        distances = (modes - point).square().sum(1).sqrt().tolist()
        nearest = min(range(len(modes)), key=distances.__getitem__)
        if distances[nearest] < 3 * std:
            covered.add(nearest)
            good += 1
    return len(covered), good / len(x)


def counter(
    radius: Callable = lambda distance, std: distance < 3 * std,
    covered: Callable = lambda nearest, good, d: len(nearest[good].unique()),
    share: Callable = lambda good, d: good.double().mean().item(),
) -> Callable:
    """A wrong count: what is good, and what is made of it."""

    def wrong(x, modes, std):
        d = torch.cdist(x, modes)
        distance, nearest = d.min(1)
        good = radius(distance, std)
        return covered(nearest, good, radius(d, std)), share(good, radius(d, std))

    return wrong


def in_box(x, modes, std):
    nearest = torch.cdist(x, modes).argmin(1)
    good = ((x - modes[nearest]).abs() < 3 * std).all(1)
    return len(nearest[good].unique()), good.double().mean().item()


def counter_by(measure: Callable) -> Callable:
    """A wrong distance, of the differences (N, K, d)."""

    def wrong(x, modes, std):
        distance, nearest = measure(x[:, None] - modes).min(1)
        good = distance < 3 * std
        return len(nearest[good].unique()), good.double().mean().item()

    return wrong


def by_product(x, modes, std):
    nearest = (x @ modes.T).argmax(1)
    good = (x - modes[nearest]).norm(dim=1) < 3 * std
    return len(nearest[good].unique()), good.double().mean().item()


def samples_of_modes() -> list[tuple]:
    cases = []
    for k, (n, d, modes, std) in enumerate(((200, 2, 8, 0.05), (90, 2, 5, 0.3), (140, 3, 12, 0.12))):
        rng = torch.Generator().manual_seed(k)
        centres = torch.randn(modes, d, generator=rng, dtype=torch.float64)
        centres[1] = centres[0] + 2 * std / d**0.5  # two modes lie close together
        if k == 2:
            centres[2] = centres[0] - 2 * std / d**0.5
        which = torch.randint(0, modes - 2, (n,), generator=rng)  # the last two get nothing of their own
        which[(which == 1) | (which == 2) & (k == 2)] = 0
        noise = std * torch.randn(n, d, generator=rng, dtype=torch.float64) * (1 + 2 * torch.rand(n, 1, generator=rng))
        x = centres[which] + noise
        x[::7] = 2 * torch.randn(len(x[::7]), d, generator=rng, dtype=torch.float64)  # and some lie anywhere
        nearest = torch.cdist(x, centres).argmin(1)  # none is nearest to the second one
        x = x[(nearest != 1) & ((nearest != 2) | (k < 2))]
        x[3] = centres[-1] + 5 * std / d**0.5  # a poor one beside a mode that has no other
        order = torch.randperm(modes, generator=rng).tolist()
        if k == 0:  # neither the first one is covered nor the last
            order = [modes - 2, *torch.randperm(modes - 2, generator=rng).tolist(), modes - 1]
        cases.append((x, centres[order], std))
    return cases


def use_count(count: Callable) -> str:
    from ..experiments import n05_plane as plane

    runs = [run for run in plane.records.load(plane.RESULTS) if run["row"] == "ours"]
    lines = ["Your count on 400 shipped samples of each run of our recipe, seeds 0 to 4:"]
    for name, data in plane.DISTRIBUTIONS.items():
        found = [
            count(torch.tensor(run["x"]), data.modes, data.std)
            for run in sorted(runs, key=lambda run: run["seed"])
            if run["distribution"] == name
        ]
        lines.append(f"{name}: " + ", ".join(f"{int(k)} modes, {float(share):.0%}" for k, share in found))
    return "\n".join(lines)


count_modes = Exercise(
    number="05.1",
    level="complete",
    minutes=5,
    solutions=(solve_count, solve_count_by_loop, lambda x, modes, std: tuple(mode_coverage(modes, std, x))),
    parts=("covered", "share"),
    inputs=samples_of_modes,
    mistakes=(
        (
            counter(covered=lambda nearest, good, d: len(nearest.unique())),
            "a mode is covered only by samples of high quality. A poor one that lies nearest to it is not enough.",
        ),
        (
            counter(covered=lambda nearest, good, d: int(d.any(0).sum())),
            "a sample covers the mode that is nearest to it, and no second one.",
        ),
        (
            counter(covered=lambda nearest, good, d: int(good.sum())),
            "`covered` counts the good samples. It should count the modes that have one.",
        ),
        (
            counter(covered=lambda nearest, good, d: d.shape[1]),
            "all modes are counted, covered or not.",
        ),
        (counter(share=lambda good, d: 1 - good.double().mean().item()), "this is the share of the poor samples."),
        (
            counter(radius=lambda distance, std: distance < 6 * std),
            "within six standard deviations. Three are asked for.",
        ),
        (
            counter(share=lambda good, d: (d.sum() / len(d)).item()),
            "a sample near to two modes is counted twice in the share.",
        ),
        (
            counter(radius=lambda distance, std: distance < std),
            "within one standard deviation. Three are asked for.",
        ),
        (
            counter(radius=lambda distance, std: distance < 2 * std),
            "within two standard deviations. Three are asked for.",
        ),
        (
            counter(radius=lambda distance, std: distance**2 < 3 * std),
            "the square of the distance is compared with 3 std. Take the distance itself.",
        ),
        (
            counter(radius=lambda distance, std: distance < 3 * std**2),
            "std is squared: a distance is compared with a variance.",
        ),
        (
            counter(radius=lambda distance, std: distance > 3 * std),
            "these are the samples outside, not within.",
        ),
        (
            lambda x, modes, std: solve_count(x, modes, std * x.shape[1] ** 0.5),
            "the distance is taken per coordinate, or the border times √d. Within 3 std of Euclidean distance is asked "
            "for, in any dimension.",
        ),
        (lambda x, modes, std: solve_count(x, modes, std**0.5), "the root of std is taken. It is no variance."),
        (
            counter_by(lambda difference: difference.abs().amax(-1)),
            "the distance is the largest difference of a coordinate. It is Euclidean.",
        ),
        (
            counter_by(lambda difference: difference.abs().sum(-1)),
            "the distance is a sum of absolute differences. It is Euclidean.",
        ),
        (
            counter(share=lambda good, d: (good.sum() / d.shape[1]).item()),
            "the good samples are divided by the number of modes. A share is of all samples.",
        ),
        (
            counter(share=lambda good, d: d.double().mean().item()),
            "this is the share of all pairs of a sample and a mode. A sample is good if its nearest mode is near.",
        ),
        (
            counter(covered=lambda nearest, good, d: len((nearest * good).unique())),
            "poor samples are counted as if mode 0 were theirs: False times an index is 0.",
        ),
        (
            counter(covered=lambda nearest, good, d: len(torch.where(good, nearest, -1).unique())),
            "the −1 of the poor samples is counted as a mode.",
        ),
        (
            counter(covered=lambda nearest, good, d: len(nearest[good].bincount())),
            "this is the largest index + 1 (so long is bincount's answer), not how many modes come.",
        ),
        (
            counter(covered=lambda nearest, good, d: int((nearest[good].bincount() > 1).sum())),
            "a mode counts from two samples on. One is enough.",
        ),
        (in_box, "each coordinate is within 3 std, a square. The distance is Euclidean: a circle."),
        (
            lambda x, modes, std: (solve_count(x, modes, std)[0] / len(modes), solve_count(x, modes, std)[1]),
            "`covered` is a number of modes; here it is divided by how many there are.",
        ),
        (
            lambda x, modes, std: (solve_count(x, modes, std)[0], solve_count(x, modes, std)[1] * len(x)),
            "`share` is a share of the samples; here it is their number.",
        ),
        (
            lambda x, modes, std: (solve_count(x, modes, std)[0], 100 * solve_count(x, modes, std)[1]),
            "`share` is in per cent. It should lie between 0 and 1.",
        ),
        (
            lambda x, modes, std: (len(modes) - solve_count(x, modes, std)[0], solve_count(x, modes, std)[1]),
            "these are the modes that are left out.",
        ),
        (
            lambda x, modes, std: (solve_count(x, modes, std)[0], solve_count(x, modes, std)[0] / len(modes)),
            "`share` is the share of good samples, not of covered modes.",
        ),
        (
            lambda x, modes, std: solve_count(x, modes, std)[::-1],
            "the two numbers are exchanged: first how many modes, then the share.",
        ),
        (
            counter(covered=lambda nearest, good, d: int(nearest[good].max())),
            "this is the largest index of a mode that comes, not how many come.",
        ),
        (
            counter(radius=lambda distance, std: distance < 3**0.5 * std),
            "within √3 standard deviations. Three are asked for, and a distance is no variance.",
        ),
        (
            by_product,
            "the mode with the largest product with a sample need not be the nearest one: a mode far from 0 has large "
            "products.",
        ),
    ),
    hints=(
        "`good` has an answer for each sample, (N,): is its `distance` below three standard deviations?",
        "good, as numbers 0 and 1, has the share as its mean. (nearest[good] are the nearest modes of the good "
        "samples, and unique() leaves each of them once.)",
    ),
    insight="One sample covers a mode: 2,476 of 2,500 in one mode and one in each of the 24 others count as 25 modes, "
    "all of high quality. That is why the notebook prints the poorest mode, too. (Modes drawn too narrow pass, too.)",
    reward=use_count,
)


# 05.2


def solve_turn_of_critic(
    D: nn.Module, opt_D: torch.optim.Optimizer, real: Tensor, fake: Tensor, u: Tensor, weight: float
) -> None:
    x = (u * real + (1 - u) * fake).requires_grad_()
    # create_graph keeps the way from D's weights to the slopes: without it the penalty is a constant for D
    (slopes,) = torch.autograd.grad(D(x).sum(), x, create_graph=True)
    penalty = weight * (slopes.flatten(1).norm(dim=1) - 1).square().mean()
    loss = D(fake).mean() - D(real).mean() + penalty
    opt_D.zero_grad()
    loss.backward()
    opt_D.step()


def solve_turn_of_critic_by_package(
    D: nn.Module, opt_D: torch.optim.Optimizer, real: Tensor, fake: Tensor, u: Tensor, weight: float
) -> None:
    s = squared_slope(D, torch.lerp(fake, real, u), [])  # the square of each slope's length
    opt_D.zero_grad()
    (weight * (s.sqrt() - 1).pow(2).mean() + (D(fake) - D(real)).mean()).backward()
    opt_D.step()


def critic(
    lengths: Callable = lambda slopes: slopes.flatten(1).norm(dim=1),
    charge: Callable = lambda lengths: (lengths - 1).square().mean(),
    where: Callable = lambda real, fake, u: u * real + (1 - u) * fake,
    earns: Callable = lambda real, fake: real.mean() - fake.mean(),
    of_scores: Callable = torch.sum,
    zero: bool = True,
    step: bool = True,
    create_graph: bool = True,
    factor: Callable = lambda weight: weight,
) -> Callable:
    """A wrong turn."""

    def wrong(D, opt_D, real, fake, u, weight):
        x = where(real, fake, u).detach().clone().requires_grad_()
        (slopes,) = torch.autograd.grad(of_scores(D(x)), x, create_graph=create_graph)
        loss = factor(weight) * charge(lengths(slopes)) - earns(D(real), D(fake))
        if zero:
            opt_D.zero_grad()
        loss.backward()
        if step:
            opt_D.step()

    return wrong


def critic_twice(*inputs):
    solve_turn_of_critic(*inputs)
    solve_turn_of_critic(*inputs)


@torch.no_grad()
def clip(D):
    for p in D.parameters():
        p.clamp_(-0.01, 0.01)


def critic_clipped(D, *inputs):
    solve_turn_of_critic(D, *inputs)
    clip(D)


def critic_resting(D, *inputs):
    solve_turn_of_critic(D.eval(), *inputs)


def critic_frozen(D, *inputs):
    solve_turn_of_critic(D, *inputs)
    D.requires_grad_(False)


def critic_in_two_steps(D, opt_D, real, fake, u, weight):
    solve_turn_of_critic(D, opt_D, real, fake, u, 0.0)
    critic(earns=lambda real, fake: torch.zeros(()))(D, opt_D, real, fake, u, weight)


def critic_by_hand(D, opt_D, real, fake, u, weight):
    critic(step=False)(D, opt_D, real, fake, u, weight)
    with torch.no_grad():
        for p in D.parameters():
            p -= opt_D.param_groups[0]["lr"] * p.grad


def critic_steep_in_weights(D, opt_D, real, fake, u, weight):
    score, weights = D(u * real + (1 - u) * fake).mean(), list(D.parameters())
    slope = torch.cat([s.flatten() for s in torch.autograd.grad(score, weights, create_graph=True)])
    opt_D.zero_grad()
    (D(fake).mean() - D(real).mean() + weight * (slope.norm() - 1) ** 2).backward()
    opt_D.step()


def critics_inputs() -> list[tuple]:
    cases = []
    for k, (shape, n, weight) in enumerate((((2,), 5, 10.0), ((3,), 8, 0.5), ((1, 3, 3), 4, 2.0))):
        rng = torch.Generator().manual_seed(k)
        size = math.prod(shape)
        layers = [nn.Linear(size, 6), nn.Tanh(), nn.Linear(6, 1), nn.Flatten(0)]
        D = nn.Sequential(nn.Flatten(), *layers).double()
        for p in D.parameters():  # as the last turn left it
            p.data += 0.5 * torch.randn(p.shape, generator=rng, dtype=torch.float64)
            p.grad = torch.randn(p.shape, generator=rng, dtype=torch.float64)
        real = 1 + torch.randn(n, *shape, generator=rng, dtype=torch.float64)
        fake = torch.randn(n, *shape, generator=rng, dtype=torch.float64)
        u = torch.rand(n, *[1] * len(shape), generator=rng, dtype=torch.float64)
        decay = 0.2 * (k == 1)  # so that a step past the optimiser is another one
        opt_D = torch.optim.SGD(D.parameters(), 0.1, weight_decay=decay)
        cases.append((D, opt_D, real, fake, u, weight))
    return cases


def use_turn_of_critic(turn: Callable) -> str:
    data, heap = ring(64, radius=2.0, std=0.1), GaussianMixture(torch.zeros(1, 2), 0.5)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        D = MLPDiscriminator(widths=(32, 32))
    rng = torch.Generator().manual_seed(0)
    opt_D = torch.optim.Adam(D.parameters(), 5e-3, betas=(0.5, 0.99))
    for _ in range(150):
        (real,), (fake,) = data(64, rng), heap(64, rng)
        turn(D, opt_D, real, fake, torch.rand(64, 1, generator=rng), 10.0)
    (real,), (fake,) = data(5000, rng), heap(5000, rng)
    W1 = (real.norm(dim=1).sort().values - fake.norm(dim=1).sort().values).abs().mean().item()
    steepest = squared_slope(D, fake[:1000], []).max().sqrt().item()
    with torch.no_grad():
        V = (D(real).mean() - D(fake).mean()).item()
    return (
        f"150 turns of yours on section 4's circle and heap: V = {V:.2f} (W₁ = {W1:.2f}; (12), for the best "
        f"multiple of the cone: {W1 * (1 + W1 / 20):.2f}), steepest slope at a fake {steepest:.2f}."
    )


turn_of_critic = Exercise(
    number="05.2",
    level="repair",
    minutes=8,
    solutions=(solve_turn_of_critic, solve_turn_of_critic_by_package),
    inputs=critics_inputs,
    outcome=after_a_turn,
    changes=("D", "opt_D"),
    mistakes=(
        (
            critic(create_graph=False, charge=lambda lengths: (lengths - 1).square().mean().detach()),
            "D moves as if there were no penalty. The number is there, but it has no slope in D's weights.",
            "Ask penalty.requires_grad. autograd.grad forgets on which way it came to the slopes, unless it is told to "
            "keep the graph: see `squared_slope` in penalties.py.",
        ),
        (
            critic(lengths=lambda slopes: slopes.norm()),
            "one length is taken of the slopes of the whole batch. Each sample has a slope of its own.",
        ),
        (
            critic(lengths=lambda slopes: slopes.flatten(1).norm(dim=0)),
            "the lengths are taken along the batch. A slope's length is taken over the coordinates of one sample.",
        ),
        (
            critic(charge=lambda lengths: (lengths.mean() - 1).square()),
            "the mean is taken too early: one slope of 0 and one of 2 would cost nothing.",
        ),
        (
            critic(charge=lambda lengths: (lengths.square() - 1).square().mean()),
            "this compares the square of the length with 1. The penalty compares the length.",
        ),
        (
            critic(charge=lambda lengths: (lengths - 1).mean()),
            "without the square a slope below 1 is paid for. It should cost as well.",
        ),
        (
            critic(charge=lambda lengths: (lengths - 1).abs().mean()),
            "the distance from 1 is squared in this penalty; here stands its absolute value.",
        ),
        (
            critic(charge=lambda lengths: (lengths - 1).clamp(min=0).square().mean()),
            "slopes below 1 go free here. WGAN-GP charges them, too.",
        ),
        (
            critic(charge=lambda lengths: lengths.square().mean()),
            "this draws the slopes to 0, as R1 does. WGAN-GP draws them to 1.",
        ),
        (
            critic(charge=lambda lengths: (lengths - 1).square().sum()),
            "a sum over the batch: with larger batches the penalty would grow. It is a mean.",
        ),
        (
            critic(charge=lambda lengths: -(lengths - 1).square().mean()),
            "D is paid for the penalty. In a cost that D descends it is added.",
        ),
        (
            critic(earns=lambda real, fake: fake.mean() - real.mean()),
            "D gives fakes the high scores: V is the mean score of the real samples minus that of the fakes.",
        ),
        (critic(earns=lambda real, fake: real.mean()), "the scores of the fakes play no part in D's value."),
        (
            critic(earns=lambda real, fake: real.sigmoid().mean() - fake.sigmoid().mean()),
            "a critic has scores and no probabilities: no sigmoid here.",
        ),
        (
            critic(where=lambda real, fake, u: u * fake + (1 - u) * real),
            "u is the share of the real sample in x; here it is that of the fake.",
        ),
        (critic(where=lambda real, fake, u: real), "the slopes are taken at the real samples, not in between."),
        (critic(where=lambda real, fake, u: fake), "the slopes are taken at the fakes, not in between."),
        (
            critic(where=lambda real, fake, u: (real + fake) / 2),
            "all points lie half way. Each pair has a share u of its own.",
        ),
        (
            critic(of_scores=torch.mean),
            "the slopes are those of the mean score: too small by the number of samples.",
        ),
        (critic(factor=lambda weight: 1.0), "the weight plays no part: the penalty counts once."),
        (critic(factor=lambda weight: weight / 2), "the penalty has half its weight. There is no ½ in WGAN-GP's."),
        (critic(earns=lambda real, fake: -fake.mean()), "the scores of the real samples play no part in D's value."),
        (critic(earns=lambda real, fake: torch.zeros(())), "D descends the penalty alone: its value V is missing."),
        (
            critic(earns=lambda real, fake: real.sum() - fake.sum()),
            "the scores are added up over the batch. V has means, as the penalty has.",
        ),
        (
            critic(where=lambda real, fake, u: torch.rand_like(u) * (real - fake) + fake),
            "the shares are drawn anew. They are given: u.",
        ),
        (
            critic(where=lambda real, fake, u: u.mean() * real + (1 - u.mean()) * fake),
            "one share serves all pairs, the mean of u. Each pair has a share of its own.",
        ),
        (
            critic(where=lambda real, fake, u: u[:1] * real + (1 - u[:1]) * fake),
            "the first share serves all pairs. Each pair has a share of its own.",
        ),
        (
            critic(where=lambda real, fake, u: torch.cat([real, fake])),
            "the slopes are taken at both ends of each pair, not in between.",
        ),
        (
            critic(lengths=lambda slopes: slopes.flatten(1).abs().sum(1)),
            "the absolute values of a slope's coordinates are added. Its length is Euclidean.",
        ),
        (
            critic(lengths=lambda slopes: slopes.flatten(1).abs().amax(1)),
            "the largest coordinate stands for the slope's length. It is Euclidean.",
        ),
        (
            critic_steep_in_weights,
            "this charges the slope of the score in D's weights. The penalty is on its slope in x.",
        ),
        (
            critic_in_two_steps,
            "D makes a step for V and another one for the penalty. Both belong into one loss, and one step.",
        ),
        (critic_by_hand, "D's weights are moved past its optimiser. Let opt_D make the step."),
        (critic_twice, "D has moved twice. A turn is one step of its optimiser."),
        (critic_clipped, "the weights are clipped as well. The penalty is the constraint here; one is enough."),
        (critic_resting, "D is left in eval mode. Leave it in the mode that it was in."),
        (
            critic_frozen,
            "D's weights no longer take gradients: the next turn would stop. Leave requires_grad as it was.",
        ),
        (critic(zero=False), "the gradients of the turn before are still in D, and are added."),
        (critic(step=False), "D has not moved: its optimiser made no step."),
    ),
    hints=(
        "Two turns, one with weight = 0 and one with weight = 10: compare D's weights after them.",
        "loss.backward() needs a way from the penalty back to D's weights. Does `torch.autograd.grad` keep one?",
    ),
    insight="A penalty on a slope needs a slope of a slope: hence create_graph=True. Forgotten, it raises no error, "
    "for the two mean scores still have gradients.",
    reward=use_turn_of_critic,
)


# 05.3


def solve_best_score(p: Tensor, q: Tensor, real: float, fake: float) -> Tensor:
    # at one x D earns -p/2 (t - real)^2 - q/2 (t - fake)^2; the slope -p (t - real) - q (t - fake) is zero at
    return (p * real + q * fake) / (p + q)


def solve_best_score_by_probability(p: Tensor, q: Tensor, real: float, fake: float) -> Tensor:
    return fake + (real - fake) * p / (p + q)  # from fake to real, as far as D is sure


def draw_best_scores(best_score: Callable):
    x = torch.linspace(-5, 5, 201, dtype=torch.float64)
    p, q = (torch.exp(-((x - m) ** 2) / 2) / math.sqrt(2 * math.pi) for m in (-1, 1))
    figure, ax = plt.subplots(figsize=(7, 2.8))
    for (real, fake), style in (((1.0, 0.0), "-"), ((1.0, -1.0), "--"), ((0.9, 0.0), ":")):
        t = torch.as_tensor(best_score(p, q, real, fake)).detach()
        ax.plot(x, t, "k", linestyle=style, label=f"targets {real:g} and {fake:g}")
    ax.set(xlabel="x (real around −1, fakes around 1)", ylabel="your t*(x)", ylim=(-1.1, 1.1))
    ax.legend()
    plt.close(figure)
    return figure


best_score = Exercise(
    number="05.3",
    level="derive",
    minutes=6,
    solutions=(solve_best_score, solve_best_score_by_probability),
    derivation="At one x: −p (t − real) − q (t − fake) = 0. So t* is the mean of the two targets, weighted by p and q.",
    inputs=lambda: [
        (numbers(0.1, 0.2, 0.7), numbers(0.3, 0.3, 0.4), 1.0, -1.0),
        (numbers(0.25, 0.75), numbers(0.6, 0.4), 0.9, 0.2),
        (numbers(0.4, 0.0, 0.2, 0.4), numbers(0.1, 0.6, 0.3, 0.0), 3.0, 1.0),
        (numbers(0.05, 0.15, 0.35, 0.25, 0.2), numbers(0.5, 0.1, 0.1, 0.1, 0.2), -2.0, 0.5),
    ],
    mistakes=(
        (
            lambda p, q, real, fake: (p * fake + q * real) / (p + q),
            "the targets are exchanged: where only real samples come, t* must be `real`.",
        ),
        (
            lambda p, q, real, fake: p / (p + q),
            "this is the answer for the targets 1 and 0. Here they are `real` and `fake`.",
        ),
        (
            lambda p, q, real, fake: (p - q) / (p + q),
            "this is the answer for the targets 1 and −1. They may be any two numbers.",
        ),
        (
            lambda p, q, real, fake: torch.where(p > q, real, fake),
            "this is the target of what is likelier, as in the hinge game. The square makes D weigh how sure it is.",
        ),
        (
            lambda p, q, real, fake: p * real + q * fake,
            "not yet divided by how often x comes at all.",
        ),
        (
            lambda p, q, real, fake: (p * real - q * fake) / (p + q),
            "where only fakes come, this says −fake. Look at the sign in front of q.",
        ),
        (
            lambda p, q, real, fake: torch.full_like(p, (real + fake) / 2),
            "this is half way between the targets, wherever x lies. How often x is real should count.",
        ),
        (
            lambda p, q, real, fake: (p * real + q * fake) / (p + q) / 2,
            "half of it. Both squares have the same ½ in front, and it drops out.",
        ),
        (
            lambda p, q, real, fake: (p * real + q * fake) / (p + q).sum(),
            "what you divide by is the same for all points. Divide by how often this x comes.",
        ),
        (
            lambda p, q, real, fake: (real - fake) * p / (p + q),
            "where only fakes come, this says 0. There t* must be `fake`.",
        ),
        (
            lambda p, q, real, fake: ((p * real**2 + q * fake**2) / (p + q)).sqrt(),
            "the targets are squared. What is squared in V is the distance from a target.",
        ),
        (
            lambda p, q, real, fake: (p**2 * real + q**2 * fake) / (p**2 + q**2),
            "p and q are squared. In V they stand in front of the squares.",
        ),
        (
            lambda p, q, real, fake: (p.sqrt() * real + q.sqrt() * fake) / (p.sqrt() + q.sqrt()),
            "the weights of the two targets are the roots of p and q. In V stand p and q themselves.",
        ),
        (
            lambda p, q, real, fake: -p * q / (p + q) * (real - fake) ** 2 / 2,
            "this is what the best score earns at x. The score itself is asked for.",
        ),
        (
            lambda p, q, real, fake: (p / q).log(),
            "this is the score of minimax, the log-ratio.",
        ),
        (
            lambda p, q, real, fake: (p * real + q * fake) / (p + q) ** 2,
            "this is divided by p + q twice.",
        ),
        (
            lambda p, q, real, fake: torch.sigmoid(p - q) * (real - fake) + fake,
            "the weight of `real` is σ(p − q) here. Solve for t: it is a quotient, without a sigmoid.",
        ),
        (
            lambda p, q, real, fake: (p * real + q * fake) / (p + q + 1e-3),
            "something is added to p + q. No point of these has p + q = 0, so nothing has to be kept away from 0.",
        ),
    ),
    hints=(
        "At one x D earns −p/2 (t − real)² − q/2 (t − fake)². Where is the slope in t zero?",
        "−p (t − real) − q (t − fake) = 0. Solve for t.",
    ),
    prediction=("t* where p = 3q, with the targets 1 and −1", lambda: 0.5),
    insight="What it is worth: V* = −(real − fake)²/2 · Σ pq/(p + q), so (real − fake)²/4 · (χ²(p, m) − 1). For 1 and "
    "−1 it is χ² − 1: other targets stretch and shift the best scores, stretch the worth, and change nothing else "
    "for D.",
    reward=draw_best_scores,
)


# 05.4


def solve_slope_bound(D: nn.Module) -> float:
    # LeakyReLU(0.2) lengthens nothing, a linear layer at most by its largest singular value, and factors multiply
    layers = [m for m in D.modules() if isinstance(m, nn.Linear)]
    return math.prod(torch.linalg.matrix_norm(layer.weight, 2).item() for layer in layers)


def solve_slope_bound_by_svd(D: nn.Module) -> Tensor:
    bound = torch.ones(())
    for name, w in D.named_parameters():
        if name.endswith("weight"):
            bound = bound * torch.linalg.svdvals(w.detach())[0]
    return bound


def matrices(D: nn.Module) -> list[Tensor]:
    return [m.weight.detach() for m in D.modules() if isinstance(m, nn.Linear)]


def biases(D: nn.Module) -> list[Tensor]:
    return [m.bias.detach() for m in D.modules() if isinstance(m, nn.Linear) and m.bias is not None]


def stretch(w: Tensor) -> float:
    return torch.linalg.svdvals(w)[0].item()


def product(D: nn.Module) -> Tensor:
    together, *rest = matrices(D)
    for w in rest:
        together = w @ together
    return together


def discriminators() -> list[tuple]:
    return [
        (MLPDiscriminator(2, (32, 32)),),
        (MLPDiscriminator(1, (8,)),),
        (MLPDiscriminator(3, (16, 24, 12)),),
        (louder(MLPDiscriminator(5, (20, 10)), 2.5),),
    ]


def louder(D: nn.Module, factor: float) -> nn.Module:
    for w in matrices(D):
        w *= factor
    return D


def use_slope_bound(slope_bound: Callable) -> str:
    axis = torch.linspace(-3, 3, 60)
    places = torch.cartesian_prod(axis, axis)
    lines = []
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        plain, bound = MLPDiscriminator(), MLPDiscriminator()
        for layer in [m for m in bound.modules() if isinstance(m, nn.Linear)]:
            spectral_norm(layer, n_power_iterations=20)
        bound(places[:2])
        for name, D in (("as it is", plain), ("with spectral norm", bound.eval())):
            steepest = squared_slope(D, places, []).max().sqrt().item()
            lines.append(f"A D {name}: your bound {float(slope_bound(D)):.2f}, steepest of 3600 places {steepest:.2f}.")
    return "\n".join(lines)


slope_bound = Exercise(
    number="05.4",
    level="derive",
    minutes=8,
    solutions=(solve_slope_bound, solve_slope_bound_by_svd),
    derivation="|W x − W y| ≤ s |x − y| with s the largest singular value of W; LeakyReLU(0.2) has slopes 0.2 and 1, "
    "so at most 1. One layer behind the other: the factors multiply.",
    inputs=discriminators,
    mistakes=(
        (
            lambda D: sum(map(stretch, matrices(D))),
            "the layers stand one behind the other, so their factors multiply; they do not add.",
        ),
        (
            lambda D: sum(map(stretch, matrices(D))) / len(matrices(D)),
            "a mean over the layers. They stand one behind the other, so their factors multiply.",
        ),
        (
            lambda D: math.prod(p.detach().norm().item() for p in D.parameters()),
            "the biases are in the product. They shift all x alike, and lengthen no difference.",
        ),
        (
            lambda D: max(map(stretch, matrices(D))),
            "one layer alone is no bound: what it lets through, the next ones stretch again.",
        ),
        (
            lambda D: math.prod(map(stretch, matrices(D)[:-1])),
            "the last layer, which makes the score, is missing.",
        ),
        (lambda D: math.prod(map(stretch, matrices(D)[1:])), "the first layer is missing."),
        (
            lambda D: math.prod(w.norm().item() for w in matrices(D)),
            "a bound, but a loose one: the Frobenius norm takes all singular values, and the largest is enough.",
        ),
        (
            lambda D: math.prod(w.abs().sum(1).max().item() for w in matrices(D)),
            "these are the largest sums of a row: they bound the largest coordinate, not the length.",
        ),
        (
            lambda D: math.prod(w.abs().sum(0).max().item() for w in matrices(D)),
            "these are the largest sums of a column: they bound sums of absolute values, not the length.",
        ),
        (
            lambda D: math.prod(w.abs().max().item() for w in matrices(D)),
            "the largest weight bounds no slope: many small ones add up. (So clipping is a crude constraint.)",
        ),
        (
            lambda D: math.prod(torch.linalg.svdvals(w)[-1].item() for w in matrices(D)),
            "the smallest singular value is no bound: a layer can stretch by its largest.",
        ),
        (
            lambda D: math.prod(torch.linalg.svdvals(w).sum().item() for w in matrices(D)),
            "a bound, but a loose one: the singular values are added (the nuclear norm). The largest is enough.",
        ),
        (
            lambda D: math.prod(stretch(w) ** 2 for w in matrices(D)),
            "these are the eigenvalues of WᵀW, the squares of the singular values.",
        ),
        (
            lambda D: math.prod(map(stretch, matrices(D))) * math.prod(b.norm().item() for b in biases(D)),
            "the biases are in the product as well. They shift all x alike, and lengthen no difference.",
        ),
        (
            lambda D: math.prod(w.norm(dim=1).max().item() for w in matrices(D)),
            "the longest row bounds one coordinate of what leaves a layer, not its length.",
        ),
        (
            lambda D: math.prod(min(1.0, stretch(w)) for w in matrices(D)),
            "a layer that lengthens is counted as 1. Nothing keeps a layer from lengthening.",
        ),
        (
            lambda D: math.prod(max(1.0, stretch(w)) for w in matrices(D)),
            "a layer that shortens is counted as 1. Its own factor is smaller.",
        ),
        (
            lambda D: math.prod(map(stretch, matrices(D))) ** (1 / len(matrices(D))),
            "this is the mean factor of a layer (the geometric one). The factors multiply.",
        ),
        (
            lambda D: stretch(product(D)),
            "this is the slope without LeakyReLU. With it, parts that cancel in the product may be damped and no "
            "longer cancel: it is no bound.",
        ),
        (
            lambda D: 0.2 ** (len(matrices(D)) - 1) * math.prod(map(stretch, matrices(D))),
            "LeakyReLU(0.2) has the slope 1 for positive numbers: it need not shorten anything.",
        ),
        (
            lambda D: 1.2 ** (len(matrices(D)) - 1) * math.prod(map(stretch, matrices(D))),
            "LeakyReLU(0.2) is counted as 1.2. It has the slopes 0.2 and 1, one at a time.",
        ),
        (
            lambda D: math.prod((w.abs().sum(0).max() * w.abs().sum(1).max()).sqrt().item() for w in matrices(D)),
            "a bound, but a loose one: the root of the largest row sum times the largest column sum is never below "
            "the largest singular value.",
        ),
    ),
    hints=(
        "By how much can a linear layer x -> W x + b lengthen the difference of two x? And LeakyReLU(0.2)?",
        "By W's largest singular value, torch.linalg.matrix_norm(W, 2). LeakyReLU(0.2) has slopes 0.2 and 1.",
        "[m for m in D.modules() if isinstance(m, torch.nn.Linear)] are the layers, the last one included.",
    ),
    insight="Spectral normalisation divides each W by its largest singular value, so your bound is 1 for such a D. No "
    "sample was needed; the price is slack: the steepest slope may lie far below.",
    reward=use_slope_bound,
)


# 05.5

a_game_of_your_own = Open(
    number="05.5",
    minutes=30,
    outline="""\
Ours: D earns −exp(−t) for a real sample and −exp(t) for a fake, the loss of boosting. At one x the slope p exp(−t) −
q exp(t) is zero at t* = ½ log p/q; there D earns −2√(pq), so V* = −2 Σ √(pq): −2 for q = p, 0 without a common point
(the square of the Hellinger distance, up to constants). For G two costs. On the ring, {steps} steps, {seeds} seeds,
medians and in brackets the range:

 game                               modes         high quality          poorest mode
 non-saturating                     {non_saturating_covered}  {non_saturating_high_quality}   {non_saturating_poorest}
 exponential, G pays softplus(−2t)  {exponential_covered}  {exponential_high_quality}   {exponential_poorest}
 exponential, G pays exp(−t)        {bare_covered}  {bare_high_quality}       {bare_poorest}

With the first cost (non-saturating on 2t, the log-ratio) it stands beside its model: the ranges overlap, five seeds
do not tell them apart. With the second, what D would pay for a real sample, it fails on every seed. The pull exp(−t)
has no ceiling: a few fakes with very low scores can outweigh all others in a batch. That this is the reason we have not
tested (cut the pull off, and see). A good D with a bad cost for G is a bad game; and a game that only ties needs more
than a ring to be worth a name.""",
)


recall = Recall(
    (
        "Two critics report V = 0.6 and V = 1.4 on the same two distributions. What follows?",
        [
            ("The second one's fakes are worse.", "The distributions are the same ones."),
            ("Nothing, before you know their constraints.", "Yes: V grows with the slopes that the constraint allows."),
            ("The second critic is better trained.", "Perhaps; or its slopes are steeper."),
        ],
        1,
        "V depends on the constraint as well as on the distributions: divided by the steepest slope it is a lower "
        "bound of W₁ (here 58 to 97 % of it).",
    ),
    (
        "Normal fakes lie far from normal data, and D is the best one. Which game gives G next to nothing?",
        [
            ("non-saturating", "Its pull is near 1 there, and the slope of log p/q is large."),
            ("Wasserstein", "Its push is 1 at every distance."),
            ("relativistic", "It pulls like non-saturating, and the slope is that of log p/q."),
            ("least squares", "Yes: the pull is there, but the best score p/(p + q) has gone flat."),
        ],
        3,
        "What reaches G is pull times slope. Least squares loses the slope, minimax the pull; a perfect hinge D is a "
        "staircase.",
    ),
    (
        "From 01: the best D of the game of 2014 earns 2 JSD(p, q) − log 4. What does it earn when p and q share no "
        "point?",
        [
            ("0", "Yes: JSD is log 2 there, whatever the distance. This is the ceiling."),
            ("−log 4", "That is for q = p, where D knows nothing."),
            ("the more, the farther they are apart", "JSD does not see distance once nothing is shared; W₁ does."),
        ],
        0,
        "V* = 2 log 2 − log 4 = 0: at the ceiling the value no longer tells how far the fakes have to go.",
    ),
)
