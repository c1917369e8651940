"""The exercises of notebook 14."""

import math
from collections.abc import Callable

import torch
from torch import Tensor

from ..chapters.vae import kl_from_normal, log_normal
from . import Exercise, filled, named


def solve_kl(mean: Tensor, log_std: Tensor) -> Tensor:
    # the latents are independent, so their divergences add
    return ((mean**2 + (2 * log_std).exp() - 1) / 2 - log_std).sum(1)


def mistake_of_kl(kl) -> str:
    rng = torch.Generator().manual_seed(0)
    mean, log_std = torch.randn(5, 3, generator=rng).double(), torch.randn(5, 3, generator=rng).double() / 2
    said, right = torch.as_tensor(filled(kl(mean, log_std))), kl_from_normal(mean, log_std)
    if said.shape != right.shape:
        return f"a number a picture has the shape {tuple(right.shape)}, yours has {tuple(said.shape)}."
    as_variance = ((mean**2 + log_std.exp() - 1) / 2 - log_std / 2).sum(1)
    return named(
        said,
        (right, ""),
        (-right, "the sign is turned: a divergence is never negative."),
        (right / 3, "this is a mean over the latents. They are independent, so their divergences add."),
        (2 * right, "a half is missing."),
        (as_variance, "log_std is the logarithm of the standard deviation; you take it for that of the variance."),
        (right - mean.square().sum(1) / 2, "m is missing: the guess might lie anywhere for nothing."),
        (right + log_std.sum(1), "- log s is missing: a guess without any width would be cheap. It costs infinitely."),
        other=f"for the first picture it is {right[0]:.4f}, you say {float(said[0]):.4f}.",
    )


kl = Exercise(
    mistake_of_kl,
    solve_kl,
    (
        "For one latent: E[log e(z) - log N(z; 0, 1)] with z = m + s eps. The constants log 2 pi cancel, and what "
        "is left is E[-eps^2 / 2 - log s + (m + s eps)^2 / 2].",
        "E eps = 0 and E eps^2 = 1. s^2 is (2 * log_std).exp(); then sum over the latents, dimension 1.",
    ),
)

Velocity = Callable[[Tensor, float], Tensor]


def solve_step(v: Velocity, x: Tensor, t: float, h: float) -> Tensor:
    middle = x + h / 2 * v(x, t)
    return x + h * v(middle, t + h / 2)


def mistake_of_step(step) -> str:
    def v(x, t):
        return (x + 3 * t).sin() - t * x

    x, t, h = torch.tensor([[0.3, -1.0], [2.0, 0.7]]).double(), 0.2, 0.4
    said, right = torch.as_tensor(filled(step(v, x, t, h))), solve_step(v, x, t, h)
    if said.shape != right.shape:
        return f"the points stay points: the shape is {tuple(x.shape)}, yours is {tuple(said.shape)}."
    first = v(x, t)
    return named(
        said,
        (right, ""),
        (x + h * first, "this is Euler's step: it asks at the start only."),
        (x + h * v(x + h * first, t + h), "this asks at the end of the step. Ask in its middle."),
        (x + h * v(x + h / 2 * first, t), "the place has moved on by half a step, the time has not."),
        (x + h * v(x, t + h / 2), "the time has moved on by half a step, the place has not."),
        (x + h / 2 * v(x + h / 2 * first, t + h / 2), "this goes half the way, with the right velocity."),
        (x + h / 2 * (first + v(x + h * first, t + h)), "this is Heun's step: as exact, but another one."),
        (x + h / 2 * (first + v(x + h / 2 * first, t + h / 2)), "the velocity at the start has had its use."),
        (v(x + h / 2 * first, t + h / 2), "this is the velocity. The step starts at x and is h long."),
        other=f"the first number is {right[0, 0]:.4f}, you say {float(said.flatten()[0]):.4f}.",
    )


step = Exercise(
    mistake_of_step,
    solve_step,
    ("First half a step of Euler: x + h / 2 * v(x, t).", "Ask there, at t + h / 2, and go the whole h from x with it."),
)


def solve_bits(log_q: Tensor) -> Tensor:
    # a grey has the width 2/255, and 784 of them make a picture
    nats = log_q + 784 * math.log(2 / 255)
    return -nats / (784 * math.log(2))


def mistake_of_bits(bits) -> str:
    log_q = log_normal(torch.linspace(-1, 1, 3 * 784).double().view(3, 784))
    said, right = torch.as_tensor(filled(bits(log_q))), solve_bits(log_q)
    if said.shape != right.shape:
        return f"a number a picture has the shape {tuple(right.shape)}, yours has {tuple(said.shape)}."
    density = -log_q / (784 * math.log(2))
    return named(
        said,
        (right, ""),
        (-right, "the sign is turned: the likelier a picture, the shorter its code."),
        (784 * right, "these are the bits of a picture."),
        (math.log(2) * right, "these are nats. A bit is log 2 of them."),
        (density, "a density is no probability: the width of a grey is missing."),
        (density - math.log2(255 / 2), "the width has the wrong sign: the finer the greys, the longer the code."),
        (density + math.log2(255), "pixels go from -1 to 1, so two greys lie 2 / 255 apart."),
        (density + math.log2(256), "pixels go from -1 to 1, and 256 greys have 255 gaps: each is 2 / 255 wide."),
        other=f"for the first picture it is {right[0]:.4f}, you say {float(said[0]):.4f}.",
    )


bits = Exercise(
    mistake_of_bits,
    solve_bits,
    (
        "P of a picture is about its density times the volume of a cell, (2 / 255)^784.",
        "The code's length in nats is -log P. Divide by log 2 for bits, by 784 for a pixel.",
    ),
)
