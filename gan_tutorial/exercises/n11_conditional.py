"""The exercises of notebook 11."""

from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..break_it_lab.healthy import DISTRIBUTION, Informed, Obedient
from ..classifier import load_classifier
from ..pictures import data_folder, fashion_mnist, unit
from ..pretrained import load_discriminator
from . import Exercise, Open, Recall
from .engine import as_tensor
from .inputs import normal, numbers
from .running import after_a_turn

# 11.1


def solve_projection(h: Tensor, y: Tensor, w: Tensor, b: float, e: Tensor) -> Tensor:
    # one glance h, and the label chooses the question w + e_y
    return h @ w + b + (e[y] * h).sum(1)


def solve_projection_by_questions(h: Tensor, y: Tensor, w: Tensor, b: float, e: Tensor) -> Tensor:
    return torch.stack([features @ (w + e[k]) + b for features, k in zip(h, y.tolist(), strict=True)])


def use_projection(score: Callable) -> str:
    D = load_discriminator(data_folder() / "weights" / "dcgan-conditional-discriminator.safetensors")
    pixels, labels = fashion_mnist("test")
    x, y = unit(pixels[:200, None]), labels[:200].long()
    with torch.no_grad():
        h = D.features(x)
        right, other = (
            as_tensor(score(h, label, D.score.weight[0], D.score.bias.item(), D.embedding.weight.T))
            for label in (y, (y + 1) % 10)
        )
    return (
        f"The shipped D, scored by you: 200 test pictures with their own label {right.mean():+.1f} on average, with "
        f"the label of the next class {other.mean():+.1f}. The own label wins for "
        f"{(right > other).double().mean():.0%}."
    )


projection = Exercise(
    number="11.1",
    level="complete",
    minutes=5,
    solutions=(solve_projection, solve_projection_by_questions),
    inputs=lambda: [
        (normal(6, 4), torch.tensor([0, 1, 2, 2, 1, 0]), normal(4, seed=1), 0.7, normal(3, 4, seed=2)),
        (normal(3, 3, seed=3), torch.tensor([2, 0, 2]), normal(3, seed=4), -2.0, normal(3, 3, seed=5)),
        (normal(5, 2, seed=6), torch.tensor([3, 1, 1, 0, 4]), normal(2, seed=7), 0.0, 3 * normal(5, 2, seed=8)),
        (normal(1, 5, seed=9), torch.tensor([1]), normal(5, seed=10), 0.3, normal(2, 5, seed=11)),
    ],
    mistakes=(
        (lambda h, y, w, b, e: h @ w + (e[y] * h).sum(1), "b is missing."),
        (
            lambda h, y, w, b, e: (e[y] * h).sum(1),
            "this is the fit of the label alone. How real is the picture? w, and b, say that.",
        ),
        (
            lambda h, y, w, b, e: (e[y] * h).sum(1) + b,
            "the part without a label, ⟨w, h⟩, is missing.",
        ),
        (lambda h, y, w, b, e: h @ w + b, "this D is deaf: y makes no difference."),
        (
            lambda h, y, w, b, e: h @ w + b + e[y].sum(1),
            "this adds a number for each class, whatever the picture: the late concatenation.",
        ),
        (
            lambda h, y, w, b, e: h @ w + b + (h @ e.T).sum(1),
            "here every class asks its question at once. y chooses one row of e.",
        ),
        (lambda h, y, w, b, e: solve_projection(h, y, w, b, e).sigmoid(), "this is D(x, y), after the sigmoid."),
        (lambda h, y, w, b, e: h @ w + b - (e[y] * h).sum(1), "the part of the label is added, not taken off."),
        (
            lambda h, y, w, b, e: h @ w + b + e[y].mean(1),
            "this adds a number for each class, whatever the picture, as a late concatenation would.",
        ),
        (
            lambda h, y, w, b, e: ((h * (w + e[y])) + b).sum(1),
            "b is added once for each feature. It stands outside the sum.",
        ),
        (
            lambda h, y, w, b, e: (h * (w + e[y])).mean(1) + b,
            "inner products are sums over the features, not means.",
        ),
        (lambda h, y, w, b, e: h @ w - b + (e[y] * h).sum(1), "b is added, not taken off."),
        (
            lambda h, y, w, b, e: h @ w + b + (e[y] * h).mean(1),
            "an inner product is a sum over the features, not their mean.",
        ),
        (
            lambda h, y, w, b, e: h @ w + b + (e[y] * w).sum(1),
            "the class's vector meets w here. It should meet the features h.",
        ),
        (
            lambda h, y, w, b, e: h @ w + b + (e[0] * h).sum(1),
            "every picture is asked the question of class 0.",
        ),
        (
            lambda h, y, w, b, e: h @ w + b + (h @ e.T).amax(1),
            "this takes the class that fits best. The label says which one is asked.",
        ),
        (
            lambda h, y, w, b, e: h @ (w + e.mean(0)) + b,
            "this asks the mean question of all classes, whatever y is.",
        ),
        (lambda h, y, w, b, e: h @ e.T + (h @ w + b)[:, None], "this is a score for each class. y chooses one."),
        (
            lambda h, y, w, b, e: h @ w + b + y * (e[y] * h).sum(1),
            "the label is a name, not a number: nothing is multiplied by y.",
        ),
        (
            lambda h, y, w, b, e: (h @ w + b) * (e[y] * h).sum(1),
            "the two parts are multiplied. They are added.",
        ),
        (
            lambda h, y, w, b, e: h @ w + b + F.cosine_similarity(h, e[y], dim=1),
            "this is the cosine of e_y and h. The inner product keeps their lengths.",
        ),
        (
            lambda h, y, w, b, e: (h * w * e[y]).sum(1) + b,
            "w and e_y are multiplied. They are added: two inner products with h.",
        ),
        (
            lambda h, y, w, b, e: h @ w + b + (e[y] * h).sum(1) / h.shape[1] ** 0.5,
            "there is no √F in (4).",
        ),
        (
            lambda h, y, w, b, e: h @ w + b + (e[y - 1] * h).sum(1),
            "the labels count from 0: class y has row y of e.",
        ),
        (
            lambda h, y, w, b, e: h @ w + b + (F.normalize(e, dim=1)[y] * h).sum(1),
            "each e_y is made 1 long. (4) takes it as it is.",
        ),
        (
            lambda h, y, w, b, e: h @ w + b + (h @ e.T).log_softmax(1).gather(1, y[:, None])[:, 0],
            "a softmax over the classes is in the reasons for (4), not in (4).",
        ),
        (
            lambda h, y, w, b, e: b * (h * (w + e[y])).sum(1),
            "b is multiplied here. It is added.",
        ),
        (
            lambda h, y, w, b, e: h @ w + b + (e[y[0]] * h).sum(1),
            "the first label is taken for all. Each picture has its own.",
        ),
        (
            lambda h, y, w, b, e: h @ w + 2 * b + (e[y] * h).sum(1),
            "b is added twice.",
        ),
        (
            lambda h, y, w, b, e: h @ w + b + (h @ e[y].T).sum(1),
            "each picture is asked the questions of the whole batch. Its own label chooses one.",
        ),
        (
            lambda h, y, w, b, e: h @ w + b + (e[y] @ h.T).sum(1),
            "each question is put to the whole batch. It is meant for one picture.",
        ),
        (
            lambda h, y, w, b, e: h @ w + b + h @ e[y].mean(0),
            "every picture is asked the mean question of the batch. Its own label chooses one.",
        ),
        (
            lambda h, y, w, b, e: h @ w + b + (e[y] * h).sum(),
            "the label's part is summed over the whole batch. Each picture has its own.",
        ),
        (
            lambda h, y, w, b, e: h @ w + b + (e[y.flip(0)] * h).sum(1),
            "the labels are taken from the last to the first. Picture n has label y[n].",
        ),
        (
            lambda h, y, w, b, e: h @ w + b + (e[y.sort().values] * h).sum(1),
            "the labels are sorted without their pictures. Picture n has label y[n].",
        ),
        (
            lambda h, y, w, b, e: h @ w + b + (e[y] - h).square().sum(1),
            "this is the squared distance between e_y and h. (4) has their inner product.",
        ),
        (
            lambda h, y, w, b, e: h @ w + b + ((e[y] - e.mean(0)) * h).sum(1),
            "the mean of all classes is taken off e_y. (4) takes it as it is.",
        ),
        (
            lambda h, y, w, b, e: solve_projection(h.relu(), y, w, b, e),
            "the features pass through a ReLU first. (4) takes h as it is.",
        ),
        (
            lambda h, y, w, b, e: (h @ w) * (e[y] * h).sum(1) + b,
            "the two inner products are multiplied. They are added.",
        ),
    ),
    hints=(
        "e[y] has a row for each picture: the vector of its class.",
        "An inner product for each row: (a * h).sum(1).",
    ),
    insight="All of x's work is done once, in h: to ask about another class costs one inner product more. That the own "
    "label wins little more than half of the time need be no fault: against a perfect G the part of the label in t*, "
    "log p(y|x)/q(y|x), is 0.",
    reward=use_projection,
)


# 11.2


def solve_turn_of_D(
    G: nn.Module, D: nn.Module, opt_D: torch.optim.Optimizer, x: Tensor, y: Tensor, z: Tensor, ordered: Tensor
) -> None:
    fake = G(z, ordered).detach()
    real_cost = F.softplus(-D(x, y)).mean()
    # the question about a fake is whether it fits the order that it was made for
    fake_cost = F.softplus(D(fake, ordered)).mean()
    opt_D.zero_grad()
    (real_cost + fake_cost).backward()
    opt_D.step()


def solve_turn_in_one_batch(
    G: nn.Module, D: nn.Module, opt_D: torch.optim.Optimizer, x: Tensor, y: Tensor, z: Tensor, ordered: Tensor
) -> None:
    with torch.no_grad():
        fake = G(z, ordered)
    t = D(torch.cat([x, fake]), torch.cat([y, ordered]))
    is_real = torch.cat([torch.ones_like(t[: len(x)]), torch.zeros_like(t[len(x) :])])
    opt_D.zero_grad()
    (2 * F.binary_cross_entropy_with_logits(t, is_real)).backward()
    opt_D.step()


def turn(
    cost: Callable = lambda real, fake: F.softplus(-real).mean() + F.softplus(fake).mean(),
    *,
    made: Callable = lambda y, ordered: ordered,
    asked: Callable = lambda y, ordered: ordered,
    known: Callable = lambda y, ordered: y,
    zero: bool = True,
    steps: int = 1,
) -> Callable:
    """A turn of D with something else in one place."""

    def turn_of_D(G, D, opt_D, x, y, z, ordered):
        fake = G(z, made(y, ordered)).detach()
        total = cost(D(x, known(y, ordered)), D(fake, asked(y, ordered)))
        if zero:
            opt_D.zero_grad()
        total.backward()
        for _ in range(steps):
            opt_D.step()

    return turn_of_D


def in_eval(G, D, opt_D, x, y, z, ordered):
    D.eval()
    solve_turn_of_D(G, D, opt_D, x, y, z, ordered)


def and_freezes(G, D, opt_D, x, y, z, ordered):
    solve_turn_of_D(G, D, opt_D, x, y, z, ordered)
    D.requires_grad_(False)


def one_after_the_other(G, D, opt_D, x, y, z, ordered):
    turn(lambda real, fake: F.softplus(-real).mean())(G, D, opt_D, x, y, z, ordered)
    turn(lambda real, fake: F.softplus(fake).mean())(G, D, opt_D, x, y, z, ordered)


def met_by_chance(mean: bool) -> Callable:
    def turn_of_D(G, D, opt_D, x, y, z, ordered):
        same = (y == ordered).double()
        among = len(y) if mean else same.sum().clamp(min=1)
        cost = (F.softplus(-D(x, y)) * same).sum() / among + F.softplus(D(G(z, ordered).detach(), ordered)).mean()
        opt_D.zero_grad()
        cost.backward()
        opt_D.step()

    return turn_of_D


def swapped_too(G, D, opt_D, x, y, z, ordered):
    cost = F.softplus(D(G(z, ordered).detach(), ordered)).mean() + F.softplus(D(x, ordered)).mean()
    opt_D.zero_grad()
    (cost + F.softplus(-D(x, y)).mean()).backward()
    opt_D.step()


def without_fakes(G, D, opt_D, x, y, z, ordered):
    opt_D.zero_grad()
    (F.softplus(-D(x, y)).mean() + F.softplus(D(x, ordered)).mean()).backward()
    opt_D.step()


def into_G(G, D, opt_D, x, y, z, ordered):
    opt_D.zero_grad()
    (F.softplus(-D(x, y)).mean() + F.softplus(D(G(z, ordered), ordered)).mean()).backward()
    opt_D.step()


class Small(nn.Module):
    """x or z (N, n), y (N,) -> (N, m), or (N,) if m is 1."""

    def __init__(self, n: int, m: int, classes: int):
        super().__init__()
        self.classes = classes
        self.net = nn.Sequential(nn.Linear(n + classes, 10), nn.Tanh(), nn.Linear(10, m))

    def forward(self, x: Tensor, y: Tensor) -> Tensor:
        return self.net(torch.cat([x, F.one_hot(y, self.classes).to(x.dtype)], 1)).squeeze(1)


def turns() -> list[tuple]:
    cases = []
    for seed, (n, classes, rate) in enumerate(((6, 3, 1.0), (8, 4, 0.5), (5, 2, 2.0))):
        torch.manual_seed(seed)
        G, D = Small(3, 2, classes).double(), Small(2, 1, classes).double()
        for weight in D.parameters():
            weight.grad = torch.full_like(weight, 0.2)  # of an earlier turn
        rng = torch.Generator().manual_seed(seed)
        y, ordered = (torch.randint(classes, (n,), generator=rng) for _ in range(2))
        x, z = normal(n, 2, seed=seed) + y[:, None], normal(n, 3, seed=9 + seed)
        cases.append((G, D, torch.optim.SGD(D.parameters(), rate), x, y, z, ordered))
    return cases


def obedience(turn_of_D: Callable, steps: int) -> tuple[Tensor, float]:
    """Rows: ordered heap; columns: the nearest one; after a game of so many steps on the numbered heaps of 09."""
    torch.manual_seed(0)
    rng, G, D = torch.Generator().manual_seed(0), Obedient(), Informed()
    opt_G, opt_D = (torch.optim.Adam(net.parameters(), 4e-3, betas=(0.0, 0.99)) for net in (G, D))
    for _ in range(steps):
        y, ordered = (torch.randint(8, (64,), generator=rng) for _ in range(2))
        x = DISTRIBUTION.modes[y] + DISTRIBUTION.std * torch.randn(64, 2, generator=rng)
        turn_of_D(G, D, opt_D, x, y, torch.randn(64, 8, generator=rng), ordered)
        cost = F.softplus(-D(G(torch.randn(64, 8, generator=rng), ordered), ordered)).mean()
        opt_G.zero_grad()
        cost.backward()
        opt_G.step()
    y = torch.arange(400) % 8
    with torch.no_grad():
        distance = torch.cdist(G(torch.randn(400, 8, generator=rng), y), DISTRIBUTION.modes)
    table = torch.zeros(8, 8).index_put_((y, distance.argmin(1)), torch.tensor(1 / 50), accumulate=True)
    return table, distance.amin(1).mean().item()


def draw_obedience(turn_of_D: Callable):
    table, miss = obedience(turn_of_D, 150)
    figure, ax = plt.subplots(figsize=(4.2, 3.2), layout="constrained")
    image = ax.imshow(table, cmap="Oranges", vmin=0, vmax=1)
    figure.colorbar(image, label="share of the order's fakes")
    ax.set(xticks=range(8), yticks=range(8), xlabel="heap nearest to the fake", ylabel="heap ordered")
    ax.set_title(f"{table.diag().mean():.0%} as ordered, {miss:.2f} from a heap", fontsize=10)
    plt.close(figure)
    return figure


turn_of_D = Exercise(
    number="11.2",
    level="repair",
    minutes=6,
    solutions=(solve_turn_of_D, solve_turn_in_one_batch),
    inputs=turns,
    outcome=after_a_turn,
    changes=("D", "opt_D"),
    mistakes=(
        (
            turn(known=lambda y, ordered: ordered),
            "G does not learn to obey: played with it on the eight heaps of 09, about one order in eight is met, as by "
            "luck. What does D learn about labels from real samples here?",
            "There are two sets of labels: y came with x, `ordered` was given to G. Who is asked about which?",
        ),
        (
            turn(asked=lambda y, ordered: y),
            "D is asked whether the fakes fit the labels of the real batch. They were made for the orders.",
        ),
        (
            turn(made=lambda y, ordered: y),
            "the fakes are made for the labels y of the real batch. They should be made for the orders.",
        ),
        (
            turn(made=lambda y, ordered: y, asked=lambda y, ordered: y),
            "the orders play no part: the fakes are made for the labels of the real batch.",
        ),
        (
            turn(known=lambda y, ordered: ordered, asked=lambda y, ordered: y),
            "y and ordered are exchanged in both questions to D.",
        ),
        (
            turn(asked=lambda y, ordered: torch.zeros_like(y)),
            "every fake is taken for one of class 0.",
        ),
        (
            turn(lambda real, fake: F.softplus(real).mean() + F.softplus(-fake).mean()),
            "D learns to call the fakes real and the real ones fake.",
        ),
        (
            turn(lambda real, fake: F.softplus(-real).mean() + F.softplus(-fake).mean()),
            "D learns to call everything real: the fakes' part is −log(1 − D).",
        ),
        (
            turn(lambda real, fake: F.softplus(real).mean() + F.softplus(fake).mean()),
            "D learns to call everything fake: the real pairs' part is −log D.",
        ),
        (
            turn(lambda real, fake: F.softplus(fake).mean() - F.softplus(-real).mean()),
            "the real pairs' part has the wrong sign: D is rewarded for low scores of real ones.",
        ),
        (
            turn(lambda real, fake: F.softplus(-real).mean() - F.softplus(fake).mean()),
            "the fakes' part has the wrong sign: D is rewarded for high scores of fakes.",
        ),
        (
            turn(lambda real, fake: -F.softplus(-real).mean() - F.softplus(fake).mean()),
            "D descends V here. It climbs V, so its cost is −V.",
        ),
        (turn(lambda real, fake: F.softplus(-real).mean()), "D learns from the real pairs only."),
        (turn(lambda real, fake: F.softplus(fake).mean()), "D learns from the fakes only."),
        (
            turn(lambda real, fake: (F.softplus(-real).mean() + F.softplus(fake).mean()) / 2),
            "the two means are averaged: D's step is half as long as V asks for.",
        ),
        (
            turn(lambda real, fake: F.softplus(-real).sum() + F.softplus(fake).sum()),
            "the costs are summed over the batch. V has means.",
        ),
        (
            turn(lambda real, fake: -real.sigmoid().mean() + fake.sigmoid().mean()),
            "the logarithms are missing.",
        ),
        (
            turn(lambda real, fake: F.softplus(-real.sigmoid()).mean() + F.softplus(fake.sigmoid()).mean()),
            "D's scores pass through a sigmoid before softplus, which has one inside.",
        ),
        (
            turn(known=lambda y, ordered: y.flip(0)),
            "the real samples are shown with labels in another order. Each has its own.",
        ),
        (
            turn(known=lambda y, ordered: torch.zeros_like(y), asked=lambda y, ordered: torch.zeros_like(y)),
            "D is told class 0 for everything, and so is deaf.",
        ),
        (
            turn(known=lambda y, ordered: torch.zeros_like(y)),
            "every real sample is shown as one of class 0.",
        ),
        (
            turn(lambda real, fake: fake.mean() - real.mean()),
            "this cost has no logarithms: a critic's, the difference of the mean scores, or the hinge. (1) has them.",
        ),
        (
            turn(lambda real, fake: (1 - real).square().mean() + fake.square().mean()),
            "this is the least-squares cost. (1) has logarithms.",
        ),
        (in_eval, "D is left in eval mode. Put it back with D.train()."),
        (and_freezes, "D's weights want no gradients any more: the next turn cannot move them."),
        (turn(zero=False), "the gradients of an earlier turn are still there, and count once more."),
        (turn(steps=0), "D's weights have not moved."),
        (turn(steps=2), "D takes two steps in one turn."),
        (
            one_after_the_other,
            "the real pairs and the fakes take a step each. They belong in one step.",
        ),
        (
            met_by_chance(False),
            "real pairs count only where the label happens to be the one ordered. All of them count.",
        ),
        (
            met_by_chance(True),
            "real pairs count only where the label happens to be the one that is ordered. All of them count.",
        ),
        (
            without_fakes,
            "D sees no fakes: real samples with the orders stand in their place.",
        ),
        (
            swapped_too,
            "(1) has two kinds of pairs. Real samples with the orders, as a third kind of fake, are another game.",
        ),
        (
            turn(
                lambda real, fake: (
                    0.9 * F.softplus(-real).mean() + 0.1 * F.softplus(real).mean() + F.softplus(fake).mean()
                )
            ),
            "this smooths the label of the real pairs to 0.9. (1) does not.",
        ),
        (
            turn(known=lambda y, ordered: y.sort().values),
            "the labels are sorted without their pictures. Each has its own.",
        ),
        (
            turn(known=lambda y, ordered: y[torch.randperm(len(y))]),
            "the labels are shuffled without their pictures. Each has its own.",
        ),
        (
            turn(made=lambda y, ordered: ordered.flip(0)),
            "G gets the orders in another sequence than D: fake n is not what order n says.",
        ),
        (
            lambda G, D, opt_D, x, y, z, ordered: opt_D.step(),
            "D takes the step of an earlier turn once more: there is no .backward() before opt_D.step().",
        ),
    ),
    hints=(
        "In the real pairs, what should the label say about x? Look which labels D gets with x.",
        "D(x, y) should ask about real pairs, and D(fake, ...) about pairs of a fake and the order it was made for.",
    ),
    insight="Not a broken game, but the right one for the wrong data: pairs whose label says nothing. Its solution is "
    "q(x|y) = p(x) for each y. A loader that shuffles pictures and labels apart does the same.",
    reward=draw_obedience,
)


# 11.3


def solve_best_D(p: Tensor, q: Tensor, data: Tensor, orders: Tensor) -> Tensor:
    # the pair (x, y) comes with data(y) p(x|y) from the data, and with orders(y) q(x|y) from G
    real, fake = data[:, None] * p, orders[:, None] * q
    return real / (real + fake)


def solve_best_D_by_score(p: Tensor, q: Tensor, data: Tensor, orders: Tensor) -> Tensor:
    return ((p / q).log() + (data / orders).log()[:, None]).sigmoid()


def rows(*rows: tuple[float, ...]) -> Tensor:
    return torch.tensor(rows, dtype=torch.float64)


def use_best_D(best_D: Callable) -> str:
    p, data, orders = rows((0.7, 0.2, 0.1), (0.1, 0.3, 0.6)), numbers(0.9, 0.1), numbers(0.5, 0.5)
    values = []
    for shares in (data, orders):
        D = as_tensor(best_D(p, p, data, shares))
        values.append((data[:, None] * p * D.log() + shares[:, None] * p * (1 - D).log()).sum().item())
    return (
        "A perfect G, q(x|y) = p(x|y), and classes with 90 and 10 % of the data. V at your D: "
        f"{values[0]:.3f} if it is ordered as the data are, {values[1]:.3f} if both classes are ordered equally often."
    )


best_D = Exercise(
    number="11.3",
    level="derive",
    minutes=7,
    solutions=(solve_best_D, solve_best_D_by_score),
    derivation="It is the game of 01 on pairs: p(x, y) = data(y) p(x|y) against q(x, y) = orders(y) q(x|y).",
    inputs=lambda: [
        (
            rows((0.7, 0.2, 0.1), (0.1, 0.3, 0.6)),
            rows((0.3, 0.3, 0.4), (0.2, 0.2, 0.6)),
            numbers(0.9, 0.1),
            numbers(0.5, 0.5),
        ),
        (
            rows((0.5, 0.5), (0.2, 0.8), (0.6, 0.4)),
            rows((0.4, 0.6), (0.9, 0.1), (0.3, 0.7)),
            numbers(0.2, 0.3, 0.5),
            numbers(0.6, 0.3, 0.1),
        ),
        (
            rows((0.1, 0.2, 0.3, 0.4), (0.4, 0.4, 0.1, 0.1)),
            rows((0.25, 0.25, 0.25, 0.25), (0.7, 0.1, 0.1, 0.1)),
            numbers(0.5, 0.5),
            numbers(0.05, 0.95),
        ),
    ],
    mistakes=(
        (
            lambda p, q, data, orders: p / (p + q),
            "this is (2): right only if classes are ordered as the data have them.",
        ),
        (
            lambda p, q, data, orders: solve_best_D(p, q, orders, data),
            "data and orders are exchanged: the real pairs come with the shares of the data.",
        ),
        (
            lambda p, q, data, orders: data[:, None] * p / (data[:, None] * p + q),
            "the fakes have a weight as well: how often their class is ordered.",
        ),
        (
            lambda p, q, data, orders: p / (p + orders[:, None] * q),
            "the real pairs have a weight as well: how often their class comes in the data.",
        ),
        (
            lambda p, q, data, orders: data[:, None] * p / (p + q),
            "the share of the class stands above only.",
        ),
        (
            lambda p, q, data, orders: data[:, None] * p / (orders[:, None] * q),
            "these are the odds, real against fake. D is a probability: odds / (1 + odds).",
        ),
        (
            lambda p, q, data, orders: (data[:, None] * p / (orders[:, None] * q)).log(),
            "this is the score t*. D* is its sigmoid.",
        ),
        (
            lambda p, q, data, orders: 1 - solve_best_D(p, q, data, orders),
            "this is the probability that the pair is a fake.",
        ),
        (
            lambda p, q, data, orders: (p / (p + q)) * (data / (data + orders))[:, None],
            "this multiplies two probabilities. The odds multiply, p/q times data/orders.",
        ),
        (
            lambda p, q, data, orders: (data[:, None] * p > orders[:, None] * q).double(),
            "this says which is likelier. D says how likely.",
        ),
        (
            lambda p, q, data, orders: data[:, None] * p - orders[:, None] * q,
            "this is how much more often the pair comes from the data. D is a probability.",
        ),
        (
            lambda p, q, data, orders: (data @ p / (data @ p + orders @ q)).expand(len(p), -1),
            "this is the best D that does not see y: it adds up the classes.",
        ),
        (
            lambda p, q, data, orders: data @ p / (data @ p + orders @ q),
            "this is the best D that does not see y. A number for each pair (x, y) is asked for.",
        ),
        (
            lambda p, q, data, orders: (
                data[:, None] * p / (data[:, None] * p + orders[:, None] * q).sum(0, keepdim=True)
            ),
            "below, the classes are added up. D answers to each pair by itself.",
        ),
        (
            lambda p, q, data, orders: (
                data[:, None] * p / (data[:, None] * p + orders[:, None] * q).sum(1, keepdim=True)
            ),
            "below, the points are added up. D answers to each pair by itself.",
        ),
        (
            lambda p, q, data, orders: (data / (data + orders))[:, None].expand(p.shape),
            "this is how often a pair with that label is real. It does not look at x.",
        ),
        (
            lambda p, q, data, orders: p / (p + q) * (data / orders)[:, None],
            "this multiplies a probability by odds. The odds multiply, p/q times data/orders.",
        ),
        (
            lambda p, q, data, orders: (
                (data[:, None] * p / (data @ p)) / (data[:, None] * p / (data @ p) + orders[:, None] * q / (orders @ q))
            ),
            "these are p(y|x) and q(y|x): how likely the picture itself is has been lost.",
        ),
        (
            lambda p, q, data, orders: (p / (p + q) + (data / (data + orders))[:, None]) / 2,
            "this is the mean of two probabilities. The odds multiply, p/q times data/orders.",
        ),
        (
            lambda p, q, data, orders: data[0] * p / (data[0] * p + orders[0] * q),
            "the shares of class 0 are taken for every class.",
        ),
        (
            lambda p, q, data, orders: solve_best_D(p, q, data.sqrt(), orders.sqrt()),
            "the odds are multiplied by the root of data/orders. The root is too much.",
        ),
    ),
    hints=(
        "How often does the pair (x, y) come from the data? And from G, if y is ordered with the share orders(y)?",
        "It is D* of 01, with data(y) p(x|y) in the place of p.",
    ),
    prediction=("D* of a perfect fake, its class 90 % of the data and half of the orders", lambda: 0.9 / 1.4),
    insight="Order as the data have it, or D learns the shares of the classes: a perfect G then pays 2 JSD(data, "
    "orders) for what no picture of its own can mend. The score moves by log data(y)/orders(y), no more.",
    reward=use_best_D,
)


# 11.4


def solve_truth(seen: Tensor, confusion: Tensor) -> Tensor:
    # seen = truth @ confusion, so confusion.T @ truth = seen
    return torch.linalg.solve(confusion.T, seen)


def solve_truth_by_inverse(seen: Tensor, confusion: Tensor) -> Tensor:
    return seen @ torch.linalg.inv(confusion)


def use_truth(truth: Callable) -> str:
    pixels, labels = fashion_mnist("test")
    chosen = torch.cat([(labels == k).nonzero()[:n, 0] for k, n in ((0, 500), (6, 500))])
    C, x, y = load_classifier(), unit(pixels[chosen, None]), labels[chosen].long()
    with torch.no_grad():
        sees = torch.cat([C(part) for part in x.split(125)])[:, [0, 6]].argmax(1)
    half = torch.arange(len(y)) % 2 == 0
    table = torch.stack([sees[half & (y == k)].bincount(minlength=2).double() for k in (0, 6)])
    table = table / table.sum(1, keepdim=True)
    few = torch.cat([(~half & (y == 0)).nonzero()[:, 0], (~half & (y == 6)).nonzero()[:50, 0]])
    seen = sees[few].bincount(minlength=2).double() / len(few)
    found = as_tensor(truth(seen, table))
    return (
        f"Among {len(few)} real T-shirts and shirts {50 / len(few):.0%} are shirts. The classifier sees {seen[1]:.0%}; "
        f"with its mistakes taken out by you: {found[1]:.0%}."
    )


truth = Exercise(
    number="11.4",
    level="build",
    minutes=8,
    solutions=(solve_truth, solve_truth_by_inverse),
    derivation="seen[j] = Σ_i truth[i] confusion[i, j]: seen = truth · confusion, so truth = seen · confusion⁻¹.",
    inputs=lambda: [
        (
            numbers(0.6, 0.3, 0.1) @ rows((0.9, 0.1, 0.0), (0.2, 0.7, 0.1), (0.0, 0.1, 0.9)),
            rows((0.9, 0.1, 0.0), (0.2, 0.7, 0.1), (0.0, 0.1, 0.9)),
        ),
        (numbers(0.25, 0.75) @ rows((0.8, 0.2), (0.05, 0.95)), rows((0.8, 0.2), (0.05, 0.95))),
        (
            numbers(0.1, 0.2, 0.4, 0.3)
            @ rows((0.7, 0.1, 0.1, 0.1), (0.0, 1.0, 0.0, 0.0), (0.3, 0.0, 0.6, 0.1), (0.0, 0.2, 0.0, 0.8)),
            rows((0.7, 0.1, 0.1, 0.1), (0.0, 1.0, 0.0, 0.0), (0.3, 0.0, 0.6, 0.1), (0.0, 0.2, 0.0, 0.8)),
        ),
        (
            numbers(0.5, 0.2, 0.3) @ rows((0.6, 0.2, 0.2), (0.1, 0.8, 0.1), (0.4, 0.1, 0.5)),
            rows((0.6, 0.2, 0.2), (0.1, 0.8, 0.1), (0.4, 0.1, 0.5)),
        ),
        (numbers(0.375, 0.625) @ rows((0.45, 0.55), (0.8, 0.2)), rows((0.45, 0.55), (0.8, 0.2))),
    ],
    mistakes=(
        (lambda seen, confusion: seen, "this is what the classifier sees, its mistakes included."),
        (lambda seen, confusion: seen @ confusion, "this puts the mistakes in a second time."),
        (lambda seen, confusion: confusion @ seen, "this does not undo the table. You need its inverse."),
        (
            lambda seen, confusion: torch.linalg.solve(confusion, seen),
            "rows and columns are exchanged: what is seen as j is a sum over the rows i.",
        ),
        (
            lambda seen, confusion: seen / confusion.diag(),
            "this undoes what the classifier misses, but leaves in what it takes for this class by mistake.",
        ),
        (
            lambda seen, confusion: seen / confusion.diag() / (seen / confusion.diag()).sum(),
            "this undoes what the classifier misses, and then scales to 1. What it takes for this class by mistake is "
            "left in.",
        ),
        (
            lambda seen, confusion: seen / confusion.sum(0) / (seen / confusion.sum(0)).sum(),
            "this divides by how often a class is seen at all, as if all were equally frequent.",
        ),
        (
            lambda seen, confusion: seen / confusion.sum(0),
            "this divides by how often a class is seen at all. It does not say from which classes it came.",
        ),
        (
            lambda seen, confusion: (confusion / confusion.sum(0)) @ seen,
            "this is Bayes' rule with equal shares beforehand. But the shares are what is asked.",
        ),
        (
            lambda seen, confusion: 2 * seen - seen @ confusion,
            "this takes the mistakes out once, to first order. The equations can be solved exactly.",
        ),
        (
            lambda seen, confusion: seen * confusion.diag(),
            "this multiplies where the classifier's misses are to be undone.",
        ),
        (
            lambda seen, confusion: seen * confusion.diag() / (seen @ confusion.diag()),
            "this multiplies where the classifier's misses are to be undone, and then scales to 1.",
        ),
        (
            lambda seen, confusion: torch.linalg.solve(confusion.T, seen).softmax(0),
            "these are already shares, up to chance. A softmax makes others of them.",
        ),
        (
            lambda seen, confusion: torch.linalg.inv(confusion),
            "this is what undoes the table. It still has to meet what is seen.",
        ),
        (
            lambda seen, confusion: seen - confusion.mean(0) + 1 / len(seen),
            "this takes off the mistakes that equal shares would make. These shares are others.",
        ),
        (
            lambda seen, confusion: seen - seen @ (confusion - confusion.diag().diag()),
            "this takes off what is mistaken for the class, counted from the seen shares, and forgets what is missed.",
        ),
        (
            lambda seen, confusion: (seen - seen @ (confusion - confusion.diag().diag())) / confusion.diag(),
            "the mistakes are counted from the seen shares. They come from the true ones, which are unknown: solve.",
        ),
        (
            lambda seen, confusion: torch.linalg.solve((confusion / confusion.sum(0)).T, seen),
            "the columns are scaled to 1. The rows of the table sum to 1, and it is right as it is.",
        ),
        (
            lambda seen, confusion: (seen - (1 - confusion.diag().mean()) / len(seen)) / confusion.diag().mean(),
            "one accuracy serves for all classes here. The table knows which is taken for which.",
        ),
        (
            lambda seen, confusion: (seen[:, None] * confusion / (seen[:, None] * confusion).sum(0)) @ seen,
            "this is Bayes' rule with the seen shares beforehand: a step towards the truth, not the truth.",
        ),
        (
            lambda seen, confusion: torch.linalg.solve((confusion + confusion.T) / 2, seen),
            "the table is made symmetric. What is taken for what matters: i for j is not j for i.",
        ),
    ),
    hints=(
        "Write down what is seen if the truth is known: seen[j] = sum_i truth[i] confusion[i, j], that is truth @ "
        "confusion.",
        "These are as many linear equations as classes: torch.linalg.solve(A, b) finds the v with A @ v = b. Which A "
        "is it, confusion or its transpose?",
    ),
    insight="Fakes must confuse the classifier as real pictures of their class do, or the table is the wrong one. A "
    "share below 0 or above 1 warns of it, or of a small sample: the inverse makes the scatter larger.",
    reward=use_truth,
)


# 11.5 and 11.6

no_class = Open(
    number="11.5",
    minutes=15,
    outline="""Codes through the shipped G, {n} latents each; medians and ranges over {seeds} seeds. Seen most, then
second, and the mean of the classifier's largest probability, in %:

one-hot boot:     {boot_first}, {boot_second}; sure {boot_sure}
2 · boot:         {twice_first}; sure {twice_sure}
2 · boot − sandal: {beyond_first}; sure {beyond_sure}
all zeros:        {zeros_first}, {zeros_second}; sure {zeros_sure}
a tenth of each:  {all_first}, {all_second}; sure {all_sure}

By (3) twice a boot is twice its plan. For the classifier all these pictures, with or without the sandal
taken off, are boots, which is more than it says of real boots: past the target of section 5. Whether it
costs variety we did not measure; recall would say.

Zeros are no average of the classes but the bare W_z z, which G never used alone: the classifier sees
bags and shirts most often, and is less sure. The mean code was never ordered either; shirts come most often.""",
)

the_lost_tenth = Open(
    number="11.6",
    minutes=40,
    outline="""The recipe of section 3 for its first {steps} steps, {seeds} seeds; of 200 boots ordered from the
averaged G the share that points right, in %, median and range.

step 100: one label {together_100}; own labels: boots {boots_100}, mirrored boots {mirrored_100}
step 200: one label {together_200}; own labels: boots {boots_200}, mirrored boots {mirrored_200}
step 300: one label {together_300}; own labels: boots {boots_300}, mirrored boots {mirrored_300}
step 400: one label {together_400}; own labels: boots {boots_400}, mirrored boots {mirrored_400}

What (2) promises: q(x|y) = p(x|y), so 10 % under one label, and with labels of their own 0 % of the
boots and all of the mirrored ones. The second promise is kept from step 200 on, though the mirrored
boots are one picture in a hundred. The first is broken from the first looks on (at step 100 the pictures are hardly
boots yet): the tenth is not lost late.

So the few pictures are enough for G to draw what points right (how well, we did not measure); it is
the label of their own that makes the difference. Why G leaves out the rarer kind under one label, these
runs do not say.""",
)


recall = Recall(
    (
        "D gets the label late: its one-hot code joins the features before the last, linear layer. What does G learn?",
        [
            ("to obey, though more slowly", "The label only adds a number to the score, whatever the picture."),
            ("nothing at all", "D can still tell real from fake, and its slope in x still says how to draw."),
            ("to draw, but not to obey", "Yes: the score is f(x) + a_y, and its slope in x is the same for every y."),
        ],
        2,
        "D's label has to meet the picture: in a product, or before a nonlinear layer.",
    ),
    (
        "The classifier agrees with 92.4 % of the labels of real pictures. What should a perfect G reach?",
        [
            ("92.4 %", "Yes, up to chance: the classifier errs with perfect fakes as with real pictures."),
            ("100 %", "Then it would leave out the real pictures that the classifier mistakes."),
            ("less than 92.4 %, for fakes are harder", "A perfect fake is no harder than a real picture."),
        ],
        0,
        "Conditional accuracy has a target, that of real pictures. With more, those that it mistakes come too rarely.",
    ),
    (
        "From 01: D sees no labels, and G, else perfect, swaps two equally frequent classes. What is V at the best D?",
        [
            ("0, as D sees through it", "It sees x only, and all x together are distributed as they should be."),
            ("−log 4", "Yes: q(x) = p(x), so the best D answers ½ everywhere."),
            ("between the two", "The JSD of two equal distributions is 0."),
        ],
        1,
        "max V = 2 JSD(p, q) − log 4, of the distributions of what D sees.",
    ),
)
