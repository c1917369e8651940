"""Notebook 10: what can be read off pictures x (N, 1, S, S) of latents z (N, Z), off directions in the space of z, and
off maps of a picture.

    attributes  brightness, area, width, height and symmetry of a garment
    slopes      what a unit step along each axis of z does to them, on average
    alone       the direction that moves one of them and, as far as slopes can say, no other
    edges       how steep a picture is at each pixel
    agreement   Spearman's rank correlation of two maps
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from ..checks import shape

NAMES = ("brightness", "area", "width", "height", "symmetry")


def attributes(x: Tensor) -> Tensor:
    """Five numbers read off each picture in [-1, 1]: (N, 1, S, S) -> (N, 5), in the order of NAMES.

    Brightness is the mean grey, area the share of pixels above a fifth of the range; width and height are the standard
    deviation of the ink's place across and down, in pixels; symmetry is the correlation with the mirror image.
    """
    shape(x, "N", 1, "S", "S", name="the pictures x")
    ink = (x[:, 0] + 1) / 2
    places, total = torch.arange(float(x.shape[-1])), ink.sum((1, 2)).clamp(min=1e-6)[:, None]
    extent = []
    for along in (ink.sum(1) / total, ink.sum(2) / total):  # the shares of the columns, of the rows
        centre = (along * places).sum(1, keepdim=True)
        extent.append((along * (places - centre).square()).sum(1).sqrt())
    centred = ink - ink.mean((1, 2), keepdim=True)
    symmetry = (centred * centred.flip(2)).sum((1, 2)) / centred.square().sum((1, 2)).clamp(min=1e-12)
    return torch.stack([ink.mean((1, 2)), (ink > 0.2).float().mean((1, 2)), *extent, symmetry], 1)


def slopes(z: Tensor, A: Tensor) -> Tensor:
    """What a unit step along each axis does to attributes A (N, K) of pictures of z (N, Z), z ~ N(0, I), in the
    attributes' standard deviations: (Z, K). By Stein's identity, E[z (A - mean) / sd].
    """
    return z.T @ ((A - A.mean(0)) / A.std(0)) / len(z)


def alone(found: Tensor, k: int) -> Tensor:
    """The unit vector that has the slope of attribute k and none of the others': slopes (Z, K) -> (Z,)."""
    others = [j for j in range(found.shape[1]) if j != k]
    basis, _ = torch.linalg.qr(found[:, others])
    return F.normalize(found[:, k] - basis @ (basis.T @ found[:, k]), dim=0)


def edges(x: Tensor) -> Tensor:
    """How steep a picture is at each pixel, by Sobel's two filters: (N, 1, S, S) -> (N, S, S)."""
    across = torch.tensor([[1.0, 0, -1], [2, 0, -2], [1, 0, -1]])
    padded = F.pad(x, (1, 1, 1, 1), mode="replicate")
    return F.conv2d(padded, torch.stack([across, across.T])[:, None]).square().sum(1).sqrt()


def ranks(values: Tensor) -> Tensor:
    """(K,) -> the place of each value among them, from 1; equal values share the mean of their places."""
    _, which, count = values.unique(return_inverse=True, return_counts=True)
    last = count.cumsum(0)
    return (last - (count - 1) / 2)[which]


def agreement(a: Tensor, b: Tensor) -> tuple[float, float]:
    """Spearman's rank correlation of maps a, b (N, S, S), picture by picture: its mean and the standard error."""
    found = torch.stack(
        [torch.stack([ranks(p.flatten()), ranks(q.flatten())]).corrcoef()[0, 1] for p, q in zip(a, b, strict=True)]
    )
    return found.mean().item(), (found.std() / len(found) ** 0.5).item()
