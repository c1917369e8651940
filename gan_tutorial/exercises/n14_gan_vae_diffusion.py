"""The exercises of notebook 14."""

import math
from collections.abc import Callable
from typing import Any

import matplotlib.pyplot as plt
import torch
from torch import Tensor, nn

from ..chapters.vae import kl_from_normal
from ..plots import FAKE, show_images
from . import Exercise, Open, Recall, Refused
from .inputs import normal

# 14.1

Velocity = Callable[[Tensor, Tensor], Tensor]


def solve_step(v: Velocity, x: Tensor, t: Tensor, h: float) -> Tensor:
    middle = x + h / 2 * v(x, t)
    return x + h * v(middle, t + h / 2)


def solve_step_as_runge_kutta(v: Velocity, x: Tensor, t: Tensor, h: float) -> Tensor:
    k1 = h * v(x, t)
    k2 = h * v(x + 0.5 * k1, t + 0.5 * h)
    return x + k2


class Waves:
    """A velocity: x (N, d), t (N,) -> (N, d)."""

    def __init__(self, speed: float):
        self.speed = speed

    def __call__(self, x: Tensor, t: Tensor) -> Tensor:
        t = t[:, None]
        return (x + self.speed * t).sin() - t * x


def later(place: float = 0.5, time: float = 0.5, length: float = 1.0, first: float = 0.0) -> Callable:
    """A step that asks after a share of the way and of the time, goes a share, and mixes in the first velocity."""

    def step(v, x, t, h):
        k1 = v(x, t)
        k2 = v(x + place * h * k1, t + time * h)
        return x + length * h * ((1 - first) * k2 + first * k1)

    return step


def with_calls(step: Callable, v: Velocity, x: Tensor, t: Tensor, h: float) -> Any:
    """The new places; and if they are right, v should be asked twice for each."""
    asked = []

    def counted(x, t):
        asked.append(len(x))
        return v(x, t)

    value = step(counted, x, t, h)
    too_often = isinstance(value, Tensor) and sum(asked) > 2 * len(x)
    if too_often and value.shape == x.shape and torch.allclose(value.double(), solve_step(v, x, t, h)):
        raise Refused(f"the place is right, but v is asked {sum(asked) / len(x):g} times. Two calls are enough.")
    return value


def of_order_four(v: Velocity, x: Tensor, t: Tensor, h: float) -> Tensor:
    k1 = v(x, t)
    k2 = v(x + h / 2 * k1, t + h / 2)
    k3 = v(x + h / 2 * k2, t + h / 2)
    return x + h / 6 * (k1 + 2 * k2 + 2 * k3 + v(x + h * k3, t + h))


def rushing(v: Velocity, x: Tensor, t: Tensor, h: float) -> Tensor:
    middle = x + h / 2 * v(x, t)
    return middle + h * v(middle, t + h / 2)


def draw_steps(step: Callable):
    from ..checkpoints import load_weights
    from ..experiments import n14_families as families
    from ..pictures import data_folder, fashion_mnist

    flow = load_weights(
        data_folder() / "weights" / "families" / "flow.safetensors", families.flow(fashion_mnist("test")[0][:50], 0).net
    )
    z = torch.randn(10, 1, 28, 28, generator=torch.Generator().manual_seed(0))
    rows = {}
    with torch.no_grad():
        for name, rule, steps in (
            ("Euler, 10 steps", later(0, 0), 10),
            ("yours, 5 steps", step, 5),
            ("yours, 20 steps", step, 20),
        ):
            x = z
            for k in range(steps):
                x = torch.as_tensor(rule(flow.velocity, x, torch.full((10,), k / steps), 1 / steps)).float()
            rows[name] = x.clamp(-1, 1)
    figure, ax = plt.subplots(figsize=(7, 2.4), layout="constrained")
    show_images(ax, torch.cat(list(rows.values())), 10)
    for k, name in enumerate(rows):
        ax.text(-4, 30 * k + 16, name, ha="right", va="center", color=FAKE)
    plt.close(figure)
    return figure


step = Exercise(
    number="14.1",
    level="complete",
    minutes=4,
    solutions=(solve_step, solve_step_as_runge_kutta),
    outcome=with_calls,
    inputs=lambda: [
        (Waves(3.0), normal(3, 2, seed=0), torch.tensor([0.0, 0.2, 0.4]).double(), 0.4),
        (Waves(-2.0), normal(3, 2, seed=1), torch.tensor([0.5, 0.1, 0.3]).double(), 0.2),
        (Waves(1.0), normal(2, 5, seed=2), torch.tensor([1.0, 0.8]).double(), -0.5),
    ],
    mistakes=(
        (later(0, 0), "this is Euler's step: it asks at the start only."),
        (later(1, 1), "this asks at the end of the step. Ask in its middle."),
        (later(0.5, 0), "the place has moved on by half a step, the time has not."),
        (later(0, 0.5), "the time has moved on by half a step, the place has not."),
        (later(0.5, 1), "the place has moved on by half a step, the time by a whole one."),
        (later(1, 0.5), "the time has moved on by half a step, the place by a whole one."),
        (later(length=0.5), "this goes half the way, with the right velocity."),
        (later(length=2.0), "this goes twice the way, with the right velocity."),
        (
            lambda v, x, t, h: x + v(x + h / 2 * v(x, t), t + h / 2),
            "the velocity in the middle is added without h.",
        ),
        (
            lambda v, x, t, h: x + h * v((x + h * v(x, t)) / 2, t + h / 2),
            "the middle of the step is x + h / 2 · v. Here x is halved as well.",
        ),
        (later(1, 1, first=0.5), "this is Heun's step, of the same order: but the midpoint rule is asked for."),
        (
            later(first=0.5),
            "half of the step goes with the velocity at the start (two half steps of Euler's do the same). The whole "
            "of it goes with the one in the middle.",
        ),
        (of_order_four, "this is the Runge–Kutta step of order four, with four calls. The midpoint rule has two."),
        (
            lambda v, x, t, h: x + h * v(x + h / 2 * v(x, t), t[:1].expand(len(t)) + h / 2),
            "in the middle all places get the time of the first one. Each has its own.",
        ),
        (
            lambda v, x, t, h: x + h * v(x + h / 2 * v(x, t), (t + h) / 2),
            "half a step later it is t + h / 2, not (t + h) / 2.",
        ),
        (
            lambda v, x, t, h: x + h * v(x + h**2 / 2 * v(x, t), t + h / 2),
            "half a step is h / 2 long; h² / 2 belongs to a Taylor series.",
        ),
        (
            lambda v, x, t, h: x + h * v(x + h / 2 * v(x, t), t + 0.2),
            "the time moves on by 0.2, whatever h is.",
        ),
        (
            lambda v, x, t, h: solve_step(v, solve_step(v, x, t, h / 2), t + h / 2, h / 2),
            "these are two midpoint steps of half the length, four calls. One of the whole length is asked for.",
        ),
        (
            lambda v, x, t, h: x + h * v(x + h / 2, t + h / 2),
            "x is moved without a velocity: Euler's half step is h / 2 · v(x, t).",
        ),
        (
            lambda v, x, t, h: x + h * v(h / 2 * v(x, t), t + h / 2),
            "v wants the place in the middle, not the way there: x is missing.",
        ),
        (rushing, "the whole step starts at x, not in the middle: this goes one and a half."),
        (
            lambda v, x, t, h: v(x + h / 2 * v(x, t), t + h / 2),
            "this is the velocity in the middle. The step starts at x and is h long.",
        ),
        (lambda v, x, t, h: h * v(x + h / 2 * v(x, t), t + h / 2), "this is the step alone. It starts at x."),
        (
            lambda v, x, t, h: x + h * v(x + v(x, t) / 2, t + 0.5),
            "half a step is h / 2 long, in place and in time; this takes ½.",
        ),
        (lambda v, x, t, h: x - h * v(x - h / 2 * v(x, t), t - h / 2), "this goes backwards: the step leads to t + h."),
        (lambda v, x, t, h: x + h / 2 * v(x, t), "this is only the middle: ask there, and go the whole step from x."),
    ),
    hints=(
        "The place is where half a step of Euler's leads: x + h / 2 * v(x, t).",
        "It is reached at the time t + h / 2.",
    ),
    insight="At ten calls the shipped flow's FD, of 2,000 pictures, was 66 to 75 with Euler's ten steps and 51 to 58 "
    "with five of yours (seeds 0 to 4 of the noise), about as good as Euler's fifty in section 5. An error that falls "
    "with h² instead of h is worth a second call here.",
    reward=draw_steps,
)


# 14.2


def solve_loss(x: Tensor, made: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    # -log N(x; made, I) of a picture is a sum over its pixels, as the divergence is one over the latents
    described = (x - made).square().sum(1) / 2
    return (described + kl_from_normal(mean, log_std)).mean()


def solve_loss_by_distributions(x: Tensor, made: Tensor, mean: Tensor, log_std: Tensor) -> Tensor:
    from torch.distributions import Normal, kl_divergence

    log_q = Normal(made, 1.0).log_prob(x) + math.log(2 * math.pi) / 2
    stays = kl_divergence(Normal(mean, log_std.exp()), Normal(torch.zeros_like(mean), 1.0))
    return (stays.sum(1) - log_q.sum(1)).mean()


def loss_with(described: Callable, stays: Callable | None = None) -> Callable:
    """Another first or second part, from the squares (N, P) and the divergences (N,)."""

    def loss(x, made, mean, log_std):
        kl = kl_from_normal(mean, log_std)
        return described((x - made).square()) + (stays(kl) if stays else kl.mean())

    return loss


def with_kl(change: Callable) -> Callable:
    """The loss with another divergence, change(m, log s)."""
    return lambda x, made, mean, log_std: of_a_picture((x - made).square()) + change(mean, log_std).mean()


def with_slope(loss: Callable, x: Tensor, *given: Tensor) -> Any:
    """The value; and if it is right and made by torch, G and the encoder should get a slope from it."""
    value = loss(x, *given)
    if isinstance(value, Tensor) and value.numel() == 1 and torch.allclose(value.double(), solve_loss(x, *given)):
        leaves = [v.clone().requires_grad_() for v in given]
        try:
            again = loss(x, *leaves)
        except Exception:  # it may want numbers
            return value
        slopes = torch.autograd.grad(again, leaves, allow_unused=True) if again.requires_grad else [None] * 3
        cut = [name for name, slope in zip(("made", "mean", "log_std"), slopes, strict=True) if slope is None]
        if cut:
            raise Refused(f"the value is right, but no slope reaches {', '.join(cut)}: what makes it learns nothing.")
    return value


def of_a_picture(squares: Tensor) -> Tensor:
    return squares.sum(1).mean() / 2


def inputs_of_loss() -> list[tuple]:
    cases = []
    for seed, (n, pixels, latents) in enumerate([(4, 9, 2), (4, 9, 2), (3, 30, 5), (6, 2, 3)]):
        x = normal(n, pixels, seed=10 * seed)
        made, mean = normal(n, pixels, seed=10 * seed + 1), normal(n, latents, seed=10 * seed + 2)
        cases.append((x, made, mean, 0.5 * normal(n, latents, seed=10 * seed + 3)))
    return cases


def train_tiny(loss: Callable) -> tuple[float, float, float]:
    """A VAE of 7 x 7 pixels, trained with a loss: KL in nats, error of what it rebuilds, variance of the pixels."""
    from ..pictures import fashion_mnist, unit

    x = torch.nn.functional.avg_pool2d(unit(fashion_mnist("test")[0][:1000, None]), 4).flatten(1)
    x = 4 * (x - x.mean(0))  # in units in which sigma = 1 is an eighth of the way from black to white
    torch.manual_seed(0)
    rng = torch.Generator().manual_seed(0)
    encoder, G = (nn.Sequential(nn.Linear(a, 64), nn.Tanh(), nn.Linear(64, b)) for a, b in ((49, 8), (4, 49)))
    optimizer = torch.optim.Adam([*encoder.parameters(), *G.parameters()], 1e-2)
    for _ in range(200):
        some = x[torch.randint(0, 1000, (64,), generator=rng)]
        mean, log_std = encoder(some).chunk(2, 1)
        made = G(mean + log_std.exp() * torch.randn(mean.shape, generator=rng))
        optimizer.zero_grad()
        loss(some, made, mean, log_std).backward()
        optimizer.step()
    with torch.no_grad():
        mean, log_std = encoder(x).chunk(2, 1)
        return kl_from_normal(mean, log_std).mean().item(), (G(mean) - x).square().mean().item(), x.var(0).mean().item()


def use_loss(loss: Callable) -> str:
    yours, broken = train_tiny(loss), train_tiny(loss_with(lambda squares: squares.mean() / 2))
    return "\n".join(
        f"A small VAE, 200 steps with {name}: a code tells {kl:.1f} nats of its picture, and the error of what is "
        f"rebuilt is {error:.2f}, of a variance of {variance:.2f}."
        for name, (kl, error, variance) in (("your loss", yours), ("the broken one", broken))
    )


loss_of_vae = Exercise(
    number="14.2",
    level="repair",
    minutes=6,
    solutions=(solve_loss, solve_loss_by_distributions),
    inputs=inputs_of_loss,
    outcome=with_slope,
    mistakes=(
        (
            loss_with(lambda squares: squares.mean() / 2),
            "trained with this, the latents tell next to nothing and the pictures look too much alike: staying near "
            "N(0, I) weighs too much beside describing x, and the more so the more pixels there are.",
            "log q(x | z) of a picture is a sum of how many terms? And how many does the first line make of them?",
        ),
        (
            loss_with(lambda squares: squares.mean() / 2, lambda kl: kl.mean() / 2),
            "both parts are too small now.",
        ),
        (
            loss_with(lambda squares: squares.mean()),
            "a mean over the pixels: describing x weighs too little beside staying near N(0, I).",
        ),
        (
            loss_with(lambda squares: 2 * of_a_picture(squares)),
            "the half of log N is missing: σ would be 0.71, not 1.",
        ),
        (
            loss_with(lambda squares: squares.sum() / 2),
            "the squares are summed over the batch, too, but the divergences are not: the parts weigh as the batch is "
            "large.",
        ),
        (
            loss_with(lambda squares: squares.sum() / 2, lambda kl: kl.sum()),
            "this is the sum over the batch. The mean is asked for.",
        ),
        (
            loss_with(lambda squares: squares.sum(1).sqrt().mean() / 2),
            "this is half the length of x − G(z). log N has the square of the length.",
        ),
        (
            loss_with(lambda squares: squares.sqrt().sum(1).mean()),
            "this is |x − G(z)|: another distribution than the normal one.",
        ),
        (
            loss_with(of_a_picture, lambda kl: -kl.mean()),
            "the divergence is taken off: the codes would go as far from N(0, I) as they can.",
        ),
        (
            loss_with(of_a_picture, lambda kl: 0 * kl.mean()),
            "nothing keeps the codes near N(0, I): the divergence is missing.",
        ),
        (loss_with(lambda squares: 0 * squares.mean()), "x is not described: the first part of the ELBO is missing."),
        (
            lambda x, made, mean, log_std: -solve_loss(x, made, mean, log_std),
            "this is the ELBO, which goes up. A loss goes down: minus it.",
        ),
        (
            lambda x, made, mean, log_std: (
                of_a_picture((x - made).square()) + kl_from_normal(mean, log_std).mean() / mean.shape[1]
            ),
            "now the divergence is a mean over the latents: both parts are sums.",
        ),
        (
            lambda x, made, mean, log_std: (
                of_a_picture((x - made).square()) / x.shape[1] + kl_from_normal(mean, log_std).mean() / mean.shape[1]
            ),
            "means over pixels and over latents do not mend it: they divide the two parts by different numbers.",
        ),
        (
            lambda x, made, mean, log_std: solve_loss(x, made, mean, log_std) / x.shape[1],
            "the whole loss is divided by the pixels. The mean is over the batch alone.",
        ),
        *(
            (
                loss_with(lambda squares, pixels=pixels: pixels * squares.mean() / 2),
                f"a picture has as many pixels as x has columns, not always {pixels}.",
            )
            for pixels in (9, 784)
        ),
        (
            lambda x, made, mean, log_std: (x - made).sum(1).mean() / 2 + kl_from_normal(mean, log_std).mean(),
            "the square is missing: pixels that are too bright would even earn something.",
        ),
        (
            loss_with(of_a_picture, lambda kl: kl.sum()),
            "the divergences are summed over the batch, the squares are not.",
        ),
        (loss_with(of_a_picture, lambda kl: kl.mean() / 2), "the divergence is halved. Only the squares have a half."),
        (
            loss_with(lambda squares: squares.sum(0).mean() / 2),
            "the squares are summed over the batch and averaged over the pixels: the other way round.",
        ),
        (
            loss_with(lambda squares: squares.sqrt().sum(1).mean() / 2),
            "this is |x − G(z)| / 2: another distribution than the normal one.",
        ),
        (
            lambda x, made, mean, log_std: (x - made).sum(1).square().mean() / 2 + kl_from_normal(mean, log_std).mean(),
            "this is the square of a sum: pixels that are too dark make up for others that are too bright.",
        ),
        (
            lambda x, made, mean, log_std: solve_loss(x, made, mean, log_std) + x.shape[1] / 2 * math.log(2 * math.pi),
            "the constant (P/2) log 2π is in it. Leave it away.",
        ),
        (
            with_kl(lambda mean, log_std: kl_from_normal(mean, log_std.exp())),
            "kl_from_normal takes log s; this gives it s.",
        ),
        (
            with_kl(lambda mean, log_std: kl_from_normal(mean, 2 * log_std)),
            "kl_from_normal takes log s; this gives it log s².",
        ),
        (
            with_kl(lambda mean, log_std: kl_from_normal(mean, log_std / 2)),
            "log_std is the logarithm of s already; this takes it for that of s².",
        ),
        (
            loss_with(lambda squares: squares.mean() / 2, lambda kl: kl.sum()),
            "the squares are a mean over the pixels, the divergences a sum over the batch.",
        ),
        (
            lambda x, made, mean, log_std: (
                mean.shape[1] * (x - made).square().mean() / 2 + kl_from_normal(mean, log_std).mean()
            ),
            "the mean over pixels is multiplied by the number of latents. log q(x | z) adds up over the pixels.",
        ),
        (
            lambda x, made, mean, log_std: (x - made).square().sum(1) / 2 + kl_from_normal(mean, log_std),
            "this is one number for each picture. The mean over the batch is asked for.",
        ),
    ),
    hints=(
        "log q(x | z) with σ = 1 is −Σ over the pixels of (x − G(z))² / 2, up to a constant.",
        "The divergence is a sum over the latents, a mean over the batch. What is the first line, over the pixels?",
    ),
    insight="F.mse_loss / 2 beside a KL summed over latents is this bug, and a small β before the KL can hide it: a "
    "mean over P pixels is the same as β = P, 784 for 28 × 28. Codes that say nothing: posterior collapse.",
    reward=use_loss,
)


# 14.3


def solve_kl(mean: Tensor, log_std: Tensor) -> Tensor:
    # the latents are independent, so their divergences add
    return ((mean**2 + (2 * log_std).exp() - 1) / 2 - log_std).sum(1)


def solve_kl_by_distributions(mean: Tensor, log_std: Tensor) -> Tensor:
    from torch.distributions import Normal, kl_divergence

    return kl_divergence(Normal(mean, log_std.exp()), Normal(0.0, 1.0)).sum(dim=-1)


def terms_of_kl(square: float = 1.0, spread: float = 1.0, log: float = 1.0, one: float = 1.0) -> Callable:
    def kl(mean, log_std):
        return ((square * mean**2 + spread * (2 * log_std).exp() - one) / 2 - log * log_std).sum(1)

    return kl


def reverse_kl(mean: Tensor, log_std: Tensor) -> Tensor:
    return ((1 + mean**2) / (2 * (2 * log_std).exp()) - 0.5 + log_std).sum(1)


def draw_kl(kl: Callable):
    from ..checkpoints import load_weights
    from ..experiments import n14_families as families
    from ..pictures import data_folder, fashion_mnist, unit

    pixels = fashion_mnist("test")[0][:250]
    vae = load_weights(data_folder() / "weights" / "families" / "vae.safetensors", families.vae(pixels, 0).net)
    with torch.no_grad():
        mean, log_std = vae.encode(unit(pixels[:, None]))
    each = [float(torch.as_tensor(kl(mean[:, [k]], log_std[:, [k]])).double().mean()) for k in range(48)]
    figure, ax = plt.subplots(figsize=(6.5, 2.6), layout="constrained")
    ax.bar(range(48), sorted(each, reverse=True), color="0.5")
    ax.set(xlabel="the shipped VAE's 48 latents, in order", ylabel="your KL (nats)", ylim=(0, 5))
    ax.set_title(f"{sum(each):.0f} nats a picture; {sum(v < 0.1 for v in each)} latents below 0.1", fontsize=10)
    plt.close(figure)
    return figure


kl = Exercise(
    number="14.3",
    level="derive",
    minutes=10,
    solutions=(solve_kl, solve_kl_by_distributions),
    derivation="With z = m + s ε: E[log e(z) − log N(z; 0, 1)] = E[−ε²/2 − log s + (m + s ε)²/2] = −½ − log s + (m² + "
    "s²)/2, for E ε = 0 and E ε² = 1. Independent latents add.",
    inputs=lambda: [
        (normal(5, 3, seed=0), 0.5 * normal(5, 3, seed=1)),
        (2.0 * normal(5, 3, seed=2), normal(5, 3, seed=3)),
        (normal(2, 7, seed=4), 0.7 * normal(2, 7, seed=5) - 1),
        (normal(1, 4, seed=6), normal(1, 4, seed=7)),
        # codes that are all but exact, and very wide ones
        (normal(3, 2, seed=8), torch.tensor([[-9.0, -8.0], [-7.0, 0.5], [5.5, 6.0]]).double()),
    ],
    mistakes=(
        (
            lambda mean, log_std: terms_of_kl()(mean, log_std) / mean.shape[1],
            "this is a mean over the latents. They are independent, so their divergences add.",
        ),
        (lambda mean, log_std: 2 * terms_of_kl()(mean, log_std), "everywhere a half is missing."),
        (
            lambda mean, log_std: ((mean**2 + log_std.exp() - 1) / 2 - log_std / 2).sum(1),
            "log_std is the logarithm of the standard deviation; you take it for that of the variance.",
        ),
        (
            lambda mean, log_std: ((mean**2 + log_std.exp() - 1) / 2 - log_std).sum(1),
            "s² is exp(2 log s); this has s.",
        ),
        (
            lambda mean, log_std: ((mean**2 + log_std**2 - 1) / 2 - log_std.abs().log()).sum(1),
            "log_std is taken for s itself.",
        ),
        (terms_of_kl(square=0.0), "m is missing: the guess might lie anywhere for nothing."),
        (terms_of_kl(log=0.0), "− log s is missing: a guess without any width would be cheap. It costs infinitely."),
        (terms_of_kl(log=-1.0), "the sign of log s: a guess without any width would be worth infinitely much."),
        (terms_of_kl(spread=0.0), "s² is missing: an ever wider guess would be worth ever more."),
        (terms_of_kl(one=0.0), "the constant is missing: for m = 0 and s = 1 the divergence is 0."),
        (terms_of_kl(log=2.0), "log s counts twice: it is log s² that has the half, and log s² / 2 is log s."),
        (
            lambda mean, log_std: ((mean + (2 * log_std).exp() - 1) / 2 - log_std).sum(1),
            "m stands without its square: left and right of 0 must count, and far away more.",
        ),
        *(
            (
                lambda mean, log_std, one=one: terms_of_kl()(mean, log_std) + mean.shape[1] / 2 - one,
                "each latent has a constant of its own: Z of them, not one.",
            )
            for one in (0.5, 1)
        ),
        (
            lambda mean, log_std: terms_of_kl(log=0)(mean, log_std) - log_std.sum(),
            "log s is added up over the whole batch. Each picture has its own.",
        ),
        (
            lambda mean, log_std: ((mean**2 + log_std**2 - 1) / 2 - log_std).sum(1),
            "s² is exp(2 log s); this has (log s)².",
        ),
        (
            lambda mean, log_std: terms_of_kl()(mean, log_std.clamp(-5, 5)),
            "log s is cut off at ±5. A guess may be as sure as it likes, and pays for it.",
        ),
        (terms_of_kl(log=0.5), "half of log s is missing: log s² / 2 is log s."),
        (
            reverse_kl,
            "this is KL(N(0, I) ‖ e), the other way round: the expectation is over e.",
            "Which of the two gives the z that the expectation is over? In (4) it is the guess e.",
        ),
        (
            lambda mean, log_std: ((mean.abs() + (2 * log_std).exp() - 1) / 2 - log_std).sum(1),
            "m stands as |m|, without its square: far away must count more.",
        ),
        (
            lambda mean, log_std: terms_of_kl()(mean, log_std).mean(),
            "this is one number for the batch. Each picture has its own.",
        ),
        (
            lambda mean, log_std: terms_of_kl()(mean, log_std).sum(),
            "this adds up the batch. Each picture has its own divergence.",
        ),
    ),
    hints=(
        "For one latent: E[log e(z) − log N(z; 0, 1)] with z = m + s ε. The constants log 2π cancel, and what is left "
        "is E[−ε² / 2 − log s + (m + s ε)² / 2].",
        "E ε = 0 and E ε² = 1. s² is (2 * log_std).exp(); then sum over the latents, dimension 1.",
    ),
    insight="It grows with the square of m, but only like −log s as s falls: to be far from 0 is dear, to be exact is "
    "cheap. KL(N(0, I) ‖ e), the other order, would make exactness dear, like 1 / s².",
    reward=draw_kl,
)


# 14.4


def solve_bits(log_q: Tensor, pixels: int, greys: int) -> Tensor:
    # from −1 to 1 there are greys − 1 gaps, so a cell is 2 / (greys − 1) wide in each of its dimensions
    nats = log_q + pixels * math.log(2 / (greys - 1))
    return -nats / (pixels * math.log(2))


def solve_bits_by_pixel(log_q: Tensor, pixels: int, greys: int) -> Tensor:
    return math.log2(greys - 1) - 1 - log_q / pixels / math.log(2)


def with_width(width: Callable[[int], float]) -> Callable:
    return lambda log_q, pixels, greys: -(log_q / pixels + math.log(width(greys))) / math.log(2)


def use_bits(bits: Callable) -> str:
    from ..checkpoints import load_weights
    from ..experiments import n14_families as families
    from ..pictures import data_folder, fashion_mnist, unit

    pixels = fashion_mnist("test")[0][:100]
    vae = load_weights(data_folder() / "weights" / "families" / "vae.safetensors", families.vae(pixels, 0).net)
    rng, said = torch.Generator().manual_seed(0), []
    for greys in (256, 16):
        x = (unit(pixels[:, None]) + 1) / 2
        x = 2 * (x * (greys - 1)).round() / (greys - 1) - 1
        x = x + (torch.rand(x.shape, generator=rng) - 0.5) * 2 / (greys - 1)
        with torch.no_grad():
            log_q, divergence = vae.elbo(x, rng)
        length = torch.as_tensor(bits(log_q - divergence, 784, greys)).double().mean()
        said.append(f"{length:.2f} bits a pixel with {greys} greys (raw: {math.log2(greys):.0f})")
    return f"By your function a code by the shipped VAE takes {' and '.join(said)}."


bits = Exercise(
    number="14.4",
    level="derive",
    minutes=8,
    solutions=(solve_bits, solve_bits_by_pixel),
    derivation="log P ≥ E[log q] + pixels · log(2 / (greys − 1)), by (11); bits per pixel are −log P / (pixels · log "
    "2).",
    inputs=lambda: [
        (100.0 * normal(3, seed=0) - 500, 784, 256),
        (100.0 * normal(3, seed=1) + 900, 784, 16),
        (20.0 * normal(5, seed=2), 49, 256),
        (5.0 * normal(2, seed=3), 10, 2),
    ],
    mistakes=(
        (
            lambda log_q, pixels, greys: -solve_bits(log_q, pixels, greys),
            "the sign: the likelier a picture, the shorter its code.",
        ),
        (
            lambda log_q, pixels, greys: pixels * solve_bits(log_q, pixels, greys),
            "these are the bits of a picture, not of a pixel.",
        ),
        (
            lambda log_q, pixels, greys: math.log(2) * solve_bits(log_q, pixels, greys),
            "these are nats. A bit is log 2 of them.",
        ),
        (
            lambda log_q, pixels, greys: math.log(2) ** 2 * solve_bits(log_q, pixels, greys),
            "multiplied by log 2, where dividing makes bits of nats.",
        ),
        (with_width(lambda greys: 1.0), "a density is no probability: the width of a grey is missing."),
        (
            with_width(lambda greys: (greys - 1) / 2),
            "the width has the wrong sign: the finer the greys, the longer the code.",
        ),
        (
            with_width(lambda greys: 1 / (greys - 1)),
            "pixels go from −1 to 1, not from 0 to 1: a grey is twice as wide.",
        ),
        (
            with_width(lambda greys: 1 / greys),
            "pixels go from −1 to 1, and between so many greys there is one gap less.",
        ),
        (
            with_width(lambda greys: 2 / greys),
            "between 256 greys there are 255 gaps, and the outer greys lie at −1 and 1.",
        ),
        (with_width(lambda greys: 2 / 255), "the width is that of 256 greys, whatever `greys` is."),
        (
            lambda log_q, pixels, greys: -(log_q / 784 + math.log(2 / (greys - 1))) / math.log(2),
            "a picture has `pixels` pixels, not always 784.",
        ),
        (
            lambda log_q, pixels, greys: -(log_q + math.log(2 / (greys - 1))) / (pixels * math.log(2)),
            "the cell of a picture is as wide in each of its pixels; the width counts only once here.",
        ),
        (
            lambda log_q, pixels, greys: solve_bits(log_q, pixels, greys).mean(),
            "this is the mean over the pictures. One number for each.",
        ),
        (
            lambda log_q, pixels, greys: solve_bits(log_q, pixels, greys).mean().expand(len(log_q)),
            "all pictures get the same number, their mean. One number for each.",
        ),
        (
            lambda log_q, pixels, greys: -(log_q / pixels + math.log2(2 / (greys - 1))) / math.log(2),
            "the width is in bits already, and log_q in nats: add nats to nats, then divide by log 2.",
        ),
        (
            with_width(lambda greys: math.exp(2 / (greys - 1))),
            "the width itself is added to a log density. Its logarithm belongs there.",
        ),
        (
            lambda log_q, pixels, greys: -log_q * 2 / (greys - 1) / (pixels * math.log(2)),
            "log_q is multiplied by the width. It is the density that is: so add the logarithm of the width.",
        ),
        (
            lambda log_q, pixels, greys: -log_q / (pixels * math.log(2)) - math.log(2 / (greys - 1)),
            "the width is still in nats: divide its logarithm by log 2 as well.",
        ),
        (
            lambda log_q, pixels, greys: math.log2(greys) + 0 * log_q,
            "this is what raw pixels take, whatever the model says.",
        ),
    ),
    hints=(
        "P of a picture is about its density times the volume of a cell: the width of a grey to the power of the "
        "pixels.",
        "The code's length in nats is −log P. Divide by log 2 for bits, by the pixels for a pixel. How many gaps are "
        "there between `greys` greys from −1 to 1?",
    ),
    prediction=(
        "The same density, 16 greys in place of 256: how many bits a pixel fewer",
        lambda: math.log2(255 / 15),
    ),
    insight="The model's part and the greys' part just add: if the density stays as it is, a finer grid "
    "costs log₂ of the ratio of the gaps, whatever the model. So bits can be compared only at one number of greys.",
    reward=use_bits,
)


# 14.5

fewer_latents = Open(
    number="14.5",
    minutes=30,
    outline="""600 steps each (section 3 took about 1,000 in 20 seconds), seeds 0, 1 and 2. FD of 2,000 pictures,
bits a pixel by the bound (500 test pictures), mean square error of rebuilt test pictures; median (range):

               FD                     bits                     error
 8 latents     {fd_8}     {bits_8}     {error_8}
48 latents     {fd_48}     {bits_48}     {error_48}

By the medians they do not agree. More latents describe a test picture better, which the bound and the error count.
Fresh pictures come from N(0, I), and their median FD is better with few latents (the ranges overlap). All latents are
in use in both ({used_8} and {used_48} tell more than 0.1 nats), so it is not that the 48 lie
idle. A likely reason is section 7's: there is more room for the codes to differ from N(0, I). To test it, fit latents
to the codes in both and measure FD again.

What this does not show: the end of training. After 600 steps both bounds are longer than the 8 bits of raw pixels.""",
)


recall = Recall(
    (
        "Why does one step along v* land on the mean of all data, from any z?",
        [
            ("The network is too small.", "With the exact v* there is none: section 1's two normal distributions."),
            ("G has collapsed.", "There is no G here, and no game."),
            (
                "At t = 0 the point tells nothing about the picture, so the mean direction leads to the mean.",
                "Yes: v*(z, 0) = E[x] − z. Only later do the paths part.",
            ),
        ],
        2,
        "At t = 0 the best answer is the mean direction, E[x] − z, and one step of it ends at E[x].",
    ),
    (
        "From 01: which of these is smallest for q = p, without any bound between?",
        [
            ("the maximum over D of V(D, q)", "Yes: 2 JSD(p, q) − log 4, and the JSD is 0 for q = p alone."),
            ("the loss of a VAE", "Minus a bound on the log-likelihood: it can fall because the encoder gets better."),
            ("V for one fixed D", "No: then all of q may sit on one picture, that with the highest D(x)."),
        ],
        0,
        "With the best D the game measures 2 JSD(p, q) − log 4. The ELBO bounds the log-likelihood, with a gap.",
    ),
    (
        "A VAE with a poor FD got a far better one by other latents for the same G. What was mostly wrong?",
        [
            ("G blurs.", "G was the same, and FD fell from about 150 to about 40. Blur may be in what remains."),
            (
                "N(0, I) is not the distribution of its codes.",
                "Yes: codes are distributed otherwise, and the bound hardly minds.",
            ),
            ("The encoder is too weak.", "Its codes of test pictures gave far better pictures."),
        ],
        1,
        "Latents from N(0, I) are not distributed like codes. A mixture fitted to the codes mends most of the FD, and "
        "wins 0.04 bits a pixel (section 7, one VAE).",
    ),
)
