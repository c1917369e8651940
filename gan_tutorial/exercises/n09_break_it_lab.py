"""The exercises of notebook 09."""

import math
from collections.abc import Callable, Sequence

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..break_it_lab import healthy
from ..break_it_lab.bugs import break_line
from ..networks import mlp
from . import Exercise, Open, Recall
from .inputs import normal
from .running import after_a_turn

# 09.1


def solve_swapped(Ds: Sequence[nn.Module], x: Tensor) -> list[bool]:
    # with its labels swapped, a D has learnt to give real samples low scores; 0 is "undecided"
    return [D(x).mean().item() < 0 for D in Ds]


def solve_swapped_by_count(Ds: Sequence[nn.Module], x: Tensor) -> Tensor:
    return torch.stack([(D(x) < 0).double().mean() > 0.5 for D in Ds])


class Scores(nn.Module):
    """x (N, 2) -> t (N,): its second coordinate decides, more or less steeply."""

    def __init__(self, slope: float, offset: float):
        super().__init__()
        self.slope, self.offset = nn.Parameter(torch.tensor(slope)), nn.Parameter(torch.tensor(offset))

    def forward(self, x: Tensor) -> Tensor:
        return self.slope * x[:, 1] + self.offset


class Ring(nn.Module):
    """x (N, 2) -> t (N,): the distance from the middle decides."""

    def __init__(self, slope: float):
        super().__init__()
        self.slope = nn.Parameter(torch.tensor(slope))

    def forward(self, x: Tensor) -> Tensor:
        return self.slope * (x.norm(dim=1) - 0.8)


def runs_of_D() -> list[tuple]:
    def points(*heights: float) -> Tensor:
        return torch.stack([torch.linspace(-1, 1, len(heights)), torch.tensor(heights)], 1)

    def nets(*numbers: tuple[float, float]) -> list[nn.Module]:
        return [Scores(*pair).eval() for pair in numbers]

    angle = torch.arange(24) * math.pi / 12
    around = torch.stack([angle.cos(), angle.sin()], 1)  # real points all around, and one of them in the middle
    around[5] = 0.1
    one_below, one_above = points(-0.4, 0.3, 0.5, 0.9, 0.6), points(-0.7, -0.8, -0.4, -0.9, -1.0, 0.3)
    return [
        (nets((0.3, 0.0), (-0.4, 0.0)), one_below),
        (nets((-0.5, 0.1), (9.0, 0.0), (0.2, 0.3)), one_above),
        (nets((-30.0, 0.0), (1.0, 0.0), (-0.1, 0.0), (0.4, 0.1)), one_below.clone()),
        ([Ring(2.0).eval(), Ring(-0.3).eval(), Ring(-6.0).eval()], around),
        (nets((0.1, 0.0), (-1.0, 0.0), (-0.2, -0.3), (-8.0, 0.5), (0.9, 0.0)), one_above.clone()),
    ]


def below(limit: float, of: Callable[[Tensor], Tensor] = Tensor.mean) -> Callable:
    return lambda Ds, x: [of(D(x)).item() < limit for D in Ds]


def most_below(limit: float) -> Callable:
    return lambda Ds, x: [(D(x) < limit).double().mean().item() > 0.5 for D in Ds]


def against_noise(Ds: Sequence[nn.Module], x: Tensor) -> list[bool]:
    noise = 3 * torch.randn_like(x)
    return [(D(x).mean() < D(noise).mean()).item() for D in Ds]


def use_swapped(swapped: Callable) -> str:
    G_line = "L = bce(D(fake, *y), ones)", "L = bce(D(fake, *y), zeros)"
    old = "V = -bce(D(x, *y), ones) - bce(D(fake.detach(), *y), zeros)"
    D_line = old, "V = -bce(D(x, *y), zeros) - bce(D(fake.detach(), *y), ones)"
    modules = [healthy, break_line("learn", *G_line), break_line("learn", *D_line)]
    runs = [module.plane(0, steps=30) for module in modules]
    x, _ = healthy.DISTRIBUTION(200, torch.Generator().manual_seed(1)), None
    with torch.no_grad():
        said = [bool(answer) for answer in swapped([run.D.eval() for run in runs], x[0])]
    names = ("nothing swapped", "G's labels swapped", "D's labels swapped")
    return "Three real runs of 30 steps. " + "; ".join(
        f"{name}: your test says {answer}" for name, answer in zip(names, said, strict=True)
    )


swapped = Exercise(
    number="09.1",
    level="complete",
    minutes=4,
    solutions=(solve_swapped, solve_swapped_by_count),
    inputs=runs_of_D,
    mistakes=(
        (
            lambda Ds, x: [D(x).mean().item() > 0 for D in Ds],
            "it is the other way round: a D whose labels are right gives most real points a score above 0.",
        ),
        (
            below(0.5),
            "a score is compared with 0.5. That is where a probability is undecided; where is a score?",
        ),
        (
            most_below(0.5),
            "most scores are below 0.5, you say. That is where a probability is undecided; where is a score?",
        ),
        (
            lambda Ds, x: [False for D in Ds],
            "your test says False of every D, swapped or not. Is there a number that can never be below your limit?",
        ),
        (lambda Ds, x: [True for D in Ds], "your test says True of every D, swapped or not."),
        (below(0, lambda t: t[0]), "this asks about the first point only. A good D, too, may be wrong about a point."),
        (below(0, lambda t: t[-1]), "this asks about the last point only. A good D, too, may be wrong about a point."),
        (below(0, torch.min), "one low score is enough for you. A good D, too, may be wrong about a real point."),
        (below(0, torch.max), "you want every score below 0. A swapped D, too, may be wrong about a point."),
        (below(-1), "a D that is not sure yet has small scores, and so may not reach a limit as low as yours."),
        (most_below(-1), "a D that is not sure yet has small scores, and few of them reach a limit as low as yours."),
        (below(4), "your limit is a high score. Only its side of 0 says what D takes a point for."),
        (
            lambda Ds, x: [D(x).mean().item() for D in Ds],
            "these are the mean scores. Asked for is True or False for each D.",
        ),
        (
            lambda Ds, x: [(D(x) < 0).double().mean() for D in Ds],
            "these are shares of points with a score below 0. Asked for is True or False for each D.",
        ),
        (
            lambda Ds, x: [D(x).std().item() > 0.5 for D in Ds],
            "how widely the scores scatter says how steep D is. A swapped D may be as steep as a good one.",
        ),
        (
            lambda Ds, x: [D(x.mean(0, keepdim=True)).item() < 0 for D in Ds],
            "this asks about the mean of the points, where no real point need lie. Ask about the points.",
        ),
        (
            lambda Ds, x: [bool(Ds[0](x).mean() < 0)] * len(Ds),
            "the first network answers for all of them.",
        ),
        (
            lambda Ds, x: [(D(x).mean() < torch.stack([E(x).mean() for E in Ds]).mean()).item() for D in Ds],
            "each D is compared with the other ones. What if all of them are swapped, or none?",
        ),
        (
            against_noise,
            "real points are compared with noise. Nobody says what D has learnt about noise.",
        ),
        (
            lambda Ds, x: [(D(x).mean() < D(torch.zeros_like(x)).mean()).item() for D in Ds],
            "real points are compared with the point 0, as if it were a fake. Nobody says that it is one.",
        ),
        (
            lambda Ds, x: [(D(x).mean() < -D(x).std()).item() for D in Ds],
            "the limit lies one standard deviation below 0. A swapped D whose scores scatter widely may not be found.",
        ),
    ),
    hints=(
        "The curves are alike, and the fakes run away in both. But D has learnt something else: what?",
        "Which scores does D give to real points, if it was told that they are fake?",
    ),
    insight="Swap both lines, and nothing is wrong: D then names things the other way round, and G follows. Your test "
    "would still ring. A label is a convention, but both players need the same one.",
    reward=use_swapped,
)


# 09.2


def solve_turn_of_critic(D: nn.Module, opt_D: torch.optim.Optimizer, x: Tensor, fake: Tensor, u: Tensor) -> None:
    between = (fake + u * (x - fake)).detach().requires_grad_()
    # create_graph: the slope depends on D's weights, and backward() below must know how
    (slope,) = torch.autograd.grad(D(between).sum(), between, create_graph=True)
    penalty = (slope.norm(dim=1) - 1).square().mean()

    V = D(x).mean() - D(fake.detach()).mean()
    opt_D.zero_grad()
    (penalty - V).backward()
    opt_D.step()


def solve_turn_point_by_point(D: nn.Module, opt_D: torch.optim.Optimizer, x: Tensor, fake: Tensor, u: Tensor) -> None:
    def steepness(place: Tensor) -> Tensor:
        place = place[None].clone().requires_grad_()
        [slope] = torch.autograd.grad(D(place), place, torch.ones(1, dtype=place.dtype), create_graph=True)
        return slope.square().sum().sqrt()

    penalty = sum((steepness(place) - 1) ** 2 for place in fake + u * (x - fake)) / len(x)
    gradients = torch.autograd.grad(penalty - D(x).mean() + D(fake).mean(), list(D.parameters()))
    for weight, gradient in zip(D.parameters(), gradients, strict=True):
        weight.grad = gradient
    opt_D.step()


def turn(
    penalty: Callable[[Tensor], Tensor] = lambda slope: (slope.norm(dim=1) - 1).square().mean(),
    *,
    V: float = 1.0,
    weight: float = 1.0,
    place: Callable = lambda x, fake, u: fake + u * (x - fake),
    worth: Callable = lambda real, fake: real.mean() - fake.mean(),
    zero: bool = True,
    steps: int = 1,
) -> Callable:
    """A turn with something else in one place."""

    def turn_of_critic(D, opt_D, x, fake, u):
        between = place(x, fake, u).clone().requires_grad_()
        (slope,) = torch.autograd.grad(D(between).sum(), between, create_graph=True)
        cost = weight * penalty(slope) - V * worth(D(x), D(fake))
        if zero:
            opt_D.zero_grad()
        cost.backward()
        for _ in range(steps):
            opt_D.step()

    return turn_of_critic


def without_graph(D, opt_D, x, fake, u):
    between = (fake + u * (x - fake)).detach().requires_grad_()
    (slope,) = torch.autograd.grad(D(between).sum(), between)
    penalty = (slope.norm(dim=1) - 1).square().mean()
    V = D(x).mean() - D(fake.detach()).mean()
    opt_D.zero_grad()
    (penalty - V).backward()
    opt_D.step()


def in_eval(D, opt_D, x, fake, u):
    D.eval()
    solve_turn_of_critic(D, opt_D, x, fake, u)


def and_freezes(D, opt_D, x, fake, u):
    solve_turn_of_critic(D, opt_D, x, fake, u)
    D.requires_grad_(False)


def of_the_mean(D, opt_D, x, fake, u):
    between = (fake + u * (x - fake)).detach().requires_grad_()
    (slope,) = torch.autograd.grad(D(between).mean(), between, create_graph=True)
    opt_D.zero_grad()
    ((slope.norm(dim=1) - 1).square().mean() - D(x).mean() + D(fake).mean()).backward()
    opt_D.step()


def one_after_the_other(D, opt_D, x, fake, u):
    turn(V=0.0)(D, opt_D, x, fake, u)
    turn(weight=0.0)(D, opt_D, x, fake, u)


def V_before_the_penalty(D, opt_D, x, fake, u):
    turn(weight=0.0)(D, opt_D, x, fake, u)
    turn(V=0.0)(D, opt_D, x, fake, u)


def slope_by_backward(D, opt_D, x, fake, u):
    between = (fake + u * (x - fake)).detach().requires_grad_()
    opt_D.zero_grad()
    (slope,) = torch.autograd.grad(D(between).sum(), between, create_graph=True)
    D(between).sum().backward()
    ((slope.norm(dim=1) - 1).square().mean() - D(x).mean() + D(fake).mean()).backward()
    opt_D.step()


def critic(seed: int, inputs: int, width: int, rate: float, steep: float) -> tuple[nn.Module, torch.optim.Optimizer]:
    torch.manual_seed(seed)
    D = nn.Sequential(mlp(inputs, width, 1), nn.Flatten(0)).double()
    with torch.no_grad():
        for weight in D.parameters():
            weight *= steep
    for weight in D.parameters():
        weight.grad = torch.full_like(weight, 0.3)  # of an earlier turn
    return D, torch.optim.SGD(D.parameters(), rate)


def turns() -> list[tuple]:
    cases = []
    for seed, (n, inputs, rate, steep) in enumerate(((6, 2, 0.5, 1.0), (5, 3, 0.05, 4.0), (9, 2, 0.1, 2.0))):
        x, fake = normal(n, inputs, seed=seed), 0.5 * normal(n, inputs, seed=10 + seed) - 0.4
        u = torch.rand(n, 1, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        cases.append((*critic(seed, inputs, 12, rate, steep), x, fake, u))
    return cases


def draw_slopes(turn_of_critic: Callable):
    rng = torch.Generator().manual_seed(0)
    x, fake = healthy.DISTRIBUTION(32, rng)[0].double(), 0.2 * normal(32, 2, seed=1)
    figure, ax = plt.subplots(figsize=(6, 2.8), layout="constrained")
    for name, style, move in (("your turn", "k-", turn_of_critic), ("without a penalty", "k:", without_graph)):
        torch.manual_seed(0)
        D = nn.Sequential(mlp(2, 32, 1), nn.Flatten(0)).double()
        opt_D, slopes = torch.optim.Adam(D.parameters(), 1e-2, betas=(0.0, 0.99)), []
        for _ in range(40):
            u = torch.rand(32, 1, generator=rng, dtype=torch.float64)
            move(D, opt_D, x, fake, u)
            between = (fake + u * (x - fake)).requires_grad_()
            slopes.append(torch.autograd.grad(D(between).sum(), between)[0].norm(dim=1).mean().item())
        ax.plot(range(1, 41), slopes, style, label=name)
    ax.axhline(1, color="0.6", lw=1)
    ax.set(xlabel="step of the critic", ylabel="its mean slope", ylim=(0, 3))
    ax.legend()
    plt.close(figure)
    return figure


def clipped(limit: float) -> Callable:
    def turn_of_critic(D, opt_D, x, fake, u):
        without_graph(D, opt_D, x, fake, u)
        with torch.no_grad():
            for weight in D.parameters():
                weight.clamp_(-limit, limit)

    return turn_of_critic


turn_of_critic = Exercise(
    number="09.2",
    level="repair",
    minutes=8,
    solutions=(solve_turn_of_critic, solve_turn_point_by_point),
    inputs=turns,
    outcome=after_a_turn,
    changes=("D", "opt_D"),
    mistakes=(
        (
            without_graph,
            "D's weights move as if there were no penalty: only V moves them. The number may well be right, but does "
            "backward() know how the penalty depends on the weights?",
            "torch.autograd.grad returns plain numbers, unless it is told that you will differentiate them once more.",
        ),
        (
            turn(lambda slope: (slope.norm() - 1).square()),
            "the penalty asks for slope 1 of the whole batch, not of each point. It is case 6.",
        ),
        (turn(V=-1.0), "the critic descends V here. It climbs V, so V stands with a minus in what it pays."),
        (turn(weight=-1.0), "the penalty is taken off what the critic pays: it is paid for slopes far from 1."),
        (turn(V=0.0), "V plays no part in what the critic pays."),
        (
            turn(lambda slope: (slope.norm(dim=1) - 1).square().sum()),
            "the penalty is a sum over the points. It should be a mean, or it grows with the batch.",
        ),
        (
            turn(lambda slope: (slope.square().sum(1) - 1).square().mean()),
            "the square of each slope is compared with 1. It is the slope, the root.",
        ),
        (turn(lambda slope: slope.norm(dim=1).square().mean()), "this penalty asks for slope 0. It should ask for 1."),
        (
            turn(lambda slope: (slope.norm(dim=1) - 1).clamp(min=0).square().mean()),
            "only slopes above 1 are charged. Here those below 1 are charged as well.",
        ),
        (turn(lambda slope: (slope.norm(dim=1) - 1).abs().mean()), "the distance from slope 1 is not squared."),
        (
            turn(lambda slope: (slope.norm(dim=1).mean() - 1).square()),
            "the mean slope is compared with 1. Each point's slope should be.",
        ),
        (
            turn(lambda slope: (slope.norm(dim=0) - 1).square().mean()),
            "the norm goes over the batch. The slope of a point is the norm over its coordinates, dim=1.",
        ),
        (
            turn(lambda slope: (slope.abs().sum(1) - 1).square().mean()),
            "the coordinates of the gradient are added up. The slope is the root of the sum of their squares.",
        ),
        (turn(weight=10.0), "the penalty has the weight 1 here, not 10."),
        (turn(place=lambda x, fake, u: x + u * (fake - x)), "u counts from the fake to the real point: 0 is the fake."),
        (turn(place=lambda x, fake, u: x), "the penalty is taken at the real points, not between."),
        (turn(place=lambda x, fake, u: fake), "the penalty is taken at the fakes, not between."),
        (turn(worth=lambda real, fake: real.sum() - fake.sum()), "V is a difference of means, not of sums."),
        (
            turn(worth=lambda real, fake: F.logsigmoid(real).mean() + F.logsigmoid(-fake).mean()),
            "this V is the cross-entropy's. A critic's V is the difference of the mean scores.",
        ),
        (turn(lambda slope: (slope - 1).square().sum(1).mean()), "each coordinate of the gradient is compared with 1."),
        (turn(weight=0.5), "the penalty has the weight 1 here, not ½."),
        (turn(place=lambda x, fake, u: (x + fake) / 2), "u plays no part: the penalty is always taken halfway."),
        (turn(worth=lambda real, fake: real.mean()), "the fakes are missing in V."),
        (turn(worth=lambda real, fake: -fake.mean()), "the real points are missing in V."),
        (
            turn(worth=lambda real, fake: real.sigmoid().mean() - fake.sigmoid().mean()),
            "a critic has no sigmoid: V is the difference of the mean scores.",
        ),
        (in_eval, "D is left in eval mode. Put it back with D.train()."),
        (and_freezes, "D's weights want no gradients any more: the next turn cannot move them."),
        (turn(zero=False), "the gradients of an earlier turn are still there, and count once more."),
        (turn(steps=0), "D's weights have not moved."),
        (turn(steps=2), "the critic takes two steps in one turn."),
        (
            of_the_mean,
            "this is the slope of the mean score: each point's is divided by N. Take the sum of the scores.",
        ),
        (
            turn(lambda slope: (slope.norm(dim=1).max() - 1).square()),
            "the penalty asks the steepest point alone. It is a mean over the points.",
        ),
        (
            turn(place=lambda x, fake, u: fake + u[0] * (x - fake)),
            "the first u serves every pair. Each pair has its own.",
        ),
        (
            one_after_the_other,
            "the penalty and V take a step each. They belong in one step.",
        ),
        (
            V_before_the_penalty,
            "V and the penalty take a step each. They belong in one step.",
        ),
        (
            slope_by_backward,
            "backward() for the slope leaves its gradients in D's weights, and they count in the step.",
        ),
        (
            turn(worth=lambda real, fake: (real.mean() - fake.mean()).abs()),
            "the critic climbs the size of V. Where V is negative, it is driven the wrong way.",
        ),
        (clipped(0.1), "the weights are clipped. That was Wasserstein's critic before the penalty, which replaces it."),
        (
            clipped(0.01),
            "the weights are clipped. That was Wasserstein's critic before the penalty, which replaces it.",
        ),
        (
            turn(place=lambda x, fake, u: fake.flip(0) + u * (x - fake.flip(0))),
            "the fakes are paired the other way round: the last one with the first real point.",
        ),
        (
            turn(place=lambda x, fake, u: fake + torch.rand(len(x), 1) * (x - fake)),
            "u is drawn anew. Use the one that is given.",
        ),
    ),
    hints=(
        "The penalty is computed from `slope`, and `slope` from D's weights. Ask `slope.requires_grad`.",
        "torch.autograd.grad has an argument for it: create_graph.",
    ),
    insight="No error is raised, for V alone gives backward() enough to do: a slope that grows (dotted) "
    "shows it. The penalty costs D another pass, and a backward pass through a backward pass.",
    reward=draw_slopes,
)


# 09.3


def solve_limits(low: float, high: float) -> tuple[float, float]:
    # at best for D every real sample scores high and every fake low; at best for G a fake scores high
    log_sigmoid = lambda t: F.logsigmoid(torch.tensor(t, dtype=torch.float64)).item()  # noqa: E731
    return log_sigmoid(high) + log_sigmoid(-low), -log_sigmoid(high)


def solve_limits_with_math(low: float, high: float) -> tuple[float, float]:
    real, fake = 1 / (1 + math.exp(-high)), 1 / (1 + math.exp(-low))
    return math.log(real) + math.log(1 - fake), -math.log(real)


def log_sigmoid(t: float) -> Tensor:
    return F.logsigmoid(torch.tensor(t, dtype=torch.float64))


def draw_limits(limits: Callable):
    x, fake = 1.5 + 0.3 * normal(64, 2), 0.3 * normal(64, 2, seed=1) - 1.5
    figure, ax = plt.subplots(figsize=(6, 2.8), layout="constrained")
    for name, style, last, low, high in (
        ("D ends in tanh", "k-", nn.Tanh(), -1.0, 1.0),
        ("in a sigmoid", "k--", nn.Sigmoid(), 0.0, 1.0),
    ):
        torch.manual_seed(0)
        D = nn.Sequential(mlp(2, 16, 1), last, nn.Flatten(0)).double()
        adam, values = torch.optim.Adam(D.parameters(), 3e-2), []
        for _ in range(100):
            V = F.logsigmoid(D(x)).mean() + F.logsigmoid(-D(fake)).mean()
            adam.zero_grad()
            (-V).backward()
            adam.step()
            values.append(V.item())
        ax.plot(range(1, 101), values, style, label=name)
        ax.axhline(float(limits(low, high)[0]), color="#009E73", ls=style[1:], lw=1)
    ax.set(xlabel="step of D, real and fake far apart", ylabel="V (nats)", ylim=(-1.6, 0))
    ax.set_title("green: your ceilings", fontsize=11)
    ax.legend()
    plt.close(figure)
    return figure


limits = Exercise(
    number="09.3",
    level="derive",
    minutes=8,
    solutions=(solve_limits, solve_limits_with_math),
    derivation="V = E[log σ(t)] + E[log σ(−t)] rises with t on real samples and falls with t on fakes, so at best they "
    "score high and low: log σ(high) + log σ(−low). L = −E[log σ(t)] on fakes is least at t = high.",
    parts=("the ceiling of V", "the floor of L"),
    inputs=lambda: [(-1.0, 1.0), (0.0, 1.0), (-0.5, 3.0), (-4.0, -1.5), (0.0, 6.0), (2.0, 2.5)],
    mistakes=(
        (
            lambda low, high: (2 * log_sigmoid(high), -log_sigmoid(high)),
            "this ceiling takes −high for low. The range need not be symmetric.",
        ),
        (
            lambda low, high: ((log_sigmoid(high) + log_sigmoid(-low)) / 2, -log_sigmoid(high)),
            "V is the sum of its two means, not half of it.",
        ),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(-low), -log_sigmoid(low)),
            "this is the ceiling of L. Which score of a fake does G like best?",
        ),
        (
            lambda low, high: (log_sigmoid(low) + log_sigmoid(-high), -log_sigmoid(high)),
            "this is the least V, of a D that is wrong about everything.",
        ),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(-high), -log_sigmoid(high)),
            "the fakes have the score high here, too. Which one would D like best for them?",
        ),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(low), -log_sigmoid(high)),
            "for a fake D earns log(1 − σ(t)), that is log σ(−t).",
        ),
        (
            lambda low, high: (log_sigmoid(high), -log_sigmoid(high)),
            "the part of the fakes is missing in V.",
        ),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(-low), log_sigmoid(high)),
            "L is −log σ(t): never negative.",
        ),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(-low), log_sigmoid(-high)),
            "this is the floor of log(1 − D), the saturating cost. Here L = −log D.",
        ),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(-low), math.log(2)),
            "log 2 is L at t = 0. The floor is where G likes it best.",
        ),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(-low), 0.0),
            "L is 0 only for an infinite score. No score is above high.",
        ),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(-low), -log_sigmoid(-high)),
            "this is −log(1 − σ(high)). In L stands −log σ of the fake's score.",
        ),
        (
            lambda low, high: (-math.log(4), math.log(2)),
            "these are the dotted lines: D undecided. Asked for are the best that D, and G, can get.",
        ),
        (
            lambda low, high: (0.0, 0.0),
            "these are the limits for scores without bounds. Here no score leaves [low, high].",
        ),
        (
            lambda low, high: (
                torch.tensor(high, dtype=torch.float64).log() + (1 - torch.tensor(low, dtype=torch.float64)).log(),
                -torch.tensor(high, dtype=torch.float64).log(),
            ),
            "this takes the scores for probabilities. The loss applies a sigmoid to them.",
        ),
        (
            lambda low, high: (-log_sigmoid(high), log_sigmoid(high) + log_sigmoid(-low)),
            "the two answers are exchanged: first V, then L.",
        ),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(-low), -log_sigmoid(high) - log_sigmoid(-low)),
            "L is G's cost, and G has no part for the real samples: L is not −V.",
        ),
        (
            lambda low, high: (log_sigmoid(low) + log_sigmoid(-high), -log_sigmoid(low)),
            "low and high are exchanged: these are the least V and the highest L.",
        ),
        (
            lambda low, high: (
                log_sigmoid(math.tanh(high)) + log_sigmoid(-math.tanh(low)),
                -log_sigmoid(math.tanh(high)),
            ),
            "low and high are what D returns, its last function included. There is no further tanh.",
        ),
        (
            lambda low, high: (log_sigmoid(high) - log_sigmoid(-low), -log_sigmoid(high)),
            "the part of the fakes is taken off. V is the sum of its two means.",
        ),
        (lambda low, high: (high - low, -high), "these are scores. In V and L stands their log σ."),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(-low), log_sigmoid(high).exp()),
            "V is right. For L you give σ, the probability: its logarithm is missing.",
        ),
        (
            lambda low, high: (max(log_sigmoid(high), log_sigmoid(-low)), -log_sigmoid(high)),
            "this is the larger of the two parts of V. Its ceiling is their sum.",
        ),
        (
            lambda low, high: (log_sigmoid(high) + log_sigmoid(-low), -log_sigmoid(-low)),
            "V is right. For L you give what D pays for a fake; L is what G pays.",
        ),
        (
            lambda low, high: (
                2 * log_sigmoid(max(abs(low), abs(high))),
                -log_sigmoid(max(abs(low), abs(high))),
            ),
            "the larger of |low| and |high| serves for both. The range need not be symmetric.",
        ),
        (
            lambda low, high: (2 * log_sigmoid((high - low) / 2), -log_sigmoid((high - low) / 2)),
            "half the width of the range serves for both. Its middle need not be 0.",
        ),
    ),
    hints=(
        "The loss takes what D returns for a score t: V = E[log σ(t)] + E[log σ(−t)], real and fake.",
        "Which t in [low, high] would D like best for a real sample, and which for a fake? And G for a fake?",
    ),
    prediction=("The ceiling of V, if D ends in tanh", lambda: solve_limits(-1.0, 1.0)[0]),
    insight="End D in a ReLU, t ≥ 0, and the ceiling is −log 2 = −0.693: no fake can be called fake. A lid on V or L "
    "may be a range of D's last layer.",
    reward=draw_limits,
)


# 09.4


def solve_leak(network: nn.Module, x: Tensor) -> Tensor:
    # the score of sample 0 must not depend on the others: so its slope in them should be 0
    x = x.detach().clone().requires_grad_()
    (slope,) = torch.autograd.grad(network(x)[0], x)
    return slope[1:].abs().max()


def solve_leak_by_jacobian(network: nn.Module, x: Tensor) -> float:
    slopes = torch.autograd.functional.jacobian(network, x)[0]
    return max(float(slopes[j].abs().max()) for j in range(1, len(x)))


def slope_of(score: Callable[[Tensor], Tensor]) -> Callable:
    def slope(network, x):
        x = x.detach().clone().requires_grad_()
        return torch.autograd.grad(score(network(x)), x)[0]

    return slope


of_first = slope_of(lambda t: t[0])


def in_mode(training: bool) -> Callable:
    def leak(network, x):
        was = network.training
        slope = of_first(network.train(training), x)
        network.train(was)
        return slope[1:].abs().max()

    return leak


class LooksBack(nn.Module):
    """A sample borrows from the one before it; the first one from the last. In training mode only."""

    def __init__(self, share: float):
        super().__init__()
        self.share = share

    def forward(self, x: Tensor) -> Tensor:
        t = -x.flatten(1).square().sum(1)
        return t + self.share * t.roll(1) if self.training else t


class Mixed(nn.Module):
    """reshape in place of a transpose: numbers of several samples in one row."""

    def forward(self, x: Tensor) -> Tensor:
        rows = x.flatten(1)
        return (rows.T.reshape(rows.shape) * torch.linspace(-1, 2, rows.shape[1], dtype=x.dtype)).sum(1)


def leaks() -> list[tuple]:
    torch.manual_seed(0)
    plain = nn.Sequential(nn.Linear(3, 8), nn.LeakyReLU(0.2), nn.Linear(8, 1), nn.Flatten(0)).double()
    norm = nn.BatchNorm1d(6, track_running_stats=False)
    normed = nn.Sequential(nn.Linear(2, 6), norm, nn.ReLU(), nn.Linear(6, 1), nn.Flatten(0)).double()
    picture = nn.BatchNorm2d(3, track_running_stats=False)
    pictured = nn.Sequential(nn.Conv2d(1, 3, 2), picture, nn.Tanh(), nn.Flatten(), nn.Linear(27, 1), nn.Flatten(0))
    return [
        (normed, normal(6, 2)),
        (LooksBack(0.4), normal(5, 3, seed=1)),
        (LooksBack(0.7).eval(), normal(3, 2, seed=5)),
        (plain, normal(4, 3, seed=2)),
        (pictured.double(), normal(3, 1, 4, 4, seed=3)),
        (Mixed(), normal(4, 5, seed=4)),
    ]


def use_leak(leak: Callable) -> str:
    torch.manual_seed(0)
    D = healthy.picture_D()
    x = 2 * torch.rand(8, 1, 28, 28) - 1
    D(x)  # the statistics of eval mode
    said = [float(leak(D.train(mode), x)) for mode in (True, False)]
    return f"The lab's D for pictures. In training mode your test finds {said[0]:.1e}, in eval mode {said[1]:.1e}."


def of_any_score(network, x):
    slopes = [slope_of(lambda t, k=k: t[k])(network, x).abs() for k in range(len(x))]
    return max(slopes[k][j].max() for k in range(len(x)) for j in range(len(x)) if j != k)


def moved(step: float, first: int = 1, last: int | None = None) -> Callable:
    def leak(network, x):
        y = x.clone()
        y[first:last] += step
        return ((network(y)[0] - network(x)[0]) / step).abs()

    return leak


leak = Exercise(
    number="09.4",
    level="build",
    minutes=10,
    solutions=(solve_leak, solve_leak_by_jacobian),
    inputs=leaks,
    mistakes=(
        (
            lambda network, x: of_first(network, x).abs().max(),
            "the slope of score 0 in sample 0 itself is among these. That is no leak, but what D is for.",
        ),
        (
            lambda network, x: slope_of(torch.sum)(network, x)[1:].abs().max(),
            "this is the slope of the sum of all scores: each sample moves its own. Take one score alone.",
        ),
        (
            lambda network, x: slope_of(torch.mean)(network, x)[1:].abs().max(),
            "this is the slope of the mean of all scores: each sample moves its own. Take one score alone.",
        ),
        (lambda network, x: of_first(network, x)[1:].max(), "a negative slope is a leak as well: take its size."),
        (lambda network, x: of_first(network, x)[1].abs().max(), "only sample 1 is looked at. Any other may leak."),
        (lambda network, x: of_first(network, x)[-1].abs().max(), "only the last sample is looked at."),
        (lambda network, x: of_first(network, x)[1:].abs().mean(), "this is the mean slope. Asked for is the largest."),
        (lambda network, x: of_first(network, x)[1:].abs().sum(), "this is the sum of the slopes, not the largest."),
        (
            lambda network, x: of_first(network, x)[1:].norm(),
            "this is the norm of all the slopes together. Asked for is the largest.",
        ),
        (
            lambda network, x: of_first(network, x)[1:].flatten(1).norm(dim=1).max(),
            "this is the largest norm of a sample's slope. Asked for is the largest single number.",
        ),
        (
            lambda network, x: slope_of(lambda t: t[1])(network, x)[2:].abs().max(),
            "this is the slope of score 1. Asked for is that of score 0, in all the others.",
        ),
        (
            lambda network, x: (of_first(network, x)[1:].abs().max() > 0).double(),
            "this says whether there is a leak. Asked for is how large it is.",
        ),
        (
            in_mode(False),
            "this asks the network in eval mode. Leave it in the mode that it is in: a leak may show in training only.",
        ),
        (
            in_mode(True),
            "this asks the network in training mode. Leave it in the mode that it is in.",
        ),
        (
            lambda network, x: of_first(network, x)[1:].sum(0).abs().max(),
            "the slopes are added up over the samples, where they can cancel. Take the largest.",
        ),
        (
            lambda network, x: -of_first(network, x)[1:].min(),
            "a positive slope is a leak as well: take its size.",
        ),
        (
            lambda network, x: slope_of(lambda t: t[1])(network, x)[0].abs().max(),
            "this is how score 1 depends on sample 0. Asked for is how score 0 depends on the others.",
        ),
        (
            lambda network, x: max(slope_of(lambda t, k=k: t[k])(network, x)[0].abs().max() for k in range(1, len(x))),
            "this is how the other scores depend on sample 0. Asked for is how score 0 depends on the others.",
        ),
        (
            lambda network, x: slope_of(lambda t: t[-1])(network, x)[:-1].abs().max(),
            "this is the slope of the last score. Asked for is that of score 0.",
        ),
        (of_any_score, "every score is asked about all other samples. Asked for is score 0 alone."),
        (moved(1.0), "the other samples are all moved at once. The slope moves one number by very little."),
        (moved(0.01), "the other samples are all moved at once, so that their slopes add up. Take the largest."),
        (
            lambda network, x: max(moved(0.001, j, j + 1)(network, x) for j in range(1, len(x))),
            "all numbers of a sample are moved at once, so that their slopes add up. Take the largest.",
        ),
        (
            lambda network, x: (of_first(network, x)[1:] != 0).double().mean(),
            "this is the share of the slopes that are not 0. Asked for is the largest.",
        ),
        (
            lambda network, x: of_first(network, x)[1:, 0].abs().max(),
            "only the first feature of a sample is looked at.",
        ),
        (
            lambda network, x: of_first(network, x)[1:].flatten(1)[:, 0].abs().max(),
            "only the first number of a sample is looked at.",
        ),
        (
            lambda network, x: (network(torch.cat([x[:1], x[1:].flip(0)]))[0] - network(x)[0]).abs(),
            "the other samples change places. A mean over the batch does not notice that, and yet it leaks.",
        ),
        (
            lambda network, x: of_first(network, x)[1:].abs().flatten(1).sum(1).max(),
            "the slopes in a sample are added up. Asked for is the largest single number.",
        ),
        (
            lambda network, x: of_first(network, x[:2])[1].abs().max(),
            "the network sees two samples only. A leak may depend on how many there are.",
        ),
        (
            lambda network, x: of_first(network, x)[1:].abs().max() / of_first(network, x)[0].abs().max(),
            "the slope is divided by that in sample 0 itself. Leave it as it is.",
        ),
        (
            lambda network, x: solve_leak(network, torch.randn_like(x)),
            "this asks about noise in place of x.",
        ),
        (
            lambda network, x: slope_of(lambda t: t[0].sigmoid())(network, x)[1:].abs().max(),
            "this is the slope of a probability. Asked for is that of the score.",
        ),
        (
            lambda network, x: of_first(network, x)[1:].abs().flatten(1).amax(1).mean(),
            "each sample's largest slope goes into a mean. Asked for is the largest of all.",
        ),
    ),
    hints=(
        "Let x want gradients (a copy of it), and differentiate one single score in it.",
        "torch.autograd.grad(network(x)[0], x) has a part for each sample. Which of them should be 0?",
    ),
    insight="A few lines that can find a wrong reshape, a mean over the wrong axis, a norm of the whole batch. In "
    "training mode BatchNorm leaks by design: case 9 shows it in G.",
    reward=use_leak,
)


# 09.5

a_line_of_your_own = Open(
    number="09.5",
    minutes=25,
    outline="""Five lines of ours in the plane, medians and ranges over {seeds} seeds, 0 to 4. Good: the share of 2,000
fakes, in %, within three standard deviations of a mode; modes: those that get any of them.

healthy twin:       V {twin_V}, L {twin_L}, good {twin_good}, modes {twin_modes}
wrong latents:      V {uniform_V}, L {uniform_L}, good {uniform_good}, modes {uniform_modes}
repeated latents:   V {repeated_V}, L {repeated_L}, good {repeated_good}, modes {repeated_modes}
no zero_grad for G: V {stale_V}, L {stale_L}, good {stale_good}, modes {stale_modes}
β1 = 0.9 for D:     V {momentum_V}, L {momentum_L}, good {momentum_good}, modes {momentum_modes}
saturating cost:    V {saturating_V}, L {saturating_L}, good {saturating_good}, modes {saturating_modes}

(Wrong: rand in training, randn when sampling. Repeated: the same 64 latents in every step.) Stale
gradients are loud. With β1 = 0.9 V and L end where an undecided D has them, and next to no fakes are good: look at
samples. Wrong latents shift V and L a little, and good falls. Repeated ones are the quiet case: V and L shift
about as much, and good, counted on fresh latents, is about the twin's. A test that two batches differ would catch them.
The last line is no bug but another cost: its L is −0.693 where D is undecided, and near 0 where D wins.""",
)


recall = Recall(
    (
        "V is at −0.02, L at 8, and the fakes move from step to step. What do you exclude first?",
        [
            ("That the labels in G's step are swapped.", "Yes: then L would be small. G would be content."),
            ("That D is far ahead.", "It is ahead, V says so. That fits all that you see."),
            ("That G's learning rate is too low.", "The curves fit it: G moves, but cannot follow."),
        ],
        0,
        "A large L says that G wants something else than it gets. With the labels swapped it gets what it wants.",
    ),
    (
        "A run looks healthy. What do you know about its code?",
        [
            ("It is right.", "Section 6 has lines that are wrong, and whose runs look healthy."),
            (
                "Any bug in it does no harm.",
                "A label of 1.1 did none that we measured; but where D wins, it pays for scores without end.",
            ),
            ("It has no loud bug.", "Yes. The quiet ones are found by tests against formulas, and by reading."),
        ],
        2,
        "A symptom finds loud bugs only.",
    ),
    (
        "From 02: what does detach() in D's step change in D's gradients?",
        [
            ("Nothing: it only keeps them from flowing on into G.", "Yes. It saves work, and G's .grad stays clean."),
            ("Without it D would learn to help G.", "D's gradients are the same. Only G's would be filled, too."),
            ("Without it D would not learn at all.", "D's weights come after the fakes; their gradients are the same."),
        ],
        0,
        "detach() cuts behind D, on the way to G. What D gets is the same; in G's step the same cut is fatal.",
    ),
)
