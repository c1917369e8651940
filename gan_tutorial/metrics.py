"""How good are the fakes? Measures on features h (N, F) of a network that has seen the real classes; in the
plane `mode_coverage` knows the distribution itself.

Real before fake, as everywhere. A distance has no natural scale: read it beside what two halves of the
real data get, and compare only numbers with the same features and the same n.
"""

from typing import NamedTuple

import torch
from torch import Tensor

from .checks import positive, shape, whole


def _check(real: Tensor, fake: Tensor, least: int, why: str) -> None:
    shape(real, "N", "F", name="real")
    shape(fake, "M", real.shape[1], name="fake")
    for name, h in (("real", real), ("fake", fake)):
        if not h.isfinite().all():
            raise ValueError(f"{name} holds NaN or infinite numbers; look at the pictures it comes from")
        if len(h) < least:
            raise ValueError(f"{len(h)} {name} samples are too few: {why}; expected at least {least}")


def frechet_distance(real: Tensor, fake: Tensor) -> float:
    """Between the Gaussians with the means m and covariances S of both feature sets (N, F), (M, F):

        |m_p - m_q|^2 + tr(S_p + S_q - 2 (S_p S_q)^(1/2))

    in squared units of the features; 0 for equal moments. Fewer samples give larger distances on average.
    Heusel et al. 2017, with features of our own classifier
    """
    shape(real, "N", "F", name="real")
    F = real.shape[1]
    _check(real, fake, F + 1, f"they cannot tell the covariance of {F} features")
    real, fake = real.double(), fake.double()
    S_p, S_q = torch.atleast_2d(real.T.cov(), fake.T.cov())  # of one feature cov is a single number
    values, vectors = torch.linalg.eigh(S_p)
    root = vectors * values.clamp(min=0).sqrt() @ vectors.T
    # S_p S_q has the eigenvalues of the symmetric root S_q root
    trace_of_root = torch.linalg.eigvalsh(root @ S_q @ root).clamp(min=0).sqrt().sum()
    return ((real.mean(0) - fake.mean(0)).square().sum() + S_p.trace() + S_q.trace() - 2 * trace_of_root).item()


class Estimate(NamedTuple):
    """A number and its standard error."""

    value: float
    standard_error: float


def kernel_distance(real: Tensor, fake: Tensor, *, block: int = 1000) -> Estimate:
    """The squared maximum mean discrepancy of two feature sets (N, F), (M, F), without bias:

        E k(x, x') + E k(y, y') - 2 E k(x, y),   k(a, b) = (<a, b> / F + 1)^3,   x != x', y != y'

    Its mean over disjoint blocks of `block` samples each, and the standard error of that mean. It is 0 on
    average if both sets follow one distribution, for any n, and may then be negative.
    Bińkowski et al. 2018, with features of our own classifier
    """
    whole(2, block=block)
    _check(real, fake, 2 * block, f"the error needs two blocks of {block}")
    blocks = zip(real.double().split(block), fake.double().split(block), strict=False)
    values = torch.stack([_mmd2(x, y) for x, y in blocks if len(x) == len(y) == block])
    return Estimate(values.mean().item(), (values.std() / len(values) ** 0.5).item())


def _mmd2(x: Tensor, y: Tensor) -> Tensor:
    """For n samples each: (n, F), (n, F) -> (). A sample is not compared with itself."""
    n, F = x.shape
    xx, yy, xy = ((a @ b.T / F + 1) ** 3 for a, b in ((x, x), (y, y), (x, y)))
    within = xx.sum() - xx.trace() + yy.sum() - yy.trace()
    return within / (n * (n - 1)) - 2 * xy.mean()


def energy_distance(real: Tensor, fake: Tensor) -> float:
    """2 E|x - y| - E|x - x'| - E|y - y'| of points x (N, d), y (M, d), in units of x; x, x' differ, as do y, y'.

    0 on average if both sets follow one distribution (and then it may be negative), positive otherwise.
    Székely & Rizzo 2013
    """
    _check(real, fake, 2, "a distance within a set needs two points")
    x, y = real.double(), fake.double()
    n, m = len(x), len(y)
    within = torch.cdist(x, x).sum() / (n * (n - 1)) + torch.cdist(y, y).sum() / (m * (m - 1))
    return (2 * torch.cdist(x, y).mean() - within).item()


class Neighbours(NamedTuple):
    """What `neighbours` found; all but density lie in [0, 1]."""

    precision: float
    recall: float
    density: float
    coverage: float


def neighbours(real: Tensor, fake: Tensor, *, k: int = 5) -> Neighbours:
    """Quality apart from variety, for feature sets (N, F), (M, F). The ball of a sample reaches to its k-th neighbour
    in its own set:

        precision   share of fakes inside the ball of some real sample
        recall      share of real samples inside the ball of some fake
        density     mean number of real balls around a fake, over k: beyond 1 where fakes crowd
        coverage    share of real samples with a fake inside their ball

    Precision and recall: Kynkäänniemi et al. 2019; density and coverage: Naeem et al. 2020
    """
    whole(1, k=k)
    _check(real, fake, k + 1, f"a sample has no neighbour number {k}")
    real, fake = real.double(), fake.double()
    radius_p, radius_q = _radii(real, k), _radii(fake, k)
    balls, recalled, covered = real.new_zeros(len(fake)), [], []
    for x, radius in zip(real.split(1000), radius_p.split(1000), strict=True):  # real samples x, by the thousand
        distance = torch.cdist(x, fake)
        inside = distance < radius[:, None]
        balls += inside.sum(0)
        covered.append(inside.any(1))
        recalled.append((distance < radius_q).any(1))
    return Neighbours(
        precision=(balls > 0).double().mean().item(),
        recall=torch.cat(recalled).double().mean().item(),
        density=balls.mean().item() / k,
        coverage=torch.cat(covered).double().mean().item(),
    )


def _radii(h: Tensor, k: int) -> Tensor:
    """The distance of each sample to its k-th neighbour: (N, F) -> (N,). The nearest of all is the sample itself."""
    return torch.cat([torch.cdist(part, h).kthvalue(k + 1, dim=1).values for part in h.split(1000)])


class Nearest(NamedTuple):
    """What `nearest` found for M fakes."""

    distance: Tensor  # (M,), Euclidean
    index: Tensor  # type: ignore[assignment]  # (M,), of the real sample; in place of tuple.index


def nearest(real: Tensor, fake: Tensor) -> Nearest:
    """The real sample nearest to each fake, of sets (N, F), (M, F): features, or pixels in a row."""
    _check(real, fake, 1, "there is no nearest")
    index = torch.cat([torch.cdist(part, real).argmin(1) for part in fake.split(250)])
    return Nearest((fake - real[index]).norm(dim=1), index)  # cdist rounds small distances away


class Audit(NamedTuple):
    """What `memorisation` found."""

    held_out: float  # share of the fakes that have a held-out sample nearer than every training sample
    expected: float  # what that share is on average if G draws fresh samples
    standard_error: float  # of held_out, if so


def memorisation(train: Tensor, held_out: Tensor, fake: Tensor) -> Audit:
    """Does G repeat its training samples? For sets (N, F), (H, F), (M, F) of features, or of pixels in a row:

        expected = H / (N + H),   error = sqrt(expected (1 - expected) / M)

    Train and held out must be drawn alike. A G that does not know which of the N + H samples it was trained on
    is, on average over the split, as likely to come nearest to any of them, even if it is bad; one that copies is
    never nearest to a sample that it has not met. The error wants samples whose neighbours differ. A copy that is
    far from its source in this distance (shifted, say) is not seen.
    After Meehan et al. 2020, who compare the distances
    """
    to_train, to_held_out = nearest(train, fake).distance, nearest(held_out, fake).distance
    expected = len(held_out) / (len(train) + len(held_out))
    error = (expected * (1 - expected) / len(fake)) ** 0.5
    return Audit((to_held_out < to_train).double().mean().item(), expected, error)


def class_shares(logits: Tensor) -> Tensor:
    """The share of the samples that a classifier puts into each class: (N, K) -> (K,), sums to 1."""
    shape(logits, "N", "K", name="logits")
    whole(1, samples=len(logits))
    return logits.argmax(1).bincount(minlength=logits.shape[1]) / len(logits)


class Modes(NamedTuple):
    """What `mode_coverage` found."""

    covered: int  # modes, of K
    high_quality: float  # share of the samples, in [0, 1]


def mode_coverage(modes: Tensor, std: float, x: Tensor, *, radius: float = 3.0) -> Modes:
    """For a mixture of equal round normal distributions: its modes (K, d), its standard deviation, samples x (N, d).

        high quality   a sample nearer than radius * std (Euclidean) to the mode that is nearest to it
        covered        a mode that is nearest to at least one sample of high quality

    In the plane the distribution itself has a share of 1 - exp(-radius^2 / 2) of high quality, 98.9 % for radius 3,
    and more is no better: modes drawn too narrow reach 100 %. Neither number says how evenly the modes share
    the samples.
    Srivastava et al. 2017 (VEEGAN), with N = 2500
    """
    positive(std=std, radius=radius)
    shape(modes, "K", "d", name="modes")
    shape(x, "N", modes.shape[1], name="x")
    whole(1, modes=len(modes), samples=len(x))
    if not x.isfinite().all():
        raise ValueError("x holds NaN or infinite numbers")
    distance, nearest = torch.cdist(x.double(), modes.to(x.device).double()).min(1)
    high = distance < radius * std
    return Modes(len(nearest[high].unique()), high.double().mean().item())
