"""Answers to the exercises of notebook 01."""

import math

import numpy as np
import torch


def value_by_loop(p, q, D):
    V = 0.0
    for a, b, d in zip(p, q, D, strict=True):
        V += a * d.log() if a else 0
        V += b * (1 - d).log() if b else 0
    return V


def value_by_numpy(p, q, D):
    p, q, D = p.numpy(), q.numpy(), D.numpy()
    with np.errstate(divide="ignore"):
        real = p * np.log(D, where=p > 0, out=np.zeros_like(D))
        fake = q * np.log(1 - D, where=q > 0, out=np.zeros_like(D))
    return np.sum(real + fake)


def value_where(p, q, D):
    real = torch.where(p > 0, p * D.log(), 0)
    fake = torch.where(q > 0, q * (1 - D).log(), 0)
    return (real + fake).sum()


def value_in_place(p, q, D):
    p *= D.log()
    q *= (1 - D).log()
    return p.nansum() + q.nansum()


def clamped(low):
    def value(p, q, D):
        D = D.clamp(low, 1 - low)
        return (p * D.log() + q * (1 - D).log()).sum()

    return value


def bayes_by_loop(p, q, share):
    return [share * a / (share * a + (1 - share) * b) for a, b in zip(p.tolist(), q.tolist(), strict=True)]


def bayes_by_search(p, q, share):
    low, high = torch.zeros_like(p), torch.ones_like(p)
    for _ in range(60):  # where the slope of what a point pays changes its sign
        D = (low + high) / 2
        rises = share * p / D > (1 - share) * q / (1 - D)
        low, high = torch.where(rises, D, low), torch.where(rises, high, D)
    return D


def searched_coarsely(p, q, share):
    D = torch.linspace(0.01, 0.99, 99, dtype=torch.float64)
    return D[(share * p[:, None] * D.log() + (1 - share) * q[:, None] * (1 - D).log()).argmax(1)]


def normalised(p, q, share):
    p *= share
    q *= 1 - share
    return p / (p + q)


def points(*shares):
    return torch.tensor(shares)


RIGHT = {
    "no_gap": [
        lambda: torch.tensor([[2.0, 5.0], [1.0, 7.0]]),
        lambda: [[-1, 0], [-2, 1]],
        lambda: np.array([[8, 1], [5, 3]]),
        lambda: torch.tensor([[7.0, 1.0], [5.0, 2.0]]).flip(1),
        lambda: [[2.0, 3.0], torch.tensor([0.0, 10.0])],
        lambda: [[4.0, 1.0], [3.0, 2.0]],
    ],
    "value": [
        value_by_loop,
        value_by_numpy,
        value_where,
        lambda p, q, D: ((p * D.log()) + (q * (1 - D).log())).nansum(),
        lambda p, q, D: (p * D.log()).nansum() + (q * (1 - D).log()).nansum(),
        lambda p, q, D: torch.special.xlogy(p, D).sum().item() + torch.special.xlog1py(q, -D).sum().item(),
        lambda p, q, D: sum(w[w > 0].float() @ d[w > 0].float().log() for w, d in ((p, D), (q, 1 - D))),
    ],
    "best_discriminator": [
        bayes_by_loop,
        bayes_by_search,
        lambda p, q, share: 1 / (1 + (1 - share) * q / (share * p)),
        lambda p, q, share: ((p / q).log() + math.log(share / (1 - share))).sigmoid(),
        lambda p, q, share: (share * p.numpy()) / (share * p.numpy() + (1 - share) * q.numpy()),
        lambda p, q, share: torch.softmax(torch.stack([(share * p).log(), ((1 - share) * q).log()]), 0)[0].float(),
    ],
    "distributions_on_the_ceiling": [
        lambda: (torch.tensor([0.0, 0.5, 0.5]), torch.tensor([0.5, 0.0, 0.5])),
        lambda: ([0.5, 0.3, 0.2], [0.5, 0.3, 0.2]) and ([0.5, 0.0, 0.5], [0.5, 0.5, 0.0]),
        lambda: np.array([[0.5, 0, 0.5], [0, 0.5, 0.5]]),
        lambda: torch.tensor([[1, 1, 0], [0, 1, 1]]) / 2,
    ],
}

WRONG = {
    "no_gap": [
        (lambda: torch.tensor([[1.0, -1.0], [-1.0, 1.0]]), "must be different"),
        (lambda: torch.tensor([[1.0, 2.0], [3.0, 4.0]]), "one row is D's best"),
        (lambda: torch.tensor([[4.0, 1.0], [2.0, 3.0]]), "to move second still pays"),
        (lambda: torch.tensor([[1.0, 4.0], [3.0, 2.0]]), "to move second still pays"),
        (lambda: torch.full((2, 2), math.nan), "NaN"),
        (lambda: torch.tensor([[math.nan, 2.0], [3.0, 4.0]]), "NaN"),
        (lambda: torch.tensor([[math.inf, 2.0], [3.0, 4.0]]), "infinity"),
        (lambda: torch.eye(3), "I expected the shape (2, 2)"),
        (lambda: [2, 3, 1, 4], "I expected the shape (2, 2)"),
        (lambda: torch.tensor([[4.0, 3.0], [2.0, 1.0]]), "one row is D's best"),
        (lambda: torch.zeros(2, 2), "must be different"),
        (lambda: [["a", "b"], ["c", "d"]], "cannot be read as numbers"),
        (lambda: [[1, 2], [3]], "cannot be read as numbers"),
        (lambda: [[2.0, 3.0], [4.0, 1.0]], "to move second still pays"),
        (lambda: [[2.0, 3.0], [0.0, 1.0]], "one row is D's best"),
        (lambda: [[2.0, 3.0], [4.0, 5.0]], "one row is D's best"),
        (lambda: [[2.0, 3.0], [1.0, 3.0]], "must be different"),
        (lambda: [[2.0, 3.0], [1.0]], "cannot be read as numbers"),
        (lambda: [[2.0, 3.0], 1.0], "cannot be read as numbers"),
        (lambda: [1.0, 4.0], "I expected the shape (2, 2)"),
        (lambda: [[2.0, 3.0], [1.0, math.inf]], "infinity"),
    ],
    "value": [
        (lambda p, q, D: (p.nan_to_num() * D.log() + q * (1 - D).log()).sum(), "NaN as soon as"),
        (lambda p, q, D: p * D.log() + q * (1 - D).log(), "I expected the shape ()"),
        (lambda p, q, D: p @ (D + 0.01).log() + q @ (1.01 - D).log(), "and yours is finite"),
        (clamped(1e-3), "and yours is finite"),
        (clamped(1e-12), "and yours is finite"),
        (
            lambda p, q, D: (p * D.log()).nan_to_num().sum() + (q * (1 - D).log()).nan_to_num().sum(),
            "and yours is finite",
        ),
        (lambda p, q, D: -(torch.xlogy(p, D).sum() + torch.xlogy(q, 1 - D).sum()), "sign is turned"),
        (lambda p, q, D: (torch.xlogy(p, D).sum() + torch.xlogy(q, 1 - D).sum()) / math.log(2), "base 2"),
        (lambda p, q, D: (torch.xlogy(p, D).sum() + torch.xlogy(q, 1 - D).sum()) / 2, "0.5 times"),
        (lambda p, q, D: torch.xlogy(p, D).sum() + torch.xlogy(q, 1 - D).sum() + math.log(4), "plus 1.386"),
        (
            lambda p, q, D: torch.xlogy(p, p / (p + q + 1e-9)).sum() + torch.xlogy(q, q / (p + q + 1e-9)).sum(),
            "V at the best D",
        ),
        (lambda p, q, D: torch.xlogy(D, p).sum() + torch.xlogy(1 - D, q).sum(), "infinity"),
        (lambda p, q, D: torch.xlogy(p, D).sum() + torch.xlogy(p, 1 - D).sum(), "infinity"),
        (
            lambda p, q, D: torch.xlogy(p[1:], D[1:]).sum() + torch.xlogy(q[:-1], 1 - D[:-1]).sum(),
            "or left out",
        ),
        (lambda p, q, D: (p * D.log()).nan_to_num().sum() + (q * (1 - D).log()).sum(), "NaN in your answer"),
        (lambda p, q, D: -math.log(4), "whatever p is"),
        (lambda p, q, D: torch.xlogy(p, D).sum() + torch.xlogy(1 - p, 1 - D).sum(), "infinity"),
        (lambda p, q, D: (torch.xlogy(p, D).sum() + torch.xlogy(q, 1 - D).sum()).exp(), "exp of the right"),
        (lambda p, q, D: torch.xlogy(p, D).sum() * torch.xlogy(q, 1 - D).sum(), "you say"),
        (value_in_place, "the value is right, but it overwrites"),
        (
            lambda p, q, D: sum(p[k] * math.log(D[k]) + q[k] * math.log(1 - D[k]) for k in range(3)),
            "your function stops",
        ),
        (lambda p, q: p @ q, "it is called with (p, q, D)"),
    ],
    "best_discriminator": [
        (lambda p, q, share: share * p, "x comes and is real"),
        (lambda p, q, share: share, "I expected the shape"),
        (lambda p, q, share: p / (p + q) * share + (1 - share) * q / (p + q), "you say"),
        (lambda p, q, share: share * p / (share * p + share * q), "the best D for share = ½"),
        (lambda p, q, share: (p / q) / (p / q + 1 - share), "the real rolls have none"),
        (lambda p, q, share: share * p / (share * (p + q)) * 2 * share, "times 2 · share"),
        (lambda p, q, share: 0.8 * p / (0.8 * p + 0.2 * q), "whatever share is"),
        (lambda p, q, share: torch.full_like(p, share), "whatever p is"),
        (
            lambda p, q, share: torch.tensor([0.1, 0.2, 0.7]) * share / (share * p + (1 - share) * q),
            "your function stops",
        ),
        (
            lambda p, q, share: (share * p / (share * p + (1 - share) * q)).mean(),
            "I expected the shape (3,), you gave ()",
        ),
        (lambda p, q, share: (share * p / (share * p + (1 - share) * q))[:, None], "you gave (3, 1)"),
        (lambda p, q, share: 1 - share * p / (share * p + (1 - share) * q), "probability that x is a fake"),
        (lambda p, q, share: (share * p + (1 - share) * q) / (share * p), "upside down"),
        (lambda p, q, share: 100 * share * p / (share * p + (1 - share) * q), "100 times"),
        (lambda p, q, share: (share * p / (share * p + (1 - share) * q)).log(), "logarithm of the right answer"),
        (lambda p, q, share: (share * p / (share * p + (1 - share) * q)).round(decimals=1), "you say"),
        (lambda p, q, share: (share * p / (share * p + (1 - share) * q)).clamp(0.05, 0.95), "right where share is"),
        (searched_coarsely, "you say"),
        (normalised, "the value is right, but it overwrites"),
        (lambda p, q, share: (p / q).sigmoid(), "whatever share is"),
        (lambda p, q, share: 1 / (1 + ((share - 1) * q / (share * p)).exp()), "you say"),
        (lambda p, q, share: share * p / (1 + share * p), "whatever q is"),
    ],
    "distributions_on_the_ceiling": [
        (lambda: (points(0.5, 0.5, 0), points(0.5, 0.5, 0)), "right in 50 %"),
        (lambda: (points(1.0, 0, 0), points(0, 1.0, 0)), "right in 100 %"),
        (lambda: (points(0.75, 0.25, 0), points(0.25, 0.75, 0)), "unequally"),
        (lambda: (points(0.5, 0.5, 0.5), points(0.5, 0, 0.5)), "p = (0.5, 0.5, 0.5) is no distribution"),
        (lambda: (points(0.5, 0.5, 0), points(0, 1.0, 1.0)), "q = (0, 1, 1) is no distribution"),
        (lambda: (points(1.5, -0.5, 0), points(0, 0.5, 0.5)), "no distribution"),
        (lambda: (points(0.5, 0.5), points(0.5, 0.5)), "I expected the shape (3,)"),
        (lambda: torch.tensor([0.5, 0.5, 0.0]), "2 values are asked for"),
        (lambda: (points(math.nan, 0.5, 0.5), points(0.5, 0.5, 0)), "NaN"),
        (lambda: (points(0.75, 0.25, 0), points(0.75, 0, 0.25)), "right in 62.5 %"),
        (lambda: (points(0.75, 0.25, 0), points(0, 0.25, 0.75)), "right in 87.5 %"),
        (lambda: (points(1.0, 0, 0), points(0.5, 0.25, 0.25)), "unequally"),
        (lambda: points(0.5, 0.5, 0), "2 values are asked for"),
        (lambda p: (p, p), "your function takes (p)"),
        (lambda: (50, 50, 0), "2 values are asked for"),
    ],
}
