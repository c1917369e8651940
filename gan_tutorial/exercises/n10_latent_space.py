"""The exercises of notebook 10."""

import math
from collections.abc import Callable

import matplotlib.pyplot as plt
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from ..chapters.latent import directions
from ..plots import show_images
from ..pretrained import load_generator
from . import Exercise, Open, Recall
from .engine import as_tensor
from .inputs import normal, numbers


@torch.no_grad()
def strips(**rows: Tensor):
    """The shipped generator's pictures of some rows of latents, by their names."""
    G = load_generator()
    latents = [as_tensor(row).float() for row in rows.values()]
    figure, ax = plt.subplots(figsize=(9, 0.9 * len(rows)))
    show_images(ax, G(torch.cat(latents)), len(latents[0]))
    for k, name in enumerate(rows):
        ax.text(-5, 30 * k + 16, name, ha="right", va="center")
    plt.close(figure)
    return figure


# 10.1


def solve_slerp(a: Tensor, b: Tensor, w: Tensor) -> Tensor:
    # the angle between a and b, from the inner product of the two arrows of length 1
    theta = torch.acos((a / a.norm()) @ (b / b.norm()))
    w = w[:, None]  # a row for each weight
    return (torch.sin((1 - w) * theta) * a + torch.sin(w * theta) * b) / torch.sin(theta)


def solve_slerp_one_by_one(a: Tensor, b: Tensor, w: Tensor) -> list[Tensor]:
    theta = math.acos(F.cosine_similarity(a, b, dim=0))
    return [(math.sin((1 - v) * theta) * a + math.sin(v * theta) * b) / math.sin(theta) for v in w.tolist()]


def arc(angle: Callable[[Tensor, Tensor], Tensor], divided: bool = True) -> Callable:
    def path(a, b, w):
        theta, v = angle(a, b), w[:, None]
        way = torch.sin((1 - v) * theta) * a + torch.sin(v * theta) * b
        return way / torch.sin(theta) if divided else way

    return path


def cosine(a: Tensor, b: Tensor) -> Tensor:
    return (a @ b) / (a.norm() * b.norm())


def straight(a: Tensor, b: Tensor, w: Tensor) -> Tensor:
    return (1 - w[:, None]) * a + w[:, None] * b


def draw_slerp(slerp: Callable):
    a, b = (torch.randn(64, generator=torch.Generator().manual_seed(seed)) for seed in (3, 8))
    w = torch.linspace(0, 1, 11)
    return strips(lerp=straight(a, b, w), yours=slerp(a, b, w))


slerp = Exercise(
    number="10.1",
    level="complete",
    minutes=6,
    solutions=(solve_slerp, solve_slerp_one_by_one),
    inputs=lambda: [
        (numbers(3.0, 0.0, 1.0), numbers(0.5, 2.0, 1.0), numbers(0.0, 0.3, 0.6, 1.0)),
        (normal(8), 2 * normal(8, seed=1), numbers(0.1, 0.5)),
        (numbers(1.0, -2.0), numbers(-3.0, 0.5), numbers(0.9, 0.2, 0.45)),
        (normal(5, seed=2), -0.9 * normal(5, seed=2) + normal(5, seed=3), numbers(0.5)),
        (normal(4, seed=5), normal(4, seed=6), numbers(0.25, 0.4, 0.7, 0.75)),
    ],
    mistakes=(
        (straight, "this is lerp, the segment."),
        (
            lambda a, b, w: F.normalize(straight(a, b, w), dim=1) * a.norm(),
            "this is the segment, pushed out to the length of a: its pace is uneven, and it ends beside b.",
        ),
        (
            lambda a, b, w: F.normalize(straight(a, b, w), dim=1) * (a.norm() + w[:, None] * (b.norm() - a.norm())),
            "this is the segment, pushed out to the shell: its pace is uneven.",
        ),
        (lambda a, b, w: solve_slerp(b, a, w), "w = 0 must be a, and w = 1 must be b."),
        (arc(lambda a, b: torch.acos(cosine(a, b)), divided=False), "the division by sin θ is missing."),
        (arc(cosine), "this takes the cosine of the angle for the angle: torch.acos is missing."),
        (
            arc(lambda a, b: torch.acos(cosine(a, b)) * 180 / math.pi),
            "torch.sin takes the angle in radians, not in degrees.",
        ),
        (arc(lambda a, b: torch.acos(cosine(a, b).abs())), "the cosine has lost its sign: beyond a right angle too."),
        (arc(lambda a, b: torch.asin(cosine(a, b))), "the inner product of unit vectors is a cosine, not a sine."),
        (arc(lambda a, b: torch.tensor(math.pi / 2).double()), "this takes a right angle for every two latents."),
        (
            arc(lambda a, b: torch.acos((a @ b / (a.square().sum() * b.square().sum())).clamp(-1, 1))),
            "the cosine is the inner product over the lengths, not over their squares.",
        ),
        (
            lambda a, b, w: solve_slerp(a / a.norm(), b / b.norm(), w),
            "a and b are made 1 long for good. Only the angle is taken from unit vectors.",
        ),
        (
            lambda a, b, w: (
                (
                    torch.cos((1 - w[:, None]) * torch.acos(cosine(a, b))) * a
                    + torch.cos(w[:, None] * torch.acos(cosine(a, b))) * b
                )
                / torch.sin(torch.acos(cosine(a, b)))
            ),
            "the weights of a and b are sines, not cosines.",
        ),
        (arc(lambda a, b: a @ b), "this takes the inner product for the angle. Lengths and torch.acos are missing."),
        (
            lambda a, b, w: solve_slerp(a, b, w) / torch.sin(torch.acos(cosine(a, b))),
            "it is divided by sin θ twice.",
        ),
        (arc(lambda a, b: torch.acos(cosine(a, b)) / 2), "the angle is only half of that between a and b."),
        (
            lambda a, b, w: solve_slerp(a, b, w).T,
            "the weights run along the rows: the shape should be (K, Z), a latent in each row.",
        ),
        (
            lambda a, b, w: (
                (w[:, None] * torch.acos(cosine(a, b))).cos() * a + (w[:, None] * torch.acos(cosine(a, b))).sin() * b
            ),
            "cos and sin alone serve for two vectors at right angles. (1) has a sine for each, over sin θ.",
        ),
        (
            lambda a, b, w: solve_slerp(F.normalize(a, dim=0), F.normalize(b, dim=0), w) * (a.norm() + b.norm()) / 2,
            "a and b are given one length. The arc of (1) goes from a to b as they are.",
        ),
        (
            arc(lambda a, b: torch.acos((a @ b / len(a)).clamp(-1, 1))),
            "the cosine is the inner product over the two lengths. Their product is only about Z.",
        ),
        (
            lambda a, b, w: solve_slerp(a, b, torch.linspace(0, 1, len(w), dtype=w.dtype)),
            "these weights are evenly spaced from 0 to 1. Take those of w.",
        ),
        (
            lambda a, b, w: (1 - w[:, None]).sqrt() * a + w[:, None].sqrt() * b,
            "the weights are sines of the angle's parts, not roots.",
        ),
        (
            lambda a, b, w: F.normalize(solve_slerp(a, b, w), dim=1) * len(a) ** 0.5,
            "everything is made √Z long. The arc of (1) goes from a to b as they are.",
        ),
        (
            lambda a, b, w: (
                (1 - (w[:, None] * torch.acos(cosine(a, b))).sin() / torch.acos(cosine(a, b)).sin()) * a
                + (w[:, None] * torch.acos(cosine(a, b))).sin() / torch.acos(cosine(a, b)).sin() * b
            ),
            "the weight of a is a sine of its own. On an arc the two weights add up to more than 1.",
        ),
        (
            lambda a, b, w: (
                solve_slerp(a, b, w)
                * torch.acos(cosine(a, b)).sin()
                / ((w[:, None] * torch.acos(cosine(a, b))).sin() + ((1 - w[:, None]) * torch.acos(cosine(a, b))).sin())
            ),
            "the weights are made to add up to 1, so this is the segment again, at another pace.",
        ),
        (lambda a, b, w: a.expand(len(w), -1), "every weight gives a. w = 1 must be b."),
        (
            lambda a, b, w: solve_slerp(a, b, w[:1]).expand(len(w), -1),
            "the first weight serves for every row. Each weight has a latent of its own.",
        ),
    ),
    hints=(
        "The angle first: its cosine is the inner product of a / |a| and b / |b|, and torch.acos undoes a cosine.",
        "The rest is formula (1), with torch.sin. Give w the shape (K, 1), and each weight gets a row of its own.",
    ),
    insight="For a and b of one length the arc keeps that length. Opposite latents have no single shortest arc: θ = π, "
    "and sin θ = 0. In 64 dimensions chance hardly ever draws them.",
    reward=draw_slerp,
)


# 10.2


def solve_search(G: nn.Module, x: Tensor, z: Tensor, rate: float, steps: int) -> Tensor:
    z = z.detach().clone().requires_grad_()
    for _ in range(steps):
        # a mean over the pixels, a sum over the pictures: so no picture's step depends on its company
        error = (G(z) - x).square().flatten(1).mean(1).sum()
        (slope,) = torch.autograd.grad(error, z)
        z = (z - rate * slope).detach().requires_grad_()
    return z.detach()


def solve_search_one_by_one(G: nn.Module, x: Tensor, z: Tensor, rate: float, steps: int) -> Tensor:
    found = []
    for picture, start in zip(x, z.detach(), strict=True):
        latent = start[None].clone().requires_grad_()
        sgd = torch.optim.SGD([latent], rate)
        for _ in range(steps):
            sgd.zero_grad()
            (G(latent) - picture[None]).square().mean().backward(inputs=[latent])
            sgd.step()
        found.append(latent.detach()[0])
    return torch.stack(found)


def searching(
    error: Callable[[Tensor, Tensor], Tensor] = lambda made, x: (made - x).square().flatten(1).mean(1).sum(),
    sign: float = 1.0,
    most: int = 10**6,
    fresh: bool = True,
    step: Callable[[Tensor], Tensor] = lambda slope: slope,
    after: Callable[[Tensor], Tensor] = lambda z: z,
    start: Callable[[Tensor], Tensor] = lambda z: z,
    returned: Callable = lambda z, G, x: z.detach(),
) -> Callable:
    def search(G, x, z, rate, steps):
        z, total = start(z.detach().clone()).requires_grad_(), 0
        for _ in range(min(steps, most)):
            (slope,) = torch.autograd.grad(error(G(z), x), z)
            total = slope if fresh else total + slope
            z = after(z - sign * rate * step(total)).detach().requires_grad_()
        return returned(z, G, x)

    return search


def stuck(G, x, z, rate, steps):
    begin = z.detach().clone().requires_grad_()
    (slope,) = torch.autograd.grad((G(begin) - x).square().flatten(1).mean(1).sum(), begin)
    return (begin - rate * steps * slope).detach()


def with_Adam(G, x, z, rate, steps):
    z = z.detach().clone().requires_grad_()
    adam = torch.optim.Adam([z], rate)
    for _ in range(steps):
        adam.zero_grad()
        (G(z) - x).square().flatten(1).mean(1).sum().backward(inputs=[z])
        adam.step()
    return z.detach()


class Paints(nn.Module):
    """z (N, Z) -> x (N, 1, S, S)"""

    def __init__(self, latent_dim: int, side: int, seed: int):
        super().__init__()
        torch.manual_seed(seed)
        self.net = nn.Sequential(nn.Linear(latent_dim, side * side), nn.Tanh(), nn.Unflatten(1, (1, side, side)))

    def forward(self, z: Tensor) -> Tensor:
        return self.net(z)


def searches() -> list[tuple]:
    cases = []
    for seed, (n, latent_dim, side, rate, steps) in enumerate(
        ((3, 4, 3, 0.5, 6), (1, 3, 4, 1.0, 3), (5, 2, 2, 0.8, 10), (2, 6, 5, 2.0, 1))
    ):
        G = Paints(latent_dim, side, seed).double().train(seed % 2 == 0)
        x = G(normal(n, latent_dim, seed=20 + seed)).detach()
        cases.append((G, x, normal(n, latent_dim, seed=40 + seed), rate, steps))
    return cases


def draw_search(search: Callable):
    G = load_generator()
    hidden, start = (torch.randn(8, 64, generator=torch.Generator().manual_seed(seed)) for seed in (0, 1))
    with torch.no_grad():
        x = G(hidden)
    with torch.enable_grad():  # the notebook switches gradients off
        found = search(G, x, start, 10.0, 20)
    return strips(wanted=hidden, start=start, found=found)


search = Exercise(
    number="10.2",
    level="repair",
    minutes=7,
    solutions=(solve_search, solve_search_one_by_one),
    inputs=searches,
    mistakes=(
        (
            searching(lambda made, x: (made - x).square().mean()),
            "with a single picture it is right, but the more pictures are searched at once, the shorter is each one's "
            "step. Nothing of a picture should depend on its company.",
            "The mean goes over two things: the pixels of a picture, and the pictures. Only one of them is meant.",
        ),
        (
            searching(lambda made, x: (made - x).square().sum()),
            "the error is a sum over the pixels here. It should be their mean, for each picture.",
        ),
        (searching(lambda made, x: (made - x).abs().flatten(1).mean(1).sum()), "these are the sizes, not the squares."),
        (
            searching(lambda made, x: (made - x).square().flatten(1).mean(1).sqrt().sum()),
            "this descends the root of the error. It goes too far where the error is small.",
        ),
        (
            searching(lambda made, x: (made - x).flatten(1).norm(dim=1).sum()),
            "this descends the length of the difference. The error is the mean of its squares.",
        ),
        (
            lambda G, x, z, rate, steps: solve_search(G, x, z, rate, steps + 1),
            "this takes one step more than `steps`.",
        ),
        (
            lambda G, x, z, rate, steps: solve_search(G, x, z, rate, steps - 1),
            "this takes one step less than `steps`.",
        ),
        (
            searching(lambda made, x: (made - x.flip(0)).square().flatten(1).mean(1).sum()),
            "each latent looks for another one's picture.",
        ),
        (searching(sign=-1.0), "this climbs the error. It should go down."),
        (searching(sign=0.5), "each step is half as long as it should be: rate times the slope."),
        (searching(most=1), "this takes one step only."),
        (searching(fresh=False), "the slopes of earlier steps are added once more: they are not cleared."),
        (stuck, "the slope is computed once, at the start. It changes with z, so each step needs its own."),
        (searching(most=0), "z has not moved."),
        (searching(start=torch.zeros_like), "this starts at 0, not at the z that is given."),
        (searching(returned=lambda z, G, x: G(z).detach()), "these are the pictures. Asked for are their latents."),
        (
            searching(lambda made, x: (made - x).square().flatten(1).sum(1).mean()),
            "the sum goes over the pixels and the mean over the pictures. It should be the other way round.",
        ),
        (
            searching(lambda made, x: (made - x).square().sum() / 784),
            "784 pixels are those of the notebook's pictures. These have S × S.",
        ),
        (
            searching(lambda made, x: (made - x).square().sum() / x.shape[-1]),
            "the sum over S × S pixels is divided by S.",
        ),
        (
            searching(step=lambda slope: F.normalize(slope, dim=1)),
            "each slope is made 1 long. The step is `rate` times the slope as it is.",
        ),
        (
            with_Adam,
            "this is Adam, which rescales each slope. Asked for is plain descent.",
        ),
        (
            searching(lambda made, x: (made - x).square().flatten(1).mean(1).max()),
            "only the worst picture is searched in each step.",
        ),
        (
            searching(lambda made, x: (made[0] - x[0]).square().mean()),
            "only the first picture is searched.",
        ),
        (
            searching(lambda made, x: (made - x[:1]).square().flatten(1).mean(1).sum()),
            "every latent looks for the first picture.",
        ),
        (
            searching(lambda made, x: (made - x.mean(0)).square().flatten(1).mean(1).sum()),
            "every latent looks for the mean of the pictures.",
        ),
        (
            searching(step=torch.sign),
            "only the sign of each slope counts. The step is `rate` times the slope as it is.",
        ),
        (searching(after=lambda z: z.clamp(-1, 1)), "the latents are held within ±1. Let them go where they want."),
        (
            searching(lambda made, x: 8 * (made - x).square().mean()),
            "this is right for eight pictures only. Here are other numbers of them.",
        ),
        (
            searching(lambda made, x: (made - x).square().mean(), step=lambda slope: slope.shape[1] * slope),
            "the step is multiplied by Z, the number of a latent's components. What did the mean divide by once too "
            "often?",
        ),
        (searching(start=torch.randn_like), "this starts at latents of your own, not at the z that is given."),
    ),
    hints=(
        "Take a batch of one, then of ten: how does the step of the first picture change?",
        "The gradient of a sum over pictures holds each picture's own slope. Flatten the pixels, take their mean, then "
        "the sum over the pictures.",
    ),
    insight="Adam hides this mistake, for it divides by the size of the gradient; plain descent does not. With Adam "
    "each picture's z moves by itself, and but for its small ε a mean is as good as a sum.",
    reward=draw_search,
)


# 10.3


def solve_stretched(a: Tensor, b: Tensor, w: float) -> Tensor:
    # a component of lerp has the variance (1 - w)^2 + w^2, for a and b are independent
    return ((1 - w) * a + w * b) / math.sqrt((1 - w) ** 2 + w**2)


def solve_stretched_by_angle(a: Tensor, b: Tensor, w: float) -> Tensor:
    angle = math.atan2(w, 1 - w)  # cos² + sin² = 1
    return math.cos(angle) * a + math.sin(angle) * b


def over(divisor: Callable) -> Callable:
    return lambda a, b, w: ((1 - w) * a + w * b) / divisor(a, b, w)


def draw_stretched(stretched: Callable):
    a, b = (torch.randn(64, generator=torch.Generator().manual_seed(seed)) for seed in (3, 8))
    weights = torch.linspace(0, 1, 11).tolist()
    return strips(
        lerp=torch.stack([(1 - w) * a + w * b for w in weights]), yours=[as_tensor(stretched(a, b, w)) for w in weights]
    )


straight_and_long = Exercise(
    number="10.3",
    level="derive",
    minutes=7,
    solutions=(solve_stretched, solve_stretched_by_angle),
    derivation="Independent: the variances add, Var((1 − w) a + w b) = (1 − w)² + w². Divide by its root.",
    inputs=lambda: [
        (normal(6), normal(6, seed=1), 0.5),
        (normal(4, seed=2), normal(4, seed=3), 0.2),
        (numbers(1.0, -2.0, 0.5), numbers(3.0, 0.4, -1.0), 0.85),
        (normal(10, seed=4), normal(10, seed=5), 1.0),
    ],
    mistakes=(
        (over(lambda a, b, w: 1), "this is lerp. Halfway its variance is ½."),
        (over(lambda a, b, w: math.sqrt(0.5)), "√½ is right halfway only. What is the variance at w?"),
        (
            over(lambda a, b, w: (1 - w) ** 2 + w**2),
            "it is divided by the variance. The standard deviation is its root.",
        ),
        (
            over(lambda a, b, w: ((1 - w) * a + w * b).norm() / len(a) ** 0.5),
            "now every latent is exactly √Z long. Fresh ones are so only nearly: their length varies.",
        ),
        (
            over(lambda a, b, w: ((1 - w) * a + w * b).norm() / a.norm()),
            "this makes it as long as a, whatever b is. Only numbers that depend on w are needed.",
        ),
        (
            over(lambda a, b, w: ((1 - w) * a + w * b).norm() / 8),
            "8 is √64, the length of the notebook's latents. Here Z is another, and the length may vary.",
        ),
        (over(lambda a, b, w: ((1 - w) * a + w * b).norm()), "this makes it 1 long. Latents are about √Z long."),
        (
            over(lambda a, b, w: ((1 - w) * a + w * b).std()),
            "this divides by the deviation of the one latent at hand. It makes all of them alike, which fresh ones "
            "are not.",
        ),
        (
            lambda a, b, w: math.sqrt(1 - w) * a + math.sqrt(w) * b,
            "the distribution is right, but the point does not lie in the direction of lerp's: √(1 − w) is no lerp.",
        ),
        (
            lambda a, b, w: math.sqrt(1 - w**2) * a + w * b,
            "the distribution is right, but the point does not lie in the direction of lerp's.",
        ),
        (
            lambda a, b, w: ((1 - w) * a + w * b) * math.sqrt((1 - w) ** 2 + w**2),
            "this makes lerp shorter still. It is to be made longer.",
        ),
        (
            lambda a, b, w: (w * a + (1 - w) * b) / math.sqrt((1 - w) ** 2 + w**2),
            "w = 0 must be a, and w = 1 must be b.",
        ),
        (
            lambda a, b, w: math.cos(w * math.pi / 2) * a + math.sin(w * math.pi / 2) * b,
            "the distribution is right, but the point does not lie in the direction of lerp's.",
        ),
        (
            lambda a, b, w: solve_slerp(a, b, numbers(w))[0],
            "this is slerp: it measures the angle of these two, and only halfway is its point in lerp's direction.",
        ),
        (
            over(lambda a, b, w: ((1 - w) * a + w * b).std(correction=0)),
            "this divides by the deviation of the one latent at hand. It makes all of them alike.",
        ),
        (
            over(lambda a, b, w: ((1 - w) * a + w * b).norm() / ((1 - w) * a.norm() + w * b.norm())),
            "the length is measured on these two latents. Only numbers that depend on w are needed.",
        ),
        (
            lambda a, b, w: solve_stretched(a - a.mean(), b - b.mean(), w),
            "the mean of this one latent is taken off. Over many latents it is 0 already.",
        ),
        (
            over(lambda a, b, w: math.sqrt(1 + 2 * w * (1 - w))),
            "your divisor is above 1 between a and b, so lerp becomes shorter still. Check its signs.",
        ),
    ),
    hints=(
        "What is the variance of a component of (1 − w) a + w b, if a and b are independent and have variance 1?",
        "Divide by the standard deviation: then it is 1 for every w.",
    ),
    prediction=("The standard deviation of a component of lerp, halfway", lambda: math.sqrt(0.5)),
    insight="Now every point of the path has exactly the distribution N(0, I), in any dimension. For slerp this holds "
    "only nearly, in many dimensions, where a and b are nearly at right angles and equally long.",
    reward=draw_stretched,
)


# 10.4


def solve_slope(z: Tensor, u: Tensor, A: Tensor) -> Tensor:
    # the right side of (2), as a mean over the sample; without the mean of A it mostly scatters less
    return ((z @ u) * (A - A.mean())).mean() / A.std()


def solve_slope_as_correlation(z: Tensor, u: Tensor, A: Tensor) -> Tensor:
    return torch.corrcoef(torch.stack([z @ u, A]))[0, 1]


def solve_slope_by_regression(z: Tensor, u: Tensor, A: Tensor) -> Tensor:
    s = (z @ u)[:, None]
    return torch.linalg.lstsq(torch.cat([s, torch.ones_like(s)], 1), A[:, None]).solution[0, 0] / A.std()


def solve_slope_with_mean(z: Tensor, u: Tensor, A: Tensor) -> Tensor:
    return ((z @ u) * A).mean() / A.std()


def solve_slope_by_covariance(z: Tensor, u: Tensor, A: Tensor) -> Tensor:
    return torch.stack([z @ u, A]).cov()[0, 1] / A.std()


def white(n: int, latent_dim: int, seed: int) -> Tensor:
    """Latents whose sample mean is 0 and whose sample covariance is I: so the estimators of (2) agree."""
    z = normal(n, latent_dim, seed=seed)
    q, _ = torch.linalg.qr(z - z.mean(0))
    return q * math.sqrt(n)


def slopes() -> list[tuple]:
    cases = []
    for seed, (n, weights, u, mean, noise) in enumerate(
        (
            (50, (2.0, -1.0, 0.5), (0.6, 0.0, 0.8), 4.0, 1.0),
            (30, (-0.2, 0.1), (0.8, -0.6), -1.0, 0.05),
            (80, (0.3, 0.0, 3.0, -1.0), (0.5, 0.5, -0.5, 0.5), 0.0, 2.0),
            (40, (5.0, 1.0, 2.0), (0.0, 1.0, 0.0), 100.0, 4.0),
        )
    ):
        z = white(n, len(weights), seed)
        cases.append((z, numbers(*u), mean + z @ numbers(*weights) + noise * normal(n, seed=60 + seed).square()))
    return cases


def use_slope(slope: Callable) -> str:
    G, rng = load_generator(), torch.Generator().manual_seed(0)
    z, U = torch.randn(600, 64, generator=rng), directions(G, 3)
    with torch.no_grad():
        x = torch.cat([G(part) for part in z.split(100)])
    top_heavy = x[:, 0, :14].mean((1, 2)) - x[:, 0, 14:].mean((1, 2))
    found = [float(slope(z, u, top_heavy)) for u in U]
    return (
        "Top-heaviness (upper half minus lower half), by your slope on 600 garments: "
        + ", ".join(f"{value:+.2f}" for value in found)
        + " along the first three principal directions, each give or take about 0.04."
    )


def slope_of_halves(s: Tensor, A: Tensor) -> Tensor:
    return (A[s > 0].mean() - A[s <= 0].mean()) / (s[s > 0].mean() - s[s <= 0].mean())


SLOPE_MISTAKES = (
    (lambda z, u, A: ((z @ u) * A).mean(), "this is in the units of A. Divide by its standard deviation."),
    (
        lambda z, u, A: ((z @ u) * A).mean() / A.var(),
        "this divides by the variance of A, not by its standard deviation.",
    ),
    (lambda z, u, A: (z @ u) @ A / A.std(), "this is the sum over the sample. E stands for the mean."),
    (
        lambda z, u, A: (z @ u).mean() * A.mean() / A.std(),
        "the mean of a product is not the product of the means.",
    ),
    (
        lambda z, u, A: ((z @ u) * (A - A.mean())).mean().abs() / A.std(),
        "the size is right, but a direction may also make the attribute smaller: the sign is lost.",
    ),
    (
        lambda z, u, A: solve_slope_as_correlation(z, u, A) ** 2,
        "this is the square of the correlation, the share of the variance that the direction explains linearly.",
    ),
    (
        lambda z, u, A: z.T @ (A - A.mean()) / len(z) / A.std(),
        "these are the slopes along the axes of z. The slope along u is one number.",
    ),
    (
        lambda z, u, A: ((z @ u).abs() * (A - A.mean())).mean() / A.std(),
        "the coordinate has a sign: A is weighted by ⟨u, z⟩ itself, not by its size.",
    ),
    (
        lambda z, u, A: (z.norm(dim=1) * (A - A.mean())).mean() / A.std(),
        "the length of z has no direction. The coordinate along u is ⟨u, z⟩.",
    ),
    (
        lambda z, u, A: A[z @ u > 0].mean() / A.std() - A[z @ u <= 0].mean() / A.std(),
        "this compares two halves, which lie about 1.6 apart along u. Asked for is the change per unit.",
    ),
    (
        lambda z, u, A: ((z * u) * (A - A.mean())[:, None]).mean() / A.std(),
        "the mean goes over the coordinates of z as well. ⟨u, z⟩ is their sum.",
    ),
    (
        lambda z, u, A: F.cosine_similarity(z @ u, A, dim=0),
        "A is divided by its root mean square. The standard deviation is measured from the mean of A.",
    ),
    (
        lambda z, u, A: (F.cosine_similarity(z, u[None]) * (A - A.mean())).mean() / A.std(),
        "each z is made 1 long. The coordinate is ⟨u, z⟩, of z as it is.",
    ),
    (
        lambda z, u, A: ((z @ u) * (A - A.mean())).sum() / z.shape[1] / A.std(),
        "the mean goes over the N latents, not over their Z numbers.",
    ),
    (
        lambda z, u, A: ((z @ u) * (A - A.mean())).mean() / (A.max() - A.min()),
        "this divides by the range of A. Divide by its standard deviation.",
    ),
    (
        lambda z, u, A: solve_slope_as_correlation(
            numbers(*(z @ u).argsort().argsort().tolist())[:, None], numbers(1.0), A.argsort().argsort().double()
        ),
        "this is the correlation of the ranks. (2) has the values.",
    ),
    (
        lambda z, u, A: ((z @ u).sign() * (A - A.mean())).mean() / A.std(),
        "only the side on which z lies counts here. In (2) the coordinate counts with its size.",
    ),
    (
        lambda z, u, A: ((z @ u) * A).mean() / A.mean(),
        "this divides by the mean of A, not by its standard deviation.",
    ),
    (
        lambda z, u, A: solve_slope(z, u, A) * z.shape[1] ** 0.5,
        "there is a √Z too many: u is 1 long, so ⟨u, z⟩ is as wide as a component.",
    ),
    (
        lambda z, u, A: (A[(z @ u).argmax()] - A[(z @ u).argmin()]) / ((z @ u).max() - (z @ u).min()) / A.std(),
        "this looks at the two outermost latents only. E is a mean over all.",
    ),
    (
        lambda z, u, A: ((z @ u).abs() * A).mean() / A.std(),
        "A is weighted by the size of the coordinate. In (2) it is weighted by ⟨u, z⟩ itself, with its sign.",
    ),
    (
        lambda z, u, A: slope_of_halves(z @ u, A) / A.std(),
        "this compares the means of two halves. As a rule it agrees with (2) only if A grows along a straight line.",
    ),
    (
        lambda z, u, A: ((A - A.mean()) / (z @ u)).mean() / A.std(),
        "this divides by the coordinate. In (2) it is a factor.",
    ),
    (
        lambda z, u, A: (A.diff() / (z @ u).diff()).mean() / A.std(),
        "these are slopes from each latent to the next one. The latents come in no order.",
    ),
    (
        lambda z, u, A: ((z @ u) * (A - A.mean())).median() / A.std(),
        "this is a median. E stands for the mean.",
    ),
    (
        lambda z, u, A: solve_slope(z, F.one_hot(u.abs().argmax(), len(u)).to(z), A),
        "one component of u serves for all of u. ⟨u, z⟩ takes all of them.",
    ),
)


def with_n_less_1(mistake: Callable, power: float) -> Callable:
    """The same mistake with n − 1 for n, or n for n − 1, in the covariance or a standard deviation."""
    return lambda z, u, A: mistake(z, u, A) * (len(A) / (len(A) - 1)) ** power


slope = Exercise(
    number="10.4",
    level="derive",
    minutes=8,
    solutions=(
        solve_slope,
        solve_slope_as_correlation,
        solve_slope_by_regression,
        solve_slope_with_mean,
        solve_slope_by_covariance,
    ),
    inputs=slopes,
    mistakes=[
        (with_n_less_1(mistake, power), sentence)
        for power in (0, 0.5, -0.5, 1, -1)
        for mistake, sentence in SLOPE_MISTAKES
    ],
    hints=(
        "z @ u are the coordinates of all latents along u, (N,).",
        "The right side of (2): the mean of coordinate times attribute, in units of A.std(). Take the mean of A off A "
        "first: that hardly changes the expectation, and mostly scatters less.",
    ),
    insight="The correlation, the slope of a regression in units of sd(A), and the mean of (2) estimate one and the "
    "same number here, since ⟨u, z⟩ has mean 0 and variance 1. And none of them needed a gradient of G.",
    reward=use_slope,
)


# 10.5 and 10.6

shirts_from_coats = Open(
    number="10.5",
    minutes=25,
    outline="""First ask whether an attribute tells real shirts from coats at all: in how many pairs (shirt, coat) of
test pictures is the coat's value larger, or smaller, whichever is more? 50 % is chance. Then the same
for fakes, and the slope of the best direction, less what chance adds (medians and ranges over {seeds}
seeds, {n} latents each).

brightness: real {brightness_real} %, fake {brightness_fake} %, slope {brightness_slope}
sleeves:    real {sleeves_real} %, fake {sleeves_fake} %, slope {sleeves_slope}
zip:        real {zip_real} %, fake {zip_fake} %, slope {zip_slope}
template:   real {template_real} %, fake {template_fake} %, slope {template_slope}

(Sleeves: six columns at the sides minus the middle. Zip: the two middle columns minus their
neighbours. Template: the inner product with the mean training coat minus the mean shirt.) Only the
template, which knows the labels of the training pictures, gets more than two pairs in three right,
and one in four stays wrong. A large slope is no proof: brightness and sleeves have one, and separate
worse. It says that z moves the attribute, not that the attribute means the class. And the zip, a
coat's mark for us, does not separate even the real ones, as we read it.""",
)

more_steps = Open(
    number="10.6",
    minutes=25,
    outline="""Eight pictures of G's own, four starts each, error below 0.001; medians and ranges over {seeds} seeds
for the starts. After 300 steps {starts_300} of 32 starts have arrived, after 900 {starts_900};
pictures with at least one: {pictures_300} and {pictures_900} of 8.

So about two in five of the starts that failed at 300 steps were only slow (section 5 counts those, too, that were
below 0.001 on the way); the others are still outside after three times as many. More steps and more starts both help.

A logo: 3 × 5 white pixels on the T-shirt with the darkest breast of four test pictures. With it the
picture is {logo_wanted} brighter there than without (white is 2 above black), G's answer {logo_made}.
We expected the logo to vanish, and most of its light stayed. The error of the whole picture rises from
{error_plain} to {error_marked}: the light that the logo misses makes up a good part of that; draw both to see
the rest. One T-shirt, one logo: try letters.""",
)


recall = Recall(
    (
        "Halfway on the segment between two latents the pictures are darker. Why?",
        [
            ("A mean of two pictures is grey.", "Not pictures are mixed here, but latents."),
            ("The middle latent is shorter.", "Yes: fresh latents of that length give the same darkness."),
            ("G has never seen two latents at once.", "It sees one latent here, too: the one in the middle."),
        ],
        1,
        "The middle has half the variance, so about 5.7 of length in place of 8. Shrunken fresh latents do the same.",
    ),
    (
        "A saliency map shows the outline of the boot. Weights drawn at random give the same map. So it says ...",
        [
            ("what D has learnt about boots.", "A D that has learnt nothing gives the same map."),
            ("that D needs no training.", "It says nothing about D's answers."),
            ("nothing about what D has learnt.", "Yes: weights that have learnt nothing show it, too."),
        ],
        2,
        "Replace the weights by random ones first: a map of what D has learnt must change.",
    ),
    (
        "From 08: G draws 250 pictures at a small spread of z. Which measure suffers most surely?",
        [
            ("recall", "Yes: few real pictures lie near such fakes."),
            ("precision", "It hardly moves, or rises a little."),
            ("none, if the pictures are good", "Good pictures of one kind leave most of the real ones out."),
        ],
        0,
        "A small spread costs variety: recall and coverage fall, precision hardly.",
    ),
)
