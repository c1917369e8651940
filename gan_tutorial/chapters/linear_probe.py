"""Notebook 13: how much of a class a linear map can read off features h (N, F). Multinomial logistic regression:

    p(y = k | h) = softmax(W h + b)_k
    (W, b) minimise   mean(-log p(y | h)) + ridge / 2 |W|^2

Beside it a classifier that is not linear, kernel ridge regression; what D sees layer by layer; and an untrained D.
Alain & Bengio 2017
"""

from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Generator, Tensor, nn

from .. import checks
from ..networks import ConvDiscriminator

RIDGES = (1e-2, 1e-3, 1e-4, 1e-5)


class Probe(NamedTuple):
    """Call it with features (N, F): logits (N, K)."""

    weight: Tensor  # W (K, F)
    bias: Tensor  # b (K,)

    def __call__(self, h: Tensor) -> Tensor:
        return h @ self.weight.T + self.bias


def fit(h: Tensor, y: Tensor, ridge: float, steps: int = 50) -> Probe:
    """The probe of labelled features h (N, F), y (N,) in 0..K-1, found by at most so many steps of L-BFGS.

    W is sought along the principal axes of the h (it is 0 across them), each stretched so that at W = 0 the loss is
    equally curved along all: fewer steps, the same minimum. Without a ridge > 0 W would grow without end where the
    classes can be separated.
    """
    _check(h, y)
    checks.positive(ridge=ridge)
    checks.whole(1, steps=steps)
    y, classes, centre = y.long(), int(y.max()) + 1, h.mean(0)
    _, lengths, axes = torch.linalg.svd(h - centre, full_matrices=False)
    stretch = (lengths.square() / len(h) / classes + ridge).rsqrt()
    inner = (h - centre) @ (stretch[:, None] * axes).T
    weight = h.new_zeros(classes, len(stretch), requires_grad=True)
    bias = h.new_zeros(classes, requires_grad=True)
    search = torch.optim.LBFGS(
        [weight, bias],
        max_iter=steps,
        history_size=20,
        tolerance_grad=1e-6,
        tolerance_change=1e-12,
        line_search_fn="strong_wolfe",
    )

    def loss() -> Tensor:
        search.zero_grad()
        value = F.cross_entropy(inner @ weight.T + bias, y) + ridge / 2 * (weight * stretch).square().sum()
        value.backward()
        return value

    search.step(loss)
    W = (weight.detach() * stretch) @ axes
    return Probe(W, bias.detach() - W @ centre)


class KernelProbe(NamedTuple):
    """Call it with features (N, F): scores (N, K), the largest for the class."""

    seen: Tensor  # the labelled features (M, F)
    weight: Tensor  # of each of them for each class (M, K)
    share: Tensor  # of each class among them, as a target (K,)
    width: Tensor  # squared: the mean squared distance of the labelled features from their centre

    def __call__(self, h: Tensor) -> Tensor:
        return _kernel(h, self.seen, self.width) @ self.weight + self.share


def fit_kernel(h: Tensor, y: Tensor, ridge: float = 0.1) -> KernelProbe:
    """Kernel ridge regression, one class against all others, with k(a, b) = exp(-|a - b|^2 / s), where s is the mean
    squared distance of the h (N, F) from their centre. Its borders may bend, and it has a closed form.
    """
    _check(h, y)
    checks.positive(ridge=ridge)
    width = (h - h.mean(0)).square().sum(1).mean()
    target = 2 * F.one_hot(y.long()).to(h.dtype) - 1
    share = target.mean(0)
    K = _kernel(h, h, width)
    K.diagonal().add_(ridge)
    return KernelProbe(h, torch.cholesky_solve(target - share, torch.linalg.cholesky(K)), share, width)


def _kernel(a: Tensor, b: Tensor, width: Tensor) -> Tensor:
    return torch.cdist(a, b).square_().div_(-width).exp_()


def layers(D: ConvDiscriminator, x: Tensor) -> list[Tensor]:
    """What D sees in pictures x (N, C, S, S) after each convolution, max-pooled to at most 4 x 4 places: [(N, F), ...].

    Radford et al. 2016
    """
    seen = []
    for layer in D.net.children():
        x = layer(x)
        if isinstance(layer, nn.LeakyReLU):
            seen.append(F.adaptive_max_pool2d(x, min(4, x.shape[-1])).flatten(1))
    return seen


class Axes(NamedTuple):
    """Call it with features (N, F): their coordinates along the axes, (N, count)."""

    centre: Tensor  # (F,)
    axes: Tensor  # (F, count)
    lost: float  # the share of the variance across the axes

    def __call__(self, h: Tensor) -> Tensor:
        return (h - self.centre) @ self.axes


def principal(h: Tensor, count: int) -> Axes:
    """Along which the features h (N, F) vary most, so scaled that the mean squared length of the coordinates is 1."""
    checks.shape(h, "N", "F", name="the features h")
    checks.whole(1, count=count)
    centre, axes = h.mean(0), torch.pca_lowrank(h, count)[2]
    kept = ((h - centre) @ axes).square().sum(1).mean()
    return Axes(centre, axes / kept.sqrt(), 1 - (kept / h.var(0, unbiased=False).sum()).item())


def untrained(D: ConvDiscriminator, x: Tensor, seed: int) -> ConvDiscriminator:
    """D with random weights that keep a signal's variance (He et al. 2015), and BatchNorm's statistics from pictures x.

    In eval mode. Its own weights are overwritten.
    """
    rng = torch.Generator().manual_seed(seed)
    for m in D.modules():
        if isinstance(m, nn.Conv2d):
            nn.init.kaiming_normal_(m.weight, 0.2, generator=rng)
            if m.bias is not None:
                nn.init.zeros_(m.bias)
        elif isinstance(m, nn.BatchNorm2d):
            m.reset_parameters()
            m.momentum = None  # its statistics become those of the next batch ...
    with torch.no_grad():
        D.train()(x)
    return D.eval()  # ... and stay


def _check(h: Tensor, y: Tensor) -> None:
    checks.shape(h, "N", "F", name="the features h")
    checks.labels(y, len(h))
    checks.whole(1, samples=len(h))
    if not h.isfinite().all():
        raise ValueError("the features h hold NaN or infinite numbers; expected finite ones")


def choose_ridge(h: Tensor, y: Tensor, ridges: tuple[float, ...] = RIDGES) -> float:
    """The ridge whose probe, fitted to the first four fifths, gives the last fifth the highest mean log p(y | h)."""
    _check(h, y)
    checks.whole(2, samples=len(h))
    part, y = len(h) * 4 // 5, y.long()
    known = int(y[:part].max()) + 1
    checks.labels(y[part:], len(h) - part, known, name="those among the labels y that are held out, the last fifth,")

    def held_out(ridge: float) -> float:
        return F.cross_entropy(fit(h[:part], y[:part], ridge)(h[part:]), y[part:]).item()

    return min(ridges, key=held_out)


def in_turn(labels: Tensor, rng: Generator) -> Tensor:
    """A random order (N,) in which the K classes, of equal size, take turns: each run of K has one of each."""
    checks.labels(labels, labels.numel(), name="labels")
    checks.whole(1, samples=len(labels))
    of_each = [torch.nonzero(labels == k).squeeze(1) for k in range(int(labels.max()) + 1)]
    if len({len(rows) for rows in of_each}) > 1:
        raise ValueError(f"the classes have {[len(rows) for rows in of_each]} samples; expected as many of each")
    return torch.stack([rows[torch.randperm(len(rows), generator=rng)] for rows in of_each], dim=1).flatten()
