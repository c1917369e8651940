"""Answers to the exercises of notebook 14."""

import math

import numpy as np
import torch
import torch.nn.functional as F

from gan_tutorial.chapters.vae import kl_from_normal, log_normal
from gan_tutorial.exercises.n14_gan_vae_diffusion import solve_kl as kl

# 14.1


def step_in_numpy(v, x, t, h):
    middle = x.numpy() + h * v(x, t).numpy() / 2
    return x.numpy() + h * v(torch.as_tensor(middle), t + h / 2).numpy()


def step_with_names(v, x, t, h):
    half = h / 2
    return torch.add(x, v(torch.add(x, v(x, t), alpha=half), t + half), alpha=h)


def step_one_by_one(v, x, t, h):
    rows = []
    for k in range(len(x)):
        place, time = x[k : k + 1], t[k : k + 1]
        rows.append((place + h * v(place + 0.5 * h * v(place, time), time + 0.5 * h))[0].tolist())
    return rows


def step_in_place(v, x, t, h):
    y = x.clone()
    y += 0.5 * h * v(x, t)
    z = x.clone()
    z += h * v(y, t + 0.5 * h)
    return z


def filled_in(place, time):
    """The frame of the notebook with answers in the place of its dots."""
    return lambda v, x, t, h: x + h * v(place(v, x, t, h), time(t, h))


def middle(v, x, t, h):
    return x + h / 2 * v(x, t)


def step_that_moves_x(v, x, t, h):
    start = x.clone()
    x += h / 2 * v(x, t)
    return start + h * v(x, t + h / 2)


def step_that_moves_t(v, x, t, h):
    middle = x + h / 2 * v(x, t)
    t += h / 2
    return x + h * v(middle, t)


# 14.2


def loss_with_mse(x, made, mean, log_std):
    described = F.mse_loss(made, x, reduction="sum") / (2 * len(x))
    return described + kl_from_normal(mean, log_std).mean()


def loss_in_numpy(x, made, mean, log_std):
    x, made, mean, log_std = (part.numpy() for part in (x, made, mean, log_std))
    squares = np.square(x - made).sum(axis=1) / 2
    divergence = (mean**2 + np.exp(2 * log_std) - 1).sum(axis=1) / 2 - log_std.sum(axis=1)
    return np.mean(squares + divergence)


def loss_in_loops(x, made, mean, log_std):
    total = 0.0
    for a, b, m, s in zip(x.tolist(), made.tolist(), mean.tolist(), log_std.tolist(), strict=True):
        total += sum((u - v) ** 2 for u, v in zip(a, b, strict=True)) / 2
        total += sum((c**2 + math.exp(2 * d) - 1) / 2 - d for c, d in zip(m, s, strict=True))
    return total / len(x)


def loss_from_log_normal(x, made, mean, log_std):
    constant = x.shape[1] * math.log(2 * math.pi) / 2
    return (kl_from_normal(mean, log_std) - log_normal(x - made) - constant).float().mean()


def elbo_parts(x, made, mean, log_std):
    return ((x - made) ** 2).sum(1).mean() / 2, kl_from_normal(mean, log_std).mean()


def loss_in_place(x, made, mean, log_std):
    made -= x
    return made.square().sum(1).mean() / 2 + kl_from_normal(mean, log_std).mean()


# 14.3


def kl_in_numpy(mean, log_std):
    m, s = mean.numpy(), np.exp(log_std.numpy())
    return np.sum((m**2 + s**2 - 1) / 2 - np.log(s), axis=-1)


def kl_in_loops(mean, log_std):
    return [
        sum((m * m + math.exp(2 * s) - 1) / 2 - s for m, s in zip(row, other, strict=True))
        for row, other in zip(mean.tolist(), log_std.tolist(), strict=True)
    ]


def kl_by_einsum(mean, log_std):
    variance = log_std.exp() ** 2
    return 0.5 * (torch.einsum("nz,nz->n", mean, mean) + (variance - variance.log() - 1).sum(1))


def kl_in_float32(mean, log_std):
    mean, log_std = mean.float(), log_std.float()
    return -0.5 * torch.sum(1 + 2 * log_std - mean.pow(2) - log_std.mul(2).exp(), dim=1)


# 14.4


def bits_in_numpy(log_q, pixels, greys):
    return -(log_q.numpy() / pixels + np.log(2.0) - np.log(greys - 1)) / np.log(2.0)


def bits_in_loops(log_q, pixels, greys):
    return [-(float(q) + pixels * math.log(2 / (greys - 1))) / pixels / math.log(2) for q in log_q]


def bits_by_log2(log_q, pixels, greys):
    return -log_q * math.log2(math.e) / pixels - math.log2(2.0 / (greys - 1))


def bits_in_float32(log_q, pixels, greys):
    width = torch.tensor(2.0) / (greys - 1)
    return -(log_q.float() / pixels + width.log()) / torch.tensor(2.0).log()


RIGHT = {
    "step": [
        filled_in(middle, lambda t, h: t + h / 2),
        step_in_numpy,
        step_with_names,
        step_one_by_one,
        step_in_place,
        lambda v, x, t, h: x + h * v(x + h / 2 * v(x, t).detach(), (t + h / 2).clamp(0, 1)),
    ],
    "loss_of_vae": [loss_with_mse, loss_in_numpy, loss_in_loops, loss_from_log_normal],
    "kl": [kl_in_numpy, kl_in_loops, kl_by_einsum, kl_in_float32],
    "bits": [bits_in_numpy, bits_in_loops, bits_by_log2, bits_in_float32],
}

WRONG = {
    "step": [
        (filled_in(middle, lambda t, h: t), "the time has not"),
        (filled_in(middle, lambda t, h: t + h), "the time by a whole one"),
        (filled_in(lambda v, x, t, h: x, lambda t, h: t + h / 2), "the place has not"),
        (filled_in(lambda v, x, t, h: x + h * v(x, t), lambda t, h: t + h / 2), "the place by a whole one"),
        (filled_in(lambda v, x, t, h: x + h / 2, lambda t, h: t + h / 2), "x is moved without a velocity"),
        (filled_in(lambda v, x, t, h: h / 2 * v(x, t), lambda t, h: t + h / 2), "not the way there"),
        (step_that_moves_x, "overwrites its input x"),
        (step_that_moves_t, "overwrites its input t"),
        (lambda v, x, t, h: x, "whatever v is"),
        (lambda v, x, t, h: x.sum(1), "shape"),
        (lambda v, x, t, h: v(x, t + h), "you say"),
        (lambda v, x, t, h: step_in_place(v, x, t, h) + 0 * v(x, t), "v is asked 3 times"),
        (lambda v, x, t, h: step_in_place(v, x, t, 0.4), "whatever h is"),
        (lambda v, x, t, h: step_in_place(v, x, 0 * t, h), "whatever t is"),
        (lambda v, x, t, h: step_in_place(lambda a, b: a, x, t, h), "whatever v is"),
        (lambda v, x, t, h: step_in_place(v, x[:1], t[:1], h), "shape"),
        (
            lambda v, x, t, h: step_in_place(lambda a, b: v(a, b - h / 2 + 0.2 if (b != t).any() else t), x, t, h),
            "by 0.2",
        ),
        (lambda v, x, t, h: step_in_place(v, x, 0.2, h), "TypeError"),
        (lambda v, x, t, h: v(x, t)(h), "TypeError"),
        (lambda v, x, t, h: x + h / 2 * v(x, t) + h / 2 * v(x + h * v(x, t), t + h), "Heun"),
        (lambda v, x, t, h: step_in_place(v, step_in_place(v, x, t, h / 2), t + h / 2, h / 2), "two midpoint steps"),
        (lambda v, x, t, h: (x + h / 2 * v(x, t), x + h * v(x + h / 2 * v(x, t), t + h / 2)), "shape"),
    ],
    "loss_of_vae": [
        (lambda x, made, mean, log_std: sum(elbo_parts(x, made, mean, log_std)) / 2, "0.5 times"),
        (
            lambda x, made, mean, log_std: F.mse_loss(x, made) + elbo_parts(x, made, mean, log_std)[1],
            "a mean over the pixels",
        ),
        (
            lambda x, made, mean, log_std: -log_normal(x - made).mean() + kl_from_normal(mean, log_std).mean(),
            "the constant",
        ),
        (lambda x, made, mean, log_std: elbo_parts(x, made, mean, log_std)[0], "the divergence is missing"),
        (lambda x, made, mean, log_std: elbo_parts(x, made, mean, log_std)[1], "the first part"),
        (lambda x, made, mean, log_std: sum(elbo_parts(x, made.detach(), mean, log_std)), "no slope reaches made:"),
        (lambda x, made, mean, log_std: sum(elbo_parts(x, made, mean.detach(), log_std)), "no slope reaches mean:"),
        (lambda x, made, mean, log_std: sum(elbo_parts(x, made, mean, 2 * log_std)), "gives it log s²"),
        (lambda x, made, mean, log_std: sum(elbo_parts(x, made, mean, log_std)) / x.shape[1], "divided by the pixels"),
        (lambda x, made, mean, log_std: sum(elbo_parts(x, made.clamp(-2, 2), mean, log_std)), "you say"),
        (lambda x, made, mean, log_std: sum(elbo_parts(x, 0 * made, mean, log_std)), "whatever made is"),
        (lambda x, made, mean, log_std: sum(elbo_parts(x, made, 0 * mean, log_std)), "whatever mean is"),
        (lambda x, made, mean, log_std: sum(elbo_parts(x, made, mean, 0 * log_std)), "whatever log_std is"),
        (
            lambda x, made, mean, log_std: 4.5 * F.mse_loss(x, made) + kl_from_normal(mean, log_std).mean(),
            "not always 9",
        ),
        (
            lambda x, made, mean, log_std: ((x - made) ** 2).sum(0).mean() / 2 + kl_from_normal(mean, log_std).mean(),
            "the other way round",
        ),
        (lambda x, made, mean, log_std: elbo_parts(x, made, mean, log_std), "shape"),
        (lambda x, made, mean, log_std: sum(elbo_parts(x, made, mean, log_std)).exp(), "exp of the right"),
        (
            lambda x, made, mean, log_std: F.binary_cross_entropy(made, x) + kl_from_normal(mean, log_std).mean(),
            "RuntimeError",
        ),
        (loss_in_place, "overwrites its input made"),
    ],
    "kl": [
        (lambda mean, log_std: -kl(mean, log_std), "sign"),
        (lambda mean, log_std: mean[:, 0], "whatever log_std is"),
        (lambda mean, log_std: kl(mean, log_std) / 3, "0.3333 times"),
        (lambda mean, log_std: kl(mean, log_std)[:, None], "shape"),
        (lambda mean, log_std: (mean**2 + (2 * log_std).exp() - 1) / 2 - log_std, "shape"),
        (lambda mean, log_std: kl(mean, log_std.exp()), "infinity"),
        (lambda mean, log_std: kl(mean, log_std.log()), "NaN"),
        (lambda mean, log_std: kl(mean, log_std) / math.log(2), "base 2"),
        (lambda mean, log_std: kl(mean, log_std) - log_std.sum(1), "log s counts twice"),
        (lambda mean, log_std: kl(mean, log_std) + 0.5, "plus 0.5"),
        (lambda mean, log_std: kl(mean, 0 * log_std), "whatever log_std is"),
        (lambda mean, log_std: kl(mean, log_std).sqrt(), "square root"),
        (lambda mean, log_std: (mean + 1e-9).div_(0 * mean).sum(1), "infinity"),
        (lambda mean, log_std: torch.distributions.kl_divergence(mean, log_std), "NotImplementedError"),
        (
            lambda mean, log_std: (mean.pow_(2) + (2 * log_std).exp() - 1).sum(1) / 2 - log_std.sum(1),
            "overwrites its input mean",
        ),
        (
            lambda mean, log_std: ((mean**2).sum(1) + (2 * log_std).exp().sum(1) - 1) / 2 - log_std.sum(1),
            "Z of them, not one",
        ),
    ],
    "bits": [
        (lambda log_q, pixels, greys: log_q, "whatever pixels is"),
        (lambda log_q, pixels, greys: -log_q / pixels, "whatever greys is"),
        (lambda log_q, pixels, greys: -(log_q + pixels * math.log(2 / greys)) / (pixels * math.log(2)), "255 gaps"),
        (lambda log_q, pixels, greys: bits_by_log2(log_q, 784, 256), "whatever pixels is"),
        (lambda log_q, pixels, greys: bits_by_log2(log_q, pixels, 256), "that of 256 greys"),
        (lambda log_q, pixels, greys: 8.0, "shape"),
        (lambda log_q, pixels, greys: bits_by_log2(log_q, pixels, greys).sum(), "shape"),
        (lambda log_q, pixels, greys: bits_by_log2(log_q, pixels, greys) / 8, "0.125 times"),
        (lambda log_q, pixels, greys: math.log2(greys) - log_q / pixels / math.log(2), "one gap less"),
        (lambda log_q, pixels, greys: -log_q / pixels / math.log(2) + math.log(2 / (greys - 1)), "you say"),
        (lambda log_q, pixels, greys: -(log_q.log2() / pixels) - math.log2(2 / (greys - 1)), "NaN"),
        (lambda log_q, pixels, greys: bits_by_log2(log_q.neg_(), pixels, greys), "overwrites its input log_q"),
        (lambda log_q, pixels, greys: 1 / bits_by_log2(log_q, pixels, greys), "upside down"),
        (lambda log_q, pixels: log_q, "it is called with"),
        (lambda log_q, pixels, greys: bits_by_log2(log_q, pixels, greys).tolist()[0], "shape"),
    ],
}
